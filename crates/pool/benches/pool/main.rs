//! The executor beside its peers: two workers each, in one process, in alternation, the median of
//! several rounds. `--quick` takes fewer rounds, `--only NAME` some scenarios, `--json FILE` writes the rows down.
#![allow(
    missing_docs,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "peers and clock are the real ones"
)]

use selvedge_pool::{Executor as _, ThreadExecutor};
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const WORKERS: usize = 2;

mod processes;

fn main() {
    processes::tasks().serve_if_worker();
    let options = Options::parse();
    let pools = Pools::new();
    let scenarios = [
        no_ops(&pools, options.scaled(100_000)),
        futures_of_no_ops(&pools, options.scaled(50_000)),
        round_trips(&pools, options.scaled(5_000)),
        small_map(&pools, options.scaled(500_000)),
        short_tasks(&pools, options.scaled(4_000)),
        fork_join(&pools, if options.quick { 20 } else { 25 }),
    ];
    let mut rows: Vec<Row> = scenarios
        .into_iter()
        .filter(|scenario| options.wants(scenario.name))
        .flat_map(|scenario| scenario.measure(options.rounds()))
        .collect();
    if options.wants("processes") {
        rows.extend(processes::measure(&options));
    }
    print(&rows);
    if let Some(file) = options.json {
        write(&file, &rows);
    }
}

struct Options {
    quick: bool,
    json: Option<String>,
    only: Option<String>,
}

impl Options {
    fn parse() -> Self {
        let mut options = Self {
            quick: false,
            json: None,
            only: None,
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match &*argument {
                "--quick" => options.quick = true,
                "--json" => options.json = arguments.next(),
                "--only" => options.only = arguments.next(),
                // What `cargo bench` adds.
                "--bench" => (),
                other => panic!("unknown argument {other}: --quick, --only NAME, --json FILE"),
            }
        }
        options
    }

    fn scaled(&self, count: usize) -> usize {
        if self.quick { count / 5 } else { count }
    }

    /// Whether a scenario of this name is to run.
    fn wants(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|only| name.contains(&**only))
    }

    fn rounds(&self) -> usize {
        if self.quick { 5 } else { 11 }
    }
}

/// Every executor, kept for the whole run: idle ones use no time.
struct Pools {
    ours: ThreadExecutor,
    rayon: rayon::ThreadPool,
    threadpool: threadpool::ThreadPool,
    rusty: rusty_pool::ThreadPool,
    chili: chili::ThreadPool,
    tokio: tokio::runtime::Runtime,
    smol: Arc<async_executor::Executor<'static>>,
}

impl Pools {
    fn new() -> Self {
        let smol = Arc::new(async_executor::Executor::new());
        for _ in 0..WORKERS {
            let executor = Arc::clone(&smol);
            std::thread::spawn(move || {
                futures_lite::future::block_on(executor.run(futures_lite::future::pending::<()>()));
            });
        }
        Self {
            ours: ThreadExecutor::new(WORKERS),
            rayon: rayon::ThreadPoolBuilder::new()
                .num_threads(WORKERS)
                .build()
                .unwrap(),
            threadpool: threadpool::ThreadPool::new(WORKERS),
            rusty: rusty_pool::Builder::new()
                .core_size(WORKERS)
                .max_size(WORKERS)
                .build(),
            chili: chili::ThreadPool::with_config(chili::Config {
                thread_count: std::num::NonZero::new(WORKERS),
                ..chili::Config::default()
            }),
            tokio: tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .max_blocking_threads(WORKERS)
                .build()
                .unwrap(),
            smol,
        }
    }
}

type Run<'a> = Box<dyn Fn() + 'a>;

struct Scenario<'a> {
    name: &'static str,
    /// How many operations a run makes, for the rate.
    operations: usize,
    ours: Run<'a>,
    peers: Vec<(&'static str, Run<'a>)>,
}

struct Row {
    scenario: &'static str,
    ours: f64,
    peer: f64,
    peer_name: &'static str,
}

impl Scenario<'_> {
    fn measure(&self, rounds: usize) -> Vec<Row> {
        let mut times: Vec<Vec<Duration>> = vec![Vec::new(); self.peers.len() + 1];
        for round in 0..=rounds {
            let runs = std::iter::once(&self.ours).chain(self.peers.iter().map(|(_, run)| run));
            for (run, times) in runs.zip(&mut times) {
                let begun = Instant::now();
                run();
                // The first round warms up.
                if round > 0 {
                    times.push(begun.elapsed());
                }
            }
        }
        let rate = |times: &mut Vec<Duration>| {
            times.sort();
            self.operations as f64 / times[times.len() / 2].as_secs_f64()
        };
        let ours = rate(&mut times[0]);
        let peers = self.peers.iter().zip(&mut times[1..]);
        peers
            .map(|((name, _), times)| Row {
                scenario: self.name,
                ours,
                peer: rate(times),
                peer_name: name,
            })
            .collect()
    }
}

