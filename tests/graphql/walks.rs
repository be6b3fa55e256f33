//! Pages of every list, in every order, under random filters, are what a plain reading of the same rows
//! says; rows that come meanwhile neither hide others nor show any twice.

use std::{cmp::Ordering, collections::HashSet};

use chrono::Utc;
use farol::{
    graphql::{Engine, Limits},
    ocds::model::Process,
    store::{
        Database,
        id::{self, Kind},
        words::sort_key,
        write::Transaction,
    },
};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};
use serde_json::{Value, json};
use tokio::{runtime::Handle, task::block_in_place};

use super::{
    ask,
    reading::{self, Entry},
    world::{self, DATASET},
};
use crate::{
    store::process::write,
    support::{TestDatabase, on_both_databases},
};

on_both_databases!(pages_are_what_a_plain_reading_says);

/// The lists, the type of their filter and of their orders, and what can be ordered by.
const LISTS: [(Kind, &str, &str, &[&str]); 5] = [
    (Kind::Process, "processes", "Process", &["DATE", "VALUE", "TITLE", "BIDS", "OCID"]),
    (Kind::Award, "awards", "Award", &["DATE", "VALUE", "TITLE"]),
    (Kind::Contract, "contracts", "Contract", &["DATE", "VALUE", "TITLE"]),
    (Kind::Bid, "bids", "Bid", &["DATE", "VALUE"]),
    (Kind::Item, "items", "Item", &["DATE", "VALUE", "DESCRIPTION"]),
];

/// A list to be paged through.
#[derive(Clone, Debug)]
struct Walk {
    processes: Vec<Process>,
    /// One comes after each page, as long as there are any.
    newcomers: Vec<Process>,
    list: usize,
    filter: Value,
    by: &'static str,
    descending: bool,
    backward: bool,
    size: usize,
}

fn walk() -> impl Strategy<Value = Walk> {
    let list = (0..LISTS.len()).prop_flat_map(|list| {
        let (kind, _, _, orders) = LISTS[list];
        let by = proptest::sample::select(orders);
        (Just(list), by, world::filter(kind))
    });
    let processes = vec(world::process(), 1..12);
    let newcomers = prop_oneof![Just(Vec::new()).boxed(), vec(world::process(), 1..4).boxed()];
    (processes, newcomers, list, any::<[bool; 2]>(), 1..4_usize).prop_map(
        |(processes, newcomers, (list, by, mut filter), [descending, backward], size)| {
            if by == "VALUE" {
                filter["value"] = json!({ "currency": "EUR" });
            }
            let mut walk = Walk { processes, newcomers, list, filter, by, descending, backward, size };
            let all = walk.processes.iter_mut().chain(&mut walk.newcomers);
            all.enumerate()
                .for_each(|(number, process)| process.ocid = format!("ocds-{:02}", number * 7 % 20));
            walk
        },
    )
}

async fn pages_are_what_a_plain_reading_says(file: TestDatabase) {
    let database = file.open().await;
    let engine = Engine::new(database.clone(), Limits { max_cost: u64::MAX, ..Limits::default() });
    let mut runner = TestRunner::new(Config { cases: 250, failure_persistence: None, ..Config::default() });
    block_in_place(|| {
        let done = runner.run(&walk(), |walk| Handle::current().block_on(check(&database, &engine, &walk)));
        done.unwrap_or_else(|failure| panic!("{failure}"));
    });
}

