//! What changes a byte array.

use super::construct::{byte, from_items};
use super::operators::{repeat, require};
use super::{ByteArray, bytes_of};
use crate::error::PyResult;
use crate::object::native::NativeDef;
use crate::object::slice::Slice;
use crate::object::tuple::position;
use crate::object::{BinaryOp, downcast, exception, singletons};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};

pub(super) const METHODS: [NativeDef; 9] = [
    NativeDef::method("append", |thread, args| {
        let (this, rest) = args.split_receiver();
        let [item] = rest.exactly(thread, "bytearray.append")?;
        let item = byte(thread, item, "byte")?;
        array(thread, &this)?.locked(|data| data.push(item));
        Ok(singletons::none())
    }),
    NativeDef::method("clear", |thread, args| {
        let (this, rest) = args.split_receiver();
        let [] = rest.exactly(thread, "bytearray.clear")?;
        array(thread, &this)?.locked(Vec::clear);
        Ok(singletons::none())
    }),
    NativeDef::method("copy", |thread, args| {
        let (this, rest) = args.split_receiver();
        let [] = rest.exactly(thread, "bytearray.copy")?;
        Ok(ByteArray::new(
            array(thread, &this)?.locked(|data| data.clone()),
        ))
    }),
    NativeDef::method("extend", |thread, args| {
        let (this, rest) = args.split_receiver();
        let [items] = rest.exactly(thread, "bytearray.extend")?;
        let new = items_of(thread, items)?;
        array(thread, &this)?.locked(|data| data.extend(new));
        Ok(singletons::none())
    }),
    NativeDef::method("insert", |thread, args| {
        let (this, rest) = args.split_receiver();
        let [at, item] = rest.exactly(thread, "insert")?;
        let (at, item) = (
            operations::index_clamped(thread, at)?,
            byte(thread, item, "byte")?,
        );
        array(thread, &this)?.locked(|data| {
            let len = data.len() as i64;
            let at = if at < 0 {
                at.saturating_add(len).max(0)
            } else {
                at.min(len)
            };
            data.insert(at as usize, item);
        });
        Ok(singletons::none())
    }),
    NativeDef::method("pop", |thread, args| {
        let (this, rest) = args.split_receiver();
        let at = match rest.between(thread, "pop", 0, 1)? {
            [at] => operations::index(thread, *at)?,
            _ => -1,
        };
        let this = array(thread, &this)?;
        let popped = this.locked(|data| {
            let place = if at < 0 { at + data.len() as i64 } else { at };
            let place = usize::try_from(place)
                .ok()
                .filter(|place| *place < data.len());
            place.map(|place| data.remove(place)).ok_or(data.is_empty())
        });
        match popped {
            Ok(item) => Ok(Ref::small(i64::from(item))),
            Err(true) => {
                Err(thread.raise_text(&exception::INDEX_ERROR, "pop from empty bytearray"))
            }
            Err(false) => Err(thread.raise_text(&exception::INDEX_ERROR, "pop index out of range")),
        }
    }),
    NativeDef::method("remove", |thread, args| {
        let (this, rest) = args.split_receiver();
        let [item] = rest.exactly(thread, "bytearray.remove")?;
        let item = byte(thread, item, "byte")?;
        let found = array(thread, &this)?.locked(|data| {
            let at = data.iter().position(|byte| *byte == item);
            at.map(|at| data.remove(at)).is_some()
        });
        if found {
            Ok(singletons::none())
        } else {
            Err(thread.value_error("value not found in bytearray"))
        }
    }),
    NativeDef::method("resize", |thread, args| {
        let (this, rest) = args.split_receiver();
        let [size] = rest.exactly(thread, "bytearray.resize")?;
        let Ok(size) = usize::try_from(operations::index(thread, size)?) else {
            return Err(thread.value_error("bytearray.resize(): new size must be >= 0"));
        };
        crate::object::tuple::check_size(thread, size, 1, 2)?;
        array(thread, &this)?.locked(|data| data.resize(size, 0));
        Ok(singletons::none())
    }),
    NativeDef::method("reverse", |thread, args| {
        let (this, rest) = args.split_receiver();
        let [] = rest.exactly(thread, "bytearray.reverse")?;
        array(thread, &this)?.locked(|data| data.reverse());
        Ok(singletons::none())
    }),
];

