//! What rejected programs are told: Python's words and place.

use selvedge_compiler::{ErrorKind, Mode, compile};

/// Asserts the message, line and offset of each program's error.
fn assert_rejected(cases: &[(&str, ErrorKind, &str, u32, u32)]) {
    for &(source, kind, message, line, offset) in cases {
        let error = compile(source, "f.py", Mode::Exec).expect_err(source);
        assert_eq!(
            (error.kind, &*error.message, error.line, error.offset),
            (kind, message, line, offset),
            "{source}"
        );
    }
}

use ErrorKind::{Indentation, Syntax};

#[test]
fn statements_out_of_place_are_named() {
    assert_rejected(&[
        ("return 1", Syntax, "'return' outside function", 1, 1),
        ("break", Syntax, "'break' outside loop", 1, 1),
        (
            "def f():\n  continue",
            Syntax,
            "'continue' not properly in loop",
            2,
            3,
        ),
        ("x = yield 1", Syntax, "'yield' outside function", 1, 5),
        ("await x", Syntax, "'await' outside function", 1, 1),
        (
            "def f():\n  await x",
            Syntax,
            "'await' outside async function",
            2,
            3,
        ),
        (
            "async def f():\n  yield from x",
            Syntax,
            "'yield from' inside async function",
            2,
            3,
        ),
        (
            "async def f():\n  yield\n  return 1",
            Syntax,
            "'return' with value in async generator",
            3,
            3,
        ),
        (
            "def f():\n  from x import *",
            Syntax,
            "import * only allowed at module level",
            2,
            17,
        ),
    ]);
}

#[test]
fn scoping_errors_are_pythons() {
    assert_rejected(&[
        (
            "def f(a, a): pass",
            Syntax,
            "duplicate argument 'a' in function definition",
            1,
            10,
        ),
        (
            "nonlocal x",
            Syntax,
            "nonlocal declaration not allowed at module level",
            1,
            1,
        ),
        (
            "def f():\n  nonlocal x",
            Syntax,
            "no binding for nonlocal 'x' found",
            2,
            3,
        ),
        (
            "def f(x):\n  global x",
            Syntax,
            "name 'x' is parameter and global",
            2,
            3,
        ),
        (
            "def f():\n  x = 1\n  global x",
            Syntax,
            "name 'x' is assigned to before global declaration",
            3,
            3,
        ),
        (
            "def f():\n  print(x)\n  global x",
            Syntax,
            "name 'x' is used prior to global declaration",
            3,
            3,
        ),
        ("__debug__ = 1", Syntax, "cannot assign to __debug__", 1, 1),
        (
            "[x := 1 for x in y]",
            Syntax,
            "assignment expression cannot rebind comprehension iteration variable 'x'",
            1,
            2,
        ),
        (
            "[y for x in (z := 1)]",
            Syntax,
            "assignment expression cannot be used in a comprehension iterable expression",
            1,
            14,
        ),
        (
            "def f[T, T](): pass",
            Syntax,
            "duplicate type parameter 'T'",
            1,
            10,
        ),
    ]);
}

#[test]
fn parse_errors_are_worded_as_python_words_them() {
    assert_rejected(&[
        ("x = (1", Syntax, "'(' was never closed", 1, 5),
        ("x = 1)", Syntax, "unmatched ')'", 1, 6),
        (
            "(1]",
            Syntax,
            "closing parenthesis ']' does not match opening parenthesis '('",
            1,
            3,
        ),
        ("if x", Syntax, "expected ':'", 1, 5),
        (
            "f(a b)",
            Syntax,
            "invalid syntax. Perhaps you forgot a comma?",
            1,
            3,
        ),
        (
            "x = 'abc",
            Syntax,
            "unterminated string literal (detected at line 1)",
            1,
            5,
        ),
        (
            "f() = 1",
            Syntax,
            "cannot assign to function call here. Maybe you meant '==' instead of '='?",
            1,
            1,
        ),
        (
            "print 1",
            Syntax,
            "Missing parentheses in call to 'print'. Did you mean print(...)?",
            1,
            1,
        ),
        (
            "if x = 1: pass",
            Syntax,
            "invalid syntax. Maybe you meant '==' or ':=' instead of '='?",
            1,
            4,
        ),
        ("x = 12abc", Syntax, "invalid decimal literal", 1, 6),
        (
            "f'{a b}'",
            Syntax,
            "invalid syntax. Perhaps you forgot a comma?",
            1,
            4,
        ),
        (
            "if x:\npass",
            Indentation,
            "expected an indented block after 'if' statement on line 1",
            2,
            1,
        ),
        ("  x = 1", Indentation, "unexpected indent", 1, 2),
        (
            "if x:\n    a\n  b",
            Indentation,
            "unindent does not match any outer indentation level",
            3,
            4,
        ),
    ]);
}

#[test]
fn the_error_holds_its_line() {
    let error = compile("ok = 1\nbreak\n", "f.py", Mode::Exec).expect_err("break is out of place");
    assert_eq!(error.text.as_deref(), Some("break\n"));
    assert_eq!(error.to_string(), "'break' outside loop (f.py, line 2)");
}
