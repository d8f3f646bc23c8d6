//! Views of dictionaries: what `keys()`, `values()` and `items()` give, and their iterators.

use super::{Dict, Entries};
use crate::error::PyResult;
use crate::field::Field;
use crate::object::list::List;
use crate::object::native::{Args, NativeDef};
use crate::object::set::{SET_TYPE, Set, set_of};
use crate::object::str::Str;
use crate::object::tuple::Tuple;
use crate::object::{
    Base, BinaryOp, CompareOp, Object, Payload, Slots, Type, allocate, class, downcast, exception,
    int, singletons,
};
use crate::operations;
use crate::references;
use crate::sharing::guarded;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use selvedge_sync::seam::cell::UnsafeCell;

/// What a view of a dictionary, and its iterator, shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// The keys.
    Keys,
    /// The values.
    Values,
    /// Pairs of both.
    Items,
}

impl Shows {
    /// The part of an entry that is shown.
    fn of(self, key: Ref, value: Ref) -> Ref {
        match self {
            Shows::Keys => key,
            Shows::Values => value,
            Shows::Items => Tuple::pair(key, value),
        }
    }
}

/// A view of a dictionary's keys, values or items.
#[repr(C)]
pub struct View {
    object: Object,
    dict: Ref,
    shows: Shows,
}

const VIEW_SLOTS: Slots = Slots {
    repr: Some(repr),
    len: Some(|_, value| Ok(dict_behind(&value).len())),
    iter: Some(|_, value| {
        Ok(DictIterator::new(
            view_of(&value).dict.clone(),
            view_of(&value).shows,
            false,
        ))
    }),
    ..Slots::of::<View>()
};

/// The slots of views that are sets.
const SET_SLOTS: Slots = Slots {
    contains: Some(contains),
    binary: Some(binary),
    compare: Some(compare),
    hash: Some(crate::object::list::methods::unhashable),
    ..VIEW_SLOTS
};

macro_rules! types {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $slots:expr, $methods:expr;)+) => {
        $($(#[$doc])*
        pub static $name: Type = Type::builtin($text, Base::One(&class::OBJECT_TYPE), $slots, $methods);)+
    };
}

types! {
    /// The type `dict_keys`.
    DICT_KEYS_TYPE = "dict_keys", SET_SLOTS, SET_METHODS;
    /// The type `dict_values`.
    DICT_VALUES_TYPE = "dict_values", VIEW_SLOTS, METHODS;
    /// The type `dict_items`.
    DICT_ITEMS_TYPE = "dict_items", SET_SLOTS, SET_METHODS;
    /// The type `dict_keyiterator`.
    DICT_KEY_ITERATOR_TYPE = "dict_keyiterator", ITERATOR_SLOTS, ITERATOR_METHODS;
    /// The type `dict_valueiterator`.
    DICT_VALUE_ITERATOR_TYPE = "dict_valueiterator", ITERATOR_SLOTS, ITERATOR_METHODS;
    /// The type `dict_itemiterator`.
    DICT_ITEM_ITERATOR_TYPE = "dict_itemiterator", ITERATOR_SLOTS, ITERATOR_METHODS;
    /// The type `dict_reversekeyiterator`.
    DICT_REVERSE_KEY_ITERATOR_TYPE = "dict_reversekeyiterator", ITERATOR_SLOTS, ITERATOR_METHODS;
    /// The type `dict_reversevalueiterator`.
    DICT_REVERSE_VALUE_ITERATOR_TYPE = "dict_reversevalueiterator", ITERATOR_SLOTS, ITERATOR_METHODS;
    /// The type `dict_reverseitemiterator`.
    DICT_REVERSE_ITEM_ITERATOR_TYPE = "dict_reverseitemiterator", ITERATOR_SLOTS, ITERATOR_METHODS;
}

static METHODS: &[NativeDef] = &[NativeDef::method("__reversed__", reversed)];

static SET_METHODS: &[NativeDef] = &[
    NativeDef::method("__reversed__", reversed),
    NativeDef::method("isdisjoint", |thread, args| {
        let (this, rest) = args.split_receiver();
        let [other] = rest.exactly(thread, &format!("{}.isdisjoint", this.ty().name()))?;
        let iterator = operations::iter(thread, other)?;
        while let Some(item) = operations::next(thread, *iterator)? {
            if operations::contains(thread, this, *item)? {
                return Ok(singletons::false_());
            }
        }
        Ok(singletons::true_())
    }),
];

// SAFETY: `View` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for View {
    const TYPE: &'static Type = &DICT_KEYS_TYPE;

    references!(dict; shows);
}

fn view_of(value: &Value) -> &View {
    is_view(*value).expect("slots of views are called with views");
    // SAFETY: the three types are laid out as `View`.
    unsafe { &*value.pointer().cast::<View>() }
}

