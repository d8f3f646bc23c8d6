//! Models of the counts: no object is freed early, twice or never.
#![cfg(selvedge_loom)]
#![allow(missing_docs)]

use selvedge_refcount::{Header, Owner, Owners, Released, Token};
use selvedge_sync::model;
use selvedge_sync::seam::atomic::{AtomicUsize, Ordering};
use selvedge_sync::seam::cell::UnsafeCell;
use selvedge_sync::seam::model::reach;
use selvedge_sync::seam::{Arc, thread};

/// An object, its fellows in the model, and how often it was destroyed.
struct World {
    header: UnsafeCell<Header>,
    /// Read by every holder, written by the destroyer: loom reports a read that is not ordered
    /// before it.
    body: UnsafeCell<u32>,
    destroyed: AtomicUsize,
    owners: Owners,
}

// SAFETY: what the model shares it counts; loom watches the body.
unsafe impl Sync for World {}
// SAFETY: as above.
unsafe impl Send for World {}

impl World {
    /// A world whose object is `owner`'s.
    fn new(owners: &Owners, owner: Token) -> Arc<Self> {
        Arc::new(Self {
            header: UnsafeCell::new(Header::new(owner, core::ptr::null())),
            body: UnsafeCell::new(7),
            destroyed: AtomicUsize::new(0),
            owners: owners.clone(),
        })
    }

    fn header(&self) -> &Header {
        // SAFETY: replaced only when nobody counts any more, which is what the models show.
        self.header.with(|header| unsafe { &*header })
    }

    /// Uses the object through a reference.
    fn touch(&self) {
        // SAFETY: loom reports it if this is not so.
        self.body.with(|body| assert_eq!(unsafe { *body }, 7));
    }

    fn destroy(&self) {
        // SAFETY: as above.
        self.body.with_mut(|body| unsafe { *body = 0 });
        assert_eq!(self.destroyed.fetch_add(1, Ordering::Relaxed), 0, "twice");
        self.header().set_ty(core::ptr::dangling());
    }

    fn act_on(&self, released: Released) {
        match released {
            Released::Alive => {}
            Released::Last => self.destroy(),
            Released::Queue => {
                reach("queued");
                // SAFETY: just told to queue it.
                let released = unsafe { self.owners.queue(self.header()) };
                if released == Released::Last {
                    reach("merged by the finder");
                    self.destroy();
                }
            }
        }
    }

    /// Uses and gives up a reference.
    fn release(&self, me: Token) {
        self.touch();
        // SAFETY: every caller holds a reference and is alone with its token.
        let released = unsafe { self.header().decref(me) };
        self.act_on(released);
    }

    fn drain(&self, owner: &Owner) {
        // SAFETY: called by the thread that has the owner.
        let merged = unsafe { owner.drain(|_| self.destroy()) };
        if merged > 0 {
            reach("drained");
        }
    }

    fn assert_freed(&self) {
        assert_eq!(self.destroyed.load(Ordering::Relaxed), 1, "never freed");
    }
}

fn spawn(world: &Arc<World>, body: impl FnOnce(&World) + 'static) -> thread::JoinHandle<()> {
    let world = Arc::clone(world);
    thread::spawn(move || body(&world))
}

const STRANGER: Token = Token::STRANGER;

#[test]
fn owner_and_other_free_it_once() {
    model!(
        "owner_and_other_free_it_once",
        "an owner and another thread that both clone and drop free the object once, after both"
    )
    .reaches(&["queued", "drained"])
    .check(|| {
        let owners = Owners::new();
        let owner = owners.register();
        let world = World::new(&owners, owner.token());
        world.header().incref(owner.token());
        let other = spawn(&world, |world| {
            world.header().incref(STRANGER);
            world.release(STRANGER);
            world.release(STRANGER);
        });
        world.header().incref(owner.token());
        world.release(owner.token());
        world.release(owner.token());
        world.drain(&owner);
        other.join().unwrap();
        world.drain(&owner);
        world.assert_freed();
    });
}

