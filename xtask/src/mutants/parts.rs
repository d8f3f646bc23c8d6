//! Which modules of a crate another crate can reach, so that a change elsewhere leaves the
//! other's verdicts as they are.
//!
//! Read from the texts: `selvedge_sync::seam` names a module, `selvedge_sync::model!` a macro, which
//! is in the module that defines it; what these modules name of their own crate is reached too. A
//! name that is neither stands for the whole crate.

use anyhow::Context as _;
use proc_macro2::{TokenStream, TokenTree};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The names of the modules of the crate in `src`, called `name`, that the files in `users` reach;
/// `None` for all of it.
pub(super) fn reached(
    name: &str,
    src: &Path,
    users: &[PathBuf],
) -> anyhow::Result<Option<BTreeSet<String>>> {
    let mut open = Vec::new();
    for user in users {
        open.extend(named(&sources(user)?, name)?);
    }
    let mut seen = BTreeSet::new();
    while let Some(next) = open.pop() {
        let Some(modules) = home(src, &next)? else {
            return Ok(None);
        };
        for module in modules {
            let files = sources(&src.join(&module))?
                .into_iter()
                .chain(Some(src.join(format!("{module}.rs"))).filter(|file| file.exists()));
            if seen.insert(module.clone()) {
                open.extend(named(&files.collect::<Vec<_>>(), "crate")?);
            }
        }
    }
    Ok(Some(seen))
}

/// The top modules where a name is at home: the module of that name, or those that define the macro.
fn home(src: &Path, name: &str) -> anyhow::Result<Option<Vec<String>>> {
    // The model checker, which a crate hands on for its macros.
    if name == "__loom" {
        return Ok(Some(Vec::new()));
    }
    if src.join(name).is_dir() || src.join(format!("{name}.rs")).exists() {
        return Ok(Some(vec![name.to_owned()]));
    }
    let definition = format!("macro_rules! {name} ");
    let mut modules = BTreeSet::new();
    for file in sources(src)? {
        if std::fs::read_to_string(&file)?.contains(&definition) {
            let top = file.strip_prefix(src)?.components().next();
            let top = Path::new(top.context("a file has a name")?.as_os_str());
            let stem = top.file_stem().unwrap_or_default().to_string_lossy();
            if stem == "lib" {
                return Ok(None);
            }
            modules.insert(stem.into_owned());
        }
    }
    Ok((!modules.is_empty()).then(|| modules.into_iter().collect()))
}

/// The Rust files below a folder.
fn sources(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    if folder.exists() {
        for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
            let path = entry?.into_path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    Ok(files)
}

/// What follows `root::` in these files: a name, each of a list in braces, or `*`.
fn named(files: &[PathBuf], root: &str) -> anyhow::Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(file)?;
        let stream: TokenStream = text
            .parse()
            .map_err(|error| anyhow::anyhow!("{} does not parse: {error}", file.display()))?;
        collect(stream, root, &mut names);
    }
    Ok(names)
}

fn collect(stream: TokenStream, root: &str, names: &mut BTreeSet<String>) {
    let trees: Vec<TokenTree> = stream.into_iter().collect();
    let is = |tree: Option<&TokenTree>, text: &str| tree.is_some_and(|t| t.to_string() == text);
    for (at, tree) in trees.iter().enumerate() {
        if let TokenTree::Group(group) = tree {
            collect(group.stream(), root, names);
        }
        if is(Some(tree), root) && is(trees.get(at + 1), ":") && is(trees.get(at + 2), ":") {
            match trees.get(at + 3) {
                Some(TokenTree::Group(list)) => {
                    let items: Vec<TokenTree> = list.stream().into_iter().collect();
                    for item in items.split(|tree| tree.to_string() == ",") {
                        names.extend(item.first().map(ToString::to_string));
                    }
                }
                other => names.extend(other.map(ToString::to_string)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace;

    fn names(text: &str) -> Vec<String> {
        let mut names = BTreeSet::new();
        collect(text.parse().unwrap(), "crate", &mut names);
        names.into_iter().collect()
    }

    #[test]
    fn names_are_found_alone_in_lists_and_in_blocks() {
        assert_eq!(
            names(
                "use crate::{b::C, d}; fn f() { g(crate::a::h()) } use super::x; self::crate_::y"
            ),
            ["a", "b", "d"]
        );
    }

    #[test]
    fn lock_reaches_the_seam_and_no_locks_between_processes() {
        let crates = workspace::root().join("crates");
        let gil = [crates.join("gil/src"), crates.join("gil/tests")];
        let parts = reached("selvedge_sync", &crates.join("sync/src"), &gil).unwrap();
        assert_eq!(parts, Some(BTreeSet::from(["seam".to_owned()])));
    }

    #[test]
    fn name_of_no_module_stands_for_the_crate() {
        let sync = workspace::root().join("crates/sync/src");
        assert_eq!(home(&sync, "NotHeld").unwrap(), None);
        assert_eq!(
            home(&sync, "locks").unwrap(),
            Some(vec!["locks".to_owned()])
        );
        assert_eq!(home(&sync, "model").unwrap(), Some(vec!["seam".to_owned()]));
    }
}
