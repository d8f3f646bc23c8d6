//! One allocation for a task: its place in a queue, the code to run, and the shared state of its
//! future. All of the crate's reference counting and type erasure is here.
//!
//! ```text
//! Node { header, code, shared }
//!          ^             ^
//!          Task<W>       SharedRef<T, E>   (what a Future and a Promise hold)
//! ```
//! Both kinds of pointer own one count each of `shared.refs`. The right to touch `code` belongs to
//! whoever made the state leave "pending": the claimer runs it, the canceller drops it.

use core::any::TypeId;
use core::cell::Cell;
use core::marker::PhantomData;
use core::mem::{ManuallyDrop, offset_of};
use core::ptr::NonNull;
use selvedge_sync::seam::atomic::{Ordering, fence};
use selvedge_sync::seam::cell::UnsafeCell;
use selvedge_sync::seam::{Parker, bounds};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::deque::Entry;
use crate::error::{Error, InitError, Panic};
use crate::future::Future;
use crate::future::shared::Shared;

/// Code that a worker of type `W` can run, once.
pub(crate) trait Code<W>: Send {
    type Value: Send;
    type Error: Send + From<Panic>;
    fn call(self, worker: &W) -> Result<Self::Value, Self::Error>;
}

type SharedOf<W, C> = Shared<<C as Code<W>>::Value, <C as Code<W>>::Error>;

#[repr(C)]
struct Node<W, C: Code<W>> {
    /// First, so that a pointer to the header is one to the node.
    header: Header<W>,
    code: UnsafeCell<Option<C>>,
    shared: SharedOf<W, C>,
}

/// What a [`Task`] points to: the beginning of a node, here or on the stack of one who waits.
pub(crate) struct Header<W> {
    pub(crate) run: unsafe fn(NonNull<Header<W>>, &W),
    /// Cancels the task, or fails it with what broke the executor.
    pub(crate) give_up: unsafe fn(NonNull<Header<W>>, Option<InitError>),
}

/// What the holder of a [`SharedRef`] cannot do itself, since it does not know the code's type.
pub(crate) struct VTable {
    free: unsafe fn(NonNull<()>),
    drop_code: unsafe fn(NonNull<()>),
    help: unsafe fn(NonNull<()>),
}

/// A counted pointer to a future's shared state.
pub(crate) struct SharedRef<T, E>(NonNull<Shared<T, E>>);

/// A queued task: runs once, or is cancelled when dropped.
pub(crate) struct Task<W>(NonNull<Header<W>>);

// SAFETY: code, value and error are `Send` (see `Code`), and the count is atomic. A shared
// reference hands out `&T` and `&E`, hence `Sync` only where both are.
unsafe impl<T: Send, E: Send> Send for SharedRef<T, E> {}
// SAFETY: see above.
unsafe impl<T: Send + Sync, E: Send + Sync> Sync for SharedRef<T, E> {}
// SAFETY: what the task points to is `Send` (see `Code`); the worker is lent by whoever runs it.
unsafe impl<W> Send for Task<W> {}

/// The two counts of a node nobody else has seen.
pub(crate) struct Fresh<W, C: Code<W>>(NonNull<Node<W, C>>);

impl<W: 'static, C: Code<W>> Fresh<W, C> {
    /// `pool` names the executor whose workers may run the task on behalf of one that waits.
    pub(crate) fn new(code: C, pool: PoolId) -> Self {
        let node = Box::new(Node {
            header: Header {
                run: run::<W, C>,
                give_up: give_up::<W, C>,
            },
            code: UnsafeCell::new(Some(code)),
            shared: Shared::new(
                &VTable {
                    free: free::<W, C>,
                    drop_code: drop_code::<W, C>,
                    help: help::<W, C>,
                },
                2,
                pool,
            ),
        });
        Self(NonNull::from(Box::leak(node)))
    }

    /// The executor's half. To be called once.
    pub(crate) fn task(&self) -> Task<W> {
        Task(self.0.cast())
    }

    /// The caller's half.
    pub(crate) fn future(self) -> Future<C::Value, C::Error> {
        // SAFETY: the node is alive: this half's count is given to the future.
        Future::from(SharedRef(unsafe { shared_of(self.0) }))
    }

    /// Undoes `new`, with the half that `task` gave.
    pub(crate) fn recover(self, task: Task<W>) -> C {
        debug_assert_eq!(task.0, self.0.cast());
        core::mem::forget(task);
        // SAFETY: both halves are here, so nobody else has a pointer to the node.
        let node = unsafe { Box::from_raw(self.0.as_ptr()) };
        node.code
            .into_inner()
            .expect("only running or cancelling takes the code")
    }
}

