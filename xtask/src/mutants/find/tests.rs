//! Each kind of mutant, found where it should be and nowhere else.

use super::super::instrument;
use super::*;
use crate::mutants::mutant::Outcome;

/// The changes found in the body of a function, as `kind: edited body`.
fn changes(body: &str) -> Vec<String> {
    let text = format!("fn f() {{ {body} }}");
    let (mutants, idle) = mutants_of("x", "x.rs", &text).unwrap();
    assert!(idle.is_empty());
    let numbered: Vec<_> = (1..).zip(&mutants).collect();
    let switched = instrument::instrument(&text, &numbered, "s").text;
    syn::parse_file(&switched).unwrap_or_else(|error| panic!("{error}: {switched}"));
    let edited = |mutant: &Mutant| {
        let edited = instrument::apply(&text, mutant);
        syn::parse_file(&edited).unwrap_or_else(|error| panic!("{error}: {edited}"));
        let body = edited["fn f() { ".len()..edited.len() - 2].to_owned();
        format!("{}: {body}", mutant.kind.name())
    };
    mutants.iter().map(edited).collect()
}

#[test]
fn orderings_are_weakened_by_a_step() {
    assert_eq!(
        changes("x.load(Ordering::SeqCst)"),
        ["ordering: x.load(Ordering::Acquire)"]
    );
    assert_eq!(
        changes("x.load(atomic::Ordering::Acquire)"),
        ["ordering: x.load(atomic::Ordering::Relaxed)"]
    );
    assert_eq!(
        changes("y(x.store(1, Ordering::SeqCst))"),
        ["ordering: y(x.store(1, Ordering::Release))"]
    );
    let both = [
        "ordering: x.update(Ordering::Acquire, g)",
        "ordering: x.update(Ordering::Release, g)",
    ];
    assert_eq!(changes("x.update(Ordering::AcqRel, g)"), both);
    assert!(changes("x.load(Ordering::Relaxed)").is_empty());
    assert!(changes("a.cmp(b) == Ordering::Less").is_empty());
}

#[test]
fn read_modify_writes_are_torn() {
    let found = changes("x.compare_exchange(a, b, Ordering::Acquire, Ordering::Relaxed)");
    assert_eq!(found.len(), 2);
    assert!(
        found[1].starts_with("atomicity: { let word = &x; let seen = word.load("),
        "{found:?}"
    );
    assert!(found[1].contains("if seen == (a) { word.store(b, "));
    assert!(changes("x.swap(a, Ordering::Relaxed)")[0].contains("Relaxed); seen }"));
    assert!(changes("list.swap(a, b)").is_empty());
}

#[test]
fn fences_are_removed_and_weakened() {
    let found = changes("fence(Ordering::SeqCst);");
    assert_eq!(found, ["ordering: fence(Ordering::AcqRel);", "fence: ();"]);
    assert_eq!(changes("fence(Ordering::Acquire);"), ["fence: ();"]);
}

#[test]
fn wake_ups_are_dropped() {
    assert_eq!(changes("a.notify_one(); b()"), ["wake-up:  b()"]);
    assert_eq!(changes("a(); b.fire()"), ["wake-up: a(); ()"]);
    assert_eq!(
        changes("match a { b => c.unpark(), d => e }"),
        ["wake-up: match a { b => (), d => e }"]
    );
    let all = changes("a.notify_all();");
    assert_eq!(all, ["notify-all: a.notify_one();", "wake-up: "]);
}

#[test]
fn checks_after_waking_are_removed() {
    assert_eq!(
        changes("while x { y.wait(z); }"),
        ["re-check: while x { y.wait(z); ; break;}"]
    );
    assert_eq!(
        changes("while x { y.wait(z) }"),
        ["re-check: while x { y.wait(z) ; break;}"]
    );
    assert!(changes("while x { y.go(z); }").is_empty());
    let found = changes("loop { if x { return; } y.park(); }");
    assert_eq!(
        found,
        ["re-check: loop { if (true || (x)) { return; } y.park(); }"]
    );
}

#[test]
fn a_release_comes_before_what_it_guards() {
    let found = changes("a.set(1); b.store(2, Ordering::Release);");
    assert_eq!(
        found[0],
        "early-unlock: b.store(2, Ordering::Release); a.set(1);"
    );
    let found = changes("a.set(1); unsafe { b.unlock() };");
    assert!(
        found[0].starts_with("early-unlock: unsafe { b.unlock() }; a.set(1);"),
        "{found:?}"
    );
    assert!(
        changes("a()?; b.unlock();")
            .iter()
            .all(|change| !change.starts_with("early"))
    );
}

#[test]
fn exchanges_that_overlap_are_built_alone() {
    let text = "fn f() { a(); drop(b); drop(c); }";
    let (mutants, _) = mutants_of("x", "x.rs", text).unwrap();
    let exchanged: Vec<_> = mutants
        .iter()
        .filter(|mutant| mutant.kind == Kind::EarlyUnlock)
        .collect();
    assert_eq!(exchanged.len(), 2);
    assert!(exchanged[0].switch.is_some() && exchanged[1].switch.is_none());
}

