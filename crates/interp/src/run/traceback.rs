//! Exceptions as text: the traceback, the causes, and the line with carets.

use crate::import;
use crate::interpreter::Interpreter;
use crate::object::exception::{self, Exception};
use crate::object::str::Str;
use crate::object::traceback::TraceEntry;
use crate::object::tuple::Tuple;
use crate::object::{downcast, exception_group, int};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use core::fmt::Write;
use selvedge_compiler::Position;
use selvedge_sync::seam::Arc;
use std::collections::HashMap;

mod suggest;

/// How many exceptions of a group are shown.
const GROUP_WIDTH: usize = 15;
/// How deep groups are shown.
const GROUP_DEPTH: usize = 10;

/// The exception with its causes, as an interpreter shows one that nobody handled.
pub(crate) fn render(thread: &mut Thread, exception: &Ref) -> String {
    let mut renderer = Renderer {
        out: String::new(),
        sources: Sources::new(thread),
        depth: 0,
        is_open: false,
    };
    renderer.chain(thread, exception, &mut Vec::new());
    renderer.out
}

struct Renderer {
    out: String,
    sources: Sources,
    /// How many groups the exception is inside of, each of which indents it.
    depth: usize,
    /// Whether the line that ends a group is still to be drawn.
    is_open: bool,
}

impl Renderer {
    fn chain(&mut self, thread: &mut Thread, value: &Ref, seen: &mut Vec<Value>) {
        let Some(exception) = downcast::<Exception>(value) else {
            return;
        };
        seen.push(**value);
        let new = |link: Option<Ref>, seen: &[Value]| {
            link.filter(|link| !seen.iter().any(|other| other.is(**link)))
        };
        if let Some(cause) = new(exception.cause(), seen) {
            self.chain(thread, &cause, seen);
            self.emit(
                "\nThe above exception was the direct cause of the following exception:\n\n",
                '|',
            );
        } else if !exception.suppresses_context()
            && let Some(context) = new(exception.context(), seen)
        {
            self.chain(thread, &context, seen);
            self.emit(
                "\nDuring handling of the above exception, another exception occurred:\n\n",
                '|',
            );
        }
        match exception_group::members(thread, **value) {
            Some(members) => self.group(thread, value, exception, &members, seen),
            None => self.single(thread, value, exception, "Traceback", '|'),
        }
    }

    /// The trace and the last lines of one exception.
    fn single(
        &mut self,
        thread: &mut Thread,
        value: &Ref,
        exception: &Exception,
        title: &str,
        margin: char,
    ) {
        let trace = exception.trace();
        if !trace.is_empty() {
            self.emit(&format!("{title} (most recent call last):\n"), margin);
            let mut text = String::new();
            render_trace(&trace, &mut text, &mut self.sources);
            self.emit(&text, '|');
        }
        let text = describe(thread, value);
        self.emit(&text, '|');
        if let Some(notes) = exception.notes(thread) {
            let text = render_notes(thread, &notes);
            self.emit(&text, '|');
        }
    }

    fn group(
        &mut self,
        thread: &mut Thread,
        value: &Ref,
        exception: &Exception,
        members: &[Ref],
        seen: &mut Vec<Value>,
    ) {
        let is_outermost = self.depth == 0;
        if self.depth > GROUP_DEPTH {
            self.emit(&format!("... (max_group_depth is {GROUP_DEPTH})\n"), '|');
            return;
        }
        self.depth += usize::from(is_outermost);
        let margin = if is_outermost { '+' } else { '|' };
        self.single(
            thread,
            value,
            exception,
            "Exception Group Traceback",
            margin,
        );
        let shown = members.len().min(GROUP_WIDTH + 1);
        for (at, member) in members[..shown].iter().enumerate() {
            let is_last = at + 1 == shown;
            self.is_open |= is_last;
            let is_too_much = at == GROUP_WIDTH;
            let title = if is_too_much {
                "...".to_owned()
            } else {
                (at + 1).to_string()
            };
            let (indent, start) = ("  ".repeat(self.depth), if at == 0 { "+-" } else { "  " });
            let _ = writeln!(
                self.out,
                "{indent}{start}+---------------- {title} ----------------"
            );
            self.depth += 1;
            if is_too_much {
                let excess = members.len() - GROUP_WIDTH;
                let plural = if excess == 1 { "" } else { "s" };
                self.emit(&format!("and {excess} more exception{plural}\n"), '|');
            } else {
                self.chain(thread, member, seen);
            }
            if is_last && core::mem::take(&mut self.is_open) {
                let indent = "  ".repeat(self.depth);
                let _ = writeln!(self.out, "{indent}+------------------------------------");
            }
            self.depth -= 1;
        }
        self.depth -= usize::from(is_outermost);
    }

