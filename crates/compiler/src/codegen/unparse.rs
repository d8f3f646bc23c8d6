//! The text of an annotation, as `from __future__ import annotations` keeps it.

use crate::source::Source;
use ruff_python_ast::*;
use ruff_text_size::Ranged;

/// The text of `expr`: spacing and quotes normal in the forms that annotations have, as in the
/// source in others.
pub(super) fn expression(expr: &Expr, source: &Source<'_>) -> String {
    let list = |exprs: &[Expr]| {
        exprs
            .iter()
            .map(|expr| expression(expr, source))
            .collect::<Vec<_>>()
            .join(", ")
    };
    match expr {
        Expr::Name(name) => name.id.to_string(),
        Expr::NoneLiteral(_) => "None".into(),
        Expr::EllipsisLiteral(_) => "...".into(),
        Expr::BooleanLiteral(literal) => if literal.value { "True" } else { "False" }.into(),
        Expr::StringLiteral(literal) => quote(literal.value.to_str()),
        Expr::Attribute(e) => format!("{}.{}", expression(&e.value, source), e.attr),
        Expr::Subscript(e) => {
            let index = match &*e.slice {
                Expr::Tuple(tuple)
                    if !tuple.elts.is_empty() && !tuple.elts.iter().any(Expr::is_starred_expr) =>
                {
                    let items = list(&tuple.elts);
                    if tuple.elts.len() == 1 {
                        format!("{items},")
                    } else {
                        items
                    }
                }
                slice => expression(slice, source),
            };
            format!("{}[{index}]", expression(&e.value, source))
        }
        Expr::Tuple(tuple) => match &*tuple.elts {
            [only] => format!("({},)", expression(only, source)),
            elts => format!("({})", list(elts)),
        },
        Expr::List(e) => format!("[{}]", list(&e.elts)),
        Expr::Starred(e) => format!("*{}", expression(&e.value, source)),
        Expr::BinOp(e) if e.op == Operator::BitOr => {
            let is_simple =
                |side: &Expr| !matches!(side, Expr::BinOp(inner) if inner.op != Operator::BitOr);
            let is_nested = matches!(&*e.right, Expr::BinOp(_));
            if is_simple(&e.left) && !is_nested {
                format!(
                    "{} | {}",
                    expression(&e.left, source),
                    expression(&e.right, source)
                )
            } else {
                one_line(source.slice(expr.range()))
            }
        }
        Expr::Call(e) if e.arguments.keywords.is_empty() => {
            format!(
                "{}({})",
                expression(&e.func, source),
                list(&e.arguments.args)
            )
        }
        _ => one_line(source.slice(expr.range())),
    }
}

/// A text with every run of white space made one space.
fn one_line(text: &str) -> String {
    if text.contains('\n') {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    } else {
        text.into()
    }
}

/// A string as Python writes it.
fn quote(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut quoted = String::from(quote);
    for character in text.chars() {
        match character {
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            _ if character == quote => quoted.extend(['\\', character]),
            _ => quoted.push(character),
        }
    }
    quoted.push(quote);
    quoted
}
