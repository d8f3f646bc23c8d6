//! Replacing what a pattern finds.

use super::matches::Match;
use super::patterns::{Pattern, Subject, slice};
use super::run::Found;
use selvedge_interp::object::bytes::{Bytes, bytes_of};
use selvedge_interp::object::list::List;
use selvedge_interp::object::native::Args;
use selvedge_interp::object::str::Str;
use selvedge_interp::object::tuple::Tuple;
use selvedge_interp::object::{
    Base, Object, Payload, Slots, Type, allocate, class, downcast, int, singletons,
};
use selvedge_interp::references;
use selvedge_interp::{PyResult, Ref, Thread, Value, import_module, operations};

/// A replacement with references to groups, taken apart.
#[repr(C)]
pub(crate) struct Template {
    object: Object,
    /// Literal texts and numbers of groups in turn.
    parts: Vec<Ref>,
}

/// The type `_sre.SRE_Template`.
pub(crate) static TEMPLATE_TYPE: Type = Type::builtin(
    "SRE_Template",
    Base::One(&class::OBJECT_TYPE),
    Slots::of::<Template>(),
    &[],
)
.in_module("_sre");

// SAFETY: `Template` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Template {
    const TYPE: &'static Type = &TEMPLATE_TYPE;

    references!();
}

/// `template(pattern, parts)`
pub(super) fn template(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [_pattern, parts] = args.exactly(thread, "template")?;
    let parts = operations::collect(thread, parts)?;
    Ok(allocate(Template {
        object: Object::new(&TEMPLATE_TYPE),
        parts,
    }))
}

/// The template that a replacement is.
fn compiled(thread: &mut Thread, pattern: Value, replacement: Value) -> PyResult {
    let re = import_module(thread, "re")?;
    operations::call_method(thread, *re, "_compile_template", &[pattern, replacement])
}

/// Puts the texts of a template for one match behind those of `out`.
fn fill(thread: &mut Thread, template: Value, found: &Match, out: &mut Vec<Ref>) -> PyResult<()> {
    let Some(template) = downcast::<Template>(&template) else {
        return Err(thread.type_error("a template is needed"));
    };
    for (index, part) in template.parts.iter().enumerate() {
        if index % 2 == 0 {
            out.push(part.clone());
        } else {
            let group = operations::index(thread, **part)? as usize;
            let text = found.group(group, singletons::none_value());
            if !singletons::is_none(*text) {
                out.push(text);
            }
        }
    }
    Ok(())
}

/// `match.expand(template)`
pub(super) fn expand(thread: &mut Thread, found: &Match, template: Value) -> PyResult {
    let template = compiled(thread, *found.pattern, template)?;
    let mut parts = Vec::new();
    fill(thread, *template, found, &mut parts)?;
    Ok(join(&found.text, &parts))
}

/// The texts one behind the other, of the kind that `like` is.
fn join(like: &Ref, parts: &[Ref]) -> Ref {
    if downcast::<Str>(like).is_some() {
        let parts: Vec<&Str> = parts
            .iter()
            .filter_map(|part| downcast::<Str>(part))
            .collect();
        return Str::join_all(&parts);
    }
    let parts = parts.iter().filter_map(|part| bytes_of(part));
    Bytes::new(&parts.map(|part| part.to_vec()).collect::<Vec<_>>().concat())
}

/// Whether a replacement stands for itself.
fn is_literal(replacement: Value) -> bool {
    match downcast::<Str>(&replacement) {
        Some(text) => !text
            .code_points()
            .iter()
            .any(|point| point == u32::from('\\')),
        None => bytes_of(&replacement).is_some_and(|data| !data.contains(&b'\\')),
    }
}

enum Replacement {
    Function(Ref),
    Literal(Ref),
    Template(Ref),
}

