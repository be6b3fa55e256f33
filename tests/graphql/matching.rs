//! What a filter says of changed processes in memory is what the database says of them, on both databases: of
//! made-up processes under random filters, and of real ones under filters made from their own values.

use std::{
    cell::Cell,
    collections::HashSet,
    path::Path,
    sync::{Arc, atomic::AtomicU64},
};

use chrono::{TimeDelta, Utc};
use farol::{
    cache::{Capacity, Ledger, Tiers},
    graphql::steps::Judge,
    import::{self, Input, Options, Report},
    ocds::{
        codelist::{Codelist, ProcurementCategory, ProcurementMethod, TenderStatus},
        model::{Process, Time},
    },
    store::{
        Database,
        entity::process::Model,
        id::{self, Kind},
        page::PageRequest,
        query::{
            collection::{self, By, Order},
            facts::{self, Named},
            filter::{AmountRange, Filter, Term, TimeRange},
            process,
        },
        row::Record,
        words::Search,
        write::Transaction,
    },
};
use proptest::{
    collection::vec,
    prelude::*,
    sample::subsequence,
    test_runner::{Config, TestRunner},
};
use rust_decimal::Decimal;
use serde_json::Value;
use tokio::{runtime::Handle, task::block_in_place};

use super::world::{self, DATASET};
use crate::{
    store::process::write,
    support::{TestDatabase, on_both_databases, real_data},
};

on_both_databases!(verdicts_are_those_of_the_database, verdicts_on_real_processes_are_those_of_the_database);

/// Processes, some of which are removed again, and filters of them.
#[derive(Clone, Debug)]
struct World {
    processes: Vec<Process>,
    removed: Vec<usize>,
    filters: Vec<Value>,
}

fn worlds() -> impl Strategy<Value = World> {
    let numbers: Vec<usize> = (0..8).collect();
    let parts = (vec(world::process(), 8), subsequence(numbers, 0..3), vec(world::filter(Kind::Process), 8));
    parts.prop_map(|(mut processes, removed, filters)| {
        let all = processes.iter_mut().enumerate();
        all.for_each(|(number, process)| process.ocid = format!("ocds-{number}"));
        World { processes, removed, filters }
    })
}

async fn verdicts_are_those_of_the_database(file: TestDatabase) {
    let database = file.open().await;
    let judge = Judge::new(&database, None);
    let (yes, no) = (Cell::new(0), Cell::new(0));
    let mut runner = TestRunner::new(Config { cases: 200, failure_persistence: None, ..Config::default() });
    block_in_place(|| {
        let done = runner.run(&worlds(), |world| {
            Handle::current().block_on(async {
                let verdicts = world.check(&database, &judge).await?;
                let matching = verdicts.iter().filter(|verdict| **verdict).count();
                yes.set(yes.get() + matching);
                no.set(no.get() + verdicts.len() - matching);
                Ok(())
            })
        });
        done.unwrap_or_else(|failure| panic!("{failure}"));
    });
    assert!(yes.get() > 1_000 && no.get() > 1_000, "{yes:?} match, {no:?} do not");
}

impl World {
    async fn check(&self, database: &Database, judge: &Judge) -> Result<Vec<bool>, TestCaseError> {
        let dataset = write(database, &self.processes).await;
        let ids: Vec<i64> =
            self.processes.iter().map(|process| id::process(dataset, &process.ocid)).collect();
        let removed: Vec<i64> = self.removed.iter().map(|number| ids[*number]).collect();
        remove(database, &removed).await;
        let changed: Vec<(i64, i64)> = ids.iter().map(|id| (*id, dataset)).collect();
        let mut all = Vec::new();
        for json in &self.filters {
            let filter = Judge::filter(json.clone()).unwrap();
            let verdicts = judge.judge(&filter, &changed).await.unwrap().matching;
            let found = found(database, &filter).await;
            for (id, verdict) in ids.iter().zip(&verdicts) {
                let expected =
                    if removed.contains(id) { holds_when_removed(json) } else { found.contains(id) };
                prop_assert_eq!(*verdict, expected, "{} of {}", json, id);
            }
            all.extend(verdicts);
        }
        Ok(all)
    }
}

