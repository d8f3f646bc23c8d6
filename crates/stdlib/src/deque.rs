//! `collections.deque`: a queue with two ends.

use selvedge_interp::object::list::List;
use selvedge_interp::object::native::{Args, NativeDef};
use selvedge_interp::object::str::Str;
use selvedge_interp::object::tuple::Tuple;
use selvedge_interp::object::{
    Base, BinaryOp, CompareOp, Object, Payload, Slots, Type, allocate, class, downcast, exception,
    int, singletons,
};
use selvedge_interp::references;
use selvedge_interp::{PyResult, Raised, Ref, Thread, Value, operations};
use selvedge_sync::seam::Mutex;
use std::collections::VecDeque;

/// A deque.
#[repr(C)]
pub(crate) struct Deque {
    object: Object,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    items: VecDeque<Ref>,
    most: Option<usize>,
    /// Changes whenever an item is added or removed: iterators notice.
    version: u64,
}

/// The type `collections.deque`.
pub(crate) static DEQUE_TYPE: Type = Type::builtin(
    "deque",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        construct: Some(|thread, ty, args| {
            let new = allocate(Deque {
                object: Object::new(&DEQUE_TYPE),
                state: Mutex::default(),
            });
            // What a derived class's `__init__` takes is its own business.
            if !class::has_own_init(thread, ty) {
                fill(thread, deque(&new), args)?;
            }
            Ok(new)
        }),
        repr: Some(repr),
        len: Some(|_, value| Ok(deque(&value).state.lock().items.len())),
        iter: Some(|_, value| Ok(iterator(value, false))),
        get_item: Some(get_item),
        set_item: Some(set_item),
        contains: Some(|thread, value, item| Ok(find(thread, value, item, 0)?.is_some())),
        binary: Some(binary),
        inplace: Some(inplace),
        compare: Some(compare),
        hash: Some(|thread, value| {
            let name = value.ty().name();
            Err(thread.type_error(format!("unhashable type: '{name}'")))
        }),
        ..Slots::of::<Deque>()
    },
    METHODS,
)
.in_module("collections")
.subclassable();

// SAFETY: `Deque` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Deque {
    const TYPE: &'static Type = &DEQUE_TYPE;
    const REFERS: bool = true;

    unsafe fn references<V: FnMut(Value) + ?Sized>(&self, visit: &mut V) {
        for item in &self.state.lock().items {
            visit(**item);
        }
    }

    unsafe fn let_go(&self) {
        let items = core::mem::take(&mut self.state.lock().items);
        drop(items);
    }
}

