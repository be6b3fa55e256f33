//! What the rows of a list are worth together: sums of values, exact, never over two currencies.
//!
//! SQLite would sum in floating point, so the sum is made here, of each distinct amount times its count.
//! Values without an amount or a currency are left out.

use std::collections::{BTreeMap, HashMap};

use rust_decimal::Decimal;
use sea_orm::sea_query::{Expr, ExprTrait, Func, Query};

use super::{
    collection::{Collection, VALUE, condition},
    filter::Filter,
    keys::{self, Sql},
    owned::Owned,
};
use crate::store::{Database, StoreError};

/// The statuses of what was given up: it counts in no sum of what was bought and sold. A missing status
/// counts, as does one outside the closed list.
pub(super) const GIVEN_UP: [&str; 2] = ["cancelled", "unsuccessful"];

/// Sums by currency, in the order of the currencies.
pub type Totals = Vec<(String, Decimal)>;

/// The sums of the rows that match, in a list whose rows have a value. One statement.
pub async fn by_filter(
    collection: &Collection,
    database: &Database,
    filter: &Filter,
) -> Result<Totals, StoreError> {
    let [amount, currency] = VALUE;
    let mut select = Query::select();
    select
        .columns([currency, amount])
        .expr(Func::count(Expr::col("id")))
        .from(collection.table.name)
        .cond_where(condition(collection, database, filter))
        .and_where(Expr::col(currency).is_not_null())
        .and_where(Expr::col(amount).is_not_null())
        .group_by_columns([currency, amount]);
    let statement = database.backend().build(&select);
    let groups: Vec<Group> = database
        .fetch_statement(statement, |cells| Ok((cells.take()?, cells.take()?, cells.take()?)))
        .await?;
    sum(groups)
}

/// What the lists of owners are worth.
pub struct Worths(Sql);

impl Worths {
    /// Of a kind of list.
    pub fn new(owned: &Owned) -> Self {
        Self(owned.values().map(|values| {
            format!(
                "SELECT v.owner, v.currency, v.amount, count(*) FROM ({values}) v \
                 WHERE v.currency IS NOT NULL AND v.amount IS NOT NULL GROUP BY 1, 2, 3"
            )
        }))
    }

    /// The sums of each owner's list. One statement.
    pub async fn read(
        &self,
        database: &Database,
        owners: &[i64],
    ) -> Result<HashMap<i64, Totals>, StoreError> {
        let backend = database.backend();
        let rows: Vec<(i64, Group)> = database
            .fetch(self.0.on(backend), [keys::value(backend, owners)], |cells| {
                Ok((cells.take()?, (cells.take()?, cells.take()?, cells.take()?)))
            })
            .await?;
        let mut groups: HashMap<i64, Vec<Group>> = owners.iter().map(|owner| (*owner, Vec::new())).collect();
        for (owner, group) in rows {
            groups.entry(owner).or_default().push(group);
        }
        groups.into_iter().map(|(owner, groups)| Ok((owner, sum(groups)?))).collect()
    }
}

/// A currency, an amount in it, and how many rows have it.
type Group = (String, Option<Decimal>, i64);

fn sum(groups: Vec<Group>) -> Result<Totals, StoreError> {
    let mut totals: BTreeMap<String, Decimal> = BTreeMap::new();
    for (currency, amount, count) in groups {
        let total = totals.entry(currency).or_default();
        *total = add(*total, amount.unwrap_or_default(), count)?;
    }
    Ok(totals.into_iter().collect())
}

/// `total + amount × count`; an error when that has too many digits to be exact: decimals would then be
/// rounded away without a word.
pub(super) fn add(total: Decimal, amount: Decimal, count: i64) -> Result<Decimal, StoreError> {
    exact(total.normalize(), amount.normalize(), count)
        .ok_or_else(|| StoreError::Corrupt(format!("a sum of values has more than 28 digits: {total}")))
}

fn exact(total: Decimal, amount: Decimal, count: i64) -> Option<Decimal> {
    let exact = |value: Decimal, scale: u32| (value.is_zero() || value.scale() >= scale).then_some(value);
    let part = exact(amount.checked_mul(count.into())?, amount.scale())?.normalize();
    exact(total.checked_add(part)?, Ord::max(total.scale(), part.scale())).map(|sum| sum.normalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        Decimal::from_str_exact(text).unwrap()
    }

    #[test]
    fn a_sum_is_exact_or_refused() {
        for (total, amount, count, expected) in [
            ("0", "9007199254740993.01", 3, Some("27021597764222979.03")),
            ("0.5", "-0.1", 5, Some("0")),
            ("79228162514264337593543950334", "1", 1, Some("79228162514264337593543950335")),
            ("79228162514264337593543950335", "1", 1, None),
            ("79228162514264337593543950335", "0.1", 1, None),
            ("0", "7.9228162514264337593543950335", 2, None),
        ] {
            let sum = add(number(total), number(amount), count).ok();
            assert_eq!(sum, expected.map(number), "{total} + {amount} * {count}");
        }
    }
}
