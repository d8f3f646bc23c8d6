//! What control leaves on its way out of a statement: loops, handlers, `with` and `finally`.

use super::emit::{Emitter, Label, Range};
use super::{Dst, Gen, Reg};
use crate::error::{Result, reject};
use crate::op::Op;
use ruff_python_ast::{Expr, Identifier, Stmt, StmtReturn};
use ruff_text_size::TextRange;

/// Something that control leaves.
#[derive(Clone, Copy)]
pub(super) enum Block<'a> {
    /// A loop, with its iterator if it has one.
    Loop {
        start: Label,
        end: Label,
        iterator: Option<Reg>,
    },
    /// A range of code whose exceptions are caught.
    Range,
    /// The body of `try … finally`.
    Finally(&'a [Stmt]),
    /// A handler; the exception is in the register.
    Handled(Reg),
    /// A handler that binds a name.
    Bound(&'a Identifier),
    /// A `with`: its exit function is in the register.
    With {
        exit: Reg,
        is_async: bool,
        range: TextRange,
    },
    /// A temporary that is held meanwhile.
    Held(Reg),
    /// The handler of an `except*`, which control may not leave.
    Star,
}

impl<'a> Gen<'a> {
    /// Opens a range whose exceptions go to `target`.
    pub(super) fn protect(&mut self, target: Label, depth: Reg) {
        self.out.open_range(target, depth);
        self.blocks.push(Block::Range);
    }

    /// Closes the range that [`protect`](Self::protect) opened last.
    pub(super) fn unprotect(&mut self) {
        self.out.close_range();
        self.blocks.pop();
    }

    /// Leaves the blocks from `outermost` on, as control does that goes elsewhere from here by
    /// what `depart` writes; a temporary is `pending` that it consumes.
    fn leave_blocks(
        &mut self,
        outermost: usize,
        pending: Option<Reg>,
        depart: impl FnOnce(&mut Emitter),
    ) -> Result<()> {
        let blocks = std::mem::take(&mut self.blocks);
        let mut closed: Vec<Range> = Vec::new();
        for at in (outermost..blocks.len()).rev() {
            match blocks[at] {
                Block::Range => closed.push(self.out.close_range()),
                Block::Loop {
                    iterator: Some(value),
                    ..
                }
                | Block::Held(value) => self.out.op(Op::Drop, value, 0, 0),
                Block::Loop { .. } | Block::Star => {}
                Block::Handled(exception) => self.out.op(Op::PopExc, exception, 0, 0),
                Block::Bound(name) => self.unbind(name, name.range)?,
                Block::Finally(body) => {
                    self.blocks = blocks[..at].to_vec();
                    self.blocks.extend(pending.map(Block::Held));
                    let depth = self.depth;
                    self.body(body)?;
                    self.depth = depth;
                }
                Block::With {
                    exit,
                    is_async,
                    range,
                } => self.exit_normally(exit, is_async, range)?,
            }
        }
        self.blocks = blocks;
        depart(&mut self.out);
        closed
            .into_iter()
            .rev()
            .for_each(|range| self.out.reopen_range(range));
        Ok(())
    }

    fn innermost_loop(&self) -> Option<(usize, Label, Label)> {
        self.blocks
            .iter()
            .enumerate()
            .rev()
            .find_map(|(at, block)| match *block {
                Block::Loop { start, end, .. } => Some((at, start, end)),
                _ => None,
            })
    }

    fn reject_in_star(&self, outermost: usize, range: TextRange) -> Result<()> {
        if self.blocks[outermost..]
            .iter()
            .any(|block| matches!(block, Block::Star))
        {
            return reject(
                range,
                "'break', 'continue' and 'return' cannot appear in an except* block",
            );
        }
        Ok(())
    }

    pub(super) fn break_loop(&mut self, range: TextRange) -> Result<()> {
        let found = self.innermost_loop();
        self.reject_in_star(found.map_or(0, |(at, ..)| at), range)?;
        let Some((at, _, end)) = found else {
            return reject(range, "'break' outside loop");
        };
        self.at(range);
        let position = self.out.position;
        self.leave_blocks(at, None, |out| {
            out.position = position;
            out.jump(end);
        })
    }

    pub(super) fn continue_loop(&mut self, range: TextRange) -> Result<()> {
        let found = self.innermost_loop();
        self.reject_in_star(found.map_or(0, |(at, ..)| at), range)?;
        let Some((at, start, _)) = found else {
            return reject(range, "'continue' not properly in loop");
        };
        self.at(range);
        let position = self.out.position;
        self.leave_blocks(at + 1, None, |out| {
            out.position = position;
            out.loop_back(start);
        })
    }

    pub(super) fn return_statement(&mut self, s: &'a StmtReturn) -> Result<()> {
        if self.is_namespace_unit() {
            return reject(s.range, "'return' outside function");
        }
        let scope = &self.program.symbols.scopes[self.unit];
        if s.value.is_some() && scope.is_coroutine && scope.is_generator {
            return reject(s.range, "'return' with value in async generator");
        }
        self.reject_in_star(0, s.range)?;
        let base = self.depth;
        let value = self.returned(s.value.as_deref(), s.range)?;
        self.at(s.range);
        let position = self.out.position;
        let pending = self.is_temporary(value).then_some(value);
        self.leave_blocks(0, pending, |out| {
            out.position = position;
            out.op(Op::Return, value, 0, 0);
        })?;
        self.depth = base;
        Ok(())
    }

    /// The value of a `return`, which the blocks that it leaves do not change.
    fn returned(&mut self, value: Option<&'a Expr>, range: TextRange) -> Result<Reg> {
        let is_quiet =
            |block: &Block<'_>| matches!(block, Block::Range | Block::Loop { .. } | Block::Held(_));
        match value {
            Some(value) if self.blocks.iter().all(is_quiet) => self.operand(value, true),
            Some(value) => {
                let register = self.depth;
                self.expr(value, Dst::Top)?;
                Ok(register)
            }
            None => {
                self.at(range);
                let none = self.push(range)?;
                self.out.op(Op::LoadNone, none, 0, 0);
                Ok(none)
            }
        }
    }
}
