//! Forking and joining: two borrowing functions at once, one of them on offer to other workers.
//!
//! The second function lies in a job on the stack of the one who forks. A worker pushes the job to
//! its own deque, runs the first function, and takes the job back; usually nobody has stolen it.
//! If somebody has, the worker helps the thief: it steals what descends from the stolen job, by
//! its tag, and nothing else (see README.md).
//!
//! | `latch` | set by | meaning |
//! | --- | --- | --- |
//! | `RUNNING` | the maker | the job is not over |
//! | `AWAITED` | the maker, from `RUNNING` | and its maker parks |
//! | `OVER` | whoever ran the job | the result is there, and the job is its maker's alone |
//!
//! Covering models: `fork_models.rs`.

use core::any::Any;
use core::ptr::NonNull;
use selvedge_sync::seam::atomic::{AtomicBool, AtomicUsize, Ordering};
use selvedge_sync::seam::cell::UnsafeCell;
use selvedge_sync::seam::{Arc, Mutex, Parker, Unparker, bounds, hint, thread};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::crew::{Crew, Patience};
use super::worker::WorkerFactory;
use crate::deque::Stolen;
use crate::error::InitError;
use crate::task::{Context, Header, PoolId, Task, is_worker_of};

const RUNNING: usize = 0;
const AWAITED: usize = 1;
const OVER: usize = 2;

type Payload = Box<dyn Any + Send>;

/// How the maker of a job is woken.
enum Maker {
    /// A worker of the same executor, by what its place says.
    Worker(*const Mutex<Option<Unparker>>),
    /// Any other thread.
    Stranger(Unparker),
}

/// A job on its maker's stack. The maker does not leave before the job is over or taken back.
#[repr(C)]
struct StackJob<W, B, R> {
    /// First, so that a pointer to the header is one to the job.
    header: Header<W>,
    pool: PoolId,
    body: UnsafeCell<Option<B>>,
    result: UnsafeCell<Option<Result<R, Payload>>>,
    /// Who runs it (see [`pack`]); 0: nobody yet.
    runner: AtomicUsize,
    latch: AtomicUsize,
    maker: Maker,
}

const HALF: u32 = usize::BITS / 2;

/// The seat of a runner and the root it runs under in one word, which is not 0. Of the root it
/// keeps the lower half.
const fn pack(seat: usize, root: usize) -> usize {
    root << HALF | (seat + 1)
}

/// What [`pack`] put together; the root's upper half is 0.
fn unpack(runner: usize) -> Option<(usize, usize)> {
    let seat = (runner & (usize::MAX >> HALF)).checked_sub(1)?;
    Some((seat, runner >> HALF))
}

impl<W, B: FnOnce() -> R + Send, R: Send> StackJob<W, B, R> {
    fn new(pool: PoolId, body: B, maker: Maker) -> Self {
        Self {
            header: Header {
                run: run::<W, B, R>,
                give_up: give_up::<W, B, R>,
            },
            pool,
            body: UnsafeCell::new(Some(body)),
            result: UnsafeCell::new(None),
            runner: AtomicUsize::new(0),
            latch: AtomicUsize::new(RUNNING),
            maker,
        }
    }

    fn header(&self) -> NonNull<Header<W>> {
        NonNull::from(self).cast()
    }

    fn is_over(&self) -> bool {
        // Acquire: the result, and that its writer has let go of the job.
        self.latch.load(Ordering::Acquire) == OVER
    }

    /// Whether it is worth parking: false if the job has become over.
    fn announce_park(&self) -> bool {
        // Relaxed on success: says nothing but that somebody parks. Acquire otherwise: as above.
        self.latch
            .compare_exchange(RUNNING, AWAITED, Ordering::Relaxed, Ordering::Acquire)
            .is_ok()
    }

    /// The body, taken back from a job that did not run.
    fn into_body(self) -> B {
        self.body.into_inner().expect("did not run")
    }

    fn into_result(self) -> Result<R, Payload> {
        self.result.into_inner().expect("is over")
    }

