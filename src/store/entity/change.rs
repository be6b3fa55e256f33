//! An entry of the change log.

use sea_orm::entity::prelude::*;

use crate::{
    ocds::model::Time,
    store::row::{Cells, Row},
};

/// An entry of the change log.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "changes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub sequence: i64,
    pub at: Time,
    pub kind: String,
    pub dataset_id: i64,
    pub process_id: i64,
    pub ocid: String,
    pub paths: String,
    pub tags: String,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Entity = Entity;

    fn decode(cells: &mut Cells<'_>) -> Result<Self, DbErr> {
        Ok(Self {
            sequence: cells.take()?,
            at: cells.take()?,
            kind: cells.take()?,
            dataset_id: cells.take()?,
            process_id: cells.take()?,
            ocid: cells.take()?,
            paths: cells.take()?,
            tags: cells.take()?,
        })
    }
}
