//! Models of one wait by itself. Within the crate, since outside nobody sees a wait begin and end.

use super::Signal;
use crate::spin::Spin;
use selvedge_sync::model;
use selvedge_sync::seam::model::{reach, reach_asleep};
use selvedge_sync::seam::{Arc, thread};
use std::task::Waker;

#[test]
fn task_that_goes_on_as_a_thread_waits_for_the_end() {
    model!(
        "task_that_goes_on_as_a_thread_waits_for_the_end",
        "who has left a task's waker and then waits as a thread has waited until the end"
    )
    .reaches(&["slept", "over before"])
    .check(|| {
        let signal = Arc::new(Signal::new());
        assert!(!signal.poll(Waker::noop()));
        let finisher = {
            let signal = Arc::clone(&signal);
            thread::spawn(move || signal.finish())
        };
        if signal.is_over() {
            reach("over before");
        }
        assert!(reach_asleep("slept", || signal.wait(&mut Spin::new(), None)));
        assert!(signal.is_over());
        finisher.join().unwrap();
    });
}
