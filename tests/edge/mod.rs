//! The edge of a whole server, as clients meet it: who is let in, how much each may ask, and what is done at a
//! time.

mod admission;
mod callers;
mod end;
mod faults;
mod rates;
mod sockets;
