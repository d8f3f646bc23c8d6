//! `re.Match`: what a pattern has found in a text.

use super::patterns::{Pattern, slice};
use super::run::Found;
use super::substitution;
use selvedge_interp::object::dict::Dict;
use selvedge_interp::object::native::{Args, NativeDef};
use selvedge_interp::object::str::Str;
use selvedge_interp::object::tuple::Tuple;
use selvedge_interp::object::{
    Base, Object, Payload, Slots, Type, allocate, class, downcast, exception, int, singletons,
};
use selvedge_interp::references;
use selvedge_interp::{PyResult, Ref, Thread, Value, operations};

/// A match.
#[repr(C)]
pub(crate) struct Match {
    object: Object,
    pub(super) pattern: Ref,
    pub(super) text: Ref,
    pub(super) found: Found,
    from: usize,
    to: usize,
}

/// The type `re.Match`.
pub(crate) static MATCH_TYPE: Type = Type::builtin(
    "Match",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        repr: Some(|thread, value| {
            let this = matched(&value);
            let (start, end) = (this.found.start, this.found.end);
            let whole = this.group(0, singletons::none_value());
            let shown = operations::repr_text(thread, *whole)?;
            Ok(Str::new(&format!(
                "<re.Match object; span=({start}, {end}), match={shown}>"
            )))
        }),
        get_item: Some(|thread, value, key| {
            let this = matched(&value);
            let group = this.number(thread, key)?;
            Ok(this.group(group, singletons::none_value()))
        }),
        ..Slots::of::<Match>()
    },
    METHODS,
)
.in_module("re");

// SAFETY: `Match` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Match {
    const TYPE: &'static Type = &MATCH_TYPE;

    references!(pattern, text; found, from, to);
}

static METHODS: &[NativeDef] = &[
    NativeDef::class_method("__class_getitem__", class::generic_alias),
    NativeDef::method("__copy__", |_, args| Ok(args.positional()[0].to_ref())),
    NativeDef::method("__deepcopy__", |_, args| Ok(args.positional()[0].to_ref())),
    NativeDef::method("end", |thread, args| {
        edge(thread, args, "end", |span| span.1)
    }),
    NativeDef::getter("endpos", |_, args| {
        Ok(int::from_usize(matched(&args.positional()[0]).to))
    }),
    NativeDef::method("expand", |thread, args| {
        let (this, rest) = args.split_receiver();
        let [template] = rest.bind(thread, "expand", ["template"], 1)?;
        let this = matched(&this);
        substitution::expand(thread, this, template.expect("required"))
    }),
    NativeDef::method("group", |thread, args| {
        let (this, rest) = args.split_receiver();
        rest.no_keywords(thread, "group")?;
        let this = matched(&this);
        let mut groups = Vec::new();
        for key in rest.positional() {
            let group = this.number(thread, *key)?;
            groups.push(this.group(group, singletons::none_value()));
        }
        Ok(match groups.len() {
            0 => this.group(0, singletons::none_value()),
            1 => groups.swap_remove(0),
            _ => Tuple::from_refs(groups),
        })
    }),
    NativeDef::method("groupdict", |thread, args| {
        let (this, rest) = args.split_receiver();
        let [default] = rest.bind(thread, "groupdict", ["default"], 0)?;
        let default = default.unwrap_or_else(singletons::none_value);
        let this = matched(&this);
        let groups = Dict::new();
        let names = &this.pattern().names;
        for (name, number) in downcast::<Dict>(names).map_or_else(Vec::new, Dict::to_vec) {
            let number = operations::index(thread, *number)? as usize;
            let group = this.group(number, default);
            downcast::<Dict>(&groups)
                .expect("just made")
                .set(thread, name, group)?;
        }
        Ok(groups)
    }),
    NativeDef::method("groups", |thread, args| {
        let (this, rest) = args.split_receiver();
        let [default] = rest.bind(thread, "groups", ["default"], 0)?;
        let default = default.unwrap_or_else(singletons::none_value);
        let this = matched(&this);
        let groups = (1..=this.found.groups.len()).map(|group| this.group(group, default));
        Ok(Tuple::from_refs(groups.collect()))
    }),
    NativeDef::getter("lastgroup", |_, args| {
        let this = matched(&args.positional()[0]);
        let names = downcast::<Tuple>(&this.pattern().indices);
        let name = names.and_then(|names| names.items().get(this.found.last));
        Ok(name.map_or_else(singletons::none, |name| name.to_ref()))
    }),
    NativeDef::getter("lastindex", |_, args| {
        Ok(match matched(&args.positional()[0]).found.last {
            0 => singletons::none(),
            last => int::from_usize(last),
        })
    }),
    NativeDef::getter("pos", |_, args| {
        Ok(int::from_usize(matched(&args.positional()[0]).from))
    }),
    NativeDef::getter("re", |_, args| {
        Ok(matched(&args.positional()[0]).pattern.clone())
    }),
    NativeDef::getter("regs", |_, args| {
        let this = matched(&args.positional()[0]);
        let spans = (0..=this.found.groups.len()).map(|group| pair(this.span(group)));
        Ok(Tuple::from_refs(spans.collect()))
    }),
    NativeDef::method("span", |thread, args| {
        let span = asked(thread, args, "span")?;
        Ok(pair(span))
    }),
    NativeDef::method("start", |thread, args| {
        edge(thread, args, "start", |span| span.0)
    }),
    NativeDef::getter("string", |_, args| {
        Ok(matched(&args.positional()[0]).text.clone())
    }),
];

