//! `re.Pattern`, and what searches with one.

use super::engine::Matcher;
use super::matches::Match;
use super::run::{Demands, Found};
use super::substitution::{self, Next};
use selvedge_interp::object::bytes::{Bytes, bytes_of};
use selvedge_interp::object::dict::Dict;
use selvedge_interp::object::list::List;
use selvedge_interp::object::mapping_proxy::MappingProxy;
use selvedge_interp::object::native::{Args, NativeDef};
use selvedge_interp::object::str::{CodePoints, Str};
use selvedge_interp::object::tuple::Tuple;
use selvedge_interp::object::{
    Base, CompareOp, Object, Payload, Slots, Type, allocate, class, downcast, int, singletons,
};
use selvedge_interp::references;
use selvedge_interp::{PyResult, Ref, Thread, Value, operations};
use selvedge_sync::seam::Mutex;

/// A pattern.
#[repr(C)]
pub(crate) struct Pattern {
    object: Object,
    /// What it was compiled from; `None` if that is not known.
    source: Ref,
    flags: i64,
    code: Vec<u32>,
    groups: usize,
    /// The numbers of groups by their names: a dictionary.
    pub(super) names: Ref,
    /// The names of groups by their numbers: a tuple.
    pub(super) indices: Ref,
}

/// The type `re.Pattern`.
pub(crate) static PATTERN_TYPE: Type = Type::builtin(
    "Pattern",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        repr: Some(repr),
        hash: Some(|thread, value| {
            let this = pattern(&value);
            Ok(operations::hash(thread, *this.source)? ^ this.flags as u64)
        }),
        compare: Some(compare),
        ..Slots::of::<Pattern>()
    },
    METHODS,
)
.in_module("re");

// SAFETY: `Pattern` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Pattern {
    const TYPE: &'static Type = &PATTERN_TYPE;

    references!();
}

static METHODS: &[NativeDef] = &[
    NativeDef::class_method("__class_getitem__", class::generic_alias),
    NativeDef::method("__copy__", |_, args| Ok(args.positional()[0].to_ref())),
    NativeDef::method("__deepcopy__", |_, args| Ok(args.positional()[0].to_ref())),
    NativeDef::method("findall", |thread, args| {
        let search = Search::new(thread, args, "findall")?;
        let mut next = Next::new(search.from);
        let mut all = Vec::new();
        while let Some(found) = next.search(search.pattern(), &search.subject, search.to) {
            let group = |span: Option<(usize, usize)>| match span {
                Some((start, end)) => slice(&search.text, start, end),
                None => slice(&search.text, 0, 0),
            };
            all.push(match &found.groups[..] {
                [] => slice(&search.text, found.start, found.end),
                [only] => group(*only),
                groups => Tuple::from_refs(groups.iter().map(|span| group(*span)).collect()),
            });
        }
        Ok(List::from_refs(all))
    }),
    NativeDef::method("finditer", |thread, args| {
        let scanner = scanner(thread, args, "finditer")?;
        operations::iter(thread, *scanner)
    }),
    NativeDef::getter("flags", |_, args| {
        Ok(int::from_i64(pattern(&args.positional()[0]).flags))
    }),
    NativeDef::method("fullmatch", |thread, args| {
        let search = Search::new(thread, args, "fullmatch")?;
        let found = search
            .subject
            .match_at(search.pattern(), search.from, search.to, true, false);
        Ok(search.give(found))
    }),
    NativeDef::getter("groupindex", |_, args| {
        let names = pattern(&args.positional()[0]).names.clone();
        Ok(MappingProxy::new(names))
    }),
    NativeDef::getter("groups", |_, args| {
        Ok(int::from_usize(pattern(&args.positional()[0]).groups))
    }),
    NativeDef::method("match", |thread, args| {
        let search = Search::new(thread, args, "match")?;
        let found = search
            .subject
            .match_at(search.pattern(), search.from, search.to, false, false);
        Ok(search.give(found))
    }),
    NativeDef::getter("pattern", |_, args| {
        Ok(pattern(&args.positional()[0]).source.clone())
    }),
    NativeDef::method("scanner", |thread, args| scanner(thread, args, "scanner")),
    NativeDef::method("search", |thread, args| {
        let search = Search::new(thread, args, "search")?;
        let found = search
            .subject
            .search(search.pattern(), search.from, search.to, false);
        Ok(search.give(found))
    }),
    NativeDef::method("split", |thread, args| {
        let (this, rest) = args.split_receiver();
        let [text, most] = rest.bind(thread, "split", ["string", "maxsplit"], 1)?;
        let most = match most {
            Some(most) => operations::index(thread, most)?,
            None => 0,
        };
        substitution::split(thread, this, text.expect("required"), most)
    }),
    NativeDef::method("sub", |thread, args| substitute(thread, args, "sub", false)),
    NativeDef::method("subn", |thread, args| {
        substitute(thread, args, "subn", true)
    }),
];

