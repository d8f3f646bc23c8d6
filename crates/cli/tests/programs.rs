//! Runs the programs of `tests/programs` and compares what they print with the file beside them.
//!
//! `x.out` is what `x.py` prints on standard output, `x.err`, where there is one, on standard
//! error. Expected output was made by CPython 3.14.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn programs(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder of programs is there")
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            programs(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "py")
            && path.with_extension("out").exists()
        {
            found.push(path);
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/programs")
}

/// Runs a program from its own folder, so that tracebacks name the file as the expected ones do.
fn run(program: &Path, options: &[&str]) -> Output {
    let folder = program.parent().expect("a program is in a folder");
    Command::new(env!("CARGO_BIN_EXE_selvedge"))
        .args(options)
        .arg(program.file_name().expect("a program has a name"))
        .current_dir(folder)
        .output()
        .expect("the VM can be started")
}

/// What is wrong with a program's output.
fn difference(program: &Path, options: &[&str]) -> Option<String> {
    let output = run(program, options);
    for (ending, printed) in [("out", &output.stdout), ("err", &output.stderr)] {
        let Ok(expected) = std::fs::read_to_string(program.with_extension(ending)) else {
            continue;
        };
        let printed = String::from_utf8_lossy(printed);
        if printed != expected {
            return Some(format!(
                "{} {options:?}: std{ending} differs\n--- expected\n{expected}--- printed\n{printed}--- status {}, standard error:\n{}",
                program.display(),
                output.status,
                String::from_utf8_lossy(&output.stderr)
            ));
        }
    }
    None
}

fn check_all(options: &[&str]) {
    let mut found = Vec::new();
    programs(&root(), &mut found);
    assert!(
        found.len() >= 2,
        "programs are missing from {}",
        root().display()
    );
    let wrong: Vec<String> = found
        .iter()
        .filter_map(|program| difference(program, options))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

// One after the other: a program that writes a file would find the other run's in its place.
#[test]
fn programs_print_what_cpython_prints_with_and_without_the_lock() {
    check_all(&[]);
    check_all(&["--gil=off"]);
}

#[test]
fn threads_get_their_turns_under_every_policy() {
    let program = root().join("futures.py");
    for policy in ["ticks", "interval", "fifo", "priority"] {
        let options = [&*format!("--gil-policy={policy}")];
        assert_eq!(difference(&program, &options), None);
    }
}

/// The number after `'name': ` in a printed dictionary.
fn counter(printed: &str, name: &str) -> u64 {
    let (_, rest) = printed
        .split_once(&format!("'{name}': "))
        .expect("the counter is printed");
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().expect("a counter is a number")
}

#[test]
fn a_statement_is_not_torn_under_the_lock() {
    let program = root().join("reward.py");
    let output = run(&program, &[]);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(counter(&printed, "pieces"), 20_000_000, "{printed}");
    let reward = counter(&printed, "reward");
    assert!((1_000_000..=2_000_000).contains(&reward), "{printed}");
}

#[test]
fn threads_share_a_dictionary_without_the_lock() {
    let program = root().join("reward.py");
    let output = run(&program, &["--gil=off"]);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let pieces = counter(&printed, "pieces");
    assert!((10_000_000..=20_000_000).contains(&pieces), "{printed}");
}

#[test]
fn bad_usage_is_an_error_that_says_so() {
    let missing = run(&root().join("no_such_program.py"), &[]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("can't open file"));
    let unknown = run(&root().join("core.py"), &["--gil-policy=luck"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("priority"));
}
