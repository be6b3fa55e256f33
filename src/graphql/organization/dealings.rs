//! What an organisation bought and sold.

use async_graphql::SimpleObject;

use crate::{graphql::scalars::Decimal, store::query::dealings};

/// What an organisation bought and sold, in one currency. What is cancelled or unsuccessful is left out; a
/// missing status counts. Values without an amount or a currency are left out.
#[derive(Clone, Debug, SimpleObject)]
pub(in crate::graphql) struct OrganizationTotals {
    /// The currency, as published.
    currency: String,
    /// The tenders of the processes that it buys.
    tendered: ValueTotal,
    /// The awards of the processes that it buys.
    awarded: ValueTotal,
    /// The contracts of the processes that it buys.
    contracted: ValueTotal,
    /// The awards that went to it as a supplier. One to several suppliers counts in full for each.
    awards_won: ValueTotal,
    /// The contracts that it supplies under. One of several suppliers counts in full for each.
    contracts_won: ValueTotal,
}

/// How many values there are, and their sum.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub(in crate::graphql) struct ValueTotal {
    /// How many values there are.
    count: i64,
    /// Their exact sum.
    sum: Decimal,
}

impl From<&dealings::Dealings> for OrganizationTotals {
    fn from(dealings: &dealings::Dealings) -> Self {
        Self {
            currency: dealings.currency.clone(),
            tendered: dealings.tendered.into(),
            awarded: dealings.awarded.into(),
            contracted: dealings.contracted.into(),
            awards_won: dealings.awards_won.into(),
            contracts_won: dealings.contracts_won.into(),
        }
    }
}

impl From<dealings::Tally> for ValueTotal {
    fn from(tally: dealings::Tally) -> Self {
        Self { count: tally.count, sum: Decimal(tally.sum) }
    }
}
