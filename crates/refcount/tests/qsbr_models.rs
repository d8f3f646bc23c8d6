//! Models of reclamation against optimistic readers.
#![cfg(selvedge_loom)]
#![allow(missing_docs)]

use selvedge_refcount::Qsbr;
use selvedge_sync::model;
use selvedge_sync::seam::atomic::{AtomicUsize, Ordering};
use selvedge_sync::seam::cell::UnsafeCell;
use selvedge_sync::seam::model::reach;
use selvedge_sync::seam::{Arc, thread};

/// A place that leads to a thing, as long as it is linked.
struct Place {
    linked: AtomicUsize,
    thing: UnsafeCell<u32>,
}

// SAFETY: loom watches the thing.
unsafe impl Sync for Place {}
// SAFETY: as above.
unsafe impl Send for Place {}

impl Place {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            linked: AtomicUsize::new(1),
            thing: UnsafeCell::new(7),
        })
    }

    fn read(&self) -> bool {
        let linked = self.linked.load(Ordering::Relaxed) == 1;
        if linked {
            // SAFETY: loom reports it if it was freed.
            self.thing.with(|thing| assert_eq!(unsafe { *thing }, 7));
        }
        linked
    }

    fn unlink(&self) {
        self.linked.store(0, Ordering::Relaxed);
    }

    fn free(&self) {
        // SAFETY: loom reports it if somebody still reads.
        self.thing.with_mut(|thing| unsafe { *thing = 0 });
    }
}

fn reclaim(domain: &Qsbr<()>, place: &Place) {
    for () in domain.reclaim() {
        place.free();
    }
}

#[test]
fn reader_at_work_is_waited_for() {
    model!(
        "reader_at_work_is_waited_for",
        "what an online reader has found is freed only after it was quiescent"
    )
    .reaches(&["read", "freed while it runs"])
    .check(|| {
        let domain = Qsbr::new();
        let place = Place::new();
        let reader = domain.reader();
        let thread = {
            let place = Arc::clone(&place);
            thread::spawn(move || {
                for _ in 0..2 {
                    if place.read() {
                        reach("read");
                    }
                    reader.quiescent();
                }
                reader
            })
        };
        place.unlink();
        domain.defer(());
        reclaim(&domain, &place);
        if domain.waiting() == 0 {
            reach("freed while it runs");
        }
        drop(thread.join().unwrap());
        reclaim(&domain, &place);
        assert_eq!(domain.waiting(), 0);
    });
}

#[test]
fn reader_that_comes_online_is_waited_for_or_finds_nothing() {
    model!(
        "reader_that_comes_online_is_waited_for_or_finds_nothing",
        "a reader that comes online while something is reclaimed does not read it after"
    )
    .reaches(&["read", "found nothing", "freed while it runs"])
    .check(|| {
        let domain = Qsbr::new();
        let place = Place::new();
        let reader = domain.reader();
        reader.offline();
        let thread = {
            let place = Arc::clone(&place);
            thread::spawn(move || {
                reader.online();
                reach(if place.read() {
                    "read"
                } else {
                    "found nothing"
                });
                reader.offline();
            })
        };
        place.unlink();
        domain.defer(());
        reclaim(&domain, &place);
        if domain.waiting() == 0 {
            reach("freed while it runs");
        }
        thread.join().unwrap();
        reclaim(&domain, &place);
        assert_eq!(domain.waiting(), 0);
    });
}
