//! Counting, upgrading, allocating.

use crate::at_once;
use crate::report::Report;
use crate::turns::{Contestant, part, whole};
use selvedge_refcount::{Brc, drain};
use std::hint::black_box;
use std::rc::Rc;
use std::sync::Arc;

const PAIRS: u64 = 200_000;
const PAIRS_AT_ONCE: u64 = 2_000_000;
const OBJECTS: u64 = 200_000;

pub(crate) fn run(report: &mut Report) {
    // First, as long as nothing that others have freed can be used again.
    bytes_per_object(report);
    owner(report);
    stranger(report);
    owner_and_stranger(report);
    two_strangers(report);
    weak_upgrade(report);
    allocate_and_drop(report);
    many_in_reverse(report);
    many_by_another(report);
}

/// Clones and drops on this thread.
fn churn<'a, P: Clone + 'a>(name: &'static str, pointer: P) -> Contestant<'a> {
    whole(name, move || {
        for _ in 0..PAIRS {
            black_box(black_box(&pointer).clone());
        }
    })
}

fn owner(report: &mut Report) {
    let all = vec![
        churn("ours", Brc::new(1_u64)),
        churn("Rc", Rc::new(1_u64)),
        churn("Arc", Arc::new(1_u64)),
        churn("triomphe", triomphe::Arc::new(1_u64)),
        churn("biasedrc", biasedrc::Brc::new(1_u64)),
        churn("trc", trc::Trc::new(1_u64)),
    ];
    report.race("clone and drop, owner", PAIRS, all);
}

/// Makes a pointer on another thread that lives on while it is used here.
fn foreign<P: Send + 'static>(make: impl FnOnce() -> P + Send + 'static) -> (P, Keeper) {
    let (give, take) = std::sync::mpsc::channel();
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let thread = std::thread::spawn(move || {
        give.send(make()).expect("the receiver waits");
        let _ = ended.recv();
    });
    let pointer = take.recv().expect("the maker sends");
    (pointer, Keeper(Some((end, thread))))
}

/// Keeps the maker's thread.
struct Keeper(Option<(std::sync::mpsc::Sender<()>, std::thread::JoinHandle<()>)>);

impl Drop for Keeper {
    fn drop(&mut self) {
        if let Some((end, thread)) = self.0.take() {
            drop(end);
            thread.join().expect("the maker does not panic");
        }
    }
}

fn stranger(report: &mut Report) {
    let (ours, _ours) = foreign(|| Brc::new(1_u64));
    let (biased, _biased) = foreign(|| biasedrc::Brc::new(1_u64));
    let all = vec![
        churn("ours", ours),
        churn("Arc", Arc::new(1_u64)),
        churn("triomphe", triomphe::Arc::new(1_u64)),
        churn("biasedrc", biased),
    ];
    report.race("clone and drop, not the owner", PAIRS, all);
}

fn both<'a, P: Clone + Send + 'static>(name: &'static str, pointer: &'a P) -> Contestant<'a> {
    part(name, move || {
        let other = pointer.clone();
        at_once::run(PAIRS_AT_ONCE, pointer, || other)
    })
}

fn owner_and_stranger(report: &mut Report) {
    let (ours, arc, tri) = (Brc::new(1_u64), Arc::new(1_u64), triomphe::Arc::new(1_u64));
    let (biased, trc) = (biasedrc::Brc::new(1_u64), trc::Trc::new(1_u64));
    let shared = trc::SharedTrc::from_trc(&trc);
    let all = vec![
        both("ours", &ours),
        both("Arc", &arc),
        both("triomphe", &tri),
        both("biasedrc", &biased),
        part("trc", move || {
            let other = shared.clone();
            at_once::run(PAIRS_AT_ONCE, &trc, move || trc::Trc::<u64>::from(other))
        }),
    ];
    report.race(
        "clone and drop, owner and another at once",
        PAIRS_AT_ONCE,
        all,
    );
}

fn two_strangers(report: &mut Report) {
    let (ours, _ours) = foreign(|| Brc::new(1_u64));
    let (biased, _biased) = foreign(|| biasedrc::Brc::new(1_u64));
    let (arc, tri) = (Arc::new(1_u64), triomphe::Arc::new(1_u64));
    let all = vec![
        both("ours", &ours),
        both("Arc", &arc),
        both("triomphe", &tri),
        both("biasedrc", &biased),
    ];
    report.race("clone and drop, two others at once", PAIRS_AT_ONCE, all);
}

