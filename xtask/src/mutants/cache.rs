//! Verdicts that are known, by what they depend on; and who killed a mutant when it was last seen.

use super::content;
use super::mutant::{Mutant, Verdict};
use crate::{report, workspace};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What is remembered between runs.
#[derive(Default, Deserialize, Serialize)]
pub(super) struct Cache {
    /// Verdicts by the crate's content and the mutant.
    verdicts: BTreeMap<String, Verdict>,
    /// Killers by the mutant alone.
    hints: BTreeMap<String, String>,
}

impl Cache {
    /// What earlier runs have left, or nothing if that cannot be read.
    pub(super) fn load() -> Self {
        let text = std::fs::read_to_string(path()).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    pub(super) fn save(&self) -> anyhow::Result<()> {
        report::write_json(&path(), self)
    }

    /// The verdict on a mutant of a crate with this content.
    pub(super) fn verdict(&self, content: &str, mutant: &str) -> Option<&Verdict> {
        self.verdicts.get(&format!("{content} {mutant}"))
    }

    /// The test that has killed a mutant before.
    pub(super) fn hint(&self, mutant: &str) -> Option<&str> {
        self.hints.get(mutant).map(String::as_str)
    }

    pub(super) fn remember(&mut self, content: &str, mutant: &str, verdict: &Verdict) {
        if let Some(killer) = &verdict.killer {
            self.hints.insert(mutant.to_owned(), killer.clone());
        }
        self.verdicts
            .insert(format!("{content} {mutant}"), verdict.clone());
    }
}

fn path() -> PathBuf {
    workspace::target().join("mutants").join("verdicts.json")
}

/// What each mutant is known by: not by its line, which moves with the lines above, but by its
/// file, its change, and how many of the same come before it.
pub(super) fn identities(mutants: &[Mutant]) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let identity = |mutant: &Mutant| {
        let text = format!(
            "{} {} {} {}",
            mutant.file,
            mutant.kind.name(),
            mutant.change,
            mutant.edit.text
        );
        let nth = counts.entry(text.clone()).or_default();
        *nth += 1;
        content::hex(&Sha256::digest(format!("{text} {nth}")))
    };
    mutants.iter().map(identity).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutants::find::mutants_of;

    #[test]
    fn a_mutant_is_known_wherever_its_lines_go() {
        let text = "fn f(a: u8) -> bool { a < 3 }\nfn g(a: u8) -> bool { a < 3 }\n";
        let before = identities(&mutants_of("x", "x.rs", text).unwrap().0);
        let after = identities(
            &mutants_of("x", "x.rs", &format!("// New.\n{text}"))
                .unwrap()
                .0,
        );
        assert_eq!(before, after);
        assert_ne!(before[0], before[1]);
    }
}
