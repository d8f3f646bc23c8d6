//! Running generators and coroutines: frames that live in their objects.
//!
//! A generator's frame is the memory behind the generator's own fields: header, then registers.
//! It runs in place. Resuming it notes the resumer in the header and goes on in the same loop if
//! the resumer is `ForIter` or `Send`, else in a new one. While it runs, the thread's stack is
//! free from where the resumer left it: its callees are opened there.
//!
//! Registers own what they hold, but for those borrowed from other registers of the same frame,
//! from its code and from its function: all of them stay as long as the frame does.

use super::eval;
use super::frame::Frame;
use super::unwind;
use crate::error::{PyResult, Raised};
use crate::object::code::Code;
use crate::object::generator::{Generator, Kind, State};
use crate::object::native::Args;
use crate::object::{downcast, exception, singletons};
use crate::operations::{self, Sent};
use crate::thread::Thread;
use crate::value::{Ref, Value, release};
use selvedge_compiler::op::FRAME_HEADER;
use selvedge_compiler::{CO_ASYNC_GENERATOR, CO_COROUTINE, Instruction};
use selvedge_sync::seam::atomic::{AtomicU32, Ordering};

use super::opcode;

impl Generator {
    fn frame(&self) -> Frame {
        Frame {
            base: self.registers(),
        }
    }
}

/// The generator that a frame lives in.
fn generator_of<'a>(frame: Frame) -> &'a Generator {
    debug_assert!(frame.is_generator());
    // SAFETY: whoever resumed the frame holds a reference to the generator.
    unsafe { &*Generator::around(frame.base) }
}

/// Moves a frame that has just begun, with its arguments, into a new generator, and leaves it.
/// `pc` is where the generator begins.
#[inline(never)]
pub(super) fn make(thread: &mut Thread, frame: Frame, pc: *const AtomicU32) -> Ref {
    let code = frame.code();
    let kind = match code.source.flags & (CO_COROUTINE | CO_ASYNC_GENERATOR) {
        CO_COROUTINE => Kind::Coroutine,
        CO_ASYNC_GENERATOR => Kind::AsyncGenerator,
        _ => Kind::Generator,
    };
    let made = Generator::new(thread, kind, frame.function(), code.registers as usize);
    let generator = Generator::of(&made).expect("just made");
    let own = |word: Value| {
        if word.is_owned() || !word.is_bound() {
            word
        } else {
            word.to_ref().into_value()
        }
    };
    // SAFETY: the generator has room for the frame. What moves leaves its register empty; the
    // temporaries hold nothing yet.
    unsafe {
        let (from, to) = (frame.base, generator.registers());
        for index in 0..code.first_temp as usize {
            to.add(index)
                .write(own(from.add(index).replace(Value::UNBOUND)));
        }
        to.sub(FRAME_HEADER)
            .copy_from_nonoverlapping(from.sub(FRAME_HEADER), FRAME_HEADER);
    }
    generator.frame().set_resume(pc);
    frame.pop(thread);
    // SAFETY: the header's reference to the function has moved.
    unsafe { core::ptr::write_bytes(frame.base.sub(FRAME_HEADER), 0, FRAME_HEADER) };
    made
}

/// The yield that a suspended frame stands at.
fn yield_word(frame: Frame) -> Instruction {
    // SAFETY: a suspended frame's next word comes after its yield. Relaxed: yields are not replaced.
    Instruction(unsafe { (*frame.resume().sub(1)).load(Ordering::Relaxed) })
}

/// The iterator that a suspended frame delegates to.
fn delegate_of(frame: Frame, before: State) -> Option<Ref> {
    let word = (before == State::Suspended).then(|| yield_word(frame))?;
    // SAFETY: a register of the frame.
    (word.0 as u8 == opcode::YieldDelegated)
        .then(|| unsafe { (*frame.register(usize::from(word.c()))).to_ref() })
}

/// What a generator that is not running delegates to: `gi_yieldfrom`.
pub(crate) fn delegate(generator: &Generator) -> Option<Ref> {
    let before = generator.begin().ok()?;
    let found = delegate_of(generator.frame(), before);
    generator.end(before);
    found
}

