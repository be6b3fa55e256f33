//! What the change log says of a write.

use std::collections::{BTreeSet, HashSet};

use crate::{
    ocds::{
        codelist::{AwardStatus, Codelist, ContractStatus, TenderStatus},
        model::{Coded, Process},
    },
    store::{
        id,
        write::{ChangeKind, NewChange},
    },
};

/// With more organisations than this the whole dataset is named instead.
const MOST_ORGANIZATIONS: usize = 1000;

/// A process that was not there before.
pub(super) fn created(dataset: i64, id: i64, process: &Process) -> NewChange {
    let (ocid, tags) = (process.ocid.clone(), tags(dataset, id, &[], Some(process)));
    NewChange { kind: ChangeKind::Created, dataset, process: id, ocid, paths: vec![], tags }
}

/// A process that was there before; `named` are the organisations that its rows named.
pub(super) fn updated(
    dataset: i64,
    id: i64,
    old: &Process,
    new: &Process,
    paths: Vec<String>,
    named: &[i64],
) -> NewChange {
    let tags = tags(dataset, id, named, Some(new));
    NewChange { kind: kind(old, new), dataset, process: id, ocid: new.ocid.clone(), paths, tags }
}

/// A process whose rows were not what its releases say; `named` are the organisations that they named.
pub(super) fn mended(dataset: i64, id: i64, process: &Process, named: &[i64]) -> NewChange {
    let (ocid, tags) = (process.ocid.clone(), tags(dataset, id, named, Some(process)));
    NewChange { kind: ChangeKind::Updated, dataset, process: id, ocid, paths: vec![], tags }
}

/// A process that is gone; `named` are the organisations that its rows named.
pub(super) fn removed(dataset: i64, id: i64, ocid: String, named: &[i64]) -> NewChange {
    let tags = tags(dataset, id, named, None);
    NewChange { kind: ChangeKind::Removed, dataset, process: id, ocid, paths: vec![], tags }
}

/// The weightiest of what happened.
fn kind(old: &Process, new: &Process) -> ChangeKind {
    let cancelled = |process: &Process| is(process.tender.status.as_ref(), TenderStatus::Cancelled);
    if cancelled(new) && !cancelled(old) {
        ChangeKind::Cancelled
    } else if !signed(new).is_subset(&signed(old)) {
        ChangeKind::ContractSigned
    } else if !awarded(new).is_subset(&awarded(old)) {
        ChangeKind::Awarded
    } else {
        ChangeKind::Updated
    }
}

/// The contracts that are signed: by their date, or because they are in force.
fn signed(process: &Process) -> HashSet<(usize, Option<&str>)> {
    let signed = process.contracts.iter().enumerate().filter(|(_, contract)| {
        contract.date_signed.is_some() || is(contract.status.as_ref(), ContractStatus::Active)
    });
    signed.map(|(index, contract)| key(index, contract.local_id.as_deref())).collect()
}

fn awarded(process: &Process) -> HashSet<(usize, Option<&str>)> {
    let active = process.awards.iter().enumerate();
    let active = active.filter(|(_, award)| is(award.status.as_ref(), AwardStatus::Active));
    active.map(|(index, award)| key(index, award.local_id.as_deref())).collect()
}

/// By the publisher's id, else by position.
fn key(index: usize, local_id: Option<&str>) -> (usize, Option<&str>) {
    (if local_id.is_some() { 0 } else { index }, local_id)
}

fn is<C: Codelist>(status: Option<&Coded<C>>, code: C) -> bool {
    status.is_some_and(|status| status.code == code)
}

/// Names the process with every organisation that it named before, or names now: all that is mentioned
/// anywhere in it is among its parties. What was named before is told by the rows: they are what is served,
/// and an earlier farol may have read the releases in another way.
fn tags(dataset: i64, id: i64, before: &[i64], now: Option<&Process>) -> Vec<String> {
    let parties = now.into_iter().flat_map(|process| &process.parties);
    let mut organizations: BTreeSet<i64> =
        parties.map(|party| id::organization(dataset, &party.key)).collect();
    organizations.extend(before);
    let mut tags = vec![format!("process:{id}")];
    if organizations.len() <= MOST_ORGANIZATIONS {
        tags.extend(organizations.iter().map(|organization| format!("organization:{organization}")));
    } else {
        tags.push(format!("dataset:{dataset}"));
    }
    tags
}
