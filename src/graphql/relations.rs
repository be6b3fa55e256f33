//! Every relation that is loaded in batches, one of each per process.
//!
//! A batch sends one statement whatever the number of keys, but for [`Each`], and stands behind the caches. What
//! its values depend on is said in `tags`. What is special to an aggregate lies in its `loader.rs`, what all lists
//! and all rows with an id have in common in `batches`.

use std::{cell::Cell, fmt::Debug, sync::Arc};

use futures_util::future::BoxFuture;
use serde::Serialize;

use super::{
    batches::{Each, Nodes, PartOf, Ranges, Read, Rows, SharedPage, share_page},
    dataset::loader::{self as datasets, DatasetById},
    organization::loader::{
        DealingsById, MembersById, OrganizationById, OwnedCounts, OwnedPages, OwnedWorths, Owner, Parties,
        Tenderers,
    },
    process::loader::{DetailsByProcess, NamedByProcess, ProcessById, ProcessesByOcid, WordsByProcess},
    release::loader::ReleaseBodies,
    spending,
};
use crate::{
    cache::{
        self, Cached, StoredKey, Tagged, Tiers,
        policy::{self, Policy},
    },
    loader::{Batch, Key, Limits, Relation},
    store::{
        Database,
        entity::{
            award, bid, contract, dataset, document, item, organization, process, release, transaction,
        },
        page::PageRequest,
        query::{
            collection::{self, Collected, Order},
            facts::Named,
            filter::Filter,
            list::{Members, Range},
            owned::{self, Counts, Owned},
            spending::{Question, Spending},
            totals::{self, Totals, Worths},
            walk::{OwnedPage, Walk},
        },
    },
};

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

/// A relation behind the caches, and what loads its keys in place of our loader, if anything does.
pub(super) struct Source<K: StoredKey, B: Tagged<K>> {
    pub(super) relation: Relation<K, Cached<K, B>>,
    pub(super) other: Option<Load<K, Cached<K, B>>>,
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
    pub(super) supplier_ids: ById<NamedByProcess<i64>>,
    pub(super) tenderer_ids: ById<NamedByProcess<i64>>,
    pub(super) classifications: ById<NamedByProcess<String>>,
    pub(super) words: ById<WordsByProcess>,
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
    pub(super) bid_tenderers: Source<PartOf, MembersById>,
    pub(super) bid_worths: ById<OwnedWorths>,
    pub(super) bids_made: OwnedRelations<bid::Model>,
    pub(super) all_awards: Collection<award::Model>,
    pub(super) awards: ByRange<Ranges<award::Model>>,
    pub(super) award: ById<Nodes<award::Model>>,
    pub(super) award_suppliers: Source<PartOf, MembersById>,
    pub(super) award_worths: ById<OwnedWorths>,
    pub(super) awards_won: OwnedRelations<award::Model>,
    pub(super) all_contracts: Collection<contract::Model>,
    pub(super) contracts: ByRange<Ranges<contract::Model>>,
    pub(super) contract: ById<Nodes<contract::Model>>,
    pub(super) contract_suppliers: Source<PartOf, MembersById>,
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
    pub(super) release_bodies: Source<PartOf, ReleaseBodies>,
}

