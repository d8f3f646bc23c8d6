//! `match`: the kinds of patterns.

use super::constant::small_int;
use super::pattern::{Matching, Subject, binds_the_same, captured};
use super::{Dst, Gen, Reg};
use crate::code::{Const, Text};
use crate::error::{Result, reject};
use crate::nesting::deeper;
use crate::op::Op;
use ruff_python_ast::*;
use ruff_text_size::{Ranged, TextRange};

/// A pattern that matches anything and binds nothing.
fn is_wildcard(pattern: &Pattern) -> bool {
    matches!(
        pattern,
        Pattern::MatchAs(PatternMatchAs {
            pattern: None,
            name: None,
            ..
        })
    ) || matches!(
        pattern,
        Pattern::MatchStar(PatternMatchStar { name: None, .. })
    )
}

impl<'a> Gen<'a> {
    /// Matches `subject`: control goes on behind if it matches, to a failure of `matching` if not.
    pub(super) fn pattern(
        &mut self,
        pattern: &'a Pattern,
        subject: Subject,
        matching: &mut Matching,
    ) -> Result<()> {
        let range = pattern.range();
        self.at(range);
        deeper(|| match pattern {
            Pattern::MatchValue(p) => self.value_pattern(&p.value, subject, matching),
            Pattern::MatchSingleton(p) => self.singleton_pattern(p.value, subject, matching, range),
            Pattern::MatchSequence(p) => {
                self.sequence_pattern(&p.patterns, subject, matching, range)
            }
            Pattern::MatchMapping(p) => self.mapping_pattern(p, subject, matching),
            Pattern::MatchClass(p) => self.class_pattern(p, subject, matching),
            Pattern::MatchStar(PatternMatchStar { name, .. }) => {
                if let Some(name) = name {
                    self.capture(name, subject, matching, range)
                } else {
                    self.done_with(subject, matching);
                    Ok(())
                }
            }
            Pattern::MatchAs(p) => self.as_pattern(p, subject, matching),
            Pattern::MatchOr(p) => self.or_pattern(p, subject, matching),
        })
    }

    fn value_pattern(
        &mut self,
        value: &'a Expr,
        subject: Subject,
        matching: &mut Matching,
    ) -> Result<()> {
        let base = self.depth;
        let range = value.range();
        let left = self.consumed(subject, matching, range)?;
        if let Some(value) = small_int(value) {
            let fails = self.failure(matching);
            self.out
                .branch(Op::JumpIfEqImm, [left, Reg::from(value as u8), 0], fails);
        } else {
            let right = self.top(value)?;
            self.at(range);
            let fails = self.failure(matching);
            self.out.branch(Op::JumpIfEq, [left, right, 0], fails);
        }
        self.depth = base;
        Ok(())
    }

    fn singleton_pattern(
        &mut self,
        value: Singleton,
        subject: Subject,
        matching: &mut Matching,
        range: TextRange,
    ) -> Result<()> {
        let base = self.depth;
        let left = self.consumed(subject, matching, range)?;
        if value == Singleton::None {
            let fails = self.failure(matching);
            self.out.branch(Op::JumpIfNone, [left, 0, 0], fails);
        } else {
            let right = self.push(range)?;
            self.out
                .op(Op::LoadBool, right, Reg::from(value == Singleton::True), 0);
            let fails = self.failure(matching);
            self.out.branch(Op::JumpIfIs, [left, right, 0], fails);
        }
        self.depth = base;
        Ok(())
    }

    fn as_pattern(
        &mut self,
        p: &'a PatternMatchAs,
        subject: Subject,
        matching: &mut Matching,
    ) -> Result<()> {
        match (&p.pattern, &p.name) {
            (None, None) => self.done_with(subject, matching),
            (None, Some(name)) => self.capture(name, subject, matching, p.range)?,
            (Some(inner), None) => self.pattern(inner, subject, matching)?,
            (Some(inner), Some(name)) => {
                // The name's value is kept beside what the inner pattern takes apart.
                let kept = Subject {
                    is_owned: false,
                    ..subject
                };
                self.pattern(inner, kept, matching)?;
                self.at(p.range);
                self.capture(name, subject, matching, p.range)?;
            }
        }
        Ok(())
    }

