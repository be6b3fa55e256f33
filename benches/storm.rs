//! Many clients that ask over HTTP/1.1, measured: what scripts/bench-edge drives.
//!
//! Closed loop: each connection asks again when it has its answer. Open loop (`--rate`): requests leave at a steady
//! rate, however long answers take, over whichever open connection is free; those that find none free leave late, and
//! are counted as late. Slow loop (`--slow`): connections that send their head a byte a second, and never all of
//! it. Tells as JSON how many requests were answered how, how long that took, and the same for each second.

use std::{
    error::Error,
    fs, io,
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use clap::Parser;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep, sleep_until, timeout},
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A request that is not sent within this of its time is late.
const LATE: Duration = Duration::from_millis(20);

/// Asks over many connections, and measures the answers
#[derive(Parser)]
struct Args {
    /// Where the servers listen, with commas in between; connections go round them
    #[arg(long, value_delimiter = ',', required = true)]
    server: Vec<SocketAddr>,
    /// A file of JSON bodies, one a line, which are sent in turn
    #[arg(long)]
    bodies: PathBuf,
    /// Connections
    #[arg(long, default_value_t = 100)]
    connections: usize,
    /// Requests a second of all connections together; without it each asks as soon as it has its answer
    #[arg(long)]
    rate: Option<u64>,
    /// How many seconds to ask
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// How many requests to send at most
    #[arg(long, default_value_t = u64::MAX)]
    requests: u64,
    /// Milliseconds to wait for an answer
    #[arg(long, default_value_t = 30_000)]
    timeout_ms: u64,
    /// Send heads slowly instead, and tell how many connections were closed
    #[arg(long)]
    slow: bool,
    /// A header for each request: `Name: value`
    #[arg(long)]
    header: Vec<String>,
}

/// What became of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Answered without an error.
    Answered,
    /// 200 with errors.
    Errors,
    /// 429.
    Limited,
    /// 503.
    Shed,
    /// Any other status.
    Refused,
    /// No answer: the connection broke or the time was over.
    Lost,
}

const OUTCOMES: [(Outcome, &str); 6] = [
    (Outcome::Answered, "answered"),
    (Outcome::Errors, "errors"),
    (Outcome::Limited, "limited"),
    (Outcome::Shed, "shed"),
    (Outcome::Refused, "refused"),
    (Outcome::Lost, "lost"),
];

/// One request as it went.
struct Sample {
    /// When it left, from the beginning.
    at: Duration,
    took: Duration,
    late: bool,
    outcome: Outcome,
}

/// What all connections share.
struct Plan {
    args: Args,
    requests: Vec<Vec<u8>>,
    began: Instant,
    next: AtomicU64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let requests = requests(&args)?;
    if args.slow {
        println!("{}", slow(&args).await);
        return Ok(());
    }
    let mut open = Vec::with_capacity(args.connections);
    for number in 0..args.connections {
        let server = args.server[number % args.server.len()];
        open.push((server, connect(server).await?));
    }
    let plan = Arc::new(Plan { args, requests, began: Instant::now(), next: AtomicU64::new(0) });
    let clients: Vec<_> =
        open.into_iter().map(|(server, open)| tokio::spawn(client(plan.clone(), server, open))).collect();
    let mut samples = Vec::new();
    for client in clients {
        samples.extend(client.await?);
    }
    println!("{}", report(&samples, plan.args.seconds));
    Ok(())
}

