//! The queue, the workers that serve it, and how they sleep. See README.md beside this file.

use selvedge_sync::seam::clock::Instant;
use selvedge_sync::seam::{Arc, Condvar, Mutex, MutexGuard, Parker, Unparker, thread};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::worker::{Seat, Worker, WorkerFactory};
use crate::error::{InitError, Panic, Refusal};
use crate::executor::Shutdown;
use crate::task::{self, Job, PoolId, Task};

/// How long a submission may wait for room in the queue.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Patience {
    None,
    Until(Instant),
    Endless,
}

/// What an executor and its workers share.
pub(crate) struct Crew<F: WorkerFactory> {
    factory: F,
    name_prefix: String,
    max_workers: usize,
    /// How many tasks may be queued.
    capacity: usize,
    desk: Mutex<Desk<F::Worker>>,
    /// Notified when room appears in a bounded queue, and when the executor closes.
    room: Condvar,
    /// Notified when the last worker has ended.
    ended: Condvar,
}

struct Desk<W> {
    queue: VecDeque<Task<W>>,
    /// Workers that sleep, or are about to: each found the queue empty under this mutex.
    sleepers: Vec<Unparker>,
    /// How many wait for `room`.
    blocked: usize,
    /// Threads that have been counted in and not out.
    workers: usize,
    started: usize,
    threads: Vec<thread::JoinHandle<()>>,
    closed: Option<Refusal>,
}

/// A worker to wake, now that no mutex is held.
#[must_use = "a worker that is not woken leaves work waiting"]
struct Wake(Option<Unparker>);

impl Wake {
    fn fire(self) {
        if let Some(worker) = self.0 {
            worker.unpark();
        }
    }
}

impl<F: WorkerFactory> Crew<F> {
    pub(crate) fn new(
        factory: F,
        name_prefix: String,
        max_workers: usize,
        capacity: usize,
    ) -> Arc<Self> {
        Arc::new(Self {
            factory,
            name_prefix,
            max_workers,
            capacity,
            desk: Mutex::new(Desk {
                queue: VecDeque::new(),
                sleepers: Vec::new(),
                blocked: 0,
                workers: 0,
                started: 0,
                threads: Vec::new(),
                closed: None,
            }),
            room: Condvar::new(),
            ended: Condvar::new(),
        })
    }

    pub(crate) fn id(&self) -> PoolId {
        PoolId(core::ptr::from_ref(self).addr())
    }

    /// Queues `task` and sees to it that a worker comes by.
    pub(crate) fn push(
        this: &Arc<Self>,
        task: Task<F::Worker>,
        patience: Patience,
    ) -> Result<(), (Task<F::Worker>, Refusal)> {
        let mut desk = match Self::enter(this, patience) {
            Ok(desk) => desk,
            Err(refusal) => return Err((task, refusal)),
        };
        desk.queue.push_back(task);
        let wake = Wake(desk.sleepers.pop());
        drop(desk);
        wake.fire();
        Ok(())
    }

