//! A thread that runs Python code: its proof of being attached, its stack, its exceptions.

mod carried;
mod release;

pub use carried::Carried;
pub(crate) use release::{has_finaliser, release_last, release_queued, within_release};

use crate::error::{PyResult, Raised};
use crate::gc;
use crate::interpreter::Interpreter;
use crate::object::generator::AsyncHooks;
use crate::object::{exception, free_at_end_of_thread, set_heap};
use crate::sharing::is_free_threaded;
use crate::stack::Stack;
use crate::value::{Ref, Value};
use core::cell::{Cell, RefCell};
use core::marker::PhantomPinned;
use selvedge_gil::{Attached, Member, Requests, WorldStopped};
use selvedge_refcount::{LocalHeap, Owner, Token};
use selvedge_sync::seam::Arc;
use selvedge_sync::seam::atomic::AtomicU32;

selvedge_sync::thread_local! {
    /// On whose behalf this system thread counts references.
    static TOKEN: Cell<Token> = Cell::new(Token::STRANGER);
    /// The interpreter this system thread is attached to.
    static INTERPRETER: Cell<*const Interpreter> = Cell::new(core::ptr::null());
    /// The thread that is attached, for finalisers, which run wherever a last reference goes.
    static CURRENT: Cell<*mut ()> = Cell::new(core::ptr::null_mut());
}

/// How deep native code may call itself or Python code before that is a `RecursionError`.
const NATIVE_DEPTH: u32 = 20_000;

/// What is left of the system thread's stack, in bytes, when that is a `RecursionError` too: room
/// for native code that does not come back here.
const STACK_RESERVE: usize = 256 << 10;

/// The stack of a system thread that does not say how much it has left.
const STACK_UNKNOWN: usize = 1 << 20;

/// About where on its stack the system thread is.
#[inline(always)]
fn stack_position() -> usize {
    let here = 0u8;
    (&raw const here).addr()
}

/// The request that asks an owner to merge what others have queued for it.
pub(crate) fn merge_request() -> Requests {
    Requests::user(0)
}

/// A thread attached to an interpreter: what every operation that may run Python code is given.
pub struct Thread<'m> {
    attached: Attached<'m>,
    pub(crate) interpreter: Arc<Interpreter>,
    /// The thread's own token, where there is no interpreter lock.
    owner: Option<Owner>,
    /// What the thread makes objects on, where there is no interpreter lock.
    heap: Option<Box<LocalHeap>>,
    pub(crate) stack: Stack,
    /// The exception that is on its way.
    pub(crate) raised: Option<Ref>,
    /// The exception that is being handled: what a bare `raise` raises.
    handled: Option<Ref>,
    /// What was being handled where each running generator was resumed.
    handled_below: Vec<Option<Ref>>,
    /// Whether the generator that a loop has run last is suspended, rather than done.
    pub(crate) has_yielded: bool,
    native_depth: u32,
    /// Where on the stack of the system thread it is deep enough; stacks grow down.
    deepest: usize,
    /// Whether the exception that is on its way was raised here before: its traceback has the
    /// place already.
    pub(crate) reraising: bool,
    /// What is told of asynchronous generators.
    async_hooks: AsyncHooks,
    /// The containers whose `repr` is being made: one that contains itself is shown once.
    shown: Vec<Value>,
    /// This thread's number: `threading.get_ident()`.
    ident: u64,
    /// Finalisers reach the thread by `CURRENT` while functions up the stack have it borrowed: it
    /// must not be taken for a value that only the borrower changes.
    _reached: PhantomPinned,
}

/// What a system thread keeps from one time of being attached to the next.
struct Home {
    owner: Option<Owner>,
    heap: Option<Box<LocalHeap>>,
    stack: Stack,
    ident: u64,
}

impl Home {
    fn new(interpreter: &Interpreter) -> Self {
        Self {
            owner: is_free_threaded().then(|| interpreter.owners.register()),
            heap: is_free_threaded()
                .then(|| Box::new(interpreter.collection().collector().space().heap())),
            stack: Stack::new(),
            ident: interpreter.next_ident(),
        }
    }
}

/// A system thread that attaches again and again: a worker of an executor. Each time costs as
/// little as taking the lock.
pub struct Resident {
    interpreter: Arc<Interpreter>,
    member: RefCell<Member>,
    home: RefCell<Option<Home>>,
}

