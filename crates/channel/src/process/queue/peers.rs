//! Which processes use an end of a queue.

use selvedge_sync::process::TooMany;
use selvedge_sync::seam::atomic::{AtomicU64, Ordering};
use selvedge_sync::seam::bounds::PEERS;
use selvedge_sync::seam::process;

/// The processes that said that they use an end, each in a slot.
///
/// | slot | to | by | model |
/// | --- | --- | --- | --- |
/// | 0 | a process | that process, which enlists | `receivers_of_processes_are_told_that_no_sender_is_left` |
/// | a process | 0 | that process, which leaves | the same |
/// | a dead process | a process | another, which enlists | `a_dead_process_gives_its_slot_to_another` |
#[derive(Debug)]
#[repr(C)]
pub(super) struct Peers {
    /// How often somebody has enlisted.
    enlisted: AtomicU64,
    slots: [AtomicU64; PEERS],
}

impl Peers {
    pub(super) fn new() -> Self {
        Self {
            enlisted: AtomicU64::new(0),
            slots: core::array::from_fn(|_| AtomicU64::new(0)),
        }
    }

    /// Counts this process; returns its slot.
    pub(super) fn enlist(&self) -> Result<usize, TooMany> {
        let this = process::identity();
        let take = |slot: &AtomicU64, holder| {
            // Acquire: who takes a slot after another has done all that the other one did.
            // Release: who finds somebody there finds that it was counted.
            slot.compare_exchange(holder, this, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok()
        };
        let dead = |slot: &AtomicU64| {
            // Relaxed: it is taken by an exchange of what is found here.
            let holder = slot.load(Ordering::Relaxed);
            (holder != 0 && !process::is_alive(holder)).then_some(holder)
        };
        let slots = || self.slots.iter();
        let free = slots().position(|slot| take(slot, 0));
        let taken = free.or_else(|| {
            slots().position(|slot| dead(slot).is_some_and(|holder| take(slot, holder)))
        });
        let taken = taken.ok_or(TooMany)?;
        // Release: who knows that somebody has enlisted finds the slot.
        self.enlisted.fetch_add(1, Ordering::Release);
        Ok(taken)
    }

    /// Counts this process no more, if it still has the slot: a child that was forked since has
    /// not.
    pub(super) fn leave(&self, slot: usize) {
        // Release: who finds the slot free finds what this process has done. Relaxed: it is not
        // this process's slot, and stays as it is.
        let _ = self.slots[slot].compare_exchange(
            process::identity(),
            0,
            Ordering::Release,
            Ordering::Relaxed,
        );
    }

    /// Whether there were some, and none is left: each has left or died. What they have done is
    /// visible then.
    pub(super) fn are_gone(&self) -> bool {
        // Acquire, twice: see `enlist` and `leave`.
        self.enlisted.load(Ordering::Acquire) != 0
            && self.slots.iter().all(|slot| {
                let holder = slot.load(Ordering::Acquire);
                holder == 0 || !process::is_alive(holder)
            })
    }
}
