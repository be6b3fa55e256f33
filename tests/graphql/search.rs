//! Any text at all is a valid search, and both databases find the same rows by it.

use farol::store::{
    Database,
    page::PageRequest,
    query::{
        collection::{self, By, Collection, Order},
        filter::{Filter, Term},
        item, organization, process,
    },
    row::Row,
    words::Search,
};
use proptest::{
    prelude::*,
    sample::select,
    test_runner::{Config, TestRunner},
};
use tokio::{runtime::Handle, task::block_in_place};

use super::fixture;
use crate::support::TestDatabase;

/// Parts of texts: any characters, words of the fixture and what query languages mean something by.
fn text() -> impl Strategy<Value = String> {
    const KNOWN: [&str; 8] = ["Gravel", "École", "臺北市", "toit", "Łódź", "STRASSE", "a", "of"];
    const SIGNS: [&str; 16] =
        ["*", "\"", "'", ":*", " & ", " | ", "!", "(", ")", " AND ", " NOT ", " NEAR(", "\0", "\\", "^", "-"];
    let part = prop_oneof![
        3 => select(&KNOWN[..]).prop_map(str::to_owned),
        3 => select(&SIGNS[..]).prop_map(str::to_owned),
        2 => any::<String>(),
        1 => "[\\p{L}\\p{M}\\p{N}]{1,5}",
    ];
    proptest::collection::vec(part, 0..5).prop_map(|parts| parts.concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn any_text_finds_the_same_rows_in_both_databases() {
    let (file, server) = (TestDatabase::sqlite().await, TestDatabase::postgres().await);
    let both = [file.open().await, server.open().await];
    for database in &both {
        fixture::load(database).await;
    }
    let mut runner = TestRunner::new(Config { cases: 300, failure_persistence: None, ..Config::default() });
    block_in_place(|| {
        let done = runner.run(&text(), |text| {
            Handle::current().block_on(async {
                let [sqlite, postgres] = &both;
                prop_assert_eq!(found(sqlite, &text).await, found(postgres, &text).await);
                Ok(())
            })
        });
        done.unwrap_or_else(|failure| panic!("{failure}"));
    });
}

/// The ids that a search finds in each list that is searched by its own words.
async fn found(database: &Database, text: &str) -> [Vec<i64>; 3] {
    let filter = Filter::Is(Term::Search(Search::new(text)));
    [
        ids(process::COLLECTION, database, &filter).await,
        ids(item::COLLECTION, database, &filter).await,
        ids(organization::COLLECTION, database, &filter).await,
    ]
}

async fn ids(list: &Collection, database: &Database, filter: &Filter) -> Vec<i64> {
    let all = PageRequest { limit: 100, backward: false, after: None, before: None };
    let order = Order { by: By::Title, descending: false };
    let page = collection::page(list, database, filter, order, &all).await.unwrap();
    let mut ids: Vec<i64> = page.rows.iter().map(|row: &Row| list.position(row, By::Title).id).collect();
    ids.sort_unstable();
    ids
}
