//! Locks between real processes, some of which are killed.
//!
//! A child is this program again, running an ignored test of this file. `SELVEDGE_FAULT_ROUNDS`
//! says how many processes `killed_holders_leave_the_lock_to_the_others` kills: 30 if it is not
//! set, and a thousand make the long run.
#![cfg(all(target_os = "linux", not(selvedge_loom)))]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "clippy sees through the seam's re-exports"
)]

#[path = "../../../tests/support/children.rs"]
mod children;

use std::io::ErrorKind;
use std::os::fd::AsFd;
use std::process::Child;

use children::{command, kill, rounds};
use selvedge_sync::process::{
    AcquireError, Barrier, BoundedSemaphore, BrokenBarrier, Condition, Event, HolderDied, Lock,
    NotHeld, Pair, RLock, Region, Semaphore, Shareable, Shared, TooMany, WaitError,
};
use selvedge_sync::seam::clock::{Duration, Instant};
use selvedge_sync::seam::{Arc, random, thread};

/// Long enough that only what will never happen has not happened by then.
const LONG: Option<Duration> = Some(Duration::from_secs(30));
const SHORT: Option<Duration> = Some(Duration::from_millis(20));
const NOW: Option<Duration> = Some(Duration::ZERO);

fn start(test: &str, files: &[&dyn AsFd]) -> Child {
    command(test, files).spawn().unwrap()
}

/// In a child: the value that the parent passed at this index.
fn passed<T: Shareable>(index: usize) -> Shared<T> {
    Shared::from_fd(children::passed(index)).unwrap()
}

/// A counter that only a lock protects.
fn add_one(counter: &Region) -> u64 {
    let counter = counter.as_ptr().cast::<u64>();
    // SAFETY: it is long enough, on a page, and the caller holds the lock that protects it.
    unsafe {
        let count = counter.read_volatile() + 1;
        counter.write_volatile(count);
        count
    }
}

const TURNS: u64 = 20_000;

#[test]
#[ignore = "a child's part"]
fn child_counts() {
    let (lock, counter) = (
        passed::<Lock>(0),
        Region::from_fd(children::passed(1)).unwrap(),
    );
    for _ in 0..TURNS {
        lock.acquire(LONG).unwrap();
        add_one(&counter);
        lock.release().unwrap();
    }
}

#[test]
fn a_lock_excludes_other_processes() {
    let lock = Shared::new(Lock::new()).unwrap();
    let counter = Region::anonymous(8).unwrap();
    lock.acquire(None).unwrap();
    let children = [(); 3].map(|()| start("child_counts", &[&lock, &counter]));
    lock.release().unwrap();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(add_one(&counter), 3 * TURNS + 1);
}

#[test]
#[ignore = "a child's part"]
fn child_holds() {
    let ready = passed::<Event>(0);
    match std::env::var("HOLDS").unwrap().as_str() {
        "lock" => passed::<Lock>(1).acquire(LONG).unwrap(),
        "rlock" => passed::<RLock>(1).acquire(LONG).unwrap(),
        "place" => passed::<BoundedSemaphore>(1).acquire(LONG).unwrap(),
        "wait" => {
            let pair = passed::<Pair<Lock, Condition>>(1);
            pair.first.acquire(LONG).unwrap();
            ready.set();
            pair.second.wait(&pair.first, None).unwrap();
        }
        other => unreachable!("{other}"),
    }
    ready.set();
    // Until it is killed.
    assert!(!Event::new().wait(LONG));
}

/// A child that holds what is shared.
fn start_holder(what: &str, shared: &dyn AsFd) -> Child {
    let ready = Shared::new(Event::new()).unwrap();
    let mut command = command("child_holds", &[&ready, shared]);
    let child = command.env("HOLDS", what).spawn().unwrap();
    assert!(ready.wait(LONG));
    child
}

