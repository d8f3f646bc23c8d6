//! One who uses the objects of a manager.

use core::fmt;
use core::marker::PhantomData;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, Write as _};

use selvedge_sync::seam::clock::Duration;
use selvedge_sync::seam::{Arc, Mutex};

use super::address::{Address, Stream};
use super::auth::{AuthKey, Challenge, Response, Welcome};
use super::error::ManagerError;
use super::server::{GREETING, LONGEST_GREETING};
use super::wire::{
    self, Answer, Bytes, Call, Kind, New, ObjectId, Order, Reply, Request, ThreadId,
};

/// A user of a manager's objects: makes them, and finds those of others. Clones are one user.
///
/// A call that waits does so in the server, on a connection of its own; connections are kept and
/// used again. What a client holds, a lock for instance, is free again when the last of its
/// connections closes, however its process ends.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    address: Address,
    key: AuthKey,
    session: u64,
    /// Connections that nobody uses at this moment. One that is used comes back, as long as the
    /// server is there: so there is always one, and the session lasts as long as the client.
    idle: Mutex<Vec<Stream>>,
}

impl Client {
    /// Connects to the manager at `address`.
    ///
    /// # Errors
    /// If nobody listens there, or not with this key.
    pub fn connect(address: &Address, key: &AuthKey) -> Result<Self, ManagerError> {
        let (stream, session) = join(address, key, 0)?;
        Ok(Self {
            shared: Arc::new(Shared {
                address: address.clone(),
                key: key.clone(),
                session,
                idle: Mutex::new(vec![stream]),
            }),
        })
    }

    /// Where the manager is.
    pub fn address(&self) -> &Address {
        &self.shared.address
    }

    /// The object that another client, or another thread, has sent the [`Handle`] of.
    ///
    /// # Errors
    /// If the object is gone, or of another kind.
    pub fn open<P: Proxy>(&self, handle: Handle<P>) -> Result<P, ManagerError> {
        let order = Order::Open {
            id: handle.id,
            kind: P::KIND,
        };
        self.object(order)
    }

    /// Makes objects that go with the last client that uses them.
    pub fn make(&self) -> Maker<'_> {
        Maker {
            client: self,
            name: None,
        }
    }

    /// Makes an object of this name, which stays, or finds the one there is.
    pub fn named<'a>(&'a self, name: &'a str) -> Maker<'a> {
        Maker {
            client: self,
            name: Some(name),
        }
    }

    pub(super) fn new_object<P: Proxy>(
        &self,
        name: Option<&str>,
        new: New,
    ) -> Result<P, ManagerError> {
        let name = name.map(String::from);
        self.object(Order::Make { name, new })
    }

    fn object<P: Proxy>(&self, order: Order) -> Result<P, ManagerError> {
        match self.request(order)? {
            Answer::Count(id) => Ok(P::new(Object(Arc::new(Held {
                client: self.clone(),
                id,
            })))),
            _ => Err(ManagerError::Garbled),
        }
    }

    fn request(&self, order: Order) -> Result<Answer, ManagerError> {
        let request = encode(&Request {
            thread: this_thread(),
            order,
        })?;
        let request = wire::frame(&request);
        let request = request.map_err(|why| ManagerError::NotEncodable(why.to_string()))?;
        let idle = self.shared.idle.lock().pop();
        let stream = match idle {
            Some(stream) => stream,
            None => join(&self.shared.address, &self.shared.key, self.shared.session)?.0,
        };
        (&stream).write_all(&request)?;
        let reply = wire::receive(&stream, u32::MAX)?;
        // One that failed is in an unknown state, and is not used again.
        self.shared.idle.lock().push(stream);
        let reply: Reply = decode(&reply)?;
        reply.map_err(ManagerError::from)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("address", &self.shared.address)
            .finish_non_exhaustive()
    }
}

/// Connects, and has each side prove that it knows the key.
fn join(address: &Address, key: &AuthKey, session: u64) -> Result<(Stream, u64), ManagerError> {
    let refused = |error: io::Error| match error.kind() {
        // A server that does not like the code hangs up.
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => ManagerError::WrongKey,
        _ => ManagerError::Gone(error),
    };
    let stream = Stream::connect(address)?;
    stream.set_patience(Some(GREETING))?;
    let challenge = wire::receive(&stream, LONGEST_GREETING)?;
    let challenge = Challenge::try_from(&*challenge).map_err(|_| ManagerError::Garbled)?;
    let response = Response::new(key, &challenge, session)?;
    wire::send(&stream, &encode(&response)?)?;
    let welcome = wire::receive(&stream, LONGEST_GREETING).map_err(refused)?;
    let welcome: Welcome = decode(&welcome)?;
    if !welcome.is_genuine(key, &response, &challenge) {
        return Err(ManagerError::WrongKey);
    }
    stream.set_patience(None)?;
    Ok((stream, welcome.session))
}

