//! The server over its socket, as clients see it.

pub(crate) mod app;
mod browser;
mod graphiql;
mod graphql;
mod observe;
mod sockets;
