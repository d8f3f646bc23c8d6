//! A header's type, or what an object has beside it since somebody needed that: told apart by the
//! lowest bit.

const MARK: usize = 1;

/// What the object whose type is `ty` has beside it, if anything.
#[inline(always)]
pub(crate) fn side_of<S>(ty: *const ()) -> Option<*const S> {
    (ty.addr() & MARK != 0).then(|| ty.map_addr(|address| address & !MARK).cast())
}

/// What an object has beside it, as the type in its header.
pub(crate) fn marked<S>(side: *const S) -> *const () {
    const { assert!(align_of::<S>() > MARK, "addresses have a bit to spare") };
    side.map_addr(|address| address | MARK).cast()
}
