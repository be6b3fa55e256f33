//! The GraphQL schema, its limits and the engine that runs it.
//!
//! # In reading order
//!
//! - [`call`](Call), [`engine`](Engine), [`execution`](Execution), [`noted`](Noted): operations from their text to their
//!   response; what HTTP sees of all this. `question`: what makes two operations the same.
//! - `persisted`: documents that are named instead of sent.
//! - `admission`: what is checked before an operation is executed.
//! - `documents`, `guard`: parsed documents kept in memory; what a document may look like at all.
//! - `validation`: whether it is one that the specification allows, and whether the variables fit it.
//! - `shape`, `cost`: what each field is to the cost, read from the schema itself; depth and cost.
//! - `roots`: the root fields; `publish`: the mutation. One folder per aggregate: `mod.rs` has the object, `filter.rs`
//!   and `query.rs` its lists.
//! - `page`, `cursor`, `connection`, `total`: what all pages share. Then the three kinds of lists:
//!   `collection` has those of everything, filtered (`filter`) and in an order; `list` those that a row
//!   has, kept by position; `owned` those that an organisation has, by date.
//! - `change`, `live`: changes of processes, as the log has them and as they are told to those who subscribe.
//! - `loading`: what is loaded in batches and cached, and what it depends on. `scope`: how a resolver asks for it.
//!   `cache_control`: what the schema tells of that.
//! - `process/matching`: which changed processes a filter takes, judged in memory.
//! - `id`, `node`, `codelist`, `scalars`, `value`: the small types. `error`: what can go wrong.
//!
//! # What must stay true
//!
//! - A view is a newtype over a shared row; every field that is shown is written down, with its words.
//! - A field that reads is nullable and returns `Option<Result<T>>`: when it fails it is null with an
//!   error, and its siblings stay.
//! - Related rows are read through a relation, one statement per relation and level; nothing is read
//!   that is not selected.
//! - Every error has a code; the server's own faults are masked.

mod access;
mod admission;
mod award;
mod bid;
mod cache_control;
mod call;
mod change;
mod codelist;
mod collection;
mod connection;
mod contract;
mod cost;
mod cursor;
mod dataset;
mod document;
mod documents;
mod engine;
mod error;
mod execution;
mod filter;
mod guard;
mod id;
mod invalidate;
mod item;
mod list;
pub mod live;
mod loading;
mod node;
mod noted;
mod organization;
mod owned;
mod page;
mod persisted;
mod process;
mod publish;
mod question;
mod release;
mod roots;
mod scalars;
mod scope;
mod shape;
mod spending;
#[doc(hidden)]
pub mod steps;
mod syntax;
mod total;
mod validation;
mod value;

pub use call::{CacheUse, Call, CostReport, Limits};
pub use engine::{Engine, check_manifest, sdl};
pub use error::{MASKED, RETRY_AFTER};
pub use execution::{CacheCounts, Execution, Source, Stats};
pub use guard::DocumentLimits;
pub use loading::{Load, Loaders};
pub use noted::Noted;
pub use page::PageSizes;
pub use persisted::{
    Asked, DocumentMode, DocumentName, DocumentOptions, Manifest, ManifestError, RegisteredLimits,
};
pub use publish::{Publish, PublishOutcome, Published};
pub use scope::Counts;
