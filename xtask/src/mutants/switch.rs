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
    /// Opened once: a test may leave its process no further descriptor.
    trace: Option<std::fs::File>,
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
            trace: std::env::var_os("SELVEDGE_MUTANT_TRACE").map(|path| {
                let file = std::fs::File::options().create(true).append(true).open(path);
                file.expect("the file named by SELVEDGE_MUTANT_TRACE can be opened")
            }),
        }
    });
    if let Some(file) = &choice.trace {
        trace(file, number);
    }
    choice.number == number
}

#[cold]
fn trace(mut file: &std::fs::File, number: u32) {
    let bit = 1 << (number % 64);
    if SEEN[number as usize / 64].fetch_or(bit, Ordering::Relaxed) & bit != 0 {
        return;
    }
    let written = file.write_all(format!("{number}\n").as_bytes());
    written.expect("the file named by SELVEDGE_MUTANT_TRACE can be written");
}
