//! The names that the running Python code sees.

use super::frame::Frame;
use crate::object::cell::Cell;
use crate::object::dict::Dict;
use crate::object::frame::FrameView;
use crate::object::{class, downcast_exact};
use crate::thread::Thread;
use crate::value::Ref;

fn innermost(thread: &Thread) -> Option<Frame> {
    let base = thread.stack.frame;
    (!base.is_null()).then_some(Frame { base })
}

/// The global names of the innermost Python code.
pub(crate) fn current_globals(thread: &Thread) -> Option<Ref> {
    innermost(thread).map(|frame| frame.function().globals_value().to_ref())
}

/// The local names of the innermost Python code: the namespace of a module or class body, and
/// for a function a new dictionary of what its variables hold now.
pub(crate) fn current_locals(thread: &Thread) -> Option<Ref> {
    innermost(thread).map(|frame| locals(thread, frame))
}

/// The class that the innermost Python code is a method of, and what it was called on; or what
/// `super()` says if it is none.
pub(crate) fn method_and_receiver(thread: &Thread) -> Result<(Ref, Ref), &'static str> {
    let frame = innermost(thread).ok_or("super(): no current frame")?;
    let source = &frame.code().source;
    if source.arg_count == 0 {
        return Err("super(): no arguments");
    }
    let content = |index| {
        // SAFETY: a register of the frame, which is suspended in the call that asks.
        let value = unsafe { *frame.register(index) };
        match downcast_exact::<Cell>(&value) {
            Some(cell) => cell.get(),
            None => value.is_bound().then(|| value.to_ref()),
        }
    };
    let receiver = content(0).ok_or("super(): arg[0] deleted")?;
    let mut names = source.local_names.iter();
    let class = names
        .position(|name| &**name == "__class__")
        .ok_or("super(): __class__ cell not found")?;
    let class = content(class).ok_or("super(): empty __class__ cell")?;
    Ok((class, receiver))
}

fn locals(thread: &Thread, frame: Frame) -> Ref {
    if let Some(namespace) = frame.function().namespace() {
        return namespace.to_ref();
    }
    let names = &frame.code().source.local_names;
    let locals = Dict::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        // SAFETY: a register of the frame, which is suspended in the call that asks.
        let value = unsafe { *frame.register(index) };
        let content = match downcast_exact::<Cell>(&value) {
            Some(cell) => cell.get(),
            None if value.is_bound() => Some(value.to_ref()),
            None => None,
        };
        // Names of the compiler's own are no identifiers.
        if let Some(content) = content.filter(|_| !name.starts_with('.')) {
            class::dict_of(&locals).set_name(thread.interpreter().intern(name), content);
        }
    }
    locals
}

/// What the frame `depth` calls further out shows, and those that called it; nothing if there
/// are not so many.
pub(crate) fn view(thread: &Thread, depth: usize) -> Option<Ref> {
    let mut frames = Vec::new();
    let mut next = innermost(thread);
    while let Some(frame) = next {
        frames.push(frame);
        next = Some(frame.caller()).filter(|caller| !caller.base.is_null());
    }
    let mut view = None;
    for frame in frames.get(depth..)?.iter().rev() {
        let code = frame.code();
        // SAFETY: the frame's next word is one of its code's.
        let at = unsafe { frame.resume().offset_from(code.words.as_ptr()) } as usize;
        view = Some(FrameView::in_call(
            frame.function().code_value().to_ref(),
            frame.function().globals_value().to_ref(),
            code.position(at.saturating_sub(1)).line,
            locals(thread, *frame),
            view,
        ));
    }
    view
}

/// The global names of the code `depth` calls further out.
pub(crate) fn globals_of_caller(thread: &Thread, depth: usize) -> Option<Ref> {
    let mut frame = innermost(thread)?;
    for _ in 0..depth {
        frame = Some(frame.caller()).filter(|caller| !caller.base.is_null())?;
    }
    Some(frame.function().globals_value().to_ref())
}