#[test]
fn a_holder_that_dies_is_named_and_the_lock_recovered() {
    let lock = Arc::new(Shared::new(Lock::new()).unwrap());
    let mut child = start_holder("lock", &*lock);
    let died = HolderDied { pid: child.id() };
    assert_eq!(lock.acquire(SHORT), Err(AcquireError::Timeout));
    assert_eq!(lock.recover(), None);
    let waiter = {
        let lock = Arc::clone(&lock);
        thread::spawn(move || lock.acquire(None))
    };
    thread::sleep(SHORT.unwrap());
    child.kill().unwrap();
    // Not waited for: it is a zombie.
    assert_eq!(waiter.join().unwrap(), Err(AcquireError::HolderDied(died)));
    child.wait().unwrap();
    // And told again, at once where there is no time to wait.
    assert_eq!(lock.acquire(NOW), Err(AcquireError::HolderDied(died)));
    assert!(!lock.try_acquire() && !lock.is_held_here());
    assert_eq!(lock.recover(), Some(died));
    assert!(lock.is_held_here());
    assert_eq!(lock.recover(), None);
    lock.release().unwrap();
    lock.acquire(NOW).unwrap();
}

#[test]
fn an_rlock_is_recovered_for_one_release() {
    let lock = Shared::new(RLock::new()).unwrap();
    let child = start_holder("rlock", &lock);
    assert_eq!(lock.release(), Err(NotHeld));
    let died = HolderDied { pid: kill(child) };
    assert_eq!(lock.acquire(NOW), Err(AcquireError::HolderDied(died)));
    assert_eq!(lock.recover(), Some(died));
    assert!(lock.is_mine());
    lock.release().unwrap();
    assert!(!lock.is_held());
}

#[test]
fn a_dead_process_gives_its_places_back() {
    let places = Shared::new(BoundedSemaphore::new(2).unwrap()).unwrap();
    let pid = kill(start_holder("place", &places));
    places.acquire(NOW).unwrap();
    let died = AcquireError::HolderDied(HolderDied { pid });
    assert_eq!(places.acquire(NOW), Err(died));
    assert_eq!(places.recover(), 1);
    assert_eq!((places.value(), places.bound()), (1, 2));
    places.acquire(NOW).unwrap();
    assert_eq!(places.acquire(SHORT), Err(AcquireError::Timeout));
}

#[test]
fn a_dead_waiter_is_not_notified() {
    let pair = Shared::new(Pair::<Lock, Condition>::default()).unwrap();
    let child = start_holder("wait", &pair);
    let Pair {
        first: lock,
        second: changed,
    } = &*pair;
    lock.acquire(LONG).unwrap();
    assert_eq!(changed.waiting(), 1);
    lock.release().unwrap();
    kill(child);
    assert_eq!(changed.notify(1), 0);
    assert_eq!(changed.waiting(), 0);
}

#[test]
#[ignore = "a child's part"]
fn child_notifies() {
    let (pair, barrier) = (
        passed::<Pair<RLock, Condition>>(0),
        passed::<Pair<Barrier, Semaphore>>(1),
    );
    barrier.first.wait(LONG).unwrap();
    pair.first.acquire(LONG).unwrap();
    assert_eq!(pair.second.notify_all(), 1);
    pair.first.release().unwrap();
    barrier.second.release(1).unwrap();
    barrier.first.wait(LONG).unwrap();
}

