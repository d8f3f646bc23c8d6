//! `except*`.
use super::Gen;
use crate::error::{Result, reject};
use ruff_python_ast::*;
impl<'a> Gen<'a> {
    pub(super) fn try_star(&mut self, s: &'a StmtTry) -> Result<()> {
        reject(s.range, "except* is not supported yet")
    }
}
