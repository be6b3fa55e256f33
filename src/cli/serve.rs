//! `farol serve`: the server.

use clap::Args;

/// Serve the GraphQL API
///
/// Opens the database (an SQLite file by default, created when absent), brings its tables up to
/// date and listens on http.listen. SIGTERM and Ctrl-C let requests under way finish, then exit.
#[derive(Args, Debug)]
#[command(after_long_help = "Examples:\n\
    \x20 farol serve --demo                     try it: 5,000 synthetic processes, nothing to install\n\
    \x20 farol serve --listen 0.0.0.0:8080\n\
    \x20 FAROL_DATABASE_URL=postgres://farol@db/farol farol serve")]
pub struct ServeArgs {
    /// Fill an empty database with 5,000 synthetic processes first; one that holds data is left alone
    #[arg(long)]
    pub demo: bool,
}
