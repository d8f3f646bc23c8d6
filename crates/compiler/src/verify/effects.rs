//! What each operation does with registers: the documentation of [`Op`] as a table.

use crate::code::Instruction;
use crate::op::{FRAME_HEADER, Intrinsic, Op};

/// A use of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Read; a temporary is consumed.
    Take(usize),
    /// Read and left as it is.
    Keep(usize),
    /// Written.
    Put(usize),
}

/// What an instruction does where control goes on behind it, and where it jumps.
#[derive(Debug, Default)]
pub(super) struct Effects {
    pub(super) next: Vec<Use>,
    pub(super) jump: Vec<Use>,
}

use Use::{Keep, Put, Take};

/// What `word`, followed by `extra`, does.
#[allow(clippy::match_same_arms, reason = "the arms are a table")]
pub(super) fn effects(op: Op, word: Instruction, extra: u32) -> Effects {
    let (a, b, c) = (
        usize::from(word.a()),
        usize::from(word.b()),
        usize::from(word.c()),
    );
    let (x0, x1) = (extra as usize & 0xffff, extra as usize >> 16);
    let window = |first: usize, count: usize| (first..first + count).map(Take);
    let put = |mut reads: Vec<Use>, to: usize| {
        reads.push(Put(to));
        reads
    };
    let arguments = a + FRAME_HEADER;
    let next = match op {
        Op::Nop
        | Op::DeleteLocal
        | Op::ClearLocal
        | Op::MakeCell
        | Op::DeleteCell
        | Op::DeleteGlobal => vec![],
        Op::DeleteName | Op::Jump | Op::LoopBack | Op::MakeGenerator | Op::SetupAnnotations => {
            vec![]
        }
        Op::Copy | Op::Borrow => vec![Keep(b), Put(a)],
        Op::CopyFar => vec![Keep(usize::from(word.bx())), Put(a)],
        Op::StoreFar
        | Op::Drop
        | Op::SetGlobal
        | Op::SetName
        | Op::DeleteAttr
        | Op::Return
        | Op::Reraise => {
            vec![Take(a)]
        }
        Op::WithExit | Op::ImportStar => vec![Take(a)],
        Op::LoadConst
        | Op::LoadInt
        | Op::LoadNone
        | Op::LoadBool
        | Op::LoadCommon
        | Op::LoadLocals => vec![Put(a)],
        Op::GetGlobal | Op::GetName | Op::LoadBuildClass => vec![Put(a)],
        Op::GetCell | Op::GetNameOrCell | Op::GetNameFromMapping | Op::GetNameFromMappingOrCell => {
            vec![Keep(b), Put(a)]
        }
        Op::SetCell => vec![Take(b)],
        Op::SetAttr | Op::SetItemConst | Op::DeleteItem => vec![Take(a), Take(b)],
        Op::GetMethod => vec![Take(b), Put(a), Put(arguments)],
        Op::GetSuperAttr => vec![Take(b), Take(b + 1), Put(a)],
        Op::GetSuperMethod => vec![Take(b), Take(b + 1), Put(a), Put(arguments)],
        Op::GetItem => vec![Take(b), Take(c), Put(a)],
        Op::SetItem => vec![Take(a), Take(b), Take(c)],
        _ if is_binary(op) => vec![Take(b), Take(c), Put(a)],
        _ if is_unary(op) => vec![Take(b), Put(a)],
        _ if is_comparing_jump(op) => return both(vec![Take(a), Take(b)]),
        Op::JumpIf | Op::JumpIfNone => return both(vec![Take(a)]),
        Op::JumpIfLtImm
        | Op::JumpIfLeImm
        | Op::JumpIfEqImm
        | Op::JumpIfNeImm
        | Op::JumpIfGtImm
        | Op::JumpIfGeImm => {
            return both(vec![Take(a)]);
        }
        Op::JumpIfKeep => {
            return Effects {
                next: vec![Take(a)],
                jump: vec![Keep(a)],
            };
        }
        Op::BuildTuple
        | Op::BuildList
        | Op::BuildSet
        | Op::BuildString
        | Op::BuildSlice
        | Op::BuildTemplate => put(window(b, c).collect(), a),
        Op::BuildDict => put(window(b, 2 * c).collect(), a),
        Op::ListAppend | Op::ListExtend | Op::SetAdd | Op::SetUpdate | Op::DictUpdate => {
            vec![Keep(a), Take(b)]
        }
        Op::DictSet => vec![Keep(a), Take(b), Take(c)],
        Op::DictMerge => vec![Keep(a), Take(b), Keep(c)],
        Op::UnpackSequence => std::iter::once(Take(b))
            .chain((a..a + c).map(Put))
            .collect(),
        Op::UnpackStar => std::iter::once(Take(b))
            .chain((a..=a + x0 + x1).map(Put))
            .collect(),
        Op::Format => put(window(b, 1 + (c >> 2 & 1)).collect(), a),
        Op::BuildInterpolation => put(window(b, 3).collect(), a),
        Op::ForIter => {
            return Effects {
                next: vec![Keep(b), Put(a)],
                jump: vec![Take(b)],
            };
        }
        Op::GetAsyncNext | Op::GetLen | Op::ImportFrom => vec![Keep(b), Put(a)],
        Op::EndAsyncFor => vec![Take(a), Take(b)],
        Op::MakeFunction => put(window(b, (c & 15).count_ones() as usize).collect(), a),
        Op::Call | Op::CallKw => put(
            std::iter::once(Take(a))
                .chain(window(arguments, b))
                .collect(),
            c,
        ),
        Op::CallMethod | Op::CallMethodKw => put(
            std::iter::once(Take(a))
                .chain(window(arguments, b + 1))
                .collect(),
            c,
        ),
        Op::CallUnpack => put(
            std::iter::once(Take(a))
                .chain(window(arguments, 1 + b))
                .collect(),
            c,
        ),
        Op::Send => {
            return Effects {
                next: vec![Keep(b), Take(c), Put(a)],
                jump: vec![Take(b), Take(c), Put(a)],
            };
        }
        Op::YieldDelegated => {
            return Effects {
                next: vec![Take(b), Keep(c), Put(a)],
                jump: vec![Take(b), Take(c), Put(a)],
            };
        }
        Op::Raise => window(a, usize::from(c > 0))
            .chain(window(b, usize::from(c > 1)))
            .collect(),
        Op::PushExc => vec![Keep(a), Put(a + 1)],
        Op::PopExc => vec![Take(a), Take(a + 1)],
        Op::JumpIfExcMatch => return both(vec![Keep(a), Take(b)]),
        Op::ExcGroupMatch => vec![Keep(b), Take(c), Put(a), Put(a + 1)],
        Op::ExcGroupReraise => vec![Take(b), Take(c), Put(a)],
        Op::WithEnter | Op::AsyncWithEnter => vec![Take(b), Put(a), Put(a + 1)],
        Op::WithExcept => vec![Keep(a), Keep(b), Put(c)],
        Op::AsyncWithExit => vec![Take(a), Put(c)],
        Op::ImportName => vec![Take(b), Take(b + 1), Put(a)],
        Op::JumpIfMapping | Op::JumpIfSequence => return both(vec![Keep(a)]),
        Op::MatchKeys => vec![Keep(b), Keep(c), Put(a)],
        Op::MatchClass | Op::CopyDictWithout => vec![Keep(b), Take(c), Put(a)],
        Op::UnpackArguments => vec![Take(b), Keep(c), Put(a)],
        Op::Intrinsic => put(window(b, intrinsic_operands(c)).collect(), a),
        // `is_unary` has the rest.
        _ => vec![Take(b), Put(a)],
    };
    Effects {
        jump: Vec::new(),
        next,
    }
}

