//! The child of a fork: what was going on in the threads that are gone.
//!
//! A registration that is driven no further stands for a lost thread, and the one thread of the
//! test for the one that forked.

use super::super::*;
use crate::gil::Gil;
use crate::lock::Patience;
use crate::observer::{Event, Watch};
use crate::policy::{Arrival, Policy};
use selvedge_sync::seam::Mutex;

fn core(enabled: bool) -> Core {
    let interval = Gil::DEFAULT_INTERVAL;
    Core::new(Policy::Priority, enabled, interval, Watch::default(), false)
}

fn attach(core: &Core, me: &Local) {
    core.attach_slowly(me, Arrival::Fresh, Patience::Never)
        .expect("the lock is free");
}

#[test]
fn threads_that_were_attached_without_exclusion_are_counted_out() {
    let core = core(false);
    let (me, lost) = (core.register(), core.register());
    attach(&core, &me);
    attach(&core, &lost);
    // SAFETY: there is no other thread.
    unsafe { core.after_fork_in_child(&me) };
    assert_eq!(core.word.load(Ordering::Relaxed), FREE | ONE);
    assert_eq!(core.queue.with(|queue| queue.stats()).threads.len(), 1);
    // Would wait for ever if the lost thread were still counted.
    core.stop(&me).expect("nobody finalises");
}

#[test]
fn a_stop_that_was_under_way_is_forgotten() {
    let core = core(false);
    let (me, lost) = (core.register(), core.register());
    attach(&core, &me);
    attach(&core, &lost);
    let stop = core
        .queue
        .with(|queue| queue.stop(&core.word, &lost.thread));
    assert!(matches!(stop, Stop::WaitsForOthers(_)));
    me.thread.post(Requests::SIGNAL);
    assert_eq!(me.thread.pending(), Requests::STOP | Requests::SIGNAL);
    // SAFETY: there is no other thread.
    unsafe { core.after_fork_in_child(&me) };
    assert_eq!(core.word.load(Ordering::Relaxed), FREE | ONE);
    assert_eq!(me.thread.pending(), Requests::SIGNAL);
}

#[test]
fn waiters_and_their_requests_are_forgotten() {
    let core = core(true);
    let (me, lost) = (core.register(), core.register());
    attach(&core, &me);
    let admitted = core.queue.with(|queue| {
        queue.admit(
            &core.word,
            &lost.thread,
            Arrival::Returning,
            Patience::Forever,
        )
    });
    drop(admitted);
    assert_eq!(me.thread.pending(), Requests::DROP);
    // SAFETY: there is no other thread.
    unsafe { core.after_fork_in_child(&me) };
    assert_eq!(core.word.load(Ordering::Relaxed), me.thread.held());
    assert_eq!(me.thread.pending(), Requests::NONE);
    assert!(core.detach_at_once(&me.thread), "nobody waits");
}

/// A lock that notes the events which it tells.
fn observed() -> (Gil, Arc<Mutex<Vec<EventKind>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&told);
    let observer = move |event: Event| noted.lock().push(event.kind);
    (Gil::builder().observer(observer).build(), told)
}

#[test]
fn finalisation_goes_on() {
    let (gil, told) = observed();
    let mut member = gil.register();
    let mut attached = member.attach();
    gil.finalise(&mut attached);
    // SAFETY: there is no other thread.
    unsafe { gil.after_fork_in_child(&mut attached) };
    assert!(gil.is_finalising());
    let refused = gil.register().try_attach().map(drop);
    assert_eq!(refused, Err(AttachError::Finalising));
    attached.detach(|| ());
    assert!(told.lock().contains(&EventKind::Forked));
}

#[test]
fn the_observer_is_told_as_before() {
    let (gil, told) = observed();
    let mut member = gil.register();
    let mut attached = member.attach();
    // SAFETY: there is no other thread.
    unsafe { gil.after_fork_in_child(&mut attached) };
    told.lock().clear();
    attached.detach(|| ());
    assert_eq!(*told.lock(), [EventKind::Detached, EventKind::Attached]);
}