// SAFETY: a task is one pointer, and `Send`.
unsafe impl<W> Entry for Task<W> {
    fn into_raw(self) -> *mut () {
        ManuallyDrop::new(self).0.as_ptr().cast()
    }
    unsafe fn from_raw(pointer: *mut ()) -> Self {
        // SAFETY: it came from a non-null pointer.
        Self(unsafe { NonNull::new_unchecked(pointer.cast()) })
    }
}

impl<W> Task<W> {
    /// A task whose node is somewhere else.
    ///
    /// # Safety
    /// The node outlives the run or the giving up of the task.
    pub(crate) unsafe fn from_header(header: NonNull<Header<W>>) -> Self {
        Self(header)
    }

    /// Whether this is the task of that node.
    pub(crate) fn is(&self, header: NonNull<Header<W>>) -> bool {
        self.0 == header
    }

    /// Runs the task, unless it was cancelled or already run by a worker that waited for it.
    pub(crate) fn run(self, worker: &W) {
        let task = ManuallyDrop::new(self);
        // SAFETY: the header is the node's, alive by the count that is handed over here.
        unsafe { (task.0.as_ref().run)(task.0, worker) }
    }

    /// Fails the task, unless it was cancelled or run before.
    pub(crate) fn fail(self, cause: InitError) {
        let task = ManuallyDrop::new(self);
        // SAFETY: as in `run`.
        unsafe { (task.0.as_ref().give_up)(task.0, Some(cause)) }
    }
}

impl<W> Drop for Task<W> {
    fn drop(&mut self) {
        // SAFETY: as in `run`.
        unsafe { (self.0.as_ref().give_up)(self.0, None) }
    }
}

/// Code that nobody waits for: the lightest node there is.
#[repr(C)]
struct Detached<W, D> {
    header: Header<W>,
    code: D,
}

/// Detached code. It catches its own panics.
pub(crate) trait Errand: Send {
    fn run(self);
}

impl<W> Task<W> {
    pub(crate) fn detached<D: Errand>(code: D) -> Self {
        let node = Box::new(Detached {
            header: Header {
                run: run_detached::<W, D>,
                give_up: drop_detached::<W, D>,
            },
            code,
        });
        Self(NonNull::from(Box::leak(node)).cast())
    }

    /// Undoes `detached`.
    ///
    /// # Safety
    /// The task was made by `detached` from a `D`.
    pub(crate) unsafe fn recover_detached<D: Errand>(self) -> D {
        let node = ManuallyDrop::new(self).0.cast::<Detached<W, D>>();
        // SAFETY: it came from a box of this type, as the caller promises.
        let node = unsafe { Box::from_raw(node.as_ptr()) };
        node.code
    }
}

unsafe fn run_detached<W, D: Errand>(header: NonNull<Header<W>>, _: &W) {
    // SAFETY: the header is of a detached node of this type, whose task is consumed.
    unsafe { Task(header).recover_detached::<D>() }.run();
}

unsafe fn drop_detached<W, D: Errand>(header: NonNull<Header<W>>, _: Option<InitError>) {
    // SAFETY: as above.
    drop(unsafe { Task(header).recover_detached::<D>() });
}

/// A job handed to a [`Worker`](crate::Worker). Dropping it without running it cancels its future.
pub struct Job<'a, W> {
    task: Task<W>,
    /// A job does not outlive the call it was handed to.
    lent: PhantomData<&'a W>,
}

impl<W> Job<'_, W> {
    pub(crate) fn new(task: Task<W>) -> Self {
        Self {
            task,
            lent: PhantomData,
        }
    }

    /// Runs the job. A panic in it becomes the error of its future.
    pub fn run(self, worker: &W) {
        self.task.run(worker);
    }
}

impl<W> core::fmt::Debug for Job<'_, W> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Job").finish_non_exhaustive()
    }
}

impl<T, E> SharedRef<T, E> {
    /// A state with one producer and one consumer, and no code of its own.
    pub(crate) fn pair() -> (Self, Self) {
        let shared = Box::new(Shared::new(
            &VTable {
                free: free_bare::<T, E>,
                drop_code: |_| (),
                help: |_| (),
            },
            2,
            PoolId::NONE,
        ));
        let pointer = NonNull::from(Box::leak(shared));
        (Self(pointer), Self(pointer))
    }

