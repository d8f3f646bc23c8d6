//! Queues of tasks, with the semantics of Python's `queue` module.
//!
//! A [`Queue`] hands out its oldest item first, a [`LifoQueue`] its newest and a [`PriorityQueue`]
//! its smallest. Each counts its items until they are reported [done](Queue::task_done), so that
//! [`join`](Queue::join) can wait for all work, and can be [shut down](Queue::shutdown). A
//! [`SimpleQueue`] does neither. They stand on the same lines as channels: who waits parks, is
//! served in the order in which it came, and is not overtaken.
//!
//! ```
//! use std::thread;
//! use selvedge_channel::queue::Queue;
//!
//! let queue = Queue::new(2);
//! thread::scope(|scope| {
//!     scope.spawn(|| {
//!         while let Ok(task) = queue.get() {
//!             assert!(task < 10);
//!             queue.task_done().unwrap();
//!         }
//!     });
//!     for task in 0..10 {
//!         queue.put(task).unwrap();
//!     }
//!     queue.join();
//!     queue.shutdown();
//! });
//! assert_eq!(queue.put(10).unwrap_err().into_inner(), 10);
//! ```

mod error;
mod tasks;

use core::fmt;
use core::ops::Deref;
use core::panic::{RefUnwindSafe, UnwindSafe};

use selvedge_sync::seam::clock::Duration;

pub use error::{GetError, PutError, TooManyDone};

use crate::chan::{Chan, Unreceived, Unsent};
use crate::flavors::bounded::Ring;
use crate::flavors::ordered::Shelf;
use crate::flavors::unbounded::Chain;
use crate::patience::Patience;
use tasks::{Counted, Tasks};

/// A queue of tasks for any number of threads, which hands out the oldest item first.
///
/// See the [module](self) for an example.
pub struct Queue<T> {
    kind: Kind<T>,
}

/// Where the items lie.
enum Kind<T> {
    Bounded(Chan<T, Counted<Ring<T>>>),
    Unbounded(Chan<T, Counted<Chain<T>>>),
    Ordered(Chan<T, Counted<Shelf<T>>>),
}

/// Runs an expression with `$chan` as the channel of a queue, whatever its kind.
macro_rules! on_queue {
    ($queue:expr, $chan:ident => $run:expr) => {
        match &$queue.kind {
            Kind::Bounded($chan) => $run,
            Kind::Unbounded($chan) => $run,
            Kind::Ordered($chan) => $run,
        }
    };
}

impl<T> Queue<T> {
    /// A queue for up to `maxsize` items, or any number if that is 0.
    ///
    /// # Panics
    /// If `maxsize` items are more than the address space has room for.
    pub fn new(maxsize: usize) -> Self {
        let kind = if maxsize == 0 {
            Kind::Unbounded(Chan::new(Counted::new(Chain::new())))
        } else {
            Kind::Bounded(Chan::new(Counted::new(Ring::new(maxsize))))
        };
        Self { kind }
    }

    fn ordered(shelf: Shelf<T>) -> Self {
        let kind = Kind::Ordered(Chan::new(Counted::new(shelf)));
        Self { kind }
    }

    /// Puts an item, waiting while the queue is full.
    ///
    /// # Errors
    /// If the queue is shut down, before or while waiting.
    pub fn put(&self, item: T) -> Result<(), PutError<T>> {
        self.put_patiently(item, Patience::Endless)
    }

    /// Puts an item if there is room.
    ///
    /// # Errors
    /// If the queue is full or shut down.
    pub fn put_nowait(&self, item: T) -> Result<(), PutError<T>> {
        self.put_patiently(item, Patience::None)
    }

    /// Puts an item, waiting up to `timeout` while the queue is full.
    ///
    /// # Errors
    /// If the time runs out, or the queue is shut down.
    pub fn put_timeout(&self, item: T, timeout: Duration) -> Result<(), PutError<T>> {
        self.put_patiently(item, Patience::from_now(timeout))
    }

