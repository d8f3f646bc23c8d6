//! `cargo xtask mutants`: takes away each ordering, wake-up and re-check, one at a time, and
//! requires a model or a test to notice.
//!
//! [`find`] walks the crates' syntax and names the places. [`build`] makes one copy of the
//! workspace in which every place asks at run time which mutant is there, so that hundreds of
//! mutants need a single build; shipped code holds nothing of that. [`judge`] runs models and tests
//! against each. See the `README.md` beside this module.

mod build;
mod cache;
mod changed;
mod claims;
mod content;
mod copy;
mod find;
mod instrument;
mod judge;
mod mutant;
mod operators;
mod parts;
mod table;

use crate::progress::{Progress, minutes};
use crate::report::{self, JsonFile};
use crate::workspace::{self, PRIMITIVES};
use cache::Cache;
use copy::{Copy, Purpose};
use judge::{Cases, Kills};
use mutant::{Mutant, Outcome, Row, Verdict};
use selvedge_sync::seam::clock::Instant;
use std::collections::{BTreeMap, BTreeSet};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only the mutants of these crates.
    crates: Vec<String>,
    /// Only mutants in what has changed since this revision.
    #[arg(long, value_name = "REV")]
    since: Option<String>,
    /// Only about this many mutants of each crate, evenly spread.
    #[arg(long, value_name = "COUNT")]
    sample: Option<usize>,
    /// List the mutants, and do not run them.
    #[arg(long)]
    list: bool,
    /// Do not use what earlier runs have found.
    #[arg(long)]
    fresh: bool,
    #[command(flatten)]
    json: JsonFile,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let wanted = wanted(&args.crates)?;
    let choice = Choice {
        since: args.since.as_deref(),
        sample: args.sample,
    };
    let mut census = census(&wanted)?;
    choice.narrow(&mut census.mutants, &wanted)?;
    if args.list {
        for mutant in &census.mutants {
            println!(
                "{}:{} {}: {}",
                mutant.file,
                mutant.line,
                mutant.kind.name(),
                mutant.change
            );
        }
        return Ok(());
    }
    let started = Instant::now();
    let rows = judge_all(&mut census, args.fresh)?;
    println!("{}", table(&rows));
    println!("\n{}", table::counts(&rows));
    println!("took {}", minutes(started.elapsed().as_secs_f64()));
    args.json.write(&rows)?;
    if args.since.is_none() && args.sample.is_none() {
        publish(&wanted, &rows)?;
    }
    require_all_killed(&rows, &census.problems)
}

/// Judges the mutants of what has changed since `revision`, `count` of each crate at most; says
/// how many those are. A crate that the table has survivors of is left out.
pub(crate) fn judge_changed(revision: &str, count: usize) -> anyhow::Result<String> {
    if !changed::is_known(revision)? {
        return Ok(format!(
            "the table is current; {revision} is not known here"
        ));
    }
    let unsettled = table::with_survivors()?;
    let settled: Vec<_> = PRIMITIVES
        .into_iter()
        .filter(|krate| !unsettled.iter().any(|other| other == krate))
        .collect();
    let mut census = census(&settled)?;
    let changed = Choice {
        since: Some(revision),
        sample: None,
    };
    changed.narrow(&mut census.mutants, &settled)?;
    let all = census.mutants.len();
    census.mutants = sample(&census.mutants, &settled, count);
    let rows = judge_all(&mut census, false)?;
    println!("{}", table(&rows));
    require_all_killed(&rows, &census.problems)?;
    let judged = rows.len();
    let left_out = if unsettled.is_empty() {
        String::new()
    } else {
        format!("; the table has survivors of {}", unsettled.join(", "))
    };
    Ok(format!(
        "the table is current; judged {judged} of the {all} mutants changed since {revision}{left_out}"
    ))
}

/// Which mutants there are to be.
struct Choice<'a> {
    since: Option<&'a str>,
    sample: Option<usize>,
}

impl Choice<'_> {
    fn narrow(&self, mutants: &mut Vec<Mutant>, crates: &[&str]) -> anyhow::Result<()> {
        if let Some(revision) = self.since {
            let changes = changed::since(revision)?;
            mutants.retain(|mutant| changes.concern(mutant));
        }
        if let Some(count) = self.sample {
            *mutants = sample(mutants, crates, count);
        }
        Ok(())
    }
}

