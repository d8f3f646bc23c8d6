//! What stands in front of every counted object, and the counting that is done inline.

mod marks;
mod shared;

use crate::Token;
use selvedge_sync::const_fn;
use selvedge_sync::seam::ByteMutex;
use selvedge_sync::seam::atomic::{AtomicPtr, AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};
use shared::{MERGED_ONE, PRIVATE_ZERO, STUCK};

/// The local count of an immortal object.
const IMMORTAL: u32 = u32::MAX;
/// The word of an immortal object, which is nobody's.
const IMMORTAL_WORD: u64 = IMMORTAL as u64;
/// The word of an object that is nobody's, or dead, and not known to be immortal.
const NOBODYS_WORD: u64 = Token::NOBODY.as_word();
/// A local count that may not be added to: the sign bit and everything above mean overflow.
const LIMIT: u64 = i32::MAX as u64;

/// What a lost reference left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the object may be the caller's to destroy or to queue"]
pub enum Released {
    /// Other references exist, or the object is immortal.
    Alive,
    /// That was the last one: the caller destroys the object, and nobody else can.
    Last,
    /// Only references counted by the owner may be left: the caller hands the object to
    /// [`Owners::queue`](crate::Owners::queue), and nobody else does. The queue has taken over
    /// the reference that was released, so the object cannot die before that.
    Queue,
}

/// The counts, lock, flags and type of one object.
///
/// The README beside this module has the states, and why the object dies exactly once.
#[repr(C)]
pub struct Header {
    /// The owner in the upper half, in the lower the references that it has counted (`local`).
    ///
    /// | owner | `local` | meaning | changed by |
    /// | --- | --- | --- | --- |
    /// | a token | 1 ≤ n ≤ `LIMIT` | the owner counts n | the owner, or for it whoever proved that it is away |
    /// | a token | 0 | dead: its owner has freed it | the owner, by `revive` |
    /// | nobody | 0 | merged, or never owned | who made it immortal, or `revive`s it |
    /// | nobody | `IMMORTAL` | never counted again | nobody |
    ///
    /// Accessed plainly (relaxed, no read-modify-write). Both in one word, because the owner's
    /// comparison and its check of the count are then one: `word ^ me` is the count if the upper
    /// halves are equal, and beyond every count if not.
    biased: AtomicU64,
    /// References counted by everybody else, and the state: see [`shared`].
    shared: AtomicU32,
    lock: ByteMutex,
    gc: AtomicU8,
    flags: AtomicU16,
    ty: AtomicPtr<()>,
}

// The size is part of the contract with embedders that lay objects out.
#[cfg(not(selvedge_loom))]
const _: () = assert!(size_of::<Header>() == 24 && align_of::<Header>() == 8);

impl Header {
    const_fn! {
        /// The header of a new object with one reference, which `owner` holds.
        ///
        /// An object of [`Token::NOBODY`] or [`Token::STRANGER`] is counted atomically by all.
        #[inline]
        pub fn new(owner: Token, ty: *const ()) -> Self {
            let owned = owner.as_u32() != Token::NOBODY.as_u32()
                && owner.as_u32() != Token::STRANGER.as_u32();
            let (biased, shared) = if owned {
                (owner.as_word() + 1, PRIVATE_ZERO)
            } else {
                (NOBODYS_WORD, MERGED_ONE)
            };
            Self {
                biased: AtomicU64::new(biased),
                shared: AtomicU32::new(shared),
                lock: ByteMutex::new(),
                gc: AtomicU8::new(0),
                flags: AtomicU16::new(0),
                ty: AtomicPtr::new(ty.cast_mut()),
            }
        }
    }

    const_fn! {
        /// The header of an object that is never counted and never freed, in a static for example.
        #[inline]
        pub fn immortal(ty: *const ()) -> Self {
            Self {
                biased: AtomicU64::new(IMMORTAL_WORD),
                shared: AtomicU32::new(STUCK),
                lock: ByteMutex::new(),
                gc: AtomicU8::new(0),
                flags: AtomicU16::new(0),
                ty: AtomicPtr::new(ty.cast_mut()),
            }
        }
    }

    /// The same header with these flags of the embedder's, for an object that nobody knows yet.
    #[inline(always)]
    #[must_use]
    pub fn with_flags(self, flags: u16) -> Self {
        Self {
            flags: AtomicU16::new(flags),
            ..self
        }
    }