/// Where the generator stands: its code, its globals, and the line.
pub(crate) fn place(generator: &Generator) -> Option<(Ref, Ref, u32)> {
    let before = generator.begin().ok()?;
    let found = (before != State::Closed).then(|| {
        let (frame, code) = (generator.frame(), generator.frame().code());
        // SAFETY: the frame's next word is one of its code's.
        let at = unsafe { frame.resume().offset_from(code.words.as_ptr()) } as usize;
        (
            generator.code(),
            frame.function().globals_value().to_ref(),
            code.position(at.saturating_sub(1)).line,
        )
    });
    generator.end(before);
    found
}

fn already(thread: &mut Thread, kind: Kind) -> Raised {
    thread.value_error(format!("{} already executing", kind.noun()))
}

/// Makes a generator's frame the running one. Returns what it was before; when that is
/// [`State::Closed`], nothing was begun.
#[inline(always)]
fn enter(
    thread: &mut Thread,
    generator: &Generator,
    caller: *mut Value,
    entry: bool,
    result: usize,
) -> PyResult<State> {
    if thread.stack.depth >= thread.stack.limit {
        return Err(thread.recursion_error());
    }
    let Ok(before) = generator.begin() else {
        return Err(already(thread, generator.kind));
    };
    if before == State::Closed {
        generator.end(State::Closed);
        return Ok(State::Closed);
    }
    let frame = generator.frame();
    frame.set_resumer(caller, entry, result);
    thread.stack.depth += 1;
    thread.stack.frame = frame.base;
    thread.enter_handling(generator.take_handled());
    Ok(before)
}

/// Undoes [`enter`]; the generator is left as `state`.
#[inline(always)]
fn leave(thread: &mut Thread, frame: Frame, state: State) {
    let generator = generator_of(frame);
    thread.stack.depth -= 1;
    thread.stack.frame = frame.caller().base;
    let handled = thread.leave_handling();
    if state == State::Suspended {
        generator.set_handled(handled);
    } else {
        drop(handled);
    }
    thread.has_yielded = state == State::Suspended;
    generator.end(state);
}

/// Gives a suspended frame what its yield results in; returns where it goes on.
#[inline(always)]
fn deliver(frame: Frame, value: Ref) -> *const AtomicU32 {
    let word = yield_word(frame);
    frame.set(usize::from(word.a()), value);
    let pc = frame.resume();
    let jump_words = usize::from(word.0 as u8 == opcode::YieldDelegated);
    // SAFETY: the jump word of the operation is stepped over.
    unsafe { pc.add(jump_words) }
}

/// Resumes a generator from the loop. Returns its frame and where it goes on, or nothing if it is
/// exhausted.
#[inline(always)]
pub(super) fn resume_in_loop(
    thread: &mut Thread,
    caller: Frame,
    generator: &Generator,
    value: Ref,
    result: usize,
) -> PyResult<Option<(Frame, *const AtomicU32)>> {
    match enter(thread, generator, caller.base, false, result)? {
        State::Closed if generator.kind == Kind::Coroutine => Err(reused(thread)),
        State::Closed => Ok(None),
        State::Created => {
            if !singletons::is_none(*value) {
                leave(thread, generator.frame(), State::Created);
                return Err(just_started(thread, generator.kind));
            }
            Ok(Some((generator.frame(), generator.frame().resume())))
        }
        State::Suspended | State::Running => {
            Ok(Some((generator.frame(), deliver(generator.frame(), value))))
        }
    }
}

#[cold]
fn reused(thread: &mut Thread) -> Raised {
    thread.raise_text(
        &exception::RUNTIME_ERROR,
        "cannot reuse already awaited coroutine",
    )
}

#[cold]
fn just_started(thread: &mut Thread, kind: Kind) -> Raised {
    thread.type_error(format!(
        "can't send non-None value to a just-started {}",
        kind.noun()
    ))
}

/// Whom a frame goes back to: nobody in this loop, or a frame and its register for the result.
pub(super) type Resumer = Option<(Frame, usize)>;

fn resumer(frame: Frame) -> Resumer {
    (!frame.is_entry()).then(|| (frame.caller(), frame.result_register()))
}

/// Suspends the running generator; it goes on at `pc`.
#[inline(always)]
pub(super) fn suspend(thread: &mut Thread, frame: Frame, pc: *const AtomicU32) -> Resumer {
    frame.set_resume(pc);
    let resumer = resumer(frame);
    leave(thread, frame, State::Suspended);
    resumer
}

