//! How many connections there may be; and of those that stay open, WebSockets and event streams, how long they
//! wait and who owns their tasks.
//!
//! A connection has a seat before anything is done for it, and one of another kind once it is to stay open.
//! What must stay true: a seat is given back when it is dropped, however its connection ended; an address that
//! has none open leaves nothing behind.

use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use super::{server::Options, ws::Deflate};
use crate::lifecycle::Tasks;

/// The part of an IPv6 address that one customer usually has.
const IPV6_NETWORK: u128 = !(u64::MAX as u128);

/// What WebSockets and event streams may do.
#[derive(Clone, Debug)]
pub struct LiveOptions {
    /// How long a socket has for its `connection_init`.
    pub init_timeout: Duration,
    /// How often the server pings a socket.
    pub ping_interval: Duration,
    /// How long a client has to answer a ping, or to take what waits for it.
    pub pong_timeout: Duration,
    /// How often something is sent over a silent event stream.
    pub heartbeat: Duration,
    /// Operations open on a socket at a time.
    pub max_operations: usize,
    /// Sockets and event streams open in all.
    pub max_connections: usize,
    /// Of them, those of one client address; an IPv6 address stands for its /64 network.
    pub max_connections_per_address: usize,
    /// Bytes of a message from a client, unpacked.
    pub max_message_bytes: usize,
    /// Origins whose pages may open sockets, besides the server's own; `*` stands for all.
    pub allowed_origins: Vec<String>,
}

/// What connections that stay open share.
pub(super) struct Connections {
    pub(super) options: LiveOptions,
    /// How long subscriptions may take to end when the server shuts down.
    pub(super) last_words: Duration,
    /// Packs messages; none where nothing is to be packed.
    pub(super) deflate: Option<Deflate>,
    /// Owns the tasks of sockets.
    pub(super) tasks: Tasks,
    /// Cancelled when the server shuts down.
    pub(super) draining: CancellationToken,
    seats: Seats,
}

/// Whom a request counts for where its caller is known by nothing else: the client's address, for IPv6 its /64
/// network. Stands in the extensions of each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Peer(IpAddr);

/// Which limit leaves no seat, and what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// All that there may be are open.
    Server(usize),
    /// All that one address may have are open.
    Address(usize),
}

/// The right to keep a connection open, until it is dropped.
pub(super) struct Seat {
    taken: Arc<Mutex<Taken>>,
    /// Whom it counts for, besides the server.
    peer: Option<Peer>,
}

/// How many connections may be open, and are.
pub(super) struct Seats {
    /// In all.
    most: usize,
    /// Of one address.
    most_of_one: usize,
    taken: Arc<Mutex<Taken>>,
}

/// Locked for a few instructions at a time, and never across an await.
#[derive(Default)]
struct Taken {
    all: usize,
    /// Only addresses that have any.
    by_peer: HashMap<Peer, usize>,
}

impl Default for LiveOptions {
    fn default() -> Self {
        Self {
            init_timeout: Duration::from_secs(10),
            ping_interval: Duration::from_secs(25),
            pong_timeout: Duration::from_secs(20),
            heartbeat: Duration::from_secs(15),
            max_operations: 100,
            max_connections: 10_000,
            max_connections_per_address: 100,
            max_message_bytes: 1024 * 1024,
            allowed_origins: Vec::new(),
        }
    }
}

impl Connections {
    /// No connections yet. Their tasks belong to `tasks`, and end when `draining` is cancelled.
    pub(super) fn new(options: &Options, tasks: Tasks, draining: CancellationToken) -> Self {
        Self {
            options: options.live.clone(),
            // The other half is for close frames on their way.
            last_words: options.drain_deadline / 2,
            deflate: options.compression.then(Deflate::default),
            tasks,
            draining,
            seats: Seats::new(options.live.max_connections, options.live.max_connections_per_address),
        }
    }