    /// The header of a slot without an object: dead and not tracked.
    #[inline(always)]
    pub(crate) fn blank() -> Self {
        Self {
            biased: AtomicU64::new(NOBODYS_WORD),
            shared: AtomicU32::new(PRIVATE_ZERO),
            lock: ByteMutex::new(),
            gc: AtomicU8::new(0),
            flags: AtomicU16::new(0),
            ty: AtomicPtr::new(core::ptr::null_mut()),
        }
    }

    /// Where in a slot without an object its heap may keep a link: everything before stays
    /// readable.
    pub(crate) const LINK_AT: usize = core::mem::offset_of!(Self, ty);

    /// The type, whatever the embedder means by it.
    #[inline(always)]
    pub fn ty(&self) -> *const () {
        // Acquire: whoever sees a new type sees what was written to it before; free on x86.
        self.ty.load(Ordering::Acquire)
    }

    /// Changes the type.
    #[inline]
    pub fn set_ty(&self, ty: *const ()) {
        // Release: see `ty`.
        self.ty.store(ty.cast_mut(), Ordering::Release);
    }

    /// Changes the type if it is `from`; returns the one it was otherwise.
    pub(crate) fn replace_ty(&self, from: *const (), to: *const ()) -> Result<(), *const ()> {
        // Release on success, Acquire on failure: see `ty`.
        self.ty
            .compare_exchange(
                from.cast_mut(),
                to.cast_mut(),
                Ordering::Release,
                Ordering::Acquire,
            )
            .map(|_| ())
            .map_err(<*mut ()>::cast_const)
    }

    /// The embedder's flags.
    #[inline(always)]
    pub fn flags(&self) -> u16 {
        // Acquire: a flag may announce something written before it was set.
        self.flags.load(Ordering::Acquire)
    }

    /// Sets the flags in `mask`; returns the flags before.
    #[inline]
    pub fn set_flags(&self, mask: u16) -> u16 {
        // AcqRel: see `flags`; of two setters of one flag, the one told "not before" comes first.
        self.flags.fetch_or(mask, Ordering::AcqRel)
    }

    /// Clears the flags in `mask`; returns the flags before.
    #[inline]
    pub fn clear_flags(&self, mask: u16) -> u16 {
        // AcqRel: see `set_flags`.
        self.flags.fetch_and(!mask, Ordering::AcqRel)
    }

    /// The object's own lock.
    #[inline(always)]
    pub fn lock(&self) -> &ByteMutex {
        &self.lock
    }

    /// Whose object this is at the moment.
    #[inline]
    pub fn owner(&self) -> Token {
        Token::from_raw((self.word() >> 32) as u32)
    }

    /// The owner and its count.
    #[inline(always)]
    fn word(&self) -> u64 {
        // Relaxed: a token compares equal to the caller's own only if the caller, or one before it
        // in turn, stored it. To others the word only tells an immortal object, and immortality
        // announces nothing: missing it costs an atomic count.
        self.biased.load(Ordering::Relaxed)
    }

    /// The caller acts for the owner, or knows that nobody does.
    #[inline(always)]
    fn set_word(&self, word: u64) {
        // Relaxed: only those who act for the owner use it, in turn.
        self.biased.store(word, Ordering::Relaxed);
    }

    /// The local count if the object is `me`'s, otherwise more than any.
    #[inline(always)]
    fn local_of(word: u64, me: Token) -> u64 {
        debug_assert_ne!(me, Token::NOBODY, "nobody counts: a stranger may");
        word ^ me.as_word()
    }

    /// Whether the word's count says that the object is immortal. One that a stranger made
    /// immortal while it was owned says so only after its owner has noticed.
    #[inline(always)]
    fn looks_immortal(word: u64) -> bool {
        word as u32 == IMMORTAL
    }

    /// Adds a reference. The caller holds or borrows one already.
    ///
    /// A count that would come near overflowing makes the object immortal instead.
    #[inline(always)]
    pub fn incref(&self, me: Token) {
        let word = self.word();
        let local = Self::local_of(word, me);
        if local < LIMIT {
            self.set_word(word + 1);
        } else if !Self::looks_immortal(word) {
            self.incref_otherwise(local);
        }
    }

