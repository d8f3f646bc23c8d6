//! An interpreter: its lock, its modules, and the threads that run in it.

use crate::error::PyResult;
use crate::gc::{self, Collection};
use crate::import::Loading;
use crate::object::class::Subclasses;
use crate::object::dict::{Dict, Entries};
use crate::object::extension::Extensions;
use crate::object::function::Function;
use crate::object::int::DEFAULT_LIMIT;
use crate::object::module::Module;
use crate::object::str::{Str, name_text};
use crate::object::weak::WeakTable;
use crate::object::{cast, downcast, downcast_exact, set_heap};
use crate::recent::Recent;
use crate::startup;
use crate::thread::{Thread, merge_request};
use crate::value::{Ref, Value};
use selvedge_gil::{Gil, Policy, ThreadHandle};
use selvedge_refcount::{Owner, Owners, Token};
use selvedge_sync::seam::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use selvedge_sync::seam::thread::Builder;
use selvedge_sync::seam::{Arc, Condvar, Mutex};
use std::collections::BTreeMap;

/// The native stack of a thread that runs Python code.
const NATIVE_STACK: usize = 64 << 20;

/// How an interpreter is set up.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether threads of one interpreter take turns under a lock. Fixed for the process.
    pub gil: bool,
    /// How that lock chooses among the threads that want it.
    ///
    /// ```
    /// use selvedge_gil::Policy;
    /// use selvedge_interp::{Interpreter, Settings};
    /// let settings = Settings { gil_policy: Policy::Fifo, ..Settings::default() };
    /// let policy = Interpreter::run(settings, |thread| thread.interpreter().gil().policy());
    /// assert_eq!(policy, Policy::Fifo);
    /// ```
    pub gil_policy: Policy,
    /// The program's name and arguments: `sys.argv`.
    pub argv: Vec<String>,
    /// The native modules that `import` finds.
    pub modules: Vec<NativeModule>,
    /// The folders that `import` looks in: what `sys.path` begins as.
    pub path: Vec<String>,
    /// The library that ships with the VM.
    pub library: Option<Library>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            gil: true,
            gil_policy: Policy::Priority,
            argv: vec![String::new()],
            modules: Vec::new(),
            path: Vec::new(),
            library: None,
        }
    }
}

/// Modules of Python code that are no files.
#[derive(Clone, Copy, Debug)]
pub struct Library {
    /// What stands for the library in `sys.path`, and before the names of its files.
    pub root: &'static str,
    /// The text of a file, by its path below the root.
    pub read: fn(&str) -> Option<String>,
}

/// A module written in Rust.
#[derive(Clone, Copy, Debug)]
pub struct NativeModule {
    /// The name it is imported by.
    pub name: &'static str,
    /// Makes the module object.
    pub make: fn(&mut Thread) -> PyResult,
}

/// An interpreter.
pub struct Interpreter {
    pub(crate) gil: Gil,
    pub(crate) owners: Owners,
    /// Whom references are counted for while the lock is held.
    pub(crate) token: Token,
    /// Keeps the token alive.
    _owner: Owner,
    pub(crate) settings: Settings,
    /// `sys.modules`, the namespace of `builtins`, and the interned strings: dictionaries.
    roots: Roots,
    pub(crate) loading: Loading,
    /// Interned strings, found without hashing their text.
    recent: Recent,
    /// Which classes derive from which.
    pub(crate) subclasses: Subclasses,
    /// Attributes of objects that have no place for them.
    pub(crate) extensions: Extensions,
    /// Weak references to objects.
    pub(crate) weak: WeakTable,
    next_ident: AtomicU64,
    /// How many digits an integer that is converted may have; 0 without a limit.
    int_digits: AtomicU32,
    /// Where to reach the owners of this interpreter's objects, where threads are owners.
    handles: Mutex<BTreeMap<Token, ThreadHandle>>,
    /// What detached threads let go of.
    left: Mutex<Vec<Value>>,
    /// Whether there is something in `left`: a look without the mutex.
    has_left: AtomicBool,
    /// Threads that the interpreter waits for at its end.
    running: Mutex<usize>,
    finished: Condvar,
    /// The memory of the objects, and the collector. The last field: all others may hold objects.
    collection: Collection,
}

struct Roots {
    modules: Ref,
    builtins: Ref,
    interned: Ref,
}

// SAFETY: the roots are objects, which any thread attached to the interpreter may use; everything
// else synchronises itself.
unsafe impl Send for Interpreter {}
// SAFETY: as above.
unsafe impl Sync for Interpreter {}