impl Row {
    fn ratio(&self) -> f64 {
        self.ours / self.peer
    }
}

/// Counts tasks down and tells the thread that waits for the last.
struct Countdown {
    left: AtomicUsize,
    waiter: std::thread::Thread,
}

impl Countdown {
    fn new(count: usize) -> Arc<Self> {
        Arc::new(Self {
            left: AtomicUsize::new(count),
            waiter: std::thread::current(),
        })
    }

    fn tick(&self) {
        if self.left.fetch_sub(1, Ordering::Release) == 1 {
            self.waiter.unpark();
        }
    }

    fn wait(&self) {
        while self.left.load(Ordering::Acquire) > 0 {
            std::thread::park();
        }
    }
}

/// Hands `count` tasks to `spawn`, each doing `work`, and waits for all.
fn burst<S>(count: usize, work: fn(), spawn: S)
where
    S: Fn(Box<dyn FnOnce() + Send>),
{
    let countdown = Countdown::new(count);
    for _ in 0..count {
        let countdown = Arc::clone(&countdown);
        spawn(Box::new(move || {
            work();
            countdown.tick();
        }));
    }
    countdown.wait();
}

fn burst_scenario<'a>(
    name: &'static str,
    pools: &'a Pools,
    count: usize,
    work: fn(),
) -> Scenario<'a> {
    let Pools {
        ours,
        rayon,
        threadpool,
        rusty,
        tokio,
        smol,
        ..
    } = pools;
    Scenario {
        name,
        operations: count,
        ours: Box::new(move || burst(count, work, |task| ours.execute(task).unwrap())),
        peers: vec![
            (
                "rayon",
                Box::new(move || burst(count, work, |task| rayon.spawn(task))),
            ),
            (
                "threadpool",
                Box::new(move || burst(count, work, |task| threadpool.execute(task))),
            ),
            (
                "rusty_pool",
                Box::new(move || burst(count, work, |task| rusty.execute(task))),
            ),
            (
                "tokio blocking",
                Box::new(move || burst(count, work, |task| drop(tokio.spawn_blocking(task)))),
            ),
            (
                "async-executor",
                Box::new(move || burst(count, work, |task| smol.spawn(async { task() }).detach())),
            ),
        ],
    }
}

fn no_ops(pools: &Pools, count: usize) -> Scenario<'_> {
    burst_scenario("no-op tasks", pools, count, || ())
}

/// As long as the processor takes, near ten microseconds.
fn ten_microseconds() {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_micros(10) {
        std::hint::spin_loop();
    }
}

fn short_tasks(pools: &Pools, count: usize) -> Scenario<'_> {
    burst_scenario("10 µs tasks", pools, count, ten_microseconds)
}

fn futures_of_no_ops(pools: &Pools, count: usize) -> Scenario<'_> {
    let Pools {
        ours,
        rusty,
        tokio,
        smol,
        ..
    } = pools;
    Scenario {
        name: "no-op tasks with a result each",
        operations: count,
        ours: Box::new(move || {
            let futures: Vec<_> = (0..count)
                .map(|n| ours.submit(move || n).unwrap())
                .collect();
            for future in futures {
                black_box(future.join().unwrap());
            }
        }),
        peers: vec![
            (
                "rusty_pool",
                Box::new(move || {
                    let handles: Vec<_> = (0..count).map(|n| rusty.evaluate(move || n)).collect();
                    for handle in handles {
                        black_box(handle.await_complete());
                    }
                }),
            ),
            (
                "tokio blocking",
                Box::new(move || {
                    let spawn = |n| tokio.spawn_blocking(move || n);
                    let handles: Vec<_> = (0..count).map(spawn).collect();
                    for handle in handles {
                        black_box(futures_lite::future::block_on(handle).unwrap());
                    }
                }),
            ),
            (
                "async-executor",
                Box::new(move || {
                    let tasks: Vec<_> = (0..count).map(|n| smol.spawn(async move { n })).collect();
                    for task in tasks {
                        black_box(futures_lite::future::block_on(task));
                    }
                }),
            ),
        ],
    }
}

