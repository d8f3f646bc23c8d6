//! What happens when the system starts no more threads: a program of its own has no address space
//! left for another stack.
#![cfg(all(target_os = "linux", not(selvedge_loom)))]
#![allow(missing_docs)]

use selvedge_pool::{Executor, Refusal, ThreadExecutor, promise};
use selvedge_sync::seam::thread;
use std::process::Command;

/// Set in the program that is to run out of address space.
const CRAMPED: &str = "SELVEDGE_POOL_TEST_CRAMPED";
/// What it may have, in KiB.
const ROOM: u32 = 512 * 1024;

#[test]
fn refused_threads_leave_the_work_to_those_there_are() {
    if std::env::var_os(CRAMPED).is_some() {
        return cramped();
    }
    let this = std::env::current_exe().unwrap();
    let status = Command::new("sh")
        .arg("-c")
        .arg(format!("ulimit -v {ROOM} && exec \"$0\" --nocapture"))
        .arg(this)
        .env(CRAMPED, "1")
        .status()
        .unwrap();
    assert!(status.success());
}

fn cramped() {
    let pool = ThreadExecutor::new(2);
    let fresh = ThreadExecutor::new(1);
    let (go, gate) = promise::<(), ()>();
    let busy = pool.submit(move || gate.join()).unwrap();
    while !busy.running() {
        thread::yield_now();
    }
    let ballast = fill();
    // One worker is there: it does the work of the one that cannot be started.
    let late = pool.submit(|| 1).unwrap();
    assert_eq!(pool.workers(), 1);
    // Nobody is there: the job comes back.
    let refused = fresh.submit(|| 2).unwrap_err();
    assert!(matches!(refused.reason, Refusal::NoThread(_)));
    assert_eq!((refused.job)(), 2);
    drop(ballast);
    go.set_result(());
    assert_eq!(late.join().unwrap(), 1);
    assert_eq!(fresh.submit(|| 3).unwrap().join().unwrap(), 3);
}

/// Takes all address space but for less than a stack needs.
fn fill() -> Vec<Vec<u8>> {
    let mut ballast = Vec::with_capacity(4096);
    while ballast.len() < ballast.capacity() {
        let mut block = Vec::new();
        if block.try_reserve_exact(1 << 20).is_err() {
            break;
        }
        ballast.push(block);
    }
    ballast
}
