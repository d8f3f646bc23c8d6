//! What the process executor promises. The workers are this program, started again; so it has a
//! `main` of its own, which runs the tests once it knows that it is no worker.
#![allow(missing_docs)]

mod ahead;
mod functions;
mod manager;
mod pools;
mod single;

use ahead::{
    each_task_is_answered_once_while_workers_are_killed_at_random,
    executor_that_is_terminated_while_it_starts_is_shut_down_not_broken,
    fork_server_that_is_killed_at_any_moment_is_replaced, forked_workers_are_workers,
    immediate_shutdown_cancels_what_was_taken_back,
    many_large_submissions_to_dying_workers_all_end,
    replacing_workers_neither_hangs_nor_strands_work, shutdown_while_workers_die_ends,
    task_that_was_to_be_tried_again_is_cancelled_by_termination,
    tasks_behind_a_long_one_can_be_cancelled, tasks_behind_a_long_one_go_to_another_worker,
    tasks_behind_one_that_is_killed_or_times_out_are_run, terminated_executor_starts_no_worker,
    worker_that_can_begin_nothing_is_replaced_twice, worker_that_dies_without_a_task_fails_none,
};
use functions::{functions_are_called_with_what_they_take, two_tasks_of_one_name_are_refused};
use manager::{
    killed_client_releases_what_it_held, killed_client_waits_for_nothing_any_more,
    locks_in_a_manager_belong_to_threads_and_clients,
    manager_on_the_network_has_a_port_and_one_address_has_one_manager,
    objects_are_found_by_name_and_by_handle_while_somebody_uses_them,
    server_ends_with_a_killed_creator, server_ends_with_its_manager,
    server_that_does_not_know_the_key_is_found_out, stranger_is_told_nothing_and_harms_nobody,
    threads_wait_for_each_other_in_a_manager, values_in_a_manager_are_what_was_put_there,
    worker_processes_use_the_objects_of_a_manager,
};
use pools::{
    pool_of_processes_does_what_its_words_say, pool_of_threads_does_what_its_words_say,
    terminated_pool_ends_its_workers,
};
use single::{
    daemon_ends_with_a_killed_parent_and_others_do_not,
    daemon_ends_with_its_handle_and_others_do_not, exit_code_says_how_a_process_ended,
    process_drops_what_its_task_returns, process_is_alive_from_its_start_to_its_end,
    process_takes_arguments_of_any_size, process_that_cannot_begin_says_why,
};

use selvedge_pool::process::{Call, CallError, Ended, ProcessExecutor, Streams, Tasks};
use selvedge_pool::{Error, Executor, InitError, MapOptions, Refusal, Shutdown};
use selvedge_sync::seam::clock::{Duration, Instant};
use selvedge_sync::seam::thread;
use serde::{Deserialize, Serialize};
use std::io::{BufRead as _, Write as _};

/// Set for workers whose initialiser is to fail.
const FAIL: &str = "SELVEDGE_POOL_TEST_FAIL";
/// Set for workers that are to die before they are ready, to a file in which each leaves a mark.
const STILLBORN: &str = "SELVEDGE_POOL_TEST_STILLBORN";
/// Set for workers that have no descriptors left once they are ready, to a file in which each leaves
/// a mark.
const BARREN: &str = "SELVEDGE_POOL_TEST_BARREN";
/// Set for workers that take a while to get ready.
const SLOW: &str = "SELVEDGE_POOL_TEST_SLOW";
/// Set for a program that is to be the parent of a worker and be killed.
const PARENT: &str = "SELVEDGE_POOL_TEST_PARENT";

macro_rules! calls {
    ($($name:ident($($field:ty),*) -> $output:ty = $text:literal, |$this:pat_param| $body:expr;)+) => {
        $(
            #[derive(Serialize, Deserialize)]
            struct $name($($field),*);
            impl Call for $name {
                const NAME: &str = $text;
                type Output = $output;
                fn call(self) -> $output {
                    let $this = self;
                    $body
                }
            }
        )+
        fn tasks() -> Tasks {
            Tasks::new()$(.with::<$name>())+
        }
    };
}

