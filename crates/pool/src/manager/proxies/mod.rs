//! What stands for the objects of a server, and makes them.

mod locks;
mod queues;
mod values;

pub use locks::{
    Barrier, BoundedSemaphore, Condition, Event, Held, Lock, RLock, Releases, Semaphore,
};
pub use queues::{JoinableQueue, Queue};
pub use values::{Array, Dict, List, Namespace, Value};

use super::client::{Maker, Proxy, decode, encode};
use super::error::ManagerError;
use super::wire::{Bytes, New};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Declares proxies, which are an object and, perhaps, the types of the values in it.
macro_rules! proxies {
    ($($(#[$attribute:meta])* $name:ident $(<$($value:ident),+>)?;)+) => {$(
        $(#[$attribute])*
        pub struct $name $(<$($value),+>)? {
            object: $crate::manager::client::Object,
            values: core::marker::PhantomData<fn() -> ($($($value,)+)?)>,
        }

        impl $(<$($value),+>)? Clone for $name $(<$($value),+>)? {
            fn clone(&self) -> Self {
                Self {
                    object: self.object.clone(),
                    values: core::marker::PhantomData,
                }
            }
        }

        impl $(<$($value),+>)? core::fmt::Debug for $name $(<$($value),+>)? {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.object).finish()
            }
        }

        impl $(<$($value),+>)? $crate::manager::client::Proxy for $name $(<$($value),+>)? {
            const KIND: $crate::manager::Kind = $crate::manager::Kind::$name;

            fn new(object: $crate::manager::client::Object) -> Self {
                Self {
                    object,
                    values: core::marker::PhantomData,
                }
            }

            fn object(&self) -> &$crate::manager::client::Object {
                &self.object
            }
        }
    )+};
}
use proxies;

fn encode_all<T: Serialize>(
    values: impl IntoIterator<Item = T>,
) -> Result<Vec<Bytes>, ManagerError> {
    values.into_iter().map(|value| encode(&value)).collect()
}

fn decode_all<T: DeserializeOwned>(values: &[Bytes]) -> Result<Vec<T>, ManagerError> {
    values.iter().map(|value| decode(value)).collect()
}

/// Each fails if the server is gone, if the object that has the name is of another kind, or if a
/// value cannot be put into bytes. What the object is to begin with does not count if there was one
/// of the name.
#[allow(
    clippy::missing_errors_doc,
    reason = "said once for all of them, above"
)]
impl Maker<'_> {
    fn make<P: Proxy>(self, new: New) -> Result<P, ManagerError> {
        self.client.new_object(self.name, new)
    }

    /// A list that holds `values` to begin with.
    pub fn list<T: Serialize>(
        self,
        values: impl IntoIterator<Item = T>,
    ) -> Result<List<T>, ManagerError> {
        self.make(New::List(encode_all(values)?))
    }

    /// An empty dictionary.
    pub fn dict<K, V>(self) -> Result<Dict<K, V>, ManagerError> {
        self.make(New::Dict)
    }

    /// A namespace without names.
    pub fn namespace(self) -> Result<Namespace, ManagerError> {
        self.make(New::Namespace)
    }

    /// A value.
    pub fn value<T: Serialize>(self, value: &T) -> Result<Value<T>, ManagerError> {
        self.make(New::Value(encode(value)?))
    }

    /// An array of these values.
    pub fn array<T: Serialize>(
        self,
        values: impl IntoIterator<Item = T>,
    ) -> Result<Array<T>, ManagerError> {
        self.make(New::Array(encode_all(values)?))
    }

    /// A lock that is free.
    pub fn lock(self) -> Result<Lock, ManagerError> {
        self.make(New::Lock)
    }

    /// A lock that is free, and that its owner may take again.
    pub fn rlock(self) -> Result<RLock, ManagerError> {
        self.make(New::RLock)
    }

    /// A semaphore with so many permits.
    pub fn semaphore(self, permits: u64) -> Result<Semaphore, ManagerError> {
        self.make(New::Semaphore {
            permits,
            bounded: false,
        })
    }

    /// A semaphore that never has more than so many permits.
    pub fn bounded_semaphore(self, permits: u64) -> Result<BoundedSemaphore, ManagerError> {
        self.make(New::Semaphore {
            permits,
            bounded: true,
        })
    }

    /// A condition, with a lock of its own.
    pub fn condition(self) -> Result<Condition, ManagerError> {
        self.make(New::Condition)
    }

    /// An event that is not set.
    pub fn event(self) -> Result<Event, ManagerError> {
        self.make(New::Event)
    }

    /// A place for `parties` to meet.
    ///
    /// # Panics
    /// If `parties` is 0.
    pub fn barrier(self, parties: u64) -> Result<Barrier, ManagerError> {
        assert!(parties > 0, "nobody would meet");
        self.make(New::Barrier(parties))
    }

    /// A queue that holds any number of values.
    pub fn queue<T>(self) -> Result<Queue<T>, ManagerError> {
        self.bounded_queue(0)
    }

    /// A queue that holds up to `capacity` values; 0 says any number.
    pub fn bounded_queue<T>(self, capacity: u64) -> Result<Queue<T>, ManagerError> {
        self.make(New::Queue {
            capacity,
            joinable: false,
        })
    }

    /// A queue that counts what is done; it holds up to `capacity` values, 0 says any number.
    pub fn joinable_queue<T>(self, capacity: u64) -> Result<JoinableQueue<T>, ManagerError> {
        self.make(New::Queue {
            capacity,
            joinable: true,
        })
    }
}