async fn check(database: &Database, engine: &Engine, walk: &Walk) -> Result<(), TestCaseError> {
    empty(database).await;
    write(database, &walk.processes).await;
    let expected = walk.expected();
    let mut newcomers = walk.newcomers.iter();
    let (mut seen, mut cursor, mut total) = (Vec::new(), Value::Null, None);
    loop {
        let page = walk.page(engine, &cursor).await;
        let ids =
            page["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap().to_owned());
        seen.extend(if walk.backward { ids.rev().collect::<Vec<_>>() } else { ids.collect() });
        prop_assert!(seen.len() <= 200, "the pages never end");
        total.get_or_insert_with(|| page["totalCount"].clone());
        let [more, end] =
            if walk.backward { ["hasPreviousPage", "startCursor"] } else { ["hasNextPage", "endCursor"] };
        if page["pageInfo"][more] == false {
            break;
        }
        cursor = page["pageInfo"][end].clone();
        if let Some(newcomer) = newcomers.next() {
            write(database, std::slice::from_ref(newcomer)).await;
        }
    }
    prop_assert_eq!(total, Some(json!(expected.len())));
    let distinct: HashSet<&String> = seen.iter().collect();
    prop_assert_eq!(distinct.len(), seen.len(), "a row was shown twice");
    let there: HashSet<&String> = expected.iter().collect();
    let known: Vec<&String> = seen.iter().filter(|id| there.contains(id)).collect();
    prop_assert_eq!(known, expected.iter().collect::<Vec<_>>());
    if walk.newcomers.is_empty() {
        prop_assert_eq!(seen, expected);
    }
    Ok(())
}

/// Removes what the case before left.
async fn empty(database: &Database) {
    let ids: Vec<i64> =
        (0..20).map(|number| id::process(id::dataset(DATASET), &format!("ocds-{number:02}"))).collect();
    let mut transaction = Transaction::begin(database).await.unwrap();
    transaction.remove(&ids).await.unwrap();
    transaction.commit(Utc::now(), &[]).await.unwrap();
}

impl Walk {
    async fn page(&self, engine: &Engine, cursor: &Value) -> Value {
        let (_, list, name, _) = LISTS[self.list];
        let [size, from] = if self.backward { ["last", "before"] } else { ["first", "after"] };
        let document = format!(
            "query ($filter: {name}Filter, $order: {name}Order!, $size: Int, $cursor: String) {{ \
               {list}(filter: $filter, orderBy: $order, {size}: $size, {from}: $cursor) {{ \
                 totalCount nodes {{ id }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
        );
        let order = format!("{}_{}", self.by, if self.descending { "DESC" } else { "ASC" });
        let variables = json!({ "filter": self.filter, "order": order, "size": self.size, "cursor": cursor });
        let execution = ask(engine, &document, variables).await;
        assert!(execution.response.errors.is_empty(), "{:?}", execution.response.errors);
        serde_json::to_value(&execution.response.data).unwrap()[list].take()
    }

    /// The global ids of the rows that match, in the order in which pages come to them.
    fn expected(&self) -> Vec<String> {
        let (kind, ..) = LISTS[self.list];
        let rows = self.processes.iter().flat_map(|process| reading::entries(kind, process));
        let mut rows: Vec<Entry> = rows.filter(|row| reading::holds(&self.filter, row)).collect();
        rows.sort_by(|a, b| self.compare(a, b));
        if self.backward {
            rows.reverse();
        }
        rows.iter().map(|row| world::global(kind, row.id)).collect()
    }

    fn compare(&self, a: &Entry, b: &Entry) -> Ordering {
        let key = |row: &Entry| row.title.as_deref().map(sort_key);
        match self.by {
            "DATE" => self.nulls_last(a.date, b.date),
            "VALUE" => self.nulls_last(a.amount, b.amount),
            "TITLE" | "DESCRIPTION" => self.nulls_last(key(a), key(b)),
            "BIDS" => self.nulls_last(Some(a.bids), Some(b.bids)),
            _ => self.nulls_last(Some(&a.ocid), Some(&b.ocid)),
        }
        .then(self.turned(a.id.cmp(&b.id)))
    }

    fn nulls_last<T: Ord>(&self, a: Option<T>, b: Option<T>) -> Ordering {
        match (a, b) {
            (Some(a), Some(b)) => self.turned(a.cmp(&b)),
            (a, b) => b.is_some().cmp(&a.is_some()),
        }
    }

    fn turned(&self, order: Ordering) -> Ordering {
        if self.descending { order.reverse() } else { order }
    }
}
