//! The changes: one function or table for each kind of mutant.

use super::find::{Finder, shorten};
use super::mutant::Kind;
use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::{BinOp, Expr, ExprMethodCall, Stmt};

/// Calls that wake somebody start with one of these.
const WAKING: [&str; 6] = ["notify", "unpark", "wake", "fire", "finish", "post"];

/// Calls that block until something has happened start with one of these.
const WAITING: [&str; 2] = ["wait", "park"];

/// Calls that release what is held, and do nothing else.
const RELEASING: [&str; 4] = [
    "unlock",
    "force_unlock",
    "drop_in_place",
    "assume_init_drop",
];

/// Mutants whose place is a whole statement.
pub(super) fn statement(finder: &mut Finder<'_>, statement: &Stmt) {
    let Stmt::Expr(expression, semicolon) = statement else {
        return;
    };
    let range = statement.span().byte_range();
    let short = finder.short(expression);
    // What stands alone in `unsafe { … }` is a statement of its own.
    let name = match expression {
        Expr::Unsafe(_) => return,
        _ => called(expression),
    };
    let Some(name) = name else {
        assignment(finder, expression, range);
        return;
    };
    if name == "notify_all"
        && let Expr::MethodCall(call) = expression
    {
        let end = if semicolon.is_some() { ";" } else { "" };
        let text = format!("{}.notify_one(){end}", finder.source(&call.receiver));
        let change = format!("`{short}` notifies one");
        finder.replace_statement(Kind::NotifyAll, range.clone(), text, change);
    }
    if WAKING.iter().any(|prefix| name.starts_with(prefix)) {
        if semicolon.is_some() {
            finder.replace_statement(
                Kind::WakeUp,
                range,
                String::new(),
                format!("`{short}` dropped"),
            );
        }
    } else if RELEASING.contains(&name.as_str()) {
        finder.replace_statement(
            Kind::Release,
            range,
            String::new(),
            format!("`{short}` dropped"),
        );
    } else if name == "store" && orderings(expression) == 1 {
        finder.replace_statement(
            Kind::Store,
            range,
            String::new(),
            format!("`{short}` dropped"),
        );
    } else if name == "drop"
        && let Expr::Call(call) = inner(expression)
        && call.args.len() == 1
    {
        let text = format!("core::mem::forget({});", finder.source(&call.args));
        finder.replace_statement(Kind::Release, range, text, format!("`{short}` forgets it"));
    }
}

/// A state that is assigned, or bits that are.
fn assignment(finder: &mut Finder<'_>, expression: &Expr, range: std::ops::Range<usize>) {
    let dropped = format!("`{}` dropped", finder.short(expression));
    match inner(expression) {
        Expr::Assign(assign) if is_state(&assign.right) => {
            finder.replace_statement(Kind::Store, range, String::new(), dropped);
        }
        Expr::Binary(binary) => match (&binary.op, &*binary.right) {
            (BinOp::BitOrAssign(_) | BinOp::BitXorAssign(_), _)
            | (BinOp::BitAndAssign(_), Expr::Unary(_)) => {
                finder.replace_statement(Kind::Bit, range, String::new(), dropped);
            }
            _ => {}
        },
        _ => {}
    }
}

/// Whether a value is a state by the look of it: a truth value or a constant.
fn is_state(value: &Expr) -> bool {
    match value {
        Expr::Lit(literal) => matches!(literal.lit, syn::Lit::Bool(_)),
        Expr::Path(path) => path.path.segments.last().is_some_and(|segment| {
            let name = segment.ident.to_string();
            name.len() > 1 && name.chars().all(|letter| !letter.is_lowercase())
        }),
        _ => false,
    }
}

/// Mutants whose place is an expression.
pub(super) fn expression(finder: &mut Finder<'_>, expression: &Expr) {
    match expression {
        Expr::MethodCall(call) => method_call(finder, expression, call),
        Expr::Call(call) => fence(finder, expression, call),
        Expr::Binary(binary) => {
            comparison(finder, expression, binary);
            bits(finder, expression, binary);
        }
        Expr::While(repeated) => while_loop(finder, repeated),
        Expr::Loop(repeated) => endless_loop(finder, repeated),
        Expr::Match(matched) => {
            for arm in &matched.arms {
                unit_wake_up(finder, &arm.body);
            }
        }
        _ => {}
    }
}

