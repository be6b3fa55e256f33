//! HTTP: the socket, GraphQL over HTTP, `GraphiQL`, health and metrics.
//!
//! A request passes `server` (connection, timeouts, `address`: who sent it) → `router` (layers) → `graphql` (one handler:
//! `auth`, `negotiate`, `body`, `params`, the engine, `respond` with `caching` and `conditional`), is compressed
//! (`compression`), and `observe` writes what it was. What must stay true: a request that was not executed has no `data` in its answer; a mutation is never run by
//! GET; a fault of ours never shows its details. Knows GraphQL only through [`Engine`] and the
//! database only through [`ReadyCheck`].
//!
//! [`Engine`]: crate::graphql::Engine

mod address;
mod body;
mod caching;
mod compression;
mod conditional;
mod connections;
mod cors;
mod gate;
mod graphiql;
mod graphql;
mod health;
mod negotiate;
mod observe;
mod params;
mod quota;
mod refusal;
mod request_id;
mod respond;
mod router;
mod server;
mod sse;
mod status;
mod visitor;
pub mod ws;

pub use caching::Promise;
pub use connections::LiveOptions;
pub use gate::Gate;
pub use health::{Dependencies, ReadyCheck};
pub use router::Services;
pub use server::{BindError, Options, Server, TlsError, TlsFiles};
