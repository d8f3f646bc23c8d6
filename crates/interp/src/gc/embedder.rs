//! What the collector has to know of the VM.

use super::Debug;
use crate::interpreter::Interpreter;
use crate::object::cell::Cell as Variable;
use crate::object::dict::{DICT_TYPE, Dict};
use crate::object::function::{FUNCTION_TYPE, Function};
use crate::object::instance::Instance;
use crate::object::list::{LIST_TYPE, List};
use crate::object::native::Args;
use crate::object::str::Str;
use crate::object::tuple::{TUPLE_TYPE, Tuple};
use crate::object::{
    DOOMED, EXTENDED, Object, Payload, SHAPED, Type, WATCHED, class, downcast, extension, int, weak,
};
use crate::operations;
use crate::sharing::is_free_threaded;
use crate::thread::{Thread, current_token, has_finaliser};
use crate::value::{Ref, Value, release};
use core::cell::{Cell, RefCell};
use core::marker::PhantomData;
use core::ptr::NonNull;
use selvedge_gil::WorldStopped;
use selvedge_refcount::{Collected, Embedder, Header, Token};
use std::collections::VecDeque;

/// The VM during one collection, which `thread` makes.
pub(super) struct Vm<'a, 'm> {
    /// Borrowed by the collection for as long as it takes.
    thread: *mut Thread<'m>,
    interpreter: &'a Interpreter,
    /// Weak references whose targets are garbage, to be called back.
    told: RefCell<VecDeque<Ref>>,
    /// Whether there are weak references among the garbage.
    is_weak: Cell<bool>,
    borrowed: PhantomData<&'a mut Thread<'m>>,
}

impl<'a, 'm> Vm<'a, 'm> {
    pub(super) fn new(thread: &'a mut Thread<'m>, interpreter: &'a Interpreter) -> Self {
        Self {
            thread,
            interpreter,
            told: RefCell::new(VecDeque::new()),
            is_weak: Cell::new(false),
            borrowed: PhantomData,
        }
    }

    /// The thread. The collector calls one method after the other, none inside another that uses
    /// this, so of what is borrowed here there is one at a time.
    #[expect(
        clippy::mut_from_ref,
        reason = "the embedder's methods are called in turn"
    )]
    fn thread(&self) -> &mut Thread<'m> {
        // SAFETY: borrowed by `new` for as long as `self` lives, and see above.
        unsafe { &mut *self.thread }
    }

    /// Calls back those who asked to be told that what is garbage has gone.
    pub(super) fn call_back(&self) {
        loop {
            let next = self.told.borrow_mut().pop_front();
            let Some(reference) = next else { break };
            weak::call_back(&reference);
        }
    }

    fn is_debugging(&self, what: Debug) -> bool {
        self.interpreter.collection().debug().contains(what)
    }

    /// Tells the functions in `gc.callbacks` that a collection begins or ends.
    fn tell(&self, phase: &str, done: &Collected) {
        let Some(callbacks) = self.interpreter.collection().known_callbacks() else {
            return;
        };
        let callbacks = downcast::<List>(&callbacks).map_or_else(Vec::new, List::to_vec);
        let thread = self.thread();
        for callback in callbacks {
            let info = Dict::new();
            for (name, number) in [
                ("generation", 2),
                ("collected", done.garbage),
                ("uncollectable", 0),
            ] {
                let name = thread.interpreter().intern(name);
                let dict = downcast::<Dict>(&info).expect("just made");
                dict.set_name(name, int::from_usize(number));
            }
            let phase = Str::new(phase);
            thread.aside(|thread| {
                let args = [*phase, *info];
                if operations::call(thread, *callback, &Args::new(&args)).is_err() {
                    let shown = operations::repr_text(thread, *callback).unwrap_or_default();
                    let text = format!("Exception ignored while calling GC callback {shown}:");
                    operations::show_unraisable(thread, &text);
                }
            });
        }
    }

    /// Keeps in `gc.garbage` what would be destroyed.
    fn keep(&self, garbage: &[NonNull<Header>]) {
        let kept = self.interpreter.collection().garbage();
        if let Some(kept) = downcast::<List>(&kept) {
            for object in garbage {
                // SAFETY: the collector's reference keeps the object.
                unsafe { object.as_ref() }.clear_flags(DOOMED);
                kept.push(Value::owned(object.as_ptr().cast()).to_ref());
            }
        }
    }
}

/// The type of a collected object.
fn type_of(object: &Header) -> &'static Type {
    // SAFETY: every object of a space begins with an `Object`, whose header this is.
    unsafe { &*core::ptr::from_ref(object).cast::<Object>() }.ty()
}

/// Shows `visit` every value that the object holds: what [`Payload::references`] shows, the
/// attributes that there is no place for in it, and its class.
///
/// # Safety
/// Nobody changes the object meanwhile.
#[inline(always)]
pub(super) unsafe fn each_reference(
    interpreter: &Interpreter,
    object: &Header,
    visit: &mut impl FnMut(Value),
) {
    let ty = type_of(object);
    let flags = object.flags();
    let object: *const Object = core::ptr::from_ref(object).cast();
    // The commonest by a call that is compiled into this.
    // SAFETY: the flag and the types say what the object is laid out as; and the caller's promise.
    unsafe {
        if flags & SHAPED != 0 {
            (*object.cast::<Instance>()).references(visit);
        } else if core::ptr::eq(ty, &raw const LIST_TYPE) {
            (*object.cast::<List>()).references(visit);
        } else if core::ptr::eq(ty, &raw const DICT_TYPE) {
            (*object.cast::<Dict>()).references(visit);
        } else if core::ptr::eq(ty, &raw const TUPLE_TYPE) {
            (*object.cast::<Tuple>()).references(visit);
        } else if core::ptr::eq(ty, &raw const FUNCTION_TYPE) {
            (*object.cast::<Function>()).references(visit);
        } else if core::ptr::eq(ty, Variable::TYPE) {
            (*object.cast::<Variable>()).references(visit);
        } else if let Some(references) = ty.slots().references {
            references(object, visit);
        }
    }
    if flags & EXTENDED != 0 {
        extension::show(interpreter, object, visit);
    }
    if ty.is_heap() {
        visit(ty.value());
    }
}

