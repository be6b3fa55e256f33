//! What the answers of each relation depend on: the one place that decides which writes drop which values.
//!
//! A write of a process marks its dataset, its ocid, itself, and every organisation that it named before or
//! names now, in whatever role. What must stay true: whatever a write can change of an answer, one of the
//! tags named here is among those that the write marks. Naming too much costs a load; naming too little would
//! be a stale answer.

use std::sync::Arc;

use super::{
    batches::{Each, Nodes, PartOf, Ranges, Rows},
    dataset::loader::DatasetById,
    organization::loader::{
        DealingsById, MembersById, OrganizationById, OwnedCounts, OwnedPages, OwnedWorths, Owner, Parties,
        Tenderers,
    },
    process::loader::{DetailsByProcess, NamedByProcess, ProcessById, ProcessesByOcid, WordsByProcess},
    relations::PageKey,
    release::loader::ReleaseBodies,
};
use crate::{
    cache::{Kept, Tag, Tagged, Tags},
    loader::{Batch, Key},
    store::{
        StoreError,
        entity::{organization, process_details},
        query::{
            collection::Collected,
            dealings::Dealings,
            filter::{Filter, Term},
            list::{Listed, Node, PartyRow, Range, TendererRow},
            spending::Question,
            totals::Totals,
            walk::OwnedPage,
        },
    },
};

/// Of more organisations or datasets than this, a filter is taken to depend on anything.
const MOST_NAMED: usize = 16;

/// A key that tells by itself what its answer depends on.
pub(super) trait Asked: Key {
    fn tag(&self, tags: &mut Tags);
}

impl<K: Asked, V: Clone + Send + Sync + 'static> Tagged<K> for Each<K, V>
where
    Result<V, Arc<StoreError>>: Kept,
{
    fn tag(&self, key: &K, _: Option<&Self::Value>, tags: &mut Tags) {
        key.tag(tags);
    }
}

/// All datasets.
impl Asked for () {
    fn tag(&self, tags: &mut Tags) {
        tags.add(Tag::Anything);
    }
}

impl Asked for PageKey {
    fn tag(&self, tags: &mut Tags) {
        self.filter.tag(tags);
    }
}

impl Asked for Question {
    fn tag(&self, tags: &mut Tags) {
        self.filter.tag(tags);
    }
}

/// Which rows match changes only by writes of processes that match one of the demands: the narrowest will do.
impl Asked for Filter {
    fn tag(&self, tags: &mut Tags) {
        let demands = match self {
            Self::All(parts) => parts.as_slice(),
            other => std::slice::from_ref(other),
        };
        let organizations = demands.iter().find_map(|demand| match demand {
            Self::Is(
                Term::Buyer(ids) | Term::ProcuringEntity(ids) | Term::Supplier(ids) | Term::Tenderer(ids),
            ) => Some(ids).filter(|ids| ids.len() <= MOST_NAMED),
            _ => None,
        });
        let datasets = demands.iter().find_map(|demand| match demand {
            Self::Is(Term::Dataset(ids)) => Some(ids).filter(|ids| ids.len() <= MOST_NAMED),
            _ => None,
        });
        match (organizations, datasets) {
            (Some(ids), _) => ids.iter().for_each(|id| tags.add(Tag::Organization(*id))),
            (None, Some(ids)) => ids.iter().for_each(|id| tags.add(Tag::Dataset(*id))),
            (None, None) => tags.add(Tag::Anything),
        }
    }
}

impl Tagged<i64> for DatasetById {
    fn tag(&self, id: &i64, _: Option<&Self::Value>, tags: &mut Tags) {
        tags.add(Tag::Dataset(*id));
    }
}

impl Tagged<String> for ProcessesByOcid {
    fn tag(&self, ocid: &String, _: Option<&Self::Value>, tags: &mut Tags) {
        tags.add(Tag::Ocid(ocid));
    }
}

impl Tagged<i64> for ProcessById {
    fn tag(&self, id: &i64, _: Option<&Self::Value>, tags: &mut Tags) {
        tags.add(Tag::Process(*id));
    }
}

