//! Cells: variables shared between a function and those nested in it.

use super::list::methods::unhashable;
use super::native::NativeDef;
use super::str::Str;
use super::{Base, CompareOp, Object, Payload, Slots, Type, allocate, class, downcast};
use crate::error::PyResult;
use crate::field::Field;
use crate::operations;
use crate::references;
use crate::thread::Thread;
use crate::value::{Ref, Value};

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
    Slots {
        construct: Some(|thread, _, args| {
            let content = args.between(thread, "cell", 0, 1)?;
            Ok(Cell::new(content.first().map(|content| content.to_ref())))
        }),
        repr: Some(|_, value| {
            let content = downcast::<Cell>(&value).and_then(Cell::get);
            let shown = content.map_or_else(
                || "empty".into(),
                |it| format!("{} object at {:#x}", it.ty().name(), it.bits()),
            );
            Ok(Str::new(&format!(
                "<cell at {:p}: {shown}>",
                value.pointer()
            )))
        }),
        compare: Some(compare),
        hash: Some(unhashable),
        ..Slots::of::<Cell>()
    },
    &[NativeDef::property(
        "cell_contents",
        |thread, args| {
            let content = args.positional().first().and_then(downcast::<Cell>);
            content
                .and_then(Cell::get)
                .ok_or_else(|| thread.value_error("cell is empty"))
        },
        |_, value, new| {
            if let Some(cell) = downcast::<Cell>(&value) {
                drop(cell.replace(new.map(Value::to_ref)));
            }
            Ok(())
        },
    )],
);

/// Cells compare as what they hold; an empty one comes before all others.
fn compare(thread: &mut Thread, op: CompareOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    let (Some(left), Some(right)) = (downcast::<Cell>(&left), downcast::<Cell>(&right)) else {
        return Ok(None);
    };
    match (left.get(), right.get()) {
        (Some(left), Some(right)) => operations::compare(thread, op, *left, *right).map(Some),
        (left, right) => {
            let (left, right) = (i64::from(left.is_some()), i64::from(right.is_some()));
            operations::compare(thread, op, Value::small(left), Value::small(right)).map(Some)
        }
    }
}

// SAFETY: `Cell` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Cell {
    const TYPE: &'static Type = &CELL_TYPE;

    references!(content;);
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
