//! `try` with `except`, `else` and `finally`.

use super::blocks::Block;
use super::emit::Label;
use super::{Gen, Reg};
use crate::error::{Result, reject};
use crate::op::Op;
use ruff_python_ast::*;
use ruff_text_size::{Ranged, TextRange};

impl<'a> Gen<'a> {
    pub(super) fn try_statement(&mut self, s: &'a StmtTry) -> Result<()> {
        if s.finalbody.is_empty() {
            return self.try_except(s);
        }
        let base = self.depth;
        let (failed, end) = (self.label(), self.label());
        self.blocks.push(Block::Finally(&s.finalbody));
        self.protect(failed, base);
        if s.handlers.is_empty() {
            self.conditional_body(&s.body)?;
        } else {
            self.try_except(s)?;
        }
        self.unprotect();
        self.blocks.pop();
        self.conditional_body(&s.finalbody)?;
        self.out.jump(end);
        self.out.place(failed);
        self.finally_by_exception(&s.finalbody, base)?;
        self.out.place(end);
        self.depth = base;
        Ok(())
    }

    /// The `finally` of an exception, which is raised again afterwards.
    fn finally_by_exception(&mut self, body: &'a [Stmt], exception: Reg) -> Result<()> {
        let cleanup = self.enter_handler(exception, TextRange::default())?;
        self.body(body)?;
        self.unprotect();
        self.blocks.pop();
        self.raise_handled(exception, cleanup);
        Ok(())
    }

    /// Begins the handler of the exception in a register; what the handler raises goes to the
    /// label returned.
    pub(super) fn enter_handler(&mut self, exception: Reg, range: TextRange) -> Result<Label> {
        let cleanup = self.label();
        self.depth = exception;
        self.push_many(2, range)?;
        self.out.op(Op::PushExc, exception, 0, 0);
        self.blocks.push(Block::Handled(exception));
        self.protect(cleanup, self.depth);
        Ok(cleanup)
    }

    /// Ends a handler by raising its exception again.
    pub(super) fn raise_handled(&mut self, exception: Reg, cleanup: Label) {
        self.registers = self.registers.max(exception + 3);
        self.out.op(Op::Copy, exception + 2, exception, 0);
        self.reraise(exception, cleanup);
    }

    fn try_except(&mut self, s: &'a StmtTry) -> Result<()> {
        if s.is_star {
            return self.try_star(s);
        }
        let base = self.depth;
        let (failed, end) = (self.label(), self.label());
        self.protect(failed, base);
        self.conditional_body(&s.body)?;
        self.unprotect();
        self.conditional_body(&s.orelse)?;
        self.out.jump(end);
        self.out.place(failed);
        let cleanup = self.enter_handler(base, s.range)?;
        for (at, ExceptHandler::ExceptHandler(handler)) in s.handlers.iter().enumerate() {
            if handler.type_.is_none() && at + 1 < s.handlers.len() {
                return reject(handler.range, "default 'except:' must be last");
            }
            self.handler(handler, base, end)?;
        }
        self.unprotect();
        self.blocks.pop();
        self.raise_handled(base, cleanup);
        self.out.place(end);
        self.depth = base;
        Ok(())
    }

    /// One `except` clause; control goes on at the next if it does not match.
    fn handler(
        &mut self,
        handler: &'a ExceptHandlerExceptHandler,
        exception: Reg,
        end: Label,
    ) -> Result<()> {
        let next = self.label();
        let depth = self.depth;
        if let Some(class) = &handler.type_ {
            let class_register = self.operand(class, true)?;
            self.depth = depth;
            self.at(class.range());
            self.out
                .branch(Op::JumpIfExcMatch, [exception, class_register, 0], next);
        }
        self.at(handler.range);
        match &handler.name {
            None => self.conditional_body(&handler.body)?,
            Some(name) => self.bound_handler(name, &handler.body, exception)?,
        }
        let range = self.out.close_range();
        self.at(handler.range);
        self.out.op(Op::PopExc, exception, 0, 0);
        self.out.jump(end);
        self.out.reopen_range(range);
        self.depth = depth;
        self.out.place(next);
        Ok(())
    }

    /// The body of a clause that binds the exception to a name, which it loses at the end.
    pub(super) fn bound_handler(
        &mut self,
        name: &'a Identifier,
        body: &'a [Stmt],
        exception: Reg,
    ) -> Result<()> {
        let copy = self.push(name.range)?;
        self.out.op(Op::Copy, copy, exception, 0);
        self.store_top(name, name.range)?;
        let (raised, done) = (self.label(), self.label());
        self.blocks.push(Block::Bound(name));
        self.protect(raised, self.depth);
        self.conditional_body(body)?;
        self.unprotect();
        self.blocks.pop();
        self.unbind(name, name.range)?;
        self.out.jump(done);
        self.out.place(raised);
        let error = self.push(name.range)?;
        self.unbind(name, name.range)?;
        self.out.op(Op::Reraise, error, 0, 0);
        self.depth = error;
        self.out.place(done);
        Ok(())
    }
}
