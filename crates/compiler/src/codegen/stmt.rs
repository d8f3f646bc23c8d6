//! Statements.

use super::{Dst, Gen, Mode};
use crate::error::{Result, reject};
use crate::future;
use crate::nesting::deeper;
use crate::op::{Common, Intrinsic, Op};
use crate::symbols::ScopeKind;
use ruff_python_ast::*;
use ruff_text_size::Ranged;

impl<'a> Gen<'a> {
    pub(super) fn body(&mut self, body: &'a [Stmt]) -> Result<()> {
        body.iter().try_for_each(|stmt| self.stmt(stmt))
    }

    fn stmt(&mut self, stmt: &'a Stmt) -> Result<()> {
        let base = self.depth;
        deeper(|| self.stmt_here(stmt))?;
        debug_assert_eq!(self.depth, base, "a statement leaves no temporary");
        Ok(())
    }

    fn stmt_here(&mut self, stmt: &'a Stmt) -> Result<()> {
        match stmt {
            Stmt::FunctionDef(s) => self.function(s),
            Stmt::ClassDef(s) => self.class(s),
            Stmt::Return(s) => self.return_statement(s),
            Stmt::Delete(s) => s.targets.iter().try_for_each(|target| self.delete(target)),
            Stmt::TypeAlias(s) => self.type_alias(s),
            Stmt::Assign(s) => self.assign(s),
            Stmt::AugAssign(s) => self.aug_assign(s),
            Stmt::AnnAssign(s) => self.annotated_assignment(s),
            Stmt::For(s) => self.for_statement(s),
            Stmt::While(s) => self.while_statement(s),
            Stmt::If(s) => self.if_statement(s),
            Stmt::With(s) => self.with_statement(s),
            Stmt::Match(s) => self.match_statement(s),
            Stmt::Raise(s) => self.raise(s),
            Stmt::Try(s) => self.try_statement(s),
            Stmt::Assert(s) => self.assert(s),
            Stmt::Import(s) => self.import(s),
            Stmt::ImportFrom(s) => self.import_from(s),
            Stmt::Global(_) | Stmt::Nonlocal(_) => Ok(()),
            Stmt::Expr(s) => self.expression_statement(s),
            Stmt::Pass(s) => {
                self.at(s.range);
                self.out.op(Op::Nop, 0, 0, 0);
                Ok(())
            }
            Stmt::Break(s) => self.break_loop(s.range),
            Stmt::Continue(s) => self.continue_loop(s.range),
            Stmt::IpyEscapeCommand(s) => reject(s.range, "invalid syntax"),
        }
    }

    fn expression_statement(&mut self, s: &'a StmtExpr) -> Result<()> {
        let base = self.depth;
        if self.program.mode == Mode::Single && self.kind == ScopeKind::Module {
            let value = self.operand(&s.value, true)?;
            self.depth = base;
            self.at(s.value.range());
            let shown = self.push(s.range)?;
            self.out
                .op(Op::Intrinsic, shown, value, Intrinsic::Print as u16);
            self.out.op(Op::Drop, shown, 0, 0);
        } else if !self.has_no_effect(&s.value) {
            let value = self.top(&s.value)?;
            self.at(s.value.range());
            self.out.op(Op::Drop, value, 0, 0);
        }
        self.depth = base;
        Ok(())
    }

    fn has_no_effect(&self, expr: &Expr) -> bool {
        expr.is_literal_expr() && !matches!(expr, Expr::NumberLiteral(_))
            || matches!(expr, Expr::Name(name) if self.local(&name.id).is_some_and(|local| self.out.bound.has(local)))
    }

    fn raise(&mut self, s: &'a StmtRaise) -> Result<()> {
        let base = self.depth;
        match (&s.exc, &s.cause) {
            (None, _) => {
                self.at(s.range);
                self.out.op(Op::Raise, 0, 0, 0);
            }
            (Some(exception), None) => {
                let exception = self.operand(exception, true)?;
                self.at(s.range);
                self.out.op(Op::Raise, exception, 0, 1);
            }
            (Some(exception), Some(cause)) => {
                let exception = self.operand(exception, self.is_calm(cause))?;
                let cause = self.operand(cause, true)?;
                self.at(s.range);
                self.out.op(Op::Raise, exception, cause, 2);
            }
        }
        self.depth = base;
        Ok(())
    }

    fn assert(&mut self, s: &'a StmtAssert) -> Result<()> {
        let base = self.depth;
        let end = self.label();
        self.jump_if(&s.test, true, end)?;
        let range = s.test.range();
        self.at(range);
        let class = self.push(range)?;
        self.out
            .op(Op::LoadCommon, class, Common::AssertionError as u16, 0);
        if let Some(message) = &s.msg {
            self.begin_arguments(class, range)?;
            self.argument(message)?;
            self.at(range);
            self.settle(class, Dst::Top, range)?;
            self.out.op(Op::Call, class, 1, class);
        }
        self.at(range);
        self.out.op(Op::Raise, class, 0, 1);
        self.out.place(end);
        self.depth = base;
        Ok(())
    }
}

/// Rejects future imports among `body`, which is not the beginning of the module.
pub(super) fn future_imports_come_first(body: &[Stmt]) -> Result<()> {
    for stmt in body {
        if let Stmt::ImportFrom(import) = stmt
            && future::is_future(import)
        {
            return reject(
                import.range,
                "from __future__ imports must occur at the beginning of the file",
            );
        }
    }
    Ok(())
}
