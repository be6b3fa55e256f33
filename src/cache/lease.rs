//! Of all nodes one loads a key that costs much; the others wait for it a while.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures_util::future::join_all;
use tokio::time::{Instant, sleep};

use super::{
    cached::{Inner, StoredKey, Tagged, fills},
    entry::Found,
    shared::{Lock, Shared},
    tiers::Tiers,
};
use crate::loader::Batch;

/// How long a node has the right to load, and others wait for it at most. A load that takes longer is begun by
/// others too: waiting longer would cost their callers more than the database.
const LEASE: Duration = Duration::from_secs(2);
/// How often those who wait look.
const LOOK: Duration = Duration::from_millis(20);

/// What a node may do about a key.
enum Turn<V> {
    /// Another node has loaded it meanwhile.
    Loaded(Found<V>),
    /// Load it; with a token, give the right back.
    Load(Option<String>),
}

/// Loads those keys that no other node loads, and waits for the others.
pub(super) async fn load_on_one_node<K: StoredKey, B: Tagged<K>>(
    cached: &Inner<K, B>,
    tiers: &Arc<Tiers>,
    shared: &Shared,
    keys: Vec<K>,
    names: Vec<String>,
) -> Result<HashMap<K, Found<B::Value>>, <B as Batch<K>>::Error> {
    let turns = keys.iter().zip(&names).map(|(key, name)| turn(cached, tiers, shared, key, name));
    let turns = join_all(turns).await;
    let mut found = HashMap::with_capacity(keys.len());
    let (mut mine, mut held) = (Vec::new(), Vec::new());
    for ((key, name), turn) in keys.into_iter().zip(names).zip(turns) {
        match turn {
            Turn::Loaded(value) => drop(found.insert(key, value)),
            Turn::Load(token) => {
                mine.push(key);
                held.push((name, token));
            }
        }
    }
    let read = cached.read(Some(tiers), &mine).await;
    if let Ok(read) = &read {
        let fills = fills(read, mine.iter().zip(held.iter().map(|(name, _)| name.clone())));
        if !fills.is_empty() {
            shared.fill(fills, tiers.lifetimes.shared).await;
        }
    }
    let held = held.iter().filter_map(|(name, token)| Some((name, token.as_deref()?)));
    join_all(held.map(|(name, token)| shared.unlock(name, token))).await;
    found.extend(read?);
    Ok(found)
}

async fn turn<K: StoredKey, B: Tagged<K>>(
    cached: &Inner<K, B>,
    tiers: &Arc<Tiers>,
    shared: &Shared,
    key: &K,
    name: &String,
) -> Turn<B::Value> {
    let until = Instant::now() + LEASE;
    loop {
        let token = match shared.lock(name, LEASE).await {
            Lock::Mine { token } => Some(token),
            Lock::Unknown => return Turn::Load(None),
            Lock::Taken => {
                sleep(LOOK).await;
                None
            }
        };
        // With the right to load too: since the last look, whoever had it may have filled and returned it.
        let held = shared.get(std::slice::from_ref(name)).await.pop().flatten();
        if let Some(value) = held.and_then(|held| cached.restore(tiers, key, &held)) {
            if let Some(token) = token {
                shared.unlock(name, &token).await;
            }
            return Turn::Loaded(value);
        }
        if token.is_some() || Instant::now() >= until {
            return Turn::Load(token);
        }
    }
}
