//! The register checker: follows every path through a code and checks that every temporary that
//! is read was written, that none is written over or left behind, and that all paths to a place
//! agree.

mod effects;

use crate::code::{Code, Const, Instruction};
use crate::op::{FRAME_HEADER, Follows, Op};
use effects::{Use, effects, may_raise};
use std::fmt;

/// Why a code is not well formed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyError {
    /// The code's qualified name.
    pub code: String,
    /// Index of the word.
    pub at: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}: {}", self.code, self.at, self.message)
    }
}

impl std::error::Error for VerifyError {}

/// Checks a code and the codes in it.
///
/// Takes time in proportion to the instructions times the registers.
///
/// # Errors
///
/// The first instruction that breaks a rule of [`op`](crate::op).
///
/// ```
/// use selvedge_compiler::{Mode, compile, verify};
///
/// let mut code = compile("print(1)", "example.py", Mode::Exec)?;
/// assert_eq!(verify(&code), Ok(()));
/// code.words.truncate(1);
/// assert!(verify(&code).is_err());
/// # Ok::<(), selvedge_compiler::SyntaxError>(())
/// ```
pub fn verify(code: &Code) -> Result<(), VerifyError> {
    let mut checker = Checker {
        code,
        at: 0,
        states: vec![None; code.words.len()],
        pending: Vec::new(),
    };
    checker.run().map_err(|message| VerifyError {
        code: code.qualname.to_string(),
        at: checker.at,
        message,
    })?;
    code.consts.iter().try_for_each(|constant| match constant {
        Const::Code(code) => verify(code),
        _ => Ok(()),
    })
}

/// What a temporary holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    Nothing,
    Value,
    /// What a register holds, uncounted.
    Loan(usize),
}

type State = Vec<Held>;
type Checked<T = ()> = Result<T, String>;

struct Checker<'a> {
    code: &'a Code,
    at: usize,
    /// The state before each instruction that was reached.
    states: Vec<Option<State>>,
    pending: Vec<usize>,
}

