//! The integration tests: one binary, so that they link once. One module per part of the product.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it stands")]

mod architecture;
mod auth;
mod cache;
mod caching;
mod config;
mod conformance;
mod edge;
mod events;
mod fuzz;
mod graphql;
mod http;
mod import;
mod limit;
mod live;
mod loader;
mod ocds;
mod publish;
mod serve;
mod store;
mod support;
mod telemetry;
mod ws;
