//! The strings of one code point below U+0100: static and immortal, so that taking a string apart
//! allocates nothing.

use super::{STR_TYPE, Str, Width};
use crate::object::Object;
use crate::value::{Ref, Value};
use selvedge_sync::seam::atomic::AtomicU64;

/// A string and the byte behind it, where [`Str`] looks for it.
#[repr(C)]
struct Letter {
    string: Str,
    byte: [u8; 8],
}

// The byte is where the string's data begins.
const _: () = assert!(core::mem::offset_of!(Letter, byte) == core::mem::offset_of!(Str, data));

// SAFETY: nothing of it changes but the hash, which is atomic.
unsafe impl Sync for Letter {}

static LETTERS: [Letter; 256] = {
    let mut letters = [const { Letter::new(0) }; 256];
    let mut byte = 0;
    while byte < letters.len() {
        letters[byte].string.ascii = byte < 0x80;
        letters[byte].byte[0] = byte as u8;
        byte += 1;
    }
    letters
};

impl Letter {
    const fn new(byte: u8) -> Self {
        Self {
            string: Str {
                object: Object::immortal(&STR_TYPE),
                hash: AtomicU64::new(0),
                len: 1,
                width: Width::One,
                ascii: true,
                data: [],
            },
            byte: [byte, 0, 0, 0, 0, 0, 0, 0],
        }
    }
}

/// The string of this code point.
#[inline]
pub(super) fn letter(point: u8) -> Ref {
    let letter: *const Letter = &raw const LETTERS[usize::from(point)];
    Ref::adopt(Value::uncounted(letter.cast()))
}