#[test]
fn bounds_are_off_by_one() {
    assert_eq!(changes("a < b"), ["bound: a <= b"]);
    assert_eq!(changes("a >= b"), ["bound: a > b"]);
    assert_eq!(changes("a + 1"), ["bound: a"]);
    assert!(changes("a + 2").is_empty());
}

#[test]
fn bits_are_left_as_they_are() {
    assert_eq!(changes("a | b"), ["bit: a"]);
    assert_eq!(changes("a & !b"), ["bit: a"]);
    assert_eq!(changes("a |= b; c()"), ["bit:  c()"]);
    assert!(changes("a & b").is_empty());
    let found = changes("y(x.fetch_or(1, Ordering::Relaxed))");
    assert!(found[1].starts_with("bit: y(x.load("), "{found:?}");
}

#[test]
fn states_are_not_written_and_things_not_released() {
    assert_eq!(
        changes("x.store(1, Ordering::Relaxed); y()"),
        ["store:  y()"]
    );
    assert_eq!(changes("*x = true;"), ["store: "]);
    assert_eq!(changes("self.state = FREE;"), ["store: "]);
    assert!(changes("self.count = n;").is_empty());
    assert_eq!(changes("drop(x);"), ["release: core::mem::forget(x);"]);
    assert_eq!(changes("unsafe { x.unlock() };"), ["release: unsafe {  };"]);
}

#[test]
fn a_destructor_does_nothing() {
    let text = "impl Drop for X<'_> { fn drop(&mut self) { self.end(); } }";
    let (mutants, _) = mutants_of("x", "x.rs", text).unwrap();
    assert_eq!(mutants.len(), 1);
    assert_eq!(mutants[0].change, "`drop` of `X<'_>` does nothing");
    assert!(instrument::apply(text, &mutants[0]).contains("{; return; self.end();"));
}

#[test]
fn constants_are_built_alone() {
    for text in [
        "const A: u8 = B | C;",
        "const fn f() -> bool { a < b }",
        "fn f() { g::<{ A | B }>() }",
    ] {
        let (mutants, _) = mutants_of("x", "x.rs", text).unwrap();
        assert_eq!(mutants.len(), 1, "{text}");
        assert!(mutants[0].switch.is_none(), "{text}");
    }
}

#[test]
fn tests_and_printing_are_left_out() {
    assert_eq!(
        mutants_of("x", "x.rs", "#[cfg(not(test))] mod m { fn f() { a < b } }")
            .unwrap()
            .0
            .len(),
        1
    );
    for text in [
        "#[cfg(test)] mod tests { fn f() { a < b } }",
        "#[cfg(all(test, unix))] mod tests { fn f() { a < b } }",
        "#[test] fn f() { a < b }",
        "impl fmt::Debug for X { fn fmt() { a < b } }",
    ] {
        assert!(
            mutants_of("x", "x.rs", text).unwrap().0.is_empty(),
            "{text}"
        );
    }
}

#[test]
fn claims_go_with_their_mutants() {
    let text = "fn f() {\n    // mutant: equivalent, ordering: nothing is read\n    x.store(\n        1,\n        Ordering::Release,\n    );\n    // mutant: equivalent, bound: none here\n    y();\n}\n";
    let (mutants, idle) = mutants_of("x", "x.rs", text).unwrap();
    let ordering = mutants
        .iter()
        .find(|mutant| mutant.kind == Kind::Ordering)
        .unwrap();
    assert_eq!(
        (ordering.line, ordering.claim.clone()),
        (5, Some((Outcome::Equivalent, "nothing is read".to_owned())))
    );
    assert!(
        mutants
            .iter()
            .any(|mutant| mutant.kind == Kind::Store && mutant.claim.is_none())
    );
    assert_eq!(idle.len(), 1);
    assert_eq!(idle[0].line, 7);
}

#[test]
fn tests_are_left_out() {
    let found = |attribute: &str| {
        let text = format!("{attribute} mod x {{ fn f() {{ a.load(Ordering::Acquire); }} }}");
        mutants_of("x", "x.rs", &text).unwrap().0.len()
    };
    assert_eq!(found("#[cfg(test)]"), 0);
    assert_eq!(found("#[cfg(all(test, not(selvedge_loom)))]"), 0);
    assert_eq!(found("#[cfg(not(test))]"), 1);
    assert_eq!(found("#[cfg(not(selvedge_loom))]"), 1);
    assert!(is_test_file(Path::new("src/policy/tests.rs")));
    assert!(is_test_file(Path::new("src/tests/order.rs")));
    assert!(!is_test_file(Path::new("src/policy/line.rs")));
}