fn substitute(thread: &mut Thread, args: &Args<'_>, method: &str, counted: bool) -> PyResult {
    let (this, rest) = args.split_receiver();
    let [replacement, text, most] = rest.bind(thread, method, ["repl", "string", "count"], 2)?;
    let most = match most {
        Some(most) => operations::index(thread, most)?,
        None => 0,
    };
    let both = [replacement.expect("required"), text.expect("required")];
    substitution::substitute(thread, this, both, most, counted)
}

fn pattern(value: &Value) -> &Pattern {
    downcast::<Pattern>(value).expect("methods of patterns are called with patterns")
}

/// `compile(pattern, flags, code, groups, groupindex, indexgroup)`
pub(super) fn compile(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let names = [
        "pattern",
        "flags",
        "code",
        "groups",
        "groupindex",
        "indexgroup",
    ];
    let given = args.bind(thread, "compile", names, 6)?;
    let [source, flags, code, groups, names, indices] =
        given.map(|value| value.expect("all are required"));
    let mut words = Vec::new();
    for word in operations::collect(thread, code)? {
        words.push(operations::index(thread, *word)? as u32);
    }
    let names_fit = downcast::<Dict>(&names).is_some();
    if !names_fit || downcast::<Tuple>(&indices).is_none() {
        return Err(thread.type_error("compile() takes a dict and a tuple of groups"));
    }
    let groups = usize::try_from(operations::index(thread, groups)?).unwrap_or(0);
    Ok(allocate(Pattern {
        object: Object::new(&PATTERN_TYPE),
        source: source.to_ref(),
        flags: operations::index(thread, flags)?,
        code: words,
        groups,
        names: names.to_ref(),
        indices: indices.to_ref(),
    }))
}

/// The part of a text from `start` to `end`.
pub(super) fn slice(text: &Ref, start: usize, end: usize) -> Ref {
    let Some(string) = downcast::<Str>(text) else {
        let data = bytes_of(text).unwrap_or_default();
        return Bytes::new(data.get(start..end).unwrap_or_default());
    };
    if start == 0 && end == string.len() && !text.ty().is_heap() {
        return text.clone();
    }
    string.part(start, end)
}

/// A text that is searched.
pub(super) enum Subject {
    Text(Ref),
    Data(Vec<u8>),
}

impl Subject {
    /// The text that `value` is, if it is of the kind that the pattern is for.
    pub(super) fn of(thread: &mut Thread, pattern: &Pattern, value: Value) -> PyResult<Self> {
        let for_text = downcast::<Str>(&pattern.source).is_some();
        let for_bytes = !for_text && !singletons::is_none(*pattern.source);
        if downcast::<Str>(&value).is_some() {
            if for_bytes {
                return Err(thread.type_error("cannot use a bytes pattern on a string-like object"));
            }
            return Ok(Subject::Text(value.to_ref()));
        }
        let Some(data) = bytes_of(&value).map(|data| data.to_vec()) else {
            let got = value.ty().name();
            let text = format!("expected string or bytes-like object, got '{got}'");
            return Err(thread.type_error(text));
        };
        if for_text {
            return Err(thread.type_error("cannot use a string pattern on a bytes-like object"));
        }
        Ok(Subject::Data(data))
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Subject::Text(text) => downcast::<Str>(text).map_or(0, Str::len),
            Subject::Data(data) => data.len(),
        }
    }

    fn points(&self) -> CodePoints<'_> {
        match self {
            Subject::Text(text) => downcast::<Str>(text)
                .expect("checked when it was made")
                .code_points(),
            Subject::Data(data) => CodePoints::One(data),
        }
    }

    /// A match that begins at `from`, and reaches to `end` if it is to be of all.
    pub(super) fn match_at(
        &self,
        pattern: &Pattern,
        from: usize,
        end: usize,
        all: bool,
        advance: bool,
    ) -> Option<Found> {
        let demands = Demands { all, advance };
        let (code, groups) = (&pattern.code, pattern.groups);
        match self.points() {
            CodePoints::One(text) => Matcher::new(code, groups, text, end).match_at(from, demands),
            CodePoints::Two(text) => Matcher::new(code, groups, text, end).match_at(from, demands),
            CodePoints::Four(text) => Matcher::new(code, groups, text, end).match_at(from, demands),
        }
    }

    /// The first match from `from` on.
    pub(super) fn search(
        &self,
        pattern: &Pattern,
        from: usize,
        end: usize,
        advance: bool,
    ) -> Option<Found> {
        let demands = Demands {
            all: false,
            advance,
        };
        let (code, groups) = (&pattern.code, pattern.groups);
        match self.points() {
            CodePoints::One(text) => Matcher::new(code, groups, text, end).search(from, demands),
            CodePoints::Two(text) => Matcher::new(code, groups, text, end).search(from, demands),
            CodePoints::Four(text) => Matcher::new(code, groups, text, end).search(from, demands),
        }
    }
}

/// The arguments of a method that searches: `(string, pos=0, endpos=…)`.
struct Search {
    pattern: Ref,
    text: Ref,
    subject: Subject,
    from: usize,
    to: usize,
}

