//! Which modules are being loaded, and by whom: a module's code runs once, in one thread.

use crate::thread::Thread;
use selvedge_sync::seam::{Condvar, Mutex};
use std::collections::BTreeMap;

/// The modules of an interpreter that are being loaded.
pub(crate) struct Loading {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// The module, and the thread that runs its code.
    loaders: BTreeMap<String, u64>,
    /// The thread, and the module that it waits for.
    waiting: BTreeMap<u64, String>,
}

impl State {
    /// Whether a thread that waited for `owner` would wait for itself.
    fn leads_to(&self, mut owner: u64, me: u64) -> bool {
        loop {
            if owner == me {
                return true;
            }
            let next = self
                .waiting
                .get(&owner)
                .and_then(|module| self.loaders.get(module));
            match next {
                Some(next) => owner = *next,
                None => return false,
            }
        }
    }
}

/// Proof that this thread loads a module, until dropped.
pub(crate) struct Load {
    interpreter: selvedge_sync::seam::Arc<crate::Interpreter>,
    module: String,
}

impl Drop for Load {
    fn drop(&mut self) {
        let loading = &self.interpreter.loading;
        loading.state.lock().loaders.remove(&self.module);
        loading.changed.notify_all();
    }
}

impl Loading {
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::new(State::default()),
            changed: Condvar::new(),
        }
    }

    /// Whether the module's code has begun and not ended.
    pub(crate) fn contains(&self, module: &str) -> bool {
        self.state.lock().loaders.contains_key(module)
    }

    /// Waits until no other thread loads the module, unless that thread waits for this one:
    /// then both see what there is of it.
    pub(crate) fn wait(thread: &mut Thread, module: &str) {
        let me = thread.ident();
        let interpreter = thread.interpreter().clone();
        let loading = &interpreter.loading;
        let must_wait = |state: &State| {
            state
                .loaders
                .get(module)
                .is_some_and(|owner| !state.leads_to(*owner, me))
        };
        if !must_wait(&loading.state.lock()) {
            return;
        }
        thread.detach(|| {
            let mut state = loading.state.lock();
            while must_wait(&state) {
                state.waiting.insert(me, module.to_owned());
                loading.changed.wait(&mut state);
                state.waiting.remove(&me);
            }
        });
    }

    /// Begins to load the module, unless that has begun already.
    pub(crate) fn begin(thread: &mut Thread, module: &str) -> Option<Load> {
        let interpreter = thread.interpreter().clone();
        let mut state = interpreter.loading.state.lock();
        if state.loaders.contains_key(module) {
            return None;
        }
        state.loaders.insert(module.to_owned(), thread.ident());
        drop(state);
        Some(Load {
            interpreter,
            module: module.to_owned(),
        })
    }
}
