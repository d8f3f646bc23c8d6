//! Known vulnerabilities, from a local copy of the `RustSec` database; nothing is downloaded.
//!
//! An advisory is a Markdown file whose first block of code is TOML: which package, and which
//! versions are patched or were never affected.

use super::{Advisories, Problem};
use anyhow::Context as _;
use cargo_metadata::semver::{Version, VersionReq};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// A local copy of the database.
pub(crate) struct Database(PathBuf);

#[derive(Deserialize)]
struct Entry {
    advisory: Advisory,
    #[serde(default)]
    versions: Versions,
}

#[derive(Deserialize)]
struct Advisory {
    id: String,
    #[serde(default)]
    informational: Option<String>,
    #[serde(default)]
    withdrawn: Option<toml::Value>,
}

#[derive(Default, Deserialize)]
struct Versions {
    #[serde(default)]
    patched: Vec<VersionReq>,
    #[serde(default)]
    unaffected: Vec<VersionReq>,
}

impl Database {
    /// The database in the folder that the environment variable `SELVEDGE_ADVISORIES` names, or
    /// where cargo-audit and cargo-deny keep theirs.
    pub(crate) fn find() -> Option<Self> {
        let named = std::env::var_os("SELVEDGE_ADVISORIES").map(PathBuf::from);
        let home = std::env::var_os("CARGO_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(std::env::home_dir()?.join(".cargo")));
        let of_audit = home.iter().map(|home| home.join("advisory-db"));
        let of_deny = home
            .iter()
            .filter_map(|home| home.join("advisory-dbs").read_dir().ok());
        let of_deny = of_deny
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()));
        let folder = named
            .into_iter()
            .chain(of_audit)
            .chain(of_deny)
            .find(|path| path.join("crates").is_dir());
        folder.map(Self)
    }

    /// Where it is.
    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }
}

/// The advisories of `database` that concern one of `packages`, each a name and a version.
pub(crate) fn check<'a>(
    database: &Database,
    packages: impl IntoIterator<Item = (&'a str, &'a Version)>,
    policy: &Advisories,
) -> anyhow::Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for (name, version) in packages {
        let Ok(entries) = database.0.join("crates").join(name).read_dir() else {
            continue;
        };
        for file in entries {
            let path = file?.path();
            let text = std::fs::read_to_string(&path)?;
            let entry =
                parse(&text).with_context(|| format!("{} is no advisory", path.display()))?;
            let ignored = policy
                .ignore
                .iter()
                .any(|ignored| ignored.id == entry.advisory.id);
            if !ignored && entry.concerns(version) {
                problems.push(Problem {
                    dependency: format!("{name} {version}"),
                    problem: entry.advisory.id,
                });
            }
        }
    }
    Ok(problems)
}

fn parse(text: &str) -> anyhow::Result<Entry> {
    let (_, rest) = text
        .split_once("```toml")
        .context("it has no block of TOML")?;
    let (block, _) = rest
        .split_once("```")
        .context("its block of TOML does not end")?;
    Ok(toml::from_str(block)?)
}

impl Entry {
    fn concerns(&self, version: &Version) -> bool {
        let safe = self
            .versions
            .patched
            .iter()
            .chain(&self.versions.unaffected);
        // "unmaintained" and the like are news, not vulnerabilities; unsound code is one.
        let news = self
            .advisory
            .informational
            .as_deref()
            .is_some_and(|kind| kind != "unsound");
        !news
            && self.advisory.withdrawn.is_none()
            && !safe.into_iter().any(|range| range.matches(version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNSOUND: &str = "```toml\n[advisory]\nid = \"RUSTSEC-1\"\npackage = \"x\"\ninformational = \"unsound\"\n[versions]\npatched = [\">= 1.2.0\"]\nunaffected = [\"< 1.0.0\"]\n```\n# Title\n";

    fn found(text: &str, version: &str, policy: &Advisories) -> usize {
        let folder = tempfile::tempdir().unwrap();
        let of_x = folder.path().join("crates/x");
        std::fs::create_dir_all(&of_x).unwrap();
        std::fs::write(of_x.join("RUSTSEC-1.md"), text).unwrap();
        let database = Database(folder.path().to_owned());
        let version = Version::parse(version).unwrap();
        check(&database, [("x", &version), ("y", &version)], policy)
            .unwrap()
            .len()
    }

    #[test]
    fn only_affected_versions_are_found() {
        let policy = Advisories::default();
        assert_eq!(found(UNSOUND, "1.1.0", &policy), 1);
        assert_eq!(found(UNSOUND, "1.2.0", &policy), 0);
        assert_eq!(found(UNSOUND, "0.9.0", &policy), 0);
    }

    #[test]
    fn news_withdrawn_and_ignored_ones_are_left_out() {
        let news = UNSOUND.replace("unsound", "unmaintained");
        assert_eq!(found(&news, "1.1.0", &Advisories::default()), 0);
        let withdrawn = UNSOUND.replace("[versions]", "withdrawn = \"2026-01-01\"\n[versions]");
        assert_eq!(found(&withdrawn, "1.1.0", &Advisories::default()), 0);
        let ignore = "ignore = [{ id = \"RUSTSEC-1\", reason = \"the part is not used\" }]";
        assert_eq!(found(UNSOUND, "1.1.0", &toml::from_str(ignore).unwrap()), 0);
    }
}
