//! Code objects: the compiler's code with its constants made values and its names interned.

mod attributes;

use super::tuple::Tuple;
use super::{
    Base, Object, Payload, Slots, Type, allocate, class, downcast, float, int, singletons,
};
use crate::cache::Caches;
use crate::error::PyResult;
use crate::object::exception;
use crate::object::str::Str;
use crate::references;
use crate::run::opcode;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use dashu_int::IBig;
use selvedge_compiler::op::{Follows, Op};
use selvedge_compiler::{
    CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR, CO_VARARGS, CO_VARKEYWORDS, Const, Instruction,
};
use selvedge_sync::seam::OnceLock;
use selvedge_sync::seam::atomic::{AtomicU32, AtomicU64, Ordering};

/// Code that can run.
#[repr(C)]
pub struct Code {
    object: Object,
    /// The instructions. The loop replaces an operation by one for the types it meets there.
    pub(crate) words: Box<[AtomicU32]>,
    /// The inline caches that the instructions name.
    pub(crate) caches: Box<[Caches]>,
    /// For each pair of caches [`FURTHER`] more, once an instruction met more than two can hold.
    further: OnceLock<Box<[AtomicU64]>>,
    pub(crate) consts: Box<[Ref]>,
    /// Names, interned.
    pub(crate) names: Box<[Ref]>,
    /// What does not take part in running it.
    pub(crate) source: selvedge_compiler::Code,
    pub(crate) first_temp: u32,
    pub(crate) registers: u32,
    /// How many of the registers before the first temporary hold cells of the enclosing function.
    pub(crate) free_count: u32,
    /// Parameters that are registers: positional, keyword-only, `*args`, `**kwargs`.
    pub(crate) parameters: u32,
    /// Whether positional arguments, as many as there are parameters, are all it takes.
    pub(crate) is_simple: bool,
    /// As many as there are parameters if it is simple, and no number of arguments otherwise.
    pub(crate) simple_count: u32,
    /// Whether it is simple, and calling it runs it: it makes no generator or coroutine.
    pub(crate) runs_at_once: bool,
}

/// How many caches an instruction may have besides its first two.
const FURTHER: usize = 2;

/// The type `code`.
pub static CODE_TYPE: Type = Type::builtin(
    "code",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        repr: Some(repr),
        ..Slots::of::<Code>()
    },
    attributes::GETTERS,
);

// SAFETY: `Code` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Code {
    const TYPE: &'static Type = &CODE_TYPE;

    references!();
}

impl Code {
    /// Loads the compiler's code.
    ///
    /// # Errors
    /// `SyntaxError` for an operation that this interpreter does not have.
    pub fn load(thread: &mut Thread, source: selvedge_compiler::Code) -> PyResult {
        Self::check(thread, &source)?;
        let mut consts = Vec::with_capacity(source.consts.len());
        for constant in &source.consts {
            consts.push(load_const(thread, constant)?);
        }
        let names = source
            .names
            .iter()
            .map(|name| thread.interpreter().intern(name))
            .collect();
        let optional = source.flags & CO_VARARGS | source.flags & CO_VARKEYWORDS;
        let parameters = source.arg_count + source.kwonly_arg_count + optional.count_ones();
        let is_simple = source.kwonly_arg_count == 0 && optional == 0;
        let suspends = CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR;
        Ok(allocate(Self {
            object: Object::new(&CODE_TYPE),
            words: source
                .words
                .iter()
                .map(|word| AtomicU32::new(*word))
                .collect(),
            caches: (0..source.caches).map(|_| Caches::default()).collect(),
            further: OnceLock::new(),
            consts: consts.into_boxed_slice(),
            names,
            first_temp: source.first_temp,
            registers: source.registers,
            free_count: source.free_count,
            parameters,
            is_simple,
            simple_count: if is_simple { parameters } else { u32::MAX },
            runs_at_once: is_simple && source.flags & suspends == 0,
            source,
        }))
    }

    /// The number of one of the pairs of caches.
    fn number(&self, caches: &Caches) -> usize {
        (core::ptr::from_ref(caches) as usize - self.caches.as_ptr() as usize) / size_of::<Caches>()
    }