calls! {
    Square(u64) -> u64 = "square", |Square(n)| n * n;
    Pid() -> u32 = "pid", |_| std::process::id();
    Boom(String) -> () = "boom", |Boom(text)| panic!("{text}");
    Exit(i32) -> () = "exit", |Exit(code)| std::process::exit(code);
    Abort() -> () = "abort", |_| std::process::abort();
    Nap(u64) -> () = "nap", |Nap(millis)| thread::sleep(Duration::from_millis(millis));
    Big(usize) -> Vec<u8> = "big", |Big(length)| vec![7; length];
    Variable(String) -> Option<String> = "variable", |Variable(name)| std::env::var(name).ok();
    Input() -> usize = "input", |_| std::io::stdin().lines().count();
    DieOnce(String) -> u32 = "die once", |DieOnce(marker)| die_until(&marker, 2);
    DieAlways(String) -> u32 = "die always", |DieAlways(marker)| die_until(&marker, u32::MAX);
    Fragile(u64) -> u64 = "fragile", |Fragile(n)| die_sometimes(n);
    Unreadable(Picky) -> () = "unreadable", |_| ();
    UnreadableResult() -> Picky = "unreadable result", |_| Picky;
    PanicsWritten() -> Explosive = "panics written", |_| Explosive;
    Parent() -> u32 = "parent", |_| std::os::unix::process::parent_id();
}

/// Can be written, and never be read.
#[derive(Serialize)]
struct Picky;

impl<'de> Deserialize<'de> for Picky {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(serde::de::Error::custom("too picky"))
    }
}

/// Panics when it is written.
#[derive(Deserialize)]
struct Explosive;

impl Serialize for Explosive {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("explosive")
    }
}

/// Notes the visit in the file `marker`, and dies unless it is visit number `survivor`.
fn die_until(marker: &str, survivor: u32) -> u32 {
    let file = std::fs::File::options()
        .append(true)
        .create(true)
        .open(marker);
    file.unwrap().write_all(b"x").unwrap();
    let visit = std::fs::metadata(marker).unwrap().len() as u32;
    if visit < survivor {
        std::process::abort();
    }
    visit
}

/// Now and then has this process killed a little later: in this task, while its result is
/// written, between tasks, or in a later task.
fn die_sometimes(n: u64) -> u64 {
    let noise = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .unwrap()
        .subsec_nanos();
    if noise.is_multiple_of(7) {
        let delay = Duration::from_micros(u64::from(noise / 7 % 300));
        thread::spawn(move || {
            thread::sleep(delay);
            std::process::abort();
        });
    }
    n + 1
}

