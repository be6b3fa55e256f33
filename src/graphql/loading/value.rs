//! The value of any relation: shared, cached, and turned into what a resolver asked for.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    cache::Cacheable,
    store::{
        StoreError,
        page::Page,
        query::{dealings::Dealings, spending::Spending, totals::Totals},
        row::{Record, Row, Rows},
    },
};

/// A page of rows, shared with every request for it.
pub(in crate::graphql) type SharedPage = Arc<Page>;

/// What a relation answers. Cloning one copies a pointer. Redis stores it as it is written here: a change of
/// these types is a change of [`FORMAT`](crate::cache::shared::FORMAT).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::graphql) enum Value {
    /// A row.
    Row(Row),
    /// The rows of a list.
    Rows(Rows),
    /// A page of the list of everything.
    Page(SharedPage),
    /// A length.
    Count(i64),
    /// Sums by currency.
    Totals(Arc<Totals>),
    /// What an organisation bought and sold.
    Dealings(Arc<[Dealings]>),
    /// Sums in groups.
    Spending(Arc<[Spending]>),
    /// A text.
    Text(Arc<str>),
    /// Ids.
    Ids(Arc<[i64]>),
    /// Texts.
    Texts(Arc<[String]>),
    /// The read failed; those beside it may not have. Never cached.
    #[serde(skip)]
    Failed(Arc<StoreError>),
}

/// What a value can be taken as.
pub(in crate::graphql) trait FromValue: Sized {
    /// Takes a value of the right variant, and of the right table; `None` for any other.
    fn from_value(value: Value) -> Option<Self>;
}

impl Cacheable for Value {
    fn size_estimate(&self) -> usize {
        let rows = |rows: &[Row]| rows.iter().map(|row| size_of::<Row>() + row.size()).sum();
        match self {
            Self::Row(row) => row.size(),
            Self::Rows(list) => rows(list),
            Self::Page(page) => size_of::<Page>() + rows(&page.rows),
            Self::Count(_) | Self::Failed(_) => 0,
            Self::Totals(totals) => totals.iter().map(|total| size_of_val(total) + total.0.len()).sum(),
            Self::Dealings(all) => all.iter().map(|one| size_of_val(one) + one.currency.len()).sum(),
            Self::Spending(all) => all.iter().map(Spending::size).sum(),
            Self::Text(text) => text.len(),
            Self::Ids(ids) => size_of_val(&**ids),
            Self::Texts(texts) => texts.iter().map(|text| size_of_val(text) + text.len()).sum(),
        }
    }

    fn is_cacheable(&self) -> bool {
        !matches!(self, Self::Failed(_))
    }

    fn encode(&self) -> Option<Vec<u8>> {
        postcard::to_stdvec(self).ok()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }
}

impl<R: Record> FromValue for R {
    fn from_value(value: Value) -> Option<Self> {
        if let Value::Row(row) = value { R::from_row(row) } else { None }
    }
}

macro_rules! from_variants {
    ($($variant:ident: $type:ty),+ $(,)?) => { $(
        impl FromValue for $type {
            fn from_value(value: Value) -> Option<Self> {
                if let Value::$variant(value) = value { Some(value) } else { None }
            }
        }
    )+ };
}

from_variants! {
    Rows: Rows,
    Page: SharedPage,
    Count: i64,
    Totals: Arc<Totals>,
    Dealings: Arc<[Dealings]>,
    Spending: Arc<[Spending]>,
    Text: Arc<str>,
    Ids: Arc<[i64]>,
    Texts: Arc<[String]>,
}
