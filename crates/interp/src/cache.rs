//! Inline caches: one word each, so that threads that share code can neither tear nor see half.
//!
//! A word is `kind` (8 bits), `slot` (24 bits) and `version` (32 bits). Zero is an empty cache,
//! which matches nothing: kinds start at 1.

use selvedge_sync::seam::atomic::{AtomicU32, AtomicU64, Ordering};

/// What a cache word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cached {
    pub(crate) kind: u8,
    pub(crate) slot: u32,
    pub(crate) version: u32,
}

/// The first two caches of an instruction, which are looked into together: the younger one first.
#[derive(Debug, Default)]
pub(crate) struct Caches {
    pub(crate) first: AtomicU64,
    pub(crate) second: AtomicU64,
}

impl Caches {
    /// Both words.
    #[inline(always)]
    pub(crate) fn words(&self) -> (u64, u64) {
        // Relaxed: see `Cached::load`.
        (
            self.first.load(Ordering::Relaxed),
            self.second.load(Ordering::Relaxed),
        )
    }
}

/// The slot in the first of two words that says this kind and version.
#[inline(always)]
pub(crate) fn slot_among(words: (u64, u64), kind: u8, version: u32) -> Option<usize> {
    const KIND_AND_VERSION: u64 = 0xffff_ffff_0000_00ff;
    let wanted = u64::from(version) << 32 | u64::from(kind);
    let word = if words.0 & KIND_AND_VERSION == wanted {
        words.0
    } else if words.1 & KIND_AND_VERSION == wanted {
        words.1
    } else {
        return None;
    };
    Some((word as u32 >> 8) as usize)
}

/// The largest slot that fits.
pub(crate) const MAX_SLOT: usize = (1 << 24) - 1;

impl Cached {
    #[inline(always)]
    pub(crate) fn load(word: &AtomicU64) -> Self {
        // Relaxed: the word is checked against versions that are read under the lock that guards
        // what it points into, so a stale word misses and a fresh one needs nothing else.
        let bits = word.load(Ordering::Relaxed);
        Self {
            kind: bits as u8,
            slot: bits as u32 >> 8,
            version: (bits >> 32) as u32,
        }
    }

    /// The word that says this, unless the slot is too large for it or the version is 0.
    pub(crate) fn word(kind: u8, slot: usize, version: u32) -> Option<u64> {
        (slot <= MAX_SLOT && version != 0)
            .then(|| u64::from(kind) | (slot as u64) << 8 | u64::from(version) << 32)
    }

    /// Stores the word, unless the slot is too large for it or the version is 0.
    pub(crate) fn store(kind: u8, slot: usize, version: u32, word: &AtomicU64) {
        if let Some(bits) = Self::word(kind, slot, version) {
            // Relaxed: see `load`.
            word.store(bits, Ordering::Relaxed);
        }
    }
}

/// A number that no state of any type or dictionary of the process has had, or 0 when there are
/// none left.
pub(crate) fn next_version() -> u32 {
    static LAST: AtomicU32 = AtomicU32::new(0);
    // Relaxed: only uniqueness matters. Once exhausted it stays at the end.
    LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| {
        last.checked_add(1)
    })
    .map_or(0, |last| last.saturating_add(1))
}