impl Resident {
    /// The calling thread as a resident of `interpreter`. It is not attached yet.
    pub fn new(interpreter: Arc<Interpreter>) -> Self {
        let member = RefCell::new(interpreter.gil.register());
        Self {
            interpreter,
            member,
            home: RefCell::new(None),
        }
    }

    /// Attaches and runs `f`. It may be called inside itself, while the outer call is detached:
    /// the inner one then is a thread of its own for the time.
    pub fn attached<R>(&self, f: impl FnOnce(&mut Thread) -> R) -> R {
        let Ok(mut member) = self.member.try_borrow_mut() else {
            return self.interpreter.attached(f);
        };
        let home = self
            .home
            .take()
            .unwrap_or_else(|| Home::new(&self.interpreter));
        if let Some(owner) = &home.owner {
            owner.attach();
        }
        let mut thread = Thread::at_home(Arc::clone(&self.interpreter), member.attach(), home);
        let result = thread.with_finalisers(f);
        self.home.replace(Some(thread.leave()));
        result
    }

    /// The interpreter.
    pub fn interpreter(&self) -> &Arc<Interpreter> {
        &self.interpreter
    }
}

impl<'m> Thread<'m> {
    /// Begins to run Python code of `interpreter` on this system thread.
    pub(crate) fn new(interpreter: Arc<Interpreter>, attached: Attached<'m>) -> Self {
        let home = Home::new(&interpreter);
        Self::at_home(interpreter, attached, home)
    }

    fn at_home(interpreter: Arc<Interpreter>, attached: Attached<'m>, home: Home) -> Self {
        let Home {
            owner,
            heap,
            stack,
            ident,
        } = home;
        if let Some(owner) = &owner {
            interpreter.announce(owner.token(), attached.handle());
        }
        let mut thread = Self {
            attached,
            interpreter,
            owner,
            heap,
            stack,
            raised: None,
            handled: None,
            handled_below: Vec::new(),
            has_yielded: false,
            native_depth: 0,
            deepest: (stack_position() + STACK_RESERVE)
                .saturating_sub(stacker::remaining_stack().unwrap_or(STACK_UNKNOWN)),
            reraising: false,
            async_hooks: AsyncHooks::default(),
            shown: Vec::new(),
            ident,
            _reached: PhantomPinned,
        };
        free_at_end_of_thread();
        thread.enter();
        thread.release_left();
        thread
    }

    /// Runs `f`, in which finalisers may run Python code.
    pub(crate) fn with_finalisers<R>(&mut self, f: impl FnOnce(&mut Self) -> R) -> R {
        let before = CURRENT.replace(core::ptr::from_mut(self).cast());
        let result = f(self);
        CURRENT.set(before);
        result
    }

    /// Detaches, keeping what the next time can use.
    fn leave(mut self) -> Home {
        self.raised = None;
        self.handled = None;
        self.async_hooks = AsyncHooks::default();
        let owner = self.owner.take();
        if let Some(owner) = &owner {
            self.interpreter.withdraw(owner.token());
            // SAFETY: this thread acts for its owner, and does not until it attaches it again.
            core::mem::forget(unsafe {
                owner.detach(|object| release_last(object.cast_mut().cast()))
            });
        }
        Home {
            owner,
            heap: self.heap.take(),
            stack: core::mem::replace(&mut self.stack, Stack::none()),
            ident: self.ident,
        }
    }

    /// Releases what detached threads have left to the interpreter.
    fn release_left(&mut self) {
        for value in self.interpreter.take_left() {
            drop(Ref::adopt(value));
        }
    }

    /// Makes this system thread count for this thread.
    fn enter(&self) {
        TOKEN.set(
            self.owner
                .as_ref()
                .map_or(self.interpreter.token, Owner::token),
        );
        INTERPRETER.set(Arc::as_ptr(&self.interpreter));
        let heap = self
            .heap
            .as_deref()
            .unwrap_or_else(|| self.interpreter.collection().heap());
        // SAFETY: the thread's own, or the interpreter's for whoever holds its lock; reset before
        // either goes, and while the thread is away.
        unsafe { set_heap(heap) };
    }

    /// The interpreter this thread runs in.
    pub fn interpreter(&self) -> &Arc<Interpreter> {
        &self.interpreter
    }