fn publish(crates: &[&str], rows: &[Row]) -> anyhow::Result<()> {
    for krate in crates {
        let of_crate: Vec<_> = rows
            .iter()
            .filter(|row| row.krate == *krate)
            .cloned()
            .collect();
        table::publish(krate, &of_crate)?;
    }
    Ok(())
}

fn require_all_killed(rows: &[Row], problems: &[String]) -> anyhow::Result<()> {
    for problem in problems {
        println!("{problem}");
    }
    let survivors = rows
        .iter()
        .filter(|row| row.outcome == Outcome::Survived)
        .count();
    anyhow::ensure!(
        survivors == 0,
        "{survivors} of {} mutants survived",
        rows.len()
    );
    anyhow::ensure!(problems.is_empty(), "{} claims are wrong", problems.len());
    Ok(())
}

/// Whether there is a table to keep current.
pub(crate) fn is_published() -> bool {
    table::path().exists()
}

/// The crates whose section of `MUTANTS.md` is missing or about other code.
pub(crate) fn stale() -> anyhow::Result<Vec<String>> {
    table::stale(&PRIMITIVES)
}

fn wanted(named: &[String]) -> anyhow::Result<Vec<&'static str>> {
    for name in named {
        anyhow::ensure!(
            PRIMITIVES.contains(&name.as_str()),
            "mutants are made of {}, not of {name}",
            PRIMITIVES.join(", ")
        );
    }
    let is_wanted = |krate: &&str| named.is_empty() || named.iter().any(|name| name == krate);
    Ok(PRIMITIVES.into_iter().filter(is_wanted).collect())
}

/// The sources of some crates, by their paths below the top: read once, since places in them are
/// given by bytes.
type Texts = BTreeMap<String, String>;

/// The mutants of some crates, and what is wrong with the claims beside their code.
#[derive(Default)]
struct Census {
    mutants: Vec<Mutant>,
    texts: Texts,
    problems: Vec<String>,
}

fn census(crates: &[&str]) -> anyhow::Result<Census> {
    let root = workspace::root();
    let mut census = Census::default();
    for krate in crates {
        let sources = root.join("crates").join(krate).join("src");
        for entry in walkdir::WalkDir::new(sources).sort_by_file_name() {
            let entry = entry?;
            let is_source = entry.path().extension() == Some("rs".as_ref());
            if !is_source || find::is_test_file(entry.path()) {
                continue;
            }
            let file = entry
                .path()
                .strip_prefix(&root)?
                .to_string_lossy()
                .into_owned();
            let text = std::fs::read_to_string(entry.path())?;
            let (found, idle) = find::mutants_of(krate, &file, &text)?;
            census.mutants.extend(found);
            census.problems.extend(idle.iter().map(|claim| {
                let place = format!("{file}:{}", claim.line);
                format!(
                    "{place}: no mutant of kind {:?} is below this claim, or it gives no reason",
                    claim.kind
                )
            }));
            census.texts.insert(file, text);
        }
    }
    Ok(census)
}

/// About `count` mutants of each crate, evenly spread.
fn sample(mutants: &[Mutant], crates: &[&str], count: usize) -> Vec<Mutant> {
    let mut sampled = Vec::new();
    for krate in crates {
        let of_crate: Vec<_> = mutants
            .iter()
            .filter(|mutant| mutant.krate == *krate)
            .collect();
        let step = of_crate.len().div_ceil(count.max(1)).max(1);
        sampled.extend(of_crate.into_iter().step_by(step).cloned());
    }
    sampled
}

