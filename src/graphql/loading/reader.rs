//! The one batch function: what a relation reads, as data.

use std::{collections::HashMap, sync::Arc};

use futures_util::future::join_all;

use super::{Key, PartOf, Value};
use crate::{
    loader::Batch,
    store::{
        Database, StoreError, entity,
        query::{
            by_id::ById,
            collection::{self, Collection},
            dataset, dealings,
            facts::{self, Named},
            list::{List, Members, Range},
            owned::Counts,
            process, release, spending,
            totals::{self, Worths},
            walk::{OwnedPage, Walk},
        },
        row::{Record, Row},
    },
};

/// Reads a relation's keys from the database.
pub(in crate::graphql) struct Reader {
    pub(super) database: Database,
    pub(super) read: Read,
}

/// What is read, by one statement for all keys of a batch but where it says otherwise. Each variant takes keys
/// of one variant of [`Key`] and answers values of one of [`Value`].
pub(super) enum Read {
    /// Rows by their ids; what a row depends on.
    ById(&'static ById, DependsOn),
    /// Processes by ocid: one for each dataset that has it.
    ByOcid,
    /// Parts of the lists of rows.
    Lists(&'static List),
    /// The organisations that rows name.
    Members(Members),
    /// Pages of the lists of organisations.
    OwnedPages(Walk),
    /// The lengths of the lists of organisations.
    OwnedCounts(Counts),
    /// The values of the lists of owners; what an owner is.
    OwnedTotals(Worths, DependsOn),
    /// What organisations bought and sold.
    Dealings,
    /// The organisations that processes name. Filters are evaluated over them.
    NamedIds(Named<i64>),
    /// The classifications that processes name. Filters are evaluated over them.
    NamedTexts(Named<String>),
    /// The words of processes. Filters are evaluated over them.
    Words,
    /// The published JSON of releases.
    Bodies,
    /// All datasets.
    Datasets,
    /// Sums in groups; a statement for each key.
    Spending,
    /// Pages of the list of everything; a statement for each key.
    Page(&'static Collection),
    /// The length of the list of everything; a statement for each key.
    Count(&'static Collection),
    /// The value of the list of everything; a statement for each key.
    Totals(&'static Collection),
}

/// What the answer to an id depends on.
#[derive(Clone, Copy, Debug)]
pub(super) enum DependsOn {
    /// The dataset with this id.
    Dataset,
    /// The process with this id.
    Process,
    /// The organisation with this id.
    Organization,
    /// The process that the row is a part of; anything at all where the row does not name it.
    ProcessOfRow,
}

type Answer = Result<HashMap<Key, Value>, StoreError>;

impl Batch<Key> for Reader {
    type Value = Value;
    type Error = Arc<StoreError>;

    /// One boxed future a batch: those of the variants differ much in size.
    async fn load(&self, keys: &[Key]) -> Result<HashMap<Key, Value>, Arc<StoreError>> {
        Box::pin(self.answer(keys)).await.map_err(Arc::new)
    }
}

impl Reader {
    async fn answer(&self, keys: &[Key]) -> Answer {
        let database = &self.database;
        Ok(match &self.read {
            Read::ById(by_id, _) => by_ids(by_id.read(database, &ids(keys)).await?, Value::Row),
            Read::ByOcid => by_ocid(process::by_ocids(database, &ocids(keys)).await?),
            Read::Lists(list) => list.read(database, &ranges(keys)).await?.into_iter().map(entry).collect(),
            Read::Members(members) => {
                by_parts(keys, members.read(database, &parts(keys)).await?, Value::Rows)
            }
            Read::OwnedPages(walk) => {
                let pages = walk.read(database, &owned_pages(keys)).await?;
                pages.into_iter().map(entry).collect()
            }
            Read::OwnedCounts(counts) => by_ids(counts.read(database, &ids(keys)).await?, Value::Count),
            Read::OwnedTotals(worths, _) => {
                by_ids(worths.read(database, &ids(keys)).await?, |totals| Value::Totals(Arc::new(totals)))
            }
            Read::Dealings => by_ids(dealings::of_organizations(database, &ids(keys)).await?, |all| {
                Value::Dealings(all.into())
            }),
            Read::NamedIds(named) => {
                by_ids(named.read(database, &ids(keys)).await?, |all| Value::Ids(all.into()))
            }
            Read::NamedTexts(named) => {
                by_ids(named.read(database, &ids(keys)).await?, |all| Value::Texts(all.into()))
            }
            Read::Words => by_ids(facts::words(database, &ids(keys)).await?, |text| Value::Text(text.into())),
            Read::Bodies => {
                let bodies = release::bodies(database, &parts(keys)).await?.into_iter().collect();
                by_parts(keys, bodies, |text: String| Value::Text(text.into()))
            }
            Read::Datasets | Read::Spending | Read::Page(_) | Read::Count(_) | Read::Totals(_) => {
                self.one_by_one(keys).await
            }
        })
    }

    /// Reads that are a statement each, side by side. One that fails does not fail those beside it. They go
    /// through the loader all the same, so that what hangs below them meets at one level whichever of them
    /// returns first.
    async fn one_by_one(&self, keys: &[Key]) -> HashMap<Key, Value> {
        let values = join_all(keys.iter().map(|key| self.one(key))).await;
        let values =
            values.into_iter().map(|value| value.unwrap_or_else(|error| Value::Failed(Arc::new(error))));
        keys.iter().cloned().zip(values).collect()
    }

    async fn one(&self, key: &Key) -> Result<Value, StoreError> {
        let database = &self.database;
        Ok(match (&self.read, key) {
            (Read::Datasets, Key::All) => {
                let all = dataset::all(database).await?;
                Value::Rows(all.iter().map(|dataset| dataset.row().clone()).collect())
            }
            (Read::Spending, Key::Spending(question)) => {
                Value::Spending(spending::groups(database, question).await?.into())
            }
            (Read::Page(collection), Key::Page(page)) => {
                let page =
                    collection::page(collection, database, &page.filter, page.order, &page.request).await?;
                Value::Page(Arc::new(page))
            }
            (Read::Count(collection), Key::Filter(filter)) => {
                Value::Count(collection::count(collection, database, filter).await?)
            }
            (Read::Totals(collection), Key::Filter(filter)) => {
                Value::Totals(Arc::new(totals::by_filter(collection, database, filter).await?))
            }
            _ => return Err(StoreError::Corrupt(format!("a relation has no keys like {key:?}"))),
        })
    }
}

fn ids(keys: &[Key]) -> Vec<i64> {
    keys.iter().filter_map(|key| if let Key::Id(id) = key { Some(*id) } else { None }).collect()
}

fn parts(keys: &[Key]) -> Vec<i64> {
    keys.iter().filter_map(|key| if let Key::Part(part) = key { Some(part.id) } else { None }).collect()
}

fn ranges(keys: &[Key]) -> Vec<Range> {
    keys.iter().filter_map(|key| if let Key::Range(range) = key { Some(*range) } else { None }).collect()
}

fn ocids(keys: &[Key]) -> Vec<String> {
    keys.iter()
        .filter_map(|key| if let Key::Ocid(ocid) = key { Some((**ocid).to_owned()) } else { None })
        .collect()
}

fn owned_pages(keys: &[Key]) -> Vec<OwnedPage> {
    let pages = keys.iter().filter_map(|key| if let Key::OwnedPage(page) = key { Some(page) } else { None });
    pages.map(|page| OwnedPage::clone(page)).collect()
}

fn entry<K: Into<Key>>((key, rows): (K, crate::store::row::Rows)) -> (Key, Value) {
    (key.into(), Value::Rows(rows))
}

fn by_ids<V>(values: HashMap<i64, V>, value: impl Fn(V) -> Value) -> HashMap<Key, Value> {
    values.into_iter().map(|(id, found)| (Key::Id(id), value(found))).collect()
}

/// Hands what was read by the ids of parts to their keys.
fn by_parts<V>(keys: &[Key], mut values: HashMap<i64, V>, value: impl Fn(V) -> Value) -> HashMap<Key, Value> {
    let found = |key: &Key| match key {
        Key::Part(PartOf { id, .. }) => Some((key.clone(), value(values.remove(id)?))),
        _ => None,
    };
    keys.iter().filter_map(found).collect()
}

fn by_ocid(rows: Vec<entity::process::Model>) -> HashMap<Key, Value> {
    let mut lists: HashMap<Key, Vec<Row>> = HashMap::new();
    for row in rows {
        lists.entry(Key::Ocid(row.ocid().into())).or_default().push(row.row().clone());
    }
    lists.into_iter().map(|(ocid, rows)| (ocid, Value::Rows(rows.into()))).collect()
}
