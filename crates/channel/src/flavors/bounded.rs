//! A ring of slots, each with a turn counter; positions are claimed by compare-exchange.
//!
//! See the `README.md` beside this module for the idea and for why it is right.

use core::mem::MaybeUninit;
use core::ptr;

use crossbeam_utils::CachePadded;
use selvedge_sync::seam::atomic::{AtomicUsize, Ordering};
use selvedge_sync::seam::cell::UnsafeCell;
use selvedge_sync::seam::memory::zeroed_slice;

use super::{Buffer, Hitch, Place};

/// The bit of a position word that closes its gate.
const GATE: usize = 1;

/// One place of the ring.
///
/// | turn | meaning | next | changed by |
/// | --- | --- | --- | --- |
/// | `4 * lap` | free for the push of this lap | `4 * lap + 1`, `4 * lap + 2` | the sender that claimed it |
/// | `4 * lap + 1` | holds the message of this lap | `4 * (lap + 1)` | the receiver that claimed it |
/// | `4 * lap + 2` | was given up in this lap | `4 * (lap + 1)` | the holder of the channel's mutex |
///
/// `place_given_up_holds_up_nobody` is the model of the last row, `bounded_keeps_the_order_of_one_sender`
/// that of the others.
struct Slot<T> {
    turn: AtomicUsize,
    message: UnsafeCell<MaybeUninit<T>>,
}

/// What a slot's turn adds to its lap.
#[derive(Clone, Copy)]
#[repr(usize)]
enum Step {
    Free,
    Full,
    GivenUp,
}

/// Two bits of a turn are its step.
const STEP_BITS: u32 = 2;

/// A bounded first-in-first-out queue.
///
/// `head` and `tail` are position words: bit 0 is the gate, then the index of a slot in as many
/// bits as `capacity` needs, then the lap.
///
/// | transition | by | model |
/// | --- | --- | --- |
/// | position advances, gate open | anyone, by compare-exchange | `bounded_loses_and_duplicates_nothing` |
/// | position advances, gate closed | the holder of the channel's mutex | `bounded_close_drains_what_was_sent` |
/// | gate closes, opens | the holder of the channel's mutex | `bounded_timed_receiver_leaves_the_line` |
pub(crate) struct Ring<T> {
    head: CachePadded<AtomicUsize>,
    tail: CachePadded<AtomicUsize>,
    slots: Box<[Slot<T>]>,
    /// What a lap adds to a position word.
    lap: usize,
}

// SAFETY: messages move between threads through the slots, so `T` has to be `Send`; the turn of a
// slot says which side its cell belongs to.
unsafe impl<T: Send> Send for Ring<T> {}
// SAFETY: as above; no `&T` is ever shared.
unsafe impl<T: Send> Sync for Ring<T> {}

impl<T> Ring<T> {
    /// A queue for up to `capacity` messages.
    ///
    /// # Panics
    /// If `capacity` is 0, or too large for the address space.
    pub(crate) fn new(capacity: usize) -> Self {
        assert!(capacity > 0, "a ring has at least one slot");
        let lap = capacity
            .checked_next_power_of_two()
            .and_then(|size| size.checked_mul(2))
            .expect("capacity overflow");
        // SAFETY: zero is a valid turn, and its cell holds bytes that need not be initialised.
        let slots = unsafe {
            zeroed_slice(capacity, || Slot {
                turn: AtomicUsize::new(0),
                message: UnsafeCell::new(MaybeUninit::uninit()),
            })
        };
        Self {
            head: CachePadded::new(AtomicUsize::new(0)),
            tail: CachePadded::new(AtomicUsize::new(0)),
            slots,
            lap,
        }
    }

    /// The slot at a position.
    #[inline]
    fn slot(&self, position: usize) -> &Slot<T> {
        let index = (position & (self.lap - 1)) >> 1;
        // SAFETY: positions start at 0 and advance by `after`, which keeps the index below the
        // number of slots.
        unsafe { self.slots.get_unchecked(index) }
    }

    /// The turn at which the slot of a position has come to `step`.
    #[inline]
    fn turn(&self, position: usize, step: Step) -> usize {
        // `lap` is a power of two: laps counted in position words.
        let lap = position >> self.lap.trailing_zeros();
        (lap << STEP_BITS) + step as usize
    }

