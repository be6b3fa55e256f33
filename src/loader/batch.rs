//! What a relation is loaded with, and how loading can fail.

use std::{any::type_name, borrow::Cow, collections::HashMap, future::Future, hash::Hash, sync::Arc};

/// What a key must be: cheap to clone, comparable, free to move between tasks.
pub trait Key: Clone + Eq + Hash + Send + Sync + 'static {}

impl<K: Clone + Eq + Hash + Send + Sync + 'static> Key for K {}

/// Fetches the values of many keys at once: the shape of async-graphql's `Loader`.
pub trait Batch<K: Key>: Send + Sync + 'static {
    /// What a key leads to; cloned for everyone who asked, so best behind an `Arc`.
    type Value: Clone + Send + Sync + 'static;
    /// Why a batch failed; cloned for everyone who waited.
    type Error: Clone + Send + Sync + 'static;

    /// What traces and errors call it.
    fn name(&self) -> Cow<'_, str> {
        Cow::Borrowed(type_name::<Self>())
    }

    /// The value of a key that is at hand: no waiting, no loading. Asked once for each key of a request,
    /// before the key is gathered.
    fn peek(&self, _key: &K) -> Option<Self::Value> {
        None
    }

    /// Takes distinct keys, at most as many as the relation's limit, and gives the values found.
    /// A key without a value is left out; keys that were not asked for are ignored.
    fn load(&self, keys: &[K]) -> impl Future<Output = Result<HashMap<K, Self::Value>, Self::Error>> + Send;
}

/// A shared batch function: several relations, or other loaders, over the same one.
impl<K: Key, B: Batch<K>> Batch<K> for Arc<B> {
    type Value = B::Value;
    type Error = B::Error;

    fn name(&self) -> Cow<'_, str> {
        B::name(self)
    }

    fn peek(&self, key: &K) -> Option<Self::Value> {
        B::peek(self, key)
    }

    fn load(&self, keys: &[K]) -> impl Future<Output = Result<HashMap<K, Self::Value>, Self::Error>> + Send {
        B::load(self, keys)
    }
}

/// Why a key has no answer. Everyone who waited for the same batch gets the same error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError<E> {
    /// The batch function returned an error.
    #[error("{0}")]
    Batch(E),
    /// The batch function panicked: a defect in it. Later batches of the relation are not affected.
    #[error("the batch function {function} panicked: {message}")]
    Panicked {
        /// The name of the batch function.
        function: Arc<str>,
        /// What the panic said.
        message: Arc<str>,
    },
    /// The batch was dropped without an answer.
    #[error("the batch was dropped before it was answered: the tokio runtime is absent or shutting down")]
    Lost,
    /// Nobody drives the request's loads, or the drive ended before the answer came.
    #[error("a load was made outside of a drive: run the operation inside RequestScope::drive")]
    NotDriven,
}
