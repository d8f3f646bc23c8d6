//! Taking bytes apart.

use super::methods::{is_space, receiver, with_part};
use super::operators::{data, require};
use super::same_kind;
use crate::error::PyResult;
use crate::object::list::List;
use crate::object::native::Args;
use crate::object::singletons;
use crate::object::str::search;
use crate::object::tuple::Tuple;
use crate::operations;
use crate::thread::Thread;

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
    let data = data(&this);
    let pieces = match separator.filter(|separator| !singletons::is_none(*separator)) {
        None => words(&data, most, backwards),
        Some(separator) => {
            let separator = require(thread, separator)?;
            if separator.is_empty() {
                return Err(thread.value_error("empty separator"));
            }
            pieces(&data, &separator, most, backwards)
        }
    };
    Ok(List::from_refs(
        pieces
            .into_iter()
            .map(|piece| same_kind(this, piece.to_vec()))
            .collect(),
    ))
}

/// The words between white space.
fn words(mut data: &[u8], most: usize, backwards: bool) -> Vec<&[u8]> {
    let mut found = Vec::new();
    loop {
        // What is left over keeps the white space at its far end.
        let gap = |byte: &&u8| is_space(byte);
        if backwards {
            data = &data[..data.len() - data.iter().rev().take_while(gap).count()];
        } else {
            data = &data[data.iter().take_while(gap).count()..];
        }
        if data.is_empty() {
            break;
        }
        if found.len() == most {
            found.push(data);
            break;
        }
        let solid = |byte: &&u8| !is_space(byte);
        if backwards {
            let len = data.iter().rev().take_while(solid).count();
            found.push(&data[data.len() - len..]);
            data = &data[..data.len() - len];
        } else {
            let len = data.iter().take_while(solid).count();
            found.push(&data[..len]);
            data = &data[len..];
        }
    }
    if backwards {
        found.reverse();
    }
    found
}

fn pieces<'a>(data: &'a [u8], separator: &[u8], most: usize, backwards: bool) -> Vec<&'a [u8]> {
    let mut found = Vec::new();
    if backwards {
        let mut end = data.len();
        while found.len() < most
            && let Some(at) = search::rfind_slice(&data[..end], separator)
        {
            found.push(&data[at + separator.len()..end]);
            end = at;
        }
        found.push(&data[..end]);
        found.reverse();
    } else {
        let mut start = 0;
        for at in search::Places::new(data, separator).take(most) {
            found.push(&data[start..at]);
            start = at + separator.len();
        }
        found.push(&data[start..]);
    }
    found
}

pub(super) fn partition(
    thread: &mut Thread,
    args: &Args<'_>,
    method: &str,
    backwards: bool,
) -> PyResult {
    let (this, separator) = with_part(thread, args, method)?;
    if separator.is_empty() {
        return Err(thread.value_error("empty separator"));
    }
    let data = data(&this);
    let found = if backwards {
        search::rfind_slice(&data, &separator)
    } else {
        search::find_slice(&data, &separator)
    };
    let parts: [&[u8]; 3] = match found {
        Some(at) => [&data[..at], &separator, &data[at + separator.len()..]],
        None if backwards => [&[], &[], &data],
        None => [&data, &[], &[]],
    };
    Ok(Tuple::from_refs(
        parts
            .into_iter()
            .map(|part| same_kind(this, part.to_vec()))
            .collect(),
    ))
}

pub(super) fn splitlines(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = receiver(thread, args, "splitlines")?;
    let [keep] = rest.bind(thread, "splitlines", ["keepends"], 0)?;
    let keep = match keep {
        Some(keep) => operations::truth(thread, keep)?,
        None => false,
    };
    let data = data(&this);
    let (mut lines, mut start) = (Vec::new(), 0);
    while start < data.len() {
        let end = data[start..]
            .iter()
            .position(|byte| matches!(byte, b'\n' | b'\r'))
            .map_or(data.len(), |at| at + start);
        let next = (end + 1 + usize::from(data[end..].starts_with(b"\r\n"))).min(data.len());
        lines.push(same_kind(
            this,
            data[start..if keep { next } else { end }].to_vec(),
        ));
        start = next;
    }
    Ok(List::from_refs(lines))
}
