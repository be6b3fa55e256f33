//! The server over its socket, as clients see it.

mod address;
pub(crate) mod app;
mod batch;
mod body;
mod browser;
mod caching;
mod compression;
mod connections;
mod cors;
mod cost;
mod events;
mod explain;
mod graphiql;
mod graphql;
mod hostile;
mod http2;
mod observe;
mod operations;
mod persisted;
mod persisted_shared;
mod profile;
mod sockets;
mod tls;
pub(crate) mod upgrade;