/// Names the calling thread, an owner of locks, among those of its process that have not ended.
fn this_thread() -> ThreadId {
    selvedge_sync::thread_local! {
        static MARK: core::cell::Cell<u8> = core::cell::Cell::new(0);
    }
    // No two threads have this in one place.
    MARK.with(|mark| ThreadId(core::ptr::from_ref(mark).addr() as u64))
}

/// Makes objects in the server: see [`Client::make`] and [`Client::named`].
#[derive(Clone, Copy, Debug)]
pub struct Maker<'a> {
    pub(super) client: &'a Client,
    pub(super) name: Option<&'a str>,
}

/// What stands for an object of the server. Clones stand for the same.
pub trait Proxy: Sized {
    /// The kind of the object.
    const KIND: Kind;
    #[doc(hidden)]
    fn new(object: Object) -> Self;
    #[doc(hidden)]
    fn object(&self) -> &Object;

    /// Names the object to other clients of the manager: to be sent to them, for
    /// [`Client::open`]. An object without a name lasts as long as one of them uses it, so the
    /// sender keeps it until it has been opened.
    fn handle(&self) -> Handle<Self> {
        Handle {
            id: self.object().0.id,
            proxy: PhantomData,
        }
    }
}

/// Names an object to other clients of its manager.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Handle<P> {
    id: ObjectId,
    proxy: PhantomData<fn() -> P>,
}

impl<P> Clone for Handle<P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P> Copy for Handle<P> {}

impl<P> fmt::Debug for Handle<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Handle").field(&self.id).finish()
    }
}

/// An object that a client uses.
#[doc(hidden)]
#[derive(Clone)]
pub struct Object(Arc<Held>);

struct Held {
    client: Client,
    id: ObjectId,
}

impl Drop for Held {
    fn drop(&mut self) {
        // If the server cannot be reached, the object is gone anyway.
        let _ = self.client.request(Order::Close { id: self.id });
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Object").field(&self.0.id).finish()
    }
}

impl Object {
    /// Does what does not wait.
    pub(super) fn call(&self, call: Call) -> Result<Answer, ManagerError> {
        self.call_for(call, None)
    }

    /// Does what may wait, for `patience` at most.
    pub(super) fn call_for(
        &self,
        call: Call,
        patience: Option<Duration>,
    ) -> Result<Answer, ManagerError> {
        self.0.client.request(Order::Call {
            id: self.0.id,
            call,
            patience,
        })
    }
}

// What an answer is read as.
impl Answer {
    pub(super) fn done(self) -> Result<(), ManagerError> {
        match self {
            Answer::Done => Ok(()),
            _ => Err(ManagerError::Garbled),
        }
    }

    pub(super) fn is(self) -> Result<bool, ManagerError> {
        match self {
            Answer::Is(is) => Ok(is),
            _ => Err(ManagerError::Garbled),
        }
    }

    pub(super) fn count(self) -> Result<usize, ManagerError> {
        self.found()?.ok_or(ManagerError::Garbled)
    }

    pub(super) fn found(self) -> Result<Option<usize>, ManagerError> {
        match self {
            Answer::Nothing => Ok(None),
            Answer::Count(count) => usize::try_from(count)
                .map(Some)
                .map_err(|_| ManagerError::Garbled),
            _ => Err(ManagerError::Garbled),
        }
    }

    pub(super) fn value<T: DeserializeOwned>(self) -> Result<T, ManagerError> {
        self.optional()?.ok_or(ManagerError::Garbled)
    }

    pub(super) fn optional<T: DeserializeOwned>(self) -> Result<Option<T>, ManagerError> {
        match self {
            Answer::Nothing => Ok(None),
            Answer::Value(value) => decode(&value).map(Some),
            _ => Err(ManagerError::Garbled),
        }
    }

    pub(super) fn values(self) -> Result<Vec<Bytes>, ManagerError> {
        match self {
            Answer::Values(values) => Ok(values),
            _ => Err(ManagerError::Garbled),
        }
    }
}

pub(super) fn encode(value: &(impl Serialize + ?Sized)) -> Result<Bytes, ManagerError> {
    wire::encode(value).map_err(|why| ManagerError::NotEncodable(why.to_string()))
}

pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ManagerError> {
    postcard::from_bytes(bytes).map_err(|_| ManagerError::Garbled)
}
