//! Objects that several processes use, held by a process of their own.
//!
//! A [`Manager`] starts a server: this program, started again, whose `main` begins with
//! [`Tasks::serve_if_worker`](crate::process::Tasks::serve_if_worker) as for the other processes of
//! this crate. It holds the objects; a [`Client`] makes them and calls them through proxies. Another
//! process becomes a client by the manager's address and key, on another machine too.
//!
//! Proxies are typed: a `List<T>` writes and reads its values with `serde`, and to the server they
//! are bytes. So the server knows no type of yours, and needs no code for it; what it compares (the
//! keys of a [`Dict`], [`List::index_of`], [`Value::compare_exchange`]) it compares by bytes.
//!
//! The server ends with its creator. A client that ends, however it does, has released the locks
//! and permits it had; one that waits for something waits no more, and breaks the barrier it waited
//! at. README.md beside this module says how.
//!
//! Calls of proxies fail with a [`ManagerError`]: `Gone` when the server is, `Garbled` when a value is
//! of another type than it is read as, or with what the object has to say.
//!
//! ```no_run
//! use selvedge_pool::manager::{Client, Manager, Releases};
//! use selvedge_pool::tasks;
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     tasks![].serve_if_worker();
//!     let manager = Manager::start()?;
//!     let jobs = manager.client().named("jobs").queue::<String>()?;
//!     jobs.put(&"weave".into(), None)?;
//!
//!     // Any process that was told address and key:
//!     let client = Client::connect(manager.address(), manager.key())?;
//!     let jobs = client.named("jobs").queue::<String>()?;
//!     assert_eq!(jobs.get(None)?.as_deref(), Some("weave"));
//!     let lock = client.make().lock()?;
//!     let held = lock.hold()?;
//!     drop(held);
//!     Ok(())
//! }
//! ```

mod address;
mod auth;
mod client;
mod error;
mod held;
mod proxies;
mod server;
mod shelf;
mod wire;

pub use address::Address;
pub use auth::AuthKey;
pub use client::{Client, Handle, Maker, Proxy};
pub use error::ManagerError;
pub use proxies::{
    Array, Barrier, BoundedSemaphore, Condition, Dict, Event, Held, JoinableQueue, List, Lock,
    Namespace, Queue, RLock, Releases, Semaphore, Value,
};
pub(crate) use server::serve;
pub use wire::Kind;

use core::fmt;
use std::io;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::process::Child;

use crate::process::start_server;

/// A server process for objects, which ends when this is dropped.
pub struct Manager {
    child: Child,
    /// The server ends when it closes.
    leash: UnixStream,
    client: Client,
    key: AuthKey,
}

impl Manager {
    /// Starts a server for processes of this machine, at an address and with a key that are made up.
    ///
    /// # Errors
    /// If the system refuses, or the program's `main` does not serve.
    pub fn start() -> Result<Self, ManagerError> {
        let number = auth::random_number()?;
        let name = format!("selvedge-manager-{}-{number:016x}", std::process::id());
        let key = AuthKey::random()?;
        Self::start_at(&Address::Unix(std::env::temp_dir().join(name)), key)
    }

    /// Starts a server that listens at `address`. At port 0, the system chooses one: see
    /// [`address`](Self::address).
    ///
    /// # Errors
    /// If the address cannot be had, the system refuses, or the program's `main` does not serve.
    pub fn start_at(address: &Address, key: AuthKey) -> Result<Self, ManagerError> {
        let (leash, theirs) = UnixStream::pair()?;
        let mut child = start_server(theirs)?;
        match greet(&leash, address, &key) {
            Ok(client) => Ok(Self {
                child,
                leash,
                client,
                key,
            }),
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(error)
            }
        }
    }

    /// Where the server listens.
    pub fn address(&self) -> &Address {
        self.client.address()
    }

    /// What those have to know who are to connect.
    pub fn key(&self) -> &AuthKey {
        &self.key
    }

    /// The creator's own way to the objects.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The server's process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

/// Tells the server what it is to do, and connects to it.
fn greet(leash: &UnixStream, address: &Address, key: &AuthKey) -> Result<Client, ManagerError> {
    let settings = server::Settings {
        address: address.clone(),
        key: key.as_bytes().into(),
    };
    let not_started = |error: io::Error| ManagerError::NotStarted(error.to_string());
    wire::send(leash, &client::encode(&settings)?).map_err(not_started)?;
    let started = wire::receive(leash, u32::MAX).map_err(not_started)?;
    let started: server::Started = client::decode(&started)?;
    Client::connect(&started.map_err(ManagerError::NotStarted)?, key)
}

impl Drop for Manager {
    fn drop(&mut self) {
        // It sees that, removes its socket and ends; or it has ended before.
        let _ = self.leash.shutdown(Shutdown::Both);
        let _ = self.child.wait();
    }
}

impl fmt::Debug for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manager")
            .field("address", self.address())
            .field("pid", &self.pid())
            .finish_non_exhaustive()
    }
}
