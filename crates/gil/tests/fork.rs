//! A real fork, with threads waiting for the lock and one in the middle of being served.
#![cfg(all(not(selvedge_loom), target_os = "linux"))]
#![allow(missing_docs)]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "in production the seam's names stand for these very types"
)]

use selvedge_gil::{AttachError, Gil, Policy};
use selvedge_sync::seam::atomic::{AtomicBool, Ordering};
use selvedge_sync::seam::clock::Duration;
use selvedge_sync::seam::{Arc, thread};

#[test]
fn the_child_uses_the_lock_alone_and_with_new_threads() {
    let gil = Gil::builder()
        .policy(Policy::Priority)
        .switch_interval(Duration::from_micros(50))
        .build();
    let over = Arc::new(AtomicBool::new(false));
    let mut member = gil.register();
    let mut attached = member.attach();
    let others: Vec<_> = (0..3)
        .map(|_| {
            let (gil, over) = (gil.clone(), Arc::clone(&over));
            thread::spawn(move || {
                let mut member = gil.register();
                let mut attached = member.attach();
                while !over.load(Ordering::Relaxed) {
                    attached.detach(|| ());
                    attached.checkpoint();
                }
            })
        })
        .collect();
    for _ in 0..20 {
        attached.detach(|| thread::sleep(Duration::from_micros(200)));
        // SAFETY: the child only uses the lock, memory and threads of its own, and leaves by
        // `_exit`.
        let child = unsafe { libc::fork() };
        if child == 0 {
            // SAFETY: this is the child of a fork by an attached thread.
            unsafe { gil.after_fork_in_child(&mut attached) };
            // Whatever goes wrong in here, a hang included, shows as the exit status.
            // SAFETY: sets an alarm that ends the child.
            unsafe { libc::alarm(20) };
            let good = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                assert_eq!(gil.stats().threads.len(), 1);
                let other = {
                    let gil = gil.clone();
                    thread::spawn(move || {
                        let mut member = gil.register();
                        assert_eq!(member.try_attach().unwrap_err(), AttachError::Timeout);
                        drop(member.attach());
                    })
                };
                while !other.is_finished() {
                    attached.checkpoint();
                }
                attached.detach(|| other.join().unwrap());
            }));
            // SAFETY: ends the child without running what belongs to the parent.
            unsafe { libc::_exit(i32::from(good.is_err())) };
        }
        assert!(child > 0, "the process can fork");
        let mut status = 0;
        // SAFETY: waits for the child made above.
        let ended = unsafe { libc::waitpid(child, &raw mut status, 0) };
        assert_eq!((ended, status), (child, 0), "the child failed");
    }
    over.store(true, Ordering::Relaxed);
    drop(attached);
    for other in others {
        other.join().unwrap();
    }
}
