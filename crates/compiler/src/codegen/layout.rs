//! Which register holds which variable.

use super::Reg;
use crate::symbols::{ScopeId, ScopeKind, Symbols};
use ruff_python_ast::name::Name;
use std::collections::HashMap;

/// The registers of one code below its temporaries.
#[derive(Debug, Default)]
pub(super) struct Layout {
    registers: HashMap<(ScopeId, Name), Reg>,
    pub(super) names: Vec<Box<str>>,
    pub(super) parameters: Reg,
    pub(super) arg_count: u32,
    pub(super) posonly_arg_count: u32,
    pub(super) kwonly_arg_count: u32,
    /// Registers that hold cells of the code's own variables.
    pub(super) cells: Vec<u16>,
    /// Those of them that are made when the code starts.
    pub(super) cells_at_start: Vec<Reg>,
    pub(super) free_count: u32,
    pub(super) first_temp: Reg,
    /// Holds the namespace of the class that an annotation scope looks at.
    pub(super) class_dict: Option<Reg>,
    /// Locals that may lose their value again.
    deleted: Vec<bool>,
    /// Locals for which there is no register, by the keys under which a dict holds them.
    far: HashMap<(ScopeId, Name), String>,
    /// The register of that dict.
    pub(super) far_dict: Option<Reg>,
}

/// The most locals that have registers of their own, so that temporaries have numbers of a byte.
const MOST_NEAR: usize = 180;

/// Variables of a class body that methods and annotations reach, with whether it has them.
pub(super) fn class_cells(symbols: &Symbols, class: ScopeId) -> impl Iterator<Item = &'static str> {
    let scope = &symbols.scopes[class];
    let cells = [
        ("__class__", scope.needs_class_cell),
        ("__classdict__", scope.needs_class_dict),
        (
            "__conditional_annotations__",
            scope.has_conditional_annotations && !symbols.future_annotations,
        ),
    ];
    cells
        .into_iter()
        .filter_map(|(name, is_needed)| is_needed.then_some(name))
}

impl Layout {
    pub(super) fn new(symbols: &Symbols, unit: ScopeId) -> Self {
        let mut layout = Self::default();
        let scope = &symbols.scopes[unit];
        for name in &scope.parameters {
            layout.add_variable(symbols, unit, name, true);
        }
        layout.parameters = layout.names.len() as Reg;
        match scope.kind {
            ScopeKind::Module => {}
            ScopeKind::Class => {
                for name in class_cells(symbols, unit) {
                    let register = layout.add(unit, name, false);
                    layout.cells.push(register);
                    layout.cells_at_start.push(register);
                }
            }
            _ => {
                for name in &scope.order {
                    if scope.symbols[name].uses.binds() && !scope.parameters.contains(name) {
                        layout.add_local(symbols, unit, name, true);
                    }
                }
            }
        }
        layout.add_comprehensions(symbols, unit);
        if scope.sees_class.is_some() {
            layout.class_dict = Some(layout.add(unit, ".classdict", false));
        }
        for (name, owner) in &scope.free {
            layout.add(*owner, name, false);
        }
        layout.free_count = scope.free.len() as u32;
        layout.first_temp = layout.names.len() as Reg;
        layout
    }

    fn add(&mut self, owner: ScopeId, name: &str, is_deleted: bool) -> Reg {
        let register = self.names.len() as Reg;
        self.registers.insert((owner, Name::new(name)), register);
        self.names.push(name.into());
        self.deleted.push(is_deleted);
        register
    }

    fn add_variable(&mut self, symbols: &Symbols, owner: ScopeId, name: &Name, at_start: bool) {
        let scope = &symbols.scopes[owner];
        let register = self.add(owner, name, scope.deleted.contains(name));
        if scope.symbols[name].is_cell {
            self.cells.push(register);
            if at_start {
                self.cells_at_start.push(register);
            }
        }
    }

    /// Gives a local a register while there are enough, a place in a dict after that.
    fn add_local(&mut self, symbols: &Symbols, owner: ScopeId, name: &Name, at_start: bool) {
        if self.names.len() < MOST_NEAR || symbols.scopes[owner].symbols[name].is_cell {
            return self.add_variable(symbols, owner, name, at_start);
        }
        if self.far_dict.is_none() {
            self.far_dict = Some(self.add(owner, ".far", false));
        }
        let key = if at_start {
            name.to_string()
        } else {
            format!("{name} of {owner}")
        };
        self.far.insert((owner, name.clone()), key);
    }

    /// The key of a local that has no register.
    pub(super) fn far_key(&self, owner: ScopeId, name: &str) -> Option<&str> {
        if self.far.is_empty() {
            return None;
        }
        self.far.get(&(owner, Name::new(name))).map(String::as_str)
    }

    /// Inlined comprehensions have registers of their own.
    fn add_comprehensions(&mut self, symbols: &Symbols, scope: ScopeId) {
        for &child in &symbols.scopes[scope].children {
            let inlined = &symbols.scopes[child];
            if inlined.kind != ScopeKind::Comprehension {
                continue;
            }
            for name in &inlined.order {
                if inlined.symbols[name].uses.binds() {
                    self.add_local(symbols, child, name, false);
                }
            }
            self.add_comprehensions(symbols, child);
        }
    }

    /// The register of the variable `name` of `owner`, or of the cell it is in.
    pub(super) fn register(&self, owner: ScopeId, name: &str) -> Reg {
        self.registers[&(owner, Name::new(name))]
    }

    pub(super) fn is_cell(&self, register: Reg) -> bool {
        self.cells.contains(&register)
            || u32::from(register) >= u32::from(self.first_temp) - self.free_count
    }

    /// Whether a local, once bound, stays so.
    pub(super) fn may_be_tracked(&self, register: Reg) -> bool {
        self.deleted
            .get(usize::from(register))
            .is_some_and(|deleted| !deleted)
    }
}
