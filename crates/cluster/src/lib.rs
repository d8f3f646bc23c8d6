//! One executor, wherever its workers are: threads of this process, or a cluster.
//!
//! See [`Cluster::connect`].

mod address;

pub use address::{Address, AddressError};

use core::fmt;
use selvedge_pool::ThreadExecutor;

/// The examples of the README, run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// Workers to hand tasks to.
#[derive(Debug)]
pub struct Cluster {
    executor: ThreadExecutor,
}

/// Why there is no cluster at an address.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectError {
    /// This version runs local workers only; use [`Address::Local`].
    RemoteUnsupported {
        /// The cluster that was asked for.
        host: String,
        /// Its port.
        port: u16,
    },
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConnectError::RemoteUnsupported { host, port } => {
                write!(
                    f,
                    "cannot connect to ray://{host}:{port}: this version runs local workers only"
                )
            }
        }
    }
}

impl std::error::Error for ConnectError {}

impl Cluster {
    /// Brings up the workers that `address` names.
    ///
    /// # Errors
    /// [`ConnectError::RemoteUnsupported`] for an address that is not local.
    pub fn connect(address: &Address) -> Result<Self, ConnectError> {
        match address {
            Address::Local { workers } => Ok(Self {
                executor: ThreadExecutor::new(*workers),
            }),
            Address::Ray { host, port } => Err(ConnectError::RemoteUnsupported {
                host: host.clone(),
                port: *port,
            }),
        }
    }

    /// The executor that hands tasks to the workers.
    pub fn executor(&self) -> &ThreadExecutor {
        &self.executor
    }
}