    fn put_patiently(&self, item: T, patience: Patience) -> Result<(), PutError<T>> {
        on_queue!(self, chan => chan.send(item, patience)).map_err(|unsent| match unsent {
            Unsent::Full(item) => PutError::Full(item),
            Unsent::Closed(item) => PutError::ShutDown(item),
        })
    }

    /// Takes the next item, waiting while there is none.
    ///
    /// # Errors
    /// If the queue is shut down, before or while waiting, and no item is left.
    pub fn get(&self) -> Result<T, GetError> {
        self.get_patiently(Patience::Endless)
    }

    /// Takes the next item if there is one.
    ///
    /// # Errors
    /// If there is none.
    pub fn get_nowait(&self) -> Result<T, GetError> {
        self.get_patiently(Patience::None)
    }

    /// Takes the next item, waiting up to `timeout` while there is none.
    ///
    /// # Errors
    /// If the time runs out, or the queue is shut down and no item is left.
    pub fn get_timeout(&self, timeout: Duration) -> Result<T, GetError> {
        self.get_patiently(Patience::from_now(timeout))
    }

    fn get_patiently(&self, patience: Patience) -> Result<T, GetError> {
        on_queue!(self, chan => chan.recv(patience)).map_err(|unreceived| match unreceived {
            Unreceived::Empty => GetError::Empty,
            Unreceived::Closed => GetError::ShutDown,
        })
    }

    /// How many items lie in the queue.
    pub fn qsize(&self) -> usize {
        on_queue!(self, chan => chan.len())
    }

    /// Whether no item lies in the queue.
    pub fn is_empty(&self) -> bool {
        self.qsize() == 0
    }

    /// Whether a put would have to wait. A queue without a limit is never full.
    pub fn is_full(&self) -> bool {
        let maxsize = self.maxsize();
        maxsize > 0 && self.qsize() >= maxsize
    }

    /// How many items may lie in the queue, or 0 if there is no limit.
    pub fn maxsize(&self) -> usize {
        on_queue!(self, chan => chan.capacity()).unwrap_or(0)
    }

    fn tasks(&self) -> &Tasks {
        on_queue!(self, chan => &chan.buffer.tasks)
    }

    /// Reports that the work on an item that was put is done. When none is unfinished, those who
    /// [join](Self::join) go on.
    ///
    /// # Errors
    /// If there are no unfinished tasks: this was called more often than items were put.
    pub fn task_done(&self) -> Result<(), TooManyDone> {
        self.tasks().done()
    }

    /// Waits until each item that was put has been reported [done](Self::task_done).
    pub fn join(&self) {
        let done = self.tasks().join(None);
        debug_assert!(done, "a wait without a deadline ends when all is done");
    }

    /// Like [`join`](Self::join), up to `timeout`. Returns whether no task is unfinished.
    #[must_use = "whether all is done decides what to do next"]
    pub fn join_timeout(&self, timeout: Duration) -> bool {
        let patience = Patience::from_now(timeout);
        self.tasks().join(patience.deadline())
    }

    /// Shuts the queue down: from now on puts fail, those that wait get their items back, and gets
    /// fail once no item is left.
    pub fn shutdown(&self) {
        on_queue!(self, chan => chan.close());
    }

    /// Shuts the queue down and takes what is left in it, which counts as done: gets fail from now
    /// on, and those who [join](Self::join) wait for the items that were taken before.
    pub fn shutdown_immediately(&self) -> Vec<T> {
        self.shutdown();
        let mut left = Vec::new();
        while let Ok(item) = self.get_nowait() {
            left.push(item);
            // Too many only if more were reported done than taken, which was an error then.
            let _ = self.task_done();
        }
        left
    }

    /// Whether the queue was shut down. Items may be left in it.
    pub fn is_shut_down(&self) -> bool {
        on_queue!(self, chan => chan.is_closed())
    }
}

