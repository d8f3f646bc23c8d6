//! Which scope binds each name.
//!
//! [`build`](build::build) walks the program and records what each scope does with each name;
//! [`resolve`](resolve::resolve) then decides for every name of every scope which scope's variable
//! it means, and which variables live in cells.

mod build;
mod build_def;
mod build_expr;
mod resolve;

pub(crate) use build_def::annotations_of;

use crate::error::Result;
use ruff_python_ast::Mod;
use ruff_python_ast::name::Name;
use ruff_text_size::TextRange;
use std::collections::{HashMap, HashSet};

/// Index of a scope.
pub(crate) type ScopeId = usize;

/// What makes a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScopeKind {
    Module,
    Class,
    Function,
    Lambda,
    /// A generator expression: a function.
    Generator,
    /// A list, set or dict comprehension, inlined in the scope around it.
    Comprehension,
    /// What computes the annotations of a module, class or function.
    Annotations,
    /// The type parameters of a function, class or alias.
    TypeParams,
    /// The value of a type alias, or the bound or default of a type parameter.
    TypeValue,
}

impl ScopeKind {
    /// Whether its locals are registers.
    pub(crate) fn is_function_like(self) -> bool {
        !matches!(self, Self::Module | Self::Class)
    }
}

/// A set of small flags.
macro_rules! bitflags {
    ($(#[$doc:meta])* $name:ident { $($flag:ident = $bit:expr,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub(crate) struct $name(u16);

        impl $name {
            $(pub(crate) const $flag: Self = Self($bit);)+

            pub(crate) fn has(self, any: Self) -> bool {
                self.0 & any.0 != 0
            }
        }

        impl std::ops::BitOr for $name {
            type Output = Self;
            fn bitor(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
        }

        impl std::ops::BitOrAssign for $name {
            fn bitor_assign(&mut self, other: Self) {
                self.0 |= other.0;
            }
        }
    };
}
bitflags! {
    /// What a scope does with a name.
    Uses {
        READ = 1,
        LOCAL = 2,
        PARAMETER = 4,
        GLOBAL = 8,
        NONLOCAL = 16,
        ANNOTATED = 32,
        ITERATION = 64,
        TYPE_PARAMETER = 128,
        IMPORTED = 256,
    }
}

impl Uses {
    /// The ways of binding a name.
    pub(crate) const BINDS: Self =
        Self(Self::LOCAL.0 | Self::PARAMETER.0 | Self::ITERATION.0 | Self::TYPE_PARAMETER.0);

    pub(crate) fn binds(self) -> bool {
        self.has(Self::BINDS) && !self.has(Self::GLOBAL | Self::NONLOCAL)
    }
}

/// Where a name's variable is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// A variable of the scope given: the asking one's own, or one around it.
    Variable(ScopeId),
    /// A global by declaration.
    ExplicitGlobal,
    /// A global or builtin, for want of a binding.
    Global,
}

/// A name in a scope.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Symbol {
    pub(crate) uses: Uses,
    pub(crate) meaning: Meaning,
    /// Whether the variable is captured by another code (of the scope that binds it).
    pub(crate) is_cell: bool,
}

/// One scope.
#[derive(Debug)]
pub(crate) struct Scope {
    pub(crate) kind: ScopeKind,
    pub(crate) parent: Option<ScopeId>,
    pub(crate) children: Vec<ScopeId>,
    /// The scope whose code this one's is part of: itself unless inlined.
    pub(crate) unit: ScopeId,
    pub(crate) symbols: HashMap<Name, Symbol>,
    /// The names in the order of their first mention.
    pub(crate) order: Vec<Name>,
    /// Parameters in the order of their registers.
    pub(crate) parameters: Vec<Name>,
    /// `nonlocal` and `global` statements.
    directives: Vec<(Name, TextRange)>,
    /// Whether it is within a function.
    pub(crate) is_nested: bool,
    /// Has `yield`.
    pub(crate) is_generator: bool,
    /// Is `async def`, or a generator expression with `await`.
    pub(crate) is_coroutine: bool,
    /// A class with a method that uses `__class__`.
    pub(crate) needs_class_cell: bool,
    /// A class with an annotation scope that looks at its namespace.
    pub(crate) needs_class_dict: bool,
    /// The class whose namespace an annotation scope looks at first.
    pub(crate) sees_class: Option<ScopeId>,
    /// The class whose name mangles private names.
    pub(crate) private: Option<Name>,
    /// Names that named expressions bind here.
    pub(crate) named: HashSet<Name>,
    /// Names that are deleted here, or left unbound by `except … as`.
    pub(crate) deleted: HashSet<Name>,
    /// Free variables of a unit, each with the scope that binds it, sorted by name.
    pub(crate) free: Vec<(Name, ScopeId)>,
    /// Has annotated names, of which the annotations are compiled.
    pub(crate) has_annotations: bool,
    /// Has annotations that are not always executed.
    pub(crate) has_conditional_annotations: bool,
    /// What a generator or annotation scope is called in an error.
    pub(crate) description: &'static str,
}

/// What of a node a scope belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    Body,
    TypeParams,
    Annotations,
    Value,
    Default,
}

/// All scopes of a program.
#[derive(Debug, Default)]
pub(crate) struct Symbols {
    pub(crate) scopes: Vec<Scope>,
    by_node: HashMap<(usize, Part), ScopeId>,
    /// `from __future__ import annotations`
    pub(crate) future_annotations: bool,
    /// `from __future__ import barry_as_FLUFL`
    pub(crate) future_flufl: bool,
}

/// The identity of a node: nodes do not move while the program is compiled.
fn address<T>(node: &T) -> usize {
    std::ptr::from_ref(node).addr()
}

impl Symbols {
    /// The scope that belongs to `part` of `node`.
    pub(crate) fn scope_of<T>(&self, node: &T, part: Part) -> ScopeId {
        self.by_node[&(address(node), part)]
    }

    /// What `name` means in `scope`.
    pub(crate) fn symbol(&self, scope: ScopeId, name: &str) -> Option<&Symbol> {
        self.scopes[scope].symbols.get(name)
    }
}

/// Finds out what every name of the program means.
pub(crate) fn analyse(program: &Mod) -> Result<Symbols> {
    let mut symbols = build::build(program)?;
    resolve::resolve(&mut symbols)?;
    Ok(symbols)
}

/// `name` as it is within the class `private`.
pub(crate) fn mangle(private: Option<&Name>, name: &str) -> Name {
    let class = private
        .map(|class| class.trim_start_matches('_'))
        .unwrap_or_default();
    let is_private = name.starts_with("__") && !name.ends_with("__") && !name.contains('.');
    if class.is_empty() || !is_private {
        Name::new(name)
    } else {
        Name::new(format!("_{class}{name}"))
    }
}
