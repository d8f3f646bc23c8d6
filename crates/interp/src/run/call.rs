//! Calls: putting arguments where parameters are, and entering the loop from native code.

use super::eval;
use super::frame::{Frame, Opener};
use super::slow::{abandon_window, defaults_cover, fill_simple_defaults};
use crate::error::{PyResult, Raised};
use crate::object::dict::Dict;
use crate::object::function::{Extras, Function};
use crate::object::native::Args;
use crate::object::str::name_text;
use crate::object::tuple::Tuple;
use crate::object::{downcast, downcast_exact};
use crate::thread::Thread;
use crate::value::{Ref, Value};
use selvedge_compiler::op::FRAME_HEADER;
use selvedge_compiler::{CO_VARARGS, CO_VARKEYWORDS};

/// Calls a Python function from native code.
pub(crate) fn call_function(thread: &mut Thread, callee: Value, args: &Args<'_>) -> PyResult {
    thread.nested(|thread| enter(thread, callee, args))
}

/// Runs the body of a class with `namespace` as its namespace.
pub(crate) fn call_class_body(thread: &mut Thread, body: Value, namespace: &Ref) -> PyResult {
    let Some(function) = downcast_exact::<Function>(&body) else {
        return Err(thread.type_error("__build_class__: func must be a function"));
    };
    let body = function.with_namespace(namespace.clone());
    enter(thread, *body, &Args::new(&[]))
}

/// Runs the code of a module, whose global names are its namespace.
pub(crate) fn run_module_code(thread: &mut Thread, code: Ref, globals: Ref) -> PyResult {
    let namespace = globals.clone();
    run_code(thread, code, globals, namespace)
}

/// Runs code that is no function's, with these names.
pub(crate) fn run_code(thread: &mut Thread, code: Ref, globals: Ref, namespace: Ref) -> PyResult {
    let function = Function::new(code, globals, Extras::default());
    let body = downcast_exact::<Function>(&function)
        .expect("just made")
        .with_namespace(namespace);
    enter(thread, *body, &Args::new(&[]))
}

fn enter(thread: &mut Thread, callee: Value, args: &Args<'_>) -> PyResult {
    let function = downcast_exact::<Function>(&callee).expect("only functions are entered");
    let top = thread.stack.top;
    let frame = place(thread, callee, function, args)?;
    let code = function.code();
    let caller = thread.stack.frame;
    let filled = code.parameters as usize;
    if let Err(raised) = frame.open(thread, code, filled, caller, Opener::Native, 0) {
        abandon_window(frame.base, filled);
        return Err(raised);
    }
    // SAFETY: the frame was just opened for this code.
    let result = unsafe { eval::run(thread, frame) };
    thread.stack.top = top;
    result
}

/// Puts a function and the values of its parameters at the stack's top, where its frame is to be.
#[inline(always)]
pub(super) fn place(
    thread: &mut Thread,
    callee: Value,
    function: &Function,
    args: &Args<'_>,
) -> PyResult<Frame> {
    let (code, given) = (function.code(), args.values());
    let count = code.parameters as usize;
    let top = thread.stack.top;
    if !thread.stack.has_room(top, FRAME_HEADER + count) {
        return Err(thread.recursion_error());
    }
    if !(code.is_simple && args.names().is_empty() && defaults_cover(function, code, given.len())) {
        return place_bound(thread, callee, function, args);
    }
    // SAFETY: the stack has room from its top on for the header and the parameters.
    unsafe {
        top.write(callee.to_ref().into_value());
        let base = top.add(FRAME_HEADER);
        for (index, value) in given.iter().enumerate() {
            base.add(index).write(value.to_ref().into_value());
        }
        let frame = Frame { base };
        fill_simple_defaults(thread, frame, code, given.len());
        Ok(frame)
    }
}

/// As [`place`], for any arguments.
#[inline(never)]
fn place_bound(
    thread: &mut Thread,
    callee: Value,
    function: &Function,
    args: &Args<'_>,
) -> PyResult<Frame> {
    let parameters = bind(thread, function, args)?;
    let top = thread.stack.top;
    // SAFETY: the caller has seen that the stack has room from its top on for the header and the
    // parameters.
    unsafe {
        top.write(callee.to_ref().into_value());
        let base = top.add(FRAME_HEADER);
        for (index, value) in parameters.into_iter().enumerate() {
            base.add(index)
                .write(value.map_or(Value::UNBOUND, Ref::into_value));
        }
        Ok(Frame { base })
    }
}

