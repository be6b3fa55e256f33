//! What a plain reading of a filter says of the rows of made-up processes: the measure for what the
//! database answers.

use std::collections::HashSet;

use farol::{
    ocds::{
        codelist::Codelist,
        model::{Award, Bid, Coded, Contract, Item, Money, Process, Time},
    },
    store::{
        id::{self, Kind},
        words::sort_key,
    },
};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::world::{DATASET, party};

/// A row of a list.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) id: i64,
    kind: Kind,
    pub(super) ocid: String,
    pub(super) date: Option<Time>,
    pub(super) amount: Option<Decimal>,
    pub(super) title: Option<String>,
    pub(super) bids: usize,
    currency: Option<String>,
    status: Option<String>,
    suppliers: HashSet<usize>,
    tenderers: HashSet<usize>,
    classes: Vec<String>,
    words: HashSet<String>,
    buyer: Option<usize>,
    manager: Option<usize>,
    method: Option<String>,
    category: Option<String>,
    opens: Option<Time>,
    closes: Option<Time>,
}

/// What a process has in a list.
pub(super) fn entries(kind: Kind, process: &Process) -> Vec<Entry> {
    let of_process = of_process(process);
    let value = |entry: Entry, value: &Option<Money>| Entry {
        amount: value.as_ref().and_then(|value| value.amount),
        currency: value.as_ref().and_then(|value| value.currency.clone()),
        kind,
        ..entry
    };
    let own =
        |local_id: &Option<String>, title: &Option<String>, date, status, worth: &Option<Money>| Entry {
            id: listed(kind, of_process.id, local_id.as_ref()),
            title: title.clone(),
            date,
            status,
            ..value(of_process.clone(), worth)
        };
    match kind {
        Kind::Bid => {
            let entry = |bid: &Bid| Entry {
                tenderers: bid.tenderers.iter().copied().collect(),
                ..own(&bid.local_id, &None, bid.date, spelt(bid.status.as_ref()), &bid.value)
            };
            process.bids.iter().map(entry).collect()
        }
        Kind::Award => {
            let entry = |row: &Award| Entry {
                suppliers: row.suppliers.iter().copied().collect(),
                ..own(&row.local_id, &row.title, row.date, spelt(row.status.as_ref()), &row.value)
            };
            process.awards.iter().map(entry).collect()
        }
        Kind::Contract => {
            let entry = |row: &Contract| Entry {
                suppliers: row
                    .award
                    .map(|at| process.awards[at].suppliers.iter().copied().collect())
                    .unwrap_or_default(),
                ..own(&row.local_id, &row.title, row.date_signed, spelt(row.status.as_ref()), &row.value)
            };
            process.contracts.iter().map(entry).collect()
        }
        Kind::Item => {
            let parent = |award: &Award| listed(Kind::Award, of_process.id, award.local_id.as_ref());
            let awards = process.awards.iter().map(|award| (parent(award), &award.items));
            let lists = awards.chain([(of_process.id, &process.tender.items)]);
            let entry = |(parent, item): (i64, &Item)| Entry {
                id: listed(kind, parent, item.local_id.as_ref()),
                title: item.description.clone(),
                classes: item.classification_id.iter().cloned().collect(),
                words: words([&item.description]),
                ..value(of_process.clone(), &item.unit_value)
            };
            lists
                .flat_map(|(parent, items)| items.iter().map(move |item| (parent, item)))
                .map(entry)
                .collect()
        }
        _ => vec![of_process],
    }
}

fn listed(kind: Kind, parent: i64, local_id: Option<&String>) -> i64 {
    id::listed(kind, parent, local_id.unwrap(), 0)
}

