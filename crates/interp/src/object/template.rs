//! What t-strings make: templates and their interpolations.

use super::class::OBJECT_TYPE;
use super::iterators::SequenceIterator;
use super::tuple::Tuple;
use super::{Base, BinaryOp, Object, Payload, Slots, Type, allocate, downcast, downcast_exact};
use crate::error::PyResult;
use crate::object::native::{Args, NativeDef};
use crate::object::str::Str;
use crate::operations;
use crate::references;
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// A t-string's value: strings, and between each two of them an interpolation.
#[repr(C)]
pub struct Template {
    object: Object,
    /// Tuples; there is one string more.
    strings: Ref,
    interpolations: Ref,
}

/// A replacement field of a t-string: not yet formatted.
#[repr(C)]
pub struct Interpolation {
    object: Object,
    value: Ref,
    expression: Ref,
    conversion: Ref,
    specification: Ref,
}

/// The type `string.templatelib.Template`.
pub static TEMPLATE_TYPE: Type = Type::builtin(
    "Template",
    Base::One(&OBJECT_TYPE),
    Slots {
        repr: Some(repr_template),
        iter: Some(parts),
        binary: Some(concatenate),
        ..Slots::of::<Template>()
    },
    &[
        NativeDef::getter("strings", |thread, args| {
            Ok(template(thread, args)?.strings.clone())
        }),
        NativeDef::getter("interpolations", |thread, args| {
            Ok(template(thread, args)?.interpolations.clone())
        }),
        NativeDef::getter("values", |thread, args| {
            let this = template(thread, args)?;
            let values = items(&this.interpolations)
                .iter()
                .filter_map(downcast_exact::<Interpolation>);
            Ok(Tuple::from_refs(
                values.map(|part| part.value.clone()).collect(),
            ))
        }),
    ],
)
.in_module("string.templatelib");

/// The type `string.templatelib.Interpolation`.
pub static INTERPOLATION_TYPE: Type = Type::builtin(
    "Interpolation",
    Base::One(&OBJECT_TYPE),
    Slots {
        repr: Some(repr_interpolation),
        ..Slots::of::<Interpolation>()
    },
    &[
        NativeDef::getter("value", |thread, args| {
            Ok(interpolation(thread, args)?.value.clone())
        }),
        NativeDef::getter("expression", |thread, args| {
            Ok(interpolation(thread, args)?.expression.clone())
        }),
        NativeDef::getter("conversion", |thread, args| {
            Ok(interpolation(thread, args)?.conversion.clone())
        }),
        NativeDef::getter("format_spec", |thread, args| {
            Ok(interpolation(thread, args)?.specification.clone())
        }),
    ],
)
.in_module("string.templatelib");

// SAFETY: `Template` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Template {
    const TYPE: &'static Type = &TEMPLATE_TYPE;

    references!(strings, interpolations;);
}

// SAFETY: `Interpolation` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Interpolation {
    const TYPE: &'static Type = &INTERPOLATION_TYPE;

    references!(value, expression, conversion, specification;);
}

impl Interpolation {
    /// A replacement field; `conversion` is `None` or one of `"s"`, `"r"`, `"a"`.
    pub fn new(value: Ref, expression: Ref, conversion: Ref, specification: Ref) -> Ref {
        let object = Object::new(&INTERPOLATION_TYPE);
        allocate(Self {
            object,
            value,
            expression,
            conversion,
            specification,
        })
    }
}

impl Template {
    /// A template of strings and interpolations in any order.
    pub fn from_parts(parts: Vec<Ref>) -> Ref {
        let (mut strings, mut interpolations) = (vec![Str::new("")], Vec::new());
        for part in parts {
            if downcast_exact::<Interpolation>(&part).is_some() {
                interpolations.push(part);
                strings.push(Str::new(""));
            } else if let Some(last) = strings.last_mut() {
                let joined: Vec<&Str> = [&*last, &part]
                    .into_iter()
                    .filter_map(|text| downcast::<Str>(text))
                    .collect();
                *last = Str::join_all(&joined);
            }
        }
        let (strings, interpolations) =
            (Tuple::from_refs(strings), Tuple::from_refs(interpolations));
        allocate(Self {
            object: Object::new(&TEMPLATE_TYPE),
            strings,
            interpolations,
        })
    }

    /// Strings that are not empty, and interpolations, in order.
    fn parts(&self) -> Vec<Ref> {
        let mut parts = Vec::new();
        let mut interpolations = items(&self.interpolations).iter();
        for string in items(&self.strings) {
            if downcast::<Str>(string).is_some_and(|string| !string.is_empty()) {
                parts.push(string.to_ref());
            }
            parts.extend(interpolations.next().map(|part| part.to_ref()));
        }
        parts
    }
}

fn items(tuple: &Ref) -> &[Value] {
    downcast::<Tuple>(tuple).map_or(&[], Tuple::items)
}

fn template<'a>(thread: &mut Thread, args: &Args<'a>) -> PyResult<&'a Template> {
    match args
        .positional()
        .first()
        .and_then(downcast_exact::<Template>)
    {
        Some(this) => Ok(this),
        None => {
            Err(thread.type_error("descriptor requires a 'string.templatelib.Template' object"))
        }
    }
}

fn interpolation<'a>(thread: &mut Thread, args: &Args<'a>) -> PyResult<&'a Interpolation> {
    match args
        .positional()
        .first()
        .and_then(downcast_exact::<Interpolation>)
    {
        Some(this) => Ok(this),
        None => {
            Err(thread
                .type_error("descriptor requires a 'string.templatelib.Interpolation' object"))
        }
    }
}

fn repr_template(thread: &mut Thread, value: Value) -> PyResult {
    let this = downcast_exact::<Template>(&value).expect("called through its type");
    let strings = operations::repr_text(thread, *this.strings)?;
    let interpolations = operations::repr_text(thread, *this.interpolations)?;
    Ok(Str::new(&format!(
        "Template(strings={strings}, interpolations={interpolations})"
    )))
}

fn repr_interpolation(thread: &mut Thread, value: Value) -> PyResult {
    let this = downcast_exact::<Interpolation>(&value).expect("called through its type");
    let mut parts = Vec::new();
    for part in [
        &this.value,
        &this.expression,
        &this.conversion,
        &this.specification,
    ] {
        parts.push(operations::repr_text(thread, **part)?);
    }
    Ok(Str::new(&format!("Interpolation({})", parts.join(", "))))
}

fn parts(_: &mut Thread, value: Value) -> PyResult {
    let this = downcast_exact::<Template>(&value).expect("called through its type");
    Ok(SequenceIterator::new(Tuple::from_refs(this.parts())))
}

fn concatenate(_: &mut Thread, op: BinaryOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    let both = (
        downcast_exact::<Template>(&left),
        downcast_exact::<Template>(&right),
    );
    let (BinaryOp::Add, (Some(left), Some(right))) = (op, both) else {
        return Ok(None);
    };
    let mut parts = left.parts();
    parts.extend(right.parts());
    Ok(Some(Template::from_parts(parts)))
}
