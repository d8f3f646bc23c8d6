//! The loop.
//!
//! One `match` in one function: what is common is here in full, what is rare is a call of
//! something in `slow` or `names`. `pc` is behind the first word of the instruction that runs; an
//! instruction that has a second word steps over it only once nothing can fail any more.

#![allow(
    non_upper_case_globals,
    clippy::needless_continue,
    reason = "operations are matched by the names they have, and go on in macros as well as arms"
)]

use super::construction::{self, Begun};
use super::frame::{Frame, Opener, Purpose};
use super::opcode::*;
use super::slow::Unpacked;
use super::{attributes, generator, items, names, patterns, slow, special, unwind};
use crate::error::PyResult;
use crate::object::class::TYPE_TYPE;
use crate::object::code::Code;
use crate::object::dict::Dict;
use crate::object::float::Float;
use crate::object::function::Function;
use crate::object::generator::Generator;
use crate::object::int::{floor_div, floor_mod};
use crate::object::iterators::{SequenceIterator, Step};
use crate::object::list::List;
use crate::object::native::Native;
use crate::object::range::RangeIterator;
use crate::object::tuple::Tuple;
use crate::object::{BinaryOp, CompareOp, UnaryOp, downcast_exact, singletons};
use crate::thread::Thread;
use crate::value::{Ref, Value, float};
use selvedge_compiler::Instruction;
use selvedge_compiler::op::FRAME_HEADER;
use selvedge_sync::seam::atomic::{AtomicU32, Ordering};

/// Runs `frame`, which native code opened, to its end.
///
/// # Safety
/// The frame was just opened, and is the innermost one of the thread.
pub(super) unsafe fn run(thread: &mut Thread, frame: Frame) -> PyResult {
    // SAFETY: by contract; a frame that was just opened goes on at its first word.
    unsafe { run_from(thread, frame, frame.resume()) }
}

/// Runs `frame`, which native code entered, from `pc` on, to its end or to a yield.
///
/// # Safety
/// The frame is the innermost one of the thread, and `pc` is one of its code's words.
pub(super) unsafe fn run_from(
    thread: &mut Thread,
    mut frame: Frame,
    mut pc: *const AtomicU32,
) -> PyResult {
    loop {
        // SAFETY: by contract; what `unwind` returns is the innermost frame from then on.
        match unsafe { execute(thread, frame, pc) } {
            Ok(result) => return Ok(result),
            Err(raising) => {
                (frame, pc) = unwind::unwind(thread, raising.frame, raising.pc)?;
            }
        }
    }
}

/// Where something was raised: the frame, and the word behind the first one of the instruction.
struct Raising {
    frame: Frame,
    pc: *const AtomicU32,
}

