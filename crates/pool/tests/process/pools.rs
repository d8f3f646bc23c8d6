//! Pools in the words of `multiprocessing`: the same on processes and on threads.

use selvedge_pool::process::{CallError, ProcessExecutor};
use selvedge_pool::{
    Accepts, CallExecutor, Error, Pool, PoolError, Refusal, StillRunning, promise,
};
use selvedge_sync::seam::clock::Duration;
use selvedge_sync::seam::thread;

selvedge_pool::task! {
    fn square(n: u64) -> u64 {
        assert!(n < 1_000_000, "too large");
        n * n
    }

    fn power(base: u64, exponent: u32) -> u64 {
        base.pow(exponent)
    }

    fn doze(millis: u64) -> u64 {
        thread::sleep(Duration::from_millis(millis));
        millis
    }
}

pub(crate) fn tasks(tasks: selvedge_pool::process::Tasks) -> selvedge_pool::process::Tasks {
    tasks.with::<square>().with::<power>().with::<doze>()
}

/// Executors that take all tasks of these tests.
trait All:
    CallExecutor
    + Accepts<square, Output = u64, Error = CallError>
    + Accepts<power, Output = u64, Error = CallError>
    + Accepts<doze, Output = u64, Error = CallError>
{
}
impl<X> All for X where
    X: CallExecutor
        + Accepts<square, Output = u64, Error = CallError>
        + Accepts<power, Output = u64, Error = CallError>
        + Accepts<doze, Output = u64, Error = CallError>
{
}

fn too_large(error: &Error<&CallError>) -> bool {
    matches!(error, Error::Failed(CallError::Panicked(why)) if why == "too large")
}

fn works<X: All>(pool: &Pool<X>) {
    assert_eq!(pool.apply(square(12)).unwrap(), 144);
    let panics = pool.apply(square(1_000_000));
    assert!(matches!(
        panics,
        Err(PoolError::Task(Error::Failed(CallError::Panicked(_))))
    ));
    for chunk_size in [0, 1, 7, 1000] {
        let squares = (0..50).map(|n| n * n).collect::<Vec<_>>();
        assert_eq!(pool.map(square, 0..50, chunk_size).unwrap(), squares);
        let lazily = pool.imap(square, 0..50, chunk_size).map(Result::unwrap);
        assert!(lazily.eq(squares.iter().copied()));
        let any_order = pool.imap_unordered(square, 0..50, chunk_size).unwrap();
        let mut any_order: Vec<u64> = any_order.map(Result::unwrap).collect();
        any_order.sort_unstable();
        assert_eq!(any_order, squares);
        let later = pool.map_async(square, 0..50, chunk_size).unwrap();
        assert!(later.get(None).unwrap().into_iter().eq(&squares));
        assert_eq!((later.ready(), later.successful()), (true, Some(true)));
    }
    assert_eq!(pool.starmap(power, [(2, 3), (3, 2)], 1).unwrap(), [8, 9]);
    assert_eq!(pool.map(square, [], 1).unwrap(), []);
    fails(pool);
    calls_back(pool);
    waits(pool);
}

fn fails<X: All>(pool: &Pool<X>) {
    // Each item fails for itself, also in a chunk.
    let items = [1, 1_000_000, 3];
    for chunk_size in [1, 3] {
        assert!(pool.map(square, items, chunk_size).is_err());
        let later = pool.map_async(square, items, chunk_size).unwrap();
        assert!(later.get(None).is_err_and(|error| too_large(&error)));
        assert_eq!(later.successful(), Some(false));
        let each = pool.imap_unordered(square, items, chunk_size).unwrap();
        assert_eq!(each.flatten().count(), 2);
        let each = pool.imap(square, items, chunk_size);
        assert_eq!(each.flatten().count(), 2);
    }
}

