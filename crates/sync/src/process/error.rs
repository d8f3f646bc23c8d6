//! Why an operation on a lock between processes failed.

use core::fmt;
use std::error::Error;

use crate::error::NotHeld;
use crate::seam::process;

/// A process has died while it held a lock.
///
/// What the lock guards may be half-changed. The lock stays as it is, and each who waits for it is
/// told, until somebody takes it over with the lock's `recover`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HolderDied {
    /// Its process id.
    pub pid: u32,
}

/// A lock was not acquired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AcquireError {
    /// The time ran out.
    Timeout,
    /// Who holds it is dead.
    HolderDied(HolderDied),
}

/// A wait for a condition was not begun, or did not end with its lock held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitError {
    /// The caller does not hold the lock.
    NotHeld,
    /// As many wait as there is room for.
    TooManyWaiters,
    /// The wait is over, but who holds the lock since is dead: the caller does not hold it.
    HolderDied(HolderDied),
}

impl HolderDied {
    pub(super) fn check(holder: u64) -> Result<(), Self> {
        if holder == 0 || process::is_alive(holder) {
            return Ok(());
        }
        Err(Self {
            pid: process::pid(holder),
        })
    }
}

impl From<HolderDied> for AcquireError {
    fn from(died: HolderDied) -> Self {
        Self::HolderDied(died)
    }
}

impl From<HolderDied> for WaitError {
    fn from(died: HolderDied) -> Self {
        Self::HolderDied(died)
    }
}

impl fmt::Display for HolderDied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} died while it held the lock", self.pid)
    }
}

impl fmt::Display for AcquireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout => f.write_str("timed out while waiting for the lock"),
            Self::HolderDied(died) => died.fmt(f),
        }
    }
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotHeld => NotHeld.fmt(f),
            Self::TooManyWaiters => f.write_str("too many wait for the condition"),
            Self::HolderDied(died) => died.fmt(f),
        }
    }
}

impl Error for HolderDied {}
impl Error for AcquireError {}
impl Error for WaitError {}
