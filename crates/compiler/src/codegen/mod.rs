//! From the program's tree to instructions: see the crate's README for how registers are used.

mod access;
mod annotation;
mod assign;
mod blocks;
mod call;
mod class;
mod comprehension;
mod condition;
mod constant;
mod display;
mod emit;
mod exception;
mod expr;
mod function;
mod generator;
mod group;
mod import;
mod layout;
mod operator;
mod pattern;
mod pattern_kinds;
mod stmt;
mod string;
mod suite;
mod type_params;
mod unparse;
mod with;

use crate::code::{Code, Const, Text};
use crate::error::{Rejection, Result};
use crate::future;
use crate::op::{FRAME_HEADER, Op};
use crate::source::Source;
use crate::symbols::{Part, ScopeId, ScopeKind, Symbols};
use blocks::Block;
use constant::ConstKey;
use emit::{Emitter, Label};
use layout::Layout;
use ruff_python_ast::name::Name;
use ruff_python_ast::{Expr, Mod, Stmt};
use ruff_text_size::{Ranged, TextRange};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

/// Number of a register.
pub(crate) type Reg = u16;

/// Words of a call's header, as registers.
const HEADER: Reg = FRAME_HEADER as Reg;

/// What is compiled as what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A module.
    Exec,
    /// An expression whose value is returned.
    Eval,
    /// One interactive statement: expressions show their value.
    Single,
}

/// What all codes of a program share.
pub(crate) struct Program<'a> {
    pub(crate) source: &'a Source<'a>,
    pub(crate) filename: &'a str,
    pub(crate) symbols: &'a Symbols,
    pub(crate) mode: Mode,
    /// Attributes that methods set on `self`, for each class being compiled.
    pub(crate) static_attributes: RefCell<Vec<BTreeSet<Name>>>,
}

/// Where an expression's value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dst {
    /// To a new temporary.
    Top,
    /// To a local.
    Local(Reg),
}

/// A statement that annotates a variable, for the annotation function.
struct Annotated<'a> {
    name: Name,
    annotation: &'a Expr,
    /// Its number among the conditional ones.
    condition: Option<usize>,
}

/// Compiles one code.
struct Gen<'a> {
    program: &'a Program<'a>,
    /// The scope of the code.
    unit: ScopeId,
    /// The scope of the expression being compiled: the code's, or a comprehension's within.
    scope: ScopeId,
    kind: ScopeKind,
    name: String,
    qualname: String,
    layout: Layout,
    out: Emitter,
    /// The next free temporary.
    depth: Reg,
    /// The most registers in use so far.
    registers: Reg,
    consts: Vec<Const>,
    const_places: HashMap<ConstKey, u16>,
    names: Vec<Box<str>>,
    name_places: HashMap<Name, u16>,
    caches: u32,
    /// What control leaves when it leaves the place being compiled, outermost first.
    blocks: Vec<Block<'a>>,
    flags: u32,
    first_line: u32,
    annotated: Vec<Annotated<'a>>,
    /// Within statements that may not be executed.
    conditional: u32,
    /// Where `StopIteration` goes that leaves a generator.
    generator_end: Option<Label>,
    /// What the qualified names of nested codes begin with.
    prefix: String,
}

/// Compiles a program.
pub(crate) fn generate<'a>(program: &'a Program<'a>, tree: &'a Mod) -> Result<Code> {
    let scope = program.symbols.scope_of(tree, Part::Body);
    let mut code = Gen::new(program, scope, "<module>".into(), "<module>".into(), 1);
    match tree {
        Mod::Module(module) => code.module(&module.body, tree)?,
        Mod::Expression(expression) => {
            code.at(expression.body.range());
            let value = code.operand(&expression.body, true)?;
            code.out.op(Op::Return, value, 0, 0);
        }
    }
    code.finish(TextRange::default())
}

