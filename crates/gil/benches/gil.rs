//! The lock beside its peers: `[--quick] [--json FILE]`.
//!
//! Ours and each peer run in alternation in this one process; a figure is the median of several
//! rounds, and a ratio above 1 means that ours is better.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the peers are what the seam stands for"
)]

#[path = "gil/alternation.rs"]
mod alternation;
#[path = "gil/convoy.rs"]
mod convoy;
#[path = "gil/report.rs"]
mod report;
#[path = "gil/single.rs"]
mod single;

use report::Report;

fn main() {
    let options = report::Options::from_args();
    let mut report = Report::new(&options);
    single::run(&mut report);
    alternation::run(&mut report);
    convoy::run(&mut report);
    report.finish();
}
