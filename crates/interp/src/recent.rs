//! Interned strings by where their text was: native code asks for the same names again and again,
//! with the same literals.

use crate::object::downcast_exact;
use crate::object::str::Str;
use crate::value::{Ref, Value};
use selvedge_sync::seam::atomic::{AtomicU64, Ordering};

/// How many strings are remembered. A power of two.
const PLACES: usize = 512;

/// A string each for some addresses. The interpreter's table of interned strings keeps them alive.
pub(crate) struct Recent(Box<[AtomicU64]>);

impl Recent {
    pub(crate) fn new() -> Self {
        Self((0..PLACES).map(|_| AtomicU64::new(0)).collect())
    }

    #[inline]
    fn place(&self, text: &str) -> &AtomicU64 {
        let address = text.as_ptr() as usize;
        &self.0[(address ^ address >> 9 ^ text.len()) & (PLACES - 1)]
    }

    /// The interned string of this text, if it is remembered.
    #[inline]
    pub(crate) fn get(&self, text: &str) -> Option<Ref> {
        // Acquire: the string is complete before it is found here.
        let known = Value::from_bits(self.place(text).load(Ordering::Acquire));
        let string = downcast_exact::<Str>(&known)?;
        (string.as_ascii()? == text).then(|| known.to_ref())
    }

    /// Remembers an interned string of this text.
    pub(crate) fn put(&self, text: &str, interned: Ref) -> Ref {
        // Release: see `get`.
        self.place(text)
            .store(interned.value().bits(), Ordering::Release);
        interned
    }

    /// Forgets all, before the strings go.
    pub(crate) fn clear(&self) {
        for place in &self.0 {
            // Relaxed: the interpreter's last thread is alone.
            place.store(0, Ordering::Relaxed);
        }
    }
}
