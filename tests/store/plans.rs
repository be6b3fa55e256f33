//! Each order of a list alone and with each single filter is read by an index, as both databases plan it
//! over a large real dataset after ANALYZE, with their settings untouched. What sorts is listed with its
//! reason.

use farol::store::{
    Backend, Database,
    entity::{organization::Model as Organization, process::Model as Process},
    id,
    page::PageRequest,
    query::{
        award, bid,
        collection::{self, By, Collection, Order},
        contract,
        filter::{AmountRange, Filter, Term, TimeRange},
        item, organization, process,
    },
    row::Record,
    words::Search,
};

/// Filters whose rows may be sorted: found by an index of their own, they are then put in order. In the
/// order by date, those of [`WALKED`] are not.
const SORTED: [(&str, &str); 14] = [
    ("search", "words are found by their index, in no order"),
    ("supplier", "an organisation's awards and contracts are found by its own index, and are few"),
    ("tenderer", "an organisation's bids are found by its own index, and are few"),
    ("buyer", "a buyer's processes lie together by date, and are few"),
    ("procuring entity", "the same"),
    ("dataset", "SQLite takes the dataset's own index, by date, for an order by anything else"),
    ("status", "SQLite takes the status's own index, by date; PostgreSQL where few have the status"),
    ("method", "the same; for awards, contracts, bids and items it is asked of the process"),
    ("category", "the same"),
    ("classification", "classifications are a range of their own index"),
    ("value", "amounts are a range of their own index"),
    ("date", "a range of dates lies in the index by date"),
    ("tender start", "a range of dates of its own index"),
    ("tender end", "a range of dates of its own index"),
];

/// What walks an index by date and stops at the page's length.
const WALKED: [(&str, &[&str]); 5] = [
    ("processes", &["alone", "dataset", "buyer", "status common", "method common", "category", "date wide"]),
    ("awards", &["alone", "dataset", "status common", "date wide"]),
    ("contracts", &["alone", "dataset", "status common", "date wide"]),
    ("bids", &["alone", "dataset", "date wide"]),
    ("items", &["alone", "dataset", "date wide"]),
];

pub(super) async fn check(store: &Database) {
    let dataset = id::dataset("assam");
    let page = PageRequest { limit: 20, backward: false, after: None, before: None };
    let newest = Order { by: By::Date, descending: true };
    let some = collection::page(process::COLLECTION, store, &Filter::default(), newest, &page).await.unwrap();
    let some: Vec<Process> = some.rows.into_iter().filter_map(Process::from_row).collect();
    let day = |text: &str| Some(text.parse().unwrap());
    let range = TimeRange { from: day("2019-03-01T00:00:00Z"), before: day("2019-03-08T00:00:00Z") };
    let wide = TimeRange { from: day("2016-01-01T00:00:00Z"), before: None };
    let inr = AmountRange { currency: "INR".to_owned(), min: None, max: None };
    let large = AmountRange { min: Some(1_000_000_000.into()), ..inr.clone() };
    let organizations = Filter::Is(Term::Search(Search::new("construction")));
    let by_name = Order { by: By::Title, descending: false };
    let list_of = organization::COLLECTION;
    let organizations = collection::page(list_of, store, &organizations, by_name, &page).await.unwrap();
    let organizations: Vec<Organization> =
        organizations.rows.into_iter().filter_map(Organization::from_row).collect();
    let terms = [
        ("search common", Term::Search(Search::new("construction"))),
        ("search rare", Term::Search(Search::new("japanese encephalitis"))),
        ("dataset", Term::Dataset(vec![dataset])),
        ("buyer", Term::Buyer(vec![some[0].buyer_id().unwrap()])),
        ("procuring entity", Term::ProcuringEntity(vec![some[0].procuring_entity_id().unwrap()])),
        ("supplier", Term::Supplier(vec![organizations[0].id()])),
        ("tenderer", Term::Tenderer(vec![organizations[0].id()])),
        ("status common", Term::Status(vec!["complete"])),
        ("status active", Term::Status(vec!["active"])),
        ("status rare", Term::Status(vec!["planned"])),
        ("method common", Term::Method(vec!["open"])),
        ("method rare", Term::Method(vec!["direct"])),
        ("category", Term::Category(vec!["works"])),
        ("classification", Term::Classification("45".to_owned())),
        ("value", Term::Amount(inr.clone())),
        ("value large", Term::Amount(large)),
        ("date week", Term::Date(range)),
        ("date wide", Term::Date(wide)),
        ("tender start", Term::TenderStart(range)),
        ("tender end", Term::TenderEnd(range)),
    ];
    list(process::COLLECTION, store, &terms, &[By::Date, By::Amount, By::Title, By::Bids, By::Ocid]).await;
    list(award::COLLECTION, store, &terms, &[By::Date, By::Amount, By::Title]).await;
    list(contract::COLLECTION, store, &terms, &[By::Date, By::Amount, By::Title]).await;
    list(bid::COLLECTION, store, &terms, &[By::Date, By::Amount]).await;
    list(item::COLLECTION, store, &terms, &[By::Date, By::Amount, By::Title]).await;
    list(organization::COLLECTION, store, &terms[..3], &[By::Title]).await;
}

async fn list(list: &Collection, store: &Database, terms: &[(&str, Term)], orders: &[By]) {
    let page = PageRequest { limit: 20, backward: false, after: None, before: None };
    let single = terms.iter().map(|(name, term)| (*name, Some(term.clone())));
    for (name, term) in [("alone", None)].into_iter().chain(single) {
        for (by, descending) in orders.iter().flat_map(|by| [(*by, true), (*by, false)]) {
            let order = Order { by, descending };
            let inr = AmountRange { currency: "INR".to_owned(), min: None, max: None };
            let currency = (by == By::Amount).then_some(Term::Amount(inr));
            let filter = Filter::All(term.clone().into_iter().chain(currency).map(Filter::Is).collect());
            let plan = collection::plan(list, store, &filter, order, &page).await.unwrap();
            let what = format!("{} by {by:?}, {name}:\n{}", list.table.name, plan.join("\n"));
            assert!(!reads_all(store.backend(), &plan), "{what}");
            if sorts(store.backend(), &plan) {
                assert!(SORTED.iter().any(|(filter, _)| name.starts_with(filter)), "it sorts: {what}");
                let walked =
                    |(table, filters): &(&str, &[&str])| *table == list.table.name && filters.contains(&name);
                assert!(by != By::Date || !WALKED.iter().any(walked), "it sorts: {what}");
            }
        }
    }
}

/// Whether a table is read from one end to the other.
fn reads_all(backend: Backend, plan: &[String]) -> bool {
    let of_union = |line: &str| matches!(line, "SCAN keyed" | "SCAN nulls");
    plan.iter().any(|line| match backend {
        Backend::Sqlite => line.starts_with("SCAN ") && !line.contains(" INDEX ") && !of_union(line),
        _ => line.contains("Seq Scan"),
    })
}

/// Whether rows are sorted, but for the two pages that are put together at the end.
fn sorts(backend: Backend, plan: &[String]) -> bool {
    match backend {
        Backend::Sqlite => plan.windows(2).any(|lines| {
            lines[1].starts_with("USE TEMP B-TREE FOR") && !matches!(&*lines[0], "SCAN keyed" | "SCAN nulls")
        }),
        _ => plan.iter().any(|line| line.contains("Sort Key: ") && !line.contains("sort_key")),
    }
}
