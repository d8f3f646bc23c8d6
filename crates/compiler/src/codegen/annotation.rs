//! Annotations: evaluated lazily by `__annotate__` functions, or kept as text under
//! `from __future__ import annotations`.

use super::function::DEFAULTS;
use super::{Annotated, Dst, Gen, Reg, unparse};
use crate::code::{CO_NESTED, CO_NEWLOCALS, CO_OPTIMIZED, Code, Const, Text};
use crate::error::Result;
use crate::op::{Common, Op};
use crate::symbols::{Part, ScopeId, ScopeKind, annotations_of};
use ruff_python_ast::*;
use ruff_text_size::{Ranged, TextRange};

/// The formats up to this are computed by the code itself.
const LAST_KNOWN_FORMAT: Reg = 2;

impl<'a> Gen<'a> {
    pub(super) fn annotated_assignment(&mut self, s: &'a StmtAnnAssign) -> Result<()> {
        let is_body = self.is_namespace_unit();
        match (&s.value, &*s.target) {
            (Some(value), target) => self.assign_one(target, value)?,
            (None, Expr::Attribute(target)) => self.evaluate_only(&target.value)?,
            (None, Expr::Subscript(target)) => {
                self.evaluate_only(&target.value)?;
                self.evaluate_only(&target.slice)?;
            }
            (None, _) => {}
        }
        if !is_body {
            return Ok(());
        }
        let is_future = self.program.symbols.future_annotations;
        match &*s.target {
            Expr::Name(name) if s.simple && is_future => {
                self.store_annotation_text(name, &s.annotation)
            }
            Expr::Name(name) if s.simple => self.defer_annotation(name, &s.annotation),
            // That of another target is never evaluated.
            _ => Ok(()),
        }
    }

    /// Evaluates an expression whose value nobody asks for.
    fn evaluate_only(&mut self, expr: &'a Expr) -> Result<()> {
        let value = self.top(expr)?;
        self.out.op(Op::Drop, value, 0, 0);
        self.depth = value;
        Ok(())
    }

    fn store_annotation_text(&mut self, name: &'a ExprName, annotation: &'a Expr) -> Result<()> {
        let base = self.depth;
        let range = annotation.range();
        self.at(range);
        let text = self.push(range)?;
        self.load_str(
            text,
            &unparse::expression(annotation, self.program.source),
            range,
        )?;
        let annotations = self.depth;
        self.read("__annotations__", Dst::Top, range)?;
        let key = Const::Str(Text::Utf8(self.mangle(&name.id).as_str().into()));
        let (key, cache) = (self.constant(key, range)?, self.cache());
        self.out
            .extra(Op::SetItemConst, [annotations, text, 0], key, cache);
        self.depth = base;
        Ok(())
    }

    fn defer_annotation(&mut self, name: &'a ExprName, annotation: &'a Expr) -> Result<()> {
        let is_conditional = self.kind == ScopeKind::Module || self.conditional > 0;
        let mut condition = None;
        if is_conditional {
            let number = self.annotated.len();
            let range = annotation.range();
            let set = self.depth;
            self.read("__conditional_annotations__", Dst::Top, range)?;
            let value = self.push(range)?;
            self.load_const(value, Const::Int(number as i64), range)?;
            self.out.op(Op::SetAdd, set, value, 0);
            self.out.op(Op::Drop, set, 0, 0);
            self.depth = set;
            condition = Some(number);
        }
        self.annotated.push(Annotated {
            name: self.mangle(&name.id),
            annotation,
            condition,
        });
        Ok(())
    }

    /// Makes the function that computes a module's or class's annotations.
    pub(super) fn finish_annotations<T>(&mut self, node: &'a T) -> Result<()> {
        if self.annotated.is_empty() {
            return Ok(());
        }
        let annotated = std::mem::take(&mut self.annotated);
        let scope = self.program.symbols.scope_of(node, Part::Annotations);
        let range = annotated[0].annotation.range();
        let mut inner = self.evaluator(scope, "__annotate__", range)?;
        let dict = inner.begin_annotations(range)?;
        for entry in &annotated {
            inner.annotation_entry(dict, entry)?;
        }
        inner.out.op(Op::Return, dict, 0, 0);
        let code = inner.finish(range)?;
        self.function_object(code, scope, Dst::Top, range)?;
        let name = if self.kind == ScopeKind::Class {
            "__annotate_func__"
        } else {
            "__annotate__"
        };
        let (name, cache) = (self.name(name, range)?, self.cache());
        self.depth -= 1;
        self.out.extra(Op::SetName, [self.depth, 0, 0], name, cache);
        Ok(())
    }

    fn begin_annotations(&mut self, range: TextRange) -> Result<Reg> {
        let dict = self.push(range)?;
        self.out.op(Op::BuildDict, dict, dict, 0);
        Ok(dict)
    }

    fn annotation_entry(&mut self, dict: Reg, entry: &Annotated<'a>) -> Result<()> {
        let range = entry.annotation.range();
        let next = self.label();
        if let Some(number) = entry.condition {
            let base = self.depth;
            let value = self.push(range)?;
            self.load_const(value, Const::Int(number as i64), range)?;
            self.read("__conditional_annotations__", Dst::Top, range)?;
            self.out.branch(Op::JumpIfIn, [value, value + 1, 0], next);
            self.depth = base;
        }
        self.set_annotation(dict, &entry.name.clone(), entry.annotation)?;
        self.out.place(next);
        Ok(())
    }