fn of_process(process: &Process) -> Entry {
    let tender = &process.tender;
    let items = || process.awards.iter().flat_map(|award| &award.items).chain(&tender.items);
    let titles = process.awards.iter().map(|award| &award.title);
    let titles = titles.chain(process.contracts.iter().map(|contract| &contract.title));
    let names = process.parties.iter().map(|party| &party.name);
    let texts = titles.chain(names).chain(items().map(|item| &item.description)).chain([&tender.title]);
    Entry {
        id: id::process(id::dataset(DATASET), &process.ocid),
        kind: Kind::Process,
        ocid: process.ocid.clone(),
        date: process.date,
        amount: tender.value.as_ref().and_then(|value| value.amount),
        currency: tender.value.as_ref().and_then(|value| value.currency.clone()),
        title: tender.title.clone(),
        bids: process.bids.len(),
        status: spelt(tender.status.as_ref()),
        suppliers: process.awards.iter().flat_map(|award| award.suppliers.iter().copied()).collect(),
        tenderers: process
            .bids
            .iter()
            .flat_map(|bid| &bid.tenderers)
            .chain(&tender.tenderers)
            .copied()
            .collect(),
        classes: items().filter_map(|item| item.classification_id.clone()).collect(),
        words: words(texts),
        buyer: process.buyer,
        manager: tender.procuring_entity,
        method: spelt(tender.method.as_ref()),
        category: spelt(tender.category.as_ref()),
        opens: tender.tender_period.as_ref().and_then(|period| period.start),
        closes: tender.tender_period.as_ref().and_then(|period| period.end),
    }
}

/// A code as the schema spells it.
fn spelt<C: Codelist>(code: Option<&Coded<C>>) -> Option<String> {
    code.map(|code| code.code.as_str().to_uppercase())
}

/// The words of texts, as the database keeps them.
fn words<'a>(texts: impl IntoIterator<Item = &'a Option<String>>) -> HashSet<String> {
    let keys = texts.into_iter().flatten().map(|text| sort_key(text));
    keys.flat_map(|key| key.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// Whether a filter holds for a row.
pub(super) fn holds(filter: &Value, row: &Entry) -> bool {
    filter.as_object().unwrap().iter().all(|(name, value)| part_holds(name, value, row))
}

fn part_holds(name: &str, value: &Value, row: &Entry) -> bool {
    let list = || value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    let one_of = |text: Option<String>| text.is_some_and(|text| list().contains(&json!(text)));
    let any = |numbers: &HashSet<usize>| numbers.iter().any(|number| one_of(Some(party(*number))));
    match name {
        "and" => list().iter().all(|part| holds(part, row)),
        "or" => list().iter().any(|part| holds(part, row)),
        "not" => !holds(value, row),
        "search" => found(&sort_key(value.as_str().unwrap()), &row.words),
        "dataset" => one_of(Some(DATASET.to_owned())),
        "buyer" => one_of(row.buyer.map(party)),
        "procuringEntity" => one_of(row.manager.map(party)),
        "supplier" => any(&row.suppliers),
        "tenderer" => any(&row.tenderers),
        "status" => one_of(row.status.clone()),
        "method" => one_of(row.method.clone()),
        "category" => one_of(row.category.clone()),
        "classification" => {
            let begins =
                |class: &str| list().iter().any(|prefix| class.starts_with(prefix.as_str().unwrap()));
            row.classes.iter().any(|class| begins(class))
        }
        "value" => {
            let bound = |name: &str| value[name].as_str().map(|text| Decimal::from_str_exact(text).unwrap());
            let Some(amount) = row.amount else { return false };
            row.currency.as_deref() == value["currency"].as_str()
                && bound("min").is_none_or(|min| amount >= min)
                && bound("max").is_none_or(|max| amount <= max)
        }
        "date" => within(row.date, value),
        "tenderStart" => within(row.opens, value),
        "tenderEnd" => within(row.closes, value),
        other => panic!("{other} of {:?}", row.kind),
    }
}

fn within(moment: Option<Time>, range: &Value) -> bool {
    let bound =
        |name: &str| range[name].as_str().map(|text| text.parse::<Time>().unwrap().timestamp_millis());
    moment.map(|moment| moment.timestamp_millis()).is_some_and(|moment| {
        bound("from").is_none_or(|from| moment >= from)
            && bound("before").is_none_or(|before| moment < before)
    })
}

/// Whether all words occur, the last one as a beginning.
fn found(search: &str, words: &HashSet<String>) -> bool {
    let mut searched: Vec<&str> = search.split_whitespace().collect();
    let Some(last) = searched.pop() else { return true };
    searched.into_iter().all(|word| words.contains(word)) && words.iter().any(|word| word.starts_with(last))
}
