//! `with` and `async with`.

use super::blocks::Block;
use super::{Dst, Gen, Reg};
use crate::error::Result;
use crate::op::Op;
use ruff_python_ast::*;
use ruff_text_size::{Ranged, TextRange};

impl<'a> Gen<'a> {
    pub(super) fn with_statement(&mut self, s: &'a StmtWith) -> Result<()> {
        if s.is_async {
            self.check_await(s.range, "'async with'")?;
        }
        self.with_items(&s.items, s)
    }

    fn with_items(&mut self, items: &'a [WithItem], s: &'a StmtWith) -> Result<()> {
        let Some((item, rest)) = items.split_first() else {
            return self.conditional_body(&s.body);
        };
        let base = self.depth;
        let range = item.context_expr.range();
        let manager = self.operand(&item.context_expr, true)?;
        self.depth = base;
        let exit = self.push_many(2, range)?;
        self.at(range);
        let op = if s.is_async {
            Op::AsyncWithEnter
        } else {
            Op::WithEnter
        };
        self.out.op(op, exit, manager, 0);
        if s.is_async {
            self.depth = exit + 1;
            self.await_value(exit + 1, 1, Dst::Top, range)?;
        }
        let (failed, end) = (self.label(), self.label());
        self.blocks.push(Block::With {
            exit,
            is_async: s.is_async,
            range,
        });
        self.protect(failed, exit + 1);
        if let Some(target) = &item.optional_vars {
            self.store(target)?;
        } else {
            self.out.op(Op::Drop, exit + 1, 0, 0);
            self.depth = exit + 1;
        }
        self.with_items(rest, s)?;
        self.unprotect();
        self.blocks.pop();
        self.at(range);
        self.exit_normally(exit, s.is_async, range)?;
        self.out.jump(end);
        self.out.place(failed);
        self.exit_by_exception(exit, s.is_async, range)?;
        self.out.place(end);
        self.depth = base;
        Ok(())
    }

    /// Calls the exit function of a `with` that control leaves without an exception.
    pub(super) fn exit_normally(
        &mut self,
        exit: Reg,
        is_async: bool,
        range: TextRange,
    ) -> Result<()> {
        self.at(range);
        if !is_async {
            self.out.op(Op::WithExit, exit, 0, 0);
            return Ok(());
        }
        let base = self.depth;
        let awaitable = self.push(range)?;
        self.out.op(Op::AsyncWithExit, exit, 0, awaitable);
        self.depth = base;
        self.await_value(awaitable, 2, Dst::Top, range)?;
        self.out.op(Op::Drop, awaitable, 0, 0);
        self.depth = base;
        Ok(())
    }

    /// The handler of a `with`: the exception is in the register after the exit function's.
    fn exit_by_exception(&mut self, exit: Reg, is_async: bool, range: TextRange) -> Result<()> {
        let exception = exit + 1;
        let (cleanup, suppressed) = (self.label(), self.label());
        self.depth = exception;
        self.push_many(2, range)?;
        self.at(range);
        self.out.op(Op::PushExc, exception, 0, 0);
        self.protect(cleanup, self.depth);
        let answer = self.push(range)?;
        self.out.op(Op::WithExcept, exit, exception, answer);
        if is_async {
            self.depth = answer;
            self.await_value(answer, 2, Dst::Top, range)?;
        }
        self.out.branch(Op::JumpIf, [answer, 0, 1], suppressed);
        self.unprotect();
        self.out.op(Op::Copy, answer, exception, 0);
        self.reraise(exception, cleanup);
        self.out.place(suppressed);
        self.out.op(Op::PopExc, exception, 0, 0);
        self.out.op(Op::Drop, exit, 0, 0);
        Ok(())
    }

    /// Ends the handler of the exception in a register by raising what is two registers on, as
    /// does what `cleanup` leads here.
    pub(super) fn reraise(&mut self, exception: Reg, cleanup: super::emit::Label) {
        self.out.place(cleanup);
        self.out.op(Op::PopExc, exception, 0, 0);
        self.out.op(Op::Reraise, exception + 2, 0, 0);
    }
}
