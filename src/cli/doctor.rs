//! `farol doctor`: is everything in order, and what is to be mended?

use clap::Args;

use super::{CliError, ExitStatus, print, rebuild::to_rebuild};
use crate::{
    app::{self, ServeError},
    config::{self, Effective, Loaded, Origin},
    store::{
        entity::dataset::Model,
        migrate::{self, SchemaVersion},
        query,
    },
};

/// Check the settings and say what to mend
///
/// Shows every setting in force and where it comes from, and says what to mend; reads the manifest of
/// trusted documents and the keys of tokens, if there are any, as serve does. Passwords are left out.
#[derive(Args, Debug)]
#[command(after_long_help = "Examples:\n\
    \x20 farol doctor\n\
    \x20 farol doctor --example > farol.toml    begin a settings file")]
pub struct DoctorArgs {
    /// Print a settings file with every setting, its default and what it is for
    #[arg(long)]
    example: bool,
}

/// Prints the findings. Settings that cannot be used never come this far: loading refuses them.
pub async fn run(args: &DoctorArgs, loaded: &Loaded) -> Result<ExitStatus, CliError> {
    if args.example {
        print(&config::example())?;
        return Ok(ExitStatus::Done);
    }
    print(&settings(loaded))?;
    print(&database(loaded).await?)?;
    if let Some(jwt) = app::callers::jwt(&loaded.config).map_err(ServeError::from)? {
        print(&format!("tokens: signed by {} (keys: {})\n", jwt.algorithm().as_str(), jwt.key_count()))?;
    }
    if let Some(documents) = app::check_manifest(&loaded.config)? {
        print(&format!("manifest: fits the schema (documents: {documents})\n"))?;
    }
    Ok(ExitStatus::Done)
}

/// Whether the database answers, how far its schema is, and what it holds.
async fn database(loaded: &Loaded) -> Result<String, CliError> {
    let database = app::connect(&loaded.config).await?;
    database.ping().await?;
    let schema = migrate::version(&database).await?;
    let answers = format!("database: answers ({})\n", loaded.config.database.url);
    let SchemaVersion { applied, expected } = schema;
    if applied != expected {
        database.close().await;
        let newer = "use a newer farol, or another database";
        let advice = if applied > expected { newer } else { "run: farol migrate" };
        return Ok(format!("{answers}schema version: {applied}, this farol needs {expected}; {advice}\n"));
    }
    let datasets = query::dataset::all(&database).await?;
    let outdated = to_rebuild(&database).await?;
    let keys = query::api_key::valid(&database).await?.len();
    database.close().await;
    let describe =
        |dataset: &Model| format!("dataset {}: {} processes\n", dataset.name(), dataset.processes());
    let held: String = datasets.iter().map(describe).collect();
    let warning = outdated.map(|warning| format!("warning: {warning}\n")).unwrap_or_default();
    Ok(format!("{answers}schema version: {applied}, up to date\n{held}API keys: {keys} valid\n{warning}"))
}

/// The settings in force, those that someone changed with their origin, then the warnings.
fn settings(loaded: &Loaded) -> String {
    let width = loaded.effective.iter().map(|setting| setting.key.len()).max().unwrap_or_default();
    let line = |Effective { key, shown, origin }: &Effective| match origin {
        Origin::Default => format!("  {key:width$}  {shown}"),
        changed => format!("  {key:width$}  {shown}  (from {changed})"),
    };
    let mut lines = vec!["settings: in order".to_owned()];
    lines.extend(loaded.effective.iter().map(line));
    lines.extend(loaded.warnings.iter().map(|warning| format!("warning: {warning}")));
    lines.join("\n") + "\n"
}