type Test = (&'static str, fn());

macro_rules! tests {
    ($($name:ident)+) => { &[$((stringify!($name), $name as fn())),+] };
}

const TESTS: &[Test] = tests! {
    calls_return_their_values_in_order
    panic_arrives_with_its_message_and_spares_the_worker
    dead_worker_fails_only_its_own_task_and_is_replaced
    task_that_kills_each_worker_it_meets_fails_after_its_tries
    task_of_a_dead_worker_may_be_tried_again
    call_that_takes_too_long_is_killed
    workers_are_replaced_after_their_number_of_tasks
    failing_initialiser_breaks_the_pool_with_its_cause
    environment_and_streams_are_as_asked
    large_arguments_and_results_pass
    unknown_task_is_named
    queued_calls_can_be_cancelled
    closed_pool_refuses_and_ends_its_workers
    worker_that_cannot_start_is_tried_three_times
    dropped_pool_leaves_no_process_behind
    randomly_killed_workers_lose_no_task
    worker_ends_with_a_killed_parent
    what_cannot_be_written_or_read_fails_its_task
    functions_are_called_with_what_they_take
    two_tasks_of_one_name_are_refused
    tasks_behind_a_long_one_go_to_another_worker
    tasks_behind_a_long_one_can_be_cancelled
    tasks_behind_one_that_is_killed_or_times_out_are_run
    worker_that_dies_without_a_task_fails_none
    worker_that_can_begin_nothing_is_replaced_twice
    terminated_executor_starts_no_worker
    task_that_was_to_be_tried_again_is_cancelled_by_termination
    executor_that_is_terminated_while_it_starts_is_shut_down_not_broken
    immediate_shutdown_cancels_what_was_taken_back
    forked_workers_are_workers
    fork_server_that_is_killed_at_any_moment_is_replaced
    many_large_submissions_to_dying_workers_all_end
    replacing_workers_neither_hangs_nor_strands_work
    shutdown_while_workers_die_ends
    pool_of_processes_does_what_its_words_say
    pool_of_threads_does_what_its_words_say
    terminated_pool_ends_its_workers
    exit_code_says_how_a_process_ended
    process_is_alive_from_its_start_to_its_end
    process_takes_arguments_of_any_size
    process_drops_what_its_task_returns
    process_that_cannot_begin_says_why
    daemon_ends_with_its_handle_and_others_do_not
    daemon_ends_with_a_killed_parent_and_others_do_not
    each_task_is_answered_once_while_workers_are_killed_at_random
    values_in_a_manager_are_what_was_put_there
    locks_in_a_manager_belong_to_threads_and_clients
    threads_wait_for_each_other_in_a_manager
    worker_processes_use_the_objects_of_a_manager
    killed_client_releases_what_it_held
    killed_client_waits_for_nothing_any_more
    objects_are_found_by_name_and_by_handle_while_somebody_uses_them
    server_ends_with_its_manager
    server_ends_with_a_killed_creator
    manager_on_the_network_has_a_port_and_one_address_has_one_manager
    stranger_is_told_nothing_and_harms_nobody
    server_that_does_not_know_the_key_is_found_out
};

fn main() {
    if cfg!(selvedge_loom) {
        // Processes are nothing that a model knows.
        return;
    }
    let tasks = if std::env::var_os(FAIL).is_some() {
        tasks().initializer(|| Err(InitError::new("no licence")))
    } else if let Some(log) = std::env::var_os(BARREN) {
        ahead::tasks(tasks()).initializer(move || {
            let mut file = std::fs::File::options().append(true).open(log).unwrap();
            file.write_all(b"x").unwrap();
            drop(file);
            let none = rustix::process::Rlimit {
                current: Some(0),
                maximum: Some(0),
            };
            rustix::process::setrlimit(rustix::process::Resource::Nofile, none)
                .map_err(InitError::new)
        })
    } else if std::env::var_os(SLOW).is_some() {
        ahead::tasks(tasks()).initializer(|| {
            thread::sleep(Duration::from_millis(100));
            Ok(())
        })
    } else {
        manager::tasks(pools::tasks(single::tasks(ahead::tasks(functions::tasks(
            tasks(),
        )))))
    };
    if let Some(log) = std::env::var_os(STILLBORN) {
        let file = std::fs::File::options().append(true).open(log);
        file.unwrap().write_all(b"x").unwrap();
        std::process::exit(1);
    }
    tasks.serve_if_worker();
    if std::env::var_os(PARENT).is_some() {
        be_a_parent();
    }
    if std::env::var_os(single::PARENT).is_some() {
        single::be_a_parent();
    }
    if std::env::var_os(manager::PARENT).is_some() {
        manager::be_a_creator();
    }
    run(&Arguments::parse());
}

/// What the test runner of the standard library understands and its callers rely on.
#[derive(Default)]
struct Arguments {
    list: bool,
    ignored: bool,
    exact: bool,
    filter: Option<String>,
}

impl Arguments {
    fn parse() -> Self {
        let mut arguments = Self::default();
        let mut given = std::env::args().skip(1);
        while let Some(argument) = given.next() {
            match &*argument {
                "--list" => arguments.list = true,
                "--ignored" => arguments.ignored = true,
                "--exact" => arguments.exact = true,
                // Takes a value, which is no filter.
                "--format" | "--test-threads" => drop(given.next()),
                _ if argument.starts_with('-') => (),
                _ => arguments.filter = Some(argument),
            }
        }
        arguments
    }

    /// No test is ignored here.
    fn want(&self, name: &str) -> bool {
        let fits = |filter: &String| {
            if self.exact {
                name == filter
            } else {
                name.contains(&**filter)
            }
        };
        !self.ignored && self.filter.as_ref().is_none_or(fits)
    }
}

fn run(arguments: &Arguments) {
    for (name, test) in TESTS.iter().filter(|(name, _)| arguments.want(name)) {
        if arguments.list {
            println!("{name}: test");
            continue;
        }
        print!("test {name} ... ");
        std::io::stdout().flush().unwrap();
        test();
        println!("ok");
    }
}

/// A pool whose workers do not print their panics and aborts.
fn quiet() -> selvedge_pool::process::Builder {
    ProcessExecutor::builder()
        .max_workers(2)
        .streams(Streams::Discard)
}

fn calls_return_their_values_in_order() {
    let pool = ProcessExecutor::new(2);
    assert_eq!(pool.submit(Square(12)).unwrap().join(), Ok(144));
    for chunk_size in [1, 7] {
        let options = MapOptions {
            chunk_size,
            ..MapOptions::default()
        };
        let squares = pool
            .map_with((0..100).map(Square), options)
            .map(Result::unwrap);
        assert!(squares.eq((0..100).map(|n| n * n)));
    }
}

fn panic_arrives_with_its_message_and_spares_the_worker() {
    let pool = quiet().max_workers(1).build();
    let before = pool.submit(Pid()).unwrap().join().unwrap();
    let panicked = pool.submit(Boom("ouch".into())).unwrap().join();
    assert_eq!(
        panicked,
        Err(Error::Failed(CallError::Panicked("ouch".into())))
    );
    assert_eq!(pool.submit(Pid()).unwrap().join().unwrap(), before);
}

fn dead_worker_fails_only_its_own_task_and_is_replaced() {
    // python/cpython#96062: a worker that dies must not take a queue's lock with it.
    let pool = quiet().max_workers(1).build();
    let before = pool.submit(Pid()).unwrap();
    let (exits, aborts) = (pool.submit(Exit(3)).unwrap(), pool.submit(Abort()).unwrap());
    let after = pool.submit(Pid()).unwrap();
    let before = before.join().unwrap();
    let Err(Error::Failed(CallError::Died(died))) = exits.join() else {
        panic!("died")
    };
    assert_eq!(
        (died.worker, died.pid, died.ended),
        (0, before, Ended::Exited(3))
    );
    let Err(Error::Failed(CallError::Died(died))) = aborts.join() else {
        panic!("died")
    };
    assert_eq!(died.ended, Ended::Signalled(6));
    assert_ne!(died.pid, before);
    assert_ne!(after.join().unwrap(), died.pid);
}

fn marker(name: &str) -> (String, impl Fn() -> u64) {
    let path = std::env::temp_dir().join(format!("selvedge-pool-{}-{name}", std::process::id()));
    let path = path.to_str().unwrap().to_owned();
    let visits = {
        let path = path.clone();
        move || {
            let visits = std::fs::metadata(&path).unwrap().len();
            std::fs::remove_file(&path).unwrap();
            visits
        }
    };
    (path, visits)
}

fn task_that_kills_each_worker_it_meets_fails_after_its_tries() {
    let pool = quiet().tries(3).build();
    let (marker, visits) = marker("always");
    let result = pool.submit(DieAlways(marker)).unwrap().join();
    assert!(matches!(result, Err(Error::Failed(CallError::Died(_)))));
    assert_eq!(visits(), 3);
}

fn task_of_a_dead_worker_may_be_tried_again() {
    let pool = quiet().tries(2).build();
    let (marker, visits) = marker("once");
    assert_eq!(pool.submit(DieOnce(marker)).unwrap().join(), Ok(2));
    assert_eq!(visits(), 2);
}

fn call_that_takes_too_long_is_killed() {
    let pool = quiet()
        .max_workers(1)
        .call_timeout(Duration::from_millis(100))
        .tries(5)
        .build();
    let begun = Instant::now();
    let late = pool.submit(Nap(60_000)).unwrap().join();
    assert_eq!(late, Err(Error::Failed(CallError::TimedOut)));
    assert!(begun.elapsed() < Duration::from_secs(30));
    assert_eq!(pool.submit(Square(2)).unwrap().join(), Ok(4));
}

fn workers_are_replaced_after_their_number_of_tasks() {
    // python/cpython#115634: there, replacing workers could hang the pool. #154873: or strand work.
    let pool = quiet().max_tasks_per_child(3).build();
    let pids: Vec<u32> = pool
        .map((0..30).map(|_| Pid()))
        .map(Result::unwrap)
        .collect();
    for pid in &pids {
        assert!(pids.iter().filter(|other| *other == pid).count() <= 3);
    }
}

fn failing_initialiser_breaks_the_pool_with_its_cause() {
    let pool = quiet().env(FAIL, "1").build();
    let Err(Error::Broken(cause)) = pool.submit(Square(1)).unwrap().join() else {
        panic!("broken")
    };
    assert!(cause.to_string().contains("no licence"));
    assert!(matches!(
        pool.submit(Square(1)).unwrap_err().reason,
        Refusal::Broken(_)
    ));
}

fn environment_and_streams_are_as_asked() {
    let pool = quiet().env("SELVEDGE_POOL_TEST_COLOUR", "green").build();
    let colour = pool
        .submit(Variable("SELVEDGE_POOL_TEST_COLOUR".into()))
        .unwrap();
    assert_eq!(colour.join(), Ok(Some("green".into())));
    assert_eq!(
        pool.submit(Input()).unwrap().join(),
        Ok(0),
        "tasks find their input empty"
    );
}

fn large_arguments_and_results_pass() {
    let pool = ProcessExecutor::new(1);
    let big = pool.submit(Big(20_000_000)).unwrap().join().unwrap();
    assert!(big.len() == 20_000_000 && big.iter().all(|byte| *byte == 7));
    let name = "x".repeat(5_000_000);
    assert_eq!(pool.submit(Variable(name)).unwrap().join(), Ok(None));
}

fn unknown_task_is_named() {
    #[derive(Serialize, Deserialize)]
    struct Stray();
    impl Call for Stray {
        const NAME: &str = "stray";
        type Output = ();
        fn call(self) {}
    }
    let pool = ProcessExecutor::new(1);
    let stray = pool.submit(Stray()).unwrap().join();
    assert_eq!(
        stray,
        Err(Error::Failed(CallError::Unknown("stray".into())))
    );
    assert_eq!(pool.submit(Square(2)).unwrap().join(), Ok(4));
}

fn what_cannot_be_written_or_read_fails_its_task() {
    let pool = quiet().max_workers(1).build();
    let before = pool.submit(Pid()).unwrap().join().unwrap();
    let unreadable = pool.submit(Unreadable(Picky)).unwrap().join();
    assert!(matches!(
        unreadable,
        Err(Error::Failed(CallError::NotEncodable(_)))
    ));
    let result = pool.submit(UnreadableResult()).unwrap();
    assert_eq!(result.exception(None), Ok(Some(&CallError::Garbled)));
    let panics = pool.submit(PanicsWritten()).unwrap();
    let Err(Error::Failed(CallError::NotEncodable(why))) = panics.result(None) else {
        panic!("not written")
    };
    assert!(why.contains("explosive"));
    assert_eq!(pool.submit(Pid()).unwrap().join().unwrap(), before);
}

fn queued_calls_can_be_cancelled() {
    let pool = ProcessExecutor::new(1);
    let busy = pool.submit(Nap(100)).unwrap();
    let queued = pool.submit(Square(1)).unwrap();
    assert!(queued.cancel());
    assert_eq!(busy.join(), Ok(()));
}

fn worker_that_cannot_start_is_tried_three_times() {
    let log = std::env::temp_dir().join(format!("selvedge-stillborn-{}", std::process::id()));
    std::fs::write(&log, "").unwrap();
    let path = log.to_str().unwrap();
    let pool = quiet().max_workers(1).env(STILLBORN, path).build();
    let broken = pool.submit(Square(1)).unwrap().join();
    assert!(matches!(broken, Err(Error::Broken(_))));
    assert_eq!(std::fs::read(&log).unwrap(), b"xxx");
    std::fs::remove_file(log).unwrap();
}

fn dropped_pool_leaves_no_process_behind() {
    let pool = quiet().max_workers(1).build();
    let pid = pool.submit(Pid()).unwrap().join().unwrap();
    pool.shutdown(Shutdown::GRACEFUL);
    drop(pool);
    // Not even one that has ended and that nobody has waited for.
    assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
    let pool = quiet().max_workers(1).build();
    let pid = pool.submit(Pid()).unwrap().join().unwrap();
    drop(pool);
    // Nobody waits for this one, but it ends.
    while is_alive(pid) {
        thread::yield_now();
    }
}

fn closed_pool_refuses_and_ends_its_workers() {
    let pool = ProcessExecutor::new(2);
    let pid = pool.submit(Pid()).unwrap().join().unwrap();
    assert!(is_alive(pid));
    pool.shutdown(Shutdown::GRACEFUL);
    assert!(!is_alive(pid));
    assert!(matches!(
        pool.submit(Pid()).unwrap_err().reason,
        Refusal::ShutDown
    ));
}

fn randomly_killed_workers_lose_no_task() {
    let pool = quiet().tries(1000).build();
    let options = MapOptions {
        chunk_size: 2,
        ..MapOptions::default()
    };
    let answers = pool
        .map_with((0..600).map(Fragile), options)
        .map(Result::unwrap);
    assert!(answers.eq(1..=600));
}

fn is_alive(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    // A process that has ended and has not been waited for is a Z.
    status.is_ok_and(|status| !status.contains(") Z "))
}

/// Prints the id of a worker, and then stays until it is killed.
fn be_a_parent() -> ! {
    let pool = ProcessExecutor::new(1);
    println!("{}", pool.submit(Pid()).unwrap().join().unwrap());
    let _busy = pool.submit(Nap(600_000)).unwrap();
    loop {
        thread::sleep(Duration::from_secs(1));
    }
}

fn worker_ends_with_a_killed_parent() {
    let mut parent = std::process::Command::new(std::env::current_exe().unwrap())
        .env(PARENT, "1")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut printed = std::io::BufReader::new(parent.stdout.take().unwrap());
    printed.read_line(&mut line).unwrap();
    let worker: u32 = line.trim().parse().unwrap();
    assert!(is_alive(worker));
    parent.kill().unwrap();
    parent.wait().unwrap();
    let begun = Instant::now();
    while is_alive(worker) {
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "the orphan lives on"
        );
        thread::sleep(Duration::from_millis(5));
    }
}
