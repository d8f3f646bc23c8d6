//! Imports.

use super::{Dst, Gen, Reg};
use crate::code::{Const, Text};
use crate::error::{Result, reject};
use crate::future;
use crate::op::Op;
use crate::symbols::ScopeKind;
use ruff_python_ast::*;
use ruff_text_size::TextRange;

impl<'a> Gen<'a> {
    pub(super) fn import(&mut self, s: &'a StmtImport) -> Result<()> {
        for alias in &s.names {
            let module = self.import_module(&alias.name, Const::None, 0, s.range)?;
            if let Some(name) = &alias.asname {
                for part in alias.name.split('.').skip(1) {
                    let (part, attribute) = (self.name(part, s.range)?, self.push(s.range)?);
                    self.out
                        .extra(Op::ImportFrom, [attribute, module, 0], part, 0);
                    self.out.op(Op::Drop, module, 0, 0);
                    self.out.op(Op::Move, module, attribute, 0);
                    self.depth = module + 1;
                }
                self.store_top(name, s.range)?;
            } else {
                let first = alias.name.split('.').next().unwrap_or_default();
                self.store_top(first, s.range)?;
            }
        }
        Ok(())
    }

    /// Imports a module into a new temporary.
    fn import_module(
        &mut self,
        name: &str,
        from: Const,
        level: u32,
        range: TextRange,
    ) -> Result<Reg> {
        let base = self.depth;
        self.at(range);
        let from_list = self.push(range)?;
        self.load_const(from_list, from, range)?;
        let levels = self.push(range)?;
        self.load_const(levels, Const::Int(i64::from(level)), range)?;
        let name = self.name(name, range)?;
        let module = self.settle(base, Dst::Top, range)?;
        self.out
            .extra(Op::ImportName, [module, from_list, 0], name, 0);
        Ok(module)
    }

    pub(super) fn import_from(&mut self, s: &'a StmtImportFrom) -> Result<()> {
        if future::is_future(s) && (self.kind != ScopeKind::Module || self.conditional > 0) {
            return reject(
                s.range,
                "from __future__ imports must occur at the beginning of the file",
            );
        }
        let base = self.depth;
        let names = s
            .names
            .iter()
            .map(|alias| Const::Str(Text::Utf8(alias.name.as_str().into())))
            .collect();
        let name = s.module.as_ref().map_or("", Identifier::as_str);
        let module = self.import_module(name, Const::Tuple(names), s.level, s.range)?;
        for alias in &s.names {
            if &alias.name == "*" {
                self.out.op(Op::ImportStar, module, 0, 0);
                self.depth = base;
                return Ok(());
            }
            let name = self.name(&alias.name, alias.range)?;
            let attribute = self.push(alias.range)?;
            self.at(s.range);
            self.out
                .extra(Op::ImportFrom, [attribute, module, 0], name, 0);
            self.store_top(alias.asname.as_ref().unwrap_or(&alias.name), alias.range)?;
        }
        self.at(s.range);
        self.out.op(Op::Drop, module, 0, 0);
        self.depth = base;
        Ok(())
    }
}
