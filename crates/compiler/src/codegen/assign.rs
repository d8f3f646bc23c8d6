//! Assignment, augmented assignment and deletion.

use super::constant::small_int;
use super::{Dst, Gen, Reg, operator};
use crate::error::{Result, reject};
use crate::nesting::deeper;
use crate::op::Op;
use ruff_python_ast::*;
use ruff_text_size::{Ranged, TextRange};

impl<'a> Gen<'a> {
    pub(super) fn assign(&mut self, s: &'a StmtAssign) -> Result<()> {
        let base = self.depth;
        if let [target] = &*s.targets {
            return self.assign_one(target, &s.value);
        }
        let value = self.top(&s.value)?;
        let (last, others) = s.targets.split_last().expect("an assignment has targets");
        for target in others {
            self.at(s.range);
            let copy = self.push(s.range)?;
            self.out.op(Op::Copy, copy, value, 0);
            self.store(target)?;
        }
        self.store(last)?;
        self.depth = base;
        Ok(())
    }

    pub(super) fn assign_one(&mut self, target: &'a Expr, value: &'a Expr) -> Result<()> {
        match target {
            Expr::Name(name) => self.assign_name(name, value),
            Expr::Attribute(e) => {
                let base = self.depth;
                self.note_static_attribute(e);
                let value = self.operand(value, self.is_calm(&e.value))?;
                self.set_attribute(e, value)?;
                self.depth = base;
                Ok(())
            }
            Expr::Subscript(e) => {
                let base = self.depth;
                let value =
                    self.operand(value, self.is_calm(&e.value) && self.is_calm(&e.slice))?;
                self.set_item(e, value)?;
                self.depth = base;
                Ok(())
            }
            Expr::Tuple(ExprTuple { elts, .. }) | Expr::List(ExprList { elts, .. }) => {
                if let Some(values) = same_shape(elts, value) {
                    self.assign_each(elts, values)
                } else {
                    let base = self.depth;
                    let value = self.operand(value, true)?;
                    self.unpack(elts, value, base, target.range())
                }
            }
            _ => reject(
                target.range(),
                "starred assignment target must be in a list or tuple",
            ),
        }
    }

    fn assign_name(&mut self, name: &'a ExprName, value: &'a Expr) -> Result<()> {
        let base = self.depth;
        if let Some(local) = self.local(&name.id)
            && local <= 255
        {
            let is_itself = matches!(value, Expr::Name(value) if value.id == name.id);
            if !is_itself {
                return self.expr(value, Dst::Local(local));
            }
            self.top(value)?;
        } else {
            let value = self.operand(value, true)?;
            self.at(name.range);
            self.store_register(&name.id, value, name.range)?;
            self.depth = base;
            return Ok(());
        }
        self.at(name.range);
        self.store_top(&name.id, name.range)
    }

    /// `a, b = x, y`: all values first, then all targets.
    fn assign_each(&mut self, targets: &'a [Expr], values: &'a [Expr]) -> Result<()> {
        let base = self.depth;
        values
            .iter()
            .try_for_each(|value| self.top(value).map(drop))?;
        targets
            .iter()
            .enumerate()
            .try_for_each(|(at, target)| self.store_from(target, base + at as Reg))?;
        self.depth = base;
        Ok(())
    }

    /// Assigns the temporary on top.
    pub(super) fn store(&mut self, target: &'a Expr) -> Result<()> {
        let value = self.depth - 1;
        self.store_from(target, value)?;
        self.depth = value;
        Ok(())
    }

    /// Assigns a temporary, which is consumed but stays counted in `depth`.
    pub(super) fn store_from(&mut self, target: &'a Expr, value: Reg) -> Result<()> {
        deeper(|| match target {
            Expr::Name(name) => {
                self.at(name.range);
                self.store_register(&name.id, value, name.range)
            }
            Expr::Attribute(e) => {
                self.note_static_attribute(e);
                let base = self.depth;
                self.set_attribute(e, value)?;
                self.depth = base;
                Ok(())
            }
            Expr::Subscript(e) => {
                let base = self.depth;
                self.set_item(e, value)?;
                self.depth = base;
                Ok(())
            }
            Expr::Tuple(ExprTuple { elts, .. }) | Expr::List(ExprList { elts, .. }) => {
                let base = self.depth;
                self.unpack(elts, value, base, target.range())
            }
            _ => reject(
                target.range(),
                "starred assignment target must be in a list or tuple",
            ),
        })
    }

