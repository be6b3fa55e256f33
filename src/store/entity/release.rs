//! A release as published. Its digest and compressed JSON stay in the table until asked for.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    ocds::model::Time,
    store::row::{Cells, Row},
};

/// A release as published, compressed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "releases")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub process_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    pub id: i64,
    pub local_id: Option<String>,
    pub date: Option<Time>,
    pub tags: Option<String>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Entity = Entity;

    fn decode(cells: &mut Cells<'_>) -> Result<Self, DbErr> {
        Ok(Self {
            process_id: cells.take()?,
            position: cells.take()?,
            id: cells.take()?,
            local_id: cells.take()?,
            date: cells.take()?,
            tags: cells.take()?,
        })
    }
}
