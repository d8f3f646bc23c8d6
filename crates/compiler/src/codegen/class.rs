//! Classes.

use super::{Dst, Gen, Reg};
use crate::code::{Code, Const, Text};
use crate::error::Result;
use crate::op::Op;
use crate::symbols::Part;
use ruff_python_ast::*;
use ruff_text_size::{Ranged, TextRange};
use std::collections::BTreeSet;

impl<'a> Gen<'a> {
    pub(super) fn class(&mut self, def: &'a StmtClassDef) -> Result<()> {
        let base = self.depth;
        let whole =
            self.definition_range(def.range, &def.decorator_list, def.name.range, &def.body);
        self.decorators(&def.decorator_list)?;
        if def.type_params.is_some() {
            self.generic_class(def, whole)?;
        } else {
            self.build_class(def, None, whole)?;
        }
        self.decorate(&def.decorator_list, base);
        self.at(whole);
        self.store_top(&def.name, def.name.range)
    }

    /// Calls what makes classes; `generic_base` is a local to be a further base.
    pub(super) fn build_class(
        &mut self,
        def: &'a StmtClassDef,
        generic_base: Option<Reg>,
        range: TextRange,
    ) -> Result<()> {
        let base = self.push(range)?;
        self.at(range);
        self.out.op(Op::LoadBuildClass, base, 0, 0);
        self.begin_arguments(base, range)?;
        let code = self.class_code(def, range)?;
        let scope = self.program.symbols.scope_of(def, Part::Body);
        self.at(range);
        let args: &[Expr] = def
            .arguments
            .as_ref()
            .map_or(&[], |arguments| &arguments.args);
        let keywords: &[Keyword] = def
            .arguments
            .as_ref()
            .map_or(&[], |arguments| &arguments.keywords);
        let is_plain = !args.iter().any(Expr::is_starred_expr)
            && keywords.iter().all(|keyword| keyword.arg.is_some())
            && args.len() + keywords.len() < 60;
        if !is_plain {
            return self.build_class_unpacked(base, code, scope, def, generic_base, range);
        }
        self.function_object(code, scope, Dst::Top, range)?;
        self.class_name(def, range)?;
        args.iter()
            .try_for_each(|arg| self.argument(arg).map(drop))?;
        if let Some(generic) = generic_base {
            let to = self.push(range)?;
            self.out.op(Op::Borrow, to, generic, 0);
        }
        keywords
            .iter()
            .try_for_each(|keyword| self.argument(&keyword.value).map(drop))?;
        let count = 2 + args.len() + keywords.len() + usize::from(generic_base.is_some());
        let names = keywords.iter().filter_map(|keyword| keyword.arg.as_ref());
        let names: Box<[Const]> = names
            .map(|name| Const::Str(Text::Utf8(self.mangle(name).as_str().into())))
            .collect();
        self.at(range);
        self.settle(base, Dst::Top, range)?;
        if names.is_empty() {
            self.out.op(Op::Call, base, count as Reg, base);
        } else {
            let names = self.constant(Const::Tuple(names), range)?;
            self.out
                .extra(Op::CallKw, [base, count as Reg, base], names, 0);
        }
        Ok(())
    }

    fn class_name(&mut self, def: &StmtClassDef, range: TextRange) -> Result<()> {
        let name = self.push(range)?;
        self.load_str(name, &def.name, range)
    }

    /// The same with starred bases or keywords, or very many.
    fn build_class_unpacked(
        &mut self,
        base: Reg,
        code: Code,
        scope: crate::symbols::ScopeId,
        def: &'a StmtClassDef,
        generic_base: Option<Reg>,
        range: TextRange,
    ) -> Result<()> {
        let list = self.depth;
        self.function_object(code, scope, Dst::Top, range)?;
        self.class_name(def, range)?;
        self.depth = list + 1;
        self.out.op(Op::BuildList, list, list, 2);
        let arguments = def.arguments.as_ref().expect("only arguments are unpacked");
        for arg in &arguments.args {
            let (op, arg) = match arg {
                Expr::Starred(starred) => (Op::ListExtend, &*starred.value),
                arg => (Op::ListAppend, arg),
            };
            let value = self.operand(arg, true)?;
            self.at(arg.range());
            self.out.op(op, list, value, 0);
            self.depth = list + 1;
        }
        if let Some(generic) = generic_base {
            self.out.op(Op::ListAppend, list, generic, 0);
        }
        self.at(range);
        self.out.op(Op::ListToTuple, list, list, 0);
        if !arguments.keywords.is_empty() {
            self.keyword_dict(base, &arguments.keywords, range)?;
        }
        self.at(range);
        self.settle(base, Dst::Top, range)?;
        self.out.op(
            Op::CallUnpack,
            base,
            Reg::from(!arguments.keywords.is_empty()),
            base,
        );
        Ok(())
    }

