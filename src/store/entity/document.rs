//! A document of a process, bid, award or contract.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    ocds::model::Time,
    store::row::{Cells, Row},
};

/// A document of a process, bid, award or contract.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "documents")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub parent_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    pub id: i64,
    pub stage: String,
    pub local_id: Option<String>,
    pub document_type: Option<String>,
    pub title: Option<String>,
    pub description: Option<String>,
    pub url: Option<String>,
    pub date_published: Option<Time>,
    pub date_modified: Option<Time>,
    pub format: Option<String>,
    pub language: Option<String>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Entity = Entity;

    fn decode(cells: &mut Cells<'_>) -> Result<Self, DbErr> {
        Ok(Self {
            parent_id: cells.take()?,
            position: cells.take()?,
            id: cells.take()?,
            stage: cells.take()?,
            local_id: cells.take()?,
            document_type: cells.take()?,
            title: cells.take()?,
            description: cells.take()?,
            url: cells.take()?,
            date_published: cells.take()?,
            date_modified: cells.take()?,
            format: cells.take()?,
            language: cells.take()?,
        })
    }
}
