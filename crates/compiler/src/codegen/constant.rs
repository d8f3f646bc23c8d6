//! Constants and constant folding.

use super::{Gen, string};
use crate::code::{Const, Text};
use crate::error::{Rejection, Result};
use dashu_int::UBig;
use ruff_python_ast::{Expr, Int, Number, Operator, UnaryOp};
use ruff_text_size::TextRange;

/// The identity of a constant: what Python calls equal but is not the same stays apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum ConstKey {
    None,
    Bool(bool),
    Ellipsis,
    Int(i64),
    BigInt(Box<str>),
    Float(u64),
    Imaginary(u64),
    Str(Text),
    Bytes(Box<[u8]>),
    Tuple(Vec<ConstKey>),
    FrozenSet(Vec<ConstKey>),
}

fn key(value: &Const) -> Option<ConstKey> {
    let keys = |values: &[Const]| values.iter().map(key).collect::<Option<Vec<_>>>();
    Some(match value {
        Const::None => ConstKey::None,
        Const::Bool(value) => ConstKey::Bool(*value),
        Const::Ellipsis => ConstKey::Ellipsis,
        Const::Int(value) => ConstKey::Int(*value),
        Const::BigInt(digits) => ConstKey::BigInt(digits.clone()),
        Const::Float(value) => ConstKey::Float(value.to_bits()),
        Const::Imaginary(value) => ConstKey::Imaginary(value.to_bits()),
        Const::Str(text) => ConstKey::Str(text.clone()),
        Const::Bytes(bytes) => ConstKey::Bytes(bytes.clone()),
        Const::Tuple(values) => ConstKey::Tuple(keys(values)?),
        Const::FrozenSet(values) => ConstKey::FrozenSet(keys(values)?),
        Const::Code(_) => return None,
    })
}

/// The longest string that folding makes.
const LONGEST_FOLDED: usize = 4096;
/// How deep an expression is folded.
const DEEPEST_FOLDED: u32 = 40;
/// The most decimal digits of an integer literal.
const MOST_DIGITS: usize = 4300;

impl Gen<'_> {
    /// Index of a constant.
    pub(super) fn constant(&mut self, value: Const, range: TextRange) -> Result<u16> {
        let key = key(&value);
        if let Some(&place) = key.as_ref().and_then(|key| self.const_places.get(key)) {
            return Ok(place);
        }
        let place = u16::try_from(self.consts.len())
            .map_err(|_| Rejection::new(range, "too many constants"))?;
        self.consts.push(value);
        if let Some(key) = key {
            self.const_places.insert(key, place);
        }
        Ok(place)
    }

    /// The value of a constant expression.
    pub(super) fn fold(&self, expr: &Expr) -> Option<Const> {
        self.fold_within(expr, DEEPEST_FOLDED)
    }

    fn fold_within(&self, expr: &Expr, depth: u32) -> Option<Const> {
        let depth = depth.checked_sub(1)?;
        match expr {
            Expr::NoneLiteral(_) => Some(Const::None),
            Expr::BooleanLiteral(literal) => Some(Const::Bool(literal.value)),
            Expr::EllipsisLiteral(_) => Some(Const::Ellipsis),
            Expr::NumberLiteral(literal) => Some(match &literal.value {
                Number::Int(value) => int(value),
                Number::Float(value) => Const::Float(*value),
                Number::Complex { imag, .. } => Const::Imaginary(*imag),
            }),
            Expr::StringLiteral(literal) => {
                Some(Const::Str(string::value(literal, self.program.source)))
            }
            Expr::BytesLiteral(literal) => Some(Const::Bytes(literal.value.bytes().collect())),
            Expr::Name(name) if name.id == "__debug__" && name.ctx.is_load() => {
                Some(Const::Bool(true))
            }
            Expr::UnaryOp(unary) => fold_unary(unary.op, &self.fold_within(&unary.operand, depth)?),
            Expr::BinOp(binary) => {
                let right = self.fold_within(&binary.right, depth)?;
                let left = self.fold_within(&binary.left, depth)?;
                fold_binary(binary.op, &left, &right)
            }
            Expr::Tuple(tuple) if tuple.ctx.is_load() => {
                let values = tuple
                    .elts
                    .iter()
                    .map(|item| self.fold_within(item, depth))
                    .collect::<Option<_>>()?;
                Some(Const::Tuple(values))
            }
            _ => None,
        }
    }

    /// The right side of `in` where only membership matters: a list or set of constants.
    pub(super) fn fold_container(&self, expr: &Expr) -> Option<Const> {
        let fold = |items: &[Expr]| {
            items
                .iter()
                .map(|item| self.fold(item))
                .collect::<Option<Box<[_]>>>()
        };
        match expr {
            Expr::List(list) => Some(Const::Tuple(fold(&list.elts)?)),
            Expr::Set(set) => Some(Const::FrozenSet(fold(&set.elts)?)),
            _ => None,
        }
    }

    /// The truth of a constant expression.
    pub(super) fn constant_truth(&self, expr: &Expr) -> Option<bool> {
        truth(&self.fold(expr)?)
    }
}

