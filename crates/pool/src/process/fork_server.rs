//! A process that is a copy of no other, and of which workers are copies: its two sides.
//!
//! It is asked over a socket, one request at a time, each answered at once: to fork a worker for
//! the socket that comes along, or to wait for one that has ended or is about to. It ends when its
//! parent closes the socket or ends; the workers, its children, end with it.

use rustix::process::{Pid, WaitOptions, WaitStatus, waitpid};
use selvedge_sync::seam::{Mutex, MutexGuard};
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::Child;

use super::child::Surroundings;
use super::error::Ended;
use super::serve::Role;
use super::socket::{receive_with, send_with};

/// A request: 0 to fork, or the number of a process to wait for.
type Request = [u8; 4];
const FORK: Request = [0; 4];

/// An answer: what it is, and a number: of the process, an exit code, a signal, an error.
type Answer = [u8; 5];
const FORKED: u8 = 0;
const EXITED: u8 = 1;
const SIGNALLED: u8 = 2;
const FAILED: u8 = 3;

/// The parent's side.
pub(super) struct ForkServer {
    surroundings: Surroundings,
    /// Absent before the first fork, and after the server has failed to answer.
    server: Mutex<Option<Server>>,
}

struct Server {
    child: Child,
    socket: UnixStream,
}

impl ForkServer {
    pub(super) fn new(surroundings: Surroundings) -> Self {
        Self {
            surroundings,
            server: Mutex::new(None),
        }
    }

    /// A new worker, which serves `socket`.
    pub(super) fn fork(&self, socket: UnixStream) -> io::Result<Pid> {
        let mut server = self.server.lock();
        if server.is_none() {
            *server = Some(Server::start(&self.surroundings)?);
        }
        let socket = OwnedFd::from(socket);
        let send = |server: &Server| send_with(&server.socket, &FORK, socket.as_fd());
        match ask(&mut server, send)? {
            (FORKED, pid) => Pid::from_raw(pid).ok_or(io::ErrorKind::InvalidData.into()),
            (FAILED, error) => Err(io::Error::from_raw_os_error(error)),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    /// Waits for a worker to end, which it is about to.
    pub(super) fn wait(&self, pid: Pid) -> Ended {
        let mut server = self.server.lock();
        let request = pid.as_raw_nonzero().get().to_le_bytes();
        let send = |server: &Server| (&server.socket).write_all(&request);
        match ask(&mut server, send) {
            Ok((EXITED, code)) => Ended::Exited(code),
            Ok((SIGNALLED, signal)) => Ended::Signalled(signal),
            // It was another server's, which has ended.
            Ok(_) | Err(_) => Ended::Unknown,
        }
    }
}

/// Asks the server, which is given up if it does not answer.
fn ask(
    server: &mut MutexGuard<'_, Option<Server>>,
    send: impl FnOnce(&Server) -> io::Result<()>,
) -> io::Result<(u8, i32)> {
    let asked = match &**server {
        None => Err(io::ErrorKind::NotConnected.into()),
        Some(server) => send(server).and_then(|()| {
            let mut answer = Answer::default();
            (&server.socket).read_exact(&mut answer)?;
            Ok(answer)
        }),
    };
    match asked {
        Ok([kind, number @ ..]) => Ok((kind, i32::from_le_bytes(number))),
        Err(error) => {
            **server = None;
            Err(error)
        }
    }
}

impl Server {
    fn start(surroundings: &Surroundings) -> io::Result<Self> {
        let (socket, theirs) = UnixStream::pair()?;
        let child = surroundings.start(Role::ForkServer, theirs)?;
        Ok(Self { child, socket })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It does nothing that is worth waiting for, and its workers are to end with it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a forked process is.
pub(super) enum Forked {
    /// The worker, with the socket it serves and its parent's number.
    Worker(UnixStream, Pid),
    /// The server, whose parent is done.
    Server,
}

/// The server's side: forks workers until the parent is done; in each it returns at once.
pub(super) fn serve(socket: UnixStream) -> io::Result<Forked> {
    let server = rustix::process::getpid();
    loop {
        let mut request = Request::default();
        let (received, descriptor) = receive_with(&socket, &mut request)?;
        if received < request.len() {
            return Ok(Forked::Server);
        }
        let answer = match (request, descriptor) {
            (FORK, Some(descriptor)) => match fork() {
                Ok(None) => {
                    // The copy has nothing to say to the server's parent.
                    // mutant: equivalent, release: a copy that keeps it ends with the server.
                    drop(socket);
                    return Ok(Forked::Worker(descriptor.into(), server));
                }
                Ok(Some(pid)) => (FORKED, pid),
                Err(error) => (FAILED, error.raw_os_error().unwrap_or_default()),
            },
            (pid, _) => wait(i32::from_le_bytes(pid)),
        };
        let mut bytes = Answer::default();
        bytes[0] = answer.0;
        bytes[1..].copy_from_slice(&answer.1.to_le_bytes());
        (&socket).write_all(&bytes)?;
    }
}

fn wait(pid: i32) -> (u8, i32) {
    let waited = waitpid(Pid::from_raw(pid), WaitOptions::empty());
    match waited {
        Ok(Some((_, status))) => of_status(status),
        Ok(None) => (FAILED, 0),
        Err(error) => (FAILED, error.raw_os_error()),
    }
}

fn of_status(status: WaitStatus) -> (u8, i32) {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => (EXITED, code),
        (None, Some(signal)) => (SIGNALLED, signal),
        (None, None) => (FAILED, 0),
    }
}

/// Copies this process; returns the copy's number in the original, and `None` in the copy.
fn fork() -> io::Result<Option<i32>> {
    if std::fs::read_dir("/proc/self/task")?.count() > 1 {
        // A lock that another thread holds would stay locked in the copy for ever.
        return Err(io::Error::from_raw_os_error(libc::EDEADLK));
    }
    // SAFETY: there is one thread, so the copy is a whole program.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(None),
        pid => Ok(Some(pid)),
    }
}
