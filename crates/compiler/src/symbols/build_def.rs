//! The walk that records what each scope does with each name: functions, classes and generics.

use super::build::Builder;
use super::{Part, ScopeKind, Uses};
use crate::error::Result;
use ruff_python_ast::*;
use ruff_text_size::Ranged;

impl Builder {
    pub(super) fn function(&mut self, def: &StmtFunctionDef) -> Result<()> {
        self.bind(&def.name)?;
        self.defaults(&def.parameters)?;
        def.decorator_list
            .iter()
            .try_for_each(|decorator| self.expr(&decorator.expression))?;
        if let Some(params) = &def.type_params {
            self.enter(
                ScopeKind::TypeParams,
                def,
                Part::TypeParams,
                "the definition of a generic",
            );
            for hidden in [".defaults", ".kwdefaults"] {
                self.add(hidden, Uses::PARAMETER, def.name.range)?;
            }
            self.type_params(params)?;
        }
        self.function_annotations(def)?;
        let id = self.enter(ScopeKind::Function, def, Part::Body, "a function");
        self.symbols.scopes[id].is_coroutine = def.is_async;
        self.parameters(&def.parameters)?;
        let conditional = std::mem::take(&mut self.conditional);
        let done = self.body(&def.body);
        self.conditional = conditional;
        done?;
        self.leave();
        if def.type_params.is_some() {
            self.leave();
        }
        Ok(())
    }

    fn function_annotations(&mut self, def: &StmtFunctionDef) -> Result<()> {
        let annotations = annotations_of(def).collect::<Vec<_>>();
        if annotations.is_empty() {
            return Ok(());
        }
        if self.symbols.future_annotations {
            annotations
                .iter()
                .try_for_each(|(_, annotation)| self.unevaluated(annotation))?;
        }
        self.enter(
            ScopeKind::Annotations,
            def,
            Part::Annotations,
            "an annotation",
        );
        self.add(".format", Uses::PARAMETER, def.name.range)?;
        if !self.symbols.future_annotations {
            annotations
                .iter()
                .try_for_each(|(_, annotation)| self.expr(annotation))?;
        }
        self.leave();
        Ok(())
    }

    /// Defaults belong to the scope around the function.
    pub(super) fn defaults(&mut self, parameters: &Parameters) -> Result<()> {
        parameters
            .iter_non_variadic_params()
            .try_for_each(|parameter| self.optional(parameter.default()))
    }

    pub(super) fn parameters(&mut self, parameters: &Parameters) -> Result<()> {
        for parameter in parameters.iter_non_variadic_params() {
            self.add(parameter.name(), Uses::PARAMETER, parameter.parameter.range)?;
        }
        for parameter in parameters.vararg.iter().chain(&parameters.kwarg) {
            self.add(&parameter.name, Uses::PARAMETER, parameter.range)?;
        }
        Ok(())
    }

    pub(super) fn class(&mut self, def: &StmtClassDef) -> Result<()> {
        self.bind(&def.name)?;
        def.decorator_list
            .iter()
            .try_for_each(|decorator| self.expr(&decorator.expression))?;
        if let Some(params) = &def.type_params {
            self.enter(
                ScopeKind::TypeParams,
                def,
                Part::TypeParams,
                "the definition of a generic",
            );
            self.scope().private = Some(def.name.id.clone());
            self.type_params(params)?;
            for hidden in [".type_params", ".generic_base"] {
                self.add(hidden, Uses::LOCAL | Uses::READ, def.name.range)?;
            }
        }
        if let Some(arguments) = &def.arguments {
            self.arguments(arguments)?;
        }
        self.enter(ScopeKind::Class, def, Part::Body, "a class");
        self.scope().private = Some(def.name.id.clone());
        if def.type_params.is_some() {
            self.add("__type_params__", Uses::LOCAL, def.name.range)?;
            self.add(".type_params", Uses::READ, def.name.range)?;
        }
        let conditional = std::mem::take(&mut self.conditional);
        let done = self.body(&def.body);
        self.conditional = conditional;
        done?;
        self.leave();
        if def.type_params.is_some() {
            self.leave();
        }
        Ok(())
    }

    pub(super) fn type_alias(&mut self, s: &StmtTypeAlias) -> Result<()> {
        self.expr(&s.name)?;
        if let Some(params) = &s.type_params {
            self.enter(
                ScopeKind::TypeParams,
                s,
                Part::TypeParams,
                "the definition of a generic",
            );
            self.type_params(params)?;
        }
        self.type_value(s, Part::Value, &s.value, "a type alias")?;
        if s.type_params.is_some() {
            self.leave();
        }
        Ok(())
    }

    fn type_value<T>(
        &mut self,
        node: &T,
        part: Part,
        value: &Expr,
        description: &'static str,
    ) -> Result<()> {
        self.enter(ScopeKind::TypeValue, node, part, description);
        self.add(".format", Uses::PARAMETER, value.range())?;
        self.expr(value)?;
        self.leave();
        Ok(())
    }

    fn type_params(&mut self, params: &TypeParams) -> Result<()> {
        for param in params {
            match param {
                TypeParam::TypeVar(var) => {
                    self.add(&var.name, Uses::TYPE_PARAMETER | Uses::LOCAL, var.range)?;
                    if let Some(bound) = &var.bound {
                        let is_tuple = bound.is_tuple_expr();
                        let what = if is_tuple {
                            "a TypeVar constraint"
                        } else {
                            "a TypeVar bound"
                        };
                        self.type_value(var, Part::Value, bound, what)?;
                    }
                    self.type_default(var, var.default.as_deref(), "a TypeVar default")?;
                }
                TypeParam::TypeVarTuple(var) => {
                    self.add(&var.name, Uses::TYPE_PARAMETER | Uses::LOCAL, var.range)?;
                    self.type_default(var, var.default.as_deref(), "a TypeVarTuple default")?;
                }
                TypeParam::ParamSpec(var) => {
                    self.add(&var.name, Uses::TYPE_PARAMETER | Uses::LOCAL, var.range)?;
                    self.type_default(var, var.default.as_deref(), "a ParamSpec default")?;
                }
            }
        }
        Ok(())
    }

    fn type_default<T>(
        &mut self,
        node: &T,
        default: Option<&Expr>,
        description: &'static str,
    ) -> Result<()> {
        default.map_or(Ok(()), |default| {
            self.type_value(node, Part::Default, default, description)
        })
    }
}

/// The annotations of a function with the names they go by, in the order of evaluation.
pub(crate) fn annotations_of(def: &StmtFunctionDef) -> impl Iterator<Item = (&str, &Expr)> {
    let parameters = &def.parameters;
    let positional = parameters
        .posonlyargs
        .iter()
        .chain(&parameters.args)
        .map(|p| &p.parameter);
    let keyword = parameters.kwonlyargs.iter().map(|p| &p.parameter);
    positional
        .chain(parameters.vararg.as_deref())
        .chain(keyword)
        .chain(parameters.kwarg.as_deref())
        .filter_map(|parameter| Some((parameter.name.as_str(), parameter.annotation()?)))
        .chain(def.returns.as_deref().map(|returns| ("return", returns)))
}