/// A wake-up at the end of a block.
pub(super) fn tail(finder: &mut Finder<'_>, block: &syn::Block) {
    if let Some(Stmt::Expr(expression, None)) = block.stmts.last() {
        unit_wake_up(finder, expression);
    }
}

/// A wake-up whose value, nothing, is used.
fn unit_wake_up(finder: &mut Finder<'_>, expression: &Expr) {
    let wakes = |name: String| WAKING.iter().any(|prefix| name.starts_with(prefix));
    if matches!(expression, Expr::MethodCall(_) | Expr::Call(_))
        && called(expression).is_some_and(wakes)
    {
        let change = format!("`{}` dropped", finder.short(expression));
        finder.replace(
            Kind::WakeUp,
            expression.span().byte_range(),
            "()".to_owned(),
            change,
        );
    }
}

fn method_call(finder: &mut Finder<'_>, expression: &Expr, call: &ExprMethodCall) {
    let name = call.method.to_string();
    let mut nth = 0;
    for argument in &call.args {
        if let Some(ordering) = ordering(argument) {
            weaken(
                finder,
                argument,
                &ordering,
                weaker(&name, nth, &ordering),
                &name,
            );
            nth += 1;
        }
    }
    if name == "notify_all" && !finder.starts_statement(expression) {
        let text = format!("{}.notify_one()", finder.source(&call.receiver));
        let change = format!("`{}` notifies one", finder.short(expression));
        finder.replace(
            Kind::NotifyAll,
            expression.span().byte_range(),
            text,
            change,
        );
    }
    if nth > 0 {
        torn(finder, expression, call, &name);
        unchanged_bits(finder, expression, call, &name);
    }
}

/// A read-modify-write as a load and a store.
fn torn(finder: &mut Finder<'_>, expression: &Expr, call: &ExprMethodCall, name: &str) {
    let Some(first) = call.args.iter().find_map(ordering) else {
        return;
    };
    let loads = if matches!(first.as_str(), "Release" | "Relaxed") {
        "Relaxed"
    } else {
        "Acquire"
    };
    let stores = if matches!(first.as_str(), "Acquire" | "Relaxed") {
        "Relaxed"
    } else {
        "Release"
    };
    let value = |index: usize| {
        call.args
            .get(index)
            .map(|value| finder.source(value).to_owned())
    };
    let Some(one) = value(0) else {
        return;
    };
    let ordering = "::core::sync::atomic::Ordering";
    let store = |value: &str| format!("word.store({value}, {ordering}::{stores});");
    let then = match name {
        "compare_exchange" | "compare_exchange_weak" => {
            let two = value(1).unwrap_or_default();
            format!(
                "if seen == ({one}) {{ {} Ok(seen) }} else {{ Err(seen) }}",
                store(&two)
            )
        }
        "swap" => format!("{} seen", store(&one)),
        "fetch_add" => format!("{} seen", store(&format!("seen.wrapping_add({one})"))),
        "fetch_sub" => format!("{} seen", store(&format!("seen.wrapping_sub({one})"))),
        "fetch_or" => format!("{} seen", store(&format!("seen | ({one})"))),
        "fetch_and" => format!("{} seen", store(&format!("seen & ({one})"))),
        "fetch_xor" => format!("{} seen", store(&format!("seen ^ ({one})"))),
        "fetch_update" => {
            let closure = value(2).unwrap_or_default();
            let replaced = store("next");
            format!(
                "match ({closure})(seen) {{ Some(next) => {{ {replaced} Ok(seen) }} None => Err(seen) }}"
            )
        }
        _ => return,
    };
    let receiver = finder.source(&call.receiver);
    let text = format!("let word = &{receiver}; let seen = word.load({ordering}::{loads}); {then}");
    let change = format!("`{}` as a load and a store", finder.short(expression));
    finder.replace(
        Kind::Atomicity,
        expression.span().byte_range(),
        format!("{{ {text} }}"),
        change,
    );
}

/// A read-modify-write of bits that leaves them as they are.
fn unchanged_bits(finder: &mut Finder<'_>, expression: &Expr, call: &ExprMethodCall, name: &str) {
    if matches!(name, "fetch_or" | "fetch_and" | "fetch_xor") {
        let receiver = finder.source(&call.receiver);
        let text = format!("{receiver}.load(::core::sync::atomic::Ordering::SeqCst)");
        let change = format!("`{}` changes no bit", finder.short(expression));
        finder.replace(Kind::Bit, expression.span().byte_range(), text, change);
    }
}