static METHODS: &[NativeDef] = &[
    NativeDef::method("__init__", |thread, args| {
        let (this, rest) = args.split_receiver();
        fill(thread, deque(&this), &rest)?;
        Ok(singletons::none())
    }),
    NativeDef::class_method("__class_getitem__", class::generic_alias),
    NativeDef::method("__copy__", copy),
    NativeDef::method("__reduce__", |thread, args| {
        let [this] = args.exactly(thread, "deque.__reduce__")?;
        let most = deque(&this).state.lock().most;
        let items = operations::iter(thread, this)?;
        let arguments = match most {
            Some(most) => vec![Tuple::from_values(&[]), int::from_usize(most)],
            None => Vec::new(),
        };
        let state = operations::call_method(thread, this, "__getstate__", &[])?;
        Ok(Tuple::from_refs(vec![
            this.ty().value().to_ref(),
            Tuple::from_refs(arguments),
            state,
            items,
        ]))
    }),
    NativeDef::method("__reversed__", |thread, args| {
        let [this] = args.exactly(thread, "deque.__reversed__")?;
        Ok(iterator(this, true))
    }),
    NativeDef::method("append", |thread, args| {
        let [this, item] = args.exactly(thread, "deque.append")?;
        push(deque(&this), item.to_ref(), false);
        Ok(singletons::none())
    }),
    NativeDef::method("appendleft", |thread, args| {
        let [this, item] = args.exactly(thread, "deque.appendleft")?;
        push(deque(&this), item.to_ref(), true);
        Ok(singletons::none())
    }),
    NativeDef::method("clear", |thread, args| {
        let [this] = args.exactly(thread, "deque.clear")?;
        drop(take_all(deque(&this)));
        Ok(singletons::none())
    }),
    NativeDef::method("copy", copy),
    NativeDef::method("count", |thread, args| {
        let [this, item] = args.exactly(thread, "deque.count")?;
        let (mut count, before) = (0, version(this));
        for candidate in snapshot(this) {
            count += i64::from(operations::equals(thread, *candidate, item)?);
            check_unchanged(thread, this, before)?;
        }
        Ok(Ref::small(count))
    }),
    NativeDef::method("extend", |thread, args| {
        let [this, items] = args.exactly(thread, "deque.extend")?;
        extend(thread, this, items, false)
    }),
    NativeDef::method("extendleft", |thread, args| {
        let [this, items] = args.exactly(thread, "deque.extendleft")?;
        extend(thread, this, items, true)
    }),
    NativeDef::method("index", index),
    NativeDef::method("insert", |thread, args| {
        let [this, at, item] = args.exactly(thread, "deque.insert")?;
        let at = operations::index(thread, at)?;
        let mut state = deque(&this).state.lock();
        let len = state.items.len();
        if state.most.is_some_and(|most| len >= most) {
            drop(state);
            let text = "deque already at its maximum size";
            return Err(thread.raise_text(&exception::INDEX_ERROR, text));
        }
        let at = if at < 0 {
            at.saturating_add(len as i64).max(0)
        } else {
            at
        };
        state.items.insert((at as usize).min(len), item.to_ref());
        state.version += 1;
        Ok(singletons::none())
    }),
    NativeDef::getter("maxlen", |_, args| {
        let most = deque(&args.positional()[0]).state.lock().most;
        Ok(most.map_or_else(singletons::none, int::from_usize))
    }),
    NativeDef::method("pop", |thread, args| {
        let [this] = args.exactly(thread, "deque.pop")?;
        pop(thread, deque(&this), false)
    }),
    NativeDef::method("popleft", |thread, args| {
        let [this] = args.exactly(thread, "deque.popleft")?;
        pop(thread, deque(&this), true)
    }),
    NativeDef::method("remove", |thread, args| {
        let [this, item] = args.exactly(thread, "deque.remove")?;
        let before = version(this);
        let found = find(thread, this, item, 0)?;
        if version(this) != before {
            let text = "deque mutated during remove().";
            return Err(thread.raise_text(&exception::INDEX_ERROR, text));
        }
        let Some(at) = found else {
            return Err(thread.value_error("deque.remove(x): x not in deque"));
        };
        let mut state = deque(&this).state.lock();
        let removed = state.items.remove(at);
        state.version += 1;
        drop(state);
        drop(removed);
        Ok(singletons::none())
    }),
    NativeDef::method("reverse", |thread, args| {
        let [this] = args.exactly(thread, "deque.reverse")?;
        deque(&this).state.lock().items.make_contiguous().reverse();
        Ok(singletons::none())
    }),
    NativeDef::method("rotate", |thread, args| {
        let (this, rest) = args.split_receiver();
        let by = match rest.between(thread, "rotate", 0, 1)? {
            [by] => operations::index(thread, *by)?,
            _ => 1,
        };
        let mut state = deque(&this).state.lock();
        let len = state.items.len();
        if len > 1 {
            state.items.rotate_right(by.rem_euclid(len as i64) as usize);
            state.version += 1;
        }
        Ok(singletons::none())
    }),
];

fn deque(value: &Value) -> &Deque {
    downcast::<Deque>(value).expect("methods of deques are called with deques")
}

fn version(value: Value) -> u64 {
    deque(&value).state.lock().version
}

fn snapshot(value: Value) -> Vec<Ref> {
    deque(&value).state.lock().items.iter().cloned().collect()
}

fn take_all(this: &Deque) -> VecDeque<Ref> {
    let mut state = this.state.lock();
    state.version += 1;
    core::mem::take(&mut state.items)
}

/// Makes the deque hold the items of the first argument, at most as many as the second says.
fn fill(thread: &mut Thread, this: &Deque, args: &Args<'_>) -> PyResult<()> {
    let [items, most] = args.bind(thread, "deque", ["iterable", "maxlen"], 0)?;
    let most = match most.filter(|most| !singletons::is_none(*most)) {
        Some(most) if int::to_i64(most).is_none() => {
            return Err(thread.type_error("an integer is required"));
        }
        Some(most) => match usize::try_from(operations::index(thread, most)?) {
            Ok(most) => Some(most),
            Err(_) => return Err(thread.value_error("maxlen must be non-negative")),
        },
        None => None,
    };
    drop(take_all(this));
    this.state.lock().most = most;
    match items {
        Some(items) => operations::for_each(thread, items, |_, item| {
            push(this, item, false);
            Ok(())
        }),
        None => Ok(()),
    }
}

