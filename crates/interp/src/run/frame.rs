//! Frames: registers on a thread's stack, under a header of four words.
//!
//! | word | holds |
//! | --- | --- |
//! | `base[-4]` | the function, which the frame owns |
//! | `base[-3]` | its code |
//! | `base[-2]` | where to go on when a call that this frame makes returns |
//! | `base[-1]` | the caller's base; in the top byte the caller's register for the result; in bit 0 whether native code is the caller, in bit 1 whether the frame is a generator's, in bit 2 whether it was opened at the stack's top because its caller's registers are elsewhere; in bit 48 whether the result is the instance below the header, which the frame initialises; in bit 49 whether the caller is at an instruction that is no call |

use crate::error::PyResult;
use crate::object::cast;
use crate::object::code::Code;
use crate::object::exception;
use crate::object::function::Function;
use crate::thread::Thread;
use crate::value::{Ref, Value, release};
use selvedge_compiler::op::FRAME_HEADER;
use selvedge_sync::seam::atomic::AtomicU32;

const ENTRY: u64 = 1;
const GENERATOR: u64 = 2;
const DETACHED: u64 = 4;
const INITIALISER: u64 = 1 << 48;
const SPECIAL: u64 = 1 << 49;
const RESULT_SHIFT: u32 = 56;
const POINTER: u64 = (1 << 48) - 8;

/// Who opens a frame, as its header notes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Opener {
    /// The frame whose registers lie below.
    Frame = 0,
    /// Native code.
    Native = ENTRY,
    /// A frame whose registers are elsewhere, from the stack's top.
    Detached = DETACHED,
    /// A frame whose registers lie below, to initialise an instance that lies between.
    Initialiser = INITIALISER,
    /// A frame whose instruction is no call, from the stack's top.
    Special = SPECIAL | DETACHED,
}

/// What becomes of a frame's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The caller has a register for it.
    Result,
    /// It is `None`, and the instance that is here the caller's result.
    Initialise(*mut Value),
    /// The caller's instruction goes on with it.
    Special,
}

/// The value of a register that is given away, with a reference.
fn slow_own(value: Value) -> Value {
    if value.is_owned() {
        value
    } else {
        value.to_ref().into_value()
    }
}

/// A frame: a view of its registers. Nothing checks that the frame is still there; whoever runs
/// the loop knows.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    pub(crate) base: *mut Value,
}

impl Frame {
    /// The register with number `index`.
    #[inline(always)]
    pub(crate) fn register(self, index: usize) -> *mut Value {
        debug_assert!(index < self.code().registers as usize);
        // SAFETY: the frame has as many registers as its code asks for.
        unsafe { self.base.add(index) }
    }

    #[inline(always)]
    fn header(self, word: usize) -> *mut u64 {
        // SAFETY: a frame has a header of this many words.
        unsafe { self.base.sub(FRAME_HEADER - word).cast() }
    }

    /// The code that runs.
    #[inline(always)]
    pub(crate) fn code<'a>(self) -> &'a Code {
        // SAFETY: written by `open`; the function, which the frame owns, keeps it alive.
        unsafe { &*(self.header(1).read() as *const Code) }
    }

    /// The function that runs.
    #[inline(always)]
    pub(crate) fn function<'a>(self) -> &'a Function {
        // SAFETY: written by `open`: a frame is opened for a function only.
        unsafe { cast(Value::from_bits(self.header(0).read())) }
    }

    /// Where the frame goes on.
    #[inline(always)]
    pub(crate) fn resume(self) -> *const AtomicU32 {
        // SAFETY: the header is there.
        unsafe { self.header(2).read() as *const AtomicU32 }
    }

    /// Notes where the frame goes on.
    #[inline(always)]
    pub(crate) fn set_resume(self, pc: *const AtomicU32) {
        // SAFETY: the header is there.
        unsafe { self.header(2).write(pc as u64) };
    }

    /// The caller's frame; its base is null under the first one of a thread.
    #[inline(always)]
    pub(crate) fn caller(self) -> Frame {
        // SAFETY: the header is there.
        let word = unsafe { self.header(3).read() };
        Frame {
            base: (word & POINTER) as *mut Value,
        }
    }

    /// Whether native code waits for this frame's result.
    #[inline(always)]
    pub(crate) fn is_entry(self) -> bool {
        // SAFETY: the header is there.
        unsafe { self.header(3).read() & ENTRY != 0 }
    }

    /// Whether the loop called a function for its result, and the frame is that function's.
    #[inline(always)]
    pub(crate) fn is_plain(self) -> bool {
        // SAFETY: the header is there.
        unsafe { self.header(3).read() & (ENTRY | GENERATOR | INITIALISER | SPECIAL) == 0 }
    }

    /// Whether the frame lives in a generator.
    #[inline(always)]
    pub(crate) fn is_generator(self) -> bool {
        // SAFETY: the header is there.
        unsafe { self.header(3).read() & GENERATOR != 0 }
    }

