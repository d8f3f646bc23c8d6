//! Which operation an operator is.

use crate::op::Op;
use ruff_python_ast::{CmpOp, Operator};

/// The operation of a binary operator, and the form with a small integer on the right.
pub(super) fn binary(op: Operator) -> (Op, Option<Op>) {
    match op {
        Operator::Add => (Op::Add, Some(Op::AddImm)),
        Operator::Sub => (Op::Sub, Some(Op::SubImm)),
        Operator::Mult => (Op::Mul, Some(Op::MulImm)),
        Operator::MatMult => (Op::MatMul, None),
        Operator::Div => (Op::TrueDiv, None),
        Operator::Mod => (Op::Mod, Some(Op::ModImm)),
        Operator::Pow => (Op::Pow, None),
        Operator::LShift => (Op::LShift, Some(Op::LShiftImm)),
        Operator::RShift => (Op::RShift, Some(Op::RShiftImm)),
        Operator::BitOr => (Op::Or, None),
        Operator::BitXor => (Op::Xor, None),
        Operator::BitAnd => (Op::And, Some(Op::AndImm)),
        Operator::FloorDiv => (Op::FloorDiv, Some(Op::FloorDivImm)),
    }
}

/// The same for an augmented assignment.
pub(super) fn in_place(op: Operator) -> (Op, Option<Op>) {
    match op {
        Operator::Add => (Op::InplaceAdd, Some(Op::InplaceAddImm)),
        Operator::Sub => (Op::InplaceSub, Some(Op::InplaceSubImm)),
        Operator::Mult => (Op::InplaceMul, None),
        Operator::MatMult => (Op::InplaceMatMul, None),
        Operator::Div => (Op::InplaceTrueDiv, None),
        Operator::Mod => (Op::InplaceMod, None),
        Operator::Pow => (Op::InplacePow, None),
        Operator::LShift => (Op::InplaceLShift, None),
        Operator::RShift => (Op::InplaceRShift, None),
        Operator::BitOr => (Op::InplaceOr, None),
        Operator::BitXor => (Op::InplaceXor, None),
        Operator::BitAnd => (Op::InplaceAnd, None),
        Operator::FloorDiv => (Op::InplaceFloorDiv, None),
    }
}

/// The operation that computes a comparison.
pub(super) fn comparison(op: CmpOp) -> Op {
    match op {
        CmpOp::Eq => Op::Eq,
        CmpOp::NotEq => Op::Ne,
        CmpOp::Lt => Op::Lt,
        CmpOp::LtE => Op::Le,
        CmpOp::Gt => Op::Gt,
        CmpOp::GtE => Op::Ge,
        CmpOp::Is => Op::Is,
        CmpOp::IsNot => Op::IsNot,
        CmpOp::In => Op::In,
        CmpOp::NotIn => Op::NotIn,
    }
}

/// A comparison as a jump.
pub(super) struct Branch {
    pub(super) op: Op,
    /// The form with a small integer on the right.
    pub(super) immediate: Option<Op>,
    /// Whether it jumps on the opposite.
    pub(super) is_inverted: bool,
}

/// The jump on a comparison.
pub(super) fn branch(op: CmpOp) -> Branch {
    let branch = |op, immediate, is_inverted| Branch {
        op,
        immediate,
        is_inverted,
    };
    match op {
        CmpOp::Eq => branch(Op::JumpIfEq, Some(Op::JumpIfEqImm), false),
        CmpOp::NotEq => branch(Op::JumpIfNe, Some(Op::JumpIfNeImm), false),
        CmpOp::Lt => branch(Op::JumpIfLt, Some(Op::JumpIfLtImm), false),
        CmpOp::LtE => branch(Op::JumpIfLe, Some(Op::JumpIfLeImm), false),
        CmpOp::Gt => branch(Op::JumpIfGt, Some(Op::JumpIfGtImm), false),
        CmpOp::GtE => branch(Op::JumpIfGe, Some(Op::JumpIfGeImm), false),
        CmpOp::Is => branch(Op::JumpIfIs, None, false),
        CmpOp::IsNot => branch(Op::JumpIfIs, None, true),
        CmpOp::In => branch(Op::JumpIfIn, None, false),
        CmpOp::NotIn => branch(Op::JumpIfIn, None, true),
    }
}
