//! When something is raised: finding the handler, leaving the frames that have none.

use super::frame::Frame;
use super::generator;
use crate::error::PyResult;
use crate::object::downcast;
use crate::object::exception::Exception;
use crate::object::traceback::TraceEntry;
use crate::thread::Thread;
use crate::value::Ref;
use selvedge_sync::seam::atomic::AtomicU32;

/// Goes to the handler of the exception that is set, leaving frames on the way. `pc` is behind
/// the first word of the instruction that raised. Returns the frame and where it goes on.
///
/// # Errors
/// The exception, when it has left the frame that native code entered.
#[cold]
#[inline(never)]
pub(super) fn unwind(
    thread: &mut Thread,
    mut frame: Frame,
    mut pc: *const AtomicU32,
) -> PyResult<(Frame, *const AtomicU32)> {
    let mut again = core::mem::take(&mut thread.reraising);
    loop {
        let code = frame.code();
        // SAFETY: `pc` points into the code's words, or one past them.
        let at = unsafe { pc.offset_from(code.words.as_ptr()) } as usize - 1;
        if !core::mem::take(&mut again) {
            note(thread, frame, at);
        }
        let handlers = &code.source.handlers;
        if let Some(handler) = handlers
            .iter()
            .find(|handler| (handler.start..handler.end).contains(&(at as u32)))
        {
            frame.release_from(handler.depth as usize);
            let exception = thread.take_raised();
            frame.set(handler.depth as usize, exception);
            // SAFETY: a handler's target is one of the code's words.
            return Ok((frame, unsafe {
                code.words.as_ptr().add(handler.target as usize)
            }));
        }
        let (entry, caller) = (frame.is_entry(), frame.caller());
        frame.release_from(code.first_temp as usize);
        if frame.is_generator() {
            generator::finish(thread, frame);
        } else {
            close(thread, frame);
        }
        if entry {
            let exception = thread.take_raised();
            return Err(thread.raise_again(exception));
        }
        frame = caller;
        pc = frame.resume();
    }
}

/// Ends a frame as [`Frame::close`] does, out of line.
#[inline(never)]
pub(super) fn close(thread: &mut Thread, frame: Frame) {
    frame.close(thread, frame.code());
}

/// Adds the place to the exception's traceback.
fn note(thread: &Thread, frame: Frame, at: usize) {
    let raised: Option<&Ref> = thread.raised.as_ref();
    if let Some(exception) = raised.and_then(|raised| downcast::<Exception>(raised)) {
        exception.passed(TraceEntry {
            code: frame.function().code_value().to_ref(),
            globals: frame.function().globals_value().to_ref(),
            position: frame.code().position(at),
        });
    }
}
