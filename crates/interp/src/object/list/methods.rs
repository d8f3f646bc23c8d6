//! The methods of lists.

use super::{LIST_TYPE, List};
use crate::error::PyResult;
use crate::object::dict::same_key;
use crate::object::int;
use crate::object::iterators::SequenceIterator;
use crate::object::native::{Args, NativeDef};
use crate::object::slice::{Positions, Slice};
use crate::object::str::Str;
use crate::object::str::methods::bounds;
use crate::object::tuple::{Tuple, check_size, compare_items, position};
use crate::object::{
    BinaryOp, CompareOp, Slots, Type, downcast, downcast_exact, exception, singletons,
};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};

pub(super) const SLOTS: Slots = Slots {
    repr: Some(repr),
    len: Some(|_, value| Ok(list(&value).len())),
    iter: Some(|_, value| Ok(SequenceIterator::new(value.to_ref()))),
    get_item: Some(get_item),
    set_item: Some(set_item),
    contains: Some(contains),
    construct: Some(construct),
    binary: Some(binary),
    inplace: Some(inplace),
    compare: Some(compare),
    hash: Some(unhashable),
    ..Slots::of::<List>()
};

pub(super) static METHODS: &[NativeDef] = &[
    NativeDef::class_method("__class_getitem__", crate::object::class::generic_alias),
    NativeDef::method("__reversed__", reversed),
    NativeDef::method("append", append).two(append_to),
    NativeDef::method("clear", clear),
    NativeDef::method("copy", copy),
    NativeDef::method("count", count),
    NativeDef::method("extend", extend),
    NativeDef::method("index", index),
    NativeDef::method("insert", insert),
    NativeDef::method("pop", pop).one(pop_last),
    NativeDef::method("remove", remove),
    NativeDef::method("reverse", reverse),
    NativeDef::method("sort", sort),
];

fn list(value: &Value) -> &List {
    downcast::<List>(value).expect("methods of lists are called with lists")
}

fn receiver<'a>(thread: &mut Thread, value: &'a Value, method: &str) -> PyResult<&'a List> {
    downcast::<List>(value).ok_or_else(|| {
        let name = value.ty().name();
        thread.type_error(format!(
            "descriptor '{method}' for 'list' objects doesn't apply to a '{name}' object"
        ))
    })
}

/// `hash` of a type without one.
pub(crate) fn unhashable(thread: &mut Thread, value: Value) -> PyResult<u64> {
    let name = value.ty().name();
    Err(thread.type_error(format!("unhashable type: '{name}'")))
}

fn construct(thread: &mut Thread, _: &'static Type, args: &Args<'_>) -> PyResult {
    match args.between(thread, "list", 0, 1)? {
        [iterable] => Ok(List::from_refs(operations::collect(thread, *iterable)?)),
        _ => Ok(List::from_refs(Vec::new())),
    }
}

fn repr(thread: &mut Thread, value: Value) -> PyResult {
    if !thread.enter_repr(value) {
        return Ok(Str::new("[...]"));
    }
    // One item after the other, since showing one may change the list.
    let shown: PyResult<Vec<String>> = (0..)
        .map_while(|at| list(&value).get(at))
        .map(|item| operations::repr_text(thread, *item))
        .collect();
    thread.leave_repr(value);
    Ok(Str::new(&format!("[{}]", shown?.join(", "))))
}

fn get_item(thread: &mut Thread, value: Value, key: Value) -> PyResult {
    let this = list(&value);
    if let Some(slice) = downcast::<Slice>(&key) {
        let range = slice.resolve(thread, this.len())?;
        return Ok(this.part(|_| range));
    }
    if !operations::is_index(thread, key) {
        let name = key.ty().name();
        return Err(thread.type_error(format!(
            "list indices must be integers or slices, not {name}"
        )));
    }
    let at = position(thread, key, this.len(), "list")?;
    this.get(at)
        .ok_or_else(|| thread.raise_text(&exception::INDEX_ERROR, "list index out of range"))
}

