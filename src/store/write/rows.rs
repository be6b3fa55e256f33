//! A compiled process as the rows of its tables.
//!
//! Ids are derived here, positions counted from 0 without gaps. Rows are encoded for one database
//! ([`super::cell`]) by whoever has time, before the transaction that writes them begins.

use std::collections::HashMap;

use sea_orm::DbBackend;

use super::{
    cell::{Buffer, Cell},
    organization::{self, Mention},
    table::{TABLES, Table},
};
use crate::{
    ocds::{
        codelist::Codelist,
        model::{
            Award, Bid, Coded, Document, DocumentStage, Item, Money, Period, Process, Tender, Time,
            Transaction,
        },
    },
    store::{
        id::{self, Kind},
        words,
    },
};

/// A release as published, ready to be stored.
#[derive(Clone, Debug)]
pub struct ReleaseRow {
    /// Its id, derived from the digest of its text.
    pub id: i64,
    /// The publisher's id.
    pub local_id: Option<String>,
    /// Its date.
    pub date: Option<Time>,
    /// Its tags, joined by commas.
    pub tags: Option<String>,
    /// Its JSON, compressed ([`super::compress`]).
    pub body: Vec<u8>,
}

/// The rows of some processes, encoded for one database.
#[derive(Clone, Debug)]
pub struct Rows {
    buffers: Vec<Buffer>,
    /// The ids of bids, awards and contracts, which have lists of their own.
    pub(super) parents: Vec<i64>,
    /// The most complete mention of each organisation.
    pub(super) organizations: HashMap<i64, Mention>,
}

impl Rows {
    /// No rows yet.
    pub fn new(backend: DbBackend) -> Self {
        let buffers = TABLES.map(|_| Buffer::new(backend)).into();
        Self { buffers, parents: Vec::new(), organizations: HashMap::new() }
    }

    /// Adds the rows of one process and its releases, given in the order they were merged.
    pub fn push(&mut self, dataset: i64, process: &Process, releases: &[ReleaseRow]) {
        let process_id = id::process(dataset, &process.ocid);
        let organizations: Vec<i64> =
            process.parties.iter().map(|party| id::organization(dataset, &party.key)).collect();
        Encoder { rows: self, process_id, dataset, date: process.date, organizations }
            .process(process, releases);
    }

    pub(super) fn add(&mut self, table: Table, row: &[Cell<'_>]) {
        debug_assert_eq!(row.len(), table.layout().columns.len(), "{table:?}");
        self.buffers[table as usize].push(row);
    }

    /// How many rows there are, over all tables.
    pub(super) fn count(&self) -> u64 {
        let count = |table: &Table| self.buffers[*table as usize].rows(table.layout().columns.len());
        TABLES.iter().map(count).sum::<usize>() as u64
    }

    /// Takes the rows of a table; none remain.
    pub(super) fn take(&mut self, table: Table) -> Buffer {
        self.buffers[table as usize].take()
    }
}

struct Encoder<'a> {
    rows: &'a mut Rows,
    dataset: i64,
    process_id: i64,
    date: Option<Time>,
    /// The ids of the process's parties.
    organizations: Vec<i64>,
}

