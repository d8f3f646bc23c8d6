//! The worker's side: finding tasks by name and running them.

use core::fmt;
use rustix::process::{Pid, Signal};
use selvedge_sync::seam::thread;
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
use super::wire::{self, Answer, Head, Hello, ROLE, Unready};
use crate::error::{InitError, Panic};
use crate::manager;

type Runner = Box<dyn FnOnce()>;

/// What can be done with the calls in a request.
#[derive(Clone, Copy)]
struct Handler {
    /// Runs them, each failing for itself, and writes down their results.
    answer: fn(&[u8], &mut Vec<u8>) -> Result<(), String>,
    /// Makes a function that runs them.
    runner: fn(&[u8]) -> Result<Runner, String>,
}

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
    Process,
    Daemon,
    Manager,
}

const ROLES: [(Role, &str); 5] = [
    (Role::Worker, "worker"),
    (Role::ForkServer, "fork-server"),
    (Role::Process, "process"),
    (Role::Daemon, "daemon"),
    (Role::Manager, "manager"),
];

impl Role {
    /// The role, and whose child the process is.
    pub(super) fn to_text(self) -> String {
        let name = ROLES.iter().find(|(role, _)| *role == self);
        format!(
            "{} {}",
            name.map_or("", |(_, name)| name),
            std::process::id()
        )
    }

    fn from_text(text: &str) -> Option<(Self, Pid)> {
        let (role, parent) = text.split_once(' ')?;
        let (role, _) = ROLES.iter().find(|(_, name)| *name == role)?;
        Some((*role, Pid::from_raw(parent.parse().ok()?)?))
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
        match self.handlers.insert(C::NAME, handler::<C>()) {
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
        let played = self.play(&role);
        exit(&played);
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
            Role::Process => self.run_one(socket, false),
            Role::Daemon => self.run_one(socket, true),
            Role::Manager => manager::serve(socket),
        }
    }

    /// Runs the one task that this process was started for. Ends with code 1 if it panics.
    fn run_one(mut self, socket: UnixStream, is_daemon: bool) -> io::Result<()> {
        let mut end = End::join(socket)?;
        let initialized = self.initialize();
        let runner = match initialized.and_then(|()| self.find(&mut end)) {
            Ok(runner) => runner,
            Err(unready) => return greet(&mut end, &Err(unready)),
        };
        greet(&mut end, &Ok(()))?;
        if is_daemon {
            let watch = move || {
                // It says nothing more, so whatever comes is its end.
                let _ = end.wait(1, None);
                let _ = rustix::process::kill_process(rustix::process::getpid(), Signal::KILL);
            };
            thread::Builder::new()
                .name("selvedge-leash".into())
                .spawn(watch)?;
        }
        match catch_unwind(AssertUnwindSafe(runner)) {
            Ok(()) => Ok(()),
            // The panic hook has reported it.
            Err(_) => std::process::exit(1),
        }
    }

    /// What the first request wants to have run.
    fn find(&self, end: &mut End) -> Result<Runner, Unready> {
        let because = |error: io::Error| Unready::Because(error.to_string());
        let Some(letter) = end.receive().map_err(because)? else {
            return Err(because(io::ErrorKind::UnexpectedEof.into()));
        };
        let (head, calls) = postcard::take_from_bytes::<Head<'_>>(letter.body())
            .map_err(|error| Unready::Because(error.to_string()))?;
        let handler = self.handlers.get(head.name).ok_or(Unready::Unknown)?;
        (handler.runner)(calls).map_err(Unready::Because)
    }

    fn initialize(&mut self) -> Hello {
        let Some(initializer) = self.initializer.take() else {
            return Ok(());
        };
        let initialized = catch_unwind(AssertUnwindSafe(initializer));
        let because = match initialized {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(cause)) => cause.to_string(),
            Err(payload) => Panic::new(payload).to_string(),
        };
        Err(Unready::Because(because))
    }

    fn serve(mut self, socket: UnixStream, parent: Pid) -> io::Result<()> {
        end_with(parent)?;
        let mut end = End::join(socket)?;
        let hello = self.initialize();
        greet(&mut end, &hello)?;
        if hello.is_err() {
            return Ok(());
        }
        // The socket closes with the process, and not before, so that whoever sees it close finds how
        // the process ended.
        let served = self.answer_all(&mut end);
        exit(&served);
    }

    /// Runs what is asked for until nothing more will be.
    fn answer_all(&self, end: &mut End) -> io::Result<()> {
        let mut answer = Vec::new();
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
        (handler.answer)(calls, answer).or_else(|why| {
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

/// Ends the process, with code 1 if it could not do what it is for.
fn exit(done: &io::Result<()>) -> ! {
    std::process::exit(match done {
        // The task has run, or the parent has closed its end or is gone.
        Ok(()) => 0,
        Err(error) => {
            eprintln!("selvedge-pool: a worker process cannot serve: {error}");
            1
        }
    })
}

fn greet(end: &mut End, hello: &Hello) -> io::Result<()> {
    let mut greeting = Vec::new();
    wire::add(&mut greeting, hello).map_err(io::Error::other)?;
    end.send(0, &greeting)
}

fn handler<C: Call>() -> Handler {
    Handler {
        answer: answer::<C>,
        runner: |bytes| {
            let calls = read::<C>(bytes)?;
            Ok(Box::new(|| {
                for call in calls {
                    drop(call.call());
                }
            }))
        },
    }
}

fn answer<C: Call>(bytes: &[u8], answer: &mut Vec<u8>) -> Result<(), String> {
    let run = |call: C| {
        catch_unwind(AssertUnwindSafe(|| call.call()))
            .map_err(|payload| Panic::new(payload).message().to_owned())
    };
    let results: Vec<Result<C::Output, String>> = read(bytes)?.into_iter().map(run).collect();
    guarded(|| {
        wire::add(answer, &Answer::Done)?;
        wire::add(answer, &results)
    })
}

fn read<C: Call>(bytes: &[u8]) -> Result<Vec<C>, String> {
    guarded(|| postcard::from_bytes(bytes))
}

/// Calls what reads or writes values: that is the user's code.
fn guarded<T>(code: impl FnOnce() -> postcard::Result<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(code)) {
        Ok(result) => result.map_err(|error| error.to_string()),
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