/// Runs `frame` from `pc` on, until native code has its result or something is raised.
///
/// # Safety
/// As for [`run_from`].
#[expect(
    clippy::cognitive_complexity,
    reason = "the dispatch loop is one match in one function"
)]
unsafe fn execute(
    thread: &mut Thread,
    mut frame: Frame,
    mut pc: *const AtomicU32,
) -> Result<Ref, Raising> {
    let requests = thread.requests();

    // Reads the word at `pc`.
    macro_rules! word {
        () => {{
            // SAFETY: the compiler ends every path through the code with a return or a jump, and
            // a second word follows where the operation has one. Relaxed: a word is replaced by
            // another that does the same.
            unsafe { (*pc).load(Ordering::Relaxed) }
        }};
    }
    macro_rules! step {
        () => {{
            // SAFETY: there is a word here, so one past it is in bounds.
            pc = unsafe { pc.add(1) };
        }};
    }
    // Goes on where the jump word at `pc` says.
    macro_rules! jump {
        ($distance:expr) => {{
            // SAFETY: the compiler's jumps stay within the code.
            pc = unsafe { pc.offset($distance as isize) };
        }};
    }
    // Takes the jump word at `pc` or steps over it.
    macro_rules! branch {
        ($taken:expr) => {{
            if $taken {
                let distance = Instruction(word!()).sax();
                step!();
                jump!(distance);
            } else {
                step!();
            }
        }};
    }
    macro_rules! enter {
        ($frame:expr, $pc:expr) => {{
            frame = $frame;
            pc = $pc;
        }};
    }
    // Something was raised: the handler is found outside of the loop.
    macro_rules! throw {
        ($raised:expr) => {{
            let _: crate::error::Raised = $raised;
            return Err(Raising { frame, pc });
        }};
    }
    // Notes where this frame is, for whatever runs Python code or looks at the stack.
    macro_rules! slow {
        ($result:expr) => {{
            frame.set_resume(pc);
            match $result {
                Ok(value) => value,
                Err(raised) => throw!(raised),
            }
        }};
    }
    macro_rules! register {
        ($index:expr) => {{
            // SAFETY: an instruction names registers of its frame.
            unsafe { *frame.base.add($index as usize) }
        }};
    }
    // The value of a register that must be bound.
    macro_rules! operand {
        ($index:expr) => {{
            let index = usize::from($index);
            let value = register!(index);
            if !value.is_bound() {
                frame.set_resume(pc);
                throw!(frame.unbound(thread, index));
            }
            value
        }};
    }
    macro_rules! extra {
        () => {{
            let extra = word!();
            ((extra & 0xffff) as usize, (extra >> 16) as usize)
        }};
    }
    // The caches with a number that an instruction names.
    macro_rules! caches {
        ($index:expr) => {{
            let index: usize = $index;
            debug_assert!(index < frame.code().caches.len());
            // SAFETY: the compiler counts the caches that its instructions name.
            unsafe { frame.code().caches.get_unchecked(index) }
        }};
    }
    // As `slow`, for what may begin a frame that does the instruction's work.
    macro_rules! special {
        ($result:expr) => {{
            if let Some(next) = slow!($result) {
                enter!(next, next.resume());
                begin!();
                continue;
            }
        }};
    }
    // Arithmetic: integers and floats here, everything else elsewhere. `$int` gives `None` when
    // the result is no word integer.
    macro_rules! arithmetic {
        ($word:expr, $op:expr, $inplace:expr, $int:expr $(, $float:expr)?) => {{
            let (left, right) = (register!($word.b()), register!($word.c()));
            if left.are_ints(right)
                && let Some(result) = $int(left, right)
            {
                frame.set(usize::from($word.a()), Ref::adopt(result));
                continue;
            }
            $(if left.is_float() && right.is_float() {
                let result = $float(float::decode(left), float::decode(right));
                frame.set(usize::from($word.a()), Float::from_f64(result));
                continue;
            })?
            special!(slow::binary(thread, frame, $word, $op, $inplace));
        }};
    }
    macro_rules! immediate {
        ($word:expr, $op:expr, $inplace:expr, $int:expr) => {{
            let left = register!($word.b());
            if left.is_int()
                && let Some(result) = $int(left, i64::from($word.c() as i8))
            {
                frame.set(usize::from($word.a()), Ref::adopt(result));
                continue;
            }
            special!(slow::binary_immediate(thread, frame, $word, $op, $inplace));
        }};
    }
    macro_rules! comparison {
        ($word:expr, $op:expr, $symbol:tt) => {{
            let (left, right) = (register!($word.b()), register!($word.c()));
            let truth = if left.are_ints(right) {
                (left.bits() as i64) $symbol (right.bits() as i64)
            } else if left.is_float() && right.is_float() {
                float::decode(left) $symbol float::decode(right)
            } else {
                slow!(slow::compare(thread, frame, $word, $op));
                continue;
            };
            frame.set(usize::from($word.a()), singletons::bool(truth));
        }};
    }
    macro_rules! compare_jump {
        ($word:expr, $op:expr, $symbol:tt) => {{
            let (left, right) = (register!($word.a()), register!($word.b()));
            let truth = if left.are_ints(right) {
                (left.bits() as i64) $symbol (right.bits() as i64)
            } else if left.is_float() && right.is_float() {
                float::decode(left) $symbol float::decode(right)
            } else {
                slow!(slow::compare_jump(thread, frame, $word, $op))
            };
            branch!(truth == ($word.c() != 0));
        }};
    }
    macro_rules! compare_jump_immediate {
        ($word:expr, $op:expr, $symbol:tt) => {{
            let left = register!($word.a());
            let truth = if left.is_int() {
                left.int() $symbol i64::from($word.b() as i8)
            } else {
                slow!(slow::compare_jump_immediate(thread, frame, $word, $op))
            };
            branch!(truth == ($word.c() != 0));
        }};
    }
    // The safe point at the beginning of a function.
    macro_rules! begin {
        () => {{
            // Relaxed: what is found is acted on in `serve`.
            // SAFETY: the word lives as long as the thread is registered.
            if unsafe { (*requests).load(Ordering::Relaxed) } != 0 {
                step!();
                slow!(thread.serve());
                pc = frame.code().words.as_ptr();
            }
        }};
    }
    // Calls what is at `$window` with the arguments from `$first` on: the callee's header ends
    // where they begin. `$after` is where this frame goes on.
    macro_rules! call {
        ($window:expr, $first:expr, $count:expr, $result:expr) => {{
            let (window, first, count): (usize, usize, usize) = ($window, $first, $count);
            let callee = register!(window);
            if let Some(function) = downcast_exact::<Function>(&callee) {
                let target = function.code();
                let exact = count == target.simple_count as usize;
                if exact || (target.is_simple && slow::defaults_cover(function, target, count)) {
                    let (next, how) = if frame.is_generator() {
                        match frame.move_window(thread, window, first, count) {
                            Some(next) => (next, Opener::Detached),
                            None => throw!(thread.recursion_error()),
                        }
                    } else {
                        // SAFETY: the compiler left room for the header below the arguments. The
                        // callee moves into the header, which owns it from here on.
                        unsafe {
                            let base = frame.base.add(first);
                            frame.base.add(window).write(Value::UNBOUND);
                            base.sub(FRAME_HEADER).write(slow::own(callee).into_value());
                            (Frame { base }, Opener::Frame)
                        }
                    };
                    frame.set_resume(pc);
                    let filled = if exact {
                        count
                    } else {
                        slow::fill_simple_defaults(thread, next, target, count)
                    };
                    match next.open(thread, target, filled, frame.base, how, $result) {
                        Ok(()) => {
                            // SAFETY: the function is alive: the frame owns it.
                            enter!(next, target_words(unsafe { &*core::ptr::from_ref(target) }));
                            begin!();
                            continue;
                        }
                        Err(raised) => {
                            slow::abandon_window(next.base, filled);
                            throw!(raised);
                        }
                    }
                }
            }
            frame.set_resume(pc);
            if callee.is_exactly(&TYPE_TYPE) {
                match construction::begin(thread, frame, window, first, count, $result) {
                    Ok(Begun::Frame(next)) => {
                        enter!(next, next.resume());
                        begin!();
                        continue;
                    }
                    Ok(Begun::Done(made)) => {
                        frame.set($result, made);
                        continue;
                    }
                    Ok(Begun::Nothing) => {}
                    Err(raised) => throw!(raised),
                }
            }
            if let Some(native) = downcast_exact::<Native>(&callee)
                && native.is_plain()
            {
                if count == 1
                    && let Some(function) = native.quick_of_one(register!(first))
                {
                    let result = function(thread, register!(first));
                    slow::clear_local(frame, window);
                    slow::clear_local(frame, first);
                    match result {
                        Ok(result) => frame.set($result, result),
                        Err(raised) => throw!(raised),
                    }
                    continue;
                }
                // SAFETY: the compiler filled these registers.
                let values = unsafe { core::slice::from_raw_parts(frame.base.add(first), count) };
                let result = match slow::all_bound(thread, frame, first, values) {
                    Ok(()) => native.call_positional(thread, values),
                    Err(raised) => Err(raised),
                };
                slow::clear_window(frame, window, first, count);
                match result {
                    Ok(result) => frame.set($result, result),
                    Err(raised) => throw!(raised),
                }
                continue;
            }
            match slow::call(thread, frame, window, first, count, &[]) {
                Ok(result) => frame.set($result, result),
                Err(raised) => throw!(raised),
            }
        }};
    }

    loop {
        let word = Instruction(word!());
        step!();
        match word.0 as u8 {
            Nop => {}
            Move => {
                operand!(word.b());
                let value = frame.take_bound(usize::from(word.b()));
                frame.set(usize::from(word.a()), value);
            }
            Copy => {
                let value = operand!(word.b());
                frame.set(usize::from(word.a()), value.to_ref());
            }
            Borrow => {
                let value = operand!(word.b());
                // SAFETY: a temporary is empty before it is written, and the compiler consumes
                // this one before what it borrows from changes.
                unsafe { frame.base.add(usize::from(word.a())).write(value.borrow()) };
            }
            CopyFar => {
                let value = slow!(frame.operand(thread, usize::from(word.bx())));
                frame.set(usize::from(word.a()), value.to_ref());
            }
            StoreFar => {
                let value = slow!(frame.take(thread, usize::from(word.a())));
                frame.set(usize::from(word.bx()), value);
            }
            DeleteLocal => slow!(slow::delete_local(thread, frame, usize::from(word.bx()))),
            Drop => frame.consume(usize::from(word.a())),
            LoadConst => {
                let value = frame.code().consts[usize::from(word.bx())].value();
                let place = usize::from(word.a());
                if place >= frame.code().first_temp as usize {
                    // SAFETY: a temporary is empty before it is written; the code, which the
                    // frame keeps alive, owns the constant.
                    unsafe { frame.base.add(place).write(value.borrow()) };
                } else {
                    frame.set(place, value.to_ref());
                }
            }
            LoadInt => frame.set(
                usize::from(word.a()),
                Ref::small(i64::from(word.bx() as i16)),
            ),
            LoadNone => frame.set(usize::from(word.a()), singletons::none()),
            LoadBool => frame.set(usize::from(word.a()), singletons::bool(word.b() != 0)),
            LoadCommon => frame.set(usize::from(word.a()), slow::common(word.b())),

            MakeCell => slow::make_cell(frame, usize::from(word.a())),
            GetCell => {
                let value = slow!(names::get_cell(thread, frame, usize::from(word.b())));
                frame.set(usize::from(word.a()), value);
            }
            SetCell => {
                let value = slow!(frame.take(thread, usize::from(word.b())));
                drop(names::cell(frame, usize::from(word.a())).replace(Some(value)));
            }
            DeleteCell => slow!(slow::delete_cell(thread, frame, usize::from(word.a()))),

            GetGlobal => {
                let (name, cache) = extra!();
                let value = slow!(names::get_global(
                    thread,
                    frame,
                    *frame.code().names[name],
                    caches!(cache)
                ));
                step!();
                frame.set(usize::from(word.a()), value);
            }
            SetGlobal => {
                let (name, cache) = extra!();
                let value = slow!(frame.take(thread, usize::from(word.a())));
                names::set_global(
                    frame.function().globals(),
                    *frame.code().names[name],
                    value,
                    &caches!(cache).first,
                );
                step!();
            }
            DeleteGlobal => {
                let (name, _) = extra!();
                slow!(names::delete(
                    thread,
                    frame.function().globals(),
                    *frame.code().names[name]
                ));
                step!();
            }
            GetName => {
                let (name, cache) = extra!();
                let value = slow!(names::get_name(
                    thread,
                    frame,
                    *frame.code().names[name],
                    caches!(cache)
                ));
                step!();
                frame.set(usize::from(word.a()), value);
            }
            SetName => {
                let (name, cache) = extra!();
                let value = slow!(frame.take(thread, usize::from(word.a())));
                slow!(names::set_name(
                    thread,
                    frame,
                    *frame.code().names[name],
                    value,
                    &caches!(cache).first,
                ));
                step!();
            }
            DeleteName => {
                let (name, _) = extra!();
                slow!(names::delete_name(thread, frame, *frame.code().names[name]));
                step!();
            }
            GetNameOrCell => {
                let (name, _) = extra!();
                let cell = usize::from(word.b());
                let value = slow!(names::get_name_or_cell(
                    thread,
                    frame,
                    *frame.code().names[name],
                    cell
                ));
                step!();
                frame.set(usize::from(word.a()), value);
            }
            LoadLocals => {
                frame.set(
                    usize::from(word.a()),
                    names::namespace_value(frame).to_ref(),
                );
            }

            GetAttr => {
                let (name, cache) = extra!();
                let (value, cache) = (register!(word.b()), caches!(cache));
                let found = attributes::get_slot(value, cache)
                    .or_else(|| attributes::get_slot_of_further(frame, value, cache));
                if let Some(found) = found {
                    step!();
                    frame.set_from(usize::from(word.a()), usize::from(word.b()), found);
                    continue;
                }
                let name = &frame.code().names[name];
                special!(attributes::get_slowly(thread, frame, word, name, cache));
                step!();
            }
            SetAttr => {
                let (name, cache) = extra!();
                let cache = caches!(cache);
                if attributes::store(frame, word, &cache.first) {
                    step!();
                    continue;
                }
                let name = &frame.code().names[name];
                special!(attributes::set_slowly(thread, frame, word, name, cache));
                step!();
            }
            DeleteAttr => {
                let (name, _) = extra!();
                slow!(slow::delete_attr(
                    thread,
                    frame,
                    word,
                    *frame.code().names[name]
                ));
                step!();
            }
            GetMethod => {
                let (name, cache) = extra!();
                let (value, cache) = (register!(word.b()), caches!(cache));
                let function = attributes::function_of(value, cache)
                    .or_else(|| attributes::function_of_further(frame, value, cache));
                if let Some(function) = function {
                    attributes::put_function(frame, word, function.to_ref());
                    step!();
                    continue;
                }
                let name = &frame.code().names[name];
                slow!(attributes::method_slowly(thread, frame, word, name, cache));
                step!();
            }
            GetSuperAttr => {
                let (name, _) = extra!();
                slow!(slow::get_super(
                    thread,
                    frame,
                    word,
                    *frame.code().names[name],
                    false
                ));
                step!();
            }
            GetSuperMethod => {
                let (name, _) = extra!();
                slow!(slow::get_super(
                    thread,
                    frame,
                    word,
                    *frame.code().names[name],
                    true
                ));
                step!();
            }

            GetItem => {
                let (container, key) = (register!(word.b()), register!(word.c()));
                if let Some(item) = items::of_sequence(container, key) {
                    frame.set_from(usize::from(word.a()), usize::from(word.b()), item);
                    continue;
                }
                special!(slow::get_item(thread, frame, word));
            }
            SetItem => {
                let (container, key) = (register!(word.a()), register!(word.b()));
                if let Some(list) = downcast_exact::<List>(&container)
                    && key.is_int()
                {
                    operand!(word.c());
                    let item = frame.take_bound(usize::from(word.c()));
                    // Where there is no such place the general way says so.
                    if let Err(item) = items::set_in_list(list, key, item) {
                        frame.set(usize::from(word.c()), item);
                        slow!(slow::set_item(thread, frame, word));
                        continue;
                    }
                    frame.consume(usize::from(word.a()));
                    continue;
                }
                slow!(slow::set_item(thread, frame, word));
            }
            DeleteItem => slow!(slow::delete_item(thread, frame, word)),
            GetItemConst => {
                let (key, cache) = extra!();
                let (key, cache) = (frame.code().consts[key].value(), &caches!(cache).first);
                let container = register!(word.b());
                let known = match downcast_exact::<Dict>(&container) {
                    Some(dict) => slow::cached_item(dict, key, cache),
                    None => items::of_sequence(container, key),
                };
                if let Some(item) = known {
                    step!();
                    frame.set_from(usize::from(word.a()), usize::from(word.b()), item);
                    continue;
                }
                special!(slow::get_item_const(thread, frame, word, key, cache));
                step!();
            }
            SetItemConst => {
                let (key, cache) = extra!();
                let container = register!(word.a());
                if let Some(dict) = downcast_exact::<Dict>(&container) {
                    let value = register!(word.b());
                    if value.is_bound()
                        && slow::set_cached_item(
                            dict,
                            frame.code().consts[key].value(),
                            value,
                            &caches!(cache).first,
                        )
                    {
                        step!();
                        frame.consume(usize::from(word.b()));
                        frame.consume(usize::from(word.a()));
                        continue;
                    }
                }
                slow!(slow::set_item_const(
                    thread,
                    frame,
                    word,
                    frame.code().consts[key].value(),
                    &caches!(cache).first
                ));
                step!();
            }

            Add => arithmetic!(word, BinaryOp::Add, false, slow::int_add, |l, r| l + r),
            Sub => arithmetic!(word, BinaryOp::Sub, false, slow::int_sub, |l, r| l - r),
            Mul => arithmetic!(word, BinaryOp::Mul, false, slow::int_mul, |l, r| l * r),
            TrueDiv => {
                let (left, right) = (register!(word.b()), register!(word.c()));
                if left.is_float() && right.is_float() && float::decode(right) != 0.0 {
                    let quotient = float::decode(left) / float::decode(right);
                    frame.set(usize::from(word.a()), Float::from_f64(quotient));
                    continue;
                }
                special!(slow::binary(thread, frame, word, BinaryOp::TrueDiv, false));
            }
            FloorDiv => arithmetic!(word, BinaryOp::FloorDiv, false, slow::int_floor_div),
            Mod => arithmetic!(word, BinaryOp::Mod, false, slow::int_mod),
            Pow => special!(slow::binary(thread, frame, word, BinaryOp::Pow, false)),
            LShift => arithmetic!(word, BinaryOp::LShift, false, |l: Value, r: Value| {
                slow::int_shl(l, r.int())
            }),
            RShift => arithmetic!(word, BinaryOp::RShift, false, |l: Value, r: Value| {
                slow::int_shr(l, r.int())
            }),
            And => arithmetic!(word, BinaryOp::And, false, slow::int_and),
            Or => arithmetic!(word, BinaryOp::Or, false, slow::int_or),
            Xor => arithmetic!(word, BinaryOp::Xor, false, slow::int_xor),
            MatMul => special!(slow::binary(thread, frame, word, BinaryOp::MatMul, false)),
            InplaceAdd => arithmetic!(word, BinaryOp::Add, true, slow::int_add, |l, r| l + r),
            InplaceSub => arithmetic!(word, BinaryOp::Sub, true, slow::int_sub, |l, r| l - r),
            InplaceMul => arithmetic!(word, BinaryOp::Mul, true, slow::int_mul, |l, r| l * r),
            InplaceTrueDiv => special!(slow::binary(thread, frame, word, BinaryOp::TrueDiv, true)),
            InplaceFloorDiv => arithmetic!(word, BinaryOp::FloorDiv, true, slow::int_floor_div),
            InplaceMod => arithmetic!(word, BinaryOp::Mod, true, slow::int_mod),
            InplacePow => special!(slow::binary(thread, frame, word, BinaryOp::Pow, true)),
            InplaceLShift => arithmetic!(word, BinaryOp::LShift, true, |l, r: Value| {
                slow::int_shl(l, r.int())
            }),
            InplaceRShift => arithmetic!(word, BinaryOp::RShift, true, |l, r: Value| {
                slow::int_shr(l, r.int())
            }),
            InplaceAnd => arithmetic!(word, BinaryOp::And, true, slow::int_and),
            InplaceOr => arithmetic!(word, BinaryOp::Or, true, slow::int_or),
            InplaceXor => arithmetic!(word, BinaryOp::Xor, true, slow::int_xor),
            InplaceMatMul => special!(slow::binary(thread, frame, word, BinaryOp::MatMul, true)),
            AddImm => immediate!(word, BinaryOp::Add, false, |l, r| slow::int_add(
                l,
                Value::small(r)
            )),
            SubImm => immediate!(word, BinaryOp::Sub, false, |l, r| slow::int_sub(
                l,
                Value::small(r)
            )),
            MulImm => immediate!(word, BinaryOp::Mul, false, |l, r| slow::int_mul(
                l,
                Value::small(r)
            )),
            FloorDivImm => immediate!(word, BinaryOp::FloorDiv, false, |l: Value, r| {
                floor_div(l.int(), r).and_then(Value::from_int)
            }),
            ModImm => immediate!(word, BinaryOp::Mod, false, |l: Value, r| floor_mod(
                l.int(),
                r
            )
            .map(Value::small)),
            AndImm => immediate!(word, BinaryOp::And, false, |l: Value, r| Some(
                Value::small(l.int() & r)
            )),
            LShiftImm => immediate!(word, BinaryOp::LShift, false, slow::int_shl),
            RShiftImm => immediate!(word, BinaryOp::RShift, false, slow::int_shr),
            InplaceAddImm => immediate!(word, BinaryOp::Add, true, |l, r| slow::int_add(
                l,
                Value::small(r)
            )),
            InplaceSubImm => immediate!(word, BinaryOp::Sub, true, |l, r| slow::int_sub(
                l,
                Value::small(r)
            )),
            Neg => {
                let value = register!(word.b());
                if value.is_int()
                    && let Some(result) = slow::int_sub(Value::small(0), value)
                {
                    frame.set(usize::from(word.a()), Ref::adopt(result));
                    continue;
                }
                if value.is_float() {
                    let result = Float::from_f64(-float::decode(value));
                    frame.set(usize::from(word.a()), result);
                    continue;
                }
                slow!(slow::unary(thread, frame, word, UnaryOp::Neg));
            }
            Pos => slow!(slow::unary(thread, frame, word, UnaryOp::Pos)),
            Invert => {
                let value = register!(word.b());
                if value.is_int() {
                    frame.set(usize::from(word.a()), Ref::small(!value.int()));
                    continue;
                }
                slow!(slow::unary(thread, frame, word, UnaryOp::Invert));
            }
            Not => {
                let truth = slow!(slow::truth(thread, frame, usize::from(word.b())));
                frame.consume(usize::from(word.b()));
                frame.set(usize::from(word.a()), singletons::bool(!truth));
            }

            Lt => comparison!(word, CompareOp::Lt, <),
            Le => comparison!(word, CompareOp::Le, <=),
            Eq => comparison!(word, CompareOp::Eq, ==),
            Ne => comparison!(word, CompareOp::Ne, !=),
            Gt => comparison!(word, CompareOp::Gt, >),
            Ge => comparison!(word, CompareOp::Ge, >=),
            Is => slow!(slow::is(thread, frame, word, true)),
            IsNot => slow!(slow::is(thread, frame, word, false)),
            In => slow!(slow::contains(thread, frame, word, true)),
            NotIn => slow!(slow::contains(thread, frame, word, false)),

            Jump => jump!(word.sax()),
            LoopBack => {
                // Relaxed: what is found is acted on in `serve`.
                // SAFETY: the word lives as long as the thread is registered.
                if unsafe { (*requests).load(Ordering::Relaxed) } != 0 {
                    slow!(thread.serve());
                }
                jump!(word.sax());
            }
            JumpIf => {
                // Of these there is nothing to release.
                if let Some(truth) = singletons::truth(register!(word.a())) {
                    branch!(truth == (word.c() != 0));
                    continue;
                }
                let truth = slow!(slow::truth(thread, frame, usize::from(word.a())));
                frame.consume(usize::from(word.a()));
                branch!(truth == (word.c() != 0));
            }
            JumpIfKeep => {
                let truth = slow!(slow::truth(thread, frame, usize::from(word.a())));
                let taken = truth == (word.c() != 0);
                if !taken {
                    frame.consume(usize::from(word.a()));
                }
                branch!(taken);
            }
            JumpIfNone => {
                let truth = singletons::is_none(operand!(word.a()));
                frame.consume(usize::from(word.a()));
                branch!(truth == (word.c() != 0));
            }
            JumpIfLt => compare_jump!(word, CompareOp::Lt, <),
            JumpIfLe => compare_jump!(word, CompareOp::Le, <=),
            JumpIfEq => compare_jump!(word, CompareOp::Eq, ==),
            JumpIfNe => compare_jump!(word, CompareOp::Ne, !=),
            JumpIfGt => compare_jump!(word, CompareOp::Gt, >),
            JumpIfGe => compare_jump!(word, CompareOp::Ge, >=),
            JumpIfIs => {
                let truth = slow!(slow::is_same(
                    thread,
                    frame,
                    usize::from(word.a()),
                    usize::from(word.b())
                ));
                branch!(truth == (word.c() != 0));
            }
            JumpIfIn => {
                let truth = slow!(slow::is_in(
                    thread,
                    frame,
                    usize::from(word.a()),
                    usize::from(word.b())
                ));
                branch!(truth == (word.c() != 0));
            }
            JumpIfLtImm => compare_jump_immediate!(word, CompareOp::Lt, <),
            JumpIfLeImm => compare_jump_immediate!(word, CompareOp::Le, <=),
            JumpIfEqImm => compare_jump_immediate!(word, CompareOp::Eq, ==),
            JumpIfNeImm => compare_jump_immediate!(word, CompareOp::Ne, !=),
            JumpIfGtImm => compare_jump_immediate!(word, CompareOp::Gt, >),
            JumpIfGeImm => compare_jump_immediate!(word, CompareOp::Ge, >=),

            BuildTuple => {
                let (first, count) = (usize::from(word.b()), usize::from(word.c()));
                let items = frame.temporaries(first, count);
                // SAFETY: each value owns its reference, and gives it up.
                let tuple = unsafe { Tuple::from_owned(count, items) };
                frame.set(usize::from(word.a()), tuple);
            }
            BuildList => {
                let (first, count) = (usize::from(word.b()), usize::from(word.c()));
                let items = frame.temporaries(first, count).collect();
                frame.set(usize::from(word.a()), List::from_owned(items));
            }
            BuildSet => slow!(slow::build_set(thread, frame, word)),
            SetAdd => slow!(slow::set_add(thread, frame, word)),
            SetUpdate => slow!(slow::set_update(thread, frame, word)),
            BuildDict => slow!(slow::build_dict(thread, frame, word)),
            BuildString => slow!(slow::build_string(thread, frame, word)),
            BuildSlice => {
                // No path ends with a slice: another instruction follows.
                let follows = Instruction(word!());
                if slow!(slow::build_slice(thread, frame, word, follows)) {
                    step!();
                }
            }
            ListAppend => {
                operand!(word.b());
                let item = frame.take_bound(usize::from(word.b()));
                let list: &List = slow!(slow::collection(thread, frame, usize::from(word.a())));
                list.push(item);
            }
            ListExtend => slow!(slow::list_extend(thread, frame, word)),
            ListToTuple => slow!(slow::list_to_tuple(thread, frame, word)),
            DictSet => slow!(slow::dict_set(thread, frame, word)),
            DictUpdate => slow!(slow::dict_update(thread, frame, word)),
            DictMerge => slow!(slow::dict_merge(thread, frame, word)),
            UnpackSequence => slow!(slow::unpack_sequence(thread, frame, word)),
            UnpackStar => {
                let (before, after) = extra!();
                slow!(slow::unpack_star(thread, frame, word, before, after));
                step!();
            }
            Format => slow!(slow::format(thread, frame, word)),

            GetIter => {
                let (b, position) = (usize::from(word.b()), usize::from(word.c()));
                let iterable = register!(b);
                let noted = if position != 0 && items::is_sequence(iterable) {
                    let sequence = frame.take_bound(b);
                    frame.set(usize::from(word.a()), sequence);
                    Value::small(0)
                } else {
                    slow!(slow::get_iter(thread, frame, word));
                    Value::UNBOUND
                };
                if position != 0 {
                    // SAFETY: a temporary, which holds nothing to release.
                    unsafe { frame.base.add(position).write(noted) };
                }
            }
            ForIter => {
                let iterator = register!(word.b());
                let position = usize::from(word.c());
                if position != 0
                    && let Some(at) = register!(position).as_int()
                {
                    if let Some(item) = items::at(iterator, at as usize) {
                        // SAFETY: the temporary that `GetIter` keeps the position in.
                        unsafe { frame.base.add(position).write(Value::small(at + 1)) };
                        step!();
                        frame.set(usize::from(word.a()), item);
                    } else {
                        frame.consume(usize::from(word.b()));
                        branch!(true);
                    }
                    continue;
                }
                if let Some(range) = downcast_exact::<RangeIterator>(&iterator) {
                    if let Some(item) = range.next_word() {
                        step!();
                        frame.set(usize::from(word.a()), item);
                    } else {
                        frame.consume(usize::from(word.b()));
                        branch!(true);
                    }
                    continue;
                }
                if let Some(sequence) = downcast_exact::<SequenceIterator>(&iterator) {
                    if let Some(item) = sequence.next_at_hand() {
                        step!();
                        frame.set(usize::from(word.a()), item);
                        continue;
                    }
                    match sequence.step() {
                        Step::Item(item) => {
                            step!();
                            frame.set(usize::from(word.a()), item);
                            continue;
                        }
                        Step::End => {
                            frame.consume(usize::from(word.b()));
                            branch!(true);
                            continue;
                        }
                        Step::Unknown => {}
                    }
                }
                if let Some(generator) = Generator::sendable(&iterator) {
                    frame.set_resume(pc);
                    let place = usize::from(word.a());
                    match generator::resume_in_loop(
                        thread,
                        frame,
                        generator,
                        singletons::none(),
                        place,
                    ) {
                        Ok(Some((inner, start))) => {
                            enter!(inner, start);
                            continue;
                        }
                        Ok(None) => {
                            frame.consume(usize::from(word.b()));
                            branch!(true);
                            continue;
                        }
                        Err(raised) => throw!(raised),
                    }
                }
                // SAFETY: an instruction follows the jump word.
                let follows = Instruction(unsafe { (*pc.add(1)).load(Ordering::Relaxed) });
                if follows.0 as u8 == UnpackSequence && follows.b() == word.a() {
                    match slow!(slow::next_unpacked(thread, frame, iterator, follows)) {
                        Unpacked::Done => {
                            step!();
                            step!();
                            continue;
                        }
                        Unpacked::End => {
                            frame.consume(usize::from(word.b()));
                            branch!(true);
                            continue;
                        }
                        Unpacked::Unknown => {}
                    }
                }
                match slow!(slow::next(thread, iterator)) {
                    Some(item) => {
                        step!();
                        frame.set(usize::from(word.a()), item);
                    }
                    None => {
                        frame.consume(usize::from(word.b()));
                        branch!(true);
                    }
                }
            }

            MakeFunction => {
                let (index, _) = extra!();
                slow!(slow::make_function(
                    thread,
                    frame,
                    word,
                    &frame.code().consts[index]
                ));
                step!();
            }
            Call => {
                let window = usize::from(word.a());
                call!(
                    window,
                    window + FRAME_HEADER,
                    usize::from(word.b()),
                    usize::from(word.c())
                );
            }
            CallKw => {
                let (names, _) = extra!();
                let window = usize::from(word.a());
                let names = slow::names(&frame.code().consts[names]);
                let count = usize::from(word.b());
                let result = slow!(slow::call(
                    thread,
                    frame,
                    window,
                    window + FRAME_HEADER,
                    count,
                    names
                ));
                step!();
                frame.set(usize::from(word.c()), result);
            }
            CallMethod => {
                let window = usize::from(word.a());
                if register!(window + FRAME_HEADER).is_bound() {
                    call!(
                        window,
                        window + FRAME_HEADER,
                        usize::from(word.b()) + 1,
                        usize::from(word.c())
                    );
                } else {
                    call!(
                        window,
                        window + FRAME_HEADER + 1,
                        usize::from(word.b()),
                        usize::from(word.c())
                    );
                }
            }
            CallMethodKw => {
                let (names, _) = extra!();
                let window = usize::from(word.a());
                let names = slow::names(&frame.code().consts[names]);
                let bound = usize::from(register!(window + FRAME_HEADER).is_bound());
                let (first, count) = (
                    window + FRAME_HEADER + 1 - bound,
                    usize::from(word.b()) + bound,
                );
                let result = slow!(slow::call(thread, frame, window, first, count, names));
                step!();
                frame.set(usize::from(word.c()), result);
            }
            CallUnpack => slow!(slow::call_unpack(thread, frame, word)),
            Return => {
                operand!(word.a());
                let result = frame.take_last(usize::from(word.a()));
                if frame.is_plain() {
                    let (caller, place) = (frame.caller(), frame.result_register());
                    frame.close(thread, frame.code());
                    enter!(caller, caller.resume());
                    frame.set(place, result);
                    continue;
                }
                if frame.is_generator() {
                    let Some((resumer, place)) = generator::finish(thread, frame) else {
                        return Ok(result);
                    };
                    enter!(resumer, resumer.resume());
                    // The resumer stands behind the first word of `ForIter` or `Send`.
                    // SAFETY: that word comes before the one it goes on at. Relaxed: see `word`.
                    let resumed = Instruction(unsafe { (*pc.sub(1)).load(Ordering::Relaxed) });
                    frame.consume(usize::from(resumed.b()));
                    if resumed.0 as u8 == Send {
                        frame.set(place, result);
                    }
                    branch!(true);
                    continue;
                }
                let entry = frame.is_entry();
                let (caller, place) = (frame.caller(), frame.result_register());
                let purpose = frame.purpose();
                unwind::close(thread, frame);
                if entry {
                    return Ok(result);
                }
                enter!(caller, caller.resume());
                match purpose {
                    Purpose::Result => frame.set(place, result),
                    Purpose::Initialise(instance) => {
                        match construction::end(thread, instance, &result) {
                            Ok(instance) => frame.set(place, instance),
                            Err(raised) => throw!(raised),
                        }
                    }
                    Purpose::Special => match special::end(thread, frame, pc, result) {
                        Ok(next) => pc = next,
                        Err(raised) => throw!(raised),
                    },
                }
            }
            LoadBuildClass => frame.set(usize::from(word.a()), slow::build_class_function()),

            MakeGenerator => {
                let (entry, caller, place) =
                    (frame.is_entry(), frame.caller(), frame.result_register());
                let made = generator::make(thread, frame, pc);
                if entry {
                    return Ok(made);
                }
                enter!(caller, caller.resume());
                frame.set(place, made);
            }
            Yield | YieldDelegated => {
                let value = slow!(frame.take(thread, usize::from(word.b())));
                let Some((resumer, place)) = generator::suspend(thread, frame, pc) else {
                    return Ok(value);
                };
                enter!(resumer, resumer.resume());
                step!();
                frame.set(place, value);
            }
            Send => {
                let target = register!(word.b());
                let value = slow!(frame.take(thread, usize::from(word.c())));
                if let Some(generator) = Generator::sendable(&target) {
                    match generator::resume_in_loop(
                        thread,
                        frame,
                        generator,
                        value,
                        usize::from(word.a()),
                    ) {
                        Ok(Some((inner, start))) => enter!(inner, start),
                        Ok(None) => {
                            frame.consume(usize::from(word.b()));
                            frame.set(usize::from(word.a()), singletons::none());
                            branch!(true);
                        }
                        Err(raised) => throw!(raised),
                    }
                    continue;
                }
                let done = slow!(slow::send(thread, frame, word, &value));
                branch!(done);
            }
            GetYieldFromIter => slow!(slow::get_yield_from_iter(thread, frame, word)),
            GetAwaitable => slow!(slow::get_awaitable(thread, frame, word)),
            AsyncGenWrap => slow!(slow::async_gen_wrap(thread, frame, word)),
            GetAsyncIter => slow!(slow::get_async_iter(thread, frame, word)),
            GetAsyncNext => slow!(slow::get_async_next(thread, frame, word)),
            EndAsyncFor => {
                let done = slow!(slow::end_async_for(thread, frame, word));
                if let Some(exception) = done {
                    thread.reraising = true;
                    throw!(thread.raise_again(exception));
                }
            }
            AsyncWithEnter => slow!(slow::async_with_enter(thread, frame, word)),
            AsyncWithExit => slow!(slow::async_with_exit(thread, frame, word)),

            JumpIfMapping => {
                let truth = slow!(patterns::is_mapping(thread, frame, word));
                branch!(truth == (word.c() != 0));
            }
            JumpIfSequence => {
                let truth = slow!(patterns::is_sequence(thread, frame, word));
                branch!(truth == (word.c() != 0));
            }
            GetLen => slow!(patterns::get_len(thread, frame, word)),
            MatchKeys => slow!(patterns::match_keys(thread, frame, word)),
            MatchClass => {
                let (positional, names) = extra!();
                slow!(patterns::match_class(
                    thread,
                    frame,
                    word,
                    positional,
                    frame.code().consts[names].value()
                ));
                step!();
            }
            CopyDictWithout => slow!(patterns::copy_dict_without(thread, frame, word)),
            ExcGroupMatch => slow!(slow::group_match(thread, frame, word)),
            ExcGroupReraise => slow!(slow::group_reraise(thread, frame, word)),
            Intrinsic => slow!(slow::intrinsic(thread, frame, word)),
            SetupAnnotations => slow!(slow::setup_annotations(thread, frame)),
            GetNameFromMapping => {
                let (name, _) = extra!();
                slow!(slow::get_name_from_mapping(
                    thread,
                    frame,
                    word,
                    *frame.code().names[name],
                    None
                ));
                step!();
            }
            GetNameFromMappingOrCell => {
                let (name, _) = extra!();
                let cell = usize::from(word.c());
                slow!(slow::get_name_from_mapping(
                    thread,
                    frame,
                    word,
                    *frame.code().names[name],
                    Some(cell)
                ));
                step!();
            }
            ImportStar => slow!(slow::import_star(thread, frame, word)),
            BuildInterpolation => slow!(slow::build_interpolation(thread, frame, word)),
            BuildTemplate => slow!(slow::build_template(thread, frame, word)),

            Raise => {
                let raised = slow::raise(thread, frame, word);
                throw!(raised);
            }
            Reraise => {
                let exception = slow!(frame.take(thread, usize::from(word.a())));
                thread.reraising = true;
                throw!(thread.raise_again(exception));
            }
            PushExc => slow!(slow::push_exception(thread, frame, usize::from(word.a()))),
            PopExc => slow!(slow::pop_exception(thread, frame, usize::from(word.a()))),
            JumpIfExcMatch => {
                let truth = slow!(slow::exception_matches(thread, frame, word));
                branch!(truth == (word.c() != 0));
            }
            WithEnter => special!(slow::with_enter(thread, frame, word)),
            WithExit => special!(slow::with_exit(thread, frame, word)),
            WithExcept => special!(slow::with_except(thread, frame, word)),

            ImportName => {
                let (name, _) = extra!();
                slow!(slow::import_name(
                    thread,
                    frame,
                    word,
                    *frame.code().names[name]
                ));
                step!();
            }
            ImportFrom => {
                let (name, _) = extra!();
                slow!(slow::import_from(
                    thread,
                    frame,
                    word,
                    *frame.code().names[name]
                ));
                step!();
            }
            ClearLocal => slow::clear_local(frame, usize::from(word.bx())),
            UnpackArguments => slow!(slow::unpack_arguments(thread, frame, word)),
            // SAFETY: loading refuses code with operations that are not here.
            other => unsafe {
                debug_assert!(false, "operation {other} in loaded code");
                core::hint::unreachable_unchecked()
            },
        }
    }
}

#[inline(always)]
fn target_words(code: &Code) -> *const AtomicU32 {
    code.words.as_ptr()
}