impl Encoder<'_> {
    fn process(&mut self, process: &Process, releases: &[ReleaseRow]) {
        self.head(process, releases.len());
        self.details(process);
        self.search(process);
        self.parties(process);
        self.items(self.process_id, &process.tender.items);
        self.documents(self.process_id, &process.documents);
        self.bids(&process.bids);
        let awards = self.awards(&process.awards);
        self.contracts(process, &awards);
        for (position, release) in releases.iter().enumerate() {
            let row = [
                self.process_id.into(),
                count(position).into(),
                release.id.into(),
                release.local_id.as_ref().into(),
                release.date.into(),
                release.tags.as_ref().into(),
                Cell::Bytes(&release.body),
            ];
            self.rows.add(Table::Releases, &row);
        }
    }

    fn organization(&self, party: Option<usize>) -> Cell<'static> {
        party.and_then(|index| self.organizations.get(index).copied()).into()
    }

    fn head(&mut self, process: &Process, releases: usize) {
        let tender = &process.tender;
        let [status, status_text] = coded(tender.status.as_ref());
        let [method, method_text] = coded(tender.method.as_ref());
        let [category, category_text] = coded(tender.category.as_ref());
        let [amount, currency] = money(tender.value.as_ref());
        let [start, end, max_extent, days] = period(tender.tender_period.as_ref());
        let title_key = tender.title.as_deref().map(words::sort_key);
        let row = [
            self.process_id.into(),
            self.dataset.into(),
            (&process.ocid).into(),
            process.date.into(),
            process.initiation_type.as_ref().into(),
            process.language.as_ref().into(),
            self.organization(process.buyer),
            self.organization(tender.procuring_entity),
            tender.local_id.as_ref().into(),
            tender.title.as_ref().into(),
            status,
            status_text,
            method,
            method_text,
            tender.method_details.as_ref().into(),
            category,
            category_text,
            amount,
            currency,
            tender.date_published.into(),
            start,
            end,
            max_extent,
            days,
            tender.number_of_tenderers.into(),
            count(process.parties.len()).into(),
            count(tender.tenderers.len()).into(),
            count(tender.items.len()).into(),
            count(process.documents.len()).into(),
            count(process.bids.len()).into(),
            count(process.awards.len()).into(),
            count(process.contracts.len()).into(),
            count(releases).into(),
            title_key.as_ref().into(),
        ];
        self.rows.add(Table::Processes, &row);
    }

    fn details(&mut self, process: &Process) {
        let Tender { min_value, enquiry_period, award_period, contract_period, .. } = &process.tender;
        let tender = &process.tender;
        let categories = json_list(&tender.additional_categories);
        let methods = json_list(&tender.submission_methods);
        let [amount, currency] = money(min_value.as_ref());
        let [enquiry_start, enquiry_end, enquiry_max_extent, enquiry_days] = period(enquiry_period.as_ref());
        let [award_start, award_end, award_max_extent, award_days] = period(award_period.as_ref());
        let [contract_start, contract_end, contract_max_extent, contract_days] =
            period(contract_period.as_ref());
        let row = [
            self.process_id.into(),
            tender.description.as_ref().into(),
            tender.status_details.as_ref().into(),
            tender.method_rationale.as_ref().into(),
            categories.as_ref().into(),
            tender.award_criteria.as_ref().into(),
            tender.award_criteria_details.as_ref().into(),
            tender.eligibility_criteria.as_ref().into(),
            methods.as_ref().into(),
            tender.submission_method_details.as_ref().into(),
            amount,
            currency,
            enquiry_start,
            enquiry_end,
            enquiry_max_extent,
            enquiry_days,
            award_start,
            award_end,
            award_max_extent,
            award_days,
            contract_start,
            contract_end,
            contract_max_extent,
            contract_days,
            process.planning.as_ref().into(),
            tender.milestones.as_ref().into(),
            tender.amendments.as_ref().into(),
            tender.lots.as_ref().into(),
            process.bid_statistics.as_ref().into(),
            process.related_processes.as_ref().into(),
        ];
        self.rows.add(Table::ProcessDetails, &row);
    }

    /// The words of everything that has a title, a description or a name.
    fn search(&mut self, process: &Process) {
        let tender = &process.tender;
        let lists = process.awards.iter().map(|award| &award.items);
        let lists = lists.chain(process.contracts.iter().map(|contract| &contract.items));
        let items = tender.items.iter().chain(lists.flatten()).map(|item| &item.description);
        let awards = process.awards.iter().flat_map(|award| [&award.title, &award.description]);
        let contracts =
            process.contracts.iter().flat_map(|contract| [&contract.title, &contract.description]);
        let texts = [&tender.title, &tender.description].into_iter().chain(awards).chain(contracts);
        let names = process.parties.iter().map(|party| &party.name);
        let texts = texts.chain(items).chain(names).filter_map(|text| text.as_deref());
        if let Some(terms) = words::of(texts) {
            self.rows.add(Table::ProcessSearch, &[self.process_id.into(), (&terms).into()]);
        }
    }

    fn parties(&mut self, process: &Process) {
        for (position, party) in process.parties.iter().enumerate() {
            let id = self.organizations[position];
            let mention = Mention::new(self.dataset, process.date, party);
            organization::keep_best(&mut self.rows.organizations, id, mention);
            let roles = party.roles.iter().fold(0, |set, role| set | (1 << *role as i32));
            let other_roles = json_list(&party.other_roles);
            let row = [
                self.process_id.into(),
                count(position).into(),
                id.into(),
                roles.into(),
                other_roles.as_ref().into(),
            ];
            self.rows.add(Table::Parties, &row);
        }
        for (position, party) in process.tender.tenderers.iter().enumerate() {
            let row = [self.process_id.into(), count(position).into(), self.organization(Some(*party))];
            self.rows.add(Table::Tenderers, &row);
        }
    }

    /// Who made a bid or was awarded, with the date of that bid, award or contract.
    fn members(&mut self, table: Table, parent: i64, date: Option<Time>, parties: &[usize]) {
        for (position, party) in parties.iter().enumerate() {
            let organization = self.organization(Some(*party));
            let process = self.process_id.into();
            let row = [parent.into(), count(position).into(), organization, process, date.into()];
            self.rows.add(table, &row);
        }
    }

    fn bids(&mut self, bids: &[Bid]) {
        let ids = listed_ids(Kind::Bid, self.process_id, bids, |bid| bid.local_id.as_deref());
        self.rows.parents.extend(&ids);
        for (position, (bid, id)) in bids.iter().zip(ids).enumerate() {
            let [status, status_text] = coded(bid.status.as_ref());
            let [amount, currency] = money(bid.value.as_ref());
            let row = [
                self.process_id.into(),
                count(position).into(),
                id.into(),
                bid.local_id.as_ref().into(),
                bid.date.into(),
                status,
                status_text,
                bid.status_details.as_ref().into(),
                amount,
                currency,
                count(bid.documents.len()).into(),
                self.dataset.into(),
            ];
            self.rows.add(Table::Bids, &row);
            self.members(Table::BidTenderers, id, bid.date, &bid.tenderers);
            self.documents(id, &bid.documents);
        }
    }

    /// Returns the ids of the awards.
    fn awards(&mut self, awards: &[Award]) -> Vec<i64> {
        let ids = listed_ids(Kind::Award, self.process_id, awards, |award| award.local_id.as_deref());
        self.rows.parents.extend(&ids);
        for (position, (award, id)) in awards.iter().zip(&ids).enumerate() {
            let [status, status_text] = coded(award.status.as_ref());
            let [amount, currency] = money(award.value.as_ref());
            let [start, end, max_extent, days] = period(award.contract_period.as_ref());
            let related_bids = json_list(&award.related_bids);
            let title_key = award.title.as_deref().map(words::sort_key);
            let row = [
                self.process_id.into(),
                count(position).into(),
                (*id).into(),
                award.local_id.as_ref().into(),
                award.title.as_ref().into(),
                award.description.as_ref().into(),
                status,
                status_text,
                award.status_details.as_ref().into(),
                award.date.into(),
                amount,
                currency,
                start,
                end,
                max_extent,
                days,
                related_bids.as_ref().into(),
                award.amendments.as_ref().into(),
                count(award.items.len()).into(),
                count(award.documents.len()).into(),
                self.dataset.into(),
                title_key.as_ref().into(),
            ];
            self.rows.add(Table::Awards, &row);
            self.members(Table::AwardSuppliers, *id, award.date, &award.suppliers);
            self.items(*id, &award.items);
            self.documents(*id, &award.documents);
        }
        ids
    }

    fn contracts(&mut self, Process { contracts, awards: made, .. }: &Process, awards: &[i64]) {
        let ids =
            listed_ids(Kind::Contract, self.process_id, contracts, |contract| contract.local_id.as_deref());
        self.rows.parents.extend(&ids);
        for (position, (contract, id)) in contracts.iter().zip(ids).enumerate() {
            let [status, status_text] = coded(contract.status.as_ref());
            let [amount, currency] = money(contract.value.as_ref());
            let [start, end, max_extent, days] = period(contract.period.as_ref());
            let title_key = contract.title.as_deref().map(words::sort_key);
            let row = [
                self.process_id.into(),
                count(position).into(),
                id.into(),
                contract.local_id.as_ref().into(),
                contract.award.and_then(|index| awards.get(index).copied()).into(),
                contract.award_local_id.as_ref().into(),
                contract.title.as_ref().into(),
                contract.description.as_ref().into(),
                status,
                status_text,
                contract.status_details.as_ref().into(),
                amount,
                currency,
                contract.date_signed.into(),
                start,
                end,
                max_extent,
                days,
                contract.milestones.as_ref().into(),
                contract.amendments.as_ref().into(),
                count(contract.items.len()).into(),
                count(contract.documents.len()).into(),
                count(contract.transactions.len()).into(),
                self.dataset.into(),
                title_key.as_ref().into(),
            ];
            self.rows.add(Table::Contracts, &row);
            let award = contract.award.and_then(|index| made.get(index));
            let suppliers = award.map_or(&[][..], |award| &award.suppliers);
            self.members(Table::ContractSuppliers, id, contract.date_signed, suppliers);
            self.items(id, &contract.items);
            self.documents(id, &contract.documents);
            self.transactions(id, &contract.transactions);
        }
    }

    fn items(&mut self, parent: i64, items: &[Item]) {
        let ids = listed_ids(Kind::Item, parent, items, |item| item.local_id.as_deref());
        for (position, (item, id)) in items.iter().zip(ids).enumerate() {
            let [amount, currency] = money(item.unit_value.as_ref());
            let description_key = item.description.as_deref().map(words::sort_key);
            let row = [
                parent.into(),
                count(position).into(),
                id.into(),
                item.local_id.as_ref().into(),
                item.description.as_ref().into(),
                item.classification_scheme.as_ref().into(),
                item.classification_id.as_ref().into(),
                item.classification_description.as_ref().into(),
                item.quantity.into(),
                item.unit_name.as_ref().into(),
                amount,
                currency,
                self.process_id.into(),
                self.date.into(),
                self.dataset.into(),
                description_key.as_ref().into(),
            ];
            self.rows.add(Table::Items, &row);
            let texts = [item.description.as_deref(), item.classification_description.as_deref()];
            if let Some(terms) = words::of(texts.into_iter().flatten()) {
                self.rows.add(Table::ItemSearch, &[id.into(), (&terms).into()]);
            }
        }
    }

    fn documents(&mut self, parent: i64, documents: &[Document]) {
        let ids = listed_ids(Kind::Document, parent, documents, |document| document.local_id.as_deref());
        for (position, (document, id)) in documents.iter().zip(ids).enumerate() {
            let row = [
                parent.into(),
                count(position).into(),
                id.into(),
                stage(document.stage).into(),
                document.local_id.as_ref().into(),
                document.document_type.as_ref().into(),
                document.title.as_ref().into(),
                document.description.as_ref().into(),
                document.url.as_ref().into(),
                document.date_published.into(),
                document.date_modified.into(),
                document.format.as_ref().into(),
                document.language.as_ref().into(),
            ];
            self.rows.add(Table::Documents, &row);
        }
    }

    fn transactions(&mut self, contract: i64, transactions: &[Transaction]) {
        let ids =
            listed_ids(Kind::Transaction, contract, transactions, |payment| payment.local_id.as_deref());
        for (position, (transaction, id)) in transactions.iter().zip(ids).enumerate() {
            let [amount, currency] = money(transaction.value.as_ref());
            let row = [
                contract.into(),
                count(position).into(),
                id.into(),
                transaction.local_id.as_ref().into(),
                transaction.source.as_ref().into(),
                transaction.date.into(),
                amount,
                currency,
                self.organization(transaction.payer),
                self.organization(transaction.payee),
                transaction.uri.as_ref().into(),
            ];
            self.rows.add(Table::Transactions, &row);
        }
    }
}

