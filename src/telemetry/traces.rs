//! Traces for an OpenTelemetry collector: spans of requests, batches and SQL statements, where one is configured.
//!
//! Spans are of one target, [`TARGET`], at the level of traces: without a collector no filter lets them through, and
//! asking for one costs as much as asking for a log line that is off. The exporter has a thread of its own and, in it,
//! a runtime of its own: it outlives that of the server, so that what is left can be sent at the end.

use std::{fmt, pin::pin, time::Duration};

use async_trait::async_trait;
use axum::http::{HeaderMap, HeaderValue, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Uri, client::conn::http1};
use hyper_util::rt::TokioIo;
use opentelemetry::{
    propagation::TextMapPropagator,
    trace::{TraceContextExt, TracerProvider},
};
use opentelemetry_http::{HeaderExtractor, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{Sampler, SdkTracer, SdkTracerProvider},
};
use thiserror::Error;
use tokio::{
    net::TcpStream,
    runtime::{Builder, Runtime},
};
use tracing::{Span, field::Empty, trace_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The target of every span.
pub const TARGET: &str = "farol::trace";
/// How long the collector has for an answer, and what is left at the end for being sent.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The most bytes of a statement's text in a span.
const LONGEST_TEXT: usize = 1_000;

/// The way to a collector. Dropped, it sends what is left, for as long as the collector may take for an answer.
#[derive(Debug)]
pub struct Traces(SdkTracerProvider);

/// Why traces cannot be sent.
#[derive(Debug, Error)]
pub enum TracesError {
    /// The address cannot be used.
    #[error("telemetry.otlp_endpoint: {0}")]
    Endpoint(#[from] ExporterBuildError),
    /// There is no thread or no file descriptor left.
    #[error("traces cannot be sent: {0}")]
    Runtime(#[from] std::io::Error),
}

impl Traces {
    /// Sends spans to the collector at this address (`http://HOST:PORT`), of so many of 100 requests.
    pub fn to(endpoint: &str, sample_percent: u32) -> Result<Self, TracesError> {
        let client = Sender(Builder::new_current_thread().enable_all().build()?);
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_endpoint(format!("{endpoint}/v1/traces"))
            .with_timeout(TIMEOUT)
            .build()?;
        let share = Sampler::TraceIdRatioBased(f64::from(sample_percent) / 100.0);
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(Sampler::ParentBased(Box::new(share)))
            .with_resource(Resource::builder().with_service_name("farol").build())
            .build();
        Ok(Self(provider))
    }

    pub(super) fn tracer(&self) -> SdkTracer {
        self.0.tracer("farol")
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown_with_timeout(TIMEOUT) {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}

/// The span of a request with these headers.
pub fn request(headers: &HeaderMap) -> Span {
    let span = trace_span!(
        target: TARGET,
        "request",
        otel.kind = "server",
        graphql.operation.name = Empty,
        graphql.operation.type = Empty,
        http.response.status_code = Empty,
        farol.cost = Empty,
        farol.request_id = Empty,
    );
    if !span.is_disabled() {
        let parent = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
        // Fails only for a span that has begun: this one has not.
        let _ = span.set_parent(parent);
    }
    span
}

/// Gives a span its name where that is known only once it has begun.
pub fn rename(span: &Span, name: String) {
    span.context().span().update_name(name);
}

/// The span of a batch of so many keys, for whoever asked first.
pub fn batch(relation: &str, keys: usize) -> Span {
    trace_span!(target: TARGET, "batch", farol.relation = relation, farol.keys = keys)
}

/// The span of a SQL statement.
pub fn statement(sql: &str) -> Span {
    let text = &sql[..sql.floor_char_boundary(LONGEST_TEXT)];
    trace_span!(target: TARGET, "sql", otel.kind = "client", db.query.text = text)
}

/// What sends to the collector. Called on the exporter's thread only, where nothing else runs meanwhile.
struct Sender(Runtime);

impl fmt::Debug for Sender {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Sender").finish_non_exhaustive()
    }
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        // The caller's thread has no runtime, and waits for nothing else.
        self.0.block_on(async { tokio::time::timeout(TIMEOUT, exchange(request)).await })?
    }
}

/// Asks over a connection of its own: batches are seconds apart.
async fn exchange(mut request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    let uri = std::mem::take(request.uri_mut());
    let authority = uri.authority().ok_or("the address has no host")?;
    let address = format!("{}:{}", authority.host(), authority.port_u16().unwrap_or(80));
    let stream = TcpStream::connect(&address).await.map_err(|error| format!("{address}: {error}"))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    request.headers_mut().insert(header::HOST, HeaderValue::try_from(&*address)?);
    // RFC 9112, section 3.2.1: to a server itself, a target without the authority.
    *request.uri_mut() = uri.path_and_query().cloned().map_or_else(Uri::default, Uri::from);
    let answer = async {
        let (head, body) = sender.send_request(request.map(Full::new)).await?.into_parts();
        Ok(Response::from_parts(head, body.collect().await?.to_bytes()))
    };
    let mut answer = pin!(answer);
    tokio::select! {
        answer = answer.as_mut() => answer,
        ended = connection => {
            ended?;
            // What has come before the end is still there.
            answer.await
        }
    }
}
