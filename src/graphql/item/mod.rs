//! Items: what a tender asks for, an award grants or a contract buys.

mod filter;

pub(super) use filter::{ItemFilter, ItemOrder};

use async_graphql::{Context, ID, Object, SimpleObject};

use super::{
    cache_control::{MAX_AGE, cache_control},
    collection::CollectionNode,
    connection::View,
    error::Nullable,
    id,
    list::ListNode,
    loading::{ByRange, Collection, Relations},
    process::{self, ContractingProcess},
    scalars::Decimal,
    value::{self, Money},
};
use crate::store::{entity::item, id::Kind};

/// Something that is bought.
pub(super) struct Item(pub(super) item::Model);

/// What kind of thing an item is, in a scheme such as CPV.
#[derive(SimpleObject)]
pub(super) struct Classification {
    /// The scheme. Null when not published.
    scheme: Option<String>,
    /// The code in the scheme. Null when not published.
    id: Option<String>,
    /// The code in words. Null when not published.
    description: Option<String>,
}

/// The unit in which an item is counted.
#[derive(SimpleObject)]
pub(super) struct Unit {
    /// Its name. Null when not published.
    name: Option<String>,
    /// The value of one unit. Null when not published.
    value: Option<Money>,
}

/// Something that is bought.
#[Object(directive = cache_control::apply(MAX_AGE))]
impl Item {
    /// The global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        id::encode(Kind::Item, self.0.id())
    }

    /// The publisher's id. Null when not published.
    async fn local_id(&self) -> Option<&str> {
        self.0.local_id()
    }

    /// What it is. Null when not published.
    async fn description(&self) -> Option<&str> {
        self.0.description()
    }

    /// What kind of thing it is. Null when not published.
    async fn classification(&self) -> Option<Classification> {
        let row = &self.0;
        let (scheme, id, description) =
            (row.classification_scheme(), row.classification_id(), row.classification_description());
        let any = scheme.is_some() || id.is_some() || description.is_some();
        any.then(|| Classification {
            scheme: scheme.map(str::to_owned),
            id: id.map(str::to_owned),
            description: description.map(str::to_owned),
        })
    }

    /// How many units. Null when not published.
    async fn quantity(&self) -> Option<Decimal> {
        self.0.quantity().map(Decimal)
    }

    /// The unit. Null when not published.
    async fn unit(&self) -> Option<Unit> {
        let value = value::money(self.0.unit_value_amount(), self.0.unit_value_currency());
        let any = self.0.unit_name().is_some() || value.is_some();
        any.then(|| Unit { name: self.0.unit_name().map(str::to_owned), value })
    }

    /// The process it belongs to. Null only when it could not be read.
    async fn process(&self, ctx: &Context<'_>) -> Nullable<ContractingProcess> {
        process::by_id(ctx, self.0.process_id()).await
    }
}

impl CollectionNode for Item {
    type Filter = ItemFilter;
    type Order = ItemOrder;

    fn collection(relations: &Relations) -> &Collection {
        &relations.all_items
    }
}

impl View for Item {
    type Row = item::Model;

    fn of(row: Self::Row) -> Self {
        Self(row)
    }
}

impl ListNode for Item {
    fn relation(relations: &Relations) -> &ByRange {
        &relations.items
    }
}
