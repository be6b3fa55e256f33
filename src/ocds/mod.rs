//! The Open Contracting Data Standard, pure: no database, no runtime, no network.
//!
//! In reading order: [`model`] is what the rest of Farol gets; [`codelist`] its closed lists.

pub mod amount;
pub mod codelist;
pub mod issue;
pub mod json;
pub mod model;
pub mod moment;
pub mod normalise;
pub mod party;
pub mod reader;