    fn set_attribute(&mut self, e: &'a ExprAttribute, value: Reg) -> Result<()> {
        let object = self.operand(&e.value, true)?;
        let (name, cache) = (self.mangled(&e.attr, e.attr.range)?, self.cache());
        let range = self.attribute_range(e.range, e);
        self.at(range);
        self.out.extra(Op::SetAttr, [object, value, 0], name, cache);
        Ok(())
    }

    fn set_item(&mut self, e: &'a ExprSubscript, value: Reg) -> Result<()> {
        if let Some(key) = self.constant_key(&e.slice) {
            let object = self.operand(&e.value, true)?;
            let (key, cache) = (self.constant(key, e.slice.range())?, self.cache());
            self.at(e.range);
            self.out
                .extra(Op::SetItemConst, [object, value, 0], key, cache);
            return Ok(());
        }
        let object = self.operand(&e.value, self.is_calm(&e.slice))?;
        let index = self.operand(&e.slice, true)?;
        self.at(e.range);
        self.out.op(Op::SetItem, object, index, value);
        Ok(())
    }

    /// Unpacks `R[value]` into `targets`; temporaries from `base` on are free afterwards.
    fn unpack(
        &mut self,
        targets: &'a [Expr],
        value: Reg,
        base: Reg,
        range: TextRange,
    ) -> Result<()> {
        let star = targets.iter().position(Expr::is_starred_expr);
        if star.is_some_and(|star| targets[star + 1..].iter().any(Expr::is_starred_expr)) {
            return reject(range, "multiple starred expressions in assignment");
        }
        let first = self.push_many(targets.len(), range)?;
        self.at(range);
        match star {
            Some(star) => {
                let after = targets.len() - star - 1;
                self.out
                    .extra(Op::UnpackStar, [first, value, 0], star as u16, after as u16);
            }
            None => self
                .out
                .op(Op::UnpackSequence, first, value, targets.len() as Reg),
        }
        for (at, target) in targets.iter().enumerate() {
            let target = if let Expr::Starred(starred) = target {
                &*starred.value
            } else {
                target
            };
            self.store_from(target, first + at as Reg)?;
        }
        self.depth = base;
        Ok(())
    }

    /// Remembers that a method sets an attribute, for `__static_attributes__`.
    fn note_static_attribute(&self, e: &ExprAttribute) {
        if matches!(&*e.value, Expr::Name(name) if name.id == "self")
            && let Some(class) = self.program.static_attributes.borrow_mut().last_mut()
        {
            class.insert(e.attr.id.clone());
        }
    }

    pub(super) fn aug_assign(&mut self, s: &'a StmtAugAssign) -> Result<()> {
        let base = self.depth;
        match &*s.target {
            Expr::Name(name) => {
                if let Some(local) = self.local(&name.id).filter(|&local| local <= 255) {
                    let is_calm = self.is_calm(&s.value);
                    let left = self.operand(&s.target, is_calm)?;
                    self.in_place(s, local, left)?;
                    self.out.bound.set(local, self.layout.may_be_tracked(local));
                } else {
                    let value = self.depth;
                    self.read(&name.id, Dst::Top, name.range)?;
                    self.in_place(s, value, value)?;
                    self.at(name.range);
                    self.depth = value + 1;
                    self.store_top(&name.id, name.range)?;
                }
            }
            Expr::Attribute(e) => {
                self.note_static_attribute(e);
                let object = self.operand(&e.value, self.is_calm(&s.value))?;
                let again = self.borrow_temporary(object, e.range)?;
                let name = self.mangled(&e.attr, e.attr.range)?;
                let range = self.attribute_range(e.range, e);
                let cache = self.cache();
                self.depth = if self.is_temporary(object) {
                    object + 1
                } else {
                    base
                };
                let value = self.push(e.range)?;
                self.at(range);
                self.out.extra(Op::GetAttr, [value, again, 0], name, cache);
                self.in_place(s, value, value)?;
                self.at(range);
                let cache = self.cache();
                self.out.extra(Op::SetAttr, [object, value, 0], name, cache);
            }
            Expr::Subscript(e) => self.aug_assign_item(s, e)?,
            target => {
                return reject(
                    target.range(),
                    "illegal expression for augmented assignment",
                );
            }
        }
        self.depth = base;
        Ok(())
    }

