//! `sum`, of floats with what rounding loses.

use crate::error::PyResult;
use crate::object::bytes::{BYTE_ARRAY_TYPE, BYTES_TYPE};
use crate::object::float::{Float, float_of};
use crate::object::native::Args;
use crate::object::str::Str;
use crate::object::{BinaryOp, downcast, int};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};

pub(super) fn sum(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [iterable, start] = args.bind(thread, "sum", ["iterable", "start"], 1)?;
    let mut total = start.map_or_else(|| Ref::small(0), Value::to_ref);
    let refused = [
        (
            downcast::<Str>(&total).is_some(),
            "strings [use ''.join(seq) instead]",
        ),
        (
            total.is_exactly(&BYTES_TYPE),
            "bytes [use b''.join(seq) instead]",
        ),
        (
            total.is_exactly(&BYTE_ARRAY_TYPE),
            "bytearray [use b''.join(seq) instead]",
        ),
    ];
    if let Some((_, what)) = refused.iter().find(|(refused, _)| *refused) {
        return Err(thread.type_error(format!("sum() can't sum {what}")));
    }
    let iterator = operations::iter(thread, iterable.expect("required"))?;
    let mut floats: Option<Compensated> = float_of(*total).map(Compensated::new);
    while let Some(item) = operations::next(thread, *iterator)? {
        if let Some(sum) = &mut floats {
            let number = match (float_of(*item), int::to_i64(*item)) {
                (Some(float), _) => Some(float),
                (None, Some(Ok(int))) => Some(int as f64),
                _ => None,
            };
            if let Some(number) = number {
                sum.add(number);
                continue;
            }
            total = Float::from_f64(sum.total());
            floats = None;
        }
        if let (Some(sum), Some(int)) = (total.as_int(), item.as_int()) {
            // Neither has more than 63 bits.
            total = int::from_i64(sum + int);
            continue;
        }
        total = operations::binary(thread, BinaryOp::Add, *total, *item)?;
        if float_of(*item).is_some() {
            floats = float_of(*total).map(Compensated::new);
        }
    }
    Ok(floats.map_or(total, |sum| Float::from_f64(sum.total())))
}

/// A sum of floats that keeps what rounding loses (Neumaier's variant of Kahan's).
struct Compensated {
    sum: f64,
    lost: f64,
}

impl Compensated {
    fn new(sum: f64) -> Self {
        Self { sum, lost: 0.0 }
    }

    fn add(&mut self, number: f64) {
        let new = self.sum + number;
        self.lost += if self.sum.abs() >= number.abs() {
            (self.sum - new) + number
        } else {
            (number - new) + self.sum
        };
        self.sum = new;
    }

    fn total(&self) -> f64 {
        // An infinite or undefined sum has nothing to correct.
        if self.lost != 0.0 && self.lost.is_finite() {
            self.sum + self.lost
        } else {
            self.sum
        }
    }
}
