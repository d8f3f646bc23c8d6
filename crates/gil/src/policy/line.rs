//! Waiters in the order in which they came.
//!
//! Noted by slot, which a thread keeps for as long as it waits: a count of references would be one
//! more word that each hand-over moves between processors.

use crate::thread::{Slot, Thread};
use smallvec::SmallVec;

/// So many waiters need no memory of their own, which would be one more place to fetch.
const IN_PLACE: usize = 4;

#[derive(Debug, Default)]
pub(super) struct Line(SmallVec<[Slot; IN_PLACE]>);

impl Line {
    pub(super) fn push_back(&mut self, thread: &Thread) {
        self.0.push(thread.slot);
    }

    pub(super) fn push_front(&mut self, thread: &Thread) {
        self.0.insert(0, thread.slot);
    }

    pub(super) fn front(&self) -> Option<Slot> {
        self.0.first().copied()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn contains(&self, thread: &Thread) -> bool {
        self.0.contains(&thread.slot)
    }

    /// Takes `thread` out. Returns whether it was there. Linear in the number of waiters.
    pub(super) fn remove(&mut self, thread: &Thread) -> bool {
        let place = self.0.iter().position(|&slot| slot == thread.slot);
        if let Some(place) = place {
            self.0.remove(place);
        }
        place.is_some()
    }

    /// The first, which there must be, becomes the last.
    pub(super) fn rotate(&mut self) {
        self.0.rotate_left(1);
    }
}
