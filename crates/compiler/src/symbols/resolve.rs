//! Decides which variable each name means.
//!
//! A name that a scope does not bind means the variable of the nearest scope around it that does,
//! classes left out; if that variable belongs to another code, it lives in a cell, and every code
//! in between passes the cell on. An inlined comprehension is part of the code around it: its
//! variables are reached without a cell from there.

use super::{Meaning, ScopeId, ScopeKind, Symbols, Uses};
use crate::error::{Result, reject};
use ruff_python_ast::name::Name;

/// Resolves every name of every scope.
pub(super) fn resolve(symbols: &mut Symbols) -> Result<()> {
    for scope in 0..symbols.scopes.len() {
        check_directives(symbols, scope)?;
        for name in symbols.scopes[scope].order.clone() {
            let meaning = meaning(symbols, scope, &name);
            if let Some(symbol) = symbols.scopes[scope].symbols.get_mut(&name) {
                symbol.meaning = meaning;
            }
            if let Meaning::Variable(owner) = meaning {
                capture(symbols, scope, &name, owner);
            }
        }
        if let Some(class) = symbols.scopes[scope].sees_class {
            capture_from(symbols, scope, &Name::new_static("__classdict__"), class);
        }
    }
    for scope in &mut symbols.scopes {
        scope.free.sort();
    }
    Ok(())
}

fn check_directives(symbols: &Symbols, scope: ScopeId) -> Result<()> {
    let scope = &symbols.scopes[scope];
    for (name, range) in &scope.directives {
        let uses = scope.symbols[name].uses;
        if uses.has(Uses::GLOBAL) && uses.has(Uses::NONLOCAL) {
            return reject(*range, format!("name '{name}' is nonlocal and global"));
        }
        if !uses.has(Uses::NONLOCAL) {
            continue;
        }
        if scope.kind == ScopeKind::Module {
            return reject(*range, "nonlocal declaration not allowed at module level");
        }
        match scope
            .parent
            .map_or(Meaning::Global, |parent| around(symbols, parent, name))
        {
            Meaning::Variable(owner) => {
                if symbols.scopes[owner]
                    .symbols
                    .get(name)
                    .is_some_and(|symbol| symbol.uses.has(Uses::TYPE_PARAMETER))
                {
                    return reject(
                        *range,
                        format!("nonlocal binding not allowed for type parameter '{name}'"),
                    );
                }
            }
            _ => return reject(*range, format!("no binding for nonlocal '{name}' found")),
        }
    }
    Ok(())
}

/// What `name` means in `scope`.
fn meaning(symbols: &Symbols, scope: ScopeId, name: &Name) -> Meaning {
    let asking = &symbols.scopes[scope];
    let uses = asking
        .symbols
        .get(name)
        .map(|symbol| symbol.uses)
        .unwrap_or_default();
    if uses.has(Uses::GLOBAL) {
        return Meaning::ExplicitGlobal;
    }
    if uses.binds() {
        return Meaning::Variable(scope);
    }
    asking
        .parent
        .map_or(Meaning::Global, |parent| around(symbols, parent, name))
}

/// What `name` means to a scope within `scope` that does not bind it.
fn around(symbols: &Symbols, mut scope: ScopeId, name: &Name) -> Meaning {
    loop {
        let here = &symbols.scopes[scope];
        match here.kind {
            ScopeKind::Module => return Meaning::Global,
            ScopeKind::Class => {
                if name == "__class__"
                    || (name == "__conditional_annotations__" && here.has_conditional_annotations)
                {
                    return Meaning::Variable(scope);
                }
            }
            _ => {
                let uses = here
                    .symbols
                    .get(name)
                    .map(|symbol| symbol.uses)
                    .unwrap_or_default();
                if uses.has(Uses::GLOBAL) {
                    return Meaning::Global;
                }
                if uses.binds() {
                    return Meaning::Variable(scope);
                }
            }
        }
        match here.parent {
            Some(parent) => scope = parent,
            None => return Meaning::Global,
        }
    }
}

/// Makes the variable `name` of `owner` reachable from `scope`.
fn capture(symbols: &mut Symbols, scope: ScopeId, name: &Name, owner: ScopeId) {
    if symbols.scopes[owner].kind == ScopeKind::Class {
        if scope == owner {
            return;
        }
        if name == "__class__" {
            symbols.scopes[owner].needs_class_cell = true;
        }
    }
    capture_from(symbols, scope, name, owner);
}

fn capture_from(symbols: &mut Symbols, scope: ScopeId, name: &Name, owner: ScopeId) {
    let home = symbols.scopes[owner].unit;
    let mut at = symbols.scopes[scope].unit;
    if at == home {
        return;
    }
    if let Some(symbol) = symbols.scopes[owner].symbols.get_mut(name) {
        symbol.is_cell = true;
    }
    while at != home {
        let unit = &mut symbols.scopes[at];
        let variable = (name.clone(), owner);
        if unit.free.contains(&variable) {
            return;
        }
        unit.free.push(variable);
        let Some(parent) = unit.parent else { return };
        at = symbols.scopes[parent].unit;
    }
}
