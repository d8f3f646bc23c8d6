//! Telling somebody what happens, as it happens.

use crate::thread::ThreadId;
use core::fmt;
use selvedge_sync::seam::clock::Instant;

/// Receives every event of a lock, on the thread to which it happens, outside the lock's own
/// critical sections. It is in the way of that thread: it should only note the event down, and
/// must not attach or detach.
pub trait Observer: Send + Sync {
    /// `event` has happened.
    fn event(&self, event: Event);
}

impl<F: Fn(Event) + Send + Sync> Observer for F {
    fn event(&self, event: Event) {
        self(event);
    }
}

/// Something that happened to a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Instant,
    /// To which thread.
    pub thread: ThreadId,
    /// What.
    pub kind: EventKind,
}

/// What happened. One thread's events come in order; where mutual exclusion is on, a `Dropped`
/// comes before the `Attached` of whoever is attached next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventKind {
    /// It was registered.
    Registered,
    /// It is no longer registered.
    Departed,
    /// It wants to be attached and has to wait.
    Waits,
    /// It asked the holder, which is named, to let go.
    Asked(ThreadId),
    /// It is attached.
    Attached,
    /// It detaches of its own accord.
    Detached,
    /// It is at a safe point with a request to let go. If nobody waits after all, the next event
    /// is that it is attached.
    Dropped,
    /// It has stopped the world.
    WorldStopped,
    /// It lets the world go on.
    WorldResumed,
    /// It finalises.
    Finalises,
    /// It has switched mutual exclusion on (`true`) or off.
    Exclusion(bool),
    /// It is the one thread in the child of a fork.
    Forked,
}

/// An observer that may be absent.
#[derive(Default)]
pub(crate) struct Watch(Option<Box<dyn Observer>>);

impl Watch {
    pub(crate) fn new(observer: Option<Box<dyn Observer>>) -> Self {
        Self(observer)
    }

    pub(crate) fn is_present(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn tell(&self, thread: ThreadId, kind: EventKind) {
        if let Some(observer) = &self.0 {
            let at = Instant::now();
            observer.event(Event { at, thread, kind });
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Watch").field(&self.is_present()).finish()
    }
}
