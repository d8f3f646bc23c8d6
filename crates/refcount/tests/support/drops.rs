//! Parts of values that tell what happens to these.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts its drops; untraced, so it may have a destructor.
pub(crate) struct Drops(pub(crate) Arc<AtomicUsize>);

impl Drop for Drops {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Panics when dropped.
pub(crate) struct Pin;

impl Drop for Pin {
    fn drop(&mut self) {
        panic!("bang");
    }
}
