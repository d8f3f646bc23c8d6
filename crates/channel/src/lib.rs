//! Channels that park, close and drain.
//!
//! Any number of senders and receivers share a channel; each message goes to one receiver, and
//! the messages of one sender arrive in the order in which it sent them. The API is that of
//! `crossbeam-channel` under its names, and more: [`close`](Sender::close) ends a channel without
//! losing what was sent.
//!
//! ```
//! use std::thread;
//!
//! let (sender, receiver) = selvedge_channel::bounded(8);
//! thread::spawn(move || {
//!     for number in 0..100 {
//!         sender.send(number).unwrap();
//!     }
//! });
//! assert_eq!(receiver.iter().sum::<i32>(), 4950);
//! ```
//!
//! An operation that cannot go on looks again a bounded number of times, then parks: who waits
//! uses no processor. Those who wait are served in the order in
//! which they came.
mod asynchronous;
mod chan;
mod channel;
mod error;
mod flavors;
pub mod interpreters;
mod patience;
#[cfg(unix)]
pub mod process;
pub mod queue;
mod select;
mod signal;
mod spin;
mod timer;
mod waiter;

pub use asynchronous::{RecvFuture, SendFuture};
pub use channel::{
    IntoIter, Iter, Receiver, Sender, TryIter, after, at, bounded, never, tick, unbounded,
};
pub use error::{
    ReadyTimeoutError, RecvError, RecvTimeoutError, SelectTimeoutError, SendError,
    SendTimeoutError, TryReadyError, TryRecvError, TrySelectError, TrySendError,
};
pub use select::{Select, SelectedOperation};
