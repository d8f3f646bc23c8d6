//! Generators, coroutines and asynchronous generators: a frame that can wait.
//!
//! The state says who may touch the frame and what goes with it:
//!
//! | state | meaning | goes to |
//! | --- | --- | --- |
//! | `Created` | the frame stands at its beginning | `Running` by a thread that resumes it |
//! | `Suspended` | the frame stands at a yield | `Running` likewise |
//! | `Running` | one thread owns the frame | `Suspended`, `Closed` (or back) by that thread |
//! | `Closed` | the frame holds nothing | nothing |

mod anext;
mod async_generator;
mod awaitable;
mod methods;

pub(crate) use anext::{aiter, anext};
pub use async_generator::{
    AsyncHooks, AsyncStep, STEP_TYPES, WRAPPED_VALUE_TYPE, next_step, unwrap_value, wrap_value,
};
pub use awaitable::{COROUTINE_WRAPPER_TYPE, awaitable_iterator};
pub(crate) use methods::TYPES;
pub use methods::{ASYNC_GENERATOR_TYPE, COROUTINE_TYPE, GENERATOR_TYPE};

use super::code::Code;
use super::function::Function;
use super::{Object, Payload, Type, allocate_in_slot, finish_in_slot, free_in_slot};
use crate::field::Field;
use crate::gc::Holds;
use crate::object::str::Str;
use crate::run;
use crate::sharing::is_free_threaded;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use core::alloc::Layout;
use selvedge_compiler::op::FRAME_HEADER;
use selvedge_sync::seam::atomic::{AtomicU8, Ordering};
use selvedge_sync::seam::cell::UnsafeCell;

/// What kind of code a generator runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A function with `yield`.
    Generator,
    /// An `async def` function without.
    Coroutine,
    /// An `async def` function with `yield`.
    AsyncGenerator,
}

impl Kind {
    /// What messages call it.
    pub const fn noun(self) -> &'static str {
        match self {
            Kind::Generator => "generator",
            Kind::Coroutine => "coroutine",
            Kind::AsyncGenerator => "async generator",
        }
    }

    fn ty(self) -> &'static Type {
        match self {
            Kind::Generator => &GENERATOR_TYPE,
            Kind::Coroutine => &COROUTINE_TYPE,
            Kind::AsyncGenerator => &ASYNC_GENERATOR_TYPE,
        }
    }
}

/// Where a generator stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum State {
    Created,
    Suspended,
    Running,
    Closed,
}

impl State {
    fn from_number(number: u8) -> Self {
        match number {
            0 => State::Created,
            1 => State::Suspended,
            2 => State::Running,
            _ => State::Closed,
        }
    }
}

/// A generator, coroutine or asynchronous generator. Its frame follows it in memory.
#[repr(C, align(8))]
pub struct Generator {
    object: Object,
    code: Ref,
    /// The names that were set; the code's otherwise.
    pub(crate) name: Field,
    pub(crate) qualname: Field,
    /// What the suspended frame is handling; only whoever runs the frame looks.
    handled: UnsafeCell<Option<Ref>>,
    pub(crate) kind: Kind,
    state: AtomicU8,
    /// Of an asynchronous generator: whether one of its steps is under way, and whether it takes
    /// no more.
    pub(crate) steps: AtomicU8,
    /// Of an asynchronous generator: what is called instead of closing it where it was left.
    finaliser: Field,
}

// SAFETY: `Generator` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Generator {
    const TYPE: &'static Type = &GENERATOR_TYPE;
    const REFERS: bool = true;

    unsafe fn references<V: FnMut(Value) + ?Sized>(&self, visit: &mut V) {
        // SAFETY: the caller's promise, here and below.
        unsafe {
            self.code.show(visit);
            self.name.show(visit);
            self.qualname.show(visit);
            self.finaliser.show(visit);
        }
        // A running frame belongs to the thread that runs it, which keeps what is in there.
        if matches!(self.state(), State::Created | State::Suspended) {
            // SAFETY: nobody has claimed the frame, and nobody does meanwhile.
            unsafe {
                self.handled.with(|handled| (*handled).show(visit));
                run::generator::references(self, visit);
            }
        }
    }

    unsafe fn let_go(&self) {
        // SAFETY: the caller's promise.
        unsafe {
            run::generator::discard(self);
            self.name.let_go();
            self.qualname.let_go();
            self.finaliser.let_go();
        }
    }
}

impl Generator {
    /// A generator with room for a frame of this many registers, which the caller moves in.
    pub(crate) fn new(
        thread: &mut Thread,
        kind: Kind,
        function: &Function,
        registers: usize,
    ) -> Ref {
        let memory = allocate_in_slot(
            Layout::new::<Self>(),
            (FRAME_HEADER + registers) * size_of::<Value>(),
        );
        let (name, qualname) = function.given_names(thread);
        let new = Self {
            object: Object::new(kind.ty()),
            code: function.code_value().to_ref(),
            name: Field::new(name),
            qualname: Field::new(qualname),
            handled: UnsafeCell::new(None),
            kind,
            state: AtomicU8::new(State::Created as u8),
            steps: AtomicU8::new(0),
            finaliser: Field::new(None),
        };
        // SAFETY: the memory has room for the fields and the frame behind them; zero is an
        // unbound register.
        unsafe {
            memory.cast::<Self>().write(new);
            memory
                .add(size_of::<Self>())
                .write_bytes(0, (FRAME_HEADER + registers) * size_of::<Value>());
        }
        finish_in_slot(memory.cast::<Self>())
    }

