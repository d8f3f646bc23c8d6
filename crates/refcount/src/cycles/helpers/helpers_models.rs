//! A model of helpers that are not needed. Within the crate, since outside nobody has any.

use super::{Done, Helpers, Job};
use selvedge_sync::model;
use selvedge_sync::seam::model::reach;

fn never(_: Job, _: usize) -> Done {
    unreachable!("there is nothing to collect");
}

#[test]
fn helpers_that_are_not_needed_end() {
    model!(
        "helpers_that_are_not_needed_end",
        "helpers whose collection has no memory for its figures have ended when it goes on"
    )
    .preemptions(2)
    .reaches(&["ended"])
    .check(|| {
        drop(Helpers::with_part(2, never));
        reach("ended");
    });
}
