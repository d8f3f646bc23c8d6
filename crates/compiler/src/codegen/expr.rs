//! Expressions.

use super::constant::{check_literal, is_literal, small_int};
use super::{Dst, Gen, Reg, operator};
use crate::code::Const;
use crate::error::{Result, reject};
use crate::nesting::deeper;
use crate::op::Op;
use ruff_python_ast::*;
use ruff_text_size::{Ranged, TextRange};

impl<'a> Gen<'a> {
    /// Evaluates `expr` into `dst`, which owns its value.
    pub(super) fn expr(&mut self, expr: &'a Expr, dst: Dst) -> Result<()> {
        deeper(|| self.expr_here(expr, dst))
    }

    /// Evaluates `expr` into a new temporary.
    pub(super) fn top(&mut self, expr: &'a Expr) -> Result<Reg> {
        let register = self.depth;
        self.expr(expr, Dst::Top)?;
        Ok(register)
    }

    /// Evaluates `expr` to be read by one operation: a local stays where it is, unless something
    /// that is evaluated before the operation (it is not `calm`) may change it or must not come
    /// before the error that it is unbound.
    pub(super) fn operand(&mut self, expr: &'a Expr, is_calm: bool) -> Result<Reg> {
        let Expr::Name(name) = expr else {
            return self.top(expr);
        };
        let Some(register) = self.local(&name.id) else {
            return self.top(expr);
        };
        let is_rebound = self.is_rebound(&self.mangle(&name.id));
        if register <= 255 && (is_calm || (self.out.bound.has(register) && !is_rebound)) {
            return Ok(register);
        }
        if is_rebound {
            self.top(expr)
        } else {
            self.argument(expr)
        }
    }

    /// Evaluates `expr` into a new temporary that is consumed before the expression around it
    /// ends: a local is only borrowed.
    pub(super) fn argument(&mut self, expr: &'a Expr) -> Result<Reg> {
        if let Expr::Name(name) = expr
            && let Some(register) = self.local(&name.id)
            && !self.is_rebound(&self.mangle(&name.id))
            && register <= 255
        {
            self.at(name.range);
            let to = self.push(name.range)?;
            self.out.op(Op::Borrow, to, register, 0);
            return Ok(to);
        }
        self.top(expr)
    }

