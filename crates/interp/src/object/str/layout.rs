//! Padding strings to a width.

use super::Str;
use super::methods::{receiver, string};
use crate::error::PyResult;
use crate::object::downcast;
use crate::object::native::Args;
use crate::object::tuple::check_size;
use crate::operations;
use crate::thread::Thread;

pub(super) fn justify(
    thread: &mut Thread,
    args: &Args<'_>,
    method: &str,
    sides: fn(usize, usize) -> (usize, usize),
) -> PyResult {
    let (this, rest) = receiver(thread, args, method)?;
    let given = rest.between(thread, method, 1, 2)?;
    let width = operations::count(thread, given[0])?;
    let fill = match given.get(1) {
        None => u32::from(' '),
        Some(fill) => match downcast::<Str>(fill) {
            Some(fill) if fill.len() == 1 => fill.code_points().at(0),
            Some(_) => {
                return Err(
                    thread.type_error("The fill character must be exactly one character long")
                );
            }
            None => {
                let name = fill.ty().name();
                return Err(thread.type_error(format!(
                    "The fill character must be a unicode character, not {name}"
                )));
            }
        },
    };
    let string = string(&this);
    let Some(missing) = width
        .checked_sub(string.len())
        .filter(|missing| *missing > 0)
    else {
        return Ok(string.exact(this));
    };
    check_size(thread, width, 1, 2 * size_of::<u32>())?;
    let (left, right) = sides(missing, width);
    let mut points = vec![fill; left];
    points.extend(string.code_points().iter());
    points.resize(points.len() + right, fill);
    Ok(Str::from_code_points(&points))
}

pub(super) fn zfill(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = receiver(thread, args, "zfill")?;
    let [width] = rest.exactly(thread, "str.zfill")?;
    let width = operations::count(thread, width)?;
    let string = string(&this);
    let Some(missing) = width
        .checked_sub(string.len())
        .filter(|missing| *missing > 0)
    else {
        return Ok(string.exact(this));
    };
    check_size(thread, width, 1, 2 * size_of::<u32>())?;
    let points = string.code_points();
    let signed = usize::from(!points.is_empty() && matches!(points.at(0), 0x2b | 0x2d));
    let mut out: Vec<u32> = points.part(0, signed).iter().collect();
    out.resize(signed + missing, u32::from('0'));
    out.extend(points.part(signed, points.len()).iter());
    Ok(Str::from_code_points(&out))
}

pub(super) fn expandtabs(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = receiver(thread, args, "expandtabs")?;
    let [size] = rest.bind(thread, "expandtabs", ["tabsize"], 0)?;
    let size = match size {
        Some(size) => operations::count(thread, size)?,
        None => 8,
    };
    let (mut out, mut column) = (Vec::new(), 0);
    for point in string(&this).code_points().iter() {
        match point {
            0x09 => {
                let step = if size == 0 { 0 } else { size - column % size };
                check_size(thread, step, 1, 2 * size_of::<u32>())?;
                out.resize(out.len() + step, 0x20);
                column += step;
            }
            0x0a | 0x0d => {
                out.push(point);
                column = 0;
            }
            _ => {
                out.push(point);
                column += 1;
            }
        }
    }
    Ok(Str::from_code_points(&out))
}
