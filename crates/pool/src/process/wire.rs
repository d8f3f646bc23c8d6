//! What goes over the socket: frames, each a length of eight bytes and that many bytes.

use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};

/// Tells a worker that it is one.
pub(super) const WORKER: &str = "SELVEDGE_POOL_WORKER";

/// The worker's first frame: that it is ready, or why it will never be.
pub(super) type Hello = Result<(), String>;

/// A request's head; the calls follow it in the same frame.
#[derive(Serialize, Deserialize)]
pub(super) struct Head<'a> {
    pub(super) name: &'a str,
}

/// The head of an answer; if it is `Done`, a result for each call follows, its error a panic's
/// message.
#[derive(Serialize, Deserialize)]
pub(super) enum Answer<'a> {
    Done,
    Unknown,
    NotEncodable(&'a str),
}

/// A frame being made: room for the length, then what is added.
pub(super) struct Frame(Vec<u8>);

impl Frame {
    pub(super) fn new() -> Self {
        Self(vec![0; 8])
    }

    pub(super) fn add(
        mut self,
        value: &(impl Serialize + ?Sized),
    ) -> Result<Self, postcard::Error> {
        // Extends what is there.
        self.0 = postcard::to_extend(value, core::mem::take(&mut self.0))?;
        Ok(self)
    }

    /// Sends the frame.
    pub(super) fn send(&mut self, mut to: impl Write) -> io::Result<()> {
        let length = (self.0.len() - 8) as u64;
        self.0[..8].copy_from_slice(&length.to_le_bytes());
        to.write_all(&self.0)
    }
}

/// Receives a frame into `buffer`.
pub(super) fn receive(mut from: impl Read, buffer: &mut Vec<u8>) -> io::Result<()> {
    let mut length = [0; 8];
    from.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    buffer.clear();
    // Grows as bytes arrive, so a garbled length cannot claim all memory at once.
    let read = from.take(length).read_to_end(buffer)?;
    if read as u64 == length {
        Ok(())
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}
