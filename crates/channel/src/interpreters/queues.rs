//! Queues with ids.

use core::fmt;

use selvedge_sync::Deadline;
use selvedge_sync::seam::Mutex;
use selvedge_sync::seam::clock::Duration;

use super::error::{GetError, NotFound, PutError, UnbindError};
use super::item::{InterpreterId, OnEnd, Received};
use super::registry::Registry;
use super::shelf::{Beyond, Offer, Shelf};
use super::waiting::{Refusal, change};

/// The number of a queue, which no other of its [`Queues`] ever has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueueId(pub u64);

/// The queues between the interpreters of a process.
///
/// ```
/// use selvedge_channel::interpreters::{GetError, InterpreterId, OnEnd, PutError, Queues, Received};
///
/// let queues = Queues::new();
/// let id = queues.create(2, OnEnd::Unbound);
/// let (here, there) = (InterpreterId(0), InterpreterId(1));
/// queues.put(there, id, "one", Some(OnEnd::Remove), None)?;
/// queues.put(there, id, "two", None, None)?;
/// assert_eq!(queues.put_nowait(there, id, "three", None), Err(PutError::Full("three")));
///
/// queues.end_interpreter(there);
/// assert_eq!(queues.get(here, id, None)?, Received::Unbound);
/// assert_eq!(queues.get_nowait(here, id), Err(GetError::Empty));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Queues<T> {
    registry: Registry<Queue<T>>,
}

struct Queue<T> {
    maxsize: i64,
    on_end: OnEnd,
    state: Mutex<State<T>>,
}

struct State<T> {
    is_destroyed: bool,
    shelf: Shelf<T>,
}

impl<T> Queues<T> {
    /// There is none yet.
    pub fn new() -> Self {
        let registry = Registry::new();
        Self { registry }
    }

    /// Makes a queue for up to `maxsize` items, or any number if that is not above 0. `on_end`
    /// holds for items that are put without saying otherwise.
    pub fn create(&self, maxsize: i64, on_end: OnEnd) -> QueueId {
        let places = usize::try_from(maxsize).unwrap_or(0);
        let places = if places == 0 { usize::MAX } else { places };
        let shelf = Shelf::new(places);
        let is_destroyed = false;
        let state = Mutex::new(State {
            is_destroyed,
            shelf,
        });
        QueueId(self.registry.add(Queue {
            maxsize,
            on_end,
            state,
        }))
    }

    /// Puts an item; waits for room. `on_end` is what becomes of it when the interpreter ends,
    /// if that is not what the queue says.
    ///
    /// # Errors
    /// `NotFound`; `Full` if the time runs out; `InterpreterEnded`. Whichever it is, nobody has
    /// got the item or will.
    pub fn put(
        &self,
        by: InterpreterId,
        id: QueueId,
        item: T,
        on_end: Option<OnEnd>,
        timeout: Option<Duration>,
    ) -> Result<(), PutError<T>> {
        match self.registry.get(id.0) {
            Ok(queue) => queue.put(by, item, on_end, Some(Deadline::after(timeout))),
            Err(NotFound) => Err(PutError::NotFound(item)),
        }
    }

    /// Puts an item if there is room.
    ///
    /// # Errors
    /// `NotFound`; `Full`.
    pub fn put_nowait(
        &self,
        by: InterpreterId,
        id: QueueId,
        item: T,
        on_end: Option<OnEnd>,
    ) -> Result<(), PutError<T>> {
        match self.registry.get(id.0) {
            Ok(queue) => queue.put(by, item, on_end, None),
            Err(NotFound) => Err(PutError::NotFound(item)),
        }
    }

    /// Gets the first item; waits for one.
    ///
    /// # Errors
    /// `NotFound`; `Empty` if the time runs out; `Orphaned`; `InterpreterEnded`.
    pub fn get(
        &self,
        by: InterpreterId,
        id: QueueId,
        timeout: Option<Duration>,
    ) -> Result<Received<T>, GetError> {
        let queue = self.registry.get(id.0)?;
        queue.get(by, Some(Deadline::after(timeout)))
    }

    /// Gets the first item if there is one.
    ///
    /// # Errors
    /// `NotFound`; `Empty`; `Orphaned`.
    pub fn get_nowait(&self, by: InterpreterId, id: QueueId) -> Result<Received<T>, GetError> {
        self.registry.get(id.0)?.get(by, None)
    }

    /// How many items lie in a queue. Those that wait for room do not.
    ///
    /// # Errors
    /// If there is none of this id.
    pub fn qsize(&self, id: QueueId) -> Result<usize, NotFound> {
        Ok(self.registry.get(id.0)?.qsize())
    }

    /// Whether no item lies in a queue.
    ///
    /// # Errors
    /// If there is none of this id.
    pub fn is_empty(&self, id: QueueId) -> Result<bool, NotFound> {
        Ok(self.qsize(id)? == 0)
    }

    /// Whether a put would have to wait. A queue without a limit is never full.
    ///
    /// # Errors
    /// If there is none of this id.
    pub fn is_full(&self, id: QueueId) -> Result<bool, NotFound> {
        let queue = self.registry.get(id.0)?;
        let shelf = &queue.state.lock().shelf;
        Ok(shelf.len() >= shelf.places())
    }

