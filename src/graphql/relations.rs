//! Every relation that is loaded in batches, one of each per process.
//!
//! A batch sends one statement whatever the number of keys, but for [`Each`]. What is special to an
//! aggregate lies in its `loader.rs`; here is what all lists and all rows with an id have in common.

use std::{collections::HashMap, fmt::Debug, hash::Hash, marker::PhantomData, sync::Arc};

use futures_util::future::{BoxFuture, join_all};

use super::{
    dataset::loader::{self as datasets, DatasetById},
    organization::loader::{
        DealingsById, MembersById, OrganizationById, OwnedCounts, OwnedPages, OwnedWorths, Parties, Tenderers,
    },
    process::loader::{DetailsByProcess, ProcessById, ProcessesByOcid},
    release::loader::ReleaseBodies,
    spending,
};
use crate::{
    loader::{Batch, Key, Limits, Relation},
    store::{
        Database, StoreError,
        entity::{
            award, bid, contract, dataset, document, item, organization, process, release, transaction,
        },
        page::{Page, PageRequest},
        query::{
            collection::{self, Collected, Order},
            filter::Filter,
            list::{self, Listed, Members, Node, Range},
            owned::{self, Counts, Owned},
            spending::{Question, Spending},
            totals::{self, Totals, Worths},
            walk::{OwnedPage, Walk},
        },
    },
};

/// Rows of a list, shared with everyone who asked for the same part.
pub(super) type Rows<R> = Arc<[Arc<R>]>;

/// A page of rows, shared with everyone who asked for it.
pub(super) type SharedPage<R> = Arc<Page<Arc<R>>>;

/// What a batch of the store answers.
pub(super) type Loaded<K, V> = Result<HashMap<K, V>, Arc<StoreError>>;

/// From a row's id to the row.
pub(super) type ById<B> = Source<i64, B>;
/// From a part of a list to its rows.
pub(super) type ByRange<B> = Source<Range, B>;
/// From a filter to what is told of all rows that match.
pub(super) type ByFilter<V> = Source<Filter, Each<Filter, V>>;

/// Loads one key by another loader than ours.
pub type Load<K, B> = Box<dyn Fn(K) -> BoxFuture<'static, Answer<K, B>> + Send + Sync>;

/// What another loader says to a key.
type Answer<K, B> = Result<Option<<B as Batch<K>>::Value>, <B as Batch<K>>::Error>;

/// Other loaders in place of ours, to compare them over the same schema.
pub trait Loaders {
    /// What loads the keys of a relation, by its batch function; `None` leaves them to ours.
    fn in_place_of<K: Key + Debug, B: Batch<K>>(&self, relation: &Relation<K, B>) -> Option<Load<K, B>>;
}

/// Ours throughout.
pub(super) struct Ours;

/// A relation, and what loads its keys in place of our loader, if anything does.
pub(super) struct Source<K: Key, B: Batch<K>> {
    pub(super) relation: Relation<K, B>,
    pub(super) other: Option<Load<K, B>>,
}

