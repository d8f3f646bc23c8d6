//! Waiting for the first of several operations.

mod cases;
mod ends;
mod macros;
mod operation;

use core::fmt;

use selvedge_sync::seam::Arc;
use selvedge_sync::seam::clock::{Duration, Instant};
use selvedge_sync::seam::random;

pub use operation::SelectedOperation;

use crate::error::{ReadyTimeoutError, SelectTimeoutError, TryReadyError, TrySelectError};
use crate::patience::Patience;
use crate::spin::Spin;
use crate::waiter::Choice;
use crate::{Receiver, Sender};
use operation::Outcome;

/// An operation that may be waited for beside others.
trait Case {
    /// Decides the operation if that needs no waiting.
    fn try_start<'a>(&'a self) -> Option<Box<dyn Outcome + 'a>>;
    /// Whether the operation needs no waiting.
    fn is_ready(&self) -> bool;
    /// Stands in line as case `index` of a choice, unless the operation needs no waiting.
    fn enlist<'a>(
        &'a self,
        choice: &Arc<Choice>,
        index: usize,
        watches: bool,
    ) -> Option<Box<dyn Entry<'a> + 'a>>;
    /// When the operation needs no waiting any more without anybody's doing.
    fn due(&self) -> Option<Instant> {
        None
    }
}

/// A case that stands in line.
trait Entry<'a> {
    /// Leaves the line, not having been chosen.
    fn leave(self: Box<Self>);
    /// What the case was chosen with, after the end of the wait; nothing if its partner gave up.
    fn outcome(self: Box<Self>) -> Option<Box<dyn Outcome + 'a>>;
}

/// A set of sends and receives, of which one is done or waited for.
///
/// If several could be done, one is picked at random, or the first of a
/// [biased](Self::new_biased) set. A closed channel's operations can be done: they fail. Cases wait
/// in the same lines as plain operations and are served in the same order.
///
/// ```
/// use selvedge_channel::{Select, unbounded};
///
/// let (numbers, number) = unbounded();
/// let (_words, word) = unbounded::<&str>();
/// numbers.send(7).unwrap();
///
/// let mut select = Select::new();
/// let on_number = select.recv(&number);
/// let _on_word = select.recv(&word);
/// let operation = select.select();
/// assert_eq!(operation.index(), on_number);
/// assert_eq!(operation.recv(&number), Ok(7));
/// ```
#[derive(Clone)]
pub struct Select<'a> {
    cases: Vec<(usize, &'a dyn Case, *const ())>,
    next_index: usize,
    biased: bool,
}

// SAFETY: what a select does with its ends on another thread than theirs moves messages within
// their channels, under the same locks as ever, and drops none: an operation that it has selected
// is completed with an end, which only a thread has that may have its messages, or gives the
// message back.
unsafe impl Send for Select<'_> {}
// SAFETY: as above; a shared select can be cloned and no more.
unsafe impl Sync for Select<'_> {}

impl<'a> Select<'a> {
    /// An empty set that picks at random.
    pub fn new() -> Self {
        Self {
            cases: Vec::new(),
            next_index: 0,
            biased: false,
        }
    }

    /// An empty set that picks the operation that was added first.
    pub fn new_biased() -> Self {
        Self {
            biased: true,
            ..Self::new()
        }
    }

    /// Adds a send; returns its index.
    pub fn send<T>(&mut self, sender: &'a Sender<T>) -> usize {
        self.add(sender, core::ptr::from_ref(sender).cast())
    }

    /// Adds a receive; returns its index.
    pub fn recv<T>(&mut self, receiver: &'a Receiver<T>) -> usize {
        self.add(receiver, core::ptr::from_ref(receiver).cast())
    }

    fn add(&mut self, case: &'a dyn Case, end: *const ()) -> usize {
        let index = self.next_index;
        self.cases.push((index, case, end));
        self.next_index += 1;
        index
    }

    /// Removes an operation; the others keep their indices.
    ///
    /// # Panics
    /// If there is no operation of that index.
    pub fn remove(&mut self, index: usize) {
        let at = self.cases.iter().position(|case| case.0 == index);
        self.cases.remove(at.expect("no operation with this index"));
    }

