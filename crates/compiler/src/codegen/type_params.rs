//! Generic functions, classes and type aliases: their type parameters are locals of a function
//! that is called at once.

use super::function::{DEFAULTS, KEYWORD_DEFAULTS};
use super::{Dst, Gen, Reg};
use crate::code::{CO_NESTED, CO_NEWLOCALS, CO_OPTIMIZED, Code};
use crate::error::{Result, reject};
use crate::op::{Intrinsic, Op};
use crate::symbols::{Part, ScopeId};
use ruff_python_ast::*;
use ruff_text_size::{Ranged, TextRange};

impl<'a> Gen<'a> {
    pub(super) fn type_alias(&mut self, s: &'a StmtTypeAlias) -> Result<()> {
        let Expr::Name(name) = &*s.name else {
            return reject(s.name.range(), "invalid syntax");
        };
        match &s.type_params {
            None => self.alias_object(s, name, None)?,
            Some(params) => {
                let scope = self.program.symbols.scope_of(s, Part::TypeParams);
                let mut inner = self.generic(scope, &name.id, s.range);
                let tuple = inner.type_params(params)?;
                inner.alias_object(s, name, Some(tuple))?;
                let code = inner.returned_code(s.range)?;
                self.call_at_once(code, scope, s.range)?;
            }
        }
        self.at(name.range);
        self.store_top(&name.id, name.range)
    }

    /// Makes an alias in a new temporary; its type parameters are on top, if it has any.
    fn alias_object(
        &mut self,
        s: &'a StmtTypeAlias,
        name: &'a ExprName,
        params: Option<Reg>,
    ) -> Result<()> {
        let base = params.unwrap_or(self.depth);
        let first = self.push(s.range)?;
        self.at(s.range);
        self.load_str(first, &name.id, s.range)?;
        let second = self.push(s.range)?;
        match params {
            Some(params) => self.out.op(Op::Move, second, params, 0),
            None => self.out.op(Op::LoadNone, second, 0, 0),
        }
        self.type_evaluator(s, Part::Value, &name.id, &s.value, s.range)?;
        self.settle(base, Dst::Top, s.range)?;
        self.at(s.range);
        self.out.op(Op::BuildTuple, base, first, 3);
        self.out
            .op(Op::Intrinsic, base, base, Intrinsic::TypeAlias as Reg);
        Ok(())
    }

