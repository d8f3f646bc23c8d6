//! Queues of values.
#![allow(
    clippy::missing_errors_doc,
    reason = "the module's own documentation says for all proxies what their errors are"
)]

use selvedge_sync::seam::clock::Duration;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::proxies;
use crate::manager::client::{Object, Proxy as _, encode};
use crate::manager::error::ManagerError;
use crate::manager::wire::{Answer, Call, QueueCall};

proxies! {
    /// A queue in the server. Those who wait are served in the order in which they came.
    Queue<T>;
    /// A queue in the server that can be waited for until all that was put is done.
    JoinableQueue<T>;
}

fn call(
    object: &Object,
    call: QueueCall,
    patience: Option<Duration>,
) -> Result<Answer, ManagerError> {
    object.call_for(Call::Queue(call), patience)
}

macro_rules! queue_methods {
    ($name:ident) => {
        impl<T: Serialize + DeserializeOwned> $name<T> {
            /// Adds a value, waiting up to `timeout` for room; returns whether there was room.
            pub fn put(&self, value: &T, timeout: Option<Duration>) -> Result<bool, ManagerError> {
                call(self.object(), QueueCall::Put(encode(value)?), timeout)?.is()
            }

            /// Takes the oldest value, waiting up to `timeout` for one. What is on its way to a
            /// client that dies may be lost with it.
            pub fn get(&self, timeout: Option<Duration>) -> Result<Option<T>, ManagerError> {
                call(self.object(), QueueCall::Get, timeout)?.optional()
            }

            /// How many values there are.
            pub fn len(&self) -> Result<usize, ManagerError> {
                call(self.object(), QueueCall::Length, None)?.count()
            }

            /// Whether there is none.
            pub fn is_empty(&self) -> Result<bool, ManagerError> {
                Ok(self.len()? == 0)
            }
        }
    };
}

queue_methods!(Queue);
queue_methods!(JoinableQueue);

impl<T> JoinableQueue<T> {
    /// Says that a value that was taken has been dealt with.
    pub fn task_done(&self) -> Result<(), ManagerError> {
        call(self.object(), QueueCall::TaskDone, None)?.done()
    }

    /// Waits up to `timeout` until all that was put has been dealt with; returns whether it has.
    pub fn join(&self, timeout: Option<Duration>) -> Result<bool, ManagerError> {
        call(self.object(), QueueCall::Join, timeout)?.is()
    }
}
