//! An API key, as far as it is stored: its digest, never the key itself.

use crate::{
    ocds::model::Time,
    store::{StoreError, cells::Cells},
};

/// An API key, as far as it is stored. Not cached, and few: a plain struct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    pub id: String,
    pub name: String,
    pub digest: Vec<u8>,
    pub scope: String,
    pub plan: Option<String>,
    pub created: Time,
    pub last_used: Option<Time>,
    pub revoked: Option<Time>,
}

impl Model {
    /// The columns that [`Self::read`] takes, in its order.
    pub(in crate::store) const COLUMNS: &'static str =
        "t.id, t.name, t.digest, t.scope, t.plan, t.created, t.last_used, t.revoked";

    pub(in crate::store) fn read(cells: &mut Cells<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            id: cells.take()?,
            name: cells.take()?,
            digest: cells.take()?,
            scope: cells.take()?,
            plan: cells.take()?,
            created: cells.take()?,
            last_used: cells.take()?,
            revoked: cells.take()?,
        })
    }
}
