//! What concerns all threads at once: stopping them, shutting them out, switching mutual
//! exclusion, and being the only one left after a fork.

use crate::error::AttachError;
use crate::gil::Gil;
use crate::local::Local;
use crate::lock::Core;
use crate::member::Attached;
use crate::observer::EventKind;
use crate::queue::{Queue, Stop};
use crate::requests::Requests;
use crate::word::{self, CLOSED, FREE, ONE, WATCHED};
use core::ops::Deref;
use selvedge_sync::seam::Arc;
use selvedge_sync::seam::atomic::Ordering;

#[cfg(test)]
mod tests;

/// Proof that no other thread is attached, nor will be before this is dropped: each is detached,
/// or waits at a safe point.
#[derive(Debug)]
#[must_use = "the world goes on as soon as this is dropped"]
pub struct WorldStopped<'a, 'm> {
    attached: &'a mut Attached<'m>,
}

impl Gil {
    /// Waits until every other thread is detached or at a safe point, and keeps them there.
    ///
    /// Where mutual exclusion is on, that is so by itself, and what this adds is that the holder
    /// does not let go meanwhile. Threads that were kept at a safe point pass it before another
    /// stop can keep them there again. This is a safe point: if another thread is already
    /// stopping the world, the caller is among those who wait.
    ///
    /// # Panics
    /// If `attached` belongs to another lock, or another thread finalises first.
    pub fn stop_the_world<'a, 'm>(&self, attached: &'a mut Attached<'m>) -> WorldStopped<'a, 'm> {
        self.require_own(attached);
        attached.guarded(Core::stop);
        WorldStopped { attached }
    }

    /// Shuts out every other thread for good: threads that wait are refused, and so is every
    /// later try to attach. When this returns, only the calling thread is attached, or can be.
    ///
    /// A thread that is shut out while it has a proof, in [`Attached::detach`] or at a safe
    /// point, unwinds with a panic whose payload is [`AttachError::Finalising`], so that its
    /// destructors run; it is not attached while they do. Calling this again has no effect.
    ///
    /// # Panics
    /// If `attached` belongs to another lock, or another thread finalises first.
    pub fn finalise(&self, attached: &mut Attached<'_>) {
        self.require_own(attached);
        attached.guarded(Core::stop);
        attached.guarded(|core, me| {
            core.watch.tell(me.thread.id, EventKind::Finalises);
            let wake = core.queue.with(|queue| {
                let mut wake = queue.close(&core.word, &me.thread);
                wake.append(&queue.resume(&core.word));
                wake
            });
            wake.fire();
            Ok(())
        });
    }

    /// Whether finalisation has begun.
    #[must_use]
    pub fn is_finalising(&self) -> bool {
        // Relaxed: says what is so, and publishes nothing of what the finalising thread did.
        self.core.word.load(Ordering::Relaxed) & CLOSED != 0
    }

    /// Switches mutual exclusion on or off. To switch it on is to stop the world.
    ///
    /// # Panics
    /// If `attached` belongs to another lock, or another thread finalises first.
    pub fn set_enabled(&self, attached: &mut Attached<'_>, enabled: bool) {
        self.require_own(attached);
        if enabled == self.is_enabled() {
            return;
        }
        if enabled {
            attached.guarded(Core::stop);
        }
        attached.guarded(|core, me| {
            // While this thread waited, another may have done the same.
            let done = core.queue.with(|queue| match (enabled, self.is_enabled()) {
                (true, false) => Some(queue.shut(&core.word, &me.thread)),
                (false, true) => Some(queue.open(&core.word)),
                _ => None,
            });
            if let Some(wake) = done {
                core.watch.tell(me.thread.id, EventKind::Exclusion(enabled));
                wake.fire();
            }
            Ok(())
        });
    }

    /// Whether threads exclude each other.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        // Relaxed: an attached caller cannot see it change but by its own doing or at a safe
        // point, which synchronises; to others it is a hint.
        self.core.word.load(Ordering::Relaxed) & FREE == 0
    }

    /// Makes the lock good again in the child of a fork, where the threads that used it are gone:
    /// the calling thread, which was attached when it forked, is the only one registered and
    /// stays attached. Requests that other threads posted to it as users stay pending.
    ///
    /// What belonged to the lost threads is leaked. No mutex is taken that another thread may
    /// have held.
    ///
    /// # Safety
    /// The process was forked by the calling thread while attached, this is the child, and no
    /// thread was started in it since that uses this lock.
    ///
    /// # Panics
    /// If `attached` belongs to another lock.
    pub unsafe fn after_fork_in_child(&self, attached: &mut Attached<'_>) {
        self.require_own(attached);
        attached.guarded(|core, me| {
            // SAFETY: what the caller vouches for.
            unsafe { core.after_fork_in_child(me) };
            Ok(())
        });
    }

    fn require_own(&self, attached: &Attached<'_>) {
        assert!(
            Arc::ptr_eq(&self.core, attached.core()),
            "attached to another lock"
        );
    }
}

impl Core {
    /// As [`Gil::after_fork_in_child`].
    unsafe fn after_fork_in_child(&self, me: &Local) {
        me.thread.take(Requests::DROP | Requests::STOP);
        // Relaxed: there is no other thread.
        let before = self.word.load(Ordering::Relaxed);
        let occupancy = if before & FREE != 0 {
            ONE
        } else {
            me.thread.held()
        };
        let flags = word::flags(before) & (CLOSED | FREE | WATCHED);
        let closed = before & CLOSED != 0;
        let queue = Queue::after_fork(self.policy.discipline(), &me.thread, closed);
        // SAFETY: the caller vouches that there is no other thread.
        unsafe { self.queue.replace(queue) };
        self.word.store(flags | occupancy, Ordering::Relaxed);
        self.watch.tell(me.thread.id, EventKind::Forked);
    }

    /// Stops the world for the thread, after other stops that are under way.
    fn stop(&self, me: &Local) -> Result<(), AttachError> {
        loop {
            match self.queue.with(|queue| queue.stop(&self.word, &me.thread)) {
                Stop::Stopped => break,
                Stop::WaitsForOthers(wait) => {
                    self.settle_in(me, wait)?;
                    break;
                }
                Stop::AfterAnother(admission, wake) => {
                    self.watch.tell(me.thread.id, EventKind::Dropped);
                    wake.fire();
                    self.come_back(me, &admission)?;
                }
            }
        }
        self.watch.tell(me.thread.id, EventKind::WorldStopped);
        Ok(())
    }
}

impl<'m> Deref for WorldStopped<'_, 'm> {
    type Target = Attached<'m>;
    fn deref(&self) -> &Attached<'m> {
        self.attached
    }
}

impl Drop for WorldStopped<'_, '_> {
    fn drop(&mut self) {
        self.attached.guarded(|core, me| {
            core.watch.tell(me.thread.id, EventKind::WorldResumed);
            let wake = core.queue.with(|queue| queue.resume(&core.word));
            wake.fire();
            Ok(())
        });
    }
}
