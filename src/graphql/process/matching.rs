//! Which changed processes a filter takes: judged in memory, from what the caches know.
//!
//! However many subscriptions ask at the same time, what they need of a process is read once: it goes through
//! relations like everything else, is merged over all that ask, and kept until the process is written again.

use std::sync::Arc;

use futures_util::future::try_join5;

use crate::{
    graphql::{
        error::Error,
        loading::{ById, FromValue, Relations},
        scope,
    },
    store::query::{
        changes::Entry,
        filter::Filter,
        verdict::{Facts, Need},
    },
};

/// A process that was written or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::graphql) struct Changed {
    /// Its id.
    pub(in crate::graphql) process: i64,
    /// The id of the dataset that it is in, or was.
    pub(in crate::graphql) dataset: i64,
}

/// Of these entries of the change log those of processes that match a filter now, in their order.
///
/// # Errors
/// What is needed of some process could not be read.
pub(in crate::graphql) async fn changed(
    relations: &Relations,
    scope: &scope::Request,
    filter: &Filter,
    mut entries: Vec<Arc<Entry>>,
) -> Result<Vec<Arc<Entry>>, Error> {
    entries.retain(|entry| entry.tells());
    let changed = entries.iter().map(|entry| Changed {
        process: entry.process.as_ref().map_or(0, |process| process.id),
        dataset: entry.dataset,
    });
    let changed: Vec<_> = changed.collect();
    let verdicts = matching(relations, scope, filter, &changed).await?;
    Ok(entries.into_iter().zip(verdicts).filter_map(|(entry, matches)| matches.then_some(entry)).collect())
}

/// Which of these processes match a filter now, in their order: as they are when they are read, which may be
/// later than the change. One batch of each relation that the filter needs, side by side, in the scope's drive.
///
/// Of a process that is not there any more nothing is known but its dataset. A term over datasets is judged; every
/// other is not true, and so its `not` is, as with whatever is not published.
///
/// # Errors
/// What is needed of some process could not be read: then nothing is told of any.
pub(in crate::graphql) async fn matching(
    relations: &Relations,
    scope: &scope::Request,
    filter: &Filter,
    changed: &[Changed],
) -> Result<Vec<bool>, Error> {
    let asked = Question { scope, filter, changed };
    let (rows, suppliers, tenderers, classifications, words) = try_join5(
        asked.read(Need::Row, &relations.process),
        asked.read(Need::Suppliers, &relations.supplier_ids),
        asked.read(Need::Tenderers, &relations.tenderer_ids),
        asked.read(Need::Classifications, &relations.classifications),
        asked.read(Need::Words, &relations.words),
    )
    .await?;
    let judge = |(index, changed): (usize, &Changed)| {
        filter.matches(&Facts {
            dataset: changed.dataset,
            row: rows.get(index).and_then(Option::as_ref),
            suppliers: known(&suppliers, index).unwrap_or_default(),
            tenderers: known(&tenderers, index).unwrap_or_default(),
            classifications: known(&classifications, index).unwrap_or_default(),
            words: known(&words, index).unwrap_or_default(),
        })
    };
    Ok(changed.iter().enumerate().map(judge).collect())
}

/// What is known of the process at a place of the list.
fn known<V: ?Sized>(values: &[Option<Arc<V>>], index: usize) -> Option<&V> {
    values.get(index)?.as_deref()
}

#[derive(Clone, Copy)]
struct Question<'a> {
    scope: &'a scope::Request,
    filter: &'a Filter,
    changed: &'a [Changed],
}

impl Question<'_> {
    /// What a relation has of each process; nothing where the filter does not need it.
    async fn read<V: FromValue>(self, need: Need, source: &ById<V>) -> Result<Vec<Option<V>>, Error> {
        if !self.filter.needs(need) {
            return Ok(Vec::new());
        }
        self.scope.load_many(source, self.changed.iter().map(|changed| changed.process)).await
    }
}