    /// The generator of the function around something generic.
    fn generic(&self, scope: ScopeId, name: &str, range: TextRange) -> Gen<'a> {
        let mut inner = self.nested(scope, &format!("<generic parameters of {name}>"), range);
        inner.flags =
            CO_OPTIMIZED | CO_NEWLOCALS | if self.is_nested_code() { CO_NESTED } else { 0 };
        inner.at(range);
        inner.prologue();
        inner
    }

    /// The code that returns the only temporary.
    fn returned_code(mut self, range: TextRange) -> Result<Code> {
        self.at(range);
        let value = self.depth - 1;
        self.out.op(Op::Return, value, 0, 0);
        self.finish(range)
    }

    /// Makes a function and calls it without arguments; the result is in a new temporary.
    fn call_at_once(&mut self, code: Code, scope: ScopeId, range: TextRange) -> Result<()> {
        let base = self.depth;
        self.function_object(code, scope, Dst::Top, range)?;
        self.begin_arguments(base, range)?;
        self.at(range);
        self.settle(base, Dst::Top, range)?;
        self.out.op(Op::Call, base, 0, base);
        Ok(())
    }

    /// Makes type parameters, binds them, and makes a tuple of them in a new temporary.
    fn type_params(&mut self, params: &'a TypeParams) -> Result<Reg> {
        let base = self.depth;
        for param in params {
            let register = self.depth;
            let name = match param {
                TypeParam::TypeVar(var) => {
                    self.type_var(var)?;
                    self.type_default(var, &var.name, var.default.as_deref(), register)?;
                    &var.name
                }
                TypeParam::TypeVarTuple(var) => {
                    self.plain_param(&var.name, Intrinsic::TypeVarTuple, var.range)?;
                    self.type_default(var, &var.name, var.default.as_deref(), register)?;
                    &var.name
                }
                TypeParam::ParamSpec(var) => {
                    self.plain_param(&var.name, Intrinsic::ParamSpec, var.range)?;
                    self.type_default(var, &var.name, var.default.as_deref(), register)?;
                    &var.name
                }
            };
            let copy = self.push(name.range)?;
            self.out.op(Op::Copy, copy, register, 0);
            self.store_top(name, name.range)?;
        }
        let count = self.depth - base;
        self.settle(base, Dst::Top, params.range)?;
        self.at(params.range);
        self.out.op(Op::BuildTuple, base, base, count);
        Ok(base)
    }

    fn plain_param(
        &mut self,
        name: &Identifier,
        intrinsic: Intrinsic,
        range: TextRange,
    ) -> Result<()> {
        self.at(range);
        let register = self.push(range)?;
        self.load_str(register, name, range)?;
        self.out
            .op(Op::Intrinsic, register, register, intrinsic as Reg);
        Ok(())
    }

    fn type_var(&mut self, var: &'a TypeParamTypeVar) -> Result<()> {
        let Some(bound) = &var.bound else {
            return self.plain_param(&var.name, Intrinsic::TypeVar, var.range);
        };
        self.at(var.range);
        let register = self.push(var.range)?;
        self.load_str(register, &var.name, var.range)?;
        self.type_evaluator(var, Part::Value, &var.name, bound, var.range)?;
        let is_constrained = bound.is_tuple_expr();
        let intrinsic = if is_constrained {
            Intrinsic::TypeVarWithConstraints
        } else {
            Intrinsic::TypeVarWithBound
        };
        self.depth = register + 1;
        self.out
            .op(Op::Intrinsic, register, register, intrinsic as Reg);
        Ok(())
    }

    fn type_default<T>(
        &mut self,
        node: &T,
        name: &str,
        default: Option<&'a Expr>,
        register: Reg,
    ) -> Result<()> {
        let Some(default) = default else {
            return Ok(());
        };
        self.type_evaluator(node, Part::Default, name, default, default.range())?;
        self.depth = register + 1;
        self.out.op(
            Op::Intrinsic,
            register,
            register,
            Intrinsic::SetTypeParamDefault as Reg,
        );
        Ok(())
    }

    /// Makes a generic function in a new temporary at `window`, where its defaults are.
    pub(super) fn generic_function(
        &mut self,
        def: &'a StmtFunctionDef,
        window: Reg,
        given: Reg,
        range: TextRange,
    ) -> Result<()> {
        let Some(params) = &def.type_params else {
            return Ok(());
        };
        let scope = self.program.symbols.scope_of(def, Part::TypeParams);
        let first = def.decorator_list.first().map_or(def.range, Ranged::range);
        let mut inner = self.generic(scope, &def.name, first);
        inner.layout.arg_count = 2;
        let tuple = inner.type_params(params)?;
        let function = inner.depth;
        for (bit, register) in [(DEFAULTS, 0), (KEYWORD_DEFAULTS, 1)] {
            if given & bit != 0 {
                let to = inner.push(range)?;
                inner.out.op(Op::Copy, to, register, 0);
            }
        }
        inner.annotated_function(def, function, given, range)?;
        let second = inner.push(range)?;
        inner.out.op(Op::Move, second, tuple, 0);
        inner.settle(tuple, Dst::Top, range)?;
        inner.out.op(
            Op::Intrinsic,
            tuple,
            function,
            Intrinsic::SetFunctionTypeParams as Reg,
        );
        let code = inner.returned_code(range)?;
        let callable = self.depth;
        self.function_object(code, scope, Dst::Top, range)?;
        self.begin_arguments(callable, range)?;
        let mut default = window;
        for bit in [DEFAULTS, KEYWORD_DEFAULTS] {
            let argument = self.push(range)?;
            if given & bit != 0 {
                self.out.op(Op::Move, argument, default, 0);
                default += 1;
            } else {
                self.out.op(Op::LoadNone, argument, 0, 0);
            }
        }
        self.at(range);
        self.settle(window, Dst::Top, range)?;
        self.out.op(Op::Call, callable, 2, window);
        Ok(())
    }

    /// Makes a generic class in a new temporary.
    pub(super) fn generic_class(&mut self, def: &'a StmtClassDef, range: TextRange) -> Result<()> {
        let Some(params) = &def.type_params else {
            return Ok(());
        };
        let scope = self.program.symbols.scope_of(def, Part::TypeParams);
        let first = def.decorator_list.first().map_or(def.range, Ranged::range);
        let mut inner = self.generic(scope, &def.name, first);
        let tuple = inner.type_params(params)?;
        let copy = inner.push(range)?;
        inner.out.op(Op::Copy, copy, tuple, 0);
        inner.store_top(".type_params", range)?;
        inner.out.op(
            Op::Intrinsic,
            tuple,
            tuple,
            Intrinsic::SubscriptGeneric as Reg,
        );
        inner.store_top(".generic_base", range)?;
        let generic = inner.layout.register(scope, ".generic_base");
        inner.build_class(def, Some(generic), range)?;
        let code = inner.returned_code(range)?;
        self.call_at_once(code, scope, range)
    }
}
