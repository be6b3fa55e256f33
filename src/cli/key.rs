//! `farol key`: who calls with an API key, and what he may do.

use std::io::{self, Write};

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand, ValueEnum};

use super::{CliError, ExitStatus, print};
use crate::{
    app,
    auth::{self, DEFAULT_PLAN, NewKey, Scope},
    config::Config,
    limit::Plans,
    store::{Database, entity::api_key::Model, query, write},
};

/// Characters of a name at most.
const LONGEST_NAME: usize = 200;

/// Create, list or revoke API keys
///
/// A key says who calls: `X-API-Key: KEY`, or `Authorization: Bearer KEY`. Running servers know of a new key at
/// once, and of a revoked one within ten seconds.
#[derive(Args, Debug)]
#[command(after_long_help = "Examples:\n\
    \x20 farol key create \"Transparency dashboard\"\n\
    \x20 farol key create \"City of Gdynia\" --scope publish --plan partner\n\
    \x20 farol key list\n\
    \x20 farol key revoke 0123456789abcdef")]
pub struct KeyArgs {
    /// What to do
    #[command(subcommand)]
    pub action: KeyAction,
}

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum KeyAction {
    /// Make a key and print it, this once: only its hash is kept
    Create {
        /// Whose it is, in words for `farol key list`
        #[arg(value_parser = name)]
        name: String,
        /// What it allows; each scope includes those before it
        #[arg(long, value_enum, default_value = "read")]
        scope: KeyScope,
        /// The plan that limits it, one of `rate_limit.plans`
        #[arg(long, default_value = DEFAULT_PLAN)]
        plan: String,
    },
    /// List the keys: id, name, scope, plan, when they were created, last used (to the minute) and revoked
    List,
    /// Revoke a key: whoever shows it is refused from then on
    Revoke {
        /// The key's id, as `farol key list` shows it, or the whole key
        #[arg(value_parser = id)]
        id: String,
    },
}

/// [`Scope`] as one types it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KeyScope {
    /// Query and subscribe
    Read,
    /// Publish releases, too
    Publish,
    /// Run the server, too: its caches, and how it does
    Admin,
}

/// Creates, lists or revokes.
pub async fn run(args: &KeyArgs, config: &Config) -> Result<ExitStatus, CliError> {
    let database = app::connect_migrated(config).await?;
    let done = act(&args.action, &database, config).await;
    database.close().await;
    print(&done?)?;
    Ok(ExitStatus::Done)
}

/// What is to be printed.
async fn act(action: &KeyAction, database: &Database, config: &Config) -> Result<String, CliError> {
    match action {
        KeyAction::Create { name, scope, plan } => {
            let mut known = vec![DEFAULT_PLAN, Plans::UNLIMITED];
            known.extend(config.rate_limit.plans.0.iter().map(|plan| plan.name.as_str()));
            if !known.contains(&plan.as_str()) {
                let known = known.into_iter().map(str::to_owned).collect();
                return Err(CliError::UnknownPlan { name: plan.clone(), known });
            }
            create(database, name, (*scope).into(), plan).await
        }
        KeyAction::List => {
            let keys = query::api_key::all(database).await?;
            let none = || "no keys; begin with: farol key create NAME\n".to_owned();
            Ok(if keys.is_empty() { none() } else { keys.iter().map(describe).collect() })
        }
        KeyAction::Revoke { id } => {
            let revoked = write::api_key::revoke(database, id, Utc::now()).await?;
            let done = format!("{id}: revoked; running servers refuse it within ten seconds\n");
            revoked.then_some(done).ok_or_else(|| CliError::UnknownKey { id: id.clone() })
        }
    }
}

async fn create(database: &Database, name: &str, scope: Scope, plan: &str) -> Result<String, CliError> {
    let key = NewKey::random()?;
    let row = Model {
        id: key.id().to_owned(),
        name: name.to_owned(),
        digest: key.digest().to_vec(),
        scope: scope.as_str().to_owned(),
        plan: (plan != DEFAULT_PLAN).then(|| plan.to_owned()),
        created: Utc::now(),
        last_used: None,
        revoked: None,
    };
    write::api_key::add(database, &row).await?;
    // Beside the key, so that a script can take that from standard output.
    let _ = writeln!(io::stderr(), "keep this key now: it is not shown again, for only its hash is stored");
    Ok(format!("{}\n", key.expose()))
}

fn describe(key: &Model) -> String {
    let time = |time: Option<DateTime<Utc>>, otherwise: &str| {
        time.map_or_else(|| otherwise.to_owned(), |time| time.format("%Y-%m-%d %H:%M UTC").to_string())
    };
    let row = |name: &str, value: &str| format!("  {name:<10} {value}\n");
    [
        format!("{}\n", key.id),
        row("name", &key.name),
        row("scope", &key.scope),
        row("plan", key.plan.as_deref().unwrap_or(DEFAULT_PLAN)),
        row("created", &time(Some(key.created), "")),
        row("last used", &time(key.last_used, "never")),
        row("revoked", &time(key.revoked, "no")),
    ]
    .concat()
}

/// Reads a name: what fits in one line of a list.
fn name(text: &str) -> Result<String, String> {
    let name = text.trim();
    let fits =
        !name.is_empty() && name.chars().count() <= LONGEST_NAME && !name.chars().any(char::is_control);
    fits.then(|| name.to_owned())
        .ok_or_else(|| format!("expected 1 to {LONGEST_NAME} characters in one line"))
}

/// Reads which key is meant. Nothing is echoed: it may be a key with a mistake in it.
fn id(text: &str) -> Result<String, String> {
    let id = auth::key_id(text.trim()).map(str::to_owned);
    id.ok_or_else(|| "expected the 16 digits of an id, or a whole key".to_owned())
}

impl From<KeyScope> for Scope {
    fn from(scope: KeyScope) -> Self {
        match scope {
            KeyScope::Read => Self::Read,
            KeyScope::Publish => Self::Publish,
            KeyScope::Admin => Self::Admin,
        }
    }
}