/// A [`Queue`] that hands out the newest item first.
///
/// ```
/// let queue = selvedge_channel::queue::LifoQueue::new(0);
/// queue.put("first").unwrap();
/// queue.put("second").unwrap();
/// assert_eq!(queue.get(), Ok("second"));
/// ```
pub struct LifoQueue<T>(Queue<T>);

impl<T> LifoQueue<T> {
    /// A queue for up to `maxsize` items, or any number if that is 0.
    pub fn new(maxsize: usize) -> Self {
        Self(Queue::ordered(Shelf::newest_first(limit(maxsize))))
    }
}

/// A [`Queue`] that hands out the smallest item first, and of equal ones the oldest.
///
/// Items are compared while the queue is locked: their order must not use the queue.
///
/// ```
/// let queue = selvedge_channel::queue::PriorityQueue::new(0);
/// for (priority, task) in [(2, "sleep"), (1, "eat")] {
///     queue.put((priority, task)).unwrap();
/// }
/// assert_eq!(queue.get(), Ok((1, "eat")));
/// ```
pub struct PriorityQueue<T>(Queue<T>);

impl<T: Ord> PriorityQueue<T> {
    /// A queue for up to `maxsize` items, or any number if that is 0.
    pub fn new(maxsize: usize) -> Self {
        Self(Queue::ordered(Shelf::smallest_first(limit(maxsize))))
    }
}

/// The capacity that a `maxsize` stands for.
fn limit(maxsize: usize) -> Option<usize> {
    (maxsize > 0).then_some(maxsize)
}

/// A queue without a limit that counts nothing: a put never waits and never fails.
///
/// ```
/// let queue = selvedge_channel::queue::SimpleQueue::new();
/// queue.put(1);
/// assert_eq!((queue.get(), queue.get_nowait()), (1, None));
/// ```
pub struct SimpleQueue<T> {
    chan: Chan<T, Chain<T>>,
}

impl<T> SimpleQueue<T> {
    /// An empty queue.
    pub fn new() -> Self {
        Self {
            chan: Chan::new(Chain::new()),
        }
    }

    /// Puts an item.
    pub fn put(&self, item: T) {
        if self.chan.send(item, Patience::Endless).is_err() {
            unreachable!("nobody can shut this queue down");
        }
    }

    /// Takes the oldest item, waiting while there is none.
    pub fn get(&self) -> T {
        let got = self.chan.recv(Patience::Endless);
        got.unwrap_or_else(|_| unreachable!("nobody can shut this queue down"))
    }

    /// Takes the oldest item if there is one.
    pub fn get_nowait(&self) -> Option<T> {
        self.chan.recv(Patience::None).ok()
    }

    /// Takes the oldest item, waiting up to `timeout` while there is none.
    pub fn get_timeout(&self, timeout: Duration) -> Option<T> {
        self.chan.recv(Patience::from_now(timeout)).ok()
    }

    /// How many items lie in the queue.
    pub fn qsize(&self) -> usize {
        self.chan.len()
    }

    /// Whether no item lies in the queue.
    pub fn is_empty(&self) -> bool {
        self.qsize() == 0
    }
}

impl<T> Default for SimpleQueue<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// A queue in another order: a [`Queue`] in all else.
macro_rules! a_queue {
    ($name:ident) => {
        impl<T> Deref for $name<T> {
            type Target = Queue<T>;
            fn deref(&self) -> &Queue<T> {
                &self.0
            }
        }

        impl<T> From<$name<T>> for Queue<T> {
            fn from(queue: $name<T>) -> Self {
                queue.0
            }
        }
    };
}

a_queue!(LifoQueue);
a_queue!(PriorityQueue);

/// What all queues have in common.
macro_rules! any_queue {
    ($($name:ident)+) => {$(
        impl<T> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).field("qsize", &self.qsize()).finish_non_exhaustive()
            }
        }

        // As for the ends of a channel; an order that panics leaves a queue in some order.
        impl<T> UnwindSafe for $name<T> {}
        impl<T> RefUnwindSafe for $name<T> {}
    )+};
}

any_queue!(Queue LifoQueue PriorityQueue SimpleQueue);
