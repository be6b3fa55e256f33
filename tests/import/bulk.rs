//! A first import puts indexes off and builds them at its end: what it leaves is what any import leaves, and
//! killed at any point it leaves nothing that the next farol does not mend.

use std::time::Duration;

use farol::{
    config::Backend,
    store::{Database, migrate, write::deferred::Deferred},
};
use serde_json::{Value, json};

use super::{
    desk::{Desk, release},
    dump::assert_same,
};
use crate::support::{TestDatabase, on_both_databases};

on_both_databases!(
    a_large_first_import_leaves_what_any_other_leaves,
    only_one_farol_puts_off_and_only_what_can_be_missed,
    killed_while_indexes_are_put_off_it_is_mended_by_the_next,
    ended_while_indexes_are_built_the_rest_is_built_by_the_next,
    an_open_database_waits_for_the_import_that_fills_it,
);

const PROCESSES: usize = 240;

/// Everything that has words, and in a second file an update of every fourth process.
fn inputs(processes: usize) -> Vec<Value> {
    let award = |at: usize| json!({ "id": 1, "title": format!("Lot {at}"), "suppliers": [{ "name": "Mason" }], "items": [{ "id": 1, "description": "Gravel" }] });
    let tender = |at: usize| json!({ "title": format!("Road {at}"), "items": [{ "id": 1, "description": format!("Sand {at}") }] });
    let parts = |at| json!({ "buyer": { "name": if at % 5 == 0 { "--" } else { "Town" } }, "tender": tender(at), "awards": [award(at)] });
    let first = (0..processes).map(|at| release(&format!("p{at}"), 1, &parts(at)));
    let again = (0..processes).step_by(4);
    let again = again
        .map(|at| release(&format!("p{at}"), 2, &json!({ "tender": { "title": format!("Rail {at}") } })));
    first.chain(again).collect()
}

/// Every index and trigger of the schema.
async fn schema(desk: &Desk) -> Vec<String> {
    desk.texts(match desk.database.backend {
        Backend::Sqlite => {
            "SELECT sql FROM sqlite_master WHERE sql <> '' AND name NOT LIKE 'sqlite%' ORDER BY name"
        }
        Backend::Postgres => "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname",
    })
    .await
}

/// How much is put off.
async fn put_off(desk: &Desk) -> i64 {
    desk.number("SELECT count(*) FROM deferred").await
}

async fn fresh(like: &Desk) -> Desk {
    Desk::new(match like.database.backend {
        Backend::Sqlite => TestDatabase::sqlite().await,
        Backend::Postgres => TestDatabase::postgres().await,
    })
    .await
}

/// The schema is whole, and on SQLite the words are those of the rows.
async fn assert_built(desk: &Desk, expected: &[String]) {
    assert_eq!(put_off(desk).await, 0);
    assert_eq!(schema(desk).await, expected);
    if desk.database.backend == Backend::Sqlite {
        for table in ["process_search_words", "item_search_words", "organizations_words"] {
            let check = format!("INSERT INTO {table} ({table}, rank) VALUES ('integrity-check', 1)");
            desk.texts(&check).await;
        }
    }
}

/// A database that was filled with its indexes in place.
async fn filled_row_by_row(like: &Desk, values: &[Value]) -> Desk {
    let plain = fresh(like).await;
    let file = plain.write_lines("values.jsonl", values);
    // No transaction is full, so nothing is put off.
    plain.import_in_batches("d", &[file], 10 * values.len()).await;
    plain
}

async fn a_large_first_import_leaves_what_any_other_leaves(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let before = schema(&desk).await;
    let values = inputs(PROCESSES);
    desk.import_in_batches("d", &[desk.write_lines("values.jsonl", &values)], 30).await;
    assert_built(&desk, &before).await;
    let plain = filled_row_by_row(&desk, &values).await;
    let (mut one, mut other) = (desk.dump().await, plain.dump().await);
    // In other chunks an update is not told of as one.
    assert!(one.remove("changes").unwrap().len() >= PROCESSES);
    other.remove("changes");
    assert_same(&one, &other);
    // What comes later is found as well.
    let more = release("more", 1, &json!({ "tender": { "title": "Ferry" }, "buyer": { "name": "Port" } }));
    desk.import_values("d", &[more]).await;
    assert_built(&desk, &before).await;
}

