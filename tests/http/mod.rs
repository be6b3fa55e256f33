//! The server over its socket, as clients see it.

mod app;
mod batch;
mod body;
mod cost;
mod graphiql;
mod graphql;
mod hostile;
mod node;
mod observe;
mod sockets;
