//! The numbers of the operations, for the loop to match on, and which of them it lacks.

#![allow(
    non_upper_case_globals,
    reason = "the constants are named as the operations they are"
)]

use selvedge_compiler::op::Op;

macro_rules! numbers {
    ($($name:ident),+ $(,)?) => {
        $(pub(crate) const $name: u8 = Op::$name as u8;)+

        /// The operations that the loop has.
        const PRESENT: &[Op] = &[$(Op::$name),+];
    };
}

numbers! {
    Nop, Move, Copy, Borrow, CopyFar, StoreFar, DeleteLocal, Drop, LoadConst, LoadInt, LoadNone, LoadBool,
    LoadCommon, MakeCell, GetCell, SetCell, DeleteCell, GetNameOrCell, GetGlobal, SetGlobal, DeleteGlobal,
    GetName, SetName, DeleteName, LoadLocals, GetAttr, SetAttr, DeleteAttr, GetMethod, GetSuperAttr,
    GetSuperMethod, GetItem, SetItem, DeleteItem, GetItemConst, SetItemConst, Add, Sub, Mul, TrueDiv,
    FloorDiv, Mod, Pow, LShift, RShift, And, Or, Xor, MatMul, InplaceAdd, InplaceSub, InplaceMul,
    InplaceTrueDiv, InplaceFloorDiv, InplaceMod, InplacePow, InplaceLShift, InplaceRShift, InplaceAnd,
    InplaceOr, InplaceXor, InplaceMatMul, AddImm, SubImm, MulImm, FloorDivImm, ModImm, AndImm, LShiftImm,
    RShiftImm, InplaceAddImm, InplaceSubImm, Neg, Pos, Invert, Not, Lt, Le, Eq, Ne, Gt, Ge, Is, IsNot, In,
    NotIn, Jump, LoopBack, JumpIf, JumpIfKeep, JumpIfNone, JumpIfLt, JumpIfLe, JumpIfEq, JumpIfNe, JumpIfGt,
    JumpIfGe, JumpIfIs, JumpIfIn, JumpIfLtImm, JumpIfLeImm, JumpIfEqImm, JumpIfNeImm, JumpIfGtImm,
    JumpIfGeImm, BuildTuple, BuildList, BuildSet, SetAdd, SetUpdate, BuildDict, BuildString, BuildSlice, ListAppend, ListExtend,
    ListToTuple, DictSet, DictUpdate, DictMerge, UnpackSequence, UnpackStar, Format, GetIter, ForIter,
    MakeFunction, Call, CallKw, CallMethod, CallMethodKw, CallUnpack, Return, LoadBuildClass, Raise, Reraise,
    PushExc, PopExc, JumpIfExcMatch, WithEnter, WithExit, WithExcept, ImportName, ImportFrom,
    ClearLocal, UnpackArguments,
}

/// What the source calls an operation that the loop does not have; nothing if it has it.
pub(crate) fn missing(op: Op) -> Option<&'static str> {
    if PRESENT.contains(&op) {
        return None;
    }
    Some(match op {
        Op::BuildInterpolation | Op::BuildTemplate => "a t-string",
        Op::GetAsyncIter | Op::GetAsyncNext | Op::EndAsyncFor => "an asynchronous 'for'",
        Op::AsyncWithEnter | Op::AsyncWithExit => "an asynchronous 'with'",
        Op::GetAwaitable | Op::AsyncGenWrap => "'await'",
        Op::MakeGenerator | Op::Yield => "a generator or coroutine",
        Op::GetYieldFromIter | Op::Send | Op::YieldDelegated => "'yield from' or 'await'",
        Op::ExcGroupMatch | Op::ExcGroupReraise => "'except*'",
        Op::ImportStar => "'from … import *'",
        Op::JumpIfMapping
        | Op::JumpIfSequence
        | Op::GetLen
        | Op::MatchKeys
        | Op::MatchClass
        | Op::CopyDictWithout => "a 'match' statement",
        Op::SetupAnnotations | Op::GetNameFromMapping | Op::GetNameFromMappingOrCell => {
            "an annotation"
        }
        Op::Intrinsic => "a type parameter, a type alias or the interactive mode",
        other => other.name(),
    })
}
