//! What code objects show of themselves.

use super::Code;
use crate::error::PyResult;
use crate::object::native::{Args, NativeDef};
use crate::object::str::Str;
use crate::object::tuple::Tuple;
use crate::object::{downcast, downcast_exact, int, singletons};
use crate::thread::Thread;
use crate::value::Ref;
use selvedge_sync::seam::atomic::Ordering;

macro_rules! number {
    ($name:literal, $get:expr) => {
        NativeDef::getter($name, |thread, args| {
            let get: fn(&Code) -> usize = $get;
            Ok(int::from_usize(get(code(thread, args)?)))
        })
    };
}

macro_rules! text {
    ($name:literal, $field:ident) => {
        NativeDef::getter($name, |thread, args| {
            Ok(Str::new(&code(thread, args)?.source.$field))
        })
    };
}

macro_rules! names {
    ($name:literal, $get:expr) => {
        NativeDef::getter($name, |thread, args| {
            let get: fn(&Code) -> Vec<&str> = $get;
            let names = get(code(thread, args)?);
            let names = names
                .into_iter()
                .map(|name| thread.interpreter().intern(name))
                .collect();
            Ok(Tuple::from_refs(names))
        })
    };
}

pub(super) static GETTERS: &[NativeDef] = &[
    number!("co_argcount", |code| code.source.arg_count as usize),
    number!("co_posonlyargcount", |code| code.source.posonly_arg_count
        as usize),
    number!("co_kwonlyargcount", |code| code.source.kwonly_arg_count
        as usize),
    number!("co_nlocals", |code| local_names(code).len()),
    number!("co_stacksize", |code| code.registers as usize),
    number!("co_flags", |code| code.source.flags as usize),
    number!("co_firstlineno", |code| code.source.first_line as usize),
    text!("co_name", name),
    text!("co_qualname", qualname),
    text!("co_filename", filename),
    names!("co_names", |code| code
        .source
        .names
        .iter()
        .map(|name| &**name)
        .collect()),
    names!("co_varnames", local_names),
    names!("co_cellvars", |code| {
        let cells = code.source.cell_registers.iter();
        cells
            .map(|cell| &*code.source.local_names[usize::from(*cell)])
            .collect()
    }),
    names!("co_freevars", |code| {
        let all = &code.source.local_names;
        let first = all.len() - code.free_count as usize;
        all[first..].iter().map(|name| &**name).collect()
    }),
    NativeDef::getter("co_consts", |thread, args| {
        Ok(Tuple::from_refs(code(thread, args)?.consts.to_vec()))
    }),
    NativeDef::getter("co_code", |thread, args| {
        let words = code(thread, args)?.words.iter();
        // Relaxed: any of the operations that an instruction may be.
        let words = words.flat_map(|word| word.load(Ordering::Relaxed).to_le_bytes());
        Ok(crate::object::bytes::Bytes::new(
            &words.collect::<Vec<u8>>(),
        ))
    }),
    NativeDef::method("co_positions", |thread, args| {
        let code = code(thread, args)?;
        let parts = code.source.positions.iter().map(|position| {
            let part = |part: u32| Ref::small(i64::from(part));
            Tuple::from_refs(vec![
                part(position.line),
                part(position.end_line),
                part(position.column),
                part(position.end_column),
            ])
        });
        let parts = Tuple::from_refs(parts.collect());
        crate::operations::iter(thread, *parts)
    }),
    NativeDef::method("co_lines", |thread, args| {
        let code = code(thread, args)?;
        let mut lines: Vec<(usize, usize, u32)> = Vec::new();
        for (at, position) in code.source.positions.iter().enumerate() {
            match lines.last_mut() {
                Some((_, end, line)) if *line == position.line => *end = at + 1,
                _ => lines.push((at, at + 1, position.line)),
            }
        }
        let lines = lines.into_iter().map(|(start, end, line)| {
            let place = |at: usize| int::from_usize(at * size_of::<u32>());
            let line = match line {
                0 => singletons::none(),
                line => Ref::small(i64::from(line)),
            };
            Tuple::from_refs(vec![place(start), place(end), line])
        });
        let lines = Tuple::from_refs(lines.collect());
        crate::operations::iter(thread, *lines)
    }),
];

/// The parameters and local variables, those that live in cells among them if they are parameters.
fn local_names(code: &Code) -> Vec<&str> {
    let all = &code.source.local_names;
    let own = all.len() - code.free_count as usize;
    let parameters = code.parameters as usize;
    let is_cell = |at: usize| {
        let cells = code.source.cell_registers.iter();
        cells.into_iter().any(|cell| usize::from(*cell) == at)
    };
    let locals = (0..own).filter(|at| *at < parameters || !is_cell(*at));
    locals.map(|at| &*all[at]).collect()
}

fn code<'a>(thread: &mut Thread, args: &Args<'a>) -> PyResult<&'a Code> {
    let code = args.positional().first().and_then(downcast_exact::<Code>);
    debug_assert!(
        args.positional()
            .first()
            .is_none_or(|it| downcast::<Code>(it).is_some())
    );
    code.ok_or_else(|| thread.type_error("descriptor requires a 'code' object"))
}
