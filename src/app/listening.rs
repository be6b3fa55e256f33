//! How the server listens, from the settings.

use std::time::Duration;

use crate::{
    config::Config,
    http::{self, LiveOptions, TlsFiles},
};

/// How often certificate files are looked at.
const TLS_RELOAD: Duration = Duration::from_secs(10);

/// Where the server listens, and what a connection may do.
pub(super) fn options(config: &Config) -> http::Options {
    let settings = &config.http;
    http::Options {
        listen: settings.listen,
        operations_listen: settings.operations_listen,
        tls: settings.tls().map(|(certificate, key)| TlsFiles { certificate, key, reload: TLS_RELOAD }),
        max_connections: settings.max_connections,
        max_connections_per_address: settings.max_connections_per_address,
        trusted_proxies: settings.trusted_proxies.0.clone(),
        proxy_header: settings.proxy_header,
        profile: settings.profile,
        max_body_bytes: settings.max_body_bytes,
        max_publish_bytes: config.publish.max_bytes,
        header_timeout: settings.header_timeout(),
        body_timeout: settings.body_timeout(),
        write_timeout: settings.write_timeout(),
        drain_delay: settings.drain_delay(),
        drain_deadline: settings.drain(),
        compression: settings.compression,
        cors_origins: settings.cors_origins.0.clone(),
        live: live(config),
    }
}

fn live(config: &Config) -> LiveOptions {
    let settings = &config.live;
    LiveOptions {
        init_timeout: settings.init_timeout(),
        ping_interval: settings.ping_interval(),
        pong_timeout: settings.pong_timeout(),
        heartbeat: settings.heartbeat(),
        max_operations: settings.max_operations,
        max_connections: settings.max_connections,
        max_connections_per_address: settings.max_connections_per_address,
        max_message_bytes: settings.max_message_bytes,
        allowed_origins: settings.allowed_origins.0.clone(),
    }
}
