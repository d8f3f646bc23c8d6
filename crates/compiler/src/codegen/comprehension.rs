//! List, set and dict comprehensions, inlined, and generator expressions.

use super::{Dst, Gen, Reg};
use crate::code::{CO_ASYNC_GENERATOR, CO_GENERATOR, CO_NESTED, CO_NEWLOCALS, CO_OPTIMIZED};
use crate::error::{Result, reject};
use crate::op::Op;
use crate::symbols::{Part, ScopeId, ScopeKind};
use ruff_python_ast::name::Name;
use ruff_python_ast::*;
use ruff_text_size::{Ranged, TextRange};

/// What a comprehension makes of each round.
#[derive(Clone, Copy)]
pub(super) enum Element<'a> {
    List(Reg, &'a Expr),
    Set(Reg, &'a Expr),
    Dict(Reg, &'a Expr, &'a Expr),
    Yield(&'a Expr),
}

impl<'a> Gen<'a> {
    pub(super) fn comprehension(&mut self, expr: &'a Expr, dst: Dst) -> Result<()> {
        let base = self.depth;
        let range = expr.range();
        let symbols = self.program.symbols;
        let (build, generators, scope) = match expr {
            Expr::ListComp(e) => (
                Op::BuildList,
                &e.generators,
                symbols.scope_of(e, Part::Body),
            ),
            Expr::SetComp(e) => (Op::BuildSet, &e.generators, symbols.scope_of(e, Part::Body)),
            Expr::DictComp(e) => (
                Op::BuildDict,
                &e.generators,
                symbols.scope_of(e, Part::Body),
            ),
            _ => return reject(range, "a comprehension was expected"),
        };
        self.check_async_comprehension(scope, range)?;
        self.at(range);
        let collection = self.push(range)?;
        self.out.op(build, collection, collection, 0);
        let element = match expr {
            Expr::ListComp(e) => Element::List(collection, &e.elt),
            Expr::SetComp(e) => Element::Set(collection, &e.elt),
            Expr::DictComp(ExprDictComp {
                key: Some(key),
                value,
                ..
            }) => Element::Dict(collection, key, value),
            _ => return reject(range, "dict unpacking cannot be used in dict comprehension"),
        };
        let first = &generators[0];
        let iterable = self.iterable(&first.iter)?;
        let iteration = self.begin_iteration(first, iterable)?;
        let around = std::mem::replace(&mut self.scope, scope);
        let variables = self.comprehension_variables(scope);
        for &(register, is_cell) in &variables {
            if is_cell {
                self.out.wide(Op::ClearLocal, 0, register);
                self.out.op(Op::MakeCell, register, 0, 0);
            }
        }
        self.rounds(generators, iteration, element, range)?;
        self.scope = around;
        self.at(range);
        for (register, _) in variables {
            self.out.wide(Op::ClearLocal, 0, register);
            self.out.bound.set(register, false);
        }
        self.depth = collection + 1;
        self.deliver(base, dst, range)
    }

    fn check_async_comprehension(&self, scope: ScopeId, range: TextRange) -> Result<()> {
        let scopes = &self.program.symbols.scopes;
        if !scopes[scope].is_coroutine {
            return Ok(());
        }
        let is_allowed = match scopes[self.scope].kind {
            ScopeKind::Function => scopes[self.scope].is_coroutine,
            ScopeKind::Comprehension | ScopeKind::Generator => true,
            _ => false,
        };
        if is_allowed {
            Ok(())
        } else {
            reject(
                range,
                "asynchronous comprehension outside of an asynchronous function",
            )
        }
    }

    /// The registers of an inlined comprehension's variables, with whether they hold cells.
    fn comprehension_variables(&self, scope: ScopeId) -> Vec<(Reg, bool)> {
        let inlined = &self.program.symbols.scopes[scope];
        let is_near = |name: &&Name| {
            inlined.symbols[*name].uses.binds() && self.layout.far_key(scope, name).is_none()
        };
        let near = inlined.order.iter().filter(is_near);
        near.map(|name| {
            (
                self.layout.register(scope, name),
                inlined.symbols[name].is_cell,
            )
        })
        .collect()
    }

    /// Makes what a `for` clause takes items from in a new temporary; returns that, and the one
    /// for the position or 0.
    fn begin_iteration(&mut self, clause: &'a Comprehension, iterable: Reg) -> Result<(Reg, Reg)> {
        let range = clause.iter.range();
        if !clause.is_async {
            return self.begin_rounds(iterable, range);
        }
        Ok((self.iterator(Op::GetAsyncIter, iterable, range)?, 0))
    }

    /// Makes the iterator of an iterable in a new temporary.
    pub(super) fn iterator(&mut self, op: Op, iterable: Reg, range: TextRange) -> Result<Reg> {
        let iterator = self.push(range)?;
        self.at(range);
        self.out.op(op, iterator, iterable, 0);
        Ok(iterator)
    }

    /// The rounds of the first of `clauses`, whose iterator is in a register, and the position in
    /// another, unless that is 0.
    fn rounds(
        &mut self,
        clauses: &'a [Comprehension],
        (iterator, position): (Reg, Reg),
        element: Element<'a>,
        range: TextRange,
    ) -> Result<()> {
        let Some((clause, rest)) = clauses.split_first() else {
            return Ok(());
        };
        let (start, next, end) = (self.label(), self.label(), self.label());
        let exhausted = self.label();
        let base = iterator.max(position) + 1;
        self.depth = base;
        self.at(clause.target.range());
        self.out.place(start);
        if clause.is_async {
            self.next_asynchronously(iterator, exhausted, clause.iter.range())?;
            self.store(&clause.target)?;
        } else {
            self.next_into(&clause.target, iterator, position, end, clause.iter.range())?;
        }
        for condition in &clause.ifs {
            self.jump_if(condition, false, next)?;
        }
        if let Some(inner) = rest.first() {
            let iterable = self.iterable(&inner.iter)?;
            let iteration = self.begin_iteration(inner, iterable)?;
            self.rounds(rest, iteration, element, range)?;
        } else {
            self.element(element, range)?;
        }
        self.depth = base;
        self.at(range);
        self.out.place(next);
        self.out.loop_back(start);
        if clause.is_async {
            self.end_async_iteration(iterator, exhausted, clause.iter.range());
        }
        self.out.place(end);
        self.depth = iterator;
        Ok(())
    }

    /// Takes the next value of `iterator` into `target`, or jumps to `end`. `position` is where
    /// [`begin_rounds`](Self::begin_rounds) said, or 0.
    pub(super) fn next_into(
        &mut self,
        target: &'a Expr,
        iterator: Reg,
        position: Reg,
        end: super::emit::Label,
        range: TextRange,
    ) -> Result<()> {
        self.at(range);
        if let Expr::Name(name) = target
            && let Some(local) = self.local(&name.id)
            && local <= 255
        {
            self.out
                .branch(Op::ForIter, [local, iterator, position], end);
            self.out.bound.set(local, self.layout.may_be_tracked(local));
            return Ok(());
        }
        let value = self.push(range)?;
        self.out
            .branch(Op::ForIter, [value, iterator, position], end);
        self.store(target)
    }

    fn element(&mut self, element: Element<'a>, range: TextRange) -> Result<()> {
        let base = self.depth;
        match element {
            Element::List(list, expr) => {
                let value = self.operand(expr, true)?;
                self.at(expr.range());
                self.out.op(Op::ListAppend, list, value, 0);
            }
            Element::Set(set, expr) => {
                let value = self.operand(expr, true)?;
                self.at(expr.range());
                self.out.op(Op::SetAdd, set, value, 0);
            }
            Element::Dict(dict, key, value) => {
                let whole = TextRange::new(key.start(), value.end());
                let key = self.operand(key, self.is_calm(value))?;
                let value = self.operand(value, true)?;
                self.at(whole);
                self.out.op(Op::DictSet, dict, key, value);
            }
            Element::Yield(expr) => {
                let value = self.operand(expr, true)?;
                self.depth = base;
                self.at(expr.range());
                let sent = self.yield_value(value, expr.range())?;
                self.out.op(Op::Drop, sent, 0, 0);
            }
        }
        self.at(range);
        self.depth = base;
        Ok(())
    }

    pub(super) fn generator_expression(&mut self, e: &'a ExprGenerator, dst: Dst) -> Result<()> {
        let base = self.depth;
        let symbols = self.program.symbols;
        let scope = symbols.scope_of(e, Part::Body);
        let mut inner = self.nested(scope, "<genexpr>", e.range);
        let is_async = symbols.scopes[scope].is_coroutine;
        inner.flags = CO_OPTIMIZED
            | CO_NEWLOCALS
            | if is_async {
                CO_ASYNC_GENERATOR
            } else {
                CO_GENERATOR
            };
        if self.is_nested_code() {
            inner.flags |= CO_NESTED;
        }
        inner.layout.arg_count = 1;
        inner.at(e.range);
        inner.begin_generator();
        let iterator = inner.push(e.range)?;
        let argument = inner.layout.register(scope, ".0");
        inner.out.op(Op::Copy, iterator, argument, 0);
        inner.rounds(
            &e.generators,
            (iterator, 0),
            Element::Yield(&e.elt),
            e.range,
        )?;
        inner.at(e.range);
        inner.return_none();
        inner.end_generator()?;
        let code = inner.finish(e.range)?;
        self.at(e.range);
        self.function_object(code, scope, Dst::Top, e.range)?;
        self.begin_arguments(base, e.range)?;
        let first = &e.generators[0];
        let argument = self.iterable(&first.iter)?;
        let op = if first.is_async {
            Op::GetAsyncIter
        } else {
            Op::GetIter
        };
        self.iterator(op, argument, first.iter.range())?;
        self.at(e.range);
        let to = self.settle(base, dst, e.range)?;
        self.out.op(Op::Call, base, 1, to);
        Ok(())
    }
}