async fn remove(database: &Database, processes: &[i64]) {
    let mut transaction = Transaction::begin(database).await.unwrap();
    transaction.remove(processes).await.unwrap();
    transaction.commit(Utc::now(), &[]).await.unwrap();
}

/// What the database finds.
async fn found(database: &Database, filter: &Filter) -> HashSet<i64> {
    all(database, filter).await.iter().map(farol::store::entity::process::Model::id).collect()
}

async fn all(database: &Database, filter: &Filter) -> Vec<Model> {
    let all = PageRequest { limit: 100_000, backward: false, after: None, before: None };
    let order = Order { by: By::Ocid, descending: false };
    let page = collection::page(process::COLLECTION, database, filter, order, &all).await.unwrap();
    page.rows.into_iter().filter_map(Model::from_row).collect()
}

/// What a filter says of a process of which nothing but its dataset is known.
fn holds_when_removed(filter: &Value) -> bool {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    filter.as_object().unwrap().iter().all(|(name, value)| match name.as_str() {
        "and" => list(value).iter().all(holds_when_removed),
        "or" => list(value).iter().any(holds_when_removed),
        "not" => !holds_when_removed(value),
        "dataset" => list(value).contains(&Value::from(DATASET)),
        // Not a word: nothing is demanded.
        "search" => !value.as_str().unwrap().contains(char::is_alphanumeric),
        _ => false,
    })
}

async fn verdicts_on_real_processes_are_those_of_the_database(data: TestDatabase) {
    let Some(files) = real_data("filters of real processes, judged in memory") else { return };
    let database = data.open().await;
    for publisher in ["armenia", "mexico-inai", "paraguay", "taiwan"] {
        import(&database, publisher, &files.join(publisher)).await;
    }
    let directory = tempfile::tempdir().unwrap();
    let part = directory.path().join("assam.jsonl");
    std::fs::write(&part, first_lines(&files.join("assam.jsonl.gz"), 1_500)).unwrap();
    import(&database, "assam", &part).await;

    let rows = all(&database, &Filter::default()).await;
    assert!(rows.len() > 2_000, "{}", rows.len());
    let changed: Vec<(i64, i64)> = rows.iter().map(|row| (row.id(), row.dataset_id())).collect();
    // Nothing is written from here on: what one filter needed, the next ones find.
    let ledger = Arc::new(Ledger::default());
    ledger.open(0, 0);
    let judge = Judge::new(&database, Some(Arc::new(Tiers::new(ledger, None, Capacity::default()))));
    let filters = filters(&database, &rows).await;
    assert!(filters.len() > 300, "{}", filters.len());
    let mut matching = 0;
    for filter in filters {
        let verdicts = judge.judge(&filter, &changed).await.unwrap().matching;
        let verdicts = changed.iter().zip(verdicts).filter(|(_, verdict)| *verdict);
        let verdicts: HashSet<i64> = verdicts.map(|((id, _), _)| *id).collect();
        let found = found(&database, &filter).await;
        let wrong: Vec<_> = verdicts.symmetric_difference(&found).collect();
        assert!(wrong.is_empty(), "{filter:?} is judged otherwise of {wrong:?}");
        matching += usize::from(!found.is_empty());
    }
    assert!(matching > 150, "{matching} filters match something");
}

async fn import(database: &Database, dataset: &str, path: &Path) {
    let options = Options {
        dataset: dataset.to_owned(),
        batch_processes: 500,
        workers: 2,
        bytes_read: Arc::new(AtomicU64::new(0)),
    };
    let inputs: Vec<Input> = import::expand(&[path.to_owned()]).unwrap();
    import::run(database, inputs, &options, &mut Report::new(None)).await.unwrap();
}

fn first_lines(file: &Path, lines: usize) -> String {
    use std::io::BufRead;
    let reader = flate2::read::MultiGzDecoder::new(std::fs::File::open(file).unwrap());
    let lines = std::io::BufReader::new(reader).lines().take(lines);
    lines.map(|line| line.unwrap() + "\n").collect()
}

