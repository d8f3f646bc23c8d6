//! Worker processes as their parent sees them: started, ended, asked how they ended.

use rustix::process::{Pid, Signal, kill_process};
use selvedge_sync::seam::Arc;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};

use super::error::Ended;
use super::fork_server::ForkServer;
use super::serve::Role;
use super::wire::ROLE;

/// What becomes of the standard output and the standard error of the workers. Their standard
/// input is always empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Streams {
    /// The parent's own.
    #[default]
    Inherit,
    /// Nowhere.
    Discard,
}

/// How worker processes come to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// The program is started again for each.
    #[default]
    Spawn,
    /// The program is started again once, and each worker is a copy of that one. Worth it if a
    /// start takes long: what comes before
    /// [`Tasks::serve_if_worker`](super::Tasks::serve_if_worker) runs once. That must be
    /// before the first thread is started there: a process of several threads is not copied.
    ForkServer,
}

/// What a process of this program is started with.
#[derive(Clone, Debug, Default)]
pub(super) struct Surroundings {
    pub(super) environment: Vec<(String, String)>,
    pub(super) streams: Streams,
}

impl Surroundings {
    /// Starts this program again, in a role, with a socket.
    pub(super) fn start(&self, role: Role, socket: UnixStream) -> io::Result<Child> {
        let stream = || match self.streams {
            Streams::Inherit => Stdio::inherit(),
            Streams::Discard => Stdio::null(),
        };
        let variables = self.environment.iter().map(|(name, value)| (name, value));
        Command::new("/proc/self/exe")
            .envs(variables)
            .env(ROLE, role.to_text())
            .stdin(OwnedFd::from(socket))
            .stdout(stream())
            .stderr(stream())
            .spawn()
    }
}

/// Starts workers.
#[derive(Clone)]
pub(super) enum Starter {
    Spawn(Surroundings),
    Fork(Arc<ForkServer>),
}

impl Starter {
    pub(super) fn new(start: Start, surroundings: Surroundings) -> Self {
        match start {
            Start::Spawn => Self::Spawn(surroundings),
            Start::ForkServer => Self::Fork(Arc::new(ForkServer::new(surroundings))),
        }
    }

    /// Starts a worker that serves `socket`.
    pub(super) fn start(&self, socket: UnixStream) -> io::Result<WorkerProcess> {
        match self {
            Self::Spawn(surroundings) => surroundings
                .start(Role::Worker, socket)
                .map(WorkerProcess::Spawned),
            Self::Fork(server) => Ok(WorkerProcess::Forked {
                pid: server.fork(socket)?,
                server: Arc::clone(server),
            }),
        }
    }
}

/// A worker process that nobody has waited for.
pub(super) enum WorkerProcess {
    Spawned(Child),
    Forked { pid: Pid, server: Arc<ForkServer> },
}

impl WorkerProcess {
    pub(super) fn id(&self) -> u32 {
        match self {
            Self::Spawned(child) => child.id(),
            Self::Forked { pid, .. } => pid.as_raw_nonzero().get().unsigned_abs(),
        }
    }

    /// Ends the process at once, if it has not ended, and says how it did.
    pub(super) fn kill(mut self) -> Ended {
        // A process that has ended by itself keeps its own status.
        match &mut self {
            Self::Spawned(child) => drop(child.kill()),
            // Nobody but its server, which is asked below, waits for it: the number is still its.
            Self::Forked { pid, .. } => drop(kill_process(*pid, Signal::KILL)),
        }
        self.wait()
    }

    /// Waits until it has ended, and says how it did.
    pub(super) fn wait(self) -> Ended {
        match self {
            Self::Spawned(mut child) => child.wait().map_or(Ended::Unknown, Ended::from),
            Self::Forked { pid, server } => server.wait(pid),
        }
    }
}
