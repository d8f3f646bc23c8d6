//! Arithmetic and comparison of numbers in words, where the loop has no path of its own: of an
//! integer with a float, and the operators that are rarer than `+`, `-` and `*`.

use crate::object::float::Float;
use crate::object::{BinaryOp, CompareOp, singletons};
use crate::value::{Ref, Value, float};

/// The largest integers that every float represents exactly.
const EXACT: u64 = 1 << 53;

/// A number in a word as a float, if it is exactly that.
#[inline(always)]
fn exactly(value: Value) -> Option<f64> {
    if value.is_float() {
        return Some(float::decode(value));
    }
    let int = value.as_int()?;
    (int.unsigned_abs() <= EXACT).then_some(int as f64)
}

/// `left op right` where the result is a float and nothing can fail; `None` otherwise.
#[inline(always)]
pub(in crate::run) fn float_binary(op: BinaryOp, left: Value, right: Value) -> Option<Ref> {
    if left.are_ints(right) && op != BinaryOp::TrueDiv {
        return None;
    }
    let (left, right) = (exactly(left)?, exactly(right)?);
    Some(Float::from_f64(match op {
        BinaryOp::Add => left + right,
        BinaryOp::Sub => left - right,
        BinaryOp::Mul => left * right,
        BinaryOp::TrueDiv if right != 0.0 => left / right,
        _ => return None,
    }))
}

/// `left op right` of truth values, or of one and an integer in a word, for the operators that
/// programs count and collect with; `None` for anything else.
#[inline(always)]
pub(in crate::run) fn truth_binary(op: BinaryOp, left: Value, right: Value) -> Option<Ref> {
    let (truth, other) = (
        singletons::bool_as_int(left),
        singletons::bool_as_int(right),
    );
    if let (Some(left), Some(right)) = (truth, other) {
        match op {
            BinaryOp::And => return Some(singletons::bool(left & right != 0)),
            BinaryOp::Or => return Some(singletons::bool(left | right != 0)),
            BinaryOp::Xor => return Some(singletons::bool(left != right)),
            _ => {}
        }
    }
    let (left, right) = (truth.or(left.as_int())?, other.or(right.as_int())?);
    match op {
        BinaryOp::Add => Value::from_int(left + right).map(Ref::adopt),
        BinaryOp::Sub => Value::from_int(left - right).map(Ref::adopt),
        _ => None,
    }
}

/// Whether `left op right`, of an integer and a float in words; `None` for anything else.
#[inline(always)]
pub(in crate::run) fn float_compare(op: CompareOp, left: Value, right: Value) -> Option<bool> {
    let (left, right) = (exactly(left)?, exactly(right)?);
    // Neither is NaN, which is in no word.
    Some(op.holds(left.partial_cmp(&right)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn float(value: f64) -> Value {
        float::encode(value).expect("a common float")
    }

    #[test]
    fn an_integer_and_a_float_make_a_float() {
        let two = Value::small(2);
        let result = float_binary(BinaryOp::Sub, two, float(0.5)).expect("in words");
        assert_eq!(*result, float(1.5));
        let result = float_binary(BinaryOp::TrueDiv, Value::small(1), two).expect("in words");
        assert_eq!(*result, float(0.5));
    }

    #[test]
    fn integers_stay_integers_and_division_by_zero_is_not_decided_here() {
        let (one, zero) = (Value::small(1), Value::small(0));
        assert!(float_binary(BinaryOp::Add, one, one).is_none());
        assert!(float_binary(BinaryOp::TrueDiv, one, zero).is_none());
        assert!(float_binary(BinaryOp::TrueDiv, one, float(0.0)).is_none());
    }

    #[test]
    fn integers_that_no_float_equals_are_not_compared_here() {
        let large = Value::small((1 << 53) + 1);
        let near = float((1_u64 << 53) as f64);
        assert_eq!(float_compare(CompareOp::Eq, large, near), None);
        assert_eq!(
            float_compare(CompareOp::Gt, Value::small(3), float(2.5)),
            Some(true)
        );
    }
}