fn requests(args: &Args) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let headers = args.header.iter().fold(String::new(), |headers, header| headers + header + "\r\n");
    let bodies = fs::read_to_string(&args.bodies)?;
    let request = |body: &str| {
        let length = body.len();
        format!(
            "POST /graphql HTTP/1.1\r\nHost: farol\r\nContent-Type: application/json\r\n{headers}\
             Content-Length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    };
    Ok(bodies.lines().map(request).collect())
}

async fn connect(server: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// One connection, opened again when it is closed.
async fn client(plan: Arc<Plan>, server: SocketAddr, open: TcpStream) -> Vec<Sample> {
    let end = plan.began + Duration::from_secs(plan.args.seconds);
    let (mut samples, mut open, mut buffer) = (Vec::new(), Some(open), Vec::with_capacity(64 * 1024));
    loop {
        let number = plan.next.fetch_add(1, Relaxed);
        let due = match plan.args.rate {
            Some(rate) => plan.began + Duration::from_nanos(1_000_000_000 / rate * number),
            None => Instant::now(),
        };
        if due >= end || number >= plan.args.requests {
            return samples;
        }
        sleep_until(due).await;
        let left = Instant::now();
        let request = &plan.requests[usize::try_from(number).unwrap_or(0) % plan.requests.len()];
        let asking = ask(&mut open, server, request, &mut buffer);
        let answer = timeout(Duration::from_millis(plan.args.timeout_ms), asking).await;
        let outcome = answer.ok().and_then(Result::ok).unwrap_or(Outcome::Lost);
        let late = left - due > LATE;
        samples.push(Sample { at: left - plan.began, took: left.elapsed(), late, outcome });
        if outcome == Outcome::Lost {
            open = None;
            sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Sends a request and reads its answer.
async fn ask(
    open: &mut Option<TcpStream>,
    server: SocketAddr,
    request: &[u8],
    buffer: &mut Vec<u8>,
) -> Result<Outcome, Box<dyn Error + Send + Sync>> {
    let stream = if let Some(stream) = open { stream } else { open.insert(connect(server).await?) };
    stream.write_all(request).await?;
    buffer.clear();
    let head = loop {
        if stream.read_buf(buffer).await? == 0 {
            return Err("the connection was closed".into());
        }
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let text = std::str::from_utf8(&buffer[..head])?.to_ascii_lowercase();
    let header = |name: &str| text.split("\r\n").find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    let length: usize = header("content-length").unwrap_or("0").parse()?;
    let closes = header("connection") == Some("close");
    while buffer.len() < head + length {
        if stream.read_buf(buffer).await? == 0 {
            return Err("the answer broke off".into());
        }
    }
    let outcome = match text.get(9..12) {
        Some("200") if buffer[head..].starts_with(b"{\"errors\"") => Outcome::Errors,
        Some("200") => Outcome::Answered,
        Some("429") => Outcome::Limited,
        Some("503") => Outcome::Shed,
        _ => Outcome::Refused,
    };
    if closes {
        *open = None;
    }
    Ok(outcome)
}

/// Opens connections that send a byte a second, and tells how many the server has closed at the end.
async fn slow(args: &Args) -> Value {
    let end = Instant::now() + Duration::from_secs(args.seconds);
    let mut connections = Vec::new();
    for number in 0..args.connections {
        let server = args.server[number % args.server.len()];
        connections.push(tokio::spawn(async move {
            let Ok(mut stream) = TcpStream::connect(server).await else { return true };
            let head =
                b"POST /graphql HTTP/1.1\r\nHost: farol\r\nX-Slow: ".iter().chain(std::iter::repeat(&b'x'));
            for byte in head {
                if Instant::now() >= end {
                    return false;
                }
                let mut answer = [0; 1024];
                let closed = tokio::select! {
                    read = stream.read(&mut answer) => matches!(read, Ok(0) | Err(_)),
                    () = sleep(Duration::from_secs(1)) => false,
                };
                if closed || stream.write_all(&[*byte]).await.is_err() {
                    return true;
                }
            }
            false
        }));
    }
    let mut closed = 0_u64;
    for connection in connections {
        closed += u64::from(connection.await.unwrap_or(true));
    }
    json!({ "connections": args.connections, "closed": closed })
}

fn report(samples: &[Sample], seconds: u64) -> Value {
    let count = |outcome, samples: &mut dyn Iterator<Item = &Sample>| {
        samples.filter(|sample| sample.outcome == outcome).count()
    };
    let mut told =
        json!({ "sent": samples.len(), "late": samples.iter().filter(|sample| sample.late).count() });
    for (outcome, name) in OUTCOMES {
        told[name] = json!(count(outcome, &mut samples.iter()));
        let mut took: Vec<f64> = samples
            .iter()
            .filter(|sample| sample.outcome == outcome)
            .map(|sample| sample.took.as_secs_f64() * 1e3)
            .collect();
        took.sort_by(f64::total_cmp);
        for percent in [50, 95, 99, 100] {
            let place = (took.len() * percent / 100).min(took.len().saturating_sub(1));
            told[format!("{name}_p{percent}_ms")] = json!(took.get(place));
        }
    }
    let second = |second: u64| {
        let within = || samples.iter().filter(move |sample| sample.at.as_secs() == second);
        let mut told = json!({ "second": second });
        for (outcome, name) in OUTCOMES {
            told[name] = json!(count(outcome, &mut within()));
        }
        let longest = within().map(|sample| sample.took).max().unwrap_or_default();
        told["longest_ms"] = json!(longest.as_secs_f64() * 1e3);
        told
    };
    told["seconds"] = (0..seconds).map(second).collect();
    told
}
