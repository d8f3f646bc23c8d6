//! The server's loop: one thread that waits for all its connections at once, and steps objects
//! through the calls that come. See README.md beside this file.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use selvedge_sync::seam::clock::{Duration, Instant};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;

use super::address::{Address, Listener, Stream};
use super::auth::{AuthKey, Challenge, Response, Welcome, challenge};
use super::held::{Caller, Session, Ticket};
use super::shelf::{Shelf, Told};
use super::wire::{self, Order, Reply, Request};

/// How long one who connects may take to prove that it knows the key.
pub(super) const GREETING: Duration = Duration::from_secs(10);

/// How long a frame may be before that.
pub(super) const LONGEST_GREETING: u32 = 256;

/// What the server is told by who starts it, over the socket that it ends with.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Settings {
    pub(super) address: Address,
    pub(super) key: Vec<u8>,
}

/// What it says then: where it listens, or why it does not.
pub(super) type Started = Result<Address, String>;

/// Serves until `creator` closes.
pub(crate) fn serve(creator: UnixStream) -> io::Result<()> {
    let settings = wire::receive(&creator, u32::MAX)?;
    let settings: Settings = postcard::from_bytes(&settings).map_err(io::Error::other)?;
    let bound = Listener::bind(&settings.address).and_then(|it| Ok((it.address()?, it)));
    let (started, listener) = match bound {
        Ok((address, listener)) => (Started::Ok(address), Some(listener)),
        Err(error) => (Started::Err(error.to_string()), None),
    };
    let started = wire::encode(&started).map_err(io::Error::other)?;
    wire::send(&creator, &started)?;
    let Some(listener) = listener else {
        return Ok(());
    };
    let mut server = Server {
        creator,
        listener,
        key: AuthKey::from(&*settings.key),
        connections: BTreeMap::new(),
        shelf: Shelf::default(),
        issued: 0,
    };
    server.run()
}

struct Server {
    /// Closes when the creator is gone or wants no more.
    creator: UnixStream,
    listener: Listener,
    key: AuthKey,
    connections: BTreeMap<u64, Connection>,
    shelf: Shelf,
    /// The last number that was given to a connection, a session or a call.
    issued: u64,
}

struct Connection {
    stream: Stream,
    incoming: Vec<u8>,
    outgoing: Vec<u8>,
    phase: Phase,
}

enum Phase {
    /// It was sent a challenge, and has until then to answer.
    Greeted(Challenge, Instant),
    /// It knows the key.
    Joined(Session),
    /// And waits for the answer to its call.
    Waiting(Session, Ticket),
}

impl Connection {
    /// Sends a frame, or keeps what there is no room for.
    fn send(&mut self, body: &[u8]) -> io::Result<()> {
        self.outgoing.extend_from_slice(&wire::frame(body)?);
        self.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut sent = 0;
        while sent < self.outgoing.len() {
            match (&self.stream).write(&self.outgoing[sent..]) {
                Ok(count) => sent += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
                Err(error) => return Err(error),
            }
        }
        self.outgoing.drain(..sent);
        Ok(())
    }

    /// Takes in what has come; returns false if nothing more will.
    fn fill(&mut self) -> io::Result<bool> {
        let mut chunk = [0; 1 << 14];
        loop {
            match (&self.stream).read(&mut chunk) {
                Ok(0) => return Ok(false),
                Ok(count) => self.incoming.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
                Err(error) => return Err(error),
            }
        }
    }

    fn session(&self) -> Option<Session> {
        match self.phase {
            Phase::Greeted(..) => None,
            Phase::Joined(session) | Phase::Waiting(session, _) => Some(session),
        }
    }
}

/// What was seen of the sockets.
struct Events {
    is_over: bool,
    has_guests: bool,
    ready: Vec<u64>,
}

impl Server {
    fn run(&mut self) -> io::Result<()> {
        loop {
            let events = self.wait()?;
            if events.is_over {
                return Ok(());
            }
            for number in events.ready {
                if !self.attend(number) {
                    self.drop_connection(number);
                }
            }
            if events.has_guests {
                self.admit();
            }
            self.dismiss_the_silent();
            let late = self.shelf.expire(Instant::now());
            self.tell(late);
        }
    }