/// Adds an item at an end; one at the other goes if there are too many.
fn push(this: &Deque, item: Ref, left: bool) {
    let mut state = this.state.lock();
    let too_many = state.most.is_some_and(|most| state.items.len() >= most);
    let gone = if !too_many {
        None
    } else if left {
        state.items.pop_back()
    } else {
        state.items.pop_front()
    };
    state.version += 1;
    let refused = if state.most == Some(0) {
        Some(item)
    } else {
        if left {
            state.items.push_front(item);
        } else {
            state.items.push_back(item);
        }
        None
    };
    drop(state);
    // Released without the mutex: that may run Python code.
    drop((gone, refused));
}

fn pop(thread: &mut Thread, this: &Deque, left: bool) -> PyResult {
    let mut state = this.state.lock();
    let item = if left {
        state.items.pop_front()
    } else {
        state.items.pop_back()
    };
    state.version += 1;
    drop(state);
    item.ok_or_else(|| thread.raise_text(&exception::INDEX_ERROR, "pop from an empty deque"))
}

fn extend(thread: &mut Thread, this: Value, items: Value, left: bool) -> PyResult {
    let own;
    let items = if items.is(this) {
        own = List::from_refs(snapshot(this));
        *own
    } else {
        items
    };
    operations::for_each(thread, items, |_, item| {
        push(deque(&this), item, left);
        Ok(())
    })?;
    Ok(singletons::none())
}

fn check_unchanged(thread: &mut Thread, this: Value, before: u64) -> PyResult<()> {
    if version(this) == before {
        Ok(())
    } else {
        Err(thread.raise_text(&exception::RUNTIME_ERROR, "deque mutated during iteration"))
    }
}

