//! Models of what a header carries beside its counts: type, flags, marks.
#![cfg(selvedge_loom)]
#![allow(missing_docs)]

use selvedge_refcount::{Header, Token};
use selvedge_sync::model;
use selvedge_sync::seam::atomic::{AtomicUsize, Ordering};
use selvedge_sync::seam::cell::UnsafeCell;
use selvedge_sync::seam::model::reach;
use selvedge_sync::seam::{Arc, thread};

/// An object whose body loom watches.
struct Object {
    header: Header,
    body: UnsafeCell<u32>,
}

// SAFETY: loom reports accesses to the body that overlap.
unsafe impl Sync for Object {}
// SAFETY: as above.
unsafe impl Send for Object {}

impl Object {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            header: Header::new(Token::NOBODY, core::ptr::null()),
            body: UnsafeCell::new(0),
        })
    }

    fn write(&self) {
        // SAFETY: loom reports it if somebody reads too early.
        self.body.with_mut(|body| unsafe { *body = 7 });
    }

    fn read(&self) {
        // SAFETY: as above.
        self.body.with(|body| assert_eq!(unsafe { *body }, 7));
    }
}

fn spawn(object: &Arc<Object>, body: impl FnOnce(&Object) + 'static) -> thread::JoinHandle<()> {
    let object = Arc::clone(object);
    thread::spawn(move || body(&object))
}

/// One thread writes the body and then does `announce`; another that is told of it by `hears`
/// reads the body.
fn announced(
    model: selvedge_sync::seam::model::Model,
    prepare: fn(&Header),
    announce: fn(&Header),
    hears: fn(&Header) -> bool,
) {
    model.reaches(&["heard", "not yet"]).check(move || {
        let object = Object::new();
        prepare(&object.header);
        let writer = spawn(&object, move |object| {
            object.write();
            announce(&object.header);
        });
        if hears(&object.header) {
            reach("heard");
            object.read();
        } else {
            reach("not yet");
        }
        writer.join().unwrap();
    });
}

#[test]
fn type_announces_what_came_before() {
    announced(
        model!(
            "type_announces_what_came_before",
            "who sees a new type sees what was written before the type was set"
        ),
        |_| (),
        |header| header.set_ty(core::ptr::dangling()),
        |header| !header.ty().is_null(),
    );
}

#[test]
fn flag_announces_what_came_before() {
    announced(
        model!(
            "flag_announces_what_came_before",
            "who sees a flag sees what was written before the flag was set"
        ),
        |_| (),
        |header| assert_eq!(header.set_flags(1), 0),
        |header| header.flags() == 1,
    );
}

#[test]
fn second_to_set_a_flag_sees_the_first() {
    announced(
        model!(
            "second_to_set_a_flag_sees_the_first",
            "of two that set a flag, the one told that it was set sees what the other wrote before"
        ),
        |_| (),
        |header| {
            header.set_flags(1);
        },
        |header| header.set_flags(1) == 1,
    );
}

#[test]
fn second_to_clear_a_flag_sees_the_first() {
    announced(
        model!(
            "second_to_clear_a_flag_sees_the_first",
            "of two that clear a flag, the one told that it was clear sees what the other wrote"
        ),
        |header| {
            header.set_flags(1);
        },
        |header| {
            header.clear_flags(1);
        },
        |header| header.clear_flags(1) == 0,
    );
}

#[test]
fn flags_changed_at_once_are_all_changed() {
    model!(
        "flags_changed_at_once_are_all_changed",
        "two threads that each set one flag and clear another lose none of the changes"
    )
    .reaches(&["changed"])
    .check(|| {
        let object = Object::new();
        object.header.set_flags(0b1100);
        let other = spawn(&object, |object| {
            object.header.set_flags(0b0001);
            object.header.clear_flags(0b0100);
        });
        object.header.set_flags(0b0010);
        object.header.clear_flags(0b1000);
        other.join().unwrap();
        assert_eq!(object.header.flags(), 0b0011);
        reach("changed");
    });
}

#[test]
fn finaliser_begins_once() {
    model!(
        "finaliser_begins_once",
        "of two threads that would run an object's finaliser, one does"
    )
    .reaches(&["this", "the other"])
    .check(|| {
        let object = Object::new();
        let begun = Arc::new(AtomicUsize::new(0));
        let elsewhere = Arc::clone(&begun);
        let other = spawn(&object, move |object| {
            if object.header.begin_finalising() {
                elsewhere.fetch_add(1, Ordering::Relaxed);
            }
        });
        let here = object.header.begin_finalising();
        reach(if here { "this" } else { "the other" });
        other.join().unwrap();
        assert_eq!(usize::from(here) + begun.load(Ordering::Relaxed), 1);
    });
}
