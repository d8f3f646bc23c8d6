//! Which classes derive directly from which, in one interpreter: builtin types are shared by all.

use crate::object::tuple::Tuple;
use crate::object::{Type, downcast};
use crate::thread::{current_token, with_interpreter};
use crate::value::{Ref, Value};
use selvedge_sync::seam::Mutex;
use std::collections::BTreeMap;

/// The classes that were made at run time, by the bases that they name. A class is in here as
/// long as it lives; being in here keeps nothing alive.
#[derive(Default)]
pub(crate) struct Subclasses(Mutex<BTreeMap<usize, Vec<&'static Type>>>);

fn key(ty: &'static Type) -> usize {
    core::ptr::from_ref(ty) as usize
}

impl Subclasses {
    /// Notes that `class` names `base`.
    pub(crate) fn add(&self, base: &'static Type, class: &'static Type) {
        // In the registry there is no reference to it, and who finds it there wants one.
        class.object.header.publish();
        self.0.lock().entry(key(base)).or_default().push(class);
    }

    /// The classes that name `base`, the oldest first.
    pub(crate) fn of(&self, base: &'static Type) -> Vec<Ref> {
        let known = self.0.lock();
        let classes = known.get(&key(base)).map_or(&[][..], Vec::as_slice);
        // A class leaves the registry before it is freed, so its header can be read here.
        let alive = classes
            .iter()
            .filter(|class| class.object.header.try_incref(current_token()));
        alive
            .map(|class| Ref::adopt(Value::owned(&raw const class.object)))
            .collect()
    }

    fn remove(&self, base: &'static Type, class: *const Type) {
        let mut known = self.0.lock();
        if let Some(classes) = known.get_mut(&key(base)) {
            classes.retain(|other| !core::ptr::eq(*other, class));
            if classes.is_empty() {
                known.remove(&key(base));
            }
        }
    }
}

/// Whether instances of a type are types.
pub(crate) fn is_layout_of_types(ty: &Type) -> bool {
    core::ptr::fn_addr_eq(ty.dealloc(), super::TYPE_TYPE.dealloc())
}

/// Takes a class that was found to be garbage out of the registry, so that nobody comes by it.
pub(crate) fn forget_subclass(class: &'static Type) {
    if let Some(bases) = class.named_bases()
        && let Some(bases) = downcast::<Tuple>(&bases)
    {
        forget_class(bases.items(), class);
    }
}

/// Takes a class that is being freed out of the registry.
pub(crate) fn forget_class(bases: &[Value], class: *const Type) {
    with_interpreter(|interpreter| {
        for base in bases.iter().filter_map(|base| super::as_type(*base)) {
            interpreter.subclasses.remove(base, class);
        }
    });
}
