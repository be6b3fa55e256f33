//! `farol rebuild`: compiled processes, made anew from the stored releases.

use clap::Args;

use super::{CliError, ExitStatus, print};
use crate::{
    app,
    config::Config,
    import,
    store::{Database, StoreError, query, write::dataset},
};

/// Compile processes anew from their stored releases
///
/// Every release is kept as it was published. This merges and normalises them again, which changes
/// nothing in a sound database; run it after an upgrade that reads more from a release.
#[derive(Args, Debug)]
#[command(after_long_help = "Example:\n\
    \x20 farol rebuild --dataset paraguay")]
pub struct RebuildArgs {
    /// Only this dataset; all of them when absent
    #[arg(long, value_name = "NAME")]
    pub dataset: Option<String>,
}

/// Rebuilds, and prints how many processes differed.
pub async fn run(args: &RebuildArgs, config: &Config) -> Result<ExitStatus, CliError> {
    let database = app::connect_migrated(config).await?;
    let mut names: Vec<String> =
        query::dataset::all(&database).await?.into_iter().map(|row| row.name().to_owned()).collect();
    if let Some(only) = &args.dataset {
        if !names.contains(only) {
            return Err(CliError::UnknownDataset { name: only.clone(), known: names });
        }
        names = vec![only.clone()];
    }
    for name in names {
        let rebuilt = import::rebuild(&database, &name).await?;
        print(&format!("{name}: {} processes compiled anew, {} changed\n", rebuilt.seen, rebuilt.changed))?;
    }
    database.close().await;
    Ok(ExitStatus::Done)
}

/// What to say of datasets that were imported by an earlier farol.
pub(super) async fn to_rebuild(database: &Database) -> Result<Option<String>, StoreError> {
    let names = dataset::to_rebuild(database).await?;
    let warning = || {
        format!(
            "an earlier farol imported {}: searches, filters and orders miss it until you run: farol rebuild",
            names.join(", ")
        )
    };
    Ok((!names.is_empty()).then(warning))
}
