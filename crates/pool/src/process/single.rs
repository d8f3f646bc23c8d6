//! One process for one task.

use core::fmt;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};
use selvedge_sync::seam::clock::{Duration, Instant};
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::process::{Child, ExitStatus};

use super::Call;
use super::child::{Streams, Surroundings};
use super::end::End;
use super::error::Ended;
use super::link::greeting;
use super::serve::Role;
use super::wire::{self, Head, Unready};

/// A process that runs one task, as `multiprocessing.Process` does: this program, started again,
/// which exits with 0 when the task has returned, with 1 if it panicked, and with whatever it says
/// if it calls [`exit`](std::process::exit). What the task returns is dropped: a
/// [`ProcessExecutor`](super::ProcessExecutor) brings results.
///
/// It goes on when its handle is dropped, and when its parent ends, unless it is a
/// [`daemon`](Self::daemon): that is killed in both cases, even if the parent is killed itself.
///
/// ```no_run
/// use selvedge_pool::process::Process;
/// use selvedge_pool::{task, tasks};
///
/// task! {
///     fn weave(rows: u32) {
///         std::process::exit(rows as i32);
///     }
/// }
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     tasks![weave].serve_if_worker();
///     let mut loom = Process::new(weave(3));
///     loom.start()?;
///     assert!(loom.join(None)?);
///     assert_eq!(loom.exit_code(), Some(3));
///     Ok(())
/// }
/// ```
pub struct Process {
    name: String,
    task: &'static str,
    request: Result<Vec<u8>, String>,
    daemon: bool,
    surroundings: Surroundings,
    running: Option<Running>,
}

struct Running {
    child: Child,
    /// Readable when the process has ended.
    sentinel: OwnedFd,
    /// A daemon ends when it closes.
    _end: End,
    ended: Option<ExitStatus>,
}

/// Why a process was not started.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// It was started before.
    AlreadyStarted,
    /// The arguments could not be put into bytes.
    NotEncodable(String),
    /// The new process has no task of this name.
    Unknown(String),
    /// It could not be initialised, or could not read the arguments.
    Unready(String),
    /// The system refused, or the process ended before it was ready.
    Failed(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::AlreadyStarted => f.write_str("the process was started before"),
            StartError::NotEncodable(why) => write!(f, "could not be put into bytes: {why}"),
            StartError::Unknown(name) => write!(f, "the process has no task named {name:?}"),
            StartError::Unready(why) => write!(f, "the process is not ready: {why}"),
            StartError::Failed(error) => write!(f, "the process could not be started: {error}"),
        }
    }
}

impl core::error::Error for StartError {}

impl From<io::Error> for StartError {
    fn from(error: io::Error) -> Self {
        StartError::Failed(error)
    }
}

impl Process {
    /// A process that will run `call`, named after the task.
    pub fn new<C: Call>(call: C) -> Self {
        let mut request = Vec::new();
        let written = wire::add(&mut request, &Head { name: C::NAME })
            .and_then(|()| wire::add(&mut request, &vec![call]));
        Self {
            name: C::NAME.into(),
            task: C::NAME,
            request: written.map(|()| request).map_err(|why| why.to_string()),
            daemon: false,
            surroundings: Surroundings::default(),
            running: None,
        }
    }

    /// Gives it a name, which says nothing to the system.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Has it killed when its handle is dropped or its parent ends.
    #[must_use]
    pub fn daemon(mut self) -> Self {
        self.daemon = true;
        self
    }

