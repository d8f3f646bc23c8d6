//! Two threads that take turns by force: each turn is given by the other's letting go.

use crate::report::{Better, Report};
use selvedge_gil::{Gil, Policy};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

pub(crate) fn run(report: &mut Report<'_>) {
    let time = Duration::from_millis(if report.quick() { 60 } else { 200 });
    let cores = affinity();
    let two = [cores[0], cores[cores.len() - 1]];
    for (name, cores) in [
        ("forced alternation, a core each", two),
        ("forced alternation, one core", [cores[0]; 2]),
    ] {
        report.compare(
            name,
            "hand-offs/s",
            Better::More,
            &|| ours(cores, time),
            &[
                ("futex ping-pong", &|| futex(cores, time)),
                ("parking_lot FairMutex", &|| fair_mutex(cores, time)),
                ("park and unpark", &|| park(cores, time)),
            ],
        );
    }
}

/// Runs `body` on two threads, each on its core, until the time is over; `body` is given its
/// number and the flag, and returns how many turns it had. Returns turns per second.
fn pair(
    cores: [usize; 2],
    time: Duration,
    body: impl Fn(usize, &AtomicBool) -> u64 + Sync,
    wake_all: impl Fn(),
) -> f64 {
    let (over, start) = (AtomicBool::new(false), Barrier::new(3));
    std::thread::scope(|scope| {
        let threads = [0, 1].map(|number| {
            let (over, start, body) = (&over, &start, &body);
            scope.spawn(move || {
                pin(&[cores[number]]);
                start.wait();
                body(number, over)
            })
        });
        start.wait();
        let began = Instant::now();
        std::thread::sleep(time);
        over.store(true, Ordering::Relaxed);
        let took = began.elapsed();
        wake_all();
        let turns: u64 = threads.map(|thread| thread.join().unwrap()).iter().sum();
        turns as f64 / took.as_secs_f64()
    })
}

fn ours(cores: [usize; 2], time: Duration) -> f64 {
    let gil = Gil::builder().policy(Policy::Fifo).build();
    pair(
        cores,
        time,
        |_, over| {
            let mut member = gil.register();
            let mut attached = member.attach();
            let mut turns = 0;
            while !over.load(Ordering::Relaxed) {
                turns += u64::from(attached.switch());
            }
            turns
        },
        || (),
    )
}

fn fair_mutex(cores: [usize; 2], time: Duration) -> f64 {
    let last = parking_lot::FairMutex::new(2);
    pair(
        cores,
        time,
        |number, over| {
            let mut turns = 0;
            while !over.load(Ordering::Relaxed) {
                let mut last = last.lock();
                turns += u64::from(*last != number);
                *last = number;
            }
            turns
        },
        || (),
    )
}

fn futex(cores: [usize; 2], time: Duration) -> f64 {
    let turn = AtomicU32::new(0);
    pair(
        cores,
        time,
        |number, over| {
            let mut turns = 0;
            while !over.load(Ordering::Relaxed) {
                while turn.load(Ordering::Acquire) != number as u32 {
                    futex_wait(&turn, 1 - number as u32);
                    if over.load(Ordering::Relaxed) {
                        return turns;
                    }
                }
                turns += 1;
                turn.store(1 - number as u32, Ordering::Release);
                futex_wake(&turn);
            }
            turns
        },
        || {
            turn.store(2, Ordering::Relaxed);
            futex_wake(&turn);
        },
    )
}

fn futex_wait(word: &AtomicU32, expected: u32) {
    // A thread that stopped early leaves the other without a wake-up: look again after a while.
    let timeout = libc::timespec {
        tv_sec: 0,
        tv_nsec: 20_000_000,
    };
    // SAFETY: the word and the timeout outlive the call.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG,
            expected,
            &raw const timeout,
        );
    }
}

fn futex_wake(word: &AtomicU32) {
    // SAFETY: the word outlives the call.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG,
            1,
        );
    }
}

fn park(cores: [usize; 2], time: Duration) -> f64 {
    let turn = AtomicU64::new(0);
    let peers: [std::sync::OnceLock<std::thread::Thread>; 2] = Default::default();
    let ready = Arc::new(Barrier::new(2));
    pair(
        cores,
        time,
        |number, over| {
            peers[number].set(std::thread::current()).unwrap();
            ready.wait();
            let other = peers[1 - number].get().unwrap();
            let mut turns = 0;
            while !over.load(Ordering::Relaxed) {
                while turn.load(Ordering::Acquire) != number as u64 {
                    std::thread::park_timeout(Duration::from_millis(20));
                    if over.load(Ordering::Relaxed) {
                        return turns;
                    }
                }
                turns += 1;
                turn.store(1 - number as u64, Ordering::Release);
                other.unpark();
            }
            turns
        },
        || (),
    )
}

/// The processors this thread may run on.
pub(crate) fn affinity() -> Vec<usize> {
    // SAFETY: an all-zero set is valid, and the call fills it.
    let set = unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut set);
        set
    };
    // SAFETY: each number is within the set.
    let allowed = |cpu: &usize| unsafe { libc::CPU_ISSET(*cpu, &set) };
    (0..libc::CPU_SETSIZE as usize).filter(allowed).collect()
}

/// Keeps the calling thread on `cores`.
pub(crate) fn pin(cores: &[usize]) {
    // SAFETY: an all-zero set is valid, the numbers come from a set, and the call reads it.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        for core in cores {
            libc::CPU_SET(*core, &mut set);
        }
        let done = libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set);
        assert_eq!(done, 0, "a thread can be kept on a core it may run on");
    }
}
