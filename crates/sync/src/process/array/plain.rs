//! Types of numbers that may be shared.

use super::typecode::Typecode;
use crate::seam::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};

/// A number that is whole whoever reads it while others write it.
///
/// # Safety
/// Any bytes of its size are such a number, and `load` and `store` are atomic.
pub unsafe trait Plain: Copy + Send + Sync + 'static {
    /// The type, as Python's `multiprocessing` names it.
    const CODE: Typecode;

    /// Reads the number.
    ///
    /// # Safety
    /// The pointer is aligned, points to a number, and whoever writes there meanwhile stores.
    #[doc(hidden)]
    unsafe fn load(from: *const Self) -> Self;

    /// Writes the number.
    ///
    /// # Safety
    /// The pointer is aligned, points to a number, and whoever accesses it meanwhile loads or
    /// stores.
    #[doc(hidden)]
    unsafe fn store(self, to: *mut Self);
}

/// Implements [`Plain`] by the atomic integer of the same size, from and to whose value it takes
/// two functions.
macro_rules! plain {
    ($($number:ty, $code:ident, $atomic:ty, $from:expr, $to:expr;)+) => {$(
        // SAFETY: any bits are a number, and are accessed atomically.
        unsafe impl Plain for $number {
            const CODE: Typecode = Typecode::$code;

            #[inline]
            unsafe fn load(from: *const Self) -> Self {
                // SAFETY: the atomic has the size and the alignment of the number, and there is
                // one, says the caller.
                let word = unsafe { &*from.cast::<$atomic>() };
                // Relaxed: the number is whole; what goes with it is ordered by the lock.
                $from(word.load(Ordering::Relaxed))
            }

            #[inline]
            unsafe fn store(self, to: *mut Self) {
                // SAFETY: as in `load`.
                let word = unsafe { &*to.cast::<$atomic>() };
                // Relaxed: as in `load`.
                word.store($to(self), Ordering::Relaxed);
            }
        }
    )+};
}

plain! {
    i8, I8, AtomicU8, u8::cast_signed, i8::cast_unsigned;
    u8, U8, AtomicU8, core::convert::identity, core::convert::identity;
    i16, I16, AtomicU16, u16::cast_signed, i16::cast_unsigned;
    u16, U16, AtomicU16, core::convert::identity, core::convert::identity;
    i32, I32, AtomicU32, u32::cast_signed, i32::cast_unsigned;
    u32, U32, AtomicU32, core::convert::identity, core::convert::identity;
    i64, I64, AtomicU64, u64::cast_signed, i64::cast_unsigned;
    u64, U64, AtomicU64, core::convert::identity, core::convert::identity;
    f32, F32, AtomicU32, f32::from_bits, f32::to_bits;
    f64, F64, AtomicU64, f64::from_bits, f64::to_bits;
}
