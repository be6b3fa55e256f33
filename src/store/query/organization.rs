//! Organisations: by id and in pages.

use std::sync::LazyLock;

use sea_orm::{
    ColumnTrait, Condition,
    sea_query::{Expr, Func, Query},
};

use super::keys::{self, Sql};
use crate::store::{
    Database, StoreError,
    database::first,
    entity::organization::{Column, Entity, Model},
    page::{self, Ordering, Page, PageRequest, Position, SortKey},
    row::Row,
};

/// Which organisations; every part that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// In one of these datasets.
    pub datasets: Option<Vec<i64>>,
}

/// Where a row stands in the order by name.
pub fn position(row: &Model) -> Position {
    Position { key: SortKey::Text(row.name.clone()), id: row.id }
}

/// One page of organisations, by name.
pub async fn page(
    database: &Database,
    filter: &Filter,
    descending: bool,
    request: &PageRequest,
) -> Result<Page<Model>, StoreError> {
    let order = Ordering { column: Column::Name, nullable: true, id: Column::Id, descending };
    page::fetch(database, &condition(filter), order, request).await
}

/// The number of organisations that match.
pub async fn count(database: &Database, filter: &Filter) -> Result<i64, StoreError> {
    let mut select = Query::select();
    select.expr(Func::count(Expr::col(Column::Id))).from(Entity).cond_where(condition(filter));
    let statement = database.backend().build(&select);
    Ok(database.fetch_statement(statement, first).await?.first().copied().unwrap_or(0))
}

/// The organisations with these ids, in no order. One statement.
pub async fn by_ids(database: &Database, ids: &[i64]) -> Result<Vec<Model>, StoreError> {
    static SQL: LazyLock<Sql> = LazyLock::new(|| {
        Sql::where_in(&format!("SELECT {} FROM organizations t", Model::columns("t")), "t.id")
    });
    database.rows(SQL.on(database.backend()), [keys::value(database.backend(), ids)]).await
}

fn condition(filter: &Filter) -> Condition {
    Condition::all().add_option(filter.datasets.as_ref().map(|ids| match ids.as_slice() {
        [only] => Column::DatasetId.eq(*only),
        ids => Column::DatasetId.is_in(ids.iter().copied()),
    }))
}