async fn only_one_farol_puts_off_and_only_what_can_be_missed(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let before = schema(&desk).await;
    let deferred = Deferred::put_off(&desk.store).await.unwrap().expect("nothing is in the way");
    let other = desk.database.open().await;
    assert!(Deferred::put_off(&other).await.unwrap().is_none(), "one farol does");
    let left = schema(&desk).await;
    assert!(left.len() + 30 < before.len(), "{left:#?}");
    assert!(left.iter().all(|sql| !sql.starts_with("CREATE INDEX") && !sql.starts_with("CREATE TRIGGER")));
    assert!(left.iter().any(|sql| sql.starts_with("CREATE UNIQUE INDEX releases_id")), "{left:#?}");
    // An index that somebody made by hand is in nobody's way.
    desk.texts("CREATE INDEX processes_bids ON processes (bid_count, id)").await;
    deferred.build().await.unwrap();
    assert_built(&desk, &before).await;
}

async fn killed_while_indexes_are_put_off_it_is_mended_by_the_next(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let before = schema(&desk).await;
    let values = inputs(8 * PROCESSES);
    let file = desk.write_lines("values.jsonl", &values);
    let args = ["import", "--dataset", "d", "--import-batch-processes", "40", file.to_str().unwrap()];
    let mut import = desk.command(&args).stdout(std::process::Stdio::null()).spawn().unwrap();
    let begun = async {
        while put_off(&desk).await == 0 {
            assert!(import.try_wait().unwrap().is_none(), "it ended before it was killed");
        }
    };
    tokio::time::timeout(Duration::from_secs(90), begun).await.expect("it puts off");
    import.kill().unwrap();
    import.wait().unwrap();
    assert!(put_off(&desk).await > 30, "it was killed on its way");
    let run = desk.farol(&args);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("an import did not end: building the indexes"), "{}", run.stderr);
    assert_built(&desk, &before).await;
    let (mut one, mut other) = (desk.dump().await, filled_row_by_row(&desk, &values).await.dump().await);
    one.remove("changes");
    other.remove("changes");
    assert_same(&one, &other);
}

async fn ended_while_indexes_are_built_the_rest_is_built_by_the_next(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let before = schema(&desk).await;
    let deferred = Deferred::put_off(&desk.store).await.unwrap().expect("nothing is in the way");
    desk.import_values("d", &inputs(40)).await;
    let all = put_off(&desk).await;
    // The tenth cannot be built.
    let tenth = "(SELECT max(position) FROM (SELECT position FROM deferred ORDER BY position LIMIT 10) t)";
    let definition =
        desk.text(&format!("SELECT definition FROM deferred WHERE position = {tenth}")).await.unwrap();
    desk.tamper(&format!(
        "UPDATE deferred SET definition = 'SELECT 1 FROM nowhere' WHERE position = {tenth}"
    ))
    .await;
    let refused = deferred.build().await.unwrap_err();
    assert!(refused.to_string().contains("nowhere"), "{refused}");
    assert_eq!(put_off(&desk).await, all - 9);
    let definition = definition.replace('\'', "''");
    desk.tamper(&format!("UPDATE deferred SET definition = '{definition}' WHERE definition LIKE '%nowhere'"))
        .await;
    migrate::run(&desk.store).await.unwrap();
    assert_built(&desk, &before).await;
}

async fn an_open_database_waits_for_the_import_that_fills_it(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let before = schema(&desk).await;
    let deferred = Deferred::put_off(&desk.store).await.unwrap().expect("nothing is in the way");
    let all = put_off(&desk).await;
    let server: Database = desk.database.open().await;
    migrate::run(&server).await.unwrap();
    assert_eq!(put_off(&desk).await, all, "the import builds it");
    deferred.build().await.unwrap();
    assert_built(&desk, &before).await;
}
