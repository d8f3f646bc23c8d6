//! One channel between interpreters.

use selvedge_sync::Deadline;
use selvedge_sync::seam::Mutex;

use super::channels::{ChannelInfo, Status};
use super::error::{CloseError, GoneError, NotFound, RecvError, SendError};
use super::item::{InterpreterId, OnEnd, Received};
use super::shelf::{Beyond, Offer, Shelf};
use super::sides::{Side, Sides};
use super::waiting::{Aftermath, Refusal, change};

pub(super) struct Channel<T> {
    pub(super) on_end: OnEnd,
    state: Mutex<State<T>>,
}

struct State<T> {
    phase: Phase,
    shelf: Shelf<T>,
    sides: Sides,
}

/// How far a channel has come.
///
/// | phase | next | by |
/// | --- | --- | --- |
/// | `Open` | `Draining` | a close of the sending side while items wait |
/// | `Open`, `Draining` | `Released` | the release or the end of the last interpreter that used it, or the release of its last receiver |
/// | `Open` | `Closed` | a close while there is no item, or by force |
/// | `Draining` | `Closed` | a close by force; the last item leaves |
/// | any | `Destroyed` | a destroy |
///
/// Only a channel that is open has somebody wait for an item, and one that drains has items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    Draining,
    /// Closed, but still listed.
    Released,
    Closed,
    Destroyed,
}

impl Phase {
    /// Whether items may be there.
    fn require_use(self) -> Result<(), GoneError> {
        match self {
            Self::Open | Self::Draining => Ok(()),
            Self::Released | Self::Closed => Err(GoneError::Closed),
            Self::Destroyed => Err(GoneError::NotFound),
        }
    }
}

impl<T> Channel<T> {
    pub(super) fn new(on_end: OnEnd) -> Self {
        Self {
            on_end,
            state: Mutex::new(State {
                phase: Phase::Open,
                shelf: Shelf::new(0),
                sides: Sides::default(),
            }),
        }
    }

    fn offer(
        &self,
        by: InterpreterId,
        item: T,
        on_end: Option<OnEnd>,
        beyond: Beyond,
    ) -> Result<Offer<T>, SendError<T>> {
        let on_end = on_end.unwrap_or(self.on_end);
        change(&self.state, |state, after| match state.phase {
            Phase::Destroyed => Err(SendError::NotFound(item)),
            Phase::Open if state.sides.associate(Side::Send, by) => {
                Ok(state.shelf.give(by, on_end, item, beyond, after))
            }
            _ => Err(SendError::Closed(item)),
        })
    }

    /// Sends an item and waits until it is received.
    pub(super) fn send(
        &self,
        by: InterpreterId,
        item: T,
        on_end: Option<OnEnd>,
        deadline: Deadline,
    ) -> Result<(), SendError<T>> {
        let wait = match self.offer(by, item, on_end, Beyond::Wait)? {
            Offer::Waits(wait) => wait,
            Offer::Back(item) => return Err(SendError::Timeout(item)),
            Offer::Taken | Offer::Left => return Ok(()),
        };
        let take_back = |number| {
            let mut state = self.state.lock();
            let back = state.shelf.take_back(number);
            state.finish_draining();
            back
        };
        match wait.end(deadline, take_back) {
            Ok(answer) => answer.map_err(|(why, item)| SendError::new(why, item)),
            Err(item) => Err(SendError::Timeout(item)),
        }
    }

    /// Sends an item; returns whether somebody has waited for it.
    pub(super) fn send_nowait(
        &self,
        by: InterpreterId,
        item: T,
        on_end: Option<OnEnd>,
    ) -> Result<bool, SendError<T>> {
        let offer = self.offer(by, item, on_end, Beyond::Leave)?;
        Ok(matches!(offer, Offer::Taken))
    }

