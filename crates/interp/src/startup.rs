//! Bringing the builtin types and names to life.

use crate::builtins;
use crate::object::class::derived;
use crate::object::exception;
use crate::object::module::Module;
use crate::object::native::Native;
use crate::object::singletons;
use crate::object::str::Str;
use crate::object::{self, Type, downcast};
use crate::run::traceback;
use crate::sharing;
use crate::thread::Thread;
use crate::value::Ref;
use selvedge_sync::seam::OnceLock;

/// The builtin types that have a name in `builtins`.
static TYPES: &[&Type] = &[
    &object::class::OBJECT_TYPE,
    &object::class::TYPE_TYPE,
    &object::class::SUPER_TYPE,
    &object::int::INT_TYPE,
    &singletons::BOOL_TYPE,
    &object::float::FLOAT_TYPE,
    &object::complex::COMPLEX_TYPE,
    &object::str::STR_TYPE,
    &object::tuple::TUPLE_TYPE,
    &object::list::LIST_TYPE,
    &object::dict::DICT_TYPE,
    &object::set::SET_TYPE,
    &object::set::FROZEN_SET_TYPE,
    &object::bytes::BYTES_TYPE,
    &object::bytes::BYTE_ARRAY_TYPE,
    &object::memory_view::MEMORY_VIEW_TYPE,
    &object::range::RANGE_TYPE,
    &object::slice::SLICE_TYPE,
    &builtins::iterators::ENUMERATE_TYPE,
    &builtins::iterators::FILTER_TYPE,
    &builtins::iterators::MAP_TYPE,
    &builtins::iterators::REVERSED_TYPE,
    &builtins::iterators::ZIP_TYPE,
    &object::method::PROPERTY_TYPE,
    &object::method::CLASS_METHOD_TYPE,
    &object::method::STATIC_METHOD_TYPE,
];

/// The builtin types that are found by their instances only.
static NAMELESS: &[&Type] = &[
    &object::file::TEXT_FILE_TYPE,
    &object::file::READER_TYPE,
    &object::file::WRITER_TYPE,
    &object::file::RANDOM_TYPE,
    &object::file::UNSUPPORTED_OPERATION,
    &singletons::NONE_TYPE,
    &singletons::NOT_IMPLEMENTED_TYPE,
    &singletons::ELLIPSIS_TYPE,
    &object::range::RANGE_ITERATOR_TYPE,
    &object::range::LONG_RANGE_ITERATOR_TYPE,
    &object::iterators::SEQUENCE_ITERATOR_TYPE,
    &object::iterators::COMBINED_TYPE,
    &builtins::iterators::CALLABLE_ITERATOR_TYPE,
    &object::cell::CELL_TYPE,
    &object::class::MEMBER_TYPE,
    &object::code::CODE_TYPE,
    &object::function::FUNCTION_TYPE,
    &object::native::NATIVE_TYPE,
    &object::native::GETTER_TYPE,
    &object::mapping_proxy::MAPPING_PROXY_TYPE,
    &object::method::METHOD_TYPE,
    &object::module::MODULE_TYPE,
    &object::weak::REFERENCE_TYPE,
    &object::weak::PROXY_TYPE,
    &object::weak::CALLABLE_PROXY_TYPE,
    &object::wrapper::WRAPPER_TYPE,
    &object::set::SET_ITERATOR_TYPE,
    &object::dict::views::DICT_KEYS_TYPE,
    &object::dict::views::DICT_VALUES_TYPE,
    &object::dict::views::DICT_ITEMS_TYPE,
    &object::dict::views::DICT_KEY_ITERATOR_TYPE,
    &object::dict::views::DICT_VALUE_ITERATOR_TYPE,
    &object::dict::views::DICT_ITEM_ITERATOR_TYPE,
    &object::dict::views::DICT_REVERSE_KEY_ITERATOR_TYPE,
    &object::dict::views::DICT_REVERSE_VALUE_ITERATOR_TYPE,
    &object::dict::views::DICT_REVERSE_ITEM_ITERATOR_TYPE,
    &object::frame::FRAME_TYPE,
    &object::template::INTERPOLATION_TYPE,
    &object::template::TEMPLATE_TYPE,
    &object::traceback::TRACEBACK_TYPE,
];

