//! The instruction set: what each operation reads, writes and consumes.
//!
//! An instruction is one 32-bit word, `op | a << 8 | b << 16 | c << 24`. Some operations use the
//! upper half as one 16-bit field `bx` (or `sbx`, signed), jumps the upper 24 bits as a signed
//! distance `sax`, counted in words from the word after the jump. Operations marked *+extra* are
//! followed by a word of two 16-bit fields, `x0` (low) and `x1` (high); operations marked *+jump*
//! are followed by a [`Op::Jump`] word that is taken or skipped and never dispatched on its own.
//!
//! `R[i]` is a register of the running frame. Registers below [`Code::first_temp`] hold
//! arguments, locals, cells and free variables; those from there on are temporaries.
//!
//! **Who owns what.** A temporary that an operation reads is *consumed*: its value moves into the
//! operation and the register is empty afterwards, unless the operation says that it *keeps* it.
//! So every temporary is read exactly once, and writing one never has to release an old value.
//! Reading a local borrows it. Writing a local releases what it held. To read a temporary twice,
//! [`Op::Borrow`] it first.
//!
//! **Unbound.** A local that holds nothing raises `UnboundLocalError` when an operation reads it.
//!
//! [`Code::first_temp`]: crate::Code::first_temp

/// How many registers the header of a called frame takes, the callable's among them.
///
/// A call's window starts at register `k` with the callable in `R[k]`; the header fills
/// `R[k .. k + FRAME_HEADER]`, so the arguments start at `R[k + FRAME_HEADER]` and become the
/// callee's first registers where they are.
pub const FRAME_HEADER: usize = 4;

macro_rules! operations {
    ($($(#[doc = $doc:literal])+ $name:ident $(($($layout:ident),+))?;)+) => {
        /// An operation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Op { $($(#[doc = $doc])+ $name,)+ }

        impl Op {
            /// Every operation, in the order of their numbers.
            pub const ALL: &[Op] = &[$(Op::$name,)+];

            /// The operation's name.
            pub const fn name(self) -> &'static str {
                match self { $(Op::$name => stringify!($name),)+ }
            }

            /// Whether and by what word the operation is followed.
            pub const fn follows(self) -> Follows {
                match self { $(Op::$name => operations!(@follows $($($layout),+)?),)+ }
            }
        }
    };
    (@follows) => { Follows::Nothing };
    (@follows extra) => { Follows::Extra };
    (@follows jump) => { Follows::Jump };
}

/// The word that comes after an instruction and belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follows {
    /// No word.
    Nothing,
    /// A word of two 16-bit fields.
    Extra,
    /// A [`Op::Jump`] that is taken or skipped.
    Jump,
}

