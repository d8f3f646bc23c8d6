//! A registered thread, and the proof that it is attached.

use crate::error::AttachError;
use crate::lock::{Core, Patience};
use crate::policy::Arrival;
use crate::requests::Requests;
use crate::thread::{Thread, ThreadHandle, ThreadId};
use core::cell::Cell;
use selvedge_sync::seam::atomic::{AtomicU32, Ordering};
use selvedge_sync::seam::clock::{Duration, Instant};
use selvedge_sync::seam::{Arc, Parker};

/// The calling thread's registration with a lock. It stays on its thread; dropping it ends the
/// registration.
#[derive(Debug)]
pub struct Member {
    core: Arc<Core>,
    thread: Arc<Thread>,
    parker: Parker,
    /// Whether the thread is attached. False while an [`Attached`] exists only inside
    /// [`detach`](Attached::detach), and once finalisation has shut the thread out.
    attached: Cell<bool>,
}

/// Proof that the thread is attached: it holds the lock, or is counted in where the lock is
/// switched off. Pass it down by reference to whatever relies on that. Dropping it detaches.
#[derive(Debug)]
#[must_use = "the thread is detached as soon as this is dropped"]
pub struct Attached<'m> {
    member: &'m Member,
}

impl Member {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        let parker = Parker::new();
        let thread = core.register(parker.unparker());
        Self {
            core,
            thread,
            parker,
            attached: Cell::new(false),
        }
    }

    /// Attaches the thread, waiting its turn.
    ///
    /// # Panics
    /// If the lock is being finalised by another thread.
    #[inline]
    pub fn attach(&mut self) -> Attached<'_> {
        if !self.core.attach_at_once(&self.thread)
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
        if !self.core.attach_at_once(&self.thread) {
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
        if !self.core.attach_at_once(&self.thread) {
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
        ThreadHandle(Arc::clone(&self.thread))
    }

    /// The thread's id.
    #[must_use]
    pub fn id(&self) -> ThreadId {
        self.thread.id
    }

    fn attach_slowly(&self, arrival: Arrival, patience: Patience) -> Result<(), AttachError> {
        self.core
            .attach_slowly(&self.thread, &self.parker, arrival, patience)
    }

    #[inline]
    fn attached(&self) -> Attached<'_> {
        self.attached.set(true);
        Attached { member: self }
    }

    #[inline]
    fn detach(&self) {
        self.attached.set(false);
        if !self.core.detach_at_once(&self.thread) {
            self.core.detach_slowly(&self.thread);
        }
    }

    #[inline]
    fn reattach(&self) -> Result<(), AttachError> {
        if !self.core.attach_at_once(&self.thread) {
            self.attach_slowly(Arrival::Returning, Patience::Forever)?;
        }
        self.attached.set(true);
        Ok(())
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.core.deregister(&self.thread);
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
        self.require();
        self.member.detach();
        let _again = Again(self.member);
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
        if self.member.thread.requests.load(Ordering::Relaxed) != 0 {
            self.serve();
        }
    }

    /// The thread's request word, for a loop that keeps its address at hand, tests it with a
    /// relaxed load and calls [`serve`](Self::serve) when it is not zero.
    #[inline]
    pub fn requests(&self) -> &AtomicU32 {
        &self.member.thread.requests
    }

    /// Serves what is requested of the thread by the lock, and returns what is left for the
    /// embedder, which [takes](Self::take_requests) it as it comes to it.
    ///
    /// # Panics
    /// If another thread finalises the lock: see [`Gil::finalise`](crate::Gil::finalise).
    #[cold]
    #[inline(never)]
    pub fn serve(&mut self) -> Requests {
        self.require();
        let member = self.member;
        if member.thread.pending().intersects(Requests::OWN) {
            self.member.attached.set(false);
            if member.core.serve(&member.thread, &member.parker).is_err() {
                shut_out();
            }
            self.member.attached.set(true);
        }
        member.thread.pending() & !Requests::OWN
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
        self.member.thread.take(mask)
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

    /// The thread may have been shut out by finalisation and its panic caught.
    #[inline]
    fn require(&self) {
        if !self.member.attached.get() {
            shut_out();
        }
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

/// Unwinds a thread that finalisation has shut out, unless it unwinds already.
#[cold]
fn shut_out() {
    if !selvedge_sync::seam::thread::panicking() {
        std::panic::panic_any(AttachError::Finalising);
    }
}
