//! Who owns objects, whether they are about, and what others have left for them to merge.
//!
//! An owner is attached (somebody acts for it), detached (nobody does, for now) or retired. What
//! another thread finds to be mergeable goes into an attached owner's queue, and is merged on the
//! spot for the others. The owner's mutex is the handshake: who holds it while the owner is
//! detached acts for the owner, and the owner takes it to attach. It is held for a few counts at
//! a time and never while the embedder's code runs, so nobody waits for a thread that is blocked.

use crate::{Header, Released, Token};
use selvedge_sync::seam::atomic::{AtomicBool, Ordering};
use selvedge_sync::seam::{Arc, Mutex};
use std::collections::BTreeMap;

/// An object on its way to its owner; its reference is the queue's.
#[derive(Clone, Copy)]
struct Queued(*const Header);

// SAFETY: the header is for counting from any thread, and the queue's reference keeps it alive.
unsafe impl Send for Queued {}

struct Place {
    attached: bool,
    queue: Vec<Queued>,
}

struct Post {
    /// Whether the queue is perhaps not empty: for a look without the mutex.
    waiting: AtomicBool,
    place: Mutex<Place>,
}

impl Post {
    /// Takes everything queued.
    fn empty(&self) -> Vec<Queued> {
        let mut place = self.place.lock();
        // Relaxed: only a hint, and the mutex orders it against the setter.
        self.waiting.store(false, Ordering::Relaxed);
        core::mem::take(&mut place.queue)
    }
}

struct Registry {
    last: u32,
    posts: BTreeMap<Token, Arc<Post>>,
    /// What was queued for owners that retired without draining.
    orphans: Vec<Queued>,
}

/// The registry that hands out tokens. Clones are handles to the same registry.
#[derive(Clone)]
pub struct Owners(Arc<Mutex<Registry>>);

/// A token's one owner, attached at first. Dropping it retires the token for ever.
pub struct Owner {
    owners: Owners,
    token: Token,
    post: Arc<Post>,
}

/// Proof that an owner is detached; attaches it again when dropped.
#[must_use = "the owner is attached again as soon as this is dropped"]
pub struct Detached<'a>(&'a Owner);

impl Owners {
    /// A registry without owners.
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Registry {
            last: Token::NOBODY.as_u32(),
            posts: BTreeMap::new(),
            orphans: Vec::new(),
        })))
    }

    /// A new owner with a token that no other has had.
    ///
    /// # Panics
    /// After 2³² − 2 registrations; [`try_register`](Self::try_register) does not.
    pub fn register(&self) -> Owner {
        self.try_register().expect("tokens have run out")
    }

    /// A new owner, or `None` when all tokens have been used; one can still count as
    /// [`Token::STRANGER`].
    pub fn try_register(&self) -> Option<Owner> {
        let mut registry = self.0.lock();
        let token = Token::from_raw(registry.last + 1);
        if token == Token::STRANGER {
            return None;
        }
        registry.last += 1;
        let post = Arc::new(Post {
            waiting: AtomicBool::new(false),
            place: Mutex::new(Place {
                attached: true,
                queue: Vec::new(),
            }),
        });
        registry.posts.insert(token, Arc::clone(&post));
        drop(registry);
        Some(Owner {
            owners: self.clone(),
            token,
            post,
        })
    }

    /// Brings an object for which [`Header::decref`] has returned [`Released::Queue`] to its
    /// owner, or merges it if the owner is away. Never returns [`Released::Queue`].
    ///
    /// # Safety
    /// `object` was released with that result, and this is the one call for it. The caller does
    /// what the result demands. Its owner is of this registry.
    pub unsafe fn queue(&self, object: *const Header) -> Released {
        // SAFETY: the queue's reference, ours by contract, keeps the object alive.
        let header = unsafe { &*object };
        let owner = header.owner();
        let registry = self.0.lock();
        if let Some(post) = registry.posts.get(&owner) {
            let mut place = post.place.lock();
            if place.attached {
                place.queue.push(Queued(object));
                // Relaxed: only a hint; the mutex orders what it hints at.
                post.waiting.store(true, Ordering::Relaxed);
                return Released::Alive;
            }
            // SAFETY: the owner is detached and cannot attach while we hold its mutex.
            return unsafe { header.merge_queued(owner) };
        }
        drop(registry);
        // SAFETY: a token that is gone from the registry, whose mutex we had, is never acted for
        // again; of those who find its objects, the one that queues an object is alone with it.
        unsafe { header.merge_queued(owner) }
    }
}

impl Default for Owners {
    fn default() -> Self {
        Self::new()
    }
}

impl Owner {
    /// The token to pass as `me` while attached.
    #[inline]
    pub fn token(&self) -> Token {
        self.token
    }

    /// Whether [`drain`](Self::drain) has something to do: one relaxed load, for safe points.
    #[inline]
    pub fn is_waiting(&self) -> bool {
        // Relaxed: a hint, seen sooner or later.
        self.post.waiting.load(Ordering::Relaxed)
    }

    /// Merges what others have queued, and calls `destroy` for each object that this leaves
    /// without references. Returns how many objects were merged. For a safe point.
    ///
    /// # Safety
    /// The caller acts for this owner, which is attached. `destroy` destroys its argument.
    pub unsafe fn drain(&self, mut destroy: impl FnMut(*const Header)) -> usize {
        let mut merged = 0;
        loop {
            let mut queue = self.post.empty();
            if queue.is_empty() {
                queue = core::mem::take(&mut self.owners.0.lock().orphans);
            }
            if queue.is_empty() {
                return merged;
            }
            merged += queue.len();
            for Queued(object) in queue {
                // SAFETY: taken off the queue just now; the caller acts for the owner, and other
                // objects here were left by owners that nobody acts for any more.
                let released = unsafe {
                    let owner = (*object).owner();
                    let stranger = owner == Token::NOBODY;
                    (*object).merge_queued(if stranger { self.token } else { owner })
                };
                if released == Released::Last {
                    destroy(object);
                }
            }
        }
    }

    /// Drains, then lets others act for this owner until the result is dropped: around anything
    /// that blocks. Between the two nothing is left in the queue.
    ///
    /// # Safety
    /// As for [`drain`](Self::drain); and nobody acts for this owner until it is attached again.
    pub unsafe fn detach(&self, mut destroy: impl FnMut(*const Header)) -> Detached<'_> {
        loop {
            // SAFETY: the caller's promise.
            unsafe { self.drain(&mut destroy) };
            let mut place = self.post.place.lock();
            if place.queue.is_empty() {
                place.attached = false;
                return Detached(self);
            }
        }
    }

    /// Runs `blocking` while detached.
    ///
    /// # Safety
    /// As for [`detach`](Self::detach).
    pub unsafe fn detached<R>(
        &self,
        destroy: impl FnMut(*const Header),
        blocking: impl FnOnce() -> R,
    ) -> R {
        // SAFETY: the caller's promise.
        let _detached = unsafe { self.detach(destroy) };
        blocking()
    }

    /// Attaches after [`core::mem::forget`] of a [`Detached`]: for embedders that attach and
    /// detach in different functions. Waits at most for the merge of one object.
    pub fn attach(&self) {
        self.post.place.lock().attached = true;
    }
}

impl Drop for Detached<'_> {
    fn drop(&mut self) {
        self.0.attach();
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // The registry first, as everywhere; who finds a post holds on to the registry until done
        // with it, so nobody comes to this one any more.
        let mut registry = self.owners.0.lock();
        registry.posts.remove(&self.token);
        registry.orphans.append(&mut self.post.place.lock().queue);
    }
}
