//! The matcher: runs the code that `re` compiles patterns to.
//!
//! It goes forward through code and text at once. Whatever may have to be taken back is put on a
//! trail: what a mark or a counter was before, and the places where another way can be tried. When
//! it gets stuck, it undoes the trail to the last such place. So no text is too long for it: the
//! trail is on the heap, and only what a pattern nests (assertions, atomic groups) nests here.

use super::classes::{category, lower, same_in_charset};
use super::op;
use super::run::{Demands, Found, Text};
use super::trail::{Loop, Step};

/// In place of a largest number of times: there is none.
const ENDLESS: u32 = u32::MAX;
/// In place of the position of a mark or a repetition: there is none.
const NOWHERE: usize = usize::MAX;

/// What an instruction comes to.
enum Outcome {
    /// The next one is to be carried out.
    Going,
    /// It does not match here.
    Stuck,
    /// That is all: what was matched ends here.
    Done(usize),
}

/// A run of a pattern over a text.
pub(super) struct Matcher<'a, T> {
    code: &'a [u32],
    text: T,
    /// Where the text ends for this run.
    end: usize,
    demands: Demands,
    start: usize,
    marks: Vec<usize>,
    last: usize,
    loops: Vec<Loop>,
    inner: usize,
    trail: Vec<Step>,
}

impl<'a, T: Text> Matcher<'a, T> {
    pub(super) fn new(code: &'a [u32], groups: usize, text: T, end: usize) -> Self {
        Self {
            code,
            text,
            end: end.min(text.len()),
            demands: Demands::default(),
            start: 0,
            marks: vec![NOWHERE; 2 * groups],
            last: 0,
            loops: Vec::new(),
            inner: NOWHERE,
            trail: Vec::new(),
        }
    }

    /// A match that begins at `start`.
    pub(super) fn match_at(&mut self, start: usize, demands: Demands) -> Option<Found> {
        self.demands = demands;
        self.start = start;
        self.marks.fill(NOWHERE);
        self.last = 0;
        self.loops.clear();
        self.inner = NOWHERE;
        self.trail.clear();
        let end = self.run(0, start, true)?;
        let groups = self
            .marks
            .chunks(2)
            .map(|pair| (pair[0] != NOWHERE && pair[1] != NOWHERE).then_some((pair[0], pair[1])));
        Some(Found {
            start,
            end,
            groups: groups.collect(),
            last: self.last,
        })
    }

    /// The first match that begins at `from` or later. Only there it has to advance.
    pub(super) fn search(&mut self, from: usize, demands: Demands) -> Option<Found> {
        let literal = self.first_literal();
        let mut start = from;
        while start <= self.end {
            if let Some(literal) = literal {
                while start < self.end && self.text.at(start) != literal {
                    start += 1;
                }
                if start == self.end {
                    return None;
                }
            }
            let advance = demands.advance && start == from;
            if let Some(found) = self.match_at(start, Demands { advance, ..demands }) {
                return Some(found);
            }
            start += 1;
        }
        None
    }

    /// The character that every match begins with, if the code says so at once.
    fn first_literal(&self) -> Option<u32> {
        let mut pc = 0;
        loop {
            match *self.code.get(pc)? {
                op::INFO => pc += 1 + self.code[pc + 1] as usize,
                op::MARK => pc += 2,
                op::LITERAL => return Some(self.code[pc + 1]),
                _ => return None,
            }
        }
    }

    fn set_mark(&mut self, mark: usize, at: usize) {
        self.trail.push(Step::Mark(mark, self.marks[mark]));
        self.marks[mark] = at;
        if mark % 2 == 1 {
            self.trail.push(Step::Last(self.last));
            self.last = mark / 2 + 1;
        }
    }

    fn set_inner(&mut self, inner: usize) {
        self.trail.push(Step::Inner(self.inner));
        self.inner = inner;
    }

    fn set_loop(&mut self, index: usize, count: i64, last: usize) {
        let old = self.loops[index];
        self.trail.push(Step::Loop(index, old.count, old.last));
        self.loops[index].count = count;
        self.loops[index].last = last;
    }

