//! A published dataset: one publisher, one import target.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    ocds::model::Time,
    store::row::{Cells, Row},
};

/// A published dataset: one publisher, one import target.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "datasets")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub name: String,
    pub publisher_name: Option<String>,
    pub publisher_uri: Option<String>,
    pub license: Option<String>,
    pub publication_policy: Option<String>,
    pub published: Option<Time>,
    pub first_date: Option<Time>,
    pub last_date: Option<Time>,
    pub processes: i64,
    pub releases: i64,
    pub organizations: i64,
    pub bids: i64,
    pub awards: i64,
    pub contracts: i64,
    pub last_import: Option<Time>,
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
            publisher_name: cells.take()?,
            publisher_uri: cells.take()?,
            license: cells.take()?,
            publication_policy: cells.take()?,
            published: cells.take()?,
            first_date: cells.take()?,
            last_date: cells.take()?,
            processes: cells.take()?,
            releases: cells.take()?,
            organizations: cells.take()?,
            bids: cells.take()?,
            awards: cells.take()?,
            contracts: cells.take()?,
            last_import: cells.take()?,
        })
    }
}
