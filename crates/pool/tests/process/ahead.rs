//! Tasks that a worker was given before it had answered: none is stranded, lost or run twice.

use selvedge_pool::process::{CallError, ProcessExecutor, Start};
use selvedge_pool::{Error, Executor, Shutdown, wait};
use selvedge_sync::seam::clock::{Duration, Instant};
use selvedge_sync::seam::thread;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

selvedge_pool::task! {
    fn nap(millis: u64) {
        thread::sleep(Duration::from_millis(millis));
    }

    fn next(n: u64) -> u64 {
        n + 1
    }

    /// Notes that it runs, and has this process killed after a while if it is told to: in this
    /// task, while its result is written, between tasks or in a later one.
    fn fragile(n: u64, log: String, kill_after: Option<u64>) -> u64 {
        note(&log, &format!("run {n}"));
        if let Some(micros) = kill_after {
            let begun = Instant::now();
            let _killer = thread::spawn(move || {
                while begun.elapsed() < Duration::from_micros(micros) {
                    std::hint::spin_loop();
                }
                note(&log, &format!("kill {}", std::process::id()));
                kill(std::process::id());
            });
        }
        n + 1
    }

    fn pid() -> u32 {
        std::process::id()
    }
}

pub(crate) fn tasks(tasks: selvedge_pool::process::Tasks) -> selvedge_pool::process::Tasks {
    tasks
        .with::<nap>()
        .with::<next>()
        .with::<fragile>()
        .with::<pid>()
}

/// One line, which is written whole or not at all.
fn note(log: &str, line: &str) {
    let file = std::fs::File::options().append(true).open(log);
    file.unwrap()
        .write_all(format!("{line}\n").as_bytes())
        .unwrap();
}

