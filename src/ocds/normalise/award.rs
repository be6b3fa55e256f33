//! Bids and awards.

use super::at::{At, Keys};
use super::organization::mentions;
use super::part::{amendments, documents, items, money, period};
use crate::ocds::codelist::PartyRole;
use crate::ocds::json::Value;
use crate::ocds::model::{Award, Bid, DocumentStage, Json};
use crate::ocds::party::Parties;

const BIDS: Keys = &["statistics", "details"];
const BID: Keys = &[
    "id",
    "date",
    "status",
    "statusDetails",
    "tenderers",
    "value",
    "documents",
    "relatedLot",
    "relatedLots",
    "items",
];
const AWARD: Keys = &[
    "id",
    "title",
    "description",
    "status",
    "statusDetails",
    "date",
    "value",
    "suppliers",
    "items",
    "contractPeriod",
    "documents",
    "relatedBids",
    "relatedBid",
    "relatedLot",
    "relatedLots",
    "amendments",
    "amendment",
];

/// Reads the bids and their statistics: `bids` is an object with both, or a bare list of bids.
pub(super) fn bids(at: &At<'_>, parties: &mut Parties) -> (Vec<Bid>, Option<Json>) {
    let is_section = |value: &Value<'_>| value.get("details").is_some() || value.get("statistics").is_some();
    let section = match at.get("bids") {
        Some(Value::Array(elements)) => elements.iter().any(is_section),
        Some(value) => is_section(value),
        None => return (Vec::new(), None),
    };
    if !section {
        return (at.each("bids", BID, |at| bid(at, parties)), None);
    }
    let read = |at: &At<'_>| (at.each("details", BID, |at| bid(at, parties)), at.json("statistics"));
    at.object("bids", BIDS, read).unwrap_or_default()
}

fn bid(at: &At<'_>, parties: &mut Parties) -> Bid {
    Bid {
        local_id: at.text("id"),
        date: at.time("date"),
        status: at.code("status"),
        status_details: at.text("statusDetails"),
        tenderers: mentions(at, "tenderers", PartyRole::Tenderer, parties),
        value: money(at, "value"),
        documents: documents(at, DocumentStage::Bid),
    }
}

/// Reads the awards.
pub(super) fn awards(at: &At<'_>, parties: &mut Parties) -> Vec<Award> {
    at.each("awards", AWARD, |at| Award {
        local_id: at.text("id"),
        title: at.text("title"),
        description: at.text("description"),
        status: at.code("status"),
        status_details: at.text("statusDetails"),
        date: at.time("date"),
        value: money(at, "value"),
        suppliers: mentions(at, "suppliers", PartyRole::Supplier, parties),
        contract_period: period(at, "contractPeriod"),
        items: items(at),
        documents: documents(at, DocumentStage::Award),
        related_bids: [at.texts("relatedBids"), at.texts("relatedBid")].concat(),
        amendments: amendments(at),
    })
}
