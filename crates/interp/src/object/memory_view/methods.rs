//! What views of memory can do.

use super::{Format, MemoryView, Place, name_of};
use crate::error::{PyResult, Raised};
use crate::object::bytes::{Bytes, bytes_of};
use crate::object::iterators::SequenceIterator;
use crate::object::list::List;
use crate::object::native::{Args, NativeDef};
use crate::object::slice::Slice;
use crate::object::str::Str;
use crate::object::tuple::{Tuple, position};
use crate::object::{CompareOp, Slots, class, downcast, exception, int, singletons};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};

pub(super) const SLOTS: Slots = Slots {
    construct: Some(|thread, _, args| {
        let [object] = args.bind(thread, "memoryview", ["object"], 1)?;
        let object = object.expect("required");
        MemoryView::of(object).ok_or_else(|| {
            let got = object.ty().name();
            thread.type_error(format!(
                "memoryview: a bytes-like object is required, not '{got}'"
            ))
        })
    }),
    repr: Some(|_, value| {
        let this = view(&value);
        let released = this.owner.get(&this.object).is_none();
        let what = if released {
            "released memory"
        } else {
            "memory"
        };
        Ok(Str::new(&format!("<{what} at {:p}>", value.pointer())))
    }),
    len: Some(|thread, value| {
        view(&value).owner(thread)?;
        Ok(view(&value).len)
    }),
    iter: Some(|thread, value| {
        view(&value).owner(thread)?;
        Ok(SequenceIterator::new(value.to_ref()))
    }),
    get_item: Some(get_item),
    set_item: Some(set_item),
    compare: Some(compare),
    hash: Some(|thread, value| {
        let this = view(&value);
        if !this.readonly {
            return Err(thread.value_error("cannot hash writable memoryview object"));
        }
        let data = Bytes::new(&contents(thread, this)?);
        operations::hash(thread, *data)
    }),
    ..Slots::of::<MemoryView>()
};

pub(super) static METHODS: &[NativeDef] = &[
    NativeDef::class_method("__class_getitem__", class::generic_alias),
    NativeDef::method("__enter__", |thread, args| {
        let [this] = args.exactly(thread, "__enter__")?;
        view(&this).owner(thread)?;
        Ok(this.to_ref())
    }),
    NativeDef::method("__exit__", release),
    NativeDef::getter("c_contiguous", is_contiguous),
    NativeDef::method("cast", cast),
    NativeDef::getter("contiguous", is_contiguous),
    NativeDef::method("count", |thread, args| {
        let [this, item] = args.exactly(thread, "memoryview.count")?;
        let mut count = 0;
        for candidate in operations::collect(thread, this)? {
            count += i64::from(operations::equals(thread, *candidate, item)?);
        }
        Ok(Ref::small(count))
    }),
    NativeDef::getter("f_contiguous", is_contiguous),
    NativeDef::getter("format", |thread, args| {
        let this = open(thread, args)?;
        Ok(name_of(this.format))
    }),
    NativeDef::method("hex", |thread, args| {
        let (this, rest) = args.split_receiver();
        let data = Bytes::new(&contents(thread, view(&this))?);
        let method = operations::get_attr_named(thread, *data, "hex")?;
        operations::call(thread, *method, &rest)
    }),
    NativeDef::method("index", |thread, args| {
        let (this, rest) = args.split_receiver();
        let items = Tuple::from_refs(operations::collect(thread, this)?);
        let method = operations::get_attr_named(thread, *items, "index")?;
        operations::call(thread, *method, &rest).map_err(|raised| {
            if thread.raised_is(&exception::VALUE_ERROR) {
                drop(thread.take_raised());
                return thread.value_error("memoryview.index(x): x not found");
            }
            raised
        })
    }),
    NativeDef::getter("itemsize", |thread, args| {
        Ok(int::from_usize(open(thread, args)?.format.size()))
    }),
    NativeDef::getter("nbytes", |thread, args| {
        let this = open(thread, args)?;
        Ok(int::from_usize(this.len * this.format.size()))
    }),
    NativeDef::getter("ndim", |thread, args| {
        open(thread, args)?;
        Ok(Ref::small(1))
    }),
    NativeDef::getter("obj", |thread, args| {
        let this = view(&args.positional()[0]);
        this.owner(thread)
    }),
    NativeDef::getter("readonly", |thread, args| {
        Ok(singletons::bool(open(thread, args)?.readonly))
    }),
    NativeDef::method("release", release),
    NativeDef::getter("shape", |thread, args| {
        let len = open(thread, args)?.len;
        Ok(Tuple::from_refs(vec![int::from_usize(len)]))
    }),
    NativeDef::getter("strides", |thread, args| {
        let stride = open(thread, args)?.stride;
        Ok(Tuple::from_refs(vec![int::from_i64(stride)]))
    }),
    NativeDef::getter("suboffsets", |thread, args| {
        open(thread, args)?;
        Ok(Tuple::from_values(&[]))
    }),
    NativeDef::method("tobytes", |thread, args| {
        let this = view(&args.positional()[0]);
        Ok(Bytes::new(&contents(thread, this)?))
    }),
    NativeDef::method("tolist", |thread, args| {
        let [this] = args.exactly(thread, "memoryview.tolist")?;
        Ok(List::from_refs(operations::collect(thread, this)?))
    }),
    NativeDef::method("toreadonly", |thread, args| {
        let [this] = args.exactly(thread, "memoryview.toreadonly")?;
        let this = view(&this);
        let place = Place {
            readonly: true,
            ..this.place()
        };
        Ok(MemoryView::make(this.owner(thread)?, place))
    }),
];

