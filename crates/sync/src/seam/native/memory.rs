//! Large memory that the system hands out page by page as it is touched.

/// A slice of `len` values, each as `make` makes it.
///
/// The memory comes zeroed from the system, which supplies a page when it is first touched: a
/// large slice costs nothing until it is used.
///
/// # Panics
/// If the size in bytes exceeds `isize::MAX`.
///
/// # Safety
/// Bytes that are all zero are a valid `T`, equal to what `make` returns.
pub unsafe fn zeroed_slice<T>(len: usize, make: impl Fn() -> T) -> Box<[T]> {
    let _ = make;
    // SAFETY: all-zero bytes are a valid `T`, says the caller.
    unsafe { Box::new_zeroed_slice(len).assume_init() }
}
