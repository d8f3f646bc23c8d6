//! The order in which attributes are looked up.

use super::Type;

/// A type and its bases, in order.
pub enum Mro {
    /// A class with a linearisation of its own.
    Order(core::slice::Iter<'static, &'static Type>),
    /// A builtin type: it and its one base, and so on.
    Line(Option<&'static Type>),
}

impl Iterator for Mro {
    type Item = &'static Type;
    #[inline]
    fn next(&mut self) -> Option<&'static Type> {
        match self {
            Mro::Order(order) => order.next().copied(),
            Mro::Line(next) => {
                let ty = (*next)?;
                *next = ty.base;
                Some(ty)
            }
        }
    }
}