impl List {
    /// A list of the items at the positions that `range` gives for the number of items.
    pub(crate) fn part(&self, range: impl FnOnce(usize) -> Positions) -> Ref {
        Self::from_owned(self.locked(|items| chosen(items, range(items.len()))))
    }
}

/// The items at these positions, as far as there are some, each counted.
fn chosen(items: &[Value], range: Positions) -> Vec<Value> {
    let count = |item: &Value| item.to_ref().into_value();
    let (start, stop) = (range.start as usize, range.stop.max(range.start) as usize);
    if range.step == 1 {
        let stop = stop.min(items.len());
        return items[start.min(stop)..stop].iter().map(count).collect();
    }
    let mut chosen = Vec::with_capacity(range.len().min(items.len()));
    chosen.extend(range.indices().filter_map(|at| items.get(at)).map(count));
    chosen
}

fn set_item(thread: &mut Thread, value: Value, key: Value, new: Option<Value>) -> PyResult<()> {
    let this = list(&value);
    if let Some(slice) = downcast::<Slice>(&key) {
        return set_slice(thread, this, slice, new);
    }
    if !operations::is_index(thread, key) {
        let name = key.ty().name();
        return Err(thread.type_error(format!(
            "list indices must be integers or slices, not {name}"
        )));
    }
    let at = position(thread, key, this.len(), "list assignment")?;
    match new {
        Some(new) => this.set(at, new.to_ref()).map_err(|_| {
            thread.raise_text(
                &exception::INDEX_ERROR,
                "list assignment index out of range",
            )
        }),
        // The index may have been computed by a method that changed the list.
        None if at >= this.len() => Err(thread.raise_text(
            &exception::INDEX_ERROR,
            "list assignment index out of range",
        )),
        None => {
            this.splice(at..at + 1, Vec::new());
            Ok(())
        }
    }
}

/// The items of what is assigned to a slice.
fn items_to_assign(thread: &mut Thread, iterable: Value) -> PyResult<Vec<Ref>> {
    match operations::iter(thread, iterable) {
        Ok(iterator) => operations::collect(thread, *iterator),
        Err(raised) => {
            thread.swallow(raised, &exception::TYPE_ERROR)?;
            Err(thread.type_error("must assign iterable to extended slice"))
        }
    }
}

fn set_slice(thread: &mut Thread, this: &List, slice: &Slice, new: Option<Value>) -> PyResult<()> {
    let new = match new {
        Some(iterable) => Some(items_to_assign(thread, iterable)?),
        None => None,
    };
    let range = slice.resolve(thread, this.len())?;
    if range.step == 1 {
        let (start, stop) = (range.start as usize, range.stop.max(range.start) as usize);
        this.splice(start..stop, new.unwrap_or_default());
        return Ok(());
    }
    let indices: Vec<usize> = range.indices().collect();
    match new {
        Some(new) if new.len() != indices.len() => {
            let (given, room) = (new.len(), indices.len());
            Err(thread.value_error(format!(
                "attempt to assign sequence of size {given} to extended slice of size {room}"
            )))
        }
        Some(new) => {
            for (at, item) in indices.into_iter().zip(new) {
                drop(this.set(at, item));
            }
            Ok(())
        }
        None => {
            let kept = this.take();
            let rest = kept
                .into_iter()
                .enumerate()
                .filter(|(at, _)| !indices.contains(at))
                .map(|(_, item)| item);
            this.splice(0..0, rest.collect());
            Ok(())
        }
    }
}

fn contains(thread: &mut Thread, value: Value, item: Value) -> PyResult<bool> {
    find(thread, list(&value), item, (0, usize::MAX)).map(|at| at.is_some())
}

