//! Counted pointers against their peers, in one process, in turns.
//!
//! `cargo bench -p selvedge-refcount --bench refcount -- [--quick] [--only-counts | --only-cycles] [--json FILE]`
#![cfg_attr(selvedge_loom, allow(unused))]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "peers are measured on what the standard library has"
)]

mod at_once;
mod counts;
mod cycles;
mod report;
mod turns;

use report::Report;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (mut quick, mut counts, mut cycles, mut json) = (false, true, true, None);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--quick" => quick = true,
            "--json" => json = Some(arguments.next().expect("--json wants a file")),
            // What `cargo bench` passes to every harness.
            "--bench" => {}
            "--only-counts" => cycles = false,
            "--only-cycles" => counts = false,
            other => panic!("unknown argument {other}"),
        }
    }
    let mut report = Report::new(if quick { 5 } else { 15 });
    if counts {
        counts::run(&mut report);
    }
    if cycles {
        run_cycles(&mut report);
    }
    report.print();
    if let Some(file) = json {
        report.write(&file);
    }
}

/// With a large stack, since some peers drop long lists by recursion.
fn run_cycles(report: &mut Report) {
    std::thread::scope(|scope| {
        let roomy = std::thread::Builder::new().stack_size(1 << 30);
        let thread = roomy.spawn_scoped(scope, || cycles::run(report));
        let thread = thread.expect("a thread can be spawned");
        thread.join().expect("collecting does not panic");
    });
}
