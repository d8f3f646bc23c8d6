//! Copies of the workspace in which mutants are built.
//!
//! A copy holds the crates in question and what they stand on. Files that stay as they are keep
//! their times, so that cargo builds anew only what changed.

use super::content::SUPPORT;
use crate::exec;
use crate::workspace;
use anyhow::Context as _;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A copy of some crates.
pub(super) struct Copy {
    folder: PathBuf,
    /// The folder below it that the crates are in. Cargo names what it builds by paths below the
    /// workspace's top, so that copies which build in one folder have to differ in them.
    members: &'static str,
}

/// What a copy is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Purpose {
    /// Mutants that are switched at run time. Its crates lie where the workspace has them.
    Switched,
    /// One mutant.
    Alone,
}

/// Which implementation of the seam is built.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Seam {
    Loom,
    Native,
}

impl Copy {
    /// Writes the copy for `purpose` of the crates with these folders, with `changed` in the place of
    /// the files that it names by their paths below the top.
    pub(super) fn write(
        purpose: Purpose,
        crates: &BTreeSet<String>,
        changed: &BTreeMap<String, String>,
    ) -> anyhow::Result<Self> {
        let root = workspace::root();
        let (name, members) = match purpose {
            Purpose::Switched => ("switched", "crates"),
            Purpose::Alone => ("alone", "alone"),
        };
        let folder = workspace::target().join("mutants").join(name);
        let mut kept = BTreeSet::new();
        let mut put = |path: &str, contents: &[u8]| {
            let below = path
                .strip_prefix("crates/")
                .map(|below| format!("{members}/{below}"));
            let copied = folder.join(below.as_deref().unwrap_or(path));
            kept.insert(copied.clone());
            write_if_changed(&copied, contents)
        };
        put("Cargo.toml", manifest(&root, crates, members)?.as_bytes())?;
        put("Cargo.lock", &std::fs::read(root.join("Cargo.lock"))?)?;
        let sources = crates.iter().map(|krate| root.join("crates").join(krate));
        for folder in sources.chain([root.join(SUPPORT)]) {
            for entry in walkdir::WalkDir::new(folder) {
                let entry = entry?;
                let path = entry
                    .path()
                    .strip_prefix(&root)?
                    .to_string_lossy()
                    .into_owned();
                if entry.file_type().is_file() && !changed.contains_key(&path) {
                    put(&path, &std::fs::read(entry.path())?)?;
                }
            }
        }
        let is_copied = |path: &str| {
            crates
                .iter()
                .any(|krate| path.starts_with(&format!("crates/{krate}/")))
        };
        for (path, text) in changed.iter().filter(|(path, _)| is_copied(path)) {
            put(path, text.as_bytes())?;
        }
        remove_others(&folder.join(members), &kept)?;
        Ok(Self { folder, members })
    }

    /// The folder of a crate of the copy.
    pub(super) fn of_crate(&self, krate: &str) -> PathBuf {
        self.folder.join(self.members).join(krate)
    }

    /// `cargo test` in the copy. All copies share what they build of dependencies.
    pub(super) fn cargo_test(&self, seam: Seam) -> Command {
        let mut cargo = exec::cargo();
        let (flags, target) = match seam {
            Seam::Loom => ("--cfg selvedge_loom --cap-lints allow", "build/loom"),
            Seam::Native => ("--cap-lints allow", "build"),
        };
        cargo
            .current_dir(&self.folder)
            .env("RUSTFLAGS", flags)
            .env(
                "CARGO_TARGET_DIR",
                workspace::target().join("mutants").join(target),
            )
            .arg("test");
        cargo
    }
}

/// The workspace's manifest with these crates for members, in the folder `below`.
fn manifest(root: &Path, crates: &BTreeSet<String>, below: &str) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(root.join("Cargo.toml"))?;
    let mut manifest: toml::Table = text.parse()?;
    let workspace = manifest
        .get_mut("workspace")
        .and_then(toml::Value::as_table_mut);
    let workspace = workspace.context("Cargo.toml describes no workspace")?;
    let members: Vec<_> = crates
        .iter()
        .map(|krate| format!("{below}/{krate}"))
        .collect();
    workspace.insert("members".to_owned(), members.into());
    workspace.remove("default-members");
    let dependencies = workspace
        .get_mut("dependencies")
        .and_then(toml::Value::as_table_mut);
    for (_, dependency) in dependencies.into_iter().flatten() {
        let path = dependency.get_mut("path");
        if let Some(toml::Value::String(path)) = path
            && let Some(krate) = path.strip_prefix("crates/")
        {
            *path = format!("{below}/{krate}");
        }
    }
    Ok(manifest.to_string())
}

fn write_if_changed(path: &Path, contents: &[u8]) -> anyhow::Result<()> {
    if std::fs::read(path).is_ok_and(|there| there == contents) {
        return Ok(());
    }
    let folder = path.parent().context("a file lies in a folder")?;
    std::fs::create_dir_all(folder)?;
    std::fs::write(path, contents).with_context(|| format!("cannot write {}", path.display()))
}

fn remove_others(folder: &Path, kept: &BTreeSet<PathBuf>) -> anyhow::Result<()> {
    for entry in walkdir::WalkDir::new(folder) {
        let entry = entry?;
        if entry.file_type().is_file() && !kept.contains(entry.path()) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_names_what_is_copied() {
        let text = manifest(&workspace::root(), &["gil".to_owned()].into(), "alone").unwrap();
        let manifest: toml::Table = text.parse().unwrap();
        let workspace = &manifest["workspace"];
        assert_eq!(
            workspace["members"].as_array().unwrap()[0].as_str(),
            Some("alone/gil")
        );
        let sync = &workspace["dependencies"]["selvedge-sync"];
        assert_eq!(sync["path"].as_str(), Some("alone/sync"));
    }

    #[test]
    fn an_unchanged_file_keeps_its_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        write_if_changed(&path, b"one").unwrap();
        let time = || std::fs::metadata(&path).unwrap().modified().unwrap();
        let before = time();
        std::fs::File::open(&path)
            .unwrap()
            .set_modified(before - std::time::Duration::from_secs(9))
            .unwrap();
        let old = time();
        write_if_changed(&path, b"one").unwrap();
        assert_eq!(time(), old);
        write_if_changed(&path, b"two").unwrap();
        assert_ne!(time(), old);
    }
}
