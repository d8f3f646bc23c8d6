//! Submission of functions that borrow.
//!
//! A scope keeps its functions in a queue of its own. For each it gives the executor a *ticket*,
//! which a worker redeems by running the oldest function of the scope that nobody has begun. So
//! the one who opened the scope can run what is left in it, and nothing else, while it waits.

use core::any::Any;
use core::fmt;
use core::marker::PhantomData;
use selvedge_sync::seam::{Arc, Mutex, Parker, Unparker};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::crew::{Crew, Patience};
use super::worker::WorkerFactory;
use crate::task::{Errand, Task, is_worker_of};

type Job = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Board {
    jobs: VecDeque<Job>,
    /// Jobs that have been begun and are not over.
    running: usize,
    /// Tickets that have been neither redeemed nor dropped.
    tickets: usize,
    panic: Option<Box<dyn Any + Send>>,
    waiter: Option<Unparker>,
}

impl Board {
    /// The waiter, if there is something for it to see.
    fn news(&mut self) -> Option<Unparker> {
        let over = self.jobs.is_empty() && self.running == 0;
        if over || self.tickets == 0 {
            self.waiter.take()
        } else {
            None
        }
    }
}

/// Runs one job of the board, if one is left.
fn run_one(board: &Mutex<Board>) -> bool {
    let Some(job) = begin(board) else {
        return false;
    };
    let result = catch_unwind(AssertUnwindSafe(job));
    let mut board = board.lock();
    board.running -= 1;
    if let Err(payload) = result {
        board.panic.get_or_insert(payload);
    }
    let waiter = board.news();
    drop(board);
    if let Some(waiter) = waiter {
        waiter.unpark();
    }
    true
}

fn begin(board: &Mutex<Board>) -> Option<Job> {
    let mut board = board.lock();
    let job = board.jobs.pop_front()?;
    board.running += 1;
    Some(job)
}

/// Stands for one job in the executor's queue.
struct Ticket(Arc<Mutex<Board>>);

impl Errand for Ticket {
    fn run(self) {
        run_one(&self.0);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut board = self.0.lock();
        board.tickets -= 1;
        let waiter = board.news();
        drop(board);
        if let Some(waiter) = waiter {
            waiter.unpark();
        }
    }
}

/// A place to spawn functions that may borrow what outlives the scope; see
/// [`ThreadExecutor::scope`](super::ThreadExecutor::scope).
pub struct Scope<'scope, 'env: 'scope, F: WorkerFactory> {
    crew: &'scope Arc<Crew<F>>,
    board: Arc<Mutex<Board>>,
    lifetimes: PhantomData<(&'scope mut &'scope (), &'env mut &'env ())>,
}

impl<'scope, F: WorkerFactory> Scope<'scope, '_, F> {
    /// Has `job` run before the scope ends, on a worker or, if the executor takes no more tasks,
    /// on the thread that opened the scope.
    pub fn spawn(&'scope self, job: impl FnOnce() + Send + 'scope) {
        let job: Box<dyn FnOnce() + Send + 'scope> = Box::new(job);
        // SAFETY: `open` does not return before the job has run, whatever becomes of its ticket,
        // so nothing the job borrows has ended.
        let job = unsafe { core::mem::transmute::<Box<dyn FnOnce() + Send + 'scope>, Job>(job) };
        let mut board = self.board.lock();
        board.jobs.push_back(job);
        board.tickets += 1;
        drop(board);
        let ticket = Task::detached(Ticket(Arc::clone(&self.board)));
        // A ticket that is refused is dropped: then the opener runs the job.
        drop(Crew::push(self.crew, ticket, Patience::None));
    }
}

impl<F: WorkerFactory> fmt::Debug for Scope<'_, '_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").finish_non_exhaustive()
    }
}

/// Opens a scope for `body`, and waits for what it spawned.
pub(super) fn open<'env, F, R>(
    crew: &Arc<Crew<F>>,
    body: impl for<'scope> FnOnce(&'scope Scope<'scope, 'env, F>) -> R,
) -> R
where
    F: WorkerFactory,
{
    let scope = Scope {
        crew,
        board: Arc::default(),
        lifetimes: PhantomData,
    };
    let result = catch_unwind(AssertUnwindSafe(|| body(&scope)));
    wait(&scope.board, is_worker_of(crew.id()));
    let panic = scope.board.lock().panic.take();
    match (result, panic) {
        (Ok(result), None) => result,
        (Err(payload), _) | (_, Some(payload)) => resume_unwind(payload),
    }
}

/// Waits until every job is over. A worker runs jobs of the scope meanwhile; another thread does
/// only if no ticket is left.
fn wait(board: &Mutex<Board>, is_worker: bool) {
    let parker = Parker::new();
    loop {
        let mut state = board.lock();
        if state.jobs.is_empty() && state.running == 0 {
            return;
        }
        if !state.jobs.is_empty() && (is_worker || state.tickets == 0) {
            drop(state);
            run_one(board);
        } else {
            state.waiter = Some(parker.unparker());
            drop(state);
            parker.park();
        }
    }
}
