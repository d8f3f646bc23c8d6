//! Models of the child of a fork, as far as loom can: a thread cannot cease to exist in a model, but
//! the child's memory can be made, as a fork makes it, from what the parent's words hold at some
//! moment. What the queue holds at that moment is lost either way.

use super::super::*;
use crate::gil::Gil;
use crate::lock::Patience;
use crate::observer::Watch;
use crate::policy::{Arrival, Policy};
use crate::seat::Seat;
use crate::thread::{Thread, ThreadSetup};
use crate::word::{QUEUED, STOPPED};
use selvedge_sync::model;
use selvedge_sync::seam::model::reach;
use selvedge_sync::seam::{Parker, thread};

fn core(enabled: bool) -> Core {
    let interval = Gil::DEFAULT_INTERVAL;
    Core::new(Policy::Priority, enabled, interval, Watch::default(), false)
}

fn attach(core: &Core, me: &Local) -> Result<(), AttachError> {
    core.attach_slowly(me, Arrival::Fresh, Patience::Forever)
}

/// What the forking thread's registration is in the child.
fn copied(me: &Local) -> Local {
    let parker = Parker::new();
    let setup = ThreadSetup {
        requests: me.thread.pending(),
        times: false,
    };
    let seat = Seat::new(parker.unparker());
    let thread = Thread::new(me.thread.slot, me.thread.id, seat, setup);
    Local::new(Arc::new(thread), parker)
}

/// Forks at any moment while another thread of the parent attaches, does `work` and detaches; in
/// the child a new thread then attaches beside the one that forked, which makes room for it.
fn fork_beside(model: selvedge_sync::seam::model::Model, enabled: bool, work: fn(&Core, &Local)) {
    model.check(move || {
        let parent = Arc::new(core(enabled));
        let me = parent.register();
        attach(&parent, &me).expect("nobody finalises");
        let other = {
            let parent = Arc::clone(&parent);
            thread::spawn(move || {
                let other = parent.register();
                attach(&parent, &other).expect("nobody finalises");
                work(&parent, &other);
                parent.detach_slowly(&other);
                parent.deregister(&other);
            })
        };
        thread::yield_now();

        let word = parent.word.load(Ordering::Relaxed);
        let child = Arc::new(core(enabled));
        child.word.store(word, Ordering::Relaxed);
        let mine = copied(&me);
        if word & QUEUED != 0 {
            reach("somebody waited");
        }
        if word & STOPPED != 0 {
            reach("the world was being stopped");
        }
        if enabled || word::attached(word) == 2 {
            reach("forked");
        }
        // SAFETY: the thread that made it is the only one that knows the child's lock.
        unsafe { child.after_fork_in_child(&mine) };
        let new = {
            let child = Arc::clone(&child);
            thread::spawn(move || {
                let new = child.register();
                attach(&child, &new).expect("nobody finalises");
                child.detach_slowly(&new);
                child.deregister(&new);
            })
        };
        child.stop(&mine).expect("nobody finalises");
        child.queue.with(|queue| queue.resume(&child.word)).fire();
        child.detach_slowly(&mine);
        new.join().unwrap();
        let left = child.word.load(Ordering::Relaxed);
        assert_eq!(word::attached(left), 0, "somebody is still counted in");

        // The parent goes on, or its thread would be waiting for ever.
        parent.serve(&me).expect("nobody finalises");
        parent.detach_slowly(&me);
        other.join().unwrap();
    });
}

#[test]
fn child_uses_the_lock_whoever_waited_in_the_parent() {
    let model = model!(
        "child_uses_the_lock_whoever_waited_in_the_parent",
        "forked at any moment of another thread's attaching, the child's lock excludes and serves"
    );
    let model = model.preemptions(1).reaches(&["forked", "somebody waited"]);
    fork_beside(model, true, |_, _| ());
}

#[test]
fn child_stops_its_world_whoever_was_attached_in_the_parent() {
    let model = model!(
        "child_stops_its_world_whoever_was_attached_in_the_parent",
        "forked without exclusion at any moment of another thread's stopping the world, the child \
         counts only its own threads"
    );
    let model = model
        .preemptions(1)
        .reaches(&["forked", "the world was being stopped"]);
    fork_beside(model, false, |core, me| {
        core.stop(me).expect("nobody finalises");
        core.queue.with(|queue| queue.resume(&core.word)).fire();
    });
}
