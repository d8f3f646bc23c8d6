//! Models of stopping a world. Within the crate, since outside nobody but a collector stops it.

use super::Stop;
use selvedge_sync::model;
use selvedge_sync::seam::cell::UnsafeCell;
use selvedge_sync::seam::model::reach_asleep;
use selvedge_sync::seam::{Arc, thread};

/// A world, and what only one who has stopped it may touch.
struct World(Stop, UnsafeCell<u32>);

// SAFETY: loom reports accesses that overlap.
unsafe impl Sync for World {}
// SAFETY: as above.
unsafe impl Send for World {}

impl World {
    fn stop_and_change(&self) {
        reach_asleep("waited for the other", || self.0.stop());
        // SAFETY: loom reports it if the other has stopped the world as well.
        self.1.with_mut(|changes| unsafe { *changes += 1 });
        self.0.resume();
    }
}

#[test]
fn one_at_a_time_stops_the_world() {
    model!(
        "one_at_a_time_stops_the_world",
        "of two threads that stop the world, one of them twice, each has it to itself"
    )
    .preemptions(2)
    .reaches(&["waited for the other"])
    .check(|| {
        let world = Arc::new(World(Stop::default(), UnsafeCell::new(0)));
        // For both, so that nobody waits to be let in.
        world.0.attach();
        world.0.attach();
        let other = {
            let world = Arc::clone(&world);
            thread::spawn(move || {
                world.stop_and_change();
                world.0.detach();
            })
        };
        world.stop_and_change();
        world.stop_and_change();
        world.0.detach();
        other.join().unwrap();
        // SAFETY: the other thread is gone.
        world.1.with(|changes| assert_eq!(unsafe { *changes }, 3));
    });
}