    /// Undoes the trail down to `base`, or to a place where another way can be tried: code and
    /// position to go on with.
    fn back(&mut self, base: usize) -> Option<(usize, usize)> {
        while self.trail.len() > base {
            match self.trail.pop()? {
                Step::Mark(mark, old) => self.marks[mark] = old,
                Step::Last(old) => self.last = old,
                Step::Inner(old) => self.inner = old,
                Step::Loop(index, count, last) => {
                    self.loops[index].count = count;
                    self.loops[index].last = last;
                }
                Step::Branch(pc, at) => {
                    if let Some(next) = self.branch(pc, at) {
                        return Some(next);
                    }
                }
                Step::Fewer { pc, start, count } => {
                    if let Some(next) = self.fewer(pc, start, count) {
                        return Some(next);
                    }
                }
                Step::More { pc, at, count } => {
                    if let Some(next) = self.more(pc, at, count) {
                        return Some(next);
                    }
                }
                Step::Leave { inner, pc, at } => {
                    let outer = self.loops[inner].outer;
                    self.set_inner(outer);
                    return Some((pc, at));
                }
                Step::Again { inner, at, count } => {
                    let current = self.loops[inner];
                    let most = self.code[current.pc + 3];
                    let more = most == ENDLESS || count <= i64::from(most);
                    if more && at != current.last {
                        self.set_inner(inner);
                        self.set_loop(inner, count, at);
                        return Some((current.pc + 4, at));
                    }
                }
            }
        }
        None
    }

    /// The alternative whose length is at `pc`; those after it are left for later.
    fn branch(&mut self, pc: usize, at: usize) -> Option<(usize, usize)> {
        let mut pc = pc;
        loop {
            let skip = self.code[pc] as usize;
            if skip == 0 {
                return None;
            }
            // Alternatives that begin with another character are not worth a try.
            let fits = match self.code[pc + 1] {
                op::LITERAL => at < self.end && self.text.at(at) == self.code[pc + 2],
                op::IN => at < self.end && self.is_in(pc + 3, self.text.at(at)),
                _ => true,
            };
            if fits {
                self.trail.push(Step::Branch(pc + skip, at));
                return Some((pc + 1, at));
            }
            pc += skip;
        }
    }

    /// What follows a `REPEAT_ONE` after one item fewer than `count`.
    fn fewer(&mut self, pc: usize, start: usize, count: usize) -> Option<(usize, usize)> {
        let least = self.code[pc + 2] as usize;
        let tail = pc + 1 + self.code[pc + 1] as usize;
        let literal = (self.code[tail] == op::LITERAL).then(|| self.code[tail + 1]);
        let mut count = count.checked_sub(1)?;
        while count >= least {
            let at = start + count;
            let fits = match literal {
                Some(literal) => at < self.end && self.text.at(at) == literal,
                None => true,
            };
            if fits {
                self.trail.push(Step::Fewer { pc, start, count });
                return Some((tail, at));
            }
            count = count.checked_sub(1)?;
        }
        None
    }

    /// What follows a `MIN_REPEAT_ONE` after one item more than `count`, which end at `at`.
    fn more(&mut self, pc: usize, at: usize, count: usize) -> Option<(usize, usize)> {
        let most = self.code[pc + 3];
        if (most != ENDLESS && count >= most as usize) || self.count_items(pc + 4, at, 1) == 0 {
            return None;
        }
        let (at, count) = (at + 1, count + 1);
        self.trail.push(Step::More { pc, at, count });
        Some((pc + 1 + self.code[pc + 1] as usize, at))
    }

    /// How many items of one character there are at `at`, at most `most`.
    fn count_items(&self, pc: usize, at: usize, most: usize) -> usize {
        let end = self.end.min(at.saturating_add(most));
        let fits = |index: &usize| self.is_item(pc, self.text.at(*index));
        let stop = (at..end).find(|index| !fits(index));
        stop.unwrap_or(end.max(at)) - at
    }

