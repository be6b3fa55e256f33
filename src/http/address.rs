//! Who a request comes from: the peer of its connection or, where that is a trusted proxy, whom the proxy names.
//!
//! What must stay true: what a client itself writes into `Forwarded` or `X-Forwarded-For` never changes whom
//! its requests count for, but where nobody said which of them the proxy writes (see `behind`). Each proxy appends whom it got the request from, so the headers are read from
//! their ends, and no further than the first address that is no trusted proxy.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::http::{HeaderMap, HeaderName, Uri, header, uri::Authority};

use crate::config::{Network, ProxyHeader};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Any of these says that a request came through a proxy.
const OF_PROXIES: [HeaderName; 6] = [
    header::FORWARDED,
    X_FORWARDED_FOR,
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-real-ip"),
    header::VIA,
];

/// The proxies that are believed, and the header that they write.
#[derive(Clone, Default)]
pub(super) struct TrustedProxies {
    networks: Arc<[Network]>,
    header: ProxyHeader,
}

/// Who sent a request. Stands in its extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Client {
    /// His address, as far as it is known.
    pub(super) address: IpAddr,
    /// Where the connection comes from.
    pub(super) peer: IpAddr,
    /// Whether it comes from a trusted proxy, or says that it came through any.
    pub(super) forwarded: bool,
}

impl TrustedProxies {
    /// The proxies in these networks, which write this header.
    pub(super) fn new(networks: &[Network], header: ProxyHeader) -> Self {
        Self { networks: networks.into(), header }
    }

    /// Whether an address is that of a proxy that is believed.
    pub(super) fn contain(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(address))
    }

    /// Who sent a request with these headers over a connection from `peer`.
    pub(super) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Client {
        let is_proxy = self.contain(peer);
        let address = if is_proxy { self.behind(peer, headers) } else { peer };
        let forwarded = is_proxy || OF_PROXIES.iter().any(|name| headers.contains_key(name));
        Client { address, peer, forwarded }
    }

    /// Whom a trusted proxy names. A proxy that writes one of the headers may pass on the other as the client sent
    /// it: where it is not known which one it writes and the two disagree, nobody is believed, and the request counts
    /// for the proxy.
    fn behind(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let standard = || self.named(peer, headers, &header::FORWARDED, forwarded_for);
        let usual = || self.named(peer, headers, &X_FORWARDED_FOR, node);
        let named = match self.header {
            ProxyHeader::Any => (standard(), usual()),
            ProxyHeader::Forwarded => (standard(), None),
            ProxyHeader::XForwardedFor => (None, usual()),
        };
        match named {
            (Some(standard), Some(usual)) if standard != usual => peer,
            (standard, usual) => standard.or(usual).unwrap_or(peer),
        }
    }

    /// Whom a header names; `None` where it is not there. What cannot be read, `unknown` for instance, leaves the
    /// request with the proxy that wrote it.
    fn named(
        &self,
        peer: IpAddr,
        headers: &HeaderMap,
        name: &HeaderName,
        read: fn(&str) -> Option<IpAddr>,
    ) -> Option<IpAddr> {
        headers.contains_key(name).then(|| {
            let lines = headers.get_all(name).into_iter().rev();
            // A line with other bytes than ASCII is one element that cannot be read.
            let elements = lines.flat_map(|line| line.to_str().unwrap_or("?").rsplit(','));
            let mut nearest = peer;
            for element in elements.map(str::trim).filter(|element| !element.is_empty()) {
                let Some(address) = read(element) else { break };
                nearest = address;
                if !self.contain(address) {
                    break;
                }
            }
            nearest
        })
    }
}

impl Client {
    /// Whether it is a program on this machine that asks for itself, not a proxy for somebody else. Nor a browser
    /// that shows a page of another site: such a page may have its name lead here, and is known by that name.
    pub(super) fn is_local(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        self.peer.to_canonical().is_loopback() && !self.forwarded && is_asked_of_this_machine(uri, headers)
    }
}

