//! Where calls wait for a worker process, and the threads of the executor for calls.
//!
//! Everything is guarded by one mutex. Each thread serves one worker process, so at most one of
//! them sleeps for lack of calls and starts again for each call: what is dear here is the other
//! process, not the mutex.

use selvedge_sync::seam::{Condvar, Mutex, MutexGuard, thread};
use std::collections::VecDeque;
use std::io;

use crate::error::{InitError, Refusal};
use crate::executor::Shutdown;
use crate::task::{self, PoolId};
pub use crate::thread::Patience;

/// A queue of `T`, served by threads that are hired on demand.
pub struct Desk<T> {
    state: Mutex<State<T>>,
    /// How many threads there may be.
    most: usize,
    /// How many may be queued.
    capacity: usize,
    /// Notified when something is queued while a thread waits, and when the desk closes.
    work: Condvar,
    /// Notified when room appears in a bounded queue, and when the desk closes.
    room: Condvar,
    /// Notified when the last thread has left.
    ended: Condvar,
}

struct State<T> {
    queue: VecDeque<T>,
    /// Threads that wait for something to be queued.
    idle: usize,
    /// How many wait for room.
    blocked: usize,
    /// Threads that were hired and have not left.
    hired: usize,
    threads: Vec<thread::JoinHandle<()>>,
    closed: Option<Refusal>,
    /// What is put back from now on is given up.
    discards: bool,
}

impl<T> core::fmt::Debug for Desk<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}

impl<T> Desk<T> {
    /// An empty queue.
    pub fn new(most: usize, capacity: usize) -> Self {
        Self {
            state: Mutex::new(State {
                queue: VecDeque::new(),
                idle: 0,
                blocked: 0,
                hired: 0,
                threads: Vec::new(),
                closed: None,
                discards: false,
            }),
            most,
            capacity,
            work: Condvar::new(),
            room: Condvar::new(),
            ended: Condvar::new(),
        }
    }

    pub(crate) fn id(&self) -> PoolId {
        PoolId(core::ptr::from_ref(self).addr())
    }

    /// Queues what `item` turns `into`. If those who wait for work are too few, one more thread is
    /// hired: `hire` starts it, given its number.
    ///
    /// # Errors
    /// The item and the reason, if it was refused.
    pub fn push<U>(
        &self,
        item: U,
        into: impl FnOnce(U) -> T,
        patience: Patience,
        hire: impl FnOnce(usize) -> io::Result<thread::JoinHandle<()>>,
    ) -> Result<(), (U, Refusal)> {
        let mut state = self.state.lock();
        if let Err(refusal) = self.wait_for_room(&mut state, patience) {
            return Err((item, refusal));
        }
        if state.hired < self.most && state.queue.len() >= state.idle {
            // The mutex is held meanwhile: nobody sees a thread that is not to be.
            match hire(state.hired) {
                Ok(thread) => {
                    state.hired += 1;
                    state.threads.push(thread);
                }
                // Those there are do the work.
                Err(_) if state.hired > 0 => (),
                Err(error) => return Err((item, Refusal::NoThread(InitError::new(error)))),
            }
        }
        state.queue.push_back(into(item));
        // mutant: equivalent, bound: to notify when nobody waits does nothing.
        let wake = state.idle > 0;
        drop(state);
        if wake {
            self.work.notify_one();
        }
        Ok(())
    }

    fn wait_for_room(
        &self,
        state: &mut MutexGuard<'_, State<T>>,
        patience: Patience,
    ) -> Result<(), Refusal> {
        loop {
            if let Some(refusal) = &state.closed {
                return Err(refusal.clone());
            }
            // If the threads themselves waited for room, nobody would make any.
            if state.queue.len() < self.capacity || task::is_worker_of(self.id()) {
                return Ok(());
            }
            state.blocked += 1;
            let timed_out = match patience {
                Patience::None => true,
                Patience::Until(deadline) => self.room.wait_until(state, deadline),
                Patience::Endless => {
                    self.room.wait(state);
                    false
                }
            };
            state.blocked -= 1;
            if timed_out {
                return Err(Refusal::Full);
            }
        }
    }

    /// Takes up to `most` items, and a fair share at most; waits for the first. `None` when the
    /// desk is closed and nothing is left.
    pub fn wait(&self, most: usize) -> Option<Vec<T>> {
        let mut state = self.state.lock();
        while state.queue.is_empty() {
            if state.closed.is_some() {
                return None;
            }
            state.idle += 1;
            self.work.wait(&mut state);
            state.idle -= 1;
        }
        Some(self.share(state, most))
    }

    /// Like [`wait`](Self::wait), with what is there.
    pub fn take(&self, most: usize) -> Vec<T> {
        self.share(self.state.lock(), most)
    }

    fn share(&self, mut state: MutexGuard<'_, State<T>>, most: usize) -> Vec<T> {
        let share = state.queue.len().div_ceil(self.most).min(most);
        let taken: Vec<T> = state.queue.drain(..share).collect();
        // mutant: equivalent, bound: to notify when nobody waits does nothing.
        let made_room = state.blocked > 0;
        drop(state);
        if made_room {
            self.room.notify_all();
        }
        taken
    }

    /// Puts back what was taken and not done, in its old order, before everything else. Returns
    /// what is to be given up instead.
    #[must_use = "what is given up has to be told"]
    pub fn put_back(&self, items: Vec<T>) -> Vec<T> {
        let mut state = self.state.lock();
        if state.discards {
            return items;
        }
        for item in items.into_iter().rev() {
            state.queue.push_front(item);
        }
        drop(state);
        self.work.notify_all();
        Vec::new()
    }

    /// Takes nothing any more; returns what was queued if it is to be given up.
    #[must_use = "what is given up has to be told"]
    pub fn close(&self, reason: Refusal, discard: bool) -> Vec<T> {
        let mut state = self.state.lock();
        // What broke the executor says more than that it was shut down.
        if state.closed.is_none() || matches!(reason, Refusal::Broken(_)) {
            state.closed = Some(reason);
        }
        let given_up = if discard {
            state.discards = true;
            core::mem::take(&mut state.queue).into()
        } else {
            Vec::new()
        };
        drop(state);
        self.work.notify_all();
        self.room.notify_all();
        given_up
    }

    /// Closes the desk as `how` says; returns what is to be given up, and waits after `give_up`
    /// has dealt with it.
    pub fn shut_down(&self, how: Shutdown, give_up: impl FnOnce(Vec<T>)) {
        give_up(self.close(Refusal::ShutDown, how.cancel_futures));
        if !how.wait || task::is_worker_of(self.id()) {
            return;
        }
        let mut state = self.state.lock();
        // mutant: equivalent, re-check: the condition variable wakes nobody who was not notified,
        // that is done when no thread is left, and a closed desk hires none.
        while state.hired > 0 {
            self.ended.wait(&mut state);
        }
        let threads = core::mem::take(&mut state.threads);
        drop(state);
        for thread in threads {
            // A thread's own panics were caught; one that escaped has been reported.
            let _ = thread.join();
        }
    }

    /// By a thread that ends.
    pub fn leave(&self) {
        let mut state = self.state.lock();
        state.hired -= 1;
        let last = state.hired == 0;
        drop(state);
        if last {
            self.ended.notify_all();
        }
    }

    /// How many threads there are.
    pub fn hired(&self) -> usize {
        self.state.lock().hired
    }

    /// How many items wait.
    pub fn queued(&self) -> usize {
        self.state.lock().queue.len()
    }
}
