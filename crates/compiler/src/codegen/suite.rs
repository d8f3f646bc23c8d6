//! Compound statements: conditions and loops.

use super::blocks::Block;
use super::{Gen, Reg};
use crate::error::Result;
use crate::op::Op;
use ruff_python_ast::*;
use ruff_text_size::{Ranged, TextRange};

impl<'a> Gen<'a> {
    /// A body that may not be executed.
    pub(super) fn conditional_body(&mut self, body: &'a [Stmt]) -> Result<()> {
        self.conditional += 1;
        let done = self.body(body);
        self.conditional -= 1;
        done
    }

    pub(super) fn if_statement(&mut self, s: &'a StmtIf) -> Result<()> {
        let end = self.label();
        self.branch_of_if(&s.test, &s.body, &s.elif_else_clauses, end)?;
        for (at, clause) in s.elif_else_clauses.iter().enumerate() {
            match &clause.test {
                Some(test) => {
                    self.branch_of_if(test, &clause.body, &s.elif_else_clauses[at + 1..], end)?;
                }
                None => self.conditional_body(&clause.body)?,
            }
        }
        self.out.place(end);
        Ok(())
    }

    fn branch_of_if(
        &mut self,
        test: &'a Expr,
        body: &'a [Stmt],
        rest: &[ElifElseClause],
        end: super::emit::Label,
    ) -> Result<()> {
        let otherwise = self.label();
        self.jump_if(test, false, otherwise)?;
        self.conditional_body(body)?;
        if !rest.is_empty() {
            self.out.jump(end);
        }
        self.out.place(otherwise);
        Ok(())
    }

    pub(super) fn while_statement(&mut self, s: &'a StmtWhile) -> Result<()> {
        let (start, otherwise, end) = (self.label(), self.label(), self.label());
        self.out.place(start);
        self.jump_if(&s.test, false, otherwise)?;
        self.blocks.push(Block::Loop {
            start,
            end,
            iterator: None,
        });
        self.conditional_body(&s.body)?;
        self.at(s.test.range());
        self.out.loop_back(start);
        self.blocks.pop();
        self.out.place(otherwise);
        self.conditional_body(&s.orelse)?;
        self.out.place(end);
        Ok(())
    }

    pub(super) fn for_statement(&mut self, s: &'a StmtFor) -> Result<()> {
        if s.is_async {
            return self.async_for(s);
        }
        let (start, exhausted, end) = (self.label(), self.label(), self.label());
        let iterable = self.iterable(&s.iter)?;
        let (iterator, position) = self.begin_rounds(iterable, s.iter.range())?;
        self.out.place(start);
        self.next_into(&s.target, iterator, position, exhausted, s.iter.range())?;
        self.blocks.push(Block::Loop {
            start,
            end,
            iterator: Some(iterator),
        });
        self.conditional_body(&s.body)?;
        self.at(s.iter.range());
        self.out.loop_back(start);
        self.blocks.pop();
        self.out.place(exhausted);
        self.depth = iterator;
        self.conditional_body(&s.orelse)?;
        self.out.place(end);
        Ok(())
    }

    /// An operand that is consumed by what comes next.
    pub(super) fn iterable(&mut self, iterable: &'a Expr) -> Result<Reg> {
        let base = self.depth;
        let value = self.operand(iterable, true)?;
        self.depth = base;
        Ok(value)
    }

    /// Makes what [`next_into`](Self::next_into) takes items of `iterable` from in a new temporary,
    /// and behind it one for the position.
    pub(super) fn begin_rounds(&mut self, iterable: Reg, range: TextRange) -> Result<(Reg, Reg)> {
        self.at(range);
        let (iterator, position) = (self.push(range)?, self.push(range)?);
        self.out.op(Op::GetIter, iterator, iterable, position);
        Ok((iterator, position))
    }

    fn async_for(&mut self, s: &'a StmtFor) -> Result<()> {
        self.check_await(s.range, "'async for'")?;
        let (start, exhausted, end) = (self.label(), self.label(), self.label());
        let iterable = self.iterable(&s.iter)?;
        let iterator = self.iterator(Op::GetAsyncIter, iterable, s.iter.range())?;
        self.out.place(start);
        self.next_asynchronously(iterator, exhausted, s.iter.range())?;
        self.store(&s.target)?;
        self.blocks.push(Block::Loop {
            start,
            end,
            iterator: Some(iterator),
        });
        self.conditional_body(&s.body)?;
        self.at(s.iter.range());
        self.out.loop_back(start);
        self.blocks.pop();
        self.end_async_iteration(iterator, exhausted, s.iter.range());
        self.depth = iterator;
        self.conditional_body(&s.orelse)?;
        self.out.place(end);
        Ok(())
    }
}
