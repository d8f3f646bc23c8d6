//! Why a thread could not be attached.

use core::fmt;

/// Why [`try_attach`](crate::Member::try_attach) or
/// [`attach_timeout`](crate::Member::attach_timeout) gave no proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttachError {
    /// Finalisation has begun: no other thread than the finalising one is attached any more.
    Finalising,
    /// The lock was not free, or not free in time.
    Timeout,
}

impl fmt::Display for AttachError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Finalising => "finalising: the thread can no longer be attached",
            Self::Timeout => "the interpreter lock was not free in time",
        })
    }
}

impl core::error::Error for AttachError {}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::*;

    #[test]
    fn each_error_says_why() {
        assert_eq!(
            AttachError::Finalising.to_string(),
            "finalising: the thread can no longer be attached"
        );
        assert_eq!(
            AttachError::Timeout.to_string(),
            "the interpreter lock was not free in time"
        );
    }
}