#[test]
fn two_others_free_what_the_owner_merged() {
    model!(
        "two_others_free_what_the_owner_merged",
        "two others that hold references keep a merged object alive and the last one frees it"
    )
    .preemptions(2)
    .reaches(&["merged first"])
    .check(|| {
        let owners = Owners::new();
        let owner = owners.register();
        let world = World::new(&owners, owner.token());
        world.header().incref(STRANGER);
        world.header().incref(STRANGER);
        let others = [0, 1].map(|_| spawn(&world, |world| world.release(STRANGER)));
        world.release(owner.token());
        if world.destroyed.load(Ordering::Relaxed) == 0 {
            reach("merged first");
        }
        for other in others {
            other.join().unwrap();
        }
        world.assert_freed();
    });
}

#[test]
fn queued_once_by_two_others() {
    model!(
        "queued_once_by_two_others",
        "two others that both release references the owner counted queue the object once"
    )
    .reaches(&["queued", "drained"])
    .check(|| {
        let owners = Owners::new();
        let owner = owners.register();
        let world = World::new(&owners, owner.token());
        world.header().incref(owner.token());
        let others = [0, 1].map(|_| spawn(&world, |world| world.release(STRANGER)));
        world.drain(&owner);
        for other in others {
            other.join().unwrap();
        }
        world.drain(&owner);
        world.assert_freed();
    });
}

#[test]
fn merge_writes_nothing_late() {
    model!(
        "merge_writes_nothing_late",
        "once another thread may free the memory, the merging owner no longer writes to it"
    )
    .reaches(&["reused"])
    .check(|| {
        let owners = Owners::new();
        let owner = owners.register();
        let world = World::new(&owners, owner.token());
        world.header().incref(STRANGER);
        let other = spawn(&world, |world| {
            world.touch();
            // SAFETY: holds the reference counted above.
            if unsafe { world.header().decref(STRANGER) } == Released::Last {
                reach("reused");
                world.destroy();
                let reused = Header::new(Token::NOBODY, core::ptr::null());
                reused.make_immortal();
                // SAFETY: the object is dead and this thread destroys it. A copy into place
                // drops nothing that loom tracks.
                world.header.with(|header| unsafe {
                    core::ptr::write(header.cast_mut(), reused);
                });
            }
        });
        // SAFETY: holds the first reference.
        let released = unsafe { world.header().decref(owner.token()) };
        other.join().unwrap();
        if released == Released::Last {
            world.destroy();
        } else {
            assert!(world.header().is_immortal(), "written to after reuse");
            assert!(world.header().try_incref(STRANGER));
        }
        world.assert_freed();
    });
}

#[test]
fn detached_owner_is_merged_by_the_finder() {
    model!(
        "detached_owner_is_merged_by_the_finder",
        "garbage of an owner that detaches and attaches is freed once, by the finder or the owner"
    )
    .reaches(&["merged by the finder", "drained"])
    .check(|| {
        let owners = Owners::new();
        let owner = owners.register();
        let world = World::new(&owners, owner.token());
        let other = spawn(&world, |world| world.release(STRANGER));
        // SAFETY: nobody acts for the owner inside.
        unsafe { owner.detached(|_| world.destroy(), thread::yield_now) };
        world.drain(&owner);
        other.join().unwrap();
        world.drain(&owner);
        world.assert_freed();
    });
}

#[test]
fn detached_owner_counts_again_after_a_merge() {
    model!(
        "detached_owner_counts_again_after_a_merge",
        "an owner that comes back counts correctly whether or not a finder merged meanwhile"
    )
    .reaches(&["queued", "was merged", "was not merged"])
    .check(|| {
        let owners = Owners::new();
        let owner = owners.register();
        let world = World::new(&owners, owner.token());
        world.header().incref(owner.token());
        let other = spawn(&world, |world| world.release(STRANGER));
        // SAFETY: nobody acts for the owner inside.
        unsafe { owner.detached(|_| world.destroy(), thread::yield_now) };
        world.touch();
        reach(if world.header().owner() == Token::NOBODY {
            "was merged"
        } else {
            "was not merged"
        });
        world.header().incref(owner.token());
        world.release(owner.token());
        world.release(owner.token());
        other.join().unwrap();
        world.drain(&owner);
        world.assert_freed();
    });
}

#[test]
fn retired_owner_is_merged_by_the_finder() {
    model!(
        "retired_owner_is_merged_by_the_finder",
        "garbage of an owner that retires meanwhile is freed once, by the finder or an heir"
    )
    .reaches(&["merged by the finder", "drained"])
    .check(|| {
        let owners = Owners::new();
        let heir = owners.register();
        let owner = owners.register();
        let world = World::new(&owners, owner.token());
        world.header().incref(owner.token());
        let other = spawn(&world, |world| world.release(STRANGER));
        world.release(owner.token());
        drop(owner);
        other.join().unwrap();
        world.drain(&heir);
        world.assert_freed();
    });
}

