//! What was tendered, awarded or contracted, in groups: exact, and never over two currencies.
//!
//! Rows without an amount or a currency are left out, and so are those that were `GIVEN_UP`. What two
//! suppliers were awarded together counts for each of them in full.
//! PostgreSQL sums by itself. SQLite would sum in floating point, so it only counts equal amounts.

use std::collections::HashMap;

use rust_decimal::Decimal;
use sea_orm::{
    DbBackend,
    sea_query::{Expr, ExprTrait, JoinType, Query, SelectStatement},
};
use serde::{Deserialize, Serialize};

use super::{
    award,
    collection::{Collection, VALUE, condition},
    contract,
    filter::{Filter, Term},
    process,
    totals::{GIVEN_UP, add},
};
use crate::store::{Database, StoreError, cells::Cells};

/// What is asked: which rows, how grouped.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Question {
    /// What makes a group.
    pub group: Group,
    /// Which values are summed.
    pub measure: Measure,
    /// Of which rows: processes, awards or contracts, as the measure says; by the date of the measure.
    pub filter: Filter,
    /// In this currency only.
    pub currency: Option<String>,
}

/// What makes a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Group {
    /// The buyer of the process.
    Buyer,
    /// Who was awarded.
    Supplier,
    /// The main category of the process.
    Category,
    /// The procurement method of the process.
    Method,
    /// The year of the date, in UTC.
    Year,
    /// The month of the date, in UTC.
    Month,
}

/// Which values are summed, and by which date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Measure {
    /// Of awards, by their date.
    Awarded,
    /// Of contracts, by the date of their signature.
    Contracted,
    /// Of tenders, by the beginning of their period.
    Tendered,
}

/// What the rows of a group have in common; `None` for those that do not tell.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Key {
    /// An organisation.
    Organization(Option<i64>),
    /// A code.
    Code(Option<String>),
    /// A year, or a year times 100 plus a month.
    Period(Option<i64>),
}

/// A group in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spending {
    /// What its rows have in common.
    pub key: Key,
    /// The currency.
    pub currency: String,
    /// How many values.
    pub count: i64,
    /// Their exact sum.
    pub sum: Decimal,
    /// The least.
    pub minimum: Decimal,
    /// The greatest.
    pub maximum: Decimal,
}

impl Spending {
    /// How many bytes of memory it takes, what it points to included.
    pub fn size(&self) -> usize {
        let code = if let Key::Code(Some(code)) = &self.key { code.len() } else { 0 };
        size_of::<Self>() + self.currency.len() + code
    }

    /// The sum over the count, to six decimal places, halves to the even one.
    pub fn average(&self) -> Decimal {
        let average = self.sum.checked_div(self.count.into()).unwrap_or_default();
        average.round_dp(6).normalize()
    }
}

/// Every group and currency: in a named currency the greatest sum first, else the greatest count. One
/// statement.
pub async fn groups(database: &Database, question: &Question) -> Result<Vec<Spending>, StoreError> {
    let select = match question.measure {
        Measure::Awarded => select(award::COLLECTION, database, question),
        Measure::Contracted => select(contract::COLLECTION, database, question),
        Measure::Tendered => {
            let filter = by_tender_start(&question.filter);
            select(process::COLLECTION, database, &Question { filter, ..question.clone() })
        }
    };
    let counts = database.backend() == DbBackend::Sqlite;
    let decode = if counts { counted } else { summed };
    let statement = database.backend().build(&select);
    let parts = database.fetch_statement(statement, |cells| decode(question.group, cells)).await?;
    let mut groups = if counts { gather(parts)? } else { parts };
    let by_sum = question.currency.is_some();
    groups.sort_unstable_by(|a, b| {
        let greatest = if by_sum { b.sum.cmp(&a.sum) } else { b.count.cmp(&a.count) };
        greatest.then_with(|| (&a.currency, &a.key).cmp(&(&b.currency, &b.key)))
    });
    Ok(groups)
}

/// The column that dates the rows of a measure.
fn date_of(measure: Measure) -> &'static str {
    match measure {
        Measure::Awarded => "date",
        Measure::Contracted => "date_signed",
        Measure::Tendered => "tender_start",
    }
}

/// The rows that count, with what makes their group, gathered as far as the database does it exactly.
fn select(collection: &Collection, database: &Database, question: &Question) -> SelectStatement {
    let [amount, currency] = VALUE;
    let backend = database.backend();
    let date = date_of(question.measure);
    let counted = Expr::col("status").is_null().or(Expr::col("status").is_not_in(GIVEN_UP));
    let mut rows = Query::select();
    rows.columns(["id", amount, currency, date]).from(collection.table.name);
    if question.measure != Measure::Tendered {
        rows.column("process_id");
    }
    rows.cond_where(condition(collection, database, &question.filter))
        .and_where(counted)
        .and_where(Expr::col(amount).is_not_null());
    match &question.currency {
        Some(code) => rows.and_where(Expr::col(currency).eq(code.clone())),
        None => rows.and_where(Expr::col(currency).is_not_null()),
    };
    let mut select = Query::select();
    select.expr_as(key(question, date, backend), "key").column(("r", currency));
    select.from_subquery(rows, "r");
    join(&mut select, question);
    select.group_by_col("key").group_by_col(("r", currency));
    let value = || Expr::col(("r", amount));
    if backend == DbBackend::Sqlite {
        select.expr(value()).group_by_col(("r", amount));
    } else {
        // As texts: a number that the program's own cannot hold must not be rounded on its way.
        for whole in [value().min(), value().max(), value().sum()] {
            select.expr(whole.cast_as("text"));
        }
    }
    select.expr(Expr::col(("r", "id")).count());
    select
}

