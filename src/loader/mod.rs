//! The batching engine: related rows are fetched in batches, never one by one, and without timers.
//!
//! ```text
//! trait Batch<K> { type Value; type Error; async fn load(&self, &[K]) -> Result<HashMap<K, Value>, Error>; }
//!
//! Relation::new(batch: B, limits: Limits) -> Relation<K, B>    one per relation of the process
//! RequestScope::new(meter: Meter) -> RequestScope              one per operation or subscription event
//!
//! scope.drive(future).await -> F::Output                       around the execution; loads work inside
//! scope.load(&relation, key).await -> Result<Option<B::Value>, LoadError<B::Error>>
//! scope.load_many(&relation, keys).await -> Result<Vec<Option<B::Value>>, LoadError<B::Error>>
//! ```
//!
//! Relations and scopes are handles: clones share what they stand for.
//!
//! # Two layers
//!
//! **A request gathers** ([`RequestScope`]). All fields of an operation run in one task, so `drive` sees
//! the moment at which none of them can go on: every key that can be known is known. Each relation's
//! keys then leave as one set. A level ends when all sets of the request are answered, so that
//! relations that feed the same one at the next level meet there: a lone request runs one batch per
//! relation and level, whatever the number of parents and whichever database answer came first.
//!
//! **A relation merges** ([`Relation`]). A set has one waiter. With a free slot it leaves at once; else
//! it gathers with the sets of other requests, and they leave together when a batch in flight returns
//! (a group commit). Rows do not depend on the caller, so merging is always right. A set never joins a
//! batch that has left: that one may have read before a write which the request must see.
//!
//! # Who owns a batch
//!
//! A batch runs in a task of its own, held jointly by its waiters: a request that goes away leaves the
//! batch to the others, and the last one to leave aborts it. It is not polled by the waiters themselves
//! because a slot is shared: a request that is not polled for a while (a subscriber whose socket is
//! full) would keep the slot, and everyone behind it, waiting. The task costs about 1 µs per batch.
//!
//! # What must stay true
//!
//! - A key is loaded once per request; its answer, an error too, is kept until the scope is dropped.
//! - Every waiter gets an answer: the value, absence, the batch's error, its panic, or that it is lost.
//! - A relation never has more batches in flight than its limit, and works on after any outcome.
//! - No lock is held while user code is awaited or a waker is called.

mod batch;
mod drive;
mod flight;
mod relation;
mod scope;
mod slots;

pub use batch::{Batch, Key, LoadError};
pub use relation::{Limits, Relation};
pub use scope::RequestScope;