/// Judges each mutant, unless its verdict is known.
fn judge_all(census: &mut Census, fresh: bool) -> anyhow::Result<Vec<Row>> {
    let Census {
        mutants,
        texts,
        problems,
    } = census;
    let mut cache = if fresh {
        Cache::default()
    } else {
        Cache::load()
    };
    let identities = cache::identities(mutants);
    let crates: BTreeSet<_> = mutants.iter().map(|mutant| mutant.krate.clone()).collect();
    let mut contents = BTreeMap::new();
    for krate in &crates {
        contents.insert(krate.clone(), content::hash(krate)?);
    }
    let known = |cache: &Cache, index: usize, krate: &str| {
        cache.verdict(&contents[krate], &identities[index]).cloned()
    };
    let mut verdicts: Vec<_> = mutants
        .iter()
        .enumerate()
        .map(|(index, mutant)| known(&cache, index, &mutant.krate))
        .collect();
    if verdicts.iter().any(Option::is_none) {
        let mut court = Court::convene(mutants, texts, &verdicts)?;
        let progress =
            Progress::counted(verdicts.iter().filter(|verdict| verdict.is_none()).count() as u64);
        for (index, mutant) in mutants.iter().enumerate() {
            if verdicts[index].is_some() {
                continue;
            }
            progress.at(&format!(
                "{}:{} {}",
                mutant.file, mutant.line, mutant.change
            ));
            let hint = cache.hint(&identities[index]).map(str::to_owned);
            let verdict = court.judge(index, mutant, hint.as_deref(), &progress)?;
            cache.remember(&contents[&mutant.krate], &identities[index], &verdict);
            cache.save()?;
            progress.advance();
            verdicts[index] = Some(verdict);
        }
        progress.finish();
    }
    let verdicts = verdicts
        .into_iter()
        .map(|verdict| verdict.expect("each was judged"));
    let rows: Vec<_> = mutants
        .iter()
        .zip(verdicts)
        .map(|(mutant, verdict)| Row::new(mutant, &verdict))
        .collect();
    for (mutant, row) in mutants.iter().zip(&rows) {
        if mutant.claim.is_some() && row.outcome == Outcome::Killed {
            problems.push(format!(
                "{}:{}: said to survive, but killed by {}",
                row.file, row.line, row.by
            ));
        }
    }
    Ok(rows)
}

/// What it takes to judge: the copies, and the tests of each crate.
struct Court<'a> {
    texts: &'a Texts,
    switched: Copy,
    cases: BTreeMap<String, Cases>,
    closures: BTreeMap<String, BTreeSet<String>>,
    kills: Kills,
}

impl<'a> Court<'a> {
    /// Builds the mutants that have no verdict yet, and runs the tests without any.
    fn convene(
        mutants: &mut [Mutant],
        texts: &'a Texts,
        verdicts: &[Option<Verdict>],
    ) -> anyhow::Result<Self> {
        let open = mutants
            .iter()
            .zip(verdicts)
            .filter(|(_, verdict)| verdict.is_none());
        let open: BTreeSet<_> = open.map(|(mutant, _)| mutant.krate.clone()).collect();
        let mut closures = BTreeMap::new();
        for krate in &open {
            closures.insert(krate.clone(), content::closure(krate)?);
        }
        let crates: BTreeSet<_> = closures.values().flatten().cloned().collect();
        let progress = Progress::endless();
        let (switched, programs) = build::switched(mutants, texts, &open, &crates, &progress)?;
        let mut cases = BTreeMap::new();
        for (krate, programs) in programs {
            let learned = Cases::learn(programs, &switched.of_crate(&krate), &progress)?;
            for name in &learned.unused {
                progress.line(&format!(
                    "not used, since it fails without a mutant: {name}"
                ));
            }
            cases.insert(krate, learned);
        }
        progress.finish();
        Ok(Self {
            texts,
            switched,
            cases,
            closures,
            kills: Kills::new(),
        })
    }

    fn judge(
        &mut self,
        index: usize,
        mutant: &Mutant,
        hint: Option<&str>,
        progress: &Progress,
    ) -> anyhow::Result<Verdict> {
        let cases = &self.cases[&mutant.krate];
        let verdict = if mutant.switch.is_some() {
            let folder = self.switched.of_crate(&mutant.krate);
            cases.judge(index as u32 + 1, mutant, &folder, hint, &self.kills)?
        } else {
            let mut texts = self.texts.clone();
            let text = instrument::apply(&texts[&mutant.file], mutant);
            texts.insert(mutant.file.clone(), text);
            let alone = Copy::write(Purpose::Alone, &self.closures[&mutant.krate], &texts)?;
            cases.judge_alone(mutant, &alone, hint, &self.kills, progress)?
        };
        if let Some(killer) = &verdict.killer {
            *self.kills.entry(killer.clone()).or_default() += 1;
        }
        Ok(verdict)
    }
}

/// The rows that are not killed, in full.
fn table(rows: &[Row]) -> String {
    let left = rows.iter().filter(|row| row.outcome != Outcome::Killed);
    report::table(
        &["place", "kind", "change", "outcome", "by"],
        &[],
        left.map(|row| {
            vec![
                format!("{}:{}", row.file, row.line),
                row.kind.name().to_owned(),
                row.change.clone(),
                row.outcome.name().to_owned(),
                row.by.clone(),
            ]
        }),
    )
}
