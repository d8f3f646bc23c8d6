//! Attributes found through one-word caches.
//!
//! | kind | receiver | guard | slot |
//! | --- | --- | --- | --- |
//! | `SLOT` | an instance with slots | the shape's version | the slot of the attribute |
//! | `ADD` | an instance with slots, to be set | the shape's version | which child of the shape has the attribute too |
//! | `PLAIN` | any | the receiver's stamp | an attribute of its type, given as it is |
//! | `STATIC` | any | the receiver's stamp | a static method of its type |
//! | `METHOD` | any | the receiver's stamp | a function of its type, to be bound |
//! | `PROPERTY` | any | the receiver's stamp | a property of its type |
//! | `MISSING` | any | the receiver's stamp | the `__getattr__` of its type, which is asked as nothing else has the name |
//! | `CLASS_PLAIN` | a class | the class's version | an attribute of the class, given as it is |
//! | `CLASS_STATIC` | a class | the class's version | a static method of the class |
//! | `CLASS_METHOD` | a class | the class's version | a class method of the class |
//! | `MODULE` | a module | the name itself | an entry of its namespace |
//!
//! A value's *stamp* is the version of its shape, if it has one, and of its type otherwise. No two
//! shapes or types have the same version, and one loses its version when what its look-up finds
//! changes. So a cache that has the receiver's stamp says what the look-up would find. Attributes
//! of types are named by the number under which the type has noted them (`Type::resolved`).
//!
//! The loop looks into an instruction's first two caches for slots and functions, and then into the
//! further ones that an instruction has which met receivers of more shapes. What follows a miss
//! looks into all of them for everything else.

mod learn;

use super::frame::Frame;
use super::special::{self, Rest};
use crate::cache::{Cached, Caches, slot_among};
use crate::error::PyResult;
use crate::object::class;
use crate::object::instance::{Instance, SLOT};
use crate::object::method::{Method, descriptor};
use crate::object::module::Module;
use crate::object::native::{Args, Native};
use crate::object::{EXTENDED, Type, downcast_exact};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use learn::{learn_property, learn_to_get, learn_to_set};
use selvedge_compiler::Instruction;
use selvedge_compiler::op::FRAME_HEADER;
use selvedge_sync::seam::atomic::{AtomicU64, Ordering};

const ADD: u8 = 2;
const PLAIN: u8 = 3;
const STATIC: u8 = 4;
const METHOD: u8 = 5;
const PROPERTY: u8 = 6;
const CLASS_PLAIN: u8 = 7;
const CLASS_STATIC: u8 = 8;
const CLASS_METHOD: u8 = 9;
const MODULE: u8 = 10;
const MISSING: u8 = 11;

/// The stamp of a value, which names the state of everything that look-up on it goes through, and
/// its type; nothing for an unbound register. The stamp is 0 if there is none.
#[inline(always)]
fn stamp(value: Value) -> Option<(u32, &'static Type)> {
    let Some(object) = value.as_object() else {
        return value.is_bound().then(|| (value.ty().version(), value.ty()));
    };
    // SAFETY: a bound pointer word points to a live object.
    let (ty, flags) = unsafe { ((*object).ty(), (*object).header.flags()) };
    let version = if let Some(instance) = Instance::with_flags(&value, flags) {
        instance.version()
    } else if flags & EXTENDED != 0 {
        0
    } else {
        ty.version()
    };
    Some((version, ty))
}

/// What a cache of one of the kinds that are guarded by the receiver's stamp says.
#[inline(always)]
fn resolved_of_type(value: Value, cached: Cached) -> Option<Value> {
    let (version, ty) = stamp(value)?;
    if version != cached.version {
        return None;
    }
    ty.resolved(cached.slot as usize)
}

#[inline(always)]
fn is_extended(value: Value) -> bool {
    // SAFETY: a bound pointer word points to a live object.
    value
        .as_object()
        .is_some_and(|object| unsafe { (*object).header.flags() } & EXTENDED != 0)
}

/// The type that a value is, where a cache says that it is one: its metaclass is `type`.
#[inline(always)]
pub(super) fn plain_class(value: Value) -> Option<&'static Type> {
    // SAFETY: the type says how the object is laid out; whoever names a type keeps it alive.
    value
        .is_exactly(&class::TYPE_TYPE)
        .then(|| unsafe { &*value.pointer().cast::<Type>() })
}

/// What a cache of one of the kinds of a type's attributes says about a receiver.
#[inline(always)]
fn resolved(value: Value, cached: Cached) -> Option<Value> {
    match cached.kind {
        CLASS_PLAIN | CLASS_STATIC | CLASS_METHOD => plain_class(value)
            .filter(|class| class.version() == cached.version)?
            .resolved(cached.slot as usize),
        _ => resolved_of_type(value, cached),
    }
}

