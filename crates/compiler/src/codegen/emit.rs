//! Writing instructions: words, labels, handler ranges, registers known to be bound.

use super::Reg;
use crate::assemble::{Assembled, assemble};
use crate::code::{Handler, Instruction, Position};
use crate::op::Op;

/// A place in the code that jumps lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Label(usize);

/// Locals that hold a value for certain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bound([u64; 4]);

impl Bound {
    pub(super) fn has(self, register: Reg) -> bool {
        self.0
            .get(usize::from(register) / 64)
            .is_some_and(|word| word >> (register % 64) & 1 == 1)
    }

    pub(super) fn set(&mut self, register: Reg, is_bound: bool) {
        if let Some(word) = self.0.get_mut(usize::from(register) / 64) {
            *word = *word & !(1 << (register % 64)) | u64::from(is_bound) << (register % 64);
        }
    }

    fn meet(self, other: Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] & other.0[word]))
    }
}

#[derive(Debug, Default)]
struct LabelState {
    at: Option<u32>,
    /// What is bound on every jump here so far; none without a jump.
    bound: Option<Bound>,
}

/// A handler range that is being written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    start: u32,
    target: Label,
    depth: Reg,
    /// What is bound wherever the range raises.
    bound: Bound,
}

/// A closed range.
#[derive(Clone, Copy, Debug)]
struct ClosedRange {
    level: usize,
    start: u32,
    end: u32,
    target: Label,
    depth: Reg,
}

/// The instructions of one code while they are written. Nothing is written where control cannot
/// come.
#[derive(Debug)]
pub(super) struct Emitter {
    words: Vec<u32>,
    positions: Vec<Position>,
    labels: Vec<LabelState>,
    /// Jump words and the labels they lead to.
    jumps: Vec<(usize, Label)>,
    handlers: Vec<ClosedRange>,
    /// Open handler ranges, outermost first.
    open: Vec<Range>,
    pub(super) is_reachable: bool,
    pub(super) bound: Bound,
    pub(super) position: Position,
    /// An operand did not fit.
    pub(super) is_too_complex: bool,
}

impl Emitter {
    pub(super) fn new() -> Self {
        Self {
            words: Vec::new(),
            positions: Vec::new(),
            labels: Vec::new(),
            jumps: Vec::new(),
            handlers: Vec::new(),
            open: Vec::new(),
            is_reachable: true,
            bound: Bound::default(),
            position: Position::default(),
            is_too_complex: false,
        }
    }

    fn word(&mut self, word: u32) {
        self.words.push(word);
        self.positions.push(self.position);
    }

    fn byte(&mut self, operand: Reg) -> u8 {
        operand.try_into().unwrap_or_else(|_| {
            self.is_too_complex = true;
            0
        })
    }

    /// Writes an instruction without a further word.
    pub(super) fn op(&mut self, op: Op, a: Reg, b: Reg, c: Reg) {
        if self.is_reachable {
            let word = Instruction::abc(op, self.byte(a), self.byte(b), self.byte(c));
            self.word(word.0);
            self.is_reachable = !matches!(op, Op::Return | Op::Raise | Op::Reraise);
        }
    }

    /// Writes an instruction with a wide operand.
    pub(super) fn wide(&mut self, op: Op, a: Reg, bx: u16) {
        if self.is_reachable {
            let word = Instruction::abx(op, self.byte(a), bx);
            self.word(word.0);
        }
    }

    /// Writes an instruction with an extra word.
    pub(super) fn extra(&mut self, op: Op, operands: [Reg; 3], x0: u16, x1: u16) {
        if self.is_reachable {
            self.op(op, operands[0], operands[1], operands[2]);
            self.word(u32::from(x0) | u32::from(x1) << 16);
        }
    }

    /// Writes an instruction with a jump word.
    pub(super) fn branch(&mut self, op: Op, operands: [Reg; 3], to: Label) {
        if self.is_reachable {
            self.op(op, operands[0], operands[1], operands[2]);
            self.jump_word(Op::Jump, to);
        }
    }

    fn jump_word(&mut self, op: Op, to: Label) {
        let bound = self.bound;
        let state = &mut self.labels[to.0];
        state.bound = Some(state.bound.map_or(bound, |before| before.meet(bound)));
        self.jumps.push((self.words.len(), to));
        self.word(Instruction::jump(op, 0).0);
    }

    /// Writes a jump.
    pub(super) fn jump(&mut self, to: Label) {
        if self.is_reachable {
            self.jump_word(Op::Jump, to);
            self.is_reachable = false;
        }
    }

    /// Writes a jump back to the head of a loop.
    pub(super) fn loop_back(&mut self, to: Label) {
        if self.is_reachable {
            self.jump_word(Op::LoopBack, to);
            self.is_reachable = false;
        }
    }

    pub(super) fn label(&mut self) -> Label {
        self.labels.push(LabelState::default());
        Label(self.labels.len() - 1)
    }

    /// Puts `label` here.
    pub(super) fn place(&mut self, label: Label) {
        let here = self.words.len() as u32;
        let state = &mut self.labels[label.0];
        state.at = Some(here);
        if let Some(jumped) = state.bound {
            self.bound = if self.is_reachable {
                self.bound.meet(jumped)
            } else {
                jumped
            };
            self.is_reachable = true;
        }
    }

    /// Opens a range whose exceptions go to `target` with the temporaries from `depth` on released.
    pub(super) fn open_range(&mut self, target: Label, depth: Reg) {
        self.reopen_range(Range {
            start: 0,
            target,
            depth,
            bound: self.bound,
        });
    }

    /// Closes the innermost range, which can be opened again.
    pub(super) fn close_range(&mut self) -> Range {
        let range = self.open.pop().expect("a range is open");
        let end = self.words.len() as u32;
        if range.start < end {
            let Range {
                start,
                target,
                depth,
                bound,
            } = range;
            self.handlers.push(ClosedRange {
                level: self.open.len(),
                start,
                end,
                target,
                depth,
            });
            let state = &mut self.labels[target.0];
            state.bound = Some(state.bound.map_or(bound, |before| before.meet(bound)));
        }
        range
    }

    /// Opens a closed range again.
    pub(super) fn reopen_range(&mut self, range: Range) {
        self.open.push(Range {
            start: self.words.len() as u32,
            ..range
        });
    }

    /// The finished instructions.
    pub(super) fn finish(mut self) -> Assembled {
        self.handlers
            .sort_by_key(|handler| std::cmp::Reverse(handler.level));
        let place = |label: Label| self.labels[label.0].at.unwrap_or(0);
        let jumps = self.jumps.iter().map(|&(at, to)| (at, place(to))).collect();
        let handlers = self.handlers.iter().map(|handler| Handler {
            start: handler.start,
            end: handler.end,
            target: place(handler.target),
            depth: u32::from(handler.depth),
        });
        assemble(self.words, &self.positions, jumps, handlers.collect())
    }
}