    /// What the queue was made with.
    ///
    /// # Errors
    /// If there is none of this id.
    pub fn maxsize(&self, id: QueueId) -> Result<i64, NotFound> {
        Ok(self.registry.get(id.0)?.maxsize)
    }

    /// What becomes of items that are put without saying what.
    ///
    /// # Errors
    /// If there is none of this id.
    pub fn on_end(&self, id: QueueId) -> Result<OnEnd, NotFound> {
        Ok(self.registry.get(id.0)?.on_end)
    }

    /// An interpreter has ended: its threads that wait are told, and its items become what they
    /// were [put](OnEnd) to become.
    pub fn end_interpreter(&self, ended: InterpreterId) {
        for (_, queue) in self.registry.all() {
            change(&queue.state, |state, after| {
                state.shelf.end_interpreter(ended, after);
            });
        }
    }

    /// Forgets a queue. Its items are dropped, and those who wait for it are told that it is not
    /// there.
    ///
    /// # Errors
    /// If there is none of this id.
    pub fn destroy(&self, id: QueueId) -> Result<(), NotFound> {
        self.registry.remove(id.0)?.destroy();
        Ok(())
    }

    /// Counts one more who knows the id.
    ///
    /// # Errors
    /// If there is none of this id.
    pub fn bind(&self, id: QueueId) -> Result<(), NotFound> {
        self.registry.bind(id.0)
    }

    /// Counts one less who knows the id, and [destroys](Self::destroy) the queue with the last.
    ///
    /// # Errors
    /// `NotFound`; `NotBound` if nobody was counted.
    pub fn unbind(&self, id: QueueId) -> Result<(), UnbindError> {
        if let Some(queue) = self.registry.unbind(id.0)? {
            queue.destroy();
        }
        Ok(())
    }

    /// All queues, in the order in which they were made, and what becomes of their items.
    pub fn list_all(&self) -> Vec<(QueueId, OnEnd)> {
        let all = self.registry.all().into_iter();
        all.map(|(id, queue)| (QueueId(id), queue.on_end)).collect()
    }
}

impl<T> Default for Queues<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Queue<T> {
    /// Puts an item; waits for room until the deadline, if there is one.
    fn put(
        &self,
        by: InterpreterId,
        item: T,
        on_end: Option<OnEnd>,
        deadline: Option<Deadline>,
    ) -> Result<(), PutError<T>> {
        let on_end = on_end.unwrap_or(self.on_end);
        let beyond = if deadline.is_some() {
            Beyond::Wait
        } else {
            Beyond::TakeBack
        };
        let offer = change(&self.state, |state, after| {
            if state.is_destroyed {
                return Err(PutError::NotFound(item));
            }
            Ok(state.shelf.give(by, on_end, item, beyond, after))
        })?;
        let wait = match offer {
            Offer::Taken | Offer::Left => return Ok(()),
            Offer::Back(item) => return Err(PutError::Full(item)),
            Offer::Waits(wait) => wait,
        };
        let take_back = |number| self.state.lock().shelf.take_back(number);
        match wait.end(deadline.unwrap_or(Deadline::NEVER), take_back) {
            Ok(Ok(())) => Ok(()),
            Ok(Err((Refusal::InterpreterEnded, item))) => Err(PutError::InterpreterEnded(item)),
            // A queue is destroyed, never closed.
            Ok(Err((Refusal::NotFound | Refusal::Closed, item))) => Err(PutError::NotFound(item)),
            Err(item) => Err(PutError::Full(item)),
        }
    }

    /// Gets the first item; waits for one until the deadline, if there is one.
    fn get(&self, by: InterpreterId, deadline: Option<Deadline>) -> Result<Received<T>, GetError> {
        let begun = change(&self.state, |state, after| {
            if state.is_destroyed {
                return Err(GetError::NotFound);
            }
            match (state.shelf.take(after), deadline) {
                (Some(delivery), _) => Ok(Ok(delivery?)),
                (None, None) => Err(GetError::Empty),
                (None, Some(deadline)) => Ok(Err((state.shelf.join(by), deadline))),
            }
        })?;
        let (wait, deadline) = match begun {
            Ok(received) => return Ok(received),
            Err(waits) => waits,
        };
        match wait.end(deadline, |number| self.state.lock().shelf.leave(number)) {
            Ok(Ok(delivery)) => Ok(delivery?),
            Ok(Err(Refusal::InterpreterEnded)) => Err(GetError::InterpreterEnded),
            // A queue is destroyed, never closed.
            Ok(Err(Refusal::NotFound | Refusal::Closed)) => Err(GetError::NotFound),
            Err(()) => Err(GetError::Empty),
        }
    }

    fn qsize(&self) -> usize {
        let shelf = &self.state.lock().shelf;
        shelf.len().min(shelf.places())
    }

    fn destroy(&self) {
        change(&self.state, |state, after| {
            state.is_destroyed = true;
            state.shelf.clear(Refusal::NotFound, after);
        });
    }
}

impl<T> fmt::Debug for Queues<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Queues").field(&self.list_all()).finish()
    }
}
