//! Frames: a message's length in eight bytes, least significant first, and then the message.

use super::error::RecvError;

/// How many bytes of length there are before a message.
pub(super) const HEAD: usize = size_of::<u64>();

/// Frames up to this size, head included, are received through the decoder's buffer, many at a
/// time. What is longer goes straight to where it is kept.
const BUFFER: usize = 64 * 1024;

/// How much room is made at a time for a long message: a garbled length claims no more memory
/// than that before as many bytes have come.
const STEP: usize = 1024 * 1024;

/// The frame of a message, less the message.
pub(super) fn head(message: &[u8]) -> [u8; HEAD] {
    (message.len() as u64).to_le_bytes()
}

/// Where a message lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In the buffer, if it is whole.
    Buffer,
    /// In `long`, if it is whole.
    Long,
}

/// Tells frames apart in bytes that come in pieces of any size.
///
/// | buffer holds | next |
/// | --- | --- |
/// | less than a head | more bytes go to the buffer |
/// | a head of a frame that fits | more bytes go to the buffer until the frame is whole |
/// | a head of a longer frame | what is there of it moves to `long`, and more bytes go there |
///
/// `receive` brings bytes and may fail at any point, with nothing lost: the next call goes on.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    /// Bytes that came, from `start` on.
    buffer: Vec<u8>,
    /// What is before this in the buffer has been handed out.
    start: usize,
    /// What has come of a long message.
    long: Vec<u8>,
    /// The length of the long message that is being received.
    long_length: Option<u64>,
}

impl Decoder {
    /// Whether a whole message, or one that is too long for [`next`](Self::next), is there.
    pub(super) fn is_ready(&self) -> bool {
        match self.length() {
            None => false,
            Some(_) if self.place() == Place::Long => false,
            Some(length) => self.pending().len() as u64 >= HEAD as u64 + length,
        }
    }

    /// Whether the bytes end between two messages.
    pub(super) fn is_between_messages(&self) -> bool {
        self.pending().is_empty() && self.long_length.is_none()
    }

    /// The next message, once it is whole. `receive` appends at least one byte, and at most so
    /// many as it is told, to what it is given, which has room for them; or fails.
    ///
    /// # Errors
    /// What `receive` failed with; or `TooLong` if the message is longer than `most`.
    pub(super) fn next(
        &mut self,
        most: u64,
        mut receive: impl FnMut(&mut Vec<u8>, usize) -> Result<(), RecvError>,
    ) -> Result<Message<'_>, RecvError> {
        let length = self.complete_head(&mut receive)?;
        if length > most {
            return Err(RecvError::TooLong(length));
        }
        if self.place() == Place::Long {
            return Ok(Message::Long(self.complete_long(length, &mut receive)?));
        }
        let whole = HEAD + length as usize;
        while self.pending().len() < whole {
            self.fill_buffer(&mut receive)?;
        }
        let begin = self.start + HEAD;
        self.start += whole;
        Ok(Message::Short(&self.buffer[begin..self.start]))
    }

    /// Waits for the length of the next message.
    fn complete_head(
        &mut self,
        receive: &mut impl FnMut(&mut Vec<u8>, usize) -> Result<(), RecvError>,
    ) -> Result<u64, RecvError> {
        loop {
            if let Some(length) = self.length() {
                return Ok(length);
            }
            self.fill_buffer(receive)?;
        }
    }

    /// The length of the next message, if that has come.
    fn length(&self) -> Option<u64> {
        self.long_length.or_else(|| {
            let head = self.pending().first_chunk()?;
            Some(u64::from_le_bytes(*head))
        })
    }

    /// Where the next message lies, whose head has come.
    fn place(&self) -> Place {
        match self.length() {
            Some(length) if length > (BUFFER - HEAD) as u64 => Place::Long,
            _ => Place::Buffer,
        }
    }

    fn pending(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    /// Brings more bytes to the buffer, where the next frame fits.
    fn fill_buffer(
        &mut self,
        receive: &mut impl FnMut(&mut Vec<u8>, usize) -> Result<(), RecvError>,
    ) -> Result<(), RecvError> {
        // What has been handed out makes room.
        self.buffer.drain(..core::mem::take(&mut self.start));
        let room = BUFFER - self.buffer.len();
        self.buffer.reserve_exact(room);
        receive(&mut self.buffer, room)
    }

    /// Receives the rest of a long message.
    fn complete_long(
        &mut self,
        length: u64,
        receive: &mut impl FnMut(&mut Vec<u8>, usize) -> Result<(), RecvError>,
    ) -> Result<Vec<u8>, RecvError> {
        if self.long_length.is_none() {
            self.long_length = Some(length);
            // A long message is longer than the buffer: all that came after its head is its own.
            let came = &self.buffer[self.start + HEAD..];
            self.long.reserve(STEP.max(came.len()));
            self.long.extend_from_slice(came);
            self.buffer.clear();
            self.start = 0;
        }
        while let Some(left @ 1..) = length.checked_sub(self.long.len() as u64) {
            let room = left.min(STEP as u64) as usize;
            self.long.reserve(room);
            // All the room that there happens to be, to receive in few pieces.
            let room = left.min((self.long.capacity() - self.long.len()) as u64) as usize;
            receive(&mut self.long, room)?;
        }
        self.long_length = None;
        Ok(core::mem::take(&mut self.long))
    }
}

/// A message that has come.
#[derive(Debug)]
pub(super) enum Message<'a> {
    /// It lies in the decoder's buffer.
    Short(&'a [u8]),
    /// It has memory of its own.
    Long(Vec<u8>),
}

impl Message<'_> {
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Short(bytes) => bytes,
            Self::Long(bytes) => bytes,
        }
    }

    pub(super) fn into_vec(self) -> Vec<u8> {
        match self {
            Self::Short(bytes) => bytes.to_vec(),
            Self::Long(bytes) => bytes,
        }
    }
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests;
