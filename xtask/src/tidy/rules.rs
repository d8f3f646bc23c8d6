//! The rules, each a function from the tree to the places that break it.

use super::source::{Path, Source, Tree};
use super::{Exception, Exceptions, Problem};
use crate::workspace::PRIMITIVES;

/// A rule.
pub(super) type Rule = fn(&Tree, &Exceptions) -> Vec<Problem>;

/// All of them.
pub(super) const ALL: [Rule; 9] = [
    lock_file_is_there,
    crates_have_a_readme,
    crates_inherit_the_lints,
    files_are_rust_and_headed,
    files_are_short,
    no_work_is_left_open,
    unsafe_code_is_listed,
    the_seam_is_the_only_door,
    shared_state_has_models,
];

/// Lines after which a file should be split, unless it is listed with a reason.
const LONGEST: usize = 600;

/// The one folder that may name what the seam stands for.
const SEAM: &str = "crates/sync/src/seam/";

fn problem(file: &str, line: usize, text: impl Into<String>) -> Problem {
    Problem {
        file: file.to_owned(),
        line,
        text: text.into(),
    }
}

fn lock_file_is_there(tree: &Tree, _: &Exceptions) -> Vec<Problem> {
    let missing = tree.get("Cargo.lock").is_none();
    missing
        .then(|| problem("Cargo.lock", 0, "is missing"))
        .into_iter()
        .collect()
}

fn crates_have_a_readme(tree: &Tree, _: &Exceptions) -> Vec<Problem> {
    let crates = tree.members().filter(|folder| *folder != "xtask");
    let readmes = crates.map(|folder| format!("{folder}/README.md"));
    let missing = readmes.filter(|path| {
        tree.get(path)
            .is_none_or(|file| file.text.trim().is_empty())
    });
    missing
        .map(|path| problem(&path, 0, "is missing or empty"))
        .collect()
}

fn crates_inherit_the_lints(tree: &Tree, _: &Exceptions) -> Vec<Problem> {
    let inherits = |text: &str| {
        let manifest: toml::Table = text.parse().ok()?;
        manifest.get("lints")?.get("workspace")?.as_bool()
    };
    let manifests = tree
        .members()
        .filter_map(|folder| tree.get(&format!("{folder}/Cargo.toml")));
    let bad = manifests.filter(|file| inherits(&file.text) != Some(true));
    bad.map(|file| problem(&file.path, 0, "does not inherit the workspace's lints"))
        .collect()
}

fn files_are_rust_and_headed(tree: &Tree, _: &Exceptions) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in tree.rust() {
        if file.tokens.is_none() {
            problems.push(problem(&file.path, 0, "is not Rust"));
        }
        // A crate may have its README for its documentation.
        if !file.text.starts_with("//!") && !file.text.starts_with("#![doc") {
            problems.push(problem(
                &file.path,
                1,
                "does not start by saying in `//!` what it is for",
            ));
        }
    }
    problems
}

fn files_are_short(tree: &Tree, exceptions: &Exceptions) -> Vec<Problem> {
    let long = tree.rust().filter_map(|file| {
        let lines = file.text.lines().count();
        let text = format!("has {lines} lines, more than {LONGEST}");
        (lines > LONGEST).then(|| problem(&file.path, 0, text))
    });
    except(long.collect(), "long", &exceptions.long)
}

fn no_work_is_left_open(tree: &Tree, _: &Exceptions) -> Vec<Problem> {
    // Written in two parts, or this file would break the rule.
    const MARKS: [&str; 2] = [concat!("TO", "DO"), concat!("FIX", "ME")];
    const MACROS: [&str; 2] = ["todo", "unimplemented"];
    let mut problems = Vec::new();
    for file in tree.files.iter().filter(|file| !file.has_extension("lock")) {
        for (index, line) in file.text.lines().enumerate() {
            if let Some(mark) = words(line).find(|word| MARKS.contains(word)) {
                problems.push(problem(&file.path, index + 1, format!("leaves a {mark}")));
            }
        }
        for pair in file.tokens().windows(2) {
            if MACROS.contains(&&*pair[0].text) && pair[1].text == "!" {
                problems.push(problem(
                    &file.path,
                    pair[0].line,
                    format!("leaves a {}!", pair[0].text),
                ));
            }
        }
    }
    problems
}

fn unsafe_code_is_listed(tree: &Tree, exceptions: &Exceptions) -> Vec<Problem> {
    let with_unsafe = tree
        .rust()
        .filter(|file| file.is_shipped())
        .filter_map(|file| {
            let first = file.tokens().iter().find(|token| token.text == "unsafe")?;
            Some(problem(
                &file.path,
                first.line,
                "holds unsafe code and is not listed for it",
            ))
        });
    except(with_unsafe.collect(), "unsafe", &exceptions.unsafe_code)
}

