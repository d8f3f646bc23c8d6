//! Arithmetic of integers that fit in 64 bits.

use super::{BinaryOp, from_big, from_i64};
use crate::object::float::Float;
use crate::value::Ref;
use dashu_int::IBig;

/// The largest integers that every float represents exactly.
const EXACT: u64 = 1 << 53;

/// `left op right`, or `None` where that needs more bits or is an error.
pub(super) fn binary(op: BinaryOp, left: i64, right: i64) -> Option<Ref> {
    Some(match op {
        BinaryOp::Add => from_i64(left.checked_add(right)?),
        BinaryOp::Sub => from_i64(left.checked_sub(right)?),
        BinaryOp::Mul => match left.checked_mul(right) {
            Some(product) => from_i64(product),
            None => from_big(IBig::from(i128::from(left) * i128::from(right))),
        },
        BinaryOp::FloorDiv => from_i64(floor_div(left, right)?),
        BinaryOp::Mod => from_i64(floor_mod(left, right)?),
        BinaryOp::TrueDiv => {
            if right == 0 || left.unsigned_abs() > EXACT || right.unsigned_abs() > EXACT {
                return None;
            }
            Float::from_f64(left as f64 / right as f64)
        }
        BinaryOp::Pow => from_i64(left.checked_pow(u32::try_from(right).ok()?)?),
        BinaryOp::LShift => {
            let shifted = left.checked_shl(u32::try_from(right).ok()?)?;
            if shifted >> right != left {
                return None;
            }
            from_i64(shifted)
        }
        BinaryOp::RShift => {
            if right < 0 {
                return None;
            }
            from_i64(left >> right.min(63))
        }
        BinaryOp::And => from_i64(left & right),
        BinaryOp::Or => from_i64(left | right),
        BinaryOp::Xor => from_i64(left ^ right),
        BinaryOp::MatMul => return None,
    })
}

/// The quotient rounded down; `None` for a divisor of 0 or overflow.
#[inline(always)]
pub fn floor_div(left: i64, right: i64) -> Option<i64> {
    let quotient = left.checked_div(right)?;
    let inexact = quotient * right != left;
    Some(if inexact && (left < 0) != (right < 0) {
        quotient - 1
    } else {
        quotient
    })
}

/// The remainder of [`floor_div`], which has the divisor's sign.
#[inline(always)]
pub fn floor_mod(left: i64, right: i64) -> Option<i64> {
    if (left as u64 | right as u64) >> 32 == 0 && right != 0 {
        // Dividing 32 bits is several times faster on many processors.
        return Some(i64::from(left as u32 % right as u32));
    }
    let remainder = left.checked_rem(right)?;
    Some(if remainder != 0 && (remainder < 0) != (right < 0) {
        remainder + right
    } else {
        remainder
    })
}
