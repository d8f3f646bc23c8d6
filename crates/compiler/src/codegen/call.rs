//! Calls.

use super::{Dst, Gen, HEADER, Reg};
use crate::code::{Const, Text};
use crate::error::Result;
use crate::op::Op;
use crate::symbols::{Meaning, ScopeKind};
use ruff_python_ast::*;
use ruff_text_size::{Ranged, TextRange};

/// The most arguments that are passed in registers.
const MOST_IN_REGISTERS: usize = 60;
/// The most keyword arguments that go into a dict at once.
const KEYWORDS_AT_ONCE: usize = 16;

impl<'a> Gen<'a> {
    pub(super) fn call(&mut self, e: &'a ExprCall, dst: Dst) -> Result<()> {
        let base = self.depth;
        let arguments = &e.arguments;
        if needs_unpacking(arguments) {
            self.top(&e.func)?;
            return self.call_unpacked(base, &arguments.args, &arguments.keywords, e.range(), dst);
        }
        if let Expr::Attribute(method) = &*e.func {
            let range = self.attribute_range(e.range(), method);
            if !self.super_attribute(method, Op::GetSuperMethod, Dst::Top)? {
                let object = self.receiver(&method.value)?;
                let (name, cache) = (self.mangled(&method.attr, method.attr.range)?, self.cache());
                self.depth = base;
                self.reserve(usize::from(HEADER) + 1, range)?;
                let attribute = self.attribute_range(method.range, method);
                self.at(attribute);
                self.out
                    .extra(Op::GetMethod, [base, object, 0], name, cache);
            }
            self.depth = base + HEADER + 1;
            return self.call_registers(
                base,
                [Op::CallMethod, Op::CallMethodKw],
                arguments,
                range,
                dst,
            );
        }
        self.argument(&e.func)?;
        self.begin_arguments(base, e.range())?;
        self.call_registers(base, [Op::Call, Op::CallKw], arguments, e.range(), dst)
    }

    /// The object whose method is called. The call reads it again behind the arguments, which
    /// must not have changed it.
    fn receiver(&mut self, expr: &'a Expr) -> Result<Reg> {
        match expr {
            Expr::Name(name) if self.is_rebound(&self.mangle(&name.id)) => self.top(expr),
            _ => self.operand(expr, true),
        }
    }

    /// Where an error of an attribute is shown: at its name if that is on a line of its own.
    pub(super) fn attribute_range(&self, whole: TextRange, attribute: &ExprAttribute) -> TextRange {
        let source = self.program.source;
        let is_apart = source.line(whole.start()) != source.line(attribute.attr.range.end());
        if is_apart {
            attribute.attr.range
        } else {
            whole
        }
    }

    /// Leaves room for the header of a call of `R[callable]`.
    pub(super) fn begin_arguments(&mut self, callable: Reg, range: TextRange) -> Result<()> {
        self.depth = callable;
        self.push_many(usize::from(HEADER), range).map(drop)
    }

    fn call_registers(
        &mut self,
        callable: Reg,
        [plain, with_keywords]: [Op; 2],
        arguments: &'a Arguments,
        range: TextRange,
        dst: Dst,
    ) -> Result<()> {
        let count = arguments.args.len() + arguments.keywords.len();
        arguments
            .args
            .iter()
            .try_for_each(|argument| self.argument(argument).map(drop))?;
        arguments
            .keywords
            .iter()
            .try_for_each(|keyword| self.argument(&keyword.value).map(drop))?;
        let names = arguments
            .keywords
            .iter()
            .filter_map(|keyword| keyword.arg.as_ref());
        let names: Box<[Const]> = names
            .map(|name| Const::Str(Text::Utf8(self.mangle(name).as_str().into())))
            .collect();
        self.at(range);
        // The callee's frame starts with the arguments; room for the header is all it needs here.
        self.reserve(0, range)?;
        let to = self.settle(callable, dst, range)?;
        if names.is_empty() {
            self.out.op(plain, callable, count as Reg, to);
        } else {
            let names = self.constant(Const::Tuple(names), range)?;
            self.out
                .extra(with_keywords, [callable, count as Reg, to], names, 0);
        }
        Ok(())
    }

    /// Calls `R[callable]` with a tuple and a dict.
    pub(super) fn call_unpacked(
        &mut self,
        callable: Reg,
        args: &'a [Expr],
        keywords: &'a [Keyword],
        range: TextRange,
        dst: Dst,
    ) -> Result<()> {
        self.begin_arguments(callable, range)?;
        let positional = self.depth;
        if let [Expr::Starred(only)] = args {
            self.top(&only.value)?;
            self.at(range);
            self.out
                .op(Op::UnpackArguments, positional, positional, callable);
        } else {
            self.tuple(args, range, Dst::Top)?;
        }
        if !keywords.is_empty() {
            self.keyword_dict(callable, keywords, range)?;
        }
        self.at(range);
        let to = self.settle(callable, dst, range)?;
        self.out.op(
            Op::CallUnpack,
            callable,
            Reg::from(!keywords.is_empty()),
            to,
        );
        Ok(())
    }

