//! The process with an ocid.

use async_graphql::Context;
use futures_util::future::try_join_all;

use super::ContractingProcess;
use crate::{
    graphql::{
        error::{Error, Nullable},
        scope,
    },
    store::{entity::process::Model, id, row::Record},
};

/// The process with an ocid; null when there is none. When several datasets hold the ocid and none is
/// named, an error that names them.
pub(in crate::graphql) async fn by_ocid(
    ctx: &Context<'_>,
    ocid: String,
    dataset: Option<String>,
) -> Nullable<ContractingProcess> {
    if let Some(name) = dataset {
        return super::by_id(ctx, id::process(id::dataset(&name), &ocid)).await;
    }
    only_one(ctx, ocid).await.transpose()
}

async fn only_one(ctx: &Context<'_>, ocid: String) -> Result<Option<ContractingProcess>, Error> {
    let found = scope::load(ctx, |relations| &relations.processes_by_ocid, ocid.clone()).await?;
    let found: Vec<Model> =
        found.iter().flat_map(|rows| rows.iter()).cloned().filter_map(Model::from_row).collect();
    if found.len() < 2 {
        return Ok(found.into_iter().next().map(ContractingProcess));
    }
    let name = |row: &Model| scope::load(ctx, |relations| &relations.dataset, row.dataset_id());
    let datasets = try_join_all(found.iter().map(name)).await?;
    let mut datasets: Vec<String> =
        datasets.into_iter().flatten().map(|dataset| dataset.name().to_owned()).collect();
    datasets.sort_unstable();
    Err(Error::AmbiguousOcid { ocid, datasets })
}
