//! Where a cluster is.

use core::fmt;
use core::str::FromStr;
use selvedge_sync::seam::thread::available_parallelism;

/// The port that a Ray cluster listens on for clients, unless told otherwise.
const RAY_PORT: u16 = 10001;

/// Where the workers are.
///
/// ```
/// use selvedge_cluster::Address;
///
/// let address: Address = "ray://head.example:10001".parse()?;
/// assert_eq!(address, Address::Ray { host: "head.example".into(), port: 10001 });
/// # Ok::<(), selvedge_cluster::AddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// Threads of this process.
    Local {
        /// How many; at least 1.
        workers: usize,
    },
    /// A Ray cluster.
    Ray {
        /// The host of its head.
        host: String,
        /// The port it listens on for clients.
        port: u16,
    },
}

/// Why a text is no address.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddressError {
    /// It is neither `local`, `local:WORKERS` nor `ray://HOST[:PORT]`.
    UnknownForm(String),
    /// The number of workers is not a number, or 0.
    BadWorkers(String),
    /// The host is missing.
    NoHost,
    /// The port is not a number from 1 to 65535.
    BadPort(String),
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AddressError::UnknownForm(text) => {
                write!(
                    f,
                    "'{text}' is no address: use local, local:WORKERS or ray://HOST[:PORT]"
                )
            }
            AddressError::BadWorkers(text) => write!(f, "'{text}' is no number of workers"),
            AddressError::NoHost => f.write_str("the address has no host"),
            AddressError::BadPort(text) => write!(f, "'{text}' is no port"),
        }
    }
}

impl std::error::Error for AddressError {}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text == "local" {
            let workers = available_parallelism();
            return Ok(Address::Local { workers });
        }
        if let Some(workers) = text.strip_prefix("local:") {
            return match workers.parse() {
                Ok(workers) if workers > 0 => Ok(Address::Local { workers }),
                _ => Err(AddressError::BadWorkers(workers.into())),
            };
        }
        let Some(place) = text.strip_prefix("ray://") else {
            return Err(AddressError::UnknownForm(text.into()));
        };
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) => match port.parse() {
                Ok(port) if port > 0 => (host, port),
                _ => return Err(AddressError::BadPort(port.into())),
            },
            None => (place, RAY_PORT),
        };
        if host.is_empty() {
            return Err(AddressError::NoHost);
        }
        Ok(Address::Ray {
            host: host.into(),
            port,
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Local { workers } => write!(f, "local:{workers}"),
            Address::Ray { host, port } => write!(f, "ray://{host}:{port}"),
        }
    }
}