impl<'a> Gen<'a> {
    fn new(
        program: &'a Program<'a>,
        scope: ScopeId,
        name: String,
        qualname: String,
        first_line: u32,
    ) -> Self {
        let layout = Layout::new(program.symbols, scope);
        let first_temp = layout.first_temp;
        let mut code = Self {
            program,
            unit: scope,
            scope,
            kind: program.symbols.scopes[scope].kind,
            name,
            qualname,
            layout,
            out: Emitter::new(),
            depth: first_temp,
            registers: first_temp,
            consts: Vec::new(),
            const_places: HashMap::new(),
            names: Vec::new(),
            name_places: HashMap::new(),
            caches: 0,
            blocks: Vec::new(),
            flags: 0,
            first_line,
            annotated: Vec::new(),
            conditional: 0,
            generator_end: None,
            prefix: String::new(),
        };
        for register in 0..code.layout.parameters {
            code.out.bound.set(register, true);
        }
        code
    }

    /// Makes the cells of the code's own variables, and what annotation scopes look at.
    fn prologue(&mut self) {
        if let Some(dict) = self.layout.far_dict {
            self.out.op(Op::BuildDict, dict, dict, 0);
        }
        for register in self.layout.cells_at_start.clone() {
            self.out.op(Op::MakeCell, register, 0, 0);
        }
        if let (Some(register), Some(class)) = (
            self.layout.class_dict,
            self.program.symbols.scopes[self.unit].sees_class,
        ) {
            let cell = self.layout.register(class, "__classdict__");
            self.out.op(Op::GetCell, register, cell, 0);
            self.out.bound.set(register, true);
        }
    }

    fn module(&mut self, body: &'a [Stmt], tree: &'a Mod) -> Result<()> {
        let symbols = self.program.symbols;
        let scope = &symbols.scopes[self.unit];
        self.out.position = crate::code::Position {
            line: 1,
            end_line: 1,
            column: 0,
            end_column: 0,
        };
        self.prologue();
        if scope.has_annotations && symbols.future_annotations {
            self.out.op(Op::SetupAnnotations, 0, 0, 0);
        }
        if scope.has_conditional_annotations && !symbols.future_annotations {
            let set = self.push(TextRange::default())?;
            self.out.op(Op::BuildSet, set, set, 0);
            self.store_top("__conditional_annotations__", TextRange::default())?;
        }
        let body = self.docstring(body)?;
        let allowed = future::prologue(body);
        stmt::future_imports_come_first(&body[allowed..])?;
        self.body(body)?;
        self.finish_annotations(tree)?;
        self.return_none();
        Ok(())
    }

