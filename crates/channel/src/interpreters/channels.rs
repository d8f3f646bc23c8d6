//! Channels with ids.

use core::fmt;

use selvedge_sync::Deadline;
use selvedge_sync::seam::clock::Duration;

use super::channel::Channel;
use super::error::{CloseError, GoneError, NotFound, RecvError, SendError, UnbindError};
use super::item::{InterpreterId, OnEnd, Received};
use super::registry::Registry;
use super::sides::{Side, Users};

/// The number of a channel, which no other of its [`Channels`] ever has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelId(pub u64);

/// The channels between the interpreters of a process.
///
/// A channel holds any number of items. An interpreter uses a side of it from its first send or
/// receive on, until it [releases](Self::release) that or [ends](Self::end_interpreter). A channel
/// closes
///
/// - when it is [closed](Self::close),
/// - when the last interpreter that used it has released it or ended,
/// - when the last interpreter that received from it releases that.
///
/// Ids outlive the ends of interpreters: a channel is known, closed or not, until it is
/// [destroyed](Self::destroy) or [unbound](Self::unbind).
///
/// ```
/// use selvedge_channel::interpreters::{Channels, CloseError, InterpreterId, OnEnd};
///
/// let channels = Channels::new();
/// let id = channels.create(OnEnd::default());
/// let (here, there) = (InterpreterId(0), InterpreterId(1));
/// let text: std::sync::Arc<str> = "long ".repeat(1000).into();
/// let address = text.as_ptr();
/// channels.send_end(here, id).send_nowait(text)?;
/// assert_eq!(channels.close(id, None, false), Err(CloseError::NotEmpty));
///
/// // What comes out is what went in, at the same address.
/// let received = channels.recv_end(there, id).recv(None)?;
/// assert_eq!(received.item().unwrap().as_ptr(), address);
/// channels.close(id, None, false)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Channels<T> {
    registry: Registry<Channel<T>>,
}

/// What is to be seen of a channel at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelInfo {
    /// Whether it is closed.
    pub status: Status,
    /// How many items wait to be received.
    pub count: usize,
    /// Who uses its sending side.
    pub send: Users,
    /// Who uses its receiving side.
    pub recv: Users,
}

/// Whether a channel is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// It may be used.
    Open,
    /// Nothing more may be sent; what is left may be received.
    Closing,
    /// It may not be used.
    Closed,
}

impl<T> Channels<T> {
    /// There is none yet.
    pub fn new() -> Self {
        let registry = Registry::new();
        Self { registry }
    }

    /// Makes a channel. `on_end` holds for items that are sent without saying otherwise.
    pub fn create(&self, on_end: OnEnd) -> ChannelId {
        ChannelId(self.registry.add(Channel::new(on_end)))
    }

    /// The sending end of a channel, for an interpreter. Nobody looks whether there is such a
    /// channel, and the interpreter does not use it before it sends.
    pub fn send_end(&self, by: InterpreterId, id: ChannelId) -> SendChannel<'_, T> {
        SendChannel {
            channels: self,
            id,
            by,
            on_end: None,
        }
    }

    /// The receiving end of a channel, for an interpreter. Nobody looks whether there is such a
    /// channel, and the interpreter does not use it before it receives.
    pub fn recv_end(&self, by: InterpreterId, id: ChannelId) -> RecvChannel<'_, T> {
        let channels = self;
        RecvChannel { channels, id, by }
    }

    /// Closes a side of a channel, or all of it: without force, if no item is left. Closing the
    /// sending side alone leaves the items, and the channel closes when they are received. By
    /// force, the items are dropped. Those who wait are told, and get their items back.
    ///
    /// # Errors
    /// `NotFound`; `Closed` if it is already; `NotEmpty`.
    pub fn close(&self, id: ChannelId, side: Option<Side>, force: bool) -> Result<(), CloseError> {
        self.registry.get(id.0)?.close(side, force)
    }

    /// Has an interpreter use a side of a channel, or both, no more: it is told that the channel
    /// is closed from now on, also if it never used it.
    ///
    /// # Errors
    /// `NotFound`; `Closed` if the channel is.
    pub fn release(
        &self,
        by: InterpreterId,
        id: ChannelId,
        side: Option<Side>,
    ) -> Result<(), GoneError> {
        self.registry.get(id.0)?.release(by, side)
    }

    /// An interpreter has ended: it uses no channel any more, its threads that wait are told, and
    /// its items become what they were [sent](OnEnd) to become.
    pub fn end_interpreter(&self, ended: InterpreterId) {
        for (_, channel) in self.registry.all() {
            channel.end_interpreter(ended);
        }
    }

    /// Forgets a channel. Its items are dropped, and those who wait for it are told that it is not
    /// there.
    ///
    /// # Errors
    /// If there is none of this id.
    pub fn destroy(&self, id: ChannelId) -> Result<(), NotFound> {
        self.registry.remove(id.0)?.destroy();
        Ok(())
    }

    /// Counts one more who knows the id.
    ///
    /// # Errors
    /// If there is none of this id.
    pub fn bind(&self, id: ChannelId) -> Result<(), NotFound> {
        self.registry.bind(id.0)
    }

    /// Counts one less who knows the id, and [destroys](Self::destroy) the channel with the last.
    ///
    /// # Errors
    /// `NotFound`; `NotBound` if nobody was counted.
    pub fn unbind(&self, id: ChannelId) -> Result<(), UnbindError> {
        if let Some(channel) = self.registry.unbind(id.0)? {
            channel.destroy();
        }
        Ok(())
    }

    /// The channels that were not closed, in the order in which they were made, and what becomes
    /// of their items: those too that closed because all have released them.
    pub fn list_all(&self) -> Vec<(ChannelId, OnEnd)> {
        let all = self.registry.all().into_iter();
        all.filter(|(_, channel)| channel.is_listed())
            .map(|(id, channel)| (ChannelId(id), channel.on_end))
            .collect()
    }

    /// The interpreters that use a side of a channel.
    ///
    /// # Errors
    /// `NotFound`; `Closed` if the side is closed.
    pub fn list_interpreters(
        &self,
        id: ChannelId,
        side: Side,
    ) -> Result<Vec<InterpreterId>, GoneError> {
        self.registry.get(id.0)?.users(side)
    }

    /// What becomes of items that are sent without saying what.
    ///
    /// # Errors
    /// If there is none of this id.
    pub fn on_end(&self, id: ChannelId) -> Result<OnEnd, NotFound> {
        Ok(self.registry.get(id.0)?.on_end)
    }

    /// What is to be seen of a channel at this moment.
    ///
    /// # Errors
    /// If there is none of this id.
    pub fn info(&self, id: ChannelId) -> Result<ChannelInfo, NotFound> {
        self.registry.get(id.0)?.info()
    }
}

