//! What a mutant is: a place in the source, a change, and what became of it.

use serde::{Deserialize, Serialize};
use std::ops::Range;

/// What a mutant takes away.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    /// An atomic ordering is one step weaker.
    Ordering,
    /// A fence is gone.
    Fence,
    /// A read-modify-write is a load and a store.
    Atomicity,
    /// Nobody is woken.
    WakeUp,
    /// One is woken instead of all.
    NotifyAll,
    /// The condition is not checked again after waking.
    ReCheck,
    /// The lock is released before the write that it guards.
    EarlyUnlock,
    /// A bound is off by one.
    Bound,
    /// A bit is not set, or not cleared.
    Bit,
    /// A state is not written.
    Store,
    /// Something is not released or dropped.
    Release,
}

impl Kind {
    pub(super) const ALL: [Self; 11] = [
        Self::Ordering,
        Self::Fence,
        Self::Atomicity,
        Self::WakeUp,
        Self::NotifyAll,
        Self::ReCheck,
        Self::EarlyUnlock,
        Self::Bound,
        Self::Bit,
        Self::Store,
        Self::Release,
    ];

    /// Its name in tables and in comments that argue equivalence.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Ordering => "ordering",
            Self::Fence => "fence",
            Self::Atomicity => "atomicity",
            Self::WakeUp => "wake-up",
            Self::NotifyAll => "notify-all",
            Self::ReCheck => "re-check",
            Self::EarlyUnlock => "early-unlock",
            Self::Bound => "bound",
            Self::Bit => "bit",
            Self::Store => "store",
            Self::Release => "release",
        }
    }
}

/// A change of the text: what lies in the range is replaced.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Edit {
    pub(super) range: Range<usize>,
    pub(super) text: String,
}

/// How the change is made when a program decides at run time whether it is there. `CHOSEN` in the
/// texts stands for the expression that says so.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Switch {
    /// Text around what is there.
    Around {
        range: Range<usize>,
        before: String,
        after: String,
    },
    /// Text between what is there.
    At { position: usize, text: String },
}

/// The place holder for the condition in the texts of a [`Switch`].
pub(super) const CHOSEN: &str = "CHOSEN";

/// A place and what is changed there.
#[derive(Clone, Debug)]
pub(super) struct Mutant {
    pub(super) kind: Kind,
    /// The crate's folder.
    pub(super) krate: String,
    /// The file's path below the top.
    pub(super) file: String,
    pub(super) line: usize,
    /// The change in words.
    pub(super) change: String,
    pub(super) edit: Edit,
    /// None where a program cannot decide at run time, as in constants.
    pub(super) switch: Option<Switch>,
    /// What is to become of it if nothing kills it, and why, as said beside the code.
    pub(super) claim: Option<(Outcome, String)>,
}

/// What became of a mutant.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Outcome {
    Killed,
    Survived,
    /// No execution can tell it from the original.
    Equivalent,
    /// The memory model allows an execution that can tell, but nothing here runs it.
    Argued,
}

impl Outcome {
    /// What tables call it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Killed => "killed",
            Self::Survived => "**survived**",
            Self::Equivalent => "equivalent",
            Self::Argued => "argued",
        }
    }
}

/// What became of a mutant, and by what.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Verdict {
    pub(super) outcome: Outcome,
    /// The model, test or compiler that killed it; the reason that is claimed; how it
    /// survived.
    pub(super) by: String,
    /// The test that killed it.
    pub(super) killer: Option<String>,
}

/// A row of the table.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Row {
    #[serde(rename = "crate")]
    pub(super) krate: String,
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) kind: Kind,
    pub(super) change: String,
    pub(super) outcome: Outcome,
    pub(super) by: String,
}

impl Row {
    pub(super) fn new(mutant: &Mutant, verdict: &Verdict) -> Self {
        Self {
            krate: mutant.krate.clone(),
            file: mutant.file.clone(),
            line: mutant.line,
            kind: mutant.kind,
            change: mutant.change.clone(),
            outcome: verdict.outcome,
            by: verdict.by.clone(),
        }
    }
}
