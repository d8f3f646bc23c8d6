//! Annotations.
use super::{Dst, Gen};
use crate::error::Result;
use ruff_python_ast::*;
use ruff_text_size::TextRange;
impl<'a> Gen<'a> {
    pub(super) fn annotated_assignment(&mut self, s: &'a StmtAnnAssign) -> Result<()> {
        if let Some(value) = &s.value {
            self.expr(value, Dst::Top)?;
            self.store(&s.target)?;
        }
        Ok(())
    }
    pub(super) fn finish_annotations<T>(&mut self, _node: &'a T) -> Result<()> {
        Ok(())
    }
    pub(super) fn annotate_function(
        &mut self,
        _def: &'a StmtFunctionDef,
        _range: TextRange,
    ) -> Result<bool> {
        Ok(false)
    }
}
