//! Generators, coroutines, `yield`, `await` and asynchronous iteration.

use super::emit::Label;
use super::{Dst, Gen, Reg};
use crate::code::Position;
use crate::error::{Result, reject};
use crate::op::{Intrinsic, Op};
use crate::symbols::ScopeKind;
use ruff_python_ast::*;
use ruff_text_size::TextRange;

impl<'a> Gen<'a> {
    /// Starts the code of a generator or coroutine: `StopIteration` may not leave it.
    pub(super) fn begin_generator(&mut self) {
        self.out.op(Op::MakeGenerator, 0, 0, 0);
        let stopped = self.label();
        self.protect(stopped, self.layout.first_temp);
        self.generator_end = Some(stopped);
        self.prologue();
    }

    /// Ends what [`begin_generator`](Self::begin_generator) began.
    pub(super) fn end_generator(&mut self) -> Result<()> {
        let Some(stopped) = self.generator_end else {
            return Ok(());
        };
        self.unprotect();
        self.out.place(stopped);
        self.out.position = Position::default();
        self.depth = self.layout.first_temp;
        let error = self.push(TextRange::default())?;
        self.out.op(
            Op::Intrinsic,
            error,
            error,
            Intrinsic::StopIterationError as Reg,
        );
        self.out.op(Op::Reraise, error, 0, 0);
        Ok(())
    }

    fn check_yield(&self, range: TextRange) -> Result<()> {
        let scope = &self.program.symbols.scopes[self.scope];
        match scope.kind {
            ScopeKind::Function | ScopeKind::Lambda => Ok(()),
            _ => reject(range, "'yield' outside function"),
        }
    }

    /// Whether the code is an asynchronous generator.
    fn is_async_generator(&self) -> bool {
        let scope = &self.program.symbols.scopes[self.unit];
        scope.is_coroutine && scope.is_generator
    }

    pub(super) fn yield_expression(&mut self, e: &'a ExprYield, dst: Dst) -> Result<()> {
        self.check_yield(e.range)?;
        let base = self.depth;
        let value = if let Some(value) = &e.value {
            self.operand(value, true)?
        } else {
            self.at(e.range);
            let none = self.push(e.range)?;
            self.out.op(Op::LoadNone, none, 0, 0);
            none
        };
        self.depth = base;
        self.at(e.range);
        self.yield_value(value, e.range)?;
        self.deliver(base, dst, e.range)
    }

    /// Yields a value; what is sent back is in a new temporary.
    pub(super) fn yield_value(&mut self, mut value: Reg, range: TextRange) -> Result<Reg> {
        let sent = self.push(range)?;
        if self.is_async_generator() {
            self.out.op(Op::AsyncGenWrap, sent, value, 0);
            value = sent;
        }
        self.out.op(Op::Yield, sent, value, 0);
        Ok(sent)
    }

    pub(super) fn yield_from(&mut self, e: &'a ExprYieldFrom, dst: Dst) -> Result<()> {
        self.check_yield(e.range)?;
        if self.program.symbols.scopes[self.unit].is_coroutine {
            return reject(e.range, "'yield from' inside async function");
        }
        let base = self.depth;
        let value = self.operand(&e.value, true)?;
        self.depth = base;
        self.at(e.range);
        let iterator = self.push(e.range)?;
        self.out.op(Op::GetYieldFromIter, iterator, value, 0);
        self.delegate(iterator, dst, e.range)
    }

    pub(super) fn await_expression(&mut self, e: &'a ExprAwait, dst: Dst) -> Result<()> {
        self.check_await(e.range, "'await'")?;
        let base = self.depth;
        let value = self.operand(&e.value, true)?;
        self.depth = base;
        self.at(e.range);
        self.await_value(value, 0, dst, e.range)
    }

    /// Rejects what only an asynchronous function may do.
    pub(super) fn check_await(&self, range: TextRange, what: &str) -> Result<()> {
        let scope = &self.program.symbols.scopes[self.scope];
        match scope.kind {
            ScopeKind::Function if scope.is_coroutine => Ok(()),
            ScopeKind::Generator => Ok(()),
            ScopeKind::Comprehension => match self.program.symbols.scopes[self.unit].kind {
                ScopeKind::Function | ScopeKind::Generator => Ok(()),
                _ => reject(
                    range,
                    "asynchronous comprehension outside of an asynchronous function",
                ),
            },
            ScopeKind::Function | ScopeKind::Lambda => {
                reject(range, format!("{what} outside async function"))
            }
            _ if what == "'await'" => reject(range, "'await' outside function"),
            _ => reject(range, format!("{what} outside async function")),
        }
    }

    /// Awaits a value, which is consumed; `reason` is that of [`Op::GetAwaitable`].
    pub(super) fn await_value(
        &mut self,
        value: Reg,
        reason: Reg,
        dst: Dst,
        range: TextRange,
    ) -> Result<()> {
        let iterator = self.push(range)?;
        self.out.op(Op::GetAwaitable, iterator, value, reason);
        self.delegate(iterator, dst, range)
    }

    /// Sends and yields until the iterator on top is done, whose result goes to `dst`.
    fn delegate(&mut self, iterator: Reg, dst: Dst, range: TextRange) -> Result<()> {
        let value = self.push(range)?;
        let (again, done) = (self.label(), self.label());
        self.out.op(Op::LoadNone, value, 0, 0);
        self.out.place(again);
        self.out.branch(Op::Send, [value, iterator, value], done);
        self.out
            .branch(Op::YieldDelegated, [value, value, iterator], done);
        self.out.jump(again);
        self.out.place(done);
        let to = self.settle(iterator, dst, range)?;
        self.out.op(Op::Move, to, value, 0);
        Ok(())
    }

    /// Awaits the next value of an asynchronous iterator in a new temporary; its end goes to
    /// `exhausted` as an exception.
    pub(super) fn next_asynchronously(
        &mut self,
        iterator: Reg,
        exhausted: Label,
        range: TextRange,
    ) -> Result<()> {
        self.at(range);
        self.protect(exhausted, iterator + 1);
        let awaitable = self.push(range)?;
        self.out.op(Op::GetAsyncNext, awaitable, iterator, 0);
        self.delegate(awaitable, Dst::Top, range)?;
        self.unprotect();
        Ok(())
    }

    /// The end of an asynchronous iteration.
    pub(super) fn end_async_iteration(
        &mut self,
        iterator: Reg,
        exhausted: Label,
        range: TextRange,
    ) {
        self.out.place(exhausted);
        self.at(range);
        self.out.op(Op::EndAsyncFor, iterator, iterator + 1, 0);
    }
}