    /// A number that no other thread alive in this interpreter has.
    pub fn ident(&self) -> u64 {
        self.ident
    }

    /// How many Python calls may be inside one another.
    pub fn recursion_limit(&self) -> u32 {
        self.stack.limit
    }

    /// Sets how many Python calls may be inside one another. The size of the stack is a limit
    /// too, which raises the same error.
    pub fn set_recursion_limit(&mut self, limit: u32) {
        self.stack.limit = limit;
    }

    /// What is told of asynchronous generators that this thread runs.
    pub fn async_hooks(&self) -> &AsyncHooks {
        &self.async_hooks
    }

    /// Replaces what is told of asynchronous generators.
    pub fn set_async_hooks(&mut self, hooks: AsyncHooks) {
        drop(core::mem::replace(&mut self.async_hooks, hooks));
    }

    /// The word that is not zero when a safe point has something to do.
    pub(crate) fn requests(&self) -> *const AtomicU32 {
        self.attached.requests()
    }

    /// Runs `work`, which may block, without the interpreter's lock.
    pub fn detach<R>(&mut self, work: impl FnOnce() -> R) -> R {
        // What is freed meanwhile is freed when the thread is back: finalisers need it attached.
        let freeing = release::put_off();
        let Self {
            attached, owner, ..
        } = self;
        let away = || {
            let _away = Away::new();
            work()
        };
        let result = match owner {
            None => attached.detach(away),
            Some(owner) => {
                // SAFETY: this thread acts for its owner, and `work` counts for nobody.
                unsafe {
                    owner.detached(
                        |object| release_last(object.cast_mut().cast()),
                        || attached.detach(away),
                    )
                }
            }
        };
        release::resume(freeing);
        self.release_left();
        result
    }

    /// A safe point at which something is requested.
    #[cold]
    #[inline(never)]
    pub(crate) fn serve(&mut self) -> PyResult<()> {
        let pending = self.attached.serve();
        if pending.intersects(merge_request()) {
            self.attached.take_requests(merge_request());
            self.merge_queued();
        }
        if pending.intersects(Requests::GC) {
            self.attached.take_requests(Requests::GC);
            let interpreter = Arc::clone(&self.interpreter);
            interpreter.collection().answer();
            if interpreter.collection().collector().is_due() {
                gc::collect(self);
            }
        }
        if pending.intersects(Requests::SIGNAL) {
            self.attached.take_requests(Requests::SIGNAL);
            return Err(self.raise_with(&exception::KEYBOARD_INTERRUPT, &[]));
        }
        Ok(())
    }

    /// Runs `f` while no other thread runs Python code of the interpreter.
    pub(crate) fn alone<R>(&mut self, f: impl FnOnce(&Interpreter) -> R) -> R {
        let interpreter = Arc::clone(&self.interpreter);
        let _stopped =
            is_free_threaded().then(|| interpreter.gil.stop_the_world(&mut self.attached));
        f(&interpreter)
    }

    /// Keeps every other thread of the interpreter at a safe point until the result is dropped.
    /// Where there is a lock, they are there.
    pub(crate) fn stop_others(&mut self) -> Option<WorldStopped<'_, 'm>> {
        is_free_threaded().then(|| self.interpreter.gil.stop_the_world(&mut self.attached))
    }

    /// Runs `f`, which may run Python code, as if nothing else were under way: what is raised
    /// meanwhile is gone, and what was on its way stays so.
    pub(crate) fn aside(&mut self, f: impl FnOnce(&mut Thread)) {
        let raised = self.raised.take();
        let flags = (self.reraising, self.has_yielded);
        f(self);
        self.raised = raised;
        (self.reraising, self.has_yielded) = flags;
    }

    /// Merges the counts of what other threads have queued for this one.
    pub(crate) fn merge_queued(&mut self) {
        if let Some(owner) = &self.owner {
            // SAFETY: this thread acts for its owner, which is attached.
            unsafe { owner.drain(|object| release_last(object.cast_mut().cast())) };
        }
    }

    /// The exception that is being handled.
    pub fn handled(&self) -> Option<Ref> {
        self.handled
            .clone()
            .or_else(|| self.handled_below.iter().rev().find_map(Clone::clone))
    }