    /// Adds text, indented as the depth asks, behind a margin.
    fn emit(&mut self, text: &str, margin: char) {
        if self.depth == 0 {
            self.out.push_str(text);
            return;
        }
        let indent = "  ".repeat(self.depth);
        for line in text.split_inclusive('\n') {
            let _ = write!(self.out, "{indent}{margin} {line}");
        }
    }
}

fn render_notes(thread: &mut Thread, notes: &Ref) -> String {
    let mut out = String::new();
    let items = operations::collect(thread, **notes).unwrap_or_else(|_| {
        drop(thread.take_raised());
        Vec::new()
    });
    for note in items {
        let text = operations::str_text(thread, *note).unwrap_or_else(|_| {
            drop(thread.take_raised());
            "<note str() failed>".into()
        });
        let _ = writeln!(out, "{text}");
    }
    out
}

/// The places, the outermost first; one that repeats is shown three times and counted.
fn render_trace(trace: &[TraceEntry], out: &mut String, sources: &mut Sources) {
    let mut repeated = 0_usize;
    let mut last: Option<&TraceEntry> = None;
    let finish = |repeated: usize, out: &mut String| {
        if repeated > 3 {
            let more = repeated - 3;
            let plural = if more == 1 { "" } else { "s" };
            let _ = writeln!(out, "  [Previous line repeated {more} more time{plural}]");
        }
    };
    for entry in trace.iter().rev() {
        let same = last.is_some_and(|last| {
            (last.filename(), last.function(), last.position.line)
                == (entry.filename(), entry.function(), entry.position.line)
        });
        if !same {
            finish(repeated, out);
            repeated = 0;
        }
        repeated += 1;
        last = Some(entry);
        if repeated <= 3 {
            let (file, line, name) = (entry.filename(), entry.position.line, entry.function());
            let _ = writeln!(out, "  File \"{file}\", line {line}, in {name}");
            render_source(sources.line(file, line), entry.position, out);
        }
    }
    finish(repeated, out);
}

/// The source line without its indentation, and carets under the part that raised, unless that
/// is the whole line.
fn render_source(line: Option<&str>, position: Position, out: &mut String) {
    let Some(line) = line else { return };
    let trimmed = line.trim();
    if trimmed.is_empty() {
        return;
    }
    let _ = writeln!(out, "    {trimmed}");
    let indent = line.len() - line.trim_start().len();
    let start = position.column as usize;
    let end = if position.end_line == position.line {
        position.end_column as usize
    } else {
        line.trim_end().len()
    };
    let whole = start <= indent && end >= line.trim_end().len();
    let Some(part) = line.get(start..end).filter(|part| !part.is_empty()) else {
        return;
    };
    if whole && anchor(part).is_none() {
        return;
    }
    let before = line
        .get(indent..start)
        .map_or(0, |before| before.chars().count());
    let _ = writeln!(out, "    {}{}", " ".repeat(before), underline(part));
}

/// Carets under a part of a line: only under the operator of an operation or the brackets of a
/// call or subscript, with tildes under the rest, as CPython points.
fn underline(part: &str) -> String {
    let count = part.chars().count();
    match anchor(part) {
        Some((from, to)) => (0..count)
            .map(|at| if (from..to).contains(&at) { '^' } else { '~' })
            .collect(),
        None => "^".repeat(count),
    }
}