    /// Stores the result and lets go of the job.
    ///
    /// # Safety
    /// The caller has the task, and does not touch the job after this.
    unsafe fn end(job: NonNull<Self>, result: Result<R, Payload>) {
        // SAFETY: alive until the latch says "over".
        let this = unsafe { job.as_ref() };
        // SAFETY: the maker reads the cell only when the job is over.
        this.result.with_mut(|cell| unsafe { *cell = Some(result) });
        match &this.maker {
            Maker::Worker(place) => {
                let place = *place;
                // Release: the result comes before the latch that speaks of it.
                if this.latch.swap(OVER, Ordering::Release) == AWAITED {
                    // SAFETY: the place is the crew's, and the caller serves in it.
                    if let Some(unparker) = unsafe { &*place }.lock().as_ref() {
                        unparker.unpark();
                    }
                }
            }
            Maker::Stranger(unparker) => {
                let unparker = unparker.clone();
                // Release: as above.
                if this.latch.swap(OVER, Ordering::Release) == AWAITED {
                    unparker.unpark();
                }
            }
        }
    }
}

unsafe fn run<W, B: FnOnce() -> R + Send, R: Send>(header: NonNull<Header<W>>, _: &W) {
    let job: NonNull<StackJob<W, B, R>> = header.cast();
    // SAFETY: the task is run once, and its maker waits until the job is over.
    let this = unsafe { job.as_ref() };
    Context::with(this.pool, |context| {
        if let Some(context) = context {
            // Relaxed: it says where to look; the deque there has orderings of its own.
            this.runner
                .store(pack(context.seat, context.root.get()), Ordering::Relaxed);
        }
    });
    // SAFETY: whoever has the task has the body.
    let body = this.body.with_mut(|body| unsafe { (*body).take() });
    let result = catch_unwind(AssertUnwindSafe(body.expect("runs once")));
    // SAFETY: as above; the job is not used after this.
    unsafe { StackJob::end(job, result) };
}

unsafe fn give_up<W, B: FnOnce() -> R + Send, R: Send>(
    header: NonNull<Header<W>>,
    cause: Option<InitError>,
) {
    let job: NonNull<StackJob<W, B, R>> = header.cast();
    // SAFETY: the task is given up once, and its maker waits until the job is over.
    let this = unsafe { job.as_ref() };
    // SAFETY: whoever has the task has the body.
    drop(this.body.with_mut(|body| unsafe { (*body).take() }));
    let reason = cause.map_or(String::from("the executor gave the job up"), |cause| {
        format!("the executor is broken: {cause}")
    });
    // SAFETY: as above; the job is not used after this.
    unsafe { StackJob::end(job, Err(Box::new(reason))) };
}

/// Runs both, `b` on offer to the other workers.
pub(super) fn join<F, A, B, RA, RB>(crew: &Arc<Crew<F>>, a: A, b: B) -> (RA, RB)
where
    F: WorkerFactory,
    A: FnOnce() -> RA + Send,
    B: FnOnce() -> RB + Send,
    RA: Send,
    RB: Send,
{
    Context::with(crew.id(), |context| match context {
        Some(context) => fork(crew, context, a, b),
        None => run_on(
            crew,
            |served| {
                if served { join(crew, a, b) } else { (a(), b()) }
            },
        ),
    })
}

#[inline]
fn fork<F, A, B, RA, RB>(crew: &Arc<Crew<F>>, context: &Context, a: A, b: B) -> (RA, RB)
where
    F: WorkerFactory,
    A: FnOnce() -> RA + Send,
    B: FnOnce() -> RB + Send,
    RA: Send,
    RB: Send,
{
    let place = crew.place(context.seat);
    let maker = Maker::Worker(&raw const place.unparker);
    let job = StackJob::<F::Worker, B, RB>::new(crew.id(), b, maker);
    // SAFETY: this frame stays until the job is over or taken back, below.
    let task = unsafe { Task::from_header(job.header()) };
    // SAFETY: this thread has the seat, so it is the deque's owner.
    unsafe { place.deque.push(task, context.root.get()) };
    Crew::forked(crew);
    let first = catch_unwind(AssertUnwindSafe(a));
    let taken_back = take_back(crew, context, job.header());
    if !taken_back {
        wait(crew, context, &job);
    }
    match first {
        Err(payload) => resume_unwind(payload),
        Ok(first) if taken_back => (first, job.into_body()()),
        Ok(first) => match job.into_result() {
            Ok(second) => (first, second),
            Err(payload) => resume_unwind(payload),
        },
    }
}

