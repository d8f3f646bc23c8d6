//! The worker processes of an executor, listed so that all can be ended at once.

use rustix::process::{Pid, Signal, kill_process};
use selvedge_sync::seam::{Arc, Mutex};
use std::io;
use std::os::unix::net::UnixStream;

use super::child::{Starter, WorkerProcess};
use super::error::Ended;

/// Starts workers and lists them. A process is taken off the list before it is waited for, so a
/// number on it is that of the process it was put there for.
pub(super) struct Roster {
    starter: Starter,
    listed: Mutex<Listed>,
}

#[derive(Default)]
struct Listed {
    pids: Vec<u32>,
    terminated: bool,
}

/// A worker process on the list.
pub(super) struct Member {
    process: WorkerProcess,
    roster: Arc<Roster>,
}

impl Roster {
    pub(super) fn new(starter: Starter) -> Self {
        Self {
            starter,
            listed: Mutex::new(Listed::default()),
        }
    }

    /// Starts a worker that serves `socket`, unless all have been ended.
    pub(super) fn start(this: &Arc<Self>, socket: UnixStream) -> io::Result<Member> {
        let member = Member {
            process: this.starter.start(socket)?,
            roster: Arc::clone(this),
        };
        let mut listed = this.listed.lock();
        listed.pids.push(member.id());
        let terminated = listed.terminated;
        drop(listed);
        if terminated {
            member.kill();
            return Err(io::Error::other("the executor was terminated"));
        }
        Ok(member)
    }

    /// Ends all, and those that will be.
    pub(super) fn terminate(&self) {
        let mut listed = self.listed.lock();
        listed.terminated = true;
        for pid in &listed.pids {
            if let Some(pid) = Pid::from_raw(*pid as i32) {
                // It may have ended by itself.
                let _ = kill_process(pid, Signal::KILL);
            }
        }
    }

    /// Whether all have been ended.
    pub(super) fn is_terminated(&self) -> bool {
        self.listed.lock().terminated
    }
}

impl Member {
    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Ends the process at once, if it has not ended, and says how it did.
    pub(super) fn kill(self) -> Ended {
        self.delist();
        self.process.kill()
    }

    /// Waits until it has ended, and says how it did.
    pub(super) fn wait(self) -> Ended {
        self.delist();
        self.process.wait()
    }

    fn delist(&self) {
        let id = self.id();
        self.roster.listed.lock().pids.retain(|pid| *pid != id);
    }
}
