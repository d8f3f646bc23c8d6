//! Collecting what counting cannot free: objects that refer to each other in a circle.

mod ahead;
mod collector;
mod crew;
mod figures;
mod helpers;
mod places;
mod scratch;
mod turn;
mod worker;

pub use collector::{Collected, Collector, Embedder, Totals};