/// Pops the job off the worker's own deque; false if it was stolen.
fn take_back<F: WorkerFactory>(
    crew: &Crew<F>,
    context: &Context,
    job: NonNull<Header<F::Worker>>,
) -> bool {
    // SAFETY: this thread has the seat, so it is the deque's owner.
    let popped = unsafe { crew.place(context.seat).deque.pop() };
    popped.is_some_and(|task| {
        // Whatever was pushed since was popped since, and thieves begin with the oldest.
        assert!(task.is(job), "forks nest");
        core::mem::forget(task);
        true
    })
}

/// Waits for a stolen job, and helps its thief.
fn wait<F, B, R>(crew: &Crew<F>, context: &Context, job: &StackJob<F::Worker, B, R>)
where
    F: WorkerFactory,
    B: FnOnce() -> R + Send,
    R: Send,
{
    let rounds = if thread::available_parallelism() == 1 {
        0
    } else {
        bounds::SPINS
    };
    let mut idle = 0;
    while !job.is_over() {
        // mutant: equivalent, bound: how long to look for something to help with is a matter of
        // speed.
        if idle > rounds {
            // Who ends an announced wait unparks once, which is waited for: nothing of it is left
            // over for a later park.
            if job.announce_park() {
                context.parker.park();
            }
            return;
        }
        if help_runner(crew, context, &job.runner) {
            idle = 0;
        } else {
            idle += 1;
            hint::spin_loop();
        }
    }
}

/// Runs one job that descends from the one that `runner` speaks of; false if there is none.
fn help_runner<F: WorkerFactory>(crew: &Crew<F>, context: &Context, runner: &AtomicUsize) -> bool {
    // Relaxed: see `run`.
    let Some((seat, root)) = unpack(runner.load(Ordering::Relaxed)) else {
        return false;
    };
    // The tag may be longer than the half that was written down: compare what there is.
    let descends = |tag: usize| tag << HALF == root << HALF;
    match crew.place(seat).deque.steal(descends) {
        Stolen::Entry(task) => {
            let worker = context.worker().expect("a worker of this crew");
            // A root of its own: its maker helps with what it forks, and with nothing else of ours.
            context.as_root(|| task.run(worker));
            true
        }
        Stolen::Nothing | Stolen::Retry => false,
    }
}

/// Runs `body` on a worker and waits for it.
pub(super) fn install<F, R>(crew: &Arc<Crew<F>>, body: impl FnOnce() -> R + Send) -> R
where
    F: WorkerFactory,
    R: Send,
{
    if is_worker_of(crew.id()) {
        return body();
    }
    run_on(crew, |_| body())
}

/// Runs `body` on a worker and waits for it; or here, if the executor takes no more tasks. `body`
/// is told whether a worker runs it.
fn run_on<F, R>(crew: &Arc<Crew<F>>, body: impl FnOnce(bool) -> R + Send) -> R
where
    F: WorkerFactory,
    R: Send,
{
    let parker = Parker::new();
    let maker = Maker::Stranger(parker.unparker());
    let served = AtomicBool::new(true);
    // Relaxed: written by this thread, before it calls the body itself, or never.
    let body = || body(served.load(Ordering::Relaxed));
    let job = StackJob::<F::Worker, _, R>::new(crew.id(), body, maker);
    // SAFETY: this frame stays until the job is over or given back, below.
    let task = unsafe { Task::from_header(job.header()) };
    if let Err((task, _)) = Crew::push(crew, task, Patience::Endless) {
        core::mem::forget(task);
        served.store(false, Ordering::Relaxed);
        return job.into_body()();
    }
    if job.announce_park() {
        parker.park();
    }
    job.into_result()
        .unwrap_or_else(|payload| resume_unwind(payload))
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::*;

    #[test]
    fn runner_is_unpacked_as_packed() {
        assert_eq!(unpack(0), None);
        for seat in [0, 1, 6, 255] {
            for root in [1, 2, 3, 1 << 20] {
                assert_eq!(unpack(pack(seat, root)), Some((seat, root)));
            }
        }
        // The upper half of a long root is not kept.
        assert_eq!(unpack(pack(5, 1 << HALF | 9)), Some((5, 9)));
    }
}
