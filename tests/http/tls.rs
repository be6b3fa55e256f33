//! TLS: what is spoken, and certificates that change.

use std::{fs, path::Path, sync::Arc, time::Duration};

use farol::http::{Options, Server, TlsFiles};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

use super::app::{App, PATIENCE, database, services};
use crate::support::certify;

/// A directory with a certificate for this machine, its key, and the authority that vouches for it.
fn certified() -> TempDir {
    let directory = TempDir::new().unwrap();
    certify(&directory);
    directory
}

fn files(directory: &Path) -> TlsFiles {
    let (certificate, key) = (directory.join("cert.pem"), directory.join("key.pem"));
    TlsFiles { certificate, key, reload: Duration::from_millis(20) }
}

async fn start(directory: &Path) -> App {
    let options =
        Options { tls: Some(files(directory)), header_timeout: Duration::from_secs(1), ..Options::default() };
    App::start_with(options, database(Ok(()))).await
}

/// Shakes hands as a client that believes one authority only.
async fn connect(app: &App, authority: &Path, protocols: &[&str]) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority.join("ca.pem")).unwrap()).unwrap();
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let stream = TcpStream::connect(app.address).await?;
    let name = ServerName::try_from("127.0.0.1").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

#[tokio::test]
async fn a_query_is_answered_over_tls() {
    let directory = certified();
    let app = start(directory.path()).await;
    let mut stream = connect(&app, directory.path(), &["http/1.1"]).await.unwrap();
    let request = "GET /graphql?query=%7B__typename%7D HTTP/1.1\r\nHost: farol\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut told = String::new();
    let _ = timeout(PATIENCE, stream.read_to_string(&mut told)).await.expect("an answer");
    assert!(
        told.starts_with("HTTP/1.1 200") && told.ends_with("{\"data\":{\"__typename\":\"Query\"}}"),
        "{told}"
    );
    assert!(told.contains("strict-transport-security: max-age=31536000\r\n"), "{told}");

    let newer = connect(&app, directory.path(), &["h2", "http/1.1"]).await.unwrap();
    assert_eq!(newer.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
}

#[tokio::test]
async fn who_does_not_shake_hands_is_cut() {
    let directory = certified();
    let app = start(directory.path()).await;
    for said in [&b""[..], b"\x16\x03\x01", b"GET /health/live HTTP/1.1\r\nHost: farol\r\n\r\n"] {
        let mut stream = TcpStream::connect(app.address).await.unwrap();
        stream.write_all(said).await.unwrap();
        let mut told = Vec::new();
        let _ = timeout(PATIENCE, stream.read_to_end(&mut told)).await.expect("the server closes");
        assert!(!told.starts_with(b"HTTP"), "no answer in the clear");
    }
}

#[tokio::test]
async fn a_certificate_that_changes_is_taken_up_and_a_broken_one_is_not() {
    let (directory, next) = (certified(), certified());
    let app = start(directory.path()).await;
    let copy = |name: &str| {
        fs::copy(next.path().join(name), directory.path().join(name)).unwrap();
    };
    // The certificate without its key, and no certificate at all: the last pair stays in use.
    let old = TempDir::new().unwrap();
    fs::copy(directory.path().join("ca.pem"), old.path().join("ca.pem")).unwrap();
    copy("cert.pem");
    tokio::time::sleep(Duration::from_millis(200)).await;
    connect(&app, old.path(), &[]).await.expect("the old certificate is in use");

    copy("key.pem");
    let taken_up = async {
        while connect(&app, next.path(), &[]).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, taken_up).await.expect("the new certificate is taken up");
    assert!(connect(&app, old.path(), &[]).await.is_err(), "nobody gets the old one any more");
}

#[tokio::test]
async fn files_that_cannot_be_used_are_named_at_the_start() {
    let (directory, other) = (certified(), certified());
    let app = App::start().await;
    let listen = ([127, 0, 0, 1], 0).into();
    let good = files(directory.path());
    for (files, says) in [
        (TlsFiles { certificate: directory.path().join("none.pem"), ..good.clone() }, "none.pem"),
        (
            TlsFiles { key: directory.path().join("cert.pem"), ..good.clone() },
            "cert.pem is not in the PEM format",
        ),
        (TlsFiles { key: other.path().join("key.pem"), ..good.clone() }, "cannot be used"),
    ] {
        let options = Options { listen, tls: Some(files), ..Options::default() };
        let promise = farol::http::Promise::default();
        let services = services(&app.data, database(Ok(())), &app.metrics, &app.ledger, promise).await;
        let error = Server::bind(options, services).await.err().expect("a refusal").to_string();
        assert!(error.contains(says) && error.contains("http.tls_certificate"), "{error}");
    }
}
