//! Exception groups: exceptions raised together, taken apart by `except*`.

use super::exception::{
    BASE_EXCEPTION, BASE_EXCEPTION_GROUP, EXCEPTION, EXCEPTION_GROUP, Exception,
};
use super::{Type, downcast, singletons};
use crate::error::PyResult;
use crate::object::class::{self, as_type};
use crate::object::list::List;
use crate::object::native::{Args, NativeDef};
use crate::object::str::Str;
use crate::object::tuple::Tuple;
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};

pub(crate) static METHODS: &[NativeDef] = &[
    NativeDef::method("split", |thread, args| {
        let [this, condition] = args.exactly(thread, "split")?;
        let condition = Condition::of(thread, condition)?;
        let (matching, rest) = split(thread, this, &condition)?;
        let or_none = |part: Option<Ref>| part.unwrap_or_else(singletons::none);
        Ok(Tuple::from_refs(vec![or_none(matching), or_none(rest)]))
    }),
    NativeDef::method("subgroup", |thread, args| {
        let [this, condition] = args.exactly(thread, "subgroup")?;
        let condition = Condition::of(thread, condition)?;
        Ok(split(thread, this, &condition)?
            .0
            .unwrap_or_else(singletons::none))
    }),
    NativeDef::method("derive", |thread, args| {
        let [this, exceptions] = args.exactly(thread, "derive")?;
        let message = operations::get_attr_named(thread, this, "message")?;
        construct(
            thread,
            &BASE_EXCEPTION_GROUP,
            &Args::new(&[*message, exceptions]),
        )
    }),
    NativeDef::class_method("__class_getitem__", class::generic_alias),
];

/// Makes a group of a message and a sequence of exceptions.
pub(crate) fn construct(thread: &mut Thread, ty: &'static Type, args: &Args<'_>) -> PyResult {
    let [message, exceptions] = args.positional() else {
        let got = args.positional().len();
        let text = format!("BaseExceptionGroup.__new__() takes exactly 2 arguments ({got} given)");
        return Err(thread.type_error(text));
    };
    if downcast::<Str>(message).is_none() {
        let name = message.ty().name();
        return Err(thread.type_error(format!(
            "BaseExceptionGroup.__new__() argument 1 must be str, not {name}"
        )));
    }
    if exceptions.ty().get_item().is_none() || exceptions.ty().len().is_none() {
        return Err(thread.type_error("second argument (exceptions) must be a sequence"));
    }
    let items = operations::collect(thread, *exceptions)?;
    if items.is_empty() {
        return Err(thread.value_error("second argument (exceptions) must be a non-empty sequence"));
    }
    if let Some(at) = items
        .iter()
        .position(|item| downcast::<Exception>(item).is_none())
    {
        return Err(thread.value_error(format!(
            "Item {at} of second argument (exceptions) is not an exception"
        )));
    }
    let plain = items.iter().all(|item| item.ty().is_subtype(&EXCEPTION));
    let ty = if ty == &BASE_EXCEPTION_GROUP && plain {
        &EXCEPTION_GROUP
    } else {
        ty
    };
    if !plain && ty == &EXCEPTION_GROUP {
        return Err(thread.type_error("Cannot nest BaseExceptions in an ExceptionGroup"));
    }
    if !plain && ty.is_subtype(&EXCEPTION) {
        return Err(thread.type_error(format!("Cannot nest BaseExceptions in '{}'", ty.name())));
    }
    let new = Exception::new(ty, args.positional());
    let this = downcast::<Exception>(&new).expect("just made");
    this.set_member(thread, "message", message.to_ref());
    this.set_member(thread, "exceptions", Tuple::from_refs(items));
    class::initialise(thread, ty, &new, args)?;
    Ok(new)
}

/// The exceptions of a group; nothing for another exception.
pub(crate) fn members(thread: &mut Thread, value: Value) -> Option<Vec<Ref>> {
    if !value.ty().is_subtype(&BASE_EXCEPTION_GROUP) {
        return None;
    }
    let tuple = downcast::<Exception>(&value)?.member(thread, "exceptions")?;
    downcast::<Tuple>(&tuple).map(|tuple| tuple.items().iter().map(|item| item.to_ref()).collect())
}

pub(crate) fn str(thread: &mut Thread, value: Value) -> PyResult {
    let this = downcast::<Exception>(&value).expect("called through its type");
    let message = this
        .member(thread, "message")
        .unwrap_or_else(|| Str::new(""));
    let message = operations::str_text(thread, *message)?;
    let count = members(thread, value).map_or(0, |members| members.len());
    let plural = if count == 1 { "" } else { "s" };
    Ok(Str::new(&format!(
        "{message} ({count} sub-exception{plural})"
    )))
}

/// Which exceptions are meant.
enum Condition {
    Types(Value),
    Function(Value),
    /// These very exceptions.
    These(Vec<Ref>),
}

