//! Every relation that is loaded in batches, one of each per process.
//!
//! A batch sends one statement whatever the number of keys. What is special to an aggregate lies in
//! its `loader.rs`; here is what all lists and all rows with an id have in common.

use std::{collections::HashMap, hash::Hash, marker::PhantomData, sync::Arc};

use super::{
    award::loader::AwardSuppliers,
    bid::loader::BidTenderers,
    dataset::loader::DatasetById,
    organization::loader::{OrganizationById, Parties, Tenderers},
    process::loader::{BuyerCounts, BuyerPages, DetailsByProcess, ProcessById},
    release::loader::ReleaseBodies,
};
use crate::{
    loader::{Batch, Limits, Relation},
    store::{
        Database, StoreError,
        entity::{award, bid, contract, document, item, release, transaction},
        query::{
            list::{self, Listed, Node, Range},
            process::BuyerPage,
        },
    },
};

/// Rows of a list, shared with everyone who asked for the same part.
pub(super) type Rows<R> = Arc<[Arc<R>]>;

/// What a batch of the store answers.
pub(super) type Loaded<K, V> = Result<HashMap<K, V>, Arc<StoreError>>;

/// A relation from a row's id to the row.
type ById<B> = Relation<i64, B>;
/// A relation from a part of a list to its rows.
type ByRange<B> = Relation<Range, B>;

/// The relations.
pub(super) struct Relations {
    pub(super) dataset: ById<DatasetById>,
    pub(super) process: ById<ProcessById>,
    pub(super) details: ById<DetailsByProcess>,
    pub(super) buyer_pages: Relation<BuyerPage, BuyerPages>,
    pub(super) buyer_counts: ById<BuyerCounts>,
    pub(super) organization: ById<OrganizationById>,
    pub(super) parties: ByRange<Parties>,
    pub(super) tenderers: ByRange<Tenderers>,
    pub(super) bids: ByRange<Ranges<bid::Model>>,
    pub(super) bid: ById<Nodes<bid::Model>>,
    pub(super) bid_tenderers: ById<BidTenderers>,
    pub(super) awards: ByRange<Ranges<award::Model>>,
    pub(super) award: ById<Nodes<award::Model>>,
    pub(super) award_suppliers: ById<AwardSuppliers>,
    pub(super) contracts: ByRange<Ranges<contract::Model>>,
    pub(super) contract: ById<Nodes<contract::Model>>,
    pub(super) items: ByRange<Ranges<item::Model>>,
    pub(super) item: ById<Nodes<item::Model>>,
    pub(super) documents: ByRange<Ranges<document::Model>>,
    pub(super) document: ById<Nodes<document::Model>>,
    pub(super) transactions: ByRange<Ranges<transaction::Model>>,
    pub(super) transaction: ById<Nodes<transaction::Model>>,
    pub(super) releases: ByRange<Ranges<release::Model>>,
    pub(super) release: ById<Nodes<release::Model>>,
    pub(super) release_bodies: ById<ReleaseBodies>,
}

impl Relations {
    pub(super) fn new(database: &Database, limits: Limits) -> Self {
        let db = || database.clone();
        Self {
            dataset: Relation::new(DatasetById(db()), limits),
            process: Relation::new(ProcessById(db()), limits),
            details: Relation::new(DetailsByProcess(db()), limits),
            buyer_pages: Relation::new(BuyerPages(db()), limits),
            buyer_counts: Relation::new(BuyerCounts(db()), limits),
            organization: Relation::new(OrganizationById(db()), limits),
            parties: Relation::new(Parties(db()), limits),
            tenderers: Relation::new(Tenderers(db()), limits),
            bids: Relation::new(Ranges::new(db()), limits),
            bid: Relation::new(Nodes::new(db()), limits),
            bid_tenderers: Relation::new(BidTenderers(db()), limits),
            awards: Relation::new(Ranges::new(db()), limits),
            award: Relation::new(Nodes::new(db()), limits),
            award_suppliers: Relation::new(AwardSuppliers(db()), limits),
            contracts: Relation::new(Ranges::new(db()), limits),
            contract: Relation::new(Nodes::new(db()), limits),
            items: Relation::new(Ranges::new(db()), limits),
            item: Relation::new(Nodes::new(db()), limits),
            documents: Relation::new(Ranges::new(db()), limits),
            document: Relation::new(Nodes::new(db()), limits),
            transactions: Relation::new(Ranges::new(db()), limits),
            transaction: Relation::new(Nodes::new(db()), limits),
            releases: Relation::new(Ranges::new(db()), limits),
            release: Relation::new(Nodes::new(db()), limits),
            release_bodies: Relation::new(ReleaseBodies(db()), limits),
        }
    }
}

/// Parts of the lists of many parents.
pub(super) struct Ranges<R>(Database, PhantomData<fn() -> R>);

/// Rows by their ids.
pub(super) struct Nodes<R>(Database, PhantomData<fn() -> R>);

impl<R> Ranges<R> {
    fn new(database: Database) -> Self {
        Self(database, PhantomData)
    }
}

impl<R> Nodes<R> {
    fn new(database: Database) -> Self {
        Self(database, PhantomData)
    }
}

impl<R: Listed + 'static> Batch<Range> for Ranges<R> {
    type Value = Rows<R>;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[Range]) -> Loaded<Range, Self::Value> {
        Ok(share_lists(list::by_ranges(&self.0, keys).await?))
    }
}

impl<R: Node + 'static> Batch<i64> for Nodes<R> {
    type Value = Arc<R>;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[i64]) -> Loaded<i64, Self::Value> {
        Ok(share_rows(list::by_ids(&self.0, keys).await?, R::id))
    }
}

/// Puts lists behind shared pointers.
pub(super) fn share_lists<K: Eq + Hash, R>(lists: HashMap<K, Vec<R>>) -> HashMap<K, Rows<R>> {
    lists.into_iter().map(|(key, rows)| (key, rows.into_iter().map(Arc::new).collect())).collect()
}

/// Puts rows behind shared pointers, by id.
pub(super) fn share_rows<R>(rows: Vec<R>, id: impl Fn(&R) -> i64) -> HashMap<i64, Arc<R>> {
    rows.into_iter().map(|row| (id(&row), Arc::new(row))).collect()
}
