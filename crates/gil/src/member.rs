//! A registered thread, and the proof that it is attached.

use crate::error::AttachError;
use crate::local::Local;
use crate::lock::{Core, Patience};
use crate::policy::Arrival;
use crate::requests::Requests;
use crate::thread::{ThreadHandle, ThreadId};
use core::cell::Cell;
use selvedge_sync::seam::Arc;
use selvedge_sync::seam::atomic::{AtomicU32, Ordering};
use selvedge_sync::seam::clock::{Duration, Instant};

/// The calling thread's registration with a lock. It stays on its thread; dropping it ends the
/// registration.
#[derive(Debug)]
pub struct Member {
    core: Arc<Core>,
    local: Local,
    /// Whether the thread is attached. False while an [`Attached`] exists only inside
    /// [`detach`](Attached::detach), and once finalisation has shut the thread out.
    attached: Cell<bool>,
}

/// Proof that the thread is attached: it holds the lock, or is counted in where the lock is
/// switched off. Pass it down by reference to whatever relies on that. Dropping it detaches.
///
/// What the types forbid is shown by pairs of examples that differ in one line; the second of each
/// pair does not compile. The proof cannot be used while the thread is detached, only before and
/// after:
///
/// ```
/// # use selvedge_gil::{Attached, Gil};
/// fn needs_the_lock(_: &Attached<'_>) {}
/// let gil = Gil::builder().build();
/// let mut member = gil.register();
/// let mut attached = member.attach();
/// attached.detach(|| ());
/// needs_the_lock(&attached);
/// ```
///
/// ```compile_fail,E0502
/// # use selvedge_gil::{Attached, Gil};
/// fn needs_the_lock(_: &Attached<'_>) {}
/// let gil = Gil::builder().build();
/// let mut member = gil.register();
/// let mut attached = member.attach();
/// attached.detach(|| needs_the_lock(&attached));
/// needs_the_lock(&attached);
/// ```
///
/// nor while the world is stopped, but through the proof of that:
///
/// ```
/// # use selvedge_gil::{Attached, Gil};
/// # fn needs_the_lock(_: &Attached<'_>) {}
/// let gil = Gil::builder().build();
/// let mut member = gil.register();
/// let mut attached = member.attach();
/// let stopped = gil.stop_the_world(&mut attached);
/// needs_the_lock(&stopped);
/// drop(stopped);
/// ```
///
/// ```compile_fail,E0502
/// # use selvedge_gil::{Attached, Gil};
/// # fn needs_the_lock(_: &Attached<'_>) {}
/// let gil = Gil::builder().build();
/// let mut member = gil.register();
/// let mut attached = member.attach();
/// let stopped = gil.stop_the_world(&mut attached);
/// needs_the_lock(&attached);
/// drop(stopped);
/// ```
///
/// The same thread cannot be attached twice, only one time after the other:
///
/// ```
/// # use selvedge_gil::Gil;
/// let gil = Gil::builder().build();
/// let mut member = gil.register();
/// let attached = member.attach();
/// drop(attached);
/// let again = member.attach();
/// ```
///
/// ```compile_fail,E0499
/// # use selvedge_gil::Gil;
/// let gil = Gil::builder().build();
/// let mut member = gil.register();
/// let attached = member.attach();
/// let again = member.attach();
/// drop(attached);
/// ```
///
/// Neither the proof nor the registration can go to another thread; the lock can:
///
/// ```
/// # use selvedge_gil::Gil;
/// let gil = Gil::builder().build();
/// std::thread::spawn(move || drop(gil.register().attach()));
/// ```
///
/// ```compile_fail,E0277
/// # use selvedge_gil::Gil;
/// let gil = Gil::builder().build();
/// let mut member = gil.register();
/// std::thread::spawn(move || drop(member.attach()));
/// ```
///
/// And the proof cannot outlive the registration:
///
/// ```
/// # use selvedge_gil::Gil;
/// let gil = Gil::builder().build();
/// let mut member = gil.register();
/// let attached = member.attach();
/// drop(attached);
/// drop(member);
/// ```
///
/// ```compile_fail,E0505
/// # use selvedge_gil::Gil;
/// let gil = Gil::builder().build();
/// let mut member = gil.register();
/// let attached = member.attach();
/// drop(member);
/// drop(attached);
/// ```
#[derive(Debug)]
#[must_use = "the thread is detached as soon as this is dropped"]
pub struct Attached<'m> {
    member: &'m Member,
    /// The member's request word, at hand for safe points.
    requests: &'m AtomicU32,
}

