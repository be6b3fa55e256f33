//! What is written is read back, on both databases alike.

use chrono::{TimeZone, Utc};
use farol::{
    ocds::{
        codelist::{PartyRole, TenderStatus},
        model::{Award, Bid, Coded, Money, Party, Process, Publisher, Tender},
    },
    store::{
        Backend, Database, amount,
        entity::{award, bid, organization, process::Model},
        id,
        page::PageRequest,
        query::{
            changes,
            collection::{self, By, Order},
            filter::Filter,
            list::{self, Members, Range},
            owned::{self, Counts},
            process, totals,
            walk::{self, OwnedPage, Walk},
        },
        row::{Record, Row},
        write::{ChangeKind, NewChange, ReleaseRow, Rows, Transaction, dataset},
    },
};
use rust_decimal::Decimal;

use crate::support::{TestDatabase, on_both_databases};

/// The rows of one table.
fn records<R: Record>(rows: &[Row]) -> Vec<R> {
    rows.iter().map(|row| R::from_row(row.clone()).unwrap()).collect()
}

on_both_databases!(
    a_process_is_read_back,
    amounts_are_exact_and_ordered,
    replacing_removes_every_old_row,
    pages_run_both_ways_across_nulls_and_ties,
    an_organisations_pages_continue_behind_a_row,
);

fn party(name: &str, roles: &[PartyRole]) -> Party {
    Party {
        key: format!("name:{name}"),
        name: Some(name.to_owned()),
        roles: roles.to_vec(),
        ..Party::default()
    }
}

fn money(amount: &str) -> Money {
    Money { amount: Some(Decimal::from_str_exact(amount).unwrap()), currency: Some("EUR".to_owned()) }
}

fn sample(ocid: &str, day: Option<u32>, awards: usize) -> Process {
    let award = |index: usize| Award {
        local_id: Some(format!("a{index}")),
        suppliers: vec![1],
        value: Some(money("10.5")),
        ..Award::default()
    };
    Process {
        ocid: ocid.to_owned(),
        date: day.map(|day| Utc.with_ymd_and_hms(2024, 1, day, 12, 0, 0).unwrap()),
        parties: vec![
            party("Town", &[PartyRole::Buyer]),
            party("Firm", &[PartyRole::Supplier, PartyRole::Tenderer]),
        ],
        buyer: Some(0),
        tender: Tender {
            title: Some("Roads\0 and bridges".to_owned()),
            status: Some(Coded { code: TenderStatus::Active, text: "Active".to_owned() }),
            value: Some(money("9007199254740993.01")),
            tenderers: vec![1],
            ..Tender::default()
        },
        bids: vec![Bid { tenderers: vec![1, 0], ..Bid::default() }],
        awards: (0..awards).map(award).collect(),
        ..Process::default()
    }
}

