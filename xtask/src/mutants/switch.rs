//! Which mutant is there: compiled into the instrumented copy only, where every place that has
//! mutants asks.
//!
//! `SELVEDGE_MUTANT` names the mutant by number. `SELVEDGE_MUTANT_TRACE` names a file that each
//! mutant's number is appended to when its place is first come by.

use std::io::Write as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

struct Choice {
    number: u32,
    trace: Option<std::ffi::OsString>,
}

static CHOICE: OnceLock<Choice> = OnceLock::new();

/// A bit for each mutant whose place was come by.
static SEEN: [AtomicU64; 1024] = [const { AtomicU64::new(0) }; 1024];

/// Whether the mutant of this number is there.
#[inline]
pub fn chosen(number: u32) -> bool {
    let choice = CHOICE.get_or_init(|| {
        let number = std::env::var("SELVEDGE_MUTANT");
        Choice {
            number: number.ok().and_then(|text| text.parse().ok()).unwrap_or(0),
            trace: std::env::var_os("SELVEDGE_MUTANT_TRACE"),
        }
    });
    if let Some(path) = &choice.trace {
        trace(path, number);
    }
    choice.number == number
}

#[cold]
fn trace(path: &std::ffi::OsStr, number: u32) {
    let bit = 1 << (number % 64);
    if SEEN[number as usize / 64].fetch_or(bit, Ordering::Relaxed) & bit != 0 {
        return;
    }
    let file = std::fs::File::options().create(true).append(true).open(path);
    let written = file.and_then(|mut file| file.write_all(format!("{number}\n").as_bytes()));
    written.expect("the file named by SELVEDGE_MUTANT_TRACE can be written");
}