    /// Alternatives leave what they capture in the same registers.
    fn or_pattern(
        &mut self,
        p: &'a PatternMatchOr,
        subject: Subject,
        matching: &mut Matching,
    ) -> Result<()> {
        let mut names = Vec::new();
        captured(&p.patterns[0], &mut names);
        let first = self.push_many(names.len(), p.range)?;
        let (base, floor, captures) = (self.depth, matching.live.len(), matching.captures.len());
        let end = self.label();
        let kept = Subject {
            is_owned: false,
            ..subject
        };
        for (at, alternative) in p.patterns.iter().enumerate() {
            let is_last = at + 1 == p.patterns.len();
            binds_the_same(alternative, &names, p.range)?;
            if !is_last
                && let Pattern::MatchAs(PatternMatchAs {
                    pattern: None,
                    name,
                    range,
                    ..
                }) = alternative
            {
                let what = name
                    .as_ref()
                    .map_or("wildcard".into(), |name| format!("name capture '{name}'"));
                return reject(
                    *range,
                    format!("{what} makes remaining patterns unreachable"),
                );
            }
            let mut own = Matching {
                live: matching.live.clone(),
                ..Matching::default()
            };
            own.captures.clone_from(&matching.captures);
            self.pattern(alternative, kept, &mut own)?;
            for (name, register, _) in own.captures.drain(captures..) {
                let place = names
                    .iter()
                    .position(|known| **known == name)
                    .unwrap_or_default();
                self.out.op(Op::Move, first + place as Reg, register, 0);
            }
            self.out.jump(end);
            self.end_failures(own, floor);
            self.depth = base;
        }
        let fails = self.failure(matching);
        self.out.jump(fails);
        self.out.place(end);
        for (at, name) in names.into_iter().enumerate() {
            let register = first + at as Reg;
            if matching.captures.iter().any(|(known, ..)| known == name) {
                return reject(
                    p.range,
                    format!("multiple assignments to name '{name}' in pattern"),
                );
            }
            matching.live.push(register);
            matching.captures.push((name.clone(), register, p.range));
        }
        self.done_with(subject, matching);
        Ok(())
    }

    /// Fails unless the length of the subject is `count`, or at least that.
    fn check_length(
        &mut self,
        subject: Subject,
        count: usize,
        is_exact: bool,
        matching: &mut Matching,
        range: TextRange,
    ) -> Result<()> {
        let base = self.depth;
        let length = self.push(range)?;
        self.out.op(Op::GetLen, length, subject.register, 0);
        let fails = self.failure(matching);
        if let Ok(small) = i8::try_from(count) {
            let op = if is_exact {
                Op::JumpIfEqImm
            } else {
                Op::JumpIfGeImm
            };
            self.out.branch(op, [length, small as Reg, 0], fails);
        } else {
            let wanted = self.push(range)?;
            self.load_const(wanted, Const::Int(count as i64), range)?;
            let op = if is_exact { Op::JumpIfEq } else { Op::JumpIfGe };
            self.out.branch(op, [length, wanted, 0], fails);
        }
        self.depth = base;
        Ok(())
    }

    fn sequence_pattern(
        &mut self,
        patterns: &'a [Pattern],
        subject: Subject,
        matching: &mut Matching,
        range: TextRange,
    ) -> Result<()> {
        let star = patterns.iter().position(Pattern::is_match_star);
        if star.is_some_and(|star| patterns[star + 1..].iter().any(Pattern::is_match_star)) {
            return reject(range, "multiple starred expressions in sequence pattern");
        }
        let fails = self.failure(matching);
        self.out
            .branch(Op::JumpIfSequence, [subject.register, 0, 0], fails);
        let least = patterns.len() - usize::from(star.is_some());
        if star.is_none() || least > 0 {
            self.check_length(subject, least, star.is_none(), matching, range)?;
        }
        if patterns.iter().all(is_wildcard) {
            self.done_with(subject, matching);
            return Ok(());
        }
        if let Some(star) = star.filter(|&star| is_wildcard(&patterns[star])) {
            return self.indexed_items(patterns, star, subject, matching, range);
        }
        let value = self.consumed(subject, matching, range)?;
        let first = self.push_many(patterns.len(), range)?;
        match star {
            Some(star) => {
                let after = patterns.len() - star - 1;
                self.out
                    .extra(Op::UnpackStar, [first, value, 0], star as u16, after as u16);
            }
            None => self
                .out
                .op(Op::UnpackSequence, first, value, patterns.len() as Reg),
        }
        self.items(patterns.iter(), first, matching)
    }

    /// Matches owned values in registers from `first` on.
    fn items(
        &mut self,
        patterns: impl Iterator<Item = &'a Pattern> + Clone,
        first: Reg,
        matching: &mut Matching,
    ) -> Result<()> {
        matching.live.extend(
            (first..)
                .zip(patterns.clone())
                .map(|(register, _)| register),
        );
        for (register, pattern) in (first..).zip(patterns) {
            self.pattern(
                pattern,
                Subject {
                    register,
                    is_owned: true,
                },
                matching,
            )?;
        }
        Ok(())
    }

