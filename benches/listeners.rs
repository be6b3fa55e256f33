//! Many subscribers and one publisher, measured: what scripts/bench-live drives.
//!
//! Opens sockets that each subscribe, publishes releases at a steady rate, and tells as JSON what arrived: how
//! many messages, whether anything is missing, how long after its commit, in how many bytes. A few subscribers
//! read every message in full; what the others got must be byte for byte what one of those got, in the same order.

#![expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]

use std::{
    collections::HashMap,
    error::Error,
    hash::{BuildHasher, RandomState},
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use clap::Parser;
use flate2::{Decompress, FlushDecompress};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    sync::watch,
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Subscribes many times, publishes, and measures what arrives
#[derive(Parser)]
struct Args {
    /// Where the server listens
    #[arg(long)]
    server: SocketAddr,
    /// The token to publish with
    #[arg(long)]
    token: String,
    /// How many sockets, each with one subscription
    #[arg(long, default_value_t = 1000)]
    sockets: usize,
    /// How many of them read every message in full
    #[arg(long, default_value_t = 8)]
    readers: usize,
    /// Releases in a transaction
    #[arg(long, default_value_t = 10)]
    releases: usize,
    /// Milliseconds from one transaction to the next
    #[arg(long, default_value_t = 100)]
    every_ms: u64,
    /// Milliseconds that a message waits for more changes
    #[arg(long, default_value_t = 20)]
    delay_ms: u64,
    /// How many seconds to publish
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// What each change is asked for
    #[arg(
        long,
        default_value = "cursor at kind ocid paths process { title: tender { title } buyer { name } }"
    )]
    select: String,
    /// Ask for a window of compression
    #[arg(long)]
    deflate: bool,
    /// Have every socket ask another question, so that nothing can be shared
    #[arg(long)]
    apart: bool,
    /// The server's process, whose CPU time and memory are told
    #[arg(long)]
    pid: u32,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args = Arc::new(Args::parse());
    let bare = resident(args.pid)?;
    let (tell, told) = watch::channel(false);
    let ready = Arc::new(AtomicUsize::new(0));
    let hasher = RandomState::new();
    let mut listening = Vec::with_capacity(args.sockets);
    for number in 0..args.sockets {
        let socket = connect(&args, number).await?;
        let (args, told, ready, hasher) = (args.clone(), told.clone(), ready.clone(), hasher.clone());
        listening.push(tokio::spawn(async move {
            let mut listener = Listener::new(socket, number < args.readers, hasher);
            ready.fetch_add(1, Relaxed);
            listener.listen(told).await.map(|()| listener.heard)
        }));
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let subscribed = resident(args.pid)?;
    let (began, cpu) = (Instant::now(), cpu(args.pid)?);
    let published = publish(&args).await?;
    // What was committed last is to arrive.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let (took, cpu) = (began.elapsed(), self::cpu(args.pid)? - cpu);
    tell.send_replace(true);
    let mut heard = Vec::with_capacity(args.sockets);
    for listener in listening {
        heard.push(listener.await??);
    }
    let report = judge(&heard, &published, args.apart);
    let deliveries = heard.iter().map(|heard| heard.messages.len()).sum::<usize>();
    let bytes = heard.iter().map(|heard| heard.bytes).sum::<usize>();
    println!(
        "{}",
        json!({
            "sockets": args.sockets,
            "published": published.len(),
            "deliveries": deliveries,
            "per_second": deliveries as f64 / args.seconds as f64,
            "missing": report.missing,
            "p50_ms": report.percentile(50),
            "p99_ms": report.percentile(99),
            "longest_ms": report.percentile(100),
            "bytes_per_message": bytes.checked_div(deliveries),
            "cpu_s": cpu,
            "cpu_us_per_delivery": cpu * 1e6 / deliveries.max(1) as f64,
            "seconds": took.as_secs_f64(),
            "resident_before": bare,
            "resident_subscribed": subscribed,
            "bytes_per_socket": subscribed.saturating_sub(bare) / args.sockets as u64,
        })
    );
    if report.missing > 0 { Err("something is missing".into()) } else { Ok(()) }
}

/// Opens a WebSocket and subscribes.
async fn connect(args: &Args, number: usize) -> Result<TcpStream, Box<dyn Error>> {
    let socket = TcpSocket::new_v4()?;
    let mut stream = socket.connect(args.server).await?;
    stream.set_nodelay(true)?;
    let deflate = if args.deflate { "Sec-WebSocket-Extensions: permessage-deflate\r\n" } else { "" };
    let request = format!(
        "GET /graphql HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Protocol: graphql-transport-ws\r\n{deflate}\r\n",
        args.server
    );
    stream.write_all(request.as_bytes()).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    if !head.starts_with(b"HTTP/1.1 101") {
        return Err(String::from_utf8_lossy(&head).into());
    }
    let alias = if args.apart { format!("c{number}: ") } else { String::new() };
    let query = format!(
        "subscription {{ {alias}processChanges(batch: {{ maxDelayMs: {} }}) {{ changes {{ {} }} cursor }} }}",
        args.delay_ms, args.select
    );
    send(&mut stream, &json!({ "type": "connection_init" })).await?;
    let subscribe = json!({ "type": "subscribe", "id": format!("{number}"), "payload": { "query": query } });
    send(&mut stream, &subscribe).await?;
    Ok(stream)
}