    fn aug_assign_item(&mut self, s: &'a StmtAugAssign, e: &'a ExprSubscript) -> Result<()> {
        let is_calm = self.is_calm(&s.value);
        let object = self.operand(&e.value, is_calm && self.is_calm(&e.slice))?;
        let key = self.constant_key(&e.slice);
        let index = match &key {
            Some(_) => None,
            None => Some(self.operand(&e.slice, is_calm)?),
        };
        let value = self.push(e.range)?;
        let object_again = self.borrow_temporary(object, e.range)?;
        self.at(e.range);
        let key = key
            .map(|key| self.constant(key, e.slice.range()))
            .transpose()?;
        if let Some(key) = key {
            let cache = self.cache();
            self.out
                .extra(Op::GetItemConst, [value, object_again, 0], key, cache);
        } else if let Some(index) = index {
            let index_again = self.borrow_temporary(index, e.range)?;
            self.out.op(Op::GetItem, value, object_again, index_again);
        }
        self.depth = value + 1;
        self.in_place(s, value, value)?;
        self.at(e.range);
        if let Some(key) = key {
            let cache = self.cache();
            self.out
                .extra(Op::SetItemConst, [object, value, 0], key, cache);
        } else if let Some(index) = index {
            self.out.op(Op::SetItem, object, index, value);
        }
        Ok(())
    }

    /// `R[to] = R[left] op= value`.
    fn in_place(&mut self, s: &'a StmtAugAssign, to: Reg, left: Reg) -> Result<()> {
        let (op, immediate) = operator::in_place(s.op);
        if let (Some(op), Some(value)) = (immediate, small_int(&s.value)) {
            self.at(s.range);
            self.out.op(op, to, left, Reg::from(value as u8));
            return Ok(());
        }
        let right = self.operand(&s.value, true)?;
        self.at(s.range);
        self.out.op(op, to, left, right);
        Ok(())
    }

    pub(super) fn delete(&mut self, target: &'a Expr) -> Result<()> {
        let base = self.depth;
        deeper(|| {
            match target {
                Expr::Name(name) => {
                    self.at(name.range);
                    self.delete_name(&name.id, name.range)?;
                }
                Expr::Attribute(e) => {
                    let object = self.operand(&e.value, true)?;
                    let (name, cache) = (self.mangled(&e.attr, e.attr.range)?, self.cache());
                    let range = self.attribute_range(e.range, e);
                    self.at(range);
                    self.out.extra(Op::DeleteAttr, [object, 0, 0], name, cache);
                }
                Expr::Subscript(e) => {
                    let object = self.operand(&e.value, self.is_calm(&e.slice))?;
                    let index = self.operand(&e.slice, true)?;
                    self.at(e.range);
                    self.out.op(Op::DeleteItem, object, index, 0);
                }
                Expr::Tuple(ExprTuple { elts, .. }) | Expr::List(ExprList { elts, .. }) => {
                    elts.iter().try_for_each(|target| self.delete(target))?;
                }
                _ => return reject(target.range(), "cannot delete this expression"),
            }
            self.depth = base;
            Ok(())
        })
    }
}

/// The values of a tuple display that has as many items as there are targets, none starred.
fn same_shape<'e>(targets: &[Expr], value: &'e Expr) -> Option<&'e [Expr]> {
    let (Expr::Tuple(ExprTuple { elts, .. }) | Expr::List(ExprList { elts, .. })) = value else {
        return None;
    };
    let is_plain = |exprs: &[Expr]| !exprs.iter().any(Expr::is_starred_expr);
    let is_same = elts.len() == targets.len()
        && (1..=16).contains(&elts.len())
        && is_plain(elts)
        && is_plain(targets);
    is_same.then_some(elts)
}
