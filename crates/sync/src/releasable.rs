//! What a condition does to the lock of who waits for it.

use crate::error::NotHeld;

/// A lock that is released fully while its holder waits for a condition, and then taken again as
/// it was held: those of [`locks`](crate::locks), and of `process`.
pub trait Releasable: sealed::Sealed {
    /// How the lock was held.
    #[doc(hidden)]
    type Held: Copy;

    /// Why the lock could not be taken again.
    type Lost;

    /// Releases the lock that the caller holds.
    #[doc(hidden)]
    fn leave(&self) -> Result<Self::Held, NotHeld>;

    /// Takes the lock as it was held.
    #[doc(hidden)]
    fn enter(&self, held: Self::Held) -> Result<(), Self::Lost>;
}

pub(crate) mod sealed {
    /// Keeps the trait to the locks of this crate.
    pub trait Sealed {}
}
