//! What the server says about itself.

mod names;
mod report;
mod traces;
