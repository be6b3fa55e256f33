//! The messages of `graphql-transport-ws` as they go over the wire, and the close codes.
//!
//! Fields that the protocol does not know are passed over; null counts as absent. What cannot be read is
//! named with what was found, in the few bytes that a close frame has for it.

use async_graphql::ServerError;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{error::quoted, graphql::Asked, http::params};

/// Bytes of a close frame's reason at most (RFC 6455, section 5.5).
const LONGEST_REASON: usize = 123;
/// Bytes of an operation's id at most: each message of it carries the id.
const LONGEST_ID: usize = 256;
/// Characters of what a client sent in a reason.
const LONGEST_SHOWN: usize = 32;

/// The server's answer to `connection_init`.
pub(super) const CONNECTION_ACK: &[u8] = br#"{"type":"connection_ack"}"#;

/// What a client says.
pub(super) enum Message {
    /// It wants to send operations; the payload may hold credentials.
    ConnectionInit(Option<Box<RawValue>>),
    /// It wants a `pong` with the same payload.
    Ping(Option<Box<RawValue>>),
    /// It answers a `ping`.
    Pong,
    /// It sends an operation.
    Subscribe {
        /// What it calls it.
        id: Box<str>,
        /// The operation.
        asked: Box<Asked>,
    },
    /// It wants no more of an operation.
    Complete {
        /// What it calls it.
        id: Box<str>,
    },
}

/// Why the server closes a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Close {
    /// By RFC 6455, section 7.4, or by the protocol (4400 to 4499).
    pub(super) code: u16,
    /// For people: at most 123 bytes.
    pub(super) reason: String,
}

/// A message with the types of its fields unchecked.
#[derive(Deserialize)]
struct Raw<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

impl Message {
    /// Reads a message; the error is the reason for which the socket is to be closed.
    pub(super) fn read(text: &[u8]) -> Result<Self, Close> {
        // A list would be read as the fields in order.
        if text.trim_ascii_start().first() != Some(&b'{') {
            return Err(Close::invalid("the message is not a JSON object"));
        }
        let raw: Raw = serde_json::from_slice(text)
            .map_err(|error| Close::invalid(&format!("the message is not a JSON object: {error}")))?;
        let kind: String =
            raw.kind.and_then(|kind| serde_json::from_str(kind.get()).ok()).ok_or_else(|| {
                Close::invalid(&format!("the message's \"type\" must be a string, not {}", found(raw.kind)))
            })?;
        match kind.as_str() {
            "connection_init" => raw.object().map(Self::ConnectionInit),
            "ping" => raw.object().map(Self::Ping),
            "pong" => raw.object().map(|_| Self::Pong),
            "subscribe" => Ok(Self::Subscribe { id: raw.id()?, asked: raw.asked()? }),
            "complete" => Ok(Self::Complete { id: raw.id()? }),
            _ => Err(Close::invalid(&format!("no message has the type {}", quoted(&kind, LONGEST_SHOWN)))),
        }
    }
}

impl Raw<'_> {
    fn id(&self) -> Result<Box<str>, Close> {
        let id: Option<String> = self.id.and_then(|id| serde_json::from_str(id.get()).ok());
        match id {
            Some(id) if (1..=LONGEST_ID).contains(&id.len()) => Ok(id.into()),
            Some(id) => {
                let told = format!("the \"id\" must have 1 to {LONGEST_ID} bytes, not {}", id.len());
                Err(Close::invalid(&told))
            }
            None => {
                Err(Close::invalid(&format!("the message's \"id\" must be a string, not {}", found(self.id))))
            }
        }
    }

    fn asked(&self) -> Result<Box<Asked>, Close> {
        let payload = self.payload.ok_or_else(|| Close::invalid("the message has no \"payload\""))?;
        let asked = params::from_object(payload);
        asked.map(Box::new).map_err(|refusal| Close::invalid(&format!("payload: {}", refusal.message())))
    }

    /// The payload of a message that need not have one.
    fn object(&self) -> Result<Option<Box<RawValue>>, Close> {
        match self.payload {
            Some(payload) if !payload.get().starts_with('{') => Err(Close::invalid(&format!(
                "the \"payload\" must be an object, not {}",
                found(self.payload)
            ))),
            payload => Ok(payload.map(ToOwned::to_owned)),
        }
    }
}

/// What stands in a field, as a reason shows it.
fn found(value: Option<&RawValue>) -> String {
    let Some(value) = value else { return "missing".to_owned() };
    quoted(value.get(), LONGEST_SHOWN)
}

impl Close {
    /// What the client sent is no message.
    pub(super) fn invalid(what: &str) -> Self {
        Self::new(4400, what)
    }

    /// An operation came before the acknowledgement.
    pub(super) fn unauthorized() -> Self {
        Self::new(4401, "send connection_init and wait for connection_ack before you subscribe")
    }

    /// The payload of `connection_init` lets nobody in.
    pub(super) fn forbidden(why: &str) -> Self {
        Self::new(4403, why)
    }

    /// The client speaks another protocol.
    pub(super) fn subprotocol() -> Self {
        Self::new(4406, "Subprotocol not acceptable: offer graphql-transport-ws")
    }

    /// `connection_init` did not come in time.
    pub(super) fn init_timeout() -> Self {
        Self::new(4408, "Connection initialisation timeout")
    }

    /// The id is that of an operation that is open.
    pub(super) fn duplicate(id: &str) -> Self {
        // Short enough to keep what follows the id, even when each of its characters is escaped.
        Self::new(4409, &format!("Subscriber for {} already exists", quoted(id, LONGEST_SHOWN)))
    }

