//! The files that the rules look at: their text, and for Rust their tokens.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Every text file of the workspace that the rules concern.
pub(super) struct Tree {
    pub(super) files: Vec<Source>,
}

/// One file.
pub(super) struct Source {
    /// Its path below the top, with slashes.
    pub(super) path: String,
    pub(super) text: String,
    /// The tokens of a Rust file in order, brackets included; none if they cannot be told apart.
    pub(super) tokens: Option<Vec<Token>>,
}

/// A token, comments and the contents of literals left out.
pub(super) struct Token {
    pub(super) text: String,
    pub(super) line: usize,
}

/// A path that is named, in full even where a `use` groups several.
pub(super) struct Path<'a> {
    pub(super) segments: Vec<&'a str>,
    pub(super) line: usize,
}

const EXTENSIONS: [&str; 6] = ["rs", "toml", "md", "py", "sh", "lock"];

impl Tree {
    /// Reads the tree below `root`, built files and hidden folders left out.
    pub(super) fn read(root: &std::path::Path) -> anyhow::Result<Self> {
        let is_source = |entry: &walkdir::DirEntry| {
            let name = entry.file_name().to_string_lossy();
            entry.depth() == 0 || !(name.starts_with('.') || name.starts_with("target"))
        };
        let mut files = Vec::new();
        for entry in walkdir::WalkDir::new(root)
            .sort_by_file_name()
            .into_iter()
            .filter_entry(is_source)
        {
            let entry = entry?;
            let extension = entry
                .path()
                .extension()
                .unwrap_or_default()
                .to_string_lossy();
            if !entry.file_type().is_file() || !EXTENSIONS.contains(&&*extension) {
                continue;
            }
            let path = entry
                .path()
                .strip_prefix(root)?
                .to_string_lossy()
                .into_owned();
            files.push(Source::new(path, std::fs::read_to_string(entry.path())?));
        }
        Ok(Self { files })
    }

    /// The file with this path.
    pub(super) fn get(&self, path: &str) -> Option<&Source> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The Rust files.
    pub(super) fn rust(&self) -> impl Iterator<Item = &Source> {
        self.files.iter().filter(|file| file.has_extension("rs"))
    }

    /// The folders of the workspace's members.
    pub(super) fn members(&self) -> impl Iterator<Item = &str> {
        let manifests = self
            .files
            .iter()
            .filter_map(|file| file.path.strip_suffix("/Cargo.toml"));
        manifests.filter(|folder| *folder == "xtask" || is_crate(folder))
    }
}

fn is_crate(folder: &str) -> bool {
    folder
        .strip_prefix("crates/")
        .is_some_and(|name| !name.contains('/'))
}

impl Source {
    fn new(path: String, text: String) -> Self {
        let tokens = (extension(&path) == "rs")
            .then(|| text.parse::<TokenStream>().ok())
            .flatten()
            .map(|stream| {
                let mut tokens = Vec::new();
                flatten(stream, &mut tokens);
                tokens
            });
        Self { path, text, tokens }
    }

    /// Whether its name ends so, after a dot.
    pub(super) fn has_extension(&self, wanted: &str) -> bool {
        extension(&self.path) == wanted
    }

    /// Its tokens, or none if it is not Rust.
    pub(super) fn tokens(&self) -> &[Token] {
        self.tokens.as_deref().unwrap_or_default()
    }

    /// Every path that it names.
    pub(super) fn paths(&self) -> Vec<Path<'_>> {
        let tokens = self.tokens();
        let mut paths = Vec::new();
        let mut index = 0;
        while index < tokens.len() {
            index = read_path(tokens, index, &[], &mut paths).max(index + 1);
        }
        paths
    }

    /// The crate it belongs to and its path below that crate's folder.
    pub(super) fn place(&self) -> Option<(&str, &str)> {
        match self.path.strip_prefix("crates/") {
            Some(below) => below.split_once('/'),
            None => Some(("xtask", self.path.strip_prefix("xtask/")?)),
        }
    }

    /// Whether it is part of what a crate ships, not of its tests or benchmarks.
    pub(super) fn is_shipped(&self) -> bool {
        self.place()
            .is_some_and(|(_, below)| below.starts_with("src/"))
    }
}

fn extension(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, extension)| extension)
}

fn flatten(stream: TokenStream, into: &mut Vec<Token>) {
    for tree in stream {
        let line = tree.span().start().line;
        let mut push = |text: &str| {
            into.push(Token {
                text: text.to_owned(),
                line,
            });
        };
        match tree {
            TokenTree::Ident(ident) => push(&ident.to_string()),
            TokenTree::Punct(punct) => push(&punct.as_char().to_string()),
            TokenTree::Literal(_) => push("literal"),
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                push(open);
                flatten(group.stream(), into);
                into.push(Token {
                    text: close.to_owned(),
                    line: group.span_close().start().line,
                });
            }
        }
    }
}

/// Reads the path that starts at `start`, if one does, and returns where it ends.
fn read_path<'a>(
    tokens: &'a [Token],
    start: usize,
    prefix: &[&'a str],
    paths: &mut Vec<Path<'a>>,
) -> usize {
    let text = |index: usize| tokens.get(index).map_or("", |token| token.text.as_str());
    let mut segments = prefix.to_vec();
    let mut index = start;
    while is_name(text(index)) {
        segments.push(text(index));
        index += 1;
        if text(index) != ":" || text(index + 1) != ":" {
            break;
        }
        index += 2;
    }
    if index == start {
        return start;
    }
    if text(index) == "{" && text(index - 1) == ":" {
        index += 1;
        while !matches!(text(index), "}" | "") {
            index = read_path(tokens, index, &segments, paths).max(index + 1);
        }
        return index + 1;
    }
    paths.push(Path {
        segments,
        line: tokens[start].line,
    });
    index
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_alphabetic() || first == '_')
}
