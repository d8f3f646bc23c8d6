//! The parent's side of one worker process: a thread that gives it tasks, takes its answers, and
//! replaces it when it ends. README.md beside this file argues why each task is
//! answered once.

use selvedge_sync::seam::Arc;
use selvedge_sync::seam::clock::{Duration, Instant};
use std::collections::VecDeque;
use std::io;

use super::desk::Desk;
use super::end::End;
use super::error::{CallError, WorkerDied};
use super::memory::WINDOW;
use super::request::Request;
use super::roster::{Member, Roster};
use super::socket::Seen;
use super::wire::Hello;
use crate::error::InitError;

/// How long a worker may take to exit when it is asked to; then it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// How often a worker that dies before it is ready is started anew, and how many may die in a row
/// without having begun a task before the first task is blamed for it.
const STARTS: u32 = 3;

/// How much work may lie before a worker, and how long a task may run before those behind it are
/// recalled.
const AHEAD: Duration = Duration::from_millis(1);

/// What all links of an executor are made with.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) max_tasks: Option<u32>,
    pub(super) call_timeout: Option<Duration>,
    pub(super) tries: u32,
    pub(super) roster: Arc<Roster>,
}

pub(super) type Requests = Desk<Box<dyn Request>>;

/// A thread's worker process, and what it was given.
pub(super) struct Link {
    index: usize,
    settings: Settings,
    desk: Arc<Requests>,
    /// Absent between the end of one process and the start of the next.
    worker: Option<Worker>,
    /// Sent and not answered, in that order.
    pending: VecDeque<Sent>,
    /// How long a task takes, lately.
    pace: Duration,
    /// How many workers have died in a row without having begun a task.
    barren: u32,
    buffer: Vec<u8>,
}

struct Worker {
    process: Member,
    end: End,
    /// How many requests it was sent: the number of the next.
    sent: u64,
    /// How many tasks it may still be given.
    left: Option<u32>,
    /// When its last answer was seen, or when it was given something after it had nothing.
    progress: Instant,
}

struct Sent {
    number: u64,
    request: Box<dyn Request>,
}

impl Link {
    /// A link with a worker that is ready.
    pub(super) fn start(
        index: usize,
        settings: Settings,
        desk: Arc<Requests>,
    ) -> Result<Self, InitError> {
        Ok(Self {
            index,
            worker: Some(Worker::start_ready(&settings)?),
            settings,
            desk,
            pending: VecDeque::new(),
            pace: AHEAD,
            barren: 0,
            buffer: Vec::new(),
        })
    }

    /// Serves the desk until it is closed and empty.
    pub(super) fn serve(&mut self) {
        while self.fill() {
            self.collect();
        }
    }

    /// Gives the worker what it has room for; waits for something if it has nothing. Returns false
    /// when there is and will be nothing.
    fn fill(&mut self) -> bool {
        let room = self.room();
        if room == 0 {
            return true;
        }
        let requests = if self.pending.is_empty() {
            match self.desk.wait(room) {
                None => return false,
                Some(requests) => requests,
            }
        } else {
            self.desk.take(room)
        };
        let mut requests = requests.into_iter();
        for request in requests.by_ref() {
            self.give(request);
            if self.room() == 0 {
                break;
            }
        }
        self.put_back(requests.collect());
        true
    }

    /// How many tasks the worker may be given now.
    fn room(&mut self) -> usize {
        let retires = |worker: &mut Worker| worker.left == Some(0);
        if self.pending.is_empty()
            && let Some(worker) = self.worker.take_if(retires)
        {
            worker.end();
        }
        let pace = self.pace.as_nanos().max(1);
        let window = (AHEAD.as_nanos() / pace).clamp(1, WINDOW as u128) as usize;
        let free = window.saturating_sub(self.pending.len());
        match &self.worker {
            None => free,
            Some(worker) if !worker.end.has_room() => 0,
            Some(worker) => worker.left.map_or(free, |left| free.min(left as usize)),
        }
    }

