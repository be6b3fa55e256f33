//! What the tests stand on: private servers, a database for each test, real data where there is
//! some, and the `farol` program. A server that cannot be had fails the test that needs it.

mod databases;
mod farol;
mod log;
pub(crate) mod node;
mod postgres;
mod proof;
pub(crate) mod python;
mod real_data;
mod redis;
mod running;
mod servers;
pub(crate) mod site;

pub(crate) use self::{
    databases::{TestDatabase, on_both_databases},
    farol::{command, farol},
    log::listen,
    postgres::PostgresServer,
    real_data::real_data,
    redis::{RedisServer, certify},
    running::Running,
    servers::redis_url,
};
