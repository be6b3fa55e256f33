//! From executions to an HTTP answer: status, headers and bytes. The engine has settled the errors.

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
};

use super::{
    caching, conditional,
    negotiate::{Encoding, MediaType},
    quota,
    refusal::Refusal,
    status,
};
use crate::{cache::response::Stored, config::HttpProfile, graphql::Execution};

/// What is answered.
pub(super) enum Reply {
    One(Box<Execution>),
    /// Of a batch, in its order.
    List(Vec<Execution>),
}

impl Reply {
    /// The status. A batch has one where its responses agree, else it is a list like any other.
    pub(super) fn status(&self, media: MediaType, profile: HttpProfile) -> StatusCode {
        let mut statuses = self.all().iter().map(|execution| status::of(execution, media, profile));
        let first = statuses.next().unwrap_or(StatusCode::OK);
        if statuses.all(|other| other == first) { first } else { StatusCode::OK }
    }

    /// Whether anything was executed.
    pub(super) fn executed(&self) -> bool {
        self.all().iter().any(|execution| execution.executed)
    }

    /// How many errors are told.
    pub(super) fn errors(&self) -> usize {
        self.all().iter().map(|execution| execution.response.errors.len()).sum()
    }

    /// Appends it as it goes over the wire.
    fn write(&self, into: &mut Vec<u8>) -> serde_json::Result<()> {
        let executions = match self {
            Self::One(execution) => return execution.write(into),
            Self::List(executions) => executions,
        };
        into.push(b'[');
        for (place, execution) in executions.iter().enumerate() {
            if place > 0 {
                into.push(b',');
            }
            execution.write(into)?;
        }
        into.push(b']');
        Ok(())
    }

    /// The answers.
    pub(super) fn all(&self) -> &[Execution] {
        match self {
            Self::One(execution) => std::slice::from_ref(execution),
            Self::List(executions) => executions,
        }
    }
}

/// What an answer is written for.
pub(super) struct Asked<'a> {
    /// The media type that was chosen.
    pub(super) media: MediaType,
    /// Whether it was asked for by URL: then the answer has a name under which others may keep it.
    pub(super) by_url: bool,
    /// The request's headers.
    pub(super) headers: &'a HeaderMap,
    /// Whether answers are compressed.
    pub(super) compression: bool,
    /// What is promised to those who keep answers.
    pub(super) promise: &'a caching::Headers,
}

/// The answer to a request that was refused where no media type was chosen.
pub(super) fn refuse(refusal: Refusal, profile: HttpProfile) -> Response<Body> {
    refuse_as(profile.sent_as(refusal.status, MediaType::Json), refusal)
}

/// The answer to a request that was refused.
pub(super) fn refuse_as(media: MediaType, refusal: Refusal) -> Response<Body> {
    let (status, challenge) = (refusal.status, refusal.challenge);
    let quota = refusal.quota.as_deref().copied();
    let reply = Reply::One(Box::new(refusal.into_execution()));
    let mut answer = fresh(media, status, &reply);
    quota::write(quota, None, answer.headers_mut());
    if let Some(challenge) = challenge {
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    caching::forbid(answer.headers_mut());
    quota::advise(reply.all().iter().flat_map(|one| &one.response.errors), answer.headers_mut());
    answer
}

/// An answer, written once, straight into the body's buffer.
fn fresh(media: MediaType, status: StatusCode, reply: &Reply) -> Response<Body> {
    let mut body = Vec::new();
    match reply.write(&mut body) {
        Ok(()) => whole(media, status, body.into()),
        Err(error) => {
            tracing::error!(%error, "a response could not be written as JSON");
            whole(media, StatusCode::INTERNAL_SERVER_ERROR, Bytes::new())
        }
    }
}

fn whole(media: MediaType, status: StatusCode, body: Bytes) -> Response<Body> {
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, media.header());
    answer
}

impl Asked<'_> {
    /// The HTTP answer of a status.
    pub(super) fn render(&self, status: StatusCode, reply: &Reply) -> Response<Body> {
        let mut answer = match reply {
            Reply::One(execution) => match &execution.stored {
                Some(stored) => self.kept(status, stored),
                None => self.fresh(status, reply),
            },
            Reply::List(_) => self.fresh(status, reply),
        };
        caching::describe(reply, answer.headers_mut());
        if !status.is_success() {
            quota::advise(reply.all().iter().flat_map(|one| &one.response.errors), answer.headers_mut());
        }
        answer
    }

    /// An answer that others may keep too, if it has a name; nothing but that when the client has it.
    fn kept(&self, status: StatusCode, stored: &Stored) -> Response<Body> {
        let mut answer = if self.by_url && conditional::has(self.headers, stored.entity_tag()) {
            let mut answer = Response::new(Body::empty());
            *answer.status_mut() = StatusCode::NOT_MODIFIED;
            answer
        } else {
            let (body, encoding) = self.packed(stored);
            let mut answer = whole(self.media, status, body);
            if let Some(encoding) = encoding {
                answer.headers_mut().insert(header::CONTENT_ENCODING, encoding);
            }
            answer
        };
        if self.by_url {
            self.promise.write(stored, answer.headers_mut());
        } else {
            caching::forbid(answer.headers_mut());
        }
        answer
    }

    /// The body as the client likes it best of what lies ready, and its encoding.
    fn packed(&self, stored: &Stored) -> (Bytes, Option<HeaderValue>) {
        let packed = stored.packed().filter(|_| self.compression);
        let smaller = packed.and_then(|packed| match Encoding::preferred(self.headers) {
            Encoding::Brotli => Some((packed.brotli.clone()?, HeaderValue::from_static("br"))),
            Encoding::Gzip => Some((packed.gzip.clone()?, HeaderValue::from_static("gzip"))),
            Encoding::Identity => None,
        });
        match smaller {
            Some((body, encoding)) => (body, Some(encoding)),
            None => (stored.body().clone(), None),
        }
    }

    /// An answer for this client only.
    fn fresh(&self, status: StatusCode, reply: &Reply) -> Response<Body> {
        let mut answer = fresh(self.media, status, reply);
        caching::forbid(answer.headers_mut());
        answer
    }
}
