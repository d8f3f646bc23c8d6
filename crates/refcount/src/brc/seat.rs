//! What a thread has to do with counted pointers: its token, its heap, and the way out of deep
//! recursion.

use crate::heap::{AllocError, LocalHeap, Space, free_remotely};
use crate::{Header, Kind, Owner, Owners, Released, Token};
use core::alloc::Layout;
use core::ptr::NonNull;
use std::cell::{Cell, RefCell};

selvedge_sync::global! {
    static OWNERS: Owners = Owners::new();
}
selvedge_sync::global! {
    static SPACE: Space = Space::new();
}

/// The thread's seat as the fast paths see it.
struct Desk {
    /// A stranger's unless the thread has a seat and is attached.
    token: Cell<Token>,
    /// Points into [`SEAT`]; null without a seat.
    seat: Cell<*const Seat>,
    /// How many destructors of counted values are on the stack.
    depth: Cell<u32>,
}

struct Seat {
    owner: Owner,
    heap: LocalHeap,
}

selvedge_sync::thread_local! {
    /// Has no destructor, so that reading it costs no check.
    static DESK: Desk = Desk {
        token: Cell::new(Token::STRANGER),
        seat: Cell::new(core::ptr::null()),
        depth: Cell::new(0),
    };
    static SEAT: Leaving = Leaving(Cell::new(None));
    /// Dead objects whose destruction waits for the stack to unwind.
    static LATER: RefCell<Vec<Doomed>> = RefCell::new(Vec::new());
}

/// How many destructors may nest before the next object waits.
const MAX_DEPTH: u32 = 64;

/// The seat's owner, which gives it up when the thread ends.
struct Leaving(Cell<Option<Box<Seat>>>);

impl Drop for Leaving {
    fn drop(&mut self) {
        if let Some(seat) = self.0.get_mut() {
            leave(&seat.owner);
            at_desk(|desk| {
                desk.token.set(Token::STRANGER);
                desk.seat.set(core::ptr::null());
            });
        }
    }
}

/// Merges what is queued, for the last time.
fn leave(owner: &Owner) {
    // SAFETY: this thread acts for its owner; from here on it counts as a stranger, and nothing
    // is queued any more.
    let detached = unsafe { owner.detach(destroy_queued) };
    at_desk(|desk| desk.token.set(Token::STRANGER));
    core::mem::forget(detached);
}

/// Calls `f` with the thread's desk. `None` only where a thread that ends has none any more.
#[inline(always)]
fn at_desk<R>(f: impl FnOnce(&Desk) -> R) -> Option<R> {
    DESK.try_with(f).ok()
}

/// The token to count with on this thread.
#[inline(always)]
pub(super) fn me() -> Token {
    at_desk(|desk| desk.token.get()).unwrap_or(Token::STRANGER)
}

/// As [`try_allocate`]; memory that has run out is handled as `Box` does.
#[inline(always)]
pub(super) fn allocate(layout: Layout) -> (NonNull<u8>, Token) {
    match try_allocate(layout) {
        Ok(slot) => slot,
        Err(AllocError) => std::alloc::handle_alloc_error(layout),
    }
}

/// Memory for a new object and the token that owns it.
#[inline(always)]
pub(super) fn try_allocate(layout: Layout) -> Result<(NonNull<u8>, Token), AllocError> {
    let slot = at_desk(|desk| {
        let seat = desk.seat.get();
        // SAFETY: the seat stays until the thread's destructors have run, and those of the
        // thread-locals reset the pointer before.
        let seat = unsafe { seat.as_ref() }?;
        if seat.owner.is_waiting() {
            drain_waiting(seat);
        }
        let slot = seat.heap.allocate(layout, Kind::Plain).ok()?;
        Some((slot, desk.token.get()))
    });
    match slot.flatten() {
        Some(slot) => Ok(slot),
        None => allocate_unseated(layout),
    }
}

#[cold]
#[inline(never)]
fn allocate_unseated(layout: Layout) -> Result<(NonNull<u8>, Token), AllocError> {
    take_seat();
    let seated = at_desk(|desk| {
        // SAFETY: as in `allocate`.
        let seat = unsafe { desk.seat.get().as_ref() }?;
        Some((seat.heap.allocate(layout, Kind::Plain), desk.token.get()))
    });
    // Without a seat the thread is ending, or tokens have run out.
    let unseated = || (SPACE.heap().allocate(layout, Kind::Plain), Token::STRANGER);
    let (slot, owner) = seated.flatten().unwrap_or_else(unseated);
    Ok((slot?, owner))
}

/// Seats the thread, unless it is or cannot be.
fn take_seat() {
    at_desk(|desk| {
        if !desk.seat.get().is_null() {
            return;
        }
        let Some(owner) = OWNERS.try_register() else {
            return;
        };
        let seat = Box::new(Seat {
            owner,
            heap: SPACE.heap(),
        });
        let (token, pointer) = (seat.owner.token(), core::ptr::from_ref(&*seat));
        // Fails while the thread ends: then the seat is given up again at once.
        if seat_thread(seat) {
            desk.token.set(token);
            desk.seat.set(pointer);
        }
    });
}

fn seat_thread(seat: Box<Seat>) -> bool {
    SEAT.try_with(|place| place.0.set(Some(seat))).is_ok()
}

#[cold]
#[inline(never)]
fn drain_waiting(seat: &Seat) {
    if me() == seat.owner.token() {
        // SAFETY: this thread acts for its owner, and is attached, as its token says.
        unsafe { seat.owner.drain(destroy_queued) };
    }
}

