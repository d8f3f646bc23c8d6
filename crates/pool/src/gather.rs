//! Waiting for many futures at once.

use core::fmt;
use selvedge_sync::seam::clock::{Duration, Instant};
use selvedge_sync::seam::{Arc, Mutex, Parker, Unparker};
use std::collections::VecDeque;

use crate::error::Error;
use crate::future::Future;
use crate::future::completion::{Ticket, Waiter};

/// A future, or anything that points to one.
pub trait AsFuture {
    /// What the future comes to.
    type Value;
    /// How it fails.
    type Error;
    /// The future.
    fn as_future(&self) -> &Future<Self::Value, Self::Error>;
}

impl<T, E> AsFuture for Future<T, E> {
    type Value = T;
    type Error = E;
    fn as_future(&self) -> &Future<T, E> {
        self
    }
}

impl<F: AsFuture + ?Sized> AsFuture for &F {
    type Value = F::Value;
    type Error = F::Error;
    fn as_future(&self) -> &Future<F::Value, F::Error> {
        (**self).as_future()
    }
}

impl<F: AsFuture> AsFuture for Arc<F> {
    type Value = F::Value;
    type Error = F::Error;
    fn as_future(&self) -> &Future<F::Value, F::Error> {
        (**self).as_future()
    }
}

/// Futures that have become done, in that order, and the one thread that asks for them.
pub(crate) struct Gathering(Mutex<Arrivals>);

struct Arrivals {
    done: VecDeque<usize>,
    /// Present while the gatherer sleeps, or is about to.
    sleeper: Option<Unparker>,
}

/// The gatherer to wake, now that no mutex is held.
#[must_use = "a gatherer that is not woken sleeps for ever"]
pub(crate) struct Wake(Option<Unparker>);

impl Wake {
    pub(crate) fn fire(self) {
        if let Some(thread) = self.0 {
            thread.unpark();
        }
    }
}

impl Gathering {
    fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Arrivals {
            done: VecDeque::new(),
            sleeper: None,
        })))
    }

    /// Future number `index` is done.
    pub(crate) fn arrived(&self, index: usize) -> Wake {
        let mut arrivals = self.0.lock();
        arrivals.done.push_back(index);
        Wake(arrivals.sleeper.take())
    }

    fn take(&self) -> Option<usize> {
        self.0.lock().done.pop_front()
    }

    /// The next future to become done, or `None` once `deadline` has passed.
    fn next(&self, deadline: Option<Instant>) -> Option<usize> {
        if let Some(index) = self.take() {
            return Some(index);
        }
        let parker = Parker::new();
        loop {
            let mut arrivals = self.0.lock();
            if let Some(index) = arrivals.done.pop_front() {
                return Some(index);
            }
            arrivals.sleeper = Some(parker.unparker());
            drop(arrivals);
            match deadline {
                None => parker.park(),
                Some(deadline) => {
                    if !parker.park_until(deadline) {
                        let mut arrivals = self.0.lock();
                        arrivals.sleeper = None;
                        return arrivals.done.pop_front();
                    }
                }
            }
        }
    }
}

/// Futures that tell one gathering, and no longer do once this is dropped.
struct Gathered<F: AsFuture> {
    gathering: Arc<Gathering>,
    /// `None` in the place of a future that was handed out.
    futures: Vec<Option<(F, Option<Ticket>)>>,
    left: usize,
    deadline: Option<Instant>,
    /// Without a time limit, a worker runs what it waits for itself, from this place on.
    to_help: Option<usize>,
}

impl<F: AsFuture> Gathered<F> {
    fn new(futures: impl IntoIterator<Item = F>, timeout: Option<Duration>) -> Self {
        // A deadline that cannot be represented is none.
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let gathering = Gathering::new();
        let futures: Vec<_> = futures
            .into_iter()
            .enumerate()
            .map(|(index, future)| {
                let waiter = Waiter::Gathering(Arc::clone(&gathering), index);
                let ticket = future.as_future().register(waiter);
                if ticket.is_none() {
                    // This thread is the gatherer: it need not be woken.
                    let Wake(nobody) = gathering.arrived(index);
                    debug_assert!(nobody.is_none());
                }
                Some((future, ticket))
            })
            .collect();
        Self {
            gathering,
            left: futures.len(),
            futures,
            deadline,
            to_help: timeout.is_none().then_some(0),
        }
    }

    fn future(&self, index: usize) -> &F {
        let (future, _) = self.futures[index].as_ref().expect("not handed out");
        future
    }

    /// Waits for the next future to be done; `None` if time is up or none is left.
    fn next(&mut self) -> Option<usize> {
        if self.left == 0 {
            return None;
        }
        let index = self
            .ready_or_helped()
            .or_else(|| self.gathering.next(self.deadline))?;
        self.left -= 1;
        Some(index)
    }

