//! Models of `calls`: the last of several chunks, and whoever asks for them, agree on who calls back.
#![cfg(all(selvedge_loom, target_os = "linux"))]
#![allow(missing_docs)]

use selvedge_pool::Pool;
use selvedge_sync::model;
use selvedge_sync::seam::Arc;
use selvedge_sync::seam::atomic::{AtomicU64, Ordering};
use selvedge_sync::seam::model::reach;

selvedge_pool::task! {
    fn double(n: u64) -> u64 {
        2 * n
    }
}

#[test]
fn results_of_a_map_are_called_back_once() {
    model!(
        "results_of_a_map_are_called_back_once",
        "the callback of a map runs once, with all results, whenever its chunks are done"
    )
    .preemptions(1)
    .reaches(&["done at once", "done later"])
    .check(|| {
        let pool = Pool::threads(1);
        let heard = Arc::new(AtomicU64::new(0));
        let said = Arc::clone(&heard);
        let result = pool.map_async_with(
            double,
            [1, 2],
            1,
            move |values| {
                said.fetch_add(100 + values.into_iter().sum::<u64>(), Ordering::Relaxed);
            },
            |_| (),
        );
        let result = result.unwrap();
        reach(if result.ready() {
            "done at once"
        } else {
            "done later"
        });
        pool.close();
        pool.join().unwrap();
        assert_eq!(heard.load(Ordering::Relaxed), 106);
    });
}