impl Member {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        let local = core.register();
        Self {
            core,
            local,
            attached: Cell::new(false),
        }
    }

    /// Attaches the thread, waiting its turn.
    ///
    /// # Panics
    /// If the lock is being finalised by another thread.
    #[inline]
    pub fn attach(&mut self) -> Attached<'_> {
        if !self.attach_at_once(Arrival::Fresh)
            && let Err(error) = self.attach_slowly(Arrival::Fresh, Patience::Forever)
        {
            panic!("{error}");
        }
        self.attached()
    }

    /// Attaches the thread if that needs no waiting.
    ///
    /// # Errors
    /// [`AttachError::Finalising`] once another thread finalises, [`AttachError::Timeout`] if the
    /// thread would have to wait.
    #[inline]
    pub fn try_attach(&mut self) -> Result<Attached<'_>, AttachError> {
        if !self.attach_at_once(Arrival::Fresh) {
            self.attach_slowly(Arrival::Fresh, Patience::Never)?;
        }
        Ok(self.attached())
    }

    /// Attaches the thread, waiting its turn up to `timeout`.
    ///
    /// # Errors
    /// [`AttachError::Finalising`] once another thread finalises, [`AttachError::Timeout`] if the
    /// thread's turn did not come in time.
    pub fn attach_timeout(&mut self, timeout: Duration) -> Result<Attached<'_>, AttachError> {
        if !self.attach_at_once(Arrival::Fresh) {
            // A time too far away to be represented never comes.
            let end = Instant::now().checked_add(timeout);
            let patience = end.map_or(Patience::Forever, Patience::Until);
            self.attach_slowly(Arrival::Fresh, patience)?;
        }
        Ok(self.attached())
    }

    /// Reaches this thread from others.
    #[must_use]
    pub fn handle(&self) -> ThreadHandle {
        ThreadHandle(Arc::clone(&self.local.thread))
    }

    /// The thread's id.
    #[must_use]
    pub fn id(&self) -> ThreadId {
        self.local.thread.id
    }

    #[inline(always)]
    fn attach_at_once(&self, arrival: Arrival) -> bool {
        self.core.attach_at_once(&self.local.thread, arrival)
    }

    fn attach_slowly(&self, arrival: Arrival, patience: Patience) -> Result<(), AttachError> {
        // A proof that was leaked leaves the thread attached.
        if self.attached.get() {
            return Ok(());
        }
        self.core.attach_slowly(&self.local, arrival, patience)
    }

    #[inline(always)]
    fn is_attached(&self) {
        self.attached.set(true);
        self.local.thread.counts.takes.add(1);
    }

    #[inline(always)]
    fn attached(&self) -> Attached<'_> {
        self.is_attached();
        Attached {
            member: self,
            requests: &self.local.thread.requests,
        }
    }

    #[inline(always)]
    fn detach(&self) {
        self.attached.set(false);
        if !self.core.detach_at_once(&self.local.thread) {
            self.core.detach_slowly(&self.local);
        }
    }

    #[inline(always)]
    fn reattach(&self) -> Result<(), AttachError> {
        if !self.attach_at_once(Arrival::Returning) {
            self.reattach_slowly()?;
        }
        self.is_attached();
        Ok(())
    }

    #[cold]
    fn reattach_slowly(&self) -> Result<(), AttachError> {
        self.local.is_back();
        self.attach_slowly(Arrival::Returning, Patience::Forever)
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        // A proof that was leaked leaves the thread attached.
        if self.attached.get() {
            self.detach();
        }
        self.core.deregister(&self.local);
    }
}