    /// Drops the code of a task that the caller has just cancelled.
    ///
    /// # Safety
    /// The caller made the state go from pending to cancelled, and calls this once.
    pub(crate) unsafe fn drop_code(&self) {
        // SAFETY: the vtable belongs to this very allocation; the caller has the right to the code.
        unsafe { (self.vtable.drop_code)(self.0.cast()) }
    }

    /// Runs the task here and now if nobody has begun it and this thread is a worker of its pool.
    pub(crate) fn help(&self) {
        if self.pool != PoolId::NONE {
            // SAFETY: the vtable belongs to this very allocation.
            unsafe { (self.vtable.help)(self.0.cast()) }
        }
    }
}

impl<T, E> core::ops::Deref for SharedRef<T, E> {
    type Target = Shared<T, E>;
    fn deref(&self) -> &Shared<T, E> {
        // SAFETY: the count that this pointer owns keeps the allocation alive.
        unsafe { self.0.as_ref() }
    }
}

impl<T, E> Drop for SharedRef<T, E> {
    fn drop(&mut self) {
        // SAFETY: this pointer owns a count and gives it up.
        unsafe { release(self.0) }
    }
}

/// Gives up one count, and frees the allocation with the last.
unsafe fn release<T, E>(shared: NonNull<Shared<T, E>>) {
    // SAFETY: alive by the count given up here.
    let (vtable, refs) = unsafe { (shared.as_ref().vtable, &shared.as_ref().refs) };
    // Release: what this holder did comes before the freeing, whoever frees.
    if refs.fetch_sub(1, Ordering::Release) == 1 {
        // Acquire: what every other holder did comes before the freeing here.
        fence(Ordering::Acquire);
        // SAFETY: that was the last count.
        unsafe { (vtable.free)(shared.cast()) }
    }
}

unsafe fn shared_of<W, C: Code<W>>(node: NonNull<Node<W, C>>) -> NonNull<SharedOf<W, C>> {
    // SAFETY: the offset stays inside the node.
    unsafe { node.byte_add(offset_of!(Node<W, C>, shared)).cast() }
}

unsafe fn node_of<W, C: Code<W>>(shared: NonNull<()>) -> NonNull<Node<W, C>> {
    // SAFETY: functions that call this are in the vtable of a node's state only, and the pointer
    // was made from one to the whole node.
    unsafe { shared.byte_sub(offset_of!(Node<W, C>, shared)).cast() }
}

unsafe fn run<W: 'static, C: Code<W>>(header: NonNull<Header<W>>, worker: &W) {
    let node: NonNull<Node<W, C>> = header.cast();
    // SAFETY: alive by the task's count, which is given up at the end.
    unsafe {
        let shared = shared_of(node);
        if shared.as_ref().completion.claim() {
            run_claimed(node, worker);
        }
        release(shared);
    }
}

/// Calls the code and completes the future.
unsafe fn run_claimed<W, C: Code<W>>(node: NonNull<Node<W, C>>, worker: &W) {
    // SAFETY: the caller keeps the node alive.
    let node = unsafe { node.as_ref() };
    // SAFETY: the caller has claimed the task, which gives it alone the right to the code.
    let code = node.code.with_mut(|code| unsafe { (*code).take() });
    let code = code.expect("claimed once");
    let result = match catch_unwind(AssertUnwindSafe(|| code.call(worker))) {
        Ok(result) => result,
        Err(payload) => Err(Panic::new(payload).into()),
    };
    // SAFETY: the claimer is the one producer.
    unsafe { node.shared.complete(result.map_err(Error::Failed)) };
}

unsafe fn give_up<W, C: Code<W>>(header: NonNull<Header<W>>, cause: Option<InitError>) {
    // SAFETY: alive by the task's count, which the reference takes over.
    let shared = SharedRef(unsafe { shared_of::<W, C>(header.cast()) });
    match cause {
        None => drop(shared.cancel()),
        Some(cause) if shared.completion.claim() => {
            // SAFETY: claimed just now, which gives the right to the code and to complete.
            unsafe {
                drop_code::<W, C>(shared.0.cast());
                shared.complete(Err(Error::Broken(cause)));
            }
        }
        Some(_) => (),
    }
}

unsafe fn free<W, C: Code<W>>(shared: NonNull<()>) {
    // SAFETY: the last count is gone, and the node came from a box.
    drop(unsafe { Box::from_raw(node_of::<W, C>(shared).as_ptr()) });
}

unsafe fn free_bare<T, E>(shared: NonNull<()>) {
    // SAFETY: the last count is gone, and the state came from a box of its own.
    drop(unsafe { Box::from_raw(shared.cast::<Shared<T, E>>().as_ptr()) });
}

