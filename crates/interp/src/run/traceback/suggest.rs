//! "Did you mean": the name that is nearest to one that was not found.

use crate::object::dict::Dict;
use crate::object::exception::{self, Exception};
use crate::object::{class, downcast, str::name_text};
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// Changing, adding or removing a letter.
const MOVE: usize = 2;
/// Changing a letter's case.
const CASE: usize = 1;
/// Longer names are not compared.
const LONGEST: usize = 40;
/// More names are not looked through.
const MOST: usize = 750;

/// What the end of an exception's last line suggests, if anything.
pub(super) fn suggestion(thread: &mut Thread, value: &Ref) -> Option<String> {
    let exception = downcast::<Exception>(value)?;
    let wrong = exception.member(thread, "name")?;
    downcast::<crate::object::str::Str>(&wrong)?;
    let wrong = name_text(&wrong).into_owned();
    let candidates = if value.ty().is_subtype(&exception::ATTRIBUTE_ERROR) {
        let object = exception.member(thread, "obj")?;
        attributes(*object)
    } else if value.ty().is_subtype(&exception::NAME_ERROR) {
        let trace = exception.trace();
        names(thread, trace.first()?)
    } else {
        return None;
    };
    nearest(&wrong, &candidates).map(|name| format!(". Did you mean: '{name}'?"))
}

fn names(thread: &Thread, place: &crate::object::traceback::TraceEntry) -> Vec<String> {
    let mut names: Vec<String> = place.local_names();
    for dict in [
        downcast(&place.globals),
        Some(thread.interpreter().builtins()),
    ] {
        let dict: Option<&Dict> = dict;
        names.extend(
            dict.into_iter()
                .flat_map(Dict::to_vec)
                .map(|(name, _)| name_text(&name).into_owned()),
        );
    }
    names
}

fn attributes(object: Value) -> Vec<String> {
    let own = class::own_names(object);
    let types = class::as_type(object).unwrap_or_else(|| object.ty());
    let inherited = types
        .mro()
        .flat_map(|ty| ty.attributes.to_vec())
        .map(|(name, _)| name_text(&name).into_owned());
    let mut names: Vec<String> = own.into_iter().chain(inherited).collect();
    names.sort();
    names.dedup();
    names
}

fn nearest<'a>(wrong: &str, candidates: &'a [String]) -> Option<&'a str> {
    let letters: Vec<char> = wrong.chars().collect();
    if letters.len() > LONGEST || candidates.len() > MOST {
        return None;
    }
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let other: Vec<char> = candidate.chars().collect();
        if candidate == wrong || other.len() > LONGEST || other.is_empty() {
            continue;
        }
        let mut limit = (letters.len() + other.len() + 3) * MOVE / 6;
        if let Some((found, _)) = best {
            limit = limit.min(found.saturating_sub(1));
        }
        let cost = distance(&letters, &other);
        if cost <= limit && best.is_none_or(|(found, _)| cost < found) {
            best = Some((cost, candidate));
        }
    }
    best.map(|(_, name)| name)
}

/// What it costs to make one name of the other.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).map(|at| at * MOVE).collect();
    for (line, from) in left.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = (line + 1) * MOVE;
        for (at, to) in right.iter().enumerate() {
            let change = if from == to {
                0
            } else if from.to_lowercase().eq(to.to_lowercase()) {
                CASE
            } else {
                MOVE
            };
            let cost = (diagonal + change)
                .min(row[at] + MOVE)
                .min(row[at + 1] + MOVE);
            diagonal = core::mem::replace(&mut row[at + 1], cost);
        }
    }
    row[right.len()]
}
