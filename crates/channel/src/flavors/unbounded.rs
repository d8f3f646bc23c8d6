//! A chain of segments; positions are claimed by compare-exchange, and the receiver that empties a
//! segment last frees it.
//!
//! See the `README.md` beside this module for the idea and for why it is right.

use core::mem::MaybeUninit;
use core::ptr;

use crossbeam_utils::CachePadded;
use selvedge_sync::seam::atomic::{AtomicPtr, AtomicU8, AtomicUsize, Ordering};
use selvedge_sync::seam::bounds::SEGMENT_SLOTS;
use selvedge_sync::seam::cell::UnsafeCell;

use super::{Buffer, Hitch, Place};
use crate::spin::StandBy;

/// The bit of a position word that closes its gate.
const GATE: usize = 1;
/// What one step adds to a position word.
const STEP: usize = 2;
/// Positions in a segment's lap: its slots, and one at which the next segment is being linked.
const LAP: usize = SEGMENT_SLOTS + 1;

/// One place of a segment: written or given up once, read once.
struct Slot<T> {
    /// How far the sender that claimed the slot has come with it.
    ///
    /// | state | meaning | next | changed by | model |
    /// | --- | --- | --- | --- | --- |
    /// | `EMPTY` | the message is on its way | `WRITTEN`, `GIVEN_UP` | the sender | `unbounded_loses_and_duplicates_nothing` |
    /// | `WRITTEN` | the message is in the cell | none | | |
    /// | `GIVEN_UP` | no message will come | none | | `place_given_up_holds_up_nobody` |
    state: AtomicU8,
    message: UnsafeCell<MaybeUninit<T>>,
}

const EMPTY: u8 = 0;
const WRITTEN: u8 = 1;
const GIVEN_UP: u8 = 2;

struct Segment<T> {
    slots: [Slot<T>; SEGMENT_SLOTS],
    /// How many slots have been read: whoever reads the last one frees the segment.
    read: AtomicUsize,
    /// Set by the sender that takes the last slot.
    next: AtomicPtr<Segment<T>>,
}

impl<T> Segment<T> {
    fn new() -> Self {
        Self {
            slots: core::array::from_fn(|_| Slot {
                state: AtomicU8::new(EMPTY),
                message: UnsafeCell::new(MaybeUninit::uninit()),
            }),
            read: AtomicUsize::new(0),
            next: AtomicPtr::new(ptr::null_mut()),
        }
    }
}

/// One end of the chain: a position word, and the segment that it lies in.
///
/// Bit 0 of the word is the gate, the others count positions. At the last position of a lap the
/// segment is about to change: whoever took the slot before it installs the next segment and then
/// steps over the position.
struct End<T> {
    position: AtomicUsize,
    segment: AtomicPtr<Segment<T>>,
}

/// An unbounded first-in-first-out queue.
///
/// | transition | by | model |
/// | --- | --- | --- |
/// | position advances, gate open | anyone, by compare-exchange | `unbounded_loses_and_duplicates_nothing` |
/// | position advances, gate closed | the holder of the channel's mutex | `unbounded_close_drains_what_was_sent` |
/// | position steps over the end of a lap | whoever claimed the position before it | `unbounded_loses_and_duplicates_nothing` |
/// | gate closes, opens | the holder of the channel's mutex | `unbounded_hand_over_wakes_the_receiver` |
pub(crate) struct Chain<T> {
    head: CachePadded<End<T>>,
    tail: CachePadded<End<T>>,
}

// SAFETY: messages move between threads through the slots, so `T` has to be `Send`; each slot is
// written by the sender and read by the receiver that claimed its position.
unsafe impl<T: Send> Send for Chain<T> {}
// SAFETY: as above; no `&T` is ever shared.
unsafe impl<T: Send> Sync for Chain<T> {}

/// The place in its segment of a position, or `SEGMENT_SLOTS` at the end of the lap.
#[inline]
fn offset(position: usize) -> usize {
    (position / STEP) % LAP
}

/// A position that was claimed, and the segment that it lies in.
struct Claim<T> {
    position: usize,
    segment: *mut Segment<T>,
}

impl<T> Chain<T> {
    pub(crate) fn new() -> Self {
        let first = Box::into_raw(Box::new(Segment::new()));
        let end = || End {
            position: AtomicUsize::new(0),
            segment: AtomicPtr::new(first),
        };
        Self {
            head: CachePadded::new(end()),
            tail: CachePadded::new(end()),
        }
    }

