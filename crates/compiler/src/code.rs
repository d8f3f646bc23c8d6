//! Code objects as the compiler leaves them, before an interpreter has loaded them.

use crate::op::{Follows, Op};
use std::fmt;

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Const {
    /// `None`
    None,
    /// `True` or `False`
    Bool(bool),
    /// `...`
    Ellipsis,
    /// An integer that fits.
    Int(i64),
    /// An integer that does not: its decimal digits.
    BigInt(Box<str>),
    /// A float.
    Float(f64),
    /// The imaginary part of a complex number with real part 0.
    Imaginary(f64),
    /// A string, possibly with lone surrogates: see [`Text`].
    Str(Text),
    /// Bytes.
    Bytes(Box<[u8]>),
    /// A tuple of constants.
    Tuple(Box<[Const]>),
    /// A frozen set of constants (of `in {…}`).
    FrozenSet(Box<[Const]>),
    /// The code of a function, class body, comprehension or annotation scope.
    Code(Box<Code>),
}

/// The text of a string constant. Python strings may hold lone surrogates, which UTF-8 cannot.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Text {
    /// Without surrogates.
    Utf8(Box<str>),
    /// With surrogates: its code points.
    CodePoints(Box<[u32]>),
}

/// Where an instruction comes from: lines count from 1, columns are offsets in UTF-8 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// First line; 0 for an instruction that comes from no source.
    pub line: u32,
    /// Last line.
    pub end_line: u32,
    /// Column at which the first line's part begins.
    pub column: u32,
    /// Column after the last line's part.
    pub end_column: u32,
}

/// A range of instructions whose exceptions go to a handler.
///
/// When an instruction in `start..end` raises, the temporaries from `depth` on are released, the
/// exception goes to `R[depth]`, and execution goes on at `target`. The first entry of the table
/// that covers the instruction is taken, so inner ranges come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    /// Index of the first word covered.
    pub start: u32,
    /// Index after the last word covered.
    pub end: u32,
    /// Index of the handler's first word.
    pub target: u32,
    /// First register that the range's instructions use as a temporary.
    pub depth: u32,
}

/// `CO_OPTIMIZED`: locals live in registers.
pub const CO_OPTIMIZED: u32 = 0x1;
/// `CO_NEWLOCALS`: each call has a namespace of its own.
pub const CO_NEWLOCALS: u32 = 0x2;
/// `CO_VARARGS`: has `*args`.
pub const CO_VARARGS: u32 = 0x4;
/// `CO_VARKEYWORDS`: has `**kwargs`.
pub const CO_VARKEYWORDS: u32 = 0x8;
/// `CO_NESTED`: is nested in a function.
pub const CO_NESTED: u32 = 0x10;
/// `CO_GENERATOR`: calling it makes a generator.
pub const CO_GENERATOR: u32 = 0x20;
/// `CO_COROUTINE`: calling it makes a coroutine.
pub const CO_COROUTINE: u32 = 0x80;
/// `CO_ITERABLE_COROUTINE`: a generator that may be awaited.
pub const CO_ITERABLE_COROUTINE: u32 = 0x100;
/// `CO_ASYNC_GENERATOR`: calling it makes an asynchronous generator.
pub const CO_ASYNC_GENERATOR: u32 = 0x200;
/// `CO_FUTURE_ANNOTATIONS`: `from __future__ import annotations` is in force.
pub const CO_FUTURE_ANNOTATIONS: u32 = 0x0100_0000;
/// `CO_HAS_DOCSTRING`: the first constant is the docstring.
pub const CO_HAS_DOCSTRING: u32 = 0x0400_0000;
/// `CO_METHOD`: was defined in a class body.
pub const CO_METHOD: u32 = 0x0800_0000;