    fn set_annotation(&mut self, dict: Reg, name: &str, annotation: &'a Expr) -> Result<()> {
        let range = annotation.range();
        self.at(range);
        let key = self.push(range)?;
        self.load_str(key, name, range)?;
        let value = self.unstarred(annotation)?;
        self.at(range);
        self.out.op(Op::DictSet, dict, key, value);
        self.depth = dict + 1;
        Ok(())
    }

    /// Evaluates an annotation or default; of `*x`, the only item of `x`.
    fn unstarred(&mut self, expr: &'a Expr) -> Result<Reg> {
        let Expr::Starred(starred) = expr else {
            return self.operand(expr, true);
        };
        let base = self.depth;
        let value = self.operand(&starred.value, true)?;
        self.at(starred.range);
        self.settle(base, Dst::Top, starred.range)?;
        self.out.op(Op::UnpackSequence, base, value, 1);
        Ok(base)
    }

    /// The generator of a function that evaluates something in a format asked for.
    fn evaluator(&self, scope: ScopeId, name: &str, range: TextRange) -> Result<Gen<'a>> {
        let mut inner = self.nested(scope, name, range);
        inner.flags =
            CO_OPTIMIZED | CO_NEWLOCALS | if self.is_nested_code() { CO_NESTED } else { 0 };
        inner.layout.arg_count = 1;
        inner.layout.posonly_arg_count = 1;
        inner.layout.names[0] = "format".into();
        inner.at(range);
        inner.prologue();
        let known = inner.label();
        inner
            .out
            .branch(Op::JumpIfGtImm, [0, LAST_KNOWN_FORMAT, 0], known);
        let class = inner.push(range)?;
        inner
            .out
            .op(Op::LoadCommon, class, Common::NotImplementedError as Reg, 0);
        inner.out.op(Op::Raise, class, 0, 1);
        inner.depth = class;
        inner.out.place(known);
        Ok(inner)
    }

    /// The annotation function of a function is named as a member of it.
    fn annotate_qualname(&self, def: &StmtFunctionDef) -> String {
        format!("{}{}.__annotate__", self.prefix, def.name)
    }

    /// Makes the annotation function of `def` in a new temporary, if it has annotations.
    pub(super) fn annotate_function(
        &mut self,
        def: &'a StmtFunctionDef,
        range: TextRange,
    ) -> Result<bool> {
        if annotations_of(def).next().is_none() {
            return Ok(false);
        }
        if self.program.symbols.future_annotations {
            self.annotation_texts(def, range)?;
            return Ok(true);
        }
        let scope = self.program.symbols.scope_of(def, Part::Annotations);
        let mut inner = self.evaluator(scope, "__annotate__", range)?;
        inner.qualname = self.annotate_qualname(def);
        let dict = inner.begin_annotations(range)?;
        for (name, annotation) in annotations_of(def) {
            let name = inner.mangle(name);
            inner.set_annotation(dict, &name, annotation)?;
        }
        inner.at(range);
        inner.out.op(Op::Return, dict, 0, 0);
        let code = inner.finish(range)?;
        self.function_object(code, scope, Dst::Top, range)?;
        Ok(true)
    }

    /// A function that returns the texts of a function's annotations, whatever the format.
    fn annotation_texts(&mut self, def: &'a StmtFunctionDef, range: TextRange) -> Result<()> {
        let source = self.program.source;
        let texts = annotations_of(def)
            .map(|(name, annotation)| (self.mangle(name), unparse::expression(annotation, source)));
        let texts: Vec<_> = texts.collect();
        let scope = self.program.symbols.scope_of(def, Part::Annotations);
        let mut inner = self.nested(scope, "__annotate__", range);
        inner.qualname = self.annotate_qualname(def);
        inner.flags =
            CO_OPTIMIZED | CO_NEWLOCALS | if self.is_nested_code() { CO_NESTED } else { 0 };
        inner.layout.arg_count = 1;
        inner.layout.posonly_arg_count = 1;
        inner.layout.names[0] = "format".into();
        inner.at(range);
        let dict = inner.begin_annotations(range)?;
        for (name, text) in texts {
            let key = inner.push(range)?;
            inner.load_str(key, &name, range)?;
            let value = inner.push(range)?;
            inner.load_str(value, &text, range)?;
            inner.out.op(Op::DictSet, dict, key, value);
            inner.depth = dict + 1;
        }
        inner.out.op(Op::Return, dict, 0, 0);
        let code = inner.finish(range)?;
        self.function_object(code, scope, Dst::Top, range)
    }

    /// Makes the function that evaluates a type's value, bound or default in a new temporary.
    pub(super) fn type_evaluator<T>(
        &mut self,
        node: &T,
        part: Part,
        name: &str,
        value: &'a Expr,
        range: TextRange,
    ) -> Result<()> {
        let scope = self.program.symbols.scope_of(node, part);
        let mut inner = self.evaluator(scope, name, value.range())?;
        let register = inner.unstarred(value)?;
        inner.at(value.range());
        inner.out.op(Op::Return, register, 0, 0);
        let code: Code = inner.finish(range)?;
        let window = self.push(range)?;
        self.load_const(window, Const::Tuple([Const::Int(1)].into()), range)?;
        self.make_function(window, DEFAULTS, code, scope, Dst::Top, range)
    }
}
