//! The digits of a float that is not negative, in each of the forms of the format language.

/// Decimals beyond which every float has zeros only. (The formatting machinery counts decimals in
/// 16 bits and panics beyond.)
const MOST_DECIMALS: usize = 1100;

pub(super) fn fixed_form(magnitude: f64, precision: usize) -> String {
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
