//! The process executor beside CPython's, which runs in a process of its own: the workload is the
//! same, tasks that return their argument.

use selvedge_pool::process::{ProcessExecutor, Start};
use selvedge_pool::{Executor as _, MapOptions, Shutdown};
use std::hint::black_box;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{Options, Row, WORKERS};

selvedge_pool::task! {
    fn same(n: u64) -> u64 {
        n
    }
}

pub(crate) fn tasks() -> selvedge_pool::process::Tasks {
    selvedge_pool::tasks![same]
}

/// The newest of these that there is, is the peer.
const INTERPRETERS: [&str; 3] = ["python3.15", "python3.14", "python3"];

/// Prints the rates of the scenarios below, in their order.
const PEER: &str = r#"
import multiprocessing as mp, sys, time
from concurrent.futures import ProcessPoolExecutor

def same(n):
    return n

def rate(count, run):
    begun = time.perf_counter()
    run()
    print(count / (time.perf_counter() - begun))

if __name__ == "__main__":
    workers, count = int(sys.argv[1]), int(sys.argv[2])
    with ProcessPoolExecutor(workers, mp_context=mp.get_context("fork")) as pool:
        list(pool.map(same, range(2 * workers)))
        rate(count, lambda: [f.result() for f in [pool.submit(same, n) for n in range(count)]])
        rate(count * 10, lambda: sum(pool.map(same, range(count * 10), chunksize=100)))
        rate(count // 5, lambda: [pool.submit(same, n).result() for n in range(count // 5)])
    def start():
        with ProcessPoolExecutor(1, mp_context=mp.get_context("fork")) as pool:
            pool.submit(same, 0).result()
    rate(5, lambda: [start() for _ in range(5)])
"#;

/// Each scenario's operations a second, the median of the rounds.
pub(crate) fn measure(options: &Options) -> Vec<Row> {
    let pool = ProcessExecutor::new(WORKERS);
    let names = [
        "processes: no-op tasks",
        "processes: chunks of 100",
        "processes: round trips",
        "processes: start, run, end",
        "processes: the same, forked",
    ];
    let forks = ProcessExecutor::builder()
        .max_workers(1)
        .start(Start::ForkServer)
        .max_tasks_per_child(1)
        .build();
    let (singles, chunked) = (options.scaled(100_000), options.scaled(5_000_000));
    let (trips, starts) = (options.scaled(20_000), options.scaled(500));
    let runs: [(usize, &dyn Fn()); 5] = [
        (singles, &|| {
            let futures: Vec<_> = (0..singles as u64)
                .map(|n| pool.submit(same(n)).unwrap())
                .collect();
            let results = futures.into_iter().map(|future| future.join().unwrap());
            let sum: u64 = results.sum();
            black_box(sum);
        }),
        (chunked, &|| {
            let chunks = MapOptions {
                chunk_size: 100,
                ..MapOptions::default()
            };
            let results = pool.map_with((0..chunked as u64).map(same), chunks);
            black_box(results.map(Result::unwrap).sum::<u64>());
        }),
        (trips, &|| {
            for n in 0..trips as u64 {
                black_box(pool.submit(same(n)).unwrap().join().unwrap());
            }
        }),
        (starts, &|| {
            for n in 0..starts as u64 {
                let pool = ProcessExecutor::new(1);
                black_box(pool.submit(same(n)).unwrap().join().unwrap());
                pool.shutdown(Shutdown::GRACEFUL);
            }
        }),
        (starts, &|| {
            for n in 0..starts as u64 {
                black_box(forks.submit(same(n)).unwrap().join().unwrap());
            }
        }),
    ];
    let ours = runs.map(|(operations, run)| operations as f64 / median(options, run).as_secs_f64());
    let Some((peer_name, peers)) = peer_rates(options.scaled(10_000)) else {
        println!("no Python to compare processes with: {ours:?} a second");
        return Vec::new();
    };
    let rows = names.into_iter().zip(ours).zip(peers);
    rows.map(|((scenario, ours), peer)| Row {
        scenario,
        ours,
        peer,
        peer_name,
    })
    .collect()
}

fn median(options: &Options, run: &dyn Fn()) -> Duration {
    // The first warms up.
    run();
    let mut times: Vec<Duration> = (0..options.rounds())
        .map(|_| {
            let begun = Instant::now();
            run();
            begun.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}

fn peer_rates(count: usize) -> Option<(&'static str, Vec<f64>)> {
    let program = std::env::temp_dir().join(format!("selvedge-bench-{}.py", std::process::id()));
    std::fs::write(&program, PEER).expect("the peer's program can be written");
    let run = |name: &'static str| {
        let mut command = Command::new(name);
        command.arg(&program);
        command.args([WORKERS.to_string(), count.to_string()]);
        let output = command.stdin(Stdio::null()).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let mut rates: Vec<f64> = text.lines().map_while(|line| line.parse().ok()).collect();
        // Ours can start in two ways, which have one peer.
        rates.push(*rates.get(3)?);
        Some((name, rates))
    };
    let rates = INTERPRETERS.into_iter().find_map(run);
    std::fs::remove_file(&program).expect("it was written");
    rates
}
