//! The WebSocket side: the socket by frames of a client's own making, and by Node's `ws`.

pub(crate) mod frames;
mod interop;
mod random;
mod socket;
