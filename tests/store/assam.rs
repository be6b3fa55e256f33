//! What is asked of a large real dataset: totals equal to a plain recomputation from the files, to the
//! last digit, and pages read by indexes.

use std::{io::BufRead, path::Path};

use farol::store::Database;

use super::{plans, recomputed};
use crate::support::{TestDatabase, farol, on_both_databases, real_data};

on_both_databases!(totals_are_exact_and_pages_are_read_by_indexes);

async fn totals_are_exact_and_pages_are_read_by_indexes(database: TestDatabase) {
    let Some(data) = real_data("totals and query plans over Assam") else { return };
    let file = data.join("assam.jsonl.gz");
    let store = import(&database, &file).await;
    recomputed::check(&store, lines(&file)).await;
    plans::check(&store).await;
}

async fn import(database: &TestDatabase, file: &Path) -> Database {
    let directory = tempfile::tempdir().unwrap();
    let file = file.to_str().unwrap();
    let args = ["import", "--dataset", "assam", file, "--database-url", &database.url];
    let run = farol(directory.path(), &[], &args);
    assert_eq!(run.code, 0, "{}", run.stderr);
    database.open().await
}

/// The compiled releases, as published.
fn lines(file: &Path) -> Vec<String> {
    let reader = flate2::read::MultiGzDecoder::new(std::fs::File::open(file).unwrap());
    std::io::BufReader::new(reader).lines().map(Result::unwrap).collect()
}
