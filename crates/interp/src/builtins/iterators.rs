//! The iterators that are types of the module: `enumerate`, `filter`, `map`, `reversed` and `zip`;
//! and what `iter` of a function makes.

mod copying;

use crate::error::{PyResult, Raised};
use crate::object::iterators::{Combined, Kind};
use crate::object::list::List;
use crate::object::native::Args;
use crate::object::range::Range;
use crate::object::str::name_text;
use crate::object::tuple::Tuple;
use crate::object::{Base, Slots, Type, class, downcast, exception, int, singletons};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// Declares the kinds of iterators, each with its type and what calling that does.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident, $ty:ident = $name:literal, $construct:expr, $methods:expr;)*) => {$(
        $(#[$doc])*
        pub(crate) struct $kind;

        impl Kind for $kind {
            const TYPE: &'static Type = &$ty;
        }

        $(#[$doc])*
        pub(crate) static $ty: Type = Type::builtin(
            $name,
            Base::One(&class::OBJECT_TYPE),
            Slots {
                construct: Some($construct),
                ..Combined::<$kind>::SLOTS
            },
            $methods,
        )
        .subclassable();
    )*};
}

kinds! {
    /// `enumerate(iterable, start=0)`
    Enumerate, ENUMERATE_TYPE = "enumerate", enumerate, copying::ENUMERATE;
    /// `filter(function, iterable)`
    Filter, FILTER_TYPE = "filter", filter, copying::FILTER;
    /// `map(function, iterable, *iterables, strict=False)`
    Map, MAP_TYPE = "map", map, copying::MAP;
    /// `reversed(sequence)`
    Reversed, REVERSED_TYPE = "reversed", reversed, copying::REVERSED;
    /// `zip(*iterables, strict=False)`
    Zip, ZIP_TYPE = "zip", zip, copying::ZIP;
}

/// `iter(callable, sentinel)`
struct CallableIterator;

impl Kind for CallableIterator {
    const TYPE: &'static Type = &CALLABLE_ITERATOR_TYPE;
}

/// The type `callable_iterator`.
pub(crate) static CALLABLE_ITERATOR_TYPE: Type = Type::builtin(
    "callable_iterator",
    Base::One(&class::OBJECT_TYPE),
    Combined::<CallableIterator>::SLOTS,
    copying::CALLABLE,
);

fn enumerate(thread: &mut Thread, _: &'static Type, args: &Args<'_>) -> PyResult {
    let [iterable, start] = match args.values() {
        [iterable] if args.names().is_empty() => [Some(*iterable), None],
        _ => args.bind(thread, "enumerate", ["iterable", "start"], 1)?,
    };
    let start = start.map_or_else(
        || Ok(Ref::small(0)),
        |start| operations::as_int(thread, start),
    )?;
    let source = operations::iter(thread, iterable.expect("required"))?;
    let Some(Ok(first)) = int::to_i64(*start) else {
        return Ok(enumerate_far(source, start));
    };
    Ok(Combined::<Enumerate>::of_pairs(
        source,
        first,
        |thread, sources, count| {
            let item = operations::next(thread, *sources[0])?;
            Ok(item.map(|item| (int::from_i64(count), item)))
        },
    ))
}

/// Counts from a number that is more than a word.
fn enumerate_far(source: Ref, start: Ref) -> Ref {
    Combined::<Enumerate>::new(source, start, 0, |thread, sources, start, count| {
        let Some(item) = operations::next(thread, *sources[0])? else {
            return Ok(None);
        };
        let count = int::from_i64(count);
        let at = operations::binary(thread, crate::object::BinaryOp::Add, start, *count)?;
        Ok(Some(Tuple::pair(at, item)))
    })
}

fn filter(thread: &mut Thread, _: &'static Type, args: &Args<'_>) -> PyResult {
    let [function, iterable] = args.exactly(thread, "filter")?;
    let source = operations::iter(thread, iterable)?;
    Ok(Combined::<Filter>::new(
        source,
        function.to_ref(),
        0,
        |thread, sources, function, _| {
            while let Some(item) = operations::next(thread, *sources[0])? {
                let verdict = if singletons::is_none(function) {
                    item.clone()
                } else {
                    operations::call(thread, function, &Args::new(&[*item]))?
                };
                if operations::truth(thread, *verdict)? {
                    return Ok(Some(item));
                }
            }
            Ok(None)
        },
    ))
}

fn map(thread: &mut Thread, _: &'static Type, args: &Args<'_>) -> PyResult {
    let strict = strictness(thread, args, "map")?;
    let [function, iterables @ ..] = args.positional() else {
        return Err(thread.type_error("map() must have at least two arguments."));
    };
    if iterables.is_empty() {
        return Err(thread.type_error("map() must have at least two arguments."));
    }
    let sources = iterators(thread, iterables)?;
    let function = function.to_ref();
    if strict && sources.len() > 1 {
        return Ok(Combined::<Map>::strictly(
            sources,
            function,
            |thread, sources, function, _| {
                let items = strictly_one_of_each(thread, sources, "map")?;
                call_with(thread, function, items)
            },
        ));
    }
    Ok(Combined::<Map>::new(
        sources,
        function,
        0,
        |thread, sources, function, _| {
            let [only] = sources else {
                let items = one_of_each(thread, sources)?;
                return call_with(thread, function, items);
            };
            match operations::next(thread, **only)? {
                Some(item) => operations::call(thread, function, &Args::new(&[*item])).map(Some),
                None => Ok(None),
            }
        },
    ))
}