    /// Whether a character is the item of one character whose code is at `pc`.
    fn is_item(&self, pc: usize, point: u32) -> bool {
        let argument = self.code.get(pc + 1).copied().unwrap_or(0);
        match self.code[pc] {
            op::ANY => point != u32::from('\n'),
            op::ANY_ALL => true,
            op::LITERAL => point == argument,
            op::NOT_LITERAL => point != argument,
            op::LITERAL_IGNORE | op::LITERAL_LOC_IGNORE => lower(point, true) == argument,
            op::NOT_LITERAL_IGNORE | op::NOT_LITERAL_LOC_IGNORE => lower(point, true) != argument,
            op::LITERAL_UNI_IGNORE => lower(point, false) == argument,
            op::NOT_LITERAL_UNI_IGNORE => lower(point, false) != argument,
            op::CATEGORY => category(argument, point),
            op::IN => self.is_in(pc + 2, point),
            op::IN_IGNORE | op::IN_LOC_IGNORE => self.is_in(pc + 2, lower(point, true)),
            op::IN_UNI_IGNORE => self.is_in(pc + 2, lower(point, false)),
            _ => false,
        }
    }

    /// How many words of code an item of one character takes; nothing if there is none.
    fn item_size(&self, pc: usize) -> Option<usize> {
        match self.code[pc] {
            op::ANY | op::ANY_ALL => Some(1),
            op::LITERAL
            | op::NOT_LITERAL
            | op::LITERAL_IGNORE
            | op::LITERAL_LOC_IGNORE
            | op::LITERAL_UNI_IGNORE
            | op::NOT_LITERAL_IGNORE
            | op::NOT_LITERAL_LOC_IGNORE
            | op::NOT_LITERAL_UNI_IGNORE
            | op::CATEGORY => Some(2),
            op::IN | op::IN_IGNORE | op::IN_LOC_IGNORE | op::IN_UNI_IGNORE => {
                Some(1 + self.code[pc + 1] as usize)
            }
            _ => None,
        }
    }

    /// Whether a character is in the set whose code begins at `pc`.
    fn is_in(&self, mut pc: usize, point: u32) -> bool {
        let code = self.code;
        let mut positive = true;
        loop {
            let hit = match code[pc] {
                op::FAILURE => return !positive,
                op::NEGATE => {
                    positive = !positive;
                    pc += 1;
                    continue;
                }
                op::LITERAL => (code[pc + 1] == point, 2),
                op::CATEGORY => (category(code[pc + 1], point), 2),
                op::RANGE => ((code[pc + 1]..=code[pc + 2]).contains(&point), 3),
                op::RANGE_UNI_IGNORE => {
                    let range = code[pc + 1]..=code[pc + 2];
                    (range.contains(&point) || same_in_charset(point, &range), 3)
                }
                op::CHARSET => {
                    let bit = |point: u32| code[pc + 1 + point as usize / 32] >> (point % 32) & 1;
                    (point < 256 && bit(point) == 1, 9)
                }
                op::BIGCHARSET => {
                    let blocks = code[pc + 1] as usize;
                    let hit = point < 0x1_0000 && {
                        let page = point as usize >> 8;
                        let block = code[pc + 2 + page / 4].to_le_bytes()[page % 4] as usize;
                        let low = point as usize & 0xff;
                        code[pc + 2 + 64 + block * 8 + low / 32] >> (low % 32) & 1 == 1
                    };
                    (hit, 2 + 64 + blocks * 8)
                }
                _ => return false,
            };
            if hit.0 {
                return positive;
            }
            pc += hit.1;
        }
    }

    fn is_at(&self, kind: u32, at: usize) -> bool {
        let is_line_end = |index: usize| self.text.at(index) == u32::from('\n');
        let boundary = |word: u32| {
            let is_word = |index: usize| category(word, self.text.at(index));
            let before = at > 0 && is_word(at - 1);
            let after = at < self.end && is_word(at);
            before != after
        };
        match kind {
            0 | 2 => at == 0,
            1 => at == 0 || is_line_end(at - 1),
            3 => self.end > 0 && boundary(4),
            4 => self.end == 0 || !boundary(4),
            5 => at == self.end || at + 1 == self.end && is_line_end(at),
            6 => at == self.end || is_line_end(at),
            7 => at == self.end,
            8 => self.end > 0 && boundary(8),
            9 => self.end == 0 || !boundary(8),
            10 => self.end > 0 && boundary(14),
            11 => self.end == 0 || !boundary(14),
            _ => false,
        }
    }