impl Relations {
    /// The relations of a database. Without `tiers` nothing is kept.
    pub(super) fn new(
        database: &Database,
        limits: Limits,
        loaders: &impl Loaders,
        tiers: Option<Arc<Tiers>>,
    ) -> Self {
        let make = &Make { database, limits, loaders, tiers, made: Cell::new(0) };
        let db = || database.clone();
        let worths = |worths| OwnedWorths { database: db(), worths, owner: Owner::Process };
        Self {
            datasets: make.each("datasets", datasets::all),
            spending: make.each("spending", spending::read),
            dataset: make.rows("dataset", DatasetById(db())),
            all_processes: make.collection("processes"),
            processes_by_ocid: make.rows("process_by_ocid", ProcessesByOcid(db())),
            process: make.rows("process", ProcessById(db())),
            details: make.rows("process_details", DetailsByProcess(db())),
            supplier_ids: make.rows("process.supplier_ids", NamedByProcess(db(), Named::suppliers())),
            tenderer_ids: make.rows("process.tenderer_ids", NamedByProcess(db(), Named::tenderers())),
            classifications: make
                .rows("process.classifications", NamedByProcess(db(), Named::classifications())),
            words: make.rows("process.words", WordsByProcess(db())),
            processes_bought: make.owned("organization.processes", &owned::PROCESSES_BOUGHT),
            processes_managed: make.owned("organization.managed_processes", &owned::PROCESSES_MANAGED),
            all_organizations: make.collection("organizations"),
            organization: make.rows("organization", OrganizationById(db())),
            parties: make.rows("process.parties", Parties(db())),
            tenderers: make.rows("tender.tenderers", Tenderers(db())),
            dealings: make.source("organization.totals", policy::FIELDS, limits, DealingsById(db())),
            all_bids: make.collection("bids"),
            bids: make.rows("process.bids", Ranges::new(db())),
            bid: make.rows("bid", Nodes::new(db())),
            bid_tenderers: make.rows("bid.tenderers", MembersById(db(), Members::of_bids())),
            bid_worths: make.rows("process.bids.total_value", worths(Worths::new(&owned::BIDS))),
            bids_made: make.owned("organization.bids", &owned::BIDS_MADE),
            all_awards: make.collection("awards"),
            awards: make.rows("process.awards", Ranges::new(db())),
            award: make.rows("award", Nodes::new(db())),
            award_suppliers: make.rows("award.suppliers", MembersById(db(), Members::of_awards())),
            award_worths: make.rows("process.awards.total_value", worths(Worths::new(&owned::AWARDS))),
            awards_won: make.owned("organization.awards", &owned::AWARDS_WON),
            all_contracts: make.collection("contracts"),
            contracts: make.rows("process.contracts", Ranges::new(db())),
            contract: make.rows("contract", Nodes::new(db())),
            contract_suppliers: make.rows("contract.suppliers", MembersById(db(), Members::of_contracts())),
            contract_worths: make
                .rows("process.contracts.total_value", worths(Worths::new(&owned::CONTRACTS))),
            contracts_won: make.owned("organization.contracts", &owned::CONTRACTS_WON),
            all_items: make.collection("items"),
            items: make.rows("items_of", Ranges::new(db())),
            item: make.rows("item", Nodes::new(db())),
            documents: make.rows("documents_of", Ranges::new(db())),
            document: make.rows("document", Nodes::new(db())),
            transactions: make.rows("contract.transactions", Ranges::new(db())),
            transaction: make.rows("transaction", Nodes::new(db())),
            releases: make.rows("process.releases", Ranges::new(db())),
            release: make.rows("release", Nodes::new(db())),
            release_bodies: make.source("release.json", policy::BODIES, limits, ReleaseBodies(db())),
        }
    }
}

/// Makes the relations of a process. Their names are those of values in Redis: what a name stands for may
/// not change without another name, or another format of all values.
struct Make<'a, L> {
    database: &'a Database,
    limits: Limits,
    loaders: &'a L,
    tiers: Option<Arc<Tiers>>,
    made: Cell<u32>,
}

impl<L: Loaders> Make<'_, L> {
    fn source<K: StoredKey + Debug, B: Tagged<K>>(
        &self,
        name: impl Into<String>,
        policy: Policy,
        limits: Limits,
        batch: B,
    ) -> Source<K, B> {
        let number = self.made.replace(self.made.get() + 1);
        let kept = cache::Relation { name: name.into(), number, policy };
        let relation = Relation::new(Cached::new(batch, kept, self.tiers.clone()), limits);
        let other = self.loaders.in_place_of(&relation);
        Source { relation, other }
    }

    fn rows<K: StoredKey + Debug, B: Tagged<K>>(&self, name: impl Into<String>, batch: B) -> Source<K, B> {
        self.source(name, policy::ROWS, self.limits, batch)
    }

    fn each<K: StoredKey + Debug, V>(
        &self,
        name: impl Into<String>,
        read: fn(Database, K) -> Read<V>,
    ) -> Source<K, Each<K, V>>
    where
        Each<K, V>: Tagged<K>,
    {
        // Nothing is won by holding back what is a statement of its own.
        let at_once = Limits { in_flight: usize::MAX, ..self.limits };
        self.source(name, policy::FIELDS, at_once, Each(self.database.clone(), read))
    }

    fn collection<R: Collected>(&self, name: &str) -> Collection<R> {
        Collection {
            pages: self.each(name, read_page::<R>),
            count: self.each(format!("{name}.total_count"), read_count::<R>),
            totals: self.each(format!("{name}.total_value"), read_totals::<R>),
        }
    }

    fn owned<R: Collected>(&self, name: &str, owned: &Owned<R>) -> OwnedRelations<R> {
        let db = || self.database.clone();
        let worths = OwnedWorths { database: db(), worths: Worths::new(owned), owner: Owner::Organization };
        OwnedRelations {
            pages: self.rows(name, OwnedPages(db(), Walk::new(owned))),
            counts: self.rows(format!("{name}.total_count"), OwnedCounts(db(), Counts::new(owned))),
            worths: self.rows(format!("{name}.total_value"), worths),
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
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub(super) struct PageKey {
    pub(super) filter: Filter,
    pub(super) order: Order,
    pub(super) request: PageRequest,
}

/// What is read of a list that organisations have: its pages, its length, its worth.
pub(super) struct OwnedRelations<R: Collected> {
    pub(super) pages: Source<OwnedPage, OwnedPages<R>>,
    pub(super) counts: ById<OwnedCounts>,
    pub(super) worths: ById<OwnedWorths>,
}

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

impl Loaders for Ours {
    fn in_place_of<K: Key + Debug, B: Batch<K>>(&self, _relation: &Relation<K, B>) -> Option<Load<K, B>> {
        None
    }
}
