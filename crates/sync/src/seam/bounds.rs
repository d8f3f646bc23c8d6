//! Sizes that decide how large a model grows: full-sized in production, tiny in a model.

/// How often a waiter looks again, with a pause between looks, before it sleeps.
///
/// Zero on a machine with one processor is the caller's business: see
/// [`thread::available_parallelism`](super::thread::available_parallelism).
pub const SPINS: u32 = if cfg!(selvedge_loom) { 1 } else { 128 };

/// How many slots a segment of an unbounded queue holds.
pub const SEGMENT_SLOTS: usize = if cfg!(selvedge_loom) { 2 } else { 31 };

/// How often a waiter looks that has found before that looking pays: about as long as it takes
/// to wake a thread on another processor.
pub const LONG_SPINS: u32 = if cfg!(selvedge_loom) { 1 } else { 2048 };

/// How many threads of a favoured kind are served in a row, at most, before one that waits.
pub const OVERTAKES: u32 = if cfg!(selvedge_loom) { 1 } else { 16 };

/// How many processes wait for one condition at most.
pub const SEATS: usize = if cfg!(selvedge_loom) { 2 } else { 128 };

/// How often what failed is attempted again before a process prepares to sleep. None in a model:
/// there it would have the others run, and the process never sleep.
pub const ATTEMPTS: u32 = if cfg!(selvedge_loom) { 0 } else { 128 };

/// How many processes are counted at one end of a queue at most.
pub const PEERS: usize = if cfg!(selvedge_loom) { 2 } else { 64 };
