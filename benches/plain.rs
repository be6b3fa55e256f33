//! The least that can answer, for comparison: an axum handler that sends the bytes of a file, whatever it is
//! asked, on hyper as Farol sets it up. `scripts/bench-cache` runs it beside Farol.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    http::header,
    routing::any,
};
use clap::Parser;
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::net::TcpListener;
use tower::ServiceExt;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long a client has for its request's headers, as Farol gives it by default.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// Sends the bytes of a file
#[derive(Parser)]
struct Args {
    /// The file
    #[arg(long)]
    answer: PathBuf,
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:8002")]
    listen: SocketAddr,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    let answer = Bytes::from(std::fs::read(args.answer)?);
    let send = move || {
        let answer = answer.clone();
        async move { ([(header::CONTENT_TYPE, "application/json")], answer) }
    };
    let router: Router = Router::new().route("/graphql", any(send));
    let listener = TcpListener::bind(args.listen).await?;
    println!("endpoint  http://{}/graphql", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let router = router.clone();
        tokio::spawn(async move {
            let service =
                service_fn(|request: Request<Incoming>| router.clone().oneshot(request.map(Body::new)));
            let mut builder = auto::Builder::new(TokioExecutor::new());
            builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
            // A client that goes away is no failure.
            let _ = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).await;
        });
    }
}
