//! Calls of classes that make an instance and run an `__init__` written in Python: the instance
//! is made here, and `__init__` runs in a frame on top of the caller's, as any function does.
//!
//! The window of such a call is laid out anew, two registers further up:
//!
//! | register | before | during |
//! | --- | --- | --- |
//! | `first - 4` | header | the instance, which the caller owns |
//! | `first - 3` to `first` | header, first argument | the header of the frame |
//! | `first + 1` | second argument | `self`, borrowed |
//! | from `first + 2` on | further arguments | the arguments |

use super::attributes::plain_class;
use super::frame::{Frame, Opener};
use super::slow;
use crate::cache::Cached;
use crate::error::PyResult;
use crate::object::class;
use crate::object::function::Function;
use crate::object::instance::Instance;
use crate::object::{Type, downcast_exact, singletons};
use crate::thread::Thread;
use crate::value::{Ref, Value, release};
use selvedge_compiler::op::FRAME_HEADER;

/// In a class's cache: the slot is the number of its `__init__`.
const INIT: u8 = 1;
/// In a class's cache: there is no `__init__` but that of `object`.
const BARE: u8 = 2;
/// In a class's cache: calling it takes more.
const OTHER: u8 = 3;

/// What became of a call.
pub(super) enum Begun {
    /// `__init__` is to be run in this frame.
    Frame(Frame),
    /// The instance is made.
    Done(Ref),
    /// Nothing yet: the general way is to be taken.
    Nothing,
}

/// How a class is called, by its cache.
fn how(thread: &mut Thread, class: &'static Type) -> Cached {
    let cached = Cached::load(&class.construction);
    if cached.version != 0 && cached.version == class.version() {
        return cached;
    }
    let version = class.make_version();
    let (kind, slot) = learn(thread, class);
    Cached::store(kind, slot, version, &class.construction);
    Cached {
        kind,
        slot: slot as u32,
        version,
    }
}

fn learn(thread: &mut Thread, class: &'static Type) -> (u8, usize) {
    let name = thread.interpreter().intern("__init__");
    if class.layout().is_none() || !class::constructs_generically(class) {
        return (OTHER, 0);
    }
    let Some((number, init)) = class.resolve(*name) else {
        return (OTHER, 0);
    };
    if init.is_exactly(&crate::object::native::NATIVE_TYPE) {
        return (BARE, 0);
    }
    let plain = downcast_exact::<Function>(&init).is_some_and(|init| init.code().runs_at_once);
    (if plain { INIT } else { OTHER }, number)
}

/// Begins the call of what is at `window` with the arguments from `first` on, if it is a class of
/// the kind that this is about.
///
/// # Errors
/// `RecursionError`.
#[inline(never)]
pub(super) fn begin(
    thread: &mut Thread,
    frame: Frame,
    window: usize,
    first: usize,
    count: usize,
    result: usize,
) -> PyResult<Begun> {
    // SAFETY: a register of the frame.
    let callee = unsafe { *frame.base.add(window) };
    let Some(class) = plain_class(callee) else {
        return Ok(Begun::Nothing);
    };
    let cached = how(thread, class);
    let init = match cached.kind {
        BARE if count == 0 => {
            let made = Instance::new(class);
            frame.consume(window);
            return Ok(Begun::Done(made));
        }
        INIT if !frame.is_generator() => class.resolved(cached.slot as usize),
        _ => None,
    };
    let Some(init) = init else {
        return Ok(Begun::Nothing);
    };
    let function = downcast_exact::<Function>(&init).expect("learnt to be a function");
    let code = function.code();
    // SAFETY: the frame's window, and what follows it on the stack.
    let base = unsafe { frame.base.add(first + 1) };
    // The function may have other code than when this was learnt.
    if !code.runs_at_once
        || !slow::defaults_cover(function, code, count + 1)
        || !thread.stack.has_room(base, code.registers as usize)
    {
        return Ok(Begun::Nothing);
    }
    let instance = Instance::new(class);
    let next = Frame { base };
    // SAFETY: the stack has room for the callee's registers, which the arguments move into; what
    // lies there is no one's. The instance stays below the header, where the caller owns it.
    unsafe {
        core::ptr::copy(frame.base.add(first), base.add(1), count);
        let callee = frame.base.add(window).replace(Value::UNBOUND);
        base.write(instance.borrow());
        base.sub(FRAME_HEADER).write(init.to_ref().into_value());
        base.sub(FRAME_HEADER + 1).write(instance.into_value());
        // The instance keeps its class alive.
        release(callee);
    }
    let filled = slow::fill_simple_defaults(thread, next, code, count + 1);
    match next.open(
        thread,
        code,
        filled,
        frame.base,
        Opener::Initialiser,
        result,
    ) {
        Ok(()) => Ok(Begun::Frame(next)),
        Err(raised) => {
            slow::abandon_window(base, filled);
            Err(raised)
        }
    }
}

/// Ends a call whose `__init__` has returned `result`: gives the instance, which is at `place`.
///
/// # Errors
/// `TypeError` if `__init__` returned something.
#[inline(always)]
pub(super) fn end(thread: &mut Thread, place: *mut Value, result: &Ref) -> PyResult {
    // SAFETY: put there by `begin`, in a register of the caller.
    let instance = Ref::adopt(unsafe { place.replace(Value::UNBOUND) });
    if singletons::is_none(**result) {
        Ok(instance)
    } else {
        Err(class::init_returned(thread, **result))
    }
}
