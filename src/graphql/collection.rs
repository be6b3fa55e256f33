//! The lists of everything: all processes, awards, contracts, bids, items, organisations, each with its
//! filter and its orders, in pages.

use async_graphql::Context;

use super::{
    connection::{self, Connection, Edge, ValuedConnection, View, wants_rows},
    cursor::Cursor,
    error::Error,
    filter::{self, FilterInput},
    loading::{Collection, PageKey, Relations},
    page::{Level, PageArgs},
    scope,
    total::{Total, Worth},
};
use crate::store::{
    page::Position,
    query::{
        collection::{self as store, By, Order},
        filter::{Filter, Term},
    },
    row::Row,
};

/// A node of which there is a list of all.
pub(super) trait CollectionNode: View {
    /// Which rows.
    type Filter: FilterInput;
    /// In which order.
    type Order: ListOrder;

    /// What reads the list.
    fn collection(relations: &Relations) -> &Collection;
}

/// An order as the schema has it; the default one is that of a list that names none.
pub(super) trait ListOrder: Copy + Default {
    /// What it is to cursors and to the store.
    fn sorting(self) -> Sorting;
}

/// An order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sorting {
    /// Its name in cursors, the same for both directions and another for every list.
    name: &'static str,
    order: Order,
}

impl Sorting {
    pub(super) const fn ascending(name: &'static str, by: By) -> Self {
        Self { name, order: Order { by, descending: false } }
    }

    pub(super) const fn descending(name: &'static str, by: By) -> Self {
        Self { name, order: Order { by, descending: true } }
    }

    /// The cursor of a row.
    pub(super) fn cursor(self, list: &store::Collection, row: &Row) -> Cursor {
        Cursor::at(self.name, list.position(row, self.order.by))
    }

    /// The position that a cursor given in an argument means.
    pub(super) fn position(self, cursor: &str, argument: &str) -> Result<Position, Error> {
        let cursor = Cursor::decode(cursor, self.name, argument)?;
        match self.order.by {
            By::Date => cursor.by_time(),
            By::Amount => cursor.by_amount(),
            By::Bids => cursor.by_count(),
            By::Title | By::Ocid => Ok(cursor.by_text()),
        }
    }

    /// Refuses an order that means nothing of the rows of a filter: amounts of two currencies do not
    /// compare.
    fn check(self, filter: &Filter) -> Result<(), Error> {
        let in_one_currency = |part: &Filter| matches!(part, Filter::Is(Term::Amount(_)));
        let parts = if let Filter::All(parts) = filter { parts.as_slice() } else { &[] };
        if self.order.by != By::Amount || parts.iter().any(in_one_currency) {
            return Ok(());
        }
        Err(Error::BadInput(
            "an order by value needs one currency: give filter: { value: { currency: \"EUR\" } } or another, \
             at the top of the filter"
                .to_owned(),
        ))
    }
}

/// One page of a list.
pub(super) async fn page<N: CollectionNode>(
    ctx: &Context<'_>,
    args: PageArgs,
    filter: Option<N::Filter>,
    order: Option<N::Order>,
) -> Result<Connection<Edge<N>>, Error> {
    filtered::<N>(ctx, args, filter::stored(filter)?, order.unwrap_or_default()).await
}

/// The same of a list whose rows have a value.
pub(super) async fn valued_page<N: CollectionNode>(
    ctx: &Context<'_>,
    args: PageArgs,
    filter: Option<N::Filter>,
    order: Option<N::Order>,
) -> Result<ValuedConnection<Edge<N>>, Error> {
    let filter = filter::stored(filter)?;
    let worth = Worth::Matching(|all| &N::collection(all).totals, filter.clone());
    Ok(ValuedConnection { page: filtered::<N>(ctx, args, filter, order.unwrap_or_default()).await?, worth })
}

async fn filtered<N: CollectionNode>(
    ctx: &Context<'_>,
    args: PageArgs,
    filter: Filter,
    order: N::Order,
) -> Result<Connection<Edge<N>>, Error> {
    let window = args.window(scope::services(ctx)?.pages, Level::Root)?;
    let sorting = order.sorting();
    sorting.check(&filter)?;
    let request = connection::request(&window, |text, argument| sorting.position(text, argument))?;
    let page = if wants_rows(ctx) {
        let key = PageKey { filter: filter.clone(), order: sorting.order, request };
        scope::read(ctx, |all| &N::collection(all).pages, key).await?
    } else {
        connection::empty()
    };
    let total = Total::Matching(|all| &N::collection(all).count, filter);
    let rows = N::collection(&scope::services(ctx)?.relations).rows;
    connection::of_page(&page, |row| sorting.cursor(rows, row), total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::{
        award::AwardOrder, bid::BidOrder, contract::ContractOrder, item::ItemOrder,
        organization::OrganizationOrder, process::ProcessOrder,
    };

    fn names<O: ListOrder + async_graphql::resolver_utils::EnumType>() -> Vec<&'static str> {
        let mut names: Vec<_> = O::items().iter().map(|item| item.value.sorting().name).collect();
        names.dedup();
        names
    }

    #[test]
    fn cursors_name_their_order_and_clients_keep_them() {
        assert_eq!(names::<ProcessOrder>(), ["date", "value", "title", "bids", "ocid"]);
        assert_eq!(names::<AwardOrder>(), ["award.date", "award.value", "award.title"]);
        assert_eq!(names::<ContractOrder>(), ["contract.date", "contract.value", "contract.title"]);
        assert_eq!(names::<BidOrder>(), ["bid.date", "bid.value"]);
        assert_eq!(names::<ItemOrder>(), ["item.date", "item.value", "item.description"]);
        assert_eq!(names::<OrganizationOrder>(), ["name"]);
    }
}
