//! A work-stealing deque after Chase and Lev, with the orderings of Lê, Pop, Cohen and Nardelli.
//!
//! Its owner pushes and pops at the bottom; anybody steals at the top. Each entry is a word and a
//! *tag* that says which task of its owner it descends from, so that a thief can ask for the
//! descendants of one task only.
//!
//! `top` only grows; `bottom` is the owner's. Entries live in `top..bottom`.
//!
//! | who | takes entry | decided by |
//! | --- | --- | --- |
//! | owner, `top < bottom - 1` | `bottom - 1` | nobody else: a thief that could want it would have seen the lowered `bottom` (the two fences) |
//! | owner, `top == bottom - 1` | the last | the exchange on `top` |
//! | thief | `top` | the exchange on `top` |
//!
//! Covering models: `deque_models.rs`.

use core::marker::PhantomData;
use core::ptr;
use selvedge_sync::seam::Mutex;
use selvedge_sync::seam::atomic::{AtomicPtr, AtomicUsize, Ordering, fence};

/// Entries of the first buffer; each further one is twice as large.
const FIRST: usize = if cfg!(selvedge_loom) { 2 } else { 64 };

/// What a deque holds: something that is one pointer.
///
/// # Safety
/// `from_raw(into_raw(x))` is `x`, and may happen on another thread.
pub unsafe trait Entry: Sized + Send {
    /// Gives up ownership.
    fn into_raw(self) -> *mut ();
    /// Takes ownership again.
    ///
    /// # Safety
    /// The pointer came from `into_raw`, and each such pointer is given here once.
    unsafe fn from_raw(pointer: *mut ()) -> Self;
}

struct Slot {
    entry: AtomicPtr<()>,
    tag: AtomicUsize,
}

struct Buffer {
    slots: Box<[Slot]>,
}

impl Buffer {
    fn new(length: usize) -> Self {
        let slot = |_| Slot {
            entry: AtomicPtr::new(ptr::null_mut()),
            tag: AtomicUsize::new(0),
        };
        Self {
            slots: (0..length).map(slot).collect(),
        }
    }

    fn slot(&self, index: usize) -> &Slot {
        // The length is a power of two.
        &self.slots[index & (self.slots.len() - 1)]
    }

    // Relaxed throughout: `bottom`, `top` and `buffer` carry the entries from thread to thread; a
    // thief that reads a slot which is being overwritten fails its exchange and forgets it.
    fn read(&self, index: usize) -> (*mut (), usize) {
        let slot = self.slot(index);
        let entry = slot.entry.load(Ordering::Relaxed);
        (entry, slot.tag.load(Ordering::Relaxed))
    }

    fn write(&self, index: usize, (entry, tag): (*mut (), usize)) {
        let slot = self.slot(index);
        slot.entry.store(entry, Ordering::Relaxed);
        slot.tag.store(tag, Ordering::Relaxed);
    }
}

/// Keeps a hot word on cache lines of its own.
#[repr(align(128))]
struct Padded<T>(T);

/// A deque. [`push`](Self::push) and [`pop`](Self::pop) are for its one owner.
pub struct Deque<T> {
    top: Padded<AtomicUsize>,
    bottom: Padded<AtomicUsize>,
    buffer: AtomicPtr<Buffer>,
    /// Buffers that were outgrown: a thief may still be reading one. They are freed with the
    /// deque, and are together no larger than the last.
    #[allow(
        clippy::vec_box,
        reason = "thieves hold references: a buffer stays where it is"
    )]
    outgrown: Mutex<Vec<Box<Buffer>>>,
    /// Entries are handed over whole, never shared.
    entries: PhantomData<fn() -> T>,
}

/// What came of an attempt to steal.
#[derive(Debug, PartialEq, Eq)]
pub enum Stolen<T> {
    /// An entry.
    Entry(T),
    /// Nothing there, or nothing with the tag that was asked for.
    Nothing,
    /// Another thread took the entry first; there may be more.
    Retry,
}

impl<T: Entry> Deque<T> {
    /// An empty deque. The first buffer is allocated here.
    pub fn new() -> Self {
        Self {
            top: Padded(AtomicUsize::new(0)),
            bottom: Padded(AtomicUsize::new(0)),
            buffer: AtomicPtr::new(Box::into_raw(Box::new(Buffer::new(FIRST)))),
            outgrown: Mutex::new(Vec::new()),
            entries: PhantomData,
        }
    }

    /// Whether the deque looks empty. Exact for a caller that is ordered after the last push.
    pub fn is_empty(&self) -> bool {
        // Callers that rely on the answer have a fence or a mutex before it.
        self.len() == 0
    }

    /// About how many entries there are.
    pub fn len(&self) -> usize {
        // Relaxed: an estimate. `pop` lowers `bottom` below `top` for a moment.
        let top = self.top.0.load(Ordering::Relaxed);
        let bottom = self.bottom.0.load(Ordering::Relaxed);
        bottom
            .wrapping_sub(top)
            .cast_signed()
            .max(0)
            .cast_unsigned()
    }

