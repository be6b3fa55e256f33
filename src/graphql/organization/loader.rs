//! Batches of organisations and of what they have.

use std::sync::Arc;

use crate::{
    graphql::batches::{Loaded, PartOf, Rows, share_lists, share_rows},
    loader::Batch,
    store::{
        Database, StoreError,
        entity::organization::Model,
        query::{
            collection::Collected,
            dealings::{self, Dealings},
            list::{self, Members, PartyRow, Range, TendererRow},
            organization,
            owned::Counts,
            totals::{Totals, Worths},
            walk::{OwnedPage, Walk},
        },
    },
};

/// Organisations by id.
pub(in crate::graphql) struct OrganizationById(pub(in crate::graphql) Database);

/// The parties of processes.
pub(in crate::graphql) struct Parties(pub(in crate::graphql) Database);

/// The tenderers of processes.
pub(in crate::graphql) struct Tenderers(pub(in crate::graphql) Database);

/// Who made a bid, or to whom an award or a contract went.
pub(in crate::graphql) struct MembersById(pub(in crate::graphql) Database, pub(in crate::graphql) Members);

/// Whose lists they are.
#[derive(Clone, Copy, Debug)]
pub(in crate::graphql) enum Owner {
    Organization,
    Process,
}

/// Pages of a list that organisations have.
pub(in crate::graphql) struct OwnedPages<R>(pub(in crate::graphql) Database, pub(in crate::graphql) Walk<R>);

/// How long the lists of owners are.
pub(in crate::graphql) struct OwnedCounts(pub(in crate::graphql) Database, pub(in crate::graphql) Counts);

/// What the lists of owners are worth.
pub(in crate::graphql) struct OwnedWorths {
    pub(in crate::graphql) database: Database,
    pub(in crate::graphql) worths: Worths,
    pub(in crate::graphql) owner: Owner,
}

/// What organisations bought and sold.
pub(in crate::graphql) struct DealingsById(pub(in crate::graphql) Database);

impl Batch<i64> for OrganizationById {
    type Value = Arc<Model>;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[i64]) -> Loaded<i64, Self::Value> {
        Ok(share_rows(organization::by_ids(&self.0, keys).await?, |row| row.id))
    }
}

impl Batch<Range> for Parties {
    type Value = Rows<PartyRow>;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[Range]) -> Loaded<Range, Self::Value> {
        Ok(share_lists(list::parties(&self.0, keys).await?))
    }
}

impl Batch<Range> for Tenderers {
    type Value = Rows<TendererRow>;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[Range]) -> Loaded<Range, Self::Value> {
        Ok(share_lists(list::tenderers(&self.0, keys).await?))
    }
}

impl Batch<PartOf> for MembersById {
    type Value = Rows<Model>;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[PartOf]) -> Loaded<PartOf, Self::Value> {
        let members = self.1.read(&self.0, &PartOf::ids(keys)).await?;
        Ok(PartOf::distribute(keys, share_lists(members)))
    }
}

impl<R: Collected> Batch<OwnedPage> for OwnedPages<R> {
    type Value = Rows<R>;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[OwnedPage]) -> Loaded<OwnedPage, Self::Value> {
        Ok(share_lists(self.1.read(&self.0, keys).await?))
    }
}

impl Batch<i64> for OwnedCounts {
    type Value = i64;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[i64]) -> Loaded<i64, Self::Value> {
        Ok(self.1.read(&self.0, keys).await?)
    }
}

impl Batch<i64> for OwnedWorths {
    type Value = Arc<Totals>;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[i64]) -> Loaded<i64, Self::Value> {
        let worths = self.worths.read(&self.database, keys).await?;
        Ok(worths.into_iter().map(|(owner, totals)| (owner, Arc::new(totals))).collect())
    }
}

impl Batch<i64> for DealingsById {
    type Value = Arc<[Dealings]>;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[i64]) -> Loaded<i64, Self::Value> {
        let dealings = dealings::of_organizations(&self.0, keys).await?;
        Ok(dealings.into_iter().map(|(organization, all)| (organization, all.into())).collect())
    }
}
