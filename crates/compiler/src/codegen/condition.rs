//! Conditions: expressions of which only the truth is asked.

use super::constant::small_int;
use super::emit::Label;
use super::{Gen, Reg, operator};
use crate::error::Result;
use crate::nesting::deeper;
use crate::op::Op;
use ruff_python_ast::*;
use ruff_text_size::Ranged;

impl<'a> Gen<'a> {
    /// Jumps to `to` if the truth of `expr` is `sense`.
    pub(super) fn jump_if(&mut self, expr: &'a Expr, sense: bool, to: Label) -> Result<()> {
        deeper(|| self.jump_if_here(expr, sense, to))
    }

    fn jump_if_here(&mut self, expr: &'a Expr, sense: bool, to: Label) -> Result<()> {
        if let Some(truth) = self.constant_truth(expr) {
            if truth == sense {
                self.at(expr.range());
                self.out.jump(to);
            }
            return Ok(());
        }
        match expr {
            Expr::UnaryOp(e) if e.op == UnaryOp::Not => self.jump_if(&e.operand, !sense, to),
            Expr::BoolOp(e) => self.jump_if_any(e, sense, to),
            Expr::If(e) => self.jump_if_conditional(e, sense, to),
            Expr::Compare(e) if e.ops.len() == 1 => {
                self.jump_if_compared(&e.left, e.ops[0], &e.comparators[0], sense, to, expr)
            }
            Expr::Compare(e) => self.jump_if_chain(e, sense, to),
            _ => {
                let base = self.depth;
                let value = self.operand(expr, true)?;
                self.depth = base;
                self.at(expr.range());
                self.out
                    .branch(Op::JumpIf, [value, 0, Reg::from(sense)], to);
                Ok(())
            }
        }
    }

    fn jump_if_any(&mut self, e: &'a ExprBoolOp, sense: bool, to: Label) -> Result<()> {
        let decides = e.op == BoolOp::Or;
        let (last, others) = e
            .values
            .split_last()
            .expect("a boolean operation has operands");
        if decides == sense {
            others
                .iter()
                .try_for_each(|value| self.jump_if(value, sense, to))?;
            return self.jump_if(last, sense, to);
        }
        let past = self.label();
        others
            .iter()
            .try_for_each(|value| self.jump_if(value, decides, past))?;
        self.jump_if(last, sense, to)?;
        self.out.place(past);
        Ok(())
    }

    fn jump_if_conditional(&mut self, e: &'a ExprIf, sense: bool, to: Label) -> Result<()> {
        let (otherwise, end) = (self.label(), self.label());
        self.jump_if(&e.test, false, otherwise)?;
        self.jump_if(&e.body, sense, to)?;
        self.out.jump(end);
        self.out.place(otherwise);
        self.jump_if(&e.orelse, sense, to)?;
        self.out.place(end);
        Ok(())
    }

    fn jump_if_compared(
        &mut self,
        left: &'a Expr,
        op: CmpOp,
        right: &'a Expr,
        sense: bool,
        to: Label,
        whole: &'a Expr,
    ) -> Result<()> {
        let base = self.depth;
        let branch = operator::branch(op);
        let sense = Reg::from(sense != branch.is_inverted);
        if right.is_none_literal_expr() && branch.op == Op::JumpIfIs {
            let left = self.operand(left, true)?;
            self.depth = base;
            self.at(whole.range());
            self.out.branch(Op::JumpIfNone, [left, 0, sense], to);
            return Ok(());
        }
        if let (Some(op), Some(value)) = (branch.immediate, small_int(right)) {
            let left = self.operand(left, true)?;
            self.depth = base;
            self.at(whole.range());
            self.out
                .branch(op, [left, Reg::from(value as u8), sense], to);
            return Ok(());
        }
        let (left, right) = self.compared(left, op, right)?;
        self.depth = base;
        self.at(whole.range());
        self.out.branch(branch.op, [left, right, sense], to);
        Ok(())
    }

    /// `a < b < c`, as a jump.
    fn jump_if_chain(&mut self, e: &'a ExprCompare, sense: bool, to: Label) -> Result<()> {
        let base = self.depth;
        let end = self.label();
        let fails = if sense { end } else { to };
        let mut failures = Vec::new();
        let (last, middles) = e
            .comparators
            .split_last()
            .expect("a comparison has a right side");
        let mut left = self.operand(&e.left, self.is_calm(&e.comparators[0]))?;
        for (middle, &op) in middles.iter().zip(&e.ops) {
            let kept = self.chain_operand(middle)?;
            let right = self.borrow_temporary(kept, middle.range())?;
            let branch = operator::branch(op);
            let fails_here = if self.is_temporary(kept) {
                self.label()
            } else {
                fails
            };
            self.at(e.range);
            self.out.branch(
                branch.op,
                [left, right, Reg::from(branch.is_inverted)],
                fails_here,
            );
            if fails_here != fails {
                failures.push((fails_here, kept));
            }
            left = kept;
        }
        let right = self.operand(last, true)?;
        let branch = operator::branch(e.ops[e.ops.len() - 1]);
        self.at(e.range);
        self.out.branch(
            branch.op,
            [left, right, Reg::from(sense != branch.is_inverted)],
            to,
        );
        self.depth = base;
        self.out.jump(end);
        for (fails_here, kept) in failures {
            self.out.place(fails_here);
            self.out.op(Op::Drop, kept, 0, 0);
            self.out.jump(fails);
        }
        self.out.place(end);
        Ok(())
    }
}