/// The function in a static or class method.
fn wrapped(attribute: Value) -> Option<Value> {
    descriptor(&attribute).map(|wrapper| *wrapper.get)
}

/// What a look-up found that caches can say: kind, slot and version.
type Learnt = Option<(u8, usize, u32)>;

/// Notes what a look-up found; says whether it could.
fn note(frame: Frame, cache: &Caches, found: Learnt) -> bool {
    let word = found.and_then(|(kind, slot, version)| Cached::word(kind, slot, version));
    match word {
        Some(word) if !frame.code().is_shared(cache) => {
            frame.code().remember(cache, word);
            true
        }
        _ => false,
    }
}

/// `value.name`, if the cache knows it.
#[inline(always)]
fn get(value: Value, name: &Ref, cache: &AtomicU64) -> Option<Ref> {
    let cached = Cached::load(cache);
    if cached.kind == SLOT {
        // Relaxed: see `Cached::load`.
        return Instance::of(&value)?.cached((cache.load(Ordering::Relaxed), 0));
    }
    get_resolved(value, name, cached)
}

/// `value.name`, if one of the instruction's first two caches knows its slot.
#[inline(always)]
pub(super) fn get_slot(value: Value, cache: &Caches) -> Option<Ref> {
    Instance::of(&value)?.cached(cache.words())
}

/// As [`get_slot`], by the instruction's further caches.
#[inline(never)]
pub(super) fn get_slot_of_further(frame: Frame, value: Value, cache: &Caches) -> Option<Ref> {
    let further = frame.code().further(cache);
    let instance = Instance::of(&value)?;
    further
        .iter()
        // Relaxed: see `Cached::load`.
        .find_map(|word| instance.cached((word.load(Ordering::Relaxed), 0)))
}

/// `value.name`, if the cache knows it otherwise than by slot.
fn get_resolved(value: Value, name: &Ref, cached: Cached) -> Option<Ref> {
    match cached.kind {
        PLAIN | CLASS_PLAIN => resolved(value, cached).map(Value::to_ref),
        STATIC | CLASS_STATIC => wrapped(resolved(value, cached)?).map(Value::to_ref),
        METHOD | CLASS_METHOD => {
            let attribute = resolved(value, cached)?;
            Some(match downcast_exact::<Native>(&attribute) {
                Some(native) => Native::bound(native.def(), value.to_ref()),
                None => {
                    let function = wrapped(attribute).unwrap_or(attribute);
                    Method::new(function.to_ref(), value.to_ref())
                }
            })
        }
        MODULE => {
            let namespace = downcast_exact::<Module>(&value)?.namespace();
            namespace.locked(|table| {
                table
                    .hinted(cached.slot as usize, **name)
                    .map(|entry| entry.value.to_ref())
            })
        }
        _ => None,
    }
}

/// `value.name` where the instruction's first cache does not know a slot: by what its caches say
/// otherwise, or by looking it up and letting them know. What is left to do may be to run a
/// property's function.
///
/// # Errors
/// What the look-up raises.
#[inline(never)]
pub(super) fn get_slowly(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
    name: &Ref,
    cache: &Caches,
) -> PyResult<Rest> {
    let b = usize::from(word.b());
    let value = frame.operand(thread, b)?;
    let known = first_of(frame, cache, |cache| known_by(value, name, cache));
    let result = match known {
        Some(Known::Value(found)) => found,
        Some(Known::Property(property)) => {
            if let Some(getter) = wrapped(property)
                && let Some(begun) = special::call_getter(thread, frame, word, getter, &[])?
            {
                return Ok(Some(begun));
            }
            get_property(thread, property, value)?
        }
        Some(Known::Missing(hook)) => {
            if let Some(begun) = special::call_getter(thread, frame, word, hook, &[**name])? {
                return Ok(Some(begun));
            }
            operations::call(thread, hook, &Args::new(&[value, **name]))?
        }
        None => look_up(thread, frame, value, name, cache)?,
    };
    frame.consume(b);
    frame.set(usize::from(word.a()), result);
    Ok(None)
}

/// What the first of an instruction's caches, from `cache` on, that knows something says.
#[inline(always)]
fn first_of<T>(frame: Frame, cache: &Caches, ask: impl Fn(&AtomicU64) -> Option<T>) -> Option<T> {
    let (mut at, mut further) = (&cache.first, None);
    loop {
        // One call of `ask`, for it to be inlined.
        let known = ask(at);
        if known.is_some() {
            return known;
        }
        at = match &mut further {
            None => {
                further = Some(frame.code().further(cache).iter());
                &cache.second
            }
            Some(further) => further.next()?,
        };
    }
}

/// What a cache says that `value.name` is.
enum Known {
    Value(Ref),
    Property(Value),
    /// What this function returns for the value and the name.
    Missing(Value),
}

