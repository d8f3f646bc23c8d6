//! Memory of objects: blocks of a few sizes that a thread has freed are kept for its next objects.
//!
//! | block | kept by | until |
//! | --- | --- | --- |
//! | up to [`LARGEST`] bytes | the system thread that freed it, in a list for its size | its next object of that size, or its end |
//! | beyond [`KEPT`] bytes a list, and larger ones | nobody | |
//!
//! A list is linked through the blocks themselves. Every block is the system allocator's, so it
//! does not matter whether the thread that frees it has made it.

use super::{Object, Payload};
use crate::value::Ref;
use core::alloc::Layout;
use core::cell::Cell;

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

/// Moves `payload`, which begins with an [`Object`] of the type it is meant to have, to the heap,
/// as the object that the returned reference owns.
#[inline]
pub fn allocate<T: Payload>(payload: T) -> Ref {
    const { assert!(align_of::<T>() <= GRAIN) };
    let memory = take(size_of::<T>()).cast::<T>();
    // SAFETY: the memory is as large as `T` and aligned for it.
    unsafe { memory.write(payload) };
    Ref::from_object(memory)
}

/// Frees an object made by [`allocate`], dropping its fields.
///
/// # Safety
/// `object` came from [`allocate`] of a `T`, and this is the last anyone sees of it.
pub(crate) unsafe fn free<T: Payload>(object: *mut Object) {
    // SAFETY: by contract.
    unsafe {
        object.cast::<T>().drop_in_place();
        give(object.cast(), size_of::<T>());
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
        let payload = object.cast::<T>().read();
        give(object.cast(), size_of::<T>());
        payload
    }
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
