//! The lists that organisations have, newest first: pages of many of them in one statement.
//!
//! For each organisation the statement walks the index (organisation, date, id) from behind the cursor's
//! row and stops with the page, however long the list is and wherever in it the page lies: first the rows
//! with a date, then those without, or the reverse.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta};
use sea_orm::{Value, sea_query::ArrayType};
use serde::Serialize;

use super::{
    collection::{By, Collection},
    keys::{self, Sql},
    owned::Owned,
};
use crate::{
    ocds::model::Time,
    store::{
        Backend, Database, StoreError,
        page::{Position, SortKey},
        row::{Row, RowReader, Rows},
    },
};

/// Where a row stands in such a list: its date and id. Those without a date are the least.
pub type Place = (Option<Time>, i64);

/// A page of the list of one organisation, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct OwnedPage {
    /// The organisation.
    pub owner: i64,
    /// Rows at most.
    pub limit: u32,
    /// Take the last rows instead of the first.
    pub backward: bool,
    /// Only rows behind this one (before it when `backward`).
    pub from: Option<Place>,
}

/// A kind of list.
pub struct Walk {
    collection: &'static Collection,
    forward: Sql,
    backward: Sql,
}

impl Walk {
    /// Of a list that organisations have.
    pub fn new(owned: &Owned) -> Self {
        let Owned { collection, .. } = *owned;
        Self { collection, forward: statement(owned, false), backward: statement(owned, true) }
    }

    /// The rows of each page in the order in which it comes to them, with one row more than its limit
    /// where there are more. One statement, one more when pages go in both directions.
    pub async fn read(
        &self,
        database: &Database,
        pages: &[OwnedPage],
    ) -> Result<HashMap<OwnedPage, Rows>, StoreError> {
        let mut lists = HashMap::with_capacity(pages.len());
        for backward in [false, true] {
            let pages: Vec<&OwnedPage> = pages.iter().filter(|page| page.backward == backward).collect();
            if !pages.is_empty() {
                lists.extend(self.read_one_way(database, &pages, backward).await?);
            }
        }
        Ok(lists)
    }

    async fn read_one_way(
        &self,
        database: &Database,
        pages: &[&OwnedPage],
        backward: bool,
    ) -> Result<Vec<(OwnedPage, Rows)>, StoreError> {
        let sql = if backward { &self.backward } else { &self.forward };
        let backend = database.backend();
        let mut reader = RowReader::new(self.collection.table);
        let rows: Vec<(i64, Row)> = database
            .fetch(sql.on(backend), parameters(backend, pages), |cells| {
                Ok((cells.take()?, reader.read(cells)?))
            })
            .await?;
        let mut lists: Vec<Vec<Row>> = vec![Vec::new(); pages.len()];
        for (index, row) in rows {
            if let Some(list) = usize::try_from(index).ok().and_then(|index| lists.get_mut(index)) {
                list.push(row);
            }
        }
        let cut = |(page, mut list): (&&OwnedPage, Vec<Row>)| {
            list.sort_by_cached_key(|row| place(&self.collection.position(row, By::Date)));
            if !backward {
                list.reverse();
            }
            list.truncate(usize::try_from(page.limit).unwrap_or(usize::MAX).saturating_add(1));
            (OwnedPage::clone(page), list.into())
        };
        Ok(pages.iter().zip(lists).map(cut).collect())
    }
}

/// The place that a position in the order by date means.
pub fn place(position: &Position) -> Place {
    match position.key {
        SortKey::Time(time) => (time, position.id),
        _ => (None, position.id),
    }
}

