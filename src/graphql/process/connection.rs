//! A page of processes: besides what every page has, what the processes of its list are worth.

use async_graphql::{Context, Object};

use super::ContractingProcess;
use crate::{
    graphql::{
        connection::{Edge, PageInfo},
        error::{Error, Nullable},
        scope,
        value::{self, Money},
    },
    store::query::filter::Filter,
};

/// One page of a list of processes.
pub(in crate::graphql) struct ProcessConnection {
    pub(super) edges: Vec<Edge<ContractingProcess>>,
    pub(super) info: PageInfo,
    pub(super) list: Processes,
}

/// The whole list, all pages together.
pub(super) enum Processes {
    Matching(Filter),
    OfBuyer(i64),
}

/// One page of a list.
#[Object(name = "ContractingProcessConnection")]
impl ProcessConnection {
    /// The rows of the page, each with its cursor.
    async fn edges(&self) -> &[Edge<ContractingProcess>] {
        &self.edges
    }

    /// The rows of the page.
    async fn nodes(&self) -> Vec<&ContractingProcess> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }

    /// Where the page lies in the list.
    async fn page_info(&self) -> &PageInfo {
        &self.info
    }

    /// How many rows the whole list has, all pages together. Null only when they could not be counted.
    async fn total_count(&self, ctx: &Context<'_>) -> Nullable<i64> {
        Some(self.list.count(ctx).await)
    }

    /// The exact sums of the tender values of the whole list, all pages together: one for each currency,
    /// in the order of their codes. Values without an amount or without a currency are left out. Null
    /// only when they could not be summed.
    async fn total_value(&self, ctx: &Context<'_>) -> Nullable<Vec<Money>> {
        Some(self.list.value(ctx).await)
    }
}

impl Processes {
    async fn count(&self, ctx: &Context<'_>) -> Result<i64, Error> {
        match self {
            Self::Matching(filter) => scope::read(ctx, |all| &all.all_processes.count, filter.clone()).await,
            Self::OfBuyer(id) => Ok(scope::load(ctx, |all| &all.buyer_counts, *id).await?.unwrap_or(0)),
        }
    }

    async fn value(&self, ctx: &Context<'_>) -> Result<Vec<Money>, Error> {
        let totals = match self {
            Self::Matching(filter) => {
                scope::read(ctx, |all| &all.all_processes.totals, filter.clone()).await?
            }
            Self::OfBuyer(id) => scope::load(ctx, |all| &all.buyer_totals, *id).await?.unwrap_or_default(),
        };
        Ok(totals.iter().filter_map(|(currency, sum)| value::money(Some(*sum), Some(currency))).collect())
    }
}
