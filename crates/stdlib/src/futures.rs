//! The module `concurrent.futures`: threads that run calls, on `selvedge-pool`.

mod executor;
mod future;

use selvedge_interp::object::module::Module;
use selvedge_interp::object::native::NativeDef;
use selvedge_interp::object::str::Str;
use selvedge_interp::object::{Type, downcast, exception};
use selvedge_interp::{PyResult, Thread, prepare_type};
use selvedge_sync::seam::OnceLock;

static FUNCTIONS: &[NativeDef] = &[
    NativeDef::function("as_completed", future::as_completed),
    NativeDef::function("wait", future::wait_for),
];

/// The types of the module, bases before those derived from them.
static TYPES: &[&Type] = &[
    &future::CANCELLED_ERROR,
    &future::INVALID_STATE_ERROR,
    &future::BROKEN_EXECUTOR,
    &future::BROKEN_THREAD_POOL,
    &future::FUTURE_TYPE,
    &executor::EXECUTOR_TYPE,
];

pub(crate) fn make(thread: &mut Thread) -> PyResult {
    static PREPARED: OnceLock<()> = OnceLock::new();
    PREPARED.get_or_init(|| TYPES.iter().copied().for_each(prepare_type));
    let module = Module::new(thread, "concurrent.futures", FUNCTIONS);
    let this = downcast::<Module>(&module).expect("just made");
    for ty in TYPES {
        this.set(thread, ty.name(), ty.value().to_ref());
    }
    this.set(
        thread,
        "TimeoutError",
        exception::TIMEOUT_ERROR.value().to_ref(),
    );
    for name in ["FIRST_COMPLETED", "FIRST_EXCEPTION", "ALL_COMPLETED"] {
        this.set(thread, name, Str::new(name));
    }
    Ok(module)
}
