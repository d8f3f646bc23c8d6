//! The text of a program and where its lines are.

use crate::code::Position;
use ruff_text_size::{TextRange, TextSize};

/// A program's text with an index of its lines.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    pub(crate) text: &'a str,
    starts: Vec<u32>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let ends_line = |(at, &byte): (usize, &u8)| match byte {
            b'\n' => Some(at as u32 + 1),
            b'\r' if bytes.get(at + 1) != Some(&b'\n') => Some(at as u32 + 1),
            _ => None,
        };
        let starts = std::iter::once(0)
            .chain(bytes.iter().enumerate().filter_map(ends_line))
            .collect();
        Self { text, starts }
    }

    /// Line (from 1) and column (bytes, from 0).
    fn line_and_column(&self, at: TextSize) -> (u32, u32) {
        let at = u32::from(at);
        let line = self.starts.partition_point(|&start| start <= at);
        (line as u32, at - self.starts[line - 1])
    }

    pub(crate) fn line(&self, at: TextSize) -> u32 {
        self.line_and_column(at).0
    }

    pub(crate) fn position(&self, range: TextRange) -> Position {
        let (line, column) = self.line_and_column(range.start());
        let (end_line, end_column) = self.line_and_column(range.end());
        Position {
            line,
            end_line,
            column,
            end_column,
        }
    }

    /// Line (from 1) and offset (characters, from 1).
    pub(crate) fn line_and_offset(&self, at: TextSize) -> (u32, u32) {
        let (line, column) = self.line_and_column(at);
        let start = self.starts[line as usize - 1] as usize;
        let before = &self.text[start..start + column as usize];
        (line, before.chars().count() as u32 + 1)
    }

    /// Text of a line, with its end.
    pub(crate) fn line_text(&self, line: u32) -> Option<&'a str> {
        let start = *self.starts.get(line as usize - 1)? as usize;
        let end = self
            .starts
            .get(line as usize)
            .map_or(self.text.len(), |&end| end as usize);
        Some(&self.text[start..end])
    }

    /// Where a line starts.
    pub(crate) fn line_start(&self, line: u32) -> TextSize {
        self.starts
            .get(line as usize - 1)
            .map_or(self.text.len() as u32, |&start| start)
            .into()
    }

    pub(crate) fn slice(&self, range: TextRange) -> &'a str {
        &self.text[range]
    }
}
