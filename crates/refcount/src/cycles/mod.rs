//! Collecting what counting cannot free: objects that refer to each other in a circle.

mod collector;
mod figures;

pub use collector::{Collected, Collector, Embedder};
