//! How these iterators are copied and pickled: as the call that makes one with what is left.

use super::{CallableIterator, Enumerate, Filter, Map, Reversed, Zip};
use crate::error::PyResult;
use crate::object::iterators::{Combined, Kind};
use crate::object::list::List;
use crate::object::native::{Args, NativeDef};
use crate::object::tuple::Tuple;
use crate::object::{BinaryOp, class, downcast, int, singletons};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};

pub(super) static ENUMERATE: &[NativeDef] = &[
    NativeDef::class_method("__class_getitem__", class::generic_alias),
    NativeDef::method("__reduce__", |thread, args| {
        let [this] = args.exactly(thread, "__reduce__")?;
        let (sources, start, count) = iterator::<Enumerate>(&this).parts();
        let mut at = int::from_i64(count);
        // What counts from beyond a word counts from zero beside it.
        if !singletons::is_none(start) {
            at = operations::binary(thread, BinaryOp::Add, start, *at)?;
        }
        Ok(call_of(this, vec![sources[0].clone(), at]))
    }),
];

pub(super) static FILTER: &[NativeDef] = &[NativeDef::method("__reduce__", |thread, args| {
    let [this] = args.exactly(thread, "__reduce__")?;
    let (sources, function, _) = iterator::<Filter>(&this).parts();
    Ok(call_of(this, vec![function.to_ref(), sources[0].clone()]))
})];

pub(super) static MAP: &[NativeDef] = &[NativeDef::method("__reduce__", |thread, args| {
    let [this] = args.exactly(thread, "__reduce__")?;
    let map = iterator::<Map>(&this);
    let (sources, function, _) = map.parts();
    let mut arguments = vec![function.to_ref()];
    arguments.extend_from_slice(sources);
    call_strictly(thread, this, arguments, map.is_strict())
})];

pub(super) static ZIP: &[NativeDef] = &[NativeDef::method("__reduce__", |thread, args| {
    let [this] = args.exactly(thread, "__reduce__")?;
    let zip = iterator::<Zip>(&this);
    let sources = zip.parts().0.to_vec();
    call_strictly(thread, this, sources, zip.is_strict())
})];

pub(super) static REVERSED: &[NativeDef] = &[
    NativeDef::method("__length_hint__", |thread, args| {
        let [this] = args.exactly(thread, "__length_hint__")?;
        let (sources, sequence, _) = iterator::<Reversed>(&this).parts();
        let left = left_of(thread, *sources[0])?;
        // One that has become too short gives nothing more.
        let len = operations::len(thread, sequence)?;
        Ok(int::from_usize(if left > len { 0 } else { left }))
    }),
    NativeDef::method("__reduce__", |thread, args| {
        let [this] = args.exactly(thread, "__reduce__")?;
        let (sources, sequence, _) = iterator::<Reversed>(&this).parts();
        let left = left_of(thread, *sources[0])?;
        if left == 0 {
            let nothing = if downcast::<List>(&sequence).is_some() {
                List::from_refs(Vec::new())
            } else {
                Tuple::from_refs(Vec::new())
            };
            return Ok(call_of(this, vec![nothing]));
        }
        Ok(Tuple::from_refs(vec![
            this.ty().value().to_ref(),
            Tuple::from_refs(vec![sequence.to_ref()]),
            int::from_usize(left - 1),
        ]))
    }),
    NativeDef::method("__setstate__", |thread, args| {
        let [this, index] = args.exactly(thread, "__setstate__")?;
        let (sources, ..) = iterator::<Reversed>(&this).parts();
        let left = left_of(thread, *sources[0])? as i64;
        let index = operations::index(thread, index)?.clamp(-1, left - 1);
        // The positions count down: leaving out those above the index goes to it.
        let skip = int::from_i64(left - 1 - index);
        operations::call_method(thread, *sources[0], "__setstate__", &[*skip])
    }),
];

pub(super) static CALLABLE: &[NativeDef] = &[NativeDef::method("__reduce__", |thread, args| {
    let [this] = args.exactly(thread, "__reduce__")?;
    let (sources, callable, _) = iterator::<CallableIterator>(&this).parts();
    let iter = operations::builtin(thread, "iter")?;
    let is_done = downcast::<List>(&sources[1]).is_some_and(|done| !done.is_empty());
    let arguments = if is_done {
        vec![Tuple::from_refs(Vec::new())]
    } else {
        vec![callable.to_ref(), sources[0].clone()]
    };
    Ok(Tuple::pair(iter, Tuple::from_refs(arguments)))
})];

fn iterator<K: Kind>(value: &Value) -> &Combined<K> {
    downcast::<Combined<K>>(value).expect("called with its type")
}

/// The call of the iterator's type with these arguments.
fn call_of(this: Value, arguments: Vec<Ref>) -> Ref {
    Tuple::pair(this.ty().value().to_ref(), Tuple::from_refs(arguments))
}

/// As [`call_of`], with `strict=True` if it was made so.
fn call_strictly(thread: &mut Thread, this: Value, arguments: Vec<Ref>, strict: bool) -> PyResult {
    if !strict {
        return Ok(call_of(this, arguments));
    }
    let tools = crate::import_module(thread, "functools")?;
    let partial = operations::get_attr_named(thread, *tools, "partial")?;
    let name = thread.interpreter().intern("strict");
    let (values, names) = ([this.ty().value(), *singletons::true_()], [*name]);
    let call = operations::call(thread, *partial, &Args::with_names(&values, &names))?;
    Ok(Tuple::pair(call, Tuple::from_refs(arguments)))
}

/// How many items an iterator of positions has left.
fn left_of(thread: &mut Thread, positions: Value) -> PyResult<usize> {
    let left = operations::call_method(thread, positions, "__length_hint__", &[])?;
    Ok(usize::try_from(operations::index(thread, *left)?).unwrap_or(0))
}