/// The characters that carets go under, if not all.
fn anchor(part: &str) -> Option<(usize, usize)> {
    use ruff_python_ast::Expr;
    let parsed = ruff_python_parser::parse_expression(part).ok()?;
    let chars = |byte: usize| part[..byte].chars().count();
    let offset = |size: ruff_text_size::TextSize| usize::from(size);
    use ruff_text_size::Ranged;
    match parsed.expr() {
        Expr::BinOp(operation) => {
            let (from, to) = (
                offset(operation.left.end()),
                offset(operation.right.start()),
            );
            let gap = part.get(from..to)?;
            let start = from + gap.find(|c: char| !c.is_whitespace() && c != ')' && c != '\\')?;
            let symbol = &part[start..to];
            let len = symbol
                .find(|c: char| c.is_whitespace() || c == '(')
                .unwrap_or(symbol.len())
                .min(2);
            Some((chars(start), chars(start + len)))
        }
        Expr::Subscript(subscript) => {
            let from = offset(subscript.value.end());
            let start = from + part.get(from..)?.find('[')?;
            Some((chars(start), chars(part.len())))
        }
        Expr::Call(call) => {
            let start = offset(call.arguments.start());
            Some((chars(start), chars(part.len())))
        }
        _ => None,
    }
}

/// The last line: the type and the message; for a syntax error the place before it.
fn describe(thread: &mut Thread, value: &Ref) -> String {
    let mut out = String::new();
    let name = value
        .ty()
        .full_name()
        .trim_start_matches("__main__.")
        .to_owned();
    if value.ty().is_subtype(&exception::SYNTAX_ERROR)
        && let Some(text) = describe_syntax_error(value, &name)
    {
        return text;
    }
    let message = operations::str_text(thread, **value).unwrap_or_else(|_| {
        drop(thread.take_raised());
        "<exception str() failed>".into()
    });
    let hint = suggest::suggestion(thread, value).unwrap_or_default();
    let _ = if message.is_empty() && hint.is_empty() {
        writeln!(out, "{name}")
    } else {
        writeln!(out, "{name}: {message}{hint}")
    };
    out
}

fn describe_syntax_error(value: &Ref, name: &str) -> Option<String> {
    let arguments = downcast::<Exception>(value)?.arguments();
    let [message, place] = downcast::<Tuple>(&arguments)?.items() else {
        return None;
    };
    let place = downcast::<Tuple>(place)?.items();
    let text = |value: &Value| downcast::<Str>(value).map(|text| text.to_utf8_lossy().into_owned());
    let number = |index: usize| place.get(index).and_then(|value| int::to_i64(*value)?.ok());
    let (file, line) = (text(place.first()?)?, number(1)?);
    let mut out = format!("  File \"{file}\", line {line}\n");
    if let Some(source) = place.get(3).and_then(text) {
        let shown = source.trim_start_matches([' ', '\t', '\u{c}']).trim_end();
        let indent = source.len() - source.trim_start_matches([' ', '\t', '\u{c}']).len();
        let _ = writeln!(out, "    {shown}");
        let (start, end) = (number(2)?, if number(4)? == line { number(5)? } else { 0 });
        let from = usize::try_from(start - 1)
            .unwrap_or(0)
            .saturating_sub(indent);
        let carets = usize::try_from(end - start).unwrap_or(0).max(1);
        if start > 0 {
            let _ = writeln!(out, "    {}{}", " ".repeat(from), "^".repeat(carets));
        }
    }
    let _ = writeln!(out, "{name}: {}", text(message)?);
    Some(out)
}

/// Source files, read once a traceback.
struct Sources {
    interpreter: Arc<Interpreter>,
    files: HashMap<String, Vec<String>>,
}

impl Sources {
    fn new(thread: &Thread) -> Self {
        Self {
            interpreter: thread.interpreter().clone(),
            files: HashMap::new(),
        }
    }

    fn line(&mut self, file: &str, number: u32) -> Option<&str> {
        let lines = self.files.entry(file.to_owned()).or_insert_with(|| {
            let text = import::source_of(&self.interpreter, file).unwrap_or_default();
            text.lines().map(str::to_owned).collect()
        });
        lines
            .get((number as usize).checked_sub(1)?)
            .map(String::as_str)
    }
}
