//! The server over its socket, as clients see it.

mod app;
mod graphiql;
mod graphql;
mod node;
mod observe;
mod sockets;
