//! Made-up processes with many equal and missing values, and filters of their rows.

use std::fmt::Debug;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use chrono::{DateTime, TimeDelta, Utc};
use farol::{
    ocds::{
        codelist::{
            AwardStatus, BidStatus, Codelist, ContractStatus, ProcurementCategory, ProcurementMethod,
            TenderStatus,
        },
        model::{Award, Bid, Coded, Contract, Item, Money, Party, Period, Process, Tender, Time},
    },
    store::id::{self, Kind},
};
use proptest::{collection::vec, option, prelude::*, sample::select, sample::subsequence};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

/// The name of the dataset.
pub(crate) const DATASET: &str = "test";

const PARTIES: [&str; 3] = ["Town Hall", "Straße & Söhne", "Łódź 臺北"];
const TITLES: [&str; 5] = ["Gravel", "GRAVEL!", "École Zola", "臺北市工程", "…"];
const AMOUNTS: [&str; 7] =
    ["-5", "-0.0000000000000000000000000001", "0", "0.50", "100", "9007199254740993", "9007199254740993.01"];
const CURRENCIES: [&str; 4] = ["EUR", "EUR", "EU\0", "eur"];
const CLASSES: [&str; 6] = ["45", "452", "4521", "46", "4\0", "4\u{10FFFF}5"];
const PREFIXES: [&str; 7] = ["4", "45", "452", "47", "", "4\0", "4\u{10FFFF}"];
const WORDS: [&str; 9] =
    ["gravel", "École z", "grav", "soh", "臺", "北臺", "  …", "gravel town", "grav town"];

fn date() -> impl Strategy<Value = Option<Time>> + Clone {
    option::weighted(0.7, (1..4_i64).prop_map(day))
}

fn day(day: i64) -> Time {
    DateTime::<Utc>::from_timestamp_millis(1_700_000_000_000 + day * 86_400_000 + day).unwrap()
}

fn title() -> impl Strategy<Value = Option<String>> {
    option::weighted(0.8, select(&TITLES[..]).prop_map(str::to_owned))
}

fn money() -> impl Strategy<Value = Option<Money>> {
    let amount = option::weighted(0.8, select(&AMOUNTS[..]));
    let currency = option::weighted(0.9, select(&CURRENCIES[..]));
    option::weighted(0.8, (amount, currency)).prop_map(|value| {
        value.map(|(amount, currency)| Money {
            amount: amount.map(|amount| Decimal::from_str_exact(amount).unwrap()),
            currency: currency.map(str::to_owned),
        })
    })
}

fn code<C: Codelist + Debug + 'static>() -> impl Strategy<Value = Option<Coded<C>>> {
    let code = select(&C::ALL[..3]).prop_map(|code| Coded { code, text: code.as_str().to_owned() });
    option::weighted(0.8, code)
}

fn some() -> impl Strategy<Value = Vec<usize>> {
    subsequence(vec![0, 1, 2], 0..=2)
}

fn items() -> impl Strategy<Value = Vec<Item>> {
    let item =
        (title(), option::of(select(&CLASSES[..])), money()).prop_map(|(description, class, value)| Item {
            description,
            classification_id: class.map(str::to_owned),
            unit_value: value,
            ..Item::default()
        });
    vec(item, 0..2).prop_map(|items| numbered(items, |item, id| item.local_id = Some(id)))
}

fn numbered<T>(mut rows: Vec<T>, set: impl Fn(&mut T, String)) -> Vec<T> {
    rows.iter_mut().enumerate().for_each(|(number, row)| set(row, format!("n{number}")));
    rows
}

/// A process without an ocid.
pub(super) fn process() -> impl Strategy<Value = Process> {
    let bid = (date(), code::<BidStatus>(), money(), some()).prop_map(|(date, status, value, tenderers)| {
        Bid { date, status, value, tenderers, ..Bid::default() }
    });
    let award = (title(), date(), code::<AwardStatus>(), money(), some(), items()).prop_map(
        |(title, date, status, value, suppliers, items)| Award {
            title,
            date,
            status,
            value,
            suppliers,
            items,
            ..Award::default()
        },
    );
    let contract = (title(), date(), code::<ContractStatus>(), money()).prop_map(
        |(title, date_signed, status, value)| Contract {
            title,
            date_signed,
            status,
            value,
            award: Some(0),
            ..Contract::default()
        },
    );
    let tender = (
        (title(), code::<TenderStatus>(), money(), items(), some(), (date(), date())),
        (code::<ProcurementMethod>(), code::<ProcurementCategory>(), option::of(0..3_usize)),
    )
        .prop_map(
            |((title, status, value, items, tenderers, (start, end)), (method, category, manager))| Tender {
                title,
                status,
                value,
                items,
                tenderers,
                method,
                category,
                procuring_entity: manager,
                tender_period: start.or(end).map(|_| Period { start, end, ..Period::default() }),
                ..Tender::default()
            },
        );
    let lists = (vec(bid, 0..3), vec(award, 0..3), vec(contract, 0..3));
    (date(), option::of(0..3_usize), tender, lists).prop_map(
        |(date, buyer, tender, (bids, awards, contracts))| {
            let party = |name: &&str| Party {
                key: format!("name:{name}"),
                name: Some((*name).to_owned()),
                ..Party::default()
            };
            let contracts = contracts.into_iter().map(|contract| Contract {
                award: contract.award.filter(|_| !awards.is_empty()),
                ..contract
            });
            Process {
                date,
                buyer,
                tender,
                contracts: numbered(contracts.collect(), |row, id| row.local_id = Some(id)),
                bids: numbered(bids, |row, id| row.local_id = Some(id)),
                awards: numbered(awards, |row, id| row.local_id = Some(id)),
                parties: PARTIES.iter().map(party).collect(),
                ..Process::default()
            }
        },
    )
}

