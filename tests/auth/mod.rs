//! Who calls: API keys over both databases, JSON Web Tokens by every algorithm, and what strangers make of both.

pub(crate) mod issuer;
mod keys;
mod strangers;
mod tokens;
