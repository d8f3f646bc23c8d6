//! Making classes: bases, linearisation, namespace, slots.

use super::members::Member;
use super::{OBJECT_TYPE, as_type, specials};
use crate::error::{PyResult, Raised};
use crate::interpreter::Interpreter;
use crate::object::cell::Cell;
use crate::object::dict::Dict;
use crate::object::function::Function;
use crate::object::instance::{Instance, Layout};
use crate::object::method::wrap_function;
use crate::object::native::Args;
use crate::object::str::{Str, name_text};
use crate::object::tuple::Tuple;
use crate::object::{Object, Slots, Type, downcast, exception, singletons};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use selvedge_sync::seam::Arc;

/// Makes a class with the attributes in `namespace`; `keywords` go to `__init_subclass__`.
pub(super) fn make_class(
    thread: &mut Thread,
    meta: &'static Type,
    name: String,
    bases: &[Value],
    namespace: &Dict,
    keywords: &[(Value, Value)],
) -> PyResult {
    let mut types = Vec::with_capacity(bases.len().max(1));
    for base in bases {
        types.push(require_base(thread, *base)?);
    }
    if types.is_empty() {
        types.push(&OBJECT_TYPE);
    }
    let Some(order) = linearise(&types) else {
        return Err(inconsistent(thread, &types));
    };
    let base = layout_base(thread, &types)?;
    let class_cell = take_name(thread, namespace, "__classcell__");
    let module = match take_module(thread, namespace) {
        Some(module) => module,
        None => "__main__".into(),
    };
    let qualname = match take_name(thread, namespace, "__qualname__") {
        Some(qualname) => operations::text(thread, *qualname, "type __qualname__")?,
        None => name.clone(),
    };
    // The body's functions have the cell: what it holds is theirs.
    drop(take_name(thread, namespace, "__classdictcell__"));
    let interpreter = Arc::clone(thread.interpreter());
    let declared = declared_slots(thread, &name, namespace)?;
    if let Some(declared) = &declared {
        check_slots(thread, declared, base, namespace)?;
    }
    let layout = lay_out(&types, base, declared.as_ref(), expected(thread, namespace));
    let first_member = layout.as_ref().map_or(0, |layout| {
        layout.members() - declared.as_ref().map_or(0, |declared| declared.names.len())
    });
    let closed = layout.is_none()
        && declared
            .as_ref()
            .is_some_and(|declared| !declared.dict && declared.names.is_empty())
        && types.iter().all(|base| !base.is_open());
    let defines = |special: &str| namespace.get_name(*interpreter.intern(special)).is_some();
    let mut slots = inherited_slots(base, &order);
    specials::fill(&mut slots, defines);
    let class = Type::heap(
        Object::new(meta),
        [name, qualname, module],
        |ty| core::iter::once(ty).chain(order.iter().copied()).collect(),
        base,
        slots,
        layout,
    );
    let class_ref = Ref::from_object(class);
    let ty = as_type(*class_ref).expect("just made");
    let named = Tuple::from_refs(types.iter().map(|base| base.value().to_ref()).collect());
    // SAFETY: nobody else knows the class yet.
    unsafe {
        (*class).set_named_bases(named);
        if closed {
            (*class).close();
        }
        if is_referable(&types, base, declared.as_ref()) {
            (*class).allow_weak_references();
        }
    }
    for base in &types {
        interpreter.subclasses.add(base, ty);
    }
    wrap_implicit(&interpreter, namespace);
    let undocumented = !defines("__doc__");
    let unhashable = defines("__eq__") && !defines("__hash__");
    for (name, value) in namespace.to_vec() {
        // SAFETY: nobody else knows the class yet.
        unsafe { ty.attributes.set(name, value) };
    }
    for (absent, name) in [(unhashable, "__hash__"), (undocumented, "__doc__")] {
        if absent {
            let none = singletons::none();
            // SAFETY: as above.
            unsafe { ty.attributes.set(interpreter.intern(name), none) };
        }
    }
    if let Some(declared) = declared
        && ty.layout().is_some()
    {
        for (index, name) in declared.names.into_iter().enumerate() {
            let member = Member::new(ty, name.clone(), first_member + index);
            // SAFETY: as above.
            unsafe { ty.attributes.set(name, member) };
        }
    }
    if let Some(cell) = class_cell.as_ref().and_then(|cell| downcast::<Cell>(cell)) {
        drop(cell.replace(Some(class_ref.clone())));
    }
    announce(thread, &class_ref, ty, keywords)?;
    Ok(class_ref)
}

fn take_name(thread: &mut Thread, namespace: &Dict, name: &str) -> Option<Ref> {
    let name = thread.interpreter().intern(name);
    namespace.remove_name(*name)
}

fn take_module(thread: &mut Thread, namespace: &Dict) -> Option<String> {
    let name = thread.interpreter().intern("__module__");
    let module = namespace.get_name(*name)?;
    downcast::<Str>(&module).map(|module| module.to_utf8_lossy().into_owned())
}

