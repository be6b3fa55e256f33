//! Pages of the change log.

use std::sync::Arc;

use async_graphql::{Context, Object};

use super::{LogName, ProcessChange, encode};
use crate::{
    graphql::{
        connection::PageInfo,
        cursor::Cursor,
        error::{Error, Nullable},
        filter,
        page::{Level, PageArgs},
        process::{self, ProcessFilter},
        scope,
    },
    store::query::changes::Entry,
};

/// Entries that one page looks at, however few of them match.
const MOST_SEARCHED: usize = 2_000;
/// Entries that are looked at together.
const TOGETHER: usize = 500;

/// A page of changes.
pub(in crate::graphql) struct ProcessChangeConnection {
    log: LogName,
    entries: Vec<Arc<Entry>>,
    /// The place it begins behind, and how far it was searched.
    from: i64,
    through: i64,
    head: i64,
}

/// A change in a page.
pub(in crate::graphql) struct ProcessChangeEdge(ProcessChange);

/// One page of the change log, the oldest change first. A page may end before it is full where few changes match:
/// `pageInfo.hasNextPage` tells whether there is more to search, and `pageInfo.endCursor` how far it came.
#[Object]
impl ProcessChangeConnection {
    /// The changes of the page, each with its cursor.
    async fn edges(&self) -> Vec<ProcessChangeEdge> {
        self.changes().map(ProcessChangeEdge).collect()
    }

    /// The changes of the page.
    async fn nodes(&self) -> Vec<ProcessChange> {
        self.changes().collect()
    }

    /// Where the page lies in the log. `endCursor` is never null: it is how far the log was searched, even where
    /// nothing was found.
    async fn page_info(&self) -> PageInfo {
        let cursor = |place| Cursor::of_change(&self.log, place);
        PageInfo {
            has_next_page: self.through < self.head,
            has_previous_page: self.from > 0,
            start: self.entries.first().map(|entry| cursor(entry.sequence)),
            end: Some(cursor(self.through)),
        }
    }

    /// The end of the log at this moment. Take it before you read a list, and follow the changes `after` it: then
    /// you miss none.
    async fn head_cursor(&self) -> String {
        encode(&self.log, self.head)
    }
}

impl ProcessChangeConnection {
    fn changes(&self) -> impl Iterator<Item = ProcessChange> {
        self.entries.iter().map(|entry| ProcessChange { log: self.log.clone(), entry: entry.clone() })
    }
}

/// A change in a page.
#[Object]
impl ProcessChangeEdge {
    /// The change.
    async fn node(&self) -> &ProcessChange {
        &self.0
    }

    /// Where the change stands: the value for `after`.
    async fn cursor(&self) -> String {
        encode(&self.0.log, self.0.entry.sequence)
    }
}

/// The changes behind a cursor, from the oldest that is kept without one.
pub(in crate::graphql) async fn page(
    ctx: &Context<'_>,
    after: Option<String>,
    first: Option<i64>,
    filter: Option<ProcessFilter>,
) -> Nullable<ProcessChangeConnection> {
    Some(search(ctx, after, first, filter).await)
}

async fn search(
    ctx: &Context<'_>,
    after: Option<String>,
    first: Option<i64>,
    filter: Option<ProcessFilter>,
) -> Result<ProcessChangeConnection, Error> {
    let services = scope::services(ctx)?;
    let window = PageArgs { first, after, ..PageArgs::default() }.window(services.pages, Level::Root)?;
    let filter = filter::stored(filter)?;
    let request = scope::request(ctx)?;
    // Whatever is written from now on may belong to it.
    request.depends_on_anything();
    let log = &services.log;
    let from = match &window.after {
        Some(cursor) => log.place(cursor).await?,
        None => log.oldest().await?,
    };
    let head = log.head().await?;
    let (wanted, mut through, mut searched) = (window.size as usize, from, 0);
    let mut found: Vec<Arc<Entry>> = Vec::new();
    while found.len() < wanted && through < head && searched < MOST_SEARCHED {
        let entries = log.after(through, TOGETHER).await?;
        searched += entries.len();
        through =
            if entries.len() < TOGETHER { head } else { entries.last().map_or(head, |entry| entry.sequence) };
        found.extend(process::changed(&services.relations, request, &filter, entries).await?);
    }
    if found.len() > wanted {
        found.truncate(wanted);
        through = found.last().map_or(from, |entry| entry.sequence);
    }
    Ok(ProcessChangeConnection { log: log.name().await?, entries: found, from, through, head })
}
