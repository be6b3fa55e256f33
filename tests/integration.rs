//! The integration tests: one binary, so that they link once. One module per part of the product.

mod config;
mod support;
