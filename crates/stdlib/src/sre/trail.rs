//! What a matcher remembers in order to take it back.

/// A repetition that is going on.
#[derive(Clone, Copy)]
pub(super) struct Loop {
    /// The `REPEAT`.
    pub(super) pc: usize,
    /// How often its body has matched; the first time it is about to begin.
    pub(super) count: i64,
    /// Where the body began last.
    pub(super) last: usize,
    /// The repetition around it.
    pub(super) outer: usize,
}

/// What is undone, or tried instead.
pub(super) enum Step {
    Mark(usize, usize),
    Last(usize),
    Inner(usize),
    Loop(usize, i64, usize),
    /// An alternative further on in a `BRANCH`.
    Branch(usize, usize),
    /// One item fewer of a `REPEAT_ONE` whose items begin here.
    Fewer {
        pc: usize,
        start: usize,
        count: usize,
    },
    /// One item more of a `MIN_REPEAT_ONE`.
    More {
        pc: usize,
        at: usize,
        count: usize,
    },
    /// What follows a repetition instead of its body once more.
    Leave {
        inner: usize,
        pc: usize,
        at: usize,
    },
    /// The body of a lazy repetition once more.
    Again {
        inner: usize,
        at: usize,
        count: i64,
    },
}
