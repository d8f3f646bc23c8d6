//! Programs of the corpus, damaged at random: the compiler answers with an error or with code that
//! verifies, and never panics.
//!
//! The number of cases is bounded for CI; `PROPTEST_CASES=1000000` runs for as long as one likes.

#![allow(
    clippy::disallowed_types,
    reason = "the strategies of the test library are shared by it"
)]

use proptest::prelude::*;
use proptest::sample::Index;
use selvedge_compiler::{Mode, compile, verify};
use std::path::{Path, PathBuf};

fn python_files(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("the corpus is there") {
        let path = entry.expect("the corpus can be read").path();
        if path.is_dir() {
            python_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "py") {
            files.push(path);
        }
    }
}

/// The text of every program of the corpus.
fn corpus() -> Vec<String> {
    let mut files = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/programs");
    python_files(&root, &mut files);
    files.sort();
    assert!(!files.is_empty(), "no program in {}", root.display());
    let read = |path| std::fs::read_to_string(path).expect("a program is text");
    files.iter().map(read).collect()
}

/// A program's text, cut into words, numbers, blanks, line ends and single signs.
fn tokens(text: &str) -> Vec<&str> {
    let kind = |c: char| match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => 1,
        ' ' => 2,
        _ => 0,
    };
    let mut tokens = Vec::new();
    let mut start = 0;
    let mut before = 0;
    for (at, c) in text.char_indices() {
        if at > start && (kind(c) != before || before == 0) {
            tokens.push(&text[start..at]);
            start = at;
        }
        before = kind(c);
    }
    tokens.push(&text[start..]);
    tokens
}

/// One injury to a program.
#[derive(Clone, Debug)]
enum Damage {
    Delete(Index, usize),
    Duplicate(Index, usize),
    Swap(Index, Index),
    /// Tokens of another program, put in.
    Splice(Index, Index, Index, usize),
    Insert(Index, String),
    /// Another character in place of one.
    Replace(Index, char),
    Cut(Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<Index>;
    prop_oneof![
        (at(), 1..6usize).prop_map(|(at, count)| Damage::Delete(at, count)),
        (at(), 1..12usize).prop_map(|(at, count)| Damage::Duplicate(at, count)),
        (at(), at()).prop_map(|(a, b)| Damage::Swap(a, b)),
        (at(), at(), at(), 1..40usize)
            .prop_map(|(at, program, from, count)| { Damage::Splice(at, program, from, count) }),
        (at(), "[\\PC\n\t\\\\'\"{}()\\[\\]:]{1,4}").prop_map(|(at, text)| Damage::Insert(at, text)),
        (at(), any::<char>()).prop_map(|(at, c)| Damage::Replace(at, c)),
        at().prop_map(Damage::Cut),
    ]
}

/// A window of a program, so that the errors are not all about its first lines.
fn window(text: &str, start: Index, lines: usize) -> String {
    let all: Vec<&str> = text.split_inclusive('\n').collect();
    let start = start.index(all.len());
    all[start..(start + lines).min(all.len())].concat()
}

fn apply(text: &str, damage: &Damage, corpus: &[String]) -> String {
    let mut tokens: Vec<String> = tokens(text).into_iter().map(str::to_owned).collect();
    let len = tokens.len();
    let range = |at: &Index, count: usize| {
        let start = at.index(len);
        start..(start + count).min(len)
    };
    match damage {
        Damage::Delete(at, count) => drop(tokens.drain(range(at, *count))),
        Damage::Duplicate(at, count) => {
            let range = range(at, *count);
            let copy = tokens[range.clone()].to_vec();
            tokens.splice(range.start..range.start, copy);
        }
        Damage::Swap(a, b) => tokens.swap(a.index(len), b.index(len)),
        Damage::Splice(at, program, from, count) => {
            let other = self::tokens(&corpus[program.index(corpus.len())]);
            let from = from.index(other.len());
            let part = &other[from..(from + count).min(other.len())];
            let at = at.index(len);
            tokens.splice(at..at, part.iter().map(|token| (*token).to_owned()));
        }
        Damage::Insert(at, text) => tokens.insert(at.index(len), text.clone()),
        Damage::Replace(at, c) => {
            let mut chars: Vec<char> = text.chars().collect();
            if !chars.is_empty() {
                let at = at.index(chars.len());
                chars[at] = *c;
            }
            return chars.into_iter().collect();
        }
        Damage::Cut(at) => tokens.truncate(at.index(len)),
    }
    tokens.concat()
}

fn try_compile(source: &str, mode: Mode) -> Result<(), TestCaseError> {
    match compile(source, "f.py", mode) {
        Ok(code) => prop_assert_eq!(verify(&code), Ok(()), "{}\n{}", source, code),
        Err(error) => prop_assert!(!error.message.is_empty(), "{}", source),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn damaged_programs_compile_or_are_rejected(
        program in any::<Index>(),
        start in any::<Index>(),
        lines in 1..60usize,
        damages in proptest::collection::vec(damage(), 1..6),
    ) {
        let corpus = corpus();
        let mut source = window(&corpus[program.index(corpus.len())], start, lines);
        for damage in &damages {
            source = apply(&source, damage, &corpus);
        }
        try_compile(&source, Mode::Exec)?;
        try_compile(&source, Mode::Eval)?;
    }

    #[test]
    fn random_bytes_compile_or_are_rejected(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        try_compile(&String::from_utf8_lossy(&bytes), Mode::Exec)?;
    }
}