/// Writes processes as an import does. Returns the dataset's id.
pub(crate) async fn write(database: &Database, processes: &[Process]) -> i64 {
    let mut transaction = Transaction::begin(database).await.unwrap();
    let dataset = dataset::ensure(&mut transaction, "test").await.unwrap();
    let ids: Vec<i64> = processes.iter().map(|process| id::process(dataset, &process.ocid)).collect();
    let mut rows = Rows::new(database.backend());
    let mut changes = Vec::new();
    for (process, id) in processes.iter().zip(&ids) {
        let release = ReleaseRow {
            id: id ^ 1,
            local_id: Some("r1".to_owned()),
            date: process.date,
            tags: None,
            body: farol::store::write::compress(br#"{"id":"r1"}"#).unwrap(),
        };
        rows.push(dataset, process, &[release]);
        changes.push(NewChange {
            kind: ChangeKind::Created,
            dataset,
            process: *id,
            ocid: process.ocid.clone(),
            paths: vec![],
            tags: vec![],
        });
    }
    transaction.remove(&ids).await.unwrap();
    transaction.insert(rows).await.unwrap();
    transaction.commit(Utc::now(), &changes).await.unwrap();
    dataset
}

async fn a_process_is_read_back(database: TestDatabase) {
    let store = database.open().await;
    let dataset = write(&store, &[sample("ocds-1", Some(1), 3)]).await;
    let found = process::by_ocids(&store, &["ocds-1".to_owned()]).await.unwrap();
    let [row] = found.as_slice() else { panic!("one process, not {found:?}") };
    assert_eq!(row.id(), id::process(dataset, "ocds-1"));
    assert_eq!(row.title(), Some("Roads\u{FFFD} and bridges"));
    assert_eq!((row.status(), row.status_text()), (Some("active"), Some("Active")));
    assert_eq!((row.party_count(), row.award_count(), row.bid_count(), row.release_count()), (2, 3, 1, 1));
    assert_eq!(row.date(), sample("", Some(1), 0).date);
    let range = Range { parent: row.id(), from: 1, to: 9, process: row.id() };
    let awards: Vec<award::Model> = records(&list::AWARDS.read(&store, &[range]).await.unwrap()[&range]);
    assert_eq!(awards.iter().map(|award| award.local_id().unwrap()).collect::<Vec<_>>(), ["a1", "a2"]);
    let suppliers = Members::of_awards().read(&store, &[awards[0].id()]).await.unwrap();
    let suppliers: Vec<organization::Model> = records(&suppliers[&awards[0].id()]);
    assert_eq!(suppliers[0].name(), Some("Firm"));
    let bids = Range { parent: row.id(), from: 0, to: 1, process: row.id() };
    let bid: bid::Model = records(&list::BIDS.read(&store, &[bids]).await.unwrap()[&bids]).remove(0);
    let tenderers = &Members::of_bids().read(&store, &[bid.id()]).await.unwrap()[&bid.id()];
    let tenderers: Vec<organization::Model> = records(tenderers);
    assert_eq!(tenderers.iter().map(|o| o.name().unwrap()).collect::<Vec<_>>(), ["Firm", "Town"]);
    let parties: Vec<organization::Model> =
        records(&list::PARTIES.read(&store, &[bids]).await.unwrap()[&bids][1..2]);
    assert_eq!(parties[0].name(), Some("Town"));
    let releases = Transaction::begin(&store).await.unwrap().releases(&[row.id()]).await.unwrap();
    assert_eq!(releases[&row.id()][0].json, r#"{"id":"r1"}"#);
    assert_eq!(changes::head(&store).await.unwrap(), 2, "the process and its dataset");
}

async fn amounts_are_exact_and_ordered(database: TestDatabase) {
    let amounts = [
        "9007199254740993.01",
        "9007199254740993",
        "9007199254740992.99",
        "0.1",
        "0",
        "-0.5",
        "-12345678901234567890.123456789",
    ];
    let store = database.open().await;
    let with_amount = |(index, amount): (usize, &&str)| Process {
        tender: Tender { value: Some(money(amount)), ..Tender::default() },
        ..sample(&format!("ocds-{index}"), Some(1), 0)
    };
    write(&store, &amounts.iter().enumerate().map(with_amount).collect::<Vec<_>>()).await;
    for (index, amount) in amounts.iter().enumerate() {
        let row = process::by_ocids(&store, &[format!("ocds-{index}")]).await.unwrap().remove(0);
        assert_eq!(row.value_amount().unwrap().to_string(), *amount);
    }
    let totals = totals::by_filter(process::COLLECTION, &store, &Filter::default()).await.unwrap();
    let sum = "-12318657303470344911.523456789";
    assert_eq!(totals, [("EUR".to_owned(), Decimal::from_str_exact(sum).unwrap())]);
    let greatest_first: Vec<String> = (0..amounts.len()).map(|index| format!("ocds-{index}")).collect();
    assert_eq!(ocids_by_amount(&database, "value_amount IS NOT NULL").await, greatest_first);
    let least = Decimal::from_str_exact("9007199254740993").unwrap();
    let least = match store.backend() {
        Backend::Sqlite => format!("'{}'", amount::encode(least)),
        _ => least.to_string(),
    };
    assert_eq!(ocids_by_amount(&database, &format!("value_amount >= {least}")).await, ["ocds-0", "ocds-1"]);
}

/// The ocids of processes, greatest value first, as the database itself filters and orders amounts.
async fn ocids_by_amount(database: &TestDatabase, condition: &str) -> Vec<String> {
    let sql = format!("SELECT ocid FROM processes WHERE {condition} ORDER BY value_amount DESC");
    let sql = sqlx::AssertSqlSafe(sql);
    if database.url.starts_with("sqlite") {
        let pool = sqlx::SqlitePool::connect(&database.url).await.unwrap();
        sqlx::query_scalar(sql).fetch_all(&pool).await.unwrap()
    } else {
        let pool = sqlx::PgPool::connect(&database.url).await.unwrap();
        let found = sqlx::query_scalar(sql).fetch_all(&pool).await.unwrap();
        pool.close().await;
        found
    }
}

async fn replacing_removes_every_old_row(database: TestDatabase) {
    let store = database.open().await;
    write(&store, &[sample("ocds-1", Some(1), 5), sample("ocds-2", Some(1), 1)]).await;
    let dataset = write(&store, &[sample("ocds-1", Some(2), 2)]).await;
    let row = process::by_ocids(&store, &["ocds-1".to_owned()]).await.unwrap().remove(0);
    assert_eq!((row.award_count(), row.date()), (2, sample("", Some(2), 0).date));
    let all = Range { parent: row.id(), from: 0, to: 100, process: row.id() };
    assert_eq!(list::AWARDS.read(&store, &[all]).await.unwrap()[&all].len(), 2);
    let mut transaction = Transaction::begin(&store).await.unwrap();
    transaction.remove(&[row.id()]).await.unwrap();
    dataset::refresh(&mut transaction, dataset, &Publisher::default(), None).await.unwrap();
    transaction.commit(Utc::now(), &[]).await.unwrap();
    assert!(process::by_ocids(&store, &["ocds-1".to_owned()]).await.unwrap().is_empty());
    let dataset = farol::store::query::dataset::all(&store).await.unwrap().remove(0);
    assert_eq!((dataset.processes(), dataset.awards(), dataset.organizations()), (1, 1, 2));
}

async fn pages_run_both_ways_across_nulls_and_ties(database: TestDatabase) {
    let store = database.open().await;
    let days = [Some(3), Some(1), None, Some(2), Some(2), None, Some(2), None];
    let day = |(index, day): (usize, &Option<u32>)| sample(&format!("ocds-{index}"), *day, 0);
    write(&store, &days.iter().enumerate().map(day).collect::<Vec<_>>()).await;
    for order in [
        (By::Date, true),
        (By::Date, false),
        (By::Ocid, true),
        (By::Ocid, false),
        (By::Title, false),
        (By::Bids, true),
    ] {
        let order = Order { by: order.0, descending: order.1 };
        let filter = Filter::default();
        let whole = PageRequest { limit: 100, backward: false, after: None, before: None };
        let whole = collection::page(process::COLLECTION, &store, &filter, order, &whole).await.unwrap().rows;
        assert_eq!(whole.len(), days.len());
        assert_eq!(collection::count(process::COLLECTION, &store, &filter).await.unwrap(), 8);
        if order.by == By::Date {
            assert!(
                records::<Model>(&whole[..5]).iter().all(|row| row.date().is_some())
                    && records::<Model>(&whole[5..]).iter().all(|row| row.date().is_none())
            );
        }
        for limit in 1..=4 {
            let mut forward = Vec::new();
            let mut request = PageRequest { limit, backward: false, after: None, before: None };
            loop {
                let page =
                    collection::page(process::COLLECTION, &store, &filter, order, &request).await.unwrap();
                request.after = page.rows.last().map(|row| process::COLLECTION.position(row, order.by));
                forward.extend(page.rows);
                if !page.has_next {
                    break;
                }
            }
            assert_eq!(forward, whole, "{order:?} by {limit}");
            let mut backward = Vec::new();
            let mut request = PageRequest { limit, backward: true, after: None, before: None };
            loop {
                let page =
                    collection::page(process::COLLECTION, &store, &filter, order, &request).await.unwrap();
                request.before = page.rows.first().map(|row| process::COLLECTION.position(row, order.by));
                backward.splice(0..0, page.rows);
                if !page.has_previous {
                    break;
                }
            }
            assert_eq!(backward, whole, "{order:?} back by {limit}");
        }
    }
}

/// The lists of an organisation continue behind each of their rows, in both directions, across nulls and
/// ties; a row that names the organisation twice is there once.
async fn an_organisations_pages_continue_behind_a_row(database: TestDatabase) {
    let store = database.open().await;
    let days = [Some(3), Some(1), None, Some(2), Some(2), None];
    let day = |(index, day): (usize, &Option<u32>)| {
        let date = day.map(|day| Utc.with_ymd_and_hms(2024, 1, day, 12, 0, 0).unwrap());
        let mut process = sample(&format!("ocds-{index}"), *day, 1);
        process.awards[0] = Award { suppliers: vec![1, 0, 1], date, ..process.awards[0].clone() };
        process
    };
    let dataset = write(&store, &days.iter().enumerate().map(day).collect::<Vec<_>>()).await;
    let organization = |name: &str| id::organization(dataset, &format!("name:{name}"));
    continues_behind_each_row(&store, &owned::PROCESSES_BOUGHT, organization("Town")).await;
    continues_behind_each_row(&store, &owned::AWARDS_WON, organization("Firm")).await;
    for (counts, name) in
        [(Counts::new(&owned::PROCESSES_BOUGHT), "Town"), (Counts::new(&owned::AWARDS_WON), "Firm")]
    {
        let owner = organization(name);
        assert_eq!(counts.read(&store, &[owner, 1]).await.unwrap(), [(owner, 6), (1, 0)].into());
    }
}

async fn continues_behind_each_row(store: &Database, list: &owned::Owned, owner: i64) {
    let rows = list.collection;
    let walk = Walk::new(list);
    let page = |limit, backward, from| OwnedPage { owner, limit, backward, from };
    let newest = PageRequest { limit: 100, backward: false, after: None, before: None };
    let order = Order { by: By::Date, descending: true };
    let mut whole = collection::page(rows, store, &Filter::default(), order, &newest).await.unwrap().rows;
    for backward in [false, true] {
        let everything = page(50, backward, None);
        let read = walk.read(store, std::slice::from_ref(&everything)).await.unwrap();
        assert_eq!(read[&everything][..], whole, "backward: {backward}");
        for (index, row) in whole.iter().enumerate() {
            let page = page(2, backward, Some(walk::place(&rows.position(row, By::Date))));
            let other = OwnedPage { owner: 1, limit: 1, backward: !backward, from: None };
            let pages = walk.read(store, &[page.clone(), other.clone()]).await.unwrap();
            let expected: Vec<_> = whole.iter().skip(index + 1).take(3).cloned().collect();
            assert_eq!(pages[&page][..], expected, "behind row {index}, backward: {backward}");
            assert!(pages[&other].is_empty());
        }
        whole.reverse();
    }
}
