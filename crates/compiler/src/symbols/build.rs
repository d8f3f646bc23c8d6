//! The walk that records what each scope does with each name: scopes and statements.

use super::{Meaning, Part, Scope, ScopeId, ScopeKind, Symbol, Symbols, Uses, address, mangle};
use crate::error::{Result, reject};
use crate::future;
use crate::nesting::deeper;
use ruff_python_ast::*;
use ruff_text_size::{Ranged, TextRange};
use std::collections::{HashMap, HashSet};

/// The walk's state.
pub(super) struct Builder {
    pub(super) symbols: Symbols,
    pub(super) current: ScopeId,
    /// Annotation scopes of modules and classes, by their owner.
    annotations: HashMap<ScopeId, ScopeId>,
    /// How deep in statements that may not be executed.
    pub(super) conditional: u32,
    /// Within the target of a comprehension.
    pub(super) in_target: bool,
    /// How deep in iterables of comprehensions.
    pub(super) in_iterable: u32,
}

/// Records every scope of `program`.
pub(super) fn build(program: &Mod) -> Result<Symbols> {
    let mut builder = Builder {
        symbols: Symbols::default(),
        current: 0,
        annotations: HashMap::new(),
        conditional: 0,
        in_target: false,
        in_iterable: 0,
    };
    builder.add_scope(ScopeKind::Module, None, "a module");
    builder
        .symbols
        .by_node
        .insert((address(program), Part::Body), 0);
    match program {
        Mod::Module(module) => {
            future::apply(&module.body, &mut builder.symbols)?;
            builder.body(&module.body)?;
        }
        Mod::Expression(expression) => builder.expr(&expression.body)?,
    }
    Ok(builder.symbols)
}

impl Builder {
    fn add_scope(
        &mut self,
        kind: ScopeKind,
        parent: Option<ScopeId>,
        description: &'static str,
    ) -> ScopeId {
        let id = self.symbols.scopes.len();
        let around = parent.map(|parent| &self.symbols.scopes[parent]);
        let scope = Scope {
            kind,
            parent,
            children: Vec::new(),
            unit: if kind == ScopeKind::Comprehension {
                around.map_or(id, |around| around.unit)
            } else {
                id
            },
            symbols: HashMap::new(),
            order: Vec::new(),
            parameters: Vec::new(),
            directives: Vec::new(),
            is_nested: around
                .is_some_and(|around| around.is_nested || around.kind.is_function_like()),
            is_generator: false,
            is_coroutine: false,
            needs_class_cell: false,
            needs_class_dict: false,
            sees_class: None,
            private: around.and_then(|around| around.private.clone()),
            named: HashSet::new(),
            deleted: HashSet::new(),
            free: Vec::new(),
            has_annotations: false,
            has_conditional_annotations: false,
            description,
        };
        self.symbols.scopes.push(scope);
        if let Some(parent) = parent {
            self.symbols.scopes[parent].children.push(id);
        }
        id
    }

    pub(super) fn scope(&mut self) -> &mut Scope {
        &mut self.symbols.scopes[self.current]
    }

    /// Opens a scope of `node`; [`leave`](Self::leave) closes it.
    pub(super) fn enter<T>(
        &mut self,
        kind: ScopeKind,
        node: &T,
        part: Part,
        description: &'static str,
    ) -> ScopeId {
        let parent = self.current;
        let id = self.add_scope(kind, Some(parent), description);
        let around = &self.symbols.scopes[parent];
        let sees_class = match kind {
            ScopeKind::Annotations | ScopeKind::TypeParams | ScopeKind::TypeValue
                if around.kind == ScopeKind::Class =>
            {
                Some(parent)
            }
            ScopeKind::Annotations
            | ScopeKind::TypeParams
            | ScopeKind::TypeValue
            | ScopeKind::Comprehension => around.sees_class,
            _ => None,
        };
        if let Some(class) = sees_class {
            self.symbols.scopes[class].needs_class_dict = true;
        }
        self.symbols.scopes[id].sees_class = sees_class;
        self.symbols.by_node.insert((address(node), part), id);
        self.current = id;
        id
    }

    pub(super) fn leave(&mut self) {
        self.current = self.scope().parent.unwrap_or(0);
    }

