//! The model-checked implementation, on loom.
//!
//! Everything blocks in one way, through loom's condition variable: loom confuses it with its
//! `park` when one model uses both (tokio-rs/loom#422).
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "the seam is the one place that may name what it stands for"
)]

pub mod address;
mod byte_mutex;
pub mod clock;
mod condvar;
pub mod memory;
pub mod model;
mod mutex;
pub mod parking;
pub mod process;
pub mod random;
pub(in crate::seam) mod sleeper;

pub use byte_mutex::ByteMutex;
pub use condvar::Condvar;
pub use loom::sync::Arc;
pub use mutex::{Mutex, MutexGuard};
// Initialising once is not modelled: it is for statics, and a model has none.
pub use std::sync::OnceLock;

/// Atomic integers, pointers and fences.
pub mod atomic {
    pub use loom::sync::atomic::{
        AtomicBool, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8, AtomicU16, AtomicU32,
        AtomicU64, AtomicUsize, Ordering, fence,
    };
}

/// Memory that is shared under rules the type system does not see.
pub mod cell {
    pub use loom::cell::UnsafeCell;
}

/// Hints to the processor.
pub mod hint {
    /// Lets another thread run: a model in which a spinning thread never yields does not end.
    pub fn spin_loop() {
        loom::thread::yield_now();
    }
}

/// Threads.
pub mod thread {
    pub use loom::thread::{Builder, JoinHandle, spawn, yield_now};
    pub use std::thread::{Result, panicking};

    /// In a model time does not pass: a sleep lets the other threads run.
    pub fn sleep(_: super::clock::Duration) {
        yield_now();
    }

    /// Unknown: a hint that decides nothing a model is about.
    pub fn current_processor() -> Option<u32> {
        None
    }

    /// Two: enough for waiters to spin, which is the path that wants checking.
    pub fn available_parallelism() -> usize {
        2
    }
}

/// Declares thread-local variables whose initial value is a constant expression.
#[macro_export]
macro_rules! thread_local {
    ($($(#[$attr:meta])* $vis:vis static $name:ident: $t:ty = $init:expr;)+) => {
        $crate::__loom::thread_local! { $($(#[$attr])* $vis static $name: $t = $init;)+ }
    };
}

/// Declares a function that is `const` in production only.
#[macro_export]
macro_rules! const_fn {
    ($(#[$attr:meta])* $vis:vis fn $($rest:tt)+) => { $(#[$attr])* $vis fn $($rest)+ };
}

/// Declares a static that is made when an execution of the model first uses it.
#[macro_export]
macro_rules! global {
    ($(#[$attr:meta])* static $name:ident: $t:ty = $init:expr;) => {
        $crate::__loom::lazy_static! { $(#[$attr])* static ref $name: $t = $init; }
    };
}