/// What a value shows, if it is a view.
fn is_view(value: Value) -> Option<Shows> {
    [
        (&DICT_KEYS_TYPE, Shows::Keys),
        (&DICT_VALUES_TYPE, Shows::Values),
        (&DICT_ITEMS_TYPE, Shows::Items),
    ]
    .into_iter()
    .find_map(|(ty, shows)| value.is_exactly(ty).then_some(shows))
}

/// Whether a value is a view that is a set.
fn is_set_view(value: Value) -> bool {
    matches!(is_view(value), Some(Shows::Keys | Shows::Items))
}

fn dict_behind(value: &Value) -> &Dict {
    class::dict_of(&view_of(value).dict)
}

/// A view of a dictionary.
pub(super) fn view(dict: Ref, shows: Shows) -> Ref {
    let ty = match shows {
        Shows::Keys => &DICT_KEYS_TYPE,
        Shows::Values => &DICT_VALUES_TYPE,
        Shows::Items => &DICT_ITEMS_TYPE,
    };
    allocate(View {
        object: Object::new(ty),
        dict,
        shows,
    })
}

fn repr(thread: &mut Thread, value: Value) -> PyResult {
    let name = value.ty().name();
    if !thread.enter_repr(value) {
        return Ok(Str::new("..."));
    }
    let shows = view_of(&value).shows;
    let shown: PyResult<Vec<String>> = dict_behind(&value)
        .to_vec()
        .into_iter()
        .map(|(key, item)| operations::repr_text(thread, *shows.of(key, item)))
        .collect();
    thread.leave_repr(value);
    Ok(Str::new(&format!("{name}([{}])", shown?.join(", "))))
}

fn contains(thread: &mut Thread, value: Value, item: Value) -> PyResult<bool> {
    if view_of(&value).shows == Shows::Keys {
        return Ok(dict_behind(&value).get(thread, item)?.is_some());
    }
    let Some([key, wanted]) = downcast::<Tuple>(&item).map(Tuple::items) else {
        return Ok(false);
    };
    match dict_behind(&value).get(thread, *key)? {
        Some(found) => operations::equals(thread, *found, *wanted),
        None => Ok(false),
    }
}

fn as_set(thread: &mut Thread, value: Value) -> PyResult {
    let new = Set::empty(&SET_TYPE);
    crate::object::set::update_from(thread, set_of(&new).expect("just made"), value)?;
    Ok(new)
}

fn binary(thread: &mut Thread, op: BinaryOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    if !matches!(
        op,
        BinaryOp::And | BinaryOp::Or | BinaryOp::Sub | BinaryOp::Xor
    ) {
        return Ok(None);
    }
    let (left, right) = (as_set(thread, left)?, as_set(thread, right)?);
    operations::binary(thread, op, *left, *right).map(Some)
}

fn compare(thread: &mut Thread, op: CompareOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    let is_set = |value: Value| is_set_view(value) || set_of(&value).is_some();
    if !is_set(left) || !is_set(right) {
        return Ok(None);
    }
    let lens = (
        operations::len(thread, left)?,
        operations::len(thread, right)?,
    );
    let (small, large, possible) = match op {
        CompareOp::Eq | CompareOp::Ne => (left, right, lens.0 == lens.1),
        CompareOp::Le => (left, right, lens.0 <= lens.1),
        CompareOp::Lt => (left, right, lens.0 < lens.1),
        CompareOp::Ge => (right, left, lens.0 >= lens.1),
        CompareOp::Gt => (right, left, lens.0 > lens.1),
    };
    let mut holds = possible;
    if possible {
        let iterator = operations::iter(thread, small)?;
        while holds && let Some(item) = operations::next(thread, *iterator)? {
            holds = operations::contains(thread, large, *item)?;
        }
    }
    Ok(Some(singletons::bool(holds != (op == CompareOp::Ne))))
}

fn reversed(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = args.split_receiver();
    let [] = rest.exactly(thread, &format!("{}.__reversed__", this.ty().name()))?;
    Ok(DictIterator::new(
        view_of(&this).dict.clone(),
        view_of(&this).shows,
        true,
    ))
}

/// The iterator of a dictionary.
#[repr(C)]
pub struct DictIterator {
    object: Object,
    /// Nothing once exhausted.
    dict: Field,
    shows: Shows,
    backwards: bool,
    expected: usize,
    state: UnsafeCell<State>,
}

#[derive(Clone)]
struct State {
    cursor: Entries,
    given: usize,
}

const ITERATOR_SLOTS: Slots = Slots {
    iter: Some(|_, value| Ok(value.to_ref())),
    next: Some(next),
    ..Slots::of::<DictIterator>()
};

