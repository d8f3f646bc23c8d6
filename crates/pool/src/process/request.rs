//! A task on its way to a worker process, whatever its type.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Call;
use super::error::CallError;
use super::wire::{self, Answer, Head};
use crate::error::{InitError, Panic};
use crate::future::{Future, Promise, promise};

/// What a link does with a task. A task that is dropped is given up without a result.
pub(super) trait Request: Send {
    /// Says that it begins, which makes it too late to cancel; returns false if it was cancelled.
    fn begin(&mut self) -> bool;
    /// Takes that back: it has not begun after all.
    fn recall(&mut self);
    /// Says that a worker died of it; returns whether it may be tried again, of `most` tries.
    fn died(&mut self, most: u32) -> bool;
    /// Writes down what the worker is to do.
    fn encode(&self, buffer: &mut Vec<u8>) -> Result<(), CallError>;
    /// Takes the worker's answer.
    fn answer(self: Box<Self>, answer: &[u8]);
    fn fail(self: Box<Self>, error: CallError);
    fn cancel(self: Box<Self>);
    fn broken(self: Box<Self>, cause: InitError);
}

/// The calls that make up a task, and the promise of what `finish` makes of their results.
pub(super) struct Task<C: Call, T> {
    calls: Vec<C>,
    finish: fn(Results<C>) -> Result<T, CallError>,
    promise: Promise<T, CallError>,
    begun: bool,
    deaths: u32,
}

/// A result for each call.
type Results<C> = Vec<Result<<C as Call>::Output, CallError>>;

/// A new task, and what it comes to.
type Made<C, T> = (Box<Task<C, T>>, Future<T, CallError>);

/// A task of one call.
pub(super) fn one<C: Call>(call: C) -> Made<C, C::Output> {
    make(vec![call], |mut results: Results<C>| {
        results.pop().unwrap_or(Err(CallError::Garbled))
    })
}

/// A task of several calls, each of which fails for itself.
pub(super) fn chunk<C: Call>(calls: Vec<C>) -> Made<C, Results<C>> {
    make(calls, Ok)
}

fn make<C: Call, T: Send + 'static>(
    calls: Vec<C>,
    finish: fn(Results<C>) -> Result<T, CallError>,
) -> Made<C, T> {
    let (promise, future) = promise();
    let task = Task {
        calls,
        finish,
        promise,
        begun: false,
        deaths: 0,
    };
    (Box::new(task), future)
}

impl<C: Call, T> Task<C, T> {
    pub(super) fn into_calls(self) -> Vec<C> {
        self.calls
    }
}

impl<C: Call, T: Send + 'static> Request for Task<C, T> {
    fn begin(&mut self) -> bool {
        // One that is tried again has begun already.
        self.begun = self.begun || self.promise.set_running_or_notify_cancel();
        self.begun
    }

    fn recall(&mut self) {
        // What has met a worker once has begun.
        if self.deaths == 0 {
            self.begun = false;
            self.promise.take_back_running();
        }
    }

    fn died(&mut self, most: u32) -> bool {
        self.deaths += 1;
        self.deaths < most
    }

    fn encode(&self, buffer: &mut Vec<u8>) -> Result<(), CallError> {
        let write = || {
            wire::add(buffer, &Head { name: C::NAME })?;
            wire::add(buffer, &self.calls)
        };
        // How a value is written is the user's code.
        match catch_unwind(AssertUnwindSafe(write)) {
            Ok(written) => written.map_err(|error| CallError::NotEncodable(error.to_string())),
            Err(payload) => Err(Panic::new(payload).into()),
        }
    }

    fn answer(self: Box<Self>, answer: &[u8]) {
        let count = self.calls.len();
        let read = catch_unwind(AssertUnwindSafe(|| read::<C>(answer, count)));
        let results = read.unwrap_or_else(|payload| Err(Panic::new(payload).into()));
        match results.and_then(self.finish) {
            Ok(value) => self.promise.set_result(value),
            Err(error) => self.promise.set_exception(error),
        };
    }

    fn fail(self: Box<Self>, error: CallError) {
        self.promise.set_exception(error);
    }

    fn cancel(self: Box<Self>) {
        if self.begun {
            // By an executor that has been told to end what it runs.
            self.promise.take_back_running();
        }
        self.promise.cancel();
    }

    fn broken(self: Box<Self>, cause: InitError) {
        self.promise.break_with(cause);
    }
}

fn read<C: Call>(answer: &[u8], count: usize) -> Result<Results<C>, CallError> {
    let garbled = |_| CallError::Garbled;
    let (head, results) = postcard::take_from_bytes::<Answer<'_>>(answer).map_err(garbled)?;
    match head {
        Answer::Unknown => Err(CallError::Unknown(C::NAME.into())),
        Answer::NotEncodable(why) => Err(CallError::NotEncodable(why.into())),
        Answer::Done => {
            let results: Vec<Result<C::Output, String>> =
                postcard::from_bytes(results).map_err(garbled)?;
            if results.len() != count {
                return Err(CallError::Garbled);
            }
            let panicked = |result: Result<_, _>| result.map_err(CallError::Panicked);
            Ok(results.into_iter().map(panicked).collect())
        }
    }
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::{Request, one};
    use crate::process::Call;

    #[derive(serde::Deserialize, serde::Serialize)]
    struct Nothing;

    impl Call for Nothing {
        type Output = ();
        const NAME: &'static str = "nothing";

        fn call(self) {}
    }

    #[test]
    fn call_that_is_cancelled_after_it_was_taken_back_does_not_begin() {
        let (mut task, future) = one(Nothing);
        assert!(task.begin());
        assert!(!future.cancel());
        task.recall();
        assert!(future.cancel());
        assert!(!task.begin());
    }
}
