//! What the server says about itself: logs, metrics, and the meter that counts one request's work.

pub mod live;
pub mod logs;
pub mod meter;
pub mod metrics;
