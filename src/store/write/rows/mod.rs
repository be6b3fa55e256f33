//! A compiled process as the rows of its tables.
//!
//! Ids are derived here, positions counted from 0 without gaps. Rows are encoded for one database
//! ([`super::cell`]) by whoever has time, before the transaction that writes them begins.

mod award;
mod bid;
mod contract;
mod document;
mod item;
mod part;
mod party;
mod process;

use std::collections::HashMap;

use sea_orm::DbBackend;

use super::{
    cell::{Buffer, Cell},
    growth::Tally,
    organization::Mention,
    table::{TABLES, Table},
};
use crate::{
    ocds::model::{Process, Time},
    store::id,
};
use part::count;

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
    /// What a dataset counts of these processes.
    pub(super) tally: Tally,
    /// The ids of bids, awards and contracts, which have lists of their own.
    pub(super) parents: Vec<i64>,
    /// The most complete mention of each organisation.
    pub(super) organizations: HashMap<i64, Mention>,
}

impl Rows {
    /// No rows yet.
    pub fn new(backend: DbBackend) -> Self {
        let buffers = TABLES.map(|_| Buffer::new(backend)).into();
        Self { buffers, tally: Tally::default(), parents: Vec::new(), organizations: HashMap::new() }
    }

    /// Adds the rows of one process and its releases, given in the order they were merged.
    pub fn push(&mut self, dataset: i64, process: &Process, releases: &[ReleaseRow]) {
        let process_id = id::process(dataset, &process.ocid);
        self.tally.add(process, releases.len());
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

/// Each aggregate's rows are encoded in the file of its name.
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
}
