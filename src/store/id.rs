//! Ids derived from the data: the same in every database, after every import and on every machine.
//!
//! An id is 63 bits of SHA-256 over its parts, so that no publisher can steer two things to one id. By
//! chance two of 10 million rows of a kind share an id with a probability of about 1 in 180,000; two
//! processes that did would be refused by the unique key (dataset, ocid), not mixed.

use sha2::{Digest, Sha256};

/// The kind of a row whose id is derived; part of the id, so that kinds never share one by construction.
/// What is hashed is the place in this list: a new kind goes at the end, or the ids behind it change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A dataset.
    Dataset,
    /// A contracting process.
    Process,
    /// An organisation.
    Organization,
    /// A bid.
    Bid,
    /// An award.
    Award,
    /// A contract.
    Contract,
    /// An item.
    Item,
    /// A document.
    Document,
    /// A transaction.
    Transaction,
    /// A release.
    Release,
}

/// The id of a dataset.
pub fn dataset(name: &str) -> i64 {
    derive(Kind::Dataset, 0, name.as_bytes(), 0)
}

/// The id of a process.
pub fn process(dataset: i64, ocid: &str) -> i64 {
    derive(Kind::Process, dataset, ocid.as_bytes(), 0)
}

/// The id of an organisation, from its identity within the dataset.
pub fn organization(dataset: i64, key: &str) -> i64 {
    derive(Kind::Organization, dataset, key.as_bytes(), 0)
}

/// The id of a release of a process, from the digest of its text.
pub fn release(process: i64, digest: &[u8]) -> i64 {
    derive(Kind::Release, process, digest, 0)
}

/// The id of anything that lies in a list of `parent`. `local_id` is the publisher's; `occurrence`
/// counts its earlier appearances in the same list, since publishers repeat ids.
pub fn listed(kind: Kind, parent: i64, local_id: &str, occurrence: u32) -> i64 {
    derive(kind, parent, local_id.as_bytes(), occurrence)
}

fn derive(kind: Kind, parent: i64, key: &[u8], occurrence: u32) -> i64 {
    let mut hash = Sha256::new();
    hash.update([kind as u8]);
    hash.update(parent.to_be_bytes());
    hash.update(occurrence.to_be_bytes());
    hash.update(key);
    let bytes = hash.finalize();
    let mut head = [0_u8; 8];
    head.copy_from_slice(&bytes[..8]);
    i64::from_be_bytes(head) & i64::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_pinned_because_clients_keep_them() {
        assert_eq!(dataset("assam"), 216_427_047_197_261_588);
        assert_eq!(Kind::Release as u8, 9, "a new kind goes at the end");
    }

    #[test]
    fn every_part_counts() {
        let ids = [
            listed(Kind::Award, 1, "a", 0),
            listed(Kind::Bid, 1, "a", 0),
            listed(Kind::Award, 2, "a", 0),
            listed(Kind::Award, 1, "b", 0),
            listed(Kind::Award, 1, "a", 1),
        ];
        let distinct: std::collections::HashSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len());
        assert!(ids.iter().all(|id| *id >= 0));
    }
}
