//! Values between threads.

use super::{INTERPRETER, Thread};
use crate::interpreter::Interpreter;
use crate::value::Ref;
use selvedge_sync::seam::Arc;

/// A value on its way between threads that may be detached when they let go of it.
///
/// Dropped by a thread that is attached to the interpreter, it is released at once; dropped by
/// another, it is left to the interpreter, which releases it when a thread attaches.
pub struct Carried {
    interpreter: Arc<Interpreter>,
    value: Option<Ref>,
}

// SAFETY: the value is only used through `get` and `drop`, on threads attached to its interpreter.
unsafe impl Send for Carried {}
// SAFETY: as above.
unsafe impl Sync for Carried {}

impl Carried {
    /// Carries `value`, which belongs to the thread's interpreter.
    pub fn new(thread: &Thread, value: Ref) -> Self {
        Self {
            interpreter: Arc::clone(&thread.interpreter),
            value: Some(value),
        }
    }

    /// The value, for a thread of its interpreter.
    ///
    /// # Panics
    /// If the thread is of another interpreter.
    pub fn get(&self, thread: &Thread) -> Ref {
        assert!(
            Arc::ptr_eq(&self.interpreter, &thread.interpreter),
            "objects stay in their interpreter"
        );
        self.value.clone().expect("present until dropped")
    }
}

impl Drop for Carried {
    fn drop(&mut self) {
        if !core::ptr::eq(INTERPRETER.get(), Arc::as_ptr(&self.interpreter)) {
            self.interpreter
                .leave(self.value.take().map(Ref::into_value));
        }
    }
}
