//! Each rule, kept and broken.

use super::*;
use std::path::PathBuf;

/// A tree that keeps every rule, to be broken in one place.
struct Sample(tempfile::TempDir);

impl Sample {
    fn new() -> Self {
        let sample = Self(tempfile::tempdir().unwrap());
        sample.write("Cargo.lock", "");
        sample.write("xtask/Cargo.toml", "[lints]\nworkspace = true\n");
        sample.write("xtask/tidy.toml", "");
        sample.write("crates/gil/Cargo.toml", "[lints]\nworkspace = true\n");
        sample.write("crates/gil/README.md", "# gil\n");
        sample.write("crates/gil/src/lib.rs", "//! A crate.\n");
        sample
    }

    fn write(&self, path: &str, text: &str) {
        let path: PathBuf = self.0.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// The problems, as one text a problem.
    fn problems(&self) -> Vec<String> {
        let (problems, _) = check(self.0.path()).unwrap();
        let text = |found: Problem| format!("{}:{}: {}", found.file, found.line, found.text);
        problems.into_iter().map(text).collect()
    }

    /// Asserts that there is one problem, and that it says `expected`.
    fn breaks(&self, expected: &str) {
        let problems = self.problems();
        assert_eq!(problems.len(), 1, "{problems:#?}");
        assert!(problems[0].contains(expected), "{problems:#?}");
    }
}

#[test]
fn a_tidy_tree_has_no_problem() {
    assert_eq!(Sample::new().problems(), [""; 0]);
}

#[test]
fn the_lock_file_may_not_be_missing() {
    let sample = Sample::new();
    std::fs::remove_file(sample.0.path().join("Cargo.lock")).unwrap();
    sample.breaks("Cargo.lock:0: is missing");
}

#[test]
fn a_crate_may_not_lack_its_readme() {
    let sample = Sample::new();
    sample.write("crates/gil/README.md", "\n");
    sample.breaks("crates/gil/README.md:0: is missing or empty");
}

#[test]
fn a_crate_may_not_have_lints_of_its_own() {
    let sample = Sample::new();
    sample.write(
        "crates/gil/Cargo.toml",
        "[lints.rust]\nunsafe_code = \"deny\"\n",
    );
    sample.breaks("does not inherit");
}

#[test]
fn a_file_has_to_say_what_it_is_for() {
    let sample = Sample::new();
    sample.write("crates/gil/src/lib.rs", "// A crate.\n");
    sample.breaks("crates/gil/src/lib.rs:1: does not start");
    sample.write(
        "crates/gil/src/lib.rs",
        "#![doc = include_str!(\"../README.md\")]\n",
    );
    assert_eq!(sample.problems(), [""; 0]);
}

#[test]
fn a_file_has_to_be_rust() {
    let sample = Sample::new();
    sample.write("crates/gil/src/lib.rs", "//! A crate.\nfn f( {\n");
    sample.breaks("is not Rust");
}

#[test]
fn a_long_file_needs_a_reason() {
    let sample = Sample::new();
    sample.write("crates/gil/src/lib.rs", &"//! A crate.\n".repeat(601));
    sample.breaks("has 601 lines");
    let entry = "[[long]]\nfile = \"crates/gil/src/lib.rs\"\nreason = ";
    sample.write("xtask/tidy.toml", &format!("{entry}\"\""));
    sample.breaks("without a reason");
    sample.write("xtask/tidy.toml", &format!("{entry}\"one table\""));
    assert_eq!(sample.problems(), [""; 0]);
    sample.write("crates/gil/src/lib.rs", &"//! A crate.\n".repeat(600));
    sample.breaks("in vain");
}

#[test]
fn open_work_may_not_be_left() {
    let sample = Sample::new();
    for mark in ["TO", "FIX"].into_iter().zip(["DO", "ME"]) {
        let mark = [mark.0, mark.1].concat();
        sample.write("crates/gil/README.md", &format!("# gil\n\n{mark}: more\n"));
        sample.breaks(&format!("crates/gil/README.md:3: leaves a {mark}"));
    }
    sample.write("crates/gil/README.md", "# gil\n");
    for name in ["todo", "unimplemented"] {
        sample.write(
            "crates/gil/src/lib.rs",
            &format!("//! A crate.\nfn f() {{\n    {name}!()\n}}\n"),
        );
        sample.breaks(&format!("lib.rs:3: leaves a {name}!"));
    }
}

#[test]
fn unsafe_code_has_to_be_listed() {
    let sample = Sample::new();
    sample.write(
        "crates/gil/src/lib.rs",
        "//! No unsafe code here.\n/// unsafe\nfn f() -> &'static str { \"unsafe\" }\n",
    );
    assert_eq!(sample.problems(), [""; 0]);
    sample.write(
        "crates/gil/src/lib.rs",
        "//! A crate.\nmacro_rules! m { () => { unsafe { f() } } }\n",
    );
    sample.breaks("lib.rs:2: holds unsafe code");
    sample.write(
        "xtask/tidy.toml",
        "[[unsafe]]\nfile = \"crates/gil/src/lib.rs\"\nreason = \"the word\"\n",
    );
    assert_eq!(sample.problems(), [""; 0]);
}

#[test]
fn nothing_goes_around_the_seam() {
    let sample = Sample::new();
    let uses = [
        "use std::sync::Mutex;",
        "use std::{fmt, sync::Mutex};",
        "use std::{io::{self, Read}, sync::{Mutex, Arc}};",
        "use core::sync::atomic::AtomicU8;",
        "fn f() { m!(std::sync::Mutex::new(0)); }",
        "fn f() { ::std::sync::Mutex::new(0); }",
        "use std::time::{Duration, Instant};",
        "use std::thread;",
        "fn f() { std::thread::sleep(t); }",
        "std::thread_local! { static X: u8 = 0; }",
        "use core::cell::UnsafeCell;",
        "use parking_lot::Mutex;",
        "use loom::sync::Mutex;",
    ];
    for text in uses {
        sample.write("crates/gil/src/lib.rs", &format!("//! A crate.\n{text}\n"));
        sample.breaks("not selvedge_sync::seam");
        sample.write("crates/gil/src/lib.rs", "//! A crate.\n");
        sample.write("crates/gil/tests/x.rs", &format!("//! Tests.\n{text}\n"));
        assert_eq!(sample.problems(), [""; 0], "{text}");
    }
    sample.write(
        "crates/gil/tests/x_models.rs",
        "//! Models.\nuse std::sync::Mutex;\n",
    );
    sample.breaks("x_models.rs:2: uses std::sync::Mutex");
    sample.write("crates/gil/tests/x_models.rs", "//! Models.\n");
    let others = [
        "use std::{fmt::sync, io};",
        "use x::std::sync::y;",
        "/// std::sync::Mutex\nfn f() {}",
    ];
    for text in others {
        sample.write("crates/gil/src/lib.rs", &format!("//! A crate.\n{text}\n"));
        assert_eq!(sample.problems(), [""; 0], "{text}");
    }
}

#[test]
fn the_seam_and_benchmarks_may_go_around_it() {
    let sample = Sample::new();
    sample.write(
        "crates/sync/src/seam/native.rs",
        "//! The seam.\nuse std::sync::Mutex;\n",
    );
    sample.write(
        "crates/gil/benches/x.rs",
        "//! Peers.\nuse std::sync::Mutex;\nuse parking_lot::Condvar;\n",
    );
    assert_eq!(sample.problems(), [""; 0]);
}

#[test]
fn shared_state_has_to_have_models() {
    let sample = Sample::new();
    let uses = [
        "use selvedge_sync::seam::atomic::AtomicU8;",
        "use selvedge_sync::seam::{Arc, Mutex};",
        "use crate::seam::{bounds, cell::UnsafeCell};",
        "fn f() { selvedge_sync::seam::Condvar::new(); }",
    ];
    for text in uses {
        sample.write(
            "crates/gil/src/flavors/ring.rs",
            &format!("//! A ring.\n{text}\n"),
        );
        sample.breaks("no crates/gil/**_models.rs names `ring`");
    }
    sample.write(
        "crates/gil/tests/other_models.rs",
        "//! Models of the ring_buffer.\n",
    );
    sample.breaks("names `ring`");
    sample.write(
        "crates/gil/tests/other_models.rs",
        "//! Models of the ring.\n",
    );
    assert_eq!(sample.problems(), [""; 0]);
    sample.write("crates/gil/tests/other_models.rs", "//! Models.\n");
    sample.write(
        "crates/gil/src/flavors/ring/ring_models.rs",
        "//! Models.\n",
    );
    assert_eq!(sample.problems(), [""; 0]);
}

#[test]
fn only_primitives_have_to_have_models() {
    let sample = Sample::new();
    sample.write("crates/interp/Cargo.toml", "[lints]\nworkspace = true\n");
    sample.write("crates/interp/README.md", "# interp\n");
    sample.write(
        "crates/interp/src/ring.rs",
        "//! A ring.\nuse selvedge_sync::seam::Mutex;\n",
    );
    assert_eq!(sample.problems(), [""; 0]);
}

#[test]
fn a_folder_can_be_listed() {
    let sample = Sample::new();
    sample.write(
        "crates/gil/src/heap/page.rs",
        "//! Pages.\nunsafe fn f() {}\n",
    );
    sample.write(
        "xtask/tidy.toml",
        "[[unsafe]]\nfile = \"crates/gil/src/heap/\"\nreason = \"raw memory\"\n",
    );
    assert_eq!(sample.problems(), [""; 0]);
    sample.write("crates/gil/src/other.rs", "//! Other.\nunsafe fn f() {}\n");
    sample.breaks("other.rs:2: holds unsafe code");
}

#[test]
fn time_and_threads_are_no_shared_state() {
    let sample = Sample::new();
    sample.write(
        "crates/gil/src/lib.rs",
        "//! A crate.\nuse selvedge_sync::seam::{clock::Instant, thread};\n",
    );
    assert_eq!(sample.problems(), [""; 0]);
}
