//! What is measured: who sends to whom through what.

use std::hint::black_box;
use std::thread;
use std::time::Instant;

use super::Channel;

/// How threads and messages are arranged.
#[derive(Clone, Copy)]
enum Shape {
    /// One thread fills the channel and empties it.
    Sequential,
    /// So many senders, so many receivers.
    Flow { senders: usize, receivers: usize },
    /// Two threads and two channels, one message to and fro.
    PingPong,
    /// One sender and one receiver on one processor.
    OneCore,
}

pub(crate) struct Scenario {
    pub(crate) name: String,
    shape: Shape,
    capacity: Option<usize>,
    messages: usize,
}

/// The capacity `N` of the scenarios.
const ROOMY: usize = 1024;

/// Every shape with every capacity it makes sense with.
pub(crate) fn all(quick: bool) -> Vec<Scenario> {
    let flow = |senders, receivers| Shape::Flow { senders, receivers };
    let shapes = [
        ("seq", Shape::Sequential, 400_000),
        ("spsc", flow(1, 1), 200_000),
        ("mpsc4", flow(4, 1), 200_000),
        ("mpmc4+4", flow(4, 4), 200_000),
        ("pingpong", Shape::PingPong, 40_000),
        ("onecore", Shape::OneCore, 100_000),
    ];
    let capacities = [
        ("0", Some(0)),
        ("1", Some(1)),
        ("N", Some(ROOMY)),
        ("unbounded", None),
    ];
    let mut all = Vec::new();
    for (shape_name, shape, messages) in shapes {
        for (capacity_name, capacity) in capacities {
            if matches!(shape, Shape::Sequential) && capacity == Some(0) {
                continue;
            }
            // Each message waits for a thread to run where there is no room to spare.
            let slow = capacity.is_some_and(|capacity| capacity < 2)
                && !matches!(shape, Shape::Sequential | Shape::PingPong);
            all.push(Scenario {
                name: format!("{shape_name}/{capacity_name}"),
                shape,
                capacity,
                messages: messages / if slow { 4 } else { 1 } / if quick { 4 } else { 1 },
            });
        }
    }
    all
}

/// Nanoseconds a message, if the channel can do the scenario.
pub(crate) fn measure<C: Channel>(scenario: &Scenario) -> Option<f64> {
    let Scenario {
        capacity, messages, ..
    } = *scenario;
    let start = Instant::now();
    match scenario.shape {
        Shape::Sequential => sequential::<C>(capacity, messages),
        Shape::Flow { senders, receivers } => flow::<C>(capacity, messages, senders, receivers)?,
        Shape::PingPong => ping_pong::<C>(capacity, messages),
        Shape::OneCore => on_one_core(|| flow::<C>(capacity, messages, 1, 1))?,
    }
    Some(start.elapsed().as_nanos() as f64 / messages as f64)
}

fn sequential<C: Channel>(capacity: Option<usize>, messages: usize) {
    let batch = capacity.unwrap_or(ROOMY).min(ROOMY);
    let (sender, receiver) = C::new(capacity);
    for _ in 0..messages / batch {
        for message in 0..batch {
            C::send(&sender, black_box(message));
        }
        for _ in 0..batch {
            black_box(C::recv(&receiver));
        }
    }
}

fn flow<C: Channel>(
    capacity: Option<usize>,
    messages: usize,
    senders: usize,
    receivers: usize,
) -> Option<()> {
    let (sender, receiver) = C::new(capacity);
    let mut ends = vec![];
    for _ in 1..receivers {
        ends.push(C::share(&receiver)?);
    }
    ends.push(receiver);
    let sending: Vec<_> = (0..senders)
        .map(|_| {
            let sender = sender.clone();
            thread::spawn(move || {
                for message in 0..messages / senders {
                    C::send(&sender, black_box(message));
                }
            })
        })
        .collect();
    drop(sender);
    let receiving: Vec<_> = ends
        .into_iter()
        .map(|receiver| {
            thread::spawn(move || {
                let mut count = 0;
                while let Some(message) = C::recv(&receiver) {
                    black_box(message);
                    count += 1;
                }
                count
            })
        })
        .collect();
    for thread in sending {
        thread.join().expect("a sender does not panic");
    }
    let received: usize = receiving
        .into_iter()
        .map(|thread| thread.join().expect("a receiver does not panic"))
        .sum();
    assert_eq!(received, messages / senders * senders);
    Some(())
}

fn ping_pong<C: Channel>(capacity: Option<usize>, messages: usize) {
    let (ping, pinged) = C::new(capacity);
    let (pong, ponged) = C::new(capacity);
    let other = thread::spawn(move || {
        while let Some(message) = C::recv(&pinged) {
            C::send(&pong, message);
        }
    });
    for message in 0..messages {
        C::send(&ping, message);
        assert_eq!(C::recv(&ponged), Some(message));
    }
    drop(ping);
    other.join().expect("the other thread does not panic");
}

/// Runs `work` and the threads it starts on the processor this thread is on.
fn on_one_core<R>(work: impl FnOnce() -> R) -> R {
    // SAFETY: plain system calls on a set that lives on this stack.
    unsafe {
        let size = size_of::<libc::cpu_set_t>();
        let mut all: libc::cpu_set_t = core::mem::zeroed();
        assert_eq!(libc::sched_getaffinity(0, size, &raw mut all), 0);
        let mut one: libc::cpu_set_t = core::mem::zeroed();
        let core = usize::try_from(libc::sched_getcpu()).expect("the processor has a number");
        libc::CPU_SET(core, &mut one);
        assert_eq!(libc::sched_setaffinity(0, size, &raw const one), 0);
        let result = work();
        assert_eq!(libc::sched_setaffinity(0, size, &raw const all), 0);
        result
    }
}
