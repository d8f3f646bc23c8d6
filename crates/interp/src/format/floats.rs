//! The digits of a float that is not negative, in each of the forms of the format language.

/// Decimals beyond which every float has zeros only. (The formatting machinery counts decimals in
/// 16 bits and panics beyond.)
const MOST_DECIMALS: usize = 1100;

/// Powers of ten that leave a number of 53 bits room in 127.
const SCALES: usize = 20;

/// The float times a power of ten as an integer, rounded to the nearest, ties to the even one, for
/// floats and precisions where that takes no more than a word of 128 bits.
fn scaled(magnitude: f64, precision: usize) -> Option<u128> {
    let bits = magnitude.to_bits();
    let exponent = (bits >> 52) as i32 - 1075;
    if precision >= SCALES || !(-127..0).contains(&exponent) {
        return None;
    }
    let mantissa = bits & ((1 << 52) - 1) | 1 << 52;
    let product = u128::from(mantissa) * 10_u128.pow(precision as u32);
    let (whole, half) = (product >> -exponent, 1_u128 << (-exponent - 1));
    let rest = product & (half * 2 - 1);
    let up = rest > half || rest == half && whole & 1 == 1;
    Some(whole + u128::from(up))
}

pub(super) fn fixed_form(magnitude: f64, precision: usize) -> String {
    if let Some(scaled) = scaled(magnitude, precision).and_then(|scaled| u64::try_from(scaled).ok())
    {
        let mut text = scaled.to_string();
        if precision > 0 {
            let zeros = (precision + 1).saturating_sub(text.len());
            text.insert_str(0, &"00000000000000000000"[..zeros]);
            text.insert(text.len() - precision, '.');
        }
        return text;
    }
    let decimals = precision.min(MOST_DECIMALS);
    let mut text = format!("{magnitude:.decimals$}");
    text.extend(core::iter::repeat_n('0', precision - decimals));
    text
}

pub(super) fn exponent_form(magnitude: f64, precision: usize, keep_point: bool) -> String {
    let decimals = precision.min(MOST_DECIMALS);
    let zeros = "0".repeat(precision - decimals);
    let text = format!("{magnitude:.decimals$e}");
    let (mantissa, exponent) = text.split_once('e').expect("the format has an exponent");
    let exponent: i32 = exponent.parse().expect("the exponent is a number");
    let point = if keep_point && !mantissa.contains('.') {
        "."
    } else {
        ""
    };
    format!(
        "{mantissa}{zeros}{point}e{}{:02}",
        if exponent < 0 { '-' } else { '+' },
        exponent.abs()
    )
}

pub(super) fn general_form(magnitude: f64, precision: usize, keep_zeros: bool) -> String {
    let scientific = exponent_form(magnitude, precision - 1, keep_zeros);
    let (_, exponent) = scientific
        .split_once('e')
        .expect("the format has an exponent");
    let exponent: i64 = exponent.parse().expect("the exponent is a number");
    let trim = |text: &str| {
        if keep_zeros || !text.contains('.') {
            text.to_owned()
        } else {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    };
    if exponent < -4 || exponent >= precision as i64 {
        let (mantissa, exponent) = scientific
            .split_once('e')
            .expect("the format has an exponent");
        return format!("{}e{exponent}", trim(mantissa));
    }
    let decimals = (precision as i64 - 1 - exponent).max(0) as usize;
    let fixed = fixed_form(magnitude, decimals);
    if keep_zeros && !fixed.contains('.') {
        format!("{fixed}.")
    } else {
        trim(&fixed)
    }
}

/// As `g`, but with a digit behind the point, and exponents one earlier.
pub(super) fn short_form(magnitude: f64, precision: usize, alternate: bool) -> String {
    let scientific = exponent_form(magnitude, precision - 1, false);
    let exponent: i64 = scientific
        .split_once('e')
        .and_then(|(_, exponent)| exponent.parse().ok())
        .unwrap_or(0);
    if exponent == precision as i64 - 1 && exponent >= 0 && precision > 0 && magnitude != 0.0 {
        let text = if alternate {
            scientific.clone()
        } else {
            trim_zeros(&scientific)
        };
        return text;
    }
    let text = general_form(magnitude, precision, alternate);
    if text.contains(['.', 'e']) {
        text
    } else {
        format!("{text}.0")
    }
}

fn trim_zeros(scientific: &str) -> String {
    let (mantissa, exponent) = scientific
        .split_once('e')
        .expect("the format has an exponent");
    let mantissa = if mantissa.contains('.') {
        mantissa.trim_end_matches('0').trim_end_matches('.')
    } else {
        mantissa
    };
    format!("{mantissa}e{exponent}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_forms_are_those_of_the_formatting_machinery() {
        let mut bits = 1_u64;
        let mut direct = 0;
        let spread = core::iter::repeat_with(|| {
            bits ^= bits << 13;
            bits ^= bits >> 7;
            bits ^= bits << 17;
            // Exponents around 0, where most numbers of programs are.
            f64::from_bits((bits >> 12) | (1023 - 64 + (bits & 127)) << 52)
        });
        let chosen = [
            0.0, 0.5, 1.5, 2.5, 0.125, 0.375, 9.995, 0.05, 1e15, 1e22, 5e-324, 0.1, 999.9995,
        ];
        for float in spread.take(20_000).chain(chosen) {
            for precision in [0, 1, 2, 3, 6, 12, 19, 25] {
                direct += usize::from(scaled(float, precision).is_some());
                assert_eq!(
                    fixed_form(float, precision),
                    format!("{float:.precision$}"),
                    "{float:?} with {precision} decimals"
                );
            }
        }
        assert!(direct > 50_000, "the short way is taken");
    }
}
