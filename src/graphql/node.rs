//! Anything with a global id, found by it.

use async_graphql::{Context, ID, Interface};

use super::{
    award::Award,
    bid::Bid,
    contract::{Contract, Transaction},
    dataset::{self, Dataset},
    document::Document,
    error::{Error, Nullable},
    id,
    item::Item,
    organization::{self, Organization},
    process::{self, ContractingProcess},
    release::Release,
    scope,
};
use crate::store::id::Kind;

/// How many ids `nodes` takes.
pub(super) const MOST_NODES: usize = 100;

/// Anything with a global id.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "The global id."))]
pub(super) enum Node {
    Dataset(Dataset),
    ContractingProcess(ContractingProcess),
    Organization(Organization),
    Bid(Bid),
    Award(Award),
    Contract(Contract),
    Item(Item),
    Document(Document),
    Transaction(Transaction),
    Release(Release),
}

/// The node with an id; null when there is none.
pub(super) async fn by_id(ctx: &Context<'_>, id: &ID) -> Nullable<Node> {
    match id::decode(id) {
        Ok((kind, id)) => load(ctx, kind, id).await,
        Err(error) => Some(Err(error)),
    }
}

/// The nodes with these ids, each in its place; null where there is none.
pub(super) async fn by_ids(ctx: &Context<'_>, ids: &[ID]) -> Result<Vec<Nullable<Node>>, Error> {
    if ids.len() > MOST_NODES {
        return Err(Error::BadInput(format!(
            "ids has {} ids; at most {MOST_NODES} can be asked for at once: split them over several requests",
            ids.len()
        )));
    }
    Ok(futures_util::future::join_all(ids.iter().map(|id| by_id(ctx, id))).await)
}

async fn load(ctx: &Context<'_>, kind: Kind, id: i64) -> Nullable<Node> {
    macro_rules! row {
        ($relation:ident, $view:ident) => {
            scope::load(ctx, |relations| &relations.$relation, id)
                .await
                .map(|row| row.map(|row| Node::$view($view(row))))
                .transpose()
        };
    }
    match kind {
        Kind::Dataset => Some(dataset::by_id(ctx, id).await?.map(Node::Dataset)),
        Kind::Process => Some(process::by_id(ctx, id).await?.map(Node::ContractingProcess)),
        Kind::Organization => Some(organization::by_id(ctx, id).await?.map(Node::Organization)),
        Kind::Bid => row!(bid, Bid),
        Kind::Award => row!(award, Award),
        Kind::Contract => row!(contract, Contract),
        Kind::Item => row!(item, Item),
        Kind::Document => row!(document, Document),
        Kind::Transaction => row!(transaction, Transaction),
        Kind::Release => row!(release, Release),
    }
}
