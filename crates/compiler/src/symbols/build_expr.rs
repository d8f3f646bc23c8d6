//! The walk that records what each scope does with each name: expressions.

use super::build::Builder;
use super::{Part, ScopeKind, Uses, mangle};
use crate::error::{Result, reject};
use crate::nesting::deeper;
use ruff_python_ast::*;
use ruff_text_size::TextRange;

impl Builder {
    pub(super) fn expr(&mut self, expr: &Expr) -> Result<()> {
        deeper(|| self.expr_here(expr))
    }

    fn exprs<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>) -> Result<()> {
        exprs.into_iter().try_for_each(|expr| self.expr(expr))
    }

    fn expr_here(&mut self, expr: &Expr) -> Result<()> {
        match expr {
            Expr::Name(name) => self.name(name),
            Expr::BoolOp(e) => self.exprs(&e.values),
            Expr::Named(e) => self.named(e),
            Expr::BinOp(e) => {
                self.expr(&e.left)?;
                self.expr(&e.right)
            }
            Expr::UnaryOp(e) => self.expr(&e.operand),
            Expr::Lambda(e) => self.lambda(e),
            Expr::If(e) => {
                self.expr(&e.test)?;
                self.expr(&e.body)?;
                self.expr(&e.orelse)
            }
            Expr::Dict(e) => e.items.iter().try_for_each(|item| {
                self.optional(item.key.as_ref())?;
                self.expr(&item.value)
            }),
            Expr::Set(e) => self.exprs(&e.elts),
            Expr::ListComp(e) => {
                self.comprehension(e, &e.generators, &[&e.elt], "list comprehension")
            }
            Expr::SetComp(e) => {
                self.comprehension(e, &e.generators, &[&e.elt], "set comprehension")
            }
            Expr::DictComp(e) => match &e.key {
                Some(key) => {
                    self.comprehension(e, &e.generators, &[key, &e.value], "dict comprehension")
                }
                None => self.comprehension(e, &e.generators, &[&e.value], "dict comprehension"),
            },
            Expr::Generator(e) => {
                self.comprehension(e, &e.generators, &[&e.elt], "generator expression")
            }
            Expr::Await(e) => {
                self.not_here("await expression", e.range)?;
                self.expr(&e.value)?;
                let scope = self.scope();
                scope.is_coroutine |=
                    matches!(scope.kind, ScopeKind::Comprehension | ScopeKind::Generator);
                Ok(())
            }
            Expr::Yield(e) => {
                self.not_here("yield expression", e.range)?;
                self.optional(e.value.as_deref())?;
                self.make_generator(e.range)
            }
            Expr::YieldFrom(e) => {
                self.not_here("yield expression", e.range)?;
                self.expr(&e.value)?;
                self.make_generator(e.range)
            }
            Expr::Compare(e) => {
                self.expr(&e.left)?;
                self.exprs(&e.comparators)
            }
            Expr::Call(e) => {
                self.expr(&e.func)?;
                self.arguments(&e.arguments)
            }
            Expr::FString(e) => self.interpolated(e.value.elements()),
            Expr::TString(e) => self.interpolated(e.value.elements()),
            Expr::Attribute(e) => {
                if !e.ctx.is_load() && &e.attr == "__debug__" {
                    return reject(e.range, "cannot assign to __debug__");
                }
                self.expr(&e.value)
            }
            Expr::Subscript(e) => {
                self.expr(&e.value)?;
                self.expr(&e.slice)
            }
            Expr::Starred(e) => self.expr(&e.value),
            Expr::List(e) => self.exprs(&e.elts),
            Expr::Tuple(e) => self.exprs(&e.elts),
            Expr::Slice(e) => {
                self.optional(e.lower.as_deref())?;
                self.optional(e.upper.as_deref())?;
                self.optional(e.step.as_deref())
            }
            Expr::StringLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::EllipsisLiteral(_)
            | Expr::IpyEscapeCommand(_) => Ok(()),
        }
    }

    fn interpolated<'e>(
        &mut self,
        elements: impl Iterator<Item = &'e InterpolatedStringElement>,
    ) -> Result<()> {
        for element in elements {
            if let InterpolatedStringElement::Interpolation(interpolation) = element {
                self.expr(&interpolation.expression)?;
                if let Some(spec) = &interpolation.format_spec {
                    deeper(|| self.interpolated(spec.elements.iter()))?;
                }
            }
        }
        Ok(())
    }

    fn name(&mut self, name: &ExprName) -> Result<()> {
        match name.ctx {
            ExprContext::Store => self.add(&name.id, self.store_uses(), name.range),
            ExprContext::Del => {
                if name.id == "__debug__" {
                    return reject(name.range, "cannot delete __debug__");
                }
                self.note_deleted(&name.id);
                self.add(&name.id, Uses::LOCAL, name.range)
            }
            ExprContext::Load | ExprContext::Invalid => {
                self.add(&name.id, Uses::READ, name.range)?;
                if name.id == "super" && self.scope().kind.is_function_like() {
                    self.add("__class__", Uses::READ, name.range)?;
                }
                Ok(())
            }
        }
    }

    fn store_uses(&self) -> Uses {
        if self.in_target {
            Uses::LOCAL | Uses::ITERATION
        } else {
            Uses::LOCAL
        }
    }

    /// Rejects what annotation scopes may not hold.
    fn not_here(&mut self, what: &str, range: TextRange) -> Result<()> {
        let scope = self.scope();
        match scope.kind {
            ScopeKind::Annotations | ScopeKind::TypeParams | ScopeKind::TypeValue => reject(
                range,
                format!("{what} cannot be used within {}", scope.description),
            ),
            _ => Ok(()),
        }
    }

    fn make_generator(&mut self, range: TextRange) -> Result<()> {
        let scope = self.scope();
        if matches!(scope.kind, ScopeKind::Comprehension | ScopeKind::Generator) {
            return reject(range, format!("'yield' inside {}", scope.description));
        }
        scope.is_generator = true;
        Ok(())
    }

    fn lambda(&mut self, lambda: &ExprLambda) -> Result<()> {
        if let Some(parameters) = &lambda.parameters {
            self.defaults(parameters)?;
        }
        let in_target = std::mem::take(&mut self.in_target);
        let in_iterable = std::mem::take(&mut self.in_iterable);
        self.enter(ScopeKind::Lambda, lambda, Part::Body, "a lambda");
        if let Some(parameters) = &lambda.parameters {
            self.parameters(parameters)?;
        }
        self.expr(&lambda.body)?;
        self.leave();
        self.in_target = in_target;
        self.in_iterable = in_iterable;
        Ok(())
    }

    pub(super) fn arguments(&mut self, arguments: &Arguments) -> Result<()> {
        self.exprs(&arguments.args)?;
        for (at, keyword) in arguments.keywords.iter().enumerate() {
            let Some(name) = &keyword.arg else { continue };
            if name == "__debug__" {
                return reject(keyword.range, "cannot assign to __debug__");
            }
            let is_same =
                |other: &Keyword| other.arg.as_ref().is_some_and(|other| other.id == name.id);
            if let Some(repeated) = arguments.keywords[at + 1..]
                .iter()
                .find(|other| is_same(other))
            {
                return reject(repeated.range, format!("keyword argument repeated: {name}"));
            }
        }
        arguments
            .keywords
            .iter()
            .try_for_each(|keyword| self.expr(&keyword.value))
    }

    fn comprehension<T>(
        &mut self,
        node: &T,
        generators: &[Comprehension],
        elements: &[&Expr],
        description: &'static str,
    ) -> Result<()> {
        let is_generator = description == "generator expression";
        self.in_iterable += 1;
        let outermost = self.expr(&generators[0].iter);
        self.in_iterable -= 1;
        outermost?;
        let kind = if is_generator {
            ScopeKind::Generator
        } else {
            ScopeKind::Comprehension
        };
        let around = self.current;
        self.enter(kind, node, Part::Body, description);
        if is_generator {
            self.scope().is_generator = true;
            self.add(".0", Uses::PARAMETER, generators[0].range)?;
        }
        let iterable_depth = std::mem::take(&mut self.in_iterable);
        for (at, generator) in generators.iter().enumerate() {
            self.in_target = true;
            let target = self.expr(&generator.target);
            self.in_target = false;
            target?;
            if at > 0 {
                self.in_iterable += 1;
                let iterable = self.expr(&generator.iter);
                self.in_iterable -= 1;
                iterable?;
            }
            self.exprs(&generator.ifs)?;
            if generator.is_async {
                self.scope().is_coroutine = true;
            }
        }
        self.exprs(elements.iter().copied())?;
        self.in_iterable = iterable_depth;
        let is_async = self.scope().is_coroutine;
        self.leave();
        if is_async && !is_generator {
            self.symbols.scopes[around].is_coroutine |= matches!(
                self.symbols.scopes[around].kind,
                ScopeKind::Comprehension | ScopeKind::Generator
            );
        }
        Ok(())
    }

    fn named(&mut self, named: &ExprNamed) -> Result<()> {
        self.not_here("named expression", named.range)?;
        if self.in_iterable > 0 {
            return reject(
                named.range,
                "assignment expression cannot be used in a comprehension iterable expression",
            );
        }
        let Expr::Name(target) = &*named.target else {
            return self.expr(&named.target);
        };
        self.expr(&named.value)?;
        if matches!(
            self.scope().kind,
            ScopeKind::Comprehension | ScopeKind::Generator
        ) {
            return self.named_in_comprehension(target);
        }
        self.note_named(self.current, &target.id);
        self.add(&target.id, Uses::LOCAL, target.range)
    }

    fn note_named(&mut self, scope: usize, name: &str) {
        let mut at = Some(scope);
        while let Some(id) = at {
            let scope = &mut self.symbols.scopes[id];
            let mangled = mangle(scope.private.as_ref(), name);
            scope.named.insert(mangled);
            at = scope
                .parent
                .filter(|_| scope.kind == ScopeKind::Comprehension);
        }
    }

    /// A named expression in a comprehension binds in the scope around the comprehension.
    fn named_in_comprehension(&mut self, target: &ExprName) -> Result<()> {
        self.note_named(self.current, &target.id);
        let mut at = self.current;
        loop {
            let scope = &self.symbols.scopes[at];
            match scope.kind {
                ScopeKind::Comprehension | ScopeKind::Generator => {
                    let mangled = mangle(scope.private.as_ref(), &target.id);
                    let known = scope
                        .symbols
                        .get(&mangled)
                        .map(|symbol| symbol.uses)
                        .unwrap_or_default();
                    if known.has(Uses::ITERATION) {
                        return reject(
                            target.range,
                            format!(
                                "assignment expression cannot rebind comprehension iteration variable '{}'",
                                target.id
                            ),
                        );
                    }
                    at = scope.parent.unwrap_or(0);
                }
                ScopeKind::Class => {
                    return reject(
                        target.range,
                        "assignment expression within a comprehension cannot be used in a class body",
                    );
                }
                ScopeKind::Annotations | ScopeKind::TypeParams | ScopeKind::TypeValue => {
                    return reject(
                        target.range,
                        format!(
                            "assignment expression within a comprehension cannot be used within {}",
                            scope.description
                        ),
                    );
                }
                ScopeKind::Module => {
                    self.add(&target.id, Uses::GLOBAL, target.range)?;
                    return self.add_to(at, &target.id, Uses::GLOBAL, target.range);
                }
                ScopeKind::Function | ScopeKind::Lambda => {
                    let mangled = mangle(scope.private.as_ref(), &target.id);
                    let known = scope
                        .symbols
                        .get(&mangled)
                        .map(|symbol| symbol.uses)
                        .unwrap_or_default();
                    if known.has(Uses::GLOBAL) {
                        self.add(&target.id, Uses::GLOBAL, target.range)?;
                    } else {
                        self.add(&target.id, Uses::NONLOCAL, target.range)?;
                    }
                    self.note_named(at, &target.id);
                    return if known.has(Uses::GLOBAL | Uses::NONLOCAL) {
                        Ok(())
                    } else {
                        self.add_to(at, &target.id, Uses::LOCAL, target.range)
                    };
                }
            }
        }
    }
}
