//! The import, from files to rows: what comes in, what a repeated, killed or broken import leaves, and
//! what the change log says of it. Inputs are written by the tests; real files where there are some.

mod again;
mod amounts;
mod broken;
mod bulk;
mod changes;
mod concurrent;
mod datasets;
mod desk;
mod dump;
mod killed;
mod organizations;
mod publish;
mod real;
mod rebuild;
mod releases;
mod touched;