/// Sends a message, masked with zeros as clients must mask.
async fn send(stream: &mut TcpStream, message: &Value) -> std::io::Result<()> {
    let text = message.to_string();
    let mut frame = vec![0x81];
    if let Some(length) = u8::try_from(text.len()).ok().filter(|length| *length < 126) {
        frame.push(0x80 | length);
    } else {
        frame.push(0xfe);
        frame.extend(u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes());
    }
    frame.extend([0; 4]);
    frame.extend(text.as_bytes());
    stream.write_all(&frame).await
}

/// One subscriber.
struct Listener {
    stream: TcpStream,
    reads: bool,
    hasher: RandomState,
    heard: Heard,
}

/// What a subscriber got.
#[derive(Default)]
struct Heard {
    /// What stands for the message, and when it came.
    messages: Vec<(u64, DateTime<Utc>)>,
    bytes: usize,
    /// What it read of messages: the changes' ocids and when they were committed.
    read: HashMap<u64, Vec<(String, DateTime<Utc>)>>,
    /// The ocids in the order they came.
    order: Vec<String>,
}

impl Listener {
    fn new(stream: TcpStream, reads: bool, hasher: RandomState) -> Self {
        Self { stream, reads, hasher, heard: Heard::default() }
    }

    async fn listen(&mut self, mut end: watch::Receiver<bool>) -> Result<(), String> {
        let mut buffer = Vec::new();
        let mut chunk = vec![0; 16 * 1024];
        loop {
            let read = tokio::select! {
                read = self.stream.read(&mut chunk) => read.map_err(|error| error.to_string())?,
                _ = end.changed() => return Ok(()),
            };
            if read == 0 {
                return Err("the server closed".to_owned());
            }
            let now = Utc::now();
            buffer.extend_from_slice(&chunk[..read]);
            let mut at = 0;
            while let Some((first, payload, end)) = frame(&buffer, at) {
                self.take(first, &buffer[payload..end], end - at, now)?;
                at = end;
            }
            buffer.drain(..at);
        }
    }

    fn take(&mut self, first: u8, payload: &[u8], bytes: usize, now: DateTime<Utc>) -> Result<(), String> {
        match first & 0x0f {
            1 => {}
            8 => return Err(format!("closed: {}", String::from_utf8_lossy(payload))),
            _ => return Ok(()),
        }
        let packed = first & 0x40 != 0;
        let Some(tail) = tail(payload, packed) else { return Ok(()) };
        self.heard.bytes += bytes;
        let hash = self.hasher.hash_one(tail);
        self.heard.messages.push((hash, now));
        if self.reads {
            let text = if packed { inflate(payload) } else { payload.to_vec() };
            let message: Value = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
            let batch = message["payload"]["data"].as_object().and_then(|data| data.values().next());
            let changes =
                batch.and_then(|batch| batch["changes"].as_array()).ok_or("a message without changes")?;
            let read = |change: &Value| {
                let at = change["at"].as_str()?.parse().ok()?;
                Some((change["ocid"].as_str()?.to_owned(), at))
            };
            let changes: Vec<_> = changes.iter().filter_map(read).collect();
            self.heard.order.extend(changes.iter().map(|(ocid, _)| ocid.clone()));
            self.heard.read.insert(hash, changes);
        }
        Ok(())
    }
}

/// The next frame: its first byte, where its payload begins and ends.
fn frame(buffer: &[u8], at: usize) -> Option<(u8, usize, usize)> {
    let (first, short) = (*buffer.get(at)?, *buffer.get(at + 1)?);
    let (length, from) = match short {
        126 => (usize::from(u16::from_be_bytes(buffer.get(at + 2..at + 4)?.try_into().ok()?)), at + 4),
        127 => (
            usize::try_from(u64::from_be_bytes(buffer.get(at + 2..at + 10)?.try_into().ok()?)).ok()?,
            at + 10,
        ),
        short => (usize::from(short), at + 2),
    };
    (buffer.len() >= from + length).then_some((first, from, from + length))
}

/// What a message shares with those of other subscribers; `None` for one that is no change.
fn tail(payload: &[u8], packed: bool) -> Option<&[u8]> {
    if packed {
        // The subscriber's own part is a stored block: its header, its length twice, its bytes.
        let own = usize::from(u16::from_le_bytes(payload.get(1..3)?.try_into().ok()?));
        return (*payload.first()? == 0).then(|| payload.get(5 + own..)).flatten();
    }
    let at = payload.windows(11).position(|window| window == b"\"payload\":{")?;
    Some(&payload[at..])
}

