//! Instances of classes that derive from builtin types with a layout of their own, like `int`:
//! the builtin type makes an object, which becomes one of the class.

use super::{constructs_generically, has_own_init, initialise};
use crate::error::PyResult;
use crate::object::dict::DICT_TYPE;
use crate::object::float::Float;
use crate::object::int::BigInt;
use crate::object::list::LIST_TYPE;
use crate::object::native::{Args, NativeDef};
use crate::object::set::SET_TYPE;
use crate::object::str::Str;
use crate::object::tuple::Tuple;
use crate::object::{Type, downcast, float, int};
use crate::operations;
use crate::thread::{Thread, current_token};
use crate::value::{Ref, Value};

/// The nearest builtin type that a class derives from.
pub(crate) fn builtin_base(class: &'static Type) -> &'static Type {
    let mut ty = class;
    while let Some(base) = ty.base()
        && ty.is_heap()
    {
        ty = base;
    }
    ty
}

/// Whether instances get their content from `__init__`, so that making them takes no arguments.
fn is_filled_later(base: &'static Type) -> bool {
    [&LIST_TYPE, &DICT_TYPE, &SET_TYPE].contains(&base)
}

/// Calls a class made at run time that has no `__new__` of its own.
pub(super) fn construct(thread: &mut Thread, class: &'static Type, args: &Args<'_>) -> PyResult {
    let make = class.construct().expect("the caller looked");
    if constructs_generically(class) {
        return make(thread, class, args);
    }
    let later = is_filled_later(builtin_base(class)) && has_own_init(thread, class);
    let none = Args::new(&[]);
    let base = builtin_base(class);
    let made = if later {
        make(thread, base, &none)?
    } else {
        make(thread, class, args)?
    };
    if core::ptr::eq(made.ty(), class) {
        // The builtin type knows about classes that derive from it.
        return Ok(made);
    }
    let made = adopt(made, class);
    if core::ptr::eq(made.ty(), class) {
        initialise(thread, class, &made, args)?;
    }
    Ok(made)
}

/// `__new__` of the builtin types that are not plain objects: makes an instance of a class that
/// derives from one, without initialising it.
pub(crate) static NEW: NativeDef = NativeDef::function("__new__", |thread, args| {
    let Some((class, _)) = args.positional().split_first() else {
        return Err(thread.type_error("__new__(): not enough arguments"));
    };
    let class = operations::require_type(thread, *class, "__new__(X): X")?;
    let (_, rest) = args.split_receiver();
    let base = builtin_base(class);
    let Some(make) = base.construct() else {
        let name = base.name();
        return Err(thread.type_error(format!("cannot create '{name}' instances")));
    };
    let made = if is_filled_later(base) {
        make(thread, base, &Args::new(&[]))?
    } else {
        make(thread, base, &rest)?
    };
    Ok(adopt(made, class))
});

/// `__init__` of the builtin types whose instances are filled by it.
pub(crate) static INIT: NativeDef = NativeDef::method("__init__", |thread, args| {
    let (this, rest) = args.split_receiver();
    let base = builtin_base(this.ty());
    if !is_filled_later(base) {
        return Ok(crate::object::singletons::none());
    }
    let make = base
        .construct()
        .expect("containers are made by calling their type");
    let content = make(thread, base, &rest)?;
    drop(call_builtin(thread, base, "clear", &[this])?);
    let fill = if base == &LIST_TYPE {
        "extend"
    } else {
        "update"
    };
    call_builtin(thread, base, fill, &[this, *content])?;
    Ok(crate::object::singletons::none())
});

/// Whether [`INIT`] is the initialiser of a builtin type.
pub(crate) fn has_init(ty: &'static Type) -> bool {
    is_filled_later(ty)
}

/// Calls a method of a builtin type, whatever the receiver's class has in its place.
fn call_builtin(thread: &mut Thread, base: &'static Type, name: &str, args: &[Value]) -> PyResult {
    let name = thread.interpreter().intern(name);
    let method = base.lookup(*name).expect("a builtin type has its methods");
    operations::call(thread, method, &Args::new(args))
}

/// Makes an object that the builtin base of `class` has made an instance of `class`.
fn adopt(made: Ref, class: &'static Type) -> Ref {
    let base = builtin_base(class);
    if !class.is_heap() || !core::ptr::eq(made.ty(), base) {
        return made;
    }
    // Numbers may be words, and texts and tuples may be shared with whoever had them before.
    if let Some(int) = int::big(*made) {
        return BigInt::of_type(class, int.into_owned());
    }
    if let Some(float) = float::float_of(*made) {
        return Float::of_type(class, float);
    }
    if let Some(string) = downcast::<Str>(&made) {
        let points: Vec<u32> = string.code_points().iter().collect();
        return Str::of_class(class, &points);
    }
    let own = if let Some(tuple) = downcast::<Tuple>(&made) {
        Tuple::from_values(tuple.items())
    } else {
        made
    };
    let Some(object) = own.as_object() else {
        return own;
    };
    // SAFETY: a bound pointer word points to a live object.
    let header = unsafe { &(*object).header };
    if header.is_unique(current_token()) {
        // An instance keeps its class alive.
        let _counted = class.value().to_ref().into_value();
        header.set_ty(core::ptr::from_ref(class).cast());
    }
    own
}
