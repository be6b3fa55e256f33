//! The opening handshake (RFC 6455, section 4.2) with permessage-deflate (RFC 7692): from a request's head
//! to an upgrade or a refusal. Pure; origin and subprotocol are not its business.
//!
//! HTTP/1.1 only. The extended CONNECT of HTTP/2 (RFC 8441) is not offered: a server says so by not sending
//! `SETTINGS_ENABLE_CONNECT_PROTOCOL`, upon which browsers open an HTTP/1.1 connection for the socket.

use axum::http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version,
    header::{
        CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION,
        UPGRADE,
    },
    request::Parts,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use sha1::{Digest, Sha1};
use thiserror::Error;

/// What the key is joined with, so that the answer can come from a WebSocket server only.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// The one version there is.
const VERSION: &str = "13";
/// Neither side refers to earlier messages: see [`super::Deflate`].
const AGREED: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
/// The same for a client that asked for a window of the usual size: what is asked for must be answered.
const AGREED_WINDOW: &str =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=15";

/// A request that may be upgraded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upgrade {
    accept: HeaderValue,
    extensions: Option<HeaderValue>,
}

/// Why a request that asks for a WebSocket does not get one.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum Refusal {
    /// Not `GET` in HTTP/1.1.
    #[error("a WebSocket is opened by GET in HTTP/1.1")]
    Request,
    /// No `Upgrade: websocket`, or `Connection` does not name it.
    #[error("a WebSocket is opened with \"Connection: Upgrade\" and \"Upgrade: websocket\"")]
    Upgrade,
    /// Another version of the protocol.
    #[error("the version of the WebSocket protocol that is spoken here is 13 (Sec-WebSocket-Version)")]
    Version,
    /// No key, several, or not one of 16 bytes.
    #[error("Sec-WebSocket-Key must be there once and hold 16 bytes in Base64")]
    Key,
    /// `Sec-WebSocket-Extensions` cannot be read.
    #[error("Sec-WebSocket-Extensions is not a list of extensions (RFC 6455, section 9.1)")]
    Extensions,
}

impl Upgrade {
    /// Whether messages may be packed.
    pub fn deflates(&self) -> bool {
        self.extensions.is_some()
    }

    /// The headers of the answer, whose status is 101. `Sec-WebSocket-Protocol` is not among them.
    pub fn headers(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        let always = [
            (CONNECTION, HeaderValue::from_static("Upgrade")),
            (UPGRADE, HeaderValue::from_static("websocket")),
            (SEC_WEBSOCKET_ACCEPT, self.accept.clone()),
        ];
        always.into_iter().chain(self.extensions.clone().map(|agreed| (SEC_WEBSOCKET_EXTENSIONS, agreed)))
    }
}

impl Refusal {
    /// The status of the answer.
    pub fn status(self) -> StatusCode {
        match self {
            Self::Version | Self::Upgrade => StatusCode::UPGRADE_REQUIRED,
            Self::Request | Self::Key | Self::Extensions => StatusCode::BAD_REQUEST,
        }
    }

    /// The headers that the answer must have: what would be accepted.
    pub fn headers(self) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        let upgrade = [
            (UPGRADE, HeaderValue::from_static("websocket")),
            (CONNECTION, HeaderValue::from_static("Upgrade")),
            (SEC_WEBSOCKET_VERSION, HeaderValue::from_static(VERSION)),
        ];
        upgrade.into_iter().filter(move |_| self.status() == StatusCode::UPGRADE_REQUIRED)
    }
}

/// Whether a request asks for a WebSocket: whatever else it says, it gets an upgrade or a refusal.
pub fn asked(headers: &HeaderMap) -> bool {
    names(headers, &UPGRADE, "websocket")
}

/// Decides on a request's head; with `deflate`, the first offer of permessage-deflate is taken that can be
/// honoured.
pub fn accept(request: &Parts, deflate: bool) -> Result<Upgrade, Refusal> {
    let headers = &request.headers;
    if request.method != Method::GET || request.version != Version::HTTP_11 {
        return Err(Refusal::Request);
    }
    if !asked(headers) || !names(headers, &CONNECTION, "upgrade") {
        return Err(Refusal::Upgrade);
    }
    if only(headers, &SEC_WEBSOCKET_VERSION) != Some(VERSION.as_bytes()) {
        return Err(Refusal::Version);
    }
    let key = only(headers, &SEC_WEBSOCKET_KEY).ok_or(Refusal::Key)?;
    if BASE64_STANDARD.decode(key).map(|bytes| bytes.len()) != Ok(16) {
        return Err(Refusal::Key);
    }
    let extensions = agreed(headers)?.filter(|_| deflate).map(HeaderValue::from_static);
    Ok(Upgrade { accept: answer(key)?, extensions })
}

