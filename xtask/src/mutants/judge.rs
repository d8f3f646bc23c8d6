//! Running models and tests against mutants.
//!
//! Each model and test first runs without any mutant; that shows that it passes, how long it
//! takes, and which places it comes by. A mutant is then shown to those that come by its place
//! only, models before tests and among them the ones that have killed most first.

use super::build::{self, Programs};
use super::copy::{Copy, Seam};
use super::mutant::{Kind, Mutant, Outcome, Verdict};
use crate::models::{self, Test};
use crate::progress::Progress;
use selvedge_sync::seam::clock::{Duration, Instant};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// How long a test may take against a mutant: this, and so many times what it takes without.
const PATIENCE: Duration = Duration::from_secs(10);
const PATIENCE_FACTOR: u32 = 10;

/// How long a test may take without a mutant, to be used at all.
const LONGEST: Duration = Duration::from_mins(5);

/// A test that passes without mutants.
struct Case {
    test: Test,
    is_model: bool,
    usual: Duration,
    /// Mutants whose places it comes by.
    reaches: BTreeSet<u32>,
}

/// The models and tests of one crate.
#[derive(Default)]
pub(super) struct Cases {
    cases: Vec<Case>,
    /// Tests that do not pass in the copy, and are not used.
    pub(super) unused: Vec<String>,
}

/// How often each test has killed.
pub(super) type Kills = BTreeMap<String, usize>;

/// How one test took one mutant.
enum Reaction {
    Passed,
    Failed(String),
    TimedOut,
}

impl Cases {
    /// Runs the programs of a crate without mutants.
    pub(super) fn learn(
        programs: Programs,
        folder: &Path,
        progress: &Progress,
    ) -> anyhow::Result<Self> {
        let models = programs.models.into_iter().map(|test| (test, true));
        let tests = programs.tests.into_iter().map(|test| (test, false));
        let mut cases = Self::default();
        for (test, is_model) in models.chain(tests) {
            progress.at(&format!("without mutants: {}", name_of(&test)));
            let trace = tempfile::NamedTempFile::new()?;
            let environment = [("SELVEDGE_MUTANT_TRACE", trace.path().as_os_str())];
            let started = Instant::now();
            let ran = models::run_test(&test, folder, LONGEST, &environment)?;
            if !ran.success {
                cases.unused.push(name_of(&test));
                continue;
            }
            let usual = started.elapsed();
            let numbers = std::fs::read_to_string(trace.path())?;
            let reaches = numbers
                .lines()
                .filter_map(|line| line.parse().ok())
                .collect();
            cases.cases.push(Case {
                test,
                is_model,
                usual,
                reaches,
            });
        }
        Ok(cases)
    }

    /// Shows a switched mutant to every test that comes by its place, until one fails.
    pub(super) fn judge(
        &self,
        number: u32,
        mutant: &Mutant,
        folder: &Path,
        hint: Option<&str>,
        kills: &Kills,
    ) -> anyhow::Result<Verdict> {
        let reaching: Vec<_> = self
            .cases
            .iter()
            .filter(|case| case.reaches.contains(&number))
            .collect();
        if reaching.is_empty() {
            return Ok(survived(mutant, "no model and no test comes by"));
        }
        let number = OsString::from(number.to_string());
        let react = |case: &Case| {
            let limit = PATIENCE + case.usual * PATIENCE_FACTOR;
            react(&case.test, folder, limit, Some(&number))
        };
        show(mutant, reaching, hint, kills, react, folder)
    }

    /// Builds a mutant alone and shows it to every model and test of its crate, until one fails.
    pub(super) fn judge_alone(
        &self,
        mutant: &Mutant,
        copy: &Copy,
        hint: Option<&str>,
        kills: &Kills,
        progress: &Progress,
    ) -> anyhow::Result<Verdict> {
        let folder = copy.of_crate(&mutant.krate);
        for seam in [Seam::Loom, Seam::Native] {
            let tests = match build::tests(copy, &mutant.krate, seam, progress)? {
                Ok(tests) => tests,
                Err(errors) => {
                    return Ok(killed(&format!("compiler: {}", errors[0].message), None));
                }
            };
            // Built elsewhere under the same names.
            let find = |case: &&Case| {
                tests
                    .iter()
                    .find(|test| name_of(test) == name_of(&case.test))
            };
            let cases = self
                .cases
                .iter()
                .filter(|case| case.is_model == (seam == Seam::Loom))
                .collect();
            let react = |case: &Case| match find(&case) {
                Some(test) => react(test, &folder, PATIENCE + case.usual * PATIENCE_FACTOR, None),
                None => Ok(Reaction::Failed("it is gone".to_owned())),
            };
            let verdict = show(mutant, cases, hint, kills, react, &folder)?;
            if verdict.killer.is_some() {
                return Ok(verdict);
            }
        }
        Ok(survived(mutant, "every model and test of its crate passes"))
    }
}

/// A test's name: its target's and its own.
fn name_of(test: &Test) -> String {
    format!("{}::{}", test.target, test.name)
}

