//! Payments.

use async_graphql::{Context, ID, Object};

use crate::{
    graphql::{
        cache_control::{MAX_AGE, cache_control},
        connection::View,
        error::Nullable,
        id,
        list::ListNode,
        loading::{ByRange, Relations},
        organization::{self, Organization},
        scalars::DateTime,
        value::{self, Money},
    },
    store::{entity::transaction, id::Kind},
};

/// A payment under a contract.
pub(in crate::graphql) struct Transaction(pub(in crate::graphql) transaction::Model);

/// A payment under a contract.
#[Object(directive = cache_control::apply(MAX_AGE))]
impl Transaction {
    /// The global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        id::encode(Kind::Transaction, self.0.id())
    }

    /// The publisher's id. Null when not published.
    async fn local_id(&self) -> Option<&str> {
        self.0.local_id()
    }

    /// Where the publisher has it from. Null when not published.
    async fn source(&self) -> Option<&str> {
        self.0.source()
    }

    /// When it was made. Null when not published.
    async fn date(&self) -> Option<DateTime> {
        value::moment(self.0.date())
    }

    /// How much was paid. Null when not published.
    async fn value(&self) -> Option<Money> {
        value::money(self.0.value_amount(), self.0.value_currency())
    }

    /// Who paid. Null when not published.
    async fn payer(&self, ctx: &Context<'_>) -> Nullable<Organization> {
        organization::by_id(ctx, self.0.payer_id()?).await
    }

    /// Who was paid. Null when not published.
    async fn payee(&self, ctx: &Context<'_>) -> Nullable<Organization> {
        organization::by_id(ctx, self.0.payee_id()?).await
    }

    /// Where it is described. Null when not published.
    async fn uri(&self) -> Option<&str> {
        self.0.uri()
    }
}

impl View for Transaction {
    type Row = transaction::Model;

    fn of(row: Self::Row) -> Self {
        Self(row)
    }
}

impl ListNode for Transaction {
    fn relation(relations: &Relations) -> &ByRange {
        &relations.transactions
    }
}
