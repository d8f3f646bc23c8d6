//! Reading, binding and deleting names.

use super::{Dst, Gen, Reg};
use crate::code::{Const, Text};
use crate::error::Result;
use crate::op::Op;
use crate::symbols::{Meaning, ScopeId, ScopeKind};
use ruff_text_size::TextRange;

/// How a name is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// A local in a register.
    Local(Reg),
    /// A local in the dict in a register, for want of registers.
    Far(Reg),
    /// In a cell.
    Cell(Reg),
    /// The class body's namespace, else the cell.
    NamespaceOrCell(Reg),
    /// The namespace of the class that an annotation scope looks at, else the cell.
    ClassOrCell(Reg),
    /// The namespace of the class that an annotation scope looks at, else a global.
    ClassOrGlobal,
    Global,
    /// The frame's namespace.
    Namespace,
}

impl Gen<'_> {
    /// How the mangled `name` is reached.
    #[allow(
        clippy::match_same_arms,
        reason = "the order of the arms tells the rules"
    )]
    pub(super) fn access(&self, name: &str) -> Access {
        let symbols = self.program.symbols;
        let scope = &symbols.scopes[self.scope];
        let is_inlined = scope.kind == ScopeKind::Comprehension;
        let meaning = symbols
            .symbol(self.scope, name)
            .map_or(Meaning::Global, |symbol| symbol.meaning);
        match meaning {
            Meaning::ExplicitGlobal => Access::Global,
            Meaning::Global if self.is_namespace_unit() => {
                if is_inlined && self.kind == ScopeKind::Class {
                    Access::Global
                } else {
                    Access::Namespace
                }
            }
            Meaning::Global if scope.sees_class.is_some() => Access::ClassOrGlobal,
            Meaning::Global => Access::Global,
            Meaning::Variable(owner) => self.variable(owner, name, is_inlined),
        }
    }

    pub(super) fn is_namespace_unit(&self) -> bool {
        matches!(self.kind, ScopeKind::Module | ScopeKind::Class)
    }

    fn variable(&self, owner: ScopeId, name: &str, is_inlined: bool) -> Access {
        let scopes = &self.program.symbols.scopes;
        if scopes[owner].unit == self.unit {
            if !scopes[owner].kind.is_function_like() && !self.is_class_cell(owner, name) {
                return Access::Namespace;
            }
            if let (Some(dict), Some(_)) = (self.layout.far_dict, self.layout.far_key(owner, name))
            {
                return Access::Far(dict);
            }
            let register = self.layout.register(owner, name);
            return if self.layout.is_cell(register) {
                Access::Cell(register)
            } else {
                Access::Local(register)
            };
        }
        let register = self.layout.register(owner, name);
        if self.kind == ScopeKind::Class && !is_inlined {
            Access::NamespaceOrCell(register)
        } else if scopes[self.scope].sees_class.is_some() && name != "__classdict__" {
            Access::ClassOrCell(register)
        } else {
            Access::Cell(register)
        }
    }

    fn is_class_cell(&self, owner: ScopeId, name: &str) -> bool {
        self.program.symbols.scopes[owner].kind == ScopeKind::Class
            && super::layout::class_cells(self.program.symbols, owner)
                .any(|cell| cell == name && cell != "__class__")
    }

    /// The key of a local in the dict of those without a register.
    fn far_name(&self, name: &str) -> String {
        let meaning = self
            .program
            .symbols
            .symbol(self.scope, name)
            .map(|symbol| symbol.meaning);
        let Some(Meaning::Variable(owner)) = meaning else {
            return name.into();
        };
        self.layout.far_key(owner, name).unwrap_or(name).into()
    }

    /// Whether a named expression may bind the local that `name` is.
    pub(super) fn is_rebound(&self, name: &str) -> bool {
        match self
            .program
            .symbols
            .symbol(self.scope, name)
            .map(|symbol| symbol.meaning)
        {
            Some(Meaning::Variable(owner)) => {
                self.program.symbols.scopes[owner].named.contains(name)
            }
            _ => false,
        }
    }

    /// Reads the name `id` into `dst`; the value is owned.
    pub(super) fn read(&mut self, id: &str, dst: Dst, range: TextRange) -> Result<()> {
        let name = self.mangle(id);
        let base = self.depth;
        let access = self.access(&name);
        self.at(range);
        let to = self.settle(base, dst, range)?;
        match access {
            Access::Local(register) => self.out.op(Op::Copy, to, register, 0),
            Access::Cell(register) => self.out.op(Op::GetCell, to, register, 0),
            Access::Far(dict) => {
                let key = self.far_name(&name);
                let index = self.name(&key, range)?;
                self.out
                    .extra(Op::GetNameFromMapping, [to, dict, 0], index, 0);
            }
            _ => {
                let index = self.name(&name, range)?;
                match access {
                    Access::NamespaceOrCell(cell) => {
                        self.out.extra(Op::GetNameOrCell, [to, cell, 0], index, 0);
                    }
                    Access::ClassOrCell(cell) => {
                        let class = self.layout.class_dict.unwrap_or_default();
                        self.out
                            .extra(Op::GetNameFromMappingOrCell, [to, class, cell], index, 0);
                    }
                    Access::ClassOrGlobal => {
                        let class = self.layout.class_dict.unwrap_or_default();
                        self.out
                            .extra(Op::GetNameFromMapping, [to, class, 0], index, 0);
                    }
                    Access::Global => {
                        let cache = self.cache();
                        self.out.extra(Op::GetGlobal, [to, 0, 0], index, cache);
                    }
                    _ => {
                        let cache = self.cache();
                        self.out.extra(Op::GetName, [to, 0, 0], index, cache);
                    }
                }
            }
        }
        Ok(())
    }

    /// The local that the name `id` is, if it is one.
    pub(super) fn local(&self, id: &str) -> Option<Reg> {
        match self.access(&self.mangle(id)) {
            Access::Local(register) => Some(register),
            _ => None,
        }
    }

    /// Binds the name `id` to `value`, a temporary on top, which is consumed.
    pub(super) fn store_top(&mut self, id: &str, range: TextRange) -> Result<()> {
        self.depth -= 1;
        let value = self.depth;
        self.store_register(id, value, range)
    }

    /// Binds the name `id` to the value in a register: a temporary, which is consumed, or a local.
    pub(super) fn store_register(&mut self, id: &str, value: Reg, range: TextRange) -> Result<()> {
        let name = self.mangle(id);
        match self.access(&name) {
            Access::Local(register) => {
                let op = if value < self.layout.first_temp {
                    Op::Copy
                } else {
                    Op::Move
                };
                if register != value {
                    self.out.op(op, register, value, 0);
                }
                self.out
                    .bound
                    .set(register, self.layout.may_be_tracked(register));
            }
            Access::Far(dict) => {
                let key = Const::Str(Text::Utf8(self.far_name(&name).into()));
                let (key, cache) = (self.constant(key, range)?, self.cache());
                self.out
                    .extra(Op::SetItemConst, [dict, value, 0], key, cache);
            }
            Access::Cell(cell) | Access::NamespaceOrCell(cell) | Access::ClassOrCell(cell) => {
                self.out.op(Op::SetCell, cell, value, 0);
            }
            Access::Global | Access::ClassOrGlobal => {
                let (index, cache) = (self.name(&name, range)?, self.cache());
                self.out.extra(Op::SetGlobal, [value, 0, 0], index, cache);
            }
            Access::Namespace => {
                let (index, cache) = (self.name(&name, range)?, self.cache());
                self.out.extra(Op::SetName, [value, 0, 0], index, cache);
            }
        }
        Ok(())
    }

    /// Deletes the name `id`.
    pub(super) fn delete_name(&mut self, id: &str, range: TextRange) -> Result<()> {
        let name = self.mangle(id);
        match self.access(&name) {
            Access::Local(register) => {
                self.out.wide(Op::DeleteLocal, 0, register);
                self.out.bound.set(register, false);
            }
            Access::Far(dict) => {
                let key = self.far_name(&name);
                let index = self.push(range)?;
                self.load_str(index, &key, range)?;
                self.out.op(Op::DeleteItem, dict, index, 0);
                self.depth = index;
            }
            Access::Cell(cell) | Access::NamespaceOrCell(cell) | Access::ClassOrCell(cell) => {
                self.out.op(Op::DeleteCell, cell, 0, 0);
            }
            Access::Global | Access::ClassOrGlobal => {
                let (index, cache) = (self.name(&name, range)?, self.cache());
                self.out.extra(Op::DeleteGlobal, [0; 3], index, cache);
            }
            Access::Namespace => {
                let (index, cache) = (self.name(&name, range)?, self.cache());
                self.out.extra(Op::DeleteName, [0; 3], index, cache);
            }
        }
        Ok(())
    }

    /// Unbinds the name of an `except … as`, bound or not.
    pub(super) fn unbind(&mut self, id: &str, range: TextRange) -> Result<()> {
        if let Some(register) = self.local(id) {
            self.out.wide(Op::ClearLocal, 0, register);
            self.out.bound.set(register, false);
            return Ok(());
        }
        let none = self.push(range)?;
        self.out.op(Op::LoadNone, none, 0, 0);
        self.store_top(id, range)?;
        self.delete_name(id, range)
    }
}