    fn give(&mut self, mut request: Box<dyn Request>) {
        if !request.begin() {
            return;
        }
        let worker = match self.worker.take() {
            Some(worker) => worker,
            None => match Worker::start_ready(&self.settings) {
                Ok(worker) => worker,
                // Its worker is not to be, so it does not run.
                Err(_) if self.settings.roster.is_terminated() => return request.cancel(),
                Err(cause) => return request.fail(CallError::NoWorker(cause)),
            },
        };
        let worker = self.worker.insert(worker);
        self.buffer.clear();
        if let Err(error) = request.encode(&mut self.buffer) {
            return request.fail(error);
        }
        if self.pending.is_empty() {
            worker.progress = Instant::now();
        }
        let number = worker.sent;
        let is_there = match worker.end.send(number, &self.buffer) {
            Ok(()) => true,
            Err(error) if is_gone(&error) => false,
            Err(error) => return request.fail(CallError::NotSent(error.to_string())),
        };
        worker.sent += 1;
        worker.left = worker.left.map(|left| left - 1);
        self.pending.push_back(Sent { number, request });
        if !is_there {
            self.bury(None);
        }
    }

    /// Takes the worker's answers; waits for some if there are none.
    fn collect(&mut self) {
        // mutant: equivalent, bound: without room it looks again instead of waiting for some.
        if self.take_answers() || self.pending.is_empty() && self.room() > 0 {
            return;
        }
        let more = self.pending.len().div_ceil(2).max(1) as u64;
        let limit = self.limit();
        let Some(worker) = &mut self.worker else {
            return;
        };
        match worker.end.wait(more, limit) {
            Ok(Seen::Rung) => (),
            Ok(Seen::TimedOut) => self.look_after(),
            Ok(Seen::Closed) | Err(_) => self.bury(None),
        }
    }

    /// Takes the worker's answers; returns whether there is news.
    fn take_answers(&mut self) -> bool {
        let Some(worker) = &mut self.worker else {
            return true;
        };
        match take_answers(&mut worker.end, &mut self.pending) {
            Err(_) => {
                self.bury(Some(CallError::Garbled));
                true
            }
            Ok(0) => false,
            Ok(count) => {
                let took = worker.progress.elapsed() / count;
                self.pace = (self.pace * 3 + took) / 4;
                worker.progress = Instant::now();
                self.barren = 0;
                true
            }
        }
    }

    /// How long to wait for the worker.
    fn limit(&self) -> Option<Duration> {
        let waited = self.worker.as_ref()?.progress.elapsed();
        let left = |limit: Duration| limit.saturating_sub(waited);
        let end = self.settings.call_timeout.map(left);
        if self.pending.len() == 1 {
            return end;
        }
        // With none the worker is still to pass by what was recalled.
        let behind = left(AHEAD).max(AHEAD / 10);
        Some(end.map_or(behind, |end| end.min(behind)))
    }

    /// The worker has not answered for a while: those behind the running task are better off with
    /// another one, and the running one may have to be ended.
    fn look_after(&mut self) {
        let Some(worker) = &self.worker else { return };
        let waited = worker.progress.elapsed();
        // mutant: equivalent, bound: a time is not met exactly; and a request that is alone has begun,
        // or is taken again at once.
        if waited >= AHEAD && self.pending.len() > 1 {
            self.recall();
        }
        let limit = self.settings.call_timeout;
        // mutant: equivalent, bound: a time is not met exactly.
        if limit.is_some_and(|limit| waited >= limit) {
            // From now on nothing begins behind the running task, which may end just now.
            self.recall();
            if !self.take_answers() {
                self.bury(Some(CallError::TimedOut));
            }
        }
    }

    /// Takes back what the worker has not begun.
    fn recall(&mut self) {
        let Some(worker) = &mut self.worker else {
            return;
        };
        let first = worker.end.claims().recall(worker.sent);
        let begun = self.pending.partition_point(|sent| sent.number < first);
        let recalled = self.pending.split_off(begun);
        worker.left = worker.left.map(|left| left + recalled.len() as u32);
        // mutant: equivalent, store: what is expected of the worker is a guess, and the next answers
        // correct it; this spares those calls that would be taken back again.
        self.pace = AHEAD;
        self.put_back(recalled.into_iter().map(Sent::recalled).collect());
    }