    /// Builds the dict of the keyword arguments of a call of `R[callable]` in a new temporary.
    pub(super) fn keyword_dict(
        &mut self,
        callable: Reg,
        keywords: &'a [Keyword],
        range: TextRange,
    ) -> Result<()> {
        let dict = self.depth;
        let mut is_first = true;
        let mut rest = keywords;
        while let Some(keyword) = rest.first() {
            let named = rest
                .iter()
                .take(KEYWORDS_AT_ONCE)
                .take_while(|keyword| keyword.arg.is_some())
                .count();
            if named == 0 {
                if is_first {
                    self.at(range);
                    let dict = self.push(range)?;
                    self.out.op(Op::BuildDict, dict, dict, 0);
                }
                let mapping = self.operand(&keyword.value, true)?;
                self.at(range);
                self.out.op(Op::DictMerge, dict, mapping, callable);
                self.depth = dict + 1;
                rest = &rest[1..];
            } else {
                let part = self.named_values(&rest[..named], range)?;
                if !is_first {
                    self.out.op(Op::DictMerge, dict, part, callable);
                    self.depth = dict + 1;
                }
                rest = &rest[named..];
            }
            is_first = false;
        }
        Ok(())
    }

    /// A dict of named arguments in a new temporary.
    fn named_values(&mut self, keywords: &'a [Keyword], range: TextRange) -> Result<Reg> {
        let first = self.depth;
        for keyword in keywords {
            if let Some(name) = &keyword.arg {
                let name = self.mangle(name);
                let to = self.push(range)?;
                self.at(range);
                self.load_str(to, &name, range)?;
                self.argument(&keyword.value)?;
            }
        }
        self.at(range);
        self.settle(first, Dst::Top, range)?;
        self.out
            .op(Op::BuildDict, first, first, keywords.len() as Reg);
        Ok(first)
    }

    /// `super().x` and `super(C, self).x`, without making the `super` object: into `dst`, or as a
    /// method to call into a new window. Says whether `e` is one.
    pub(super) fn super_attribute(
        &mut self,
        e: &'a ExprAttribute,
        op: Op,
        dst: Dst,
    ) -> Result<bool> {
        let Expr::Call(call) = &*e.value else {
            return Ok(false);
        };
        let base = self.depth;
        if !self.is_super(call) {
            return Ok(false);
        }
        if let [class, object] = &*call.arguments.args {
            if class.is_starred_expr() || object.is_starred_expr() {
                return Ok(false);
            }
            self.argument(class)?;
            self.argument(object)?;
        } else {
            let Some(first) = self.program.symbols.scopes[self.unit].parameters.first() else {
                return Ok(false);
            };
            let first = first.clone();
            self.read("__class__", Dst::Top, call.range())?;
            let register = self.layout.register(self.unit, &first);
            let object = self.push(call.range())?;
            let op = if self.layout.is_cell(register) {
                Op::GetCell
            } else {
                Op::Borrow
            };
            self.out.op(op, object, register, 0);
        }
        let (name, cache) = (self.mangled(&e.attr, e.attr.range)?, self.cache());
        let to = self.settle(base, dst, e.range)?;
        self.reserve(usize::from(HEADER) + 1, e.range)?;
        let range = self.attribute_range(e.range, e);
        self.at(range);
        self.out.extra(op, [to, base, 0], name, cache);
        Ok(true)
    }

    /// Whether `call` is a call of the builtin `super` in a method.
    fn is_super(&self, call: &ExprCall) -> bool {
        let Expr::Name(name) = &*call.func else {
            return false;
        };
        let symbols = self.program.symbols;
        let is_builtin = name.id == "super"
            && matches!(
                symbols
                    .symbol(self.scope, "super")
                    .map(|symbol| symbol.meaning),
                Some(Meaning::Global)
            )
            && symbols
                .symbol(0, "super")
                .is_none_or(|symbol| !symbol.uses.binds());
        let is_method = matches!(self.kind, ScopeKind::Function | ScopeKind::Lambda)
            && self.scope == self.unit
            && matches!(
                symbols
                    .symbol(self.scope, "__class__")
                    .map(|symbol| symbol.meaning),
                Some(Meaning::Variable(_))
            );
        let count = call.arguments.args.len();
        is_builtin && is_method && call.arguments.keywords.is_empty() && (count == 0 || count == 2)
    }
}

fn needs_unpacking(arguments: &Arguments) -> bool {
    arguments.args.len() + arguments.keywords.len() > MOST_IN_REGISTERS
        || arguments.args.iter().any(Expr::is_starred_expr)
        || arguments
            .keywords
            .iter()
            .any(|keyword| keyword.arg.is_none())
}
