//! What happens to a lock in the child of a fork.

#[cfg(not(selvedge_loom))]
mod child;
#[cfg(selvedge_loom)]
mod fork_models;