/// Filters made from the values of some of these processes: each value alone, what lies at its bounds, and some
/// of them together.
async fn filters(database: &Database, rows: &[Model]) -> Vec<Filter> {
    let some: Vec<&Model> = rows.iter().step_by(rows.len() / 24).collect();
    let ids: Vec<i64> = some.iter().map(|row| row.id()).collect();
    let suppliers = Named::suppliers().read(database, &ids).await.unwrap();
    let tenderers = Named::tenderers().read(database, &ids).await.unwrap();
    let classifications = Named::classifications().read(database, &ids).await.unwrap();
    let words = facts::words(database, &ids).await.unwrap();
    let mut filters = Vec::new();
    for row in some {
        let mut terms = of_row(row);
        terms.extend(suppliers.get(&row.id()).map(|ids| Term::Supplier(ids.clone())));
        terms.extend(tenderers.get(&row.id()).map(|ids| Term::Tenderer(ids[..1].to_vec())));
        for code in classifications.get(&row.id()).into_iter().flatten() {
            let half = code.chars().take(code.chars().count().div_ceil(2)).collect();
            terms.extend([Term::Classification(code.clone()), Term::Classification(half)]);
        }
        let words: Vec<&str> = words.get(&row.id()).map_or(vec![], |words| words.split(' ').collect());
        if let Some(word) = words.get(words.len() / 2) {
            let beginning: String = word.chars().take(2).collect();
            let search = |text: &str| Term::Search(Search::new(text));
            terms.extend([search(word), search(&beginning), search(&format!("{} {beginning}", words[0]))]);
        }
        let is = |term: Term| Filter::Is(term);
        filters.push(Filter::All(terms.iter().cloned().step_by(3).map(is).collect()));
        filters.push(Filter::Any(vec![
            Filter::Not(Box::new(Filter::Any(terms.iter().cloned().step_by(4).map(is).collect()))),
            Filter::All(terms.iter().cloned().rev().step_by(5).map(is).collect()),
        ]));
        filters.extend(terms.into_iter().map(is));
    }
    filters
}

/// Terms over the row.
fn of_row(row: &Model) -> Vec<Term> {
    let mut terms = vec![Term::Dataset(vec![row.dataset_id(), 7])];
    terms.extend(row.buyer_id().map(|id| Term::Buyer(vec![7, id])));
    terms.extend(row.procuring_entity_id().map(|id| Term::ProcuringEntity(vec![id])));
    terms.extend(code::<TenderStatus>(row.status()).map(Term::Status));
    terms.extend(code::<ProcurementMethod>(row.method()).map(Term::Method));
    terms.extend(code::<ProcurementCategory>(row.category()).map(Term::Category));
    if let (Some(amount), Some(currency)) = (row.value_amount(), row.value_currency()) {
        let range = |min, max| Term::Amount(AmountRange { currency: currency.to_owned(), min, max });
        let little = Decimal::new(1, 2);
        terms.extend([
            range(Some(amount), None),
            range(None, Some(amount)),
            range(Some(amount + little), None),
            range(None, Some(amount - little)),
        ]);
    }
    for (moment, term) in [
        (row.date(), Term::Date as fn(TimeRange) -> Term),
        (row.tender_start(), Term::TenderStart),
        (row.tender_end(), Term::TenderEnd),
    ] {
        let range = |from: Option<Time>, before: Option<Time>| term(TimeRange { from, before });
        if let Some(moment) = moment {
            let next = moment + TimeDelta::milliseconds(1);
            terms.extend([
                range(Some(moment), Some(next)),
                range(None, Some(moment)),
                range(Some(next), None),
            ]);
        }
    }
    terms
}

fn code<C: Codelist + 'static>(stored: Option<&str>) -> Option<Vec<&'static str>> {
    let codes = C::ALL.iter().map(|code| code.as_str());
    stored.map(|stored| codes.filter(|code| *code == stored).collect())
}
