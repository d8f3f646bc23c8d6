//! No source text makes the compiler panic or overflow the stack.

#![allow(clippy::format_collect, reason = "programs are put together once")]
#![allow(
    clippy::disallowed_types,
    reason = "the strategies of the test library are shared by it"
)]

use proptest::prelude::*;
use selvedge_compiler::{Mode, compile, verify};

/// Compiles and, if that succeeds, checks the code.
fn try_compile(source: &str) {
    if let Ok(code) = compile(source, "f.py", Mode::Exec) {
        assert_eq!(verify(&code), Ok(()), "{source}\n{code}");
    }
}

#[test]
fn deep_nesting_ends_in_code_or_an_error() {
    for depth in [100, 1_000, 20_000] {
        try_compile(&format!("x = {}1", "-".repeat(depth)));
        try_compile(&format!("x = {}1{}", "(".repeat(depth), ")".repeat(depth)));
        try_compile(&format!("x = {}1", "not ".repeat(depth)));
        try_compile(&format!("x = a{}", ".b".repeat(depth)));
        try_compile(&format!("x = a{}", " + a".repeat(depth)));
        try_compile(&format!("x = {}1", "lambda: ".repeat(depth.min(2_000))));
    }
}

#[test]
fn brackets_nest_two_hundred_deep_at_most() {
    let error = compile(
        &format!("x = {}1{}", "[".repeat(300), "]".repeat(300)),
        "f.py",
        Mode::Exec,
    );
    assert_eq!(
        error.expect_err("too deep").message,
        "too many nested parentheses"
    );
}

/// A piece of a program.
fn fragment() -> impl Strategy<Value = String> {
    let words = [
        "x",
        "y",
        "f",
        "1",
        "'s'",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ":",
        ",",
        "=",
        ":=",
        "+",
        "*",
        "**",
        "if ",
        "else ",
        "for ",
        "in ",
        "while ",
        "def ",
        "class ",
        "lambda ",
        "return ",
        "yield ",
        "await ",
        "async ",
        "try:",
        "except ",
        "finally:",
        "with ",
        "as ",
        "match ",
        "case ",
        "import ",
        "from ",
        "global ",
        "nonlocal ",
        "del ",
        "\n",
        "\n  ",
        "\n    ",
        "f'{x}'",
        "f\"",
        "'",
        "\\",
        "@",
        ".",
        "->",
        "type ",
        "not ",
        "and ",
        "is ",
        "pass",
        "raise ",
        "\u{e9}",
    ];
    proptest::collection::vec(proptest::sample::select(words.to_vec()), 0..40)
        .prop_map(|words| words.concat())
}

/// A statement that is well formed.
fn statement(depth: u32) -> BoxedStrategy<String> {
    let expression = || {
        prop_oneof![
            Just("x"),
            Just("f(x, y=1)"),
            Just("a.b[c]"),
            Just("[i for i in x if i]"),
            Just("(yield)"),
            Just("x < y < f()"),
            Just("x and y or z"),
            Just("(x := y)"),
            Just("lambda x: x"),
            Just("f'{x!r:>{y}}'"),
            Just("{**x, 'a': y}"),
            Just("*x, y"),
            Just("x if y else z"),
            Just("f(*x, **y)"),
            Just("a.m(x)(y).n(z=x)"),
        ]
    };
    let simple = prop_oneof![
        expression().prop_map(|e| format!("x = {e}")),
        expression().prop_map(|e| format!("return {e}")),
        Just("break".to_owned()),
        Just("continue".to_owned()),
        Just("a.b += x".to_owned()),
        Just("a[x], *y = z".to_owned()),
        Just("del x, a.b".to_owned()),
        Just("raise x from y".to_owned()),
        Just("x: int = 1".to_owned()),
        Just("assert x, y".to_owned()),
        Just("x = a[i] = y".to_owned()),
    ];
    if depth == 0 {
        return simple.boxed();
    }
    let body = || {
        proptest::collection::vec(statement(depth - 1), 1..4).prop_map(|statements| {
            statements
                .iter()
                .flat_map(|statement| statement.lines())
                .map(|line| format!("  {line}\n"))
                .collect::<String>()
        })
    };
    prop_oneof![
        simple,
        (body(), body()).prop_map(|(a, b)| format!("if x:\n{a}else:\n{b}")),
        (body(), body()).prop_map(|(a, b)| format!("for x in y:\n{a}else:\n{b}")),
        body().prop_map(|a| format!("while x < 3:\n{a}")),
        (body(), body(), body())
            .prop_map(|(a, b, c)| format!("try:\n{a}except E as x:\n{b}finally:\n{c}")),
        (body(), body()).prop_map(|(a, b)| format!("try:\n{a}except* E:\n  pass\nelse:\n{b}")),
        body().prop_map(|a| format!("with x as y, z:\n{a}")),
        (body(), body()).prop_map(|(a, b)| {
            format!(
                "match x:\n  case [1, *y] | {{'k': y}}:\n{}  case C(a=z) if z:\n{}",
                indent(&a),
                indent(&b)
            )
        }),
        body().prop_map(|a| format!("def g(x, y=1):\n  nonlocal z\n{a}")),
    ]
    .boxed()
}

fn indent(body: &str) -> String {
    body.lines().map(|line| format!("  {line}\n")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn word_salad_is_survived(fragment in fragment()) {
        try_compile(&fragment);
    }

    #[test]
    fn any_text_is_survived(text in any::<String>()) {
        try_compile(&text);
    }

    #[test]
    fn control_flow_keeps_registers_in_order(statements in proptest::collection::vec(statement(3), 1..4)) {
        let body: String = statements.iter().map(|statement| indent(statement)).collect();
        let program = format!("def outer():\n  z = 1\n  def f(y, a, i):\n{}", indent(&body));
        if let Ok(code) = compile(&program, "f.py", Mode::Exec) {
            prop_assert_eq!(verify(&code), Ok(()), "{}\n{}", program, code);
        }
    }
}
