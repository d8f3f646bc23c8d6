//! The last pass over the instructions of a code: jumps to jumps are threaded, what cannot be
//! reached and jumps to the next word are left out, distances are filled in.

use crate::code::{Handler, Instruction, Position};
use crate::op::{Follows, Op};
use std::collections::HashMap;

/// Finished instructions.
#[derive(Debug, Default)]
pub(crate) struct Assembled {
    pub(crate) words: Vec<u32>,
    pub(crate) positions: Vec<Position>,
    pub(crate) handlers: Vec<Handler>,
}

struct Assembler {
    words: Vec<u32>,
    /// Where the jump word at an index leads.
    jumps: HashMap<usize, u32>,
    handlers: Vec<Handler>,
    reached: Vec<bool>,
}

/// Finishes `words`, of which `jumps` lists the jump words with their targets.
pub(crate) fn assemble(
    words: Vec<u32>,
    positions: &[Position],
    jumps: Vec<(usize, u32)>,
    handlers: Vec<Handler>,
) -> Assembled {
    let reached = vec![false; words.len()];
    let mut assembler = Assembler {
        words,
        jumps: jumps.into_iter().collect(),
        handlers,
        reached,
    };
    assembler.thread();
    assembler.reach();
    assembler.compact(positions)
}

impl Assembler {
    fn op(&self, at: usize) -> Op {
        Instruction(self.words[at]).op().unwrap_or(Op::Nop)
    }

    /// Leads every jump past unconditional jumps.
    fn thread(&mut self) {
        let sources: Vec<usize> = self.jumps.keys().copied().collect();
        for source in sources {
            let mut to = self.jumps[&source];
            // A chain of jumps longer than the code is a loop of jumps.
            for _ in 0..self.words.len() {
                match self.jumps.get(&(to as usize)) {
                    Some(&next) if self.op(to as usize) == Op::Jump => to = next,
                    _ => break,
                }
            }
            self.jumps.insert(source, to);
        }
    }

    /// Marks the words that control can come to.
    fn reach(&mut self) {
        let mut pending = vec![0];
        loop {
            while let Some(at) = pending.pop() {
                self.reach_from(at, &mut pending);
            }
            let reached = &self.reached;
            let is_due = |handler: &&Handler| {
                !reached[handler.target as usize]
                    && (handler.start..handler.end).any(|at| reached[at as usize])
            };
            match self.handlers.iter().find(is_due) {
                Some(handler) => pending.push(handler.target as usize),
                None => return,
            }
        }
    }

    /// Marks the words from `at` to the next end of control.
    fn reach_from(&mut self, mut at: usize, pending: &mut Vec<usize>) {
        while at < self.words.len() && !self.reached[at] {
            self.reached[at] = true;
            let op = self.op(at);
            let follows = op.follows();
            let last = at + usize::from(follows != Follows::Nothing);
            self.reached[last] = true;
            if matches!(op, Op::Jump | Op::LoopBack) || follows == Follows::Jump {
                pending.push(self.jumps[&last] as usize);
            }
            if matches!(
                op,
                Op::Jump | Op::LoopBack | Op::Return | Op::Raise | Op::Reraise
            ) {
                return;
            }
            at = last + 1;
        }
    }

    /// Leaves out what is not needed.
    fn compact(mut self, positions: &[Position]) -> Assembled {
        let mut at = 0;
        while at < self.words.len() {
            let op = self.op(at);
            if op == Op::Jump && self.reached[at] {
                let to = self.jumps[&at] as usize;
                let is_next = to > at && self.reached[at + 1..to].iter().all(|reached| !reached);
                self.reached[at] = !is_next;
            }
            at += 1 + usize::from(op.follows() != Follows::Nothing);
        }
        let mut places = Vec::with_capacity(self.words.len() + 1);
        let mut count = 0;
        for &kept in &self.reached {
            places.push(count);
            count += u32::from(kept);
        }
        places.push(count);
        let mut done = Assembled::default();
        for (at, &word) in self
            .words
            .iter()
            .enumerate()
            .filter(|&(at, _)| self.reached[at])
        {
            let word = match self.jumps.get(&at) {
                Some(&to) => {
                    let distance = places[to as usize] as i32 - places[at] as i32 - 1;
                    let op = if word as u8 == Op::LoopBack as u8 {
                        Op::LoopBack
                    } else {
                        Op::Jump
                    };
                    Instruction::jump(op, distance).0
                }
                None => word,
            };
            done.words.push(word);
            done.positions.push(positions[at]);
        }
        let place = |at: u32| places[at as usize];
        let handlers = self.handlers.iter().map(|handler| Handler {
            start: place(handler.start),
            end: place(handler.end),
            target: place(handler.target),
            depth: handler.depth,
        });
        done.handlers = handlers
            .filter(|handler| handler.start < handler.end)
            .collect();
        done
    }
}
