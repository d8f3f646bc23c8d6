//! What the two halves of a future share: its state, its result, its callbacks.

use selvedge_sync::seam::Mutex;
use selvedge_sync::seam::atomic::AtomicUsize;
use selvedge_sync::seam::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::completion::{Completed, Completion, State};
use crate::error::{Error, Panic};
use crate::task::{PoolId, SharedRef, VTable};

/// A callback: called with what the future has come to.
pub(crate) type Callback<T, E> = Box<dyn FnOnce(Result<&T, Error<&E>>) + Send>;

pub(crate) struct Shared<T, E> {
    pub(crate) vtable: &'static VTable,
    /// Counted by [`SharedRef`] and [`Task`](crate::task::Task).
    pub(crate) refs: AtomicUsize,
    pub(crate) pool: PoolId,
    pub(crate) completion: Completion,
    callbacks: Mutex<Vec<Callback<T, E>>>,
    /// Written by the one producer before the state says "finished"; from then on read through
    /// the future and by callbacks; emptied by the future's handle once it is settled.
    result: UnsafeCell<Option<Result<T, Error<E>>>>,
}

impl<T, E> Shared<T, E> {
    pub(crate) fn new(vtable: &'static VTable, refs: usize, pool: PoolId) -> Self {
        Self {
            vtable,
            refs: AtomicUsize::new(refs),
            pool,
            completion: Completion::new(),
            callbacks: Mutex::new(Vec::new()),
            result: UnsafeCell::new(None),
        }
    }

    /// Stores the result and tells everybody; returns false if the future was cancelled before.
    ///
    /// # Safety
    /// The caller is the one producer, and has not called this before.
    pub(crate) unsafe fn complete(&self, result: Result<T, Error<E>>) -> bool {
        // SAFETY: nobody reads the cell before the state says "finished", and there is one writer.
        self.result.with_mut(|cell| unsafe { *cell = Some(result) });
        let Some(completed) = self.completion.finish() else {
            return false;
        };
        self.announce(completed);
        true
    }

    /// What the future has come to; `None` if it is not done.
    ///
    /// # Safety
    /// The result has not been taken, and is not taken while the returned references live.
    pub(crate) unsafe fn outcome(&self) -> Option<Result<&T, Error<&E>>> {
        match self.completion.state() {
            State::Pending | State::Running => None,
            State::Cancelled => Some(Err(Error::Cancelled)),
            State::Finished => {
                // SAFETY: finished, so nobody writes; the caller vouches for the taking.
                let cell = self.result.with(|cell| unsafe { &*cell });
                let result = cell.as_ref().expect("the result was not taken");
                Some(result.as_ref().map_err(Error::as_ref))
            }
        }
    }

    /// Moves the result out.
    ///
    /// # Safety
    /// The future is settled, and the caller has its only handle.
    pub(crate) unsafe fn take(&self) -> Result<T, Error<E>> {
        if self.completion.state() == State::Cancelled {
            return Err(Error::Cancelled);
        }
        // SAFETY: settled, so no producer and no callback looks; no other handle does either.
        let taken = self.result.with_mut(|cell| unsafe { (*cell).take() });
        taken.expect("the result was not taken")
    }

    /// Queues `callback`; gives it back if the future is done.
    pub(crate) fn add_callback(&self, callback: Callback<T, E>) -> Result<(), Callback<T, E>> {
        let mut callbacks = self.callbacks.lock();
        if !self.completion.announce_callback() {
            return Err(callback);
        }
        callbacks.push(callback);
        Ok(())
    }

    fn announce(&self, completed: Completed) {
        completed.wakeups.fire();
        if completed.callbacks {
            self.run_callbacks();
            self.completion.settle().fire();
        }
    }

    #[cold]
    fn run_callbacks(&self) {
        let callbacks = core::mem::take(&mut *self.callbacks.lock());
        for callback in callbacks {
            // SAFETY: done, and not settled before this function returns: nobody takes the result.
            let outcome = unsafe { self.outcome() }.expect("callbacks run when it is done");
            run_callback(callback, outcome);
        }
    }
}

impl<T, E> SharedRef<T, E> {
    /// Cancels the task if it has not begun, and tells everybody; returns whether it did.
    pub(crate) fn cancel(&self) -> bool {
        let Some(completed) = self.completion.cancel() else {
            return false;
        };
        // SAFETY: this call made it cancelled.
        unsafe { self.drop_code() };
        self.announce(completed);
        true
    }
}

/// Calls a callback; one that panics is logged, so that the others run.
pub(crate) fn run_callback<T, E>(callback: Callback<T, E>, outcome: Result<&T, Error<&E>>) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| callback(outcome))) {
        let panic = Panic::new(payload);
        eprintln!("selvedge-pool: a done-callback {panic}");
    }
}
