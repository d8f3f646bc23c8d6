//! One end of the link between an executor and a worker: what it sends, what it receives, how it
//! waits.

use selvedge_sync::seam::clock::{Duration, Instant};
use selvedge_sync::seam::{bounds, hint, thread};
use std::io;
use std::net::Shutdown;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;

use super::memory::{Bulk, INLINE, Region};
use super::ring::{Claims, Consumer, Producer, Wanted, blocks};
use super::socket::{Seen, Socket};

/// What a frame begins with: where the body of the message is, and the number of the request.
const INSIDE: u8 = 0;
const OUTSIDE: u8 = 1;
const HEAD: usize = 1 + size_of::<u64>();

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Executor,
    Worker,
}

pub(super) struct End {
    side: Side,
    region: Region,
    socket: Socket,
    producer: Producer,
    consumer: Consumer,
    /// The frame that is being sent, then the one that was received.
    outgoing: Vec<u8>,
    incoming: Vec<u8>,
}

/// A message: a request or the answer to it, which has the same number.
pub(super) struct Letter<'a> {
    number: u64,
    body: Body<'a>,
    claims: &'a Claims,
}

enum Body<'a> {
    Inside(&'a [u8]),
    Outside(Bulk),
}

impl Letter<'_> {
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// By the worker: claims the request; returns false if it was recalled.
    pub(super) fn claim(&self) -> bool {
        self.claims.claim(self.number)
    }

    pub(super) fn body(&self) -> &[u8] {
        match &self.body {
            Body::Inside(bytes) => bytes,
            Body::Outside(bulk) => bulk,
        }
    }
}

impl End {
    /// The executor's end of a new link, and the socket for the worker to join it with.
    pub(super) fn create() -> io::Result<(Self, UnixStream)> {
        let (ours, theirs) = UnixStream::pair()?;
        let (region, file) = Region::new()?;
        let socket = Socket::new(ours);
        socket.send_descriptor(file.as_fd())?;
        Ok((Self::new(Side::Executor, region, socket), theirs))
    }

    /// The worker's end.
    pub(super) fn join(stream: UnixStream) -> io::Result<Self> {
        let mut socket = Socket::new(stream);
        let file = socket.take_descriptor()?;
        let region = Region::open(file.as_fd())?;
        Ok(Self::new(Side::Worker, region, socket))
    }

    fn new(side: Side, region: Region, socket: Socket) -> Self {
        Self {
            side,
            region,
            socket,
            producer: Producer::default(),
            consumer: Consumer::default(),
            outgoing: Vec::new(),
            incoming: Vec::new(),
        }
    }

    pub(super) fn claims(&self) -> &Claims {
        &self.region.claims
    }

    /// Whether there is room for a message.
    pub(super) fn has_room(&self) -> bool {
        let ring = match self.side {
            Side::Executor => &self.region.requests,
            Side::Worker => &self.region.answers,
        };
        // mutant: equivalent, bound: with one block more, the sender waits for that.
        self.producer.room(ring) >= blocks(INLINE)
    }

    /// Sends a message.
    ///
    /// # Errors
    /// `BrokenPipe` or `ConnectionReset` if the other side is gone, `StorageFull` if there is no
    /// room, and whatever the system says about a message that is too large for the ring.
    pub(super) fn send(&mut self, number: u64, body: &[u8]) -> io::Result<()> {
        // mutant: equivalent, bound: a message arrives by either way.
        let inside = body.len() <= INLINE - HEAD;
        self.outgoing.clear();
        self.outgoing.push(if inside { INSIDE } else { OUTSIDE });
        self.outgoing.extend_from_slice(&number.to_le_bytes());
        if inside {
            self.outgoing.extend_from_slice(body);
        } else {
            // It is there before the frame that speaks of it.
            self.socket.send_descriptor(Bulk::share(body)?.as_fd())?;
        }
        let ring = match self.side {
            Side::Executor => &self.region.requests,
            Side::Worker => &self.region.answers,
        };
        // SAFETY: each side of a link has one end, which has one producer, for the ring in which
        // the other side's has the consumer.
        let pushed = unsafe { self.producer.push(ring, &self.outgoing) };
        let Wanted(wanted) = pushed.map_err(|_| io::ErrorKind::StorageFull)?;
        if wanted {
            self.socket.ring();
        }
        Ok(())
    }

    /// The next message, if there is one.
    ///
    /// # Errors
    /// If there is something else, or the other side is gone with a part of it.
    pub(super) fn receive(&mut self) -> io::Result<Option<Letter<'_>>> {
        let ring = match self.side {
            Side::Executor => &self.region.answers,
            Side::Worker => &self.region.requests,
        };
        // SAFETY: as in `send`.
        let popped = unsafe { self.consumer.pop(ring, &mut self.incoming) };
        if !popped.map_err(|_| io::ErrorKind::InvalidData)? {
            return Ok(None);
        }
        let Some((head, inside)) = self.incoming.split_first_chunk::<HEAD>() else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        let [place, number @ ..] = *head;
        let body = if place == INSIDE {
            Body::Inside(inside)
        } else {
            Body::Outside(Bulk::open(self.socket.take_descriptor()?.as_fd())?)
        };
        let number = u64::from_le_bytes(number);
        Ok(Some(Letter {
            number,
            body,
            claims: &self.region.claims,
        }))
    }

    /// Says that nothing more comes, and waits until the other side has closed its end; returns
    /// false if it has not when `grace` is over.
    pub(super) fn hang_up(&mut self, grace: Duration) -> bool {
        let Some(deadline) = Instant::now().checked_add(grace) else {
            return false;
        };
        let said = self.socket.stream().shutdown(Shutdown::Write);
        // mutant: equivalent, re-check: a worker that is not waited for is killed, and has nothing
        // left to do.
        while said.is_ok() {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.socket.wait(Some(left)) {
                Ok(Seen::Closed) => return true,
                Ok(Seen::Rung) => (),
                Ok(Seen::TimedOut) | Err(_) => return false,
            }
        }
        false
    }

    /// Waits for `more` messages, or until `limit` has passed, or until the other side is gone. May
    /// return early.
    pub(super) fn wait(&mut self, more: u64, limit: Option<Duration>) -> io::Result<Seen> {
        let ring = match self.side {
            Side::Executor => &self.region.answers,
            Side::Worker => &self.region.requests,
        };
        let rounds = if thread::available_parallelism() == 1 {
            0
        } else {
            bounds::SPINS
        };
        for _ in 0..rounds {
            if self.consumer.sees(ring, more) {
                return Ok(Seen::Rung);
            }
            hint::spin_loop();
        }
        if !self.consumer.doze(ring, more) {
            return Ok(Seen::Rung);
        }
        let seen = self.socket.wait(limit);
        self.consumer.rise(ring);
        seen
    }
}
