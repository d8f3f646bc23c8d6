//! How objects are copied and pickled: as a function and its arguments, and a state.

use super::{OBJECT_TYPE, as_type, builtin_base, has_special, special_method};
use crate::error::PyResult;
use crate::import;
use crate::object::bytes::BYTE_ARRAY_TYPE;
use crate::object::dict::{DICT_TYPE, Dict};
use crate::object::exception::{BASE_EXCEPTION, Exception};
use crate::object::instance::Instance;
use crate::object::list::{LIST_TYPE, List};
use crate::object::native::{Args, NativeDef};
use crate::object::range::{RANGE_TYPE, Range};
use crate::object::set::{FROZEN_SET_TYPE, SET_TYPE};
use crate::object::slice::{SLICE_TYPE, Slice};
use crate::object::str::{STR_TYPE, Str};
use crate::object::tuple::{TUPLE_TYPE, Tuple};
use crate::object::{Type, bytes, complex, downcast, exception, float, int, singletons};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// The methods that `object` has for it.
pub(super) static METHODS: &[NativeDef] = &[
    NativeDef::method("__reduce__", |thread, args| {
        let [this] = args.exactly(thread, "object.__reduce__")?;
        reduce(thread, this, 0)
    }),
    NativeDef::method("__reduce_ex__", |thread, args| {
        let [this, protocol] = args.exactly(thread, "object.__reduce_ex__")?;
        let protocol = operations::index(thread, protocol)?;
        let name = thread.interpreter().intern("__reduce__");
        let own = this.ty().lookup(*name);
        let original = OBJECT_TYPE.attributes.get(*name);
        if let (Some(own), Some(original)) = (own, original)
            && !own.is(original)
        {
            return operations::call_method(thread, this, "__reduce__", &[]);
        }
        reduce(thread, this, protocol)
    }),
    NativeDef::method("__getstate__", |thread, args| {
        let [this] = args.exactly(thread, "object.__getstate__")?;
        state(thread, this)
    }),
    NativeDef::method("__sizeof__", |thread, args| {
        let [this] = args.exactly(thread, "object.__sizeof__")?;
        let own = size_of::<crate::object::Object>();
        let slots = Instance::of(&this).map_or(0, Instance::inline_capacity);
        Ok(int::from_usize(own + slots * size_of::<Value>()))
    }),
];

fn cannot(thread: &mut Thread, ty: &'static Type) -> crate::error::Raised {
    let name = ty.full_name();
    thread.type_error(format!("cannot pickle '{name}' object"))
}

/// A function of the module `copyreg`.
fn registered(thread: &mut Thread, name: &str) -> PyResult {
    let module = import::import_module(thread, "copyreg")?;
    operations::get_attr_named(thread, *module, name)
}

fn reduce(thread: &mut Thread, this: Value, protocol: i64) -> PyResult {
    if let Some(reduced) = reduce_builtin(thread, this)? {
        return Ok(reduced);
    }
    if protocol >= 2 {
        return reduce_to_new(thread, this);
    }
    let function = registered(thread, "_reduce_ex")?;
    operations::call(
        thread,
        *function,
        &Args::new(&[this, Value::small(protocol)]),
    )
}

/// What instances of some builtin types, and of what derives from them, are made of.
fn reduce_builtin(thread: &mut Thread, this: Value) -> PyResult<Option<Ref>> {
    let ty = this.ty();
    let class = ty.value().to_ref();
    let arguments = if ty.is_subtype(&SET_TYPE) || ty.is_subtype(&FROZEN_SET_TYPE) {
        let items = List::from_refs(operations::collect(thread, this)?);
        let state = attributes(thread, this)?;
        let arguments = Tuple::from_refs(vec![items]);
        return Ok(Some(Tuple::from_refs(vec![class, arguments, state])));
    } else if ty.is_subtype(&BYTE_ARRAY_TYPE) {
        let data = bytes::bytes_of(&this).map(|data| data.to_vec());
        let points: Vec<u32> = data.iter().flatten().map(|byte| u32::from(*byte)).collect();
        let text = Str::from_code_points(&points);
        let arguments = Tuple::from_refs(vec![text, Str::new("latin-1")]);
        let state = attributes(thread, this)?;
        return Ok(Some(Tuple::from_refs(vec![class, arguments, state])));
    } else if let Some(range) = downcast::<Range>(&this) {
        debug_assert!(ty.is_subtype(&RANGE_TYPE));
        range.parts()
    } else if let Some(slice) = downcast::<Slice>(&this) {
        debug_assert!(ty.is_subtype(&SLICE_TYPE));
        slice.parts()
    } else if downcast::<Exception>(&this).is_some() {
        return reduce_exception(thread, this).map(Some);
    } else {
        return Ok(None);
    };
    let arguments = Tuple::from_refs(arguments);
    Ok(Some(Tuple::from_refs(vec![class, arguments])))
}

fn reduce_exception(thread: &mut Thread, this: Value) -> PyResult {
    debug_assert!(this.ty().is_subtype(&BASE_EXCEPTION));
    let arguments = operations::get_attr_named(thread, this, "args")?;
    let mut parts = vec![this.ty().value().to_ref(), arguments];
    let own = operations::get_attr_named(thread, this, "__dict__")?;
    if operations::truth(thread, *own)? {
        parts.push(own);
    }
    Ok(Tuple::from_refs(parts))
}

/// The dictionary of a value's attributes, or `None`.
fn attributes(thread: &mut Thread, this: Value) -> PyResult {
    if !this.ty().is_open() {
        return Ok(singletons::none());
    }
    let own = operations::get_attr_named(thread, this, "__dict__")?;
    Ok(if operations::truth(thread, *own)? {
        own
    } else {
        singletons::none()
    })
}