/// Gives a dead object's memory back.
///
/// # Safety
/// The memory is from `allocate`, and nobody uses it any more.
#[inline(always)]
pub(super) unsafe fn free(slot: NonNull<u8>) {
    let seat = at_desk(|desk| desk.seat.get()).unwrap_or(core::ptr::null());
    // SAFETY: the caller's promise, and as in `allocate`.
    unsafe {
        match seat.as_ref() {
            Some(seat) => seat.heap.free(slot),
            None => free_remotely(slot),
        }
    }
}

/// What the fast paths do not know about an object's type.
pub(super) struct VTable {
    /// Drops the value and gives up the memory, unless weak pointers keep it.
    pub(super) destroy: unsafe fn(NonNull<Header>),
}

/// A dead object and how to destroy it.
struct Doomed(NonNull<Header>, unsafe fn(NonNull<Header>));

/// Brings an object to its owner, or destroys it on its behalf.
///
/// # Safety
/// `object` was just released with [`Released::Queue`], and `destroy` destroys it.
#[cold]
#[inline(never)]
pub(super) unsafe fn queue(object: NonNull<Header>, destroy: unsafe fn(NonNull<Header>)) {
    // SAFETY: the caller's promise; all counted pointers' owners are of one registry.
    if unsafe { OWNERS.queue(object.as_ptr()) } == Released::Last {
        // SAFETY: told that it is ours.
        unsafe { doom(object, destroy) };
    }
}

fn destroy_queued(object: *const Header) {
    let object = NonNull::new(object.cast_mut()).expect("objects have addresses");
    // SAFETY: only counted pointers' objects get into this registry's queues.
    unsafe { doom(object, super::weak::destructor(object)) };
}

/// Destroys a dead object whose destructor may drop other counted pointers: now, or later if too
/// many destructors are already on the stack.
///
/// # Safety
/// The object is dead and the caller's, and `destroy` destroys it.
pub(crate) unsafe fn doom(object: NonNull<Header>, destroy: unsafe fn(NonNull<Header>)) {
    let depth = at_desk(|desk| desk.depth.get()).unwrap_or(0);
    // mutant: equivalent, bound: a stack has room for one destructor more.
    if depth >= MAX_DEPTH && put_off(object, destroy) {
        return;
    }
    let _nested = Nested::enter(depth);
    // SAFETY: the caller's promise.
    unsafe { destroy(object) };
    if depth == 0 {
        destroy_put_off();
    }
}

/// Restores the depth, also when a destructor panics.
struct Nested(u32);

impl Nested {
    fn enter(depth: u32) -> Self {
        at_desk(|desk| desk.depth.set(depth + 1));
        Self(depth)
    }
}

impl Drop for Nested {
    fn drop(&mut self) {
        at_desk(|desk| desk.depth.set(self.0));
    }
}

fn put_off(object: NonNull<Header>, destroy: unsafe fn(NonNull<Header>)) -> bool {
    LATER
        .try_with(|later| later.borrow_mut().push(Doomed(object, destroy)))
        .is_ok()
}

/// Destroys what was put off. If a destructor panics, the rest waits for the next time.
fn destroy_put_off() {
    let next = || {
        LATER
            .try_with(|later| later.borrow_mut().pop())
            .ok()
            .flatten()
    };
    while let Some(Doomed(object, destroy)) = next() {
        // SAFETY: dead, and put off once.
        unsafe { destroy(object) };
    }
}

/// Destroys what other threads have released for this one to count. A thread does this whenever
/// it makes a [`Brc`](super::Brc) and when it ends; one that does neither for long may call this.
/// Returns how many objects were merged.
pub fn drain() -> usize {
    let merged = at_desk(|desk| {
        // SAFETY: as in `allocate`.
        match unsafe { desk.seat.get().as_ref() } {
            // SAFETY: this thread acts for its owner, and is attached, as its token says.
            Some(seat) if desk.token.get() == seat.owner.token() => unsafe {
                seat.owner.drain(destroy_queued)
            },
            _ => 0,
        }
    });
    merged.unwrap_or(0)
}

/// Runs `blocking`, during which other threads destroy what this one's counts keep from being
/// destroyed: around anything that blocks for long.
///
/// Counted pointers may be used inside; this thread then counts as a stranger.
pub fn detached<R>(blocking: impl FnOnce() -> R) -> R {
    struct Back<'a>(&'a Desk, Token);
    impl Drop for Back<'_> {
        fn drop(&mut self) {
            self.0.token.set(self.1);
        }
    }
    DESK.with(|desk| {
        let token = desk.token.get();
        // SAFETY: as in `allocate`.
        let Some(seat) = (unsafe { desk.seat.get().as_ref() }) else {
            return blocking();
        };
        if token == Token::STRANGER {
            return blocking();
        }
        // SAFETY: this thread acts for its owner, and counts as a stranger until `detached` is
        // dropped, after `back` was made but before it is dropped.
        let detached = unsafe { seat.owner.detach(destroy_queued) };
        let back = Back(desk, token);
        desk.token.set(Token::STRANGER);
        let result = blocking();
        // mutant: equivalent, early-unlock: nothing is counted between the two.
        drop(detached);
        drop(back);
        result
    })
}

/// How many objects of counted pointers exist: for leak checks.
///
/// # Safety
/// No thread uses counted pointers meanwhile.
pub unsafe fn live_objects() -> usize {
    // SAFETY: the caller's promise.
    unsafe { SPACE.used() }
}
