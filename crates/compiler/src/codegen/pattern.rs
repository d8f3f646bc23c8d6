//! `match`: which case is taken.
//!
//! A pattern takes a value apart into temporaries, the *live* ones. What it captures stays in
//! temporaries until the whole pattern has matched, so that a case that fails binds nothing. Each
//! place that may fail jumps to a label for the set of temporaries that are live there;
//! [`end_failures`](Gen::end_failures) writes what drops them.

use super::blocks::Block;
use super::emit::Label;
use super::{Gen, Reg};
use crate::error::{Result, reject};
use crate::op::Op;
use ruff_python_ast::name::Name;
use ruff_python_ast::*;
use ruff_text_size::{Ranged, TextRange};

/// A value that a pattern looks at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject {
    pub(super) register: Reg,
    /// Whether the pattern is to consume it.
    pub(super) is_owned: bool,
}

/// How far a pattern has come.
#[derive(Debug, Default)]
pub(super) struct Matching {
    /// Temporaries to be dropped if the pattern fails.
    pub(super) live: Vec<Reg>,
    /// Names to be bound if it matches.
    pub(super) captures: Vec<(Name, Reg, TextRange)>,
    /// Places for failures with their live temporaries.
    pub(super) failures: Vec<(Vec<Reg>, Label)>,
}

impl Matching {
    pub(super) fn forget(&mut self, register: Reg) {
        self.live.retain(|&live| live != register);
    }
}

impl<'a> Gen<'a> {
    pub(super) fn match_statement(&mut self, s: &'a StmtMatch) -> Result<()> {
        let base = self.depth;
        let end = self.label();
        let subject = self.subject(s)?;
        let is_held = self.is_temporary(subject);
        if is_held {
            self.blocks.push(Block::Held(subject));
        }
        for (at, case) in s.cases.iter().enumerate() {
            let is_last = at + 1 == s.cases.len();
            if !is_last && case.guard.is_none() {
                check_refutable(&case.pattern)?;
            }
            self.case(
                case,
                Subject {
                    register: subject,
                    is_owned: false,
                },
                end,
            )?;
        }
        if is_held {
            self.blocks.pop();
            self.out.op(Op::Drop, subject, 0, 0);
        }
        self.out.place(end);
        self.depth = base;
        Ok(())
    }

    /// The value to match: a local stays where it is unless a case may bind it.
    fn subject(&mut self, s: &'a StmtMatch) -> Result<Reg> {
        if let Expr::Name(name) = &*s.subject {
            let mut bound = Vec::new();
            s.cases
                .iter()
                .for_each(|case| captured(&case.pattern, &mut bound));
            if bound.contains(&&name.id) {
                return self.top(&s.subject);
            }
        }
        let subject = self.operand(&s.subject, true)?;
        // Every case reads it: were it unbound, that must show now.
        let is_sure = self.is_temporary(subject) || self.out.bound.has(subject);
        if is_sure
            && !matches!(&*s.subject, Expr::Name(name) if self.is_rebound(&self.mangle(&name.id)))
        {
            Ok(subject)
        } else {
            self.top(&s.subject)
        }
    }

    fn case(&mut self, case: &'a MatchCase, subject: Subject, end: Label) -> Result<()> {
        let base = self.depth;
        let mut matching = Matching::default();
        self.pattern(&case.pattern, subject, &mut matching)?;
        for (name, register, range) in std::mem::take(&mut matching.captures) {
            self.at(range);
            self.store_register(&name, register, range)?;
        }
        matching.live.clear();
        self.depth = base;
        let next = self.failure(&mut matching);
        if let Some(guard) = &case.guard {
            self.jump_if(guard, false, next)?;
        }
        let held = self
            .is_temporary(subject.register)
            .then(|| self.blocks.pop())
            .flatten();
        if held.is_some() {
            self.out.op(Op::Drop, subject.register, 0, 0);
        }
        self.conditional_body(&case.body)?;
        self.out.jump(end);
        self.blocks.extend(held);
        self.end_failures(matching, 0);
        self.depth = base;
        Ok(())
    }

    /// The label for a failure here.
    pub(super) fn failure(&mut self, matching: &mut Matching) -> Label {
        let known = matching
            .failures
            .iter()
            .find(|(live, _)| *live == matching.live);
        if let Some(&(_, label)) = known {
            return label;
        }
        let label = self.label();
        matching.failures.push((matching.live.clone(), label));
        label
    }

