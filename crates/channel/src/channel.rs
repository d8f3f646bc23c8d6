//! The two ends of a channel, and the functions that make one.

use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};

use selvedge_sync::seam::Arc;
use selvedge_sync::seam::Parker;
use selvedge_sync::seam::clock::{Duration, Instant};

use crate::chan::{Chan, Unreceived, Unsent};
use crate::error::{
    RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError,
};
use crate::flavors::bounded::Ring;
use crate::flavors::rendezvous::Nowhere;
use crate::flavors::unbounded::Chain;
use crate::patience::Patience;
use crate::timer::Timer;

/// A channel that holds any number of messages; a send never waits.
///
/// ```
/// let (sender, receiver) = selvedge_channel::unbounded();
/// sender.send("hello").unwrap();
/// assert_eq!(receiver.recv(), Ok("hello"));
/// ```
pub fn unbounded<T>() -> (Sender<T>, Receiver<T>) {
    ends(Flavor::Unbounded(Arc::new(Chan::new(Chain::new()))))
}

/// A channel that holds up to `capacity` messages; a send waits while it is full.
///
/// With a capacity of 0 nothing is held: a send waits for a receive, and the other way round.
/// The memory of a large capacity is taken as it is used.
///
/// ```
/// use selvedge_channel::TrySendError;
///
/// let (sender, receiver) = selvedge_channel::bounded(1);
/// sender.send(1).unwrap();
/// assert_eq!(sender.try_send(2), Err(TrySendError::Full(2)));
/// assert_eq!(receiver.recv(), Ok(1));
/// ```
///
/// # Panics
/// If the capacity is more than the address space has room for.
pub fn bounded<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    ends(if capacity == 0 {
        Flavor::Rendezvous(Arc::new(Chan::new(Nowhere)))
    } else {
        Flavor::Bounded(Arc::new(Chan::new(Ring::new(capacity))))
    })
}

/// A receiver of one message, the point in time `duration` from now, when that has come.
///
/// ```
/// use std::time::Duration;
/// use selvedge_channel::{after, never, select};
///
/// let receiver = never::<()>();
/// select! {
///     recv(receiver) -> _ => unreachable!(),
///     recv(after(Duration::from_millis(1))) -> _ => {}
/// }
/// ```
pub fn after(duration: Duration) -> Receiver<Instant> {
    timed(Timer::once(Instant::now().checked_add(duration)))
}

/// A receiver of one message, the point in time `when`, when that has come.
pub fn at(when: Instant) -> Receiver<Instant> {
    timed(Timer::once(Some(when)))
}

/// A receiver of a message every `period`, beginning one from now: the point in time at which it
/// was due. A message that is not received holds up the next.
///
/// ```
/// use std::time::{Duration, Instant};
///
/// let start = Instant::now();
/// let ticks = selvedge_channel::tick(Duration::from_millis(2));
/// ticks.recv().unwrap();
/// ticks.recv().unwrap();
/// assert!(start.elapsed() >= Duration::from_millis(4));
/// ```
pub fn tick(period: Duration) -> Receiver<Instant> {
    timed(Timer::every(period))
}

/// A receiver that never receives anything and never closes.
pub fn never<T>() -> Receiver<T> {
    Receiver {
        flavor: Source::Never,
    }
}

fn timed(timer: Timer<Instant>) -> Receiver<Instant> {
    Receiver {
        flavor: Source::Timer(Arc::new(timer)),
    }
}

fn ends<T>(flavor: Flavor<T>) -> (Sender<T>, Receiver<T>) {
    let sender = Sender {
        flavor: flavor.share(),
    };
    let flavor = Source::Channel(flavor);
    (sender, Receiver { flavor })
}

/// Which channel an end belongs to.
pub(crate) enum Flavor<T> {
    Bounded(Arc<Chan<T, Ring<T>>>),
    Unbounded(Arc<Chan<T, Chain<T>>>),
    Rendezvous(Arc<Chan<T, Nowhere>>),
}

/// Where a receiver's messages come from.
pub(crate) enum Source<T> {
    Channel(Flavor<T>),
    Timer(Arc<Timer<T>>),
    Never,
}

