//! The key of any relation.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use serde::Serialize;

use crate::{
    cache::StoredKey,
    store::{
        page::PageRequest,
        query::{collection::Order, filter::Filter, list::Range, spending::Question, walk::OwnedPage},
    },
};

/// What a relation is asked for. A relation has keys of one variant only. Cloning one never copies a text
/// or a filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(in crate::graphql) enum Key {
    /// Everything that the relation has.
    All,
    /// An id.
    Id(i64),
    /// A row of a process.
    Part(PartOf),
    /// A part of a list.
    Range(Range),
    /// A page of the list of an organisation.
    OwnedPage(Arc<OwnedPage>),
    /// An ocid.
    Ocid(Arc<str>),
    /// A page of the list of everything.
    Page(Arc<PageKey>),
    /// What is counted or summed.
    Filter(Arc<Filter>),
    /// What is summed in groups.
    Spending(Arc<Question>),
}

/// A row of a process, by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub(in crate::graphql) struct PartOf {
    /// The process. Nothing is read by it: it says which writes invalidate the row.
    pub(in crate::graphql) process: i64,
    /// The row.
    pub(in crate::graphql) id: i64,
}

/// A page of the list of everything.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub(in crate::graphql) struct PageKey {
    pub(in crate::graphql) filter: Filter,
    pub(in crate::graphql) order: Order,
    pub(in crate::graphql) request: PageRequest,
}

impl StoredKey for Key {
    fn heap_bytes(&self) -> usize {
        match self {
            Self::All | Self::Id(_) | Self::Part(_) | Self::Range(_) => 0,
            Self::OwnedPage(page) => size_of_val(&**page),
            Self::Ocid(ocid) => ocid.len(),
            Self::Page(page) => size_of_val(&**page) + page.filter.heap_bytes() + page.request.heap_bytes(),
            Self::Filter(filter) => size_of_val(&**filter) + filter.heap_bytes(),
            Self::Spending(question) => {
                let currency = question.currency.as_ref().map_or(0, String::len);
                size_of_val(&**question) + question.filter.heap_bytes() + currency
            }
        }
    }
}

/// Without the variant: all keys of a relation have the same.
impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::All => {}
            Self::Id(id) => id.hash(state),
            Self::Part(part) => part.hash(state),
            Self::Range(range) => range.hash(state),
            Self::OwnedPage(page) => page.hash(state),
            Self::Ocid(ocid) => ocid.hash(state),
            Self::Page(page) => page.hash(state),
            Self::Filter(filter) => filter.hash(state),
            Self::Spending(question) => question.hash(state),
        }
    }
}

impl From<()> for Key {
    fn from((): ()) -> Self {
        Self::All
    }
}

impl From<i64> for Key {
    fn from(id: i64) -> Self {
        Self::Id(id)
    }
}

impl From<PartOf> for Key {
    fn from(part: PartOf) -> Self {
        Self::Part(part)
    }
}

impl From<Range> for Key {
    fn from(range: Range) -> Self {
        Self::Range(range)
    }
}

impl From<OwnedPage> for Key {
    fn from(page: OwnedPage) -> Self {
        Self::OwnedPage(Arc::new(page))
    }
}

impl From<String> for Key {
    fn from(ocid: String) -> Self {
        Self::Ocid(ocid.into())
    }
}

impl From<PageKey> for Key {
    fn from(page: PageKey) -> Self {
        Self::Page(Arc::new(page))
    }
}

impl From<Filter> for Key {
    fn from(filter: Filter) -> Self {
        Self::Filter(Arc::new(filter))
    }
}

impl From<Question> for Key {
    fn from(question: Question) -> Self {
        Self::Spending(Arc::new(question))
    }
}
