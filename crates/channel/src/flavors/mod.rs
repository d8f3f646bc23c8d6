//! Where messages lie between a send and a receive: one module a kind of channel.

pub(crate) mod bounded;
pub(crate) mod ordered;
pub(crate) mod rendezvous;
pub(crate) mod unbounded;

use selvedge_sync::seam::bounds::SPINS;
use selvedge_sync::seam::hint;

/// The longest pause after a lost race for a position, in processor hints.
// mutant: equivalent, bound: `SPINS` is 8 in neither implementation of the seam.
const LONGEST_RETRY_PAUSE: u32 = if SPINS < 8 { 1 } else { 8 };

/// Pauses before the next attempt after `lost` lost races for a position.
#[inline]
fn pause(lost: &mut u32) {
    *lost += 1;
    for _ in 0..(*lost).min(LONGEST_RETRY_PAUSE) {
        hint::spin_loop();
    }
}

/// Why a fast path did not push or pop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hitch {
    /// No room for a push; nothing to pop.
    Unable,
    /// The gate is closed, or the next place was given up: the operation has to go through the
    /// channel's mutex.
    Gated,
    /// Another thread is in the middle of a push or pop that this one has to wait for; it takes
    /// a few instructions, or a time slice if that thread lost its processor.
    Midway,
}

/// A place for one message, claimed at the end of the queue and not yet filled.
#[derive(Debug)]
pub(crate) struct Place {
    position: usize,
    /// The segment of an unbounded queue that the position lies in.
    segment: *mut (),
}

impl Place {
    /// A place in a queue that need not know where.
    fn anywhere() -> Self {
        Self {
            position: 0,
            segment: core::ptr::null_mut(),
        }
    }
}

/// A queue with a gate on each side.
///
/// With its gates open, anyone may push and pop without a lock. A closed gate turns everyone away
/// at the very instruction that would claim a place: gate and position are one word. So whoever
/// holds the channel's mutex and has closed both gates has the positions to itself.
///
/// # Safety
/// A message that was pushed is popped exactly once, by one thread, and happens-before its pop;
/// what is left is dropped with the queue.
pub(crate) unsafe trait Buffer<T> {
    /// Claims the next place. Until it is filled, the places after it are held up.
    fn reserve(&self) -> Result<Place, Hitch>;
    /// Like [`reserve`](Self::reserve), behind closed gates and never [`Hitch::Gated`].
    fn reserve_gated(&self) -> Result<Place, Hitch>;
    /// Puts a message into a claimed place.
    ///
    /// # Safety
    /// The place was claimed in this queue.
    unsafe fn fill(&self, place: Place, message: T);
    /// Gives up a claimed place, holding the channel's mutex: pops pass it over.
    ///
    /// # Safety
    /// As for [`fill`](Self::fill).
    unsafe fn give_up(&self, place: Place);
    /// Hears that a message passes from a sender to a receiver without lying here.
    #[inline]
    fn passed_by(&self) {}
    /// Behind closed gates, frees the places at the head that were given up.
    fn trim_gated(&self);

    /// Appends `message`, or gives it back.
    #[inline]
    fn push(&self, message: T) -> Result<(), (T, Hitch)> {
        match self.reserve() {
            Ok(place) => {
                // SAFETY: claimed just now.
                unsafe { self.fill(place, message) };
                Ok(())
            }
            Err(hitch) => Err((message, hitch)),
        }
    }

    /// Removes the oldest message.
    fn pop(&self) -> Result<T, Hitch>;
    /// Like [`pop`](Self::pop), behind closed gates and never [`Hitch::Gated`].
    fn pop_gated(&self) -> Result<T, Hitch>;

    /// Closes the gate for pushes.
    fn close_push(&self);
    /// Opens the gate for pushes.
    fn open_push(&self);
    /// Closes the gate for pops.
    fn close_pop(&self);
    /// Opens the gate for pops.
    fn open_pop(&self);

    /// How many messages lie here; claimed places count, and so do those that were given up behind
    /// a message.
    fn len(&self) -> usize;
    /// How many messages fit, if there is a limit.
    fn capacity(&self) -> Option<usize>;
}

/// Fails unless closed gates turn pushes and pops away and opened ones let them in.
#[cfg(all(test, not(selvedge_loom)))]
fn check_gates(buffer: &impl Buffer<u8>) {
    buffer.close_push();
    assert_eq!(buffer.push(1), Err((1, Hitch::Gated)));
    buffer.open_push();
    assert_eq!(buffer.push(1), Ok(()));
    buffer.close_pop();
    assert_eq!(buffer.pop(), Err(Hitch::Gated));
    buffer.close_push();
    assert_eq!(buffer.pop_gated(), Ok(1));
    let place = buffer.reserve_gated();
    // SAFETY: claimed just now.
    unsafe { buffer.fill(place.unwrap(), 2) };
    assert_eq!(buffer.push(3), Err((3, Hitch::Gated)), "still closed");
    assert_eq!(buffer.pop(), Err(Hitch::Gated), "still closed");
    buffer.open_push();
    buffer.open_pop();
    assert_eq!(buffer.pop(), Ok(2));
}

/// Fails unless a queue drops what is left in it.
#[cfg(all(test, not(selvedge_loom)))]
fn check_drop(buffer: impl Buffer<selvedge_sync::seam::Arc<u8>>) {
    use selvedge_sync::seam::Arc;
    let witness = Arc::new(1);
    assert!(buffer.push(Arc::clone(&witness)).is_ok());
    assert_eq!(Arc::strong_count(&witness), 2);
    drop(buffer);
    assert_eq!(Arc::strong_count(&witness), 1);
}
