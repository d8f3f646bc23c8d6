//! What a command prints: tables, and the same rows as JSON.

use anyhow::Context as _;
use comfy_table::{CellAlignment, Table};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Where a command writes its rows besides printing them.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct JsonFile {
    /// Write what is printed to this file, as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl JsonFile {
    /// Writes `rows`, if a file was named.
    pub(crate) fn write(&self, rows: &impl Serialize) -> anyhow::Result<()> {
        match &self.json {
            Some(path) => write_json(path, rows),
            None => Ok(()),
        }
    }
}

/// Writes `value` to `path` as indented JSON with a final newline.
pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> anyhow::Result<()> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// A table in the form of Markdown, so that it can be pasted anywhere. The columns listed in
/// `numeric` are aligned right.
pub(crate) fn table(
    header: &[&str],
    numeric: &[usize],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> String {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::ASCII_MARKDOWN);
    table.set_header(header.iter().copied());
    for row in rows {
        table.add_row(row);
    }
    for &index in numeric {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string()
}