impl Checker<'_> {
    fn run(&mut self) -> Checked {
        self.check_shape()?;
        let first_temp = self.code.first_temp as usize;
        let start = vec![Held::Nothing; (self.code.registers as usize).saturating_sub(first_temp)];
        self.flow(0, &start)?;
        while let Some(at) = self.pending.pop() {
            self.at = at;
            self.step()?;
        }
        Ok(())
    }

    /// What holds for the code as a whole.
    fn check_shape(&mut self) -> Checked {
        let code = self.code;
        ensure(code.positions.len() == code.words.len(), || {
            "positions do not match the words".into()
        })?;
        ensure(code.first_temp as usize == code.local_names.len(), || {
            "temporaries do not follow the locals".into()
        })?;
        ensure(code.first_temp <= code.registers, || {
            "there are fewer registers than locals".into()
        })?;
        let boundaries = self.boundaries()?;
        for handler in &code.handlers {
            let is_range = handler.start < handler.end && handler.end as usize <= code.words.len();
            ensure(is_range, || {
                format!(
                    "handler range {}..{} is empty or too long",
                    handler.start, handler.end
                )
            })?;
            let starts = boundaries.get(handler.target as usize) == Some(&true);
            ensure(starts, || {
                format!("handler {} is no instruction", handler.target)
            })?;
            ensure(
                handler.depth >= code.first_temp && handler.depth < code.registers,
                || {
                    format!(
                        "depth {} of handler {} is no temporary",
                        handler.depth, handler.target
                    )
                },
            )?;
        }
        Ok(())
    }

    /// Which words are instructions.
    fn boundaries(&mut self) -> Checked<Vec<bool>> {
        let mut boundaries = vec![false; self.code.words.len()];
        let mut at = 0;
        while at < boundaries.len() {
            self.at = at;
            boundaries[at] = true;
            let op = Instruction(self.code.words[at])
                .op()
                .ok_or("unknown operation")?;
            at += 1 + usize::from(op.follows() != Follows::Nothing);
        }
        ensure(at == boundaries.len(), || {
            "an instruction's second word is missing".into()
        })?;
        let targets: Vec<usize> = (0..boundaries.len())
            .filter_map(|at| self.jump_target(at, &boundaries))
            .collect();
        let is_instruction = |target: &usize| boundaries.get(*target) == Some(&true);
        match targets.iter().find(|target| !is_instruction(target)) {
            Some(target) => Err(format!("jump to {target}, which is no instruction")),
            None => Ok(boundaries),
        }
    }

    /// Where the word at `at` jumps, if it does.
    fn jump_target(&self, at: usize, boundaries: &[bool]) -> Option<usize> {
        let word = Instruction(self.code.words[at]);
        let is_jump = if boundaries[at] {
            matches!(word.op(), Some(Op::Jump | Op::LoopBack))
        } else {
            Instruction(self.code.words[at - 1])
                .op()
                .is_some_and(|op| op.follows() == Follows::Jump)
        };
        is_jump
            .then(|| usize::try_from(at as i64 + 1 + i64::from(word.sax())).unwrap_or(usize::MAX))
    }

    /// Checks one instruction and passes its state on.
    fn step(&mut self) -> Checked {
        let at = self.at;
        let before = self.states[at].clone().ok_or("not reached")?;
        let word = Instruction(self.code.words[at]);
        let op = word.op().ok_or("unknown operation")?;
        let follows = op.follows();
        let extra = if follows == Follows::Nothing {
            0
        } else {
            self.code.words[at + 1]
        };
        self.check_indices(op, word, extra)?;
        let effects = effects(op, word, extra);
        if may_raise(op) {
            self.flow_to_handler(&before, &effects.next)?;
        }
        if matches!(
            op,
            Op::Call | Op::CallKw | Op::CallMethod | Op::CallMethodKw | Op::CallUnpack
        ) {
            let header = usize::from(word.a()) + 1..usize::from(word.a()) + FRAME_HEADER;
            for register in header {
                ensure(self.held(&before, register)? == Held::Nothing, || {
                    format!("header register {register} is in use")
                })?;
            }
        }
        let next = at + 1 + usize::from(follows != Follows::Nothing);
        if follows == Follows::Jump || matches!(op, Op::Jump | Op::LoopBack) {
            let word = Instruction(self.code.words[next - 1]);
            let target = (next as i64 + i64::from(word.sax())) as usize;
            let after = self.apply(op, before.clone(), &effects.jump)?;
            self.flow(target, &after)?;
        }
        let after = self.apply(op, before, &effects.next)?;
        if let Op::Return = op {
            let left = after.iter().position(|held| *held != Held::Nothing);
            return left.map_or(Ok(()), |left| {
                Err(format!(
                    "returns with a value left in register {}",
                    left + self.code.first_temp as usize
                ))
            });
        }
        if matches!(op, Op::Jump | Op::LoopBack | Op::Raise | Op::Reraise) {
            return Ok(());
        }
        ensure(next < self.code.words.len(), || {
            "control runs off the end".into()
        })?;
        self.flow(next, &after)
    }

    #[allow(clippy::match_same_arms, reason = "the arms are a table")]
    fn check_indices(&self, op: Op, word: Instruction, extra: u32) -> Checked {
        let (x0, x1) = (extra as usize & 0xffff, extra as usize >> 16);
        let code = self.code;
        let name = |index: usize| {
            ensure(index < code.names.len(), || {
                format!("name {index} is missing")
            })
        };
        let constant = |index: usize| {
            ensure(index < code.consts.len(), || {
                format!("constant {index} is missing")
            })
        };
        let cache = |index: usize| {
            ensure(index < code.caches as usize, || {
                format!("cache {index} is missing")
            })
        };
        match op {
            Op::LoadConst => constant(usize::from(word.bx())),
            Op::GetGlobal
            | Op::SetGlobal
            | Op::DeleteGlobal
            | Op::GetName
            | Op::SetName
            | Op::DeleteName => name(x0).and(cache(x1)),
            Op::GetAttr
            | Op::SetAttr
            | Op::DeleteAttr
            | Op::GetMethod
            | Op::GetSuperAttr
            | Op::GetSuperMethod => name(x0).and(cache(x1)),
            Op::GetItemConst | Op::SetItemConst => constant(x0).and(cache(x1)),
            Op::GetNameOrCell | Op::GetNameFromMapping | Op::GetNameFromMappingOrCell => name(x0),
            Op::ImportName | Op::ImportFrom => name(x0),
            Op::MakeFunction => {
                let is_code = matches!(code.consts.get(x0), Some(Const::Code(_)));
                ensure(is_code, || format!("constant {x0} is no code"))
            }
            Op::CallKw | Op::CallMethodKw => {
                let is_tuple = matches!(code.consts.get(x0), Some(Const::Tuple(_)));
                ensure(is_tuple, || format!("constant {x0} is no tuple"))
            }
            Op::MatchClass => constant(x1),
            _ => Ok(()),
        }
    }

    fn held(&self, state: &State, register: usize) -> Checked<Held> {
        ensure(register < self.code.registers as usize, || {
            format!("register {register} does not exist")
        })?;
        Ok(match register.checked_sub(self.code.first_temp as usize) {
            Some(temporary) => state[temporary],
            None => Held::Value,
        })
    }

    /// The state after the uses of registers.
    fn apply(&self, op: Op, mut state: State, uses: &[Use]) -> Checked<State> {
        let first_temp = self.code.first_temp as usize;
        for &register in uses {
            let number = match register {
                Use::Take(number) | Use::Keep(number) | Use::Put(number) => number,
            };
            let held = self.held(&state, number)?;
            match register {
                Use::Take(_) | Use::Keep(_) => {
                    ensure(held != Held::Nothing, || {
                        format!("{} reads register {number}, which is empty", op.name())
                    })?;
                    if let (Use::Take(_), Some(temporary)) =
                        (register, number.checked_sub(first_temp))
                    {
                        state[temporary] = Held::Nothing;
                    }
                }
                Use::Put(_) => match number.checked_sub(first_temp) {
                    Some(temporary) => {
                        ensure(held == Held::Nothing, || {
                            format!("{} writes over register {number}", op.name())
                        })?;
                        state[temporary] = Held::Value;
                    }
                    None => check_loans(&state, number)?,
                },
            }
            if let Use::Take(_) = register
                && number >= first_temp
            {
                check_loans(&state, number)?;
            }
        }
        if op == Op::Borrow
            && let Some(temporary) =
                usize::from(Instruction(self.code.words[self.at]).a()).checked_sub(first_temp)
        {
            state[temporary] = Held::Loan(usize::from(Instruction(self.code.words[self.at]).b()));
        }
        Ok(state)
    }

    /// Passes a state on to the handler of the current instruction.
    fn flow_to_handler(&mut self, before: &State, uses: &[Use]) -> Checked {
        let at = self.at as u32;
        let Some(handler) = self
            .code
            .handlers
            .iter()
            .find(|handler| (handler.start..handler.end).contains(&at))
        else {
            return Ok(());
        };
        let first_temp = self.code.first_temp as usize;
        let depth = handler.depth as usize;
        for &register in uses {
            if let Use::Take(number) | Use::Put(number) = register {
                let is_held = (first_temp..depth).contains(&number);
                ensure(!is_held, || {
                    format!("register {number} below the handler's depth changes")
                })?;
            }
        }
        let mut state = before.clone();
        state[depth - first_temp..].fill(Held::Nothing);
        state[depth - first_temp] = Held::Value;
        self.flow(handler.target as usize, &state)
    }

    /// Passes a state on to an instruction, which must agree with what came there before.
    fn flow(&mut self, to: usize, state: &State) -> Checked {
        let slot = self.states.get_mut(to).ok_or("control leaves the code")?;
        match slot {
            None => {
                *slot = Some(state.clone());
                self.pending.push(to);
            }
            Some(known) => {
                for (register, (known, new)) in known.iter_mut().zip(state).enumerate() {
                    let agree = (*known == Held::Nothing) == (*new == Held::Nothing);
                    let register = register + self.code.first_temp as usize;
                    ensure(agree, || {
                        format!("paths to {to} disagree about register {register}")
                    })?;
                }
            }
        }
        Ok(())
    }
}

fn ensure(holds: bool, message: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(message()) }
}

/// What is on loan may not be changed.
fn check_loans(state: &State, register: usize) -> Checked {
    let is_lent = state.contains(&Held::Loan(register));
    ensure(!is_lent, || {
        format!("register {register} changes while it is borrowed")
    })
}
