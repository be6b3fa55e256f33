//! The caches under whole engines: with a real database, the change log followed, and Redis where there is one.

mod cases;
mod closed;
mod complete;
mod format;
mod invalidate;
mod matching;
mod node;
mod one_load;
mod processes;
mod questions;
mod redis_away;
mod releases;
mod stale;
mod steady;
