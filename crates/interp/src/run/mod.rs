//! Running code: the loop, frames, calls, and what happens when something is raised.

mod attributes;
pub(crate) mod call;
mod construction;
mod eval;
mod frame;
pub(crate) mod generator;
mod items;
mod names;
pub(crate) mod opcode;
mod patterns;
mod scope;
mod slow;
pub(crate) mod special;
pub(crate) mod traceback;
mod unwind;

pub(crate) use call::{call_class_body, call_function, run_code, run_module_code};
pub(crate) use scope::{
    current_globals, current_locals, globals_of_caller, method_and_receiver, view,
};