    /// A second `connection_init`.
    pub(super) fn too_many_inits() -> Self {
        Self::new(4429, "Too many initialisation requests")
    }

    /// Whether the payload of `connection_init` lets anybody in cannot be told now; the client is to come back.
    pub(super) fn try_again(why: &str) -> Self {
        Self::new(1013, why)
    }

    /// The server ends; the client is to come back.
    pub(super) fn restart() -> Self {
        Self::new(1012, "the server shuts down; connect again and resume after the last cursor")
    }

    fn new(code: u16, reason: &str) -> Self {
        let reason = if reason.len() <= LONGEST_REASON {
            reason.to_owned()
        } else {
            let end = reason.floor_char_boundary(LONGEST_REASON - "…".len());
            format!("{}…", &reason[..end])
        };
        Self { code, reason }
    }
}

/// The answer to a `ping`.
pub(super) fn pong(payload: Option<&RawValue>) -> Vec<u8> {
    match payload {
        Some(payload) => [br#"{"type":"pong","payload":"#, payload.get().as_bytes(), b"}"].concat(),
        None => br#"{"type":"pong"}"#.to_vec(),
    }
}

/// A `next` up to its payload, which is followed by `}`.
pub(super) fn next_head(id: &str) -> Box<[u8]> {
    [br#"{"id":"#, text(id).as_bytes(), br#","type":"next","payload":"#].concat().into()
}

/// An `error`.
pub(super) fn error(id: &str, errors: &[ServerError]) -> Vec<u8> {
    let errors = serde_json::to_vec(errors).unwrap_or_else(|error| {
        tracing::error!(%error, "errors could not be written as JSON");
        b"[]".to_vec()
    });
    [br#"{"id":"#, text(id).as_bytes(), br#","type":"error","payload":"#, &errors, b"}"].concat()
}

/// A `complete`.
pub(super) fn complete(id: &str) -> Vec<u8> {
    [br#"{"id":"#, text(id).as_bytes(), br#","type":"complete"}"#].concat()
}

/// A JSON string.
fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, proptest};

    use super::{Close, LONGEST_REASON, Message};

    /// The code and reason with which a message closes its socket.
    fn refused(text: &str) -> (u16, String) {
        match Message::read(text.as_bytes()) {
            Err(Close { code, reason }) => (code, reason),
            Ok(_) => panic!("{text} was read"),
        }
    }

    #[test]
    fn what_is_no_message_is_quoted() {
        for (text, reason) in [
            ("{nope", "the message is not a JSON object: key must be a string at line 1 column 2"),
            ("[\"ping\"]", "the message is not a JSON object"),
            ("", "the message is not a JSON object"),
            ("{}", "the message's \"type\" must be a string, not missing"),
            ("{\"type\":5}", "the message's \"type\" must be a string, not \"5\""),
            ("{\"type\":\"wat\"}", "no message has the type \"wat\""),
            ("{\"type\":\"connection_ack\"}", "no message has the type \"connection_ack\""),
            ("{\"type\":\"ping\",\"payload\":[1]}", "the \"payload\" must be an object, not \"[1]\""),
            ("{\"type\":\"complete\"}", "the message's \"id\" must be a string, not missing"),
            ("{\"type\":\"complete\",\"id\":7}", "the message's \"id\" must be a string, not \"7\""),
            ("{\"type\":\"complete\",\"id\":\"\"}", "the \"id\" must have 1 to 256 bytes, not 0"),
            ("{\"type\":\"subscribe\",\"id\":\"a\"}", "the message has no \"payload\""),
            ("{\"type\":\"subscribe\",\"id\":\"a\",\"payload\":[]}", "payload: it is not a JSON object"),
            (
                "{\"type\":\"subscribe\",\"id\":\"a\",\"payload\":{\"query\":\"{x}\",\"variables\":[]}}",
                "payload: the parameter \"variables\" must be an object, not a list",
            ),
        ] {
            assert_eq!(refused(text), (4400, reason.to_owned()), "{text}");
        }
        let (_, reason) = refused(&format!("{{\"type\":\"{}\"}}", "w".repeat(500)));
        assert_eq!(reason, format!("no message has the type \"{}\"…", "w".repeat(32)));
        assert_eq!(refused(&format!("{{\"type\":\"complete\",\"id\":\"{}\"}}", "i".repeat(257))).0, 4400);
    }

    #[test]
    fn fields_that_nobody_knows_are_passed_over() {
        for text in [
            " {\"type\":\"ping\",\"payload\":null,\"id\":[3],\"more\":{}}",
            "{\"more\":1,\"type\":\"connection_init\",\"payload\":{\"authorization\":\"x\"}}",
            "{\"type\":\"subscribe\",\"id\":\"\u{1f}é\",\"payload\":{\"query\":\"{x}\",\"more\":1,\"variables\":null}}",
            "{\"type\":\"complete\",\"id\":\"a\",\"payload\":5}",
        ] {
            let text = text.replace('\u{1f}', "\\u001f");
            assert!(Message::read(text.as_bytes()).is_ok(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_reason_always_fits_its_frame(reason: String, id: String, kind: String) {
            let message = serde_json::json!({ "type": kind, "id": id }).to_string();
            let closes = [Close::invalid(&reason), Close::duplicate(&id), Close::forbidden(&kind)];
            for close in closes.into_iter().chain(Message::read(message.as_bytes()).err()) {
                prop_assert!(close.reason.len() <= LONGEST_REASON, "{}", close.reason);
            }
        }

        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = Message::read(&bytes);
            let _ = Message::read(&[b"{\"type\":", &bytes[..], b"}"].concat());
        }
    }
}
