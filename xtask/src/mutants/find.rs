//! Finding the places: a walk over a file's syntax tree.
//!
//! What stands inside a macro call or a macro's definition is not looked into, nor are tests and
//! what only prints.

use super::claims::{self, Claim};
use super::mutant::{CHOSEN, Edit, Kind, Mutant, Switch};
use super::operators;
use anyhow::Context as _;
use std::ops::Range;
use std::path::Path;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, Expr, Stmt};

/// The mutants of one file, and the claims in it that concern none of them.
pub(super) fn mutants_of(
    krate: &str,
    file: &str,
    text: &str,
) -> anyhow::Result<(Vec<Mutant>, Vec<Claim>)> {
    let tree = syn::parse_file(text).with_context(|| format!("{file} is not Rust"))?;
    let mut finder = Finder {
        text,
        found: Vec::new(),
        constant: 0,
        statement: 0,
        swapped_to: 0,
    };
    finder.visit_file(&tree);
    let mut claims = claims::claims(text);
    let mut mutants = Vec::new();
    for found in finder.found {
        let line = line_of(text, found.at);
        let statement = line_of(text, found.statement);
        let claim = claims::take(&mut claims, found.kind, &found.change, &[line, statement]);
        mutants.push(Mutant {
            kind: found.kind,
            krate: krate.to_owned(),
            file: file.to_owned(),
            line,
            change: found.change,
            edit: found.edit,
            switch: found.switch,
            claim,
        });
    }
    claims.retain(|claim| !claim.used);
    Ok((mutants, claims))
}

/// The line of a byte, counted from 1.
fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// A place found, before its line and its equivalence are known.
struct Found {
    kind: Kind,
    change: String,
    edit: Edit,
    switch: Option<Switch>,
    /// Where the change is, and where the statement starts that it is in.
    at: usize,
    statement: usize,
}

/// The walk. The operators add what they find.
pub(super) struct Finder<'a> {
    text: &'a str,
    found: Vec<Found>,
    /// How many constant contexts enclose the place: nothing is decided at run time there.
    constant: usize,
    /// Where the innermost statement starts.
    statement: usize,
    /// The end of the last two statements that were exchanged: a switch around two statements
    /// cannot overlap another one.
    swapped_to: usize,
}

impl Finder<'_> {
    /// The source of a piece of syntax.
    pub(super) fn source(&self, syntax: &impl Spanned) -> &str {
        &self.text[syntax.span().byte_range()]
    }

    /// The source of a piece of syntax on one line, shortened for reading.
    pub(super) fn short(&self, syntax: &impl Spanned) -> String {
        shorten(self.source(syntax))
    }

    /// Whether the innermost statement starts with the expression.
    pub(super) fn starts_statement(&self, expression: &Expr) -> bool {
        expression.span().byte_range().start == self.statement
    }

    /// The expression in `range` becomes `text`.
    pub(super) fn replace(
        &mut self,
        kind: Kind,
        range: Range<usize>,
        text: String,
        change: String,
    ) {
        let switch = Switch::Around {
            range: range.clone(),
            before: format!("(if {CHOSEN} {{ {text} }} else {{ "),
            after: " })".to_owned(),
        };
        self.push(kind, Edit { range, text }, Some(switch), change);
    }

    /// The statement in `range` becomes `text`.
    pub(super) fn replace_statement(
        &mut self,
        kind: Kind,
        range: Range<usize>,
        text: String,
        change: String,
    ) {
        let switch = Switch::Around {
            range: range.clone(),
            before: format!("if {CHOSEN} {{ {text} }} else {{ "),
            after: " }".to_owned(),
        };
        self.push(kind, Edit { range, text }, Some(switch), change);
    }

    /// The condition in `range` holds always.
    pub(super) fn always(&mut self, kind: Kind, range: Range<usize>, change: String) {
        let switch = Switch::Around {
            range: range.clone(),
            before: format!("({CHOSEN} || ("),
            after: "))".to_owned(),
        };
        let text = format!("(true || ({}))", &self.text[range.clone()]);
        self.push(kind, Edit { range, text }, Some(switch), change);
    }

    /// `text` is run at `position` besides; `before` goes there in any case.
    pub(super) fn insert(&mut self, kind: Kind, position: usize, text: &str, change: String) {
        let edit = Edit {
            range: position..position,
            text: format!("; {text}"),
        };
        let switch = Switch::At {
            position,
            text: format!("; if {CHOSEN} {{ {text} }}"),
        };
        self.push(kind, edit, Some(switch), change);
    }

    fn push(&mut self, kind: Kind, edit: Edit, switch: Option<Switch>, change: String) {
        self.found.push(Found {
            kind,
            change,
            at: edit.range.start,
            statement: self.statement.min(edit.range.start),
            switch: switch.filter(|_| self.constant == 0),
            edit,
        });
    }

    /// Two statements in a row, exchanged.
    fn exchange(&mut self, first: &Stmt, second: &Stmt, change: String) {
        let (start, end) = (
            first.span().byte_range().start,
            second.span().byte_range().end,
        );
        let text = format!("{} {}", self.source(second), self.source(first));
        let overlaps = start < self.swapped_to;
        self.replace_statement(Kind::EarlyUnlock, start..end, text, change);
        if overlaps {
            self.found.last_mut().expect("pushed above").switch = None;
        } else {
            self.swapped_to = end;
        }
    }

    fn in_constant(&mut self, walk: impl FnOnce(&mut Self)) {
        self.constant += 1;
        walk(self);
        self.constant -= 1;
    }

    fn function(&mut self, signature: &syn::Signature, block: &Block) {
        if signature.constness.is_some() {
            self.in_constant(|finder| finder.visit_block(block));
        } else {
            self.visit_block(block);
        }
    }
}