fn call_with(
    thread: &mut Thread,
    function: Value,
    items: Option<Vec<Ref>>,
) -> PyResult<Option<Ref>> {
    let Some(items) = items else {
        return Ok(None);
    };
    let values: Vec<Value> = items.iter().map(|item| **item).collect();
    operations::call(thread, function, &Args::new(&values)).map(Some)
}

fn zip(thread: &mut Thread, _: &'static Type, args: &Args<'_>) -> PyResult {
    let strict = strictness(thread, args, "zip")?;
    let sources = iterators(thread, args.positional())?;
    if sources.len() == 2 && !strict {
        return Ok(Combined::<Zip>::of_pairs(
            sources,
            0,
            |thread, sources, _| {
                let Some(first) = operations::next(thread, *sources[0])? else {
                    return Ok(None);
                };
                let second = operations::next(thread, *sources[1])?;
                Ok(second.map(|second| (first, second)))
            },
        ));
    }
    let none = singletons::none();
    if strict {
        return Ok(Combined::<Zip>::strictly(
            sources,
            none,
            |thread, sources, _, _| {
                Ok(strictly_one_of_each(thread, sources, "zip")?.map(Tuple::from_refs))
            },
        ));
    }
    Ok(Combined::<Zip>::new(
        sources,
        none,
        0,
        |thread, sources, _, _| {
            if sources.is_empty() {
                return Ok(None);
            }
            Ok(one_of_each(thread, sources)?.map(Tuple::from_refs))
        },
    ))
}

/// The argument `strict`, the only one that these functions take by name.
fn strictness(thread: &mut Thread, args: &Args<'_>, function: &str) -> PyResult<bool> {
    let mut strict = false;
    for (keyword, value) in args.keywords() {
        let name = name_text(&keyword);
        if name != "strict" {
            let text = format!("{function}() got an unexpected keyword argument '{name}'");
            return Err(thread.type_error(text));
        }
        strict = operations::truth(thread, value)?;
    }
    Ok(strict)
}

fn iterators(thread: &mut Thread, iterables: &[Value]) -> PyResult<Vec<Ref>> {
    iterables
        .iter()
        .map(|iterable| operations::iter(thread, *iterable))
        .collect()
}

/// One item of each source; an error if some end before others.
fn strictly_one_of_each(
    thread: &mut Thread,
    sources: &[Ref],
    function: &str,
) -> PyResult<Option<Vec<Ref>>> {
    let mut items = Vec::with_capacity(sources.len());
    for (at, source) in sources.iter().enumerate() {
        match operations::next(thread, **source)? {
            Some(item) if items.len() == at => items.push(item),
            Some(_) => return Err(uneven(thread, function, at, "longer")),
            None if items.is_empty() => {}
            None => return Err(uneven(thread, function, at, "shorter")),
        }
    }
    Ok((!items.is_empty()).then_some(items))
}

fn uneven(thread: &mut Thread, function: &str, at: usize, how: &str) -> Raised {
    let others = if at == 1 {
        "argument 1".to_owned()
    } else {
        format!("arguments 1-{at}")
    };
    let at = at + 1;
    thread.value_error(format!("{function}() argument {at} is {how} than {others}"))
}

fn one_of_each(thread: &mut Thread, sources: &[Ref]) -> PyResult<Option<Vec<Ref>>> {
    sources
        .iter()
        .map(|source| operations::next(thread, **source))
        .collect()
}

fn reversed(thread: &mut Thread, _: &'static Type, args: &Args<'_>) -> PyResult {
    let [value] = args.exactly(thread, "reversed")?;
    if class::has_special(value.ty(), thread, "__reversed__") {
        return operations::call_method(thread, value, "__reversed__", &[]);
    }
    if value.ty().get_item().is_none() || value.ty().len().is_none() {
        let name = value.ty().name();
        return Err(thread.type_error(format!("'{name}' object is not reversible")));
    }
    backwards(thread, value)
}

/// An iterator over a sequence from its end on.
pub(crate) fn backwards(thread: &mut Thread, value: Value) -> PyResult {
    let len = operations::len(thread, value)? as i64;
    let positions = Range::new(len - 1, -1, -1);
    let positions = operations::iter(thread, *positions)?;
    Ok(Combined::<Reversed>::new(
        positions,
        value.to_ref(),
        0,
        |thread, sources, value, _| match operations::next(thread, *sources[0])? {
            Some(at) => match operations::get_item(thread, value, *at) {
                Ok(item) => Ok(Some(item)),
                // The sequence has become shorter meanwhile.
                Err(raised) => {
                    thread.swallow(raised, &exception::INDEX_ERROR)?;
                    Ok(None)
                }
            },
            None => Ok(None),
        },
    ))
}

/// `iter(callable, sentinel)`
pub(super) fn call_until(thread: &mut Thread, callable: Value, sentinel: Value) -> PyResult {
    if callable.ty().call().is_none() {
        return Err(thread.type_error("iter(v, w): v must be callable"));
    }
    let done = List::from_refs(Vec::new());
    Ok(Combined::<CallableIterator>::new(
        vec![sentinel.to_ref(), done],
        callable.to_ref(),
        0,
        |thread, sources, callable, _| {
            // Something in the list says that the sentinel has come.
            let done = downcast::<List>(&sources[1]).expect("made as a list");
            if !done.is_empty() {
                return Ok(None);
            }
            let made = match operations::call(thread, callable, &Args::new(&[])) {
                Ok(made) => made,
                Err(raised) => {
                    thread.swallow(raised, &exception::STOP_ITERATION)?;
                    done.push(singletons::none());
                    return Ok(None);
                }
            };
            if operations::equals(thread, *made, *sources[0])? {
                done.push(singletons::none());
                return Ok(None);
            }
            Ok(Some(made))
        },
    ))
}