#[inline(always)]
fn known_by(value: Value, name: &Ref, cache: &AtomicU64) -> Option<Known> {
    let cached = Cached::load(cache);
    match cached.kind {
        PROPERTY => resolved(value, cached).map(Known::Property),
        MISSING => resolved(value, cached).map(Known::Missing),
        _ => get(value, name, cache).map(Known::Value),
    }
}

fn look_up(
    thread: &mut Thread,
    frame: Frame,
    value: Value,
    name: &Ref,
    cache: &Caches,
) -> PyResult {
    let found = learn_to_get(thread, value, **name);
    if note(frame, cache, found) {
        if let Some(result) = computed(thread, value, name, &cache.first)? {
            return Ok(result);
        }
        if let Some(result) = get(value, name, &cache.first) {
            return Ok(result);
        }
    }
    operations::get_attr(thread, value, **name)
}

/// `value.name`, if the cache knows which function written in Python computes it.
fn computed(
    thread: &mut Thread,
    value: Value,
    name: &Ref,
    cache: &AtomicU64,
) -> PyResult<Option<Ref>> {
    let cached = Cached::load(cache);
    match cached.kind {
        PROPERTY => resolved(value, cached)
            .map(|property| get_property(thread, property, value))
            .transpose(),
        MISSING => resolved(value, cached)
            .map(|hook| operations::call(thread, hook, &Args::new(&[value, **name])))
            .transpose(),
        _ => Ok(None),
    }
}

/// The property that `value.name` is, if the cache knows.
#[inline(always)]
fn cached_property(value: Value, cache: &AtomicU64) -> Option<Value> {
    let cached = Cached::load(cache);
    (cached.kind == PROPERTY)
        .then(|| resolved(value, cached))
        .flatten()
}

fn get_property(thread: &mut Thread, property: Value, value: Value) -> PyResult {
    let getter = wrapped(property)
        .expect("a property is a descriptor")
        .to_ref();
    operations::call(thread, *getter, &Args::new(&[value]))
}

/// The function that `value.name` is, to be called with the value as first argument, if one of the
/// instruction's first two caches knows it as such.
#[inline(always)]
pub(super) fn function_of(value: Value, cache: &Caches) -> Option<Value> {
    let object = value.as_object()?;
    // SAFETY: a bound pointer word points to a live object.
    let (ty, flags) = unsafe { ((*object).ty(), (*object).header.flags()) };
    // As in `stamp`, which is for other values too.
    let version = match Instance::with_flags(&value, flags) {
        Some(instance) => instance.version(),
        None if flags & EXTENDED != 0 => return None,
        None => ty.version(),
    };
    ty.resolved(slot_among(cache.words(), METHOD, version)?)
}

/// As [`function_of`], by the instruction's further caches.
#[inline(never)]
pub(super) fn function_of_further(frame: Frame, value: Value, cache: &Caches) -> Option<Value> {
    let further = frame.code().further(cache);
    if further.is_empty() {
        return None;
    }
    let (version, ty) = stamp(value)?;
    let known = further.iter().map(Cached::load);
    let found = { known }.find(|known| known.kind == METHOD && known.version == version)?;
    ty.resolved(found.slot as usize)
}

/// The callable that `value.name` is, and whether it takes the value as first argument, if the
/// cache knows.
fn method(value: Value, name: &Ref, cache: &AtomicU64) -> Option<(Ref, bool)> {
    let cached = Cached::load(cache);
    if cached.kind == METHOD {
        return Some((resolved(value, cached)?.to_ref(), true));
    }
    if cached.kind == CLASS_METHOD {
        let attribute = resolved(value, cached)?;
        return Some((wrapped(attribute).unwrap_or(attribute).to_ref(), true));
    }
    Some((get(value, name, cache)?, false))
}

/// The callable that `value.name` is, where the cache does not know: looks it up, and lets the
/// cache know.
///
/// # Errors
/// What the look-up raises.
#[inline(never)]
pub(super) fn method_slowly(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
    name: &Ref,
    cache: &Caches,
) -> PyResult<()> {
    let value = frame.operand(thread, usize::from(word.b()))?;
    let known = first_of(frame, cache, |cache| method(value, name, cache));
    let (callable, takes_receiver) = match known {
        Some(known) => known,
        None => look_up_method(thread, frame, value, name, cache)?,
    };
    put_method(frame, word, callable, takes_receiver);
    Ok(())
}

