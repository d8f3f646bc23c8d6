//! Places from which messages come in another order than they were sent in, all under the
//! channel's mutex.

use core::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use selvedge_sync::seam::Mutex;

use super::{Buffer, Hitch, Place};

/// A queue that hands out its newest or its smallest message first. Its gates never open, and a
/// place is filled by the holder of the channel's mutex that claimed it.
pub(crate) struct Shelf<T> {
    /// Never contended: whoever takes it holds the channel's mutex.
    content: Mutex<Content<T>>,
    capacity: Option<usize>,
}

struct Content<T> {
    messages: Messages<T>,
    /// How many messages ever came.
    came: u64,
}

enum Messages<T> {
    Stack(Vec<T>),
    Heap {
        compare: fn(&T, &T) -> Ordering,
        // The greatest comes first out of a heap.
        heap: BinaryHeap<Reverse<Ranked<T>>>,
    },
}

/// A message and what decides when it comes: its own order, then the order of arrival.
struct Ranked<T> {
    message: T,
    arrival: u64,
    compare: fn(&T, &T) -> Ordering,
}

impl<T> Ord for Ranked<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.compare)(&self.message, &other.message).then(self.arrival.cmp(&other.arrival))
    }
}

impl<T> PartialOrd for Ranked<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Ranked<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<T> Eq for Ranked<T> {}

impl<T> Shelf<T> {
    /// The newest message comes first.
    pub(crate) fn newest_first(capacity: Option<usize>) -> Self {
        Self::new(capacity, Messages::Stack(Vec::new()))
    }

    /// The smallest message comes first, and of equal ones the oldest.
    pub(crate) fn smallest_first(capacity: Option<usize>) -> Self
    where
        T: Ord,
    {
        let heap = BinaryHeap::new();
        let compare = T::cmp;
        Self::new(capacity, Messages::Heap { compare, heap })
    }

    fn new(capacity: Option<usize>, messages: Messages<T>) -> Self {
        Self {
            content: Mutex::new(Content { messages, came: 0 }),
            capacity,
        }
    }
}

impl<T> Content<T> {
    fn len(&self) -> usize {
        match &self.messages {
            Messages::Stack(stack) => stack.len(),
            Messages::Heap { heap, .. } => heap.len(),
        }
    }

    fn push(&mut self, message: T) {
        let arrival = self.came;
        self.came += 1;
        match &mut self.messages {
            Messages::Stack(stack) => stack.push(message),
            Messages::Heap { compare, heap } => heap.push(Reverse(Ranked {
                message,
                arrival,
                compare: *compare,
            })),
        }
    }

    fn pop(&mut self) -> Option<T> {
        match &mut self.messages {
            Messages::Stack(stack) => stack.pop(),
            Messages::Heap { heap, .. } => heap.pop().map(|Reverse(ranked)| ranked.message),
        }
    }
}

// SAFETY: the mutex has each message pushed and popped once, and orders the two.
unsafe impl<T> Buffer<T> for Shelf<T> {
    fn reserve(&self) -> Result<Place, Hitch> {
        Err(Hitch::Gated)
    }

    fn reserve_gated(&self) -> Result<Place, Hitch> {
        if self
            .capacity
            .is_some_and(|most| self.content.lock().len() >= most)
        {
            return Err(Hitch::Unable);
        }
        Ok(Place::anywhere())
    }

    unsafe fn fill(&self, _: Place, message: T) {
        self.content.lock().push(message);
    }

    unsafe fn give_up(&self, _: Place) {
        unreachable!("no select claims a place here");
    }

    fn trim_gated(&self) {}

    fn pop(&self) -> Result<T, Hitch> {
        Err(Hitch::Gated)
    }

    fn pop_gated(&self) -> Result<T, Hitch> {
        self.content.lock().pop().ok_or(Hitch::Unable)
    }

    fn close_push(&self) {}
    fn open_push(&self) {}
    fn close_pop(&self) {}
    fn open_pop(&self) {}

    fn len(&self) -> usize {
        self.content.lock().len()
    }

    fn capacity(&self) -> Option<usize> {
        self.capacity
    }
}