/// The name of an atomic ordering, if the expression is one.
fn ordering(expression: &Expr) -> Option<String> {
    let Expr::Path(path) = expression else {
        return None;
    };
    let mut names = path
        .path
        .segments
        .iter()
        .rev()
        .map(|segment| segment.ident.to_string());
    let name = names.next()?;
    let known = ["SeqCst", "AcqRel", "Acquire", "Release", "Relaxed"].contains(&name.as_str());
    (known && names.next()? == "Ordering").then_some(name)
}

/// How many of a call's arguments are orderings.
fn orderings(expression: &Expr) -> usize {
    match inner(expression) {
        Expr::MethodCall(call) => call.args.iter().filter_map(ordering).count(),
        _ => 0,
    }
}

/// What `ordering` can be weakened to by one step, as the `nth` ordering of a call of `name`.
fn weaker(name: &str, nth: usize, ordering: &str) -> &'static [&'static str] {
    let is_load = name == "load" || nth > 0;
    match ordering {
        "SeqCst" if is_load => &["Acquire"],
        "SeqCst" if name == "store" => &["Release"],
        "SeqCst" => &["AcqRel"],
        "AcqRel" => &["Acquire", "Release"],
        // A relaxed fence does not exist: its removal is a mutant of its own.
        "Acquire" | "Release" if name == "fence" => &[],
        "Acquire" | "Release" => &["Relaxed"],
        _ => &[],
    }
}

fn weaken(finder: &mut Finder<'_>, argument: &Expr, from: &str, to: &[&str], name: &str) {
    let source = finder.source(argument).to_owned();
    let prefix = source
        .strip_suffix(from)
        .unwrap_or("::core::sync::atomic::Ordering::")
        .to_owned();
    for weaker in to {
        let change = format!("`{from}` → `{weaker}` in `{name}`");
        finder.replace(
            Kind::Ordering,
            argument.span().byte_range(),
            format!("{prefix}{weaker}"),
            change,
        );
    }
}

/// Orderings of function calls, and fences.
fn fence(finder: &mut Finder<'_>, expression: &Expr, call: &syn::ExprCall) {
    let name = called(expression).unwrap_or_default();
    let mut nth = 0;
    for argument in &call.args {
        if let Some(ordering) = ordering(argument) {
            weaken(
                finder,
                argument,
                &ordering,
                weaker(&name, nth, &ordering),
                &name,
            );
            nth += 1;
        }
    }
    if name == "fence" && nth == 1 {
        let change = format!("`{}` dropped", finder.short(expression));
        finder.replace(
            Kind::Fence,
            expression.span().byte_range(),
            "()".to_owned(),
            change,
        );
    }
}

/// Bounds, off by one.
fn comparison(finder: &mut Finder<'_>, expression: &Expr, binary: &syn::ExprBinary) {
    let (from, to) = match &binary.op {
        BinOp::Lt(_) => ("<", "<="),
        BinOp::Le(_) => ("<=", "<"),
        BinOp::Gt(_) => (">", ">="),
        BinOp::Ge(_) => (">=", ">"),
        BinOp::Add(_) | BinOp::Sub(_) if is_one(&binary.right) => {
            let text = finder.source(&binary.left).to_owned();
            let change = format!("`{}` without the 1", finder.short(expression));
            finder.replace(Kind::Bound, expression.span().byte_range(), text, change);
            return;
        }
        _ => return,
    };
    let (left, right) = (finder.source(&binary.left), finder.source(&binary.right));
    let text = format!("{left} {to} {right}");
    let change = format!("`{from}` → `{to}` in `{}`", finder.short(expression));
    finder.replace(Kind::Bound, expression.span().byte_range(), text, change);
}

fn is_one(value: &Expr) -> bool {
    let Expr::Lit(literal) = value else {
        return false;
    };
    matches!(&literal.lit, syn::Lit::Int(number) if number.base10_digits() == "1")
}

/// A bit that is not set or not cleared in a value.
fn bits(finder: &mut Finder<'_>, expression: &Expr, binary: &syn::ExprBinary) {
    let what = match (&binary.op, &*binary.right) {
        (BinOp::BitOr(_), _) => "set",
        (
            BinOp::BitAnd(_),
            Expr::Unary(syn::ExprUnary {
                op: syn::UnOp::Not(_),
                ..
            }),
        ) => "cleared",
        (BinOp::BitXor(_), _) => "changed",
        _ => return,
    };
    let text = finder.source(&binary.left).to_owned();
    let change = format!(
        "`{}` not {what} in `{}`",
        finder.short(&binary.right),
        finder.short(expression)
    );
    finder.replace(Kind::Bit, expression.span().byte_range(), text, change);
}

