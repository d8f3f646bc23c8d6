//! Tasks that are declared as functions, and their names.

use selvedge_pool::process::{Call, DuplicateTask, ProcessExecutor, Tasks};
use selvedge_pool::{Executor, task};
use std::collections::BTreeMap;

task! {
    /// Any number of arguments.
    pub(crate) fn nothing() {}

    fn pair(a: u64, b: Option<String>,) -> (u64, Option<String>) {
        (a, b)
    }

    /// Leaves early, with what the arguments borrow from each other.
    pub(crate) fn count(words: Vec<String>) -> Result<BTreeMap<String, u32>, String> {
        let mut counts = BTreeMap::new();
        if words.is_empty() {
            return Err("no words".to_owned());
        }
        for word in words {
            *counts.entry(word).or_default() += 1;
        }
        Ok(counts)
    }
}

mod elsewhere {
    selvedge_pool::task! {
        pub(crate) fn pair() -> u8 { 2 }
    }
}

pub(crate) fn tasks(tasks: Tasks) -> Tasks {
    tasks
        .with::<nothing>()
        .with::<pair>()
        .with::<count>()
        .with::<elsewhere::pair>()
}

pub(crate) fn functions_are_called_with_what_they_take() {
    let pool = ProcessExecutor::new(1);
    assert_eq!(pool.submit(nothing()).unwrap().join(), Ok(()));
    let pair = pool.submit(pair(7, Some("x".into()))).unwrap();
    assert_eq!(pair.join(), Ok((7, Some("x".into()))));
    let words = ["warp", "weft", "warp"].map(String::from).to_vec();
    let counts = pool.submit(count(words)).unwrap().join().unwrap().unwrap();
    assert_eq!(counts["warp"], 2);
    let none = pool.submit(count(Vec::new())).unwrap().join().unwrap();
    assert_eq!(none, Err("no words".into()));
    assert_eq!(pool.submit(elsewhere::pair()).unwrap().join(), Ok(2));
}

pub(crate) fn two_tasks_of_one_name_are_refused() {
    assert_eq!(pair::NAME, "process::functions::pair");
    let twice = selvedge_pool::tasks![nothing, pair].try_with::<pair>();
    assert_eq!(twice.unwrap_err(), DuplicateTask(pair::NAME));
    let same_function_name = Tasks::new().with::<pair>().try_with::<elsewhere::pair>();
    assert!(same_function_name.is_ok());
}
