//! Native modules of the VM: what CPython has in C, in Rust.

use selvedge_interp::NativeModule;

/// The modules that `import` finds besides files.
pub fn modules() -> Vec<NativeModule> {
    vec![]
}
