//! What objects say of their references is compared with their counts.

use super::embedder::{Vm, each_reference};
use crate::interpreter::{Interpreter, Settings};
use crate::object::Object;
use crate::source::run_source;
use crate::thread::Thread;
use std::collections::{BTreeSet, HashMap};

/// Leaves objects of many types behind, in circles and not.
const PROGRAM: &str = r#"
class Node:
    def __init__(self):
        self.me, self.items = self, [self]
    def method(self):
        return super().__init__
    @property
    def shown(self):
        return self
    @classmethod
    def made(cls):
        return cls
class Slotted:
    __slots__ = "a", "b"
class Number(int): pass
class Text(str): pass
class Items(list): pass
class Meta(type): pass
class Derived(Node, metaclass=Meta): pass
def generate(*args, **kwargs):
    mine = [args]
    try:
        yield mine
        yield from args[0]
    finally:
        mine = None
async def wait(value):
    return value
async def stream():
    yield Node()
def closure(default=[], *, other={}):
    node = Node()
    return lambda: (node, default, other)
node, slotted = Node(), Slotted()
slotted.a = slotted
number, text, items = Number(1), Text("text"), Items([node])
number.node = text.node = items.node = node
inner = generate([node, node])
next(inner)
outer = generate(inner)
next(outer), next(outer)
fresh, coroutine, made = generate(node), wait(node), stream()
step = made.__anext__()
function = closure()
function.attribute = node
method, upper, bound = node.method, node.method(), [].append
table = {"node": node, node: {node}, 1: (node, "text", 1.5)}
iterators = [iter(items), iter(table), iter(table.items()), iter({node}), map(str, items), zip(items), enumerate(items)]
views = [table.keys(), table.values(), table.items(), memoryview(b"bytes"), slice(node), frozenset([node])]
alias, union = list[Node], Node | None
try:
    try:
        raise ValueError(node)
    except ValueError as error:
        raise KeyError(node) from error
except KeyError as error:
    kept = error
    trace = error.__traceback__
group = ExceptionGroup("group", [kept])
template = t"{node} and {node!r:>{number}}"
type Alias[T: Node] = list[T]
derived = Derived()
del wait, generate
"#;

/// What is walked: the names of the types, and what is wrong.
fn walk(thread: &mut Thread) -> (BTreeSet<String>, Vec<String>) {
    let interpreter = thread.interpreter().clone();
    let vm = Vm::new(thread, &interpreter);
    let (mut types, mut figures) = (BTreeSet::new(), HashMap::new());
    interpreter.collection().collector().each(&vm, |header| {
        let figure: &mut (usize, usize) = figures.entry(core::ptr::from_ref(header)).or_default();
        figure.0 = header.count();
        // SAFETY: the world is stopped.
        unsafe {
            let object = core::ptr::from_ref(header).cast::<Object>();
            types.insert((*object).ty().name().to_owned());
            each_reference(&interpreter, header, &mut |value| {
                if let Some(object) = value.as_object()
                    && (*object).header.is_tracked()
                {
                    figures.entry(&raw const (*object).header).or_default().1 += 1;
                }
            });
        }
    });
    let wrong = figures.iter().filter(|(_, (count, inside))| inside > count);
    let wrong = wrong.map(|(header, (count, inside))| {
        // SAFETY: an object that was walked; the world went on, but nothing has run since.
        let name = unsafe { (*header.cast::<Object>()).ty().name() };
        format!("a {name} with {count} references is said to have {inside} from inside")
    });
    (types, wrong.collect())
}

#[test]
fn nothing_is_referred_to_more_often_than_it_is_counted() {
    let (types, wrong) = Interpreter::run(Settings::default(), |thread| {
        assert_eq!(run_source(thread, PROGRAM, "<test>"), 0);
        walk(thread)
    });
    assert_eq!(wrong, Vec::<String>::new());
    let expected = [
        "Interpolation",
        "Items",
        "KeyError",
        "Meta",
        "Node",
        "Number",
        "Slotted",
        "Template",
        "Text",
        "TypeAliasType",
        "async_generator",
        "builtin_function_or_method",
        "cell",
        "classmethod",
        "coroutine",
        "dict",
        "dict_items",
        "frozenset",
        "function",
        "generator",
        "list",
        "memoryview",
        "method",
        "module",
        "property",
        "set",
        "slice",
        "traceback",
        "tuple",
        "type",
    ];
    let missing: Vec<_> = expected
        .iter()
        .filter(|name| !types.contains(**name))
        .collect();
    assert!(
        missing.is_empty(),
        "not walked: {missing:?} among {types:?}"
    );
}

/// How many pages of memory the process has.
fn resident() -> usize {
    let figures = std::fs::read_to_string("/proc/self/statm").expect("the system says");
    let resident = figures.split(' ').nth(1).expect("the second figure");
    resident.parse().expect("a number")
}

/// Set where the test that measures the process is the only one in it.
const ALONE: &str = "SELVEDGE_TEST_ALONE";

#[test]
fn interpreters_take_what_is_in_them_along() {
    if std::env::var_os(ALONE).is_none() {
        let this_program = std::env::current_exe().expect("the system says");
        let mut alone = std::process::Command::new(this_program);
        alone.args([
            "--exact",
            "gc::tests::interpreters_take_what_is_in_them_along",
        ]);
        let ended = alone.env(ALONE, "1").status().expect("it starts again");
        assert!(ended.success());
        return;
    }
    // Circles that nobody collects, and objects that are held to the end.
    let program = "class Node: pass\nfor _ in range(3_000):\n    node = Node()\n    node.me = [node, {}]\nheld = [Node() for _ in range(3_000)]\n";
    let run = || {
        Interpreter::run(Settings::default(), move |thread| {
            let collection = thread.interpreter().collection();
            collection.collector().set_enabled(false);
            run_source(thread, program, "<test>")
        })
    };
    for _ in 0..5 {
        assert_eq!(run(), 0);
    }
    let before = resident();
    for _ in 0..30 {
        assert_eq!(run(), 0);
    }
    let grown = resident().saturating_sub(before);
    // Each has had some 400 pages.
    assert!(grown < 30 * 100, "{grown} pages more");
}

#[test]
fn circles_go_and_what_is_held_stays() {
    let (first, second) = Interpreter::run(Settings::default(), |thread| {
        let before = super::collect(thread).examined;
        let program = "held = []\nheld.append(held)\nfor _ in range(10):\n    lost = []\n    lost.append(lost)\ndel lost, _\n";
        assert_eq!(run_source(thread, program, "<test>"), 0);
        let first = super::collect(thread);
        let second = super::collect(thread);
        assert!(second.examined > before, "the list that is held");
        (first.garbage, second.garbage)
    });
    assert_eq!((first, second), (10, 0));
}