    /// Begins to run a generator, which was handling `handled` when it was suspended.
    #[inline]
    pub(crate) fn enter_handling(&mut self, handled: Option<Ref>) {
        let below = core::mem::replace(&mut self.handled, handled);
        self.handled_below.push(below);
    }

    /// Ends what [`enter_handling`](Self::enter_handling) began; returns what the generator is
    /// handling.
    #[inline]
    pub(crate) fn leave_handling(&mut self) -> Option<Ref> {
        let below = self.handled_below.pop().expect("a generator was entered");
        core::mem::replace(&mut self.handled, below)
    }

    /// Makes `exception` the one that is being handled; returns the one before.
    pub(crate) fn set_handled(&mut self, exception: Option<Ref>) -> Option<Ref> {
        core::mem::replace(&mut self.handled, exception)
    }

    /// Runs `f`, one native call deeper.
    ///
    /// # Errors
    /// `RecursionError` if that is too deep, and what `f` raises.
    pub fn nested<R>(&mut self, f: impl FnOnce(&mut Self) -> PyResult<R>) -> PyResult<R> {
        if self.native_depth >= NATIVE_DEPTH || stack_position() < self.deepest {
            return Err(self.recursion_error());
        }
        self.native_depth += 1;
        let result = f(self);
        self.native_depth -= 1;
        result
    }

    /// Begins the `repr` of a container; says whether it is not being made already.
    pub(crate) fn enter_repr(&mut self, container: Value) -> bool {
        let new = !self.shown.iter().any(|other| other.is(container));
        if new {
            self.shown.push(container);
        }
        new
    }

    /// Ends the `repr` that was begun last.
    pub(crate) fn leave_repr(&mut self, container: Value) {
        debug_assert!(self.shown.last().is_some_and(|last| last.is(container)));
        self.shown.pop();
    }

    #[cold]
    pub(crate) fn recursion_error(&mut self) -> Raised {
        self.raise_text(
            &exception::RECURSION_ERROR,
            "maximum recursion depth exceeded",
        )
    }
}

impl Drop for Thread<'_> {
    fn drop(&mut self) {
        self.async_hooks = AsyncHooks::default();
        self.raised = None;
        self.handled = None;
        if let Some(owner) = self.owner.take() {
            // SAFETY: this thread acts for its owner until the line after.
            unsafe { owner.drain(|object| release_last(object.cast_mut().cast())) };
            self.interpreter.withdraw(owner.token());
        }
        TOKEN.set(Token::STRANGER);
        INTERPRETER.set(core::ptr::null());
        // SAFETY: there is no heap to keep.
        unsafe { set_heap(core::ptr::null()) };
    }
}

/// Proof that this system thread counts for nobody, until dropped: it is detached, or about to be
/// attached again.
struct Away {
    token: Token,
    interpreter: *const Interpreter,
    heap: *const LocalHeap,
}

impl Away {
    fn new() -> Self {
        Self {
            token: TOKEN.replace(Token::STRANGER),
            interpreter: INTERPRETER.replace(core::ptr::null()),
            // SAFETY: there is no heap to keep.
            heap: unsafe { set_heap(core::ptr::null()) },
        }
    }
}

impl Drop for Away {
    fn drop(&mut self) {
        TOKEN.set(self.token);
        INTERPRETER.set(self.interpreter);
        // SAFETY: what `Thread::enter` has set; the thread is there again.
        unsafe { set_heap(self.heap) };
    }
}

/// On whose behalf this system thread counts references at the moment.
#[inline(always)]
pub(crate) fn current_token() -> Token {
    TOKEN.get()
}

/// Calls `f` with the interpreter that this system thread is attached to, if it is.
pub(crate) fn with_interpreter<R>(f: impl FnOnce(&Interpreter) -> R) -> Option<R> {
    let interpreter = INTERPRETER.get();
    // SAFETY: set by `Thread::enter`, reset before the interpreter goes.
    unsafe { interpreter.as_ref() }.map(f)
}

/// Asks this system thread to collect garbage at its next safe point.
pub(crate) fn request_collection() {
    let current = CURRENT.get();
    if !current.is_null() {
        // SAFETY: as in `within_release`; nothing of the thread is changed.
        let thread = unsafe { &*current.cast::<Thread>() };
        thread.attached.handle().post(Requests::GC);
    }
}
