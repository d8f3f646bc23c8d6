//! Between interpreters: channels and queues with ids.
//!
//! Interpreters share a process but no objects. What goes from one to another is handed over by
//! value, so a large payload travels as the pointer that it is. Everything is named by numbers that
//! an interpreter can pass on: a [`ChannelId`], a [`QueueId`], an [`InterpreterId`].
//!
//! | you want | take |
//! | --- | --- |
//! | each side to know which interpreters use it, to be released and closed | [`Channels`] |
//! | a bounded line of items | [`Queues`] |
//!
//! Those who wait sleep until they are woken, each with a time limit if it wants one, and are
//! served in the order in which they came. When an interpreter ends, whoever runs it says so; what
//! becomes of the items that it sent is decided when they are sent: [`OnEnd`].
//!
//! ```
//! use selvedge_channel::interpreters::{Channels, InterpreterId, OnEnd, Received, RecvError};
//!
//! let channels = Channels::new();
//! let (main, other) = (InterpreterId(0), InterpreterId(1));
//! let id = channels.create(OnEnd::Unbound);
//! let (there, here) = (channels.send_end(other, id), channels.recv_end(main, id));
//!
//! there.send_nowait("one").unwrap();
//! there.send_nowait("two").unwrap();
//! assert_eq!(here.recv(None), Ok(Received::Item("one")));
//! channels.end_interpreter(other);
//! assert_eq!(here.recv(None), Ok(Received::Unbound));
//! assert_eq!(here.recv_nowait(), Err(RecvError::Empty));
//! ```

mod channel;
mod channels;
mod error;
mod item;
mod queues;
mod registry;
mod shelf;
mod sides;
mod waiting;

pub use channels::{ChannelId, ChannelInfo, Channels, RecvChannel, SendChannel, Status};
pub use error::{
    CloseError, GetError, GoneError, NotFound, PutError, RecvError, SendError, UnbindError,
};
pub use item::{InterpreterId, OnEnd, Received};
pub use queues::{QueueId, Queues};
pub use sides::{Side, Users};
