//! What the driver tells of a module's tests.

use std::collections::BTreeMap;

/// How a test ended. Of two that are told of one test the later in this order counts.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Verdict {
    Passed,
    Skipped,
    Failed,
    /// The process ended, or its time, while the test ran.
    Crashed,
}

/// The tests of one module.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) verdicts: BTreeMap<String, Verdict>,
}

impl Told {
    /// Takes in what one process printed. Returns whether it came to the end of the module; if
    /// not, the test that it was in has crashed.
    pub(super) fn take_in(&mut self, module: &str, output: &str) -> bool {
        let mut running = None;
        for line in output.lines().filter_map(|line| line.strip_prefix('\x1e')) {
            let (word, test) = line.split_once(' ').unwrap_or((line, ""));
            let verdict = match word {
                "ended" => return true,
                "started" => {
                    running = Some(test);
                    continue;
                }
                "stopped" => {
                    running = None;
                    continue;
                }
                "passed" => Verdict::Passed,
                "skipped" => Verdict::Skipped,
                "failed" => Verdict::Failed,
                _ => continue,
            };
            self.judge(test, verdict);
        }
        // Nothing runs between two tests, or before the first: then it is the module that crashed.
        self.judge(running.unwrap_or(module), Verdict::Crashed);
        false
    }

    pub(super) fn count(&self, verdict: Verdict) -> usize {
        self.verdicts.values().filter(|&&it| it == verdict).count()
    }

    fn judge(&mut self, test: &str, verdict: Verdict) {
        let entry = self.verdicts.entry(test.to_owned()).or_insert(verdict);
        *entry = verdict.max(*entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_is_counted_once() {
        let mut told = Told::default();
        let ended = told.take_in(
            "test.m",
            "noise\n\x1estarted m.A.a\n\n\x1epassed m.A.a\n\x1estarted m.A.b\nTraceback\n\
             \x1efailed m.A.b\n\x1efailed m.A.b\n\x1estarted m.A.c\n\x1eskipped m.A.c\n\x1eended\n",
        );
        assert!(ended);
        let counts = [
            Verdict::Passed,
            Verdict::Failed,
            Verdict::Skipped,
            Verdict::Crashed,
        ]
        .map(|verdict| told.count(verdict));
        assert_eq!(counts, [1, 1, 1, 0]);
    }

    #[test]
    fn a_process_that_ends_in_a_test_crashed_there() {
        let mut told = Told::default();
        assert!(!told.take_in(
            "test.m",
            "\x1estarted m.A.a\n\x1epassed m.A.a\n\x1estopped m.A.a\n\x1estarted m.A.b\n"
        ));
        assert_eq!(told.verdicts["m.A.b"], Verdict::Crashed);
        assert!(told.take_in(
            "test.m",
            "\x1estarted m.A.c\n\x1epassed m.A.c\n\x1estopped m.A.c\n\x1eended\n"
        ));
        assert_eq!(
            (told.count(Verdict::Passed), told.count(Verdict::Crashed)),
            (2, 1)
        );
    }

    #[test]
    fn a_module_that_never_starts_crashed_itself() {
        let mut told = Told::default();
        assert!(!told.take_in(
            "test.m",
            "ModuleNotFoundError: No module named 'unittest'\n"
        ));
        assert_eq!(told.verdicts["test.m"], Verdict::Crashed);
    }
}