    /// Writes what failures lead to: all live temporaries but the first `floor` are dropped.
    pub(super) fn end_failures(&mut self, mut matching: Matching, floor: usize) {
        while let Some(longest) =
            (0..matching.failures.len()).max_by_key(|&at| matching.failures[at].0.len())
        {
            let (mut live, label) = matching.failures.swap_remove(longest);
            self.out.place(label);
            if live.len() <= floor {
                continue;
            }
            let last = live.pop().unwrap_or_default();
            self.out.op(Op::Drop, last, 0, 0);
            matching.live = live;
            let shorter = self.failure(&mut matching);
            self.out.jump(shorter);
        }
    }

    /// A new temporary that is live.
    pub(super) fn push_live(&mut self, matching: &mut Matching, range: TextRange) -> Result<Reg> {
        let register = self.push(range)?;
        matching.live.push(register);
        Ok(register)
    }

    /// The subject to be consumed by one operation.
    pub(super) fn consumed(
        &mut self,
        subject: Subject,
        matching: &mut Matching,
        range: TextRange,
    ) -> Result<Reg> {
        if subject.is_owned {
            matching.forget(subject.register);
            return Ok(subject.register);
        }
        self.borrow_temporary(subject.register, range)
    }

    /// Drops a subject that is not needed any more.
    pub(super) fn done_with(&mut self, subject: Subject, matching: &mut Matching) {
        if subject.is_owned {
            matching.forget(subject.register);
            self.out.op(Op::Drop, subject.register, 0, 0);
        }
    }

    pub(super) fn capture(
        &mut self,
        name: &Identifier,
        subject: Subject,
        matching: &mut Matching,
        range: TextRange,
    ) -> Result<()> {
        if matching
            .captures
            .iter()
            .any(|(known, ..)| *known == name.id)
        {
            return reject(
                range,
                format!("multiple assignments to name '{name}' in pattern"),
            );
        }
        let register = if subject.is_owned {
            subject.register
        } else {
            let copy = self.push_live(matching, range)?;
            self.out.op(Op::Copy, copy, subject.register, 0);
            copy
        };
        matching
            .captures
            .push((name.id.clone(), register, name.range));
        Ok(())
    }
}

/// Rejects a pattern that matches everything before another.
fn check_refutable(pattern: &Pattern) -> Result<()> {
    match pattern {
        Pattern::MatchAs(PatternMatchAs {
            pattern: None,
            name: None,
            range,
            ..
        }) => reject(*range, "wildcard makes remaining patterns unreachable"),
        Pattern::MatchAs(PatternMatchAs {
            pattern: None,
            name: Some(name),
            range,
            ..
        }) => reject(
            *range,
            format!("name capture '{name}' makes remaining patterns unreachable"),
        ),
        Pattern::MatchAs(PatternMatchAs {
            pattern: Some(inner),
            ..
        }) => check_refutable(inner),
        Pattern::MatchOr(PatternMatchOr { patterns, .. }) => {
            patterns.last().map_or(Ok(()), check_refutable)
        }
        _ => Ok(()),
    }
}

/// The names that a pattern captures.
pub(super) fn captured<'p>(pattern: &'p Pattern, names: &mut Vec<&'p Name>) {
    match pattern {
        Pattern::MatchValue(_) | Pattern::MatchSingleton(_) => {}
        Pattern::MatchSequence(p) => p.patterns.iter().for_each(|p| captured(p, names)),
        Pattern::MatchMapping(p) => {
            p.patterns.iter().for_each(|p| captured(p, names));
            names.extend(p.rest.iter().map(|name| &name.id));
        }
        Pattern::MatchClass(p) => {
            p.arguments.patterns.iter().for_each(|p| captured(p, names));
            p.arguments
                .keywords
                .iter()
                .for_each(|keyword| captured(&keyword.pattern, names));
        }
        Pattern::MatchStar(p) => names.extend(p.name.iter().map(|name| &name.id)),
        Pattern::MatchAs(p) => {
            p.pattern.iter().for_each(|p| captured(p, names));
            names.extend(p.name.iter().map(|name| &name.id));
        }
        Pattern::MatchOr(p) => p
            .patterns
            .first()
            .into_iter()
            .for_each(|p| captured(p, names)),
    }
}

/// Where two alternatives of an or-pattern differ in what they bind.
pub(super) fn binds_the_same(pattern: &Pattern, names: &[&Name], range: TextRange) -> Result<()> {
    let mut bound = Vec::new();
    captured(pattern, &mut bound);
    let is_same = bound.len() == names.len() && bound.iter().all(|name| names.contains(name));
    if is_same {
        Ok(())
    } else {
        reject(
            range.cover(pattern.range()),
            "alternative patterns bind different names",
        )
    }
}
