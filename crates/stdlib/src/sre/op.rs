//! What code is made of, as `re._constants` numbers it.

macro_rules! ops {
    ($($name:ident)+) => { ops!(@number 0; $($name)+); };
    (@number $number:expr; $name:ident $($rest:ident)*) => {
        #[allow(dead_code, reason = "numbers follow from names that come before")]
        pub(super) const $name: u32 = $number;
        ops!(@number $number + 1; $($rest)*);
    };
    (@number $number:expr;) => {};
}
ops! {
    FAILURE SUCCESS ANY ANY_ALL ASSERT ASSERT_NOT AT BRANCH CATEGORY CHARSET BIGCHARSET GROUPREF
    GROUPREF_EXISTS IN INFO JUMP LITERAL MARK MAX_UNTIL MIN_UNTIL NOT_LITERAL NEGATE RANGE
    REPEAT REPEAT_ONE SUBPATTERN MIN_REPEAT_ONE ATOMIC_GROUP POSSESSIVE_REPEAT
    POSSESSIVE_REPEAT_ONE GROUPREF_IGNORE IN_IGNORE LITERAL_IGNORE NOT_LITERAL_IGNORE
    GROUPREF_LOC_IGNORE IN_LOC_IGNORE LITERAL_LOC_IGNORE NOT_LITERAL_LOC_IGNORE
    GROUPREF_UNI_IGNORE IN_UNI_IGNORE LITERAL_UNI_IGNORE NOT_LITERAL_UNI_IGNORE
    RANGE_UNI_IGNORE
}
