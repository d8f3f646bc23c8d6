//! Recursion over the program's tree without overflowing the stack.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, Mod, Pattern, Stmt};

/// Stack that must be left before going deeper.
const RED_ZONE: usize = 128 * 1024;
/// Size of a further piece of stack.
const PIECE: usize = 2 * 1024 * 1024;

/// Calls `f`, on a new piece of stack if this one is about to end.
#[inline]
pub(crate) fn deeper<T>(f: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(RED_ZONE, PIECE, f)
}

/// Drops a tree, which may be deep.
pub(crate) fn dispose(tree: Mod) {
    let depth = depth(&tree);
    if depth < SHALLOW {
        drop(tree);
    } else {
        stacker::grow(depth * DROP_FRAME, || drop(tree));
    }
}

/// A tree that the stack surely suffices to drop.
const SHALLOW: usize = 200;
/// The most stack that dropping one level takes.
const DROP_FRAME: usize = 2 * 1024;

/// How many levels a tree has.
fn depth(tree: &Mod) -> usize {
    let mut measure = Measure::default();
    match tree {
        Mod::Module(module) => measure.visit_body(&module.body),
        Mod::Expression(expression) => measure.visit_expr(&expression.body),
    }
    measure.deepest
}

#[derive(Default)]
struct Measure {
    here: usize,
    deepest: usize,
}

impl Measure {
    fn level(&mut self, walk: impl FnOnce(&mut Self)) {
        self.here += 1;
        self.deepest = self.deepest.max(self.here);
        deeper(|| walk(self));
        self.here -= 1;
    }
}

impl<'a> Visitor<'a> for Measure {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        self.level(|measure| visitor::walk_stmt(measure, stmt));
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        self.level(|measure| visitor::walk_expr(measure, expr));
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        self.level(|measure| visitor::walk_pattern(measure, pattern));
    }
}
