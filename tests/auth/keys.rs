//! API keys: made and revoked by the program, known to servers.

use std::{path::Path, time::Duration};

use farol::{
    auth::{AuthError, Authenticator, Caller, Identity, KeyRing, Scope, keys::Options},
    lifecycle::{Drained, Tasks},
    store::{Database, query},
};
use futures_util::future::join_all;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::support::{TestDatabase, farol, on_both_databases};

on_both_databases!(
    a_key_lives_from_its_making_to_its_end_on_every_node,
    made_up_keys_cost_a_statement_a_second,
    a_database_that_is_away_changes_nothing_for_known_keys,
    uses_are_written_together,
    keys_that_are_not_understood_are_none,
);

/// Soon enough for a test.
pub(super) const QUICK: Options = Options {
    refresh: Duration::from_millis(100),
    pause: Duration::ZERO,
    patience: Duration::from_secs(5),
    record: Duration::from_mins(10),
    waiting: 64,
};

/// As long as something may take that takes a moment.
const SOON: Duration = Duration::from_secs(30);

/// A server, as far as keys go.
pub(super) struct Node {
    pub(super) auth: Authenticator,
    pub(super) ring: KeyRing,
    tasks: Tasks,
    stop: CancellationToken,
    database: Database,
}

impl Node {
    pub(super) async fn start(data: &TestDatabase, options: Options) -> Self {
        let (database, tasks, stop) = (data.open().await, Tasks::default(), CancellationToken::new());
        let ring = KeyRing::start(&database, options, &tasks, stop.clone()).await;
        let auth = Authenticator::default().with_keys(ring.clone());
        Self { auth, ring, tasks, stop, database }
    }

    pub(super) async fn shown(&self, key: &str) -> Result<Caller, AuthError> {
        self.auth.caller(None, Some(key.as_bytes())).await
    }

    pub(super) async fn stop(self) {
        self.stop.cancel();
        assert_eq!(self.tasks.drain(SOON).await, Drained::Clean);
        self.database.close().await;
    }
}

/// What `farol key` says.
pub(super) fn key(data: &TestDatabase, args: &[&str]) -> String {
    let args: Vec<&str> = ["key"].iter().chain(args).copied().collect();
    let plans = ("FAROL_RATE_LIMIT_PLANS", "partner=1000/1500/200000/300000");
    let output = farol(Path::new("."), &[("FAROL_DATABASE_URL", &data.url), plans], &args);
    assert_eq!(output.code, 0, "{args:?}: {}", output.stderr);
    output.stdout
}

/// A new key.
pub(super) fn create(data: &TestDatabase, args: &[&str]) -> String {
    let args: Vec<&str> = ["create"].iter().chain(args).copied().collect();
    key(data, &args).trim_end().to_owned()
}

/// The public part of a key.
fn id(key: &str) -> &str {
    key.split('_').nth(1).unwrap()
}

/// A key that nobody made.
fn made_up(number: usize) -> String {
    format!("farol_{number:016x}_{}", "0".repeat(64))
}

fn is_refused(judged: &Result<Caller, AuthError>) -> bool {
    matches!(judged, Err(AuthError::Refused(_)))
}

async fn a_key_lives_from_its_making_to_its_end_on_every_node(data: TestDatabase) {
    let (one, other) = (Node::start(&data, QUICK).await, Node::start(&data, QUICK).await);
    let text = create(&data, &["City of Gdynia", "--scope", "publish", "--plan", "partner"]);
    for node in [&one, &other] {
        let caller = node.shown(&text).await.unwrap();
        assert_eq!(caller.identity, Identity::Key(id(&text).into()));
        assert_eq!((caller.scope, caller.plan.as_deref()), (Scope::Publish, Some("partner")));
        let bearer = format!("Bearer {text}");
        assert_eq!(node.auth.caller(Some(bearer.as_bytes()), None).await, Ok(caller));
        // Nobody shows two things.
        let both = node.auth.caller(Some(bearer.as_bytes()), Some(text.as_bytes())).await;
        assert_eq!(both, Err(AuthError::Several));
    }
    let reader = create(&data, &["A reader"]);
    let caller = one.shown(&reader).await.unwrap();
    assert_eq!((caller.scope, caller.plan), (Scope::Read, None));

    let list = key(&data, &["list"]);
    for part in [id(&text), "City of Gdynia", "publish", "partner", id(&reader), "default", "never"] {
        assert!(list.contains(part), "{part} is not in: {list}");
    }
    assert!(!list.contains(&text[30..]), "no secret is listed");

    let ends = [&one, &other].map(|node| {
        let caller = Caller { identity: Identity::Key(id(&text).into()), ..Caller::default() };
        node.auth.ended(&caller)
    });
    key(&data, &["revoke", id(&text)]);
    timeout(SOON, join_all(ends)).await.expect("who is connected hears of it");
    for node in [one, other] {
        assert!(is_refused(&node.shown(&text).await));
        assert!(node.shown(&reader).await.is_ok(), "only the one is revoked");
        node.stop().await;
    }
    assert!(!key(&data, &["list"]).contains("revoked    no\n  "));
}