impl Attached<'_> {
    /// Runs `work`, which may block, with the thread detached, and attaches it again afterwards,
    /// also if `work` panics.
    ///
    /// If nobody else takes the lock meanwhile, this costs no system call.
    ///
    /// # Panics
    /// If another thread finalises the lock: see [`Gil::finalise`](crate::Gil::finalise).
    #[inline]
    pub fn detach<R>(&mut self, work: impl FnOnce() -> R) -> R {
        struct Again<'m>(&'m Member);
        impl Drop for Again<'_> {
            fn drop(&mut self) {
                if self.0.reattach().is_err() {
                    shut_out();
                }
            }
        }
        let _again = if self.member.attached.get() {
            self.member.detach();
            Some(Again(self.member))
        } else {
            shut_out();
            None
        };
        work()
    }

    /// A safe point: serves what is requested of the thread. With nothing requested this is one
    /// relaxed load and a branch.
    ///
    /// Requests that are the embedder's stay until it [takes](Self::take_requests) them.
    ///
    /// # Panics
    /// As [`serve`](Self::serve).
    #[inline(always)]
    pub fn checkpoint(&mut self) {
        // Relaxed: what is found is acted on in `serve`.
        if self.requests.load(Ordering::Relaxed) != 0 {
            self.serve();
        }
    }

    /// The thread's request word, for a loop that keeps its address at hand, tests it with a
    /// relaxed load and calls [`serve`](Self::serve) when it is not zero.
    #[inline]
    pub fn requests(&self) -> &AtomicU32 {
        self.requests
    }

    /// Serves what is requested of the thread by the lock, and returns what is left for the
    /// embedder, which [takes](Self::take_requests) it as it comes to it.
    ///
    /// # Panics
    /// If another thread finalises the lock: see [`Gil::finalise`](crate::Gil::finalise).
    #[cold]
    #[inline(never)]
    pub fn serve(&mut self) -> Requests {
        let pending = &self.member.local.thread;
        if pending.pending().intersects(Requests::OWN) {
            self.guarded(Core::serve);
        }
        pending.pending() & !Requests::OWN
    }

    /// A safe point at which the thread lets go of the lock if anybody waits for it, asked or
    /// not, and has it back when its turn has come. Returns whether anybody waited.
    ///
    /// # Panics
    /// If another thread finalises the lock: see [`Gil::finalise`](crate::Gil::finalise).
    pub fn switch(&mut self) -> bool {
        let mut switched = false;
        self.guarded(|core, local| {
            switched = core.yield_to_next(local, true)?;
            Ok(())
        });
        switched
    }

    /// Runs what may find that finalisation has shut the thread out.
    pub(crate) fn guarded(&mut self, f: impl FnOnce(&Core, &Local) -> Result<(), AttachError>) {
        let member = self.member;
        if !member.attached.replace(false) || f(&member.core, &member.local).is_err() {
            return shut_out();
        }
        member.attached.set(true);
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.member.core
    }

    /// Takes the requests in `mask` that are pending away, to act on them.
    ///
    /// # Panics
    /// If `mask` holds one that is the lock's own: see [`Requests::OWN`].
    pub fn take_requests(&mut self, mask: Requests) -> Requests {
        assert!(
            !mask.intersects(Requests::OWN),
            "drop, stop and tick requests are the lock's own"
        );
        self.member.local.thread.take(mask)
    }

    /// Reaches this thread from others.
    #[must_use]
    pub fn handle(&self) -> ThreadHandle {
        self.member.handle()
    }

    /// The thread's id.
    #[must_use]
    pub fn id(&self) -> ThreadId {
        self.member.id()
    }
}

impl Drop for Attached<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.member.attached.get() {
            self.member.detach();
        }
    }
}

/// Unwinds a thread that finalisation has shut out, unless it unwinds already. A thread whose
/// panic was caught comes here again with its next use of the proof.
#[cold]
fn shut_out() {
    if !selvedge_sync::seam::thread::panicking() {
        std::panic::panic_any(AttachError::Finalising);
    }
}