pub(crate) fn kill(pid: u32) {
    let pid = rustix::process::Pid::from_raw(pid as i32).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

/// Runs short tasks, so that the workers are given many at once from now on.
fn warm(pool: &ProcessExecutor) {
    let futures: Vec<_> = (0..2000).map(|n| pool.submit(next(n)).unwrap()).collect();
    for (n, future) in (0..).zip(futures) {
        assert_eq!(future.join(), Ok(n + 1));
    }
}

pub(crate) fn tasks_behind_a_long_one_go_to_another_worker() {
    // python/cpython#154873: there, work could be stranded at a worker.
    let pool = super::quiet().build();
    warm(&pool);
    let long = pool.submit(nap(2_000)).unwrap();
    let short: Vec<_> = (0..200).map(|n| pool.submit(next(n)).unwrap()).collect();
    for (n, future) in (0..).zip(short) {
        assert_eq!(future.join(), Ok(n + 1));
    }
    assert!(!long.done());
}

pub(crate) fn tasks_behind_a_long_one_can_be_cancelled() {
    let pool = super::quiet().max_workers(1).build();
    warm(&pool);
    let long = pool.submit(nap(1_000)).unwrap();
    while !long.running() {
        thread::yield_now();
    }
    let log = std::env::temp_dir().join(format!("selvedge-behind-{}", std::process::id()));
    std::fs::write(&log, "").unwrap();
    let path = log.to_str().unwrap();
    let submit = |n| pool.submit(fragile(n, path.to_owned(), None)).unwrap();
    let short: Vec<_> = (0..20).map(submit).collect();
    // They count as running until they are taken back.
    while pool.queued() < short.len() {
        assert!(!long.done());
        thread::yield_now();
    }
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(20) {
        assert_eq!(
            pool.queued(),
            short.len(),
            "given out again behind the long one"
        );
    }
    assert!(short.iter().all(selvedge_pool::Future::cancel));
    assert_eq!(long.join(), Ok(()));
    pool.shutdown(Shutdown::GRACEFUL);
    assert!(lines(path, "run ").is_empty());
    std::fs::remove_file(log).unwrap();
}

pub(crate) fn worker_that_can_begin_nothing_is_replaced_twice() {
    let log = std::env::temp_dir().join(format!("selvedge-barren-{}", std::process::id()));
    std::fs::write(&log, "").unwrap();
    let pool = super::quiet()
        .max_workers(1)
        .env(super::BARREN, log.to_str().unwrap())
        .build();
    // It has no descriptor left for what comes in memory of its own.
    let large = super::Variable("x".repeat(50_000));
    let Err(Error::Failed(CallError::Died(died))) = pool.submit(large).unwrap().join() else {
        panic!("died")
    };
    assert_eq!(died.ended, selvedge_pool::process::Ended::Exited(1));
    assert_eq!(std::fs::read(&log).unwrap(), b"xxx");
    assert_eq!(pool.submit(next(1)).unwrap().join(), Ok(2));
    std::fs::remove_file(log).unwrap();
}

pub(crate) fn terminated_executor_starts_no_worker() {
    let pool = super::quiet()
        .max_workers(1)
        .max_tasks_per_child(1)
        .env(super::SLOW, "1")
        .build();
    assert_eq!(pool.submit(next(1)).unwrap().join(), Ok(2));
    let second = pool.submit(next(2)).unwrap();
    while !second.running() {
        thread::yield_now();
    }
    // Its worker is being started, which takes its time.
    pool.terminate();
    assert_eq!(second.join(), Err(Error::Cancelled));
    pool.shutdown(Shutdown::GRACEFUL);
}

pub(crate) fn task_that_was_to_be_tried_again_is_cancelled_by_termination() {
    let (marker, visits) = super::marker("terminated");
    let pool = super::quiet()
        .max_workers(1)
        .tries(u32::MAX)
        .env(super::SLOW, "1")
        .build();
    let dying = pool.submit(super::DieAlways(marker.clone())).unwrap();
    while !std::fs::exists(&marker).unwrap() {
        thread::yield_now();
    }
    // Its worker is dying of it, or being replaced, which takes its time.
    pool.terminate();
    assert_eq!(dying.join(), Err(Error::Cancelled));
    pool.shutdown(Shutdown::GRACEFUL);
    assert!(visits() <= 1);
}

pub(crate) fn executor_that_is_terminated_while_it_starts_is_shut_down_not_broken() {
    let pool = super::quiet().max_workers(1).env(super::SLOW, "1").build();
    let first = pool.submit(next(1)).unwrap();
    pool.terminate();
    assert_eq!(first.join(), Err(Error::Cancelled));
    pool.shutdown(Shutdown::GRACEFUL);
    let refused = pool.submit(next(1)).unwrap_err();
    assert!(matches!(refused.reason, selvedge_pool::Refusal::ShutDown));
}

pub(crate) fn tasks_behind_one_that_is_killed_or_times_out_are_run() {
    let pool = super::quiet()
        .max_workers(1)
        .call_timeout(Duration::from_millis(200))
        .build();
    for _ in 0..3 {
        warm(&pool);
        let late = pool.submit(nap(60_000)).unwrap();
        let short: Vec<_> = (0..20).map(|n| pool.submit(next(n)).unwrap()).collect();
        assert_eq!(late.join(), Err(Error::Failed(CallError::TimedOut)));
        for (n, future) in (0..).zip(short) {
            assert_eq!(future.join(), Ok(n + 1));
        }
    }
}

pub(crate) fn worker_that_dies_without_a_task_fails_none() {
    let pool = super::quiet().max_workers(1).build();
    for _ in 0..10 {
        let before = pool.submit(pid()).unwrap().join().unwrap();
        kill(before);
        assert_ne!(pool.submit(pid()).unwrap().join().unwrap(), before);
    }
}

pub(crate) fn immediate_shutdown_cancels_what_was_taken_back() {
    let pool = super::quiet().max_workers(1).build();
    warm(&pool);
    let long = pool.submit(nap(300)).unwrap();
    while !long.running() {
        thread::yield_now();
    }
    let short: Vec<_> = (0..20).map(|n| pool.submit(next(n)).unwrap()).collect();
    pool.shutdown(Shutdown::IMMEDIATE);
    assert_eq!(long.join(), Ok(()));
    let waited = wait(&short, None, selvedge_pool::ReturnWhen::AllCompleted);
    assert_eq!(waited.done.len(), short.len());
    for future in short {
        assert!(matches!(future.join(), Ok(_) | Err(Error::Cancelled)));
    }
}

pub(crate) fn forked_workers_are_workers() {
    let pool = super::quiet().start(Start::ForkServer).build();
    let parents: BTreeSet<u32> = (0..20)
        .map(|_| pool.submit(super::Parent()).unwrap().join().unwrap())
        .collect();
    assert_eq!(parents.len(), 1, "all are copies of one process");
    let server = parents.into_iter().next().unwrap();
    assert_ne!(server, std::process::id());
    for (call, ended) in [(0, "exited with code 5"), (1, "was ended by signal 6")] {
        let died = if call == 0 {
            pool.submit(super::Exit(5)).unwrap().join()
        } else {
            pool.submit(super::Abort()).unwrap().join()
        };
        let Err(Error::Failed(CallError::Died(died))) = died else {
            panic!("died")
        };
        assert_eq!(died.ended.to_string(), ended);
        assert_eq!(pool.submit(next(1)).unwrap().join(), Ok(2));
    }
    // Its workers go with it, and there are another one and others.
    let before = pool.submit(pid()).unwrap().join().unwrap();
    kill(server);
    while super::is_alive(before) {
        thread::yield_now();
    }
    assert_ne!(pool.submit(pid()).unwrap().join().unwrap(), before);
    let other = pool.submit(super::Parent()).unwrap().join().unwrap();
    assert_ne!(other, server);
    let last = pool.submit(pid()).unwrap().join().unwrap();
    pool.shutdown(Shutdown::GRACEFUL);
    assert!(!super::is_alive(last));
    drop(pool);
    assert!(!std::path::Path::new(&format!("/proc/{other}")).exists());
}

pub(crate) fn fork_server_that_is_killed_at_any_moment_is_replaced() {
    let pool = super::quiet().start(Start::ForkServer).build();
    for _ in 0..40 {
        let server = loop {
            match pool.submit(super::Parent()).unwrap().join() {
                Ok(server) => break server,
                Err(Error::Failed(CallError::Died(_))) => {}
                Err(error) => panic!("{error}"),
            }
        };
        kill(server);
        let tasks: Vec<_> = (0..4).map(|n| pool.submit(next(n)).unwrap()).collect();
        for (n, task) in (0..).zip(tasks) {
            match task.join() {
                Ok(answer) => assert_eq!(answer, n + 1),
                Err(Error::Failed(CallError::Died(_))) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// How many workers the fault run kills: enough for a test, or as many as are asked for.
fn kills_wanted() -> usize {
    let asked = std::env::var("SELVEDGE_POOL_KILLS");
    asked.map_or(150, |asked| {
        asked.parse().expect("SELVEDGE_POOL_KILLS is a number")
    })
}

pub(crate) fn each_task_is_answered_once_while_workers_are_killed_at_random() {
    for start in [Start::Spawn, Start::ForkServer] {
        let log = std::env::temp_dir().join(format!("selvedge-kills-{}", std::process::id()));
        std::fs::write(&log, "").unwrap();
        let path = log.to_str().unwrap().to_owned();
        let pool = super::quiet().start(start).capacity(256).build();
        let (mut asked, mut died, mut right) = (0, 0, BTreeSet::new());
        let mut noise = std::process::id();
        let mut killed = 0;
        while killed < kills_wanted() / 2 {
            let futures: Vec<_> = (asked..asked + 500)
                .map(|n| {
                    // xorshift
                    noise ^= noise << 13;
                    noise ^= noise >> 17;
                    noise ^= noise << 5;
                    let kill_after = noise
                        .is_multiple_of(16)
                        .then_some(u64::from(noise / 16 % 400));
                    pool.submit(fragile(n, path.clone(), kill_after)).unwrap()
                })
                .collect();
            for (n, future) in (asked..).zip(futures) {
                match future.join() {
                    Ok(answer) => {
                        assert_eq!(answer, n + 1);
                        right.insert(n);
                    }
                    Err(Error::Failed(CallError::Died(_))) => died += 1,
                    other => panic!("task {n} came to {other:?}"),
                }
            }
            asked += 500;
            killed = lines(&path, "kill ").len();
        }
        pool.shutdown(Shutdown::GRACEFUL);
        assert_eq!(right.len() + died, asked as usize);
        let runs = lines(&path, "run ");
        assert!(runs.values().all(|times| *times == 1), "no task ran twice");
        assert!(right.iter().all(|n| runs.contains_key(&n.to_string())));
        let killed = lines(&path, "kill ").len();
        assert!(died <= killed, "{died} tasks failed of {killed} deaths");
        println!("\n  {start:?}: {killed} workers killed, {asked} tasks, {died} failed of it");
        std::fs::remove_file(&log).unwrap();
    }
}

/// How often each line that begins with `kind` is in the file.
fn lines(log: &str, kind: &str) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    for line in std::fs::read_to_string(log).unwrap().lines() {
        if let Some(rest) = line.strip_prefix(kind) {
            *counts.entry(rest.to_owned()).or_default() += 1;
        }
    }
    counts
}

pub(crate) fn many_large_submissions_to_dying_workers_all_end() {
    // python/cpython#105829: there, a queue that was full when a worker died hung the executor.
    let pool = super::quiet().build();
    let ballast = "x".repeat(50_000);
    let futures: Vec<_> = (0..400)
        .map(|n| {
            if n % 40 == 0 {
                return pool.submit(super::Exit(1)).ok();
            }
            let variable = super::Variable(ballast.clone());
            drop(pool.submit(variable).unwrap());
            None
        })
        .collect();
    assert_eq!(futures.iter().flatten().count(), 10);
    for future in futures.into_iter().flatten() {
        assert!(matches!(
            future.join(),
            Err(Error::Failed(CallError::Died(_)))
        ));
    }
    pool.shutdown(Shutdown::GRACEFUL);
}

pub(crate) fn replacing_workers_neither_hangs_nor_strands_work() {
    // python/cpython#115634: there, workers that were due for replacement hung the executor.
    for start in [Start::Spawn, Start::ForkServer] {
        let pool = super::quiet().start(start).max_tasks_per_child(7).build();
        let pids: Vec<_> = (0..200).map(|_| pool.submit(pid()).unwrap()).collect();
        let mut counts = BTreeMap::<u32, u32>::new();
        for pid in pids {
            *counts.entry(pid.join().unwrap()).or_default() += 1;
        }
        assert!(counts.values().all(|count| *count <= 7));
        assert!(counts.len() <= 200 / 7 + 2, "full use is made of each");
    }
}

pub(crate) fn shutdown_while_workers_die_ends() {
    // python/cpython#125492: there, a shutdown and a dying worker could wait for each other.
    for how in [Shutdown::GRACEFUL, Shutdown::IMMEDIATE] {
        for _ in 0..5 {
            let pool = super::quiet().build();
            let dying: Vec<_> = (0..10)
                .map(|_| pool.submit(super::Abort()).unwrap())
                .collect();
            pool.shutdown(how);
            assert!(dying.iter().all(selvedge_pool::Future::done));
        }
    }
}
