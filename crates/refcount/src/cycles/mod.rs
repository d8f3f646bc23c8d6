//! Collecting what counting cannot free: objects that refer to each other in a circle.

mod ahead;
mod collector;
mod figures;
mod places;
mod turn;

pub use collector::{Collected, Collector, Embedder, Totals};
