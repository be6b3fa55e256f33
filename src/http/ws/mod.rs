//! WebSocket (RFC 6455) with permessage-deflate (RFC 7692).
//!
//! [`handshake`] decides from a request's headers, [`Socket`] carries messages over the connection that the
//! upgrade left, [`Deflate`] packs and unpacks for all of them. Reading is yawc's; what is sent is written
//! here, because one message goes to many: its common part is packed once.

mod deflate;
mod frame;
pub mod handshake;
mod line;
mod socket;

pub use deflate::{Deflate, SMALLEST_TO_PACK};
pub use socket::{CLOSE_TIMEOUT, Failure, Incoming, Options, Shared, Socket};