    /// What becomes of the frame's result.
    #[inline(always)]
    pub(crate) fn purpose(self) -> Purpose {
        // SAFETY: the header is there, and below an initialiser's, by who opens such a frame, the
        // instance.
        unsafe {
            let word = self.header(3).read();
            if word & (INITIALISER | SPECIAL) == 0 {
                Purpose::Result
            } else if word & SPECIAL != 0 {
                Purpose::Special
            } else {
                Purpose::Initialise(self.base.sub(FRAME_HEADER + 1))
            }
        }
    }

    /// Notes who waits for a generator's frame.
    #[inline(always)]
    pub(crate) fn set_resumer(self, caller: *mut Value, entry: bool, result: usize) {
        let word = caller as u64 | u64::from(entry) | GENERATOR | (result as u64) << RESULT_SHIFT;
        // SAFETY: the header is there.
        unsafe { self.header(3).write(word) };
    }

    /// Where a frame that is opened next for this one to call finds room: a generator's frame has
    /// none behind it, so its callees are on the thread's stack. Moves the callable and the
    /// arguments there; returns the callee's frame.
    #[cold]
    pub(crate) fn move_window(
        self,
        thread: &Thread,
        window: usize,
        first: usize,
        count: usize,
    ) -> Option<Frame> {
        let top = thread.stack.top;
        if !thread.stack.has_room(top, FRAME_HEADER + count) {
            return None;
        }
        // SAFETY: the stack has room; what moves leaves its register empty.
        unsafe {
            top.write(slow_own(self.register(window).replace(Value::UNBOUND)));
            let base = top.add(FRAME_HEADER);
            for index in 0..count {
                base.add(index)
                    .write(self.register(first + index).replace(Value::UNBOUND));
            }
            Some(Frame { base })
        }
    }

    /// The caller's register for the result.
    #[inline(always)]
    pub(crate) fn result_register(self) -> usize {
        // SAFETY: the header is there.
        (unsafe { self.header(3).read() } >> RESULT_SHIFT) as usize
    }

    /// The first word beyond the frame.
    #[inline(always)]
    pub(crate) fn end(self) -> *mut Value {
        // SAFETY: one past the registers, which the stack has room for.
        unsafe { self.base.add(self.code().registers as usize) }
    }

    /// Makes a frame whose function is in `base[-4]` already, and whose first `filled` registers
    /// are filled.
    ///
    /// # Errors
    /// `RecursionError` if the stack is full; then nothing was changed.
    #[inline(always)]
    pub(crate) fn open(
        self,
        thread: &mut Thread,
        code: &Code,
        filled: usize,
        caller: *mut Value,
        how: Opener,
        result: usize,
    ) -> PyResult<()> {
        if thread.stack.depth >= thread.stack.limit
            || !thread.stack.has_room(self.base, code.registers as usize)
        {
            return Err(thread.recursion_error());
        }
        thread.stack.depth += 1;
        // SAFETY: the stack has room for the registers, and the caller made room for the header.
        unsafe {
            self.header(1).write(core::ptr::from_ref(code) as u64);
            self.header(2).write(code.words.as_ptr() as u64);
            self.header(3)
                .write(caller as u64 | how as u64 | (result as u64) << RESULT_SHIFT);
        }
        let free = code.free_count as usize;
        let first = code.first_temp as usize - free;
        let mut index = filled;
        while index < first {
            // A number left behind by an earlier use of the stack would look like a value; what
            // is there needs no release. (Temporaries are written before they are read, so it
            // does no harm to clear one of them too.)
            // SAFETY: registers of the frame, or the word that the stack has behind every frame.
            // Volatile: there are few of them, a call of `memset` would take longer.
            unsafe {
                self.base.add(index).write_volatile(Value::UNBOUND);
                self.base.add(index + 1).write_volatile(Value::UNBOUND);
            }
            index += 2;
        }
        if free > 0 {
            for (index, cell) in self.function().closure().iter().enumerate() {
                // SAFETY: a free variable's register, empty so far; the function, which the frame
                // owns, keeps the cell alive.
                unsafe { self.register(first + index).write(cell.borrow()) };
            }
        }
        thread.stack.frame = self.base;
        thread.stack.top = self.end();
        Ok(())
    }

    /// Ends the frame, whose temporaries hold nothing: releases its locals and its function, and
    /// goes back to the caller. Leaves nothing behind that looks like a reference: the words are
    /// the caller's temporaries now.
    #[inline(always)]
    pub(crate) fn close(self, thread: &mut Thread, code: &Code) {
        let locals = code.first_temp as usize;
        // SAFETY: the frame owns what its registers own, and nobody looks there again.
        unsafe {
            for index in 0..locals {
                let value = self.base.add(index).read();
                if value.is_owned() {
                    self.base.add(index).write(Value::UNBOUND);
                    release(value);
                }
            }
        }
        self.pop(thread);
        // SAFETY: the header owned the function.
        unsafe {
            let function = Value::from_bits(self.header(0).read());
            core::ptr::write_bytes(self.header(0), 0, FRAME_HEADER);
            release(function);
        }
    }