impl<T> Default for Channels<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// The sending end of a channel, as an interpreter has it.
pub struct SendChannel<'a, T> {
    channels: &'a Channels<T>,
    id: ChannelId,
    by: InterpreterId,
    on_end: Option<OnEnd>,
}

/// The receiving end of a channel, as an interpreter has it.
pub struct RecvChannel<'a, T> {
    channels: &'a Channels<T>,
    id: ChannelId,
    by: InterpreterId,
}

impl<T> SendChannel<'_, T> {
    /// This end for items that become this when the interpreter ends.
    #[must_use = "this end stays as it is"]
    pub fn with_on_end(mut self, on_end: OnEnd) -> Self {
        self.on_end = Some(on_end);
        self
    }

    /// Sends an item and waits until it is received.
    ///
    /// # Errors
    /// `NotFound`; `Closed`; `Timeout`; `InterpreterEnded`. Whichever it is, nobody has received
    /// the item or will.
    pub fn send(&self, item: T, timeout: Option<Duration>) -> Result<(), SendError<T>> {
        match self.channels.registry.get(self.id.0) {
            Ok(channel) => channel.send(self.by, item, self.on_end, Deadline::after(timeout)),
            Err(NotFound) => Err(SendError::NotFound(item)),
        }
    }

    /// Sends an item; returns whether somebody has waited for it.
    ///
    /// # Errors
    /// `NotFound`; `Closed`.
    pub fn send_nowait(&self, item: T) -> Result<bool, SendError<T>> {
        match self.channels.registry.get(self.id.0) {
            Ok(channel) => channel.send_nowait(self.by, item, self.on_end),
            Err(NotFound) => Err(SendError::NotFound(item)),
        }
    }
}

impl<T> RecvChannel<'_, T> {
    /// Receives the first item; waits for one.
    ///
    /// # Errors
    /// `NotFound`; `Closed`; `Empty` if the time runs out; `Orphaned`; `InterpreterEnded`.
    pub fn recv(&self, timeout: Option<Duration>) -> Result<Received<T>, RecvError> {
        let channel = self.channels.registry.get(self.id.0)?;
        channel.recv(self.by, Some(Deadline::after(timeout)))
    }

    /// Receives the first item if there is one.
    ///
    /// # Errors
    /// `NotFound`; `Closed`; `Empty`; `Orphaned`.
    pub fn recv_nowait(&self) -> Result<Received<T>, RecvError> {
        self.channels.registry.get(self.id.0)?.recv(self.by, None)
    }

    /// Receives the first item if there is one, else `default`.
    ///
    /// # Errors
    /// `NotFound`; `Closed`; `Orphaned`.
    pub fn recv_nowait_or(&self, default: T) -> Result<Received<T>, RecvError> {
        match self.recv_nowait() {
            Err(RecvError::Empty) => Ok(Received::Item(default)),
            received => received,
        }
    }
}

/// What both ends have.
macro_rules! an_end {
    ($name:ident $side:ident $($closed:pat_param)|+) => {
        impl<T> $name<'_, T> {
            /// The channel.
            pub fn id(&self) -> ChannelId {
                self.id
            }

            /// Closes this side of the channel, as [`Channels::close`] does without force.
            ///
            /// # Errors
            /// As there.
            pub fn close(&self) -> Result<(), CloseError> {
                self.channels.close(self.id, Some(Side::$side), false)
            }

            /// Has this interpreter use this side no more, as [`Channels::release`] does.
            ///
            /// # Errors
            /// As there.
            pub fn release(&self) -> Result<(), GoneError> {
                self.channels.release(self.by, self.id, Some(Side::$side))
            }

            /// Whether this side of the channel is closed.
            ///
            /// # Errors
            /// If there is no such channel.
            pub fn is_closed(&self) -> Result<bool, NotFound> {
                let status = self.channels.info(self.id)?.status;
                Ok(matches!(status, $($closed)|+))
            }
        }

        impl<T> fmt::Debug for $name<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("id", &self.id.0)
                    .field("by", &self.by.0)
                    .finish_non_exhaustive()
            }
        }
    };
}

an_end!(SendChannel Send Status::Closing | Status::Closed);
an_end!(RecvChannel Recv Status::Closed);

impl<T> fmt::Debug for Channels<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Channels").field(&self.list_all()).finish()
    }
}
