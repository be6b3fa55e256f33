//! Whose requests are counted together: a proxy's clients, where the proxy is trusted.

use farol::http::{LiveOptions, Options};

use super::{
    app::{App, answer, assert_refused, database},
    upgrade::{Client, ask},
};

/// A server where each address may have one socket.
async fn one_each(trusted: &[&str]) -> App {
    let options = Options {
        trusted_proxies: trusted.iter().map(|network| network.parse().unwrap()).collect(),
        live: LiveOptions { max_connections_per_address: 1, ..LiveOptions::default() },
        ..Options::default()
    };
    App::start_with(options, database(Ok(()))).await
}

#[tokio::test]
async fn the_clients_of_a_trusted_proxy_are_told_apart() {
    let app = one_each(&["127.0.0.0/8", "10.0.0.0/8"]).await;
    let _one = Client::open_with(&app, "X-Forwarded-For: 192.0.2.1\r\n").await;
    let _other = Client::open_with(&app, "X-Forwarded-For: 6.6.6.6, 192.0.2.2, 10.0.0.9\r\n").await;
    let _third = Client::open_with(&app, "Forwarded: for=\"[2001:db8::1]:80\"\r\n").await;
    for (name, again) in [
        ("x-forwarded-for", "192.0.2.1"),
        ("x-forwarded-for", "192.0.2.7, 192.0.2.2"),
        ("forwarded", "for=192.0.2.1;proto=https"),
        ("x-forwarded-for", "2001:db8::2"),
    ] {
        assert_refused(&answer(ask(&app, &[(name, again)])).await, 429, "TOO_MANY_CONNECTIONS");
    }
}

#[tokio::test]
async fn nobody_else_is_believed() {
    let app = one_each(&["10.0.0.0/8"]).await;
    let _one = Client::open_with(&app, "X-Forwarded-For: 192.0.2.1\r\n").await;
    let other = answer(ask(&app, &[("x-forwarded-for", "192.0.2.2")])).await;
    assert_refused(&other, 429, "TOO_MANY_CONNECTIONS");
}
