//! Upper, lower and title case.

use super::classes::{is_cased, is_lower, is_title, is_upper};
use super::{CodePoints, Str};
use crate::value::Ref;

fn push_upper(point: u32, out: &mut Vec<u32>) {
    match char::from_u32(point) {
        Some(c) => out.extend(c.to_uppercase().map(u32::from)),
        None => out.push(point),
    }
}

fn push_lower(point: u32, out: &mut Vec<u32>) {
    match char::from_u32(point) {
        Some(c) => out.extend(c.to_lowercase().map(u32::from)),
        None => out.push(point),
    }
}

fn push_title(point: u32, out: &mut Vec<u32>) {
    match point {
        0x1c4..=0x1c6 => out.push(0x1c5),
        0x1c7..=0x1c9 => out.push(0x1c8),
        0x1ca..=0x1cc => out.push(0x1cb),
        0x1f1..=0x1f3 => out.push(0x1f2),
        // Georgian has no title case; of Greek with a subscript iota the title case is one letter.
        0x10d0..=0x10fa | 0x10fd..=0x10ff => out.push(point),
        0x1f80..=0x1f87 | 0x1f90..=0x1f97 | 0x1fa0..=0x1fa7 => out.push(point + 8),
        0x1f88..=0x1f8f | 0x1f98..=0x1f9f | 0x1fa8..=0x1faf | 0x1fbc | 0x1fcc | 0x1ffc => {
            out.push(point);
        }
        0x1fb3 | 0x1fc3 | 0x1ff3 => out.push(point + 9),
        _ => {
            // Where upper case is several letters, the first of them is the capital.
            let first = out.len();
            push_upper(point, out);
            let rest = out.split_off((first + 1).min(out.len()));
            let kept = point == 0x149 || point == 0x1f0;
            for point in rest {
                if kept {
                    out.push(point);
                } else {
                    push_lower(point, out);
                }
            }
        }
    }
}

fn push_folded(point: u32, out: &mut Vec<u32>) {
    match point {
        0x131 | 0x13a0..=0x13f5 => out.push(point),
        0x13f8..=0x13fd => out.push(point - 8),
        0xab70..=0xabbf => out.push(point - 0xab70 + 0x13a0),
        0x1e9e => out.extend([0x73, 0x73]),
        0x130 => out.extend([0x69, 0x307]),
        _ => {
            let mut upper = Vec::new();
            push_upper(point, &mut upper);
            for point in upper {
                push_lower(point, out);
            }
        }
    }
}

fn mapped(points: CodePoints<'_>, push: fn(u32, &mut Vec<u32>)) -> Ref {
    let mut out = Vec::with_capacity(points.len());
    for point in points.iter() {
        push(point, &mut out);
    }
    Str::from_code_points(&out)
}

/// Whether the sigma at `at` ends a word: a letter before it, none after.
fn is_final_sigma(points: CodePoints<'_>, at: usize) -> bool {
    let ignored = |point: &u32| {
        matches!(
            *point,
            0x27 | 0x2e | 0x3a | 0xad | 0xb7 | 0x2019 | 0x300..=0x36f
        )
    };
    let letter = |mut points: Box<dyn Iterator<Item = u32> + '_>| {
        points.find(|point| !ignored(point)).is_some_and(is_cased)
    };
    letter(Box::new(points.part(0, at).iter().rev()))
        && !letter(Box::new(points.part(at + 1, points.len()).iter()))
}

fn push_lower_at(points: CodePoints<'_>, at: usize, out: &mut Vec<u32>) {
    match points.at(at) {
        0x3a3 => out.push(if is_final_sigma(points, at) {
            0x3c2
        } else {
            0x3c3
        }),
        point => push_lower(point, out),
    }
}

pub(super) fn lower(string: &Str) -> Ref {
    if let Some(text) = string.as_ascii() {
        return Str::new(&text.to_ascii_lowercase());
    }
    let points = string.code_points();
    let mut out = Vec::with_capacity(points.len());
    for at in 0..points.len() {
        push_lower_at(points, at, &mut out);
    }
    Str::from_code_points(&out)
}

pub(super) fn upper(string: &Str) -> Ref {
    match string.as_ascii() {
        Some(text) => Str::new(&text.to_ascii_uppercase()),
        None => mapped(string.code_points(), push_upper),
    }
}

pub(super) fn fold(string: &Str) -> Ref {
    match string.as_ascii() {
        Some(text) => Str::new(&text.to_ascii_lowercase()),
        None => mapped(string.code_points(), push_folded),
    }
}

pub(super) fn swap(string: &Str) -> Ref {
    let points = string.code_points();
    let mut out = Vec::with_capacity(points.len());
    for at in 0..points.len() {
        match points.at(at) {
            point if is_upper(point) => push_lower_at(points, at, &mut out),
            point if is_lower(point) => push_upper(point, &mut out),
            point => out.push(point),
        }
    }
    Str::from_code_points(&out)
}

pub(super) fn capitalize(string: &Str) -> Ref {
    let points = string.code_points();
    let mut out = Vec::with_capacity(points.len());
    for at in 0..points.len() {
        if at == 0 {
            push_title(points.at(0), &mut out);
        } else {
            push_lower_at(points, at, &mut out);
        }
    }
    Str::from_code_points(&out)
}

pub(super) fn title(string: &Str) -> Ref {
    let points = string.code_points();
    let mut out = Vec::with_capacity(points.len());
    let mut inside = false;
    for at in 0..points.len() {
        if inside {
            push_lower_at(points, at, &mut out);
        } else {
            push_title(points.at(at), &mut out);
        }
        inside = is_cased(points.at(at));
    }
    Str::from_code_points(&out)
}

/// Whether there are cased characters, none of them of the case that `other` tells.
pub(super) fn is_all(string: &Str, this: fn(u32) -> bool, other: fn(u32) -> bool) -> bool {
    let mut points = string.code_points().iter();
    let mut clone = points.clone();
    points.any(this) && !clone.any(|point| other(point) || is_title(point))
}

pub(super) fn is_title_case(string: &Str) -> bool {
    let (mut any, mut inside) = (false, false);
    for point in string.code_points().iter() {
        let capital = is_upper(point) || is_title(point);
        if capital && inside || is_lower(point) && !inside {
            return false;
        }
        inside = capital || is_lower(point);
        any |= inside;
    }
    any
}