    /// What there is besides `caches`.
    pub(crate) fn further(&self, caches: &Caches) -> &[AtomicU64] {
        let Some(all) = self.further.get() else {
            return &[];
        };
        let from = self.number(caches) * FURTHER;
        &all[from..from + FURTHER]
    }

    /// Puts `word` into the first of an instruction's caches, moving what was there to the next.
    pub(crate) fn remember(&self, caches: &Caches, word: u64) {
        // Relaxed, also below: a word means the same wherever and whenever it is found.
        let mut old = caches.first.swap(word, Ordering::Relaxed);
        if old == 0 {
            return;
        }
        old = caches.second.swap(old, Ordering::Relaxed);
        if old == 0 {
            return;
        }
        let count = self.caches.len() * FURTHER;
        self.further
            .get_or_init(|| (0..count).map(|_| AtomicU64::new(0)).collect());
        for place in self.further(caches) {
            old = place.swap(old, Ordering::Relaxed);
        }
    }

    /// Whether caches are those of several instructions: the last ones of code that has too many.
    pub(crate) fn is_shared(&self, caches: &Caches) -> bool {
        self.number(caches) == usize::from(u16::MAX)
    }

    /// Whether the interpreter has every operation.
    fn check(thread: &mut Thread, source: &selvedge_compiler::Code) -> PyResult<()> {
        let mut at = 0;
        while at < source.words.len() {
            let op = Instruction(source.words[at]).op().unwrap_or(Op::Nop);
            if let Some(construct) = opcode::missing(op) {
                let (line, file) = (source.positions[at].line, &source.filename);
                let text = format!("{construct} is not supported yet ({file}, line {line})");
                return Err(thread.raise_text(&exception::SYNTAX_ERROR, text));
            }
            at += if op.follows() == Follows::Nothing {
                1
            } else {
                2
            };
        }
        Ok(())
    }

    /// Where the word at `at` comes from.
    pub(crate) fn position(&self, at: usize) -> selvedge_compiler::Position {
        self.source.positions.get(at).copied().unwrap_or_default()
    }
}

fn load_const(thread: &mut Thread, constant: &Const) -> PyResult {
    Ok(match constant {
        Const::None => singletons::none(),
        Const::Bool(truth) => singletons::bool(*truth),
        Const::Ellipsis => singletons::ellipsis(),
        Const::Int(value) => int::from_i64(*value),
        Const::BigInt(digits) => {
            let value: IBig = digits.parse().expect("the compiler writes decimal digits");
            int::from_big(value)
        }
        Const::Float(value) => float::Float::from_f64(*value),
        Const::Str(text) => {
            let string = Str::from_text(text);
            if is_identifier_like(&string) {
                thread.interpreter().intern_string(string)
            } else {
                string
            }
        }
        Const::FrozenSet(items) => {
            let items: PyResult<Vec<Ref>> =
                items.iter().map(|item| load_const(thread, item)).collect();
            super::set::Set::frozen(thread, items?)?
        }
        Const::Tuple(items) => {
            let items: PyResult<Vec<Ref>> =
                items.iter().map(|item| load_const(thread, item)).collect();
            Tuple::from_refs(items?)
        }
        Const::Code(code) => Code::load(thread, (**code).clone())?,
        Const::Bytes(data) => super::bytes::Bytes::new(data),
        Const::Imaginary(value) => super::complex::Complex::new(0.0, *value),
    })
}

/// Whether a constant may be used as a name: such strings are interned, so that keys are found by
/// identity.
fn is_identifier_like(string: &Ref) -> bool {
    downcast::<Str>(string)
        .and_then(Str::as_ascii)
        .is_some_and(|text| {
            text.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        })
}

fn repr(_: &mut Thread, value: Value) -> PyResult {
    let code = downcast::<Code>(&value).expect("called through its type");
    let source = &code.source;
    Ok(Str::new(&format!(
        "<code object {} at {:p}, file \"{}\", line {}>",
        source.name,
        value.pointer(),
        source.filename,
        source.first_line
    )))
}