/// What makes the group of a row.
fn key(question: &Question, date: &'static str, backend: DbBackend) -> Expr {
    let period = |sqlite: &str, postgres: &str| {
        let date = Expr::col(("r", date));
        match backend {
            // Milliseconds, to seconds towards the past.
            DbBackend::Sqlite => Expr::cust_with_exprs(
                format!(
                    "CAST(strftime('{sqlite}', (? - ((? % 1000 + 1000) % 1000)) / 1000, 'unixepoch') AS INTEGER)"
                ),
                [date.clone(), date],
            ),
            _ => Expr::cust_with_exprs(
                format!("CAST(to_char($1 AT TIME ZONE 'UTC', '{postgres}') AS bigint)"),
                [date],
            ),
        }
    };
    match question.group {
        Group::Buyer => Expr::col((PROCESS, "buyer_id")),
        Group::Category => Expr::col((PROCESS, "category")),
        Group::Method => Expr::col((PROCESS, "method")),
        Group::Supplier => Expr::col(("s", "organization_id")),
        Group::Year => period("%Y", "YYYY"),
        Group::Month => period("%Y%m", "YYYYMM"),
    }
}

/// The process of a row, as it is joined.
const PROCESS: &str = "p";

/// Adds what a group is made of, where the row does not have it.
fn join(select: &mut SelectStatement, question: &Question) {
    let tendered = question.measure == Measure::Tendered;
    let process = if tendered { "id" } else { "process_id" };
    match question.group {
        Group::Year | Group::Month => {}
        Group::Buyer | Group::Category | Group::Method => {
            let same = Expr::col(("r", process)).equals((PROCESS, "id"));
            select.join_as(JoinType::InnerJoin, "processes", PROCESS, same);
        }
        Group::Supplier => {
            let (table, owner) = match question.measure {
                Measure::Awarded => ("award_suppliers", "award_id"),
                Measure::Contracted => ("contract_suppliers", "contract_id"),
                Measure::Tendered => ("award_suppliers", "process_id"),
            };
            // Each supplier once, however often it is named.
            let mut suppliers = Query::select();
            suppliers.distinct().columns([owner, "organization_id"]).from(table);
            let same = Expr::col(("r", "id")).equals(("s", owner));
            select.join_subquery(JoinType::LeftJoin, suppliers, "s", same);
        }
    }
}

/// A row of PostgreSQL's: a whole group.
fn summed(group: Group, cells: &mut Cells<'_>) -> Result<Spending, StoreError> {
    let (key, currency) = (take_key(group, cells)?, cells.take()?);
    let mut exact = || {
        let text: String = cells.take()?;
        let number = Decimal::from_str_exact(&text).map(|number| number.normalize());
        number.map_err(|_| StoreError::Corrupt(format!("a sum of values has more than 28 digits: {text}")))
    };
    let (minimum, maximum, sum) = (exact()?, exact()?, exact()?);
    Ok(Spending { key, currency, count: cells.take()?, sum, minimum, maximum })
}

/// A row of SQLite's: the equal amounts of a group, of which only the first is summed yet.
fn counted(group: Group, cells: &mut Cells<'_>) -> Result<Spending, StoreError> {
    let (key, currency) = (take_key(group, cells)?, cells.take()?);
    let amount = cells.take::<Option<Decimal>>()?.unwrap_or_default();
    Ok(Spending { key, currency, count: cells.take()?, sum: amount, minimum: amount, maximum: amount })
}

fn take_key(group: Group, cells: &mut Cells<'_>) -> Result<Key, StoreError> {
    Ok(match group {
        Group::Buyer | Group::Supplier => Key::Organization(cells.take()?),
        Group::Category | Group::Method => Key::Code(cells.take()?),
        Group::Year | Group::Month => Key::Period(cells.take()?),
    })
}

/// Puts the parts of SQLite's groups together.
fn gather(parts: Vec<Spending>) -> Result<Vec<Spending>, StoreError> {
    let mut groups: HashMap<(Key, String), Spending> = HashMap::new();
    for part in parts {
        let key = (part.key.clone(), part.currency.clone());
        let empty = Spending { count: 0, sum: Decimal::ZERO, ..part.clone() };
        let group = groups.entry(key).or_insert(empty);
        group.sum = add(group.sum, part.sum, part.count)?;
        group.count += part.count;
        group.minimum = group.minimum.min(part.minimum);
        group.maximum = group.maximum.max(part.maximum);
    }
    Ok(groups.into_values().collect())
}

/// The same filter, asking tenders for the beginning of their period where it asks for a date.
fn by_tender_start(filter: &Filter) -> Filter {
    let all = |parts: &[Filter]| parts.iter().map(by_tender_start).collect();
    match filter {
        Filter::All(parts) => Filter::All(all(parts)),
        Filter::Any(parts) => Filter::Any(all(parts)),
        Filter::Not(part) => Filter::Not(Box::new(by_tender_start(part))),
        Filter::Is(Term::Date(range)) => Filter::Is(Term::TenderStart(*range)),
        Filter::Is(term) => Filter::Is(term.clone()),
    }
}