fn statement(owned: &Owned, backward: bool) -> Sql {
    let Owned { collection, names, owner, row } = owned;
    let (table, columns) = (collection.table.name, collection.table.select_list("t"));
    let (compare, direction) = if backward { (">", "ASC") } else { ("<", "DESC") };
    // Where an owner is named twice, the row stands in the index twice, side by side.
    let distinct = if owned.is_told() { "" } else { "DISTINCT " };
    let parts = |[key, date, id, undated]: [&str; 4], limit: &str| {
        let part = |condition: String| {
            format!(
                "SELECT {distinct}date, {row} AS id FROM {names} WHERE {owner} = {key} AND {condition} \
                 ORDER BY date {direction}, {row} {direction} LIMIT {limit}"
            )
        };
        let dated = part(format!("(date, {row}) {compare} ({date}, {id})"));
        let undated = part(format!("date IS NULL AND {row} {compare} {undated}"));
        if backward { [undated, dated] } else { [dated, undated] }
    };
    // SQLite has no LATERAL: a correlated IN with its own LIMIT walks the index the same way.
    let keys = ["k.value ->> 0", "k.value ->> 1", "k.value ->> 2", "k.value ->> 3"];
    let [first, second] = parts(keys, "$2").map(|ids| {
        format!(
            "SELECT k.key, {columns} FROM json_each($1) k CROSS JOIN {table} t WHERE t.id IN (SELECT id FROM ({ids}))"
        )
    });
    let sqlite = format!("{first} UNION ALL {second}");
    let [first, second] = parts(["k.owner", "k.date", "k.id", "k.undated"], "$5");
    let postgres = format!(
        "SELECT k.number - 1, {columns} \
         FROM unnest($1::bigint[], $2::timestamptz[], $3::bigint[], $4::bigint[]) \
           WITH ORDINALITY AS k (owner, date, id, undated, number) \
         CROSS JOIN LATERAL (({first}) UNION ALL ({second}) LIMIT $5) f JOIN {table} t ON t.id = f.id"
    );
    Sql::new(postgres, sqlite)
}

const EPOCH: Time = DateTime::UNIX_EPOCH;
/// Farther from now than any date that is stored, and near enough for both databases.
const BEYOND: TimeDelta = TimeDelta::days(366 * 3_000);

/// What a walk begins behind: a place among the rows with a date, and an id among those without.
struct Start {
    date: Time,
    id: i64,
    undated: i64,
}

impl Start {
    /// Places before and behind all rows, that take all of a part or nothing of it: so each part is a
    /// plain range of the index.
    fn of(page: &OwnedPage) -> Self {
        let (low, high) = ((EPOCH - BEYOND, -1), (EPOCH + BEYOND, i64::MAX));
        let (all, nothing) = if page.backward { (low, high) } else { (high, low) };
        let ((date, id), undated) = match page.from {
            None => (all, all.1),
            Some((Some(date), id)) => ((date, id), if page.backward { nothing.1 } else { all.1 }),
            Some((None, id)) => (if page.backward { all } else { nothing }, id),
        };
        Self { date, id, undated }
    }
}

fn parameters(backend: Backend, pages: &[&OwnedPage]) -> Vec<Value> {
    let longest = pages.iter().map(|page| page.limit).max().unwrap_or(0).saturating_add(1);
    let starts: Vec<Start> = pages.iter().map(|page| Start::of(page)).collect();
    let starts = || pages.iter().map(|page| page.owner).zip(&starts);
    if backend == Backend::Sqlite {
        let row =
            |(owner, start): (i64, &Start)| (owner, start.date.timestamp_millis(), start.id, start.undated);
        let rows: Vec<_> = starts().map(row).collect();
        return vec![serde_json::to_string(&rows).unwrap_or_default().into(), i64::from(longest).into()];
    }
    let dates = starts().map(|(_, start)| Value::from(start.date)).collect();
    vec![
        keys::array(starts().map(|(owner, _)| owner)),
        Value::Array(ArrayType::ChronoDateTimeUtc, Some(Box::new(dates))),
        keys::array(starts().map(|(_, start)| start.id)),
        keys::array(starts().map(|(_, start)| start.undated)),
        i64::from(longest).into(),
    ]
}
