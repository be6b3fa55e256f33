//! The parameters of a request: `query`, `documentId`, `operationName`, `variables`, `extensions`, from a
//! JSON body, from a URL or from a WebSocket's message. A document may be named, by `documentId` or `extensions.persistedQuery`, instead
//! of being sent.
//!
//! A parameter that is absent or null is not given. Every other mistake is named with the
//! parameter and what was found; parameters we do not know are ignored, as the specification asks.

use async_graphql::{Request, Value, Variables};
use axum::{extract::Query, http::Uri};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::refusal::Refusal;
use crate::graphql::{Asked, DocumentName};

/// Requests in a list at most.
const MOST_REQUESTS: usize = 10;
/// The version of `extensions.persistedQuery` that is read.
const PERSISTED_QUERY_VERSION: u64 = 1;

/// What a client sent.
pub(super) enum Sent {
    One(Box<Asked>),
    /// One to ten requests, to be answered by a list in the same order.
    Batch(Vec<Asked>),
}

/// The parameters as they come, types unchecked.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    query: Option<Value>,
    /// Relay's network layers call it `doc_id`.
    #[serde(alias = "doc_id")]
    document_id: Option<Value>,
    operation_name: Option<Value>,
    variables: Option<Value>,
    extensions: Option<Value>,
}

/// The same in a URL, where maps are JSON texts.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawUrl {
    query: Option<String>,
    #[serde(alias = "doc_id")]
    document_id: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}

/// Reads a POST's body.
pub(super) fn from_body(body: &[u8]) -> Result<Sent, Refusal> {
    if body.trim_ascii_start().first() == Some(&b'[') {
        return batch(body).map(Sent::Batch);
    }
    let raw: Raw = serde_json::from_slice(body).map_err(|error| {
        let what = if body.is_empty() { "empty".to_owned() } else { format!("not a JSON object: {error}") };
        let message = format!("the body is {what}; send {{\"query\": \"…\"}}");
        if error.is_data() { Refusal::malformed(message) } else { Refusal::bad_request(message) }
    })?;
    request(raw).map(Box::new).map(Sent::One)
}

/// Reads a list of requests. One that cannot be read is named by its place, counted from 0 as in JSON's
/// paths, and none is executed.
fn batch(body: &[u8]) -> Result<Vec<Asked>, Refusal> {
    let entries: Vec<&RawValue> = serde_json::from_slice(body)
        .map_err(|error| Refusal::bad_request(format!("the body is not a JSON list: {error}")))?;
    if !(1..=MOST_REQUESTS).contains(&entries.len()) {
        return Err(Refusal::malformed(format!(
            "the batch has {} requests; send 1 to {MOST_REQUESTS}",
            entries.len()
        )));
    }
    let read = |(place, entry): (usize, &&RawValue)| {
        from_object(entry).map_err(|refusal| refusal.within(&format!("request {place} of the batch")))
    };
    entries.iter().enumerate().map(read).collect()
}

/// Reads one request from an object within a larger JSON text.
pub(super) fn from_object(object: &RawValue) -> Result<Asked, Refusal> {
    let text = object.get();
    // A list would be read as the fields in order.
    let raw = if text.starts_with('{') { serde_json::from_str::<Raw>(text).ok() } else { None };
    raw.ok_or_else(|| Refusal::malformed("it is not a JSON object")).and_then(request)
}

/// Reads a GET's URL.
pub(super) fn from_uri(uri: &Uri) -> Result<Asked, Refusal> {
    let Query(raw) = Query::<RawUrl>::try_from_uri(uri)
        .map_err(|error| Refusal::bad_request(format!("the URL's parameters cannot be read: {error}")))?;
    request(Raw {
        query: raw.query.map(Value::String),
        document_id: raw.document_id.map(Value::String),
        operation_name: raw.operation_name.map(Value::String),
        variables: raw.variables.map(|text| json("variables", &text)).transpose()?,
        extensions: raw.extensions.map(|text| json("extensions", &text)).transpose()?,
    })
}

fn request(raw: Raw) -> Result<Asked, Refusal> {
    let extensions = map("extensions", raw.extensions)?;
    let name = document_name(text("documentId", raw.document_id)?, extensions.as_ref())?;
    let query = match (text("query", raw.query)?, &name) {
        (Some(query), _) => query,
        (None, Some(_)) => String::new(),
        (None, None) => {
            return Err(Refusal::malformed(
                "the parameter \"query\" is missing; it holds the GraphQL document (GraphiQL is at /graphiql)",
            ));
        }
    };
    let mut request = Request::new(query);
    request.operation_name = text("operationName", raw.operation_name)?;
    request.variables = map("variables", raw.variables)?.map(Variables::from_value).unwrap_or_default();
    if let Some(Value::Object(extensions)) = extensions {
        request.extensions.extend(extensions.into_iter().map(|(name, value)| (name.to_string(), value)));
    }
    Ok(Asked { request, name })
}

/// What the request calls its document, if it does.
fn document_name(id: Option<String>, extensions: Option<&Value>) -> Result<Option<DocumentName>, Refusal> {
    let extension = match extensions {
        Some(Value::Object(extensions)) => extensions.get("persistedQuery"),
        _ => None,
    };
    match (id, extension) {
        (id, None | Some(Value::Null)) => Ok(id.map(DocumentName::Id)),
        (None, Some(extension)) => persisted_query(extension).map(Some),
        (Some(_), Some(_)) => Err(Refusal::malformed(
            "both documentId and extensions.persistedQuery name the document; send one of them",
        )),
    }
}

/// The name in `extensions.persistedQuery`.
fn persisted_query(extension: &Value) -> Result<DocumentName, Refusal> {
    let Value::Object(extension) = extension else {
        return Err(mistyped("extensions.persistedQuery", "an object", extension));
    };
    if extension.get("version") != Some(&Value::from(PERSISTED_QUERY_VERSION)) {
        return Err(Refusal::malformed(format!(
            "extensions.persistedQuery.version must be {PERSISTED_QUERY_VERSION}, the only version there is"
        )));
    }
    let hash = text("extensions.persistedQuery.sha256Hash", extension.get("sha256Hash").cloned())?;
    let missing = "extensions.persistedQuery.sha256Hash is missing; it holds the SHA-256 of the document";
    hash.map(DocumentName::PersistedQuery).ok_or_else(|| Refusal::malformed(missing))
}

fn text(name: &str, value: Option<Value>) -> Result<Option<String>, Refusal> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(mistyped(name, "a string", &other)),
    }
}

fn map(name: &str, value: Option<Value>) -> Result<Option<Value>, Refusal> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(map @ Value::Object(_)) => Ok(Some(map)),
        Some(other) => Err(mistyped(name, "an object", &other)),
    }
}

fn json(name: &str, text: &str) -> Result<Value, Refusal> {
    serde_json::from_str(text)
        .map_err(|error| Refusal::bad_request(format!("the parameter \"{name}\" is not JSON: {error}")))
}

fn mistyped(name: &str, wanted: &str, found: &Value) -> Refusal {
    let found = match found {
        Value::Null => "null",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Boolean(_) => "a boolean",
        Value::List(_) => "a list",
        Value::Object(_) => "an object",
        Value::Binary(_) | Value::Enum(_) => "something else",
    };
    Refusal::malformed(format!("the parameter \"{name}\" must be {wanted}, not {found}"))
}