/// The global id of a row, or of one of the parties.
pub(crate) fn global(kind: Kind, id: i64) -> String {
    let name = if kind == Kind::Process { "ContractingProcess".to_owned() } else { format!("{kind:?}") };
    BASE64_URL_SAFE_NO_PAD.encode(format!("{name}:{id}"))
}

pub(super) fn party(number: usize) -> String {
    let key = format!("name:{}", PARTIES[number]);
    global(Kind::Organization, id::organization(id::dataset(DATASET), &key))
}

/// A filter of a list, as a client sends it.
pub(super) fn filter(kind: Kind) -> BoxedStrategy<Value> {
    let one =
        |name: &'static str, value: BoxedStrategy<Value>| value.prop_map(move |value| json!({ name: value }));
    let parties = || {
        subsequence(vec![0, 1, 2], 0..=3)
            .prop_map(|some| json!(some.into_iter().map(party).collect::<Vec<_>>()))
            .boxed()
    };
    let codes = |codes: Vec<String>| subsequence(codes, 0..=3).prop_map(Value::from).boxed();
    let range = || {
        // Times are stored by the millisecond: what is finer in a bound is left out.
        let moment = (1..5_i64, -1..=1_i64, select(&[0, 1, 900][..]));
        let moment = moment.prop_map(|(number, millis, micros)| {
            let moment = day(number) + TimeDelta::milliseconds(millis) + TimeDelta::microseconds(micros);
            moment.to_rfc3339()
        });
        let moment = || option::of(moment.clone());
        (moment(), moment()).prop_map(|(from, before)| json!({ "from": from, "before": before })).boxed()
    };
    let bound = || option::of(select(&AMOUNTS[..]));
    let value = (select(&CURRENCIES[..]), bound(), bound()).prop_filter_map(
        "min above max",
        |(currency, min, max)| {
            let number = |text: Option<&str>| text.map(|text| Decimal::from_str_exact(text).unwrap());
            let upside_down = number(min).zip(number(max)).is_some_and(|(min, max)| min > max);
            (!upside_down).then(|| json!({ "currency": currency, "min": min, "max": max }))
        },
    );
    let mut parts = vec![
        one("search", select(&WORDS[..]).prop_map(Value::from).boxed()).boxed(),
        one("dataset", select(&[DATASET, "none"][..]).prop_map(Value::from).boxed()).boxed(),
        one("buyer", parties()).boxed(),
        one("procuringEntity", parties()).boxed(),
        one("supplier", parties()).boxed(),
        one("tenderer", parties()).boxed(),
        one("method", codes(spellings::<ProcurementMethod>())).boxed(),
        one("category", codes(spellings::<ProcurementCategory>())).boxed(),
        one(
            "classification",
            subsequence(PREFIXES.map(Value::from).to_vec(), 0..=2).prop_map(Value::from).boxed(),
        )
        .boxed(),
        one("value", value.boxed()).boxed(),
        one("date", range()).boxed(),
    ];
    let statuses = match kind {
        Kind::Bid => Some(spellings::<BidStatus>()),
        Kind::Award => Some(spellings::<AwardStatus>()),
        Kind::Contract => Some(spellings::<ContractStatus>()),
        Kind::Process => Some(spellings::<TenderStatus>()),
        _ => None,
    };
    parts.extend(statuses.map(|statuses| one("status", codes(statuses)).boxed()));
    if kind == Kind::Process {
        parts.extend(["tenderStart", "tenderEnd"].map(|name| one(name, range()).boxed()));
    }
    let leaf = vec(proptest::strategy::Union::new(parts), 0..2).prop_map(merged);
    let filter = leaf.prop_recursive(3, 8, 2, |inner| {
        let list =
            |name: &'static str| vec(inner.clone(), 0..3).prop_map(move |parts| json!({ name: parts }));
        let not = inner.clone().prop_map(|part| json!({ "not": part }));
        let parts = prop_oneof![list("and").boxed(), list("or").boxed(), not.boxed()];
        vec(prop_oneof![parts.boxed(), inner.clone().boxed()], 1..3).prop_map(merged)
    });
    prop_oneof![1 => Just(json!({})), 3 => filter].boxed()
}

fn spellings<C: Codelist>() -> Vec<String> {
    C::ALL[..3].iter().map(|code| code.as_str().to_uppercase()).collect()
}

fn merged(parts: Vec<Value>) -> Value {
    let objects = parts.into_iter().filter_map(|part| part.as_object().cloned());
    Value::Object(objects.flatten().collect::<Map<_, _>>())
}
