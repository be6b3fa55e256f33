//! Who made a bid.

use sea_orm::entity::prelude::*;

use crate::{
    ocds::model::Time,
    store::row::{Cells, Row},
};

/// Who made a bid.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bid_tenderers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub bid_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    pub organization_id: i64,
    pub process_id: i64,
    pub date: Option<Time>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Entity = Entity;

    fn decode(cells: &mut Cells<'_>) -> Result<Self, DbErr> {
        Ok(Self {
            bid_id: cells.take()?,
            position: cells.take()?,
            organization_id: cells.take()?,
            process_id: cells.take()?,
            date: cells.take()?,
        })
    }
}