/// Some source on one line, shortened for reading.
pub(super) fn shorten(source: &str) -> String {
    const LONGEST: usize = 64;
    let without_comments = source
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default());
    let words: Vec<_> = without_comments.flat_map(str::split_whitespace).collect();
    let line = words
        .join(" ")
        .replace("( ", "(")
        .replace(", )", ")")
        .replace(" .", ".");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Whether a file holds the tests of a module, by its name: `tests.rs`, or in a folder `tests`.
pub(super) fn is_test_file(path: &Path) -> bool {
    path.file_stem() == Some("tests".as_ref())
        || path
            .parent()
            .is_some_and(|folder| folder.ends_with("tests"))
}

/// Whether an attribute says that the item is for tests only.
fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let syn::Meta::List(list) = &attribute.meta else {
            return attribute.path().is_ident("test");
        };
        let names = operators::idents(&list.tokens.to_string());
        let has = |word: &str| names.iter().any(|name| name == word);
        let not_test = names.windows(2).any(|pair| pair == ["not", "test"]);
        attribute.path().is_ident("cfg") && has("test") && !not_test
    })
}

/// Whether an implementation of this trait only prints.
fn only_prints(item: &syn::ItemImpl) -> bool {
    let name = item
        .trait_
        .as_ref()
        .and_then(|(path, _)| path.segments.last());
    name.is_some_and(|name| name.ident == "Debug" || name.ident == "Display")
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !is_for_tests(&item.attrs) {
            self.function(&item.sig, &item.block);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.sig, &item.block);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.sig, block);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        if is_for_tests(&item.attrs) || only_prints(item) {
            return;
        }
        operators::drop_implementation(self, item);
        visit::visit_item_impl(self, item);
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.in_constant(|finder| visit::visit_item_const(finder, item));
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        self.in_constant(|finder| visit::visit_item_static(finder, item));
    }

    fn visit_impl_item_const(&mut self, item: &'ast syn::ImplItemConst) {
        self.in_constant(|finder| visit::visit_impl_item_const(finder, item));
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.in_constant(|finder| visit::visit_item_enum(finder, item));
    }

    fn visit_expr_const(&mut self, block: &'ast syn::ExprConst) {
        self.in_constant(|finder| visit::visit_expr_const(finder, block));
    }

    fn visit_type(&mut self, ty: &'ast syn::Type) {
        self.in_constant(|finder| visit::visit_type(finder, ty));
    }

    fn visit_generic_argument(&mut self, argument: &'ast syn::GenericArgument) {
        self.in_constant(|finder| visit::visit_generic_argument(finder, argument));
    }

    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}

    fn visit_block(&mut self, block: &'ast Block) {
        for pair in block.stmts.windows(2) {
            if let Some(change) = operators::early_unlock(self, &pair[0], &pair[1]) {
                self.exchange(&pair[0], &pair[1], change);
            }
        }
        operators::tail(self, block);
        visit::visit_block(self, block);
    }

    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        let outer = std::mem::replace(&mut self.statement, statement.span().byte_range().start);
        operators::statement(self, statement);
        visit::visit_stmt(self, statement);
        self.statement = outer;
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        let outer = std::mem::replace(&mut self.statement, arm.span().byte_range().start);
        visit::visit_arm(self, arm);
        self.statement = outer;
    }

    fn visit_expr(&mut self, expression: &'ast Expr) {
        operators::expression(self, expression);
        visit::visit_expr(self, expression);
    }
}

#[cfg(test)]
mod tests;