/// `pattern.sub(repl, string, count=0)`, or `subn`.
pub(super) fn substitute(
    thread: &mut Thread,
    pattern: Value,
    [replacement, text]: [Value; 2],
    most: i64,
    counted: bool,
) -> PyResult {
    let this = downcast::<Pattern>(&pattern).expect("called through its type");
    let subject = Subject::of(thread, this, text)?;
    let replacement = if replacement.ty().call().is_some() {
        Replacement::Function(replacement.to_ref())
    } else if is_literal(replacement) {
        Replacement::Literal(replacement.to_ref())
    } else {
        Replacement::Template(compiled(thread, pattern, replacement)?)
    };
    let (mut parts, mut done, mut count) = (Vec::new(), 0, 0);
    let text = text.to_ref();
    let mut next = Next::new(0);
    while (most <= 0 || count < most)
        && let Some(found) = next.search(this, &subject, usize::MAX)
    {
        let (start, end) = (found.start, found.end);
        if done < start {
            parts.push(slice(&text, done, start));
        }
        let span = (0, subject.len());
        match &replacement {
            Replacement::Literal(literal) => parts.push(literal.clone()),
            Replacement::Template(template) => {
                let found = Match::make(pattern.to_ref(), text.clone(), found, span);
                let found = downcast::<Match>(&found).expect("just made");
                fill(thread, **template, found, &mut parts)?;
            }
            Replacement::Function(function) => {
                let found = Match::make(pattern.to_ref(), text.clone(), found, span);
                let made = operations::call(thread, **function, &Args::new(&[*found]))?;
                if !singletons::is_none(*made) {
                    parts.push(made);
                }
            }
        }
        done = end;
        count += 1;
    }
    let result = if count == 0 {
        text
    } else {
        if done < subject.len() {
            parts.push(slice(&text, done, subject.len()));
        }
        check_kinds(thread, &text, &parts)?;
        join(&text, &parts)
    };
    if !counted {
        return Ok(result);
    }
    Ok(Tuple::from_refs(vec![result, int::from_i64(count)]))
}

fn check_kinds(thread: &mut Thread, text: &Ref, parts: &[Ref]) -> PyResult<()> {
    let is_text = downcast::<Str>(text).is_some();
    for (index, part) in parts.iter().enumerate() {
        let fits = if is_text {
            downcast::<Str>(part).is_some()
        } else {
            bytes_of(part).is_some()
        };
        if !fits {
            let (wanted, got) = (
                if is_text {
                    "str"
                } else {
                    "a bytes-like object"
                },
                part.ty().name(),
            );
            return Err(thread.type_error(format!(
                "sequence item {index}: expected {wanted} instance, {got} found"
            )));
        }
    }
    Ok(())
}

/// Goes from one match to the next: an empty one is not found twice at the same place.
pub(super) struct Next {
    pub(super) at: usize,
    advance: bool,
}

impl Next {
    pub(super) fn new(at: usize) -> Self {
        Self { at, advance: false }
    }

    pub(super) fn search(
        &mut self,
        this: &Pattern,
        subject: &Subject,
        end: usize,
    ) -> Option<Found> {
        let found = subject.search(this, self.at, end, self.advance)?;
        self.note(&found);
        Some(found)
    }

    pub(super) fn match_here(
        &mut self,
        this: &Pattern,
        subject: &Subject,
        end: usize,
    ) -> Option<Found> {
        let found = subject.match_at(this, self.at, end, false, self.advance)?;
        self.note(&found);
        Some(found)
    }

    fn note(&mut self, found: &Found) {
        self.at = found.end;
        self.advance = found.end == found.start;
    }
}

/// `pattern.split(string, maxsplit=0)`
pub(super) fn split(thread: &mut Thread, pattern: Value, text: Value, most: i64) -> PyResult {
    let this = downcast::<Pattern>(&pattern).expect("called through its type");
    let subject = Subject::of(thread, this, text)?;
    let text = text.to_ref();
    let (mut parts, mut done, mut count) = (Vec::new(), 0, 0);
    let mut next = Next::new(0);
    while (most <= 0 || count < most)
        && let Some(found) = next.search(this, &subject, usize::MAX)
    {
        parts.push(slice(&text, done, found.start));
        for group in &found.groups {
            parts.push(match group {
                Some((start, end)) => slice(&text, *start, *end),
                None => singletons::none(),
            });
        }
        done = found.end;
        count += 1;
    }
    parts.push(slice(&text, done, subject.len()));
    Ok(List::from_refs(parts))
}
