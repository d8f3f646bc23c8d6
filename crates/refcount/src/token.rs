//! Names for those on whose behalf counts change.

/// An owner of objects: an interpreter while a lock guards it, or a thread.
///
/// Whoever passes a token as `me` acts for that owner: nobody else may act for it at the same
/// time, and what one did happens before what the next does (they hold the same lock in turn, or
/// are the same thread).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Token(u32);

impl Token {
    /// The owner of objects that nobody owns. Never passed as `me`: see
    /// [`STRANGER`](Self::STRANGER).
    pub const NOBODY: Self = Self(0);

    /// What a thread without a token of its own passes as `me`: it owns nothing, so all its
    /// counting is atomic, and what it creates is nobody's.
    pub const STRANGER: Self = Self(u32::MAX);

    /// The token with this number.
    pub(crate) const fn from_raw(raw: u32) -> Self {
        Self(raw)
    }

    /// The token's number.
    #[inline(always)]
    pub const fn as_u32(self) -> u32 {
        self.0
    }
}