/// The relations.
pub(super) struct Relations {
    pub(super) datasets: Source<(), Each<(), Rows<dataset::Model>>>,
    pub(super) spending: Source<Question, Each<Question, Arc<[Spending]>>>,
    pub(super) dataset: ById<DatasetById>,
    pub(super) all_processes: Collection<process::Model>,
    pub(super) processes_by_ocid: Source<String, ProcessesByOcid>,
    pub(super) process: ById<ProcessById>,
    pub(super) details: ById<DetailsByProcess>,
    pub(super) processes_bought: OwnedRelations<process::Model>,
    pub(super) processes_managed: OwnedRelations<process::Model>,
    pub(super) all_organizations: Collection<organization::Model>,
    pub(super) organization: ById<OrganizationById>,
    pub(super) parties: ByRange<Parties>,
    pub(super) tenderers: ByRange<Tenderers>,
    pub(super) dealings: ById<DealingsById>,
    pub(super) all_bids: Collection<bid::Model>,
    pub(super) bids: ByRange<Ranges<bid::Model>>,
    pub(super) bid: ById<Nodes<bid::Model>>,
    pub(super) bid_tenderers: ById<MembersById>,
    pub(super) bid_worths: ById<OwnedWorths>,
    pub(super) bids_made: OwnedRelations<bid::Model>,
    pub(super) all_awards: Collection<award::Model>,
    pub(super) awards: ByRange<Ranges<award::Model>>,
    pub(super) award: ById<Nodes<award::Model>>,
    pub(super) award_suppliers: ById<MembersById>,
    pub(super) award_worths: ById<OwnedWorths>,
    pub(super) awards_won: OwnedRelations<award::Model>,
    pub(super) all_contracts: Collection<contract::Model>,
    pub(super) contracts: ByRange<Ranges<contract::Model>>,
    pub(super) contract: ById<Nodes<contract::Model>>,
    pub(super) contract_suppliers: ById<MembersById>,
    pub(super) contract_worths: ById<OwnedWorths>,
    pub(super) contracts_won: OwnedRelations<contract::Model>,
    pub(super) all_items: Collection<item::Model>,
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
    pub(super) fn new(database: &Database, limits: Limits, loaders: &impl Loaders) -> Self {
        let db = || database.clone();
        // Nothing is won by holding back what is a statement of its own.
        let at_once = Limits { in_flight: usize::MAX, ..limits };
        let members = |members| Source::new(MembersById(db(), members), limits, loaders);
        let worths = |worths| Source::new(OwnedWorths(db(), worths), limits, loaders);
        Self {
            datasets: Source::new(Each(db(), datasets::all), at_once, loaders),
            spending: Source::new(Each(db(), spending::read), at_once, loaders),
            dataset: Source::new(DatasetById(db()), limits, loaders),
            all_processes: Collection::new(database, at_once, loaders),
            processes_by_ocid: Source::new(ProcessesByOcid(db()), limits, loaders),
            process: Source::new(ProcessById(db()), limits, loaders),
            details: Source::new(DetailsByProcess(db()), limits, loaders),
            processes_bought: OwnedRelations::new(database, &owned::PROCESSES_BOUGHT, limits, loaders),
            processes_managed: OwnedRelations::new(database, &owned::PROCESSES_MANAGED, limits, loaders),
            all_organizations: Collection::new(database, at_once, loaders),
            organization: Source::new(OrganizationById(db()), limits, loaders),
            parties: Source::new(Parties(db()), limits, loaders),
            tenderers: Source::new(Tenderers(db()), limits, loaders),
            dealings: Source::new(DealingsById(db()), limits, loaders),
            all_bids: Collection::new(database, at_once, loaders),
            bids: Source::new(Ranges::new(db()), limits, loaders),
            bid: Source::new(Nodes::new(db()), limits, loaders),
            bid_tenderers: members(Members::of_bids()),
            bid_worths: worths(Worths::new(&owned::BIDS)),
            bids_made: OwnedRelations::new(database, &owned::BIDS_MADE, limits, loaders),
            all_awards: Collection::new(database, at_once, loaders),
            awards: Source::new(Ranges::new(db()), limits, loaders),
            award: Source::new(Nodes::new(db()), limits, loaders),
            award_suppliers: members(Members::of_awards()),
            award_worths: worths(Worths::new(&owned::AWARDS)),
            awards_won: OwnedRelations::new(database, &owned::AWARDS_WON, limits, loaders),
            all_contracts: Collection::new(database, at_once, loaders),
            contracts: Source::new(Ranges::new(db()), limits, loaders),
            contract: Source::new(Nodes::new(db()), limits, loaders),
            contract_suppliers: members(Members::of_contracts()),
            contract_worths: worths(Worths::new(&owned::CONTRACTS)),
            contracts_won: OwnedRelations::new(database, &owned::CONTRACTS_WON, limits, loaders),
            all_items: Collection::new(database, at_once, loaders),
            items: Source::new(Ranges::new(db()), limits, loaders),
            item: Source::new(Nodes::new(db()), limits, loaders),
            documents: Source::new(Ranges::new(db()), limits, loaders),
            document: Source::new(Nodes::new(db()), limits, loaders),
            transactions: Source::new(Ranges::new(db()), limits, loaders),
            transaction: Source::new(Nodes::new(db()), limits, loaders),
            releases: Source::new(Ranges::new(db()), limits, loaders),
            release: Source::new(Nodes::new(db()), limits, loaders),
            release_bodies: Source::new(ReleaseBodies(db()), limits, loaders),
        }
    }
}

