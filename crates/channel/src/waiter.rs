//! Those who wait for a channel, in the order in which they came.

use core::mem;
use core::task::Waker;
use std::collections::VecDeque;

use selvedge_sync::seam::Arc;
use selvedge_sync::seam::atomic::{AtomicUsize, Ordering};
use selvedge_sync::seam::cell::UnsafeCell;
use selvedge_sync::seam::clock::Instant;
use selvedge_sync::seam::thread::panicking;

use crate::flavors::Place;
use crate::signal::Signal;
use crate::spin::Spin;

/// One wait for the first of several cases: each case has a waiter in some line, and whoever takes
/// one off has to win the choice for it.
///
/// | word | meaning | next | changed by | model |
/// | --- | --- | --- | --- | --- |
/// | 0 | open | `i + 1`, `WITHDRAWN` | a partner; the owner | `select_of_two_takes_one` |
/// | `i + 1` | case `i` was won by a partner, who ends the wait | none | | |
/// | `WITHDRAWN` | the owner does not wait any more | none | | |
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) signal: Signal,
    winner: AtomicUsize,
}

const OPEN: usize = 0;
const WITHDRAWN: usize = usize::MAX;

impl Choice {
    pub(crate) fn new() -> Self {
        Self {
            signal: Signal::new(),
            winner: AtomicUsize::new(OPEN),
        }
    }

    /// Decides for case `index`; returns whether the choice was open.
    fn win(&self, index: usize) -> bool {
        self.settle(index + 1)
    }

    /// Ends the choice without a winner; returns whether it was open.
    pub(crate) fn withdraw(&self) -> bool {
        self.settle(WITHDRAWN)
    }

    fn settle(&self, winner: usize) -> bool {
        // Relaxed: the exchange decides; what goes with the decision is ordered by the signal.
        self.winner
            .compare_exchange(OPEN, winner, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }

    fn is_open(&self) -> bool {
        self.winner.load(Ordering::Relaxed) == OPEN
    }

    /// The case that has won, unless the choice is open or withdrawn.
    pub(crate) fn winner(&self) -> Option<usize> {
        match self.winner.load(Ordering::Relaxed) {
            OPEN | WITHDRAWN => None,
            winner => Some(winner - 1),
        }
    }
}

/// What a waiter waits as.
#[derive(Debug)]
enum Role {
    /// The only waiter of an operation.
    Alone(Signal),
    /// A case of a choice, that does its operation once chosen.
    Case(Arc<Choice>, usize),
    /// A case of a choice that only wants to know when its operation could be done.
    Watcher(Arc<Choice>, usize),
}

/// What a waiter brings, or is left with.
pub(crate) enum Cell<T> {
    /// A receiver that waits, a selecting sender that waits, or one that the channel was closed
    /// on.
    Empty,
    /// A sender's message that waits; a receiver's message that came.
    Message(T),
    /// A selecting sender may put its message here.
    Place(Place),
    /// A selecting sender is to give its message to this receiver.
    Meeting(Called<T>),
}

/// A sender that waits, with its message, or a receiver that waits for one.
///
/// While the waiter is on a list, its cell belongs to whoever holds the channel's mutex. Whoever
/// takes the waiter off the list owns the cell until it ends the wait; then the waiting side owns
/// it.
pub(crate) struct Waiter<T> {
    role: Role,
    /// How many joined the line before.
    order: u64,
    cell: UnsafeCell<Cell<T>>,
}

// SAFETY: messages move between threads through the cell, so `T` has to be `Send`; the cell has
// one owner at a time (see `Waiter`), and a place is an address that its flavour vouches for.
unsafe impl<T: Send> Send for Waiter<T> {}
// SAFETY: as above; no `&T` is ever shared.
unsafe impl<T: Send> Sync for Waiter<T> {}

impl<T> Waiter<T> {
    fn signal(&self) -> &Signal {
        match &self.role {
            Role::Alone(signal) => signal,
            Role::Case(choice, _) | Role::Watcher(choice, _) => &choice.signal,
        }
    }

    /// Whether the waiter can be had: a case of a choice only if it wins.
    fn win(&self) -> bool {
        match &self.role {
            Role::Alone(_) => true,
            Role::Case(choice, index) | Role::Watcher(choice, index) => choice.win(*index),
        }
    }

    /// Whether the waiter is a case of `choice`, or of one that is decided.
    fn is_moot(&self, own: Option<&Arc<Choice>>) -> bool {
        match &self.role {
            Role::Alone(_) => false,
            Role::Watcher(..) => true,
            Role::Case(choice, _) => {
                !choice.is_open() || own.is_some_and(|own| Arc::ptr_eq(own, choice))
            }
        }
    }
}

/// The waiting side of a [`Waiter`].
pub(crate) struct Ticket<T>(Arc<Waiter<T>>);

impl<T> Ticket<T> {
    /// A waiter on no line, for one partner to call.
    pub(crate) fn meeting() -> (Self, Called<T>) {
        let waiter = Arc::new(Waiter {
            role: Role::Alone(Signal::new()),
            order: 0,
            cell: UnsafeCell::new(Cell::Empty),
        });
        (Self(Arc::clone(&waiter)), Called(waiter))
    }

    /// Waits until the wait is ended or `deadline` has passed; returns whether it is.
    pub(crate) fn wait(&self, spin: &mut Spin, deadline: Option<Instant>) -> bool {
        self.0.signal().wait(spin, deadline)
    }

    /// Leaves `waker` to be woken at the end of the wait; returns whether it has ended.
    pub(crate) fn poll(&self, waker: &Waker) -> bool {
        self.0.signal().poll(waker)
    }

    /// Where in the line the waiter stood: those who joined later have a higher number.
    pub(crate) fn order(&self) -> u64 {
        self.0.order
    }

