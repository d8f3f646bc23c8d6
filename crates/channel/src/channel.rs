//! The two ends of a channel, and the functions that make one.

use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};

use selvedge_sync::seam::Arc;
use selvedge_sync::seam::clock::{Duration, Instant};

use crate::chan::{Chan, Patience, Unreceived, Unsent};
use crate::error::{
    RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError,
};
use crate::flavors::bounded::Ring;
use crate::flavors::rendezvous::Nowhere;
use crate::flavors::unbounded::Chain;

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

fn ends<T>(flavor: Flavor<T>) -> (Sender<T>, Receiver<T>) {
    let sender = Sender {
        flavor: flavor.share(),
    };
    (sender, Receiver { flavor })
}

/// Which channel an end belongs to.
enum Flavor<T> {
    Bounded(Arc<Chan<T, Ring<T>>>),
    Unbounded(Arc<Chan<T, Chain<T>>>),
    Rendezvous(Arc<Chan<T, Nowhere>>),
}

/// Runs an expression with `$chan` as the channel, whatever its flavour.
macro_rules! on_chan {
    ($end:expr, $chan:ident => $run:expr) => {
        match &$end.flavor {
            Flavor::Bounded($chan) => $run,
            Flavor::Unbounded($chan) => $run,
            Flavor::Rendezvous($chan) => $run,
        }
    };
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
    flavor: Flavor<T>,
}

/// The receiving end of a channel. Clone it for more receivers, each message going to one of them;
/// when the last is dropped, the channel closes and the messages left in it are dropped.
///
/// Waiting receivers are served in the order in which they began to wait, and no newcomer
/// overtakes them.
pub struct Receiver<T> {
    flavor: Flavor<T>,
}

impl<T> Sender<T> {
    /// Sends a message, waiting while the channel is full.
    ///
    /// # Errors
    /// If the channel is closed or has no receiver left, before or while waiting.
    #[inline]
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        on_chan!(self, chan => chan.send(message, Patience::Endless))
            .map_err(|unsent| match unsent {
                Unsent::Full(message) | Unsent::Closed(message) => SendError(message),
            })
    }

    /// Sends a message if that needs no waiting.
    ///
    /// # Errors
    /// If the channel is full, is closed or has no receiver left.
    #[inline]
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        on_chan!(self, chan => chan.send(message, Patience::None)).map_err(|unsent| match unsent {
            Unsent::Full(message) => TrySendError::Full(message),
            Unsent::Closed(message) => TrySendError::Disconnected(message),
        })
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
        on_chan!(self, chan => chan.send(message, patience)).map_err(|unsent| match unsent {
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
        on_chan!(self, chan => chan.recv(Patience::Endless)).map_err(|_| RecvError)
    }

    /// Receives the oldest message if there is one.
    ///
    /// # Errors
    /// If the channel is empty.
    #[inline]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        on_chan!(self, chan => chan.recv(Patience::None)).map_err(|unreceived| match unreceived {
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
        on_chan!(self, chan => chan.recv(patience)).map_err(|unreceived| match unreceived {
            Unreceived::Empty => RecvTimeoutError::Timeout,
            Unreceived::Closed => RecvTimeoutError::Disconnected,
        })
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

/// What both ends can tell of their channel and do to it.
macro_rules! both_ends {
    ($end:ident, $add:ident, $remove:ident) => {
        impl<T> $end<T> {
            /// Whether no message lies in the channel.
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// Whether a send would have to wait for room. A channel without capacity is always
            /// full.
            pub fn is_full(&self) -> bool {
                self.capacity() == Some(self.len())
            }

            /// How many messages lie in the channel; those of waiting senders do not count.
            pub fn len(&self) -> usize {
                on_chan!(self, chan => chan.len())
            }

            /// How many messages the channel holds at most, if there is a limit.
            pub fn capacity(&self) -> Option<usize> {
                on_chan!(self, chan => chan.capacity())
            }

            /// Whether both ends belong to the same channel.
            pub fn same_channel(&self, other: &Self) -> bool {
                self.flavor.is(&other.flavor)
            }

            /// Closes the channel for all its ends: sends fail from now on, those that wait get
            /// their messages back, and receives fail once the messages sent before are received.
            /// Returns whether the channel was open.
            ///
            /// ```
            /// let (sender, receiver) = selvedge_channel::unbounded();
            /// sender.send(1).unwrap();
            /// assert!(receiver.close());
            /// assert_eq!(sender.send(2).unwrap_err().into_inner(), 2);
            /// assert_eq!(receiver.iter().collect::<Vec<_>>(), [1]);
            /// ```
            pub fn close(&self) -> bool {
                on_chan!(self, chan => chan.close())
            }

            /// Whether the channel was closed, by [`close`](Self::close) or by the end of all
            /// senders or all receivers. It may still hold messages.
            pub fn is_closed(&self) -> bool {
                on_chan!(self, chan => chan.is_closed())
            }
        }

        impl<T> Clone for $end<T> {
            fn clone(&self) -> Self {
                on_chan!(self, chan => chan.$add());
                Self {
                    flavor: self.flavor.share(),
                }
            }
        }

        impl<T> Drop for $end<T> {
            fn drop(&mut self) {
                on_chan!(self, chan => chan.$remove());
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

both_ends!(Sender, add_sender, remove_sender);
both_ends!(Receiver, add_receiver, remove_receiver);

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