    /// Records a use of `name`.
    pub(super) fn add(&mut self, name: &str, uses: Uses, range: TextRange) -> Result<()> {
        let scope = self.current;
        self.add_to(scope, name, uses, range)
    }

    pub(super) fn add_to(
        &mut self,
        scope: ScopeId,
        name: &str,
        uses: Uses,
        range: TextRange,
    ) -> Result<()> {
        if uses.has(Uses::BINDS | Uses::IMPORTED) && name == "__debug__" {
            return reject(range, "cannot assign to __debug__");
        }
        let scope = &mut self.symbols.scopes[scope];
        let mangled = mangle(scope.private.as_ref(), name);
        let known = scope.symbols.get(&mangled).map(|symbol| symbol.uses);
        if uses.has(Uses::PARAMETER) {
            if known.is_some_and(|known| known.has(Uses::PARAMETER)) {
                return reject(
                    range,
                    format!("duplicate argument '{name}' in function definition"),
                );
            }
            scope.parameters.push(mangled.clone());
        }
        if uses.has(Uses::TYPE_PARAMETER)
            && known.is_some_and(|known| known.has(Uses::TYPE_PARAMETER))
        {
            return reject(range, format!("duplicate type parameter '{name}'"));
        }
        let symbol = scope.symbols.entry(mangled.clone()).or_insert_with(|| {
            scope.order.push(mangled);
            Symbol {
                uses: Uses::default(),
                meaning: Meaning::Global,
                is_cell: false,
            }
        });
        symbol.uses |= uses;
        Ok(())
    }

    /// What the current scope has done with `name` so far.
    pub(super) fn uses(&mut self, name: &str) -> Uses {
        let scope = self.scope();
        let mangled = mangle(scope.private.as_ref(), name);
        scope
            .symbols
            .get(&mangled)
            .map(|symbol| symbol.uses)
            .unwrap_or_default()
    }

    pub(super) fn bind(&mut self, name: &Identifier) -> Result<()> {
        self.add(name, Uses::LOCAL, name.range)
    }

    pub(super) fn body(&mut self, body: &[Stmt]) -> Result<()> {
        body.iter().try_for_each(|stmt| self.stmt(stmt))
    }

    fn conditional_body(&mut self, body: &[Stmt]) -> Result<()> {
        self.conditional += 1;
        let done = self.body(body);
        self.conditional -= 1;
        done
    }

    fn stmt(&mut self, stmt: &Stmt) -> Result<()> {
        deeper(|| self.stmt_here(stmt))
    }

    fn stmt_here(&mut self, stmt: &Stmt) -> Result<()> {
        match stmt {
            Stmt::FunctionDef(def) => self.function(def),
            Stmt::ClassDef(def) => self.class(def),
            Stmt::Return(s) => self.optional(s.value.as_deref()),
            Stmt::Delete(s) => s.targets.iter().try_for_each(|target| self.expr(target)),
            Stmt::TypeAlias(s) => self.type_alias(s),
            Stmt::Assign(s) => {
                s.targets.iter().try_for_each(|target| self.expr(target))?;
                self.expr(&s.value)
            }
            Stmt::AugAssign(s) => {
                self.expr(&s.target)?;
                self.expr(&s.value)
            }
            Stmt::AnnAssign(s) => self.annotated_assignment(s),
            Stmt::For(s) => {
                self.expr(&s.target)?;
                self.expr(&s.iter)?;
                self.conditional_body(&s.body)?;
                self.conditional_body(&s.orelse)
            }
            Stmt::While(s) => {
                self.expr(&s.test)?;
                self.conditional_body(&s.body)?;
                self.conditional_body(&s.orelse)
            }
            Stmt::If(s) => {
                self.expr(&s.test)?;
                self.conditional_body(&s.body)?;
                s.elif_else_clauses.iter().try_for_each(|clause| {
                    self.optional(clause.test.as_ref())?;
                    self.conditional_body(&clause.body)
                })
            }
            Stmt::With(s) => {
                for item in &s.items {
                    self.expr(&item.context_expr)?;
                    self.optional(item.optional_vars.as_deref())?;
                }
                self.conditional_body(&s.body)
            }
            Stmt::Match(s) => {
                self.expr(&s.subject)?;
                s.cases.iter().try_for_each(|case| {
                    self.pattern(&case.pattern)?;
                    self.optional(case.guard.as_deref())?;
                    self.conditional_body(&case.body)
                })
            }
            Stmt::Raise(s) => {
                self.optional(s.exc.as_deref())?;
                self.optional(s.cause.as_deref())
            }
            Stmt::Try(s) => {
                self.conditional_body(&s.body)?;
                s.handlers
                    .iter()
                    .try_for_each(|ExceptHandler::ExceptHandler(handler)| self.handler(handler))?;
                self.conditional_body(&s.orelse)?;
                self.conditional_body(&s.finalbody)
            }
            Stmt::Assert(s) => {
                self.expr(&s.test)?;
                self.optional(s.msg.as_deref())
            }
            Stmt::Import(s) => s.names.iter().try_for_each(|alias| self.alias(alias)),
            Stmt::ImportFrom(s) => s.names.iter().try_for_each(|alias| self.alias(alias)),
            Stmt::Global(s) => s
                .names
                .iter()
                .try_for_each(|name| self.directive(name, s.range, Uses::GLOBAL, "global")),
            Stmt::Nonlocal(s) => s
                .names
                .iter()
                .try_for_each(|name| self.directive(name, s.range, Uses::NONLOCAL, "nonlocal")),
            Stmt::Expr(s) => self.expr(&s.value),
            Stmt::Pass(_) | Stmt::Break(_) | Stmt::Continue(_) | Stmt::IpyEscapeCommand(_) => {
                Ok(())
            }
        }
    }