    /// Claims the position at the tail, gate open or, with `gate` set to [`GATE`], closed.
    #[inline]
    fn claim_tail(&self, gate: usize) -> Result<Claim<T>, Hitch> {
        let mut lost = 0;
        let mut fresh = None;
        loop {
            // Acquire: whoever moved the position past the end of a lap installed the segment
            // before.
            let position = self.tail.position.load(Ordering::Acquire);
            if position & GATE != gate {
                return Err(Hitch::Gated);
            }
            if offset(position) == SEGMENT_SLOTS {
                return Err(Hitch::Midway);
            }
            // Relaxed: the position, acquired above, comes after its segment and what that was
            // made of.
            let segment = self.tail.segment.load(Ordering::Relaxed);
            let last = offset(position) + 1 == SEGMENT_SLOTS;
            if last && fresh.is_none() {
                // Before the claim, since others wait from then until it is installed.
                fresh = Some(Box::new(Segment::new()));
            }
            // Relaxed: a claim gives out a number; what is in the slot is ordered by the slot.
            let claim = self.tail.position.compare_exchange_weak(
                position,
                position.wrapping_add(STEP),
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            if claim.is_err() {
                super::pause(&mut lost);
                continue;
            }
            if let (true, Some(fresh)) = (last, fresh) {
                self.install_tail(segment, fresh);
            }
            return Ok(Claim { position, segment });
        }
    }

    /// Makes `fresh` the segment of the tail, which stands at the end of `segment`'s lap.
    fn install_tail(&self, segment: *mut Segment<T>, fresh: Box<Segment<T>>) {
        let fresh = Box::into_raw(fresh);
        // Relaxed: goes with the position.
        self.tail.segment.store(fresh, Ordering::Relaxed);
        // Release: the segment and its content go before the position.
        self.tail.position.fetch_add(STEP, Ordering::Release);
        // SAFETY: the claimed slot of `segment` has not been read, so it has not been freed.
        let segment = unsafe { &*segment };
        // Release: the segment's content goes with its address, for the receiver that steps over.
        // mutant: argued, ordering: a slot could be read before it is made. Segments are memory
        // that loom does not watch, and x86 orders its stores.
        segment.next.store(fresh, Ordering::Release);
    }

    /// Where the head stands, gate open or, with `gate` set to [`GATE`], closed: a position that
    /// is claimed at the tail.
    #[inline]
    fn look_at_head(&self, gate: usize) -> Result<Claim<T>, Hitch> {
        // Acquire: whoever moved the position past the end of a lap installed the segment before.
        let position = self.head.position.load(Ordering::Acquire);
        if position & GATE != gate {
            return Err(Hitch::Gated);
        }
        let tail = self.tail.position.load(Ordering::Relaxed);
        let ahead = (tail & !GATE).wrapping_sub(position - gate) as isize;
        if ahead <= 0 {
            // The gate tells of a closed channel, or of others that wait. A tail that is behind
            // the head was read too early: as empty as any.
            return Err(if tail & GATE == gate {
                Hitch::Unable
            } else {
                Hitch::Gated
            });
        }
        if offset(position) == SEGMENT_SLOTS {
            return Err(Hitch::Midway);
        }
        // Relaxed: goes with the position, as at the tail.
        let segment = self.head.segment.load(Ordering::Relaxed);
        Ok(Claim { position, segment })
    }

    /// Claims the position at the head, gate open or, with `gate` set to [`GATE`], closed.
    #[inline]
    fn claim_head(&self, gate: usize) -> Result<Claim<T>, Hitch> {
        let mut lost = 0;
        loop {
            let Claim { position, segment } = self.look_at_head(gate)?;
            // SAFETY: behind closed gates nobody but this thread, which holds the mutex, claims the
            // head's position: its slot is not read, and the segment not freed.
            if gate == GATE && unsafe { state(segment, position) } == EMPTY {
                // Not to be waited for with the mutex held: the slot may be a select's, whose
                // message is not made yet.
                return Err(Hitch::Midway);
            }
            // Relaxed: a claim gives out a number; what is in the slot is ordered by the slot.
            let claim = self.head.position.compare_exchange_weak(
                position,
                position.wrapping_add(STEP),
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            if claim.is_err() {
                super::pause(&mut lost);
                continue;
            }
            return Ok(Claim { position, segment });
        }
    }
}

/// The state of the slot of a position.
///
/// # Safety
/// The position is one of the segment's, and its slot is not read meanwhile.
unsafe fn state<T>(segment: *mut Segment<T>, position: usize) -> u8 {
    // SAFETY: a segment is freed after all its slots were read.
    let slot = unsafe { &(*segment).slots[offset(position)] };
    // Relaxed: who reads the slot looks again.
    slot.state.load(Ordering::Relaxed)
}

impl<T> From<Place> for Claim<T> {
    #[inline]
    fn from(place: Place) -> Self {
        Self {
            position: place.position,
            segment: place.segment.cast(),
        }
    }
}

impl<T> Claim<T> {
    /// The claimed slot.
    ///
    /// # Safety
    /// The slot is not read.
    #[inline]
    unsafe fn slot(&self) -> &Slot<T> {
        // SAFETY: a segment is freed after all its slots were read, and this one is not.
        unsafe { &(*self.segment).slots[offset(self.position)] }
    }

    /// Writes the message into the claimed slot and publishes it.
    #[inline]
    fn put(&self, message: T) {
        // SAFETY: a slot that is not written is not read.
        let slot = unsafe { self.slot() };
        // SAFETY: the position is claimed, and a receiver waits until the slot is written.
        slot.message
            .with_mut(|cell| unsafe { (*cell).write(message) });
        // Release: the message is visible to the receiver that sees the slot written.
        slot.state.store(WRITTEN, Ordering::Release);
    }

    /// Leaves the claimed slot empty.
    fn give_up(&self) {
        // SAFETY: a slot that is not given up is not read.
        let slot = unsafe { self.slot() };
        // Release: the slot is left before its segment is freed.
        // mutant: argued, ordering: a segment could be freed while its slot is being left, memory
        // that loom does not watch; x86 orders its stores.
        slot.state.store(GIVEN_UP, Ordering::Release);
    }

    /// Reads the message out of the claimed slot once it is written, and frees the segment if that
    /// was the last slot of it. There is no message if the slot was given up.
    #[inline]
    fn get(self) -> Option<T> {
        // SAFETY: a segment is freed after all its slots were read, and this one is not.
        let segment = unsafe { &*self.segment };
        let slot = &segment.slots[offset(self.position)];
        // Acquire: pairs with the release in `put` and `give_up`.
        let state = || slot.state.load(Ordering::Acquire);
        if state() == EMPTY {
            wait_until(|| state() != EMPTY);
        }
        let message = if state() == WRITTEN {
            let read = |cell: *mut MaybeUninit<T>| {
                // SAFETY: the position is claimed, and the slot is written.
                unsafe { (*cell).assume_init_read() }
            };
            Some(slot.message.with_mut(read))
        } else {
            None
        };
        // Release: this read is over before the segment is freed. Acquire: so are all others.
        // mutant: argued, ordering: a segment could be freed while another still reads from it,
        // memory that loom does not watch; on x86 an exchange is ordered whatever it says.
        if segment.read.fetch_add(1, Ordering::AcqRel) == SEGMENT_SLOTS - 1 {
            // SAFETY: all slots were read; both ends stand beyond this segment.
            drop(unsafe { Box::from_raw(self.segment) });
        }
        message
    }
}

/// Waits for another thread that is in the middle of a push.
#[cold]
fn wait_until(done: impl Fn() -> bool) {
    let mut stand_by = StandBy::new();
    while !done() {
        stand_by.wait();
    }
}

impl<T> Chain<T> {
    #[inline]
    fn reserve_through(&self, gate: usize) -> Result<Place, Hitch> {
        let Claim { position, segment } = self.claim_tail(gate)?;
        Ok(Place {
            position,
            segment: segment.cast(),
        })
    }

    #[inline]
    fn pop_through(&self, gate: usize) -> Result<T, Hitch> {
        loop {
            if let Some(message) = self.take(gate)? {
                return Ok(message);
            }
        }
    }

    /// Takes what is in the slot at the head: nothing if it was given up.
    #[inline]
    fn take(&self, gate: usize) -> Result<Option<T>, Hitch> {
        let claim = self.claim_head(gate)?;
        if offset(claim.position) + 1 == SEGMENT_SLOTS {
            self.install_head(claim.segment);
        }
        Ok(claim.get())
    }

    /// Whether the slot at the head was given up; the gates are closed.
    fn head_is_given_up(&self) -> bool {
        self.look_at_head(GATE).is_ok_and(|head| {
            // SAFETY: behind closed gates nobody but this thread, which holds the mutex, claims
            // the head's position: its slot is not read, and the segment not freed.
            unsafe { state(head.segment, head.position) == GIVEN_UP }
        })
    }

    /// Makes the segment after `segment` that of the head, which stands at the end of its lap.
    fn install_head(&self, segment: *mut Segment<T>) {
        // SAFETY: the claimed slot of `segment` has not been read, so it has not been freed.
        let segment = unsafe { &*segment };
        // Acquire: pairs with the release in `install_tail`.
        // mutant: argued, ordering: as there.
        let next = || segment.next.load(Ordering::Acquire);
        wait_until(|| !next().is_null());
        // Relaxed: goes with the position.
        self.head.segment.store(next(), Ordering::Relaxed);
        // Release: the segment goes before the position.
        self.head.position.fetch_add(STEP, Ordering::Release);
    }
}

// SAFETY: a position is claimed once, by compare-exchange; the slot's state orders the cell's
// accesses.
unsafe impl<T> Buffer<T> for Chain<T> {
    #[inline]
    fn reserve(&self) -> Result<Place, Hitch> {
        self.reserve_through(0)
    }

    fn reserve_gated(&self) -> Result<Place, Hitch> {
        self.reserve_through(GATE)
    }

    #[inline]
    unsafe fn fill(&self, place: Place, message: T) {
        Claim::from(place).put(message);
    }

    unsafe fn give_up(&self, place: Place) {
        Claim::<T>::from(place).give_up();
    }

    fn trim_gated(&self) {
        while self.head_is_given_up() {
            let taken = self.take(GATE);
            debug_assert!(
                matches!(taken, Ok(None)),
                "nobody else takes behind closed gates"
            );
        }
    }

    #[inline]
    fn pop(&self) -> Result<T, Hitch> {
        self.pop_through(0)
    }

    // The gates are relaxed: they carry no message.
    fn close_push(&self) {
        self.tail.position.fetch_or(GATE, Ordering::Relaxed);
    }

    fn open_push(&self) {
        self.tail.position.fetch_and(!GATE, Ordering::Relaxed);
    }

    fn close_pop(&self) {
        self.head.position.fetch_or(GATE, Ordering::Relaxed);
    }

    fn open_pop(&self) {
        self.head.position.fetch_and(!GATE, Ordering::Relaxed);
    }

    fn pop_gated(&self) -> Result<T, Hitch> {
        self.pop_through(GATE)
    }

    fn len(&self) -> usize {
        loop {
            // Relaxed: exact behind closed gates, or if nobody pushes and pops meanwhile; else a
            // figure that the second look makes likely to have been right at some time.
            let tail = self.tail.position.load(Ordering::Relaxed);
            let head = self.head.position.load(Ordering::Relaxed);
            if self.tail.position.load(Ordering::Relaxed) == tail {
                // A tail that is behind the head was read too early: as empty as any.
                let length = count(tail).wrapping_sub(count(head)).cast_signed();
                return length.max(0).cast_unsigned();
            }
        }
    }

    fn capacity(&self) -> Option<usize> {
        None
    }
}

/// How many messages came before a position.
fn count(position: usize) -> usize {
    position / STEP / LAP * SEGMENT_SLOTS + offset(position)
}

impl<T> Drop for Chain<T> {
    fn drop(&mut self) {
        self.close_push();
        self.close_pop();
        // Nobody is midway: the exclusive borrow proves it.
        while let Ok(message) = self.pop_gated() {
            drop(message);
        }
        let last = self.head.segment.load(Ordering::Relaxed);
        // SAFETY: the head's segment is not fully read, so it has not been freed, and all before
        // it have been.
        drop(unsafe { Box::from_raw(last) });
    }
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::*;

    #[test]
    fn gates_turn_away_and_let_in_again() {
        super::super::check_gates(&Chain::new());
    }

    #[test]
    fn what_is_left_is_dropped() {
        super::super::check_drop(Chain::new());
    }
}