    /// The position after `position`, gate open.
    #[inline]
    fn after(&self, position: usize) -> usize {
        // mutant: equivalent, bit: who passes a closed gate closes it in the result.
        let position = position & !GATE;
        let index = (position & (self.lap - 1)) >> 1;
        if index + 1 < self.slots.len() {
            position + 2
        } else {
            // The first slot of the next lap.
            (position & !(self.lap - 1)).wrapping_add(self.lap)
        }
    }

    /// Whether the ring is full when `tail` and `head` are its positions.
    #[inline]
    fn is_full(&self, tail: usize, head: usize) -> bool {
        (head & !GATE).wrapping_add(self.lap) == tail & !GATE
    }

    /// Writes the message into the claimed slot of `position` and publishes it.
    #[inline]
    fn put(&self, position: usize, message: T) {
        let slot = self.slot(position);
        // SAFETY: the position was claimed at the slot's free turn, so the cell is this thread's.
        slot.message
            .with_mut(|cell| unsafe { (*cell).write(message) });
        // Release: the message is visible to the receiver that sees the turn.
        slot.turn
            .store(self.turn(position, Step::Full), Ordering::Release);
    }

    /// Reads the message out of the claimed slot of `position` and frees the slot.
    #[inline]
    fn get(&self, position: usize) -> T {
        let slot = self.slot(position);
        // SAFETY: the position was claimed at the slot's full turn, so the cell is this thread's
        // and holds a message.
        let message = slot
            .message
            .with_mut(|cell| unsafe { (*cell).assume_init_read() });
        self.free(position);
        message
    }

    /// Frees the claimed slot of `position` for the next lap.
    #[inline]
    fn free(&self, position: usize) {
        let next = self.turn(position.wrapping_add(self.lap), Step::Free);
        // Release: what was read from the slot was read before the sender that sees the turn.
        self.slot(position).turn.store(next, Ordering::Release);
    }

    /// Whether the slot of `position` is at a step of its turn.
    #[inline]
    fn is_at(&self, position: usize, step: Step) -> bool {
        // Acquire: pairs with the release in `put` and `free`.
        self.slot(position).turn.load(Ordering::Acquire) == self.turn(position, step)
    }
}

/// Whether `tail` was read so early that `head` has passed it.
fn is_behind(tail: usize, head: usize) -> bool {
    // Steps are even: gates change no comparison but that of equal positions, which either way
    // makes a length of 0.
    // mutant: equivalent, bound: as just said.
    tail.wrapping_sub(head).cast_signed() < 0
}

/// The place at a claimed position.
#[inline]
fn place(position: usize) -> Place {
    Place {
        position,
        segment: ptr::null_mut(),
    }
}

// SAFETY: a position is claimed once, by compare-exchange or under the mutex behind closed gates;
// the turn orders the cell's accesses.
unsafe impl<T> Buffer<T> for Ring<T> {
    #[inline]
    fn reserve(&self) -> Result<Place, Hitch> {
        // Positions are relaxed throughout: they carry no message, the turns do.
        let mut lost = 0;
        let mut tail = self.tail.load(Ordering::Relaxed);
        loop {
            if tail & GATE != 0 {
                return Err(Hitch::Gated);
            }
            if self.is_at(tail, Step::Free) {
                let claim = self.tail.compare_exchange_weak(
                    tail,
                    self.after(tail),
                    Ordering::Relaxed,
                    Ordering::Relaxed,
                );
                match claim {
                    Ok(_) => return Ok(place(tail)),
                    Err(now) => tail = now,
                }
                super::pause(&mut lost);
            } else {
                let head = self.head.load(Ordering::Relaxed);
                if self.is_full(tail, head) {
                    return Err(Hitch::Unable);
                }
                let now = self.tail.load(Ordering::Relaxed);
                if now == tail {
                    return Err(Hitch::Midway);
                }
                tail = now;
            }
        }
    }