fn binary(thread: &mut Thread, op: BinaryOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    match (op, downcast::<List>(&left), downcast::<List>(&right)) {
        (BinaryOp::Add, Some(left), Some(right)) => {
            let mut items = left.to_vec();
            items.extend(right.to_vec());
            Ok(Some(List::from_refs(items)))
        }
        (BinaryOp::Add, Some(_), None) => {
            let name = right.ty().name();
            Err(thread.type_error(format!(
                "can only concatenate list (not \"{name}\") to list"
            )))
        }
        (BinaryOp::Mul, Some(items), None) => repeat(thread, items, right),
        (BinaryOp::Mul, None, Some(items)) => repeat(thread, items, left),
        _ => Ok(None),
    }
}

fn repeat(thread: &mut Thread, list: &List, count: Value) -> PyResult<Option<Ref>> {
    if !operations::is_index(thread, count) {
        return Ok(None);
    }
    let count = operations::count(thread, count)?;
    let items = list.to_vec();
    check_size(thread, items.len(), count, 2 * size_of::<Value>())?;
    let mut repeated = Vec::with_capacity(items.len() * count);
    for _ in 0..count {
        repeated.extend_from_slice(&items);
    }
    Ok(Some(List::from_refs(repeated)))
}

fn inplace(thread: &mut Thread, op: BinaryOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    match op {
        BinaryOp::Add => {
            extend_by(thread, list(&left), right)?;
            Ok(Some(left.to_ref()))
        }
        BinaryOp::Mul => match repeat(thread, list(&left), right)? {
            Some(repeated) => {
                let items = list(&repeated).take();
                list(&left).splice(0..usize::MAX, items);
                Ok(Some(left.to_ref()))
            }
            None => Ok(None),
        },
        _ => Ok(None),
    }
}

/// Appends the items of `iterable`.
pub(crate) fn extend_by(thread: &mut Thread, list: &List, iterable: Value) -> PyResult<()> {
    let ty = iterable.ty();
    if let Some(tuple) = downcast_exact::<Tuple>(&iterable) {
        let counted = tuple.items().iter().map(|item| item.to_ref().into_value());
        list.locked(|all| all.extend(counted));
        return Ok(());
    }
    if *ty == LIST_TYPE {
        let items = operations::collect(thread, iterable)?;
        list.locked(|all| all.extend(items.into_iter().map(Ref::into_value)));
        return Ok(());
    }
    operations::for_each(thread, iterable, |_, item| {
        list.push(item);
        Ok(())
    })
}

fn compare(thread: &mut Thread, op: CompareOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    let (Some(left), Some(right)) = (downcast::<List>(&left), downcast::<List>(&right)) else {
        return Ok(None);
    };
    let (left, right) = (left.to_vec(), right.to_vec());
    if left.len() != right.len() && matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Some(singletons::bool(op == CompareOp::Ne)));
    }
    let words = |items: &[Ref]| items.iter().map(|item| **item).collect::<Vec<Value>>();
    compare_items(thread, op, &words(&left), &words(&right)).map(Some)
}

fn append(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = args.split_receiver();
    let [item] = rest.exactly(thread, "list.append")?;
    receiver(thread, &this, "append")?.push(item.to_ref());
    Ok(singletons::none())
}

fn append_to(_: &mut Thread, this: Value, item: Value) -> PyResult {
    list(&this).push(item.to_ref());
    Ok(singletons::none())
}

fn pop_last(thread: &mut Thread, this: Value) -> PyResult {
    match list(&this).locked(Vec::pop) {
        Some(item) => Ok(Ref::adopt(item)),
        None => Err(thread.raise_text(&exception::INDEX_ERROR, "pop from empty list")),
    }
}

fn clear(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = args.split_receiver();
    let [] = rest.exactly(thread, "list.clear")?;
    receiver(thread, &this, "clear")?.clear();
    Ok(singletons::none())
}

fn copy(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = args.split_receiver();
    let [] = rest.exactly(thread, "list.copy")?;
    Ok(List::from_refs(receiver(thread, &this, "copy")?.to_vec()))
}

fn count(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = args.split_receiver();
    let [item] = rest.exactly(thread, "list.count")?;
    let mut found = 0;
    for candidate in receiver(thread, &this, "count")?.to_vec() {
        found += i64::from(operations::equals(thread, *candidate, item)?);
    }
    Ok(Ref::small(found))
}