operations! {
    /// Does nothing.
    Nop;

    // ----- Moving values.
    /// `R[a] = R[b]`; b is a temporary.
    Move;
    /// `R[a] = R[b]`, b kept: a owns its value from here on.
    Copy;
    /// `R[a] = R[b]` without owning it, b kept. a is a temporary that is consumed before b is
    /// changed or released.
    Borrow;
    /// `R[a] = R[bx]`, bx kept: for locals beyond register 255.
    CopyFar;
    /// `R[bx] = R[a]`: for locals beyond register 255.
    StoreFar;
    /// `del` of the local in `R[bx]`; unbound is an error.
    DeleteLocal;
    /// Releases the temporary `R[a]`.
    Drop;
    /// `R[a] = consts[bx]`.
    LoadConst;
    /// `R[a] = sbx`.
    LoadInt;
    /// `R[a] = None`.
    LoadNone;
    /// `R[a] = True` if b is not 0, else `False`.
    LoadBool;
    /// `R[a]` = the builtin named by b: see [`Common`].
    LoadCommon;

    // ----- Cells.
    /// `R[a]` = a new cell that holds what `R[a]` held (an argument) or nothing.
    MakeCell;
    /// `R[a]` = content of the cell in `R[b]`; empty is an error (`NameError` for a free variable,
    /// `UnboundLocalError` for one of the function's own).
    GetCell;
    /// Content of the cell in `R[a]` = `R[b]`.
    SetCell;
    /// Empties the cell in `R[a]`; empty already is an error.
    DeleteCell;
    /// `R[a]` = name x0 in the class body's namespace, else content of the cell in `R[b]`.
    GetNameOrCell(extra);
    /// `R[a]` = name x0 in the class body's namespace, else in the globals, else builtins (for
    /// annotation scopes, whose namespace comes as a mapping in `R[b]`, kept).
    GetNameFromMapping(extra);

    // ----- Names. x0 is the name, x1 the cache.
    /// `R[a]` = global or builtin x0.
    GetGlobal(extra);
    /// Global x0 = `R[a]`.
    SetGlobal(extra);
    /// `del` of global x0.
    DeleteGlobal(extra);
    /// `R[a]` = name x0 in the frame's namespace, else global, else builtin.
    GetName(extra);
    /// Name x0 in the frame's namespace = `R[a]`.
    SetName(extra);
    /// `del` of name x0 in the frame's namespace.
    DeleteName(extra);
    /// `R[a]` = the frame's namespace (`locals()` of a class body).
    LoadLocals;

    // ----- Attributes. x0 is the name, x1 the cache.
    /// `R[a] = R[b].x0`.
    GetAttr(extra);
    /// `R[a].x0 = R[b]`.
    SetAttr(extra);
    /// `del R[a].x0`.
    DeleteAttr(extra);
    /// Loads a method to call: `R[a]` = the function and `R[a + FRAME_HEADER]` = `R[b]`, or, if
    /// `R[b].x0` is no plain method, `R[a]` = `R[b].x0` and `R[a + FRAME_HEADER]` unbound.
    GetMethod(extra);
    /// `R[a] = super(R[b], R[b + 1]).x0`; both consumed.
    GetSuperAttr(extra);
    /// As [`GetMethod`](Op::GetMethod), on `super(R[b], R[b + 1])`.
    GetSuperMethod(extra);

    // ----- Items. x0 of the constant forms is the key, x1 the cache.
    /// `R[a] = R[b][R[c]]`.
    GetItem;
    /// `R[a][R[b]] = R[c]`.
    SetItem;
    /// `del R[a][R[b]]`.
    DeleteItem;
    /// `R[a] = R[b][consts[x0]]`.
    GetItemConst(extra);
    /// `R[a][consts[x0]] = R[b]`.
    SetItemConst(extra);

    // ----- Arithmetic: `R[a] = R[b] op R[c]`.
    /// `+`
    Add;
    /// `-`
    Sub;
    /// `*`
    Mul;
    /// `/`
    TrueDiv;
    /// `//`
    FloorDiv;
    /// `%`
    Mod;
    /// `**`
    Pow;
    /// `<<`
    LShift;
    /// `>>`
    RShift;
    /// `&`
    And;
    /// `|`
    Or;
    /// `^`
    Xor;
    /// `@`
    MatMul;
    /// `+=`: like [`Add`](Op::Add), trying the in-place method first.
    InplaceAdd;
    /// `-=`
    InplaceSub;
    /// `*=`
    InplaceMul;
    /// `/=`
    InplaceTrueDiv;
    /// `//=`
    InplaceFloorDiv;
    /// `%=`
    InplaceMod;
    /// `**=`
    InplacePow;
    /// `<<=`
    InplaceLShift;
    /// `>>=`
    InplaceRShift;
    /// `&=`
    InplaceAnd;
    /// `|=`
    InplaceOr;
    /// `^=`
    InplaceXor;
    /// `@=`
    InplaceMatMul;
    // With c an integer from -128 to 127 in place of the right operand.
    /// `R[b] + c`
    AddImm;
    /// `R[b] - c`
    SubImm;
    /// `R[b] * c`
    MulImm;
    /// `R[b] // c`
    FloorDivImm;
    /// `R[b] % c`
    ModImm;
    /// `R[b] & c`
    AndImm;
    /// `R[b] << c`
    LShiftImm;
    /// `R[b] >> c`
    RShiftImm;
    /// `R[b] += c`, result in a
    InplaceAddImm;
    /// `R[b] -= c`, result in a
    InplaceSubImm;
    /// `R[a] = -R[b]`
    Neg;
    /// `R[a] = +R[b]`
    Pos;
    /// `R[a] = ~R[b]`
    Invert;
    /// `R[a] = not R[b]`
    Not;

    // ----- Comparison: `R[a] = R[b] op R[c]`.
    /// `<`
    Lt;
    /// `<=`
    Le;
    /// `==`
    Eq;
    /// `!=`
    Ne;
    /// `>`
    Gt;
    /// `>=`
    Ge;
    /// `is`
    Is;
    /// `is not`
    IsNot;
    /// `in`: `R[b]` is the item, `R[c]` the container
    In;
    /// `not in`
    NotIn;

    // ----- Jumps. Those with c jump when the truth of the condition equals c (0 or 1).
    /// Jumps by sax.
    Jump;
    /// Jumps back by sax, through a safe point.
    LoopBack;
    /// On the truth of `R[a]`.
    JumpIf(jump);
    /// On the truth of `R[a]`, which is kept if the jump is taken and released if not.
    JumpIfKeep(jump);
    /// On `R[a] is None`.
    JumpIfNone(jump);
    /// On `R[a] < R[b]`.
    JumpIfLt(jump);
    /// On `R[a] <= R[b]`.
    JumpIfLe(jump);
    /// On `R[a] == R[b]`.
    JumpIfEq(jump);
    /// On `R[a] != R[b]`.
    JumpIfNe(jump);
    /// On `R[a] > R[b]`.
    JumpIfGt(jump);
    /// On `R[a] >= R[b]`.
    JumpIfGe(jump);
    /// On `R[a] is R[b]`.
    JumpIfIs(jump);
    /// On `R[a] in R[b]`.
    JumpIfIn(jump);
    // With b an integer from -128 to 127 in place of the right operand.
    /// On `R[a] < b`.
    JumpIfLtImm(jump);
    /// On `R[a] <= b`.
    JumpIfLeImm(jump);
    /// On `R[a] == b`.
    JumpIfEqImm(jump);
    /// On `R[a] != b`.
    JumpIfNeImm(jump);
    /// On `R[a] > b`.
    JumpIfGtImm(jump);
    /// On `R[a] >= b`.
    JumpIfGeImm(jump);

    // ----- Building.
    /// `R[a]` = tuple of `R[b .. b + c]`.
    BuildTuple;
    /// `R[a]` = list of `R[b .. b + c]`.
    BuildList;
    /// `R[a]` = set of `R[b .. b + c]`.
    BuildSet;
    /// `R[a]` = dict of the c pairs key, value from `R[b]`.
    BuildDict;
    /// `R[a]` = the c strings from `R[b]` joined.
    BuildString;
    /// `R[a]` = slice of the c (2 or 3) values from `R[b]`.
    BuildSlice;
    /// Appends `R[b]` to the list `R[a]`, a kept.
    ListAppend;
    /// Extends the list `R[a]`, kept, by the iterable `R[b]`.
    ListExtend;
    /// `R[a]` = the list `R[b]` as a tuple.
    ListToTuple;
    /// Adds `R[b]` to the set `R[a]`, a kept.
    SetAdd;
    /// Adds each item of `R[b]` to the set `R[a]`, a kept.
    SetUpdate;
    /// `R[a][R[b]] = R[c]` for the dict `R[a]`, kept.
    DictSet;
    /// Updates the dict `R[a]`, kept, from the mapping `R[b]`.
    DictUpdate;
    /// As [`DictUpdate`](Op::DictUpdate), for the keyword arguments of a call of `R[c]` (kept): a
    /// key that is there already is an error.
    DictMerge;
    /// `R[a .. a + c]` = the c items of `R[b]`.
    UnpackSequence;
    /// `R[a ..]` = the first x0 items of `R[b]`, a list of those between, the last x1.
    UnpackStar(extra);
    /// `R[a]` = `R[b]` formatted. Bits 0 and 1 of c: 0 no conversion, 1 `str`, 2 `repr`,
    /// 3 `ascii`; bit 2: the format specification is in `R[b + 1]`.
    Format;
    /// `R[a]` = interpolation of a t-string: value `R[b]`, expression text `R[b + 1]`, and the
    /// specification in `R[b + 2]`; c as in [`Format`](Op::Format) (bit 2 is always set).
    BuildInterpolation;
    /// `R[a]` = template of the c parts (strings and interpolations alternating) from `R[b]`.
    BuildTemplate;

    // ----- Iteration.
    /// `R[a] = iter(R[b])`. If c is not 0, `R[a]` is for [`ForIter`](Op::ForIter) only, and the
    /// temporary `R[c]` its note of how far it has come, which nobody has to release: then `R[a]` may
    /// be the sequence itself.
    GetIter;
    /// `R[a]` = next of the iterator `R[b]`, kept; when exhausted, releases `R[b]` and jumps. c is
    /// that of the [`GetIter`](Op::GetIter) that made `R[b]`, or 0.
    ForIter(jump);
    /// `R[a] = R[b].__aiter__()`.
    GetAsyncIter;
    /// `R[a]` = awaitable of `R[b].__anext__()`, b kept.
    GetAsyncNext;
    /// Ends an `async for`: the exception in `R[b]` is released together with the iterator `R[a]`
    /// if it is `StopAsyncIteration`, else raised again.
    EndAsyncFor;

    // ----- Functions and calls.
    /// `R[a]` = function of the code `consts[x0]`. Bits of c say which values follow from `R[b]`
    /// on, in this order: 1 defaults (tuple), 2 keyword defaults (dict), 4 annotate function,
    /// 8 closure (tuple of cells).
    MakeFunction(extra);
    /// `R[c] = R[a](…)` with b positional arguments from `R[a + FRAME_HEADER]`.
    Call;
    /// As [`Call`](Op::Call) with b arguments in all, the last of them named by the tuple
    /// `consts[x0]`.
    CallKw(extra);
    /// `R[c] = R[a](…)` after [`GetMethod`](Op::GetMethod): self, unless unbound, is in
    /// `R[a + FRAME_HEADER]`; b positional arguments follow it.
    CallMethod;
    /// As [`CallMethod`](Op::CallMethod) with b arguments in all besides self, the last of them
    /// named by the tuple `consts[x0]`.
    CallMethodKw(extra);
    /// `R[c] = R[a](*args, **kwargs)`: args is the tuple `R[a + FRAME_HEADER]`; if b is 1, kwargs
    /// is the dict `R[a + FRAME_HEADER + 1]`.
    CallUnpack;
    /// Returns `R[a]`.
    Return;
    /// `R[a]` = the function that makes classes.
    LoadBuildClass;

    // ----- Generators and coroutines.
    /// First operation of a generator, coroutine or asynchronous generator: makes the object,
    /// moves the frame into it and returns it to the caller.
    MakeGenerator;
    /// Yields `R[b]`; resumed, `R[a]` = the value sent.
    Yield;
    /// `R[a]` = `R[b]` made an iterator for `yield from`.
    GetYieldFromIter;
    /// `R[a]` = `R[b]` made an awaitable's iterator. c: 0 for `await`, 1 for `__aenter__`, 2 for
    /// `__aexit__` (they word the error).
    GetAwaitable;
    /// Delegates: sends `R[c]` to the iterator `R[b]`, kept. If that yields, `R[a]` = the value
    /// yielded; if it returns, `R[a]` = its result, `R[b]` is released and the jump is taken.
    Send(jump);
    /// Yields the value `R[b]` of a delegate in `R[c]`, kept: exceptions thrown into this frame go
    /// to the delegate first. Resumed, `R[a]` = the value sent. If the delegate answers a throw by
    /// returning, `R[a]` = its result, `R[c]` is released and the jump is taken.
    YieldDelegated(jump);
    /// `R[a]` = `R[b]` wrapped as a value yielded by an asynchronous generator.
    AsyncGenWrap;

    // ----- Exceptions. A handler finds the exception in `R[depth]`: see `Handler`.
    /// c 0: raises the handled exception again; 1: raises `R[a]`; 2: raises `R[a] from R[b]`.
    Raise;
    /// Raises the exception `R[a]` again, its traceback as it is.
    Reraise;
    /// Enters a handler: the exception in `R[a]`, kept, becomes the handled one, and the one
    /// handled before goes to `R[a + 1]`.
    PushExc;
    /// Leaves a handler: the handled exception is what `R[a + 1]` says; releases `R[a]`.
    PopExc;
    /// Jumps when (`R[a]`, kept, is an instance of the class or classes `R[b]`) equals c.
    JumpIfExcMatch(jump);
    /// Splits for `except*`: `R[a]` = the part of the exception `R[b]`, kept, that matches `R[c]`,
    /// or `None`; `R[a + 1]` = the rest, or `None`.
    ExcGroupMatch;
    /// Ends `except*`: `R[a]` = what is to be raised of the original `R[b]` and the list `R[c]` of
    /// what the clauses raised and did not match, or `None`.
    ExcGroupReraise;
    /// Enters a `with`: `R[a]` = bound `__exit__` of `R[b]`, `R[a + 1] = R[b].__enter__()`.
    WithEnter;
    /// Leaves a `with` normally: calls `R[a](None, None, None)`.
    WithExit;
    /// Leaves a `with` by the exception `R[b]`: `R[c] = R[a](type, value, traceback)`; a, b kept.
    WithExcept;
    /// Enters an `async with`: `R[a]` = bound `__aexit__`, `R[a + 1]` = awaitable of
    /// `R[b].__aenter__()`, not yet through [`GetAwaitable`](Op::GetAwaitable).
    AsyncWithEnter;
    /// `R[c] = R[a](None, None, None)`: the awaitable of a normal exit.
    AsyncWithExit;

    // ----- Modules.
    /// `R[a]` = module x0 imported with the from-list `R[b]` and the level `R[b + 1]`.
    ImportName(extra);
    /// `R[a]` = attribute or submodule x0 of the module `R[b]`, kept.
    ImportFrom(extra);
    /// Binds the public names of the module `R[a]` in the frame's namespace.
    ImportStar;

    // ----- Pattern matching.
    /// Jumps when (`R[a]`, kept, is a mapping) equals c.
    JumpIfMapping(jump);
    /// Jumps when (`R[a]`, kept, is a sequence to match) equals c.
    JumpIfSequence(jump);
    /// `R[a] = len(R[b])`, b kept.
    GetLen;
    /// `R[a]` = tuple of the values in the mapping `R[b]`, kept, of the keys `R[c]` (a tuple,
    /// kept), or `None` if one is missing.
    MatchKeys;
    /// `R[a]` = tuple of the attributes of `R[b]`, kept, that the pattern of class `R[c]`, with
    /// x0 positional parts and the names in the tuple `consts[x1]`, asks for, or `None`.
    MatchClass(extra);
    /// `R[a]` = a dict of `R[b]`, kept, without the keys in the tuple `R[c]`.
    CopyDictWithout;

    // ----- Rare.
    /// `R[a]` = intrinsic c of `R[b]`, and of what its description names: see [`Intrinsic`].
    Intrinsic;
    /// Makes sure that the frame's namespace has `__annotations__`.
    SetupAnnotations;
    /// Empties the local in `R[bx]`, bound or not.
    ClearLocal;
    /// `R[a]` = the iterable `R[b]` as a tuple: the only positional arguments `*R[b]` of a call of
    /// `R[c]` (kept), which words the error if `R[b]` is not iterable.
    UnpackArguments;
    /// `R[a]` = name x0 in the mapping `R[b]` (kept), else content of the cell in `R[c]`.
    GetNameFromMappingOrCell(extra);
}