unsafe fn drop_code<W, C: Code<W>>(shared: NonNull<()>) {
    // SAFETY: the caller holds a count, so the node is alive.
    let node = unsafe { node_of::<W, C>(shared).as_ref() };
    // SAFETY: the caller has cancelled or claimed the task: it alone has the right to the code.
    let code = node.code.with_mut(|code| unsafe { (*code).take() });
    drop(code);
}

unsafe fn help<W: 'static, C: Code<W>>(shared: NonNull<()>) {
    // SAFETY: the caller holds a count, so the node is alive.
    let node = unsafe { node_of::<W, C>(shared) };
    // SAFETY: see above.
    let shared = unsafe { &node.as_ref().shared };
    Context::with(shared.pool, |context| {
        if let Some(worker) = context.and_then(Context::worker::<W>)
            && shared.completion.claim()
        {
            // SAFETY: claimed just now; the caller's count keeps the node alive.
            unsafe { run_claimed(node, worker) };
        }
    });
}

/// Which executor a task belongs to: the address of what its workers share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PoolId(pub(crate) usize);

impl PoolId {
    pub(crate) const NONE: Self = Self(0);
}

/// What a worker thread knows about itself while it serves.
pub(crate) struct Context {
    pool: PoolId,
    kind: TypeId,
    worker: NonNull<()>,
    /// Its place among the workers.
    pub(crate) seat: usize,
    /// Names the task that what is forked now descends from. Never 0.
    pub(crate) root: Cell<usize>,
    /// The last name that was given to a root.
    roots: Cell<usize>,
    pub(crate) parker: Parker,
    /// How often to look for work before it sleeps.
    pub(crate) looks: Cell<u32>,
}

selvedge_sync::thread_local! {
    static CURRENT: Cell<Option<NonNull<Context>>> = Cell::new(None);
}

impl Context {
    pub(crate) fn new<W: 'static>(pool: PoolId, seat: usize, worker: &W) -> Self {
        Self {
            pool,
            kind: TypeId::of::<W>(),
            worker: NonNull::from(worker).cast(),
            seat,
            root: Cell::new(1),
            roots: Cell::new(1),
            parker: Parker::new(),
            looks: Cell::new(bounds::SPINS),
        }
    }

    /// Makes this the calling thread's context while `body` runs.
    pub(crate) fn enter<R>(&self, body: impl FnOnce() -> R) -> R {
        struct Restore(Option<NonNull<Context>>);
        impl Drop for Restore {
            fn drop(&mut self) {
                CURRENT.with(|current| current.set(self.0));
            }
        }
        let _restore = Restore(CURRENT.with(|cell| cell.replace(Some(NonNull::from(self)))));
        body()
    }

    /// Calls `body` with the context of the calling thread, if it is a worker of `pool`.
    #[inline]
    pub(crate) fn with<R>(pool: PoolId, body: impl FnOnce(Option<&Self>) -> R) -> R {
        let current = CURRENT.with(Cell::get);
        // SAFETY: `enter` borrows the context until it takes the pointer away, on this thread.
        let current = current.map(|context| unsafe { context.as_ref() });
        body(current.filter(|context| context.pool == pool))
    }

    /// The worker, if it is a `W`.
    pub(crate) fn worker<W: 'static>(&self) -> Option<&W> {
        // SAFETY: of this type, and alive for as long as the context is entered.
        (self.kind == TypeId::of::<W>()).then(|| unsafe { self.worker.cast().as_ref() })
    }

    /// Names a new root while `task` runs: what it forks is no kin of what was forked before.
    pub(crate) fn as_root<R>(&self, task: impl FnOnce() -> R) -> R {
        let before = self.root.get();
        self.roots.set(self.roots.get().wrapping_add(1).max(1));
        self.root.set(self.roots.get());
        let result = task();
        self.root.set(before);
        result
    }
}

/// Whether the calling thread is a worker of `pool`.
pub(crate) fn is_worker_of(pool: PoolId) -> bool {
    Context::with(pool, |context| context.is_some())
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::*;

    #[test]
    fn context_is_the_threads_own_while_entered() {
        let (outer, inner) = (PoolId(1), PoolId(2));
        let contexts = [outer, inner].map(|pool| Context::new(pool, 0, &()));
        contexts[0].enter(|| {
            assert!(is_worker_of(outer) && !is_worker_of(inner));
            contexts[1].enter(|| assert!(is_worker_of(inner) && !is_worker_of(outer)));
            assert!(is_worker_of(outer) && !is_worker_of(inner));
        });
        assert!(!is_worker_of(outer) && !is_worker_of(inner));
    }
}