static ITERATOR_METHODS: &[NativeDef] = &[
    NativeDef::method("__length_hint__", |thread, args| {
        let [this] = args.exactly(thread, "__length_hint__")?;
        let this = iterator_of(&this);
        let given = this.locked(|state| state.given);
        Ok(int::from_usize(
            this.dict
                .get(&this.object)
                .map_or(0, |_| this.expected.saturating_sub(given)),
        ))
    }),
    NativeDef::method("__reduce__", |thread, args| {
        let [this] = args.exactly(thread, "__reduce__")?;
        let iter = operations::builtin(thread, "iter")?;
        let rest = iterator_of(&this).duplicate(this.ty());
        let rest = List::from_refs(operations::collect(thread, *rest)?);
        Ok(Tuple::pair(iter, Tuple::from_refs(vec![rest])))
    }),
];

// SAFETY: `DictIterator` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for DictIterator {
    const TYPE: &'static Type = &DICT_KEY_ITERATOR_TYPE;

    references!(dict; shows, backwards, expected, state);
}

impl DictIterator {
    /// An iterator over a dictionary.
    pub fn new(dict: Ref, shows: Shows, backwards: bool) -> Ref {
        let ty = match (shows, backwards) {
            (Shows::Keys, false) => &DICT_KEY_ITERATOR_TYPE,
            (Shows::Values, false) => &DICT_VALUE_ITERATOR_TYPE,
            (Shows::Items, false) => &DICT_ITEM_ITERATOR_TYPE,
            (Shows::Keys, true) => &DICT_REVERSE_KEY_ITERATOR_TYPE,
            (Shows::Values, true) => &DICT_REVERSE_VALUE_ITERATOR_TYPE,
            (Shows::Items, true) => &DICT_REVERSE_ITEM_ITERATOR_TYPE,
        };
        let this = class::dict_of(&dict);
        let cursor = if backwards {
            Entries::at_end()
        } else {
            Entries::default()
        };
        let (expected, state) = (this.len(), UnsafeCell::new(State { cursor, given: 0 }));
        allocate(Self {
            object: Object::new(ty),
            dict: Field::new(Some(dict)),
            shows,
            backwards,
            expected,
            state,
        })
    }

    /// Another that has the same items left.
    fn duplicate(&self, ty: &'static Type) -> Ref {
        let state = self.locked(|state| state.clone());
        allocate(Self {
            object: Object::new(ty),
            dict: Field::new(self.dict.get(&self.object)),
            shows: self.shows,
            backwards: self.backwards,
            expected: self.expected,
            state: UnsafeCell::new(state),
        })
    }

    fn locked<R>(&self, f: impl FnOnce(&mut State) -> R) -> R {
        guarded(&self.object, || {
            // SAFETY: guarded by the iterator's lock, or the interpreter's.
            self.state.with_mut(|state| f(unsafe { &mut *state }))
        })
    }
}

fn iterator_of(value: &Value) -> &DictIterator {
    // SAFETY: called through the slots and methods of the types that are laid out so.
    unsafe { &*value.pointer().cast::<DictIterator>() }
}

fn next(thread: &mut Thread, value: Value) -> PyResult<Option<Ref>> {
    let this = iterator_of(&value);
    let entry = next_entry(thread, this)?;
    Ok(entry.map(|(key, value)| this.shows.of(key, value)))
}

/// The next key and value of an iterator over items; nothing for any other iterator.
pub(crate) fn next_item(
    thread: &mut Thread,
    iterator: Value,
) -> Option<PyResult<Option<(Ref, Ref)>>> {
    iterator
        .is_exactly(&DICT_ITEM_ITERATOR_TYPE)
        .then(|| next_entry(thread, iterator_of(&iterator)))
}

fn next_entry(thread: &mut Thread, this: &DictIterator) -> PyResult<Option<(Ref, Ref)>> {
    let Some(dict) = this.dict.get(&this.object) else {
        return Ok(None);
    };
    let dict = downcast::<Dict>(&dict).expect("made for a dictionary");
    let fail = |thread: &mut Thread, what: &str| {
        this.dict.set(&this.object, None);
        Err(thread.raise_text(
            &exception::RUNTIME_ERROR,
            format!("dictionary {what} during iteration"),
        ))
    };
    if dict.len() != this.expected {
        return fail(thread, "changed size");
    }
    let (entry, given) = this.locked(|state| {
        let entry = if this.backwards {
            dict.previous_entry(&mut state.cursor)
        } else {
            dict.next_entry(&mut state.cursor)
        };
        let given = state.given;
        state.given += usize::from(entry.is_some());
        (entry, given)
    });
    match entry {
        Some(_) if given == this.expected => fail(thread, "keys changed"),
        Some(entry) => Ok(Some(entry)),
        None => {
            this.dict.set(&this.object, None);
            Ok(None)
        }
    }
}
