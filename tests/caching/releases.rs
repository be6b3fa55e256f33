//! Made-up releases of a few processes that share organisations, and how they are written: by another handle
//! of the database, as another program would.

use std::{
    io::Write,
    sync::{Arc, atomic::AtomicU64},
};

use farol::{
    import::{self, Input, Options, Report},
    store::Database,
};
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Value, json};
use tempfile::NamedTempFile;

/// The datasets. Both may hold the same ocids and name the same organisations.
pub(super) const DATASETS: [&str; 2] = ["left", "right"];
/// The processes of each.
pub(super) const OCIDS: [&str; 3] = ["ocds-1", "ocds-2", "ocds-3"];
/// Whom they name.
pub(super) const FIRMS: [&str; 4] = ["Town Hall", "Gravel & Sons", "School of Łódź", "Ferry"];

/// A write.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// These releases are imported into a dataset.
    Import(&'static str, Vec<Value>),
    /// A dataset is removed.
    Remove(&'static str),
}

fn firm() -> impl Strategy<Value = Value> {
    // Of the mentions of an organisation its row shows the one that says most.
    let told = (select(&FIRMS[..]), any::<bool>(), option::weighted(0.2, select(&["Ada", "Bo"][..])));
    told.prop_map(|(name, loud, contact)| {
        let name = if loud { name.to_uppercase() } else { name.to_owned() };
        json!({ "name": name, "contactPoint": { "name": contact } })
    })
}

fn firms() -> impl Strategy<Value = Vec<Value>> {
    vec(firm(), 0..3)
}

fn value() -> impl Strategy<Value = Value> {
    let money = (select(&[-5.0, 0.5, 100.0][..]), select(&["EUR", "USD"][..]));
    option::weighted(0.8, money).prop_map(|value| {
        value.map_or(Value::Null, |(amount, currency)| json!({ "amount": amount, "currency": currency }))
    })
}

fn day() -> impl Strategy<Value = Value> {
    option::weighted(0.8, 1..5)
        .prop_map(|day| day.map_or(Value::Null, |day| json!(format!("2023-0{day}-01T00:00:00Z"))))
}

fn items() -> impl Strategy<Value = Value> {
    let class = select(&["45", "452", "46"][..]);
    vec((select(&["gravel", "chairs"][..]), class), 0..2).prop_map(|items| {
        let item = |(number, (what, class)): (usize, (&str, &str))| {
            json!({ "id": number.to_string(), "description": what, "classification": { "id": class } })
        };
        items.into_iter().enumerate().map(item).collect()
    })
}

fn tender() -> impl Strategy<Value = Value> {
    let codes = (
        select(&["active", "complete", "cancelled"][..]),
        select(&["open", "direct"][..]),
        select(&["goods", "works"][..]),
    );
    let title = select(&["New road", "Old bridge", "Gravel"][..]);
    (title, codes, option::of(firm()), firms(), value(), day(), items()).prop_map(
        |(title, (status, method, category), manager, tenderers, value, opens, items)| {
            json!({
                "id": "t", "title": title, "status": status, "procurementMethod": method,
                "mainProcurementCategory": category, "procuringEntity": manager, "tenderers": tenderers,
                "value": value, "tenderPeriod": { "startDate": opens }, "items": items,
                "documents": [{ "id": "d", "title": title }],
            })
        },
    )
}

fn lists() -> impl Strategy<Value = (Value, Value, Value)> {
    let status = || select(&["active", "pending", "cancelled"][..]);
    let bid = (firms(), value(), day()).prop_map(|(tenderers, value, date)| {
        json!({ "tenderers": tenderers, "value": value, "date": date, "status": "valid" })
    });
    let award = (firms(), value(), day(), status(), items()).prop_map(|(suppliers, value, date, status, items)| {
        json!({ "suppliers": suppliers, "value": value, "date": date, "status": status, "items": items, "title": "Award" })
    });
    let contract = (0..2_u8, value(), day(), status(), option::of((firm(), firm()))).prop_map(
        |(award, value, date, status, paid)| {
            let transaction =
                |(payer, payee)| json!([{ "id": "x", "payer": payer, "payee": payee, "value": { "amount": 1, "currency": "EUR" } }]);
            json!({
                "awardID": award.to_string(), "value": value, "dateSigned": date, "status": status,
                "implementation": { "transactions": paid.map(transaction) },
            })
        },
    );
    let numbered = |rows: Vec<Value>| -> Value {
        let number = |(number, mut row): (usize, Value)| {
            row["id"] = json!(number.to_string());
            row
        };
        rows.into_iter().enumerate().map(number).collect()
    };
    (vec(bid, 0..3), vec(award, 0..3), vec(contract, 0..3))
        .prop_map(move |(bids, awards, contracts)| (numbered(bids), numbered(awards), numbered(contracts)))
}

fn release() -> impl Strategy<Value = Value> {
    (select(&OCIDS[..]), option::weighted(0.8, firm()), tender(), lists()).prop_map(
        |(ocid, buyer, tender, (bids, awards, contracts))| {
            json!({
                "ocid": ocid, "tag": ["tender"], "buyer": buyer, "tender": tender,
                "bids": { "details": bids }, "awards": awards, "contracts": contracts,
            })
        },
    )
}

/// Writes in an order: each release is published later than those before it, so that it changes what they said.
pub(super) fn writes() -> impl Strategy<Value = Vec<Step>> {
    let import =
        (select(&DATASETS[..]), vec(release(), 1..3)).prop_map(|(name, all)| Step::Import(name, all));
    let remove = select(&DATASETS[..]).prop_map(Step::Remove);
    vec(prop_oneof![6 => import, 1 => remove], 4..6).prop_map(dated)
}

fn dated(mut writes: Vec<Step>) -> Vec<Step> {
    let imported = writes.iter_mut().filter_map(|write| match write {
        Step::Import(_, releases) => Some(releases),
        Step::Remove(_) => None,
    });
    for (number, release) in (10..).zip(imported.flatten()) {
        release["id"] = json!(format!("r{number}"));
        release["date"] = json!(format!("2024-01-{number}T00:00:00Z"));
    }
    writes
}

/// Imports releases into a dataset.
pub(super) async fn import(database: &Database, dataset: &str, releases: &[Value]) {
    let mut file = NamedTempFile::with_suffix(".jsonl").unwrap();
    for release in releases {
        writeln!(file, "{release}").unwrap();
    }
    let options = Options {
        dataset: dataset.to_owned(),
        batch_processes: 2,
        workers: 1,
        bytes_read: Arc::new(AtomicU64::new(0)),
    };
    let inputs = vec![Input::File(file.path().to_owned())];
    let summary = import::run(database, inputs, &options, &mut Report::new(None)).await.unwrap();
    assert_eq!(summary.refused, 0, "{summary}");
}

impl Step {
    pub(super) async fn run(&self, database: &Database) {
        match self {
            Self::Import(dataset, releases) => import(database, dataset, releases).await,
            Self::Remove(dataset) => drop(import::remove(database, dataset).await.unwrap()),
        }
    }
}
