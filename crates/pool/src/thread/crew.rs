//! The queue, the workers that serve it, and how they sleep. See README.md beside this file.

use selvedge_sync::seam::atomic::{AtomicUsize, Ordering, fence};
use selvedge_sync::seam::clock::Instant;
use selvedge_sync::seam::{
    Arc, Condvar, Mutex, MutexGuard, Unparker, bounds, hint, random, thread,
};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::queue::Queue;
use super::roll::{Entries, Roll};
use super::worker::{Seat, Worker, WorkerFactory};
use crate::deque::{Deque, Stolen};
use crate::error::{InitError, Panic, Refusal};
use crate::executor::Shutdown;
use crate::task::{self, Context, Job, PoolId, Task};

/// How often a worker looks for work if that paid the last time; what goes beyond a short look it
/// does between yields. About as long as it takes to wake a thread on another processor.
const LONG_LOOK: u32 = bounds::SPINS + bounds::LONG_SPINS / 32;

/// How long a submission may wait for room in the queue.
#[derive(Clone, Copy, Debug)]
pub enum Patience {
    /// Not at all.
    None,
    /// Until then.
    Until(Instant),
    /// As long as it takes.
    Endless,
}

/// What an executor and its workers share.
pub(crate) struct Crew<F: WorkerFactory> {
    factory: F,
    name_prefix: String,
    /// How many tasks may be queued.
    capacity: usize,
    /// Tasks that were submitted and not begun. Closed, with the desk's mutex held, together with
    /// the executor: from then on it takes nothing, and says so when it is empty.
    queue: Queue<Task<F::Worker>>,
    roll: Roll,
    desk: Mutex<Desk>,
    /// One for each worker there may be.
    places: Box<[Place<F::Worker>]>,
    /// How many places have ever been taken. Written under the desk's mutex.
    taken: AtomicUsize,
    /// Notified when room appears in a bounded queue, and when the executor closes.
    room: Condvar,
    /// Notified when the last worker has ended.
    ended: Condvar,
}

/// What others see of a worker.
pub(super) struct Place<W> {
    pub(super) deque: Deque<Task<W>>,
    /// Wakes the worker. Absent before it starts.
    pub(super) unparker: Mutex<Option<Unparker>>,
}

