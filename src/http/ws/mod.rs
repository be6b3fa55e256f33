//! WebSocket (RFC 6455) with permessage-deflate (RFC 7692), and GraphQL over it: the subprotocol
//! `graphql-transport-ws`.
//!
//! [`handshake`] decides from a request's headers, [`Socket`] carries messages over the connection that the
//! upgrade left, [`Deflate`] packs and unpacks for all of them. Reading is yawc's; what is sent is written
//! here, because one message goes to many: its common part is packed once.
//!
//! Of the subprotocol, `protocol` says what is to be done (pure) and `message` how it is written; `session`
//! does it over one socket, with `operations` beside; `upgrade` begins one.

mod deflate;
mod frame;
pub mod handshake;
mod line;
mod message;
mod operations;
mod protocol;
mod session;
mod socket;
mod upgrade;

pub use deflate::{Deflate, SMALLEST_TO_PACK};
pub use socket::{CLOSE_TIMEOUT, Failure, Incoming, Options, Shared, Socket};
pub(super) use upgrade::upgrade;
