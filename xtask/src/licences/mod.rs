//! `cargo xtask licences`: what the dependencies may be, read from `deny.toml`.
//!
//! The file is cargo-deny's, so that the tool can be used beside this check; the check itself
//! needs nothing installed and no network. It reads of that file what [`Policy`] names, and
//! refuses what it does not know rather than pass over it.

mod advisories;

use crate::report::{self, JsonFile};
use crate::workspace;
use anyhow::Context as _;
use cargo_metadata::{DependencyKind, Metadata, Package, PackageId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

pub(crate) use advisories::{Database, check as check_advisories};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    json: JsonFile,
}

/// A dependency that `deny.toml` does not allow, and why.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Problem {
    pub(crate) dependency: String,
    pub(crate) problem: String,
}

/// What is allowed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Policy {
    graph: Graph,
    licenses: Licenses,
    bans: Bans,
    #[serde(default)]
    pub(crate) advisories: Advisories,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Graph {
    /// Triples the dependencies are resolved for.
    targets: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Licenses {
    allow: Vec<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
    #[serde(default)]
    clarify: Vec<Clarification>,
}

/// Licences that one dependency may have besides.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    #[serde(rename = "crate")]
    krate: String,
    allow: Vec<String>,
}

/// The licence of a dependency whose manifest names none.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Clarification {
    #[serde(rename = "crate")]
    krate: String,
    expression: String,
    /// cargo-deny wants the licence's files; their hashes are its business.
    #[serde(rename = "license-files")]
    _license_files: Vec<toml::Table>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Bans {
    multiple_versions: MultipleVersions,
    #[serde(default)]
    deny: Vec<Ban>,
    /// Duplicates that are known; the version, if given, is the one that may be there besides.
    #[serde(default)]
    skip: Vec<Ban>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum MultipleVersions {
    Allow,
    Deny,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ban {
    /// `name` or `name@version`.
    #[serde(rename = "crate")]
    krate: String,
    reason: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Advisories {
    #[serde(default)]
    pub(crate) ignore: Vec<Ignored>,
}

/// An advisory that does not concern us.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ignored {
    pub(crate) id: String,
    /// Why it does not; cargo-deny prints it.
    #[serde(rename = "reason")]
    _reason: String,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let (problems, count) = check()?;
    print!("{}", table(&problems));
    args.json.write(&problems)?;
    anyhow::ensure!(
        problems.is_empty(),
        "deny.toml does not allow {} of {count}",
        problems.len()
    );
    println!("deny.toml allows all {count} dependencies");
    Ok(())
}

/// The problems as a table; empty if there are none.
pub(crate) fn table(problems: &[Problem]) -> String {
    if problems.is_empty() {
        return String::new();
    }
    let rows = problems
        .iter()
        .map(|found| vec![found.dependency.clone(), found.problem.clone()]);
    report::table(&["dependency", "problem"], &[], rows) + "\n"
}

/// The policy in `deny.toml`.
pub(crate) fn policy() -> anyhow::Result<Policy> {
    let path = workspace::root().join("deny.toml");
    let text = std::fs::read_to_string(&path).context("deny.toml cannot be read")?;
    toml::from_str(&text).context("deny.toml is not understood")
}

/// The dependencies as they are resolved for the policy's targets.
pub(crate) fn resolved(policy: &Policy) -> anyhow::Result<Metadata> {
    let mut arguments = vec!["--locked"];
    for target in &policy.graph.targets {
        arguments.extend(["--filter-platform", target]);
    }
    workspace::metadata(&arguments)
}

/// Everything that is not allowed, and how many dependencies were looked at.
pub(crate) fn check() -> anyhow::Result<(Vec<Problem>, usize)> {
    let policy = policy()?;
    let metadata = resolved(&policy)?;
    let resolve = metadata
        .resolve
        .as_ref()
        .context("cargo metadata resolved nothing")?;
    let all: BTreeSet<_> = resolve.nodes.iter().map(|node| &node.id).collect();
    let packages: Vec<_> = metadata
        .packages
        .iter()
        .filter(|package| all.contains(&package.id))
        .collect();
    let mut problems = Vec::new();
    for package in &packages {
        problems.extend(licence_problem(package, &policy.licenses));
        problems.extend(banned(package, &policy.bans));
    }
    if policy.bans.multiple_versions == MultipleVersions::Deny {
        let shipped = shipped(&metadata);
        problems.extend(duplicates(
            packages.iter().copied().filter(|p| shipped.contains(&p.id)),
            &policy.bans,
        ));
    }
    problems.extend(unused(&packages, &policy));
    Ok((problems, packages.len()))
}

fn label(package: &Package) -> String {
    format!("{} {}", package.name, package.version)
}

/// Whether `pattern`, `name` or `name@version`, means this package.
fn means(pattern: &str, package: &Package) -> bool {
    match pattern.split_once('@') {
        Some((name, version)) => *package.name == name && package.version.to_string() == version,
        None => *package.name == pattern,
    }
}

fn licence_problem(package: &Package, policy: &Licenses) -> Option<Problem> {
    let clarified = policy
        .clarify
        .iter()
        .find(|clarify| means(&clarify.krate, package));
    let declared = package.license.as_deref();
    let problem = match (declared, clarified) {
        (Some(_), Some(_)) => {
            Err("declares its licence, and deny.toml one for it besides".to_owned())
        }
        (None, None) => Err("declares no licence, and deny.toml clarifies none".to_owned()),
        (Some(expression), None) => allowed(expression, package, policy),
        (None, Some(clarify)) => allowed(&clarify.expression, package, policy),
    };
    Some(Problem {
        dependency: label(package),
        problem: problem.err()?,
    })
}

fn allowed(expression: &str, package: &Package, policy: &Licenses) -> Result<(), String> {
    let parsed =
        spdx::Expression::parse_mode(expression, spdx::ParseMode::LAX).map_err(|error| {
            format!(
                "its licence {expression:?} is not understood: {}",
                error.reason
            )
        })?;
    let exceptions = policy
        .exceptions
        .iter()
        .filter(|exception| means(&exception.krate, package));
    let allow: Vec<_> = policy
        .allow
        .iter()
        .chain(exceptions.flat_map(|exception| &exception.allow))
        .collect();
    if parsed.evaluate(|requirement| allow.iter().any(|name| **name == requirement.to_string())) {
        Ok(())
    } else {
        Err(format!("its licence {expression} is not allowed"))
    }
}

fn banned(package: &Package, policy: &Bans) -> Option<Problem> {
    let ban = policy.deny.iter().find(|ban| means(&ban.krate, package))?;
    Some(Problem {
        dependency: label(package),
        problem: format!("is banned: {}", ban.reason),
    })
}

/// What is built into our crates, or builds them: all but what only tests use.
fn shipped(metadata: &Metadata) -> BTreeSet<PackageId> {
    let nodes = metadata.resolve.iter().flat_map(|resolve| &resolve.nodes);
    let nodes: HashMap<_, _> = nodes.map(|node| (&node.id, node)).collect();
    let is_published =
        |package: &&Package| package.publish.as_ref().is_none_or(|to| !to.is_empty());
    let members = metadata
        .workspace_packages()
        .into_iter()
        .filter(is_published);
    let mut open: Vec<_> = members.map(|package| &package.id).collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !seen.insert(id.clone()) {
            continue;
        }
        let dependencies = nodes.get(id).into_iter().flat_map(|node| &node.deps);
        let of_use = dependencies.filter(|dependency| {
            dependency
                .dep_kinds
                .iter()
                .any(|info| info.kind != DependencyKind::Development)
        });
        open.extend(of_use.map(|dependency| &dependency.pkg));
    }
    seen
}

fn duplicates<'a>(packages: impl Iterator<Item = &'a Package>, policy: &Bans) -> Vec<Problem> {
    let mut versions: BTreeMap<&str, Vec<&Package>> = BTreeMap::new();
    for package in packages {
        if !policy.skip.iter().any(|skip| means(&skip.krate, package)) {
            versions.entry(&package.name).or_default().push(package);
        }
    }
    let several = versions
        .into_iter()
        .filter(|(_, packages)| packages.len() > 1);
    let problem = |(name, packages): (&str, Vec<&Package>)| {
        let versions: Vec<_> = packages
            .iter()
            .map(|package| package.version.to_string())
            .collect();
        Problem {
            dependency: name.to_owned(),
            problem: format!("is built in several versions: {}", versions.join(", ")),
        }
    };
    several.map(problem).collect()
}

/// What `deny.toml` says of dependencies that are not there.
fn unused(packages: &[&Package], policy: &Policy) -> Vec<Problem> {
    let exceptions = policy
        .licenses
        .exceptions
        .iter()
        .map(|exception| &exception.krate);
    let clarified = policy.licenses.clarify.iter().map(|clarify| &clarify.krate);
    let skipped = policy.bans.skip.iter().map(|skip| &skip.krate);
    let named = exceptions.chain(clarified).chain(skipped);
    let stale = named.filter(|name| !packages.iter().any(|package| means(name, package)));
    let problem = |name: &String| Problem {
        dependency: name.clone(),
        problem: "is named in deny.toml, but is no dependency".to_owned(),
    };
    stale.map(problem).collect()
}

#[cfg(test)]
mod tests;
