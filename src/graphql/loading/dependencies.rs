//! What the answers of each relation depend on: the one place that decides which writes invalidate which values.
//!
//! A write of a process marks its dataset, its ocid, itself, and every organisation that it named before or
//! names now, in whatever role. Invariant: whatever a write can change of an answer, one of the tags named
//! here is among those that the write marks. Naming too much costs a load; naming too little would be a stale
//! answer.

use super::{
    Key, PartOf, Reader, Value,
    reader::{DependsOn, Read},
};
use crate::{
    cache::{Tag, Tagged, Tags},
    store::{
        entity::organization,
        query::{
            filter::{Filter, Term},
            list::Range,
        },
        row::Record,
    },
};

/// Of more organisations or datasets than this, a filter is taken to depend on anything.
const MAX_NAMED: usize = 16;

impl Tagged<Key> for Reader {
    fn tag(&self, key: &Key, value: Option<&Value>, tags: &mut Tags) {
        match key {
            Key::All => tags.add(Tag::Anything),
            Key::Id(id) => tags.add(self.read.of_id(*id, value)),
            Key::Ocid(ocid) => tags.add(Tag::Ocid(ocid)),
            Key::Part(PartOf { process, .. }) | Key::Range(Range { process, .. }) => {
                tags.add(Tag::Process(*process));
                organizations(value, tags);
            }
            Key::OwnedPage(page) => tags.add(Tag::Organization(page.owner)),
            Key::Page(page) => matching(&page.filter, tags),
            Key::Filter(filter) => matching(filter, tags),
            Key::Spending(question) => matching(&question.filter, tags),
        }
    }
}

impl Read {
    fn of_id(&self, id: i64, value: Option<&Value>) -> Tag<'static> {
        match self {
            Self::ById(by_id, DependsOn::ProcessOfRow) => {
                let row = if let Some(Value::Row(row)) = value { Some(row) } else { None };
                row.and_then(|row| by_id.process(row)).map_or(Tag::Anything, Tag::Process)
            }
            Self::ById(_, on) | Self::OwnedTotals(_, on) => match on {
                DependsOn::Dataset => Tag::Dataset(id),
                DependsOn::Process => Tag::Process(id),
                DependsOn::Organization => Tag::Organization(id),
                DependsOn::ProcessOfRow => Tag::Anything,
            },
            Self::OwnedCounts(_) | Self::Dealings => Tag::Organization(id),
            // The names among the words are those that the process itself was published with.
            Self::NamedIds(_) | Self::NamedTexts(_) | Self::Words => Tag::Process(id),
            _ => Tag::Anything,
        }
    }
}

/// The organisations among the rows of a list: their rows may be written by other processes.
fn organizations(value: Option<&Value>, tags: &mut Tags) {
    let Some(Value::Rows(rows)) = value else { return };
    let organizations = rows.iter().cloned().filter_map(organization::Model::from_row);
    organizations.for_each(|row| tags.add(Tag::Organization(row.id())));
}

/// Which rows match changes only by writes of processes that match one of the demands: the narrowest will do.
fn matching(filter: &Filter, tags: &mut Tags) {
    let demands = match filter {
        Filter::All(parts) => parts.as_slice(),
        other => std::slice::from_ref(other),
    };
    let organizations = demands.iter().find_map(|demand| match demand {
        Filter::Is(
            Term::Buyer(ids) | Term::ProcuringEntity(ids) | Term::Supplier(ids) | Term::Tenderer(ids),
        ) => Some(ids).filter(|ids| ids.len() <= MAX_NAMED),
        _ => None,
    });
    let datasets = demands.iter().find_map(|demand| match demand {
        Filter::Is(Term::Dataset(ids)) => Some(ids).filter(|ids| ids.len() <= MAX_NAMED),
        _ => None,
    });
    match (organizations, datasets) {
        (Some(ids), _) => ids.iter().for_each(|id| tags.add(Tag::Organization(*id))),
        (None, Some(ids)) => ids.iter().for_each(|id| tags.add(Tag::Dataset(*id))),
        (None, None) => tags.add(Tag::Anything),
    }
}
