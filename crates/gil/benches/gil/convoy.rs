//! The convoy: a thread that exchanges messages over a socket, beside threads that compute. It and
//! the one that answers it are kept on one core, those that compute on another, also when alone.

use crate::alternation::{affinity, pin};
use crate::report::{Better, Report, median};
use selvedge_gil::{Attached, Gil, Policy};
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long the thread that does I/O holds the lock for each message.
const PER_MESSAGE: Duration = Duration::from_micros(2);
/// How long a computing thread computes between two safe points.
const BETWEEN_SAFE_POINTS: Duration = Duration::from_micros(1);

const POLICIES: [(&str, Policy); 4] = [
    ("Priority", Policy::Priority),
    ("Fifo", Policy::Fifo),
    ("Interval", Policy::Interval),
    ("Ticks(100)", Policy::Ticks(100)),
];

/// What was done in a second.
#[derive(Clone, Copy)]
struct Done {
    messages: f64,
    computed: f64,
}

pub(crate) fn run(report: &mut Report<'_>) {
    let time = Duration::from_millis(if report.quick() { 150 } else { 500 });
    for (name, policy) in POLICIES {
        for computing in [1, 4] {
            let scenario = format!("convoy, {name}, I/O beside {computing} computing");
            if report.wants(&scenario) {
                compare(report, &scenario, policy, computing, time);
            }
        }
    }
}

fn compare(
    report: &mut Report<'_>,
    scenario: &str,
    policy: Policy,
    computing: usize,
    time: Duration,
) {
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for _ in 0..report.rounds() {
        let io = measure(policy, true, 0, time);
        let compute = measure(policy, false, computing, time);
        alone.push(Done {
            computed: compute.computed,
            ..io
        });
        beside.push(measure(policy, true, computing, time));
    }
    let middle = |runs: &[Done], part: fn(&Done) -> f64| median(runs.iter().map(part).collect());
    for (what, part, unit) in [
        (
            "messages",
            (|done| done.messages) as fn(&Done) -> f64,
            "messages/s",
        ),
        ("computed", |done| done.computed, "safe points/s"),
    ] {
        let figures = (middle(&beside, part), middle(&alone, part));
        let scenario = format!("{scenario}: {what}");
        report.row(&scenario, figures, "the same alone", unit, Better::More);
    }
}

fn measure(policy: Policy, io: bool, computing: usize, time: Duration) -> Done {
    let gil = Gil::builder().policy(policy).build();
    let over = AtomicBool::new(false);
    let cores = affinity();
    let cores = &[cores[0], cores[cores.len() - 1]];
    let (near, far) = UnixStream::pair().expect("a pair of sockets");
    std::thread::scope(|scope| {
        let (gil, over) = (&gil, &over);
        let computing: Vec<_> = (0..computing)
            .map(|_| {
                scope.spawn(move || {
                    pin(&cores[..1]);
                    compute(gil, over)
                })
            })
            .collect();
        let io = io.then(|| {
            scope.spawn(move || {
                pin(&cores[1..]);
                echo(far);
            });
            scope.spawn(move || {
                pin(&cores[1..]);
                exchange(gil, near, over)
            })
        });
        let began = Instant::now();
        std::thread::sleep(time);
        over.store(true, Ordering::Relaxed);
        let seconds = began.elapsed().as_secs_f64();
        let computed: u64 = computing.into_iter().map(|it| it.join().unwrap()).sum();
        let messages = io.map_or(0, |it| it.join().unwrap());
        Done {
            messages: messages as f64 / seconds,
            computed: computed as f64 / seconds,
        }
    })
}

fn compute(gil: &Gil, over: &AtomicBool) -> u64 {
    let mut member = gil.register();
    let mut attached = member.attach();
    let mut passed = 0;
    while !over.load(Ordering::Relaxed) {
        busy(&attached, BETWEEN_SAFE_POINTS);
        attached.checkpoint();
        passed += 1;
    }
    passed
}

/// Computes for a time; only an attached thread may.
fn busy(_: &Attached<'_>, time: Duration) {
    let began = Instant::now();
    while began.elapsed() < time {
        std::hint::spin_loop();
    }
}

fn exchange(gil: &Gil, mut socket: UnixStream, over: &AtomicBool) -> u64 {
    let mut member = gil.register();
    let mut attached = member.attach();
    let mut message = [0; 64];
    let mut messages = 0;
    while !over.load(Ordering::Relaxed) {
        attached
            .detach(|| socket.write_all(&message))
            .expect("the other end is open");
        attached
            .detach(|| socket.read_exact(&mut message))
            .expect("the other end answers");
        busy(&attached, PER_MESSAGE);
        messages += 1;
    }
    messages
}

/// Answers each message until the other end closes.
fn echo(mut socket: UnixStream) {
    let mut message = [0; 64];
    while socket.read_exact(&mut message).is_ok() {
        if socket.write_all(&message).is_err() {
            return;
        }
    }
}
