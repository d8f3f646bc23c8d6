//! The collection of reference cycles: what the VM tells the collector of `selvedge-refcount`, and
//! what the module `gc` asks of it. See the README beside this module.

mod collection;
mod embedder;
mod queries;
mod references;
#[cfg(all(test, not(selvedge_loom)))]
mod tests;

pub use collection::{Collection, Debug};
pub use queries::{is_finalised, is_tracked, objects, referents, referrers};
pub use references::{Holds, Visit};

pub(crate) use collection::ask_if_due;

use crate::thread::Thread;
use embedder::Vm;
use selvedge_refcount::Collected;

/// Finds and destroys what only refers to itself in circles. Returns what was done: nothing, if
/// another thread is collecting, or this one is, further out.
pub fn collect(thread: &mut Thread) -> Collected {
    thread.merge_queued();
    let interpreter = thread.interpreter().clone();
    let collection = interpreter.collection();
    let vm = Vm::new(thread, &interpreter);
    let done = collection.collector().collect(&vm);
    vm.call_back();
    done
}

/// Sets everything that there is apart: no collection looks at it until [`unfreeze`].
pub fn freeze(thread: &mut Thread) {
    let interpreter = thread.interpreter().clone();
    let vm = Vm::new(thread, &interpreter);
    interpreter.collection().collector().freeze(&vm);
}

/// Brings back what [`freeze`] has set apart.
pub fn unfreeze(thread: &mut Thread) {
    let interpreter = thread.interpreter().clone();
    let vm = Vm::new(thread, &interpreter);
    interpreter.collection().collector().unfreeze(&vm);
}

/// How many objects are set apart.
pub fn frozen(thread: &mut Thread) -> usize {
    let interpreter = thread.interpreter().clone();
    let vm = Vm::new(thread, &interpreter);
    interpreter.collection().collector().frozen(&vm)
}