fn calls_back<X: All>(pool: &Pool<X>) {
    for (item, expected) in [(5, Some(25)), (1_000_000, None)] {
        let (said, heard) = promise::<Option<u64>, ()>();
        let (failed, failure) = promise::<bool, ()>();
        let result = pool.apply_async_with(
            square(item),
            |value| {
                said.set_result(Some(*value));
            },
            |error| {
                failed.set_result(too_large(&error));
            },
        );
        assert!(result.unwrap().wait(None));
        if expected.is_some() {
            assert_eq!(heard.join(), Ok(expected));
        } else {
            assert_eq!(failure.join(), Ok(true));
        }
    }
    for count in [0, 1, 30] {
        let (said, heard) = promise::<u64, ()>();
        let result = pool.map_async_with(
            square,
            0..count,
            4,
            |values| {
                said.set_result(values.into_iter().sum());
            },
            |_| (),
        );
        assert!(result.unwrap().wait(None));
        assert_eq!(heard.join(), Ok((0..count).map(|n| n * n).sum()));
    }
    let (said, heard) = promise::<bool, ()>();
    let result = pool.map_async_with(
        square,
        [1, 1_000_000],
        1,
        |_| (),
        |error| {
            said.set_result(too_large(&error));
        },
    );
    assert!(result.unwrap().wait(None));
    assert_eq!(heard.join(), Ok(true));
}

fn waits<X: All>(pool: &Pool<X>) {
    let late = pool.apply_async(doze(300)).unwrap();
    assert_eq!((late.ready(), late.successful()), (false, None));
    let soon = Some(Duration::from_millis(1));
    assert!(!late.wait(soon));
    assert_eq!(late.get(soon), Err(Error::TimedOut));
    let many = pool.map_async(doze, [300, 0], 1).unwrap();
    assert_eq!((many.ready(), many.successful()), (false, None));
    assert_eq!(many.get(soon), Err(Error::TimedOut));
    assert_eq!(late.get(None), Ok(&300));
    assert_eq!(late.successful(), Some(true));
    assert_eq!(many.get(None), Ok(vec![&300, &0]));
    assert_eq!(late.into_future().join(), Ok(300));
}

fn ends<X: All>(pool: &Pool<X>) {
    assert_eq!(pool.join(), Err(StillRunning));
    let last = pool.apply_async(doze(50)).unwrap();
    pool.close();
    assert!(matches!(
        pool.apply(square(1)),
        Err(PoolError::Refused(Refusal::ShutDown))
    ));
    assert_eq!(pool.join(), Ok(()));
    assert!(last.ready());
}

pub(crate) fn pool_of_processes_does_what_its_words_say() {
    let pool = Pool::on(super::quiet().build());
    works(&pool);
    ends(&pool);
    assert_eq!(Pool::processes(1).apply(square(3)).unwrap(), 9);
}

pub(crate) fn pool_of_threads_does_what_its_words_say() {
    // Panics are meant to happen here, and this process would print them.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| ()));
    let pool = Pool::threads(2);
    works(&pool);
    ends(&pool);
    let pool = Pool::threads(1);
    let running = pool.apply_async(doze(50)).unwrap();
    while !running.ready() && !running.wait(Some(Duration::from_millis(5))) {}
    let queued = pool.map_async(doze, [20, 20, 20], 1).unwrap();
    pool.terminate();
    assert_eq!(pool.join(), Ok(()));
    assert!(matches!(queued.get(None), Err(Error::Cancelled)));
    std::panic::set_hook(hook);
}

pub(crate) fn terminated_pool_ends_its_workers() {
    for executor in [
        ProcessExecutor::builder(),
        ProcessExecutor::builder().start(selvedge_pool::process::Start::ForkServer),
    ] {
        let pool = Pool::on(executor.max_workers(1).build());
        let pid = pool.apply(super::Pid()).unwrap();
        let running = pool.apply_async(doze(600_000)).unwrap();
        let queued = pool.apply_async(doze(600_000)).unwrap();
        pool.terminate();
        assert!(matches!(
            running.get(None),
            Err(Error::Failed(CallError::Died(_)) | Error::Cancelled)
        ));
        assert_eq!(queued.get(None), Err(Error::Cancelled));
        assert_eq!(pool.join(), Ok(()));
        assert!(!super::is_alive(pid));
    }
}
