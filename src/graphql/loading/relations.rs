//! Every relation that is loaded in batches, one of each per process.

use std::{cell::Cell, fmt::Debug, marker::PhantomData, sync::Arc};

use futures_util::future::BoxFuture;

use super::{
    Key, PageKey, PartOf, Reader, SharedPage,
    reader::{DependsOn, Read},
};
use crate::{
    cache::{
        self, Cached, Tiers,
        policy::{self, Policy},
    },
    loader::{self, Batch, Limits, Relation},
    store::{
        Database,
        entity::{
            award, bid, contract, dataset, document, item, organization, process, process_details, release,
            transaction,
        },
        query::{
            self, by_id, collection,
            dealings::Dealings,
            facts::Named,
            filter::Filter,
            list::{self, Members, Range},
            owned::{self, Counts, Owned},
            spending::{Question, Spending},
            totals::{Totals, Worths},
            walk::{OwnedPage, Walk},
        },
        row::Rows,
    },
};

/// A relation: its keys are made from `K`, its values are taken as `V`. The types are of this front only.
pub(in crate::graphql) struct Source<K, V> {
    pub(in crate::graphql) erased: ErasedSource,
    types: PhantomData<fn(K) -> V>,
}

/// A relation behind the caches, and what loads its keys in place of our loader, if anything does.
pub(in crate::graphql) struct ErasedSource {
    pub(in crate::graphql) relation: Relation<Key, Cached<Key, Reader>>,
    pub(in crate::graphql) other: Option<Load<Key, Cached<Key, Reader>>>,
}

/// From an id to what it leads to.
pub(in crate::graphql) type ById<V> = Source<i64, V>;
/// From a part of a list to its rows.
pub(in crate::graphql) type ByRange = Source<Range, Rows>;

/// Loads one key by another loader than ours.
pub type Load<K, B> = Box<dyn Fn(K) -> BoxFuture<'static, Answer<K, B>> + Send + Sync>;

/// What another loader says to a key.
type Answer<K, B> = Result<Option<<B as Batch<K>>::Value>, <B as Batch<K>>::Error>;

/// Other loaders in place of ours, to compare them over the same schema.
pub trait Loaders {
    /// What loads the keys of a relation, by its batch function; `None` leaves them to ours.
    fn in_place_of<K: loader::Key + Debug, B: Batch<K>>(
        &self,
        relation: &Relation<K, B>,
    ) -> Option<Load<K, B>>;
}

/// Ours throughout.
pub(in crate::graphql) struct Ours;

/// The relations.
pub(in crate::graphql) struct Relations {
    pub(in crate::graphql) datasets: Source<(), Rows>,
    pub(in crate::graphql) spending: Source<Question, Arc<[Spending]>>,
    pub(in crate::graphql) dataset: ById<dataset::Model>,
    pub(in crate::graphql) all_processes: Collection,
    pub(in crate::graphql) processes_by_ocid: Source<String, Rows>,
    pub(in crate::graphql) process: ById<process::Model>,
    pub(in crate::graphql) details: ById<process_details::Model>,
    pub(in crate::graphql) supplier_ids: ById<Arc<[i64]>>,
    pub(in crate::graphql) tenderer_ids: ById<Arc<[i64]>>,
    pub(in crate::graphql) classifications: ById<Arc<[String]>>,
    pub(in crate::graphql) words: ById<Arc<str>>,
    pub(in crate::graphql) processes_bought: OwnedRelations,
    pub(in crate::graphql) processes_managed: OwnedRelations,
    pub(in crate::graphql) all_organizations: Collection,
    pub(in crate::graphql) organization: ById<organization::Model>,
    pub(in crate::graphql) parties: ByRange,
    pub(in crate::graphql) tenderers: ByRange,
    pub(in crate::graphql) dealings: ById<Arc<[Dealings]>>,
    pub(in crate::graphql) all_bids: Collection,
    pub(in crate::graphql) bids: ByRange,
    pub(in crate::graphql) bid: ById<bid::Model>,
    pub(in crate::graphql) bid_tenderers: Source<PartOf, Rows>,
    pub(in crate::graphql) bid_worths: ById<Arc<Totals>>,
    pub(in crate::graphql) bids_made: OwnedRelations,
    pub(in crate::graphql) all_awards: Collection,
    pub(in crate::graphql) awards: ByRange,
    pub(in crate::graphql) award: ById<award::Model>,
    pub(in crate::graphql) award_suppliers: Source<PartOf, Rows>,
    pub(in crate::graphql) award_worths: ById<Arc<Totals>>,
    pub(in crate::graphql) awards_won: OwnedRelations,
    pub(in crate::graphql) all_contracts: Collection,
    pub(in crate::graphql) contracts: ByRange,
    pub(in crate::graphql) contract: ById<contract::Model>,
    pub(in crate::graphql) contract_suppliers: Source<PartOf, Rows>,
    pub(in crate::graphql) contract_worths: ById<Arc<Totals>>,
    pub(in crate::graphql) contracts_won: OwnedRelations,
    pub(in crate::graphql) all_items: Collection,
    pub(in crate::graphql) items: ByRange,
    pub(in crate::graphql) item: ById<item::Model>,
    pub(in crate::graphql) documents: ByRange,
    pub(in crate::graphql) document: ById<document::Model>,
    pub(in crate::graphql) transactions: ByRange,
    pub(in crate::graphql) transaction: ById<transaction::Model>,
    pub(in crate::graphql) releases: ByRange,
    pub(in crate::graphql) release: ById<release::Model>,
    pub(in crate::graphql) release_bodies: Source<PartOf, Arc<str>>,
}

