//! Cells: variables shared between a function and those nested in it.

use super::{Base, Object, Payload, Slots, Type, allocate, class};
use crate::field::Field;
use crate::value::Ref;

/// A variable that closures share.
#[repr(C)]
pub struct Cell {
    object: Object,
    content: Field,
}

/// The type `cell`.
pub static CELL_TYPE: Type = Type::builtin(
    "cell",
    Base::One(&class::OBJECT_TYPE),
    Slots::of::<Cell>(),
    &[],
);

// SAFETY: `Cell` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Cell {
    const TYPE: &'static Type = &CELL_TYPE;
}

impl Cell {
    /// A cell with this content.
    pub fn new(content: Option<Ref>) -> Ref {
        allocate(Self {
            object: Object::new(&CELL_TYPE),
            content: Field::new(content),
        })
    }

    /// The content.
    #[inline]
    pub fn get(&self) -> Option<Ref> {
        self.content.get(&self.object)
    }

    /// Replaces the content; returns the old one.
    #[inline]
    pub fn replace(&self, content: Option<Ref>) -> Option<Ref> {
        self.content.replace(&self.object, content)
    }
}
