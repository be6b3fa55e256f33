//! What was tendered, awarded or contracted, summed in groups.

mod filter;
mod query;

pub(super) use filter::{SpendingFilter, SpendingGroupBy, SpendingMeasure};
pub(super) use query::{Asked, groups};

use async_graphql::{Context, Object};

use super::{
    cache_control::{MAX_AGE, cache_control},
    codelist::{self, ProcurementCategory, ProcurementMethod},
    error::Nullable,
    organization::{self, Organization},
    scalars::Decimal,
};
use crate::{
    ocds::codelist as ocds,
    store::query::spending::{Group, Key, Spending},
};

/// The values of one group in one currency.
pub(super) struct SpendingGroup {
    by: Group,
    values: Spending,
}

/// The values of one group in one currency. Sums are exact, and never over two currencies.
#[Object(directive = cache_control::apply(MAX_AGE))]
impl SpendingGroup {
    /// The organisation, when grouped by `BUYER` or `SUPPLIER`. Null for values of which none is known.
    async fn organization(&self, ctx: &Context<'_>) -> Nullable<Organization> {
        let Key::Organization(Some(id)) = self.values.key else { return None };
        organization::by_id(ctx, id).await
    }

    /// The category, when grouped by `CATEGORY`. Null for values of which none is known.
    async fn category(&self) -> Option<ProcurementCategory> {
        codelist::code::<ocds::ProcurementCategory, _>(self.code(Group::Category))
    }

    /// The method, when grouped by `METHOD`. Null for values of which none is known.
    async fn method(&self) -> Option<ProcurementMethod> {
        codelist::code::<ocds::ProcurementMethod, _>(self.code(Group::Method))
    }

    /// The year, when grouped by `YEAR` or `MONTH`. Null for values without a date.
    async fn year(&self) -> Option<i64> {
        let period = self.period()?;
        Some(if self.by == Group::Month { period / 100 } else { period })
    }

    /// The month, 1 to 12, when grouped by `MONTH`. Null for values without a date.
    async fn month(&self) -> Option<i64> {
        self.period().filter(|_| self.by == Group::Month).map(|period| period % 100)
    }

    /// The currency of all that follows.
    async fn currency(&self) -> &String {
        &self.values.currency
    }

    /// How many values there are.
    async fn count(&self) -> i64 {
        self.values.count
    }

    /// Their sum.
    async fn sum(&self) -> Decimal {
        Decimal(self.values.sum)
    }

    /// Their mean, rounded to six decimal places.
    async fn average(&self) -> Decimal {
        Decimal(self.values.average())
    }

    /// The least of them.
    async fn minimum(&self) -> Decimal {
        Decimal(self.values.minimum)
    }

    /// The greatest of them.
    async fn maximum(&self) -> Decimal {
        Decimal(self.values.maximum)
    }
}

impl SpendingGroup {
    fn code(&self, by: Group) -> Option<&str> {
        match &self.values.key {
            Key::Code(code) if self.by == by => code.as_deref(),
            _ => None,
        }
    }

    fn period(&self) -> Option<i64> {
        match self.values.key {
            Key::Period(period) => period,
            _ => None,
        }
    }
}