fn view(value: &Value) -> &MemoryView {
    downcast::<MemoryView>(value).expect("methods of views are called with views")
}

/// The view that a getter was called with, not released.
fn open<'a>(thread: &mut Thread, args: &Args<'a>) -> PyResult<&'a MemoryView> {
    let this = view(&args.positional()[0]);
    this.owner(thread)?;
    Ok(this)
}

fn contents(thread: &mut Thread, this: &MemoryView) -> PyResult<Vec<u8>> {
    this.owner(thread)?;
    this.to_vec().ok_or_else(|| super::gone(thread))
}

fn release(_: &mut Thread, args: &Args<'_>) -> PyResult {
    let this = view(&args.positional()[0]);
    this.owner.set(&this.object, None);
    Ok(singletons::none())
}

fn is_contiguous(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let this = open(thread, args)?;
    let contiguous = this.stride == this.format.size() as i64 || this.len <= 1;
    Ok(singletons::bool(contiguous))
}

/// `cast(format[, shape])`
fn cast(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = args.split_receiver();
    let [format, shape] = rest.bind(thread, "cast", ["format", "shape"], 1)?;
    let this = view(&this);
    let owner = this.owner(thread)?;
    let format = operations::text(thread, format.expect("required"), "format argument")?;
    let Some(format) = Format::named(&format) else {
        let text = "memoryview: destination format must be a native single character format prefixed with an optional '@'";
        return Err(thread.value_error(text));
    };
    if this.stride != this.format.size() as i64 {
        let text = "memoryview: casts are restricted to C-contiguous views";
        return Err(thread.type_error(text));
    }
    let is_byte = |format: Format| b"bBc".contains(&format.0);
    if !is_byte(format) && !is_byte(this.format) {
        let text = "memoryview: cannot cast between two non-byte formats";
        return Err(thread.type_error(text));
    }
    let bytes = this.len * this.format.size();
    if bytes % format.size() != 0 {
        let text = "memoryview: length is not a multiple of itemsize";
        return Err(thread.type_error(text));
    }
    if let Some(shape) = shape {
        let shape = operations::collect(thread, shape)?;
        let [only] = &shape[..] else {
            let text = "memoryview: views have one dimension";
            return Err(thread.raise_text(&exception::NOT_IMPLEMENTED_ERROR, text));
        };
        if operations::index(thread, **only)? != (bytes / format.size()) as i64 {
            let text = "memoryview: product(shape) * itemsize != buffer size";
            return Err(thread.type_error(text));
        }
    }
    let place = Place {
        len: bytes / format.size(),
        stride: format.size() as i64,
        format,
        ..this.place()
    };
    Ok(MemoryView::make(owner, place))
}