/// Clippy's `disallowed_types` sees through re-exports, so crates that use the seam have to allow
/// them: what they reach the types by is checked here, in macros too. Other tests and benchmarks
/// may compare and observe with whatever they like.
fn the_seam_is_the_only_door(tree: &Tree, exceptions: &Exceptions) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in tree.rust().filter(|file| !file.path.starts_with(SEAM)) {
        let paths = file.paths();
        let around = paths.iter().find(|path| {
            let own = file.is_shipped() || file.path.ends_with("_models.rs");
            // A model may look at what loom keeps to itself.
            let foreign = file.is_shipped() && is_below(&path.segments, FOREIGN_DOORS);
            (foreign || (own && is_below(&path.segments, DOORS)))
                && !is_below(&path.segments, HARMLESS)
        });
        if let Some(path) = around {
            let text = format!("uses {}, not selvedge_sync::seam", path.segments.join("::"));
            problems.push(problem(&file.path, path.line, text));
        }
    }
    except(problems, "beside_the_seam", &exceptions.beside_the_seam)
}

/// What the standard library offers for sharing and waiting, below `std`, `core` and `alloc`.
const DOORS: &[&[&str]] = &[
    &["sync"],
    &["thread"],
    &["thread_local"],
    &["cell", "UnsafeCell"],
    &["time", "Instant"],
];

/// What of it neither shares nor waits beyond its caller.
const HARMLESS: &[&[&str]] = &[
    &["thread", "scope"],
    &["thread", "panicking"],
    &["thread", "current"],
    &["thread", "Thread"],
    &["thread", "ThreadId"],
];

/// Crates that the seam is built of.
const FOREIGN_DOORS: &[&[&str]] = &[&["parking_lot"], &["loom"], &["crossbeam_utils", "sync"]];

/// Whether a path is one of `roots` or below one; `std`, `core` or `alloc` before it is left out.
fn is_below(path: &[&str], roots: &[&[&str]]) -> bool {
    let standard = ["std", "core", "alloc"].contains(&path[0]);
    let below = |path: &[&str]| roots.iter().any(|root| path.starts_with(root));
    if standard {
        below(&path[1..])
    } else {
        roots == FOREIGN_DOORS && below(path)
    }
}

/// A module of a primitive that shares state through the seam, or a folder it lies in, has a file of models of
/// its name in its crate, or is named in one.
fn shared_state_has_models(tree: &Tree, exceptions: &Exceptions) -> Vec<Problem> {
    let shares = tree.rust().filter(|file| {
        let of_primitive = file
            .place()
            .is_some_and(|(krate, _)| PRIMITIVES.contains(&krate));
        let models = file.path.ends_with("_models.rs");
        let shipped = file.is_shipped() && !models && !file.path.starts_with(SEAM);
        of_primitive && shipped && shares_state(file)
    });
    let unnamed = shares.filter_map(|file| {
        let (krate, below) = file.place()?;
        let module = module_name(krate, below);
        let folder = format!("crates/{krate}/");
        let named = tree.rust().any(|tests| {
            let name = tests.path.strip_prefix(&folder);
            name.and_then(|name| name.rsplit('/').next()?.strip_suffix("_models.rs"))
                .is_some_and(|name| {
                    let by_name = below.split(['/', '.']).any(|part| part == name);
                    by_name || words(&tests.text).any(|word| word == module)
                })
        });
        let text = format!("shares state, and no {folder}**_models.rs names `{module}`");
        (!named).then(|| problem(&file.path, 0, text))
    });
    except(unnamed.collect(), "unmodelled", &exceptions.unmodelled)
}

/// Whether the file names an atomic, a lock or another way of sharing memory of the seam.
fn shares_state(file: &Source) -> bool {
    const SHARED: [&str; 7] = [
        "atomic",
        "cell",
        "Mutex",
        "Condvar",
        "ByteMutex",
        "Parker",
        "Unparker",
    ];
    let names = |path: &Path<'_>| {
        path.segments
            .windows(2)
            .any(|pair| pair[0] == "seam" && SHARED.contains(&pair[1]))
    };
    file.paths().iter().any(names)
}

/// What a module is called, from its file's path in the crate.
fn module_name<'a>(krate: &'a str, below: &'a str) -> &'a str {
    let path = below.trim_start_matches("src/").trim_end_matches(".rs");
    let mut parts = path.rsplit('/');
    match (parts.next().unwrap_or(path), parts.next()) {
        ("mod", Some(folder)) => folder,
        ("lib" | "main" | "mod", _) => krate,
        (name, _) => name,
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
}

/// Leaves out what is listed, and adds what is listed in vain or without a reason. An entry that
/// ends in a slash stands for the files below a folder.
fn except(problems: Vec<Problem>, list: &str, exceptions: &[Exception]) -> Vec<Problem> {
    let means = |exception: &Exception, found: &Problem| {
        let entry = exception.file.as_str();
        entry == found.file || (entry.ends_with('/') && found.file.starts_with(entry))
    };
    let mut left: Vec<_> = exceptions
        .iter()
        .filter_map(|exception| {
            let needed = problems.iter().any(|found| means(exception, found));
            let text = match (needed, exception.reason.trim().is_empty()) {
                (false, _) => format!("is listed under `{list}` in xtask/tidy.toml in vain"),
                (true, true) => {
                    format!("is listed under `{list}` in xtask/tidy.toml without a reason")
                }
                (true, false) => return None,
            };
            Some(problem(&exception.file, 0, text))
        })
        .collect();
    let is_listed = |found: &Problem| exceptions.iter().any(|exception| means(exception, found));
    left.extend(problems.into_iter().filter(|found| !is_listed(found)));
    left
}