    /// The worker has ended, or is ended here for `cause`. The task that it had begun fails, or is
    /// tried again; what it had not begun goes back.
    fn bury(&mut self, cause: Option<CallError>) {
        let Some(mut worker) = self.worker.take() else {
            return;
        };
        let died = WorkerDied {
            worker: self.index,
            pid: worker.process.id(),
            ended: worker.process.kill(),
        };
        // Now that it writes nothing any more. What follows nonsense is not read.
        let answered = take_answers(&mut worker.end, &mut self.pending).unwrap_or(0);
        let begun = worker.end.claims().begun();
        let has_begun = self.pending.front().is_some_and(|sent| sent.number < begun);
        self.barren = if has_begun || answered != 0 {
            0
        } else {
            self.barren + 1
        };
        let mut back = Vec::new();
        if (has_begun || self.barren >= STARTS)
            && let Some(Sent { mut request, .. }) = self.pending.pop_front()
        {
            match cause {
                Some(cause) => request.fail(cause),
                None if request.died(self.settings.tries) => back.push(request),
                None => request.fail(CallError::Died(died)),
            }
        }
        back.extend(self.pending.drain(..).map(Sent::recalled));
        self.put_back(back);
    }

    fn put_back(&self, requests: Vec<Box<dyn Request>>) {
        if !requests.is_empty() {
            for request in self.desk.put_back(requests) {
                request.cancel();
            }
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if let Some(worker) = self.worker.take() {
            worker.end();
        }
    }
}

impl Sent {
    fn recalled(mut self) -> Box<dyn Request> {
        self.request.recall();
        self.request
    }
}

/// Hands out the answers that have come; returns how many.
fn take_answers(end: &mut End, pending: &mut VecDeque<Sent>) -> io::Result<u32> {
    let mut count = 0;
    while let Some(letter) = end.receive()? {
        match pending.pop_front_if(|sent| sent.number == letter.number()) {
            None => return Err(io::ErrorKind::InvalidData.into()),
            Some(sent) => sent.request.answer(letter.body()),
        }
        count += 1;
    }
    Ok(count)
}

fn is_gone(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionReset | UnexpectedEof)
}

impl Worker {
    /// Starts a process; if it dies before it is ready, or its fork server does, another.
    fn start_ready(settings: &Settings) -> Result<Self, InitError> {
        let mut starts = 0;
        loop {
            starts += 1;
            match Self::start(settings) {
                Err(error) if is_gone(&error) && starts < STARTS => (),
                Err(error) => return Err(InitError::new(error)),
                Ok((worker, Ok(()))) => return Ok(worker),
                Ok((worker, Err(unready))) => {
                    worker.end();
                    return Err(InitError::new(unready));
                }
            }
        }
    }

    fn start(settings: &Settings) -> io::Result<(Self, Hello)> {
        let (mut end, theirs) = End::create()?;
        let process = Roster::start(&settings.roster, theirs)?;
        let hello = match greeting(&mut end) {
            Ok(hello) => hello,
            Err(error) => {
                process.kill();
                return Err(error);
            }
        };
        let worker = Self {
            process,
            end,
            sent: 0,
            left: settings.max_tasks,
            progress: Instant::now(),
        };
        Ok((worker, hello))
    }

    /// Has the process exit, and waits for it.
    fn end(mut self) {
        if self.end.hang_up(GRACE) {
            self.process.wait();
        } else {
            self.process.kill();
        }
    }
}

/// Waits for the worker's first message.
pub(super) fn greeting(end: &mut End) -> io::Result<Hello> {
    let mut is_gone = false;
    loop {
        if let Some(letter) = end.receive()? {
            return postcard::from_bytes(letter.body()).map_err(io::Error::other);
        }
        if is_gone {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        // It may have said something just before: that is looked at first.
        is_gone = end.wait(1, None)? == Seen::Closed;
    }
}
