//! Functions and lambdas.

use super::{Dst, Gen, HEADER, Reg, string};
use crate::code::*;
use crate::error::Result;
use crate::op::Op;
use crate::symbols::{Meaning, Part, ScopeId, ScopeKind};
use ruff_python_ast::*;
use ruff_text_size::{Ranged, TextRange};

/// Bits of [`Op::MakeFunction`].
pub(super) const DEFAULTS: Reg = 1;
pub(super) const KEYWORD_DEFAULTS: Reg = 2;
pub(super) const ANNOTATE: Reg = 4;
pub(super) const CLOSURE: Reg = 8;

impl<'a> Gen<'a> {
    /// The generator of a code nested in this one.
    pub(super) fn nested(&self, scope: ScopeId, name: &str, range: TextRange) -> Gen<'a> {
        let line = self.program.source.line(range.start());
        let is_global = matches!(
            self.program
                .symbols
                .symbol(self.scope, &self.mangle(name))
                .map(|symbol| symbol.meaning),
            Some(Meaning::ExplicitGlobal)
        );
        let kind = self.program.symbols.scopes[scope].kind;
        let is_definition = matches!(kind, ScopeKind::Function | ScopeKind::Class);
        let qualname = if is_global && is_definition {
            name.into()
        } else {
            format!("{}{name}", self.prefix)
        };
        let mut inner = Gen::new(self.program, scope, name.into(), qualname, line);
        inner.prefix = match kind {
            ScopeKind::Class => format!("{}.", inner.qualname),
            ScopeKind::TypeParams => self.prefix.clone(),
            _ => format!("{}.<locals>.", inner.qualname),
        };
        inner
    }

    pub(super) fn is_nested_code(&self) -> bool {
        let scope = &self.program.symbols.scopes[self.unit];
        scope.is_nested || scope.kind.is_function_like()
    }

    /// `CO_…` bits of a function nested here.
    fn function_flags(&self, scope: ScopeId, parameters: Option<&Parameters>) -> u32 {
        let inner = &self.program.symbols.scopes[scope];
        let mut flags = CO_OPTIMIZED | CO_NEWLOCALS;
        if self.is_nested_code() {
            flags |= CO_NESTED;
        }
        if parameters.is_some_and(|parameters| parameters.vararg.is_some()) {
            flags |= CO_VARARGS;
        }
        if parameters.is_some_and(|parameters| parameters.kwarg.is_some()) {
            flags |= CO_VARKEYWORDS;
        }
        flags |= match (inner.is_coroutine, inner.is_generator) {
            (true, true) => CO_ASYNC_GENERATOR,
            (true, false) => CO_COROUTINE,
            (false, true) => CO_GENERATOR,
            (false, false) => 0,
        };
        if self.program.symbols.future_annotations {
            flags |= CO_FUTURE_ANNOTATIONS;
        }
        if self.kind == ScopeKind::Class {
            flags |= CO_METHOD;
        }
        flags
    }

    fn set_parameters(&mut self, parameters: &Parameters) {
        let layout = &mut self.layout;
        layout.posonly_arg_count = parameters.posonlyargs.len() as u32;
        layout.arg_count = layout.posonly_arg_count + parameters.args.len() as u32;
        layout.kwonly_arg_count = parameters.kwonlyargs.len() as u32;
    }

    pub(super) fn lambda(&mut self, e: &'a ExprLambda, dst: Dst) -> Result<()> {
        let base = self.depth;
        let scope = self.program.symbols.scope_of(e, Part::Body);
        let mut inner = self.nested(scope, "<lambda>", e.range);
        inner.flags = self.function_flags(scope, e.parameters.as_deref()) & !CO_FUTURE_ANNOTATIONS;
        if let Some(parameters) = &e.parameters {
            inner.set_parameters(parameters);
        }
        inner.at(e.range);
        inner.begin_function();
        let value = inner.operand(&e.body, true)?;
        inner.at(e.body.range());
        if inner.program.symbols.scopes[scope].is_generator
            && inner.program.symbols.scopes[scope].is_coroutine
        {
            inner.out.op(Op::Drop, value, 0, 0);
            inner.return_none();
        } else {
            inner.out.op(Op::Return, value, 0, 0);
        }
        inner.end_generator()?;
        let code = inner.finish(e.range)?;
        let given = match &e.parameters {
            Some(parameters) => self.defaults(parameters, e.range)?,
            None => 0,
        };
        self.make_function(base, given, code, scope, dst, e.range)
    }

    /// The first operations of a function.
    fn begin_function(&mut self) {
        let scope = &self.program.symbols.scopes[self.unit];
        if scope.is_generator || scope.is_coroutine {
            self.begin_generator();
        } else {
            self.prologue();
        }
    }

    /// The code of a function's body.
    pub(super) fn function_code(&self, def: &'a StmtFunctionDef) -> Result<Code> {
        let scope = self.program.symbols.scope_of(def, Part::Body);
        let first = def.decorator_list.first().map_or(def.range, Ranged::range);
        let mut inner = self.nested(scope, &def.name, first);
        if self.kind == ScopeKind::TypeParams {
            inner.first_line = self.first_line;
        }
        inner.flags = self.function_flags(scope, Some(&def.parameters));
        if self.kind == ScopeKind::TypeParams
            && self.program.symbols.scopes[self.unit].sees_class.is_some()
        {
            inner.flags |= CO_METHOD;
        }
        inner.set_parameters(&def.parameters);
        inner.at(TextRange::new(def.start(), def.name.end()));
        inner.begin_function();
        let mut body = &def.body[..];
        if let Some((text, range)) = string::docstring(body, self.program.source) {
            inner.constant(Const::Str(text), range)?;
            inner.flags |= CO_HAS_DOCSTRING;
            body = &body[1..];
        }
        inner.body(body)?;
        if inner.out.is_reachable {
            inner.at(def.body.last().map_or(def.range, Ranged::range));
            inner.return_none();
        }
        inner.end_generator()?;
        inner.finish(def.range)
    }

    pub(super) fn function(&mut self, def: &'a StmtFunctionDef) -> Result<()> {
        let base = self.depth;
        let whole =
            self.definition_range(def.range, &def.decorator_list, def.name.range, &def.body);
        self.decorators(&def.decorator_list)?;
        let window = self.depth;
        self.at(whole);
        let given = self.defaults(&def.parameters, whole)?;
        if def.type_params.is_some() {
            self.generic_function(def, window, given, whole)?;
        } else {
            self.annotated_function(def, window, given, whole)?;
        }
        self.decorate(&def.decorator_list, base);
        self.at(def.name.range);
        self.at(whole);
        self.store_top(&def.name, def.name.range)
    }

    /// Where a definition is: its first line, decorators left out.
    pub(super) fn definition_range(
        &self,
        range: TextRange,
        decorators: &[Decorator],
        name: TextRange,
        _body: &[Stmt],
    ) -> TextRange {
        let text = self.program.source.text;
        let start = decorators.last().map_or(range.start(), |decorator| {
            let after = &text[usize::from(decorator.end())..usize::from(name.start())];
            let keyword = ["async def", "async", "def", "class"]
                .iter()
                .filter_map(|word| after.find(word))
                .min();
            decorator.end() + ruff_text_size::TextSize::from(keyword.unwrap_or_default() as u32)
        });
        TextRange::new(start, range.end())
    }

    /// Makes the function, with annotations, in a new temporary at `window`, where its defaults
    /// are.
    pub(super) fn annotated_function(
        &mut self,
        def: &'a StmtFunctionDef,
        window: Reg,
        mut given: Reg,
        range: TextRange,
    ) -> Result<()> {
        let code = self.function_code(def)?;
        if self.annotate_function(def, range)? {
            given |= ANNOTATE;
        }
        let scope = self.program.symbols.scope_of(def, Part::Body);
        self.make_function(window, given, code, scope, Dst::Top, range)
    }

    /// Evaluates decorators, each where the call of it will begin.
    pub(super) fn decorators(&mut self, decorators: &'a [Decorator]) -> Result<()> {
        for decorator in decorators {
            let callable = self.argument(&decorator.expression)?;
            self.begin_arguments(callable, decorator.range)?;
        }
        Ok(())
    }

    /// Calls the decorators, the last first; the result is in the temporary at `base`.
    pub(super) fn decorate(&mut self, decorators: &'a [Decorator], base: Reg) {
        for (at, decorator) in decorators.iter().enumerate().rev() {
            let callable = base + at as Reg * HEADER;
            self.at(decorator.expression.range());
            self.out.op(Op::Call, callable, 1, callable);
        }
        self.depth = base + 1;
    }

    /// Evaluates the defaults of parameters into new temporaries; returns which there are.
    pub(super) fn defaults(&mut self, parameters: &'a Parameters, range: TextRange) -> Result<Reg> {
        let mut given = 0;
        let positional = parameters.posonlyargs.iter().chain(&parameters.args);
        let defaults: Vec<&Expr> = positional
            .filter_map(|parameter| parameter.default())
            .collect();
        if !defaults.is_empty() {
            given |= DEFAULTS;
            self.tuple_of(&defaults, range)?;
        }
        let keyword_only = parameters.kwonlyargs.iter();
        let defaults: Vec<_> = keyword_only
            .filter_map(|p| Some((p.name(), p.default()?)))
            .collect();
        if !defaults.is_empty() {
            given |= KEYWORD_DEFAULTS;
            let dict = self.push(range)?;
            self.at(range);
            self.out.op(Op::BuildDict, dict, dict, 0);
            for (name, default) in defaults {
                let name = self.mangle(name);
                let key = self.push(range)?;
                self.at(range);
                self.load_str(key, &name, range)?;
                let value = self.operand(default, true)?;
                self.out.op(Op::DictSet, dict, key, value);
                self.depth = dict + 1;
            }
        }
        Ok(given)
    }

    /// A tuple of values in a new temporary.
    fn tuple_of(&mut self, values: &[&'a Expr], range: TextRange) -> Result<()> {
        let base = self.depth;
        if let Some(constants) = values
            .iter()
            .map(|value| self.fold(value))
            .collect::<Option<_>>()
        {
            let to = self.push(range)?;
            return self.load_const(to, Const::Tuple(constants), range);
        }
        let list = self.push(range)?;
        self.at(range);
        if values.len() <= 30 {
            self.depth = base;
            values
                .iter()
                .try_for_each(|value| self.argument(value).map(drop))?;
            self.depth = list + 1;
            self.at(range);
            self.out.op(Op::BuildTuple, list, list, values.len() as Reg);
            return Ok(());
        }
        self.out.op(Op::BuildList, list, list, 0);
        for value in values {
            let value = self.operand(value, true)?;
            self.out.op(Op::ListAppend, list, value, 0);
            self.depth = list + 1;
        }
        self.out.op(Op::ListToTuple, list, list, 0);
        Ok(())
    }

    /// Makes a function of `code` with nothing but a closure.
    pub(super) fn function_object(
        &mut self,
        code: Code,
        scope: ScopeId,
        dst: Dst,
        range: TextRange,
    ) -> Result<()> {
        self.make_function(self.depth, 0, code, scope, dst, range)
    }

    /// Makes a function of `code` with the values from `window` on that `given` says.
    pub(super) fn make_function(
        &mut self,
        window: Reg,
        mut given: Reg,
        code: Code,
        scope: ScopeId,
        dst: Dst,
        range: TextRange,
    ) -> Result<()> {
        self.at(range);
        let free = &self.program.symbols.scopes[scope].free;
        if !free.is_empty() {
            given |= CLOSURE;
            let first = self.push_many(free.len(), range)?;
            for (at, (name, owner)) in free.iter().enumerate() {
                let cell = self.layout.register(*owner, name);
                self.out.op(Op::Borrow, first + at as Reg, cell, 0);
            }
            self.depth = first + 1;
            self.out.op(Op::BuildTuple, first, first, free.len() as Reg);
        }
        let code = self.constant(Const::Code(Box::new(code)), range)?;
        let to = self.settle(window, dst, range)?;
        self.out
            .extra(Op::MakeFunction, [to, window, given], code, 0);
        Ok(())
    }
}