/// The code of a module, function, class body, comprehension or annotation scope.
#[derive(Clone, Debug, PartialEq)]
pub struct Code {
    /// Its name: `<module>`, `f`, `C`, `<lambda>`, `<listcomp>`.
    pub name: Box<str>,
    /// Its name with the names it is nested in.
    pub qualname: Box<str>,
    /// The file it comes from, as given.
    pub filename: Box<str>,
    /// The line on which its definition (its first decorator) starts.
    pub first_line: u32,
    /// `CO_…` bits.
    pub flags: u32,
    /// Positional parameters, the positional-only ones among them. They are the first registers;
    /// keyword-only ones follow, then `*args`, then `**kwargs`.
    pub arg_count: u32,
    /// Positional-only parameters.
    pub posonly_arg_count: u32,
    /// Keyword-only parameters.
    pub kwonly_arg_count: u32,
    /// The names of the registers below `first_temp`: parameters, then other locals, then (last
    /// `free_count` of them) free variables.
    pub local_names: Vec<Box<str>>,
    /// Which of those registers hold cells of this function's own variables.
    pub cell_registers: Vec<u16>,
    /// How many of them hold cells that come from the enclosing function.
    pub free_count: u32,
    /// The first temporary: `local_names.len()`.
    pub first_temp: u32,
    /// How many registers a frame has.
    pub registers: u32,
    /// Names of globals, attributes and modules.
    pub names: Vec<Box<str>>,
    /// Constants.
    pub consts: Vec<Const>,
    /// How many cache words the instructions name.
    pub caches: u32,
    /// Instructions, extra words and jump words.
    pub words: Vec<u32>,
    /// Where each word comes from: as long as `words`.
    pub positions: Vec<Position>,
    /// Exception handlers, inner ranges first.
    pub handlers: Vec<Handler>,
}

/// The fields of an instruction word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction(pub u32);

impl Instruction {
    /// An instruction with three operands.
    pub fn abc(op: Op, a: u8, b: u8, c: u8) -> Self {
        Self(u32::from(op as u8) | u32::from(a) << 8 | u32::from(b) << 16 | u32::from(c) << 24)
    }

    /// An instruction with a wide second operand.
    pub fn abx(op: Op, a: u8, bx: u16) -> Self {
        Self(u32::from(op as u8) | u32::from(a) << 8 | u32::from(bx) << 16)
    }

    /// A jump by `sax` words, which must lie within 24 bits, signed.
    pub fn jump(op: Op, sax: i32) -> Self {
        Self(u32::from(op as u8) | (sax as u32) << 8)
    }

    /// The operation, if the word is an instruction.
    pub fn op(self) -> Option<Op> {
        Op::from_number(self.0 as u8)
    }

    /// The first operand.
    pub fn a(self) -> u8 {
        (self.0 >> 8) as u8
    }

    /// The second operand.
    pub fn b(self) -> u8 {
        (self.0 >> 16) as u8
    }

    /// The third operand.
    pub fn c(self) -> u8 {
        (self.0 >> 24) as u8
    }

    /// The wide operand.
    pub fn bx(self) -> u16 {
        (self.0 >> 16) as u16
    }

    /// The distance of a jump.
    pub fn sax(self) -> i32 {
        self.0 as i32 >> 8
    }
}

/// A listing: a line an instruction, nested code after the code that holds it.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}: {} registers, {} of them locals",
            self.qualname, self.registers, self.first_temp
        )?;
        let mut at = 0;
        while let Some(&word) = self.words.get(at) {
            at += self.list_instruction(f, at, Instruction(word))?;
        }
        for handler in &self.handlers {
            writeln!(
                f,
                "  {}..{} -> {} depth {}",
                handler.start, handler.end, handler.target, handler.depth
            )?;
        }
        self.consts.iter().try_for_each(|constant| match constant {
            Const::Code(code) => write!(f, "\n{code}"),
            _ => Ok(()),
        })
    }
}

impl Code {
    /// Lists one instruction; returns how many words it takes.
    fn list_instruction(
        &self,
        f: &mut fmt::Formatter<'_>,
        at: usize,
        word: Instruction,
    ) -> Result<usize, fmt::Error> {
        let Some(op) = word.op() else {
            writeln!(f, "{at:5} ??? {:#010x}", word.0)?;
            return Ok(1);
        };
        write!(f, "{:4} {at:5} {:<18}", self.positions[at].line, op.name())?;
        match op {
            Op::Jump | Op::LoopBack => write!(f, "-> {}", at as i64 + 1 + i64::from(word.sax()))?,
            Op::LoadConst => write!(f, "{} {:?}", word.a(), self.consts[usize::from(word.bx())])?,
            Op::LoadInt => write!(f, "{} {}", word.a(), word.bx() as i16)?,
            _ => write!(f, "{} {} {}", word.a(), word.b(), word.c())?,
        }
        match op.follows() {
            Follows::Nothing => {
                writeln!(f)?;
                Ok(1)
            }
            Follows::Extra => {
                let extra = self.words[at + 1];
                writeln!(f, " ({}, {})", extra & 0xffff, extra >> 16)?;
                Ok(2)
            }
            Follows::Jump => {
                writeln!(
                    f,
                    " -> {}",
                    at as i64 + 2 + i64::from(Instruction(self.words[at + 1]).sax())
                )?;
                Ok(2)
            }
        }
    }
}
