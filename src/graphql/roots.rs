//! The root fields.

use async_graphql::{Object, SimpleObject};

/// The query root.
pub struct Query;

/// What the server tells of itself.
#[derive(SimpleObject)]
pub struct ServerInfo {
    /// The server's version.
    version: &'static str,
}

#[Object]
impl Query {
    /// What the server tells of itself.
    async fn server_info(&self) -> ServerInfo {
        ServerInfo { version: env!("CARGO_PKG_VERSION") }
    }
}
