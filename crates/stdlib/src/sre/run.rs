//! What a run of the matcher is given, and what it finds.

/// Text of code points of one width.
pub(super) trait Text: Copy {
    fn at(self, index: usize) -> u32;
    fn len(self) -> usize;
}

macro_rules! text {
    ($($unit:ty),+) => {
        $(impl Text for &[$unit] {
            #[inline(always)]
            fn at(self, index: usize) -> u32 {
                u32::from(self[index])
            }
            fn len(self) -> usize {
                <[$unit]>::len(self)
            }
        })+
    };
}

text!(u8, u16, u32);

/// How the end of a match is judged.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Demands {
    /// The match reaches to the end of the text.
    pub(super) all: bool,
    /// The match is not empty.
    pub(super) advance: bool,
}

/// Where a match was found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Beginning and end of each group, if it took part.
    pub(super) groups: Vec<Option<(usize, usize)>>,
    /// The group that ended last, or 0.
    pub(super) last: usize,
}