impl Relations {
    /// The relations of a database. Without `tiers` nothing is cached.
    pub(in crate::graphql) fn new(
        database: &Database,
        limits: Limits,
        loaders: &impl Loaders,
        tiers: Option<Arc<Tiers>>,
    ) -> Self {
        use DependsOn::{Dataset, Organization, Process, ProcessOfRow};
        let loaders = |relation: &_| loaders.in_place_of(relation);
        let make = &Make { database, limits, loaders: &loaders, tiers, made: Cell::new(0) };
        let worths = |owned| Read::OwnedTotals(Worths::new(owned), Process);
        let by_id = |rows, on| Read::ById(rows, on);
        Self {
            datasets: make.each("datasets", Read::Datasets),
            spending: make.each("spending", Read::Spending),
            dataset: make.rows("dataset", by_id(&by_id::DATASETS, Dataset)),
            all_processes: make.collection("processes", query::process::COLLECTION),
            processes_by_ocid: make.rows("process_by_ocid", Read::ByOcid),
            process: make.rows("process", by_id(&by_id::PROCESSES, Process)),
            details: make.rows("process_details", by_id(&by_id::DETAILS, Process)),
            supplier_ids: make.rows("process.supplier_ids", Read::NamedIds(Named::suppliers())),
            tenderer_ids: make.rows("process.tenderer_ids", Read::NamedIds(Named::tenderers())),
            classifications: make.rows("process.classifications", Read::NamedTexts(Named::classifications())),
            words: make.rows("process.words", Read::Words),
            processes_bought: make.owned("organization.processes", &owned::PROCESSES_BOUGHT),
            processes_managed: make.owned("organization.managed_processes", &owned::PROCESSES_MANAGED),
            all_organizations: make.collection("organizations", query::organization::COLLECTION),
            organization: make.rows("organization", by_id(&by_id::ORGANIZATIONS, Organization)),
            parties: make.rows("process.parties", Read::Lists(&list::PARTIES)),
            tenderers: make.rows("tender.tenderers", Read::Lists(&list::TENDERERS)),
            dealings: make.source("organization.totals".into(), policy::FIELDS, limits, Read::Dealings),
            all_bids: make.collection("bids", query::bid::COLLECTION),
            bids: make.rows("process.bids", Read::Lists(&list::BIDS)),
            bid: make.rows("bid", by_id(&by_id::BIDS, ProcessOfRow)),
            bid_tenderers: make.rows("bid.tenderers", Read::Members(Members::of_bids())),
            bid_worths: make.rows("process.bids.total_value", worths(&owned::BIDS)),
            bids_made: make.owned("organization.bids", &owned::BIDS_MADE),
            all_awards: make.collection("awards", query::award::COLLECTION),
            awards: make.rows("process.awards", Read::Lists(&list::AWARDS)),
            award: make.rows("award", by_id(&by_id::AWARDS, ProcessOfRow)),
            award_suppliers: make.rows("award.suppliers", Read::Members(Members::of_awards())),
            award_worths: make.rows("process.awards.total_value", worths(&owned::AWARDS)),
            awards_won: make.owned("organization.awards", &owned::AWARDS_WON),
            all_contracts: make.collection("contracts", query::contract::COLLECTION),
            contracts: make.rows("process.contracts", Read::Lists(&list::CONTRACTS)),
            contract: make.rows("contract", by_id(&by_id::CONTRACTS, ProcessOfRow)),
            contract_suppliers: make.rows("contract.suppliers", Read::Members(Members::of_contracts())),
            contract_worths: make.rows("process.contracts.total_value", worths(&owned::CONTRACTS)),
            contracts_won: make.owned("organization.contracts", &owned::CONTRACTS_WON),
            all_items: make.collection("items", query::item::COLLECTION),
            items: make.rows("items_of", Read::Lists(&list::ITEMS)),
            item: make.rows("item", by_id(&by_id::ITEMS, ProcessOfRow)),
            documents: make.rows("documents_of", Read::Lists(&list::DOCUMENTS)),
            document: make.rows("document", by_id(&by_id::DOCUMENTS, ProcessOfRow)),
            transactions: make.rows("contract.transactions", Read::Lists(&list::TRANSACTIONS)),
            transaction: make.rows("transaction", by_id(&by_id::TRANSACTIONS, ProcessOfRow)),
            releases: make.rows("process.releases", Read::Lists(&list::RELEASES)),
            release: make.rows("release", by_id(&by_id::RELEASES, ProcessOfRow)),
            release_bodies: make.source("release.json".into(), policy::BODIES, limits, Read::Bodies),
        }
    }
}

