//! Collecting what counting cannot free: objects that refer to each other in a circle.

mod collector;
mod figures;
mod turn;

pub use collector::{Collected, Collector, Embedder, Totals};
