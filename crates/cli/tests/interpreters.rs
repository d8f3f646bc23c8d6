//! Two interpreters in one process, a lock each, run the programs of `tests/programs` at the same
//! time: each prints what it prints alone.

#![cfg(not(selvedge_loom))]

use selvedge_interp::{Interpreter, Settings, run_source};
use selvedge_sync::seam::thread;
use std::path::{Path, PathBuf};

/// Standard output is the process's. So `print` is replaced by one that collects, and what it
/// collected is compared here.
const WRAPPER: &str = "\
import builtins
import sys
collected = []
original = builtins.print
def collect(*values, sep=' ', end='\\n', file=None, flush=False):
    if file is not None:
        return original(*values, sep=sep, end=end, file=file, flush=flush)
    for value in (sep, end):
        if value is not None and not isinstance(value, str):
            return original(*values, sep=sep, end=end)
    sep = ' ' if sep is None else sep
    collected.append(sep.join([str(value) for value in values]) + ('\\n' if end is None else end))
builtins.print = collect
sys.path.append(LIBRARY)
exec(compile(SOURCE, NAME, 'exec'), {'__name__': '__main__', '__builtins__': builtins})
printed = ''.join(collected)
if printed != EXPECTED:
    original('--- expected', EXPECTED, '--- printed', printed, sep='\\n', file=sys.stderr)
    sys.exit(3)
";

/// Programs whose output is not `print`'s alone: what ends in an uncaught exception, what writes a
/// file of a fixed name, what asks for all memory, what measures the process's, what prints when
/// its interpreter ends.
const APART: &[&str] = &[
    "uncaught",
    "never_awaited",
    "files",
    "memory",
    "cycles_leave_nothing",
    "cycles_at_exit",
];

fn programs(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the folder of programs is there") {
        let path = entry.expect("the folder can be read").path();
        if path.ends_with("library") {
            // These import what lies beside them, by the path that the command sets.
            continue;
        }
        if path.is_dir() {
            programs(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "py")
            && path.with_extension("out").exists()
            && !APART
                .iter()
                .any(|name| path.file_stem() == Some(name.as_ref()))
        {
            found.push(path);
        }
    }
}

/// Runs a program in an interpreter of its own and says whether it printed what it should.
fn prints_as_expected(program: &Path) -> bool {
    let read = |path: &Path| std::fs::read_to_string(path).expect("a program is text");
    let name = program.file_name().expect("a program has a name");
    let text = format!(
        "SOURCE = {:?}\nNAME = {:?}\nEXPECTED = {:?}\nLIBRARY = {:?}\n{WRAPPER}",
        Literal(&read(program)),
        Literal(&name.to_string_lossy()),
        Literal(&read(&program.with_extension("out"))),
        Literal(selvedge_stdlib::library().root),
    );
    let settings = Settings {
        modules: selvedge_stdlib::modules(),
        library: Some(selvedge_stdlib::library()),
        ..Settings::default()
    };
    let status = Interpreter::run(settings, move |thread| {
        run_source(thread, &text, "<wrapper>")
    });
    status == 0
}

/// Text as a literal of Python.
struct Literal<'a>(&'a str);

impl std::fmt::Debug for Literal<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("'")?;
        for c in self.0.chars() {
            match c {
                ' '..='~' if c != '\'' && c != '\\' => write!(f, "{c}")?,
                _ => write!(f, "\\U{:08x}", u32::from(c))?,
            }
        }
        f.write_str("'")
    }
}

#[test]
fn two_interpreters_run_the_programs_at_the_same_time() {
    let mut forwards = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/programs");
    programs(&root, &mut forwards);
    forwards.sort();
    assert!(forwards.len() > 20, "programs are missing");
    // The other way round, so that different programs meet.
    let backwards: Vec<PathBuf> = forwards.iter().rev().cloned().collect();
    let threads = [forwards, backwards].map(|programs| {
        thread::spawn(move || {
            let wrong = |program: &&PathBuf| !prints_as_expected(program);
            programs.iter().filter(wrong).cloned().collect::<Vec<_>>()
        })
    });
    for thread in threads {
        let wrong = thread.join().expect("nothing panics");
        assert!(wrong.is_empty(), "not as alone: {wrong:?}");
    }
}
