//! How the iterators of ranges are copied and pickled: as `iter` of the range that is left.

use super::methods::LongRangeIterator;
use super::{Range, RangeIterator};
use crate::object::native::NativeDef;
use crate::object::tuple::Tuple;
use crate::object::{downcast_exact, int, singletons};
use crate::operations;
use crate::value::Value;
use dashu_int::IBig;

/// The methods of both types.
pub(super) static ITERATOR_METHODS: &[NativeDef] = &[
    NativeDef::method("__length_hint__", |thread, args| {
        let [this] = args.exactly(thread, "__length_hint__")?;
        let [_, _, left] = rest(this, IBig::ZERO);
        Ok(int::from_big(left))
    }),
    NativeDef::method("__reduce__", |thread, args| {
        let [this] = args.exactly(thread, "__reduce__")?;
        let [next, step, left] = rest(this, IBig::ZERO);
        let stop = &next + &step * left;
        let iter = operations::builtin(thread, "iter")?;
        let arguments = Tuple::from_refs(vec![Range::of_any(next, stop, step)]);
        Ok(Tuple::from_refs(vec![iter, arguments, singletons::none()]))
    }),
    NativeDef::method("__setstate__", |thread, args| {
        let [this, index] = args.exactly(thread, "__setstate__")?;
        let index = operations::as_int(thread, index)?;
        let index = int::big(*index).expect("`as_int` makes an integer");
        rest(this, index.into_owned().max(IBig::ZERO));
        Ok(singletons::none())
    }),
];

/// The next integer, the step and how many are left; after as many as `skip` are left out.
fn rest(this: Value, skip: IBig) -> [IBig; 3] {
    if let Some(this) = downcast_exact::<RangeIterator>(&this) {
        let (next, step, left) = this.rest(u64::try_from(&skip).unwrap_or(u64::MAX));
        return [IBig::from(next), IBig::from(step), IBig::from(left)];
    }
    downcast_exact::<LongRangeIterator>(&this)
        .expect("called through its type")
        .rest(skip)
}