/// What proves that this server understood the key.
fn answer(key: &[u8]) -> Result<HeaderValue, Refusal> {
    let proof = Sha1::new().chain_update(key).chain_update(GUID).finalize();
    HeaderValue::try_from(BASE64_STANDARD.encode(proof)).map_err(|_| Refusal::Key)
}

/// What is answered to the first offer that can be honoured; none when there is none.
fn agreed(headers: &HeaderMap) -> Result<Option<&'static str>, Refusal> {
    let mut agreed = None;
    for header in headers.get_all(SEC_WEBSOCKET_EXTENSIONS) {
        let mut rest = header.to_str().map_err(|_| Refusal::Extensions)?;
        // An empty element is allowed in a list (RFC 9110, section 5.6.1).
        while let Some(offer) = next_offer(&mut rest)? {
            agreed = agreed.or_else(|| judge(&offer));
        }
    }
    Ok(agreed)
}

/// One element of `Sec-WebSocket-Extensions`.
struct Offer {
    name: String,
    parameters: Vec<(String, Option<String>)>,
}

/// What is answered to an offer; none when it cannot be honoured (RFC 7692, sections 5.1 and 7.1): a
/// parameter that is unknown, or there twice, or has a value that it cannot have, or a smaller window for
/// what the server packs, for that is packed once for all clients.
fn judge(offer: &Offer) -> Option<&'static str> {
    if offer.name != "permessage-deflate" {
        return None;
    }
    let mut seen = Vec::new();
    for (name, value) in &offer.parameters {
        if seen.contains(&name.as_str()) {
            return None;
        }
        seen.push(name);
        match (name.as_str(), value.as_deref()) {
            ("server_no_context_takeover" | "client_no_context_takeover", None)
            | ("client_max_window_bits", None | Some("8" | "9" | "10" | "11" | "12" | "13" | "14" | "15"))
            | ("server_max_window_bits", Some("15")) => {}
            _ => return None,
        }
    }
    Some(if seen.contains(&"server_max_window_bits") { AGREED_WINDOW } else { AGREED })
}

/// Reads one offer and what follows it, up to the next; none at the end.
fn next_offer(rest: &mut &str) -> Result<Option<Offer>, Refusal> {
    *rest = rest.trim_start_matches([',', ' ', '\t']);
    if rest.is_empty() {
        return Ok(None);
    }
    let mut offer = Offer { name: token(rest)?, parameters: Vec::new() };
    while skip(rest, ';') {
        let name = token(rest)?;
        let value = if skip(rest, '=') { Some(value(rest)?) } else { None };
        offer.parameters.push((name, value));
    }
    if rest.is_empty() || rest.starts_with(',') { Ok(Some(offer)) } else { Err(Refusal::Extensions) }
}

/// Skips one character with the blanks around it, if it is the next.
fn skip(rest: &mut &str, character: char) -> bool {
    let blank = [' ', '\t'];
    *rest = rest.trim_start_matches(blank);
    let Some(after) = rest.strip_prefix(character) else { return false };
    *rest = after.trim_start_matches(blank);
    true
}

/// A token, or a quoted string without its quotes.
fn value(rest: &mut &str) -> Result<String, Refusal> {
    let Some(quoted) = rest.strip_prefix('"') else { return token(rest) };
    let mut value = String::new();
    let mut characters = quoted.chars();
    loop {
        match characters.next().ok_or(Refusal::Extensions)? {
            '"' => break,
            '\\' => value.push(characters.next().ok_or(Refusal::Extensions)?),
            other => value.push(other),
        }
    }
    *rest = characters.as_str();
    Ok(value)
}