/// Runs an expression with `$chan` as the channel of a sender, whatever its flavour.
macro_rules! on_sender {
    ($end:expr, $chan:ident => $run:expr) => {
        match &$end.flavor {
            $crate::channel::Flavor::Bounded($chan) => $run,
            $crate::channel::Flavor::Unbounded($chan) => $run,
            $crate::channel::Flavor::Rendezvous($chan) => $run,
        }
    };
}

/// Runs an expression with `$chan` as the channel of a receiver, or another with `$timer` as what
/// it has instead, or a third if it never receives.
macro_rules! on_receiver {
    ($end:expr, $chan:ident => $run:expr, $timer:ident => $run_timer:expr, $never:expr) => {
        match &$end.flavor {
            $crate::channel::Source::Channel($crate::channel::Flavor::Bounded($chan)) => $run,
            $crate::channel::Source::Channel($crate::channel::Flavor::Unbounded($chan)) => $run,
            $crate::channel::Source::Channel($crate::channel::Flavor::Rendezvous($chan)) => $run,
            $crate::channel::Source::Timer($timer) => $run_timer,
            $crate::channel::Source::Never => $never,
        }
    };
}

pub(crate) use on_receiver;
pub(crate) use on_sender;

impl<T> Source<T> {
    fn share(&self) -> Self {
        match self {
            Self::Channel(flavor) => Self::Channel(flavor.share()),
            Self::Timer(timer) => Self::Timer(Arc::clone(timer)),
            Self::Never => Self::Never,
        }
    }

    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Channel(one), Self::Channel(other)) => one.is(other),
            (Self::Timer(one), Self::Timer(other)) => Arc::ptr_eq(one, other),
            (Self::Never, Self::Never) => true,
            _ => false,
        }
    }
}

impl<T> Flavor<T> {
    fn share(&self) -> Self {
        match self {
            Self::Bounded(chan) => Self::Bounded(Arc::clone(chan)),
            Self::Unbounded(chan) => Self::Unbounded(Arc::clone(chan)),
            Self::Rendezvous(chan) => Self::Rendezvous(Arc::clone(chan)),
        }
    }

    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Bounded(one), Self::Bounded(other)) => Arc::ptr_eq(one, other),
            (Self::Unbounded(one), Self::Unbounded(other)) => Arc::ptr_eq(one, other),
            (Self::Rendezvous(one), Self::Rendezvous(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

/// The sending end of a channel. Clone it for more senders; when the last is dropped, the channel
/// closes.
///
/// Waiting senders are served in the order in which they began to wait, and no newcomer overtakes
/// them.
pub struct Sender<T> {
    pub(crate) flavor: Flavor<T>,
}

/// The receiving end of a channel. Clone it for more receivers, each message going to one of them;
/// when the last is dropped, the channel closes and the messages left in it are dropped.
///
/// Waiting receivers are served in the order in which they began to wait, and no newcomer
/// overtakes them.
pub struct Receiver<T> {
    pub(crate) flavor: Source<T>,
}

impl<T> Sender<T> {
    /// Sends a message, waiting while the channel is full.
    ///
    /// # Errors
    /// If the channel is closed or has no receiver left, before or while waiting.
    #[inline]
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        on_sender!(self, chan => chan.send(message, Patience::Endless)).map_err(|unsent| {
            match unsent {
                Unsent::Full(message) | Unsent::Closed(message) => SendError(message),
            }
        })
    }

    /// Sends a message if that needs no waiting.
    ///
    /// # Errors
    /// If the channel is full, is closed or has no receiver left.
    #[inline]
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        on_sender!(self, chan => chan.send(message, Patience::None)).map_err(
            |unsent| match unsent {
                Unsent::Full(message) => TrySendError::Full(message),
                Unsent::Closed(message) => TrySendError::Disconnected(message),
            },
        )
    }

    /// Sends a message, waiting up to `timeout` while the channel is full.
    ///
    /// # Errors
    /// If the time runs out, or the channel is closed or has no receiver left.
    pub fn send_timeout(&self, message: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        self.send_patiently(message, Patience::from_now(timeout))
    }

    /// Sends a message, waiting up to `deadline` while the channel is full.
    ///
    /// # Errors
    /// If the deadline passes, or the channel is closed or has no receiver left.
    pub fn send_deadline(&self, message: T, deadline: Instant) -> Result<(), SendTimeoutError<T>> {
        self.send_patiently(message, Patience::Until(deadline))
    }

    fn send_patiently(&self, message: T, patience: Patience) -> Result<(), SendTimeoutError<T>> {
        on_sender!(self, chan => chan.send(message, patience)).map_err(|unsent| match unsent {
            Unsent::Full(message) => SendTimeoutError::Timeout(message),
            Unsent::Closed(message) => SendTimeoutError::Disconnected(message),
        })
    }
}

