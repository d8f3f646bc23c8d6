//! The module `_collections`: `deque` and `defaultdict`, and what `collections` counts with.

use crate::deque::{DEQUE_ITERATOR_TYPE, DEQUE_TYPE};
use selvedge_interp::object::dict::Dict;
use selvedge_interp::object::module::Module;
use selvedge_interp::object::native::NativeDef;
use selvedge_interp::object::{BinaryOp, downcast, int, singletons};
use selvedge_interp::{PyResult, Thread, module_from_source, operations, prepare_type};
use selvedge_sync::seam::OnceLock;

static FUNCTIONS: &[NativeDef] = &[NativeDef::function("_count_elements", |thread, args| {
    let [mapping, items] = args.exactly(thread, "_count_elements")?;
    let one = int::from_i64(1);
    operations::for_each(thread, items, |thread, item| {
        if let Some(counts) = downcast::<Dict>(&mapping).filter(|_| !mapping.ty().is_heap()) {
            let old = counts.get(thread, *item)?;
            let new = match old {
                Some(old) => operations::binary(thread, BinaryOp::Add, *old, *one)?,
                None => one.clone(),
            };
            return counts.set(thread, item, new);
        }
        let zero = int::from_i64(0);
        let old = operations::call_method(thread, mapping, "get", &[*item, *zero])?;
        let new = operations::binary(thread, BinaryOp::Add, *old, *one)?;
        operations::set_item(thread, mapping, *item, Some(*new))
    })?;
    Ok(singletons::none())
})];

pub(crate) fn make(thread: &mut Thread) -> PyResult {
    static PREPARED: OnceLock<()> = OnceLock::new();
    PREPARED.get_or_init(|| {
        prepare_type(&DEQUE_TYPE);
        prepare_type(&DEQUE_ITERATOR_TYPE);
    });
    let source = include_str!("collections.py");
    let new = module_from_source(thread, "_collections", source)?;
    let module = downcast::<Module>(&new).expect("just made");
    module.define(thread, "_collections", FUNCTIONS);
    module.set(thread, "deque", DEQUE_TYPE.value().to_ref());
    let iterator = DEQUE_ITERATOR_TYPE.value();
    module.set(thread, "_deque_iterator", iterator.to_ref());
    Ok(new)
}
