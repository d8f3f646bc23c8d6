//! Memory of objects: on the pages of a heap where the collector has to find them, else in blocks
//! of a few sizes, of which those that a thread has freed are kept for its next objects.
//!
//! | object | where | freed |
//! | --- | --- | --- |
//! | that may refer to others ([`Payload::REFERS`]), or of a class made at run time | on a page of the thread's [`LocalHeap`] | to its page |
//! | the same, made where no thread is attached or by [`make_shared`]: what all interpreters share | on a page of a heap of its own, untracked | to its page |
//! | any other up to [`LARGEST`] bytes | a block | kept by the thread that freed it, in a list for its size, until its next object of that size, or its end |
//! | any other, larger or beyond [`KEPT`] bytes a list | a block | at once |
//!
//! A list is linked through the blocks themselves. Every block is the system allocator's, so it
//! does not matter whether the thread that frees it has made it. Bytes that were made an instance of a
//! class after they were made lie in a block.

use super::{Object, PAGED, Payload};
use crate::gc;
use crate::value::Ref;
use core::alloc::Layout;
use core::cell::Cell;
use core::ptr::NonNull;
use selvedge_refcount::{AllocError, Kind, LocalHeap, Space, free_remotely};
use selvedge_sync::seam::{Mutex, OnceLock};

/// Sizes are rounded up to multiples of this.
const GRAIN: usize = 16;
/// The largest size of which freed blocks are kept.
const LARGEST: usize = 512;
const LISTS: usize = LARGEST / GRAIN;
/// For how many bytes of blocks there is room in a list.
const KEPT: usize = 1 << 17;

/// Freed blocks of one size.
struct List {
    /// The last one freed, or null; the first word of each is the one before.
    first: Cell<*mut u8>,
    /// How many more there is room for.
    room: Cell<u32>,
}

impl List {
    const fn new(number: usize) -> Self {
        Self {
            first: Cell::new(core::ptr::null_mut()),
            room: Cell::new((KEPT / ((number + 1) * GRAIN)) as u32),
        }
    }

    #[inline(always)]
    fn pop(&self) -> Option<*mut u8> {
        let block = self.first.get();
        if block.is_null() {
            return None;
        }
        // SAFETY: a block in the list begins with a link.
        self.first.set(unsafe { block.cast::<*mut u8>().read() });
        self.room.set(self.room.get() + 1);
        Some(block)
    }

    /// Keeps a block if there is room; says whether it did.
    #[inline(always)]
    fn push(&self, block: *mut u8) -> bool {
        let room = self.room.get();
        if room == 0 {
            return false;
        }
        // SAFETY: nobody uses the block any more, and it has room for a link.
        unsafe { block.cast::<*mut u8>().write(self.first.get()) };
        self.first.set(block);
        self.room.set(room - 1);
        true
    }
}

/// The lists of a system thread.
struct Lists([List; LISTS]);

impl Lists {
    const fn new() -> Self {
        let mut lists = [const { List::new(0) }; LISTS];
        let mut number = 0;
        while number < LISTS {
            lists[number] = List::new(number);
            number += 1;
        }
        Self(lists)
    }
}

/// Frees what the lists hold at the end of a system thread.
struct AtEnd;

impl Drop for AtEnd {
    fn drop(&mut self) {
        FREED.with(|lists| {
            for (number, list) in lists.0.iter().enumerate() {
                while let Some(block) = list.pop() {
                    // SAFETY: blocks of this list were allocated with this layout.
                    unsafe { std::alloc::dealloc(block, layout_of(number)) };
                }
                // What is freed from here on is not kept.
                list.room.set(0);
            }
        });
    }
}

selvedge_sync::thread_local! {
    /// The heap that this system thread makes objects on; null while it is not attached.
    static HEAP: Cell<*const LocalHeap> = Cell::new(core::ptr::null());
    static FREED: Lists = Lists::new();
    static AT_END: AtEnd = AtEnd;
}

/// Makes sure that this system thread frees what it keeps when it ends.
pub(crate) fn free_at_end_of_thread() {
    AT_END.with(|_| {});
}

