//! The import: files in, processes and their history stored. [`publish`](publish()) takes releases one by one.
//!
//! ```text
//! source ─► read ─► prepare (a thread per core) ─► apply (some chunks to a transaction)
//! ```
//!
//! What must stay true: memory does not grow with the input (chunks are bounded and few); chunks are
//! applied in the order they were read, so that the result does not depend on timing; importing again
//! changes nothing; a run that was killed and repeated ends like one clean run, because each
//! transaction leaves whole processes only; broken input costs itself, and the report names it. A large
//! import into an empty database builds most indexes at its end ([`crate::store::write::deferred`]).

mod apply;
mod change;
mod pipeline;
mod prepare;
mod publish;
mod read;
mod rebuild;
mod remove;
mod report;
mod source;

pub use pipeline::{Options, run};
pub use publish::{Outcome, Published, publish};
pub use rebuild::{Rebuilt, rebuild};
pub use remove::remove;
pub use report::{Report, Summary};
pub use source::{Input, SourceError, expand};

use crate::store::StoreError;

/// Why an import could not go on. What was committed before stays, and the next run goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The report could not be written.
    #[error("the report cannot be written: {0}")]
    Report(std::io::Error),
    /// A thread of the import ended before its work did.
    #[error("the import's {0} ended early; run it again, nothing half-written remains")]
    Thread(&'static str),
}