async fn made_up_keys_cost_a_statement_a_second(data: TestDatabase) {
    let pause = Duration::from_millis(500);
    // The timer reads nothing while this test runs.
    let options = Options { refresh: SOON, pause, waiting: 40, ..QUICK };
    let node = Node::start(&data, options).await;
    let (before, began) = (node.ring.reads(), Instant::now());
    for volley in 1..=3_usize {
        let keys: Vec<String> = (0..200).map(|number| made_up(volley * 1000 + number)).collect();
        let judged = join_all(keys.iter().map(|key| node.shown(key))).await;
        // Those who find no room to wait hear that they may try again: a key of theirs could be new.
        let (refused, others): (Vec<_>, Vec<_>) = judged.into_iter().partition(is_refused);
        assert!(refused.len() >= 40 && others.iter().all(|one| *one == Err(AuthError::Unavailable)));
    }
    let (reads, pauses) = (node.ring.reads() - before, began.elapsed().as_millis() / pause.as_millis());
    assert!((1..=u64::try_from(pauses).unwrap() + 1).contains(&reads), "{reads} reads in {pauses} pauses");
    // A wrong secret needs no look at the database: the key is known.
    let text = create(&data, &["key"]);
    assert!(node.shown(&text).await.is_ok(), "a fresh key is known whatever others show");
    let before = node.ring.reads();
    let wrong = format!("{}{}", &text[..text.len() - 1], if text.ends_with('0') { '1' } else { '0' });
    assert!(is_refused(&node.shown(&wrong).await));
    assert_eq!(node.ring.reads(), before);
    node.stop().await;
}

async fn a_database_that_is_away_changes_nothing_for_known_keys(data: TestDatabase) {
    let text = create(&data, &["key"]);
    let node = Node::start(&data, QUICK).await;
    data.execute("ALTER TABLE api_keys RENAME TO gone".to_owned()).await;
    assert_eq!(node.shown(&made_up(1)).await, Err(AuthError::Unavailable));
    assert!(node.shown(&text).await.is_ok(), "the last that was read counts");
    let started_without = Node::start(&data, QUICK).await;
    assert_eq!(started_without.shown(&text).await, Err(AuthError::Unavailable));
    data.execute("ALTER TABLE gone RENAME TO api_keys".to_owned()).await;
    for node in [node, started_without] {
        assert!(node.shown(&text).await.is_ok());
        assert!(is_refused(&node.shown(&made_up(2)).await));
        node.stop().await;
    }
}

async fn uses_are_written_together(data: TestDatabase) {
    let (used, unused) = (create(&data, &["used"]), create(&data, &["unused"]));
    let node = Node::start(&data, QUICK).await;
    for _ in 0..10 {
        assert!(node.shown(&used).await.is_ok());
    }
    let wrong = format!("{}{}", &unused[..unused.len() - 1], if unused.ends_with('0') { '1' } else { '0' });
    assert!(is_refused(&node.shown(&wrong).await));
    let database = data.open().await;
    let keys = query::api_key::all(&database).await.unwrap();
    assert!(keys.iter().all(|key| key.last_used.is_none()), "no request writes");
    node.stop().await;
    let keys = query::api_key::all(&database).await.unwrap();
    let of = |key: &str| keys.iter().find(|row| row.id == id(key)).unwrap().last_used;
    assert!(of(&used).is_some_and(|at| (chrono::Utc::now() - at).num_minutes() < 5));
    assert_eq!(of(&unused), None, "whoever shows a wrong secret does not use the key");
    database.close().await;
}

/// A later farol may know other scopes.
async fn keys_that_are_not_understood_are_none(data: TestDatabase) {
    let text = create(&data, &["key", "--scope", "admin"]);
    data.execute("UPDATE api_keys SET scope = 'everything'".to_owned()).await;
    let node = Node::start(&data, QUICK).await;
    assert!(is_refused(&node.shown(&text).await));
    data.execute("UPDATE api_keys SET scope = 'admin'".to_owned()).await;
    assert_eq!(node.shown(&text).await.map(|caller| caller.scope), Ok(Scope::Admin));
    node.stop().await;
}

/// Ten seconds are promised: until the next read, and for the read.
#[test]
fn a_revoked_key_ends_within_ten_seconds() {
    let Options { refresh, pause, patience, .. } = Options::default();
    assert!(refresh + pause + patience < Duration::from_secs(10));
}

#[tokio::test]
async fn the_program_says_what_is_wrong_with_a_key() {
    let data = TestDatabase::sqlite().await;
    assert!(key(&data, &["list"]).contains("farol key create NAME"));
    for (args, part) in [
        (&["revoke", "0123456789abcdef"][..], "there is no valid API key \"0123456789abcdef\""),
        (&["create", " "], "1 to 200 characters in one line"),
        (&["create", "two\nlines"], "1 to 200 characters in one line"),
        (
            &["create", "key", "--plan", "vip"],
            "there is no plan \"vip\" in the settings (rate_limit.plans); there are: default, unlimited",
        ),
        (&["create", "key", "--scope", "root"], "possible values: read, publish, admin"),
    ] {
        let args: Vec<&str> = ["key"].iter().chain(args).copied().collect();
        let output = farol(Path::new("."), &[("FAROL_DATABASE_URL", &data.url)], &args);
        assert!(output.code == 2 && output.stderr.contains(part), "{args:?}: {}", output.stderr);
    }
    let text = create(&data, &["key"]);
    assert!(key(&data, &["revoke", &text]).starts_with(id(&text)), "the whole key will do");
    // One that is cut short is not revoked, and not told to whoever reads the log either.
    let cut = &text[..text.len() - 1];
    let output = farol(Path::new("."), &[("FAROL_DATABASE_URL", &data.url)], &["key", "revoke", cut]);
    assert!(output.code == 2 && output.stderr.contains("16 digits of an id"), "{}", output.stderr);
    let again = ["key", "revoke", id(&text)];
    assert_eq!(farol(Path::new("."), &[("FAROL_DATABASE_URL", &data.url)], &again).code, 2);
}