/// A `while` around a wait as an `if`.
fn while_loop(finder: &mut Finder<'_>, repeated: &syn::ExprWhile) {
    if !waits(finder.source(&repeated.body)) {
        return;
    }
    let end = repeated.body.brace_token.span.close().byte_range().start;
    let change = format!("`while {}` as an `if`", finder.short(&repeated.cond));
    finder.insert(Kind::ReCheck, end, "break;", change);
}

/// A condition that ends a loop around a wait, taken to hold.
fn endless_loop(finder: &mut Finder<'_>, repeated: &syn::ExprLoop) {
    if !waits(finder.source(&repeated.body)) {
        return;
    }
    for statement in &repeated.body.stmts {
        let Stmt::Expr(Expr::If(branch), _) = statement else {
            continue;
        };
        let leaves = idents(finder.source(&branch.then_branch))
            .iter()
            .any(|name| name == "return" || name == "break");
        let binds = idents(finder.source(&branch.cond))
            .iter()
            .any(|name| name == "let");
        if leaves && !binds {
            let change = format!("`{}` taken to hold", finder.short(&branch.cond));
            finder.always(Kind::ReCheck, branch.cond.span().byte_range(), change);
        }
    }
}

/// Whether some source calls what blocks.
fn waits(source: &str) -> bool {
    idents(source)
        .iter()
        .any(|name| WAITING.iter().any(|prefix| name.starts_with(prefix)))
}

/// The body of `Drop::drop`, left out.
pub(super) fn drop_implementation(finder: &mut Finder<'_>, item: &syn::ItemImpl) {
    let is_drop = item
        .trait_
        .as_ref()
        .is_some_and(|(path, _)| path.is_ident("Drop"));
    for member in &item.items {
        if let syn::ImplItem::Fn(function) = member
            && is_drop
        {
            let start = function.block.brace_token.span.open().byte_range().end;
            let change = format!(
                "`drop` of `{}` does nothing",
                shorten(finder.source(&item.self_ty))
            );
            finder.insert(Kind::Release, start, "return;", change);
        }
    }
}

/// Whether `second` releases what may guard `first`, so that the two can be exchanged; what the
/// change is then.
pub(super) fn early_unlock(finder: &Finder<'_>, first: &Stmt, second: &Stmt) -> Option<String> {
    let (Stmt::Expr(before, Some(_)), Stmt::Expr(release, Some(_))) = (first, second) else {
        return None;
    };
    let name = called(release)?;
    let publishes = || {
        idents(finder.source(release))
            .iter()
            .any(|name| name == "Release" || name == "SeqCst")
    };
    let releases = name == "unlock" || name == "drop" || (name == "store" && publishes());
    let source = finder.source(before);
    let leaves = ["return", "break", "continue"];
    let jumps = source.contains('?')
        || idents(source)
            .iter()
            .any(|name| leaves.contains(&name.as_str()));
    let change = || {
        format!(
            "`{}` before `{}`",
            finder.short(release),
            finder.short(before)
        )
    };
    (releases && !jumps).then(change)
}

/// The name of the function or method that an expression calls, also within `unsafe { … }`.
fn called(expression: &Expr) -> Option<String> {
    match inner(expression) {
        Expr::MethodCall(call) => Some(call.method.to_string()),
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) => Some(path.path.segments.last()?.ident.to_string()),
            _ => None,
        },
        _ => None,
    }
}

/// The expression itself, out of parentheses and out of a block of nothing else.
fn inner(expression: &Expr) -> &Expr {
    match expression {
        Expr::Unsafe(block) => match &block.block.stmts[..] {
            [Stmt::Expr(only, _)] => inner(only),
            _ => expression,
        },
        Expr::Paren(parenthesised) => inner(&parenthesised.expr),
        _ => expression,
    }
}

/// Every name and keyword in some source.
pub(super) fn idents(source: &str) -> Vec<String> {
    fn collect(stream: TokenStream, names: &mut Vec<String>) {
        for tree in stream {
            match tree {
                TokenTree::Ident(ident) => names.push(ident.to_string()),
                TokenTree::Group(group) => collect(group.stream(), names),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }
    let mut names = Vec::new();
    collect(source.parse().unwrap_or_default(), &mut names);
    names
}