impl Condition {
    fn of(thread: &mut Thread, value: Value) -> PyResult<Self> {
        let is_class =
            |value: Value| as_type(value).is_some_and(|ty| ty.is_subtype(&BASE_EXCEPTION));
        let classes = downcast::<Tuple>(&value)
            .is_some_and(|tuple| tuple.items().iter().all(|item| is_class(*item)));
        if is_class(value) || classes {
            return Ok(Condition::Types(value));
        }
        if value.ty().call().is_some() && as_type(value).is_none() {
            return Ok(Condition::Function(value));
        }
        Err(thread.type_error("expected an exception type, a tuple of exception types, or a callable (other than a class)"))
    }

    fn holds(&self, thread: &mut Thread, exception: Value) -> PyResult<bool> {
        match self {
            Condition::Types(types) => operations::is_instance(thread, exception, *types),
            Condition::Function(function) => {
                let verdict = operations::call(thread, *function, &Args::new(&[exception]))?;
                operations::truth(thread, *verdict)
            }
            Condition::These(these) => Ok(these.iter().any(|one| one.is(exception))),
        }
    }
}

/// The parts of an exception that meet the condition, and the others.
fn split(
    thread: &mut Thread,
    value: Value,
    condition: &Condition,
) -> PyResult<(Option<Ref>, Option<Ref>)> {
    if condition.holds(thread, value)? {
        return Ok((Some(value.to_ref()), None));
    }
    let Some(members) = members(thread, value) else {
        return Ok((None, Some(value.to_ref())));
    };
    let (mut matching, mut rest) = (Vec::new(), Vec::new());
    for member in members {
        let (yes, no) = thread.nested(|thread| split(thread, *member, condition))?;
        matching.extend(yes);
        rest.extend(no);
    }
    Ok((
        subset(thread, value, matching)?,
        subset(thread, value, rest)?,
    ))
}

/// A group like `value` of some of its exceptions.
fn subset(thread: &mut Thread, value: Value, members: Vec<Ref>) -> PyResult<Option<Ref>> {
    if members.is_empty() {
        return Ok(None);
    }
    let list = List::from_refs(members);
    let derived = operations::call_method(thread, value, "derive", &[*list])?;
    if !derived.ty().is_subtype(&BASE_EXCEPTION_GROUP) {
        return Err(thread.type_error("derive must return an instance of BaseExceptionGroup"));
    }
    let (from, to) = (
        downcast::<Exception>(&value),
        downcast::<Exception>(&derived),
    );
    if let (Some(from), Some(to)) = (from, to) {
        to.take_place_of(thread, from)?;
    }
    Ok(Some(derived))
}

/// What `except* classes` takes of a raised exception, and what it leaves.
pub(crate) fn take_matching(
    thread: &mut Thread,
    raised: Value,
    classes: Value,
) -> PyResult<(Option<Ref>, Option<Ref>)> {
    if singletons::is_none(raised) {
        return Ok((None, None));
    }
    if operations::is_instance(thread, raised, classes)? {
        if raised.ty().is_subtype(&BASE_EXCEPTION_GROUP) {
            return Ok((Some(raised.to_ref()), None));
        }
        let message = Str::new("");
        let list = Tuple::from_values(&[raised]);
        let group = construct(
            thread,
            &BASE_EXCEPTION_GROUP,
            &Args::new(&[*message, *list]),
        )?;
        let (from, to) = (
            downcast::<Exception>(&raised),
            downcast::<Exception>(&group),
        );
        if let (Some(from), Some(to)) = (from, to) {
            to.take_trace_of(from);
        }
        return Ok((Some(group), None));
    }
    split(thread, raised, &Condition::Types(classes))
}

/// What is raised at the end of `except*` clauses: of `original`, what they did not match or
/// raised again, and what else they raised.
pub(crate) fn raised_of(
    thread: &mut Thread,
    original: Value,
    outcomes: Vec<Ref>,
) -> PyResult<Option<Ref>> {
    let outcomes: Vec<Ref> = outcomes
        .into_iter()
        .filter(|outcome| !singletons::is_none(**outcome))
        .collect();
    if !original.ty().is_subtype(&BASE_EXCEPTION_GROUP) {
        return Ok(outcomes.into_iter().next());
    }
    let source = downcast::<Exception>(&original).expect("a group is an exception");
    let is_part = |outcome: &Ref| {
        downcast::<Exception>(outcome).is_some_and(|other| other.is_at_place_of(source))
    };
    let (again, mut raised): (Vec<Ref>, Vec<Ref>) = outcomes.into_iter().partition(is_part);
    let mut leaves = Vec::new();
    for exception in &again {
        collect_leaves(thread, exception, &mut leaves);
    }
    let kept = if leaves.is_empty() {
        None
    } else {
        split(thread, original, &Condition::These(leaves))?.0
    };
    if raised.is_empty() {
        return Ok(kept);
    }
    raised.extend(kept);
    if raised.len() == 1 {
        return Ok(raised.pop());
    }
    let (message, list) = (Str::new(""), List::from_refs(raised));
    construct(
        thread,
        &BASE_EXCEPTION_GROUP,
        &Args::new(&[*message, *list]),
    )
    .map(Some)
}

fn collect_leaves(thread: &mut Thread, exception: &Ref, leaves: &mut Vec<Ref>) {
    match members(thread, **exception) {
        Some(members) => members
            .iter()
            .for_each(|member| collect_leaves(thread, member, leaves)),
        None => leaves.push(exception.clone()),
    }
}