/// The truth of a constant.
fn truth(value: &Const) -> Option<bool> {
    Some(match value {
        Const::None => false,
        Const::Bool(value) => *value,
        Const::Ellipsis | Const::BigInt(_) => true,
        Const::Int(value) => *value != 0,
        Const::Float(value) | Const::Imaginary(value) => *value != 0.0,
        Const::Str(Text::Utf8(text)) => !text.is_empty(),
        Const::Str(Text::CodePoints(points)) => !points.is_empty(),
        Const::Bytes(bytes) => !bytes.is_empty(),
        Const::Tuple(values) | Const::FrozenSet(values) => !values.is_empty(),
        Const::Code(_) => return None,
    })
}

/// The integer of a literal.
fn int(literal: &Int) -> Const {
    if let Some(value) = literal.as_i64() {
        return Const::Int(value);
    }
    let token = literal.to_string().replace('_', "").to_ascii_lowercase();
    let parsed = match token.get(..2) {
        Some("0x") => UBig::from_str_radix(&token[2..], 16),
        Some("0o") => UBig::from_str_radix(&token[2..], 8),
        Some("0b") => UBig::from_str_radix(&token[2..], 2),
        _ => return big(token.trim_start_matches('0')),
    };
    parsed.map_or(Const::Int(0), |value| big(&value.to_string()))
}

fn big(digits: &str) -> Const {
    digits
        .parse()
        .map_or_else(|_| Const::BigInt(digits.into()), Const::Int)
}

/// Rejects a decimal literal that takes too long to read.
pub(super) fn check_literal(text: &str, range: TextRange) -> Result<()> {
    let is_decimal = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'_');
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if is_decimal && digits > MOST_DIGITS {
        let message = format!(
            "Exceeds the limit ({MOST_DIGITS} digits) for integer string conversion: value has {digits} digits; \
             use sys.set_int_max_str_digits() to increase the limit - \
             Consider hexadecimal for huge integer literals to avoid decimal conversion limits."
        );
        return Err(Rejection::new(range, message));
    }
    Ok(())
}

fn fold_unary(op: UnaryOp, value: &Const) -> Option<Const> {
    Some(match (op, value) {
        (UnaryOp::Not, value) => Const::Bool(!truth(value)?),
        (UnaryOp::USub, Const::Int(value)) => value
            .checked_neg()
            .map_or_else(|| big("9223372036854775808"), Const::Int),
        (UnaryOp::USub, Const::BigInt(digits)) => big(&format!(
            "-{}",
            digits.strip_prefix('-').map_or(&**digits, |_| "")
        )),
        (UnaryOp::USub, Const::Float(value)) => Const::Float(-value),
        (UnaryOp::USub, Const::Bool(value)) => Const::Int(-i64::from(*value)),
        (
            UnaryOp::UAdd,
            Const::Int(_) | Const::BigInt(_) | Const::Float(_) | Const::Imaginary(_),
        ) => value.clone(),
        (UnaryOp::UAdd, Const::Bool(value)) => Const::Int(i64::from(*value)),
        (UnaryOp::Invert, Const::Int(value)) => Const::Int(!value),
        _ => return None,
    })
}

