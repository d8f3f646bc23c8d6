//! What kinds of characters there are, as Python sees them.

use unicode_general_category::{GeneralCategory as Category, get_general_category};

fn category(point: u32) -> Option<Category> {
    char::from_u32(point).map(get_general_category)
}

/// A letter of any script.
pub(crate) fn is_alpha(point: u32) -> bool {
    use Category::*;
    matches!(
        category(point),
        Some(UppercaseLetter | LowercaseLetter | TitlecaseLetter | ModifierLetter | OtherLetter)
    )
}

/// A digit of a decimal system.
pub(crate) fn is_decimal(point: u32) -> bool {
    category(point) == Some(Category::DecimalNumber)
}

/// Digits that do not make decimal numbers: superscripts, circled ones and the like.
const OTHER_DIGITS: &[(u32, u32)] = &[
    (0xb2, 0xb3),
    (0xb9, 0xb9),
    (0x1369, 0x1371),
    (0x19da, 0x19da),
    (0x2070, 0x2070),
    (0x2074, 0x2079),
    (0x2080, 0x2089),
    (0x2460, 0x2468),
    (0x2474, 0x247c),
    (0x2488, 0x2490),
    (0x24ea, 0x24ea),
    (0x24f5, 0x24fd),
    (0x24ff, 0x24ff),
    (0x2776, 0x277e),
    (0x2780, 0x2788),
    (0x278a, 0x2792),
    (0x10a40, 0x10a43),
    (0x10e60, 0x10e68),
    (0x11052, 0x1105a),
    (0x1f100, 0x1f10a),
];

/// Ideographs that stand for numbers.
const IDEOGRAPHIC_NUMBERS: &[(u32, u32)] = &[
    (0x3405, 0x3405),
    (0x3483, 0x3483),
    (0x382a, 0x382a),
    (0x3b4d, 0x3b4d),
    (0x4e00, 0x4e00),
    (0x4e03, 0x4e03),
    (0x4e07, 0x4e07),
    (0x4e09, 0x4e09),
    (0x4e5d, 0x4e5d),
    (0x4e8c, 0x4e8c),
    (0x4e94, 0x4e94),
    (0x4e96, 0x4e96),
    (0x4ebf, 0x4ec0),
    (0x4edf, 0x4edf),
    (0x4ee8, 0x4ee8),
    (0x4f0d, 0x4f0d),
    (0x4f70, 0x4f70),
    (0x5104, 0x5104),
    (0x5146, 0x5146),
    (0x5169, 0x5169),
    (0x516b, 0x516b),
    (0x516d, 0x516d),
    (0x5341, 0x5341),
    (0x5343, 0x5345),
    (0x534c, 0x534c),
    (0x53c1, 0x53c4),
    (0x56db, 0x56db),
    (0x58f1, 0x58f1),
    (0x58f9, 0x58f9),
    (0x5e7a, 0x5e7a),
    (0x5efe, 0x5eff),
    (0x5f0c, 0x5f0e),
    (0x5f10, 0x5f10),
    (0x62fe, 0x62fe),
    (0x634c, 0x634c),
    (0x67d2, 0x67d2),
    (0x6f06, 0x6f06),
    (0x7396, 0x7396),
    (0x767e, 0x767e),
    (0x8086, 0x8086),
    (0x842c, 0x842c),
    (0x8cae, 0x8cae),
    (0x8cb3, 0x8cb3),
    (0x8d30, 0x8d30),
    (0x9621, 0x9621),
    (0x9646, 0x9646),
    (0x964c, 0x964c),
    (0x9678, 0x9678),
    (0x96f6, 0x96f6),
];

fn within(ranges: &[(u32, u32)], point: u32) -> bool {
    ranges
        .iter()
        .any(|(first, last)| (*first..=*last).contains(&point))
}

/// A digit, of a decimal system or not.
pub(crate) fn is_digit(point: u32) -> bool {
    is_decimal(point) || within(OTHER_DIGITS, point)
}

/// Anything that stands for a number.
pub(crate) fn is_numeric(point: u32) -> bool {
    use Category::*;
    matches!(
        category(point),
        Some(DecimalNumber | LetterNumber | OtherNumber)
    ) || within(IDEOGRAPHIC_NUMBERS, point)
}

/// A letter or anything that stands for a number.
pub(crate) fn is_alnum(point: u32) -> bool {
    is_alpha(point) || is_numeric(point)
}

/// White space, the four separators of ASCII among it.
pub(crate) fn is_space(point: u32) -> bool {
    matches!(
        point,
        0x09..=0x0d | 0x1c..=0x20 | 0x85 | 0xa0 | 0x1680 | 0x2000..=0x200a | 0x2028 | 0x2029 | 0x202f | 0x205f | 0x3000
    )
}

/// What ends a line.
pub(crate) fn is_line_end(point: u32) -> bool {
    matches!(point, 0x0a..=0x0d | 0x1c..=0x1e | 0x85 | 0x2028 | 0x2029)
}

/// What `repr` shows as it is.
pub(crate) fn is_printable(point: u32) -> bool {
    use Category::*;
    point == 0x20
        || !matches!(
            category(point),
            None | Some(
                Control
                    | Format
                    | Surrogate
                    | PrivateUse
                    | Unassigned
                    | LineSeparator
                    | ParagraphSeparator
                    | SpaceSeparator
            )
        )
}

pub(crate) fn is_lower(point: u32) -> bool {
    char::from_u32(point).is_some_and(char::is_lowercase)
}

pub(crate) fn is_upper(point: u32) -> bool {
    char::from_u32(point).is_some_and(char::is_uppercase)
}

/// One of the few characters that are both cases at once, such as `ǅ`.
pub(crate) fn is_title(point: u32) -> bool {
    category(point) == Some(Category::TitlecaseLetter)
}

pub(crate) fn is_cased(point: u32) -> bool {
    is_lower(point) || is_upper(point) || is_title(point)
}

/// May begin an identifier.
pub(crate) fn begins_identifier(point: u32) -> bool {
    point == u32::from('_') || char::from_u32(point).is_some_and(unicode_ident::is_xid_start)
}

/// May go on with an identifier.
pub(crate) fn continues_identifier(point: u32) -> bool {
    char::from_u32(point).is_some_and(unicode_ident::is_xid_continue)
}