    /// Receives the first item; waits for one until the deadline, if there is one.
    pub(super) fn recv(
        &self,
        by: InterpreterId,
        deadline: Option<Deadline>,
    ) -> Result<Received<T>, RecvError> {
        let (wait, deadline) = {
            let begun = change(&self.state, |state, after| {
                state.phase.require_use()?;
                if !state.sides.associate(Side::Recv, by) {
                    return Err(RecvError::Closed);
                }
                let taken = state.shelf.take(after);
                state.finish_draining();
                match (taken, deadline) {
                    (Some(delivery), _) => Ok(Ok(delivery?)),
                    (None, None) => Err(RecvError::Empty),
                    (None, Some(deadline)) => Ok(Err((state.shelf.join(by), deadline))),
                }
            })?;
            match begun {
                Ok(received) => return Ok(received),
                Err(waits) => waits,
            }
        };
        let leave = |number| self.state.lock().shelf.leave(number);
        match wait.end(deadline, leave) {
            Ok(answer) => Ok(answer??),
            Err(()) => Err(RecvError::Empty),
        }
    }

    /// Closes a side, or the channel.
    pub(super) fn close(&self, side: Option<Side>, force: bool) -> Result<(), CloseError> {
        change(&self.state, |state, after| {
            state.phase.require_use()?;
            let only_sending = side == Some(Side::Send) && !force;
            if only_sending && state.phase == Phase::Draining {
                return Err(CloseError::Closed);
            }
            if !force && state.shelf.len() > 0 {
                if !only_sending {
                    return Err(CloseError::NotEmpty);
                }
                state.phase = Phase::Draining;
                return Ok(());
            }
            state.end(Phase::Closed, Refusal::Closed, after);
            Ok(())
        })
    }

    /// Has an interpreter use a side, or both, no more.
    pub(super) fn release(&self, by: InterpreterId, side: Option<Side>) -> Result<(), GoneError> {
        change(&self.state, |state, after| {
            state.phase.require_use()?;
            let mut has_lost_receivers = false;
            if side != Some(Side::Send) {
                let was_receiver = state.sides.release(Side::Recv, by);
                state.shelf.refuse(by, Refusal::Closed, after);
                has_lost_receivers = was_receiver && !state.sides.is_used(Side::Recv);
            }
            if side != Some(Side::Recv) {
                state.sides.release(Side::Send, by);
            }
            if has_lost_receivers || !state.is_used() {
                state.end(Phase::Released, Refusal::Closed, after);
            }
            Ok(())
        })
    }

    pub(super) fn end_interpreter(&self, ended: InterpreterId) {
        change(&self.state, |state, after| {
            state.shelf.end_interpreter(ended, after);
            state.finish_draining();
            if state.sides.end(ended) && !state.is_used() && state.phase.require_use().is_ok() {
                state.end(Phase::Released, Refusal::Closed, after);
            }
        });
    }

    pub(super) fn destroy(&self) {
        change(&self.state, |state, after| {
            state.end(Phase::Destroyed, Refusal::NotFound, after);
        });
    }

    /// Which interpreters use a side.
    pub(super) fn users(&self, side: Side) -> Result<Vec<InterpreterId>, GoneError> {
        let state = self.state.lock();
        state.phase.require_use()?;
        if side == Side::Send && state.phase == Phase::Draining {
            return Err(GoneError::Closed);
        }
        Ok(state.sides.users(side))
    }

    /// Whether it was neither closed nor destroyed, though all may have released it.
    pub(super) fn is_listed(&self) -> bool {
        let phase = self.state.lock().phase;
        matches!(phase, Phase::Open | Phase::Draining | Phase::Released)
    }

    pub(super) fn info(&self) -> Result<ChannelInfo, NotFound> {
        let state = self.state.lock();
        let status = match state.phase {
            Phase::Open => Status::Open,
            Phase::Draining => Status::Closing,
            Phase::Released | Phase::Closed => Status::Closed,
            Phase::Destroyed => return Err(NotFound),
        };
        Ok(ChannelInfo {
            status,
            count: state.shelf.len(),
            send: state.sides.count(Side::Send),
            recv: state.sides.count(Side::Recv),
        })
    }
}

impl<T> State<T> {
    /// Whether some interpreter uses it.
    fn is_used(&self) -> bool {
        self.sides.is_used(Side::Send) || self.sides.is_used(Side::Recv)
    }

    /// Ends the channel, with those who wait and what is there.
    fn end(&mut self, phase: Phase, why: Refusal, after: &mut Aftermath<T>) {
        self.phase = phase;
        self.shelf.clear(why, after);
    }

    /// Closes a channel that drains, once the last item has left.
    fn finish_draining(&mut self) {
        if self.phase == Phase::Draining && self.shelf.len() == 0 {
            self.phase = Phase::Closed;
        }
    }
}
