//! The lock from within.

#[cfg(selvedge_loom)]
mod loan_models;
#[cfg(not(selvedge_loom))]
mod reference;
#[cfg(not(selvedge_loom))]
mod schedules;
#[cfg(not(selvedge_loom))]
mod steps;