fn fold_binary(op: Operator, left: &Const, right: &Const) -> Option<Const> {
    match (left, right) {
        (Const::Int(left), Const::Int(right)) => {
            fold_ints(op, i128::from(*left), i128::from(*right))
        }
        (Const::Float(left), Const::Float(right)) => fold_floats(op, *left, *right),
        (Const::Float(left), Const::Int(right)) => fold_floats(op, *left, exact(*right)?),
        (Const::Int(left), Const::Float(right)) => fold_floats(op, exact(*left)?, *right),
        (Const::Str(Text::Utf8(left)), Const::Str(Text::Utf8(right))) if op == Operator::Add => {
            let is_short = left.len() + right.len() <= LONGEST_FOLDED;
            is_short.then(|| Const::Str(Text::Utf8(format!("{left}{right}").into())))
        }
        (Const::Str(Text::Utf8(text)), Const::Int(times))
        | (Const::Int(times), Const::Str(Text::Utf8(text)))
            if op == Operator::Mult =>
        {
            let times = usize::try_from((*times).max(0)).ok()?;
            let is_short = text.len().checked_mul(times)? <= LONGEST_FOLDED;
            is_short.then(|| Const::Str(Text::Utf8(text.repeat(times).into())))
        }
        _ => None,
    }
}

/// An integer that a float holds exactly.
fn exact(value: i64) -> Option<f64> {
    (value.unsigned_abs() <= 1 << 53).then_some(value as f64)
}

fn fold_ints(op: Operator, left: i128, right: i128) -> Option<Const> {
    let folded = match op {
        Operator::Add => left + right,
        Operator::Sub => left - right,
        Operator::Mult => left.checked_mul(right)?,
        Operator::FloorDiv if right != 0 => floor_div(left, right),
        Operator::Mod if right != 0 => left - floor_div(left, right) * right,
        Operator::Pow if right >= 0 => left.checked_pow(u32::try_from(right).ok()?)?,
        Operator::LShift if (0..64).contains(&right) => left << right,
        Operator::RShift if right >= 0 => left >> right.min(127),
        Operator::BitAnd => left & right,
        Operator::BitOr => left | right,
        Operator::BitXor => left ^ right,
        Operator::Div if right != 0 => {
            return Some(Const::Float(
                exact(left.try_into().ok()?)? / exact(right.try_into().ok()?)?,
            ));
        }
        _ => return None,
    };
    Some(
        i64::try_from(folded).map_or_else(|_| Const::BigInt(folded.to_string().into()), Const::Int),
    )
}

fn floor_div(left: i128, right: i128) -> i128 {
    let quotient = left / right;
    quotient - i128::from(left % right != 0 && (left < 0) != (right < 0))
}

fn fold_floats(op: Operator, left: f64, right: f64) -> Option<Const> {
    Some(Const::Float(match op {
        Operator::Add => left + right,
        Operator::Sub => left - right,
        Operator::Mult => left * right,
        Operator::Div if right != 0.0 => left / right,
        _ => return None,
    }))
}

/// The value of a small integer literal, which fits in an operand.
pub(super) fn small_int(expr: &Expr) -> Option<i8> {
    match expr {
        Expr::NumberLiteral(literal) => match &literal.value {
            Number::Int(value) => value.as_i8(),
            _ => None,
        },
        Expr::UnaryOp(unary) if unary.op == UnaryOp::USub => match &*unary.operand {
            Expr::NumberLiteral(literal) => match &literal.value {
                Number::Int(value) => i8::try_from(-i16::from(value.as_u8()?)).ok(),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// Whether evaluating `expr` can neither fail nor change anything.
pub(super) fn is_literal(expr: &Expr) -> bool {
    expr.is_literal_expr() || small_int(expr).is_some()
}