fn matched(value: &Value) -> &Match {
    downcast::<Match>(value).expect("methods of matches are called with matches")
}

fn pair(span: Option<(usize, usize)>) -> Ref {
    let (start, end) = span.map_or((-1, -1), |(start, end)| (start as i64, end as i64));
    Tuple::from_refs(vec![Ref::small(start), Ref::small(end)])
}

/// The span of the group that a method asks for.
fn asked(thread: &mut Thread, args: &Args<'_>, method: &str) -> PyResult<Option<(usize, usize)>> {
    let (this, rest) = args.split_receiver();
    let this = matched(&this);
    let group = match rest.between(thread, method, 0, 1)? {
        [group] => this.number(thread, *group)?,
        _ => 0,
    };
    Ok(this.span(group))
}

fn edge(
    thread: &mut Thread,
    args: &Args<'_>,
    method: &str,
    which: fn((usize, usize)) -> usize,
) -> PyResult {
    let span = asked(thread, args, method)?;
    Ok(Ref::small(span.map_or(-1, |span| which(span) as i64)))
}

impl Match {
    /// A match in `text` between `from` and `to`.
    pub(super) fn make(pattern: Ref, text: Ref, found: Found, (from, to): (usize, usize)) -> Ref {
        allocate(Self {
            object: Object::new(&MATCH_TYPE),
            pattern,
            text,
            found,
            from,
            to,
        })
    }

    fn pattern(&self) -> &Pattern {
        downcast::<Pattern>(&self.pattern).expect("a match has a pattern")
    }

    fn span(&self, group: usize) -> Option<(usize, usize)> {
        match group.checked_sub(1) {
            None => Some((self.found.start, self.found.end)),
            Some(group) => self.found.groups.get(group).copied().flatten(),
        }
    }

    /// The text of a group, or `default`.
    pub(super) fn group(&self, group: usize, default: Value) -> Ref {
        match self.span(group) {
            Some((start, end)) => slice(&self.text, start, end),
            None => default.to_ref(),
        }
    }

    /// The number of the group that a key means.
    fn number(&self, thread: &mut Thread, key: Value) -> PyResult<usize> {
        let number = if int::to_i64(key).is_some() {
            usize::try_from(operations::index(thread, key)?).ok()
        } else {
            let names = downcast::<Dict>(&self.pattern().names);
            match names.map_or(Ok(None), |names| names.get(thread, key))? {
                Some(number) => usize::try_from(operations::index(thread, *number)?).ok(),
                None => None,
            }
        };
        number
            .filter(|number| *number <= self.found.groups.len())
            .ok_or_else(|| thread.raise_text(&exception::INDEX_ERROR, "no such group"))
    }
}
