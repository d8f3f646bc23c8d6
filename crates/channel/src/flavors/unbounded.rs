//! A chain of segments; positions are claimed by compare-exchange, and emptied segments come back
//! at the tail.
//!
//! See the `README.md` beside this module for the idea and for why it is right.

use core::mem::MaybeUninit;
use core::ptr;

use crossbeam_utils::CachePadded;
use selvedge_sync::seam::atomic::{AtomicPtr, AtomicU8, AtomicUsize, Ordering};
use selvedge_sync::seam::bounds::SEGMENT_SLOTS;
use selvedge_sync::seam::cell::UnsafeCell;

use super::{Buffer, Hitch, Place};
use selvedge_sync::StandBy;

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
    /// Which slots have been read. Apart from the slots: only receivers look here.
    read: [AtomicU8; SEGMENT_SLOTS],
    /// Set by the sender that takes the last slot; once the head has stepped over the segment, the
    /// next of [`Chain::passed`].
    next: AtomicPtr<Segment<T>>,
}

/// In [`Segment::read`].
const READ: u8 = 1;

impl<T> Segment<T> {
    fn new() -> Self {
        Self {
            slots: core::array::from_fn(|_| Slot {
                state: AtomicU8::new(EMPTY),
                message: UnsafeCell::new(MaybeUninit::uninit()),
            }),
            read: core::array::from_fn(|_| AtomicU8::new(0)),
            next: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Whether every slot has been read, so that nobody uses the segment any more.
    fn is_empty(&self) -> bool {
        // Acquire: pairs with the release after a read.
        // mutant: argued, ordering: a segment could come back while another still reads from it,
        // memory that loom does not watch; x86 orders its loads.
        self.read
            .iter()
            .all(|read| read.load(Ordering::Acquire) == READ)
    }

    /// Makes an empty segment as good as new.
    fn clear(&self) {
        // Relaxed, all of them: the segment goes to others with the position that it lies at.
        for (slot, read) in self.slots.iter().zip(&self.read) {
            slot.state.store(EMPTY, Ordering::Relaxed);
            read.store(0, Ordering::Relaxed);
        }
        self.next.store(ptr::null_mut(), Ordering::Relaxed);
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

/// The end that messages are taken from.
struct Head<T> {
    end: End<T>,
    /// A position that the tail has reached: as long as the head is behind that, a pop need not
    /// look at the tail, whose cache line belongs to the senders.
    reached: AtomicUsize,
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
    head: CachePadded<Head<T>>,
    tail: CachePadded<End<T>>,
    /// Segments that the head has stepped over while others still read from them, linked by
    /// `next`: looked at again with the next one.
    passed: AtomicPtr<Segment<T>>,
    /// An empty segment for the tail, or null.
    spare: AtomicPtr<Segment<T>>,
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

/// Tries once to step over a position.
#[inline]
fn advance(end: &AtomicUsize, position: usize) -> bool {
    // Relaxed: a claim gives out a number; what is in the slot is ordered by the slot.
    end.compare_exchange(
        position,
        position.wrapping_add(STEP),
        Ordering::Relaxed,
        Ordering::Relaxed,
    )
    .is_ok()
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
            head: CachePadded::new(Head {
                end: end(),
                reached: AtomicUsize::new(0),
            }),
            tail: CachePadded::new(end()),
            passed: AtomicPtr::new(ptr::null_mut()),
            spare: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// A segment for the tail.
    #[expect(
        clippy::unnecessary_box_returns,
        reason = "the spare one lies in a box already"
    )]
    fn fresh(&self) -> Box<Segment<T>> {
        // Acquire: pairs with the release in `keep`.
        // mutant: argued, ordering: as in `is_empty`.
        let spare = self.spare.swap(ptr::null_mut(), Ordering::Acquire);
        if spare.is_null() {
            return Box::new(Segment::new());
        }
        // SAFETY: whoever takes it off has it alone.
        let spare = unsafe { Box::from_raw(spare) };
        spare.clear();
        spare
    }

    /// Puts away the segment that the head has just stepped over, and what was left of those
    /// before: those that are empty come back at the tail, or are freed.
    #[inline(never)]
    fn put_by(&self, segment: *mut Segment<T>) {
        // Acquire: pairs with the release in `pass`.
        // mutant: argued, ordering: links are followed in memory that loom does not watch; x86
        // orders its loads.
        let others = self.passed.swap(ptr::null_mut(), Ordering::Acquire);
        // SAFETY: this thread has stepped the head over the segment, whose slots nobody claims any
        // more, and looks at it before anybody can free it.
        unsafe { (*segment).next.store(others, Ordering::Relaxed) };
        let mut at = segment;
        // SAFETY: as above, or taken off the list.
        while let Some(segment) = unsafe { at.as_ref() } {
            let next = segment.next.load(Ordering::Relaxed);
            if segment.is_empty() {
                // SAFETY: all slots were read, and both ends stand beyond.
                self.keep(unsafe { Box::from_raw(at) });
            } else {
                self.pass(segment);
            }
            at = next;
        }
    }

    /// Keeps an empty segment for the tail, if there is none yet.
    fn keep(&self, segment: Box<Segment<T>>) {
        let segment = Box::into_raw(segment);
        // Release: what was read, by whomever, was read before the segment is written again.
        // mutant: argued, ordering: as in `is_empty`.
        let kept = self.spare.compare_exchange(
            ptr::null_mut(),
            segment,
            Ordering::Release,
            Ordering::Relaxed,
        );
        if kept.is_err() {
            // SAFETY: made of a box above.
            drop(unsafe { Box::from_raw(segment) });
        }
    }

    /// Puts a segment, from which others still read, on the list of those.
    fn pass(&self, segment: &Segment<T>) {
        // Relaxed: only what the exchange below expects.
        let mut first = self.passed.load(Ordering::Relaxed);
        loop {
            segment.next.store(first, Ordering::Relaxed);
            // Release: the link goes before the address.
            // mutant: argued, ordering: as for whoever takes the list.
            let listed = self.passed.compare_exchange_weak(
                first,
                ptr::from_ref(segment).cast_mut(),
                Ordering::Release,
                Ordering::Relaxed,
            );
            match listed {
                Ok(_) => return,
                Err(now) => first = now,
            }
        }
    }

    /// Tries once to claim the position at the tail: not the last of a lap.
    #[inline]
    fn claim_tail_at_once(&self) -> Option<Claim<T>> {
        // Acquire, and relaxed: as in `claim_tail`.
        let position = self.tail.position.load(Ordering::Acquire);
        if position & GATE != 0 || offset(position) >= SEGMENT_SLOTS - 1 {
            return None;
        }
        let segment = self.tail.segment.load(Ordering::Relaxed);
        let end = &self.tail.position;
        advance(end, position).then_some(Claim { position, segment })
    }

    /// Tries once to claim the position at the head: not the last of a lap.
    #[inline]
    fn claim_head_at_once(&self) -> Option<Claim<T>> {
        let claim = self.look_at_head(0).ok()?;
        let end = &self.head.end.position;
        let may = offset(claim.position) < SEGMENT_SLOTS - 1 && advance(end, claim.position);
        may.then_some(claim)
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
                fresh = Some(self.fresh());
            }
            if !advance(&self.tail.position, position) {
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
        let position = self.head.end.position.load(Ordering::Acquire);
        if position & GATE != gate {
            return Err(Hitch::Gated);
        }
        let is_before = |reached: usize| {
            (reached & !GATE)
                .wrapping_sub(position - gate)
                .cast_signed()
                > 0
        };
        // Relaxed, here and below: the tail never goes back, and orders nothing.
        if !is_before(self.head.reached.load(Ordering::Relaxed)) {
            let tail = self.tail.position.load(Ordering::Relaxed);
            if !is_before(tail) {
                // The gate tells of a closed channel, or of others that wait. A tail that is behind
                // the head was read too early: as empty as any.
                return Err(if tail & GATE == gate {
                    Hitch::Unable
                } else {
                    Hitch::Gated
                });
            }
            self.head.reached.store(tail, Ordering::Relaxed);
        }
        if offset(position) == SEGMENT_SLOTS {
            return Err(Hitch::Midway);
        }
        // Relaxed: goes with the position, as at the tail.
        let segment = self.head.end.segment.load(Ordering::Relaxed);
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
            if !advance(&self.head.end.position, position) {
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

    /// Reads the message out of the claimed slot once it is written. There is no message if the
    /// slot was given up.
    #[inline]
    fn get(self) -> Option<T> {
        // SAFETY: not read yet.
        let slot = unsafe { self.slot() };
        // Acquire: pairs with the release in `put` and `give_up`.
        match slot.state.load(Ordering::Acquire) {
            EMPTY => self.get_late(),
            state => self.get_in(state),
        }
    }

    /// As [`get`](Self::get), of a slot whose sender is on its way.
    #[cold]
    #[inline(never)]
    fn get_late(self) -> Option<T> {
        // SAFETY: not read yet. Acquire: as above.
        let look = || unsafe { self.slot() }.state.load(Ordering::Acquire);
        wait_until(|| look() != EMPTY);
        let state = look();
        self.get_in(state)
    }

    /// As [`get`](Self::get), of a slot in this state.
    #[inline]
    fn get_in(self, state: u8) -> Option<T> {
        // SAFETY: a segment is put by after all its slots were read, and this one is not.
        let segment = unsafe { &*self.segment };
        let at = offset(self.position);
        let message = (state == WRITTEN).then(|| {
            let read = |cell: *mut MaybeUninit<T>| {
                // SAFETY: the position is claimed, and the slot is written.
                unsafe { (*cell).assume_init_read() }
            };
            segment.slots[at].message.with_mut(read)
        });
        // Release: this read is over before the segment comes back or is freed.
        // mutant: argued, ordering: as in `is_empty`.
        segment.read[at].store(READ, Ordering::Release);
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
        let segment = claim.segment;
        let is_last = offset(claim.position) + 1 == SEGMENT_SLOTS;
        if is_last {
            self.install_head(segment);
        }
        let message = claim.get();
        if is_last {
            self.put_by(segment);
        }
        Ok(message)
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
        self.head.end.segment.store(next(), Ordering::Relaxed);
        // Release: the segment goes before the position.
        self.head.end.position.fetch_add(STEP, Ordering::Release);
    }
}

// SAFETY: a position is claimed once, by compare-exchange; the slot's state orders the cell's
// accesses.
unsafe impl<T> Buffer<T> for Chain<T> {
    #[inline]
    fn push_at_once(&self, message: T) -> Result<(), T> {
        match self.claim_tail_at_once() {
            Some(claim) => {
                claim.put(message);
                Ok(())
            }
            None => Err(message),
        }
    }

    #[inline]
    fn pop_at_once(&self) -> Option<T> {
        self.claim_head_at_once()?.get()
    }

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
        self.head.end.position.fetch_or(GATE, Ordering::Relaxed);
    }

    fn open_pop(&self) {
        self.head.end.position.fetch_and(!GATE, Ordering::Relaxed);
    }

    fn pop_gated(&self) -> Result<T, Hitch> {
        self.pop_through(GATE)
    }

    fn len(&self) -> usize {
        loop {
            // Relaxed: exact behind closed gates, or if nobody pushes and pops meanwhile; else a
            // figure that the second look makes likely to have been right at some time.
            let tail = self.tail.position.load(Ordering::Relaxed);
            let head = self.head.end.position.load(Ordering::Relaxed);
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
        let mut passed = self.passed.load(Ordering::Relaxed);
        while !passed.is_null() {
            // SAFETY: nobody reads from it any more, as above, and it is on one list.
            let segment = unsafe { Box::from_raw(passed) };
            passed = segment.next.load(Ordering::Relaxed);
        }
        let spare = self.spare.load(Ordering::Relaxed);
        let last = self.head.end.segment.load(Ordering::Relaxed);
        for segment in [spare, last] {
            if !segment.is_null() {
                // SAFETY: the head's segment is not fully read, so it was not put by, and the
                // spare one is where one segment can be.
                drop(unsafe { Box::from_raw(segment) });
            }
        }
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

    /// Sends and receives a lap of messages, counted from 0; returns the segment they lay in.
    fn run_a_lap(chain: &Chain<usize>) -> *mut Segment<usize> {
        let segment = chain.tail.segment.load(Ordering::Relaxed);
        (0..SEGMENT_SLOTS).for_each(|message| chain.push(message).unwrap());
        (0..SEGMENT_SLOTS).for_each(|message| assert_eq!(chain.pop(), Ok(message)));
        segment
    }

    #[test]
    fn emptied_segment_comes_back_at_the_tail() {
        let chain = Chain::new();
        let laps: Vec<_> = (0..6).map(|_| run_a_lap(&chain)).collect();
        assert_ne!(laps[0], laps[1]);
        assert_eq!(laps[..2], laps[2..4]);
        assert_eq!(laps[..2], laps[4..]);
        assert_eq!(chain.pop_at_once(), None);
    }

    #[test]
    fn segment_that_somebody_reads_from_is_put_by() {
        let chain = Chain::new();
        let slow = |chain: &Chain<usize>| {
            (0..SEGMENT_SLOTS).for_each(|message| chain.push(message).unwrap());
            let slow = chain.claim_head(0).unwrap();
            (1..SEGMENT_SLOTS).for_each(|message| assert_eq!(chain.pop(), Ok(message)));
            slow
        };
        let (first, second) = (slow(&chain), slow(&chain));
        let passed = || chain.passed.load(Ordering::Relaxed);
        let spare = || chain.spare.load(Ordering::Relaxed);
        assert_eq!(
            passed(),
            first.segment,
            "as the last of the list is looked at"
        );
        assert!(spare().is_null());
        let second_segment = second.segment;
        assert_eq!(first.get(), Some(0));
        run_a_lap(&chain);
        assert_eq!((passed(), spare().is_null()), (second_segment, false));
        assert_ne!(spare(), second_segment);
        assert_eq!(second.get(), Some(0));
        run_a_lap(&chain);
        assert!(passed().is_null());
    }

    #[test]
    fn tail_is_looked_at_only_where_the_head_has_come_to_what_it_knows() {
        let chain = Chain::new();
        (0..3).for_each(|message| chain.push(message).unwrap());
        assert_eq!(chain.pop(), Ok(0));
        let reached = || chain.head.reached.load(Ordering::Relaxed);
        assert_eq!(reached(), 3 * STEP);
        chain.push(3).unwrap();
        assert_eq!((chain.pop(), chain.pop()), (Ok(1), Ok(2)));
        assert_eq!(reached(), 3 * STEP);
        assert_eq!(chain.pop(), Ok(3));
        assert_eq!(reached(), 4 * STEP);
        assert_eq!(chain.pop(), Err(Hitch::Unable));
    }
}