#[test]
fn immortal_while_queued_is_left_alone() {
    model!(
        "immortal_while_queued_is_left_alone",
        "an object made immortal while another thread queues it is never freed nor counted down"
    )
    .reaches(&["queued", "drained"])
    .check(|| {
        let owners = Owners::new();
        let owner = owners.register();
        let world = World::new(&owners, owner.token());
        world.header().incref(owner.token());
        let other = spawn(&world, |world| world.release(STRANGER));
        world.header().make_immortal();
        world.drain(&owner);
        other.join().unwrap();
        world.drain(&owner);
        assert!(world.header().is_immortal());
        for _ in 0..3 {
            world.release(owner.token());
            world.release(STRANGER);
        }
        world.drain(&owner);
        assert!(world.header().is_immortal());
        assert_eq!(world.destroyed.load(Ordering::Relaxed), 0);
    });
}

#[test]
fn immortal_while_merged_is_left_alone() {
    model!(
        "immortal_while_merged_is_left_alone",
        "an object that another makes immortal while its owner merges it is never freed"
    )
    .reaches(&["immortal before", "merged before"])
    .check(|| {
        let owners = Owners::new();
        let owner = owners.register();
        let world = World::new(&owners, owner.token());
        world.header().incref(STRANGER);
        let other = spawn(&world, |world| {
            world.header().make_immortal();
            world.release(STRANGER);
        });
        // The explorer does not see on its own that this load may come after the other's change of
        // the word: only a word's last access is compared.
        thread::yield_now();
        reach(if world.header().is_immortal() {
            "immortal before"
        } else {
            "merged before"
        });
        world.release(owner.token());
        other.join().unwrap();
        assert!(world.header().is_immortal());
        assert_eq!(world.destroyed.load(Ordering::Relaxed), 0);
    });
}

#[test]
fn weak_upgrade_never_revives() {
    model!(
        "weak_upgrade_never_revives",
        "a try_incref against the owner's last release obtains a live object or none"
    )
    .reaches(&["upgraded", "too late"])
    .check(|| {
        let owners = Owners::new();
        let owner = owners.register();
        let world = World::new(&owners, owner.token());
        world.header().publish();
        let other = spawn(&world, |world| {
            if world.header().try_incref(STRANGER) {
                reach("upgraded");
                world.release(STRANGER);
            } else {
                reach("too late");
            }
        });
        world.release(owner.token());
        other.join().unwrap();
        world.drain(&owner);
        world.assert_freed();
        assert!(!world.header().try_incref(STRANGER));
    });
}

#[test]
fn weak_upgrade_against_a_merged_object() {
    model!(
        "weak_upgrade_against_a_merged_object",
        "a try_incref against the last release of a merged object obtains a live object or none"
    )
    .reaches(&["upgraded", "too late"])
    .check(|| {
        let owners = Owners::new();
        let world = World::new(&owners, Token::NOBODY);
        let other = spawn(&world, |world| {
            if world.header().try_incref(STRANGER) {
                reach("upgraded");
                world.release(STRANGER);
            } else {
                reach("too late");
            }
        });
        world.release(STRANGER);
        other.join().unwrap();
        world.assert_freed();
    });
}

#[test]
fn published_by_a_borrower_is_seen_by_the_owner() {
    model!(
        "published_by_a_borrower_is_seen_by_the_owner",
        "what another publishes before it gives its reference up, the freeing owner sees"
    )
    .reaches(&["upgraded", "too late"])
    .preemptions(2)
    .check(|| {
        let owners = Owners::new();
        let owner = owners.register();
        let world = World::new(&owners, owner.token());
        world.header().incref(STRANGER);
        let publisher = spawn(&world, |world| {
            world.header().publish();
            let upgrader = {
                // SAFETY: both the world and the object outlive the model's threads.
                let world: &'static World = unsafe { &*core::ptr::from_ref(world) };
                thread::spawn(move || {
                    if world.header().try_incref(STRANGER) {
                        reach("upgraded");
                        world.release(STRANGER);
                    } else {
                        reach("too late");
                    }
                })
            };
            world.release(STRANGER);
            upgrader.join().unwrap();
        });
        world.release(owner.token());
        publisher.join().unwrap();
        world.drain(&owner);
        world.assert_freed();
    });
}

