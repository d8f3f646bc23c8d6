//! Parking one thread: a token that a wake-up leaves and a park takes, above whatever puts the
//! thread to sleep. The token makes spurious returns and other users of the thread's sleep not
//! show, and one algorithm of two implementations.
//!
//! | token | to | by | ordering |
//! | --- | --- | --- | --- |
//! | any | `true` | `unpark`, which wakes the sleeper if it was `false` | release |
//! | `true` | `false` | the return of a park | acquire |
//!
//! No wake-up is lost: both sides exchange the token, so an `unpark` either finds it taken and
//! wakes the sleeper, which remembers that, or finds it there for the next look to take.

use super::Arc;
use super::atomic::{AtomicBool, Ordering};
use super::clock::Instant;
use super::sleeper::Sleeper;

#[derive(Debug)]
struct Inner {
    /// Set by `unpark`, cleared by the return of a park.
    token: AtomicBool,
    sleeper: Sleeper,
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
            sleeper: Sleeper::new(),
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
            self.inner.sleeper.sleep();
        }
    }

    /// Like [`park`](Self::park), up to `deadline`. Returns whether it was woken.
    #[must_use = "whether the park was ended by a wake-up decides what to do next"]
    pub fn park_until(&self, deadline: Instant) -> bool {
        // A wake-up that arrives between the time-out and the next look is taken, not lost.
        while !self.take_token() {
            let now = Instant::now();
            if now >= deadline {
                return false;
            }
            self.inner.sleeper.sleep_for(deadline - now);
        }
        true
    }

    fn take_token(&self) -> bool {
        // Acquire: the woken thread sees what its wakers did, all of them, since an exchange
        // continues the release sequence of those before it.
        self.inner.token.swap(false, Ordering::Acquire)
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
            self.0.sleeper.wake();
        }
    }
}
