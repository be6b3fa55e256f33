//! Publishing as clients do: the mutation, over the socket of a whole server.

mod limits;
mod mutation;
mod token;
