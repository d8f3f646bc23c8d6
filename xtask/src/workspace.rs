//! Where things are: the workspace's folders, its crates and their targets.

use anyhow::Context as _;
use cargo_metadata::{Metadata, MetadataCommand, Package, TargetKind};
use std::path::{Path, PathBuf};

/// The crates that everything concurrent is built of, by folder: each of their modules has models,
/// and each of their orderings and wake-ups is shown necessary.
pub(crate) const PRIMITIVES: [&str; 5] = ["sync", "gil", "refcount", "channel", "pool"];

/// The workspace's top folder.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent()
        .expect("xtask lies in the workspace")
        .to_owned()
}

/// The folder that cargo builds in.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// A member of the workspace.
pub(crate) struct Crate {
    /// The package's name.
    pub(crate) package: String,
    /// The name of its folder: `gil` for `selvedge-gil`.
    pub(crate) name: String,
    /// Its folder.
    pub(crate) folder: PathBuf,
    /// Its test targets that hold models.
    pub(crate) model_tests: Vec<String>,
    /// Whether its library has models among its unit tests: files `*_models.rs` in its sources.
    models_within: bool,
    /// Its bench targets.
    pub(crate) benches: Vec<String>,
}

/// What cargo says of the workspace's members, without their dependencies.
pub(crate) fn members() -> anyhow::Result<Vec<Crate>> {
    let metadata = metadata(&["--no-deps"])?;
    let mut crates: Vec<_> = metadata
        .workspace_packages()
        .into_iter()
        .map(member)
        .collect();
    crates.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(crates)
}

/// The members that `wanted` names, by folder or package; all members if it names none.
pub(crate) fn selected(wanted: &[String]) -> anyhow::Result<Vec<Crate>> {
    let crates = members()?;
    for name in wanted {
        let known = crates.iter().any(|member| member.answers_to(name));
        anyhow::ensure!(known, "no crate of the workspace is called {name}");
    }
    let is_wanted =
        |member: &Crate| wanted.is_empty() || wanted.iter().any(|name| member.answers_to(name));
    Ok(crates.into_iter().filter(is_wanted).collect())
}

/// What `cargo metadata` says with these arguments.
pub(crate) fn metadata(arguments: &[&str]) -> anyhow::Result<Metadata> {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(
            arguments
                .iter()
                .map(|&text| text.to_owned())
                .collect::<Vec<_>>(),
        )
        .exec()
        .context("cargo metadata failed")
}

impl Crate {
    /// What has `cargo test` build the crate's models.
    pub(crate) fn model_arguments(&self) -> Vec<&str> {
        let within = self.models_within.then_some("--lib");
        let beside = self.model_tests.iter().flat_map(|name| ["--test", name]);
        within.into_iter().chain(beside).collect()
    }

    fn answers_to(&self, name: &str) -> bool {
        self.name == name || self.package == name
    }
}

/// Whether there is a file of models in the folder, or below.
fn holds_models(folder: &Path) -> bool {
    walkdir::WalkDir::new(folder)
        .into_iter()
        .filter_map(Result::ok)
        .any(|entry| entry.file_name().to_string_lossy().ends_with("_models.rs"))
}

fn member(package: &Package) -> Crate {
    let folder = package
        .manifest_path
        .parent()
        .expect("a manifest lies in a folder");
    let targets = |kind: TargetKind| {
        let of_kind = package
            .targets
            .iter()
            .filter(move |target| target.kind.contains(&kind));
        of_kind.map(|target| target.name.clone())
    };
    Crate {
        package: package.name.to_string(),
        name: folder.file_name().unwrap_or(&package.name).to_owned(),
        folder: folder.to_owned().into(),
        model_tests: targets(TargetKind::Test)
            .filter(|name| name.ends_with("_models"))
            .collect(),
        models_within: holds_models(folder.join("src").as_std_path()),
        benches: targets(TargetKind::Bench).collect(),
    }
}
