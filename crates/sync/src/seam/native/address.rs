//! Waiting on a word of memory that processes share: the system's futex.

use super::atomic::AtomicU32;
use super::clock::Instant;

/// Whether this system can wake another process by an address. Where it cannot, a wait looks
/// again every millisecond.
pub const AVAILABLE: bool = cfg!(target_os = "linux");

/// Sleeps while `word` holds `expected`, until woken or `deadline`. Returns `false` if the time
/// ran out; `true` otherwise, also for no reason at all.
#[must_use = "whether the wait timed out decides what to do next"]
pub fn wait(word: &AtomicU32, expected: u32, deadline: Option<Instant>) -> bool {
    let remaining = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
    imp::wait(word, expected, remaining)
}

/// Wakes up to `count` of those who wait on `word`; returns how many there were.
pub fn wake(word: &AtomicU32, count: u32) -> usize {
    imp::wake(word, count)
}

#[cfg(target_os = "linux")]
mod imp {
    use core::sync::atomic::AtomicU32;
    use core::time::Duration;
    use rustix::io::Errno;
    use rustix::thread::futex::{self, Flags, Timespec};

    pub(super) fn wait(word: &AtomicU32, expected: u32, remaining: Option<Duration>) -> bool {
        let limit = remaining.map(|remaining| Timespec {
            tv_sec: remaining.as_secs().try_into().unwrap_or(i64::MAX),
            tv_nsec: remaining.subsec_nanos().into(),
        });
        // Not private: the word may lie in memory that processes share.
        let waited = futex::wait(word, Flags::empty(), expected, limit.as_ref());
        waited != Err(Errno::TIMEDOUT)
    }

    pub(super) fn wake(word: &AtomicU32, count: u32) -> usize {
        // The system takes the count as a signed number.
        let count = count.min(i32::MAX as u32);
        futex::wake(word, Flags::empty(), count).unwrap_or(0)
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    use core::sync::atomic::{AtomicU32, Ordering};
    use core::time::Duration;

    const PAUSE: Duration = Duration::from_millis(1);

    pub(super) fn wait(word: &AtomicU32, expected: u32, remaining: Option<Duration>) -> bool {
        // Relaxed: callers look again at what they wait for.
        if word.load(Ordering::Relaxed) != expected {
            return true;
        }
        std::thread::sleep(remaining.map_or(PAUSE, |remaining| remaining.min(PAUSE)));
        remaining.is_none_or(|remaining| !remaining.saturating_sub(PAUSE).is_zero())
    }

    pub(super) fn wake(_: &AtomicU32, _: u32) -> usize {
        0
    }
}