impl Tagged<i64> for DetailsByProcess {
    fn tag(&self, process: &i64, _: Option<&Arc<process_details::Model>>, tags: &mut Tags) {
        tags.add(Tag::Process(*process));
    }
}

impl<T> Tagged<i64> for NamedByProcess<T>
where
    Self: Batch<i64, Value: Kept>,
{
    fn tag(&self, process: &i64, _: Option<&Self::Value>, tags: &mut Tags) {
        tags.add(Tag::Process(*process));
    }
}

/// The names among the words are those that the process itself was published with.
impl Tagged<i64> for WordsByProcess {
    fn tag(&self, process: &i64, _: Option<&Arc<str>>, tags: &mut Tags) {
        tags.add(Tag::Process(*process));
    }
}

impl<R> Tagged<Range> for Ranges<R>
where
    R: Listed + 'static,
    Self: Batch<Range, Value: Kept>,
{
    fn tag(&self, range: &Range, _: Option<&Self::Value>, tags: &mut Tags) {
        tags.add(Tag::Process(range.process));
    }
}

/// Which process a row is a part of, only the row tells.
impl<R> Tagged<i64> for Nodes<R>
where
    R: Node + 'static,
    Self: Batch<i64, Value = Arc<R>>,
    Arc<R>: Kept,
{
    fn tag(&self, _: &i64, row: Option<&Arc<R>>, tags: &mut Tags) {
        tags.add(row.and_then(|row| row.process()).map_or(Tag::Anything, Tag::Process));
    }
}

impl Tagged<PartOf> for ReleaseBodies {
    fn tag(&self, part: &PartOf, _: Option<&Self::Value>, tags: &mut Tags) {
        tags.add(Tag::Process(part.process));
    }
}

impl Tagged<Range> for Parties {
    fn tag(&self, range: &Range, rows: Option<&Rows<PartyRow>>, tags: &mut Tags) {
        tags.add(Tag::Process(range.process));
        let rows = rows.into_iter().flat_map(|rows| rows.iter());
        rows.for_each(|row| tags.add(Tag::Organization(row.1.id)));
    }
}

impl Tagged<Range> for Tenderers {
    fn tag(&self, range: &Range, rows: Option<&Rows<TendererRow>>, tags: &mut Tags) {
        tags.add(Tag::Process(range.process));
        let rows = rows.into_iter().flat_map(|rows| rows.iter());
        rows.for_each(|row| tags.add(Tag::Organization(row.1.id)));
    }
}

impl Tagged<PartOf> for MembersById {
    fn tag(&self, part: &PartOf, rows: Option<&Rows<organization::Model>>, tags: &mut Tags) {
        tags.add(Tag::Process(part.process));
        let rows = rows.into_iter().flat_map(|rows| rows.iter());
        rows.for_each(|row| tags.add(Tag::Organization(row.id)));
    }
}

impl Tagged<i64> for OrganizationById {
    fn tag(&self, id: &i64, _: Option<&Self::Value>, tags: &mut Tags) {
        tags.add(Tag::Organization(*id));
    }
}

impl<R: Collected> Tagged<OwnedPage> for OwnedPages<R>
where
    Self: Batch<OwnedPage, Value: Kept>,
{
    fn tag(&self, page: &OwnedPage, _: Option<&Self::Value>, tags: &mut Tags) {
        tags.add(Tag::Organization(page.owner));
    }
}

impl Tagged<i64> for OwnedCounts {
    fn tag(&self, owner: &i64, _: Option<&i64>, tags: &mut Tags) {
        tags.add(Tag::Organization(*owner));
    }
}

impl Tagged<i64> for OwnedWorths {
    fn tag(&self, owner: &i64, _: Option<&Arc<Totals>>, tags: &mut Tags) {
        tags.add(match self.owner {
            Owner::Organization => Tag::Organization(*owner),
            Owner::Process => Tag::Process(*owner),
        });
    }
}

impl Tagged<i64> for DealingsById {
    fn tag(&self, id: &i64, _: Option<&Arc<[Dealings]>>, tags: &mut Tags) {
        tags.add(Tag::Organization(*id));
    }
}
