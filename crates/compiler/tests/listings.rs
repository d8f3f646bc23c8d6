//! Properties of the code that is generated, as listings of what shows them.

#![allow(clippy::format_collect, reason = "programs are put together once")]

use selvedge_compiler::op::Op;
use selvedge_compiler::{Code, Const, Instruction, Mode, compile, verify};

fn module(source: &str) -> Code {
    let code = compile(source, "f.py", Mode::Exec).expect(source);
    assert_eq!(verify(&code), Ok(()), "{source}\n{code}");
    code
}

/// The first function in a program.
fn function(source: &str) -> Code {
    let nested = module(source)
        .consts
        .into_iter()
        .find_map(|constant| match constant {
            Const::Code(code) => Some(*code),
            _ => None,
        });
    nested.expect("the program defines a function")
}

/// The operations of a code.
fn operations(code: &Code) -> Vec<Op> {
    let mut operations = Vec::new();
    let mut at = 0;
    while let Some(&word) = code.words.get(at) {
        let op = Instruction(word).op().expect("the word is an instruction");
        operations.push(op);
        at += 1 + usize::from(op.follows() != selvedge_compiler::op::Follows::Nothing);
    }
    operations
}

#[test]
fn locals_are_read_in_place_and_results_go_where_they_are_wanted() {
    let code = function("def f(a, b):\n    c = a + b\n    return c\n");
    assert_eq!(operations(&code), [Op::Add, Op::Return]);
}

#[test]
fn a_condition_builds_no_boolean() {
    let code = function(
        "def f(a, b):\n    if a < 3 and not (b is None or a == b):\n        return a\n    return b\n",
    );
    let expected = [
        Op::JumpIfLtImm,
        Op::JumpIfNone,
        Op::JumpIfEq,
        Op::Return,
        Op::Return,
    ];
    assert_eq!(operations(&code), expected);
}

#[test]
fn swapping_locals_builds_no_tuple() {
    let code = function("def f(a, b):\n    a, b = b, a\n    return a\n");
    assert_eq!(
        operations(&code),
        [Op::Copy, Op::Copy, Op::Move, Op::Move, Op::Return]
    );
}

#[test]
fn an_endless_loop_has_no_test_and_nothing_behind_it() {
    let code = function("def f(a):\n    while True:\n        a += 1\n    return 0\n");
    assert_eq!(operations(&code), [Op::InplaceAddImm, Op::LoopBack]);
}

#[test]
fn arguments_are_borrowed() {
    let code = function("def f(g, a):\n    return g(a)\n");
    assert_eq!(
        operations(&code),
        [Op::Borrow, Op::Borrow, Op::Call, Op::Return]
    );
}

#[test]
fn a_local_that_a_named_expression_rebinds_is_read_before() {
    let code = function("def f(a):\n    return a + (a := 5)\n");
    assert_eq!(operations(&code)[0], Op::Copy);
}

#[test]
fn an_unbound_local_is_noticed_before_what_comes_after_it() {
    let code = function("def f(g):\n    if g:\n        x = 1\n    return x + g()\n");
    assert!(operations(&code).contains(&Op::Borrow));
}

#[test]
fn a_return_inside_a_loop_drops_the_iterator() {
    let code = function("def f(xs):\n    for x in xs:\n        return x\n");
    let operations = operations(&code);
    let returned = operations
        .iter()
        .position(|&op| op == Op::Return)
        .expect("it returns");
    assert_eq!(operations[returned - 1], Op::Drop);
}

#[test]
fn constants_are_folded() {
    let code = function("def f():\n    return -1 + 2 ** 10, ('a', 'b' * 2)\n");
    assert_eq!(operations(&code), [Op::LoadConst, Op::Return]);
}

#[test]
fn more_locals_than_registers_compile() {
    let assignments: String = (0..800)
        .map(|number| format!("    a{number} = {number}\n"))
        .collect();
    function(&format!(
        "def f():\n{assignments}    return a799, [a799 for a799 in a0]\n"
    ));
}

#[test]
fn long_displays_and_calls_compile() {
    let names: Vec<String> = (0..1000).map(|number| format!("x{number}")).collect();
    let list = names.join(", ");
    module(&format!(
        "y = [{list}]\nf({list})\nz = {{{list}}}\nw = ({list})\n"
    ));
}
