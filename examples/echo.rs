//! The WebSocket side of Farol without the rest: sends every message back. `scripts/autobahn` tests it.
//!
//!     cargo run --example echo -- 127.0.0.1:9001

use std::{convert::Infallible, env, error::Error, io, net::SocketAddr};

use farol::http::ws::{Deflate, Incoming, Options, Socket, handshake};
use hyper::{
    Request, Response, StatusCode, body::Incoming as Body, server::conn::http1, service::service_fn,
    upgrade::OnUpgrade,
};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address: SocketAddr = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".to_owned()).parse()?;
    let listener = TcpListener::bind(address).await?;
    println!("echo on ws://{}/", listener.local_addr()?);
    let deflate = Deflate::default();
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(serve(stream, deflate.clone()));
    }
}

pub(crate) async fn serve(stream: TcpStream, deflate: Deflate) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let service = service_fn(|request| {
        let deflate = deflate.clone();
        async move { Ok::<_, Infallible>(answer(request, deflate)) }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    connection.with_upgrades().await.map_err(io::Error::other)
}

fn answer(mut request: Request<Body>, deflate: Deflate) -> Response<String> {
    let upgrade = hyper::upgrade::on(&mut request);
    let (head, _) = request.into_parts();
    match handshake::accept(&head, true) {
        Ok(accepted) => {
            tokio::spawn(echo(upgrade, accepted.deflates().then_some(deflate)));
            with(StatusCode::SWITCHING_PROTOCOLS, accepted.headers(), String::new())
        }
        Err(refusal) => with(refusal.status(), refusal.headers(), refusal.to_string()),
    }
}

fn with<H>(status: StatusCode, headers: H, body: String) -> Response<String>
where
    H: IntoIterator<Item = (hyper::header::HeaderName, hyper::header::HeaderValue)>,
{
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().extend(headers);
    response
}

async fn echo(upgrade: OnUpgrade, deflate: Option<Deflate>) {
    // A client that went away before the upgrade needs no answer.
    let Ok(upgraded) = upgrade.await else { return };
    let mut socket = Socket::new(TokioIo::new(upgraded), deflate, Options { max_message_bytes: 16 << 20 });
    loop {
        match socket.next().await {
            Incoming::Text(text) => socket.send_text(&text),
            Incoming::Binary(bytes) => socket.send_binary(&bytes),
            Incoming::Pong => {}
            Incoming::Closed { .. } | Incoming::Failed(_) => return,
        }
    }
}