// SAFETY: the world is stopped by the interpreter's lock, which this thread holds, or by stopping
// every other thread; each type's `Payload` says which references it holds, all on the pages of
// the interpreter or untracked.
unsafe impl<'a, 'm> Embedder for Vm<'a, 'm> {
    type Stopped = Option<WorldStopped<'a, 'm>>;
    type Guide = Interpreter;

    fn guide(&self) -> &Interpreter {
        self.interpreter
    }

    fn stop(&self) -> Self::Stopped {
        // SAFETY: borrowed by `new` for `'a`, and see `thread`: until the result is dropped the
        // collector calls nothing that uses the thread.
        unsafe { &mut *self.thread }.stop_others()
    }

    fn token(&self) -> Token {
        current_token()
    }

    #[inline(always)]
    fn traverse(interpreter: &Interpreter, object: &Header, visit: &mut impl FnMut(&Header)) {
        let mut show = |value: Value| {
            if value.is_pointer() {
                // SAFETY: a bound word that is a pointer points to a live object.
                visit(unsafe { &(*value.pointer()).header });
            }
        };
        // SAFETY: the world is stopped.
        unsafe { each_reference(interpreter, object, &mut show) };
    }

    fn clear_weak(&self, garbage: &[NonNull<Header>]) {
        let mut watched = Vec::new();
        for object in garbage {
            // SAFETY: found alive in a stopped world.
            let header = unsafe { object.as_ref() };
            if header.flags() & WATCHED != 0 {
                watched.push(object.as_ptr().cast::<Object>().cast_const());
            }
            let ty = type_of(header);
            if weak::is_laid_out_as_reference(ty) {
                self.is_weak.set(true);
            }
            if class::is_layout_of_types(ty) {
                // SAFETY: laid out as a type; garbage, so made at run time.
                class::forget_subclass(unsafe { &*object.as_ptr().cast() });
            }
            if is_free_threaded() {
                header.set_flags(DOOMED);
            }
        }
        if !watched.is_empty() {
            let told = weak::empty_all(self.interpreter, &watched, garbage);
            self.told.borrow_mut().extend(told);
        }
    }

    fn has_finaliser(&self, object: &Header) -> bool {
        // The collector asks when everybody goes on, before any finaliser has run.
        if !self.told.borrow().is_empty() {
            self.call_back();
        }
        has_finaliser(Value::uncounted(core::ptr::from_ref(object).cast()))
    }

    fn finalise(&self, object: &Header) {
        if let Some(finalise) = type_of(object).finalise() {
            let value = Value::uncounted(core::ptr::from_ref(object).cast());
            self.thread().aside(|thread| finalise(thread, value));
        }
    }

    fn begins(&self) {
        self.tell("start", &Collected::default());
    }

    fn ends(&self, done: &Collected) {
        if self.is_debugging(Debug::STATS) {
            let (found, pause) = (done.garbage, done.pause.as_secs_f64());
            eprintln!("gc: done, {found} unreachable, 0 uncollectable, {pause:.4}s elapsed");
        }
        self.tell("stop", done);
    }

    unsafe fn release(&self, object: NonNull<Header>) {
        // SAFETY: by contract; counted for this thread's token.
        unsafe {
            if is_free_threaded() {
                object.as_ref().clear_flags(DOOMED);
            }
            release(Value::owned(object.as_ptr().cast()));
        }
    }

    unsafe fn dispose(&self, garbage: Vec<NonNull<Header>>) {
        self.call_back();
        if self.is_debugging(Debug::COLLECTABLE) {
            for object in &garbage {
                // SAFETY: the collector's reference keeps the object.
                let name = type_of(unsafe { object.as_ref() }).name();
                eprintln!("gc: collectable <{name} {object:p}>");
            }
        }
        if self.is_debugging(Debug::SAVE_ALL) {
            self.keep(&garbage);
        } else {
            self.let_go_of_each(&garbage);
        }
        for object in garbage {
            // SAFETY: by contract; counted for this thread's token.
            unsafe { release(Value::owned(object.as_ptr().cast())) };
        }
    }
}

impl Vm<'_, '_> {
    /// Makes each of the garbage let go of what it refers to. Nothing is freed that is in it.
    fn let_go_of_each(&self, garbage: &[NonNull<Header>]) {
        // Weak references that are garbage call nobody back, whatever goes from here on.
        if self.is_weak.get() {
            for object in garbage {
                // SAFETY: the collector's reference keeps the object.
                let ty = type_of(unsafe { object.as_ref() });
                if weak::is_laid_out_as_reference(ty) {
                    let_go_of(*object, ty);
                }
            }
        }
        for object in garbage {
            // SAFETY: as above.
            let_go_of(*object, type_of(unsafe { object.as_ref() }));
        }
    }
}

fn let_go_of(object: NonNull<Header>, ty: &'static Type) {
    if let Some(let_go) = ty.slots().let_go {
        // SAFETY: the type's slot is called with an instance, which the collector keeps, and which
        // nobody can reach.
        unsafe { let_go(object.as_ptr().cast()) };
    }
}
