//! `farol schema`: the API's contract, for code generators and for review.

use clap::Args;

use super::{CliError, ExitStatus, print};
use crate::graphql;

/// Print the GraphQL schema
///
/// Prints the schema in the schema definition language. It depends on the program alone: no
/// database is needed. The project keeps a copy as schema.graphql.
#[derive(Args, Debug)]
#[command(after_long_help = "Example:\n\
    \x20 farol schema > schema.graphql")]
pub struct SchemaArgs {}

/// Prints the schema.
pub fn run(_args: &SchemaArgs) -> Result<ExitStatus, CliError> {
    print(&graphql::sdl())?;
    Ok(ExitStatus::Done)
}