    /// What the end of the wait left in the cell.
    ///
    /// # Panics
    /// If the wait has not ended.
    pub(crate) fn into_cell(self) -> Cell<T> {
        assert!(self.0.signal().is_over(), "the wait has ended");
        // SAFETY: after the end the cell is this side's, and `self` is the only such side.
        unsafe { take_cell(&self.0) }
    }
}

/// A waiter that was taken off its line and, if it is a case of a choice, has won: its wait has to
/// be ended.
#[must_use = "a waiter that was called and is not woken waits for ever"]
pub(crate) struct Called<T>(Arc<Waiter<T>>);

impl<T> Called<T> {
    /// What the waiter brought.
    pub(crate) fn take(&mut self) -> Cell<T> {
        // SAFETY: the waiter is off the list and its wait has not ended, so the cell is ours.
        unsafe { take_cell(&self.0) }
    }

    /// Leaves something for the waiter.
    pub(crate) fn put(&mut self, content: Cell<T>) {
        // SAFETY: as in `take`.
        self.0.cell.with_mut(|cell| unsafe { *cell = content });
    }

    /// Ends the wait.
    pub(crate) fn wake(self) {
        self.0.signal().finish();
    }
}

/// # Safety
/// The cell is the caller's.
unsafe fn take_cell<T>(waiter: &Waiter<T>) -> Cell<T> {
    // SAFETY: the cell is the caller's.
    waiter
        .cell
        .with_mut(|cell| unsafe { mem::replace(&mut *cell, Cell::Empty) })
}

/// Waits to be ended, after the mutex is released; also by a panic, which only an order of the
/// user's can raise while the mutex is held.
#[must_use = "a waiter that is not woken waits for ever"]
pub(crate) struct WakeUp<T> {
    first: Option<Called<T>>,
    more: Vec<Called<T>>,
}

impl<T> WakeUp<T> {
    /// Nobody is to be woken.
    pub(crate) const fn nobody() -> Self {
        Self {
            first: None,
            more: Vec::new(),
        }
    }

    /// One more is to be woken.
    pub(crate) fn add(&mut self, called: Called<T>) {
        if self.first.is_none() {
            self.first = Some(called);
        } else {
            self.more.push(called);
        }
    }

    /// Ends the waits.
    #[inline]
    pub(crate) fn fire(mut self) {
        self.end_waits();
    }

    #[inline]
    fn end_waits(&mut self) {
        for called in self.first.take().into_iter().chain(self.more.drain(..)) {
            called.wake();
        }
    }
}

impl<T> Drop for WakeUp<T> {
    #[inline]
    fn drop(&mut self) {
        if panicking() {
            self.end_waits();
        }
    }
}

/// Waiters of one side of a channel, guarded by the channel's mutex.
pub(crate) struct Line<T> {
    waiters: VecDeque<Arc<Waiter<T>>>,
    /// How many ever joined.
    joined: u64,
}

impl<T> Line<T> {
    pub(crate) const fn new() -> Self {
        Self {
            waiters: VecDeque::new(),
            joined: 0,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiters.is_empty()
    }

    /// Whether somebody waits here who could be called, other than a case of `own`.
    pub(crate) fn has_partner(&self, own: Option<&Arc<Choice>>) -> bool {
        self.waiters.iter().any(|waiter| !waiter.is_moot(own))
    }

    /// Adds a waiter at the end.
    pub(crate) fn join(&mut self, content: Cell<T>) -> Ticket<T> {
        self.push(Role::Alone(Signal::new()), content)
    }

    /// Adds case `index` of a choice at the end, or one that only watches.
    pub(crate) fn join_choice(
        &mut self,
        choice: &Arc<Choice>,
        index: usize,
        watches: bool,
    ) -> Ticket<T> {
        let choice = Arc::clone(choice);
        let role = if watches {
            Role::Watcher(choice, index)
        } else {
            Role::Case(choice, index)
        };
        self.push(role, Cell::Empty)
    }

    fn push(&mut self, role: Role, content: Cell<T>) -> Ticket<T> {
        let waiter = Arc::new(Waiter {
            role,
            order: self.joined,
            cell: UnsafeCell::new(content),
        });
        self.joined += 1;
        self.waiters.push_back(Arc::clone(&waiter));
        Ticket(waiter)
    }

    /// Takes the first waiter off the line that can be had. Watchers before it are taken off too,
    /// and added to those to wake.
    pub(crate) fn call(&mut self, wake_up: &mut WakeUp<T>) -> Option<Called<T>> {
        while let Some(waiter) = self.waiters.pop_front() {
            if !waiter.win() {
                // A case of a choice that was decided otherwise, about to leave this line.
                continue;
            }
            let watches = matches!(waiter.role, Role::Watcher(..));
            let called = Called(waiter);
            if !watches {
                return Some(called);
            }
            wake_up.add(called);
        }
        None
    }

    /// Takes everybody off the line, to be woken with nothing done for them.
    pub(crate) fn dismiss(&mut self, wake_up: &mut WakeUp<T>) {
        while let Some(called) = self.call(wake_up) {
            wake_up.add(called);
        }
    }

    /// Takes the ticket's waiter off the line, unless somebody else has; then the ticket comes
    /// back, and its wait will be ended. Takes time linear in the length of the line.
    pub(crate) fn leave(&mut self, ticket: Ticket<T>) -> Result<Cell<T>, Ticket<T>> {
        let at = self
            .waiters
            .iter()
            .position(|waiter| Arc::ptr_eq(waiter, &ticket.0));
        let Some(at) = at else {
            return Err(ticket);
        };
        self.waiters.remove(at);
        // SAFETY: taken off the list under the mutex, so the cell is ours.
        Ok(unsafe { take_cell(&ticket.0) })
    }
}
