//! Parking one thread, on the seam's own mutex and condition variable.

use super::clock::Instant;
use super::{Arc, Condvar, Mutex};

#[derive(Debug)]
struct Inner {
    token: Mutex<bool>,
    changed: Condvar,
}

/// The waiting half: lets the thread that made it sleep until an [`Unparker`] wakes it.
#[derive(Debug)]
pub struct Parker {
    inner: Arc<Inner>,
    not_send: core::marker::PhantomData<*const ()>,
}

/// The waking half of a [`Parker`].
#[derive(Clone, Debug)]
pub struct Unparker(Arc<Inner>);

impl Parker {
    /// A parker for the calling thread.
    pub fn new() -> Self {
        let inner = Inner {
            token: Mutex::new(false),
            changed: Condvar::new(),
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
        let mut token = self.inner.token.lock();
        // mutant: equivalent, re-check: the condition variable wakes nobody unless notified, only
        // `unpark` notifies, and only this thread takes the token that it sets.
        while !*token {
            self.inner.changed.wait(&mut token);
        }
        *token = false;
    }

    /// Like [`park`](Self::park), but may time out. Returns whether it was woken.
    #[must_use = "whether the park was ended by a wake-up decides what to do next"]
    pub fn park_until(&self, deadline: Instant) -> bool {
        let mut token = self.inner.token.lock();
        if !*token {
            let _ = self.inner.changed.wait_until(&mut token, deadline);
        }
        // A wake-up that arrives between the time-out and here is taken, not lost.
        core::mem::take(&mut *token)
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
        *self.0.token.lock() = true;
        self.0.changed.notify_one();
    }
}