    pub(super) fn optional(&mut self, expr: Option<&Expr>) -> Result<()> {
        expr.map_or(Ok(()), |expr| self.expr(expr))
    }

    fn handler(&mut self, handler: &ExceptHandlerExceptHandler) -> Result<()> {
        self.optional(handler.type_.as_deref())?;
        if let Some(name) = &handler.name {
            self.bind(name)?;
            self.note_deleted(name);
        }
        self.conditional_body(&handler.body)
    }

    pub(super) fn note_deleted(&mut self, name: &str) {
        let scope = self.scope();
        let mangled = mangle(scope.private.as_ref(), name);
        scope.deleted.insert(mangled);
    }

    fn alias(&mut self, alias: &Alias) -> Result<()> {
        if &alias.name == "*" {
            if self.scope().kind != ScopeKind::Module {
                return reject(alias.range, "import * only allowed at module level");
            }
            return Ok(());
        }
        let name = alias.asname.as_ref().unwrap_or(&alias.name);
        let bound = name.split('.').next().unwrap_or_default();
        self.add(bound, Uses::LOCAL | Uses::IMPORTED, alias.range)
    }

    fn directive(
        &mut self,
        name: &Identifier,
        range: TextRange,
        uses: Uses,
        word: &str,
    ) -> Result<()> {
        let known = self.uses(name);
        if known.has(Uses::PARAMETER) {
            return reject(range, format!("name '{name}' is parameter and {word}"));
        }
        if known.has(Uses::READ) {
            return reject(
                range,
                format!("name '{name}' is used prior to {word} declaration"),
            );
        }
        if known.has(Uses::ANNOTATED) {
            return reject(range, format!("annotated name '{name}' can't be {word}"));
        }
        if known.has(Uses::LOCAL) {
            return reject(
                range,
                format!("name '{name}' is assigned to before {word} declaration"),
            );
        }
        self.add(name, uses, range)?;
        let mangled = mangle(self.scope().private.as_ref(), name);
        self.scope().directives.push((mangled, range));
        Ok(())
    }

    fn annotated_assignment(&mut self, s: &StmtAnnAssign) -> Result<()> {
        if let Expr::Name(target) = &*s.target {
            let known = self.uses(&target.id);
            if s.simple
                && known.has(Uses::GLOBAL | Uses::NONLOCAL)
                && self.scope().kind != ScopeKind::Module
            {
                let word = if known.has(Uses::GLOBAL) {
                    "global"
                } else {
                    "nonlocal"
                };
                return reject(
                    s.range,
                    format!("annotated name '{}' can't be {word}", target.id),
                );
            }
            if s.simple {
                self.add(&target.id, Uses::ANNOTATED | Uses::LOCAL, target.range)?;
            } else if s.value.is_some() {
                self.add(&target.id, Uses::LOCAL, target.range)?;
            }
        } else {
            self.expr(&s.target)?;
        }
        let is_compiled = s.simple && s.target.is_name_expr();
        self.variable_annotation(&s.annotation, is_compiled)?;
        self.optional(s.value.as_deref())
    }