    /// Whether evaluating `expr` changes nothing and fails only as the operation that reads it
    /// would.
    pub(super) fn is_calm(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Name(name) => self.local(&name.id).is_some(),
            _ => is_literal(expr),
        }
    }

    /// The values of two operands of one operation.
    fn operands(&mut self, left: &'a Expr, right: &'a Expr) -> Result<(Reg, Reg)> {
        let is_calm = self.is_calm(right);
        let left = self.operand(left, is_calm)?;
        Ok((left, self.operand(right, true)?))
    }

    fn expr_here(&mut self, expr: &'a Expr, dst: Dst) -> Result<()> {
        let (base, range) = (self.depth, expr.range());
        if let Expr::NumberLiteral(literal) = expr
            && literal.value.is_int()
        {
            check_literal(self.program.source.slice(range), range)?;
        }
        if let Some(value) = self.fold(expr) {
            self.at(range);
            let to = self.settle(base, dst, range)?;
            return self.load_const(to, value, range);
        }
        match expr {
            Expr::Name(name) => self.read(&name.id, dst, range),
            Expr::BoolOp(e) => self.bool_op(e, dst),
            Expr::Named(e) => self.named(e, dst),
            Expr::BinOp(e) => self.binary(e, dst),
            Expr::UnaryOp(e) => self.unary(e, dst),
            Expr::Lambda(e) => self.lambda(e, dst),
            Expr::If(e) => self.conditional(e, dst),
            Expr::Dict(e) => self.dict(e, dst),
            Expr::Set(e) => self.set(e, dst),
            Expr::List(e) => self.list(e, dst),
            Expr::Tuple(e) => self.tuple(&e.elts, range, dst),
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) => {
                self.comprehension(expr, dst)
            }
            Expr::Generator(e) => self.generator_expression(e, dst),
            Expr::Await(e) => self.await_expression(e, dst),
            Expr::Yield(e) => self.yield_expression(e, dst),
            Expr::YieldFrom(e) => self.yield_from(e, dst),
            Expr::Compare(e) => self.compare(e, dst),
            Expr::Call(e) => self.call(e, dst),
            Expr::FString(e) => self.f_string(e, dst),
            Expr::TString(e) => self.t_string(e, dst),
            Expr::Attribute(e) => self.attribute(e, dst),
            Expr::Subscript(e) => self.subscript(e, dst),
            Expr::Slice(e) => self.slice(e, dst),
            Expr::Starred(_) => reject(range, "can't use starred expression here"),
            Expr::IpyEscapeCommand(_) => reject(range, "invalid syntax"),
            Expr::NoneLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::EllipsisLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::StringLiteral(_)
            | Expr::BytesLiteral(_) => {
                let value = self.fold(expr).unwrap_or(Const::None);
                let to = self.settle(base, dst, range)?;
                self.load_const(to, value, range)
            }
        }
    }

    fn named(&mut self, e: &'a ExprNamed, dst: Dst) -> Result<()> {
        let Expr::Name(target) = &*e.target else {
            return reject(
                e.target.range(),
                "cannot use assignment expressions with this target",
            );
        };
        let base = self.depth;
        if let Some(local) = self.local(&target.id)
            && local <= 255
        {
            self.expr(&e.value, Dst::Local(local))?;
            self.at(target.range);
            let to = self.settle(base, dst, e.range)?;
            if to != local {
                self.out.op(Op::Copy, to, local, 0);
            }
            return Ok(());
        }
        let value = self.top(&e.value)?;
        self.at(target.range);
        let copy = self.push(target.range)?;
        self.out.op(Op::Copy, copy, value, 0);
        self.store_top(&target.id, target.range)?;
        self.deliver(value, dst, e.range)
    }

    fn binary(&mut self, e: &'a ExprBinOp, dst: Dst) -> Result<()> {
        let base = self.depth;
        let (op, immediate) = operator::binary(e.op);
        if let (Some(op), Some(value)) = (immediate, small_int(&e.right)) {
            let left = self.operand(&e.left, true)?;
            let to = self.settle(base, dst, e.range)?;
            self.at(e.range);
            self.out.op(op, to, left, Reg::from(value as u8));
            return Ok(());
        }
        if e.op == Operator::Mod
            && let Expr::StringLiteral(format) = &*e.left
            && let Expr::Tuple(arguments) = &*e.right
            && self.percent_format(e, format, arguments, dst)?
        {
            return Ok(());
        }
        let (left, right) = self.operands(&e.left, &e.right)?;
        let to = self.settle(base, dst, e.range)?;
        self.at(e.range);
        self.out.op(op, to, left, right);
        Ok(())
    }

    fn unary(&mut self, e: &'a ExprUnaryOp, dst: Dst) -> Result<()> {
        let base = self.depth;
        let op = match e.op {
            UnaryOp::Not => return self.not(e, dst),
            UnaryOp::Invert => Op::Invert,
            UnaryOp::UAdd => Op::Pos,
            UnaryOp::USub => Op::Neg,
        };
        let operand = self.operand(&e.operand, true)?;
        let to = self.settle(base, dst, e.range)?;
        self.at(e.range);
        self.out.op(op, to, operand, 0);
        Ok(())
    }

    /// `not x`: of a single `in` or `is`, the opposite.
    fn not(&mut self, e: &'a ExprUnaryOp, dst: Dst) -> Result<()> {
        let base = self.depth;
        if let Expr::Compare(inner) = &*e.operand
            && let [op @ (CmpOp::Is | CmpOp::IsNot | CmpOp::In | CmpOp::NotIn)] = *inner.ops
        {
            return self.compare_once(
                &inner.left,
                op.negate(),
                &inner.comparators[0],
                inner.range,
                dst,
            );
        }
        let operand = self.operand(&e.operand, true)?;
        let to = self.settle(base, dst, e.range)?;
        self.at(e.range);
        self.out.op(Op::Not, to, operand, 0);
        Ok(())
    }

    /// `a and b`, `a or b`: the deciding value.
    fn bool_op(&mut self, e: &'a ExprBoolOp, dst: Dst) -> Result<()> {
        let base = self.depth;
        let end = self.label();
        let decides = e.op == BoolOp::Or;
        let (last, others) = e
            .values
            .split_last()
            .expect("a boolean operation has operands");
        for value in others {
            match self.constant_truth(value) {
                // An operand that cannot decide has no effect.
                Some(truth) if truth != decides => continue,
                _ => self.top(value)?,
            };
            self.at(value.range());
            self.out
                .branch(Op::JumpIfKeep, [base, 0, Reg::from(decides)], end);
            self.depth = base;
        }
        self.top(last)?;
        self.out.place(end);
        self.at(e.range);
        self.deliver(base, dst, e.range)
    }

    fn conditional(&mut self, e: &'a ExprIf, dst: Dst) -> Result<()> {
        let base = self.depth;
        let (otherwise, end) = (self.label(), self.label());
        self.jump_if(&e.test, false, otherwise)?;
        self.expr(&e.body, dst)?;
        self.out.jump(end);
        self.depth = base;
        self.out.place(otherwise);
        self.expr(&e.orelse, dst)?;
        self.out.place(end);
        Ok(())
    }

    /// A comparison's value.
    fn compare(&mut self, e: &'a ExprCompare, dst: Dst) -> Result<()> {
        if let ([op], [right]) = (&*e.ops, &*e.comparators) {
            return self.compare_once(&e.left, *op, right, e.range, dst);
        }
        self.compare_chain(e, dst)
    }

    fn compare_once(
        &mut self,
        left: &'a Expr,
        op: CmpOp,
        right: &'a Expr,
        range: TextRange,
        dst: Dst,
    ) -> Result<()> {
        let base = self.depth;
        let (left, right) = self.compared(left, op, right)?;
        let to = self.settle(base, dst, range)?;
        self.at(range);
        self.out.op(operator::comparison(op), to, left, right);
        Ok(())
    }

    /// The operands of a comparison.
    pub(super) fn compared(
        &mut self,
        left: &'a Expr,
        op: CmpOp,
        right: &'a Expr,
    ) -> Result<(Reg, Reg)> {
        let container = match op {
            CmpOp::In | CmpOp::NotIn => self.fold_container(right),
            _ => None,
        };
        let Some(container) = container else {
            return self.operands(left, right);
        };
        let left = self.operand(left, true)?;
        self.at(right.range());
        let right_register = self.push(right.range())?;
        self.load_const(right_register, container, right.range())?;
        Ok((left, right_register))
    }

    /// `a < b < c`: every operand is evaluated once, up to the first comparison that fails.
    fn compare_chain(&mut self, e: &'a ExprCompare, dst: Dst) -> Result<()> {
        let base = self.push(e.range)?;
        let end = self.label();
        let mut failures = Vec::new();
        let (last, middles) = e
            .comparators
            .split_last()
            .expect("a comparison has a right side");
        let mut left = self.operand(&e.left, self.is_calm(&e.comparators[0]))?;
        for (middle, &op) in middles.iter().zip(&e.ops) {
            let kept = self.chain_operand(middle)?;
            let right = self.borrow_temporary(kept, middle.range())?;
            self.at(e.range);
            self.out.op(operator::comparison(op), base, left, right);
            let fails = if self.is_temporary(kept) {
                self.label()
            } else {
                end
            };
            self.out.branch(Op::JumpIfKeep, [base, 0, 0], fails);
            if fails != end {
                failures.push((fails, kept));
            }
            left = kept;
        }
        let right = self.operand(last, true)?;
        self.at(e.range);
        let op = e.ops[e.ops.len() - 1];
        self.out.op(operator::comparison(op), base, left, right);
        self.out.jump(end);
        for (fails, kept) in failures {
            self.out.place(fails);
            self.out.op(Op::Drop, kept, 0, 0);
            self.out.jump(end);
        }
        self.out.place(end);
        self.deliver(base, dst, e.range)
    }

    /// An operand in the middle of a chain, which two comparisons read.
    pub(super) fn chain_operand(&mut self, expr: &'a Expr) -> Result<Reg> {
        match expr {
            Expr::Name(name) if !self.is_rebound(&self.mangle(&name.id)) => {
                let is_bound = self
                    .local(&name.id)
                    .is_some_and(|register| self.out.bound.has(register));
                if is_bound {
                    self.operand(expr, true)
                } else {
                    self.top(expr)
                }
            }
            _ => self.top(expr),
        }
    }

    pub(super) fn is_temporary(&self, register: Reg) -> bool {
        register >= self.layout.first_temp
    }

    /// A temporary borrowed from another, which can so be read twice; a local as it is.
    pub(super) fn borrow_temporary(&mut self, register: Reg, range: TextRange) -> Result<Reg> {
        if !self.is_temporary(register) {
            return Ok(register);
        }
        let borrowed = self.push(range)?;
        self.out.op(Op::Borrow, borrowed, register, 0);
        Ok(borrowed)
    }

    fn attribute(&mut self, e: &'a ExprAttribute, dst: Dst) -> Result<()> {
        let base = self.depth;
        if self.super_attribute(e, Op::GetSuperAttr, dst)? {
            return Ok(());
        }
        let object = self.operand(&e.value, true)?;
        let (name, cache) = (self.mangled(&e.attr, e.attr.range)?, self.cache());
        let to = self.settle(base, dst, e.range)?;
        self.at(e.range);
        self.out.extra(Op::GetAttr, [to, object, 0], name, cache);
        Ok(())
    }

    fn subscript(&mut self, e: &'a ExprSubscript, dst: Dst) -> Result<()> {
        let base = self.depth;
        if let Some(key) = self.constant_key(&e.slice) {
            let object = self.operand(&e.value, true)?;
            let (key, cache) = (self.constant(key, e.slice.range())?, self.cache());
            let to = self.settle(base, dst, e.range)?;
            self.at(e.range);
            self.out
                .extra(Op::GetItemConst, [to, object, 0], key, cache);
            return Ok(());
        }
        let (object, index) = self.operands(&e.value, &e.slice)?;
        let to = self.settle(base, dst, e.range)?;
        self.at(e.range);
        self.out.op(Op::GetItem, to, object, index);
        Ok(())
    }

    /// The constant that a subscript is.
    pub(super) fn constant_key(&self, slice: &Expr) -> Option<Const> {
        self.fold(slice)
    }

    fn slice(&mut self, e: &'a ExprSlice, dst: Dst) -> Result<()> {
        let base = self.depth;
        for bound in [&e.lower, &e.upper] {
            if let Some(bound) = bound {
                self.argument(bound)?
            } else {
                let none = self.push(e.range)?;
                self.at(e.range);
                self.out.op(Op::LoadNone, none, 0, 0);
                none
            };
        }
        if let Some(step) = &e.step {
            self.argument(step)?;
        }
        let count = self.depth - base;
        let to = self.settle(base, dst, e.range)?;
        self.at(e.range);
        self.out.op(Op::BuildSlice, to, base, count);
        Ok(())
    }
}