/// The number of the list for blocks of a size.
#[inline(always)]
const fn list_of(size: usize) -> usize {
    (size - 1) / GRAIN
}

fn layout_of(list: usize) -> Layout {
    Layout::from_size_align((list + 1) * GRAIN, GRAIN).expect("a small size")
}

/// Memory for an object of `size` bytes, which is not 0, aligned to [`GRAIN`].
#[inline(always)]
fn take(size: usize) -> *mut u8 {
    let list = list_of(size);
    if list < LISTS
        && let Some(block) = FREED.with(|lists| lists.0[list].pop())
    {
        return block;
    }
    take_new(size)
}

#[cold]
#[inline(never)]
fn take_new(size: usize) -> *mut u8 {
    let layout = layout_of(list_of(size));
    // SAFETY: a block is not of size zero.
    let block = unsafe { std::alloc::alloc(layout) };
    if block.is_null() {
        std::alloc::handle_alloc_error(layout);
    }
    block
}

/// # Safety
/// `block` came from [`take`] of the same size and is not used any more.
#[inline(always)]
unsafe fn give(block: *mut u8, size: usize) {
    let list = list_of(size);
    if list >= LISTS || !FREED.with(|lists| lists.0[list].push(block)) {
        // SAFETY: by contract.
        unsafe { give_back(block, list) };
    }
}

/// # Safety
/// As for [`give`].
#[cold]
#[inline(never)]
unsafe fn give_back(block: *mut u8, list: usize) {
    // SAFETY: by contract; `take_new` allocated it with this layout.
    unsafe { std::alloc::dealloc(block, layout_of(list)) };
}

/// Has `f` make what all interpreters share, also where a thread is attached to one of them: what
/// is made on that one's pages goes with them.
pub(crate) fn make_shared<R>(f: impl FnOnce() -> R) -> R {
    struct Attached(*const LocalHeap);
    impl Drop for Attached {
        fn drop(&mut self) {
            HEAP.set(self.0);
        }
    }
    let _attached = Attached(HEAP.replace(core::ptr::null()));
    f()
}

/// Makes this system thread's objects on `heap` from now on; returns where they were made before.
///
/// # Safety
/// Until this is called again, `heap` is null, or stays where it is and is used by nobody else.
pub(crate) unsafe fn set_heap(heap: *const LocalHeap) -> *const LocalHeap {
    HEAP.replace(heap)
}

/// A slot on a page for an object of `layout`.
#[inline(always)]
fn take_slot(layout: Layout) -> *mut u8 {
    let heap = HEAP.get();
    if !heap.is_null()
        // SAFETY: whoever has set the heap keeps it there for this thread.
        && let Some(slot) = unsafe { (*heap).at_hand(layout, Kind::Walked) }
    {
        return slot.as_ptr();
    }
    take_new_slot(layout)
}

#[cold]
#[inline(never)]
fn take_new_slot(layout: Layout) -> *mut u8 {
    let heap = HEAP.get();
    let slot = if heap.is_null() {
        take_shared_slot(layout)
    } else {
        // SAFETY: as in `take_slot`.
        let slot = unsafe { (*heap).allocate(layout, Kind::Walked) };
        gc::ask_if_due();
        slot
    };
    match slot {
        Ok(slot) => slot.as_ptr(),
        Err(AllocError) => std::alloc::handle_alloc_error(layout),
    }
}

/// A slot for what is made where no thread is attached, for all interpreters.
fn take_shared_slot(layout: Layout) -> Result<NonNull<u8>, AllocError> {
    static SHARED: OnceLock<Mutex<LocalHeap>> = OnceLock::new();
    let heap = SHARED.get_or_init(|| Mutex::new(Space::new().heap()));
    heap.lock().allocate(layout, Kind::Walked)
}

/// Lets collections look at a new object in a slot from [`take_slot`], whose references are all
/// in place.
#[inline(always)]
fn track(object: *mut Object) {
    if !HEAP.get().is_null() {
        // SAFETY: a new object, which nobody else knows.
        unsafe { (*object).header.track() };
    }
}

