//! What the server says about itself: logs, metrics, traces, and the meter that counts one request's work.

mod collect;
pub mod figures;
mod lines;
pub mod live;
pub mod logs;
pub mod meter;
pub mod metrics;
pub mod names;
mod process;
pub mod report;
pub mod statements;
pub mod traces;
