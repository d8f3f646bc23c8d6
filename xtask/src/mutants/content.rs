//! What a crate's verdicts depend on, as a hash: its code, its tests with what they share, and what
//! it reaches of the crates of this workspace that it stands on.
//!
//! Comments and layout do not count, but for claims about mutants.

use super::{claims, parts};
use crate::workspace;
use anyhow::Context as _;
use proc_macro2::{TokenStream, TokenTree};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The crates of this workspace that a crate stands on, itself included, by folder.
pub(super) fn closure(krate: &str) -> anyhow::Result<BTreeSet<String>> {
    let metadata = workspace::metadata(&["--no-deps"])?;
    let mut stands_on: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in metadata.workspace_packages() {
        let folder = package
            .manifest_path
            .parent()
            .and_then(|path| path.file_name());
        let local = package
            .dependencies
            .iter()
            .filter_map(|on| on.path.as_ref()?.file_name());
        stands_on.insert(folder.unwrap_or_default(), local.collect());
    }
    let mut open = vec![krate];
    let mut seen = BTreeSet::new();
    while let Some(next) = open.pop() {
        if seen.insert(next.to_owned()) {
            open.extend(
                stands_on
                    .get(next)
                    .with_context(|| format!("there is no crate {next}"))?,
            );
        }
    }
    Ok(seen)
}

/// What the tests of several crates share.
pub(super) const SUPPORT: &str = "tests/support";

/// The hash for a crate.
pub(super) fn hash(krate: &str) -> anyhow::Result<String> {
    let crates = workspace::root().join("crates");
    let mut hasher = Sha256::new();
    let closure = closure(krate)?;
    for other in &closure {
        let src = crates.join(other).join("src");
        // Claims are about the mutants of the crate that they stand in.
        let own = other == krate;
        if own {
            add(&mut hasher, &src, own)?;
            add(&mut hasher, &crates.join(other).join("tests"), own)?;
            continue;
        }
        let users = closure.iter().filter(|user| *user != other);
        let users: Vec<PathBuf> = users
            .flat_map(|user| ["src", "tests"].map(|part| crates.join(user).join(part)))
            .collect();
        match parts::reached(&format!("selvedge_{other}"), &src, &users)? {
            None => add(&mut hasher, &src, own)?,
            Some(modules) => {
                for module in modules {
                    add(&mut hasher, &src.join(&module), own)?;
                    add(&mut hasher, &src.join(format!("{module}.rs")), own)?;
                }
            }
        }
    }
    add(&mut hasher, &workspace::root().join(SUPPORT), true)?;
    Ok(hex(&hasher.finalize()))
}

/// A hash as text, short enough to read and long enough to differ.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(16).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn add(hasher: &mut Sha256, folder: &Path, with_claims: bool) -> anyhow::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = entry?;
        if entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "rs")
        {
            hasher.update(
                entry
                    .path()
                    .strip_prefix(folder)?
                    .to_string_lossy()
                    .as_bytes(),
            );
            hasher.update(essence(
                &std::fs::read_to_string(entry.path())?,
                with_claims,
            ));
        }
    }
    Ok(())
}

/// The tokens of a file without its documentation, and perhaps its claims about mutants.
fn essence(text: &str, with_claims: bool) -> String {
    let mut essence = String::new();
    match text.parse::<TokenStream>() {
        Ok(stream) => tokens(stream, &mut essence),
        Err(_) => essence.push_str(text),
    }
    let claims = with_claims.then(|| claims::claims(text));
    for claim in claims.into_iter().flatten() {
        let _ = write!(essence, "\n{}: {}", claim.kind, claim.reason);
    }
    essence
}

fn tokens(stream: TokenStream, into: &mut String) {
    for tree in stream {
        match tree {
            TokenTree::Group(group) if is_documentation(&group) => {}
            TokenTree::Group(group) => {
                let _ = write!(into, "{:?} ", group.delimiter());
                tokens(group.stream(), into);
                into.push_str("end ");
            }
            other => {
                let _ = write!(into, "{other} ");
            }
        }
    }
}

fn is_documentation(group: &proc_macro2::Group) -> bool {
    let mut inner = group.stream().into_iter();
    let starts = matches!(inner.next(), Some(TokenTree::Ident(name)) if name == "doc");
    starts && matches!(inner.next(), Some(TokenTree::Punct(sign)) if sign.as_char() == '=')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_and_claims_count() {
        let code = "/// Old words.\nfn f() { g(1) }";
        assert_eq!(
            essence(code, true),
            essence("/// New words.\nfn f()\n{ g(1) } // why", true)
        );
        let other = "/// Old words.\nfn f() { g(2) }";
        assert_ne!(essence(code, true), essence(other, true));
        let claimed = "/// Old words.\nfn f() {\n// mutant: equivalent, bound: so\ng(1) }";
        assert_ne!(essence(code, true), essence(claimed, true));
        assert_eq!(essence(code, false), essence(claimed, false));
    }

    #[test]
    fn a_crate_stands_on_itself_and_what_it_names() {
        let crates = closure("gil").unwrap();
        assert!(crates.contains("gil") && crates.contains("sync") && !crates.contains("pool"));
    }
}
