//! Finding a string in another, of whatever widths the two are stored in.

use super::{CodePoints, Str};

/// The places where `part` is in `text`, one after the other without overlap.
pub(crate) struct Places<'a, T> {
    text: &'a [T],
    part: &'a [T],
    at: usize,
}

impl<'a, T: Copy + Eq> Places<'a, T> {
    pub(crate) fn new(text: &'a [T], part: &'a [T]) -> Self {
        Self { text, part, at: 0 }
    }
}

impl<T: Copy + Eq> Iterator for Places<'_, T> {
    type Item = usize;
    fn next(&mut self) -> Option<usize> {
        let found = find_slice(self.text.get(self.at..)?, self.part)? + self.at;
        self.at = found + self.part.len().max(1);
        Some(found)
    }
}

/// The first place of `part` in `text`.
pub(crate) fn find_slice<T: Copy + Eq>(text: &[T], part: &[T]) -> Option<usize> {
    let Some((first, rest)) = part.split_first() else {
        return Some(0);
    };
    let last = text.len().checked_sub(part.len())?;
    let mut at = 0;
    while at <= last {
        at += text[at..=last].iter().position(|point| point == first)?;
        if text[at + 1..at + part.len()] == *rest {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// The last place of `part` in `text`.
pub(crate) fn rfind_slice<T: Copy + Eq>(text: &[T], part: &[T]) -> Option<usize> {
    let last = text.len().checked_sub(part.len())?;
    (0..=last)
        .rev()
        .find(|at| text[*at..*at + part.len()] == *part)
}

/// Runs `$body` with both strings as slices of one width; `$none` if the part has code points
/// that are too large for the text.
macro_rules! same_width {
    ($text:expr, $part:expr, $none:expr, |$t:ident, $p:ident| $body:expr) => {
        match ($text, $part) {
            (CodePoints::One($t), CodePoints::One($p)) => $body,
            (CodePoints::Two($t), CodePoints::Two($p)) => $body,
            (CodePoints::Four($t), CodePoints::Four($p)) => $body,
            (CodePoints::Two($t), CodePoints::One(narrow)) => {
                let wide: Vec<u16> = narrow.iter().map(|point| u16::from(*point)).collect();
                let $p = &*wide;
                $body
            }
            (CodePoints::Four($t), narrow) => {
                let wide: Vec<u32> = narrow.iter().collect();
                let $p = &*wide;
                $body
            }
            _ => $none,
        }
    };
}

impl CodePoints<'_> {
    /// The first place of `part` in these.
    pub fn find(self, part: CodePoints<'_>) -> Option<usize> {
        same_width!(self, part, None, |t, p| find_slice(t, p))
    }

    /// The last place of `part` in these.
    pub fn rfind(self, part: CodePoints<'_>) -> Option<usize> {
        same_width!(self, part, None, |t, p| rfind_slice(t, p))
    }

    /// All places of `part` in these, without overlap, up to `most` of them.
    pub fn places(self, part: CodePoints<'_>, most: usize) -> Vec<usize> {
        same_width!(self, part, Vec::new(), |t, p| Places::new(t, p)
            .take(most)
            .collect())
    }

    /// Whether `part` is at `at`.
    pub fn has_at(self, part: CodePoints<'_>, at: usize) -> bool {
        let fits = at
            .checked_add(part.len())
            .is_some_and(|end| end <= self.len());
        if !fits {
            return false;
        }
        match (self, part) {
            (CodePoints::One(points), CodePoints::One(part)) => points[at..].starts_with(part),
            _ => self.part(at, at + part.len()).iter().eq(part.iter()),
        }
    }

    /// These from `start` to `end`.
    #[must_use]
    pub fn part(self, start: usize, end: usize) -> Self {
        match self {
            CodePoints::One(points) => CodePoints::One(&points[start..end]),
            CodePoints::Two(points) => CodePoints::Two(&points[start..end]),
            CodePoints::Four(points) => CodePoints::Four(&points[start..end]),
        }
    }

    /// A string of these.
    pub fn to_str(self) -> crate::value::Ref {
        match self {
            CodePoints::One(bytes) => Str::from_narrow(bytes, bytes.is_ascii()),
            wide => {
                let widest = wide.iter().max().unwrap_or(0);
                Str::build(wide.len(), widest, wide.iter())
            }
        }
    }
}
