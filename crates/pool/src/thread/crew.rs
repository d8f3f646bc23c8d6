//! The queue, the workers that serve it, and how they sleep. See README.md beside this file.

use selvedge_sync::seam::atomic::{AtomicU64, AtomicUsize, Ordering, fence};
use selvedge_sync::seam::clock::Instant;
use selvedge_sync::seam::{
    Arc, Condvar, Mutex, MutexGuard, Unparker, bounds, hint, random, thread,
};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::worker::{Seat, Worker, WorkerFactory};
use crate::deque::{Deque, Stolen};
use crate::error::{InitError, Panic, Refusal};
use crate::executor::Shutdown;
use crate::task::{self, Context, Job, PoolId, Task};

/// How long a submission may wait for room in the queue.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Patience {
    None,
    Until(Instant),
    Endless,
}

/// How many tasks a worker takes off the queue at once, at most.
const BATCH: usize = 64;

/// The tag of queued tasks in a worker's deque. What a task forks is tagged with its root.
const QUEUED: usize = 0;

/// What an executor and its workers share.
pub(crate) struct Crew<F: WorkerFactory> {
    factory: F,
    name_prefix: String,
    /// How many tasks may be queued.
    capacity: usize,
    desk: Mutex<Desk<F::Worker>>,
    /// One for each worker there may be.
    places: Box<[Place<F::Worker>]>,
    /// How many places have ever been taken. Written under the desk's mutex.
    taken: AtomicUsize,
    /// How many workers could be woken or started in the upper half, the desk's `spinning` in the
    /// lower. Written under its mutex, read by those who push to a deque.
    roll: AtomicU64,
    /// The desk's `queue.len()`, for those who spin. Written under its mutex.
    queued: AtomicUsize,
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

struct Desk<W> {
    queue: VecDeque<Task<W>>,
    /// Seats of workers that sleep, or are about to: each saw no work after it was put here.
    sleepers: Vec<(usize, Unparker)>,
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
            desk: Mutex::new(Desk {
                queue: VecDeque::new(),
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
            roll: AtomicU64::new(0),
            queued: AtomicUsize::new(0),
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
        // mutant: equivalent, store: a hint that ends a search early; a worker comes to the desk
        // after every search, and looks at the queue itself.
        this.queued.store(desk.queue.len(), Ordering::Relaxed);
        let wake = this.wake_for_queue(&mut desk);
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
            } else if may_start && desk.wants_worker() && desk.workers < this.places.len() {
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
        let index = this.seat(&mut desk);
        let seat = Seat {
            index,
            name: format!("{}_{index}", this.name_prefix),
        };
        drop(desk);
        let started = Self::start(this, seat);
        let mut desk = this.desk.lock();
        match started {
            Ok(handle) => desk.threads.push(handle),
            Err(error) => {
                desk.workers -= 1;
                desk.spinning -= 1;
                desk.vacant.push(index);
                this.enroll(&desk);
                if desk.workers == 0 {
                    // A shutdown may have begun meanwhile.
                    this.say_ended(desk);
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
        let mut desk = this.desk.lock();
        desk.spinning -= 1;
        this.enroll(&desk);
        drop(desk);
        while let Some(task) = Self::next(this, context) {
            context.as_root(|| worker.run(Job::new(task)));
        }
    }

    /// The next task; `None` when the executor is closed and the queue empty.
    fn next(this: &Arc<Self>, context: &Context) -> Option<Task<F::Worker>> {
        loop {
            // SAFETY: this thread has the seat, so it is the deque's owner.
            if let Some(task) = unsafe { this.places[context.seat].deque.pop() } {
                return Some(task);
            }
            let mut desk = this.desk.lock();
            if !desk.queue.is_empty() {
                return Some(Self::take(this, desk, context.seat));
            }
            if desk.closed.is_some() {
                return None;
            }
            desk.spinning += 1;
            this.enroll(&desk);
            drop(desk);
            let stolen = this.look_around(context.seat);
            let mut desk = this.desk.lock();
            desk.spinning -= 1;
            this.enroll(&desk);
            if stolen.is_some() {
                Self::relay(this, desk);
                return stolen;
            }
            if desk.queue.is_empty() && desk.closed.is_none() {
                this.sleep(desk, context);
            }
        }
    }

    /// Takes the first task, and a share of the others into the worker's own deque.
    fn take(
        this: &Arc<Self>,
        mut desk: MutexGuard<'_, Desk<F::Worker>>,
        seat: usize,
    ) -> Task<F::Worker> {
        let first = desk.queue.pop_front().expect("the caller has looked");
        // The bound of a queue counts what workers hold back as well, so there they hold nothing.
        let share = if this.capacity == usize::MAX {
            // mutant: equivalent, bound: a share of any size is right; this one leaves something
            // to a worker that is to be started.
            (desk.queue.len() / (desk.workers + 1)).min(BATCH)
        } else {
            0
        };
        // The oldest goes in last and comes out first; all the while others may steal.
        for task in desk.queue.drain(..share).rev() {
            // SAFETY: this thread has the seat, so it is the deque's owner.
            unsafe { this.places[seat].deque.push(task, QUEUED) };
        }
        this.queued.store(desk.queue.len(), Ordering::Relaxed);
        // mutant: equivalent, bound: to notify when nobody waits does nothing.
        let somebody_waits = desk.blocked > 0;
        Self::relay(this, desk);
        if somebody_waits {
            this.room.notify_one();
        }
        first
    }

    /// Spins for a while, looking at the other workers' deques and at the queue.
    fn look_around(&self, seat: usize) -> Option<Task<F::Worker>> {
        let rounds = if thread::available_parallelism() == 1 {
            1
        } else {
            bounds::SPINS
        };
        for _ in 0..rounds {
            // Relaxed: a hint; what it hints at is taken under the mutex.
            if self.queued.load(Ordering::Relaxed) > 0 {
                return None;
            }
            if let Some(task) = self.steal(seat) {
                return Some(task);
            }
            hint::spin_loop();
        }
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

    /// Sleeps until woken, unless there is work in a deque.
    fn sleep<'a>(&'a self, mut desk: MutexGuard<'a, Desk<F::Worker>>, context: &Context) {
        let me = context.seat;
        desk.sleepers.push((me, context.parker.unparker()));
        self.enroll(&desk);
        // With the fence in `forked`: either the pusher sees the sleeper, or this sees the push.
        fence(Ordering::SeqCst);
        if self.work_in_deques() {
            desk.sleepers.pop();
            self.enroll(&desk);
            return;
        }
        drop(desk);
        // Whoever takes this worker off the list unparks it, once, and nobody else has a reason to:
        // see "Wake-ups are paired" in README.md.
        context.parker.park();
        let mut desk = self.desk.lock();
        // Whoever took this worker off the list counted it as spinning.
        desk.spinning -= 1;
        self.enroll(&desk);
    }

    fn work_in_deques(&self) -> bool {
        // Relaxed: the mutex is held.
        let taken = self.taken.load(Ordering::Relaxed);
        self.places[..taken]
            .iter()
            .any(|place| !place.deque.is_empty())
    }

    /// Writes down for those without the mutex who sleeps and who spins.
    fn enroll(&self, desk: &Desk<F::Worker>) {
        let to_start = match desk.closed {
            None => self.places.len() - desk.workers,
            Some(_) => 0,
        };
        let to_wake = (desk.sleepers.len() + to_start) as u64;
        // mutant: equivalent, bit: who misses that somebody spins looks again with the mutex.
        let roll = to_wake << 32 | desk.spinning as u64;
        // Relaxed: ordered by fences where it matters.
        self.roll.store(roll, Ordering::Relaxed);
    }

    /// Wakes a sleeper if something is queued and nobody is awake who will come for it. Who comes
    /// brings the next one if there is more (`relay`).
    fn wake_for_queue(&self, desk: &mut Desk<F::Worker>) -> Wake {
        if desk.spinning == 0 && !desk.queue.is_empty() {
            self.wake_one(desk)
        } else {
            Wake(None)
        }
    }

    /// By one who was awake without work and has some now: brings another worker if there is more
    /// to do, in the queue or in a deque, and nobody else is awake who will come for it.
    fn relay(this: &Arc<Self>, desk: MutexGuard<'_, Desk<F::Worker>>) {
        if !this.can_bring(&desk) {
            return;
        }
        // With the fence in `forked`: either the pusher sees that nobody spins, or this sees the
        // push.
        fence(Ordering::SeqCst);
        if desk.spinning == 0 && (!desk.queue.is_empty() || this.work_in_deques()) {
            Self::bring_one(this, desk);
        }
    }

    /// Whether a worker could be woken or started.
    fn can_bring(&self, desk: &Desk<F::Worker>) -> bool {
        !desk.sleepers.is_empty() || desk.closed.is_none() && desk.workers < self.places.len()
    }

    /// Wakes a worker, or starts one if none sleeps.
    fn bring_one(this: &Arc<Self>, mut desk: MutexGuard<'_, Desk<F::Worker>>) {
        let wake = this.wake_one(&mut desk);
        if wake.0.is_none() {
            // If the system gives no thread, those there are do the work.
            drop(Self::add_worker(this, desk));
        } else {
            drop(desk);
            wake.fire();
        }
    }

    fn wake_one(&self, desk: &mut Desk<F::Worker>) -> Wake {
        let Some((_, unparker)) = desk.sleepers.pop() else {
            return Wake(None);
        };
        desk.spinning += 1;
        self.enroll(desk);
        Wake(Some(unparker))
    }

    /// Says that the calling worker has pushed something to its deque.
    #[inline]
    pub(super) fn forked(this: &Arc<Self>) {
        // See `sleep` and `relay`.
        fence(Ordering::SeqCst);
        let roll = this.roll.load(Ordering::Relaxed);
        let (to_wake, spinning) = (roll >> 32, roll & 0xffff_ffff);
        // mutant: equivalent, bound: who goes to the desk when nobody can be woken finds that out.
        if to_wake > 0 && spinning == 0 {
            Self::wake_for_fork(this);
        }
    }

    #[cold]
    fn wake_for_fork(this: &Arc<Self>) {
        let desk = this.desk.lock();
        if desk.spinning == 0 && this.can_bring(&desk) {
            Self::bring_one(this, desk);
        }
    }

    fn leave(&self) {
        let mut desk = self.desk.lock();
        desk.workers -= 1;
        if desk.workers == 0 {
            self.say_ended(desk);
        }
    }

    /// Tells those who wait for the end that no worker is left.
    fn say_ended(&self, desk: MutexGuard<'_, Desk<F::Worker>>) {
        drop(desk);
        self.ended.notify_all();
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
        self.enroll(&desk);
        let sleepers = core::mem::take(&mut desk.sleepers);
        desk.spinning += sleepers.len();
        self.enroll(&desk);
        let mut queue = VecDeque::new();
        if emptied {
            core::mem::swap(&mut queue, &mut desk.queue);
            // mutant: equivalent, store: a hint, as in `push`: searches end early, at the desk.
            self.queued.store(0, Ordering::Relaxed);
            for place in &self.places {
                recall(&place.deque, &mut queue);
            }
        }
        drop(desk);
        self.room.notify_all();
        for (_, worker) in sleepers {
            worker.unpark();
        }
        queue
    }

    pub(crate) fn shut_down(&self, how: Shutdown) {
        // Dropping a task cancels it.
        drop(self.close(Refusal::ShutDown, how.cancel_futures));
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

    /// How many worker threads there are.
    pub(crate) fn workers(&self) -> usize {
        self.desk.lock().workers
    }

    /// How many tasks wait to be begun.
    pub(crate) fn queued(&self) -> usize {
        let desk = self.desk.lock();
        let held_back = self.places.iter().map(|place| place.deque.len());
        desk.queue.len() + held_back.sum::<usize>()
    }

    /// Counts a worker in.
    fn seat(&self, desk: &mut Desk<F::Worker>) -> usize {
        desk.workers += 1;
        desk.spinning += 1;
        let index = desk.vacant.pop().unwrap_or_else(|| {
            // Relaxed: the mutex is held.
            let index = self.taken.load(Ordering::Relaxed);
            self.taken.store(index + 1, Ordering::Relaxed);
            index
        });
        self.enroll(desk);
        index
    }
}

/// Takes queued tasks back out of a worker's deque: the oldest entries, since they went in when
/// it was empty.
fn recall<W>(deque: &Deque<Task<W>>, into: &mut VecDeque<Task<W>>) {
    loop {
        match deque.steal(|tag| tag == QUEUED) {
            Stolen::Entry(task) => into.push_back(task),
            Stolen::Nothing => return,
            Stolen::Retry => hint::spin_loop(),
        }
    }
}

impl<W> Desk<W> {
    /// Whether those who are awake without work, or can be woken, are too few for one task more.
    fn wants_worker(&self) -> bool {
        self.queue.len() + 1 > self.spinning + self.sleepers.len()
    }
}
