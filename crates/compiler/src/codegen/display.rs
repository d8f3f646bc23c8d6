//! Tuples, lists, sets and dicts written out.

use super::{Dst, Gen, Reg};
use crate::code::Const;
use crate::error::Result;
use crate::op::Op;
use ruff_python_ast::*;
use ruff_text_size::{Ranged, TextRange};

/// The most values that are gathered in registers before they go into a collection.
const LARGEST_WINDOW: usize = 30;
/// The fewest constants that are copied from a constant tuple.
const FEWEST_COPIED: usize = 3;

/// What a display builds, and how it grows.
#[derive(Clone, Copy)]
struct Growth {
    build: Op,
    append: Op,
    extend: Op,
}

const LIST: Growth = Growth {
    build: Op::BuildList,
    append: Op::ListAppend,
    extend: Op::ListExtend,
};
const SET: Growth = Growth {
    build: Op::BuildSet,
    append: Op::SetAdd,
    extend: Op::SetUpdate,
};

impl<'a> Gen<'a> {
    pub(super) fn list(&mut self, e: &'a ExprList, dst: Dst) -> Result<()> {
        self.display(LIST, &e.elts, e.range, dst)
    }

    pub(super) fn set(&mut self, e: &'a ExprSet, dst: Dst) -> Result<()> {
        self.display(SET, &e.elts, e.range, dst)
    }

    fn display(
        &mut self,
        growth: Growth,
        elts: &'a [Expr],
        range: TextRange,
        dst: Dst,
    ) -> Result<()> {
        let base = self.depth;
        if let Some(constants) = self.copied_constants(elts) {
            self.at(range);
            let collection = self.push(range)?;
            self.out.op(growth.build, collection, collection, 0);
            let values = self.push(range)?;
            self.load_const(values, constants, range)?;
            self.out.op(growth.extend, collection, values, 0);
        } else if is_small(elts) {
            self.window(elts)?;
            let to = self.settle(base, dst, range)?;
            self.at(range);
            self.out.op(growth.build, to, base, elts.len() as Reg);
            return Ok(());
        } else {
            self.grow(growth, elts, range)?;
        }
        self.deliver(base, dst, range)
    }

    /// The values of a display that consists of many constants.
    fn copied_constants(&self, elts: &[Expr]) -> Option<Const> {
        if elts.len() < FEWEST_COPIED {
            return None;
        }
        elts.iter()
            .map(|item| self.fold(item))
            .collect::<Option<_>>()
            .map(Const::Tuple)
    }

    /// Evaluates expressions into new temporaries in a row.
    fn window(&mut self, exprs: &'a [Expr]) -> Result<Reg> {
        let first = self.depth;
        exprs
            .iter()
            .try_for_each(|expr| self.argument(expr).map(drop))?;
        Ok(first)
    }

    /// Builds a collection in a new temporary, value by value.
    fn grow(&mut self, growth: Growth, elts: &'a [Expr], range: TextRange) -> Result<Reg> {
        let collection = self.depth;
        let first = elts
            .iter()
            .take(LARGEST_WINDOW / 2)
            .take_while(|item| !item.is_starred_expr())
            .count();
        self.window(&elts[..first])?;
        self.settle(collection, Dst::Top, range)?;
        self.at(range);
        self.out
            .op(growth.build, collection, collection, first as Reg);
        for item in &elts[first..] {
            let (op, item) = match item {
                Expr::Starred(starred) => (growth.extend, &*starred.value),
                item => (growth.append, item),
            };
            let value = self.operand(item, true)?;
            self.at(if op == growth.extend {
                item.range()
            } else {
                range
            });
            self.out.op(op, collection, value, 0);
            self.depth = collection + 1;
        }
        Ok(collection)
    }

    pub(super) fn tuple(&mut self, elts: &'a [Expr], range: TextRange, dst: Dst) -> Result<()> {
        let base = self.depth;
        if is_small(elts) {
            self.window(elts)?;
            let to = self.settle(base, dst, range)?;
            self.at(range);
            self.out.op(Op::BuildTuple, to, base, elts.len() as Reg);
            return Ok(());
        }
        self.grow(LIST, elts, range)?;
        let to = self.settle(base, dst, range)?;
        self.at(range);
        self.out.op(Op::ListToTuple, to, base, 0);
        Ok(())
    }

    pub(super) fn dict(&mut self, e: &'a ExprDict, dst: Dst) -> Result<()> {
        let base = self.depth;
        let is_plain = |item: &&DictItem| item.key.is_some();
        let first = e
            .items
            .iter()
            .take(LARGEST_WINDOW / 2)
            .take_while(is_plain)
            .count();
        for item in &e.items[..first] {
            if let Some(key) = &item.key {
                self.argument(key)?;
                self.argument(&item.value)?;
            }
        }
        self.at(e.range);
        if first == e.items.len() {
            let to = self.settle(base, dst, e.range)?;
            self.out.op(Op::BuildDict, to, base, first as Reg);
            return Ok(());
        }
        self.settle(base, Dst::Top, e.range)?;
        self.out.op(Op::BuildDict, base, base, first as Reg);
        for item in &e.items[first..] {
            if let Some(key) = &item.key {
                let key = self.operand(key, self.is_calm(&item.value))?;
                let value = self.operand(&item.value, true)?;
                self.at(e.range);
                self.out.op(Op::DictSet, base, key, value);
            } else {
                let mapping = self.operand(&item.value, true)?;
                self.at(item.value.range());
                self.out.op(Op::DictUpdate, base, mapping, 0);
            }
            self.depth = base + 1;
        }
        self.deliver(base, dst, e.range)
    }
}

fn is_small(elts: &[Expr]) -> bool {
    elts.len() <= LARGEST_WINDOW && !elts.iter().any(Expr::is_starred_expr)
}