impl<T> Receiver<T> {
    /// Receives the oldest message, waiting while the channel is empty.
    ///
    /// # Errors
    /// If the channel is empty and is closed or has no sender left.
    #[inline]
    pub fn recv(&self) -> Result<T, RecvError> {
        self.recv_as(Patience::Endless).map_err(|_| RecvError)
    }

    /// Receives the oldest message if there is one.
    ///
    /// # Errors
    /// If the channel is empty.
    #[inline]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.recv_as(Patience::None)
            .map_err(|unreceived| match unreceived {
                Unreceived::Empty => TryRecvError::Empty,
                Unreceived::Closed => TryRecvError::Disconnected,
            })
    }

    /// Receives the oldest message, waiting up to `timeout` while the channel is empty.
    ///
    /// # Errors
    /// If the time runs out, or the channel is empty and is closed or has no sender left.
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.recv_patiently(Patience::from_now(timeout))
    }

    /// Receives the oldest message, waiting up to `deadline` while the channel is empty.
    ///
    /// # Errors
    /// If the deadline passes, or the channel is empty and is closed or has no sender left.
    pub fn recv_deadline(&self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        self.recv_patiently(Patience::Until(deadline))
    }

    fn recv_patiently(&self, patience: Patience) -> Result<T, RecvTimeoutError> {
        self.recv_as(patience)
            .map_err(|unreceived| match unreceived {
                Unreceived::Empty => RecvTimeoutError::Timeout,
                Unreceived::Closed => RecvTimeoutError::Disconnected,
            })
    }

    #[inline]
    pub(crate) fn recv_as(&self, patience: Patience) -> Result<T, Unreceived> {
        on_receiver!(
            self,
            chan => chan.recv(patience),
            timer => timer.recv(patience),
            wait_for_nothing(patience)
        )
    }

    /// Receives messages, waiting for each, until the channel is empty and closed.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { receiver: self }
    }

    /// Receives messages until there is none to be had without waiting.
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter { receiver: self }
    }
}

impl<T> Sender<T> {
    fn size(&self) -> (usize, Option<usize>) {
        on_sender!(self, chan => (chan.len(), chan.capacity()))
    }

    /// Closes the channel for all its ends: sends fail from now on, those that wait get their
    /// messages back, and receives fail once the messages sent before are received. Returns
    /// whether the channel was open.
    ///
    /// ```
    /// let (sender, receiver) = selvedge_channel::unbounded();
    /// sender.send(1).unwrap();
    /// assert!(sender.close());
    /// assert_eq!(sender.send(2).unwrap_err().into_inner(), 2);
    /// assert_eq!(receiver.iter().collect::<Vec<_>>(), [1]);
    /// ```
    pub fn close(&self) -> bool {
        on_sender!(self, chan => chan.close())
    }

    /// Whether the channel was closed, by hand or by the end of all senders or all receivers. It
    /// may still hold messages.
    pub fn is_closed(&self) -> bool {
        on_sender!(self, chan => chan.is_closed())
    }
}

impl<T> Receiver<T> {
    fn size(&self) -> (usize, Option<usize>) {
        on_receiver!(
            self,
            chan => (chan.len(), chan.capacity()),
            timer => (timer.len(), Some(1)),
            (0, Some(0))
        )
    }

