//! Contracts and their implementation.

use super::at::{At, Keys};
use super::organization::{mention, mentions};
use super::part::{amendments, documents, items, list, money, period};
use crate::ocds::codelist::PartyRole;
use crate::ocds::model::{Contract, DocumentStage, PartyIndex, Transaction};
use crate::ocds::party::Parties;

const CONTRACT: Keys = &[
    "id",
    "awardID",
    "title",
    "description",
    "status",
    "statusDetails",
    "period",
    "value",
    "items",
    "dateSigned",
    "documents",
    "implementation",
    "relatedProcesses",
    "milestones",
    "amendments",
    "amendment",
    // Not in the standard, but published.
    "suppliers",
];
const IMPLEMENTATION: Keys = &["transactions", "milestones", "documents"];
const TRANSACTION: Keys = &[
    "id",
    "source",
    "date",
    "value",
    "payer",
    "payee",
    "uri",
    // OCDS 1.0.
    "amount",
    "providerOrganization",
    "receiverOrganization",
];

/// A contract, and the suppliers it names itself.
pub(super) struct Signed {
    pub(super) contract: Contract,
    pub(super) suppliers: Vec<PartyIndex>,
}

/// Reads the contracts.
pub(super) fn contracts(at: &At<'_>, parties: &mut Parties) -> Vec<Signed> {
    at.each("contracts", CONTRACT, |at| {
        let suppliers = mentions(at, "suppliers", PartyRole::Supplier, parties);
        Signed { contract: contract(at, parties), suppliers }
    })
}

fn contract(at: &At<'_>, parties: &mut Parties) -> Contract {
    let mut contract = Contract {
        local_id: at.text("id"),
        award_local_id: at.text("awardID"),
        award: None,
        title: at.text("title"),
        description: at.text("description"),
        status: at.code("status"),
        status_details: at.text("statusDetails"),
        period: period(at, "period"),
        value: money(at, "value"),
        date_signed: at.time("dateSigned"),
        items: items(at),
        documents: documents(at, DocumentStage::Contract),
        transactions: Vec::new(),
        milestones: list(&[(at, "milestones")]),
        amendments: amendments(at),
    };
    at.object("implementation", IMPLEMENTATION, |implementation| {
        contract.documents.extend(documents(implementation, DocumentStage::Implementation));
        contract.transactions =
            implementation.each("transactions", TRANSACTION, |at| transaction(at, parties));
        contract.milestones = list(&[(at, "milestones"), (implementation, "milestones")]);
    });
    contract
}

/// Reads a payment; OCDS 1.0 has other names for its value and for who pays and is paid.
fn transaction(at: &At<'_>, parties: &mut Parties) -> Transaction {
    let paying = if at.has("payer") { "payer" } else { "providerOrganization" };
    let paid = if at.has("payee") { "payee" } else { "receiverOrganization" };
    Transaction {
        local_id: at.text("id"),
        source: at.text("source"),
        date: at.time("date"),
        value: money(at, if at.has("value") { "value" } else { "amount" }),
        payer: mention(at, paying, PartyRole::Payer, parties),
        payee: mention(at, paid, PartyRole::Payee, parties),
        uri: at.text("uri"),
    }
}
