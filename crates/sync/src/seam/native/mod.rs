//! The production implementation: core atomics, `parking_lot` locks, the system's threads and clock.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "the seam is the one place that may name what it stands for"
)]

#[cfg(unix)]
pub mod address;
mod byte_mutex;
mod condvar;
pub mod memory;
mod mutex;
pub mod parking;
#[cfg(unix)]
pub mod process;
pub(in crate::seam) mod sleeper;

pub use byte_mutex::ByteMutex;
pub use condvar::Condvar;
pub use mutex::{Mutex, MutexGuard};
pub use std::sync::{Arc, OnceLock};

/// Atomic integers, pointers and fences.
pub mod atomic {
    pub use core::sync::atomic::{
        AtomicBool, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8, AtomicU16, AtomicU32,
        AtomicU64, AtomicUsize, Ordering, fence,
    };
}

/// Memory that is shared under rules the type system does not see.
pub mod cell {
    /// An `UnsafeCell` that is only reached through closures, so that a model can watch each
    /// access and report two that race.
    #[derive(Debug, Default)]
    #[repr(transparent)]
    pub struct UnsafeCell<T: ?Sized>(core::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        /// Wraps `value`.
        #[inline]
        pub const fn new(value: T) -> Self {
            Self(core::cell::UnsafeCell::new(value))
        }

        /// Unwraps the value.
        #[inline]
        pub fn into_inner(self) -> T {
            self.0.into_inner()
        }
    }

    impl<T: ?Sized> UnsafeCell<T> {
        /// Calls `f` with a pointer for reading. The pointer must not outlive the call.
        #[inline]
        pub fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
            f(self.0.get())
        }

        /// Calls `f` with a pointer for writing. The pointer must not outlive the call.
        #[inline]
        pub fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            f(self.0.get())
        }
    }
}

/// Hints to the processor.
pub mod hint {
    pub use core::hint::spin_loop;
}

/// Monotonic time.
pub mod clock {
    pub use std::time::{Duration, Instant};
}

/// Threads.
pub mod thread {
    pub use std::thread::{Builder, JoinHandle, Result, panicking, sleep, spawn, yield_now};

    /// How many threads the machine runs at once: at least 1. Read once and remembered.
    pub fn available_parallelism() -> usize {
        static COUNT: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
        *COUNT.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
    }

    /// The processor that the calling thread runs on at this moment, where the system says: a
    /// hint, since the thread may be moved at any time. Costs about as much as a call.
    #[inline]
    pub fn current_processor() -> Option<u32> {
        #[cfg(target_os = "linux")]
        {
            // SAFETY: takes nothing and has no effect; reports failure by a negative number.
            u32::try_from(unsafe { libc::sched_getcpu() }).ok()
        }
        #[cfg(not(target_os = "linux"))]
        None
    }
}

/// Randomness that need not resist anybody: seeds, victims to steal from.
pub mod random {
    /// A number from 0 up to, not including, `bound`.
    ///
    /// # Panics
    /// If `bound` is 0.
    #[inline]
    pub fn below(bound: u32) -> u32 {
        fastrand::u32(..bound)
    }
}

/// Declares thread-local variables whose initial value is a constant expression: reading one
/// costs no check.
#[macro_export]
macro_rules! thread_local {
    ($($(#[$attr:meta])* $vis:vis static $name:ident: $t:ty = $init:expr;)+) => {
        ::std::thread_local! { $($(#[$attr])* $vis static $name: $t = const { $init };)+ }
    };
}

/// Declares a function that is `const` in production; what it builds of the seam's atomics is
/// not in a model.
#[macro_export]
macro_rules! const_fn {
    ($(#[$attr:meta])* $vis:vis fn $($rest:tt)+) => { $(#[$attr])* $vis const fn $($rest)+ };
}

/// Declares a static that is made when it is first used.
#[macro_export]
macro_rules! global {
    ($(#[$attr:meta])* static $name:ident: $t:ty = $init:expr;) => {
        $(#[$attr])* static $name: ::std::sync::LazyLock<$t> =
            ::std::sync::LazyLock::new(|| $init);
    };
}