fn extend(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = args.split_receiver();
    let [iterable] = rest.exactly(thread, "list.extend")?;
    let this = receiver(thread, &this, "extend")?;
    extend_by(thread, this, iterable)?;
    Ok(singletons::none())
}

fn find(
    thread: &mut Thread,
    this: &List,
    item: Value,
    range: (usize, usize),
) -> PyResult<Option<usize>> {
    let (mut at, end) = range;
    loop {
        // Most items can be compared where they are.
        let next = this.locked(|items| {
            let rest = items.get(at..end.min(items.len()))?;
            if item.is_int() {
                // Other integers in words are other numbers.
                let skipped = rest
                    .iter()
                    .position(|other| !other.is_int() || *other == item);
                at += skipped?;
            }
            let rest = &items[at..end.min(items.len())];
            let known = rest.iter().map(|candidate| same_key(*candidate, item));
            let (skipped, verdict) = known.enumerate().find(|(_, same)| *same != Some(false))?;
            at += skipped;
            Some(match verdict {
                Some(_) => None,
                None => Some(rest[skipped].to_ref()),
            })
        });
        match next {
            None => return Ok(None),
            Some(None) => return Ok(Some(at)),
            Some(Some(candidate)) => {
                if operations::equals(thread, *candidate, item)? {
                    return Ok(Some(at));
                }
                at += 1;
            }
        }
    }
}

fn index(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = args.split_receiver();
    let this = receiver(thread, &this, "index")?;
    let given = rest.between(thread, "index", 1, 3)?;
    let range = bounds(thread, &given[1..], this.len())?;
    // Without an end the list may grow while items are compared.
    let range = if given.len() < 3 {
        (range.0, usize::MAX)
    } else {
        range
    };
    match find(thread, this, given[0], range)? {
        Some(at) => Ok(int::from_usize(at)),
        None => Err(thread.value_error("list.index(x): x not in list")),
    }
}

fn reversed(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = args.split_receiver();
    let [] = rest.exactly(thread, "list.__reversed__")?;
    receiver(thread, &this, "__reversed__")?;
    crate::builtins::iterators::backwards(thread, this)
}

fn insert(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = args.split_receiver();
    let [at, item] = rest.exactly(thread, "insert")?;
    let this = receiver(thread, &this, "insert")?;
    let at = operations::index(thread, at)?;
    let len = this.len() as i64;
    let at = (if at < 0 {
        (at + len).max(0)
    } else {
        at.min(len)
    }) as usize;
    this.splice(at..at, vec![item.to_ref()]);
    Ok(singletons::none())
}

fn pop(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = args.split_receiver();
    let this = receiver(thread, &this, "pop")?;
    let at = match rest.between(thread, "pop", 0, 1)? {
        [at] => operations::index(thread, *at)?,
        _ => -1,
    };
    let popped = this.locked(|items| {
        let place = if at < 0 { at + items.len() as i64 } else { at };
        let place = usize::try_from(place)
            .ok()
            .filter(|place| *place < items.len())?;
        Some(items.remove(place))
    });
    match popped {
        Some(item) => Ok(Ref::adopt(item)),
        None if this.is_empty() => {
            Err(thread.raise_text(&exception::INDEX_ERROR, "pop from empty list"))
        }
        None => Err(thread.raise_text(&exception::INDEX_ERROR, "pop index out of range")),
    }
}

fn remove(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = args.split_receiver();
    let [item] = rest.exactly(thread, "list.remove")?;
    let this = receiver(thread, &this, "remove")?;
    match find(thread, this, item, (0, usize::MAX))? {
        Some(at) => {
            this.splice(at..at + 1, Vec::new());
            Ok(singletons::none())
        }
        None => Err(thread.value_error("list.remove(x): x not in list")),
    }
}

fn reverse(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = args.split_receiver();
    let [] = rest.exactly(thread, "list.reverse")?;
    receiver(thread, &this, "reverse")?.locked(|items| items.reverse());
    Ok(singletons::none())
}