/// Ends the running generator, whose temporaries hold nothing.
pub(super) fn finish(thread: &mut Thread, frame: Frame) -> Resumer {
    let resumer = resumer(frame);
    release_frame(frame);
    leave(thread, frame, State::Closed);
    resumer
}

/// Releases what a frame holds, its function last.
fn release_frame(frame: Frame) {
    frame.release_from(0);
    // SAFETY: the frame owned the function, and runs no more.
    unsafe {
        let function = frame.base.sub(FRAME_HEADER).replace(Value::UNBOUND);
        release(function);
    }
}

/// Shows what the frame of a generator that is not running holds.
///
/// # Safety
/// The generator is created or suspended, and stays so meanwhile.
pub(crate) unsafe fn references<V: FnMut(Value) + ?Sized>(generator: &Generator, visit: &mut V) {
    let frame = generator.frame();
    // SAFETY: the frame's function and its registers. Those that are borrowed count nothing.
    unsafe {
        visit(*frame.base.sub(FRAME_HEADER));
        for index in 0..frame.code().registers as usize {
            let value = *frame.register(index);
            if value.is_owned() {
                visit(value);
            }
        }
    }
}

/// Releases the frame of a generator that never ran or ran to no end, when it is freed.
///
/// # Safety
/// Nobody else sees the generator.
pub(crate) unsafe fn discard(generator: &Generator) {
    if generator
        .begin()
        .is_ok_and(|before| before != State::Closed)
    {
        release_frame(generator.frame());
    }
    generator.end(State::Closed);
}

/// Goes on with a generator in a loop of its own.
pub(crate) fn resume(thread: &mut Thread, generator: &Generator, value: Ref) -> PyResult<Sent> {
    let _alive = generator.value().to_ref();
    thread.nested(|thread| {
        let caller = Frame {
            base: thread.stack.frame,
        };
        match enter(thread, generator, caller.base, true, 0)? {
            State::Closed if generator.kind == Kind::Coroutine => Err(reused(thread)),
            State::Closed => Ok(Sent::Returned(singletons::none())),
            State::Created if !singletons::is_none(*value) => {
                leave(thread, generator.frame(), State::Created);
                Err(just_started(thread, generator.kind))
            }
            State::Created => run(thread, generator.frame(), generator.frame().resume()),
            State::Suspended | State::Running => {
                run(thread, generator.frame(), deliver(generator.frame(), value))
            }
        }
    })
}

fn run(thread: &mut Thread, frame: Frame, pc: *const AtomicU32) -> PyResult<Sent> {
    let top = thread.stack.top;
    // SAFETY: the generator's frame was entered just now.
    let result = unsafe { eval::run_from(thread, frame, pc) };
    thread.stack.top = top;
    let result = result?;
    Ok(if thread.has_yielded {
        Sent::Yielded(result)
    } else {
        Sent::Returned(result)
    })
}

/// Raises `exception` where the generator stands. If it delegates, the delegate gets the
/// exception first.
pub(crate) fn throw(thread: &mut Thread, generator: &Generator, exception: Ref) -> PyResult<Sent> {
    let _alive = generator.value().to_ref();
    thread.nested(|thread| {
        let before = enter(thread, generator, thread.stack.frame, true, 0)?;
        if before == State::Closed {
            if generator.kind == Kind::Coroutine {
                return Err(reused(thread));
            }
            return Err(thread.raise(exception));
        }
        let frame = generator.frame();
        let Some(delegate) = delegate_of(frame, before) else {
            thread.raise(exception);
            return unwind_from(thread, frame);
        };
        match throw_to_delegate(thread, *delegate, exception) {
            Ok(Sent::Yielded(value)) => {
                leave(thread, frame, State::Suspended);
                Ok(Sent::Yielded(value))
            }
            Ok(Sent::Returned(value)) => {
                let word = yield_word(frame);
                frame.consume(usize::from(word.c()));
                frame.set(usize::from(word.a()), value);
                // SAFETY: the operation's jump word is at the resumption point.
                let pc = unsafe {
                    let jump = Instruction((*frame.resume()).load(Ordering::Relaxed));
                    frame.resume().add(1).offset(jump.sax() as isize)
                };
                run(thread, frame, pc)
            }
            Err(_) => unwind_from(thread, frame),
        }
    })
}

