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
    ClearLocal, UnpackArguments, MakeGenerator, Yield, GetYieldFromIter, Send, YieldDelegated, GetAwaitable,
    AsyncGenWrap, GetAsyncIter, GetAsyncNext, EndAsyncFor, AsyncWithEnter, AsyncWithExit, ExcGroupMatch,
    ExcGroupReraise, JumpIfMapping, JumpIfSequence, GetLen, MatchKeys, MatchClass, CopyDictWithout, Intrinsic,
    SetupAnnotations, GetNameFromMapping, GetNameFromMappingOrCell, ImportStar, BuildInterpolation, BuildTemplate,
}

/// The name of an operation that the loop does not have; nothing if it has it.
pub(crate) fn missing(op: Op) -> Option<&'static str> {
    (!PRESENT.contains(&op)).then(|| op.name())
}

#[cfg(test)]
mod tests {
    use super::{Op, missing};

    #[test]
    fn the_loop_has_every_operation_that_the_compiler_knows() {
        let lacking: Vec<&str> = Op::ALL.iter().filter_map(|op| missing(*op)).collect();
        assert!(lacking.is_empty(), "{lacking:?}");
    }
}