type InPlaceOf<'a> =
    &'a dyn Fn(&Relation<Key, Cached<Key, Reader>>) -> Option<Load<Key, Cached<Key, Reader>>>;

/// Makes the relations of a process. Their names are those of values in Redis: what a name stands for may
/// not change without another name, or another format of all values.
struct Make<'a> {
    database: &'a Database,
    limits: Limits,
    loaders: InPlaceOf<'a>,
    tiers: Option<Arc<Tiers>>,
    made: Cell<u32>,
}

impl Make<'_> {
    fn source<K, V>(&self, name: String, policy: Policy, limits: Limits, read: Read) -> Source<K, V> {
        Source { erased: self.erased(name, policy, limits, read), types: PhantomData }
    }

    fn erased(&self, name: String, policy: Policy, limits: Limits, read: Read) -> ErasedSource {
        let number = self.made.replace(self.made.get() + 1);
        let cached = cache::Relation { name, number, policy };
        let reader = Reader { database: self.database.clone(), read };
        let relation = Relation::new(Cached::new(reader, cached, self.tiers.clone()), limits);
        let other = (self.loaders)(&relation);
        ErasedSource { relation, other }
    }

    fn rows<K, V>(&self, name: impl Into<String>, read: Read) -> Source<K, V> {
        self.source(name.into(), policy::ROWS, self.limits, read)
    }

    fn each<K, V>(&self, name: impl Into<String>, read: Read) -> Source<K, V> {
        // Nothing is won by holding back what is a statement of its own.
        let at_once = Limits { in_flight: usize::MAX, ..self.limits };
        self.source(name.into(), policy::FIELDS, at_once, read)
    }

    fn collection(&self, name: &'static str, rows: &'static collection::Collection) -> Collection {
        Collection {
            rows,
            pages: self.each(name, Read::Page(rows)),
            count: self.each(format!("{name}.total_count"), Read::Count(rows)),
            totals: self.each(format!("{name}.total_value"), Read::Totals(rows)),
        }
    }

    fn owned(&self, name: &'static str, owned: &Owned) -> OwnedRelations {
        let worths = Read::OwnedTotals(Worths::new(owned), DependsOn::Organization);
        OwnedRelations {
            pages: self.rows(name, Read::OwnedPages(Walk::new(owned))),
            counts: self.rows(format!("{name}.total_count"), Read::OwnedCounts(Counts::new(owned))),
            worths: self.rows(format!("{name}.total_value"), worths),
        }
    }
}

/// What is read of a list of everything: its pages, its length, its value.
pub(in crate::graphql) struct Collection {
    pub(in crate::graphql) rows: &'static collection::Collection,
    pub(in crate::graphql) pages: Source<PageKey, SharedPage>,
    pub(in crate::graphql) count: Source<Filter, i64>,
    pub(in crate::graphql) totals: Source<Filter, Arc<Totals>>,
}

/// What is read of a list that organisations have: its pages, its length, its value.
pub(in crate::graphql) struct OwnedRelations {
    pub(in crate::graphql) pages: Source<OwnedPage, Rows>,
    pub(in crate::graphql) counts: ById<i64>,
    pub(in crate::graphql) worths: ById<Arc<Totals>>,
}

impl Loaders for Ours {
    fn in_place_of<K: loader::Key + Debug, B: Batch<K>>(
        &self,
        _relation: &Relation<K, B>,
    ) -> Option<Load<K, B>> {
        None
    }
}