/// The values of a function's parameters, in the order of its registers.
pub(crate) fn bind(
    thread: &mut Thread,
    function: &Function,
    args: &Args<'_>,
) -> PyResult<Vec<Option<Ref>>> {
    let code = function.code();
    let source = &code.source;
    let (positional, keyword_only) = (source.arg_count as usize, source.kwonly_arg_count as usize);
    let named = positional + keyword_only;
    let has_rest = source.flags & CO_VARARGS != 0;
    let has_keywords = source.flags & CO_VARKEYWORDS != 0;
    let mut values: Vec<Option<Ref>> = Vec::with_capacity(code.parameters as usize);
    values.resize_with(code.parameters as usize, || None);
    let given = args.positional();
    for (place, value) in values[..positional].iter_mut().zip(given) {
        *place = Some(value.to_ref());
    }
    if has_rest {
        values[named] = Some(Tuple::from_values(given.get(positional..).unwrap_or(&[])));
    }
    let rest = has_keywords.then(Dict::new);
    for (name, value) in args.keywords() {
        bind_keyword(thread, function, &mut values, rest.as_ref(), name, value)?;
    }
    // A name that does not fit is reported before a value too many.
    if !has_rest && given.len() > positional {
        let named = values[positional..named].iter().flatten().count();
        return Err(too_many(thread, function, given.len(), named));
    }
    if let Some(rest) = rest {
        values[named + usize::from(has_rest)] = Some(rest);
    }
    fill_defaults(thread, function, &mut values)?;
    Ok(values)
}

fn bind_keyword(
    thread: &mut Thread,
    function: &Function,
    values: &mut [Option<Ref>],
    rest: Option<&Ref>,
    name: Value,
    value: Value,
) -> PyResult<()> {
    let source = &function.code().source;
    let named = (source.arg_count + source.kwonly_arg_count) as usize;
    let text = name_text(&name);
    let index = source.local_names[..named]
        .iter()
        .position(|parameter| **parameter == *text);
    match (index, rest) {
        (Some(index), _) if index >= source.posonly_arg_count as usize => {
            if values[index].replace(value.to_ref()).is_some() {
                let qualname = &source.qualname;
                return Err(thread.type_error(format!(
                    "{qualname}() got multiple values for argument '{text}'"
                )));
            }
            Ok(())
        }
        (_, Some(rest)) => downcast::<Dict>(rest).expect("made as a dictionary").set(
            thread,
            name.to_ref(),
            value.to_ref(),
        ),
        (Some(_), None) => {
            let qualname = &source.qualname;
            Err(thread.type_error(format!(
                "{qualname}() got some positional-only arguments passed as keyword arguments: '{text}'"
            )))
        }
        (None, None) => {
            let qualname = &source.qualname;
            Err(thread.type_error(format!(
                "{qualname}() got an unexpected keyword argument '{text}'"
            )))
        }
    }
}

fn fill_defaults(
    thread: &mut Thread,
    function: &Function,
    values: &mut [Option<Ref>],
) -> PyResult<()> {
    let source = &function.code().source;
    let positional = source.arg_count as usize;
    let named = positional + source.kwonly_arg_count as usize;
    let defaults = function.defaults();
    let required = positional - defaults.len().min(positional);
    for (place, default) in values[required..positional].iter_mut().zip(defaults) {
        place.get_or_insert_with(|| default.to_ref());
    }
    let missing: Vec<&str> = (0..required)
        .filter(|index| values[*index].is_none())
        .map(|index| &*source.local_names[index])
        .collect();
    if !missing.is_empty() {
        return Err(missing_arguments(thread, function, "positional", &missing));
    }
    for (place, name) in values[positional..named]
        .iter_mut()
        .zip(&source.local_names[positional..named])
    {
        if place.is_none() {
            let name = thread.interpreter().intern(name);
            *place = function
                .keyword_defaults()
                .and_then(|defaults| defaults.get_name(*name));
        }
    }
    let missing: Vec<&str> = (positional..named)
        .filter(|index| values[*index].is_none())
        .map(|index| &*source.local_names[index])
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(missing_arguments(
            thread,
            function,
            "keyword-only",
            &missing,
        ))
    }
}

#[cold]
fn missing_arguments(
    thread: &mut Thread,
    function: &Function,
    kind: &str,
    names: &[&str],
) -> Raised {
    let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    let list = match &*quoted {
        [only] => only.clone(),
        [first, second] => format!("{first} and {second}"),
        [most @ .., last] => format!("{}, and {last}", most.join(", ")),
        [] => String::new(),
    };
    let plural = if names.len() == 1 { "" } else { "s" };
    let (qualname, count) = (&function.code().source.qualname, names.len());
    thread.type_error(format!(
        "{qualname}() missing {count} required {kind} argument{plural}: {list}"
    ))
}

#[cold]
fn too_many(thread: &mut Thread, function: &Function, given: usize, named: usize) -> Raised {
    let source = &function.code().source;
    let (takes, defaults) = (source.arg_count as usize, function.defaults().len());
    let (limit, plural) = if defaults > 0 {
        (format!("from {} to {takes}", takes - defaults), "s")
    } else {
        (takes.to_string(), if takes == 1 { "" } else { "s" })
    };
    let was = if given + named == 1 { "was" } else { "were" };
    let end = |count: usize| if count == 1 { "" } else { "s" };
    let what = match named {
        0 => String::new(),
        _ => format!(
            " positional argument{} (and {named} keyword-only argument{})",
            end(given),
            end(named)
        ),
    };
    let qualname = &source.qualname;
    thread.type_error(format!(
        "{qualname}() takes {limit} positional argument{plural} but {given}{what} {was} given"
    ))
}
