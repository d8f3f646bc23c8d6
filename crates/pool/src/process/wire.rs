//! What the bodies of messages are made of.

use serde::{Deserialize, Serialize};

/// Tells a process of this program what it was started for: see [`Role`](super::serve::Role).
pub(super) const ROLE: &str = "SELVEDGE_POOL_ROLE";

/// The worker's first message: that it is ready, or why it will never be.
pub(super) type Hello = Result<(), Unready>;

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Unready {
    /// It has no task of the name that it was started for.
    Unknown,
    Because(String),
}

impl core::fmt::Display for Unready {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Unready::Unknown => f.write_str("there is no such task"),
            Unready::Because(why) => f.write_str(why),
        }
    }
}

/// A request's head; the calls follow it.
#[derive(Serialize, Deserialize)]
pub(super) struct Head<'a> {
    pub(super) name: &'a str,
}

/// The head of an answer; if it is `Done`, a result for each call follows, its error a panic's
/// message.
#[derive(Serialize, Deserialize)]
pub(super) enum Answer<'a> {
    Done,
    Unknown,
    NotEncodable(&'a str),
}

/// Appends `value`. If it cannot be written down, nothing is left in `bytes`.
pub(super) fn add(
    bytes: &mut Vec<u8>,
    value: &(impl Serialize + ?Sized),
) -> Result<(), postcard::Error> {
    // Extends what is there.
    *bytes = postcard::to_extend(value, core::mem::take(bytes))?;
    Ok(())
}
