//! What resolvers read in batches and through the caches.
//!
//! Typed front, erased middle: a [`Source`] says by its types what a key leads to. Behind it every relation is
//! the same type to the loader and the caches: one [`Key`], one [`Value`], one batch function [`Reader`]. So
//! they are compiled once, and not once for each relation.
//!
//! To add a relation: give the store the read (`store::query`), add a variant to [`Read`](reader::Read) with
//! what its answers depend on ([`dependencies`]), and a field to [`Relations`]. A new kind of key or value is
//! a variant of [`Key`] or [`Value`] with its conversion.

mod dependencies;
mod key;
mod reader;
mod relations;
mod value;

pub(super) use key::{Key, PageKey, PartOf};
pub(super) use reader::Reader;
pub(super) use relations::{
    ById, ByRange, Collection, ErasedSource, Ours, OwnedRelations, Relations, Source,
};
pub use relations::{Load, Loaders};
pub(super) use value::{FromValue, SharedPage, Value};