/// The ids of the rows of a list: by the publisher's id and its occurrence, else by position.
fn listed_ids<T>(kind: Kind, parent: i64, list: &[T], local_id: impl Fn(&T) -> Option<&str>) -> Vec<i64> {
    let mut seen: HashMap<&str, u32> = HashMap::new();
    let mut derive = |(position, row)| match local_id(row) {
        Some(local_id) => {
            let occurrence = seen.entry(local_id).and_modify(|earlier| *earlier += 1).or_insert(0);
            id::listed(kind, parent, local_id, *occurrence)
        }
        // No publisher's id contains U+0000 and a position.
        None => id::listed(kind, parent, &format!("\0{position}"), 0),
    };
    list.iter().enumerate().map(&mut derive).collect()
}

fn count(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

/// The code, and the text where it says more than the code.
fn coded<C: Codelist>(coded: Option<&Coded<C>>) -> [Cell<'_>; 2] {
    let Some(Coded { code, text }) = coded else { return [Cell::Null, Cell::Null] };
    let text = if text == code.as_str() { Cell::Null } else { Cell::Text(text) };
    [Cell::Text(code.as_str()), text]
}

fn money(money: Option<&Money>) -> [Cell<'_>; 2] {
    money.map_or([Cell::Null; 2], |money| [money.amount.into(), money.currency.as_ref().into()])
}

fn period(period: Option<&Period>) -> [Cell<'_>; 4] {
    period.map_or([Cell::Null; 4], |period| {
        [period.start.into(), period.end.into(), period.max_extent.into(), period.duration_in_days.into()]
    })
}

fn stage(stage: DocumentStage) -> &'static str {
    match stage {
        DocumentStage::Planning => "planning",
        DocumentStage::Tender => "tender",
        DocumentStage::Bid => "bid",
        DocumentStage::Award => "award",
        DocumentStage::Contract => "contract",
        DocumentStage::Implementation => "implementation",
    }
}

/// A JSON list of texts; nothing for an empty list.
fn json_list(texts: &[String]) -> Option<String> {
    if texts.is_empty() { None } else { serde_json::to_string(texts).ok() }
}
