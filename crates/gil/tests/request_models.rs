//! Models of the request word: what is posted arrives, with what was done before.
#![cfg(selvedge_loom)]
#![allow(missing_docs)]

use selvedge_gil::{Gil, Requests};
use selvedge_sync::model;
use selvedge_sync::seam::cell::UnsafeCell;
use selvedge_sync::seam::model::reach;
use selvedge_sync::seam::{Arc, thread};

#[test]
fn request_brings_what_was_done_before_it() {
    model!(
        "request_brings_what_was_done_before_it",
        "who takes a request sees what the one who posted it did before"
    )
    .reaches(&["taken while the other ran"])
    .check(|| {
        let gil = Gil::builder().build();
        let mut member = gil.register();
        let mut attached = member.attach();
        let queued = Arc::new(UnsafeCell::new(0));
        let poster = {
            let (handle, queued) = (attached.handle(), Arc::clone(&queued));
            thread::spawn(move || {
                // SAFETY: read only after the request was taken; loom reports it if not.
                queued.with_mut(|queued| unsafe { *queued = 1 });
                handle.post(Requests::PENDING_CALL);
            })
        };
        if !attached.take_requests(Requests::PENDING_CALL).is_empty() {
            reach("taken while the other ran");
            // SAFETY: written before the request was posted.
            queued.with(|queued| assert_eq!(unsafe { *queued }, 1));
        }
        poster.join().unwrap();
    });
}

#[test]
fn request_posted_while_another_is_taken_stays() {
    model!(
        "request_posted_while_another_is_taken_stays",
        "of two requests posted one after the other none is lost when the first is taken"
    )
    .reaches(&["taken in between"])
    .check(|| {
        let gil = Gil::builder().build();
        let mut member = gil.register();
        let mut attached = member.attach();
        let (first, second) = (Requests::SIGNAL, Requests::user(0));
        let poster = {
            let handle = attached.handle();
            thread::spawn(move || {
                handle.post(first);
                handle.post(second);
            })
        };
        let taken = attached.take_requests(first);
        let pending = attached.serve();
        poster.join().unwrap();
        if taken == first && pending.is_empty() {
            reach("taken in between");
        }
        let left = attached.take_requests(first | second);
        assert_eq!(taken | left, first | second);
    });
}
