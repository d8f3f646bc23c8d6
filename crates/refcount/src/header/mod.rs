//! What stands in front of every counted object, and the counting that is done inline.

mod marks;
mod shared;

use crate::Token;
use selvedge_sync::const_fn;
use selvedge_sync::seam::ByteMutex;
use selvedge_sync::seam::atomic::{AtomicPtr, AtomicU8, AtomicU16, AtomicU32, Ordering};
use shared::{MERGED_ONE, PRIVATE_ZERO, STUCK};

/// The local count of an immortal object.
const IMMORTAL: u32 = u32::MAX;

/// The largest local count that one more may be added to plainly.
const LOCAL_LIMIT: u32 = i32::MAX as u32;

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
    /// Whose `local` is. Written by the owner itself, or for it by whoever proved that it is
    /// away; changes once, to nobody ([`revive`](Self::revive) aside).
    owner: AtomicU32,
    /// References counted by the owner. Accessed plainly (relaxed, no read-modify-write) and by
    /// the owner only; others read it merely to recognise an immortal object.
    local: AtomicU32,
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
            let (owner, local, shared) = if owned {
                (owner.as_u32(), 1, PRIVATE_ZERO)
            } else {
                (Token::NOBODY.as_u32(), 0, MERGED_ONE)
            };
            Self {
                owner: AtomicU32::new(owner),
                local: AtomicU32::new(local),
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
                owner: AtomicU32::new(Token::NOBODY.as_u32()),
                local: AtomicU32::new(IMMORTAL),
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
            owner: AtomicU32::new(Token::NOBODY.as_u32()),
            local: AtomicU32::new(0),
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
        // Relaxed: a token compares equal to the caller's own only if the caller stored it.
        Token::from_raw(self.owner.load(Ordering::Relaxed))
    }

    #[inline(always)]
    fn is_owned_by(&self, me: Token) -> bool {
        debug_assert_ne!(me, Token::NOBODY, "nobody counts: a stranger may");
        // Relaxed: only those who act for `me` store or remove `me`, in turn.
        self.owner.load(Ordering::Relaxed) == me.as_u32()
    }

    /// Whether `local` says that the object is immortal. One that a stranger made immortal while
    /// it was owned says so only after its owner has noticed.
    #[inline(always)]
    fn looks_immortal(&self) -> bool {
        // Relaxed: immortality announces nothing; missing it only costs an atomic count.
        self.local.load(Ordering::Relaxed) == IMMORTAL
    }

    /// Adds a reference. The caller holds or borrows one already.
    ///
    /// A count that would come near overflowing makes the object immortal instead.
    #[inline(always)]
    pub fn incref(&self, me: Token) {
        if self.is_owned_by(me) {
            self.add_local(self.local.load(Ordering::Relaxed));
        } else if !self.looks_immortal() {
            self.incref_shared();
        }
    }

    /// As [`incref`](Self::incref), if that is a plain addition; does nothing otherwise. Small
    /// enough to be everywhere, with a call of `incref` behind it.
    #[inline(always)]
    #[must_use = "there is a new reference only if this returns true"]
    pub fn incref_local(&self, me: Token) -> bool {
        // Relaxed: see `add_local`.
        let before = self.local.load(Ordering::Relaxed);
        let plain = self.is_owned_by(me) && before < LOCAL_LIMIT;
        if plain {
            self.local.store(before + 1, Ordering::Relaxed);
        }
        plain
    }

    /// Adds to the local count, which is `before`, plainly: the caller acts for the owner.
    #[inline(always)]
    fn add_local(&self, before: u32) {
        let after = before.wrapping_add(1);
        // Relaxed: only those who act for the owner use the count, in turn.
        self.local.store(after, Ordering::Relaxed);
        // The sign bit is the limit: it leaves the whole lower half for counting.
        // mutant: equivalent, bound: 0 would come after the count of an immortal object, which
        // nobody owns.
        if (after as i32) < 0 {
            self.immortalise_owned();
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
        if self.is_owned_by(me) {
            // Relaxed: see `add_local`.
            let left = self.local.load(Ordering::Relaxed).wrapping_sub(1);
            self.local.store(left, Ordering::Relaxed);
            if left == 0 {
                self.release_last_local()
            } else {
                Released::Alive
            }
        } else if self.looks_immortal() {
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
        // Relaxed: see `add_local`.
        let before = self.local.load(Ordering::Relaxed);
        let plain = self.is_owned_by(me) && before > 1;
        if plain {
            self.local.store(before - 1, Ordering::Relaxed);
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
        if self.is_owned_by(me) {
            let before = self.local.load(Ordering::Relaxed);
            if before == 0 {
                return false;
            }
            self.add_local(before);
            true
        } else {
            self.looks_immortal() || self.try_incref_shared()
        }
    }

    /// Whether the caller's reference is the only one. For an object that another owns, `false`
    /// may also mean that this cannot be known.
    ///
    /// The answer stands as long as nobody else can obtain a reference, through a weak one for
    /// example.
    #[inline]
    pub fn is_unique(&self, me: Token) -> bool {
        if self.is_owned_by(me) {
            self.local.load(Ordering::Relaxed) == 1 && self.shared_is_unused()
        } else {
            self.is_merged_one()
        }
    }

    /// Makes this object look newly created by `me`, with one reference: to run a finaliser on an
    /// object whose count has dropped to zero. Weak references work again from here on.
    ///
    /// # Safety
    /// The caller was told [`Released::Last`] and acts for `me`.
    pub unsafe fn revive(&self, me: Token) {
        let stranger = me == Token::STRANGER;
        let owner = if stranger { Token::NOBODY } else { me };
        // Relaxed: nobody else counts a dead object; `revive_shared` publishes both.
        self.owner.store(owner.as_u32(), Ordering::Relaxed);
        self.local.store(u32::from(!stranger), Ordering::Relaxed);
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