/// Goes on at the handler of the exception that is set, if the running frame has one.
fn unwind_from(thread: &mut Thread, frame: Frame) -> PyResult<Sent> {
    let pc = frame.resume();
    match unwind::unwind(thread, frame, pc) {
        Ok((frame, pc)) => run(thread, frame, pc),
        Err(raised) => Err(raised),
    }
}

fn throw_to_delegate(thread: &mut Thread, delegate: Value, exception: Ref) -> PyResult<Sent> {
    if exception.ty().is_subtype(&exception::GENERATOR_EXIT) {
        close_iterator(thread, delegate)?;
        return Err(thread.raise(exception));
    }
    operations::throw(thread, delegate, exception)
}

/// Closes an iterator, if it can be closed.
fn close_iterator(thread: &mut Thread, iterator: Value) -> PyResult<()> {
    if let Some(generator) = Generator::of(&iterator) {
        return close(thread, generator).map(drop);
    }
    match operations::get_attr_named(thread, iterator, "close") {
        Ok(close) => operations::call(thread, *close, &Args::new(&[])).map(drop),
        Err(raised) => thread.swallow(raised, &exception::ATTRIBUTE_ERROR),
    }
}

/// Ends a generator where it stands, `finally` blocks and all; returns what it returned.
pub(crate) fn close(thread: &mut Thread, generator: &Generator) -> PyResult {
    match generator.begin() {
        Err(()) => return Err(already(thread, generator.kind)),
        Ok(State::Suspended | State::Running) => generator.end(State::Suspended),
        Ok(State::Created) => {
            release_frame(generator.frame());
            generator.end(State::Closed);
            return Ok(singletons::none());
        }
        Ok(State::Closed) => {
            generator.end(State::Closed);
            return Ok(singletons::none());
        }
    }
    let exit = exception::Exception::new(&exception::GENERATOR_EXIT, &[]);
    match throw(thread, generator, exit) {
        Ok(Sent::Returned(value)) => Ok(value),
        Ok(Sent::Yielded(_)) => {
            let text = format!("{} ignored GeneratorExit", generator.kind.noun());
            Err(thread.raise_text(&exception::RUNTIME_ERROR, text))
        }
        Err(raised) if thread.raised_is(&exception::STOP_ITERATION) => {
            thread.swallow(raised, &exception::STOP_ITERATION)?;
            Ok(singletons::none())
        }
        Err(raised) => {
            thread.swallow(raised, &exception::GENERATOR_EXIT)?;
            Ok(singletons::none())
        }
    }
}

/// The file and line of the running frame, as far as it has noted where it is.
pub(crate) fn running_place(thread: &Thread) -> Option<(String, u32)> {
    let frame = Frame {
        base: thread.stack.frame,
    };
    if frame.base.is_null() {
        return None;
    }
    let code: &Code = frame.code();
    // SAFETY: the frame's next word is one of its code's, or one past them.
    let at = unsafe { frame.resume().offset_from(code.words.as_ptr()) } as usize;
    Some((
        code.source.filename.to_string(),
        code.position(at.saturating_sub(1)).line,
    ))
}

/// The exception that a generator makes of a `StopIteration` that leaves its body.
#[inline(never)]
pub(super) fn stop_iteration_error(thread: &mut Thread, frame: Frame, raised: Ref) -> Ref {
    let flags = frame.code().source.flags;
    let kind = generator_of(frame).kind;
    let what = if raised.ty().is_subtype(&exception::STOP_ITERATION) {
        "StopIteration"
    } else if flags & CO_ASYNC_GENERATOR != 0
        && raised.ty().is_subtype(&exception::STOP_ASYNC_ITERATION)
    {
        "StopAsyncIteration"
    } else {
        return raised;
    };
    thread.raise_text(
        &exception::RUNTIME_ERROR,
        format!("{} raised {what}", kind.noun()),
    );
    let error = thread.take_raised();
    let this = downcast::<exception::Exception>(&error).expect("just made");
    this.set_cause(Some(raised.clone()));
    this.set_context_of(&raised);
    error
}
