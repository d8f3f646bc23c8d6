//! Memory in a model: loom's types are not plain bytes, so each value is made.

/// A slice of `len` values, each as `make` makes it.
///
/// # Safety
/// Bytes that are all zero are a valid `T` of the production seam, equal to what `make` returns.
pub unsafe fn zeroed_slice<T>(len: usize, make: impl Fn() -> T) -> Box<[T]> {
    (0..len).map(|_| make()).collect()
}