    fn ready_or_helped(&mut self) -> Option<usize> {
        loop {
            if let Some(index) = self.gathering.take() {
                return Some(index);
            }
            let next = self.to_help.filter(|next| *next < self.futures.len())?;
            self.to_help = Some(next + 1);
            if let Some((future, _)) = &self.futures[next] {
                future.as_future().help();
            }
        }
    }
}

impl<F: AsFuture> Drop for Gathered<F> {
    fn drop(&mut self) {
        for (future, ticket) in self.futures.iter().flatten() {
            if let Some(ticket) = ticket {
                future.as_future().deregister(*ticket);
            }
        }
    }
}

/// When [`wait`] returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReturnWhen {
    /// As soon as one future is done.
    FirstCompleted,
    /// As soon as one future has failed, or when all are done. A cancelled future has not failed.
    FirstException,
    /// When all are done.
    AllCompleted,
}

/// What [`wait`] found: the futures in the order in which they were given.
#[derive(Debug)]
pub struct Waited<F> {
    /// Finished or cancelled.
    pub done: Vec<F>,
    /// Pending or running when the wait ended.
    pub not_done: Vec<F>,
}

/// Waits for futures: their handles, or references to them.
///
/// Futures that are done already, cancelled ones included, count at once. With no futures it
/// returns at once. Takes time linear in the number of futures.
///
/// ```
/// use selvedge_pool::{Executor, ReturnWhen, ThreadExecutor, wait};
///
/// let pool = ThreadExecutor::new(2);
/// let futures = [pool.submit(|| 1)?, pool.submit(|| 2)?];
/// let waited = wait(&futures, None, ReturnWhen::AllCompleted);
/// assert_eq!(waited.done.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn wait<F: AsFuture>(
    futures: impl IntoIterator<Item = F>,
    timeout: Option<Duration>,
    until: ReturnWhen,
) -> Waited<F> {
    let mut gathered = Gathered::new(futures, timeout);
    while let Some(index) = gathered.next() {
        let enough = match until {
            ReturnWhen::FirstCompleted => true,
            ReturnWhen::FirstException => has_failed(gathered.future(index)),
            ReturnWhen::AllCompleted => false,
        };
        if enough {
            break;
        }
    }
    split(gathered)
}

fn has_failed<F: AsFuture>(future: &F) -> bool {
    let outcome = future.as_future().outcome();
    matches!(outcome, Some(Err(error)) if !matches!(error, Error::Cancelled))
}

fn split<F: AsFuture>(mut gathered: Gathered<F>) -> Waited<F> {
    let mut waited = Waited {
        done: Vec::new(),
        not_done: Vec::new(),
    };
    for (future, ticket) in gathered.futures.iter_mut().filter_map(Option::take) {
        if let Some(ticket) = ticket {
            future.as_future().deregister(ticket);
        }
        if future.as_future().done() {
            waited.done.push(future);
        } else {
            waited.not_done.push(future);
        }
    }
    waited
}

/// Yields futures as they become done; made by [`as_completed`].
pub struct AsCompleted<F: AsFuture>(Gathered<F>);

/// Yields each future as soon as it is done, those that are done already first. If `timeout` (from
/// this call on) passes, it yields [`TimedOut`] with how many are not done, and ends.
///
/// ```
/// use selvedge_pool::{Executor, ThreadExecutor, as_completed};
///
/// let pool = ThreadExecutor::new(2);
/// let futures = vec![pool.submit(|| 1)?, pool.submit(|| 2)?];
/// let mut sum = 0;
/// for future in as_completed(futures, None) {
///     sum += future?.join()?;
/// }
/// assert_eq!(sum, 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn as_completed<F: AsFuture>(
    futures: impl IntoIterator<Item = F>,
    timeout: Option<Duration>,
) -> AsCompleted<F> {
    AsCompleted(Gathered::new(futures, timeout))
}

impl<F: AsFuture> Iterator for AsCompleted<F> {
    type Item = Result<F, TimedOut>;

    fn next(&mut self) -> Option<Self::Item> {
        let unfinished = self.0.left;
        if unfinished == 0 {
            return None;
        }
        let Some(index) = self.0.next() else {
            self.0.left = 0;
            return Some(Err(TimedOut { unfinished }));
        };
        let (future, _) = self.0.futures[index].take().expect("arrives once");
        Some(Ok(future))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        // A time-out ends the iteration, so nothing but the upper bound is certain.
        (usize::from(self.0.left > 0), Some(self.0.left))
    }
}

impl<F: AsFuture> core::iter::FusedIterator for AsCompleted<F> {}

impl<F: AsFuture> fmt::Debug for AsCompleted<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsCompleted")
            .field("left", &self.0.left)
            .finish_non_exhaustive()
    }
}

/// Time was up before all futures were done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedOut {
    /// How many were not done.
    pub unfinished: usize,
}

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} futures were not done in time", self.unfinished)
    }
}

impl core::error::Error for TimedOut {}