    /// As [`incref`](Self::incref), if that is a plain addition; does nothing otherwise. Small
    /// enough to be everywhere, with a call of `incref` behind it.
    #[inline(always)]
    #[must_use = "there is a new reference only if this returns true"]
    pub fn incref_local(&self, me: Token) -> bool {
        let word = self.word();
        let plain = Self::local_of(word, me) < LIMIT;
        if plain {
            self.set_word(word + 1);
        }
        plain
    }

    /// Adds a reference counted by another than the owner, or one too many for the owner.
    #[inline(always)]
    fn incref_otherwise(&self, local: u64) {
        if local == LIMIT {
            self.make_owned_immortal();
        } else {
            self.incref_shared();
        }
    }

    /// Gives up a reference.
    ///
    /// # Safety
    /// The caller gives up a reference that it holds, acts for `me`, and does what the result
    /// demands. Every `me` passed to this object's methods so far was passed by somebody who
    /// acted for it.
    #[inline(always)]
    pub unsafe fn decref(&self, me: Token) -> Released {
        let word = self.word();
        let local = Self::local_of(word, me);
        // From 2 to `LIMIT`: what stays above zero.
        // mutant: equivalent, bound: no count is beyond the limit.
        if local.wrapping_sub(2) < LIMIT - 1 {
            self.set_word(word - 1);
            Released::Alive
        } else if local == 1 {
            self.set_word(word - 1);
            self.release_last_local()
        } else if Self::looks_immortal(word) {
            Released::Alive
        } else {
            self.decref_shared()
        }
    }

    /// As [`decref`](Self::decref), if that is a plain subtraction that leaves references; does
    /// nothing otherwise. Small enough to be everywhere, with a call of `decref` behind it.
    ///
    /// # Safety
    /// As for [`decref`](Self::decref), if this returns `true`.
    #[inline(always)]
    #[must_use = "the reference is given up only if this returns true"]
    pub unsafe fn decref_local(&self, me: Token) -> bool {
        let word = self.word();
        // From 2 to `LIMIT`, as in `decref`.
        // mutant: equivalent, bound: no count is beyond the limit.
        let plain = Self::local_of(word, me).wrapping_sub(2) < LIMIT - 1;
        if plain {
            self.set_word(word - 1);
        }
        plain
    }

    /// Adds a reference if the object is certainly alive, without holding one: for upgrading a
    /// weak reference and for reading a container without its lock. The header must still be
    /// readable, which is the caller's business.
    ///
    /// Fails on a dead object; for one that `me` does not own, also unless somebody has
    /// [published](Self::publish) it or holds a reference that the owner did not count.
    #[inline]
    #[must_use = "there is a new reference only if this returns true"]
    pub fn try_incref(&self, me: Token) -> bool {
        let word = self.word();
        let local = Self::local_of(word, me);
        // From 1 to `LIMIT` - 1: alive, and with room.
        if local.wrapping_sub(1) < LIMIT - 1 {
            self.set_word(word + 1);
            true
        } else if local == LIMIT {
            self.make_owned_immortal();
            true
        } else {
            local != 0 && (Self::looks_immortal(word) || self.try_incref_shared())
        }
    }

    /// Whether the caller's reference is the only one. For an object that another owns, `false`
    /// may also mean that this cannot be known.
    ///
    /// The answer stands as long as nobody else can obtain a reference, through a weak one for
    /// example.
    #[inline]
    pub fn is_unique(&self, me: Token) -> bool {
        match Self::local_of(self.word(), me) {
            1 => self.shared_is_unused(),
            ..=LIMIT => false,
            _ => self.is_merged_one(),
        }
    }

    /// Makes this object look newly created by `me`, with one reference: to run a finaliser on an
    /// object whose count has dropped to zero. Weak references work again from here on.
    ///
    /// # Safety
    /// The caller was told [`Released::Last`] and acts for `me`.
    pub unsafe fn revive(&self, me: Token) {
        let stranger = me == Token::STRANGER;
        // Nobody else counts a dead object; `revive_shared` publishes the word.
        self.set_word(if stranger {
            NOBODYS_WORD
        } else {
            me.as_word() + 1
        });
        self.revive_shared(!stranger);
    }
}

impl core::fmt::Debug for Header {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Header")
            .field("owner", &self.owner())
            .field("count", &self.count())
            .field("flags", &self.flags())
            .finish_non_exhaustive()
    }
}
