//! Items, and what becomes of them when their interpreter ends.

use super::waiting::{Caller, Given};

/// The number of an interpreter, which no other ever has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InterpreterId(pub i64);

/// What becomes of an item that waits to be received when the interpreter that sent it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum OnEnd {
    /// Its receiver is told that there was one: [`Received::Unbound`].
    #[default]
    Unbound,
    /// Its receiver gets an error.
    Error,
    /// It is removed.
    Remove,
}

/// What a receiver gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Received<T> {
    /// What was sent.
    Item(T),
    /// There was an item, but its interpreter has ended, and it was sent with [`OnEnd::Unbound`].
    Unbound,
}

impl<T> Received<T> {
    /// What was sent, unless its interpreter has ended.
    pub fn item(self) -> Option<T> {
        match self {
            Self::Item(item) => Some(item),
            Self::Unbound => None,
        }
    }
}

/// What comes out of an entry.
pub(super) type Delivery<T> = Result<Received<T>, Orphan>;

/// The item's interpreter has ended, and its receiver is to get an error.
#[derive(Debug)]
pub(super) struct Orphan;

/// An item on its way.
pub(super) struct Entry<T> {
    pub(super) from: InterpreterId,
    pub(super) on_end: OnEnd,
    pub(super) content: Content<T>,
}

/// How an item is on its way.
pub(super) enum Content<T> {
    /// Its sender waits.
    Awaited(T, Caller<Given<T>>),
    /// Its sender has gone on.
    Left(T),
    /// Its sender's interpreter has ended.
    Orphaned,
}