    /// The annotation of a variable, in the annotation scope of the module or class. One that is
    /// never evaluated is only checked.
    fn variable_annotation(&mut self, annotation: &Expr, is_compiled: bool) -> Result<()> {
        let owner = self.current;
        let is_body = !self.scope().kind.is_function_like();
        if self.symbols.future_annotations && is_compiled && is_body {
            self.scope().has_annotations = true;
        }
        if !is_body || !is_compiled || self.symbols.future_annotations {
            return self.unevaluated(annotation);
        }
        let conditional = self.scope().kind == ScopeKind::Module || self.conditional > 0;
        let scope = self.scope();
        scope.has_annotations = true;
        if conditional {
            scope.has_conditional_annotations = true;
            self.add(
                "__conditional_annotations__",
                Uses::LOCAL | Uses::READ,
                annotation.range(),
            )?;
        }
        if let Some(&known) = self.annotations.get(&owner) {
            self.current = known;
        } else {
            let key = self.owner_key(owner);
            let id = self.enter(
                ScopeKind::Annotations,
                &(),
                Part::Annotations,
                "an annotation",
            );
            self.symbols.by_node.insert((key, Part::Annotations), id);
            self.annotations.insert(owner, id);
            self.add(".format", Uses::PARAMETER, annotation.range())?;
        }
        if conditional {
            self.add(
                "__conditional_annotations__",
                Uses::READ,
                annotation.range(),
            )?;
        }
        let conditional_depth = std::mem::take(&mut self.conditional);
        let done = self.expr(annotation);
        self.conditional = conditional_depth;
        self.current = owner;
        done
    }

    /// The node that `owner` is the body of.
    fn owner_key(&self, owner: ScopeId) -> usize {
        let found = self
            .symbols
            .by_node
            .iter()
            .find(|&(&(_, part), &id)| part == Part::Body && id == owner);
        found.map_or(0, |(&(node, _), _)| node)
    }

    /// Checks an annotation that is not compiled: what it does leaves no trace.
    pub(super) fn unevaluated(&mut self, annotation: &Expr) -> Result<()> {
        let owner = self.current;
        let count = self.symbols.scopes.len();
        let needed = self.scope().needs_class_dict;
        self.enter(
            ScopeKind::Annotations,
            &(),
            Part::Annotations,
            "an annotation",
        );
        let done = self.expr(annotation);
        self.current = owner;
        self.symbols.scopes.truncate(count);
        let scope = self.scope();
        scope.needs_class_dict = needed;
        scope.children.retain(|&child| child < count);
        self.symbols.by_node.retain(|_, id| *id < count);
        done
    }

    fn pattern(&mut self, pattern: &Pattern) -> Result<()> {
        deeper(|| match pattern {
            Pattern::MatchValue(p) => self.expr(&p.value),
            Pattern::MatchSingleton(_) => Ok(()),
            Pattern::MatchSequence(p) => p.patterns.iter().try_for_each(|p| self.pattern(p)),
            Pattern::MatchMapping(p) => {
                p.keys.iter().try_for_each(|key| self.expr(key))?;
                p.patterns.iter().try_for_each(|p| self.pattern(p))?;
                p.rest.iter().try_for_each(|name| self.bind(name))
            }
            Pattern::MatchClass(p) => {
                self.expr(&p.cls)?;
                p.arguments
                    .patterns
                    .iter()
                    .try_for_each(|p| self.pattern(p))?;
                p.arguments
                    .keywords
                    .iter()
                    .try_for_each(|keyword| self.pattern(&keyword.pattern))
            }
            Pattern::MatchStar(p) => p.name.iter().try_for_each(|name| self.bind(name)),
            Pattern::MatchAs(p) => {
                p.pattern.iter().try_for_each(|p| self.pattern(p))?;
                p.name.iter().try_for_each(|name| self.bind(name))
            }
            Pattern::MatchOr(p) => p.patterns.iter().try_for_each(|p| self.pattern(p)),
        })
    }
}