    /// The generator that `value` is, of any kind.
    #[inline(always)]
    pub fn of(value: &Value) -> Option<&Self> {
        let is_one = value.is_exactly(&GENERATOR_TYPE)
            || value.is_exactly(&COROUTINE_TYPE)
            || value.is_exactly(&ASYNC_GENERATOR_TYPE);
        // SAFETY: objects of the three types are laid out so.
        is_one.then(|| unsafe { &*value.pointer().cast::<Self>() })
    }

    /// The generator or coroutine that `value` is: something to send to.
    #[inline(always)]
    pub fn sendable(value: &Value) -> Option<&Self> {
        let is_one = value.is_exactly(&GENERATOR_TYPE) || value.is_exactly(&COROUTINE_TYPE);
        // SAFETY: objects of both types are laid out so.
        is_one.then(|| unsafe { &*value.pointer().cast::<Self>() })
    }

    /// Whether `value` is a generator that has nothing more to do.
    pub(crate) fn is_done(value: Value) -> bool {
        Self::of(&value).is_some_and(|generator| generator.state() == State::Closed)
    }

    /// The generator as a value.
    pub(crate) fn value(&self) -> Value {
        Value::uncounted(&raw const self.object)
    }

    /// The frame's first register.
    #[inline(always)]
    pub(crate) fn registers(&self) -> *mut Value {
        // SAFETY: the frame follows the fields.
        unsafe {
            core::ptr::from_ref(self)
                .add(1)
                .cast::<Value>()
                .cast_mut()
                .add(FRAME_HEADER)
        }
    }

    /// The generator around a frame's first register.
    #[inline(always)]
    pub(crate) fn around(registers: *mut Value) -> *const Self {
        // SAFETY: the inverse of `registers`.
        unsafe { registers.sub(FRAME_HEADER).cast::<Self>().sub(1) }
    }

    /// Claims the frame for the calling thread, unless it is closed; returns the state before.
    ///
    /// # Errors
    /// If the frame is running already.
    #[inline(always)]
    pub(crate) fn begin(&self) -> Result<State, ()> {
        // Acquire: what the thread that left the frame wrote is seen. Under an interpreter lock
        // nobody comes between the load and the store.
        let before = State::from_number(self.state.load(Ordering::Acquire));
        match before {
            State::Closed => Ok(before),
            State::Running => Err(()),
            _ if is_free_threaded() => {
                let (old, new) = (before as u8, State::Running as u8);
                // Acquire: as above.
                match self
                    .state
                    .compare_exchange(old, new, Ordering::Acquire, Ordering::Acquire)
                {
                    Ok(_) => Ok(before),
                    Err(found) if found == State::Closed as u8 => Ok(State::Closed),
                    Err(_) => Err(()),
                }
            }
            _ => {
                // Relaxed: what came before is the business of the frame's owner, this thread.
                self.state.store(State::Running as u8, Ordering::Relaxed);
                Ok(before)
            }
        }
    }

    /// Gives the frame up in the given state.
    #[inline(always)]
    pub(crate) fn end(&self, state: State) {
        // Release: whoever claims the frame next sees what is written in it.
        self.state.store(state as u8, Ordering::Release);
    }

    /// Where the generator stands at the moment.
    pub(crate) fn state(&self) -> State {
        // Relaxed: for information.
        State::from_number(self.state.load(Ordering::Relaxed))
    }

    /// What the frame was handling when it was suspended; the caller has claimed the frame.
    #[inline(always)]
    pub(crate) fn take_handled(&self) -> Option<Ref> {
        // SAFETY: only whoever has claimed the frame comes here.
        self.handled
            .with_mut(|handled| unsafe { (*handled).take() })
    }

    /// Notes what the frame is handling; the caller has claimed the frame.
    #[inline(always)]
    pub(crate) fn set_handled(&self, new: Option<Ref>) {
        // SAFETY: only whoever has claimed the frame comes here; there was nothing before.
        self.handled
            .with_mut(|handled| unsafe { handled.write(new) });
    }

    /// The name, or the qualified name.
    pub(crate) fn name_value(&self, qualified: bool) -> Ref {
        let field = if qualified {
            &self.qualname
        } else {
            &self.name
        };
        field.get(&self.object).unwrap_or_else(|| {
            let code = super::downcast::<Code>(&self.code).expect("generators run code");
            Str::new(if qualified {
                &code.source.qualname
            } else {
                &code.source.name
            })
        })
    }

    /// The qualified name as text.
    pub(crate) fn qualname_text(&self) -> String {
        let name = self.name_value(true);
        super::downcast::<Str>(&name)
            .map(|name| name.to_utf8_lossy().into_owned())
            .unwrap_or_default()
    }

    /// Frees a generator.
    ///
    /// # Safety
    /// The last reference to `object`, a generator of any kind, is gone.
    unsafe fn dealloc(object: *mut Object) {
        let this = object.cast::<Self>();
        // SAFETY: nobody else sees it; the memory came from `new`.
        unsafe {
            run::generator::discard(&*this);
            this.drop_in_place();
            free_in_slot(this.cast());
        }
    }
}