/// What is read of a list of everything: its pages, its length, its worth.
pub(super) struct Collection<R: Collected> {
    pub(super) pages: Source<PageKey, Each<PageKey, SharedPage<R>>>,
    pub(super) count: ByFilter<i64>,
    pub(super) totals: ByFilter<Arc<Totals>>,
}

/// A page of such a list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct PageKey {
    pub(super) filter: Filter,
    pub(super) order: Order,
    pub(super) request: PageRequest,
}

impl<R: Collected> Collection<R> {
    fn new(database: &Database, limits: Limits, loaders: &impl Loaders) -> Self {
        let db = || database.clone();
        Self {
            pages: Source::new(Each(db(), read_page::<R>), limits, loaders),
            count: Source::new(Each(db(), read_count::<R>), limits, loaders),
            totals: Source::new(Each(db(), read_totals::<R>), limits, loaders),
        }
    }
}

/// What is read of a list that organisations have: its pages, its length, its worth.
pub(super) struct OwnedRelations<R: Collected> {
    pub(super) pages: Source<OwnedPage, OwnedPages<R>>,
    pub(super) counts: ById<OwnedCounts>,
    pub(super) worths: ById<OwnedWorths>,
}

impl<R: Collected> OwnedRelations<R> {
    fn new(database: &Database, owned: &Owned<R>, limits: Limits, loaders: &impl Loaders) -> Self {
        let db = || database.clone();
        Self {
            pages: Source::new(OwnedPages(db(), Walk::new(owned)), limits, loaders),
            counts: Source::new(OwnedCounts(db(), Counts::new(owned)), limits, loaders),
            worths: Source::new(OwnedWorths(db(), Worths::new(owned)), limits, loaders),
        }
    }
}

type Read<V> = BoxFuture<'static, Result<V, StoreError>>;

fn read_page<R: Collected>(
    database: Database,
    PageKey { filter, order, request }: PageKey,
) -> Read<SharedPage<R>> {
    Box::pin(async move { Ok(share_page(collection::page(&database, &filter, order, &request).await?)) })
}

fn read_count<R: Collected>(database: Database, filter: Filter) -> Read<i64> {
    Box::pin(async move { collection::count::<R>(&database, &filter).await })
}

fn read_totals<R: Collected>(database: Database, filter: Filter) -> Read<Arc<Totals>> {
    Box::pin(async move { Ok(Arc::new(totals::by_filter::<R>(&database, &filter).await?)) })
}

/// Parts of the lists of many parents.
pub(super) struct Ranges<R>(Database, PhantomData<fn() -> R>);

/// Rows by their ids.
pub(super) struct Nodes<R>(Database, PhantomData<fn() -> R>);

/// Reads that are a statement each: a filtered page, its length. They go through the loader all the same,
/// so that what hangs below them meets at one level whichever of them returns first.
pub(super) struct Each<K, V>(Database, fn(Database, K) -> BoxFuture<'static, Result<V, StoreError>>);

impl Loaders for Ours {
    fn in_place_of<K: Key + Debug, B: Batch<K>>(&self, _relation: &Relation<K, B>) -> Option<Load<K, B>> {
        None
    }
}

impl<K: Key + Debug, B: Batch<K>> Source<K, B> {
    fn new(batch: B, limits: Limits, loaders: &impl Loaders) -> Self {
        let relation = Relation::new(batch, limits);
        let other = loaders.in_place_of(&relation);
        Self { relation, other }
    }
}

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
