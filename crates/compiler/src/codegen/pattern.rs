//! `match`.
use super::Gen;
use crate::error::{Result, reject};
use ruff_python_ast::*;
impl<'a> Gen<'a> {
    pub(super) fn match_statement(&mut self, s: &'a StmtMatch) -> Result<()> {
        reject(s.range, "match is not supported yet")
    }
}