    #[inline]
    fn pop(&self) -> Result<T, Hitch> {
        let mut lost = 0;
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            if head & GATE != 0 {
                return Err(Hitch::Gated);
            }
            if self.is_at(head, Step::Full) {
                let claim = self.head.compare_exchange_weak(
                    head,
                    self.after(head),
                    Ordering::Relaxed,
                    Ordering::Relaxed,
                );
                match claim {
                    Ok(_) => return Ok(self.get(head)),
                    Err(now) => head = now,
                }
                super::pause(&mut lost);
            } else {
                let tail = self.tail.load(Ordering::Relaxed);
                if tail & !GATE == head {
                    // The gate tells of a closed channel, or of others that wait.
                    return Err(if tail & GATE == 0 {
                        Hitch::Unable
                    } else {
                        Hitch::Gated
                    });
                }
                if self.is_at(head, Step::GivenUp) {
                    // To be freed under the mutex.
                    return Err(Hitch::Gated);
                }
                let now = self.head.load(Ordering::Relaxed);
                if now == head {
                    return Err(Hitch::Midway);
                }
                head = now;
            }
        }
    }

    fn close_push(&self) {
        self.tail.fetch_or(GATE, Ordering::Relaxed);
    }

    fn open_push(&self) {
        // mutant: equivalent, atomicity: behind a closed gate the mutex's holder alone changes it.
        self.tail.fetch_and(!GATE, Ordering::Relaxed);
    }

    fn close_pop(&self) {
        self.head.fetch_or(GATE, Ordering::Relaxed);
    }

    fn open_pop(&self) {
        // mutant: equivalent, atomicity: as for pushes.
        self.head.fetch_and(!GATE, Ordering::Relaxed);
    }

    fn reserve_gated(&self) -> Result<Place, Hitch> {
        // Behind closed gates only the mutex's holder changes the positions.
        let tail = self.tail.load(Ordering::Relaxed);
        if self.is_full(tail, self.head.load(Ordering::Relaxed)) {
            return Err(Hitch::Unable);
        }
        if !self.is_at(tail, Step::Free) {
            return Err(Hitch::Midway);
        }
        self.tail.store(self.after(tail) | GATE, Ordering::Relaxed);
        Ok(place(tail))
    }

    #[inline]
    unsafe fn fill(&self, place: Place, message: T) {
        self.put(place.position, message);
    }

    unsafe fn give_up(&self, place: Place) {
        let turn = self.turn(place.position, Step::GivenUp);
        // Relaxed: under the mutex, as is whoever frees the slot.
        self.slot(place.position)
            .turn
            .store(turn, Ordering::Relaxed);
    }

    fn trim_gated(&self) {
        let head = || self.head.load(Ordering::Relaxed);
        let mut at = head();
        while self.is_at(at, Step::GivenUp) {
            self.head.store(self.after(at) | GATE, Ordering::Relaxed);
            self.free(at);
            at = head();
        }
    }

    fn pop_gated(&self) -> Result<T, Hitch> {
        self.trim_gated();
        let head = self.head.load(Ordering::Relaxed);
        if self.tail.load(Ordering::Relaxed) & !GATE == head & !GATE {
            return Err(Hitch::Unable);
        }
        if !self.is_at(head, Step::Full) {
            return Err(Hitch::Midway);
        }
        self.head.store(self.after(head) | GATE, Ordering::Relaxed);
        Ok(self.get(head))
    }

    fn len(&self) -> usize {
        loop {
            // Relaxed: exact behind closed gates, or if nobody pushes and pops meanwhile; else a
            // figure that the second look makes likely to have been right at some time.
            let tail = self.tail.load(Ordering::Relaxed);
            let head = self.head.load(Ordering::Relaxed);
            if self.tail.load(Ordering::Relaxed) != tail {
                continue;
            }
            let index = |position: usize| (position & (self.lap - 1)) >> 1;
            return if self.is_full(tail, head) {
                self.slots.len()
            } else if is_behind(tail, head) {
                // The tail was read too early: as empty as any.
                0
            } else if index(tail) >= index(head) {
                index(tail) - index(head)
            } else {
                self.slots.len() - index(head) + index(tail)
            };
        }
    }

    fn capacity(&self) -> Option<usize> {
        Some(self.slots.len())
    }
}

impl<T> Drop for Ring<T> {
    fn drop(&mut self) {
        self.close_pop();
        // Nobody is midway: the exclusive borrow proves it.
        while let Ok(message) = self.pop_gated() {
            drop(message);
        }
    }
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::*;

    #[test]
    fn gates_turn_away_and_let_in_again() {
        super::super::check_gates(&Ring::new(2));
    }

    #[test]
    fn what_is_left_is_dropped() {
        super::super::check_drop(Ring::new(2));
    }
}