fn token(rest: &mut &str) -> Result<String, Refusal> {
    let of_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let end = rest.find(|c| !of_token(c)).unwrap_or(rest.len());
    let (token, after) = rest.split_at(end);
    *rest = after;
    if token.is_empty() { Err(Refusal::Extensions) } else { Ok(token.to_owned()) }
}

/// Whether a list names this, in any case.
fn names(headers: &HeaderMap, header: &HeaderName, name: &str) -> bool {
    let lists = headers.get_all(header).into_iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|element| element.trim().eq_ignore_ascii_case(name))
}

/// The value of a header that must be there once.
fn only<'a>(headers: &'a HeaderMap, header: &HeaderName) -> Option<&'a [u8]> {
    let mut values = headers.get_all(header).into_iter();
    let value = values.next()?;
    values.next().is_none().then(|| value.as_bytes())
}

#[cfg(test)]
mod tests {
    use axum::http::{
        HeaderValue, Request, Version,
        header::{
            CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY,
            SEC_WEBSOCKET_VERSION, UPGRADE,
        },
        request::Parts,
    };
    use proptest::prelude::*;

    use super::{Refusal, accept};

    const PLAIN: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    const WINDOW: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover; \
                          server_max_window_bits=15";

    /// What a browser sends, with these offers.
    fn request(offers: &[&str]) -> Parts {
        let mut request = Request::get("/graphql")
            .header(CONNECTION, "keep-alive, Upgrade")
            .header(UPGRADE, "WebSocket")
            .header(SEC_WEBSOCKET_VERSION, "13")
            .header(SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ==");
        for offer in offers {
            request = request.header(SEC_WEBSOCKET_EXTENSIONS, *offer);
        }
        request.body(()).unwrap().into_parts().0
    }

    /// What is answered to these offers.
    fn answer(offers: &[&str]) -> Result<Option<String>, Refusal> {
        let upgrade = accept(&request(offers), true)?;
        let agreed = upgrade.headers().find(|(name, _)| name == SEC_WEBSOCKET_EXTENSIONS);
        assert_eq!(agreed.is_some(), upgrade.deflates());
        Ok(agreed.map(|(_, value)| value.to_str().unwrap().to_owned()))
    }

    #[test]
    fn the_key_is_answered_as_the_rfc_has_it() {
        let upgrade = accept(&request(&[]), true).unwrap();
        let accept = upgrade.headers().find(|(name, _)| name == SEC_WEBSOCKET_ACCEPT);
        assert_eq!(accept.unwrap().1, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn the_first_offer_is_taken_that_can_be_honoured() {
        for (offers, answered) in [
            (&[][..], None),
            (&[""], None),
            (&["permessage-deflate"], Some(PLAIN)),
            (&["permessage-deflate; client_max_window_bits"], Some(PLAIN)),
            (&["permessage-deflate;client_max_window_bits=8"], Some(PLAIN)),
            (&["permessage-deflate ; client_max_window_bits = \"15\""], Some(PLAIN)),
            (&["permessage-deflate; client_max_window_bits=\"1\\5\""], Some(PLAIN)),
            (&["permessage-deflate; server_no_context_takeover; client_no_context_takeover"], Some(PLAIN)),
            (&["permessage-deflate; server_max_window_bits=15"], Some(WINDOW)),
            (&["permessage-deflate; server_max_window_bits=\"15\"; client_max_window_bits"], Some(WINDOW)),
            // Of several: in one header, in several, behind others.
            (&["permessage-deflate; server_max_window_bits=10, permessage-deflate"], Some(PLAIN)),
            (&["permessage-deflate; server_max_window_bits=10", "permessage-deflate"], Some(PLAIN)),
            (&["permessage-deflate; server_max_window_bits=15, permessage-deflate"], Some(WINDOW)),
            (&["x-webkit-deflate-frame", "permessage-bzip2; level=9,, permessage-deflate"], Some(PLAIN)),
            (&["other; says=\"a, permessage-deflate; \\\"\"", "permessage-deflate"], Some(PLAIN)),
            (&["other; says=\", permessage-deflate\""], None),
            // What nobody can honour, or not here.
            (&["permessage-deflate; server_max_window_bits=10"], None),
            (&["permessage-deflate; server_max_window_bits"], None),
            (&["permessage-deflate; server_max_window_bits=16"], None),
            (&["permessage-deflate; client_max_window_bits=7"], None),
            (&["permessage-deflate; client_max_window_bits=16"], None),
            (&["permessage-deflate; client_max_window_bits=015"], None),
            (&["permessage-deflate; client_max_window_bits=\"\""], None),
            (&["permessage-deflate; server_no_context_takeover=1"], None),
            (&["permessage-deflate; client_no_context_takeover=true"], None),
            (&["permessage-deflate; server_no_context_takeover; server_no_context_takeover"], None),
            (&["permessage-deflate; client_max_window_bits; client_max_window_bits=10"], None),
            (&["permessage-deflate; level=9"], None),
            (&["permessage-deflate-2"], None),
        ] {
            assert_eq!(answer(offers).unwrap().as_deref(), answered, "{offers:?}");
        }
        assert!(!accept(&request(&["permessage-deflate"]), false).unwrap().deflates());
    }

    #[test]
    fn a_header_that_is_no_list_of_extensions_is_refused() {
        for broken in
            ["permessage-deflate; x=\"", "a b", ";", "a;", "a;=1", "a; b=", "a; b=\"x\"y", "a=b", "\""]
        {
            assert_eq!(answer(&["permessage-deflate", broken]), Err(Refusal::Extensions), "{broken}");
        }
    }

    #[test]
    fn a_request_that_opens_no_socket_is_refused() {
        let refused = |change: fn(&mut Parts)| {
            let mut request = request(&[]);
            change(&mut request);
            accept(&request, true).unwrap_err()
        };
        assert_eq!(refused(|r| r.version = Version::HTTP_10), Refusal::Request);
        assert_eq!(refused(|r| r.version = Version::HTTP_2), Refusal::Request);
        assert_eq!(refused(|r| r.method = "POST".parse().unwrap()), Refusal::Request);
        assert_eq!(refused(|r| drop(r.headers.remove(UPGRADE))), Refusal::Upgrade);
        assert_eq!(
            refused(|r| drop(r.headers.insert(CONNECTION, HeaderValue::from_static("close")))),
            Refusal::Upgrade
        );
        for version in ["8", "13, 8", "013", ""] {
            let mut request = request(&[]);
            request.headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static(version));
            assert_eq!(accept(&request, true), Err(Refusal::Version), "{version}");
        }
        for key in ["", "c2hvcnQ=", "dGhlIHNhbXBsZSBub25jZQ", "not Base64 but of 24 b.."] {
            let mut request = request(&[]);
            request.headers.insert(SEC_WEBSOCKET_KEY, HeaderValue::from_static(key));
            assert_eq!(accept(&request, true), Err(Refusal::Key), "{key}");
        }
        let twice = HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ==");
        let mut request = request(&[]);
        request.headers.append(SEC_WEBSOCKET_KEY, twice);
        assert_eq!(accept(&request, true), Err(Refusal::Key));
    }

    #[test]
    fn a_refusal_says_what_would_do() {
        let headers: Vec<_> = Refusal::Version.headers().collect();
        assert!(headers.contains(&(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"))));
        assert_eq!(Refusal::Version.status(), 426);
        assert_eq!((Refusal::Key.status().as_u16(), Refusal::Key.headers().count()), (400, 0));
    }

    proptest! {
        /// Whatever the header says, it is read to its end or refused.
        #[test]
        fn any_header_is_decided_on(header in "[a-z0-9;,=\\\\\" _-]{0,60}|\\PC{0,30}") {
            if HeaderValue::from_str(&header).is_ok() {
                let _ = answer(&[&header]);
            }
        }

        /// An offer that can be honoured is found behind any number of others, whatever they are.
        #[test]
        fn an_offer_is_found_among_others(
            others in prop::collection::vec("[a-z-]{1,8}(; [a-z_]{1,6}(=([a-z0-9]{1,4}|\"[a-z,;= ]{0,9}\"))?){0,3}", 0..5),
            joined: bool,
        ) {
            let mut offers: Vec<&str> = others.iter().map(String::as_str).collect();
            offers.push("permessage-deflate; client_max_window_bits");
            let one = [offers.join(", ")];
            let answered = if joined { answer(&[&one[0]]) } else { answer(&offers) };
            prop_assert_eq!(answered, Ok(Some(PLAIN.to_owned())));
        }
    }
}