    /// Stores a body's docstring under `__doc__`; returns the rest.
    fn docstring(&mut self, body: &'a [Stmt]) -> Result<&'a [Stmt]> {
        let Some((text, range)) = string::docstring(body, self.program.source) else {
            return Ok(body);
        };
        if self.program.mode == Mode::Single && self.kind == ScopeKind::Module {
            return Ok(body);
        }
        self.at(range);
        let doc = self.push(range)?;
        self.load_const(doc, Const::Str(text), range)?;
        self.store_top("__doc__", range)?;
        Ok(&body[1..])
    }

    fn return_none(&mut self) {
        if self.out.is_reachable {
            let value = self.depth;
            self.registers = self.registers.max(value + 1);
            self.out.op(Op::LoadNone, value, 0, 0);
            self.out.op(Op::Return, value, 0, 0);
        }
    }

    /// The finished code.
    fn finish(self, range: TextRange) -> Result<Code> {
        if self.out.is_too_complex || self.registers > 256 {
            return Err(Rejection::new(
                range,
                format!("the body of {} is too complex to compile", self.qualname),
            ));
        }
        let assembled = self.out.finish();
        let layout = self.layout;
        Ok(Code {
            name: self.name.into(),
            qualname: self.qualname.into(),
            filename: self.program.filename.into(),
            first_line: self.first_line,
            flags: self.flags,
            arg_count: layout.arg_count,
            posonly_arg_count: layout.posonly_arg_count,
            kwonly_arg_count: layout.kwonly_arg_count,
            local_names: layout.names,
            cell_registers: layout.cells,
            free_count: layout.free_count,
            first_temp: u32::from(layout.first_temp),
            registers: u32::from(self.registers.max(layout.first_temp)),
            names: self.names,
            consts: self.consts,
            caches: self.caches,
            words: assembled.words,
            positions: assembled.positions,
            handlers: assembled.handlers,
        })
    }

    /// What follows comes from `range`.
    fn at(&mut self, range: TextRange) {
        self.out.position = self.program.source.position(range);
    }

    /// A new temporary.
    fn push(&mut self, range: TextRange) -> Result<Reg> {
        self.push_many(1, range)
    }

    /// New temporaries in a row.
    fn push_many(&mut self, count: usize, range: TextRange) -> Result<Reg> {
        let first = self.depth;
        self.reserve(count, range)?;
        self.depth += count as Reg;
        Ok(first)
    }

    /// Makes sure that there are registers for `count` more temporaries.
    fn reserve(&mut self, count: usize, range: TextRange) -> Result<()> {
        let end = usize::from(self.depth) + count;
        if end > 256 {
            return Err(Rejection::new(
                range,
                "expression is too complex to compile",
            ));
        }
        self.registers = self.registers.max(end as Reg);
        Ok(())
    }

    /// The register that `dst` means, all temporaries from `base` on having been consumed.
    fn settle(&mut self, base: Reg, dst: Dst, range: TextRange) -> Result<Reg> {
        self.depth = base;
        match dst {
            Dst::Top => self.push(range),
            Dst::Local(register) => {
                self.out
                    .bound
                    .set(register, self.layout.may_be_tracked(register));
                Ok(register)
            }
        }
    }

    /// Moves the temporary on top, `base`, to `dst`.
    fn deliver(&mut self, base: Reg, dst: Dst, range: TextRange) -> Result<()> {
        let to = self.settle(base, dst, range)?;
        if to != base {
            self.out.op(Op::Move, to, base, 0);
        }
        Ok(())
    }

    /// Index of a name.
    fn name(&mut self, name: &str, range: TextRange) -> Result<u16> {
        if let Some(&place) = self.name_places.get(name) {
            return Ok(place);
        }
        let place =
            u16::try_from(self.names.len()).map_err(|_| Rejection::new(range, "too many names"))?;
        self.names.push(name.into());
        self.name_places.insert(Name::new(name), place);
        Ok(place)
    }

    /// Index of a name as it is within the class around.
    fn mangled(&mut self, name: &str, range: TextRange) -> Result<u16> {
        let mangled = self.mangle(name);
        self.name(&mangled, range)
    }

    fn mangle(&self, name: &str) -> Name {
        crate::symbols::mangle(
            self.program.symbols.scopes[self.scope].private.as_ref(),
            name,
        )
    }

    /// A cache for one instruction. Caches guard what they hold, so a code with more instructions
    /// than cache numbers shares them.
    fn cache(&mut self) -> u16 {
        let cache = self.caches.min(u32::from(u16::MAX));
        self.caches = cache + 1;
        cache as u16
    }

    fn load_const(&mut self, to: Reg, value: Const, range: TextRange) -> Result<()> {
        match value {
            Const::None => self.out.op(Op::LoadNone, to, 0, 0),
            Const::Bool(value) => self.out.op(Op::LoadBool, to, Reg::from(value), 0),
            Const::Ellipsis => {
                self.out
                    .op(Op::LoadCommon, to, crate::op::Common::Ellipsis as Reg, 0);
            }
            Const::Int(value) if i16::try_from(value).is_ok() => {
                self.out.wide(Op::LoadInt, to, value as u16);
            }
            value => {
                let place = self.constant(value, range)?;
                self.out.wide(Op::LoadConst, to, place);
            }
        }
        Ok(())
    }

    fn load_str(&mut self, to: Reg, text: &str, range: TextRange) -> Result<()> {
        self.load_const(to, Const::Str(Text::Utf8(text.into())), range)
    }

    fn label(&mut self) -> Label {
        self.out.label()
    }
}
