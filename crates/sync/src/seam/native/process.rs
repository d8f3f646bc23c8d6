//! Which process this is, and which others live.

use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::Once;

use super::clock::Duration;

/// How often somebody who waits looks whether the process that it waits for still lives.
pub fn check_interval() -> Option<Duration> {
    Some(Duration::from_millis(100))
}

/// This process: its id in the low half, and in the high half when it started, so that a later
/// process of the same id is another. Never 0. Computed once, and anew in a forked child.
#[inline]
pub fn identity() -> u64 {
    // Relaxed: the number says all there is to know.
    match IDENTITY.load(Ordering::Relaxed) {
        0 => compute_identity(),
        identity => identity,
    }
}

/// The process id in an identity.
pub fn pid(identity: u64) -> u32 {
    identity as u32
}

static IDENTITY: AtomicU64 = AtomicU64::new(0);

#[cold]
fn compute_identity() -> u64 {
    static FORK: Once = Once::new();
    extern "C" fn forget() {
        IDENTITY.store(0, Ordering::Relaxed);
    }
    FORK.call_once(|| {
        // SAFETY: the handler only stores to a static. If it cannot be installed there is no
        // memory left to go on with.
        let failed = unsafe { libc::pthread_atfork(None, None, Some(forget)) };
        assert_eq!(failed, 0, "a fork handler can be installed");
    });
    let pid = std::process::id();
    let started = match imp::look(pid) {
        Some(imp::Seen::Started(ticks)) => ticks,
        _ => 0,
    };
    let identity = pack(pid, started);
    // mutant: equivalent, store: what is not kept is computed again, and comes out the same.
    IDENTITY.store(identity, Ordering::Relaxed);
    identity
}

/// Enough of the time of start to tell two processes of one id apart.
fn pack(pid: u32, started: u64) -> u64 {
    u64::from(pid) | (started << 32)
}

/// Whether the process lives. One that has ended is dead, though its parent may not have asked
/// for its status yet. Where the system does not say, it is taken to live.
///
/// A process sees only those of its own container, or of one within: elsewhere the same number is
/// another process, or none.
pub fn is_alive(identity: u64) -> bool {
    let pid = pid(identity);
    match imp::look(pid) {
        Some(imp::Seen::Ended) => false,
        Some(imp::Seen::Started(ticks)) => pack(pid, ticks) == identity,
        None => exists(pid),
    }
}

/// Whether the system knows a process of this id.
fn exists(pid: u32) -> bool {
    use rustix::io::Errno;
    use rustix::process::{Pid, test_kill_process};
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| test_kill_process(pid) != Err(Errno::SRCH))
}

#[cfg(target_os = "linux")]
mod imp {
    /// What the system shows of a process.
    #[derive(Debug, PartialEq, Eq)]
    pub(super) enum Seen {
        Ended,
        /// When it started, in ticks since the system did.
        Started(u64),
    }

    pub(super) fn look(pid: u32) -> Option<Seen> {
        parse(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// The state is the third word and the start the twenty-second; the second is a name in
    /// parentheses, which may hold anything.
    pub(super) fn parse(stat: &str) -> Option<Seen> {
        let (_, rest) = stat.rsplit_once(')')?;
        let mut words = rest.split_ascii_whitespace();
        match words.next()? {
            "Z" | "X" | "x" => Some(Seen::Ended),
            _ => Some(Seen::Started(words.nth(18)?.parse().ok()?)),
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    pub(super) enum Seen {
        Ended,
        Started(u64),
    }

    pub(super) fn look(_: u32) -> Option<Seen> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_name_with_spaces_and_parentheses_is_passed_over() {
        let numbers = "1 ".repeat(18);
        let stat = |state| format!("7 (a) b (c)) {state} {numbers}42 5");
        assert_eq!(imp::parse(&stat("S")), Some(imp::Seen::Started(42)));
        assert_eq!(imp::parse(&stat("Z")), Some(imp::Seen::Ended));
        assert_eq!(imp::parse("7 (a) S 1"), None);
    }

    #[test]
    fn this_process_lives_and_one_that_started_otherwise_does_not() {
        let this = identity();
        assert_eq!(this, identity());
        assert_eq!(pid(this), std::process::id());
        assert!(is_alive(this));
        if cfg!(target_os = "linux") {
            assert_ne!(this >> 32, 0, "it says when this process started");
            assert!(!is_alive(this ^ (1 << 40)));
        }
        assert!(exists(std::process::id()) && !exists(0));
    }

    #[test]
    fn a_process_that_has_ended_is_dead_before_and_after_it_is_waited_for() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let identity = u64::from(child.id());
        if cfg!(target_os = "linux") {
            let started = std::time::Instant::now();
            while imp::look(child.id()) != Some(imp::Seen::Ended) {
                assert!(started.elapsed().as_secs() < 30);
                std::thread::yield_now();
            }
            assert!(!is_alive(identity));
        }
        child.wait().unwrap();
        assert!(!is_alive(identity) && !exists(child.id()));
    }

    #[test]
    fn a_forked_child_is_another_process() {
        let this = identity();
        // SAFETY: the child only compares numbers and makes system calls that are safe there.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let same = identity() == this || pid(identity()) == pid(this);
            // SAFETY: ends the child without running what belongs to the parent.
            unsafe { libc::_exit(i32::from(same)) };
        }
        let mut status = 0;
        // SAFETY: the child is this process's own.
        unsafe { libc::waitpid(child, &raw mut status, 0) };
        assert_eq!(libc::WEXITSTATUS(status), 0);
    }
}
