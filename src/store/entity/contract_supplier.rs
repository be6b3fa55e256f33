//! Who supplies under a contract: the suppliers of its award.

use sea_orm::entity::prelude::*;

use crate::{
    ocds::model::Time,
    store::row::{Cells, Row},
};

/// Who supplies under a contract: the suppliers of its award.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contract_suppliers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub contract_id: i64,
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
            contract_id: cells.take()?,
            position: cells.take()?,
            organization_id: cells.take()?,
            process_id: cells.take()?,
            date: cells.take()?,
        })
    }
}
