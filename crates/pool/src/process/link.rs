//! The parent's side of one worker process: its socket, its life, its replacement.

use core::cell::RefCell;
use selvedge_sync::seam::clock::Duration;
use std::io::{self, Read as _};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};

use super::Call;
use super::error::{CallError, Ended, WorkerDied};
use super::wire::{Answer, Frame, Head, Hello, WORKER, receive};
use crate::error::InitError;
use crate::thread::Worker;

/// How long a worker may take to exit when it is asked to; then it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// How often a worker that dies before it is ready is started anew.
const STARTS: u32 = 3;

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

#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    pub(super) max_tasks: Option<u32>,
    pub(super) call_timeout: Option<Duration>,
    pub(super) environment: Vec<(String, String)>,
    pub(super) streams: Streams,
}

/// A worker thread's worker process.
pub(crate) struct Link {
    index: usize,
    settings: Settings,
    /// Absent between the end of one process and the start of the next.
    process: RefCell<Option<Process>>,
}

impl Worker for Link {}

struct Process {
    child: Child,
    socket: UnixStream,
    /// How many tasks it was given.
    tasks: u32,
    /// Answers are received into it.
    buffer: Vec<u8>,
}

impl Link {
    pub(super) fn start(index: usize, settings: Settings) -> Result<Self, InitError> {
        let process = Process::start_ready(&settings)?;
        Ok(Self {
            index,
            settings,
            process: RefCell::new(Some(process)),
        })
    }

    /// Has the worker run `calls`, with up to `tries` workers.
    pub(super) fn call<C: Call>(
        &self,
        calls: &[C],
        tries: u32,
    ) -> Result<Vec<Result<C::Output, CallError>>, CallError> {
        let head = Head { name: C::NAME };
        let request = Frame::new().add(&head).and_then(|frame| frame.add(calls));
        let mut request = request.map_err(|error| CallError::NotEncodable(error.to_string()))?;
        let mut tried = 0;
        loop {
            tried += 1;
            match self.exchange(&mut request) {
                Err(CallError::Died(_)) if tried < tries => (),
                Err(error) => return Err(error),
                Ok(process) => return self.keep(process, decode::<C>),
            }
        }
    }

    /// Sends the request and receives the answer. A process that failed is gone afterwards.
    fn exchange(&self, request: &mut Frame) -> Result<Process, CallError> {
        let mut process = match self.process.take() {
            Some(process) => process,
            None => Process::start_ready(&self.settings).map_err(CallError::NoWorker)?,
        };
        process.tasks += 1;
        // The thread gives its socket to no other, so the limit stays where it is needed.
        match process.exchange(request) {
            Ok(()) => Ok(process),
            Err(error) => Err(if is_time_out(&error) {
                process.kill();
                CallError::TimedOut
            } else {
                CallError::Died(WorkerDied {
                    worker: self.index,
                    pid: process.child.id(),
                    ended: process.kill(),
                })
            }),
        }
    }

    /// Reads the answer, and keeps the process for the next task unless it has run enough.
    fn keep<R>(
        &self,
        process: Process,
        read: impl FnOnce(&[u8]) -> Result<R, CallError>,
    ) -> Result<R, CallError> {
        let result = read(&process.buffer);
        let spent = self
            .settings
            .max_tasks
            .is_some_and(|most| process.tasks >= most);
        if spent || matches!(result, Err(CallError::Garbled)) {
            process.end();
        } else {
            *self.process.borrow_mut() = Some(process);
        }
        result
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if let Some(process) = self.process.take() {
            process.end();
        }
    }
}

impl Process {
    /// Starts a process; if it dies before it is ready, another.
    fn start_ready(settings: &Settings) -> Result<Self, InitError> {
        let mut starts = 0;
        loop {
            starts += 1;
            match Self::start(settings) {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && starts < STARTS => (),
                Err(error) => return Err(InitError::new(error)),
                Ok((process, Ok(()))) => return Ok(process),
                Ok((process, Err(cause))) => {
                    process.end();
                    return Err(InitError::new(cause));
                }
            }
        }
    }

    fn start(settings: &Settings) -> io::Result<(Self, Hello)> {
        let (socket, theirs) = UnixStream::pair()?;
        let stream = || match settings.streams {
            Streams::Inherit => Stdio::inherit(),
            Streams::Discard => Stdio::null(),
        };
        let child = Command::new("/proc/self/exe")
            .envs(
                settings
                    .environment
                    .iter()
                    .map(|(name, value)| (name, value)),
            )
            .env(WORKER, std::process::id().to_string())
            .stdin(OwnedFd::from(theirs))
            .stdout(stream())
            .stderr(stream())
            .spawn()?;
        let mut process = Self {
            child,
            socket,
            tasks: 0,
            buffer: Vec::new(),
        };
        if let Err(error) = receive(&process.socket, &mut process.buffer) {
            process.kill();
            return Err(error);
        }
        let Ok(hello) = postcard::from_bytes(&process.buffer) else {
            process.kill();
            return Err(io::Error::other("the worker's greeting was not understood"));
        };
        process.socket.set_read_timeout(settings.call_timeout)?;
        Ok((process, hello))
    }

    fn exchange(&mut self, request: &mut Frame) -> io::Result<()> {
        request.send(&self.socket)?;
        receive(&self.socket, &mut self.buffer)
    }

    /// Ends the process at once, if it has not ended, and says how it did.
    fn kill(mut self) -> Ended {
        // A process that has ended by itself keeps its own status.
        let _ = self.child.kill();
        self.child.wait().map_or(Ended::Unknown, Ended::from)
    }

    /// Has the process exit, and waits for it.
    fn end(mut self) {
        // The worker sees the end of its requests, and exits, which ends the answers.
        let asked = self.socket.shutdown(Shutdown::Write);
        let limited = self.socket.set_read_timeout(Some(GRACE));
        if asked.is_err() || limited.is_err() || self.socket.read_to_end(&mut self.buffer).is_err()
        {
            let _ = self.child.kill();
        }
        // It has closed its socket or been killed, so this ends. If the child cannot be waited
        // for there is nothing left of it to wait for.
        let _ = self.child.wait();
    }
}

fn is_time_out(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

fn decode<C: Call>(answer: &[u8]) -> Result<Vec<Result<C::Output, CallError>>, CallError> {
    let (head, results) =
        postcard::take_from_bytes::<Answer<'_>>(answer).map_err(|_| CallError::Garbled)?;
    match head {
        Answer::Unknown => Err(CallError::Unknown(C::NAME.into())),
        Answer::NotEncodable(why) => Err(CallError::NotEncodable(why.into())),
        Answer::Done => {
            let results: Vec<Result<C::Output, String>> =
                postcard::from_bytes(results).map_err(|_| CallError::Garbled)?;
            let panicked = |result: Result<_, _>| result.map_err(CallError::Panicked);
            Ok(results.into_iter().map(panicked).collect())
        }
    }
}