    /// Where a reference to a group ends that begins at `at`, if the same text is there.
    fn reference(&self, group: usize, at: usize, fold: fn(u32) -> u32) -> Option<usize> {
        let (start, end) = (self.marks[2 * group], self.marks[2 * group + 1]);
        if start == NOWHERE || end == NOWHERE || end < start || at + (end - start) > self.end {
            return None;
        }
        let same = (start..end)
            .zip(at..)
            .all(|(one, other)| fold(self.text.at(one)) == fold(self.text.at(other)));
        same.then_some(at + (end - start))
    }

    /// Drops what could be tried again above `base`; what is to be undone stays.
    fn commit(&mut self, base: usize) {
        let mut kept = base;
        for index in base..self.trail.len() {
            let undoes = matches!(
                self.trail[index],
                Step::Mark(..) | Step::Last(_) | Step::Inner(_) | Step::Loop(..)
            );
            if undoes {
                self.trail.swap(kept, index);
                kept += 1;
            }
        }
        self.trail.truncate(kept);
    }

    /// Runs a part of the code that ends in a `SUCCESS` of its own, once: nothing in it is tried
    /// again later. The end of what it matched.
    fn run_once(&mut self, pc: usize, at: usize) -> Option<usize> {
        let base = self.trail.len();
        let end = self.run(pc, at, false);
        if end.is_some() {
            self.commit(base);
        }
        end
    }

    /// Runs the code at `pc` from `at` on. Where what it matched ends, if it matched.
    fn run(&mut self, mut pc: usize, mut at: usize, whole: bool) -> Option<usize> {
        let base = self.trail.len();
        loop {
            match self.step(&mut pc, &mut at, whole) {
                Outcome::Going => {}
                Outcome::Stuck => (pc, at) = self.back(base)?,
                Outcome::Done(end) => return Some(end),
            }
        }
    }

