//! What organisations bought and sold: sums by currency, exact, of what was not given up.
//!
//! What is `GIVEN_UP` is left out. Values without an amount or a currency are left out, as in all totals.

use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    keys::{self, Sql},
    owned::{self, values_bought},
    totals::{GIVEN_UP, add},
};
use crate::store::{Backend, Database, StoreError};

/// What an organisation bought and sold in one currency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dealings {
    /// The currency, as published.
    pub currency: String,
    /// The tenders of the processes that it buys.
    pub tendered: Tally,
    /// The awards of the processes that it buys.
    pub awarded: Tally,
    /// The contracts of the processes that it buys.
    pub contracted: Tally,
    /// The awards that went to it.
    pub awards_won: Tally,
    /// The contracts that it supplies under.
    pub contracts_won: Tally,
}

/// How many values, and their sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How many.
    pub count: i64,
    /// Their exact sum.
    pub sum: Decimal,
}

/// The dealings of each organisation, in the order of the currencies. One statement.
pub async fn of_organizations(
    database: &Database,
    organizations: &[i64],
) -> Result<HashMap<i64, Vec<Dealings>>, StoreError> {
    static SQL: LazyLock<Sql> = LazyLock::new(statement);
    let backend = database.backend();
    let rows: Vec<Row> = database
        .fetch(SQL.on(backend), [keys::value(backend, organizations)], |cells| {
            Ok(Row {
                measure: cells.take()?,
                organization: cells.take()?,
                currency: cells.take()?,
                amount: cells.take()?,
                count: cells.take()?,
            })
        })
        .await?;
    let mut all: HashMap<i64, BTreeMap<String, Dealings>> =
        organizations.iter().map(|organization| (*organization, BTreeMap::new())).collect();
    for row in rows {
        let dealings = all.entry(row.organization).or_default().entry(row.currency.clone()).or_default();
        dealings.add(row)?;
    }
    Ok(all.into_iter().map(|(organization, all)| (organization, all.into_values().collect())).collect())
}

/// An amount of one measure, and how many rows have it.
struct Row {
    measure: i32,
    organization: i64,
    currency: String,
    amount: Option<Decimal>,
    count: i64,
}

impl Dealings {
    fn add(&mut self, Row { measure, currency, amount, count, .. }: Row) -> Result<(), StoreError> {
        self.currency = currency;
        let tally = match measure {
            0 => &mut self.tendered,
            1 => &mut self.awarded,
            2 => &mut self.contracted,
            3 => &mut self.awards_won,
            _ => &mut self.contracts_won,
        };
        tally.count += count;
        tally.sum = add(tally.sum, amount.unwrap_or_default(), count)?;
        Ok(())
    }
}

/// Each distinct amount of each measure, in the order of [`Dealings`].
fn statement() -> Sql {
    let measures = [
        owned::PROCESSES_BOUGHT.values(),
        values_bought("awards"),
        values_bought("contracts"),
        owned::AWARDS_WON.values(),
        owned::CONTRACTS_WON.values(),
    ];
    let given_up = GIVEN_UP.map(|status| format!("'{status}'")).join(", ");
    let all = |backend| {
        let of = |(number, values): (usize, &Sql)| {
            format!(
                "SELECT {number}, v.owner, v.currency, v.amount, count(*) FROM ({}) v \
                 WHERE v.currency IS NOT NULL AND v.amount IS NOT NULL \
                 AND (v.status IS NULL OR v.status NOT IN ({given_up})) GROUP BY 2, 3, 4",
                values.on(backend)
            )
        };
        measures.iter().enumerate().map(of).collect::<Vec<_>>().join(" UNION ALL ")
    };
    Sql::new(all(Backend::Postgres), all(Backend::Sqlite))
}