fn round_trips(pools: &Pools, count: usize) -> Scenario<'_> {
    let Pools {
        ours,
        rayon,
        threadpool,
        rusty,
        tokio,
        smol,
        ..
    } = pools;
    let by_channel = move |spawn: &dyn Fn(Box<dyn FnOnce() + Send>)| {
        for n in 0..count {
            let (send, receive) = std::sync::mpsc::sync_channel(1);
            spawn(Box::new(move || send.send(n).unwrap()));
            black_box(receive.recv().unwrap());
        }
    };
    Scenario {
        name: "round trips",
        operations: count,
        ours: Box::new(move || {
            for n in 0..count {
                black_box(ours.submit(move || n).unwrap().join().unwrap());
            }
        }),
        peers: vec![
            (
                "rayon",
                Box::new(move || by_channel(&|task| rayon.spawn(task))),
            ),
            (
                "threadpool",
                Box::new(move || by_channel(&|task| threadpool.execute(task))),
            ),
            (
                "rusty_pool",
                Box::new(move || {
                    for n in 0..count {
                        black_box(rusty.evaluate(move || n).await_complete());
                    }
                }),
            ),
            (
                "tokio blocking",
                Box::new(move || {
                    for n in 0..count {
                        let handle = tokio.spawn_blocking(move || n);
                        black_box(futures_lite::future::block_on(handle).unwrap());
                    }
                }),
            ),
            (
                "async-executor",
                Box::new(move || {
                    for n in 0..count {
                        let task = smol.spawn(async move { n });
                        black_box(futures_lite::future::block_on(task));
                    }
                }),
            ),
        ],
    }
}

/// What a small item costs.
fn small(n: u64) -> u64 {
    n.wrapping_mul(n) ^ (n >> 3)
}

fn small_map(pools: &Pools, count: usize) -> Scenario<'_> {
    let Pools { ours, rayon, .. } = pools;
    Scenario {
        name: "map over small items",
        operations: count,
        ours: Box::new(move || {
            black_box(ours.collect(count, |n| small(n as u64)));
        }),
        peers: vec![(
            "rayon",
            Box::new(move || {
                use rayon::prelude::*;
                let items = (0..count).into_par_iter().with_min_len(4096);
                let results: Vec<u64> = rayon.install(|| items.map(|n| small(n as u64)).collect());
                black_box(results);
            }),
        )],
    }
}

fn ours_fibonacci(pool: &ThreadExecutor, n: u64) -> u64 {
    if n < 2 {
        return n;
    }
    let (left, right) = pool.join(
        || ours_fibonacci(pool, n - 1),
        || ours_fibonacci(pool, n - 2),
    );
    left + right
}

fn rayon_fibonacci(n: u64) -> u64 {
    if n < 2 {
        return n;
    }
    let (left, right) = rayon::join(|| rayon_fibonacci(n - 1), || rayon_fibonacci(n - 2));
    left + right
}

fn chili_fibonacci(scope: &mut chili::Scope<'_>, n: u64) -> u64 {
    if n < 2 {
        return n;
    }
    let (left, right) = scope.join(
        |scope| chili_fibonacci(scope, n - 1),
        |scope| chili_fibonacci(scope, n - 2),
    );
    left + right
}

fn fork_join(pools: &Pools, n: u64) -> Scenario<'_> {
    let Pools {
        ours, rayon, chili, ..
    } = pools;
    let forks = (0..n).fold((1_usize, 1_usize), |(a, b), _| (b, a + b)).0;
    Scenario {
        name: "fork-join",
        operations: forks,
        ours: Box::new(move || {
            black_box(ours.install(|| ours_fibonacci(ours, n)));
        }),
        peers: vec![
            (
                "rayon",
                Box::new(move || {
                    black_box(rayon.install(|| rayon_fibonacci(n)));
                }),
            ),
            (
                "chili",
                Box::new(move || {
                    black_box(chili_fibonacci(&mut chili.scope(), n));
                }),
            ),
        ],
    }
}

fn print(rows: &[Row]) {
    println!(
        "{:<32} {:<16} {:>12} {:>12} {:>7}",
        "scenario", "peer", "ours/s", "peer/s", "ratio"
    );
    for row in rows {
        println!(
            "{:<32} {:<16} {:>12.0} {:>12.0} {:>7.2}",
            row.scenario,
            row.peer_name,
            row.ours,
            row.peer,
            row.ratio()
        );
    }
}

fn write(file: &str, rows: &[Row]) {
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            serde_json::json!({
                "crate": "pool",
                "scenario": row.scenario,
                "ours": row.ours,
                "peer": row.peer,
                "peer_name": row.peer_name,
                "unit": "1/s",
                "ratio": row.ratio(),
            })
        })
        .collect();
    let text = serde_json::to_string_pretty(&rows).expect("rows are plain");
    std::fs::write(file, text).expect("the file can be written");
}
