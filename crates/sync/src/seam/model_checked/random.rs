//! Chance in a model: a sequence fixed by the model's seed, so that an execution can be replayed.

/// A number from 0 up to, not including, `bound`.
///
/// # Panics
/// If `bound` is 0.
pub fn below(bound: u32) -> u32 {
    super::model::next_random(bound)
}
