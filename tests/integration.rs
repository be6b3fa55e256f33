//! The integration tests: one binary, one module per part.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it stands")]

mod http;
