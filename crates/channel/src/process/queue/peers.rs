//! Which processes use an end of a queue.

use selvedge_sync::process::TooMany;
use selvedge_sync::seam::atomic::{AtomicU64, Ordering};
use selvedge_sync::seam::bounds::PEERS;
use selvedge_sync::seam::process;

/// Nobody has used the slot.
const FREE: u64 = 0;
/// Who used the slot has left. No process has this number.
const LEFT: u64 = u64::MAX;

/// The processes that said that they use an end, each in a slot.
///
/// | slot | to | by | model |
/// | --- | --- | --- | --- |
/// | `FREE`, `LEFT` | a process | that process, which enlists | `receivers_of_processes_are_told_that_no_sender_is_left` |
/// | a process | `LEFT` | that process, which leaves | `last_item_of_a_sender_that_leaves_is_received` |
/// | a dead process | a process | another, which enlists | `a_dead_process_gives_its_slot_to_another` |
#[derive(Debug)]
#[repr(C)]
pub(super) struct Peers {
    slots: [AtomicU64; PEERS],
}

impl Peers {
    pub(super) fn new() -> Self {
        Self {
            slots: core::array::from_fn(|_| AtomicU64::new(FREE)),
        }
    }

    /// Counts this process; returns its slot.
    pub(super) fn enlist(&self) -> Result<usize, TooMany> {
        let this = process::identity();
        let take = |slot: &AtomicU64, holder| {
            // Relaxed: that this process was counted orders nothing. What the one before had done
            // when it left stays visible to who finds this one left, as exchanges continue its
            // release.
            slot.compare_exchange(holder, this, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        };
        let dead = |slot: &AtomicU64| {
            // Relaxed: it is taken by an exchange of what is found here.
            let holder = slot.load(Ordering::Relaxed);
            is_dead(holder).then_some(holder)
        };
        let slots = || self.slots.iter();
        let free = slots().position(|slot| take(slot, FREE) || take(slot, LEFT));
        let taken = free.or_else(|| {
            slots().position(|slot| dead(slot).is_some_and(|holder| take(slot, holder)))
        });
        taken.ok_or(TooMany)
    }

    /// Counts this process no more, if it still has the slot: a child that was forked since has
    /// not.
    pub(super) fn leave(&self, slot: usize) {
        // mutant: equivalent, atomicity: nobody else changes the slot of a process that lives.
        // mutant: argued, ordering: a sender may leave between a receiver's look at the queue and its
        // look at the slots, and the look after that has to find what was sent; a model of that wait
        // does not end, as its time may run out again and again.
        // Release: who finds that this process has left finds what it has done. Relaxed: it is not
        // this process's slot, and stays as it is.
        let _ = self.slots[slot].compare_exchange(
            process::identity(),
            LEFT,
            Ordering::Release,
            Ordering::Relaxed,
        );
    }

    /// Whether there were some, and none is left: each has left or died. What those that left have
    /// done is visible then.
    pub(super) fn are_gone(&self) -> bool {
        let mut known = false;
        for slot in &self.slots {
            // Acquire: see `leave`.
            match slot.load(Ordering::Acquire) {
                FREE => {}
                LEFT => known = true,
                holder if is_dead(holder) => known = true,
                _ => return false,
            }
        }
        known
    }
}

fn is_dead(holder: u64) -> bool {
    holder != FREE && holder != LEFT && !process::is_alive(holder)
}
