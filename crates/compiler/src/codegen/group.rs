//! `except*`.
//!
//! In the handler of an exception in register `d`: the original stays in `d`, what was handled
//! before in `d + 1`. What no clause has matched yet is in `d + 2`, the list of what the clauses
//! raised in `d + 3`. Each clause splits what is left in two; its body runs with the part that
//! matches as the handled exception.

use super::blocks::Block;
use super::emit::Label;
use super::{Dst, Gen, Reg};
use crate::error::Result;
use crate::op::Op;
use ruff_python_ast::*;
use ruff_text_size::Ranged;

/// Registers of an `except*`.
#[derive(Clone, Copy)]
struct Group {
    original: Reg,
    rest: Reg,
    raised: Reg,
}

impl<'a> Gen<'a> {
    pub(super) fn try_star(&mut self, s: &'a StmtTry) -> Result<()> {
        let base = self.depth;
        let (failed, end) = (self.label(), self.label());
        self.protect(failed, base);
        self.conditional_body(&s.body)?;
        self.unprotect();
        self.conditional_body(&s.orelse)?;
        self.out.jump(end);
        self.out.place(failed);
        let cleanup = self.enter_handler(base, s.range)?;
        let group = Group {
            original: base,
            rest: base + 2,
            raised: base + 3,
        };
        self.push_many(2, s.range)?;
        self.out.op(Op::Copy, group.rest, group.original, 0);
        self.out.op(Op::BuildList, group.raised, group.raised, 0);
        self.blocks.push(Block::Star);
        for ExceptHandler::ExceptHandler(handler) in &s.handlers {
            self.star_handler(handler, group)?;
        }
        self.blocks.pop();
        self.at(s.range);
        self.finish_group(group, cleanup, end)?;
        self.out.place(end);
        self.depth = base;
        Ok(())
    }

    fn star_handler(
        &mut self,
        handler: &'a ExceptHandlerExceptHandler,
        group: Group,
    ) -> Result<()> {
        let depth = self.depth;
        let next = self.label();
        let Some(class) = &handler.type_ else {
            return Ok(());
        };
        let matched = self.push_many(2, handler.range)?;
        let class_register = self.operand(class, true)?;
        self.at(class.range());
        self.out
            .op(Op::ExcGroupMatch, matched, group.rest, class_register);
        self.depth = matched + 2;
        self.out.op(Op::Drop, group.rest, 0, 0);
        self.out.op(Op::Move, group.rest, matched + 1, 0);
        self.depth = matched + 1;
        let again = self.borrow_temporary(matched, handler.range)?;
        let nothing = self.label();
        self.out.branch(Op::JumpIfNone, [again, 0, 1], nothing);
        self.at(handler.range);
        self.star_body(handler, matched, group, next)?;
        self.out.place(nothing);
        self.out.op(Op::Drop, matched, 0, 0);
        self.out.place(next);
        self.depth = depth;
        Ok(())
    }

    /// The body of a clause, with the part that matched in a register.
    fn star_body(
        &mut self,
        handler: &'a ExceptHandlerExceptHandler,
        matched: Reg,
        group: Group,
        next: Label,
    ) -> Result<()> {
        let raised = self.enter_handler(matched, handler.range)?;
        match &handler.name {
            None => self.conditional_body(&handler.body)?,
            Some(name) => self.bound_handler(name, &handler.body, matched)?,
        }
        self.unprotect();
        self.blocks.pop();
        self.at(handler.range);
        self.out.op(Op::PopExc, matched, 0, 0);
        self.out.jump(next);
        // What the body raises is gathered.
        self.out.place(raised);
        self.out.op(Op::PopExc, matched, 0, 0);
        self.out.op(Op::ListAppend, group.raised, matched + 2, 0);
        self.out.jump(next);
        self.registers = self.registers.max(matched + 3);
        self.depth = matched + 1;
        Ok(())
    }

    /// Raises what is left to be raised.
    fn finish_group(&mut self, group: Group, cleanup: Label, end: Label) -> Result<()> {
        let range = ruff_text_size::TextRange::default();
        let done = self.label();
        self.out.op(Op::ListAppend, group.raised, group.rest, 0);
        let original = self.push(range)?;
        self.out.op(Op::Copy, original, group.original, 0);
        self.settle(group.rest, Dst::Top, range)?;
        self.out
            .op(Op::ExcGroupReraise, group.rest, original, group.raised);
        let again = self.borrow_temporary(group.rest, range)?;
        self.unprotect();
        self.blocks.pop();
        self.out.branch(Op::JumpIfNone, [again, 0, 1], done);
        self.reraise(group.original, cleanup);
        self.out.place(done);
        self.out.op(Op::Drop, group.rest, 0, 0);
        self.out.op(Op::PopExc, group.original, 0, 0);
        self.out.jump(end);
        Ok(())
    }
}
