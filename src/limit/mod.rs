//! How much may be asked: rates of each caller, how much is done at a time, and what is not asked while it fails.
//!
//! Knows Redis, and neither HTTP nor GraphQL nor SQL.
