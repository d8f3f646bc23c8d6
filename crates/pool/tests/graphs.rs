//! Tasks that make and await tasks, at random, beside the same work done by one thread.
#![cfg(not(selvedge_loom))]
#![allow(missing_docs)]

use proptest::prelude::*;
use selvedge_pool::{Executor, Future, Shutdown, ThreadExecutor};
use selvedge_sync::seam::Arc;
use selvedge_sync::seam::atomic::{AtomicU64, Ordering};

/// Work that is made of other work.
#[derive(Clone, Debug)]
enum Plan {
    Number(u64),
    /// One task each, awaited in order.
    Tasks(Vec<Plan>),
    Fork(Box<[Plan; 2]>),
    /// Spawned in a scope.
    Scope(Vec<Plan>),
    /// Elements of a vector.
    Collect(Vec<Plan>),
    Map(Vec<Plan>),
}

/// Joins two results so that their order and nesting show.
fn mix(left: u64, right: u64) -> u64 {
    (left.rotate_left(7) ^ right).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn alone(plan: &Plan) -> u64 {
    match plan {
        Plan::Number(number) => *number,
        Plan::Tasks(plans) | Plan::Collect(plans) | Plan::Map(plans) => {
            plans.iter().map(alone).fold(1, mix)
        }
        Plan::Fork(plans) => mix(alone(&plans[0]), alone(&plans[1])),
        Plan::Scope(plans) => plans.iter().map(alone).fold(2, u64::wrapping_add),
    }
}

fn together(pool: &Arc<ThreadExecutor>, plan: &Plan) -> u64 {
    let job = |plan: &Plan| {
        let (pool, plan) = (Arc::clone(pool), plan.clone());
        move || together(&pool, &plan)
    };
    match plan {
        Plan::Number(number) => *number,
        Plan::Tasks(plans) => {
            let submit = |plan| pool.submit(job(plan)).unwrap();
            let futures: Vec<_> = plans.iter().map(submit).collect();
            let results = futures.into_iter().map(|future| future.join().unwrap());
            results.fold(1, mix)
        }
        Plan::Fork(plans) => {
            let [left, right] = &**plans;
            let (left, right) = pool.join(|| together(pool, left), || together(pool, right));
            mix(left, right)
        }
        Plan::Scope(plans) => {
            let sum = AtomicU64::new(2);
            pool.scope(|scope| {
                for plan in plans {
                    let sum = &sum;
                    // Relaxed: the end of the scope orders it.
                    scope.spawn(move || {
                        sum.fetch_add(together(pool, plan), Ordering::Relaxed);
                    });
                }
            });
            sum.into_inner()
        }
        Plan::Collect(plans) => {
            let elements = pool.collect(plans.len(), |n| together(pool, &plans[n]));
            elements.into_iter().fold(1, mix)
        }
        Plan::Map(plans) => {
            let results = pool.map(plans.iter().map(job).collect::<Vec<_>>());
            results.map(Result::unwrap).fold(1, mix)
        }
    }
}

fn plans() -> impl Strategy<Value = Plan> {
    any::<u64>()
        .prop_map(Plan::Number)
        .prop_recursive(5, 60, 4, |inner| {
            let several = prop::collection::vec(inner.clone(), 0..5);
            prop_oneof![
                several.clone().prop_map(Plan::Tasks),
                (inner.clone(), inner).prop_map(|(a, b)| Plan::Fork(Box::new([a, b]))),
                several.clone().prop_map(Plan::Scope),
                several.clone().prop_map(Plan::Collect),
                several.prop_map(Plan::Map),
            ]
        })
}

/// For each task, which of those before it it waits for, as fractions of their number.
fn graphs() -> impl Strategy<Value = Vec<Vec<prop::sample::Index>>> {
    let edges = prop::collection::vec(any::<prop::sample::Index>(), 0..4);
    prop::collection::vec(edges, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn nested_work_comes_to_what_one_thread_makes_of_it(plan in plans(), workers in 1_usize..4) {
        let pool = Arc::new(ThreadExecutor::new(workers));
        prop_assert_eq!(together(&pool, &plan), alone(&plan));
        prop_assert_eq!(pool.install(|| together(&pool, &plan)), alone(&plan));
        pool.shutdown(Shutdown::GRACEFUL);
        prop_assert_eq!(pool.queued(), 0);
    }

    #[test]
    fn graph_of_tasks_ends_on_any_number_of_workers(graph in graphs(), workers in 1_usize..4) {
        let pool = ThreadExecutor::new(workers);
        let mut futures: Vec<Arc<Future<u64>>> = Vec::new();
        let mut expected: Vec<u64> = Vec::new();
        for (number, edges) in graph.iter().enumerate() {
            let before = edges.iter().filter(|_| number > 0).map(|edge| edge.index(number));
            let before: Vec<usize> = before.collect();
            expected.push(before.iter().map(|at| expected[*at]).fold(number as u64, mix));
            let awaited: Vec<_> = before.iter().map(|at| Arc::clone(&futures[*at])).collect();
            let task = move || {
                let results = awaited.iter().map(|future| *future.result(None).unwrap());
                results.fold(number as u64, mix)
            };
            futures.push(Arc::new(pool.submit(task).unwrap()));
        }
        for (future, expected) in futures.iter().zip(expected) {
            prop_assert_eq!(future.result(None).ok(), Some(&expected));
        }
    }
}
