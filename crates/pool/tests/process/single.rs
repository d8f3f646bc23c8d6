//! Processes of one task each.

use selvedge_pool::process::{Process, StartError, Streams};
use selvedge_sync::seam::clock::{Duration, Instant};
use selvedge_sync::seam::thread;
use std::io::BufRead as _;

selvedge_pool::task! {
    fn sleep(millis: u64) {
        thread::sleep(Duration::from_millis(millis));
    }

    fn exit_with(code: i32) {
        std::process::exit(code);
    }

    fn panics() {
        panic!("on purpose");
    }

    fn write_size(path: String, ballast: String) {
        std::fs::write(path, ballast.len().to_string()).unwrap();
    }

    fn make_farewell(path: String) -> Farewell {
        Farewell(path)
    }

    fn unlisted() {}
}

/// Writes a file when it is dropped.
#[derive(serde::Deserialize, serde::Serialize)]
pub(crate) struct Farewell(String);

impl Drop for Farewell {
    fn drop(&mut self) {
        std::fs::write(&self.0, "farewell").unwrap();
    }
}

pub(crate) fn tasks(tasks: selvedge_pool::process::Tasks) -> selvedge_pool::process::Tasks {
    tasks
        .with::<sleep>()
        .with::<exit_with>()
        .with::<panics>()
        .with::<write_size>()
        .with::<make_farewell>()
}

/// Set for a program that starts a process of each kind, prints their numbers and is killed.
pub(crate) const PARENT: &str = "SELVEDGE_POOL_TEST_PROCESS_PARENT";

pub(crate) fn be_a_parent() -> ! {
    let mut daemon = Process::new(sleep(600_000)).daemon();
    let mut other = Process::new(sleep(600_000));
    daemon.start().unwrap();
    other.start().unwrap();
    println!("{}", daemon.pid().unwrap());
    println!("{}", other.pid().unwrap());
    loop {
        thread::sleep(Duration::from_secs(1));
    }
}

fn ended(mut process: Process) -> Option<i32> {
    process.start().unwrap();
    assert!(process.join(None).unwrap());
    process.exit_code()
}

pub(crate) fn exit_code_says_how_a_process_ended() {
    assert_eq!(ended(Process::new(sleep(0))), Some(0));
    assert_eq!(ended(Process::new(exit_with(7))), Some(7));
    let panics = Process::new(panics()).streams(Streams::Discard);
    assert_eq!(ended(panics), Some(1));
    for (end, code) in [
        (Process::terminate as fn(&mut Process) -> _, -15),
        (Process::kill, -9),
    ] {
        let mut process = Process::new(sleep(600_000));
        process.start().unwrap();
        assert_eq!(process.exit_code(), None);
        end(&mut process).unwrap();
        assert!(process.join(None).unwrap());
        assert_eq!(process.exit_code(), Some(code));
        // It has ended, and nothing else has that number as far as this is concerned.
        end(&mut process).unwrap();
    }
}

pub(crate) fn process_is_alive_from_its_start_to_its_end() {
    let mut process = Process::new(sleep(600_000)).named("sleeper");
    assert_eq!((process.name(), process.pid()), ("sleeper", None));
    assert!(!process.is_alive().unwrap() && !process.join(None).unwrap());
    process.start().unwrap();
    assert!(super::is_alive(process.pid().unwrap()));
    assert!(process.is_alive().unwrap());
    assert!(matches!(process.start(), Err(StartError::AlreadyStarted)));
    let begun = Instant::now();
    assert!(!process.join(Some(Duration::from_millis(20))).unwrap());
    assert!(begun.elapsed() >= Duration::from_millis(20));
    let sentinel = process.sentinel().unwrap().try_clone_to_owned().unwrap();
    process.kill().unwrap();
    let mut polled = [rustix::event::PollFd::new(
        &sentinel,
        rustix::event::PollFlags::IN,
    )];
    assert_eq!(rustix::event::poll(&mut polled, None), Ok(1));
    assert!(!process.is_alive().unwrap());
    assert!(process.join(Some(Duration::ZERO)).unwrap());
}

pub(crate) fn process_takes_arguments_of_any_size() {
    let path = std::env::temp_dir().join(format!("selvedge-size-{}", std::process::id()));
    let text = path.to_str().unwrap().to_owned();
    assert_eq!(
        ended(Process::new(write_size(text, "x".repeat(3_000_000)))),
        Some(0)
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "3000000");
    std::fs::remove_file(path).unwrap();
}

pub(crate) fn process_drops_what_its_task_returns() {
    let path = std::env::temp_dir().join(format!("selvedge-farewell-{}", std::process::id()));
    let text = path.to_str().unwrap().to_owned();
    assert_eq!(ended(Process::new(make_farewell(text))), Some(0));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "farewell");
    std::fs::remove_file(path).unwrap();
}

pub(crate) fn process_that_cannot_begin_says_why() {
    let unknown = Process::new(unlisted()).start();
    assert!(matches!(unknown, Err(StartError::Unknown(name)) if name.contains("unlisted")));
    let Err(StartError::Unready(why)) = Process::new(sleep(0)).env(super::FAIL, "1").start() else {
        panic!("not initialised")
    };
    assert!(why.contains("no licence"));
    let unreadable = Process::new(super::Unreadable(super::Picky)).start();
    assert!(matches!(unreadable, Err(StartError::Unready(_))));
    let log = std::env::temp_dir().join(format!("selvedge-unborn-{}", std::process::id()));
    std::fs::write(&log, "").unwrap();
    let stillborn = Process::new(sleep(0)).env(super::STILLBORN, log.to_str().unwrap());
    assert!(matches!({ stillborn }.start(), Err(StartError::Failed(_))));
    std::fs::remove_file(log).unwrap();
}

pub(crate) fn daemon_ends_with_its_handle_and_others_do_not() {
    let (mut daemon, mut other) = (
        Process::new(sleep(600_000)).daemon(),
        Process::new(sleep(600_000)),
    );
    daemon.start().unwrap();
    other.start().unwrap();
    let (daemon_pid, other_pid) = (daemon.pid().unwrap(), other.pid().unwrap());
    drop((daemon, other));
    // It was waited for, too.
    assert!(!std::path::Path::new(&format!("/proc/{daemon_pid}")).exists());
    assert!(super::is_alive(other_pid));
    super::ahead::kill(other_pid);
}

pub(crate) fn daemon_ends_with_a_killed_parent_and_others_do_not() {
    let mut parent = std::process::Command::new(std::env::current_exe().unwrap())
        .env(PARENT, "1")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let printed = std::io::BufReader::new(parent.stdout.take().unwrap()).lines();
    let mut pids = printed.map(|line| line.unwrap().parse::<u32>().unwrap());
    let (daemon, other) = (pids.next().unwrap(), pids.next().unwrap());
    assert!(super::is_alive(daemon));
    parent.kill().unwrap();
    parent.wait().unwrap();
    while super::is_alive(daemon) {
        thread::yield_now();
    }
    assert!(super::is_alive(other));
    super::ahead::kill(other);
}