struct Desk {
    /// Workers that sleep, or are about to: each saw no work after it was put here.
    sleepers: Vec<Unparker>,
    /// Workers that are awake without work: they look for some, or have just been woken or
    /// started. Each comes to the desk before it sleeps.
    spinning: usize,
    /// How many wait for `room`.
    blocked: usize,
    /// Threads that have been counted in and not out.
    workers: usize,
    /// Places whose thread could not be started.
    vacant: Vec<usize>,
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
        let place = |_| Place {
            deque: Deque::new(),
            unparker: Mutex::new(None),
        };
        Arc::new(Self {
            factory,
            name_prefix,
            capacity,
            queue: Queue::new(),
            roll: Roll::new(max_workers),
            desk: Mutex::new(Desk {
                sleepers: Vec::new(),
                spinning: 0,
                blocked: 0,
                workers: 0,
                vacant: Vec::new(),
                threads: Vec::new(),
                closed: None,
            }),
            places: (0..max_workers).map(place).collect(),
            taken: AtomicUsize::new(0),
            room: Condvar::new(),
            ended: Condvar::new(),
        })
    }

    pub(super) fn place(&self, seat: usize) -> &Place<F::Worker> {
        &self.places[seat]
    }

    pub(crate) fn id(&self) -> PoolId {
        PoolId(core::ptr::from_ref(self).addr())
    }

    /// Queues `task` and sees to it that a worker comes by.
    #[inline]
    pub(crate) fn push(
        this: &Arc<Self>,
        task: Task<F::Worker>,
        patience: Patience,
    ) -> Result<(), (Task<F::Worker>, Refusal)> {
        if this.capacity != usize::MAX || !this.roll.read().manned {
            return Self::push_at_desk(this, task, patience);
        }
        if let Err(task) = this.queue.push(task) {
            return Err((task, this.reason()));
        }
        Self::queued_one(this);
        Ok(())
    }

    /// Like `push`, for a queue that is bounded or that nobody serves yet.
    #[cold]
    fn push_at_desk(
        this: &Arc<Self>,
        task: Task<F::Worker>,
        patience: Patience,
    ) -> Result<(), (Task<F::Worker>, Refusal)> {
        let desk = match Self::enter(this, patience) {
            Ok(desk) => desk,
            Err(refusal) => return Err((task, refusal)),
        };
        let pushed = this.queue.push(task);
        drop(desk);
        if let Err(task) = pushed {
            return Err((task, this.reason()));
        }
        Self::queued_one(this);
        Ok(())
    }

    /// Why the queue is closed.
    #[cold]
    fn reason(&self) -> Refusal {
        let desk = self.desk.lock();
        // Written before the queue is closed, with the same mutex held.
        desk.closed.clone().unwrap_or(Refusal::ShutDown)
    }

    /// Waits until the queue has room and there is a worker to serve it.
    fn enter(this: &Arc<Self>, patience: Patience) -> Result<MutexGuard<'_, Desk>, Refusal> {
        let mut desk = this.desk.lock();
        loop {
            if let Some(refusal) = &desk.closed {
                return Err(refusal.clone());
            }
            if this.queue.len() >= this.capacity && !task::is_worker_of(this.id()) {
                this.wait_for_room(&mut desk, patience)?;
            } else {
                if desk.workers == 0 {
                    Self::add_worker(this, &mut desk)
                        .map_err(|error| Refusal::NoThread(InitError::new(error)))?;
                }
                return Ok(desk);
            }
        }
    }

    /// Starts one more worker. The mutex is held meanwhile: nobody sees a worker that is not to be.
    fn add_worker(this: &Arc<Self>, desk: &mut Desk) -> std::io::Result<()> {
        let index = desk.vacant.pop().unwrap_or_else(|| {
            // Relaxed: the mutex is held.
            let index = this.taken.load(Ordering::Relaxed);
            this.taken.store(index + 1, Ordering::Relaxed);
            index
        });
        let seat = Seat {
            index,
            name: format!("{}_{index}", this.name_prefix),
        };
        match Self::start(this, seat) {
            Ok(thread) => {
                desk.threads.push(thread);
                desk.workers += 1;
                desk.spinning += 1;
                this.enroll(desk);
                Ok(())
            }
            Err(error) => {
                desk.vacant.push(index);
                Err(error)
            }
        }
    }

    fn wait_for_room(
        &self,
        desk: &mut MutexGuard<'_, Desk>,
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
            Self::work(&crew, &seat);
            crew.leave();
        })
    }

    /// A worker's life.
    fn work(this: &Arc<Self>, seat: &Seat) {
        let started = catch_unwind(AssertUnwindSafe(|| this.factory.start(seat)));
        let worker = match started {
            Ok(Ok(worker)) => worker,
            Ok(Err(cause)) => return this.break_down(&cause),
            Err(payload) => return this.break_down(&InitError::new(Panic::new(payload))),
        };
        let served = catch_unwind(AssertUnwindSafe(move || {
            let context = Context::new(this.id(), seat.index, &worker);
            *this.places[seat.index].unparker.lock() = Some(context.parker.unparker());
            context.enter(|| Self::serve(this, &context, &worker));
        }));
        if let Err(payload) = served {
            this.break_down(&InitError::new(Panic::new(payload)));
        }
    }

    fn serve(this: &Arc<Self>, context: &Context, worker: &F::Worker) {
        // Counted as spinning by whoever started it.
        let mut next = Self::search(this, context);
        while let Some(task) = next {
            context.as_root(|| worker.run(Job::new(task)));
            next = Self::next(this, context);
        }
    }

    /// The next task; `None` when the executor is closed and the queue empty.
    #[inline]
    fn next(this: &Arc<Self>, context: &Context) -> Option<Task<F::Worker>> {
        // Its own deque is empty: what a task forks is over before the task is.
        this.take().or_else(|| {
            let mut desk = this.desk.lock();
            desk.spinning += 1;
            this.enroll(&desk);
            drop(desk);
            Self::search(this, context)
        })
    }

    /// Takes the first task off the queue.
    #[inline]
    fn take(&self) -> Option<Task<F::Worker>> {
        let task = self.queue.pop()?;
        if self.capacity != usize::MAX {
            self.make_room();
        }
        Some(task)
    }

    /// Tells one who waits that a bounded queue has room.
    fn make_room(&self) {
        // With the mutex, which who waits holds from its look at the queue until it waits.
        // mutant: equivalent, bound: to notify when nobody waits does nothing.
        if self.desk.lock().blocked > 0 {
            self.room.notify_one();
        }
    }

    /// Looks for work, and sleeps while there is none. The caller is counted as spinning, and is
    /// not any more when this returns.
    fn search(this: &Arc<Self>, context: &Context) -> Option<Task<F::Worker>> {
        loop {
            let found = this.look_around(context);
            let mut desk = this.desk.lock();
            desk.spinning -= 1;
            this.enroll(&desk);
            if found.is_some() {
                Self::relay(this, desk);
                return found;
            }
            if desk.closed.is_some() {
                drop(desk);
                // Closed, so it is not empty for a while, but for good.
                return this.take();
            }
            this.sleep(desk, context);
        }
    }

    /// Spins for a while, looking at the queue and at the other workers' deques: for long if the
    /// last time it paid, since to be woken takes longer still. One that looks for long is enough:
    /// where another looks, a worker soon sleeps.
    fn look_around(&self, context: &Context) -> Option<Task<F::Worker>> {
        let rounds = if thread::available_parallelism() == 1 {
            1
        } else {
            context.looks.get()
        };
        for round in 0..rounds {
            // mutant: equivalent, bound: how long to look is a matter of speed.
            let is_long = round >= bounds::SPINS;
            // mutant: equivalent, bound: for the same reason.
            if is_long && self.roll.read().spinning > 1 {
                break;
            }
            if is_long {
                // By now another thread may be the better use of the processor.
                thread::yield_now();
            }
            // The first look takes the queue's mutexes; the others would keep submitters from
            // them.
            // mutant: equivalent, bound: where there is nothing, a look finds nothing.
            let pays = round == 0 || self.queue.glance() > 0;
            let queued = pays.then(|| self.take()).flatten();
            let found = queued.or_else(|| self.steal(context.seat));
            if found.is_some() {
                context.looks.set(LONG_LOOK);
                return found;
            }
            hint::spin_loop();
        }
        context.looks.set(bounds::SPINS);
        None
    }

    fn steal(&self, thief: usize) -> Option<Task<F::Worker>> {
        // Relaxed: a place that is missed here is seen before the worker sleeps, under the mutex.
        let taken = self.taken.load(Ordering::Relaxed);
        let first = random::below(taken.max(1) as u32) as usize;
        let victims = (first..taken).chain(0..first).filter(|seat| *seat != thief);
        for victim in victims {
            let deque = &self.places[victim].deque;
            while !deque.is_empty() {
                match deque.steal(|_| true) {
                    Stolen::Entry(task) => return Some(task),
                    Stolen::Nothing => break,
                    Stolen::Retry => hint::spin_loop(),
                }
            }
        }
        None
    }

    /// Sleeps until woken, unless there is work. Afterwards the caller is counted as spinning.
    fn sleep<'a>(&'a self, mut desk: MutexGuard<'a, Desk>, context: &Context) {
        desk.sleepers.push(context.parker.unparker());
        self.enroll(&desk);
        // With the fence in `forked`: either the pusher sees the sleeper, or this sees the push.
        fence(Ordering::SeqCst);
        if self.work_waits() {
            desk.sleepers.pop();
            desk.spinning += 1;
            self.enroll(&desk);
            return;
        }
        drop(desk);
        // Whoever takes this worker off the list counts it as spinning and unparks it, once, and
        // nobody else has a reason to: see "Wake-ups are paired" in README.md.
        context.parker.park();
    }

    /// Whether there is something in the queue or in a deque; with the mutex held, after a fence.
    fn work_waits(&self) -> bool {
        // Relaxed: the mutex is held.
        let taken = self.taken.load(Ordering::Relaxed);
        let mut places = self.places[..taken].iter();
        !self.queue.is_empty() || places.any(|place| !place.deque.is_empty())
    }

    /// Writes down for those without the mutex who sleeps and who spins.
    fn enroll(&self, desk: &Desk) {
        self.roll.write(Entries {
            // Workers end in a closed executor only, which has a queue that takes nothing.
            // mutant: equivalent, bound: for the same reason: it is written without a worker only
            // when the queue is closed.
            manned: desk.workers > 0,
            to_start: self.to_start(desk),
            asleep: desk.sleepers.len(),
            spinning: desk.spinning,
        });
    }

    /// How many workers could be started.
    fn to_start(&self, desk: &Desk) -> usize {
        match desk.closed {
            None => self.places.len() - desk.workers,
            Some(_) => 0,
        }
    }

    /// By one who was awake without work and has some now: brings another worker if there is more
    /// to do and nobody else is awake who will come for it.
    fn relay(this: &Arc<Self>, desk: MutexGuard<'_, Desk>) {
        // With the fence in `forked`: either the pusher sees that nobody spins, or this sees the
        // push.
        fence(Ordering::SeqCst);
        if desk.spinning == 0 && this.work_waits() {
            Self::bring_one(this, desk);
        }
    }

    /// Wakes a worker, or starts one if none sleeps and there may be one more.
    fn bring_one(this: &Arc<Self>, mut desk: MutexGuard<'_, Desk>) {
        let wake = this.wake_one(&mut desk);
        if wake.0.is_none() && this.to_start(&desk) > 0 {
            // If the system gives no thread, those there are do the work.
            let _ = Self::add_worker(this, &mut desk);
        }
        drop(desk);
        wake.fire();
    }

    fn wake_one(&self, desk: &mut Desk) -> Wake {
        let sleeper = desk.sleepers.pop();
        if sleeper.is_some() {
            desk.spinning += 1;
            self.enroll(desk);
        }
        Wake(sleeper)
    }

    /// Says that the calling worker has pushed something to its deque.
    #[inline]
    pub(super) fn forked(this: &Arc<Self>) {
        // See `sleep` and `relay`.
        fence(Ordering::SeqCst);
        let roll = this.roll.read();
        // mutant: equivalent, bound: who goes to the desk when nobody can be brought finds that
        // out.
        if roll.spinning == 0 && roll.asleep + roll.to_start > 0 {
            Self::bring(this, |desk| desk.spinning == 0);
        }
    }

    /// Says that a task was queued.
    #[inline]
    fn queued_one(this: &Arc<Self>) {
        // No fence: the queue's mutex does it, see `Queue::is_empty`.
        let roll = this.roll.read();
        // mutant: equivalent, bound: who goes to the desk for nothing finds that out there.
        let may_want = roll.spinning == 0 && roll.asleep > 0
            || roll.to_start > 0 && this.queue.glance() > roll.spinning + roll.asleep;
        if may_want {
            Self::bring(this, |desk| this.wants_worker(desk));
        }
    }

    /// Whether those who are awake without work are too few for what is queued.
    fn wants_worker(&self, desk: &Desk) -> bool {
        let queued = self.queue.len();
        // mutant: equivalent, bound: a worker that was not needed finds nothing, and sleeps.
        queued > 0 && (desk.spinning == 0 || queued > desk.spinning + desk.sleepers.len())
    }

    /// Brings a worker if, with the mutex held, one is `wanted`.
    #[cold]
    fn bring(this: &Arc<Self>, wanted: impl Fn(&Desk) -> bool) {
        let desk = this.desk.lock();
        if wanted(&desk) {
            Self::bring_one(this, desk);
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
        self.close(Refusal::Broken(cause.clone()));
        while let Some(task) = self.queue.pop() {
            task.fail(cause.clone());
        }
    }

    /// Takes no further task and wakes everybody.
    fn close(&self, reason: Refusal) {
        let mut desk = self.desk.lock();
        // What broke the executor says more than that it was shut down.
        if desk.closed.is_none() || matches!(reason, Refusal::Broken(_)) {
            desk.closed = Some(reason);
        }
        self.queue.close();
        let sleepers = core::mem::take(&mut desk.sleepers);
        desk.spinning += sleepers.len();
        self.enroll(&desk);
        drop(desk);
        self.room.notify_all();
        for worker in sleepers {
            worker.unpark();
        }
    }

    pub(crate) fn shut_down(&self, how: Shutdown) {
        self.close(Refusal::ShutDown);
        if how.cancel_futures {
            // Dropping a task cancels it.
            while let Some(task) = self.queue.pop() {
                drop(task);
            }
        }
        if how.wait && !task::is_worker_of(self.id()) {
            let mut desk = self.desk.lock();
            // mutant: equivalent, re-check: the condition variable wakes nobody who was not
            // notified, that is done when no worker is left, and a closed executor starts none.
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

    /// How many worker threads there may be.
    pub(super) fn max_workers(&self) -> usize {
        self.places.len()
    }

    /// How many worker threads there are.
    pub(crate) fn workers(&self) -> usize {
        self.desk.lock().workers
    }

    /// How many tasks wait to be begun.
    pub(crate) fn queued(&self) -> usize {
        self.queue.len()
    }
}
