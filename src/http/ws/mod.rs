//! GraphQL over WebSocket: the subprotocol `graphql-transport-ws`.
//!
//! `protocol` says what is to be done (pure), `message` how it is written, `session` does it over one socket
//! with `operations` beside.

mod message;
mod operations;
mod protocol;
mod session;