    /// Takes a seat for a client.
    pub(super) fn seat(&self, peer: Peer) -> Result<Seat, Full> {
        self.seats.take(Some(peer))
    }
}

impl Peer {
    /// What an address counts for.
    pub(super) fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & IPV6_NETWORK).into(),
            address @ IpAddr::V4(_) => address,
        })
    }
}

/// As limits, logs and people name it: an address, or a network of IPv6.
impl fmt::Display for Peer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(address) => write!(out, "{address}"),
            IpAddr::V6(network) => write!(out, "{network}/64"),
        }
    }
}

impl Seats {
    /// None taken yet.
    pub(super) fn new(most: usize, most_of_one: usize) -> Self {
        Self { most, most_of_one, taken: Arc::default() }
    }

    /// Takes a seat; for nobody in particular where no address is given, as a proxy's connections are.
    pub(super) fn take(&self, peer: Option<Peer>) -> Result<Seat, Full> {
        let mut taken = locked(&self.taken);
        if taken.all >= self.most {
            return Err(Full::Server(self.most));
        }
        if let Some(peer) = peer {
            let count = taken.by_peer.entry(peer).or_default();
            if *count >= self.most_of_one {
                return Err(Full::Address(self.most_of_one));
            }
            *count += 1;
        }
        taken.all += 1;
        Ok(Seat { taken: Arc::clone(&self.taken), peer })
    }
}

fn locked(taken: &Mutex<Taken>) -> MutexGuard<'_, Taken> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = locked(&self.taken);
        taken.all -= 1;
        let Some(peer) = self.peer else { return };
        if let Entry::Occupied(mut count) = taken.by_peer.entry(peer) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::{Connections, Full, LiveOptions, Peer, Seats, locked};
    use crate::{http::Options, lifecycle::Tasks};

    fn peer(address: &str) -> Peer {
        Peer::of(address.parse().unwrap())
    }

    fn connections(max_connections: usize, max_connections_per_address: usize) -> Connections {
        let live = LiveOptions { max_connections, max_connections_per_address, ..LiveOptions::default() };
        let options = Options { live, ..Options::default() };
        Connections::new(&options, Tasks::default(), CancellationToken::new())
    }

    #[test]
    fn seats_are_given_back() {
        let (connections, one, other) = (connections(3, 2), peer("10.0.0.1"), peer("10.0.0.2"));
        let mut taken = vec![connections.seat(one).unwrap(), connections.seat(one).unwrap()];
        assert_eq!(connections.seat(one).err(), Some(Full::Address(2)));
        taken.push(connections.seat(other).unwrap());
        assert_eq!(connections.seat(other).err(), Some(Full::Server(3)));
        taken.remove(0);
        assert!(connections.seat(one).is_ok(), "dropped at once, it is free again");
        taken.clear();
        assert!(locked(&connections.seats.taken).by_peer.is_empty());
        assert_eq!(locked(&connections.seats.taken).all, 0);
    }

    #[test]
    fn a_proxy_takes_seats_of_the_server_only() {
        let seats = Seats::new(3, 1);
        let _of_others = [seats.take(None).unwrap(), seats.take(None).unwrap()];
        let _own = seats.take(Some(peer("10.0.0.1"))).unwrap();
        assert_eq!(seats.take(None).err(), Some(Full::Server(3)));
    }

    #[test]
    fn a_network_of_ipv6_is_one_client() {
        assert_eq!(peer("2001:db8:0:1::1"), peer("2001:db8:0:1:ffff::2"));
        assert_ne!(peer("2001:db8:0:1::1"), peer("2001:db8:0:2::1"));
        assert_eq!(peer("::ffff:10.0.0.1"), peer("10.0.0.1"));
        assert_ne!(peer("10.0.0.1"), peer("10.0.0.2"));
        assert_eq!(peer("2001:db8:0:1::1").to_string(), "2001:db8:0:1::/64");
        assert_eq!(peer("::ffff:10.0.0.1").to_string(), "10.0.0.1");
    }
}
