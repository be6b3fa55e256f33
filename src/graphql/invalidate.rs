//! The mutation by which those who run the server have the caches forget.
//!
//! It appends to the change log, which is all that caches follow: so every server hears of it, as it hears of a
//! write, and drops what it holds and what lies in Redis by the same comparison.

use async_graphql::{Context, ID, SimpleObject};

use super::{
    access,
    error::Error,
    id,
    scope::{self, Services},
};
use crate::{
    auth::Scope,
    store::{
        id::Kind,
        write::{Invalidated, NewChange},
    },
};

/// What may be named in one call.
const MOST_TAGS: usize = 100;
/// The tag of everything.
const EVERYTHING: &str = "*";

/// What was dropped.
#[derive(SimpleObject)]
pub(super) struct InvalidateCachePayload {
    /// The tags, as they were given. What was read before is not answered any more, by this server from now on, by
    /// others as soon as they hear of it.
    tags: Vec<String>,
}

/// Drops what is kept, for those who may.
pub(super) async fn invalidate(
    ctx: &Context<'_>,
    tags: Vec<String>,
) -> Result<InvalidateCachePayload, Error> {
    access::require(ctx, Scope::Admin, "invalidateCache")?;
    if !(1..=MOST_TAGS).contains(&tags.len()) {
        return Err(Error::BadInput(format!("tags has {} entries; send 1 to {MOST_TAGS}", tags.len())));
    }
    let mut changes = Vec::with_capacity(tags.len());
    for tag in &tags {
        changes.push(NewChange::from(meant(ctx, tag).await?));
    }
    let Services { log, .. } = scope::services(ctx)?;
    log.append(&changes).await?;
    scope::forget(ctx)?;
    Ok(InvalidateCachePayload { tags })
}

/// What a tag stands for.
async fn meant(ctx: &Context<'_>, tag: &str) -> Result<Invalidated, Error> {
    if tag == EVERYTHING {
        return Ok(Invalidated::Everything);
    }
    match id::decode(&ID(tag.to_owned()))? {
        (Kind::Dataset, _) => Ok(Invalidated::Everything),
        (Kind::Organization, organization) => Ok(Invalidated::Organization(organization)),
        (Kind::Process, process) => {
            let row = scope::load(ctx, |relations| &relations.process, process).await?;
            // That there is none may be what is kept and wrong, or lists may hold one that is gone: whatever these
            // are, nothing is left of them.
            Ok(row.map_or(Invalidated::Everything, |row| Invalidated::Process {
                dataset: row.dataset_id(),
                process,
                ocid: row.ocid().to_owned(),
            }))
        }
        _ => Err(Error::BadInput(format!(
            "{tag:?} is neither of a process nor of an organisation nor of a dataset; what is part of a process is \
             dropped with it"
        ))),
    }
}