    /// Closes the channel for all its ends: sends fail from now on, those that wait get their
    /// messages back, and receives fail once the messages sent before are received. Returns
    /// whether the channel was open. What [`after`], [`at`], [`tick`] and [`never()`] made cannot
    /// be closed.
    pub fn close(&self) -> bool {
        on_receiver!(self, chan => chan.close(), _timer => false, false)
    }

    /// Whether the channel was closed, by hand or by the end of all senders or all receivers. It
    /// may still hold messages.
    pub fn is_closed(&self) -> bool {
        on_receiver!(self, chan => chan.is_closed(), _timer => false, false)
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        on_sender!(self, chan => chan.add_sender());
        Self {
            flavor: self.flavor.share(),
        }
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        on_receiver!(self, chan => chan.add_receiver(), _timer => (), ());
        Self {
            flavor: self.flavor.share(),
        }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        on_sender!(self, chan => chan.remove_sender());
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        on_receiver!(self, chan => chan.remove_receiver(), _timer => (), ());
    }
}

/// What both ends can tell of their channel.
macro_rules! both_ends {
    ($end:ident) => {
        impl<T> $end<T> {
            /// Whether no message lies in the channel.
            pub fn is_empty(&self) -> bool {
                self.size().0 == 0
            }

            /// Whether a send would have to wait for room. A channel without capacity is always
            /// full.
            pub fn is_full(&self) -> bool {
                let (len, capacity) = self.size();
                capacity.is_some_and(|capacity| len >= capacity)
            }

            /// How many messages lie in the channel; those of waiting senders do not count.
            pub fn len(&self) -> usize {
                self.size().0
            }

            /// How many messages the channel holds at most, if there is a limit.
            pub fn capacity(&self) -> Option<usize> {
                self.size().1
            }

            /// Whether both ends belong to the same channel.
            pub fn same_channel(&self, other: &Self) -> bool {
                self.flavor.is(&other.flavor)
            }
        }

        impl<T> fmt::Debug for $end<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(concat!(stringify!($end), " { .. }"))
            }
        }

        // A panic in between leaves the channel as it was: no code of the user's runs while it
        // changes.
        impl<T> UnwindSafe for $end<T> {}
        impl<T> RefUnwindSafe for $end<T> {}
    };
}

both_ends!(Sender);
both_ends!(Receiver);

/// Waits for a message that never comes.
fn wait_for_nothing<T>(patience: Patience) -> Result<T, Unreceived> {
    let parker = Parker::new();
    match patience {
        Patience::None => {}
        Patience::Until(deadline) => {
            let _ = parker.park_until(deadline);
        }
        // Nobody can wake this parker.
        Patience::Endless => parker.park(),
    }
    Err(Unreceived::Empty)
}

/// Messages of a channel until it is empty and closed; see [`Receiver::iter`].
pub struct Iter<'a, T> {
    receiver: &'a Receiver<T>,
}

/// Messages of a channel that are there already; see [`Receiver::try_iter`].
pub struct TryIter<'a, T> {
    receiver: &'a Receiver<T>,
}

/// Like [`Iter`], owning the receiver.
pub struct IntoIter<T> {
    receiver: Receiver<T>,
}

impl<T> Iterator for Iter<'_, T> {
    type Item = T;
    fn next(&mut self) -> Option<T> {
        self.receiver.recv().ok()
    }
}

impl<T> Iterator for TryIter<'_, T> {
    type Item = T;
    fn next(&mut self) -> Option<T> {
        self.receiver.try_recv().ok()
    }
}

impl<T> Iterator for IntoIter<T> {
    type Item = T;
    fn next(&mut self) -> Option<T> {
        self.receiver.recv().ok()
    }
}

impl<T> core::iter::FusedIterator for Iter<'_, T> {}
impl<T> core::iter::FusedIterator for IntoIter<T> {}

impl<'a, T> IntoIterator for &'a Receiver<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;
    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;
    fn into_iter(self) -> IntoIter<T> {
        IntoIter { receiver: self }
    }
}

impl<T> fmt::Debug for Iter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Iter { .. }")
    }
}

impl<T> fmt::Debug for TryIter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("TryIter { .. }")
    }
}

impl<T> fmt::Debug for IntoIter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("IntoIter { .. }")
    }
}