/// Whether a request names this machine as its host: by `Host` or, in HTTP/2, by its URI.
fn is_asked_of_this_machine(uri: &Uri, headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::HOST).into_iter();
    let named =
        lines.map(|line| Authority::try_from(line.as_bytes()).ok()).chain(uri.authority().cloned().map(Some));
    let mut named = named.peekable();
    named.peek().is_some() && named.all(|host| host.is_some_and(|host| is_loopback(host.host())))
}

/// Whether a host is this machine, as it calls itself.
fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || node(host).is_some_and(|address| address.is_loopback())
}

/// The address in an element of `Forwarded` (RFC 7239). A quote that is not closed, or escaped, means that the
/// line was cut within a text which the client may have chosen: such an element names nobody.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    if element.contains('\\') || element.matches('"').count() % 2 == 1 {
        return None;
    }
    let pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let mut nodes = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
    let (_, only) = nodes.next().filter(|_| nodes.next().is_none())?;
    node(only.trim().trim_matches('"'))
}

/// The address of a node, with or without a port.
fn node(text: &str) -> Option<IpAddr> {
    let address = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => IpAddr::V6(address.parse().ok()?),
        None => text.parse().or_else(|_| text.parse().map(|address: SocketAddr| address.ip())).ok()?,
    };
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri};
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::{Client, ProxyHeader, TrustedProxies};

    fn trusted(header: ProxyHeader) -> TrustedProxies {
        TrustedProxies::new(&["10.0.0.0/8", "::1"].map(|network| network.parse().unwrap()), header)
    }

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, line) in lines {
            headers.append(HeaderName::from_static(name), HeaderValue::from_str(line).unwrap());
        }
        headers
    }

    fn client(peer: &str, lines: &[(&'static str, &str)]) -> Client {
        client_of(ProxyHeader::Any, peer, lines)
    }

    fn client_of(header: ProxyHeader, peer: &str, lines: &[(&'static str, &str)]) -> Client {
        trusted(header).client(peer.parse().unwrap(), &headers(lines))
    }

    fn address(peer: &str, lines: &[(&'static str, &str)]) -> String {
        client(peer, lines).address.to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let lines = [("x-forwarded-for", "192.0.2.7")];
        assert_eq!(address("10.0.0.1", &lines), "192.0.2.7");
        assert_eq!(address("::1", &lines), "192.0.2.7");
        assert_eq!(address("192.0.2.1", &lines), "192.0.2.1");
        assert_eq!(address("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn the_nearest_that_is_no_proxy_is_the_client() {
        for (line, expected) in [
            ("6.6.6.6, 192.0.2.7", "192.0.2.7"),
            ("6.6.6.6, 192.0.2.7, 10.0.0.2", "192.0.2.7"),
            ("192.0.2.7:4711, 10.0.0.2:80", "192.0.2.7"),
            ("[2001:db8::7]:4711", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("2001:db8::7", "2001:db8::7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
            ("6.6.6.6, unknown", "10.0.0.1"),
            ("6.6.6.6, unknown, 10.0.0.2", "10.0.0.2"),
            ("192.0.2.7,, ", "192.0.2.7"),
            ("", "10.0.0.1"),
        ] {
            assert_eq!(address("10.0.0.1", &[("x-forwarded-for", line)]), expected, "{line}");
        }
        let lines = [("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "192.0.2.7")];
        assert_eq!(address("10.0.0.1", &lines), "192.0.2.7", "the last line was written last");
    }

    #[test]
    fn the_standards_header_is_read() {
        for (line, expected) in [
            ("for=192.0.2.7", "192.0.2.7"),
            ("For=\"192.0.2.7:80\";proto=https;by=10.0.0.1", "192.0.2.7"),
            ("proto=http; for=\"[2001:db8::7]:4711\"", "2001:db8::7"),
            ("for=6.6.6.6, for=192.0.2.7, for=10.0.0.2", "192.0.2.7"),
            ("for=6.6.6.6, for=_hidden", "10.0.0.1"),
            ("for=6.6.6.6, proto=https", "10.0.0.1"),
            ("for=6.6.6.6;for=192.0.2.7", "10.0.0.1"),
            // What a client may do to the text of a host that its proxy writes down.
            ("for=192.0.2.7;host=\"x, for=6.6.6.6\"", "10.0.0.1"),
            ("for=192.0.2.7;host=\"x\\\", for=6.6.6.6;y=\\\"z\"", "10.0.0.1"),
            ("for=\"6.6.6.6, for=192.0.2.7", "192.0.2.7"),
        ] {
            assert_eq!(address("10.0.0.1", &[("forwarded", line)]), expected, "{line}");
        }
    }

    #[test]
    fn two_headers_must_say_the_same() {
        let both =
            |standard, usual| address("10.0.0.1", &[("forwarded", standard), ("x-forwarded-for", usual)]);
        assert_eq!(both("for=192.0.2.7", "192.0.2.7"), "192.0.2.7");
        assert_eq!(both("for=6.6.6.6", "192.0.2.7"), "10.0.0.1");
        assert_eq!(both("for=192.0.2.7", "6.6.6.6"), "10.0.0.1");
    }

    fn is_local(peer: &str, lines: &[(&'static str, &str)]) -> bool {
        let lines = [&[("host", "localhost:8000")], lines].concat();
        client(peer, &lines).is_local(&Uri::from_static("/"), &headers(&lines))
    }

    #[test]
    fn only_the_header_that_the_proxy_writes_counts_where_it_is_known() {
        let lines = [("forwarded", "for=192.0.2.7"), ("x-forwarded-for", "192.0.2.8")];
        for (header, expected) in [
            (ProxyHeader::Any, "10.0.0.1"),
            (ProxyHeader::Forwarded, "192.0.2.7"),
            (ProxyHeader::XForwardedFor, "192.0.2.8"),
        ] {
            assert_eq!(client_of(header, "10.0.0.1", &lines).address.to_string(), expected);
        }
        let other = client_of(ProxyHeader::Forwarded, "10.0.0.1", &lines[1..]);
        assert_eq!(other.address.to_string(), "10.0.0.1");
    }

    #[test]
    fn a_proxy_on_this_machine_does_not_ask_for_itself() {
        assert!(is_local("127.0.0.1", &[]) && is_local("::ffff:127.0.0.1", &[]));
        assert!(!is_local("192.0.2.1", &[]));
        for name in ["forwarded", "x-forwarded-for", "x-real-ip", "via", "x-forwarded-proto"] {
            assert!(!is_local("127.0.0.1", &[(name, "x")]), "{name}");
        }
    }

    #[test]
    fn a_page_whose_name_leads_here_does_not_ask_for_this_machine() {
        let asked = |uri: &'static str, hosts: &[&str]| {
            let lines: Vec<_> = hosts.iter().map(|host| ("host", *host)).collect();
            client("127.0.0.1", &lines).is_local(&Uri::from_static(uri), &headers(&lines))
        };
        for host in ["localhost", "LocalHost:8000", "127.0.0.1:8000", "127.1.2.3", "[::1]", "[::1]:8000"] {
            assert!(asked("/", &[host]), "{host}");
        }
        assert!(asked("http://localhost:8000/", &[]), "HTTP/2 names the host in the URI");
        for host in ["evil.example:8000", "localhost.evil.example", "evil@127.0.0.1.example", "192.0.2.1", ""]
        {
            assert!(!asked("/", &[host]), "{host}");
        }
        assert!(!asked("/", &[]), "nothing is named");
        assert!(
            !asked("/", &["localhost", "evil.example"]) && !asked("http://evil.example/", &["localhost"])
        );
    }

    proptest! {
        #[test]
        fn no_client_chooses_his_address(sent in "[ -~]{0,60}", name in 0..2_usize) {
            let (name, appended) = [("x-forwarded-for", "192.0.2.7"), ("forwarded", "for=192.0.2.7")][name];
            // Proxies append to the line, or add one.
            prop_assert_eq!(address("10.0.0.1", &[(name, &format!("{sent}, {appended}"))]), "192.0.2.7");
            prop_assert_eq!(address("10.0.0.1", &[(name, &sent), (name, appended)]), "192.0.2.7");
            prop_assert_eq!(address("192.0.2.1", &[(name, &sent)]), "192.0.2.1");
        }
    }
}