#[test]
fn processes_meet_notify_and_give() {
    let pair = Shared::new(Pair::<RLock, Condition>::default()).unwrap();
    let meeting = Shared::new(Pair {
        first: Barrier::new(2).unwrap(),
        second: Semaphore::new(0),
    })
    .unwrap();
    let mut child = start("child_notifies", &[&pair, &meeting]);
    pair.first.acquire(None).unwrap();
    pair.first.acquire(None).unwrap();
    meeting.first.wait(LONG).unwrap();
    assert!(pair.second.wait(&pair.first, LONG).unwrap());
    pair.first.release().unwrap();
    assert!(pair.first.is_mine());
    assert!(meeting.second.acquire(LONG));
    meeting.first.wait(LONG).unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_wake_up_that_a_dead_process_owed_is_not_waited_for() {
    let event = Arc::new(Shared::new(Event::new()).unwrap());
    let waiter = {
        let event = Arc::clone(&event);
        thread::spawn(move || event.wait(LONG))
    };
    thread::sleep(SHORT.unwrap());
    // As a process does that is killed between the flag and the wake-up. The flag is the first
    // word of the event, which begins after a head of eight bytes.
    let started = Instant::now();
    // SAFETY: within the region; a flag is four bytes, reached by atomics.
    unsafe {
        let flag = event.region().as_ptr().add(8).cast::<u32>();
        flag.write_volatile(1);
    }
    assert!(waiter.join().unwrap());
    assert!(started.elapsed() < LONG.unwrap() / 2);
}

#[test]
#[ignore = "a child's part"]
fn child_counts_until_killed() {
    let (lock, counter) = (
        passed::<Lock>(0),
        Region::from_fd(children::passed(1)).unwrap(),
    );
    loop {
        count_or_recover(&lock, &counter);
    }
}

/// Adds one under the lock, which is taken over from whoever is dead.
fn count_or_recover(lock: &Lock, counter: &Region) {
    match lock.acquire(LONG) {
        Ok(()) => {}
        Err(AcquireError::HolderDied(_)) if lock.recover().is_some() => {}
        Err(AcquireError::HolderDied(_)) => return,
        Err(error) => panic!("{error}"),
    }
    add_one(counter);
    lock.release().unwrap();
}

#[test]
fn killed_holders_leave_the_lock_to_the_others() {
    let rounds = rounds(30);
    let lock = Shared::new(Lock::new()).unwrap();
    let counter = Region::anonymous(8).unwrap();
    let start = || start("child_counts_until_killed", &[&lock, &counter]);
    let mut children = [start(), start()];
    for round in 0..rounds {
        thread::sleep(Duration::from_micros(u64::from(random::below(3000))));
        let next = core::mem::replace(&mut children[round % 2], start());
        kill(next);
        for _ in 0..10 {
            count_or_recover(&lock, &counter);
        }
    }
    for child in children {
        kill(child);
    }
    count_or_recover(&lock, &counter);
    count_or_recover(&lock, &counter);
    assert!(!lock.is_held());
}

#[test]
fn what_is_shared_is_found_by_its_name_and_as_what_it_is() {
    let name = format!("selvedge-test-shared-{}", std::process::id());
    let event = Shared::create(&name, Event::new()).unwrap();
    let taken = Shared::create(&name, Event::new()).unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::AlreadyExists);
    Shared::<Event>::open(&name).unwrap().set();
    assert!(event.is_set());
    // A semaphore is as long as an event.
    for kind in [
        Shared::<Semaphore>::open(&name).unwrap_err().kind(),
        Shared::<Lock>::open(&name).unwrap_err().kind(),
        Shared::<Pair<Event, Event>>::open(&name)
            .unwrap_err()
            .kind(),
    ] {
        assert_eq!(kind, ErrorKind::InvalidData);
    }
    drop(event);
    let gone = Shared::<Event>::open(&name).unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
}

#[test]
fn a_pair_is_not_taken_for_one_of_other_parts() {
    let events = Shared::new(Pair {
        first: Event::new(),
        second: Event::new(),
    })
    .unwrap();
    let file = || events.try_clone_fd().unwrap();
    // A semaphore is as long as an event.
    for refused in [
        Shared::<Pair<Event, Semaphore>>::from_fd(file()).unwrap_err(),
        Shared::<Pair<Semaphore, Event>>::from_fd(file()).unwrap_err(),
    ] {
        assert_eq!(refused.kind(), ErrorKind::InvalidData);
    }
    let same = Shared::<Pair<Event, Event>>::from_fd(file()).unwrap();
    same.second.set();
    assert!(events.second.is_set() && !events.first.is_set());
}

/// Or a pair would be taken for another as long, of which one part has grown and one has shrunk.
#[test]
fn a_layout_tells_how_long_the_type_is() {
    fn told<T: Shareable>() -> usize {
        T::LAYOUT as u32 as usize
    }
    assert_eq!(told::<Event>(), size_of::<Event>());
    assert_eq!(told::<BoundedSemaphore>(), size_of::<BoundedSemaphore>());
}