    /// The code of a class body: it returns the cell of `__class__`, or `None`.
    fn class_code(&mut self, def: &'a StmtClassDef, range: TextRange) -> Result<Code> {
        let symbols = self.program.symbols;
        let scope = symbols.scope_of(def, Part::Body);
        let first = def.decorator_list.first().map_or(def.range, Ranged::range);
        let mut inner = self.nested(scope, &def.name, first);
        self.program
            .static_attributes
            .borrow_mut()
            .push(BTreeSet::new());
        inner.at(TextRange::new(range.start(), def.name.end()));
        inner.class_prologue(def, first)?;
        let body = inner.docstring(&def.body)?;
        inner.body(body)?;
        inner.finish_annotations(def)?;
        inner.at(TextRange::new(range.start(), def.name.end()));
        inner.class_epilogue(scope)?;
        inner.finish(def.range)
    }

    fn class_prologue(&mut self, def: &'a StmtClassDef, first: TextRange) -> Result<()> {
        let symbols = self.program.symbols;
        let scope = &symbols.scopes[self.unit];
        self.prologue();
        let range = def.name.range;
        if scope.needs_class_dict {
            let namespace = self.push(range)?;
            self.out.op(Op::LoadLocals, namespace, 0, 0);
            self.out.op(
                Op::SetCell,
                self.layout.register(self.unit, "__classdict__"),
                namespace,
                0,
            );
            self.depth = namespace;
        }
        if scope.has_conditional_annotations && !symbols.future_annotations {
            let set = self.push(range)?;
            self.out.op(Op::BuildSet, set, set, 0);
            self.out.op(
                Op::SetCell,
                self.layout
                    .register(self.unit, "__conditional_annotations__"),
                set,
                0,
            );
            self.depth = set;
        }
        self.read("__name__", Dst::Top, range)?;
        self.at(TextRange::new(def.start(), def.name.end()));
        self.store_top("__module__", range)?;
        let qualname = self.qualname.clone();
        let value = self.push(range)?;
        self.load_str(value, &qualname, range)?;
        self.store_top("__qualname__", range)?;
        let line = self.program.source.line(first.start());
        let value = self.push(range)?;
        self.load_const(value, Const::Int(i64::from(line)), range)?;
        self.store_top("__firstlineno__", range)?;
        if def.type_params.is_some() {
            self.read(".type_params", Dst::Top, range)?;
            self.store_top("__type_params__", range)?;
        }
        if scope.has_annotations && symbols.future_annotations {
            self.out.op(Op::SetupAnnotations, 0, 0, 0);
        }
        Ok(())
    }

    fn class_epilogue(&mut self, scope: crate::symbols::ScopeId) -> Result<()> {
        let range = TextRange::default();
        let attributes = self
            .program
            .static_attributes
            .borrow_mut()
            .pop()
            .unwrap_or_default();
        let names = attributes
            .iter()
            .map(|name| Const::Str(Text::Utf8(name.as_str().into())))
            .collect();
        let value = self.push(range)?;
        self.load_const(value, Const::Tuple(names), range)?;
        self.store_top("__static_attributes__", range)?;
        let symbols = self.program.symbols;
        if symbols.scopes[scope].needs_class_dict {
            let cell = self.layout.register(scope, "__classdict__");
            self.store_cell("__classdictcell__", cell)?;
        }
        if symbols.scopes[scope].needs_class_cell {
            let cell = self.layout.register(scope, "__class__");
            self.store_cell("__classcell__", cell)?;
            self.out.op(Op::Return, cell, 0, 0);
        }
        self.return_none();
        Ok(())
    }

    fn store_cell(&mut self, name: &str, cell: Reg) -> Result<()> {
        let (name, cache) = (self.name(name, TextRange::default())?, self.cache());
        self.out.extra(Op::SetName, [cell, 0, 0], name, cache);
        Ok(())
    }
}
