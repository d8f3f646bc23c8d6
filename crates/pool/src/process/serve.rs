//! The worker's side: finding tasks by name and running them.

use core::fmt;
use rustix::process::{Pid, Signal};
use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Call;
use super::end::End;
use super::fork_server::{self, Forked};
use super::socket::Seen;
use super::wire::{self, Answer, Head, Hello, ROLE};
use crate::error::{InitError, Panic};

type Handler = fn(&[u8], &mut Vec<u8>) -> Result<(), String>;
type Initializer = Box<dyn FnOnce() -> Result<(), InitError>>;

/// The tasks that a worker process knows.
#[derive(Default)]
#[must_use = "tasks are of no use until a worker serves them"]
pub struct Tasks {
    handlers: HashMap<&'static str, Handler>,
    initializer: Option<Initializer>,
}

/// Two tasks have this name: a worker could not tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DuplicateTask(pub &'static str);

impl fmt::Display for DuplicateTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "two tasks are named {:?}", self.0)
    }
}

impl core::error::Error for DuplicateTask {}

/// What a process of this program was started for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Worker,
    ForkServer,
}

impl Role {
    /// The role, and whose child the process is.
    pub(super) fn to_text(self) -> String {
        let role = match self {
            Role::Worker => "worker",
            Role::ForkServer => "fork-server",
        };
        format!("{role} {}", std::process::id())
    }

    fn from_text(text: &str) -> Option<(Self, Pid)> {
        let (role, parent) = text.split_once(' ')?;
        let role = match role {
            "worker" => Role::Worker,
            "fork-server" => Role::ForkServer,
            _ => return None,
        };
        Some((role, Pid::from_raw(parent.parse().ok()?)?))
    }
}

impl Tasks {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// And `C`.
    ///
    /// # Panics
    /// If there is a task of this name.
    pub fn with<C: Call>(self) -> Self {
        match self.try_with::<C>() {
            Ok(tasks) => tasks,
            Err(duplicate) => panic!("{duplicate}"),
        }
    }

    /// And `C`.
    ///
    /// # Errors
    /// If there is a task of this name.
    pub fn try_with<C: Call>(mut self) -> Result<Self, DuplicateTask> {
        match self.handlers.insert(C::NAME, handle::<C>) {
            None => Ok(self),
            Some(_) => Err(DuplicateTask(C::NAME)),
        }
    }

    /// Calls `initializer` in each worker before its first task. If it fails or panics, no worker
    /// can start: the executor is broken with the cause.
    pub fn initializer(
        mut self,
        initializer: impl FnOnce() -> Result<(), InitError> + 'static,
    ) -> Self {
        self.initializer = Some(Box::new(initializer));
        self
    }

    /// In a worker process: runs tasks until the parent is done, then exits. Elsewhere: returns.
    ///
    /// To be called at the start of `main`, before anything that a worker should not do, and before
    /// the first thread is started.
    pub fn serve_if_worker(self) {
        let Ok(role) = std::env::var(ROLE) else {
            return;
        };
        let code = match self.play(&role) {
            // The parent has closed its end, or is gone: either way the process is done.
            Ok(()) => 0,
            Err(error) => {
                eprintln!("selvedge-pool: a worker process cannot serve: {error}");
                1
            }
        };
        std::process::exit(code);
    }

    fn play(self, role: &str) -> io::Result<()> {
        let (role, parent) = Role::from_text(role).ok_or(io::ErrorKind::InvalidInput)?;
        let socket = take_socket()?;
        match role {
            Role::Worker => self.serve(socket, parent),
            Role::ForkServer => match fork_server::serve(socket)? {
                Forked::Worker(socket, parent) => self.serve(socket, parent),
                Forked::Server => Ok(()),
            },
        }
    }

    fn serve(mut self, socket: UnixStream, parent: Pid) -> io::Result<()> {
        end_with(parent)?;
        let mut end = End::join(socket)?;
        let hello: Hello = match self.initializer.take() {
            None => Ok(()),
            Some(initializer) => match catch_unwind(AssertUnwindSafe(initializer)) {
                Ok(result) => result.map_err(|cause| cause.to_string()),
                Err(payload) => Err(Panic::new(payload).to_string()),
            },
        };
        let mut answer = Vec::new();
        wire::add(&mut answer, &hello).map_err(io::Error::other)?;
        end.send(0, &answer)?;
        if hello.is_err() {
            return Ok(());
        }
        loop {
            let Some(letter) = end.receive()? else {
                if end.wait(1, None)? == Seen::Closed {
                    return Ok(());
                }
                continue;
            };
            let number = letter.number();
            if !letter.claim() {
                // Its sender has taken it back.
                continue;
            }
            answer.clear();
            self.answer(letter.body(), &mut answer)
                .map_err(io::Error::other)?;
            end.send(number, &answer)?;
        }
    }

    fn answer(&self, request: &[u8], answer: &mut Vec<u8>) -> Result<(), postcard::Error> {
        let (head, calls) = postcard::take_from_bytes::<Head<'_>>(request)?;
        let Some(handler) = self.handlers.get(head.name) else {
            return wire::add(answer, &Answer::Unknown);
        };
        handler(calls, answer).or_else(|why| {
            answer.clear();
            wire::add(answer, &Answer::NotEncodable(&why))
        })
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tasks")
            .field("names", &self.handlers.keys())
            .finish_non_exhaustive()
    }
}

/// Runs the calls in `bytes`, each failing for itself.
fn handle<C: Call>(bytes: &[u8], answer: &mut Vec<u8>) -> Result<(), String> {
    // How values are read and written is the user's code.
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let calls: Vec<C> = postcard::from_bytes(bytes)?;
        let run = |call: C| {
            catch_unwind(AssertUnwindSafe(|| call.call()))
                .map_err(|payload| Panic::new(payload).message().to_owned())
        };
        let results: Vec<Result<C::Output, String>> = calls.into_iter().map(run).collect();
        wire::add(answer, &Answer::Done)?;
        wire::add(answer, &results)
    }));
    match outcome {
        Ok(written) => written.map_err(|error: postcard::Error| error.to_string()),
        Err(payload) => Err(Panic::new(payload).to_string()),
    }
}

/// Has the system end this process when its parent ends, even while a task runs.
fn end_with(parent: Pid) -> io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // The parent may have ended just before.
    if rustix::process::getppid() == Some(parent) {
        Ok(())
    } else {
        Err(io::Error::other("the parent has ended"))
    }
}

/// The socket, which came as the standard input; tasks find that empty.
fn take_socket() -> io::Result<UnixStream> {
    let stdin = io::stdin();
    let socket = stdin.as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    Ok(UnixStream::from(socket))
}