impl Search {
    fn new(thread: &mut Thread, args: &Args<'_>, method: &str) -> PyResult<Self> {
        let (this, rest) = args.split_receiver();
        let [text, from, to] = rest.bind(thread, method, ["string", "pos", "endpos"], 1)?;
        let text = text.expect("required");
        let subject = Subject::of(thread, pattern(&this), text)?;
        let len = subject.len();
        let mut bounds = [0, len];
        for (bound, given) in bounds.iter_mut().zip([from, to]) {
            if let Some(given) = given {
                let given = operations::index(thread, given)?.max(0);
                *bound = (given as usize).min(len);
            }
        }
        let [from, to] = bounds;
        Ok(Self {
            pattern: this.to_ref(),
            text: text.to_ref(),
            subject,
            from: from.min(to),
            to,
        })
    }

    fn pattern(&self) -> &Pattern {
        pattern(&self.pattern)
    }

    fn give(&self, found: Option<Found>) -> Ref {
        let span = (self.from, self.to);
        found.map_or_else(singletons::none, |found| {
            Match::make(self.pattern.clone(), self.text.clone(), found, span)
        })
    }
}

/// Goes through a text from match to match.
#[repr(C)]
pub(crate) struct Scanner {
    object: Object,
    search: Search,
    /// Nothing once there are no more.
    next: Mutex<Option<Next>>,
}

/// The type `_sre.SRE_Scanner`.
pub(crate) static SCANNER_TYPE: Type = Type::builtin(
    "SRE_Scanner",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        iter: Some(|_, value| Ok(value.to_ref())),
        next: Some(|_, value| {
            let found = step(value, true);
            Ok(Some(found).filter(|found| !singletons::is_none(**found)))
        }),
        ..Slots::of::<Scanner>()
    },
    &[
        NativeDef::method("match", |_, args| Ok(step(args.positional()[0], false))),
        NativeDef::getter("pattern", |_, args| {
            let this = downcast::<Scanner>(&args.positional()[0]);
            Ok(this.map_or_else(singletons::none, |this| this.search.pattern.clone()))
        }),
        NativeDef::method("search", |_, args| Ok(step(args.positional()[0], true))),
    ],
)
.in_module("_sre");

// SAFETY: `Scanner` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Scanner {
    const TYPE: &'static Type = &SCANNER_TYPE;

    references!();
}

fn scanner(thread: &mut Thread, args: &Args<'_>, method: &str) -> PyResult {
    let search = Search::new(thread, args, method)?;
    let next = Mutex::new(Some(Next::new(search.from)));
    Ok(allocate(Scanner {
        object: Object::new(&SCANNER_TYPE),
        search,
        next,
    }))
}

fn step(value: Value, anywhere: bool) -> Ref {
    let this = downcast::<Scanner>(&value).expect("called through its type");
    let Search { subject, to, .. } = &this.search;
    let mut next = this.next.lock();
    let found = next.as_mut().and_then(|next| {
        if anywhere {
            next.search(this.search.pattern(), subject, *to)
        } else {
            next.match_here(this.search.pattern(), subject, *to)
        }
    });
    if found.is_none() {
        *next = None;
    }
    drop(next);
    this.search.give(found)
}

fn compare(thread: &mut Thread, op: CompareOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    let (Some(left), Some(right)) = (downcast::<Pattern>(&left), downcast::<Pattern>(&right))
    else {
        return Ok(None);
    };
    let same_kind = core::ptr::eq(left.source.ty(), right.source.ty());
    let same = left.flags == right.flags
        && left.code == right.code
        && same_kind
        && operations::equals(thread, *left.source, *right.source)?;
    Ok(match op {
        CompareOp::Eq => Some(singletons::bool(same)),
        CompareOp::Ne => Some(singletons::bool(!same)),
        _ => None,
    })
}

/// How the flags are shown that a program may give.
const FLAGS: [(i64, &str); 8] = [
    (2, "re.IGNORECASE"),
    (4, "re.LOCALE"),
    (8, "re.MULTILINE"),
    (16, "re.DOTALL"),
    (64, "re.VERBOSE"),
    (128, "re.DEBUG"),
    (256, "re.ASCII"),
    (32, "re.UNICODE"),
];
/// The flag that every pattern for strings has.
const UNICODE: i64 = 32;
/// The flags that say which characters are of a kind.
const KINDS: i64 = 4 | 32 | 256;
/// How much of a pattern is shown.
const SHOWN: usize = 200;

fn repr(thread: &mut Thread, value: Value) -> PyResult {
    let this = pattern(&value);
    let source = operations::repr_text(thread, *this.source)?;
    let source: String = source.chars().take(SHOWN).collect();
    let is_text = downcast::<Str>(&this.source).is_some();
    let mut left = this.flags;
    if is_text && left & KINDS == UNICODE {
        left &= !UNICODE;
    }
    let mut flags = Vec::new();
    for (flag, name) in FLAGS {
        if left & flag != 0 {
            flags.push(name.to_owned());
            left &= !flag;
        }
    }
    if left != 0 {
        flags.push(format!("{left:#x}"));
    }
    let flags = flags.join("|");
    Ok(Str::new(&if flags.is_empty() {
        format!("re.compile({source})")
    } else {
        format!("re.compile({source}, {flags})")
    }))
}
