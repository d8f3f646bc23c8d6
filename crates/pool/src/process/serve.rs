//! The worker's side: finding tasks by name and running them.

use serde::Serialize;
use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Call;
use super::wire::{Answer, Frame, Head, Hello, WORKER, receive};
use crate::error::{InitError, Panic};

type Handler = fn(&[u8]) -> Result<Frame, String>;
type Initializer = Box<dyn FnOnce() -> Result<(), InitError>>;

/// The tasks that a worker process knows.
#[derive(Default)]
#[must_use = "tasks are of no use until a worker serves them"]
pub struct Tasks {
    handlers: HashMap<&'static str, Handler>,
    initializer: Option<Initializer>,
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
    pub fn with<C: Call>(mut self) -> Self {
        let before = self.handlers.insert(C::NAME, handle::<C>);
        assert!(before.is_none(), "two tasks are named {:?}", C::NAME);
        self
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
    /// To be called at the start of `main`, before anything that a worker should not do.
    pub fn serve_if_worker(self) {
        let Ok(parent) = std::env::var(WORKER) else {
            return;
        };
        let code = match self.serve(&parent) {
            // The parent has closed its end, or is gone: either way the worker is done.
            Ok(()) => 0,
            Err(error) => {
                eprintln!("selvedge-pool: a worker process cannot serve: {error}");
                1
            }
        };
        std::process::exit(code);
    }

    fn serve(mut self, parent: &str) -> io::Result<()> {
        end_with(parent)?;
        let socket = take_socket()?;
        let hello: Hello = match self.initializer.take() {
            None => Ok(()),
            Some(initializer) => match catch_unwind(AssertUnwindSafe(initializer)) {
                Ok(result) => result.map_err(|cause| cause.to_string()),
                Err(payload) => Err(Panic::new(payload).to_string()),
            },
        };
        let mut frame = Frame::new().add(&hello).map_err(io::Error::other)?;
        frame.send(&socket)?;
        let mut buffer = Vec::new();
        while hello.is_ok() && receive(&socket, &mut buffer).is_ok() {
            let answer = self.answer(&buffer).map_err(io::Error::other)?;
            if { answer }.send(&socket).is_err() {
                break;
            }
        }
        Ok(())
    }

    fn answer(&self, request: &[u8]) -> Result<Frame, postcard::Error> {
        let (head, calls) = postcard::take_from_bytes::<Head<'_>>(request)?;
        match self.handlers.get(head.name) {
            None => Frame::new().add(&Answer::Unknown),
            Some(handler) => match handler(calls) {
                Ok(frame) => Ok(frame),
                Err(why) => Frame::new().add(&Answer::NotEncodable(&why)),
            },
        }
    }
}

impl core::fmt::Debug for Tasks {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Tasks")
            .field("names", &self.handlers.keys())
            .finish_non_exhaustive()
    }
}

/// Runs the calls in `bytes`, each failing for itself.
fn handle<C: Call>(bytes: &[u8]) -> Result<Frame, String> {
    let calls: Vec<C> = postcard::from_bytes(bytes).map_err(|error| error.to_string())?;
    let run = |call: C| {
        catch_unwind(AssertUnwindSafe(|| call.call()))
            .map_err(|payload| Panic::new(payload).message().to_owned())
    };
    let results: Vec<Result<C::Output, String>> = calls.into_iter().map(run).collect();
    encode(&results).map_err(|error| error.to_string())
}

fn encode(results: &impl Serialize) -> Result<Frame, postcard::Error> {
    Frame::new().add(&Answer::Done)?.add(results)
}

/// Has the system end this process when its parent ends, even while a task runs.
fn end_with(parent: &str) -> io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    // The parent may have ended just before.
    let now = rustix::process::Pid::as_raw(rustix::process::getppid());
    if now.to_string() == parent {
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
