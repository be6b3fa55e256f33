//! The parts that several stages have: amounts, periods, items, documents, amendments.

use super::at::{At, Keys, Step};
use super::currency;
use crate::ocds::amount;
use crate::ocds::issue::IssueKind;
use crate::ocds::json::Value;
use crate::ocds::model::{Document, DocumentStage, Item, Json, Money, Period};

const MONEY: Keys = &["amount", "currency", "uri", "amountNet", "amountGross"];
const PERIOD: Keys = &["startDate", "endDate", "maxExtentDate", "durationInDays"];
const ITEM: Keys = &[
    "id",
    "description",
    "classification",
    "additionalClassifications",
    "quantity",
    "unit",
    "relatedLot",
    "relatedLots",
    "deliveryAddress",
    "deliveryAddresses",
    "deliveryLocation",
    "deliveryLocations",
];
const CLASSIFICATION: Keys = &["scheme", "id", "description", "uri"];
const UNIT: Keys = &["scheme", "id", "name", "value", "uri"];
const DOCUMENT: Keys = &[
    "id",
    "documentType",
    "title",
    "description",
    "url",
    "datePublished",
    "dateModified",
    "format",
    "language",
    "relatedLot",
    "relatedLots",
    "relatedItem",
    "relatedItems",
];

/// The amount of money under a key. A bare number is an amount without a currency.
pub(super) fn money(at: &At<'_>, key: &str) -> Option<Money> {
    let money = match at.get(key)? {
        Value::Number(_) => Money { amount: at.decimal(key, IssueKind::UnreadableAmount), currency: None },
        Value::String(text) if amount::parse(text).is_some() => {
            Money { amount: amount::parse(text), currency: None }
        }
        _ => at.object(key, MONEY, |at| Money {
            amount: at.decimal("amount", IssueKind::UnreadableAmount),
            currency: currency(at),
        })?,
    };
    (money != Money::default()).then_some(money)
}

fn currency(at: &At<'_>) -> Option<String> {
    let currency = at.key("currency")?.to_uppercase();
    if !currency::is_known(&currency) {
        at.report(
            IssueKind::UnknownCode,
            Step::Key("currency"),
            &currency,
            "not a currency of ISO 4217; kept as text",
        );
    }
    Some(currency)
}

/// The period under a key.
pub(super) fn period(at: &At<'_>, key: &str) -> Option<Period> {
    let period = at.object(key, PERIOD, |at| Period {
        start: at.time("startDate"),
        end: at.time("endDate"),
        max_extent: at.time("maxExtentDate"),
        duration_in_days: at.integer("durationInDays"),
    })?;
    (period != Period::default()).then_some(period)
}

/// The items of a stage.
pub(super) fn items(at: &At<'_>) -> Vec<Item> {
    at.each("items", ITEM, |at| {
        let mut item = Item {
            local_id: at.text("id"),
            description: at.text("description"),
            quantity: at.decimal("quantity", IssueKind::UnreadableNumber),
            ..Item::default()
        };
        at.object("classification", CLASSIFICATION, |at| {
            item.classification_scheme = at.text("scheme");
            item.classification_id = at.key("id");
            item.classification_description = at.text("description");
        });
        at.object("unit", UNIT, |at| {
            item.unit_name = at.text("name");
            item.unit_value = money(at, "value");
        });
        item
    })
}

/// The documents of a stage.
pub(super) fn documents(at: &At<'_>, stage: DocumentStage) -> Vec<Document> {
    at.each("documents", DOCUMENT, |at| Document {
        stage,
        local_id: at.text("id"),
        document_type: at.text("documentType"),
        title: at.text("title"),
        description: at.text("description"),
        url: at.text("url"),
        date_published: at.time("datePublished"),
        date_modified: at.time("dateModified"),
        format: at.text("format"),
        language: at.text("language"),
    })
}

/// The amendments of a stage: `amendments`, and the one `amendment` of OCDS 1.0 after them.
pub(super) fn amendments(at: &At<'_>) -> Option<Json> {
    list(&[(at, "amendments"), (at, "amendment")])
}

/// The values of several lists, as one JSON list.
pub(super) fn list(places: &[(&At<'_>, &str)]) -> Option<Json> {
    let mut values = Vec::new();
    for (at, key) in places {
        at.each_value(key, |_, value| values.push(value.to_string()));
    }
    (!values.is_empty()).then(|| format!("[{}]", values.join(",")))
}
