//! No place at all: each message passes from a sender to a receiver that meet.

use super::{Buffer, Hitch, Place};

/// A queue that holds nothing; its gates never open.
#[derive(Debug, Default)]
pub(crate) struct Nowhere;

// SAFETY: no message ever lies here.
unsafe impl<T> Buffer<T> for Nowhere {
    fn reserve(&self) -> Result<Place, Hitch> {
        Err(Hitch::Gated)
    }

    fn reserve_gated(&self) -> Result<Place, Hitch> {
        Err(Hitch::Unable)
    }

    unsafe fn fill(&self, _: Place, _: T) {
        unreachable!("no place is ever claimed here");
    }

    unsafe fn give_up(&self, _: Place) {
        unreachable!("no place is ever claimed here");
    }

    fn trim_gated(&self) {}

    fn pop(&self) -> Result<T, Hitch> {
        Err(Hitch::Gated)
    }

    fn close_push(&self) {}
    fn open_push(&self) {}
    fn close_pop(&self) {}
    fn open_pop(&self) {}

    fn pop_gated(&self) -> Result<T, Hitch> {
        Err(Hitch::Unable)
    }

    fn len(&self) -> usize {
        0
    }

    fn capacity(&self) -> Option<usize> {
        Some(0)
    }
}