    /// Goes back to the caller's frame.
    #[inline(always)]
    pub(crate) fn pop(self, thread: &mut Thread) {
        let caller = self.caller();
        thread.stack.depth -= 1;
        thread.stack.frame = caller.base;
        // SAFETY: the header is there.
        if unsafe { self.header(3).read() } & (ENTRY | DETACHED) != 0 {
            // Native code or a generator called: the stack was free from the header on.
            thread.stack.top = self.header(0).cast();
        } else {
            thread.stack.top = caller.end();
        }
    }

    /// An operand. It stays where it is.
    #[inline(always)]
    pub(crate) fn operand(self, thread: &mut Thread, index: usize) -> PyResult<Value> {
        // SAFETY: a register of the frame.
        let value = unsafe { *self.register(index) };
        if value.is_bound() {
            Ok(value)
        } else {
            Err(self.unbound(thread, index))
        }
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn unbound(self, thread: &mut Thread, index: usize) -> crate::error::Raised {
        let name = self
            .code()
            .source
            .local_names
            .get(index)
            .map_or("<temporary>", |name| name);
        let text = format!(
            "cannot access local variable '{name}' where it is not associated with a value"
        );
        thread.raise_text(&exception::UNBOUND_LOCAL_ERROR, text)
    }

    /// Writes a register, releasing what it held.
    #[inline(always)]
    pub(crate) fn set(self, index: usize, value: Ref) {
        let place = self.register(index);
        // SAFETY: a register of the frame, which owns what it held.
        unsafe {
            let old = place.read();
            place.write(value.into_value());
            release(old);
        }
    }

    /// Writes register `index`, and empties `operand` if that is a temporary.
    #[inline(always)]
    pub(crate) fn set_from(self, index: usize, operand: usize, value: Ref) {
        if index != operand {
            self.consume(operand);
        }
        self.set(index, value);
    }

    /// Takes an operand: a temporary is empty afterwards, a local keeps its value.
    #[inline(always)]
    pub(crate) fn take(self, thread: &mut Thread, index: usize) -> PyResult {
        self.operand(thread, index)?;
        Ok(self.take_bound(index))
    }

    /// As [`take`](Self::take), of an operand that is known to be bound.
    #[inline(always)]
    pub(crate) fn take_bound(self, index: usize) -> Ref {
        let place = self.register(index);
        // SAFETY: a register of the frame; if it is a temporary that owns a reference, that goes
        // to the caller.
        unsafe {
            let value = place.read();
            if index < self.code().first_temp as usize {
                return value.to_ref();
            }
            place.write(Value::UNBOUND);
            if value.is_owned() {
                Ref::adopt(value)
            } else {
                Ref::of_borrowed(value)
            }
        }
    }

    /// What an operand holds, for the parameter of a frame that this one waits for: a temporary is
    /// empty afterwards, a local keeps its value.
    #[inline(always)]
    pub(crate) fn move_or_borrow(self, index: usize) -> Value {
        let place = self.register(index);
        // SAFETY: a register of the frame; a temporary's reference, if it has one, moves.
        unsafe {
            let value = place.read();
            if index < self.code().first_temp as usize {
                return value.borrow();
            }
            place.write(Value::UNBOUND);
            value
        }
    }

    /// Takes what a frame that is about to end returns: a local gives up what it holds, too.
    #[inline(always)]
    pub(crate) fn take_last(self, index: usize) -> Ref {
        let place = self.register(index);
        // SAFETY: a register of the frame, whose reference goes to the caller if it owns one.
        unsafe {
            let value = place.read();
            if value.is_owned() {
                place.write(Value::UNBOUND);
                Ref::adopt(value)
            } else {
                Ref::of_borrowed(value)
            }
        }
    }

    /// Empties a register if it is a temporary.
    #[inline(always)]
    pub(crate) fn consume(self, index: usize) {
        if index >= self.code().first_temp as usize {
            let place = self.register(index);
            // SAFETY: a register of the frame, which owns what it held.
            unsafe {
                let old = place.read();
                place.write(Value::UNBOUND);
                release(old);
            }
        }
    }

    /// Empties `count` temporaries from `first` on as the result is iterated. Each of the values
    /// owns its reference.
    #[inline(always)]
    pub(crate) fn temporaries(
        self,
        first: usize,
        count: usize,
    ) -> impl Iterator<Item = Value> + use<> {
        debug_assert!(first >= self.code().first_temp as usize || count == 0);
        (first..first + count).map(move |index| {
            // SAFETY: a register of the frame; its reference goes to the caller.
            slow_own(unsafe { self.register(index).replace(Value::UNBOUND) })
        })
    }

    /// Empties the temporaries from `index` on, and gives their values to the caller.
    pub(crate) fn take_many(
        self,
        thread: &mut Thread,
        index: usize,
        count: usize,
    ) -> PyResult<Vec<Ref>> {
        (index..index + count)
            .map(|index| self.take(thread, index))
            .collect()
    }

    /// Releases every register from `first` on.
    pub(crate) fn release_from(self, first: usize) {
        for index in first..self.code().registers as usize {
            let place = self.register(index);
            // SAFETY: a register of the frame, which owns what it held.
            unsafe {
                let old = place.read();
                if old.is_owned() {
                    place.write(Value::UNBOUND);
                    release(old);
                }
            }
        }
    }
}
