//! Generics.
use super::{Gen, Reg};
use crate::error::{Result, reject};
use ruff_python_ast::*;
use ruff_text_size::TextRange;
impl<'a> Gen<'a> {
    pub(super) fn type_alias(&mut self, s: &'a StmtTypeAlias) -> Result<()> {
        reject(s.range, "type statement is not supported yet")
    }
    pub(super) fn generic_class(&mut self, def: &'a StmtClassDef, _whole: TextRange) -> Result<()> {
        reject(def.range, "generic class is not supported yet")
    }
    pub(super) fn generic_function(
        &mut self,
        def: &'a StmtFunctionDef,
        _w: Reg,
        _g: Reg,
        _whole: TextRange,
    ) -> Result<()> {
        reject(def.range, "generic function is not supported yet")
    }
}
