//! A thread's stack of frames: one stretch of memory that never moves.

use crate::value::Value;
use core::alloc::Layout;

/// Words of a stack: the system gives memory to those that are touched.
const WORDS: usize = 1 << 20;

/// How many Python calls may be inside one another, unless `sys.setrecursionlimit` says otherwise.
pub(crate) const DEFAULT_RECURSION_LIMIT: u32 = 1000;

/// The memory of a thread's frames, and how far it is in use.
pub(crate) struct Stack {
    memory: *mut Value,
    /// The address of the last word, which no frame uses: there is always a word behind one.
    end: usize,
    /// The first word that no frame uses.
    pub(crate) top: *mut Value,
    /// The running frame's registers, or null.
    pub(crate) frame: *mut Value,
    /// Python calls inside one another.
    pub(crate) depth: u32,
    pub(crate) limit: u32,
}

impl Stack {
    pub(crate) fn new() -> Self {
        // SAFETY: the layout is not of size zero.
        let memory = unsafe { std::alloc::alloc_zeroed(Self::layout()) }.cast::<Value>();
        if memory.is_null() {
            std::alloc::handle_alloc_error(Self::layout());
        }
        Self {
            memory,
            end: memory as usize + (WORDS - 1) * size_of::<Value>(),
            top: memory,
            frame: core::ptr::null_mut(),
            depth: 0,
            limit: DEFAULT_RECURSION_LIMIT,
        }
    }

    /// In place of a stack that was taken away.
    pub(crate) fn none() -> Self {
        let null = core::ptr::null_mut();
        Self {
            memory: null,
            end: 0,
            top: null,
            frame: null,
            depth: 0,
            limit: 0,
        }
    }

    fn layout() -> Layout {
        Layout::array::<Value>(WORDS).expect("a stack's size fits in memory")
    }

    /// Whether `words` more fit from `start` on.
    #[inline(always)]
    pub(crate) fn has_room(&self, start: *mut Value, words: usize) -> bool {
        start as usize + words * size_of::<Value>() <= self.end
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if !self.memory.is_null() {
            // SAFETY: allocated by `new` with this layout; the frames are gone.
            unsafe { std::alloc::dealloc(self.memory.cast(), Self::layout()) };
        }
    }
}