fn inflate(payload: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(64 * 1024);
    let ended = [payload, &[0, 0, 0xff, 0xff]].concat();
    let mut inflater = Decompress::new(false);
    while inflater.total_in() < ended.len() as u64 {
        text.reserve(64 * 1024);
        let from = usize::try_from(inflater.total_in()).unwrap_or(usize::MAX);
        if inflater.decompress_vec(&ended[from..], &mut text, FlushDecompress::Sync).is_err() {
            break;
        }
    }
    text
}

/// Publishes at a steady rate: the ocids in their order.
async fn publish(args: &Args) -> Result<Vec<String>, Box<dyn Error>> {
    let client = reqwest::Client::new();
    let url = format!("http://{}/graphql", args.server);
    let run = Utc::now().timestamp_millis();
    let mut published = Vec::new();
    let mut timer = tokio::time::interval(Duration::from_millis(args.every_ms));
    let rounds = args.seconds * 1000 / args.every_ms;
    for round in 0..rounds {
        timer.tick().await;
        let releases: Vec<Value> = (0..args.releases).map(|number| release(run, round, number)).collect();
        published.extend(releases.iter().filter_map(|release| Some(release["ocid"].as_str()?.to_owned())));
        let query = "mutation($input: PublishReleasesInput!) { publishReleases(input: $input) { results { outcome } } }";
        let body =
            json!({ "query": query, "variables": { "input": { "dataset": "live", "releases": releases } } });
        let answer =
            client.post(&url).bearer_auth(&args.token).json(&body).send().await?.json::<Value>().await?;
        let results =
            answer["data"]["publishReleases"]["results"].as_array().ok_or_else(|| answer.to_string())?;
        if results.iter().any(|result| result["outcome"] != "CREATED") {
            return Err(answer.to_string().into());
        }
    }
    Ok(published)
}

fn release(run: i64, round: u64, number: usize) -> Value {
    json!({
        "ocid": format!("ocds-live-{run}-{round}-{number}"),
        "id": format!("{run}-{round}-{number}"),
        "date": Utc::now().to_rfc3339(),
        "tag": ["tender"],
        "initiationType": "tender",
        "parties": [{ "id": format!("b{}", number % 7), "name": format!("Municipality number {}", number % 7), "roles": ["buyer"] }],
        "buyer": { "id": format!("b{}", number % 7), "name": format!("Municipality number {}", number % 7) },
        "tender": {
            "id": format!("t-{round}-{number}"),
            "title": format!("Construction of a road of {round} km with {number} bridges, drainage and signs"),
            "status": "active",
            "value": { "amount": round * 1000 + number as u64, "currency": "EUR" },
        },
    })
}

/// What the measurement says.
struct Report {
    missing: usize,
    /// Milliseconds from commit to arrival, sorted.
    lags: Vec<i64>,
}

impl Report {
    fn percentile(&self, hundredths: usize) -> Option<i64> {
        let last = self.lags.len().checked_sub(1)?;
        self.lags.get(last * hundredths / 100).copied()
    }
}

/// Holds what everyone got against what was published.
fn judge(heard: &[Heard], published: &[String], apart: bool) -> Report {
    let known: HashMap<u64, &Vec<(String, DateTime<Utc>)>> =
        heard.iter().flat_map(|heard| heard.read.iter().map(|(hash, changes)| (*hash, changes))).collect();
    let (mut missing, mut lags) = (0, Vec::new());
    for heard in heard {
        // Where nothing is shared, only those who read know what they got.
        if apart && heard.read.is_empty() {
            continue;
        }
        let mut got = Vec::with_capacity(published.len());
        for (hash, came) in &heard.messages {
            let Some(changes) = known.get(hash) else {
                missing += 1;
                continue;
            };
            lags.extend(changes.first().map(|(_, at)| (*came - *at).num_milliseconds()));
            got.extend(changes.iter().map(|(ocid, _)| ocid.as_str()));
        }
        missing += usize::from(!got.iter().copied().eq(published.iter().map(String::as_str)));
    }
    lags.sort_unstable();
    Report { missing, lags }
}

/// Resident memory of a process, in bytes.
fn resident(pid: u32) -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
}

/// CPU time of a process, in seconds.
fn cpu(pid: u32) -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields: Vec<&str> = stat.rsplit_once(')').ok_or("no stat")?.1.split_whitespace().collect();
    let ticks = fields.get(11).ok_or("no utime")?.parse::<u32>()?
        + fields.get(12).ok_or("no stime")?.parse::<u32>()?;
    Ok(f64::from(ticks) / 100.0)
}