/// The callable that `value.name` is, and whether it takes the value as first argument, where it
/// is no method that a cache knows.
fn look_up_method(
    thread: &mut Thread,
    frame: Frame,
    value: Value,
    name: &Ref,
    cache: &Caches,
) -> PyResult<(Ref, bool)> {
    let further = frame.code().further(cache);
    for cache in [&cache.first, &cache.second].into_iter().chain(further) {
        if let Some(result) = computed(thread, value, name, cache)? {
            return Ok((result, false));
        }
    }
    let found = learn_to_get(thread, value, **name);
    if note(frame, cache, found) {
        if let Some(learnt) = method(value, name, &cache.first) {
            return Ok(learnt);
        }
        if let Some(result) = computed(thread, value, name, &cache.first)? {
            return Ok((result, false));
        }
    }
    Ok((operations::get_attr(thread, value, **name)?, false))
}

/// Puts a function where a call expects it, and its receiver, the instruction's operand, behind. A
/// local's value is borrowed: the compiler makes no operand of one that changes before the call.
#[inline(always)]
pub(super) fn put_function(frame: Frame, word: Instruction, function: Ref) {
    let (a, b) = (usize::from(word.a()), usize::from(word.b()));
    // SAFETY: registers of the frame. Those of the call's window hold nothing to release; if the
    // operand is a temporary, its reference moves.
    unsafe {
        let receiver = frame.move_or_borrow(b);
        frame.register(a).write(function.into_value());
        frame.register(a + FRAME_HEADER).write(receiver);
    }
}

/// Puts a callable where a call expects it, and its receiver, the instruction's operand, behind if
/// it takes that.
fn put_method(frame: Frame, word: Instruction, callable: Ref, takes_receiver: bool) {
    let (a, b) = (usize::from(word.a()), usize::from(word.b()));
    if takes_receiver {
        return put_function(frame, word, callable);
    }
    frame.consume(b);
    frame.set(a, callable);
    // A number left behind here would look like a receiver.
    // SAFETY: a temporary of the call's window, which holds nothing to release.
    unsafe { frame.register(a + FRAME_HEADER).write(Value::UNBOUND) };
}

/// Carries out an instruction that sets an attribute, if the cache knows how; says whether it did.
#[inline(always)]
pub(super) fn store(frame: Frame, word: Instruction, cache: &AtomicU64) -> bool {
    let (a, b) = (usize::from(word.a()), usize::from(word.b()));
    // SAFETY: registers of the frame.
    let (target, value) = unsafe { (*frame.register(a), *frame.register(b)) };
    if !value.is_bound() {
        return false;
    }
    // A temporary's reference moves into the slot.
    let moves = b >= frame.code().first_temp as usize && value.is_owned();
    let new = if moves {
        value
    } else {
        value.to_ref().into_value()
    };
    let Some(old) = set(target, new, cache) else {
        if !moves {
            drop(Ref::adopt(new));
        }
        return false;
    };
    if b >= frame.code().first_temp as usize {
        // SAFETY: as above; what was here has moved, or was borrowed.
        unsafe { frame.register(b).write(Value::UNBOUND) };
    }
    frame.consume(a);
    drop(Ref::adopt_bound(old));
    true
}

/// Sets the attribute of `target` that the cache knows to `new`, whose reference moves; nothing
/// happens if it does not know. Returns what is to be released.
#[inline(always)]
fn set(target: Value, new: Value, cache: &AtomicU64) -> Option<Value> {
    let cached = Cached::load(cache);
    let instance = Instance::of(&target)?;
    let slot = cached.slot as usize;
    match cached.kind {
        SLOT => instance.set_cached(cached.version, slot, new),
        ADD => instance
            .add_cached(cached.version, slot, new)
            .then_some(Value::UNBOUND),
        _ => None,
    }
}

/// `target.name = value` where the cache does not know: sets it, and lets the cache know.
///
/// # Errors
/// What setting raises.
#[inline(never)]
pub(super) fn set_slowly(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
    name: &Ref,
    cache: &Caches,
) -> PyResult<Rest> {
    let others = core::iter::once(&cache.second).chain(frame.code().further(cache));
    if { others }.any(|cache| store(frame, word, cache)) {
        return Ok(None);
    }
    let (a, b) = (usize::from(word.a()), usize::from(word.b()));
    let (target, value) = (frame.operand(thread, a)?, frame.operand(thread, b)?);
    let property = first_of(frame, cache, |cache| cached_property(target, cache));
    if let Some(setter) = property.and_then(class::property_setter)
        && let Some(begun) = special::begin(thread, frame, setter, &[target, value])?
    {
        return Ok(Some(begun));
    }
    if let Some(begun) = special::set_attr(thread, frame, target, **name, value)? {
        note(frame, cache, learn_property(target, **name));
        return Ok(Some(begun));
    }
    let before = Instance::of(&target).map(Instance::shape);
    operations::set_attr(thread, target, **name, Some(value))?;
    if let Some(before) = before {
        let found = learn_to_set(thread, target, before, **name);
        note(frame, cache, found);
    }
    frame.consume(b);
    frame.consume(a);
    Ok(None)
}