impl Interpreter {
    /// Makes an interpreter and runs `main` in it, on a thread of its own. When `main` is done,
    /// waits for the interpreter's other threads that are not daemons.
    ///
    /// # Panics
    /// If the system has no thread to give, or `main` panics.
    pub fn run<R: Send + 'static>(
        settings: Settings,
        main: impl FnOnce(&mut Thread) -> R + Send + 'static,
    ) -> R {
        startup::prepare(settings.gil);
        let body = move || {
            let interpreter = Self::make(settings);
            let result = interpreter.attached(|thread| {
                startup::populate(thread);
                main(thread)
            });
            interpreter.finish();
            result
        };
        let spawned = Builder::new()
            .name("main".into())
            .stack_size(NATIVE_STACK)
            .spawn(body);
        match spawned.expect("the system gives a thread").join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }

    fn make(settings: Settings) -> Arc<Self> {
        let owners = Owners::new();
        let owner = owners.register();
        let collection = Collection::new();
        // SAFETY: reset below, before the collection moves.
        let before = unsafe { set_heap(collection.heap()) };
        let roots = Roots {
            modules: Dict::new(),
            builtins: Dict::new(),
            interned: Dict::new(),
        };
        // SAFETY: as it was.
        unsafe { set_heap(before) };
        Arc::new(Self {
            gil: Gil::builder()
                .policy(settings.gil_policy)
                .enabled(settings.gil)
                .build(),
            owners,
            token: owner.token(),
            _owner: owner,
            settings,
            roots,
            loading: Loading::new(),
            recent: Recent::new(),
            subclasses: Subclasses::default(),
            extensions: Extensions::default(),
            weak: WeakTable::default(),
            next_ident: AtomicU64::new(1),
            int_digits: AtomicU32::new(DEFAULT_LIMIT),
            handles: Mutex::new(BTreeMap::new()),
            left: Mutex::new(Vec::new()),
            has_left: AtomicBool::new(false),
            running: Mutex::new(0),
            finished: Condvar::new(),
            collection,
        })
    }

    /// Attaches the calling thread, which must not be attached already, and runs `f`.
    pub fn attached<R>(self: &Arc<Self>, f: impl FnOnce(&mut Thread) -> R) -> R {
        let mut member = self.gil.register();
        let mut thread = Thread::new(Arc::clone(self), member.attach());
        thread.with_finalisers(f)
    }

    /// Starts a thread that attaches and runs `f`. The interpreter waits for it at its end,
    /// unless it is a daemon.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub fn spawn(
        self: &Arc<Self>,
        name: String,
        daemon: bool,
        f: impl FnOnce(&mut Thread) + Send + 'static,
    ) -> std::io::Result<()> {
        let awaited = (!daemon).then(|| Awaited::new(self));
        let interpreter = Arc::clone(self);
        let body = move || {
            let _awaited = awaited;
            interpreter.attached(f);
        };
        Builder::new()
            .name(name)
            .stack_size(NATIVE_STACK)
            .spawn(body)
            .map(drop)
    }

    /// Waits for the threads that are not daemons, then for nobody else.
    fn finish(self: &Arc<Self>) {
        let mut running = self.running.lock();
        while *running > 0 {
            self.finished.wait(&mut running);
        }
        drop(running);
        self.attached(|thread| {
            crate::source::run_exit_functions(thread);
            crate::output::flush(thread);
            if self.collection.collector().is_enabled() {
                gc::collect(thread);
            }
            self.forget_modules(thread);
            self.recent.clear();
            self.collection.forget();
            gc::collect(thread);
            // Of objects that somebody still holds.
            self.extensions.clear();
            dict(&self.roots.interned).clear();
        });
    }

    /// Lets go of the modules: first by taking them out of `sys.modules`, so that what they hold
    /// finds it in place when it goes; then those that somebody still holds are emptied.
    fn forget_modules(&self, thread: &mut Thread) {
        let mut held = Vec::new();
        for (name, module) in self.modules().to_vec() {
            // Finalisers still find the builtin names, and where to write.
            if ["builtins", "sys"].contains(&&*name_text(&name)) {
                continue;
            }
            drop(self.modules().remove_name(*name));
            if !is_last(&module) {
                held.push(module);
            }
        }
        gc::collect(thread);
        while let Some(module) = held.pop() {
            if !is_last(&module)
                && let Some(module) = downcast::<Module>(&module)
            {
                forget(module.namespace());
            }
        }
        gc::collect(thread);
        self.roots.clear();
    }

    /// `sys.modules`.
    pub fn modules(&self) -> &Dict {
        dict(&self.roots.modules)
    }

    /// `sys.modules` as a value.
    pub fn modules_value(&self) -> Value {
        *self.roots.modules
    }

    /// The namespace of the module `builtins`.
    #[inline(always)]
    pub fn builtins(&self) -> &Dict {
        // SAFETY: made as a dictionary with the interpreter, which keeps it.
        unsafe { cast(*self.roots.builtins) }
    }

    /// The namespace of the module `builtins` as a value.
    pub fn builtins_value(&self) -> Value {
        *self.roots.builtins
    }

    /// The one string of this text that names are compared with by identity.
    pub fn intern(&self, text: &str) -> Ref {
        self.recent
            .get(text)
            .unwrap_or_else(|| self.recent.put(text, self.intern_string(Str::new(text))))
    }

    /// As [`intern`](Self::intern), for a string that there is already; for one of a class that
    /// derives from `str`, a plain string of its text.
    ///
    /// # Panics
    /// If `string` is no string.
    pub fn intern_string(&self, string: Ref) -> Ref {
        let string = if downcast_exact::<Str>(&string).is_some() {
            string
        } else {
            let derived = downcast::<Str>(&string).expect("only strings are interned");
            derived.exact(*string)
        };
        let interned = dict(&self.roots.interned);
        if let Some(known) = interned.get_name(*string) {
            return known;
        }
        interned.set_name(string.clone(), string.clone());
        interned.get_name(*string).unwrap_or(string)
    }

    /// The program's name and arguments.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The interpreter's memory of objects, and its collector.
    #[inline]
    pub fn collection(&self) -> &Collection {
        &self.collection
    }

    /// The interpreter's lock.
    pub fn gil(&self) -> &Gil {
        &self.gil
    }

    /// How many decimal digits an integer may have that becomes text or comes from one; 0 without
    /// a limit.
    pub fn int_digits_limit(&self) -> u32 {
        // Relaxed: the number stands for itself.
        self.int_digits.load(Ordering::Relaxed)
    }

    /// Changes that limit.
    pub fn set_int_digits_limit(&self, limit: u32) {
        // Relaxed: see `int_digits_limit`.
        self.int_digits.store(limit, Ordering::Relaxed);
    }

    pub(crate) fn next_ident(&self) -> u64 {
        // Relaxed: only uniqueness matters.
        self.next_ident.fetch_add(1, Ordering::Relaxed)
    }

    /// Makes the thread that owns `token` known to those who queue objects for it.
    pub(crate) fn announce(&self, token: Token, handle: ThreadHandle) {
        self.handles.lock().insert(token, handle);
    }

    pub(crate) fn withdraw(&self, token: Token) {
        self.handles.lock().remove(&token);
    }

    /// Takes over a reference that a detached thread lets go of.
    pub(crate) fn leave(&self, value: Option<Value>) {
        self.left.lock().extend(value);
        // Relaxed: a hint; the mutex orders what it hints at.
        self.has_left.store(true, Ordering::Relaxed);
    }

    /// What was left, for an attached thread to release.
    pub(crate) fn take_left(&self) -> Vec<Value> {
        // Relaxed: a hint, seen sooner or later.
        if !self.has_left.load(Ordering::Relaxed) {
            return Vec::new();
        }
        let mut left = self.left.lock();
        // Relaxed: as above.
        self.has_left.store(false, Ordering::Relaxed);
        core::mem::take(&mut left)
    }

    /// Asks the thread that owns `token` to merge what was queued for it.
    pub(crate) fn request_merge(&self, token: Token) {
        if let Some(handle) = self.handles.lock().get(&token) {
            handle.post(merge_request());
        }
    }
}

