//! Taking strings apart.

use super::classes::{is_line_end, is_space};
use super::methods::{receiver, require_str, string, with_part};
use super::{CodePoints, Str};
use crate::error::PyResult;
use crate::object::list::List;
use crate::object::native::Args;
use crate::object::singletons;
use crate::object::tuple::Tuple;
use crate::operations;
use crate::thread::Thread;
use crate::value::Ref;

pub(super) fn split(
    thread: &mut Thread,
    args: &Args<'_>,
    method: &str,
    backwards: bool,
) -> PyResult {
    let (this, rest) = receiver(thread, args, method)?;
    let [separator, most] = rest.bind(thread, method, ["sep", "maxsplit"], 0)?;
    let most = match most {
        Some(most) => usize::try_from(operations::index(thread, most)?).unwrap_or(usize::MAX),
        None => usize::MAX,
    };
    let points = string(&this).code_points();
    let ranges = match separator.filter(|separator| !singletons::is_none(*separator)) {
        None => words(points, most, backwards),
        Some(separator) => {
            require_str(thread, separator, "must be str or None").map_err(|_| {
                drop(thread.take_raised());
                let name = separator.ty().name();
                thread.type_error(format!("must be str or None, not {name}"))
            })?;
            let separator = string(&separator).code_points();
            if separator.is_empty() {
                return Err(thread.value_error("empty separator"));
            }
            pieces(points, separator, most, backwards)
        }
    };
    Ok(List::from_refs(
        ranges
            .into_iter()
            .map(|(start, end)| points.part(start, end).to_str())
            .collect(),
    ))
}

/// The words between white space.
fn words(points: CodePoints<'_>, most: usize, backwards: bool) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let (mut start, mut end) = (0, points.len());
    let space = |at: usize| is_space(points.at(at));
    loop {
        while start < end && !backwards && space(start) {
            start += 1;
        }
        while start < end && backwards && space(end - 1) {
            end -= 1;
        }
        if start == end {
            break;
        }
        if found.len() == most {
            found.push((start, end));
            break;
        }
        if backwards {
            let first = (start..end)
                .rev()
                .find(|at| space(*at))
                .map_or(start, |at| at + 1);
            found.push((first, end));
            end = first;
        } else {
            let last = (start..end).find(|at| space(*at)).unwrap_or(end);
            found.push((start, last));
            start = last;
        }
    }
    if backwards {
        found.reverse();
    }
    found
}

/// The pieces between separators.
fn pieces(
    points: CodePoints<'_>,
    separator: CodePoints<'_>,
    most: usize,
    backwards: bool,
) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    if backwards {
        let mut end = points.len();
        while found.len() < most
            && let Some(at) = points.part(0, end).rfind(separator)
        {
            found.push((at + separator.len(), end));
            end = at;
        }
        found.push((0, end));
        found.reverse();
    } else {
        let mut start = 0;
        for at in points.places(separator, most) {
            found.push((start, at));
            start = at + separator.len();
        }
        found.push((start, points.len()));
    }
    found
}

pub(super) fn partition(
    thread: &mut Thread,
    args: &Args<'_>,
    method: &str,
    backwards: bool,
) -> PyResult {
    let (this, separator) = with_part(thread, args, method).map_err(|raised| {
        if let [_, separator] = args.positional()
            && crate::object::downcast::<Str>(separator).is_none()
        {
            drop(thread.take_raised());
            let name = separator.ty().name();
            return thread.type_error(format!("must be str, not {name}"));
        }
        raised
    })?;
    let (points, part) = (
        string(&this).code_points(),
        string(&separator).code_points(),
    );
    if part.is_empty() {
        return Err(thread.value_error("empty separator"));
    }
    let found = if backwards {
        points.rfind(part)
    } else {
        points.find(part)
    };
    let empty = || Str::new("");
    Ok(Tuple::from_refs(match found {
        Some(at) => vec![
            points.part(0, at).to_str(),
            separator.to_ref(),
            points.part(at + part.len(), points.len()).to_str(),
        ],
        None if backwards => vec![empty(), empty(), this.to_ref()],
        None => vec![this.to_ref(), empty(), empty()],
    }))
}

pub(super) fn splitlines(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = receiver(thread, args, "splitlines")?;
    let [keep] = rest.bind(thread, "splitlines", ["keepends"], 0)?;
    let keep = match keep {
        Some(keep) => operations::truth(thread, keep)?,
        None => false,
    };
    let points = string(&this).code_points();
    let mut lines: Vec<Ref> = Vec::new();
    let mut start = 0;
    while start < points.len() {
        let end = (start..points.len())
            .find(|at| is_line_end(points.at(*at)))
            .unwrap_or(points.len());
        let pair = end + 1 < points.len() && points.at(end) == 0x0d && points.at(end + 1) == 0x0a;
        let next = (end + 1 + usize::from(pair)).min(points.len());
        lines.push(points.part(start, if keep { next } else { end }).to_str());
        start = next;
    }
    Ok(List::from_refs(lines))
}
