//! Who may touch which slot of a queue: the words that processes share.

use selvedge_sync::Deadline;
use selvedge_sync::process::{AcquireError, Lock, Signal};
use selvedge_sync::seam::atomic::{AtomicU64, Ordering};
use selvedge_sync::seam::clock::Duration;

use super::error::{RecvError, SendError, TooManyDone};
use super::peers::Peers;

/// Set in the tail when nothing more is to come.
const CLOSED: u64 = 1 << 63;

/// How long a call whose time is up, or that has none, still waits for others that are in the
/// middle of theirs. They need as long as it takes to copy an item.
const TURN: Duration = Duration::from_millis(100);

/// The state of a queue: see the README beside this file.
///
/// | word | meaning | changed by |
/// | --- | --- | --- |
/// | `head` | items that were received | who holds `receivers`: + 1 |
/// | `tail`, bits 0–62 | items that were sent | who holds `senders`: + 1, unless it is closed |
/// | `tail`, bit 63 | closed | anybody, once |
/// | `done` | items that were reported done | anybody: + 1, up to the tail |
#[derive(Debug)]
#[repr(C)]
pub(super) struct Control {
    senders: Lock,
    tail: AtomicU64,
    came: Signal,
    /// Keeps what senders and what receivers change on different cache lines.
    apart: [u64; 16],
    receivers: Lock,
    head: AtomicU64,
    left: Signal,
    apart_too: [u64; 16],
    done: AtomicU64,
    finished: Signal,
    pub(super) sending: Peers,
    pub(super) receiving: Peers,
}

impl Control {
    /// Of a queue that is empty and open.
    pub(super) fn new() -> Self {
        Self {
            senders: Lock::new(),
            tail: AtomicU64::new(0),
            came: Signal::new(),
            apart: [0; 16],
            receivers: Lock::new(),
            head: AtomicU64::new(0),
            left: Signal::new(),
            apart_too: [0; 16],
            done: AtomicU64::new(0),
            finished: Signal::new(),
            sending: Peers::new(),
            receiving: Peers::new(),
        }
    }

    /// Has `put` put an item where it belongs, once there is room: at position `tail` of those
    /// from `head` on. It returns whether there was room. Nobody else touches that position
    /// meanwhile, and nobody but the one receiver at the head those that are taken.
    pub(super) fn send(
        &self,
        capacity: u64,
        timeout: Option<Duration>,
        mut put: impl FnMut(u64, u64) -> bool,
    ) -> Result<(), SendError> {
        let deadline = Deadline::after(timeout);
        let attempt = || {
            // Relaxed, twice: a look that saves taking turns while the queue is full. A closed
            // one does not look full.
            let tail = self.tail.load(Ordering::Relaxed);
            let taken = tail.wrapping_sub(self.head.load(Ordering::Relaxed));
            if taken == capacity {
                return None;
            }
            let Some(turn) = Turn::take(&self.senders, deadline) else {
                return Some(Err(SendError::Full));
            };
            let sent = self.put_next(&mut put);
            drop(turn);
            sent
        };
        // Anybody whose item fits may go on, which need not be the one that has waited longest.
        let outcomes = (SendError::Full, SendError::Disconnected);
        wait(&self.left, timeout, attempt, &self.receiving, outcomes)?;
        self.came.notify(1);
        Ok(())
    }

    /// In a sender's turn: puts an item, if there is room, and publishes it.
    fn put_next(&self, put: &mut impl FnMut(u64, u64) -> bool) -> Option<Result<(), SendError>> {
        // Relaxed: the last sender changed it in its turn.
        let tail = self.tail.load(Ordering::Relaxed);
        if tail & CLOSED != 0 {
            return Some(Err(SendError::Closed));
        }
        // Acquire: what has left the slots is out of them.
        if !put(self.head.load(Ordering::Acquire), tail) {
            return None;
        }
        // Release: who finds the item finds it whole. The one exchange that sends it; until then
        // the slot is free, whatever became of the sender.
        let sent = self
            .tail
            .compare_exchange(tail, tail + 1, Ordering::Release, Ordering::Relaxed);
        Some(sent.map(drop).map_err(|_| SendError::Closed))
    }

    /// Has `take` take the first item, once there is one, which it is told the position of.
    /// Nobody else touches that meanwhile.
    pub(super) fn receive<R>(
        &self,
        timeout: Option<Duration>,
        mut take: impl FnMut(u64) -> R,
    ) -> Result<R, RecvError> {
        let deadline = Deadline::after(timeout);
        let attempt = || {
            // Relaxed: a look that saves taking turns while the queue is empty; a later one finds
            // what this one misses.
            let tail = self.tail.load(Ordering::Relaxed);
            if tail == self.head.load(Ordering::Relaxed) {
                return None;
            }
            let Some(turn) = Turn::take(&self.receivers, deadline) else {
                return Some(Err(RecvError::Empty));
            };
            let received = self.take_first(&mut take);
            drop(turn);
            received
        };
        let outcomes = (RecvError::Empty, RecvError::Disconnected);
        let received = wait(&self.came, timeout, attempt, &self.sending, outcomes)?;
        self.left.notify_all();
        Ok(received)
    }