    /// Waits until the queue has room and there is a worker to serve it.
    fn enter(
        this: &Arc<Self>,
        patience: Patience,
    ) -> Result<MutexGuard<'_, Desk<F::Worker>>, Refusal> {
        let mut desk = this.desk.lock();
        let mut may_start = true;
        loop {
            if let Some(refusal) = &desk.closed {
                return Err(refusal.clone());
            }
            if desk.queue.len() >= this.capacity && !task::is_worker_of(this.id()) {
                this.wait_for_room(&mut desk, patience)?;
            } else if may_start && desk.sleepers.is_empty() && desk.workers < this.max_workers {
                // Starting a thread takes long, so it is done without the mutex; then the queue
                // is looked at again.
                desk = Self::add_worker(this, desk)?;
                may_start = false;
            } else {
                return Ok(desk);
            }
        }
    }

    /// Starts one more worker. If the system gives no thread, those there are will do.
    fn add_worker<'a>(
        this: &'a Arc<Self>,
        mut desk: MutexGuard<'a, Desk<F::Worker>>,
    ) -> Result<MutexGuard<'a, Desk<F::Worker>>, Refusal> {
        let seat = desk.seat(&this.name_prefix);
        drop(desk);
        let started = Self::start(this, seat);
        let mut desk = this.desk.lock();
        match started {
            Ok(handle) => desk.threads.push(handle),
            Err(error) => {
                desk.workers -= 1;
                if desk.workers == 0 {
                    return Err(Refusal::NoThread(InitError::new(error)));
                }
            }
        }
        Ok(desk)
    }

    fn wait_for_room(
        &self,
        desk: &mut MutexGuard<'_, Desk<F::Worker>>,
        patience: Patience,
    ) -> Result<(), Refusal> {
        desk.blocked += 1;
        let timed_out = match patience {
            Patience::None => true,
            Patience::Until(deadline) => self.room.wait_until(desk, deadline),
            Patience::Endless => {
                self.room.wait(desk);
                false
            }
        };
        desk.blocked -= 1;
        if timed_out {
            Err(Refusal::Full)
        } else {
            Ok(())
        }
    }

    /// Starts the thread for `seat`, which is counted in already.
    fn start(this: &Arc<Self>, seat: Seat) -> std::io::Result<thread::JoinHandle<()>> {
        let crew = Arc::clone(this);
        let builder = thread::Builder::new().name(seat.name.clone());
        builder.spawn(move || {
            crew.work(&seat);
            crew.leave();
        })
    }

    /// A worker's life.
    fn work(&self, seat: &Seat) {
        let started = catch_unwind(AssertUnwindSafe(|| self.factory.start(seat)));
        let worker = match started {
            Ok(Ok(worker)) => worker,
            Ok(Err(cause)) => return self.break_down(&cause),
            Err(payload) => return self.break_down(&InitError::new(Panic::new(payload))),
        };
        let served = catch_unwind(AssertUnwindSafe(|| {
            task::as_worker(self.id(), &worker, || self.serve(&worker));
            drop(worker);
        }));
        if let Err(payload) = served {
            self.break_down(&InitError::new(Panic::new(payload)));
        }
    }

    fn serve(&self, worker: &F::Worker) {
        let parker = Parker::new();
        while let Some(task) = self.next(&parker) {
            worker.run(Job::new(task));
        }
    }

    /// The next task; `None` when the executor is closed and the queue empty.
    fn next(&self, parker: &Parker) -> Option<Task<F::Worker>> {
        loop {
            let mut desk = self.desk.lock();
            if let Some(task) = desk.queue.pop_front() {
                let somebody_waits = desk.blocked > 0;
                drop(desk);
                if somebody_waits {
                    self.room.notify_one();
                }
                return Some(task);
            }
            if desk.closed.is_some() {
                return None;
            }
            desk.sleepers.push(parker.unparker());
            drop(desk);
            parker.park();
        }
    }

    fn leave(&self) {
        let mut desk = self.desk.lock();
        desk.workers -= 1;
        let last = desk.workers == 0;
        drop(desk);
        if last {
            self.ended.notify_all();
        }
    }

    /// A worker cannot work: whatever is queued fails with the cause.
    #[cold]
    fn break_down(&self, cause: &InitError) {
        for task in self.close(Refusal::Broken(cause.clone()), true) {
            task.fail(cause.clone());
        }
    }

    /// Takes no further task and wakes everybody; returns what was queued, if it is to be `emptied`.
    fn close(&self, reason: Refusal, emptied: bool) -> VecDeque<Task<F::Worker>> {
        let mut desk = self.desk.lock();
        // What broke the executor says more than that it was shut down.
        if desk.closed.is_none() || matches!(reason, Refusal::Broken(_)) {
            desk.closed = Some(reason);
        }
        let sleepers = core::mem::take(&mut desk.sleepers);
        let queue = if emptied {
            core::mem::take(&mut desk.queue)
        } else {
            VecDeque::new()
        };
        drop(desk);
        self.room.notify_all();
        for worker in sleepers {
            worker.unpark();
        }
        queue
    }

    pub(crate) fn shut_down(&self, how: Shutdown) {
        // Dropping a task cancels it.
        drop(self.close(Refusal::ShutDown, how.cancel_futures));
        if how.wait && !task::is_worker_of(self.id()) {
            let mut desk = self.desk.lock();
            while desk.workers > 0 {
                self.ended.wait(&mut desk);
            }
            let threads = core::mem::take(&mut desk.threads);
            drop(desk);
            for thread in threads {
                // A worker's own panics were caught; one that escaped has been reported.
                let _ = thread.join();
            }
        }
    }

    /// How many worker threads there are.
    pub(crate) fn workers(&self) -> usize {
        self.desk.lock().workers
    }

    /// How many tasks wait to be begun.
    pub(crate) fn queued(&self) -> usize {
        self.desk.lock().queue.len()
    }
}

impl<W> Desk<W> {
    /// Counts a worker in.
    fn seat(&mut self, name_prefix: &str) -> Seat {
        let index = self.started;
        self.started += 1;
        self.workers += 1;
        Seat {
            index,
            name: format!("{name_prefix}_{index}"),
        }
    }
}
