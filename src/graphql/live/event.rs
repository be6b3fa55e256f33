//! One message of a subscription, made once for all who asked the same.

use std::{sync::OnceLock, time::Duration};

use bytes::Bytes;
use tokio::time::Instant;

/// A message: the result of an execution as it goes over the wire, and where to go on behind it.
#[derive(Debug)]
pub struct Event {
    payload: Bytes,
    cursor: Option<Box<str>>,
    packed: OnceLock<Bytes>,
    made: Instant,
}

impl Event {
    /// A message with this execution result, in JSON.
    pub fn new(payload: impl Into<Bytes>, cursor: Option<Box<str>>) -> Self {
        Self { payload: payload.into(), cursor, packed: OnceLock::new(), made: Instant::now() }
    }

    /// The execution result in JSON: `{"data":…}`.
    pub fn payload(&self) -> &Bytes {
        &self.payload
    }

    /// How long ago it was made.
    pub fn age(&self) -> Duration {
        self.made.elapsed()
    }

    /// Where the subscription goes on behind this message, as the argument `after` takes it. `None` where there is
    /// no such place.
    pub fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// The message as a transport sends it, made by the first that asks and shared by all others. There may be
    /// only one kind of packing.
    pub fn packed(&self, pack: impl FnOnce(&[u8]) -> Bytes) -> &Bytes {
        self.packed.get_or_init(|| pack(&self.payload))
    }
}
