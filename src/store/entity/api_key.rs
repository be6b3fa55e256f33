//! An API key, as far as it is kept: not the key itself, but its digest.

use sea_orm::entity::prelude::*;

use crate::{
    ocds::model::Time,
    store::row::{Cells, Row},
};

/// An API key, as far as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub name: String,
    pub digest: Vec<u8>,
    pub scope: String,
    pub plan: Option<String>,
    pub created: Time,
    pub last_used: Option<Time>,
    pub revoked: Option<Time>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Entity = Entity;

    fn decode(cells: &mut Cells<'_>) -> Result<Self, DbErr> {
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
