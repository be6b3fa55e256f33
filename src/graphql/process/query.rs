//! The process with an ocid.

use async_graphql::Context;
use futures_util::future::try_join_all;

use super::ContractingProcess;
use crate::{
    graphql::{
        connection,
        error::{Error, Nullable},
        scope,
    },
    store::id,
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
    let found: Vec<ContractingProcess> =
        found.iter().flat_map(|rows| rows.iter()).map(connection::view).collect::<Result<_, _>>()?;
    if found.len() < 2 {
        return Ok(found.into_iter().next());
    }
    let name = |process: &ContractingProcess| {
        scope::load(ctx, |relations| &relations.dataset, process.0.dataset_id())
    };
    let datasets = try_join_all(found.iter().map(name)).await?;
    let mut datasets: Vec<String> =
        datasets.into_iter().flatten().map(|dataset| dataset.name().to_owned()).collect();
    datasets.sort_unstable();
    Err(Error::AmbiguousOcid { ocid, datasets })
}
