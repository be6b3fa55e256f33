//! Networks of addresses, as settings name them: `10.0.0.0/8`, `2001:db8::/32`, or one address.

use std::{fmt, net::IpAddr, ops::RangeInclusive, str::FromStr};

use super::value::Value;

/// The prefix of IPv6 under which IPv4 lies.
const IPV4_PREFIX: u32 = 96;

/// The addresses that begin alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// The first address, as IPv6: IPv4 lies under `::ffff:0:0/96`.
    first: u128,
    /// Bits that all of its addresses share with the first.
    prefix: u32,
}

/// Networks of proxies that are believed, with commas in between.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(pub Vec<Network>);

/// The text is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is neither an address nor a network such as 10.0.0.0/8 or 2001:db8::/32")]
pub struct NotANetwork;

impl Network {
    /// Whether an address lies in it. IPv4 within IPv6 (`::ffff:10.0.0.1`) counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        // A shift by all 128 bits leaves nothing to differ.
        (bits(address) ^ self.first).checked_shr(u128::BITS - self.prefix).unwrap_or(0) == 0
    }
}

/// An address as IPv6.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

impl FromStr for Network {
    type Err = NotANetwork;

    /// A prefix that cuts off bits of its address is refused: one of the two is not what was meant.
    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, prefix)| (a, Some(prefix)));
        let address: IpAddr = address.parse().map_err(|_| NotANetwork)?;
        let above = if address.is_ipv4() { IPV4_PREFIX } else { 0 };
        let prefix = match prefix {
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse::<u32>().ok().and_then(|own| own.checked_add(above)).ok_or(NotANetwork)?
            }
            Some(_) => return Err(NotANetwork),
            None => u128::BITS,
        };
        let first = bits(address);
        let cut = u128::MAX.checked_shr(prefix).unwrap_or(0);
        if prefix <= u128::BITS && first & cut == 0 { Ok(Self { first, prefix }) } else { Err(NotANetwork) }
    }
}

impl Value for TrustedProxies {
    fn expected(_: &RangeInclusive<u64>) -> String {
        "networks such as 10.0.0.0/8 or ::1 with commas in between".to_owned()
    }

    fn parse(text: &str, _: &RangeInclusive<u64>) -> Option<Self> {
        let networks = text.split(',').map(str::trim).filter(|network| !network.is_empty());
        networks.map(|network| network.parse().ok()).collect::<Option<_>>().map(Self)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = std::net::Ipv6Addr::from_bits(self.first);
        match IpAddr::V6(first).to_canonical() {
            first @ IpAddr::V4(_) if self.prefix >= IPV4_PREFIX => {
                write!(out, "{first}/{}", self.prefix - IPV4_PREFIX)
            }
            _ => write!(out, "{first}/{}", self.prefix),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::{Network, TrustedProxies, Value};

    fn contains(network: &str, address: &str) -> bool {
        network.parse::<Network>().unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn an_address_lies_in_the_networks_that_it_begins_like() {
        for (network, address) in [
            ("10.0.0.0/8", "10.255.0.1"),
            ("10.0.0.0/8", "::ffff:10.0.0.1"),
            ("::ffff:10.0.0.0/104", "10.0.0.1"),
            ("127.0.0.1", "127.0.0.1"),
            ("0.0.0.0/0", "203.0.113.9"),
            ("::/0", "203.0.113.9"),
            ("::1", "::1"),
            ("2001:db8::/32", "2001:db8:ffff::1"),
        ] {
            assert!(contains(network, address), "{address} lies in {network}");
        }
        for (network, address) in [
            ("10.0.0.0/8", "11.0.0.0"),
            ("127.0.0.1", "127.0.0.2"),
            ("0.0.0.0/0", "2001:db8::1"),
            ("2001:db8::/32", "2001:db9::"),
            ("::1", "127.0.0.1"),
        ] {
            assert!(!contains(network, address), "{address} does not lie in {network}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        let parse =
            |text| TrustedProxies::parse(text, &(0..=1)).map(|TrustedProxies(networks)| networks.len());
        assert_eq!(parse(""), Some(0));
        assert_eq!(parse("10.0.0.0/8, ::1,"), Some(2));
        for wrong in
            ["10.0.0.1/8", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/+8", "proxy", "10.0.0.0/8 ::1"]
        {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_network_is_what_it_is_written_as(bits: u32, prefix in 0..=32_u32) {
            let first = bits & u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
            let text = format!("{}/{prefix}", std::net::Ipv4Addr::from_bits(first));
            prop_assert_eq!(text.parse::<Network>().unwrap().to_string(), text);
        }
    }
}