fn array<'a>(thread: &mut Thread, value: &'a Value) -> PyResult<&'a ByteArray> {
    downcast::<ByteArray>(value).ok_or_else(|| {
        let name = value.ty().name();
        thread.type_error(format!(
            "descriptor for 'bytearray' objects doesn't apply to a '{name}' object"
        ))
    })
}

/// The bytes that an iterable, or anything with bytes, has.
fn items_of(thread: &mut Thread, value: Value) -> PyResult<Vec<u8>> {
    if let Some(bytes) = bytes_of(&value) {
        return Ok(bytes.into_owned());
    }
    if value.ty().iter().is_none() && value.ty().get_item().is_none() {
        let name = value.ty().name();
        return Err(thread.type_error(format!("can't extend bytearray with {name}")));
    }
    from_items(thread, value, "byte")
}

pub(super) fn set_item(
    thread: &mut Thread,
    value: Value,
    key: Value,
    new: Option<Value>,
) -> PyResult<()> {
    let this = array(thread, &value)?;
    if let Some(slice) = downcast::<Slice>(&key) {
        let new = match new {
            Some(new) if operations::is_index(thread, new) => {
                return Err(thread.type_error(
                    "can assign only bytes, buffers, or iterables of ints in range(0, 256)",
                ));
            }
            Some(new) => Some(items_of(thread, new)?),
            None => None,
        };
        let range = slice.resolve(thread, this.locked(|data| data.len()))?;
        let indices: Vec<usize> = range.indices().collect();
        return match new {
            Some(new) if range.step != 1 && new.len() != indices.len() => {
                let (given, room) = (new.len(), indices.len());
                let text = format!(
                    "attempt to assign bytes of size {given} to extended slice of size {room}"
                );
                Err(thread.value_error(text))
            }
            new => {
                this.locked(|data| splice(data, range.start, range.step, &indices, new));
                Ok(())
            }
        };
    }
    if !operations::is_index(thread, key) {
        let ty = key.ty().name();
        return Err(thread.type_error(format!(
            "bytearray indices must be integers or slices, not {ty}"
        )));
    }
    let item = match new {
        Some(new) => Some(byte(thread, new, "byte")?),
        None => None,
    };
    let at = position(thread, key, this.locked(|data| data.len()), "bytearray")?;
    let there = this.locked(|data| {
        // The index may have been computed by a method that changed the array.
        let there = at < data.len();
        match item {
            Some(item) if there => data[at] = item,
            None if there => drop(data.remove(at)),
            _ => {}
        }
        there
    });
    if there {
        Ok(())
    } else {
        let text = "bytearray index out of range";
        Err(thread.raise_text(&exception::INDEX_ERROR, text))
    }
}

fn splice(data: &mut Vec<u8>, start: i64, step: i64, indices: &[usize], new: Option<Vec<u8>>) {
    match new {
        Some(new) if step == 1 => {
            let start = (start as usize).min(data.len());
            let end = (start + indices.len()).min(data.len());
            data.splice(start..end, new);
        }
        Some(new) => {
            for (at, byte) in indices.iter().zip(new) {
                if let Some(place) = data.get_mut(*at) {
                    *place = byte;
                }
            }
        }
        None => {
            let mut gone = vec![false; data.len()];
            for at in indices {
                if let Some(gone) = gone.get_mut(*at) {
                    *gone = true;
                }
            }
            let mut gone = gone.into_iter();
            data.retain(|_| !gone.next().unwrap_or(false));
        }
    }
}

pub(super) fn inplace(
    thread: &mut Thread,
    op: BinaryOp,
    left: Value,
    right: Value,
) -> PyResult<Option<Ref>> {
    let this = array(thread, &left)?;
    match op {
        BinaryOp::Add => {
            if bytes_of(&right).is_none() {
                let name = right.ty().name();
                return Err(thread.type_error(format!("can't concat {name} to bytearray")));
            }
            let more = require(thread, right)?;
            this.locked(|data| data.extend(more));
        }
        BinaryOp::Mul => {
            let Some(repeated) = repeat(thread, left, &this.locked(|data| data.clone()), right)?
            else {
                return Ok(None);
            };
            let new = require(thread, *repeated)?;
            this.locked(|data| *data = new);
        }
        _ => return Ok(None),
    }
    Ok(Some(left.to_ref()))
}