/// # Safety
/// `slot` came from [`take_slot`] and is not used any more; collections do not look at it.
#[inline(always)]
unsafe fn give_slot(slot: *mut u8) {
    let heap = HEAP.get();
    // SAFETY: by contract; what was taken is not null.
    unsafe {
        let slot = NonNull::new_unchecked(slot);
        if heap.is_null() {
            free_remotely(slot);
        } else {
            (*heap).free(slot);
        }
    }
}

/// Whether the object, laid out as `T`, lies in a slot.
///
/// # Safety
/// `object` points to a whole object.
#[inline(always)]
unsafe fn is_paged<T: Payload>(object: *mut Object) -> bool {
    // SAFETY: by contract.
    T::REFERS || unsafe { (*object).header.flags() } & PAGED != 0
}

/// Moves `payload`, which begins with an [`Object`] of the type it is meant to have, to the heap,
/// as the object that the returned reference owns.
#[inline]
pub fn allocate<T: Payload>(payload: T) -> Ref {
    const { assert!(align_of::<T>() <= GRAIN) };
    // SAFETY: a payload begins with an object.
    let ty = unsafe { (*(&raw const payload).cast::<Object>()).ty() };
    if !T::REFERS && !ty.is_heap() {
        let memory = take(size_of::<T>()).cast::<T>();
        // SAFETY: the memory is as large as `T` and aligned for it.
        unsafe { memory.write(payload) };
        return Ref::from_object(memory);
    }
    let memory = take_slot(Layout::new::<T>()).cast::<T>();
    // SAFETY: as above.
    unsafe { memory.write(payload) };
    if !T::REFERS {
        // SAFETY: written above.
        unsafe { (*memory.cast::<Object>()).header.set_flags(PAGED) };
    }
    track(memory.cast());
    Ref::from_object(memory)
}

/// Frees an object made by [`allocate`], dropping its fields.
///
/// # Safety
/// `object` came from [`allocate`] of a `T`, and this is the last anyone sees of it.
pub(crate) unsafe fn free<T: Payload>(object: *mut Object) {
    // SAFETY: by contract.
    unsafe {
        let paged = is_paged::<T>(object);
        object.cast::<T>().drop_in_place();
        give_either(object.cast(), size_of::<T>(), paged);
    }
}

/// Frees an object made by [`allocate`] and returns its fields.
///
/// # Safety
/// As for [`free`].
#[inline(always)]
pub(crate) unsafe fn unbox<T: Payload>(object: *mut Object) -> T {
    // SAFETY: by contract.
    unsafe {
        let paged = is_paged::<T>(object);
        let payload = object.cast::<T>().read();
        give_either(object.cast(), size_of::<T>(), paged);
        payload
    }
}

/// # Safety
/// As for [`give_slot`] if `paged`, else as for [`give`].
#[inline(always)]
unsafe fn give_either(memory: *mut u8, size: usize, paged: bool) {
    // SAFETY: by contract.
    unsafe {
        if paged {
            give_slot(memory);
        } else {
            give(memory, size);
        }
    }
}

/// A slot for an object with `extra` bytes behind its fixed part. What lies there is untracked
/// until [`finish_in_slot`].
#[inline(always)]
pub(crate) fn allocate_in_slot(fixed: Layout, extra: usize) -> *mut u8 {
    take_slot(slot_layout(fixed, extra))
}

/// The object that the returned reference owns, in a slot from [`allocate_in_slot`].
#[inline(always)]
pub(crate) fn finish_in_slot<T>(object: *mut T) -> Ref {
    track(object.cast());
    Ref::from_object(object)
}

/// Frees what [`allocate_in_slot`] returned.
///
/// # Safety
/// `memory` came from there and is not used any more.
#[inline(always)]
pub(crate) unsafe fn free_in_slot(memory: *mut u8) {
    // SAFETY: by contract.
    unsafe { give_slot(memory) };
}

#[inline(always)]
fn slot_layout(fixed: Layout, extra: usize) -> Layout {
    let size = sized(fixed, extra);
    // SAFETY: `sized` has compared the size with the largest there is, and the alignment is one.
    unsafe { Layout::from_size_align_unchecked(size, fixed.align()) }
}

