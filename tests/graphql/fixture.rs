//! A few processes that have every peculiarity the schema must show: `tests/fixtures/*.jsonl`, each
//! file a dataset of its name.

use std::{
    path::PathBuf,
    sync::{Arc, atomic::AtomicU64},
};

use farol::{
    import::{self, Input, Options, Report},
    store::Database,
};

/// Imports the fixture.
pub(crate) async fn load(database: &Database) {
    for name in ["north", "south", "east"] {
        let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures")).join(name);
        let inputs = vec![Input::File(path.with_extension("jsonl"))];
        let options = Options {
            dataset: name.to_owned(),
            batch_processes: 5,
            workers: 1,
            bytes_read: Arc::new(AtomicU64::new(0)),
        };
        let summary = import::run(database, inputs, &options, &mut Report::new(None)).await.unwrap();
        assert_eq!(summary.refused, 0, "{summary}");
    }
}
