//! Floats in a word.
//!
//! The sign moves to the lowest bit and the exponent is rebased so that the values from 2⁻²⁵⁵ up
//! to 2²⁵⁷ have zeros in the two bits that rotating left by two brings to the bottom, where the
//! tag goes. The one pattern that would be zero (2⁻²⁵⁵ itself) stands for +0.0, which is far more
//! common. Everything else (huge, tiny, −0.0, infinities, NaN) is an object.

use super::Value;

const TAG: u64 = 0b10;
const REBASE: u64 = 0b011 << 61;

/// The float as a word, or `None` if it needs an object.
#[inline(always)]
pub fn encode(float: f64) -> Option<Value> {
    let bits = float.to_bits();
    let rotated = bits.rotate_left(1).wrapping_sub(REBASE).rotate_left(2);
    if rotated & 0b11 == 0 && rotated != 0 {
        Some(Value::from_bits(rotated | TAG))
    } else if bits == 0 {
        Some(Value::from_bits(TAG))
    } else {
        None
    }
}

/// The float in a float word; nonsense for other words.
#[inline(always)]
pub fn decode(value: Value) -> f64 {
    let rotated = value.bits() ^ TAG;
    if rotated == 0 {
        return 0.0;
    }
    f64::from_bits(rotated.rotate_right(2).wrapping_add(REBASE).rotate_right(1))
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn common_floats_round_trip_in_a_word() {
        for float in [
            0.0,
            1.0,
            -1.0,
            0.1,
            -0.1,
            1e-70,
            1e70,
            3.5e38,
            -2.2e-38,
            f64::EPSILON,
        ] {
            let word = encode(float).expect("is common");
            assert!(word.is_float() && !word.is_int() && !word.is_owned());
            assert_eq!(decode(word).to_bits(), float.to_bits());
        }
    }

    #[test]
    fn rare_floats_need_an_object() {
        let smallest = f64::from_bits((1023 - 255) << 52);
        for float in [
            -0.0,
            1e300,
            1e-300,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
            smallest,
            5e-324,
        ] {
            assert!(encode(float).is_none(), "{float}");
        }
    }

    #[test]
    fn every_exponent_round_trips_or_is_refused() {
        for exponent in 0..2048_u64 {
            for mantissa in [0, 1, (1 << 52) - 1] {
                for sign in [0, 1 << 63] {
                    let bits = sign | exponent << 52 | mantissa;
                    if let Some(word) = encode(f64::from_bits(bits)) {
                        assert_eq!(decode(word).to_bits(), bits);
                    }
                }
            }
        }
    }
}