/// Where the first item is that equals `item`, from `start` on.
fn find(thread: &mut Thread, this: Value, item: Value, start: usize) -> PyResult<Option<usize>> {
    let before = version(this);
    for (at, candidate) in snapshot(this).into_iter().enumerate().skip(start) {
        let same = operations::equals(thread, *candidate, item)?;
        check_unchanged(thread, this, before)?;
        if same {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

fn index(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = args.split_receiver();
    let given = rest.between(thread, "index", 1, 3)?;
    let len = deque(&this).state.lock().items.len();
    let mut bounds = [0, len];
    for (bound, value) in bounds.iter_mut().zip(&given[1..]) {
        let at = operations::index(thread, *value)?;
        let at = if at < 0 {
            at.saturating_add(len as i64).max(0)
        } else {
            at
        };
        *bound = (at as usize).min(len);
    }
    match find(thread, this, given[0], bounds[0])? {
        Some(at) if at < bounds[1] => Ok(int::from_usize(at)),
        _ => {
            let shown = operations::repr_text(thread, given[0])?;
            Err(thread.value_error(format!("{shown} is not in deque")))
        }
    }
}

/// A deque of the same class, as long at most, with these items.
fn alike(thread: &mut Thread, this: Value, items: Vec<Ref>) -> PyResult {
    let most = deque(&this).state.lock().most;
    let items = List::from_refs(items);
    let mut arguments = vec![*items];
    let most = most.map(int::from_usize);
    if let Some(most) = &most {
        arguments.push(**most);
    }
    operations::call(thread, this.ty().value(), &Args::new(&arguments))
}

fn copy(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [this] = args.exactly(thread, "deque.copy")?;
    alike(thread, this, snapshot(this))
}

fn repr(thread: &mut Thread, value: Value) -> PyResult {
    let name = value.ty().name();
    let Some(text) = operations::repr_once(thread, value, |thread| {
        let items = List::from_refs(snapshot(value));
        operations::repr_text(thread, *items)
    })?
    else {
        return Ok(Str::new("[...]"));
    };
    let most = deque(&value).state.lock().most;
    Ok(Str::new(&match most {
        Some(most) => format!("{name}({text}, maxlen={most})"),
        None => format!("{name}({text})"),
    }))
}

fn place(thread: &mut Thread, this: Value, key: Value) -> PyResult<usize> {
    if int::to_i64(key).is_none() {
        let got = key.ty().name();
        if key.as_int().is_none() && !got.is_empty() && downcast::<Str>(&key).is_some() {
            let text = format!("sequence index must be integer, not '{got}'");
            return Err(thread.type_error(text));
        }
    }
    let at = operations::index(thread, key)?;
    let len = deque(&this).state.lock().items.len();
    let at = if at < 0 { at + len as i64 } else { at };
    match usize::try_from(at) {
        Ok(at) if at < len => Ok(at),
        _ => Err(out_of_range(thread)),
    }
}

fn out_of_range(thread: &mut Thread) -> Raised {
    thread.raise_text(&exception::INDEX_ERROR, "deque index out of range")
}

fn get_item(thread: &mut Thread, value: Value, key: Value) -> PyResult {
    let at = place(thread, value, key)?;
    let item = deque(&value).state.lock().items.get(at).cloned();
    item.ok_or_else(|| out_of_range(thread))
}

fn set_item(thread: &mut Thread, value: Value, key: Value, new: Option<Value>) -> PyResult<()> {
    let at = place(thread, value, key)?;
    let mut state = deque(&value).state.lock();
    let old = match new {
        Some(new) => state
            .items
            .get_mut(at)
            .map(|item| core::mem::replace(item, new.to_ref())),
        None => {
            state.version += 1;
            state.items.remove(at)
        }
    };
    drop(state);
    drop(old);
    Ok(())
}

fn binary(thread: &mut Thread, op: BinaryOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    match (op, downcast::<Deque>(&left), downcast::<Deque>(&right)) {
        (BinaryOp::Add, Some(_), Some(_)) => {
            let mut items = snapshot(left);
            items.extend(snapshot(right));
            alike(thread, left, items).map(Some)
        }
        (BinaryOp::Add, Some(_), None) => {
            let got = right.ty().name();
            let text = format!("can only concatenate deque (not \"{got}\") to deque");
            Err(thread.type_error(text))
        }
        (BinaryOp::Mul, Some(_), None) => repeat(thread, left, right),
        (BinaryOp::Mul, None, Some(_)) => repeat(thread, right, left),
        _ => Ok(None),
    }
}

fn repeat(thread: &mut Thread, this: Value, count: Value) -> PyResult<Option<Ref>> {
    if int::to_i64(count).is_none() {
        return Ok(None);
    }
    let items = List::from_refs(snapshot(this));
    let items = operations::binary(thread, BinaryOp::Mul, *items, count)?;
    let items = operations::collect(thread, *items)?;
    alike(thread, this, items).map(Some)
}

fn inplace(thread: &mut Thread, op: BinaryOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    match op {
        BinaryOp::Add => {
            extend(thread, left, right, false)?;
            Ok(Some(left.to_ref()))
        }
        BinaryOp::Mul => {
            let Some(repeated) = repeat(thread, left, right)? else {
                return Ok(None);
            };
            let items = snapshot(*repeated);
            drop(take_all(deque(&left)));
            for item in items {
                push(deque(&left), item, false);
            }
            Ok(Some(left.to_ref()))
        }
        _ => Ok(None),
    }
}

fn compare(thread: &mut Thread, op: CompareOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    if downcast::<Deque>(&left).is_none() || downcast::<Deque>(&right).is_none() {
        return Ok(None);
    }
    let left = List::from_refs(snapshot(left));
    let right = List::from_refs(snapshot(right));
    operations::compare(thread, op, *left, *right).map(Some)
}

/// The iterator of a deque.
#[repr(C)]
pub(crate) struct DequeIterator {
    object: Object,
    deque: Ref,
    backwards: bool,
    state: Mutex<Progress>,
}

struct Progress {
    next: usize,
    version: u64,
}

/// The type `_collections._deque_iterator`.
pub(crate) static DEQUE_ITERATOR_TYPE: Type = Type::builtin(
    "_deque_iterator",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        iter: Some(|_, value| Ok(value.to_ref())),
        next: Some(next),
        ..Slots::of::<DequeIterator>()
    },
    &[NativeDef::method("__length_hint__", |_, args| {
        let this = iterator_of(&args.positional()[0]);
        let len = deque(&this.deque).state.lock().items.len();
        Ok(int::from_usize(len.saturating_sub(this.state.lock().next)))
    })],
)
.in_module("_collections");

// SAFETY: `DequeIterator` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for DequeIterator {
    const TYPE: &'static Type = &DEQUE_ITERATOR_TYPE;

    references!(deque; backwards, state);
}

fn iterator_of(value: &Value) -> &DequeIterator {
    downcast::<DequeIterator>(value).expect("called through its type")
}

fn iterator(value: Value, backwards: bool) -> Ref {
    let version = version(value);
    allocate(DequeIterator {
        object: Object::new(&DEQUE_ITERATOR_TYPE),
        deque: value.to_ref(),
        backwards,
        state: Mutex::new(Progress { next: 0, version }),
    })
}

fn next(thread: &mut Thread, value: Value) -> PyResult<Option<Ref>> {
    let this = iterator_of(&value);
    let mut progress = this.state.lock();
    let state = deque(&this.deque).state.lock();
    let len = state.items.len();
    if progress.next >= len {
        return Ok(None);
    }
    if state.version != progress.version {
        drop((state, progress));
        let text = "deque mutated during iteration";
        return Err(thread.raise_text(&exception::RUNTIME_ERROR, text));
    }
    let at = if this.backwards {
        len - 1 - progress.next
    } else {
        progress.next
    };
    progress.next += 1;
    Ok(state.items.get(at).cloned())
}