fn sort(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = args.split_receiver();
    let this = receiver(thread, &this, "sort")?;
    if !rest.positional().is_empty() {
        return Err(thread.type_error("sort() takes no positional arguments"));
    }
    let [key, reverse] = rest.bind(thread, "sort", ["key", "reverse"], 0)?;
    let sorted = sorted(thread, this.take(), key, reverse)?;
    // Whoever looked at the list meanwhile found it empty; what they put in is lost.
    let (items, raised) = match sorted {
        Ok(items) => (items, None),
        Err((items, raised)) => (items, Some(raised)),
    };
    let modified = !this.is_empty();
    this.splice(0..usize::MAX, items);
    match raised {
        Some(raised) => Err(raised),
        None if modified => Err(thread.value_error("list modified during sort")),
        None => Ok(singletons::none()),
    }
}

/// The items, and the exception that ended their sorting early.
type Unsorted = (Vec<Ref>, crate::error::Raised);

/// Sorts the items stably by `<`. If a comparison raises, all items come back, in some order.
///
/// # Errors
/// What `reverse` raises when asked for its truth.
pub(crate) fn sorted(
    thread: &mut Thread,
    items: Vec<Ref>,
    key: Option<Value>,
    reverse: Option<Value>,
) -> PyResult<Result<Vec<Ref>, Unsorted>> {
    let reverse = match reverse {
        Some(reverse) => operations::truth(thread, reverse)?,
        None => false,
    };
    let mut keyed = Vec::with_capacity(items.len());
    let mut raised = None;
    for item in items {
        let key = match key {
            Some(key) if raised.is_none() && !singletons::is_none(key) => {
                operations::call(thread, key, &Args::new(&[*item])).unwrap_or_else(|error| {
                    raised = Some(error);
                    item.clone()
                })
            }
            _ => item.clone(),
        };
        keyed.push((key, item));
    }
    if reverse {
        // Sorted backwards and turned round, equal items keep their order.
        keyed.reverse();
    }
    if raised.is_none() {
        raised = merge_sort(thread, &mut keyed).err();
    }
    if reverse {
        keyed.reverse();
    }
    let items = keyed.into_iter().map(|(_, item)| item).collect();
    Ok(match raised {
        None => Ok(items),
        Some(raised) => Err((items, raised)),
    })
}

/// A stable merge sort that survives comparisons that raise or contradict each other.
fn merge_sort(thread: &mut Thread, items: &mut Vec<(Ref, Ref)>) -> PyResult<()> {
    let len = items.len();
    let mut from: Vec<Option<(Ref, Ref)>> = items.drain(..).map(Some).collect();
    let mut width = 1;
    let mut result = Ok(());
    while width < len && result.is_ok() {
        let mut to = Vec::with_capacity(len);
        for start in (0..len).step_by(2 * width) {
            let (middle, end) = ((start + width).min(len), (start + 2 * width).min(len));
            let (mut left, mut right) = (start, middle);
            while left < middle || right < end {
                let take_right = left == middle
                    || (right < end && result.is_ok() && {
                        let key = |at: usize| {
                            from[at]
                                .as_ref()
                                .map(|pair| *pair.0)
                                .expect("not moved yet")
                        };
                        less(thread, key(right), key(left)).unwrap_or_else(|error| {
                            result = Err(error);
                            false
                        })
                    });
                let next = if take_right { &mut right } else { &mut left };
                to.push(from[*next].take());
                *next += 1;
            }
        }
        from = to;
        width *= 2;
    }
    items.extend(from.into_iter().flatten());
    result
}

fn less(thread: &mut Thread, left: Value, right: Value) -> PyResult<bool> {
    if let (Some(left), Some(right)) = (left.as_int(), right.as_int()) {
        return Ok(left < right);
    }
    let result = operations::compare(thread, CompareOp::Lt, left, right)?;
    operations::truth(thread, *result)
}
