//! What `__slots__` puts into a class: a descriptor for each slot.

use super::OBJECT_TYPE;
use crate::error::PyResult;
use crate::object::instance::Instance;
use crate::object::native::NativeDef;
use crate::object::str::{Str, name_text};
use crate::object::{
    Base, Object, Payload, Slots, Type, allocate, downcast_exact, exception, singletons,
};
use crate::references;
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// The descriptor of a slot.
#[repr(C)]
pub(crate) struct Member {
    object: Object,
    /// The class whose `__slots__` names it, and which keeps it.
    owner: &'static Type,
    name: Ref,
    slot: usize,
}

/// The type `member_descriptor`.
pub(crate) static MEMBER_TYPE: Type = Type::builtin(
    "member_descriptor",
    Base::One(&OBJECT_TYPE),
    Slots {
        repr: Some(repr),
        ..Slots::of::<Member>()
    },
    &[
        NativeDef::method("__get__", |thread, args| {
            let [this, receiver, ..] = args.between(thread, "__get__", 1, 3)? else {
                return Err(thread.type_error("expected at least 1 argument, got 0"));
            };
            match downcast_exact::<Member>(this) {
                Some(member) if !singletons::is_none(*receiver) => get(thread, member, *receiver),
                _ => Ok(this.to_ref()),
            }
        }),
        NativeDef::method("__set__", |thread, args| {
            let [this, receiver, new] = args.exactly(thread, "__set__")?;
            if let Some(member) = downcast_exact::<Member>(&this) {
                set(thread, member, receiver, Some(new))?;
            }
            Ok(singletons::none())
        }),
        NativeDef::method("__delete__", |thread, args| {
            let [this, receiver] = args.exactly(thread, "__delete__")?;
            if let Some(member) = downcast_exact::<Member>(&this) {
                set(thread, member, receiver, None)?;
            }
            Ok(singletons::none())
        }),
        NativeDef::getter("__name__", |thread, args| {
            let [this] = args.exactly(thread, "__name__")?;
            Ok(downcast_exact::<Member>(&this).map_or_else(singletons::none, |it| it.name.clone()))
        }),
        NativeDef::getter("__objclass__", |thread, args| {
            let [this] = args.exactly(thread, "__objclass__")?;
            Ok(downcast_exact::<Member>(&this)
                .map_or_else(singletons::none, |it| it.owner.value().to_ref()))
        }),
    ],
);

// SAFETY: `Member` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Member {
    const TYPE: &'static Type = &MEMBER_TYPE;

    references!();
}

impl Member {
    /// The descriptor of the slot with number `slot`, which the class `owner` names `name`.
    pub(super) fn new(owner: &'static Type, name: Ref, slot: usize) -> Ref {
        allocate(Self {
            object: Object::new(&MEMBER_TYPE),
            owner,
            name,
            slot,
        })
    }

    /// The slot, for receivers that have it.
    pub(crate) fn slot_in(&self, receiver: Value) -> Option<usize> {
        receiver.ty().is_subtype(self.owner).then_some(self.slot)
    }

    /// The slot in the receiver.
    ///
    /// # Errors
    /// `TypeError` if it is of another class.
    fn place<'a>(
        &self,
        thread: &mut Thread,
        receiver: &'a Value,
    ) -> PyResult<(&'a Instance, usize)> {
        match (Instance::of(receiver), self.slot_in(*receiver)) {
            (Some(instance), Some(slot)) => Ok((instance, slot)),
            _ => {
                let (name, owner) = (name_text(&self.name), self.owner.name());
                let got = receiver.ty().name();
                Err(thread.type_error(format!(
                    "descriptor '{name}' for '{owner}' objects doesn't apply to a '{got}' object"
                )))
            }
        }
    }
}

/// Reads the slot of `receiver`.
pub(super) fn get(thread: &mut Thread, member: &Member, receiver: Value) -> PyResult {
    let (instance, slot) = member.place(thread, &receiver)?;
    match instance.member(slot) {
        Some(value) => Ok(value),
        None => Err(empty(thread, member, receiver)),
    }
}

/// Sets or empties the slot of `receiver`.
pub(super) fn set(
    thread: &mut Thread,
    member: &Member,
    receiver: Value,
    new: Option<Value>,
) -> PyResult<()> {
    let (instance, slot) = member.place(thread, &receiver)?;
    let emptied = new.is_none();
    let old = instance.set_member(slot, new.map(Value::to_ref));
    if emptied && old.is_none() {
        return Err(thread.raise_text(&exception::ATTRIBUTE_ERROR, name_text(&member.name)));
    }
    Ok(())
}

#[cold]
fn empty(thread: &mut Thread, member: &Member, receiver: Value) -> crate::error::Raised {
    let (ty, name) = (receiver.ty().name(), name_text(&member.name));
    let text = format!("'{ty}' object has no attribute '{name}'");
    let raised = thread.raise_text(&exception::ATTRIBUTE_ERROR, text);
    thread.describe_raised(&[("name", *member.name), ("obj", receiver)]);
    raised
}

fn repr(_: &mut Thread, value: Value) -> PyResult {
    let member = downcast_exact::<Member>(&value).expect("called through its type");
    let (name, owner) = (name_text(&member.name), member.owner.name());
    Ok(Str::new(&format!("<member '{name}' of '{owner}' objects>")))
}