    fn wait(&self) -> io::Result<Events> {
        let mut polled = vec![
            PollFd::new(&self.creator, PollFlags::IN),
            PollFd::new(&self.listener, PollFlags::IN),
        ];
        for connection in self.connections.values() {
            let mut flags = PollFlags::IN;
            flags.set(PollFlags::OUT, !connection.outgoing.is_empty());
            polled.push(PollFd::new(&connection.stream, flags));
        }
        let limit = self.next_deadline().map(|deadline| {
            let left = deadline.saturating_duration_since(Instant::now());
            // A time that the system cannot represent is waited for in parts.
            Timespec::try_from(left).unwrap_or(Timespec {
                tv_sec: i64::from(u32::MAX),
                tv_nsec: 0,
            })
        });
        match poll(&mut polled, limit.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => (),
            Err(error) => return Err(error.into()),
        }
        let mut seen = polled.iter().map(|polled| !polled.revents().is_empty());
        let mut next = || seen.next().unwrap_or(false);
        let (is_over, has_guests) = (next(), next());
        let ready = self.connections.keys().filter(|_| next());
        Ok(Events {
            is_over,
            has_guests,
            ready: ready.copied().collect(),
        })
    }

    fn next_deadline(&self) -> Option<Instant> {
        let greetings = self.connections.values();
        let greetings = greetings.filter_map(|connection| match connection.phase {
            Phase::Greeted(_, until) => Some(until),
            Phase::Joined(_) | Phase::Waiting(..) => None,
        });
        greetings.chain(self.shelf.next_deadline()).min()
    }

    fn issue(&mut self) -> u64 {
        self.issued += 1;
        self.issued
    }

    /// Takes in those who connect, and challenges them.
    fn admit(&mut self) {
        // What goes wrong with one, as when descriptors run out, is no reason to end the others.
        while let Ok(stream) = self.listener.accept() {
            let Ok(challenge) = challenge() else { return };
            let mut connection = Connection {
                stream,
                incoming: Vec::new(),
                outgoing: Vec::new(),
                phase: Phase::Greeted(challenge, Instant::now() + GREETING),
            };
            if connection.send(&challenge).is_ok() {
                let number = self.issue();
                self.connections.insert(number, connection);
            }
        }
    }

    /// Drops those who have not proved in time that they know the key.
    fn dismiss_the_silent(&mut self) {
        let now = Instant::now();
        self.connections.retain(
            |_, connection| !matches!(connection.phase, Phase::Greeted(_, until) if until <= now),
        );
    }

    /// Deals with what has come from a connection; returns false if it is of no more use.
    fn attend(&mut self, number: u64) -> bool {
        let Some(connection) = self.connections.get_mut(&number) else {
            // Dropped just now.
            return true;
        };
        let lasts = connection.flush().and_then(|()| connection.fill());
        self.read(number).is_ok() && lasts.unwrap_or(false)
    }

    /// Deals with the frames that are whole, up to one that has to wait.
    fn read(&mut self, number: u64) -> io::Result<()> {
        while let Some(connection) = self.connections.get_mut(&number) {
            let longest = match connection.phase {
                Phase::Greeted(..) => LONGEST_GREETING,
                Phase::Joined(_) => u32::MAX,
                Phase::Waiting(..) => return Ok(()),
            };
            let Some(body) = wire::take(&mut connection.incoming, longest)? else {
                return Ok(());
            };
            match connection.phase {
                Phase::Joined(session) => self.serve(number, session, &body)?,
                Phase::Greeted(..) | Phase::Waiting(..) => self.join(number, &body)?,
            }
        }
        Ok(())
    }

    /// Lets in one who knows the key.
    fn join(&mut self, number: u64, body: &[u8]) -> io::Result<()> {
        let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
        let response: Response = postcard::from_bytes(body).map_err(|_| denied())?;
        let session = match response.session {
            0 => self.issue(),
            session => session,
        };
        let is_known = self
            .connections
            .values()
            .any(|connection| connection.session() == Some(Session(session)));
        let Some(connection) = self.connections.get_mut(&number) else {
            return Ok(());
        };
        let Phase::Greeted(challenge, _) = connection.phase else {
            return Ok(());
        };
        let may_join = response.session == 0 || is_known;
        if !may_join || !response.is_genuine(&self.key, &challenge) {
            return Err(denied());
        }
        connection.phase = Phase::Joined(Session(session));
        let welcome = Welcome::new(&self.key, &response, &challenge, session);
        let welcome = wire::encode(&welcome).map_err(io::Error::other)?;
        connection.send(&welcome)
    }

