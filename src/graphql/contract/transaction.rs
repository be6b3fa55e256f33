//! Payments.

use std::sync::Arc;

use async_graphql::{Context, ID, Object};

use crate::{
    graphql::{
        batches::Ranges,
        cache_control::{MAX_AGE, cache_control},
        error::Nullable,
        id,
        list::ListNode,
        organization::{self, Organization},
        relations::{ByRange, Relations},
        scalars::DateTime,
        value::{self, Money},
    },
    store::{entity::transaction, id::Kind},
};

/// A payment under a contract.
pub(in crate::graphql) struct Transaction(pub(in crate::graphql) Arc<transaction::Model>);

/// A payment under a contract.
#[Object(directive = cache_control::apply(MAX_AGE))]
impl Transaction {
    /// The global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        id::encode(Kind::Transaction, self.0.id)
    }

    /// The publisher's id. Null when not published.
    async fn local_id(&self) -> Option<&String> {
        self.0.local_id.as_ref()
    }

    /// Where the publisher has it from. Null when not published.
    async fn source(&self) -> Option<&String> {
        self.0.source.as_ref()
    }

    /// When it was made. Null when not published.
    async fn date(&self) -> Option<DateTime> {
        value::moment(self.0.date)
    }

    /// How much was paid. Null when not published.
    async fn value(&self) -> Option<Money> {
        value::money(self.0.value_amount, self.0.value_currency.as_ref())
    }

    /// Who paid. Null when not published.
    async fn payer(&self, ctx: &Context<'_>) -> Nullable<Organization> {
        organization::by_id(ctx, self.0.payer_id?).await
    }

    /// Who was paid. Null when not published.
    async fn payee(&self, ctx: &Context<'_>) -> Nullable<Organization> {
        organization::by_id(ctx, self.0.payee_id?).await
    }

    /// Where it is described. Null when not published.
    async fn uri(&self) -> Option<&String> {
        self.0.uri.as_ref()
    }
}

impl From<Arc<transaction::Model>> for Transaction {
    fn from(row: Arc<transaction::Model>) -> Self {
        Self(row)
    }
}

impl ListNode for Transaction {
    type Row = transaction::Model;

    fn relation(relations: &Relations) -> &ByRange<Ranges<Self::Row>> {
        &relations.transactions
    }
}