impl Op {
    /// The operation with number `number`, if there is one.
    pub fn from_number(number: u8) -> Option<Op> {
        Op::ALL.get(usize::from(number)).copied()
    }
}

/// What [`Op::LoadCommon`] loads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Common {
    /// The class `AssertionError`.
    AssertionError,
    /// The class `NotImplementedError`.
    NotImplementedError,
    /// `Ellipsis`.
    Ellipsis,
}

/// Operations too rare for a number of their own: what [`Op::Intrinsic`] does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Intrinsic {
    /// Shows `R[b]` as the interactive prompt does.
    Print,
    /// `RuntimeError` from the `StopIteration` (or `StopAsyncIteration`) `R[b]` that left a
    /// generator; another exception unchanged.
    StopIterationError,
    /// A type variable named `R[b]`.
    TypeVar,
    /// A type variable named `R[b]` bounded by the function `R[b + 1]`.
    TypeVarWithBound,
    /// A type variable named `R[b]` constrained by the function `R[b + 1]`.
    TypeVarWithConstraints,
    /// A parameter specification named `R[b]`.
    ParamSpec,
    /// A type variable tuple named `R[b]`.
    TypeVarTuple,
    /// Sets the default of the type parameter `R[b]` to the function `R[b + 1]`.
    SetTypeParamDefault,
    /// `Generic[…]` of the tuple `R[b]` of type parameters.
    SubscriptGeneric,
    /// A type alias of the tuple `R[b]`: name, type parameters, function of the value.
    TypeAlias,
    /// The function `R[b]` with its type parameters set to the tuple `R[b + 1]`.
    SetFunctionTypeParams,
}
