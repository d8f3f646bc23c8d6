//! Copies of the workspace in which mutants are built.
//!
//! A copy holds the crates in question and what they stand on. Files that stay as they are keep
//! their times, so that cargo builds anew only what changed.

use crate::exec;
use crate::workspace;
use anyhow::Context as _;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A copy of some crates.
pub(super) struct Copy {
    folder: PathBuf,
}

/// Which implementation of the seam is built.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Seam {
    Loom,
    Native,
}

impl Copy {
    /// Writes the copy `name` of the crates with these folders, with `changed` in the place of
    /// the files that it names by their paths below the top.
    pub(super) fn write(
        name: &str,
        crates: &BTreeSet<String>,
        changed: &BTreeMap<String, String>,
    ) -> anyhow::Result<Self> {
        let root = workspace::root();
        let folder = workspace::target().join("mutants").join(name);
        let mut kept = BTreeSet::new();
        let mut put = |path: &str, contents: &[u8]| {
            kept.insert(folder.join(path));
            write_if_changed(&folder.join(path), contents)
        };
        put("Cargo.toml", manifest(&root, crates)?.as_bytes())?;
        put("Cargo.lock", &std::fs::read(root.join("Cargo.lock"))?)?;
        for krate in crates {
            for entry in walkdir::WalkDir::new(root.join("crates").join(krate)) {
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
        remove_others(&folder.join("crates"), &kept)?;
        Ok(Self { folder })
    }

    /// The folder of a crate of the copy.
    pub(super) fn of_crate(&self, krate: &str) -> PathBuf {
        self.folder.join("crates").join(krate)
    }

    /// `cargo test` in the copy. Each copy builds in folders of its own: cargo names what it builds
    /// by paths below the workspace's top, which are the same in all.
    pub(super) fn cargo_test(&self, seam: Seam) -> Command {
        let mut cargo = exec::cargo();
        let (flags, target) = match seam {
            Seam::Loom => ("--cfg selvedge_loom --cap-lints allow", "target/loom"),
            Seam::Native => ("--cap-lints allow", "target"),
        };
        cargo
            .current_dir(&self.folder)
            .env("RUSTFLAGS", flags)
            .env("CARGO_TARGET_DIR", self.folder.join(target))
            .arg("test");
        cargo
    }
}

/// The workspace's manifest with these crates for members.
fn manifest(root: &Path, crates: &BTreeSet<String>) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(root.join("Cargo.toml"))?;
    let mut manifest: toml::Table = text.parse()?;
    let workspace = manifest
        .get_mut("workspace")
        .and_then(toml::Value::as_table_mut);
    let workspace = workspace.context("Cargo.toml describes no workspace")?;
    let members: Vec<_> = crates
        .iter()
        .map(|krate| format!("crates/{krate}"))
        .collect();
    workspace.insert("members".to_owned(), members.into());
    workspace.remove("default-members");
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
