//! Waiting for an answer, and what is left to do when the mutex is released.

use selvedge_sync::Deadline;
use selvedge_sync::seam::Mutex;

use super::item::Delivery;
use crate::spin::Spin;
use crate::waiter::{Called, Cell, Ticket, WakeUp};

/// Why whoever waits waits in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// What it waited for was destroyed.
    NotFound,
    /// What it waited for was closed.
    Closed,
    /// The interpreter that waits has ended.
    InterpreterEnded,
}

/// What a sender that waits is told; in vain, it gets its payload back.
pub(super) type Given<T> = Result<(), (Refusal, T)>;
/// What a receiver that waits is told.
pub(super) type Taken<T> = Result<Delivery<T>, Refusal>;

/// One wait: the side that waits. It is known by its number, which is in its [`Caller`] as well.
pub(super) struct Wait<M> {
    number: u64,
    ticket: Ticket<M>,
}

/// One wait: the side that ends it. Guarded by the mutex of what is waited for.
pub(super) struct Caller<M> {
    pub(super) number: u64,
    called: Called<M>,
}

/// Begins a wait.
pub(super) fn wait<M>(number: u64) -> (Wait<M>, Caller<M>) {
    let (ticket, called) = Ticket::meeting();
    (Wait { number, ticket }, Caller { number, called })
}

impl<M> Caller<M> {
    /// Ends the wait with an answer, once `wake_up` is fired.
    pub(super) fn answer(mut self, message: M, wake_up: &mut WakeUp<M>) {
        self.called.put(Cell::Message(message));
        wake_up.add(self.called);
    }
}

impl<M> Wait<M> {
    /// Waits for the answer. When the time runs out, `leave` takes the caller of this number away
    /// and returns what it finds with it, unless somebody has just taken it to answer.
    pub(super) fn end<L>(
        self,
        deadline: Deadline,
        leave: impl FnOnce(u64) -> Option<L>,
    ) -> Result<M, L> {
        let mut spin = Spin::new();
        if !self.ticket.wait(&mut spin, deadline.instant()) {
            if let Some(left) = leave(self.number) {
                return Err(left);
            }
            let over = self.ticket.wait(&mut spin, None);
            debug_assert!(over, "a wait without a deadline ends");
        }
        let Cell::Message(message) = self.ticket.into_cell() else {
            unreachable!("who ends a wait answers it");
        };
        Ok(message)
    }
}

/// What is left to do once the mutex is released: to wake who was answered, and to drop payloads,
/// which may run anything.
#[must_use = "who is not woken waits for ever"]
pub(super) struct Aftermath<T> {
    pub(super) givers: WakeUp<Given<T>>,
    pub(super) takers: WakeUp<Taken<T>>,
    pub(super) dropped: Vec<T>,
}

impl<T> Aftermath<T> {
    pub(super) fn nothing() -> Self {
        Self {
            givers: WakeUp::nobody(),
            takers: WakeUp::nobody(),
            dropped: Vec::new(),
        }
    }

    /// Does it.
    pub(super) fn fire(self) {
        self.givers.fire();
        // mutant: equivalent, early-unlock: nobody waits to receive where there is an item to drop.
        self.takers.fire();
        drop(self.dropped);
    }
}

/// Changes a state under its mutex, and then does what is left to do.
pub(super) fn change<S, T, R>(
    state: &Mutex<S>,
    change: impl FnOnce(&mut S, &mut Aftermath<T>) -> R,
) -> R {
    let mut after = Aftermath::nothing();
    let changed = change(&mut state.lock(), &mut after);
    after.fire();
    changed
}