impl Roots {
    /// Empties what is left of the modules. The interned strings stay: what is released may still
    /// look for names.
    fn clear(&self) {
        let mut cursor = Entries::default();
        while let Some((_, module)) = dict(&self.modules).next_entry(&mut cursor) {
            if let Some(module) = downcast::<Module>(&module)
                && !module.namespace_value().is(*self.builtins)
            {
                forget(module.namespace());
            }
        }
        dict(&self.modules).clear();
        dict(&self.builtins).clear();
    }
}

/// Whether nobody else holds the value.
fn is_last(value: &Ref) -> bool {
    // Exact, whoever owns the object: no other thread counts any more.
    // SAFETY: a bound pointer word points to a live object.
    value
        .as_object()
        .is_some_and(|object| unsafe { (*object).header.count() == 1 })
}

/// Lets go of what a module's names hold. Each name is `None` from then on, so that what runs
/// while the values are released finds it.
fn forget(namespace: &Dict) {
    let held = namespace.to_vec();
    for (name, _) in &held {
        if name_text(name) != "__builtins__" {
            namespace.set_name(name.clone(), crate::object::singletons::none());
        }
    }
    // Functions go last: what is released may call them.
    let is_function = |value: &Ref| downcast::<Function>(value).is_some();
    let (functions, others): (Vec<_>, Vec<_>) =
        held.into_iter().partition(|(_, value)| is_function(value));
    drop(others);
    drop(functions);
}

fn dict(root: &Ref) -> &Dict {
    downcast::<Dict>(root).expect("the roots are dictionaries")
}

/// Proof that the interpreter counts a thread among those it waits for.
struct Awaited(Arc<Interpreter>);

impl Awaited {
    fn new(interpreter: &Arc<Interpreter>) -> Self {
        *interpreter.running.lock() += 1;
        Self(Arc::clone(interpreter))
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        let mut running = self.0.running.lock();
        *running -= 1;
        let last = *running == 0;
        drop(running);
        if last {
            self.0.finished.notify_all();
        }
    }
}