/// The state of a value as `object` tells it: its attributes, and what is in its slots.
fn state(thread: &mut Thread, this: Value) -> PyResult {
    let own = attributes(thread, this)?;
    let names = registered(thread, "_slotnames")?;
    let names = operations::call(thread, *names, &Args::new(&[this.ty().value()]))?;
    if !operations::truth(thread, *names)? {
        return Ok(own);
    }
    let slots = Dict::new();
    for name in operations::collect(thread, *names)? {
        let name = thread.interpreter().intern_string(name);
        match operations::get_attr(thread, this, *name) {
            Ok(value) => {
                super::dict_of(&slots).set_name(name, value);
            }
            Err(raised) => thread.swallow(raised, &exception::ATTRIBUTE_ERROR)?,
        }
    }
    Ok(if super::dict_of(&slots).is_empty() {
        own
    } else {
        Tuple::from_refs(vec![own, slots])
    })
}

/// A call of `__new__`, a state, and the items of lists and dictionaries.
fn reduce_to_new(thread: &mut Thread, this: Value) -> PyResult {
    let ty = this.ty();
    if ty.construct().is_none() && !singletons::is_none(this) {
        return Err(cannot(thread, ty));
    }
    let class = ty.value().to_ref();
    let arguments = new_arguments(thread, this)?;
    let (is_list, is_dict) = (ty.is_subtype(&LIST_TYPE), ty.is_subtype(&DICT_TYPE));
    let plain = Instance::is_layout_of(ty) || is_list || is_dict || singletons::is_none(this);
    if arguments.is_none() && !plain && !has_python_state(thread, ty) {
        return Err(cannot(thread, ty));
    }
    let (function, arguments) = match arguments {
        Some((positional, Some(keywords))) => {
            let all = vec![class, positional, keywords];
            (registered(thread, "__newobj_ex__")?, all)
        }
        positional => {
            let mut all = vec![class];
            if let Some((positional, _)) = positional {
                all.extend(operations::collect(thread, *positional)?);
            }
            (registered(thread, "__newobj__")?, all)
        }
    };
    let state = operations::call_method(thread, this, "__getstate__", &[])?;
    let list = if is_list {
        operations::iter(thread, this)?
    } else {
        singletons::none()
    };
    let dict = if is_dict {
        let items = operations::call_method(thread, this, "items", &[])?;
        operations::iter(thread, *items)?
    } else {
        singletons::none()
    };
    let arguments = Tuple::from_refs(arguments);
    Ok(Tuple::from_refs(vec![
        function, arguments, state, list, dict,
    ]))
}

/// Whether a class written in Python says what the state of its instances is.
fn has_python_state(thread: &mut Thread, ty: &'static Type) -> bool {
    let name = thread.interpreter().intern("__getstate__");
    let own = ty.lookup(*name);
    let original = OBJECT_TYPE.attributes.get(*name);
    matches!((own, original), (Some(own), Some(original)) if !own.is(original))
}

/// The arguments of `__new__`, and those with names, as the value says or as its type does.
fn new_arguments(thread: &mut Thread, this: Value) -> PyResult<Option<(Ref, Option<Ref>)>> {
    let ty = this.ty();
    if has_special(ty, thread, "__getnewargs_ex__")
        && let Some(method) = special_method(thread, this, "__getnewargs_ex__")?
    {
        let both = operations::call(thread, *method, &Args::new(&[]))?;
        let Some(both) = downcast::<Tuple>(&both) else {
            let got = both.ty().name();
            let text = format!("__getnewargs_ex__ should return a tuple, not '{got}'");
            return Err(thread.type_error(text));
        };
        let [positional, keywords] = both.items() else {
            let got = both.items().len();
            let text = format!("__getnewargs_ex__ should return a tuple of length 2, not {got}");
            return Err(thread.value_error(text));
        };
        let named = operations::truth(thread, *keywords)?.then(|| keywords.to_ref());
        return Ok(Some((positional.to_ref(), named)));
    }
    if let Some(method) = special_method(thread, this, "__getnewargs__")? {
        let positional = operations::call(thread, *method, &Args::new(&[]))?;
        if downcast::<Tuple>(&positional).is_none() {
            let got = positional.ty().name();
            let text = format!("__getnewargs__ should return a tuple, not '{got}'");
            return Err(thread.type_error(text));
        }
        return Ok(Some((positional, None)));
    }
    Ok(content(this).map(|content| (Tuple::from_refs(content), None)))
}

/// What makes a number, text or tuple, without its class.
fn content(this: Value) -> Option<Vec<Ref>> {
    if let Some(int) = int::big(this) {
        return Some(vec![int::from_big(int.into_owned())]);
    }
    if let Some(float) = float::float_of(this) {
        return Some(vec![float::Float::from_f64(float)]);
    }
    if let Some(string) = downcast::<Str>(&this) {
        debug_assert!(builtin_base(this.ty()) == &STR_TYPE);
        let points: Vec<u32> = string.code_points().iter().collect();
        return Some(vec![Str::from_code_points(&points)]);
    }
    if let Some(tuple) = downcast::<Tuple>(&this) {
        debug_assert!(builtin_base(this.ty()) == &TUPLE_TYPE);
        return Some(vec![Tuple::from_values(tuple.items())]);
    }
    if let Some(data) = bytes::bytes_of(&this) {
        return Some(vec![bytes::Bytes::new(&data)]);
    }
    let (real, imaginary) = complex::complex_of(this)?;
    debug_assert!(as_type(this).is_none());
    let part = float::Float::from_f64;
    Some(vec![part(real), part(imaginary)])
}