#[test]
fn time_limits_are_kept() {
    let (lock, rlock, event) = (Lock::new(), Arc::new(RLock::new()), Event::new());
    let (permits, places) = (Semaphore::new(0), BoundedSemaphore::new(1).unwrap());
    let (changed, barrier) = (Condition::new(), Barrier::new(2).unwrap());
    lock.acquire(NOW).unwrap();
    places.acquire(NOW).unwrap();
    let checks: [(&str, &dyn Fn() -> bool); 6] = [
        ("lock", &|| {
            lock.acquire(SHORT) == Err(AcquireError::Timeout)
        }),
        ("permit", &|| !permits.acquire(SHORT)),
        ("place", &|| {
            places.acquire(SHORT) == Err(AcquireError::Timeout)
        }),
        ("event", &|| !event.wait(SHORT)),
        ("condition", &|| changed.wait(&lock, SHORT) == Ok(false)),
        ("predicate", &|| {
            changed.wait_for(&lock, SHORT, || false) == Ok(false)
        }),
    ];
    for (what, is_late) in checks {
        let started = Instant::now();
        assert!(is_late(), "{what}");
        let waited = started.elapsed();
        assert!(SHORT.unwrap() <= waited && waited < LONG.unwrap(), "{what}");
    }
    assert_eq!(barrier.wait(SHORT), Err(BrokenBarrier));
    rlock.acquire(NOW).unwrap();
    let other = {
        let rlock = Arc::clone(&rlock);
        thread::spawn(move || (rlock.try_acquire(), rlock.acquire(SHORT), rlock.release()))
    };
    let refused = (false, Err(AcquireError::Timeout), Err(NotHeld));
    assert_eq!(other.join().unwrap(), refused);
}

#[test]
fn an_rlock_is_taken_as_often_as_it_is_released() {
    let lock = RLock::new();
    assert!(lock.try_acquire());
    lock.acquire(NOW).unwrap();
    assert!(lock.try_acquire());
    for _ in 0..3 {
        assert!(lock.is_mine());
        lock.release().unwrap();
    }
    assert!(!lock.is_held());
    assert_eq!(lock.release(), Err(NotHeld));
}

#[test]
fn numbers_have_their_limits() {
    let permits = Semaphore::new(u32::MAX - 1);
    permits.release(1).unwrap();
    assert_eq!(permits.release(1), Err(TooMany));
    assert_eq!(permits.value(), u32::MAX);
    let places = BoundedSemaphore::new(128).unwrap();
    assert_eq!(BoundedSemaphore::new(129).unwrap_err(), TooMany);
    for _ in 0..128 {
        assert!(places.try_acquire());
    }
    assert!(!places.try_acquire());
    for _ in 0..128 {
        places.release().unwrap();
    }
    assert_eq!(places.release(), Err(NotHeld));
    assert_eq!(Barrier::new(65_535).unwrap().parties(), 65_535);
    assert_eq!(Barrier::new(65_536).unwrap_err(), TooMany);
}

#[test]
fn a_condition_wants_its_lock_held() {
    let (changed, lock, rlock) = (Condition::new(), Lock::new(), RLock::new());
    assert_eq!(changed.wait(&lock, NOW), Err(WaitError::NotHeld));
    assert_eq!(changed.wait(&rlock, NOW), Err(WaitError::NotHeld));
    assert_eq!(changed.waiting(), 0);
    lock.acquire(NOW).unwrap();
    assert_eq!(changed.wait_for(&lock, NOW, || true), Ok(true));
    // The seats are free again, however often it was refused.
    for _ in 0..200 {
        assert_eq!(changed.wait(&rlock, NOW), Err(WaitError::NotHeld));
        assert_eq!(changed.wait(&lock, NOW), Ok(false));
    }
}

#[test]
fn a_broken_barrier_stays_so_until_it_is_reset() {
    let barrier = Barrier::new(1).unwrap();
    assert_eq!(barrier.wait(None), Ok(0));
    barrier.abort();
    assert!(barrier.is_broken());
    assert_eq!(barrier.wait(None), Err(BrokenBarrier));
    barrier.reset();
    assert!(!barrier.is_broken());
    for _ in 0..100 {
        assert_eq!(barrier.wait(None), Ok(0));
    }
    assert!(std::panic::catch_unwind(|| Barrier::new(0)).is_err());
}

#[test]
fn errors_say_what_happened() {
    let died = HolderDied { pid: 7 };
    let told = "process 7 died while it held the lock";
    assert_eq!(AcquireError::from(died).to_string(), told);
    assert_eq!(WaitError::from(died).to_string(), told);
    assert_eq!(WaitError::NotHeld.to_string(), NotHeld.to_string());
}