    /// Picks an operation that needs no waiting. It has to be completed.
    ///
    /// # Errors
    /// If each would have to wait.
    pub fn try_select(&mut self) -> Result<SelectedOperation<'a>, TrySelectError> {
        self.run(Patience::None).ok_or(TrySelectError)
    }

    /// Waits for an operation. It has to be completed.
    ///
    /// # Panics
    /// If the set is empty.
    pub fn select(&mut self) -> SelectedOperation<'a> {
        assert!(!self.cases.is_empty(), "no operations have been added");
        self.run(Patience::Endless).expect("the wait has no limit")
    }

    /// Waits for an operation up to `timeout`. It has to be completed.
    ///
    /// # Errors
    /// If the time runs out.
    pub fn select_timeout(
        &mut self,
        timeout: Duration,
    ) -> Result<SelectedOperation<'a>, SelectTimeoutError> {
        self.run(Patience::from_now(timeout))
            .ok_or(SelectTimeoutError)
    }

    /// Waits for an operation up to `deadline`. It has to be completed.
    ///
    /// # Errors
    /// If the deadline passes.
    pub fn select_deadline(
        &mut self,
        deadline: Instant,
    ) -> Result<SelectedOperation<'a>, SelectTimeoutError> {
        self.run(Patience::Until(deadline))
            .ok_or(SelectTimeoutError)
    }

    /// The index of an operation that needs no waiting at this moment. Another thread may be
    /// faster to do it.
    ///
    /// # Errors
    /// If each would have to wait.
    pub fn try_ready(&mut self) -> Result<usize, TryReadyError> {
        self.watch(Patience::None).ok_or(TryReadyError)
    }

    /// Waits until an operation needs no waiting; returns its index.
    ///
    /// # Panics
    /// If the set is empty.
    pub fn ready(&mut self) -> usize {
        assert!(!self.cases.is_empty(), "no operations have been added");
        self.watch(Patience::Endless)
            .expect("the wait has no limit")
    }

    /// Like [`ready`](Self::ready), up to `timeout`.
    ///
    /// # Errors
    /// If the time runs out.
    pub fn ready_timeout(&mut self, timeout: Duration) -> Result<usize, ReadyTimeoutError> {
        self.watch(Patience::from_now(timeout))
            .ok_or(ReadyTimeoutError)
    }

    /// Like [`ready`](Self::ready), up to `deadline`.
    ///
    /// # Errors
    /// If the deadline passes.
    pub fn ready_deadline(&mut self, deadline: Instant) -> Result<usize, ReadyTimeoutError> {
        self.watch(Patience::Until(deadline))
            .ok_or(ReadyTimeoutError)
    }

    /// Finds or awaits an operation that is decided.
    fn run(&self, patience: Patience) -> Option<SelectedOperation<'a>> {
        let operation = |at: usize, outcome| {
            let (index, _, end) = self.cases[at];
            SelectedOperation::new(index, end, outcome)
        };
        loop {
            let found = self.first(Case::try_start);
            if let Some((at, outcome)) = found {
                return Some(operation(at, outcome));
            }
            if patience.is_over() {
                return None;
            }
            if let Some((at, entry)) = self.wait(patience, false)
                && let Some(outcome) = entry.outcome()
            {
                return Some(operation(at, outcome));
            }
        }
    }

    /// Finds or awaits an operation that could be done.
    fn watch(&self, patience: Patience) -> Option<usize> {
        loop {
            let ready = self.first(|case| case.is_ready().then_some(()));
            if let Some((at, ())) = ready {
                return Some(self.cases[at].0);
            }
            if patience.is_over() {
                return None;
            }
            // Whoever is woken looks again: watching reserves nothing.
            let _ = self.wait(patience, true);
        }
    }

    /// The first case that `look` finds something for, beginning anywhere unless biased.
    fn first<R>(&self, look: impl Fn(&'a (dyn Case + 'a)) -> Option<R>) -> Option<(usize, R)> {
        let count = self.cases.len();
        let start = if self.biased || count < 2 {
            0
        } else {
            random::below(count as u32) as usize
        };
        (0..count).find_map(|offset| {
            let at = (start + offset) % count;
            Some((at, look(self.cases[at].1)?))
        })
    }

    /// Stands in every line until one case is chosen, or there is reason to look again.
    fn wait(&self, patience: Patience, watches: bool) -> Option<(usize, Box<dyn Entry<'a> + 'a>)> {
        let choice = Arc::new(Choice::new());
        let mut entries = Vec::with_capacity(self.cases.len());
        for (at, (_, case, _)) in self.cases.iter().enumerate() {
            match case.enlist(&choice, at, watches) {
                Some(entry) => entries.push(entry),
                None => break,
            }
        }
        let mut spin = Spin::new();
        let all_wait = entries.len() == self.cases.len();
        let over = all_wait && choice.signal.wait(&mut spin, self.deadline(patience));
        if !over && !choice.withdraw() {
            // A partner has chosen meanwhile, and is about to end the wait.
            let over = choice.signal.wait(&mut spin, None);
            debug_assert!(over, "a wait without a deadline ends");
        }
        let winner = choice.winner();
        let mut chosen = None;
        for (at, entry) in entries.into_iter().enumerate() {
            if winner == Some(at) {
                chosen = Some((at, entry));
            } else {
                entry.leave();
            }
        }
        chosen
    }

    /// When to stop waiting: at the end of the patience, or when a case comes due by itself.
    fn deadline(&self, patience: Patience) -> Option<Instant> {
        let due = self.cases.iter().filter_map(|case| case.1.due());
        due.chain(patience.deadline()).min()
    }
}

impl Default for Select<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Select<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Select { .. }")
    }
}