#[test]
fn two_others_count_at_once() {
    model!(
        "two_others_count_at_once",
        "no reference is lost when two threads make and give up references at once"
    )
    .preemptions(2)
    .reaches(&["freed by another"])
    .check(|| {
        let owners = Owners::new();
        let world = World::new(&owners, Token::NOBODY);
        world.header().incref(STRANGER);
        world.header().incref(STRANGER);
        let others = [0, 1].map(|_| {
            spawn(&world, |world| {
                world.header().incref(STRANGER);
                world.release(STRANGER);
                world.release(STRANGER);
            })
        });
        world.release(STRANGER);
        if world.destroyed.load(Ordering::Relaxed) == 0 {
            reach("freed by another");
        }
        for other in others {
            other.join().unwrap();
        }
        world.assert_freed();
    });
}

#[test]
fn published_object_is_seen_as_it_was() {
    model!(
        "published_object_is_seen_as_it_was",
        "who obtains a reference to an object that it found sees what came before its publication"
    )
    .reaches(&["obtained", "not found"])
    .check(|| {
        let owners = Owners::new();
        let owner = owners.register();
        let world = World::new(&owners, owner.token());
        let place = Arc::new(AtomicUsize::new(0));
        let found = Arc::clone(&place);
        let finder = spawn(&world, move |world| {
            // Relaxed: the reference itself brings the rest.
            if found.load(Ordering::Relaxed) == 1 && world.header().try_incref(STRANGER) {
                reach("obtained");
                world.release(STRANGER);
            } else {
                reach("not found");
            }
        });
        // SAFETY: loom reports it if somebody else has a reference yet.
        world.body.with_mut(|body| unsafe { *body = 7 });
        world.header().publish();
        place.store(1, Ordering::Relaxed);
        finder.join().unwrap();
        world.release(owner.token());
        world.drain(&owner);
        world.assert_freed();
    });
}

#[test]
fn contended_release_queues_or_subtracts() {
    model!(
        "contended_release_queues_or_subtracts",
        "a release that others keep from succeeding either queues the object or gives its reference up"
    )
    .preemptions(3)
    .reaches(&["queued", "drained"])
    .check(|| {
        let owners = Owners::new();
        let owner = owners.register();
        let world = World::new(&owners, owner.token());
        world.header().incref(STRANGER);
        world.header().incref(STRANGER);
        let one = spawn(&world, |world| world.release(STRANGER));
        // The count never gets to 0 here, so nothing but contention has a reason to queue.
        for _ in 0..2 {
            world.header().incref(STRANGER);
            world.release(STRANGER);
        }
        one.join().unwrap();
        world.drain(&owner);
        assert_eq!(world.header().count(), 2);
        world.release(STRANGER);
        world.release(owner.token());
        world.drain(&owner);
        world.assert_freed();
    });
}

#[test]
fn revived_object_is_upgraded_whole_and_freed_once() {
    model!(
        "revived_object_is_upgraded_whole_and_freed_once",
        "who upgrades while the destroyer revives sees what it wrote before, and one of them frees"
    )
    .reaches(&["upgraded", "too late", "queued"])
    .check(|| {
        let owners = Owners::new();
        let owner = owners.register();
        let world = World::new(&owners, owner.token());
        // SAFETY: the first reference.
        let released = unsafe { world.header().decref(owner.token()) };
        assert_eq!(released, Released::Last);
        let other = spawn(&world, |world| {
            if world.header().try_incref(STRANGER) {
                reach("upgraded");
                world.release(STRANGER);
                world.release(STRANGER);
            } else {
                reach("too late");
            }
        });
        // SAFETY: as in `touch`: nobody may read until the object is revived.
        world.body.with_mut(|body| unsafe { *body = 7 });
        // The reference that reviving makes is the other's to give up, if it upgrades.
        // SAFETY: told above that the object is ours.
        unsafe { world.header().revive(owner.token()) };
        other.join().unwrap();
        world.drain(&owner);
        if world.destroyed.load(Ordering::Relaxed) == 0 {
            world.release(owner.token());
        }
        world.assert_freed();
    });
}