/// The part of a view that a slice means.
fn part(thread: &mut Thread, this: &MemoryView, slice: &Slice) -> PyResult {
    let owner = this.owner(thread)?;
    let chosen = slice.resolve(thread, this.len)?;
    let len = chosen.indices().count();
    let start = if len == 0 {
        this.start
    } else {
        this.offset(chosen.start as usize)
    };
    let place = Place {
        start,
        len,
        stride: this.stride * chosen.step,
        ..this.place()
    };
    Ok(MemoryView::make(owner, place))
}

fn bad_key(thread: &mut Thread) -> Raised {
    thread.type_error("memoryview: invalid slice key")
}

fn get_item(thread: &mut Thread, value: Value, key: Value) -> PyResult {
    let this = view(&value);
    this.owner(thread)?;
    if let Some(slice) = downcast::<Slice>(&key) {
        return part(thread, this, slice);
    }
    if !operations::is_index(thread, key) {
        return Err(bad_key(thread));
    }
    let at = place(thread, this, key)?;
    this.item(thread, at)
}

fn place(thread: &mut Thread, this: &MemoryView, key: Value) -> PyResult<usize> {
    position(thread, key, this.len, "index").map_err(|raised| {
        if thread.raised_is(&exception::INDEX_ERROR) {
            drop(thread.take_raised());
            let text = "index out of bounds on dimension 1";
            return thread.raise_text(&exception::INDEX_ERROR, text);
        }
        raised
    })
}

fn set_item(thread: &mut Thread, value: Value, key: Value, new: Option<Value>) -> PyResult<()> {
    let this = view(&value);
    this.owner(thread)?;
    if this.readonly {
        return Err(thread.type_error("cannot modify read-only memory"));
    }
    let Some(new) = new else {
        return Err(thread.type_error("cannot delete memory"));
    };
    let Some(slice) = downcast::<Slice>(&key) else {
        if !operations::is_index(thread, key) {
            return Err(bad_key(thread));
        }
        let at = place(thread, this, key)?;
        let item = this.format.pack(thread, new)?;
        return this.write(thread, this.offset(at), &item);
    };
    let target = part(thread, this, slice)?;
    let target = view(&target);
    let Some(data) = bytes_of(&new).map(|data| data.to_vec()) else {
        let got = new.ty().name();
        let text = format!("a bytes-like object is required, not '{got}'");
        return Err(thread.type_error(text));
    };
    let size = this.format.size();
    let format = downcast::<MemoryView>(&new).map_or(Format::BYTE, |new| new.format);
    if data.len() != target.len * size || format != this.format {
        let text = "memoryview assignment: lvalue and rvalue have different structures";
        return Err(thread.value_error(text));
    }
    for (index, item) in data.chunks(size).enumerate() {
        target.write(thread, target.offset(index), item)?;
    }
    Ok(())
}

fn compare(thread: &mut Thread, op: CompareOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(None);
    }
    // A view that was released equals itself only.
    let sides = [left, right].map(MemoryView::of);
    let same = match &sides {
        [Some(left), Some(right)] => {
            let left = operations::collect(thread, **left)?;
            let right = operations::collect(thread, **right)?;
            let (left, right) = (List::from_refs(left), List::from_refs(right));
            operations::equals(thread, *left, *right)?
        }
        _ if downcast::<MemoryView>(&left).is_some() && left.is(right) => true,
        _ => return Ok(None),
    };
    Ok(Some(singletons::bool(same == (op == CompareOp::Eq))))
}