/// Memory for an object with `extra` bytes behind its fixed part.
#[inline(always)]
pub(crate) fn allocate_bytes(fixed: Layout, extra: usize) -> *mut u8 {
    take(sized(fixed, extra))
}

/// Frees what [`allocate_bytes`] returned for the same sizes.
///
/// # Safety
/// `memory` came from [`allocate_bytes`] with these arguments and is not used any more.
#[inline(always)]
pub(crate) unsafe fn free_bytes(memory: *mut u8, fixed: Layout, extra: usize) {
    // SAFETY: by contract.
    unsafe { give(memory, sized(fixed, extra)) };
}

/// Makes what [`allocate_bytes`] returned for `old` extra bytes hold `new` ones, keeping what is
/// in both; it may move.
///
/// # Safety
/// `memory` came from [`allocate_bytes`] with these arguments; from here on the result is used.
pub(crate) unsafe fn resize_bytes(
    memory: *mut u8,
    fixed: Layout,
    old: usize,
    new: usize,
) -> *mut u8 {
    let (before, after) = (sized(fixed, old), sized(fixed, new));
    let (from, to) = (list_of(before), list_of(after));
    if from == to {
        return memory;
    }
    // SAFETY: by contract; both sizes are those of the layouts.
    unsafe {
        if from < LISTS {
            let moved = take(after);
            core::ptr::copy_nonoverlapping(memory, moved, before.min(after));
            give(memory, before);
            return moved;
        }
        let moved = std::alloc::realloc(memory, layout_of(from), layout_of(to).size());
        if moved.is_null() {
            std::alloc::handle_alloc_error(layout_of(to));
        }
        moved
    }
}

#[inline(always)]
fn sized(fixed: Layout, extra: usize) -> usize {
    debug_assert!(fixed.align() <= GRAIN);
    fixed
        .size()
        .checked_add(extra)
        .filter(|size| *size <= isize::MAX as usize - GRAIN)
        .expect("an object's size fits in memory")
}

#[cfg(test)]
#[cfg(not(selvedge_loom))]
mod tests {
    use super::*;

    const FIXED: Layout = Layout::new::<[u64; 2]>();

    #[test]
    fn freed_block_is_used_for_the_next_object_of_its_size() {
        let first = allocate_bytes(FIXED, 17);
        // SAFETY: allocated with these sizes.
        unsafe { free_bytes(first, FIXED, 17) };
        let second = allocate_bytes(FIXED, 32);
        assert_eq!(first, second, "33 to 48 bytes are one size");
        let third = allocate_bytes(FIXED, 32);
        assert_ne!(second, third);
        // SAFETY: as above.
        unsafe {
            free_bytes(second, FIXED, 32);
            free_bytes(third, FIXED, 32);
        }
    }

    #[test]
    fn list_keeps_as_many_blocks_as_there_is_room_for() {
        let number = list_of(LARGEST);
        let list = List::new(number);
        let room = KEPT / LARGEST;
        let mut refused = 0;
        for _ in 0..room + 3 {
            let block = take_new(LARGEST);
            if !list.push(block) {
                refused += 1;
                // SAFETY: allocated above, and not in the list.
                unsafe { give_back(block, number) };
            }
        }
        assert_eq!(refused, 3);
        let kept = core::iter::from_fn(|| list.pop());
        // SAFETY: allocated above, and in no list any more.
        let freed = kept.map(|block| unsafe { give_back(block, number) });
        assert_eq!(freed.count(), room);
    }

    #[test]
    fn resized_block_keeps_its_content() {
        for (old, new) in [(8, 16), (8, 200), (200, 4000), (4000, 90_000), (90_000, 40)] {
            let memory = allocate_bytes(FIXED, old);
            // SAFETY: the blocks have these sizes, both larger than 16 bytes.
            unsafe {
                memory.write_bytes(7, 24);
                let moved = resize_bytes(memory, FIXED, old, new);
                assert!((0..24).all(|at| *moved.add(at) == 7), "{old} to {new}");
                free_bytes(moved, FIXED, new);
            }
        }
    }
}