fn require_base(thread: &mut Thread, base: Value) -> PyResult<&'static Type> {
    let Some(ty) = as_type(base) else {
        let name = base.ty().name();
        return Err(thread.type_error(format!("bases must be types, not '{name}'")));
    };
    if ty.is_subclassable() {
        Ok(ty)
    } else {
        Err(thread.type_error(format!(
            "type '{}' is not an acceptable base type",
            ty.name()
        )))
    }
}

/// The base whose layout the instances have: the most derived of those that add to their base's.
fn layout_base(thread: &mut Thread, bases: &[&'static Type]) -> PyResult<&'static Type> {
    let mut best = bases[0];
    for base in &bases[1..] {
        let (old, new) = (solid(best), solid(base));
        if new.is_subtype(old) {
            if new != old {
                best = base;
            }
        } else if !old.is_subtype(new) {
            return Err(thread.type_error("multiple bases have instance lay-out conflict"));
        }
    }
    Ok(best)
}

/// The type in the line of layouts that was the last to add something but a dictionary.
fn solid(ty: &'static Type) -> &'static Type {
    let members = |ty: &'static Type| ty.layout().map_or(0, Layout::members);
    // All exceptions are laid out alike.
    let is_exception = |ty: &'static Type| ty.is_subtype(&exception::BASE_EXCEPTION);
    let mut ty = ty;
    while let Some(base) = ty.base()
        && (ty.is_heap() || Instance::is_layout_of(ty) || is_exception(base))
        && members(ty) == members(base)
    {
        ty = base;
    }
    ty
}

/// What `__slots__` says.
struct Declared {
    /// The slots, interned.
    names: Vec<Ref>,
    dict: bool,
    weak: bool,
}

/// What the namespace's `__slots__` says, if there is one.
fn declared_slots(
    thread: &mut Thread,
    class: &str,
    namespace: &Dict,
) -> PyResult<Option<Declared>> {
    let key = thread.interpreter().intern("__slots__");
    let Some(given) = namespace.get_name(*key) else {
        return Ok(None);
    };
    let given = match downcast::<Str>(&given) {
        Some(_) => vec![given],
        None => operations::collect(thread, *given)?,
    };
    let mut declared = Declared {
        names: Vec::new(),
        dict: false,
        weak: false,
    };
    for name in given {
        let Some(string) = downcast::<Str>(&name) else {
            let ty = name.ty().name();
            return Err(thread.type_error(format!("__slots__ items must be strings, not '{ty}'")));
        };
        let text = string.to_utf8_lossy();
        if !is_identifier(&text) {
            return Err(thread.type_error("__slots__ must be identifiers"));
        }
        match &*text {
            "__dict__" => declared.dict = true,
            "__weakref__" => declared.weak = true,
            text => {
                let name = thread.interpreter().intern(&mangled(class, text));
                declared.names.push(name);
            }
        }
    }
    // The order in which CPython lays them out, which is the order of `__slots__` no more.
    declared
        .names
        .sort_by_key(|name| name_text(name).into_owned());
    Ok(Some(declared))
}

fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    chars
        .next()
        .is_some_and(|first| first == '_' || unicode_ident::is_xid_start(first))
        && chars.all(unicode_ident::is_xid_continue)
}

/// A name that is private to the class `class` as it is there.
fn mangled(class: &str, name: &str) -> String {
    let class = class.trim_start_matches('_');
    if !name.starts_with("__") || name.ends_with("__") || class.is_empty() {
        return name.into();
    }
    format!("_{class}{name}")
}

/// The builtin types whose instances are followed in memory by what is of no fixed size.
const SIZED: [&str; 3] = ["int", "tuple", "bytes"];

/// Whether there may be weak references to instances of a class.
fn is_referable(bases: &[&'static Type], base: &'static Type, declared: Option<&Declared>) -> bool {
    if bases.iter().any(|base| base.has_weak_references()) {
        return true;
    }
    let builtin = base.mro().find(|ty| !ty.is_heap()).map_or("", Type::name);
    declared.is_none_or(|declared| declared.weak) && !SIZED.contains(&builtin)
}

fn check_slots(
    thread: &mut Thread,
    declared: &Declared,
    base: &'static Type,
    namespace: &Dict,
) -> PyResult<()> {
    let builtin = base.mro().find(|ty| !ty.is_heap()).map_or("", Type::name);
    if !declared.names.is_empty() && SIZED.contains(&builtin) {
        let name = base.name();
        return Err(thread.type_error(format!(
            "nonempty __slots__ not supported for subtype of '{name}'"
        )));
    }
    for name in &declared.names {
        if namespace.get_name(**name).is_some() {
            let name = name_text(name);
            let text = format!("'{name}' in __slots__ conflicts with class variable");
            return Err(thread.raise_text(&exception::VALUE_ERROR, text));
        }
    }
    Ok(())
}

/// How many attributes the class's methods set on `self`.
fn expected(thread: &mut Thread, namespace: &Dict) -> usize {
    let key = thread.interpreter().intern("__static_attributes__");
    let names = namespace.get_name(*key);
    names
        .as_ref()
        .and_then(|names| downcast::<Tuple>(names))
        .map_or(0, |names| names.items().len())
}

/// The layout of a class whose instances are laid out as `object`'s.
fn lay_out(
    bases: &[&'static Type],
    base: &'static Type,
    declared: Option<&Declared>,
    expected: usize,
) -> Option<Layout> {
    let inherited = base.layout();
    if !Instance::is_layout_of(base) {
        return None;
    }
    let before = inherited.map_or(0, Layout::members);
    let own = declared.map_or(0, |declared| declared.names.len());
    let has_dict =
        declared.is_none_or(|declared| declared.dict) || bases.iter().any(|base| base.is_open());
    let known = inherited.map_or(0, |layout| layout.capacity() - layout.members());
    Some(Layout::new(before + own, has_dict, expected + known))
}

/// The slots of the layout's base, and over them those of the other bases in order.
fn inherited_slots(base: &'static Type, order: &[&'static Type]) -> Slots {
    let mut slots = *base.slots();
    macro_rules! inherit {
        ($($slot:ident),+) => {
            $(slots.$slot = order.iter().find_map(|ty| ty.slots().$slot);)+
        };
    }
    inherit!(
        repr, str, hash, truth, call, construct, iter, next, send, finalise, len, get_item,
        set_item, contains, get_attr, set_attr, binary, inplace, unary, compare
    );
    slots.dealloc = base.dealloc();
    slots
}

/// Makes the slots of a class made at run time follow its attributes, after one of them changed.
///
/// # Safety
/// Nobody else runs Python code of the interpreter.
pub(super) unsafe fn update_slots(interpreter: &Interpreter, ty: &'static Type) {
    let Some(base) = ty.base() else { return };
    let order: Vec<&'static Type> = ty.mro().skip(1).collect();
    let mut slots = inherited_slots(base, &order);
    specials::fill(&mut slots, |special| {
        ty.attributes.get(*interpreter.intern(special)).is_some()
    });
    // SAFETY: by contract; the borrows above have ended.
    unsafe { ty.set_slots(slots) };
}

/// The C3 linearisation of what derives from `bases`, without itself.
fn linearise(bases: &[&'static Type]) -> Option<Vec<&'static Type>> {
    let mut lists: Vec<Vec<&'static Type>> =
        bases.iter().map(|base| base.mro().collect()).collect();
    lists.push(bases.to_vec());
    let mut order = Vec::new();
    loop {
        lists.retain(|list| !list.is_empty());
        if lists.is_empty() {
            return Some(order);
        }
        let heads = lists.iter().map(|list| list[0]);
        let next = heads
            .into_iter()
            .find(|head| lists.iter().all(|list| !list[1..].contains(head)))?;
        order.push(next);
        for list in &mut lists {
            if list[0] == next {
                list.remove(0);
            }
        }
    }
}

fn inconsistent(thread: &mut Thread, bases: &[&'static Type]) -> Raised {
    let twice = |at: &usize| bases[at + 1..].contains(&bases[*at]);
    if let Some(at) = (0..bases.len()).find(twice) {
        let name = bases[at].name();
        return thread.type_error(format!("duplicate base class {name}"));
    }
    let names: Vec<&str> = bases.iter().map(|base| base.name()).collect();
    thread.type_error(format!(
        "Cannot create a consistent method resolution order (MRO) for bases {}",
        names.join(", ")
    ))
}

/// Tells attributes and bases that the class is there: `__set_name__`, `__init_subclass__`.
fn announce(
    thread: &mut Thread,
    class: &Ref,
    ty: &'static Type,
    keywords: &[(Value, Value)],
) -> PyResult<()> {
    let hook = thread.interpreter().intern("__set_name__");
    for (name, value) in ty.attributes.to_vec() {
        if let Some(method) = value.ty().lookup(*hook) {
            operations::call(thread, method, &Args::new(&[*value, **class, *name]))?;
        }
    }
    let hook = thread.interpreter().intern("__init_subclass__");
    let (method, _) = super::get_super(thread, **class, **class, *hook)?;
    let values: Vec<Value> = keywords.iter().map(|(_, value)| *value).collect();
    let names: Vec<Value> = keywords.iter().map(|(name, _)| *name).collect();
    operations::call(thread, *method, &Args::with_names(&values, &names)).map(drop)
}

/// Functions that are static or class methods by their name.
fn wrap_implicit(interpreter: &Interpreter, namespace: &Dict) {
    let kinds = [
        ("__new__", false),
        ("__init_subclass__", true),
        ("__class_getitem__", true),
    ];
    for (name, of_class) in kinds {
        let name = interpreter.intern(name);
        if let Some(function) = namespace.get_name(*name)
            && downcast::<Function>(&function).is_some()
        {
            namespace.set_name(name, wrap_function(function, of_class));
        }
    }
}
