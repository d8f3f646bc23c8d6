//! What code objects show of themselves.

use super::Code;
use crate::error::PyResult;
use crate::object::native::{Args, NativeDef};
use crate::object::str::{Str, name_text};
use crate::object::tuple::Tuple;
use crate::object::{downcast, downcast_exact, int, singletons};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use selvedge_compiler::CO_ITERABLE_COROUTINE;
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
    NativeDef::method("replace", replace),
    NativeDef::method("__replace__", replace),
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
        operations::iter(thread, *parts)
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
        operations::iter(thread, *lines)
    }),
];

/// The same code with other names, place or flags. The other parts belong together, and are refused
/// unless they are the code's own.
fn replace(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let this = code(thread, args)?;
    if args.positional().len() > 1 {
        return Err(thread.type_error("replace() takes exactly 0 positional arguments"));
    }
    let mut source = this.source.clone();
    for (keyword, value) in args.keywords() {
        let name = name_text(&keyword);
        match &*name {
            "co_name" => source.name = operations::text(thread, value, "co_name")?.into(),
            "co_qualname" => {
                source.qualname = operations::text(thread, value, "co_qualname")?.into();
            }
            "co_filename" => {
                source.filename = operations::text(thread, value, "co_filename")?.into();
            }
            "co_firstlineno" => source.first_line = number(thread, value)?,
            "co_flags" => {
                let flags = number(thread, value)?;
                // The others say what the instructions expect of a frame.
                if (flags ^ source.flags) & !CO_ITERABLE_COROUTINE != 0 {
                    return Err(thread.value_error("code: these co_flags cannot be replaced"));
                }
                source.flags = flags;
            }
            _ => {
                let part = operations::get_attr(thread, args.positional()[0], keyword)?;
                if !operations::equals(thread, *part, value)? {
                    return Err(thread.value_error(format!("code: {name} cannot be replaced")));
                }
            }
        }
    }
    Code::load(thread, source)
}

fn number(thread: &mut Thread, value: Value) -> PyResult<u32> {
    let number = operations::index(thread, value)?;
    u32::try_from(number).map_err(|_| thread.value_error("code: number out of range"))
}

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
