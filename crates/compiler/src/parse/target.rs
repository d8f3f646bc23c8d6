//! What an expression is called that cannot be a target.

use ruff_python_ast::*;
use ruff_python_parser::parse_expression;

/// The kind of the expression in `text`, if it is one.
pub(super) fn name_of(text: &str) -> Option<&'static str> {
    let parsed = parse_expression(&format!("({text})")).ok()?;
    Some(expression_name(parsed.expr()))
}

#[allow(clippy::match_same_arms, reason = "the arms are a table")]
fn expression_name(expr: &Expr) -> &'static str {
    match expr {
        Expr::BoolOp(_) | Expr::BinOp(_) | Expr::UnaryOp(_) => "expression",
        Expr::Named(_) => "named expression",
        Expr::Lambda(_) => "lambda",
        Expr::If(_) => "conditional expression",
        Expr::Dict(_) => "dict literal",
        Expr::Set(_) => "set display",
        Expr::ListComp(_) => "list comprehension",
        Expr::SetComp(_) => "set comprehension",
        Expr::DictComp(_) => "dict comprehension",
        Expr::Generator(_) => "generator expression",
        Expr::Await(_) => "await expression",
        Expr::Yield(_) | Expr::YieldFrom(_) => "yield expression",
        Expr::Compare(_) => "comparison",
        Expr::Call(_) => "function call",
        Expr::FString(_) => "f-string expression",
        Expr::TString(_) => "t-string expression",
        Expr::StringLiteral(_) | Expr::BytesLiteral(_) | Expr::NumberLiteral(_) => "literal",
        Expr::BooleanLiteral(literal) if literal.value => "True",
        Expr::BooleanLiteral(_) => "False",
        Expr::NoneLiteral(_) => "None",
        Expr::EllipsisLiteral(_) => "ellipsis",
        Expr::Attribute(_) => "attribute",
        Expr::Subscript(_) => "subscript",
        Expr::Starred(_) => "starred",
        Expr::Name(_) => "name",
        Expr::List(_) => "list",
        Expr::Tuple(_) => "tuple",
        Expr::Slice(_) | Expr::IpyEscapeCommand(_) => "expression",
    }
}

/// Whether `=` after such an expression may have been meant as `==`.
pub(super) fn may_be_compared(name: &str) -> bool {
    let never = [
        "tuple",
        "list",
        "generator expression",
        "True",
        "False",
        "None",
        "comparison",
        "conditional expression",
        "lambda",
        "yield expression",
        "named expression",
        "starred",
    ];
    !never.contains(&name)
}
