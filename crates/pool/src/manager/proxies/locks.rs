//! Objects to wait for.
#![allow(
    clippy::missing_errors_doc,
    reason = "the module's own documentation says for all proxies what their errors are"
)]

use selvedge_sync::seam::clock::{Duration, Instant};

use super::proxies;
use crate::manager::client::{Object, Proxy};
use crate::manager::error::ManagerError;
use crate::manager::wire::{Answer, BarrierCall, Call, EventCall, LockCall};

proxies! {
    /// A lock in the server. Any client may release it.
    Lock;
    /// A lock in the server that the thread which has it may take again.
    RLock;
    /// A number of permits in the server.
    Semaphore;
    /// A number of permits in the server that does not grow.
    BoundedSemaphore;
    /// A lock in the server, as [`RLock`], and notifications to wait for.
    Condition;
    /// A flag in the server to wait for.
    Event;
    /// A place in the server where a number of callers meet, again and again.
    Barrier;
}

fn lock(
    object: &Object,
    call: LockCall,
    patience: Option<Duration>,
) -> Result<Answer, ManagerError> {
    object.call_for(Call::Lock(call), patience)
}

/// What is acquired and released. A client that is gone has released what it had.
pub trait Releases: Proxy {
    /// Acquires it, waiting up to `timeout`; returns whether it did.
    fn acquire(&self, timeout: Option<Duration>) -> Result<bool, ManagerError> {
        lock(self.object(), LockCall::Acquire, timeout)?.is()
    }

    /// Releases it.
    fn release(&self) -> Result<(), ManagerError> {
        lock(self.object(), LockCall::Release, None)?.done()
    }

    /// Acquires it, and releases it when what this returns is dropped.
    fn hold(&self) -> Result<Held<'_, Self>, ManagerError> {
        while !self.acquire(None)? {}
        Ok(Held(self))
    }
}

/// Something acquired, until this is dropped.
#[derive(Debug)]
#[must_use = "it is released at once"]
pub struct Held<'a, P: Releases>(&'a P);

impl<P: Releases> Drop for Held<'_, P> {
    fn drop(&mut self) {
        // If the server is gone, nobody has it.
        let _ = self.0.release();
    }
}

impl Releases for Lock {}
impl Releases for RLock {}
impl Releases for Semaphore {}
impl Releases for BoundedSemaphore {}
impl Releases for Condition {}

impl Condition {
    /// Releases the lock, waits up to `timeout` for a notification, and acquires the lock again,
    /// however long that takes; returns whether it was notified.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<bool, ManagerError> {
        lock(self.object(), LockCall::Wait, timeout)?.is()
    }

    /// Waits up to `timeout` until `is_so` says so; returns whether it does.
    pub fn wait_for(
        &self,
        mut is_so: impl FnMut() -> Result<bool, ManagerError>,
        timeout: Option<Duration>,
    ) -> Result<bool, ManagerError> {
        // A deadline that cannot be represented is none.
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            if is_so()? {
                return Ok(true);
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return Ok(false);
            }
            self.wait(left)?;
        }
    }

    /// Wakes up to `count` of those who wait, the oldest first.
    pub fn notify(&self, count: u64) -> Result<(), ManagerError> {
        lock(self.object(), LockCall::Notify(count), None)?.done()
    }

    /// Wakes all who wait.
    pub fn notify_all(&self) -> Result<(), ManagerError> {
        self.notify(u64::MAX)
    }
}

impl Event {
    fn call(&self, call: EventCall, patience: Option<Duration>) -> Result<Answer, ManagerError> {
        self.object().call_for(Call::Event(call), patience)
    }

    /// Sets it, which wakes all who wait.
    pub fn set(&self) -> Result<(), ManagerError> {
        self.call(EventCall::Set, None)?.done()
    }

    /// Clears it.
    pub fn clear(&self) -> Result<(), ManagerError> {
        self.call(EventCall::Clear, None)?.done()
    }

    /// Whether it is set.
    pub fn is_set(&self) -> Result<bool, ManagerError> {
        self.call(EventCall::IsSet, None)?.is()
    }

    /// Waits up to `timeout` until it is set; returns whether it is.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<bool, ManagerError> {
        self.call(EventCall::Wait, timeout)?.is()
    }
}

impl Barrier {
    fn call(&self, call: BarrierCall, patience: Option<Duration>) -> Result<Answer, ManagerError> {
        self.object().call_for(Call::Barrier(call), patience)
    }

    /// Waits up to `timeout` for the others; returns how many came before. If the time is up, or if
    /// one who waits is gone, it is broken for all.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<usize, ManagerError> {
        self.call(BarrierCall::Wait, timeout)?.count()
    }

    /// Sends those who wait away, and mends it if it was broken.
    pub fn reset(&self) -> Result<(), ManagerError> {
        self.call(BarrierCall::Reset, None)?.done()
    }

    /// Breaks it.
    pub fn abort(&self) -> Result<(), ManagerError> {
        self.call(BarrierCall::Abort, None)?.done()
    }

    /// How many wait at this moment.
    pub fn waiting(&self) -> Result<usize, ManagerError> {
        self.call(BarrierCall::Waiting, None)?.count()
    }

    /// How many have to come.
    pub fn parties(&self) -> Result<usize, ManagerError> {
        self.call(BarrierCall::Parties, None)?.count()
    }

    /// Whether it is broken.
    pub fn is_broken(&self) -> Result<bool, ManagerError> {
        self.call(BarrierCall::IsBroken, None)?.is()
    }
}