    /// Adds an entry at the bottom.
    ///
    /// # Safety
    /// The caller is the owner: no other `push` or `pop` runs at the same time.
    pub unsafe fn push(&self, entry: T, tag: usize) {
        // Relaxed: the owner's own.
        let bottom = self.bottom.0.load(Ordering::Relaxed);
        // Acquire: the thief that moved `top` has read the slot that may be overwritten now.
        // mutant: argued, ordering: relaxed, the thief's read of the slot could return what is
        // written below, which the memory model allows of a load before its store; loom runs no
        // load before the store that it reads, and x86 does not either.
        let top = self.top.0.load(Ordering::Acquire);
        // Relaxed: the owner's own.
        // SAFETY: the current buffer is freed with the deque only.
        let mut buffer = unsafe { &*self.buffer.load(Ordering::Relaxed) };
        if bottom.wrapping_sub(top) >= buffer.slots.len() {
            buffer = self.grow(top, bottom);
        }
        buffer.write(bottom, (entry.into_raw(), tag));
        // Release: a thief that sees the new bottom sees the entry, and what it points to.
        self.bottom
            .0
            .store(bottom.wrapping_add(1), Ordering::Release);
    }

    /// Takes the entry pushed last.
    ///
    /// # Safety
    /// As for [`push`](Self::push).
    pub unsafe fn pop(&self) -> Option<T> {
        // Relaxed: the owner's own.
        let bottom = self.bottom.0.load(Ordering::Relaxed).wrapping_sub(1);
        // SAFETY: the current buffer is freed with the deque only.
        let buffer = unsafe { &*self.buffer.load(Ordering::Relaxed) };
        // With the fence: either a thief sees the lowered bottom, or this sees its top. Release:
        // a thief that sees this bottom sees the entries it speaks of, as with `push`'s.
        self.bottom.0.store(bottom, Ordering::Release);
        fence(Ordering::SeqCst);
        let top = self.top.0.load(Ordering::Relaxed);
        let left = bottom.wrapping_sub(top).cast_signed();
        if left > 0 {
            // SAFETY: no thief can reach this entry, and the lowered bottom takes it off.
            return Some(unsafe { T::from_raw(buffer.read(bottom).0) });
        }
        let won = left == 0 && self.take_top(top);
        // Raises bottom back to where a thief finds nothing either way. Release: as above.
        // mutant: argued, ordering: a thief that reads this bottom loses the exchange unless it
        // read it before the failed exchange above read its own: the memory model allows that
        // circle, neither loom nor x86 runs a load before the store that it reads.
        self.bottom
            .0
            .store(bottom.wrapping_add(1), Ordering::Release);
        // SAFETY: the exchange gave this entry to the owner.
        won.then(|| unsafe { T::from_raw(buffer.read(bottom).0) })
    }

    /// Takes the oldest entry, if `wanted` likes its tag.
    pub fn steal(&self, wanted: impl Fn(usize) -> bool) -> Stolen<T> {
        // Relaxed: the fence below orders it.
        let top = self.top.0.load(Ordering::Relaxed);
        // With the fence in `pop`: see there. It also makes the load above acquire: what was taken
        // before is known to be taken.
        fence(Ordering::SeqCst);
        // Acquire: the entry below the bottom seen here is seen too.
        let bottom = self.bottom.0.load(Ordering::Acquire);
        if bottom.wrapping_sub(top).cast_signed() <= 0 {
            return Stolen::Nothing;
        }
        // Acquire: a buffer seen here is seen with its copied entries.
        // SAFETY: outgrown buffers are kept until the deque goes.
        let buffer = unsafe { &*self.buffer.load(Ordering::Acquire) };
        let (entry, tag) = buffer.read(top);
        if !wanted(tag) {
            return Stolen::Nothing;
        }
        if !self.take_top(top) {
            return Stolen::Retry;
        }
        // SAFETY: the exchange gave this entry to the thief.
        Stolen::Entry(unsafe { T::from_raw(entry) })
    }

    fn take_top(&self, top: usize) -> bool {
        let next = top.wrapping_add(1);
        // Release: the slot was read before it is given free (see `push`). The published proof
        // has a sequentially consistent exchange, since fences of C11 order a load only against
        // a store that it reads; those of C++20, and so of Rust, order what lies before and after
        // them by coherence (P0668), which is all that the table above needs: were the owner to
        // miss the `top` that a thief saw before its fence, and the thief the lowered `bottom`,
        // each fence would come before the other.
        // mutant: argued, ordering: with the load of `top` in `push`; see there.
        self.top
            .0
            .compare_exchange(top, next, Ordering::Release, Ordering::Relaxed)
            .is_ok()
    }

    #[cold]
    fn grow(&self, top: usize, bottom: usize) -> &Buffer {
        // Relaxed: the owner's own.
        // SAFETY: it came from a box, and is taken back here once, as the owner alone replaces it.
        let old = unsafe { Box::from_raw(self.buffer.load(Ordering::Relaxed)) };
        let new = Box::new(Buffer::new(old.slots.len() * 2));
        let mut index = top;
        while index != bottom {
            new.write(index, old.read(index));
            index = index.wrapping_add(1);
        }
        let new = Box::into_raw(new);
        // Release: whoever sees the new buffer sees the copied entries.
        self.buffer.store(new, Ordering::Release);
        self.outgrown.lock().push(old);
        // SAFETY: the current buffer is freed with the deque only.
        unsafe { &*new }
    }
}

impl<T: Entry> Default for Deque<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Drop for Deque<T> {
    fn drop(&mut self) {
        // Entries left behind would leak: owners empty their deques before they go.
        // SAFETY: the exclusive borrow proves that nobody uses the buffer.
        drop(unsafe { Box::from_raw(self.buffer.load(Ordering::Relaxed)) });
    }
}

impl<T> core::fmt::Debug for Deque<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Deque").finish_non_exhaustive()
    }
}
