//! Parking one thread: the system's park, with a token of its own so that spurious returns and
//! other users of the thread's park do not show.

use super::Arc;
use super::atomic::{AtomicBool, Ordering};
use super::clock::Instant;

#[derive(Debug)]
struct Inner {
    /// Set by `unpark`, cleared by the return of a park.
    token: AtomicBool,
    thread: std::thread::Thread,
}

/// The waiting half: lets the thread that made it sleep until an [`Unparker`] wakes it.
///
/// Wake-ups do not add up: any number of `unpark` calls before a park make one park return at
/// once. What happened before `unpark` is visible after the park that it ends.
#[derive(Debug)]
pub struct Parker {
    inner: Arc<Inner>,
    /// Parking is for the thread that made the parker.
    not_send: core::marker::PhantomData<*const ()>,
}

/// The waking half of a [`Parker`]; clone it freely and call it from any thread.
#[derive(Clone, Debug)]
pub struct Unparker(Arc<Inner>);

impl Parker {
    /// A parker for the calling thread.
    pub fn new() -> Self {
        let inner = Inner {
            token: AtomicBool::new(false),
            thread: std::thread::current(),
        };
        Self {
            inner: Arc::new(inner),
            not_send: core::marker::PhantomData,
        }
    }

    /// The half that wakes this one.
    pub fn unparker(&self) -> Unparker {
        Unparker(Arc::clone(&self.inner))
    }

    /// Sleeps until woken; returns at once if woken since the last park.
    pub fn park(&self) {
        while !self.take_token() {
            std::thread::park();
        }
    }

    /// Like [`park`](Self::park), up to `deadline`. Returns whether it was woken.
    #[must_use = "whether the park was ended by a wake-up decides what to do next"]
    pub fn park_until(&self, deadline: Instant) -> bool {
        loop {
            if self.take_token() {
                return true;
            }
            let now = Instant::now();
            // mutant: equivalent, bound: at the very deadline the park below lasts no time, and the
            // next look finds it past.
            if now >= deadline {
                return false;
            }
            std::thread::park_timeout(deadline - now);
        }
    }

    fn take_token(&self) -> bool {
        // Acquire: pairs with the release in `unpark`, so that the woken thread sees what its
        // waker did. The plain load first keeps a spinning caller off the cache line's write side.
        self.inner.token.load(Ordering::Relaxed) && self.inner.token.swap(false, Ordering::Acquire)
    }
}

impl Default for Parker {
    fn default() -> Self {
        Self::new()
    }
}

impl Unparker {
    /// Wakes the parker's thread, or makes its next park return at once.
    pub fn unpark(&self) {
        // Release: pairs with the acquire in `take_token`.
        if !self.0.token.swap(true, Ordering::Release) {
            self.0.thread.unpark();
        }
    }
}
