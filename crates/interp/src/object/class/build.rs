//! Making classes: bases, linearisation, namespace, slots.

use super::{OBJECT_TYPE, as_type, specials};
use crate::error::{PyResult, Raised};
use crate::interpreter::Interpreter;
use crate::object::cell::Cell;
use crate::object::dict::Dict;
use crate::object::function::Function;
use crate::object::method::wrap_function;
use crate::object::native::Args;
use crate::object::str::{Str, name_text};
use crate::object::tuple::Tuple;
use crate::object::{Object, Type, downcast, singletons};
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
    let mut slots = inherited_slots(base, &order);
    let class_cell = take_name(thread, namespace, "__classcell__");
    let module = match take_module(thread, namespace) {
        Some(module) => module,
        None => "__main__".into(),
    };
    let interpreter = Arc::clone(thread.interpreter());
    let defines = |special: &str| namespace.get_name(*interpreter.intern(special)).is_some();
    specials::fill(&mut slots, defines);
    let class = Type::heap(
        Object::new(meta),
        name,
        module,
        |ty| core::iter::once(ty).chain(order.iter().copied()).collect(),
        base,
        slots,
    );
    let class_ref = Ref::from_object(class);
    let ty = as_type(*class_ref).expect("just made");
    let named = Tuple::from_refs(types.iter().map(|base| base.value().to_ref()).collect());
    // SAFETY: nobody else knows the class yet.
    unsafe { (*class).set_named_bases(named) };
    if let Some(names) = namespace.get_name(*interpreter.intern("__slots__"))
        && restricts(thread, *names)?
        && types
            .iter()
            .all(|base| *base == &OBJECT_TYPE || base.has_only_slots())
    {
        // SAFETY: nobody else knows the class yet.
        unsafe { (*class).restrict_to_slots() };
    }
    wrap_implicit(&interpreter, namespace);
    let unhashable = defines("__eq__") && !defines("__hash__");
    for (name, value) in namespace.to_vec() {
        // SAFETY: nobody else knows the class yet.
        unsafe { ty.attributes.set(name, value) };
    }
    if unhashable {
        // SAFETY: as above.
        unsafe {
            ty.attributes
                .set(interpreter.intern("__hash__"), singletons::none())
        };
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

/// The base whose layout the instances have: the most derived of those that are not plain.
fn layout_base(thread: &mut Thread, bases: &[&'static Type]) -> PyResult<&'static Type> {
    let solid = |ty: &'static Type| ty.mro().find(|ty| !ty.is_heap()).unwrap_or(&OBJECT_TYPE);
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

/// The slots of the layout's base, and over them those of the other bases in order.
fn inherited_slots(base: &'static Type, order: &[&'static Type]) -> crate::object::Slots {
    let mut slots = base.slots;
    macro_rules! inherit {
        ($($slot:ident),+) => {
            $(slots.$slot = order.iter().find_map(|ty| ty.slots.$slot);)+
        };
    }
    inherit!(
        repr, str, hash, truth, call, construct, iter, next, send, finalise, len, get_item,
        set_item, contains, get_attr, set_attr, binary, inplace, unary, compare
    );
    slots.dealloc = base.dealloc();
    slots
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

/// Whether `__slots__` leaves no room for other attributes.
fn restricts(thread: &mut Thread, names: Value) -> PyResult<bool> {
    if downcast::<Str>(&names).is_some() {
        return Ok(name_text(&names) != "__dict__");
    }
    let names = operations::collect(thread, names)?;
    if let Some(other) = names.iter().find(|name| downcast::<Str>(name).is_none()) {
        let ty = other.ty().name();
        return Err(thread.type_error(format!("__slots__ items must be strings, not '{ty}'")));
    }
    Ok(names.iter().all(|name| name_text(name) != "__dict__"))
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
