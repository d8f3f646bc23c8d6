//! Claims beside the code about mutants that nothing kills.
//!
//! A claim is a comment right above the line of the change, or above the statement it is in. The
//! reason may go on in the lines that follow.
//!
//! - `// mutant: equivalent, <kind>: <reason>`: no execution can tell it from the original.
//! - `// mutant: argued, <kind>: <reason>`: an execution that the memory model allows can, but
//!   neither loom nor this machine runs it.
//!
//! `ordering to Acquire`, for example, is the kind of the one mutant of an ordering that weakens it
//! to that.

use super::mutant::{Kind, Outcome};

/// A claim, and the first line of code below it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Claim {
    pub(super) line: usize,
    /// What it claims.
    pub(super) outcome: Outcome,
    pub(super) kind: String,
    pub(super) reason: String,
    pub(super) used: bool,
    below: usize,
}

/// What claims start with.
const MARKS: [(&str, Outcome); 2] = [
    ("mutant: equivalent,", Outcome::Equivalent),
    ("mutant: argued,", Outcome::Argued),
];

/// The claims in a file.
pub(super) fn claims(text: &str) -> Vec<Claim> {
    let mut claims: Vec<Claim> = Vec::new();
    let mut open: Vec<Claim> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        let comment = line
            .strip_prefix("//")
            .filter(|rest| !rest.starts_with(['/', '!']));
        let Some(comment) = comment.map(str::trim) else {
            for mut claim in open.drain(..) {
                claim.below = index + 1;
                claims.push(claim);
            }
            continue;
        };
        let marked = MARKS
            .iter()
            .find_map(|(mark, outcome)| Some((comment.strip_prefix(mark)?, *outcome)));
        if let Some((claim, outcome)) = marked {
            let (kind, reason) = claim.split_once(':').unwrap_or((claim, ""));
            open.push(Claim {
                line: index + 1,
                outcome,
                kind: kind.trim().to_owned(),
                reason: reason.trim().to_owned(),
                used: false,
                below: 0,
            });
        } else if let Some(claim) = open.last_mut() {
            claim.reason.push(' ');
            claim.reason.push_str(comment);
        }
    }
    claims
}

/// What is claimed of a mutant of `kind` on one of `lines` that makes that `change`, and why; its
/// claim is marked as used.
pub(super) fn take(
    claims: &mut [Claim],
    kind: Kind,
    change: &str,
    lines: &[usize],
) -> Option<(Outcome, String)> {
    let is_meant = |claimed: &str| match claimed.split_once(" to ") {
        Some((claimed, to)) => claimed == kind.name() && change.contains(&format!("→ `{to}`")),
        None => claimed == kind.name(),
    };
    let claim = claims.iter_mut().find(|claim| {
        is_meant(&claim.kind) && lines.contains(&claim.below) && !claim.reason.is_empty()
    })?;
    claim.used = true;
    Some((claim.outcome, claim.reason.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "fn f() {\n    // Why it is so.\n    // mutant: equivalent, ordering: nothing\n    // is read through it\n    x.load(Acquire);\n    y();\n}\n";

    #[test]
    fn a_claim_is_for_the_line_below_it() {
        let mut claims = claims(TEXT);
        assert_eq!(take(&mut claims, Kind::Ordering, "", &[6]), None);
        assert_eq!(take(&mut claims, Kind::Bound, "", &[5]), None);
        assert!(!claims[0].used);
        let (outcome, reason) = take(&mut claims, Kind::Ordering, "", &[5]).unwrap();
        assert_eq!(outcome, Outcome::Equivalent);
        assert_eq!(reason, "nothing is read through it");
        assert!(claims[0].used);
    }

    #[test]
    fn a_claim_may_be_about_one_weaker_ordering() {
        let text = "// mutant: argued, ordering to Acquire: so\nx.swap(1, AcqRel)\n";
        let to = |weaker| {
            let change = format!("`AcqRel` → `{weaker}` in `swap`");
            take(&mut claims(text), Kind::Ordering, &change, &[2])
        };
        assert!(to("Acquire").is_some() && to("Release").is_none());
    }

    #[test]
    fn a_claim_without_a_reason_is_none() {
        let mut claims = claims("// mutant: equivalent, bound:\nx < y\n");
        assert_eq!(take(&mut claims, Kind::Bound, "", &[2]), None);
    }

    #[test]
    fn two_claims_above_one_line_both_hold() {
        let text = "// mutant: equivalent, bound: one\n// mutant: argued, bit: two\nx < y | z\n";
        let mut claims = claims(text);
        let claimed = |outcome, reason: &str| Some((outcome, reason.to_owned()));
        assert_eq!(
            take(&mut claims, Kind::Bound, "", &[3]),
            claimed(Outcome::Equivalent, "one")
        );
        assert_eq!(
            take(&mut claims, Kind::Bit, "", &[3]),
            claimed(Outcome::Argued, "two")
        );
    }
}