    /// Carries out one instruction.
    #[inline]
    fn step(&mut self, pc: &mut usize, at: &mut usize, whole: bool) -> Outcome {
        let code = self.code;
        let here = *pc;
        if let Some(size) = self.item_size(here) {
            if *at >= self.end || !self.is_item(here, self.text.at(*at)) {
                return Outcome::Stuck;
            }
            *pc += size;
            *at += 1;
            return Outcome::Going;
        }
        let skip = |pc: usize| pc + 1 + code[pc + 1] as usize;
        match code[here] {
            op::SUCCESS => {
                let refused = whole
                    && (self.demands.all && *at != self.end
                        || self.demands.advance && *at == self.start);
                return if refused {
                    Outcome::Stuck
                } else {
                    Outcome::Done(*at)
                };
            }
            op::INFO | op::JUMP => *pc = skip(here),
            op::MARK => {
                self.set_mark(code[here + 1] as usize, *at);
                *pc += 2;
            }
            op::AT => {
                if !self.is_at(code[here + 1], *at) {
                    return Outcome::Stuck;
                }
                *pc += 2;
            }
            op::BRANCH => match self.branch(here + 1, *at) {
                Some(next) => (*pc, *at) = next,
                None => return Outcome::Stuck,
            },
            op::REPEAT_ONE | op::POSSESSIVE_REPEAT_ONE => {
                let least = code[here + 2] as usize;
                let most = match code[here + 3] {
                    ENDLESS => usize::MAX,
                    most => most as usize,
                };
                let count = self.count_items(here + 4, *at, most);
                if count < least {
                    return Outcome::Stuck;
                }
                if code[here] == op::REPEAT_ONE && count > least {
                    let (pc, start) = (here, *at);
                    self.trail.push(Step::Fewer { pc, start, count });
                }
                *pc = skip(here);
                *at += count;
            }
            op::MIN_REPEAT_ONE => {
                let least = code[here + 2] as usize;
                if self.count_items(here + 4, *at, least) < least {
                    return Outcome::Stuck;
                }
                *at += least;
                let (pc_, at_) = (here, *at);
                self.trail.push(Step::More {
                    pc: pc_,
                    at: at_,
                    count: least,
                });
                *pc = skip(here);
            }
            op::REPEAT => {
                let outer = self.inner;
                self.loops.push(Loop {
                    pc: here,
                    count: -1,
                    last: NOWHERE,
                    outer,
                });
                self.set_inner(self.loops.len() - 1);
                *pc = skip(here);
            }
            op::MAX_UNTIL => {
                let inner = self.inner;
                let current = self.loops[inner];
                let (least, most) = (code[current.pc + 2], code[current.pc + 3]);
                let count = current.count + 1;
                if count < i64::from(least) {
                    self.set_loop(inner, count, *at);
                    *pc = current.pc + 4;
                } else if (most == ENDLESS || count < i64::from(most)) && *at != current.last {
                    self.trail.push(Step::Leave {
                        inner,
                        pc: here + 1,
                        at: *at,
                    });
                    self.set_loop(inner, count, *at);
                    *pc = current.pc + 4;
                } else {
                    self.set_inner(current.outer);
                    *pc += 1;
                }
            }
            op::MIN_UNTIL => {
                let inner = self.inner;
                let current = self.loops[inner];
                let (least, most) = (code[current.pc + 2], code[current.pc + 3]);
                let count = current.count + 1;
                if count < i64::from(least) {
                    self.set_loop(inner, count, *at);
                    *pc = current.pc + 4;
                } else {
                    if most == ENDLESS || count < i64::from(most) {
                        self.trail.push(Step::Again {
                            inner,
                            at: *at,
                            count,
                        });
                    }
                    self.set_inner(current.outer);
                    *pc += 1;
                }
            }
            op::POSSESSIVE_REPEAT => {
                let (least, most) = (code[here + 2], code[here + 3]);
                let mut count = 0;
                while most == ENDLESS || count < most {
                    match self.run_once(here + 4, *at) {
                        Some(end) if end == *at && count >= least => break,
                        Some(end) => *at = end,
                        None if count < least => return Outcome::Stuck,
                        None => break,
                    }
                    count += 1;
                }
                *pc = skip(here) + 1;
            }
            op::ATOMIC_GROUP => match self.run_once(here + 2, *at) {
                Some(end) => {
                    *at = end;
                    *pc = skip(here);
                }
                None => return Outcome::Stuck,
            },
            op::ASSERT => {
                let back = code[here + 2] as usize;
                if *at < back || self.run_once(here + 3, *at - back).is_none() {
                    return Outcome::Stuck;
                }
                *pc = skip(here);
            }
            op::ASSERT_NOT => {
                let back = code[here + 2] as usize;
                let base = self.trail.len();
                if *at >= back && self.run(here + 3, *at - back, false).is_some() {
                    while self.back(base).is_some() {}
                    return Outcome::Stuck;
                }
                *pc = skip(here);
            }
            op::GROUPREF => return self.refer(pc, at, |point| point),
            op::GROUPREF_IGNORE | op::GROUPREF_LOC_IGNORE => {
                return self.refer(pc, at, |point| lower(point, true));
            }
            op::GROUPREF_UNI_IGNORE => return self.refer(pc, at, |point| lower(point, false)),
            op::GROUPREF_EXISTS => {
                let group = code[here + 1] as usize;
                let there =
                    self.marks[2 * group] != NOWHERE && self.marks[2 * group + 1] != NOWHERE;
                *pc = if there {
                    here + 3
                } else {
                    here + 1 + code[here + 2] as usize
                };
            }
            _ => return Outcome::Stuck,
        }
        Outcome::Going
    }

    fn refer(&mut self, pc: &mut usize, at: &mut usize, fold: fn(u32) -> u32) -> Outcome {
        match self.reference(self.code[*pc + 1] as usize, *at, fold) {
            Some(end) => {
                *at = end;
                *pc += 2;
                Outcome::Going
            }
            None => Outcome::Stuck,
        }
    }
}
