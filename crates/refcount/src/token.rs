//! Names for those on whose behalf counts change.

/// An owner of objects: an interpreter while a lock guards it, or a thread.
///
/// Whoever passes a token as `me` acts for that owner: nobody else may act for it at the same
/// time, and what one did happens before what the next does (they hold the same lock in turn, or
/// are the same thread).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Token(
    /// The number in the upper half, where a header's word has it, so that comparing needs no
    /// shift. The lower half is zero.
    u64,
);

impl Token {
    /// The owner of objects that nobody owns. Never passed as `me`: see
    /// [`STRANGER`](Self::STRANGER).
    pub const NOBODY: Self = Self::from_raw(0);

    /// What a thread without a token of its own passes as `me`: it owns nothing, so all its
    /// counting is atomic, and what it creates is nobody's.
    pub const STRANGER: Self = Self::from_raw(u32::MAX);

    /// The token with this number.
    pub(crate) const fn from_raw(raw: u32) -> Self {
        Self((raw as u64) << 32)
    }

    /// The token's number.
    #[inline(always)]
    pub const fn as_u32(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// The token as the owner in a header's word with no local references.
    #[inline(always)]
    pub(crate) const fn as_word(self) -> u64 {
        self.0
    }
}