    /// In a receiver's turn: takes the first item, if there is one.
    fn take_first<R>(&self, take: &mut impl FnMut(u64) -> R) -> Option<Result<R, RecvError>> {
        // Relaxed: the last receiver changed it in its turn.
        let head = self.head.load(Ordering::Relaxed);
        // Acquire: what was sent up to the tail is there.
        let tail = self.tail.load(Ordering::Acquire);
        if tail & !CLOSED == head {
            return (tail & CLOSED != 0).then_some(Err(RecvError::Closed));
        }
        let taken = take(head);
        // Release: who finds the slot free finds nobody in it. The one store that takes the item;
        // until then it is still there, whatever became of the receiver.
        self.head.store(head + 1, Ordering::Release);
        Some(Ok(taken))
    }

    /// Has sends fail, and receives when all that was sent is taken.
    pub(super) fn close(&self) {
        // Relaxed: it publishes nothing; who receives the last item acquires it through the
        // exchanges before this one, which this one continues.
        self.tail.fetch_or(CLOSED, Ordering::Relaxed);
        self.came.notify_all();
        self.left.notify_all();
    }

    pub(super) fn is_closed(&self) -> bool {
        // Relaxed: it may be closed when the caller looks at this.
        self.tail.load(Ordering::Relaxed) & CLOSED != 0
    }

    /// How many items there are at this moment.
    pub(super) fn len(&self) -> u64 {
        // Relaxed: it may have changed when the caller looks at it. The head first, which the
        // tail is never behind.
        let head = self.head.load(Ordering::Relaxed);
        self.sent().saturating_sub(head)
    }

    fn sent(&self) -> u64 {
        self.tail.load(Ordering::Relaxed) & !CLOSED
    }

    /// Reports that an item that was received has been dealt with.
    pub(super) fn task_done(&self) -> Result<(), TooManyDone> {
        // Release: who has waited for the end of all sees what was done for them. Relaxed:
        // nothing was reported.
        let reported = self
            .done
            .fetch_update(Ordering::Release, Ordering::Relaxed, |done| {
                (done != self.sent()).then_some(done + 1)
            });
        reported.map_err(|_| TooManyDone)?;
        self.finished.notify_all();
        Ok(())
    }

    /// Waits until as many items were reported done as were sent; returns whether they were
    /// before the time ran out.
    pub(super) fn join(&self, timeout: Option<Duration>) -> bool {
        // Acquire: sees what was done for the items.
        let attempt = || (self.done.load(Ordering::Acquire) == self.sent()).then_some(());
        let check = || Ok::<_, core::convert::Infallible>(());
        let Ok(finished) = self.finished.wait_for(timeout, attempt, check);
        finished.is_some()
    }
}

/// Repeats `attempt` until it returns something, which those at the other end help to. The first of
/// `outcomes` is that the time runs out, and the second that none of them is left.
fn wait<R, E>(
    signal: &Signal,
    timeout: Option<Duration>,
    mut attempt: impl FnMut() -> Option<Result<R, E>>,
    others: &Peers,
    outcomes: (E, E),
) -> Result<R, E> {
    let check = || if others.are_gone() { Err(()) } else { Ok(()) };
    match signal.wait_for(timeout, &mut attempt, check) {
        Ok(done) => done.unwrap_or(Err(outcomes.0)),
        // What they did last may have come after the last attempt.
        Err(()) => attempt().unwrap_or(Err(outcomes.1)),
    }
}

/// Sole access to one end of a queue.
struct Turn<'a>(&'a Lock);

impl<'a> Turn<'a> {
    /// Waits for it. Whoever died in its turn has changed nothing that others see, or everything:
    /// its turn is simply over.
    fn take(lock: &'a Lock, deadline: Deadline) -> Option<Self> {
        let limit = deadline.remaining().map(|remaining| remaining.max(TURN));
        loop {
            match lock.acquire(limit) {
                Ok(()) => return Some(Self(lock)),
                Err(AcquireError::HolderDied(_)) => {
                    if lock.recover().is_some() {
                        return Some(Self(lock));
                    }
                }
                Err(_) => return None,
            }
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let released = self.0.release();
        debug_assert!(released.is_ok(), "whose turn it is holds the lock");
    }
}

#[cfg(all(test, selvedge_loom))]
mod control_models;