/// Shows a mutant to `cases`, the likeliest killer first.
fn show(
    mutant: &Mutant,
    mut cases: Vec<&Case>,
    hint: Option<&str>,
    kills: &Kills,
    react: impl Fn(&Case) -> anyhow::Result<Reaction>,
    folder: &Path,
) -> anyhow::Result<Verdict> {
    cases.sort_by_cached_key(|case| {
        let name = name_of(&case.test);
        let killed = kills.get(&name).copied().unwrap_or_default();
        (
            Some(name.as_str()) != hint,
            !case.is_model,
            Reverse(killed),
            case.usual,
        )
    });
    let mut timed_out = None;
    let count = cases.len();
    for case in cases {
        let name = name_of(&case.test);
        let kind = if case.is_model { "model" } else { "test" };
        match react(case)? {
            Reaction::Passed => {}
            // A test that depends on the machine's load may fail on its own.
            Reaction::Failed(_) if !case.is_model && !passes_again(case, folder)? => {}
            Reaction::Failed(output) => {
                let execution = execution(&output).map(|number| format!(", execution {number}"));
                let by = format!("{kind} `{name}`{}", execution.unwrap_or_default());
                return Ok(killed(&by, Some(name)));
            }
            // A weaker ordering gives a model more to explore, so that its lateness alone says
            // less than another's failure.
            Reaction::TimedOut if mutant.kind == Kind::Ordering && case.is_model => {
                timed_out.get_or_insert((kind, name));
            }
            Reaction::TimedOut => return Ok(late(kind, name)),
        }
    }
    Ok(match timed_out {
        Some((kind, name)) => late(kind, name),
        None => survived(mutant, &format!("all that come by pass, {count} in number")),
    })
}

fn react(
    test: &Test,
    folder: &Path,
    limit: Duration,
    number: Option<&OsStr>,
) -> anyhow::Result<Reaction> {
    let environment: Vec<_> = number
        .map(|number| ("SELVEDGE_MUTANT", number))
        .into_iter()
        .collect();
    let ran = models::run_test(test, folder, limit, &environment)?;
    Ok(match (ran.success, ran.timed_out) {
        (true, _) => Reaction::Passed,
        (false, true) => Reaction::TimedOut,
        (false, false) => Reaction::Failed(ran.output),
    })
}

/// Whether the test still passes without the mutant.
fn passes_again(case: &Case, folder: &Path) -> anyhow::Result<bool> {
    let limit = PATIENCE + case.usual * PATIENCE_FACTOR;
    Ok(matches!(
        react(&case.test, folder, limit, None)?,
        Reaction::Passed
    ))
}

/// The execution in which a model failed, if it says so.
fn execution(output: &str) -> Option<u64> {
    let (_, rest) = output.split_once("in execution ")?;
    rest.split(|letter: char| !letter.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}

fn killed(by: &str, killer: Option<String>) -> Verdict {
    Verdict {
        outcome: Outcome::Killed,
        by: by.to_owned(),
        killer,
    }
}

fn late(kind: &str, name: String) -> Verdict {
    killed(&format!("time-out of {kind} `{name}`"), Some(name))
}

fn survived(mutant: &Mutant, how: &str) -> Verdict {
    let (outcome, by) = match &mutant.claim {
        Some((outcome, reason)) => (*outcome, reason.as_str()),
        None => (Outcome::Survived, how),
    };
    Verdict {
        outcome,
        by: by.to_owned(),
        killer: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutants::find::mutants_of;
    use std::os::unix::fs::PermissionsExt as _;

    /// A test program that fails for the mutants that `fails` matches, as a shell pattern.
    fn case(folder: &Path, target: &str, is_model: bool, fails: &str) -> Case {
        let program = folder.join(target);
        let script = format!(
            "#!/bin/sh\ncase \"$SELVEDGE_MUTANT\" in {fails}) echo in execution 7 of it; exit 1;; esac\n"
        );
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        Case {
            test: Test {
                program,
                target: target.to_owned(),
                name: "t".to_owned(),
            },
            is_model,
            usual: Duration::ZERO,
            reaches: [1, 2].into(),
        }
    }

    fn mutant() -> Mutant {
        let text = "fn f(a: u8) -> bool { a < 3 }";
        mutants_of("x", "x.rs", text).unwrap().0.remove(0)
    }

    fn judge(cases: Vec<Case>, number: u32, folder: &Path) -> Verdict {
        let cases = Cases {
            cases,
            unused: Vec::new(),
        };
        cases
            .judge(number, &mutant(), folder, None, &Kills::new())
            .unwrap()
    }

    #[test]
    fn the_model_that_fails_is_named_with_its_execution() {
        let folder = tempfile::tempdir().unwrap();
        let cases = vec![
            case(folder.path(), "plain", false, "1"),
            case(folder.path(), "m", true, "1"),
        ];
        let verdict = judge(cases, 1, folder.path());
        assert_eq!(verdict.outcome, Outcome::Killed);
        assert_eq!(verdict.by, "model `m::t`, execution 7");
    }

    #[test]
    fn what_all_pass_has_survived() {
        let folder = tempfile::tempdir().unwrap();
        let verdict = judge(vec![case(folder.path(), "m", true, "1")], 2, folder.path());
        assert_eq!(verdict.outcome, Outcome::Survived);
        assert_eq!(verdict.by, "all that come by pass, 1 in number");
    }

    #[test]
    fn what_nobody_comes_by_has_survived() {
        let folder = tempfile::tempdir().unwrap();
        let verdict = judge(vec![case(folder.path(), "m", true, "3")], 3, folder.path());
        assert_eq!(verdict.outcome, Outcome::Survived);
        assert!(verdict.by.contains("comes by"));
    }

    #[test]
    fn a_test_that_fails_without_the_mutant_too_kills_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let verdict = judge(
            vec![case(folder.path(), "plain", false, "*")],
            1,
            folder.path(),
        );
        assert_eq!(verdict.outcome, Outcome::Survived);
    }
}
