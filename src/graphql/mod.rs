//! graphql

mod engine;
mod roots;

pub use engine::{Engine, Execution, Stats};