fn weak_upgrade(report: &mut Report) {
    let (ours, arc, rc) = (Brc::new(1_u64), Arc::new(1_u64), Rc::new(1_u64));
    let weak = (
        Brc::downgrade(&ours),
        Arc::downgrade(&arc),
        Rc::downgrade(&rc),
    );
    let all = vec![
        whole("ours", || {
            for _ in 0..PAIRS {
                black_box(black_box(&weak.0).upgrade());
            }
        }),
        whole("Arc", || {
            for _ in 0..PAIRS {
                black_box(black_box(&weak.1).upgrade());
            }
        }),
        whole("Rc", || {
            for _ in 0..PAIRS {
                black_box(black_box(&weak.2).upgrade());
            }
        }),
    ];
    report.race("weak upgrade and drop, owner", PAIRS, all);
}

fn make<'a, P: 'a>(name: &'static str, make: impl Fn(u64) -> P + 'a) -> Contestant<'a> {
    whole(name, move || {
        for number in 0..OBJECTS {
            black_box(make(number));
        }
    })
}

fn allocate_and_drop(report: &mut Report) {
    let all = vec![
        make("ours", Brc::new),
        make("Arc", Arc::new),
        make("Rc", Rc::new),
        make("triomphe", triomphe::Arc::new),
        make("biasedrc", biasedrc::Brc::new),
    ];
    report.race("allocate and drop", OBJECTS, all);
}

const MILLION: u64 = 1_000_000;

fn reverse<'a, P: 'a>(name: &'static str, make: impl Fn(u64) -> P + 'a) -> Contestant<'a> {
    whole(name, move || {
        let mut all: Vec<P> = (0..MILLION).map(&make).collect();
        while let Some(last) = all.pop() {
            drop(last);
        }
    })
}

fn many_in_reverse(report: &mut Report) {
    let all = vec![
        reverse("ours", Brc::new),
        reverse("Arc", Arc::new),
        reverse("triomphe", triomphe::Arc::new),
        reverse("biasedrc", biasedrc::Brc::new),
    ];
    report.race("a million allocated, dropped in reverse", MILLION, all);
}

/// A million made here and dropped by another thread, until all are gone.
fn elsewhere<'a, P: Send + 'static>(
    name: &'static str,
    make: impl Fn(u64) -> P + 'a,
    finish: impl Fn() + 'a,
) -> Contestant<'a> {
    whole(name, move || {
        let all: Vec<P> = (0..MILLION).map(&make).collect();
        let thread = std::thread::spawn(move || drop(all));
        thread.join().expect("dropping does not panic");
        finish();
    })
}

fn many_by_another(report: &mut Report) {
    let all = vec![
        elsewhere("ours", Brc::new, || {
            drain();
        }),
        elsewhere("Arc", Arc::new, || ()),
        elsewhere("triomphe", triomphe::Arc::new, || ()),
        elsewhere("biasedrc", biasedrc::Brc::new, || ()),
    ];
    report.race("a million allocated, dropped by another", MILLION, all);
}

/// How many bytes of the process are in memory.
fn resident() -> f64 {
    let pages = std::fs::read_to_string("/proc/self/statm").expect("the system has /proc");
    let resident = pages.split(' ').nth(1).expect("the second figure");
    resident.parse::<f64>().expect("a number") * rustix::param::page_size() as f64
}

/// How much each of many objects adds to the process. They stay, so that those measured next do
/// not use their memory again.
fn bytes_of<P>(make: impl Fn(u64) -> P) -> f64 {
    let before = resident();
    let all: Vec<P> = (0..OBJECTS).map(make).collect();
    let bytes = (resident() - before) / OBJECTS as f64 - size_of::<P>() as f64;
    std::mem::forget(black_box(all));
    bytes
}

/// What an object takes, values of some sizes each.
fn bytes_per_object(report: &mut Report) {
    fn row<const WORDS: usize>(report: &mut Report) {
        let make = |number| [number; WORDS];
        let (ours, peer) = (
            bytes_of(|number| Brc::new(make(number))),
            bytes_of(|number| Arc::new(make(number))),
        );
        let scenario = format!("a live object of {} bytes", 8 * WORDS);
        report.row(&scenario, ours, peer, "Arc", "bytes");
    }
    row::<3>(report);
    row::<6>(report);
    row::<12>(report);
}
