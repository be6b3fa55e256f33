//! What subscriptions cost: so far, what it takes to tell which changed processes a filter takes.
//!
//! `cargo bench --bench live`. Compare within one run only.
//!
//! - `filter/…`: a filter over 500 processes of which everything is at hand; the throughput is in verdicts.
//! - `matching/…`: the same for the processes of one batch of changes, with all that it takes to ask the caches,
//!   which know them.

use std::{
    collections::HashMap,
    hint::black_box,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use farol::{
    cache::{Capacity, Ledger, Tiers},
    graphql::steps::Judge,
    import::{self, Input, Report},
    limit::Breaker,
    store::{
        Database, Options,
        entity::process::Model,
        migrate,
        page::PageRequest,
        query::{
            collection::{self, By, Order},
            facts::{self, Named},
            filter::{AmountRange, Filter, Term},
            process,
            verdict::Facts,
        },
        row::Record,
        words::Search,
    },
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

const PROCESSES: u32 = 500;
/// Changes in a batch.
const BATCH: usize = 50;

/// Processes with all that filters ask of them.
struct World {
    rows: Vec<Model>,
    suppliers: HashMap<i64, Vec<i64>>,
    tenderers: HashMap<i64, Vec<i64>>,
    classifications: HashMap<i64, Vec<String>>,
    words: HashMap<i64, String>,
}

impl World {
    async fn read(database: &Database) -> Self {
        let request = PageRequest { limit: PROCESSES, backward: false, after: None, before: None };
        let order = Order { by: By::Ocid, descending: false };
        let page = collection::page(process::COLLECTION, database, &Filter::default(), order, &request).await;
        let rows = page.expect("it reads").rows;
        let rows: Vec<Model> = rows.into_iter().filter_map(Model::from_row).collect();
        let ids: Vec<i64> = rows.iter().map(farol::store::entity::process::Model::id).collect();
        Self {
            rows,
            suppliers: Named::suppliers().read(database, &ids).await.expect("it reads"),
            tenderers: Named::tenderers().read(database, &ids).await.expect("it reads"),
            classifications: Named::classifications().read(database, &ids).await.expect("it reads"),
            words: facts::words(database, &ids).await.expect("it reads"),
        }
    }

    fn facts<'a>(&'a self, row: &'a Model) -> Facts<'a> {
        Facts {
            dataset: row.dataset_id(),
            row: Some(row),
            suppliers: self.suppliers.get(&row.id()).map_or(&[], Vec::as_slice),
            tenderers: self.tenderers.get(&row.id()).map_or(&[], Vec::as_slice),
            classifications: self.classifications.get(&row.id()).map_or(&[], Vec::as_slice),
            words: self.words.get(&row.id()).map_or("", String::as_str),
        }
    }

    /// Filters as people subscribe with, made from the first process that has what they ask for.
    fn filters(&self) -> Vec<(&'static str, Filter)> {
        let row = self.rows.iter().find(|row| row.buyer_id().is_some() && row.value_amount().is_some());
        let row = row.expect("a process with a buyer and a value");
        let amount = Term::Amount(AmountRange {
            currency: row.value_currency().unwrap_or_default().to_owned(),
            min: row.value_amount(),
            max: None,
        });
        // The value first: it is what the most processes are asked after.
        let typical = [amount, Term::Status(vec!["active", "complete"]), buyers(row.buyer_id())];
        let words: Vec<&str> = self.words[&row.id()].split(' ').collect();
        let some = [words[0], words[words.len() / 2], words[words.len() - 1]].join(" ");
        let search = Term::Search(Search::new(&some));
        let many = (0..100).map(|number| Filter::Is(buyers(Some(number)))).collect();
        vec![
            ("value, status and buyer", Filter::All(typical.map(Filter::Is).into())),
            ("three words", Filter::Is(search)),
            ("a hundred buyers, one by one", Filter::Any(many)),
        ]
    }
}

fn buyers(id: Option<i64>) -> Term {
    Term::Buyer(id.into_iter().collect())
}

fn filters(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let (database, _directory) = runtime.block_on(sqlite());
    let world = runtime.block_on(World::read(&database));
    let all: Vec<Facts<'_>> = world.rows.iter().map(|row| world.facts(row)).collect();
    let letters: usize = all.iter().map(|facts| facts.words.len()).sum();
    println!("{} processes, with {} bytes of words each", all.len(), letters / all.len());
    let mut group = criterion.benchmark_group("filter");
    group.throughput(Throughput::Elements(u64::from(PROCESSES)));
    for (name, filter) in world.filters() {
        let matching = || all.iter().filter(|facts| filter.matches(black_box(facts))).count();
        println!("{name}: {} match", matching());
        group.bench_function(name, |bench| bench.iter(|| black_box(matching())));
    }
    group.finish();

    let ledger = Arc::new(Ledger::default());
    ledger.open(0, 0);
    let tiers = Arc::new(Tiers::new(ledger, None, Capacity::default()));
    let judge = Judge::new(&database, Some(tiers.clone()));
    let changed: Vec<(i64, i64)> =
        world.rows.iter().take(BATCH).map(|row| (row.id(), row.dataset_id())).collect();
    let mut group = criterion.benchmark_group("matching");
    group.throughput(Throughput::Elements(u64::try_from(BATCH).expect("a small number")));
    for (name, filter) in world.filters() {
        runtime.block_on(judge.judge(&filter, &changed)).expect("it reads");
        group.bench_function(name, |bench| {
            bench
                .to_async(&runtime)
                .iter(|| async { judge.judge(&filter, &changed).await.expect("it reads") });
        });
    }
    group.finish();
    runtime.block_on(tiers.end());
}

/// A database with made-up data; it lives as long as the directory.
async fn sqlite() -> (Database, TempDir) {
    let directory = tempfile::tempdir().expect("a directory");
    let options = Options {
        url: format!("sqlite://{}", directory.path().join("farol.db").display()).into(),
        max_connections: 20,
        acquire_timeout: Duration::from_secs(5),
        statement_timeout: Duration::from_secs(30),
        breaker: Breaker::never(),
    };
    let database = Database::connect(&options).await.expect("the database can be reached");
    migrate::run(&database).await.expect("migrates");
    let options = import::Options {
        dataset: "bench".to_owned(),
        batch_processes: 5_000,
        workers: 1,
        bytes_read: Arc::new(AtomicU64::new(0)),
    };
    let input = Input::Generated { processes: PROCESSES.into(), seed: 1 };
    import::run(&database, vec![input], &options, &mut Report::new(None)).await.expect("imports");
    (database, directory)
}

criterion_group!(benches, filters);
criterion_main!(benches);
