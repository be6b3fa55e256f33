//! Every relation that is loaded in batches, one of each per process.
//!
//! A batch sends one statement whatever the number of keys, but for [`Each`]. What is special to an
//! aggregate lies in its `loader.rs`; here is what all lists and all rows with an id have in common.

use std::{collections::HashMap, hash::Hash, marker::PhantomData, sync::Arc};

use futures_util::future::{BoxFuture, join_all};

use super::{
    award::loader::AwardSuppliers,
    bid::loader::BidTenderers,
    dataset::loader::{self as datasets, DatasetById},
    organization::loader::{self as organizations, OrganizationById, OrganizationPage, Parties, Tenderers},
    process::loader::{
        self as processes, BuyerCounts, BuyerPages, DetailsByProcess, ProcessById, ProcessPage,
        ProcessesByOcid,
    },
    release::loader::ReleaseBodies,
};
use crate::{
    loader::{Batch, Key, Limits, Relation},
    store::{
        Database, StoreError,
        entity::{
            award, bid, contract, dataset, document, item, organization, process, release, transaction,
        },
        page::Page,
        query::{
            list::{self, Listed, Node, Range},
            organization::Filter as OrganizationFilter,
            process::{BuyerPage, Filter as ProcessFilter},
        },
    },
};

/// Rows of a list, shared with everyone who asked for the same part.
pub(super) type Rows<R> = Arc<[Arc<R>]>;

/// A page of rows, shared with everyone who asked for it.
pub(super) type SharedPage<R> = Arc<Page<Arc<R>>>;

/// What a batch of the store answers.
pub(super) type Loaded<K, V> = Result<HashMap<K, V>, Arc<StoreError>>;

/// A relation from a row's id to the row.
type ById<B> = Relation<i64, B>;
/// A relation from a part of a list to its rows.
type ByRange<B> = Relation<Range, B>;

/// The relations.
pub(super) struct Relations {
    pub(super) datasets: Relation<(), Each<(), Rows<dataset::Model>>>,
    pub(super) dataset: ById<DatasetById>,
    pub(super) process_page: Relation<ProcessPage, Each<ProcessPage, SharedPage<process::Model>>>,
    pub(super) process_count: Relation<ProcessFilter, Each<ProcessFilter, i64>>,
    pub(super) processes_by_ocid: Relation<String, ProcessesByOcid>,
    pub(super) process: ById<ProcessById>,
    pub(super) details: ById<DetailsByProcess>,
    pub(super) buyer_pages: Relation<BuyerPage, BuyerPages>,
    pub(super) buyer_counts: ById<BuyerCounts>,
    pub(super) organization_page:
        Relation<OrganizationPage, Each<OrganizationPage, SharedPage<organization::Model>>>,
    pub(super) organization_count: Relation<OrganizationFilter, Each<OrganizationFilter, i64>>,
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
        // Nothing is won by holding back what is a statement of its own.
        let at_once = Limits { in_flight: usize::MAX, ..limits };
        Self {
            datasets: Relation::new(Each(db(), datasets::all), at_once),
            dataset: Relation::new(DatasetById(db()), limits),
            process_page: Relation::new(Each(db(), processes::page), at_once),
            process_count: Relation::new(Each(db(), processes::count), at_once),
            processes_by_ocid: Relation::new(ProcessesByOcid(db()), limits),
            process: Relation::new(ProcessById(db()), limits),
            details: Relation::new(DetailsByProcess(db()), limits),
            buyer_pages: Relation::new(BuyerPages(db()), limits),
            buyer_counts: Relation::new(BuyerCounts(db()), limits),
            organization_page: Relation::new(Each(db(), organizations::page), at_once),
            organization_count: Relation::new(Each(db(), organizations::count), at_once),
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

/// Reads that are a statement each: a filtered page, its length. They go through the loader all the same,
/// so that what hangs below them meets at one level whichever of them returns first.
pub(super) struct Each<K, V>(Database, fn(Database, K) -> BoxFuture<'static, Result<V, StoreError>>);

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

impl<K: Key, V: Clone + Send + Sync + 'static> Batch<K> for Each<K, V> {
    /// A read that fails does not fail those beside it.
    type Value = Result<V, Arc<StoreError>>;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[K]) -> Loaded<K, Self::Value> {
        let read = |key: &K| (self.1)(self.0.clone(), key.clone());
        let values = join_all(keys.iter().map(read)).await.into_iter().map(|value| value.map_err(Arc::new));
        Ok(keys.iter().cloned().zip(values).collect())
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

/// Puts a page behind shared pointers.
pub(super) fn share_page<R>(page: Page<R>) -> SharedPage<R> {
    let rows = page.rows.into_iter().map(Arc::new).collect();
    Arc::new(Page { rows, has_previous: page.has_previous, has_next: page.has_next })
}
