//! Totals recomputed from published releases, with as little of Farol as possible: each value is read
//! from the file's own digits, and summed one by one.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Utc};
use farol::{
    ocds::{model::Identifier, party::identity},
    store::{
        Database, id,
        query::{
            filter::Filter,
            spending::{self, Group, Key, Measure, Question},
        },
    },
};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Release {
    buyer: Option<Mention>,
    #[serde(default)]
    parties: Vec<Party>,
    tender: Tender,
    #[serde(default)]
    awards: Vec<Award>,
    #[serde(default)]
    contracts: Vec<Contract>,
}

#[derive(Deserialize)]
struct Mention {
    id: String,
    name: String,
}

#[derive(Deserialize)]
struct Party {
    id: String,
    name: Option<String>,
    identifier: Option<PartyIdentifier>,
}

#[derive(Deserialize)]
struct PartyIdentifier {
    scheme: Option<String>,
    id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tender {
    value: Option<Value>,
    status: Option<String>,
    procurement_method: Option<String>,
    main_procurement_category: Option<String>,
    #[serde(rename = "tenderPeriod")]
    period: Option<Period>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Period {
    start_date: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct Award {
    id: String,
    value: Option<Value>,
    status: Option<String>,
    date: Option<DateTime<Utc>>,
    #[serde(default)]
    suppliers: Vec<Mention>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Contract {
    #[serde(rename = "awardID")]
    award_id: Option<String>,
    value: Option<Value>,
    status: Option<String>,
    date_signed: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct Value {
    amount: Option<Box<RawValue>>,
    currency: Option<String>,
}

/// A value that counts: of which process, whose, when.
struct Counted<'a> {
    release: &'a Release,
    suppliers: Vec<&'a Mention>,
    date: Option<DateTime<Utc>>,
    amount: Decimal,
    currency: &'a str,
}

#[derive(Debug, PartialEq)]
struct Figures {
    count: i64,
    sum: Decimal,
    minimum: Decimal,
    maximum: Decimal,
}

/// Compares every grouping of every measure, and one of each within a currency.
pub(super) async fn check(store: &Database, lines: Vec<String>) {
    let releases: Vec<Release> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let dataset = id::dataset("assam");
    for measure in [Measure::Awarded, Measure::Contracted, Measure::Tendered] {
        let values: Vec<Counted<'_>> =
            releases.iter().flat_map(|release| counted(release, measure)).collect();
        assert!(values.len() > 20_000, "{measure:?}: {} values", values.len());
        for group in
            [Group::Buyer, Group::Supplier, Group::Category, Group::Method, Group::Year, Group::Month]
        {
            let currencies = if group == Group::Buyer { 2 } else { 1 };
            for currency in [None, Some("INR".to_owned())].into_iter().take(currencies) {
                let expected = recompute(&values, group, dataset, currency.as_deref());
                let question = Question { group, measure, filter: Filter::default(), currency };
                let answered = spending::groups(store, &question).await.unwrap();
                assert_order(&answered, &question);
                let answered: BTreeMap<_, _> = answered.into_iter().map(pair).collect();
                assert_eq!(answered.len(), expected.len(), "{question:?}");
                for (key, sum) in &expected {
                    assert_eq!(answered.get(key), Some(sum), "{key:?} of {question:?}");
                }
            }
        }
    }
}

fn pair(group: spending::Spending) -> ((Key, String), Figures) {
    let spending::Spending { key, currency, count, sum, minimum, maximum } = group;
    ((key, currency), Figures { count, sum, minimum, maximum })
}

fn assert_order(groups: &[spending::Spending], question: &Question) {
    let falls = |pair: &[spending::Spending]| {
        if question.currency.is_some() { pair[0].sum >= pair[1].sum } else { pair[0].count >= pair[1].count }
    };
    assert!(groups.windows(2).all(falls), "{question:?}");
}

fn recompute(
    values: &[Counted<'_>],
    group: Group,
    dataset: i64,
    currency: Option<&str>,
) -> BTreeMap<(Key, String), Figures> {
    let mut groups: BTreeMap<(Key, String), Figures> = BTreeMap::new();
    for value in values.iter().filter(|value| currency.is_none_or(|code| value.currency == code)) {
        for key in keys(value, group, dataset) {
            let Counted { amount, .. } = *value;
            let group = groups.entry((key, value.currency.to_owned())).or_insert(Figures {
                count: 0,
                sum: Decimal::ZERO,
                minimum: amount,
                maximum: amount,
            });
            group.count += 1;
            group.sum += amount;
            group.minimum = group.minimum.min(amount);
            group.maximum = group.maximum.max(amount);
        }
    }
    groups
}

fn keys(value: &Counted<'_>, group: Group, dataset: i64) -> Vec<Key> {
    let organization = |mention: &Mention| Some(id::organization(dataset, &key_of(value.release, mention)));
    let tender = &value.release.tender;
    let key = match group {
        Group::Buyer => Key::Organization(value.release.buyer.as_ref().and_then(organization)),
        Group::Supplier => {
            let mut ids: Vec<Option<i64>> =
                value.suppliers.iter().map(|mention| organization(mention)).collect();
            ids.sort_unstable();
            ids.dedup();
            if ids.is_empty() {
                ids.push(None);
            }
            return ids.into_iter().map(Key::Organization).collect();
        }
        Group::Category => Key::Code(tender.main_procurement_category.clone()),
        Group::Method => Key::Code(tender.procurement_method.clone()),
        Group::Year => Key::Period(value.date.map(|date| date.year().into())),
        Group::Month => {
            Key::Period(value.date.map(|date| i64::from(date.year()) * 100 + i64::from(date.month())))
        }
    };
    vec![key]
}

/// The identity of an organisation: by its register, else by its name.
fn key_of(release: &Release, mention: &Mention) -> String {
    let party = release.parties.iter().find(|party| party.id == mention.id);
    let identifier = party.and_then(|party| party.identifier.as_ref()).map(|identifier| Identifier {
        scheme: identifier.scheme.clone(),
        id: identifier.id.clone(),
        ..Identifier::default()
    });
    let name = party.and_then(|party| party.name.as_deref()).unwrap_or(&mention.name);
    identity(identifier.as_ref(), Some(name)).unwrap()
}

fn counted<'a>(release: &'a Release, measure: Measure) -> Vec<Counted<'a>> {
    match measure {
        Measure::Tendered => {
            let Tender { value, status, period, .. } = &release.tender;
            let suppliers = release.awards.iter().flat_map(|award| &award.suppliers).collect();
            let date = period.as_ref().and_then(|period| period.start_date);
            count(release, value.as_ref(), status.as_deref(), date, suppliers).into_iter().collect()
        }
        Measure::Awarded => {
            let counted = |award: &'a Award| {
                let Award { value, status, date, suppliers, .. } = award;
                count(release, value.as_ref(), status.as_deref(), *date, suppliers.iter().collect())
            };
            release.awards.iter().filter_map(counted).collect()
        }
        Measure::Contracted => {
            let counted = |contract: &'a Contract| {
                let Contract { award_id, value, status, date_signed } = contract;
                let award = release.awards.iter().find(|award| Some(&award.id) == award_id.as_ref());
                let suppliers = award.map(|award| award.suppliers.iter().collect()).unwrap_or_default();
                count(release, value.as_ref(), status.as_deref(), *date_signed, suppliers)
            };
            release.contracts.iter().filter_map(counted).collect()
        }
    }
}

fn count<'a>(
    release: &'a Release,
    value: Option<&'a Value>,
    status: Option<&str>,
    date: Option<DateTime<Utc>>,
    suppliers: Vec<&'a Mention>,
) -> Option<Counted<'a>> {
    if matches!(status, Some("cancelled" | "unsuccessful")) {
        return None;
    }
    let Value { amount: Some(amount), currency: Some(currency) } = value? else { return None };
    let amount = Decimal::from_str_exact(amount.get()).unwrap();
    Some(Counted { release, suppliers, date, amount, currency })
}