fn both(uses: Vec<Use>) -> Effects {
    Effects {
        next: uses.clone(),
        jump: uses,
    }
}

fn is_binary(op: Op) -> bool {
    (Op::Add as u8..=Op::InplaceMatMul as u8).contains(&(op as u8))
        || (Op::Lt as u8..=Op::NotIn as u8).contains(&(op as u8))
}

/// Operations that read b and write a.
fn is_unary(op: Op) -> bool {
    (Op::AddImm as u8..=Op::Not as u8).contains(&(op as u8))
        || matches!(
            op,
            Op::Move
                | Op::GetAttr
                | Op::GetItemConst
                | Op::ListToTuple
                | Op::GetIter
                | Op::GetAsyncIter
        )
        || matches!(
            op,
            Op::Yield | Op::GetYieldFromIter | Op::GetAwaitable | Op::AsyncGenWrap
        )
}

fn is_comparing_jump(op: Op) -> bool {
    (Op::JumpIfLt as u8..=Op::JumpIfIn as u8).contains(&(op as u8))
}

fn intrinsic_operands(number: usize) -> usize {
    let two = [
        Intrinsic::TypeVarWithBound,
        Intrinsic::TypeVarWithConstraints,
        Intrinsic::SetTypeParamDefault,
        Intrinsic::SetFunctionTypeParams,
    ];
    1 + usize::from(two.iter().any(|&intrinsic| intrinsic as usize == number))
}

/// Whether an operation can raise, so that its state goes to the handler.
pub(super) fn may_raise(op: Op) -> bool {
    !matches!(
        op,
        Op::Nop
            | Op::Move
            | Op::Borrow
            | Op::Drop
            | Op::LoadConst
            | Op::LoadInt
            | Op::LoadNone
            | Op::LoadBool
            | Op::LoadCommon
            | Op::MakeCell
            | Op::SetCell
            | Op::Jump
            | Op::PushExc
            | Op::PopExc
            | Op::ClearLocal
            | Op::BuildTuple
            | Op::MakeGenerator
            | Op::Return
    )
}