    /// Matches the items around a star that nobody asks for, one by one.
    fn indexed_items(
        &mut self,
        patterns: &'a [Pattern],
        star: usize,
        subject: Subject,
        matching: &mut Matching,
        range: TextRange,
    ) -> Result<()> {
        for (at, pattern) in patterns.iter().enumerate() {
            if is_wildcard(pattern) {
                continue;
            }
            let item = self.push(range)?;
            self.at(pattern.range());
            let index = self.push(range)?;
            if at < star {
                self.load_const(index, Const::Int(at as i64), range)?;
            } else {
                let back = self.push(range)?;
                self.out.op(Op::GetLen, index, subject.register, 0);
                self.load_const(back, Const::Int((patterns.len() - at) as i64), range)?;
                self.out.op(Op::Sub, index, index, back);
            }
            self.depth = index + 1;
            let value = self.borrow_temporary(subject.register, range)?;
            self.out.op(Op::GetItem, item, value, index);
            self.depth = item + 1;
            matching.live.push(item);
            self.pattern(
                pattern,
                Subject {
                    register: item,
                    is_owned: true,
                },
                matching,
            )?;
        }
        self.done_with(subject, matching);
        Ok(())
    }

    /// Fails if the value on top, `value`, is `None`.
    fn check_found(&mut self, value: Reg, matching: &mut Matching, range: TextRange) -> Result<()> {
        let base = self.depth;
        let again = self.borrow_temporary(value, range)?;
        let fails = self.failure(matching);
        self.out.branch(Op::JumpIfNone, [again, 0, 1], fails);
        self.depth = base;
        Ok(())
    }

    fn mapping_pattern(
        &mut self,
        p: &'a PatternMatchMapping,
        subject: Subject,
        matching: &mut Matching,
    ) -> Result<()> {
        let fails = self.failure(matching);
        self.out
            .branch(Op::JumpIfMapping, [subject.register, 0, 0], fails);
        if p.keys.is_empty() && p.rest.is_none() {
            self.done_with(subject, matching);
            return Ok(());
        }
        if !p.keys.is_empty() {
            self.check_length(subject, p.keys.len(), false, matching, p.range)?;
        }
        self.check_keys(p)?;
        let keys = self.depth;
        self.tuple(&p.keys, p.range, Dst::Top)?;
        matching.live.push(keys);
        self.at(p.range);
        let values = self.push_live(matching, p.range)?;
        self.out.op(Op::MatchKeys, values, subject.register, keys);
        self.check_found(values, matching, p.range)?;
        let first = self.push_many(p.patterns.len(), p.range)?;
        self.out
            .op(Op::UnpackSequence, first, values, p.patterns.len() as Reg);
        matching.forget(values);
        let unpacked = first..first + p.patterns.len() as Reg;
        matching.live.extend(unpacked.clone());
        matching.forget(keys);
        if let Some(rest) = &p.rest {
            let dict = self.push_live(matching, p.range)?;
            self.out
                .op(Op::CopyDictWithout, dict, subject.register, keys);
            self.capture(
                rest,
                Subject {
                    register: dict,
                    is_owned: true,
                },
                matching,
                p.range,
            )?;
        } else {
            self.out.op(Op::Drop, keys, 0, 0);
        }
        self.done_with(subject, matching);
        for (register, pattern) in unpacked.zip(&p.patterns) {
            self.pattern(
                pattern,
                Subject {
                    register,
                    is_owned: true,
                },
                matching,
            )?;
        }
        Ok(())
    }

    /// Rejects a key that a mapping pattern has twice.
    fn check_keys(&self, p: &PatternMatchMapping) -> Result<()> {
        let mut seen: Vec<Const> = Vec::new();
        for key in &p.keys {
            let Some(value) = self.fold(key) else {
                continue;
            };
            if seen.contains(&value) {
                let text = self.program.source.slice(key.range());
                return reject(
                    p.range,
                    format!("mapping pattern checks duplicate key ({text})"),
                );
            }
            seen.push(value);
        }
        Ok(())
    }

    fn class_pattern(
        &mut self,
        p: &'a PatternMatchClass,
        subject: Subject,
        matching: &mut Matching,
    ) -> Result<()> {
        let arguments = &p.arguments;
        for (at, keyword) in arguments.keywords.iter().enumerate() {
            if arguments.keywords[..at]
                .iter()
                .any(|before| before.attr.id == keyword.attr.id)
            {
                return reject(
                    keyword.pattern.range(),
                    format!("attribute name repeated in class pattern: {}", keyword.attr),
                );
            }
        }
        let names = arguments
            .keywords
            .iter()
            .map(|keyword| Const::Str(Text::Utf8(keyword.attr.as_str().into())));
        let names = self.constant(Const::Tuple(names.collect()), p.range)?;
        let positional = arguments.patterns.len();
        let found = self.push(p.range)?;
        let class = self.top(&p.cls)?;
        self.at(p.range);
        self.out.extra(
            Op::MatchClass,
            [found, subject.register, class],
            positional as u16,
            names,
        );
        self.depth = found + 1;
        matching.live.push(found);
        self.check_found(found, matching, p.range)?;
        let count = positional + arguments.keywords.len();
        let first = self.push_many(count, p.range)?;
        self.out.op(Op::UnpackSequence, first, found, count as Reg);
        matching.forget(found);
        self.done_with(subject, matching);
        let patterns = arguments
            .patterns
            .iter()
            .chain(arguments.keywords.iter().map(|keyword| &keyword.pattern));
        self.items(patterns, first, matching)
    }
}
