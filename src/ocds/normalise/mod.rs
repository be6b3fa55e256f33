//! From the JSON of a compiled release to a [`Process`]: what can be read as it was meant is read, the
//! rest is left out and reported.

mod at;
mod award;
mod contract;
mod currency;
mod organization;
mod part;
mod planning;
mod spelling;
mod tender;

use std::cell::RefCell;
use std::collections::HashMap;

use at::{At, Keys, Step};
use contract::Signed;

use super::codelist::PartyRole;
use super::issue::{IssueKind, Issues};
use super::json::Value;
use super::model::{Award, Contract, PartyIndex, Process};
use super::party::Parties;

const RELEASE: Keys = &[
    "ocid",
    "id",
    "date",
    "tag",
    "initiationType",
    "parties",
    "buyer",
    "planning",
    "tender",
    "bids",
    "awards",
    "contracts",
    "language",
    "relatedProcesses",
];

/// Reads a compiled release. What could not be read as it was meant is added to `issues`.
pub fn normalise(release: &Value<'_>, issues: &mut Issues) -> Process {
    let found = RefCell::new(std::mem::take(issues));
    let process = process(&At::root(release, RELEASE, &found));
    *issues = found.into_inner();
    process
}

fn process(at: &At<'_>) -> Process {
    let mut parties = Parties::default();
    organization::publish(at, &mut parties);
    let buyer = organization::mention(at, "buyer", PartyRole::Buyer, &mut parties);
    let (planning, mut documents) = planning::planning(at);
    let (tender, tender_documents) =
        at.object("tender", tender::TENDER, |at| tender::tender(at, &mut parties)).unwrap_or_default();
    documents.extend(tender_documents);
    let (bids, bid_statistics) = award::bids(at, &mut parties);
    let mut awards = award::awards(at, &mut parties);
    let contracts = linked(at, contract::contracts(at, &mut parties), &mut awards);
    duplicates(at, "bids.details", bids.iter().map(|bid| bid.local_id.as_deref()));
    duplicates(at, "awards", awards.iter().map(|award| award.local_id.as_deref()));
    duplicates(at, "contracts", contracts.iter().map(|contract| contract.local_id.as_deref()));
    let ocid = at.text("ocid").unwrap_or_default();
    let (parties, moved) = parties.finish(&ocid);
    let mut process = Process {
        ocid,
        date: at.time("date"),
        initiation_type: at.text("initiationType"),
        language: at.text("language"),
        parties,
        buyer,
        tender,
        bids,
        awards,
        contracts,
        documents,
        planning,
        bid_statistics,
        related_processes: at.json("relatedProcesses"),
    };
    move_parties(&mut process, &moved);
    process
}

/// Ties contracts to their awards. An award without suppliers gets those its contract names.
fn linked(at: &At<'_>, signed: Vec<Signed>, awards: &mut [Award]) -> Vec<Contract> {
    let mut by_id = HashMap::with_capacity(awards.len());
    for (index, award) in awards.iter().enumerate() {
        if let Some(id) = &award.local_id {
            by_id.entry(id.clone()).or_insert(index);
        }
    }
    let link = |(index, Signed { mut contract, suppliers }): (usize, Signed)| {
        let id = contract.award_local_id.as_deref();
        contract.award = id.and_then(|id| by_id.get(id).copied());
        match (contract.award.and_then(|award| awards.get_mut(award)), id) {
            (Some(award), _) if award.suppliers.is_empty() => award.suppliers = suppliers,
            (None, Some(id)) => {
                let path = format!("contracts[{index}].awardID");
                at.report(
                    IssueKind::DanglingAward,
                    Step::Key(&path),
                    id,
                    "no award has this id; kept as text",
                );
            }
            _ => {}
        }
        contract
    };
    signed.into_iter().enumerate().map(link).collect()
}

/// Reports ids that repeat in a list.
fn duplicates<'a>(at: &At<'_>, list: &str, ids: impl ExactSizeIterator<Item = Option<&'a str>>) {
    let mut seen = HashMap::with_capacity(ids.len());
    for (index, id) in ids.enumerate() {
        let Some(id) = id else { continue };
        let first = *seen.entry(id).or_insert(index);
        if first != index {
            let path = format!("{list}[{index}].id");
            let message = format!("{list}[{first}] has the same id; both are kept");
            at.report(IssueKind::DuplicateId, Step::Key(&path), id, &message);
        }
    }
}

/// Points every mention at where its organisation has gone, each once in a list.
fn move_parties(process: &mut Process, moved: &[PartyIndex]) {
    let one = |party: &mut Option<PartyIndex>| *party = party.and_then(|index| moved.get(index).copied());
    let mut seen = vec![usize::MAX; moved.len()];
    let mut lists = 0;
    let mut many = |parties: &mut Vec<PartyIndex>| {
        lists += 1;
        parties.retain_mut(|party| {
            *party = moved[*party];
            std::mem::replace(&mut seen[*party], lists) != lists
        });
    };
    one(&mut process.buyer);
    one(&mut process.tender.procuring_entity);
    many(&mut process.tender.tenderers);
    process.bids.iter_mut().for_each(|bid| many(&mut bid.tenderers));
    process.awards.iter_mut().for_each(|award| many(&mut award.suppliers));
    for transaction in process.contracts.iter_mut().flat_map(|contract| &mut contract.transactions) {
        one(&mut transaction.payer);
        one(&mut transaction.payee);
    }
}