    /// Sets a variable in its environment.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let variable = (name.into(), value.into());
        self.surroundings.environment.push(variable);
        self
    }

    /// What becomes of its standard output and error. Default: as the parent's.
    #[must_use]
    pub fn streams(mut self, streams: Streams) -> Self {
        self.surroundings.streams = streams;
        self
    }

    /// Starts it, and returns when it is ready to run the task.
    ///
    /// # Errors
    /// If it was started before, or could not be.
    pub fn start(&mut self) -> Result<(), StartError> {
        if self.running.is_some() {
            return Err(StartError::AlreadyStarted);
        }
        let request = match &self.request {
            Ok(request) => request,
            Err(why) => return Err(StartError::NotEncodable(why.clone())),
        };
        let (mut end, theirs) = End::create()?;
        end.send(0, request)?;
        let role = if self.daemon {
            Role::Daemon
        } else {
            Role::Process
        };
        let mut child = self.surroundings.start(role, theirs)?;
        let ready = greeting(&mut end).and_then(|hello| Ok((hello, sentinel(&child)?)));
        let refused = match ready {
            Ok((Ok(()), sentinel)) => {
                self.running = Some(Running {
                    child,
                    sentinel,
                    _end: end,
                    ended: None,
                });
                return Ok(());
            }
            Ok((Err(Unready::Unknown), _)) => StartError::Unknown(self.task.into()),
            Ok((Err(Unready::Because(why)), _)) => StartError::Unready(why),
            Err(error) => error.into(),
        };
        // It ends by itself, if it has not.
        let _ = child.kill();
        child.wait()?;
        Err(refused)
    }

    /// What it was named.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its process id, once it was started.
    pub fn pid(&self) -> Option<u32> {
        self.running.as_ref().map(|running| running.child.id())
    }

    /// Whether it was started and has not ended.
    ///
    /// # Errors
    /// If the system does not say.
    pub fn is_alive(&mut self) -> io::Result<bool> {
        if self.running.is_none() {
            return Ok(false);
        }
        Ok(!self.join(Some(Duration::ZERO))?)
    }

    /// Waits up to `timeout` for it to end; returns whether it has. One that was not started has
    /// not ended.
    ///
    /// # Errors
    /// If the system does not let it be waited for.
    pub fn join(&mut self, timeout: Option<Duration>) -> io::Result<bool> {
        let Some(running) = &mut self.running else {
            return Ok(false);
        };
        if running.ended.is_none() && running.wait_until_readable(timeout)? {
            running.ended = Some(running.child.wait()?);
        }
        Ok(running.ended.is_some())
    }

    /// Its exit code once it is known to have ended, by [`join`](Self::join) or
    /// [`is_alive`](Self::is_alive); −N if signal N ended it.
    pub fn exit_code(&self) -> Option<i32> {
        match Ended::from(self.running.as_ref()?.ended?) {
            Ended::Exited(code) => Some(code),
            Ended::Signalled(signal) => Some(-signal),
            Ended::Unknown => None,
        }
    }

    /// A descriptor that can be polled: readable when the process has ended.
    pub fn sentinel(&self) -> Option<BorrowedFd<'_>> {
        self.running
            .as_ref()
            .map(|running| running.sentinel.as_fd())
    }

    /// Asks it to end, by signal 15, unless it has ended.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn terminate(&mut self) -> io::Result<()> {
        self.signal(Signal::TERM)
    }

    /// Ends it, by signal 9, unless it has ended.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn kill(&mut self) -> io::Result<()> {
        self.signal(Signal::KILL)
    }

    fn signal(&mut self, signal: Signal) -> io::Result<()> {
        if let Some(running) = &self.running
            && running.ended.is_none()
        {
            // Nobody has waited for it: the number is still its.
            kill_process(pid(&running.child)?, signal)?;
        }
        Ok(())
    }
}

impl Running {
    fn wait_until_readable(&self, timeout: Option<Duration>) -> io::Result<bool> {
        // A deadline that cannot be represented is none.
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let left = left.map(Timespec::try_from).transpose();
            let left = left.map_err(io::Error::other)?;
            match poll(
                &mut [PollFd::new(&self.sentinel, PollFlags::IN)],
                left.as_ref(),
            ) {
                Ok(ready) => return Ok(ready == 1),
                Err(rustix::io::Errno::INTR) => (),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn pid(child: &Child) -> io::Result<Pid> {
    Pid::from_raw(child.id() as i32).ok_or(io::ErrorKind::InvalidData.into())
}

fn sentinel(child: &Child) -> io::Result<OwnedFd> {
    Ok(pidfd_open(pid(child)?, PidfdFlags::empty())?)
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(running) = &mut self.running
            && self.daemon
            && running.ended.is_none()
        {
            // It may have ended just now.
            let _ = running.child.kill();
            let _ = running.child.wait();
        }
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process")
            .field("name", &self.name)
            .field("pid", &self.pid())
            .field("exit_code", &self.exit_code())
            .finish_non_exhaustive()
    }
}
