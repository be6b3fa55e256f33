//! Farol: a GraphQL API server for public contracting data.
//!
//! Modules in reading order; a request or an import passes them in one direction only.

pub mod app;
pub mod auth;
pub mod cache;
pub mod cli;
pub mod config;
pub mod error;
pub mod events;
pub mod graphql;
pub mod http;
pub mod import;
pub mod jobs;
pub mod lifecycle;
pub mod limit;
pub mod loader;
pub mod ocds;
pub mod store;
pub mod telemetry;