/// Prepares the process: once, before the first interpreter.
///
/// # Panics
/// If an earlier interpreter of the process was prepared the other way.
pub(crate) fn prepare(gil: bool) {
    static PREPARED: OnceLock<bool> = OnceLock::new();
    let first = *PREPARED.get_or_init(|| {
        if !gil {
            sharing::enable_container_locks();
        }
        for ty in TYPES
            .iter()
            .chain(exception::ALL)
            .chain(NAMELESS)
            .chain(object::generator::TYPES)
            .chain(object::typing::TYPES)
        {
            prepare_type(ty);
        }
        gil
    });
    assert_eq!(
        first, gil,
        "whether there is a lock is fixed for the process"
    );
}

/// Gives a builtin type its methods. Call it once for each type of a native module, from
/// within a once-only initialisation; the builtin ones have been prepared.
pub fn prepare_type(ty: &'static Type) {
    object::make_shared(|| add_methods(ty));
}

fn add_methods(ty: &'static Type) {
    for def in ty.methods() {
        let (name, function) = (
            immortal(Str::new(def.name)),
            immortal(Native::of_type(def, ty)),
        );
        // SAFETY: within a once-only initialisation, nobody else looks at the type yet.
        let old = unsafe { ty.attributes.set(name, function) };
        debug_assert!(old.is_none(), "{} has {} twice", ty.name(), def.name);
    }
    for (def, there) in [
        (&derived::NEW, ty.slots().construct.is_some()),
        (&derived::INIT, derived::has_init(ty)),
    ] {
        let name = immortal(Str::new(def.name));
        if there && ty.attributes.get(*name).is_none() {
            // SAFETY: as above.
            unsafe { ty.attributes.set(name, immortal(Native::of_type(def, ty))) };
        }
    }
    let name = immortal(Str::new("__doc__"));
    if ty.attributes.get(*name).is_none() {
        let doc = immortal(Str::new(&format!("The built-in type {}.", ty.name())));
        // SAFETY: as above.
        unsafe { ty.attributes.set(name, doc) };
    }
    for (name, method) in object::wrapper::of_type(ty) {
        let name = immortal(Str::new(&name));
        // What a type defines as a method of its own stays.
        if ty.attributes.get(*name).is_none() {
            let method = if singletons::is_none(*method) {
                method
            } else {
                immortal(method)
            };
            // SAFETY: as above.
            unsafe { ty.attributes.set(name, method) };
        }
    }
}

/// Makes a new object one that is never counted nor freed: all interpreters share it.
fn immortal(value: Ref) -> Ref {
    let object = value.as_object().expect("an object was made");
    // SAFETY: just made, alive, and nobody else knows it.
    unsafe { (*object).header.make_immortal() };
    drop(value);
    Ref::adopt(crate::value::Value::uncounted(object))
}

/// Fills the `builtins` of a new interpreter.
pub(crate) fn populate(thread: &mut Thread) {
    let interpreter = selvedge_sync::seam::Arc::clone(thread.interpreter());
    for ty in TYPES.iter().chain(exception::ALL) {
        interpreter
            .builtins()
            .set_name(interpreter.intern(ty.name()), ty.value().to_ref());
    }
    for def in builtins::FUNCTIONS.iter().chain(builtins::scope::FUNCTIONS) {
        interpreter.builtins().set_name(
            interpreter.intern(def.name),
            Native::of_module(def, interpreter.intern("builtins")),
        );
    }
    for (name, value) in builtins::constants() {
        interpreter
            .builtins()
            .set_name(interpreter.intern(name), value);
    }
    for name in ["IOError", "EnvironmentError"] {
        let io_error = exception::OS_ERROR.value().to_ref();
        interpreter
            .builtins()
            .set_name(interpreter.intern(name), io_error);
    }
    let module = Module::around(interpreter.builtins_value().to_ref());
    let this = downcast::<Module>(&module).expect("just made");
    this.set(thread, "__name__", Str::new("builtins"));
    interpreter
        .modules()
        .set_name(interpreter.intern("builtins"), module);
}

/// Shows an exception on standard error, with its traceback.
pub fn show_exception(thread: &mut Thread, exception: crate::Value) {
    let exception = exception.to_ref();
    if downcast::<exception::Exception>(&exception).is_some() {
        let shown = traceback::render(thread, &exception);
        eprint!("{shown}");
    }
}

/// Shows the exception that is set on standard error, under the line `heading`; unless it asks to
/// exit.
pub fn show_uncaught(thread: &mut Thread, heading: &str) {
    let raised = thread.take_raised();
    if !raised.ty().is_subtype(&exception::SYSTEM_EXIT) {
        let shown = traceback::render(thread, &raised);
        eprint!("{heading}\n{shown}");
    }
}