    fn serve(&mut self, number: u64, session: Session, body: &[u8]) -> io::Result<()> {
        let request: Request = postcard::from_bytes(body).map_err(io::Error::other)?;
        let ticket = Ticket(self.issue());
        let caller = Caller {
            session,
            thread: request.thread,
            ticket,
        };
        if let Some(connection) = self.connections.get_mut(&number) {
            connection.phase = Phase::Waiting(session, ticket);
        }
        let told = match request.order {
            Order::Make { name, new } => vec![self.shelf.make(name, new, caller)],
            Order::Open { id, kind } => vec![self.shelf.open(id, kind, caller)],
            Order::Close { id } => vec![self.shelf.close(id, caller)],
            Order::Call { id, call, patience } => {
                // A deadline that cannot be represented is none.
                let deadline = patience.and_then(|patience| Instant::now().checked_add(patience));
                self.shelf.call(id, call, caller, deadline)
            }
        };
        self.tell(told);
        Ok(())
    }

    /// Passes answers on. What was meant for one who is gone goes back, and may serve another.
    fn tell(&mut self, told: Vec<Told>) {
        let mut told = VecDeque::from(told);
        while let Some(next) = told.pop_front() {
            if !self.answer(next.ticket, &next.reply) {
                told.extend(self.shelf.undo(next));
            }
        }
    }

    /// Returns false if the answer was not sent.
    fn answer(&mut self, ticket: Ticket, reply: &Reply) -> bool {
        let connection = self.connections.values_mut().find_map(|it| match it.phase {
            Phase::Waiting(session, waiting) if waiting == ticket => Some((session, it)),
            _ => None,
        });
        let Some((session, connection)) = connection else {
            return false;
        };
        connection.phase = Phase::Joined(session);
        let sent = wire::encode(reply).map_err(io::Error::other);
        sent.and_then(|reply| connection.send(&reply)).is_ok()
    }

    /// Forgets a connection; with the last of a client, what the client held.
    fn drop_connection(&mut self, number: u64) {
        let Some(dropped) = self.connections.remove(&number) else {
            return;
        };
        let Some(session) = dropped.session() else {
            return;
        };
        let mut told = match dropped.phase {
            Phase::Waiting(_, ticket) => self.shelf.abandon(ticket),
            Phase::Greeted(..) | Phase::Joined(_) => Vec::new(),
        };
        let mut others = self.connections.values();
        if !others.any(|connection| connection.session() == Some(session)) {
            told.extend(self.shelf.forget(session));
        }
        self.tell(told);
    }
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::*;

    #[test]
    fn who_is_silent_is_dismissed_when_its_time_is_up() {
        let name = format!("selvedge-silent-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let (creator, _ours) = UnixStream::pair().unwrap();
        let mut server = Server {
            creator,
            listener: Listener::bind(&path.into()).unwrap(),
            key: AuthKey::random().unwrap(),
            connections: BTreeMap::new(),
            shelf: Shelf::default(),
            issued: 0,
        };
        assert_eq!(server.next_deadline(), None);
        let now = Instant::now();
        let later = now + GREETING;
        let phases = [
            Phase::Greeted([0; 32], now),
            Phase::Greeted([0; 32], later),
            Phase::Joined(Session(1)),
            Phase::Waiting(Session(1), Ticket(1)),
        ];
        for (number, phase) in (0..).zip(phases) {
            let connection = Connection {
                stream: Stream::Unix(UnixStream::pair().unwrap().0),
                incoming: Vec::new(),
                outgoing: Vec::new(),
                phase,
            };
            server.connections.insert(number, connection);
        }
        assert_eq!(server.next_deadline(), Some(now));
        server.dismiss_the_silent();
        assert!(server.connections.keys().copied().eq([1, 2, 3]));
        assert_eq!(server.next_deadline(), Some(later));
    }
}
