//! Organisations are mentioned in many processes; one row keeps the best mention.
//!
//! The best is the one with the most fields, then the latest process, then the greatest text: a total
//! order, so that the row is the same whatever the order of imports, and importing again changes nothing.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::{cell::Cell, rows::Rows, table::Table};
use crate::{
    ocds::model::{Party, Time},
    store::words,
};

/// An organisation as one process tells of it.
#[derive(Clone, Debug)]
pub(super) struct Mention {
    dataset: i64,
    party: Party,
    /// Its rank among the mentions of the same organisation, as a text that orders so.
    completeness: String,
}

impl Mention {
    pub(super) fn new(dataset: i64, date: Option<Time>, party: &Party) -> Self {
        let fields: Vec<&str> = fields(party).into_iter().flatten().collect();
        let millis = date.map_or(0, |date| u64::try_from(date.timestamp_millis()).unwrap_or(0));
        let digest = Sha256::digest(fields.join("\u{1f}"));
        let tail = digest.iter().take(8).fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
        let completeness = format!("{:02}{millis:015}{tail:016x}", fields.len());
        Self { dataset, party: party.clone(), completeness }
    }
}

/// Keeps the better of two mentions.
pub(super) fn keep_best(best: &mut HashMap<i64, Mention>, id: i64, mention: Mention) {
    match best.get_mut(&id) {
        Some(kept) if kept.completeness >= mention.completeness => {}
        Some(kept) => *kept = mention,
        None => {
            best.insert(id, mention);
        }
    }
}

/// Moves the mentions into rows of their table, by id, so that concurrent writers lock in one order.
pub(super) fn encode(rows: &mut Rows) {
    let mut mentions: Vec<(i64, Mention)> = rows.organizations.drain().collect();
    mentions.sort_unstable_by_key(|(id, _)| *id);
    for (id, mention) in mentions {
        let Mention { dataset, party, completeness } = &mention;
        let legal_name = party.identifier.as_ref().and_then(|identifier| identifier.legal_name.as_deref());
        let key = party.name.as_deref().map(words::sort_key);
        let terms = words::of([party.name.as_deref(), legal_name].into_iter().flatten());
        let mut row: Vec<Cell<'_>> = vec![id.into(), (*dataset).into()];
        row.extend(fields(party).map(Cell::from));
        row.extend([Cell::Text(completeness), key.as_ref().into(), terms.as_ref().into()]);
        rows.add(Table::Organizations, &row);
    }
}

/// The texts of an organisation, in the order of the table's columns.
fn fields(party: &Party) -> [Option<&str>; 17] {
    let identifier = party.identifier.as_ref();
    let address = party.address.as_ref();
    let contact = party.contact_point.as_ref();
    [
        party.name.as_deref(),
        party.local_id.as_deref(),
        identifier.and_then(|identifier| identifier.scheme.as_deref()),
        identifier.and_then(|identifier| identifier.id.as_deref()),
        identifier.and_then(|identifier| identifier.legal_name.as_deref()),
        identifier.and_then(|identifier| identifier.uri.as_deref()),
        party.additional_identifiers.as_deref(),
        address.and_then(|address| address.street.as_deref()),
        address.and_then(|address| address.locality.as_deref()),
        address.and_then(|address| address.region.as_deref()),
        address.and_then(|address| address.postal_code.as_deref()),
        address.and_then(|address| address.country.as_deref()),
        contact.and_then(|contact| contact.name.as_deref()),
        contact.and_then(|contact| contact.email.as_deref()),
        contact.and_then(|contact| contact.telephone.as_deref()),
        contact.and_then(|contact| contact.fax.as_deref()),
        contact.and_then(|contact| contact.url.as_deref()),
    ]
}
