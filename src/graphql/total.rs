//! What is told of a whole list, all its pages together: how long it is and what it is worth.
//!
//! Nothing of it is read unless it is selected. What owners have is read for all of a level at once; what
//! a filter matches is a statement of its own.

use std::sync::Arc;

use async_graphql::Context;

use super::{
    error::Error,
    loading::{ById, Relations, Source},
    scope,
    value::{self, Money},
};
use crate::store::query::{filter::Filter, totals::Totals};

/// How long a list is, or how to find out.
pub(super) enum Total {
    /// It stands in the row of its owner.
    Known(i64),
    /// What matches a filter is counted.
    Matching(fn(&Relations) -> &Source<Filter, i64>, Filter),
    /// What an owner has is counted.
    Owned(fn(&Relations) -> &ById<i64>, i64),
}

/// How to find out what a list is worth.
pub(super) enum Worth {
    /// The list is empty.
    Nothing,
    /// What matches a filter is summed.
    Matching(fn(&Relations) -> &Source<Filter, Arc<Totals>>, Filter),
    /// What an owner has is summed.
    Owned(fn(&Relations) -> &ById<Arc<Totals>>, i64),
}

impl Total {
    /// How many rows the list has.
    pub(super) async fn count(&self, ctx: &Context<'_>) -> Result<i64, Error> {
        match self {
            Self::Known(count) => Ok(*count),
            Self::Matching(source, filter) => scope::read(ctx, *source, filter.clone()).await,
            Self::Owned(source, owner) => Ok(scope::load(ctx, *source, *owner).await?.unwrap_or(0)),
        }
    }
}

impl Worth {
    /// The sums of the list's values, by currency.
    pub(super) async fn sums(&self, ctx: &Context<'_>) -> Result<Vec<Money>, Error> {
        let totals = match self {
            Self::Nothing => return Ok(Vec::new()),
            Self::Matching(source, filter) => scope::read(ctx, *source, filter.clone()).await?,
            Self::Owned(source, owner) => scope::load(ctx, *source, *owner).await?.unwrap_or_default(),
        };
        Ok(totals
            .iter()
            .filter_map(|(currency, sum)| value::money(Some(*sum), Some(currency.as_str())))
            .collect())
    }
}
