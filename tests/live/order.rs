//! Every change is told once and in order, wherever a subscriber begins and however often it comes back.

use proptest::{collection::vec, prelude::*, strategy::ValueTree, test_runner::TestRunner};
use serde_json::json;

use super::world::{Listener, World, append, behind, named, ocids};
use crate::support::{TestDatabase, on_both_databases};

on_both_databases!(
    changes_come_in_batches_as_they_are_committed,
    who_comes_back_goes_on_where_it_was,
    any_order_of_writes_and_visits_tells_all_once,
    a_shutdown_tells_what_was_gathered_and_ends,
);

async fn changes_come_in_batches_as_they_are_committed(database: TestDatabase) {
    let world = World::begin(database, 8).await;
    world.write([1, 2]).await;
    let mut listener = world.subscribe(json!({ "size": 3 })).await;
    world.write(3..=9).await;
    let (first, second) = (listener.next().await, listener.next().await);
    assert_eq!(ocids(&first), named(3..=5), "what came before is not told");
    assert_eq!(ocids(&second), named(6..=8));
    assert_eq!(first["cursor"], first["changes"][2]["cursor"]);
    assert_eq!(first["changes"][0]["kind"], "UPDATED");
    assert_eq!(first["missed"], json!(null));
    assert_eq!(ocids(&listener.next().await), named([9]));
    // What another process writes is heard of, too.
    append(&world.database.open().await, [10]).await;
    assert_eq!(listener.changes(1).await, named([10]));
}

async fn who_comes_back_goes_on_where_it_was(database: TestDatabase) {
    let world = World::begin(database, 8).await;
    let mut listener = world.subscribe(json!({})).await;
    world.write([1]).await;
    let last = listener.next().await;
    drop(listener);
    world.write(2..=120).await;
    let mut again = world.subscribe(behind(&last)).await;
    assert_eq!(again.changes(119).await, named(2..=120));
    world.write([121]).await;
    assert_eq!(again.changes(1).await, named([121]));
    // Within a batch, too: behind any change of it.
    let inner = json!({ "after": last["changes"][0]["cursor"] });
    assert_eq!(world.subscribe(inner).await.changes(120).await, named(2..=121));
}

/// What happens: changes are written, or a subscriber leaves and comes back with its last cursor.
#[derive(Clone, Debug)]
enum Step {
    Write(u8),
    /// Which one, and how many messages it takes before it leaves.
    Visit(usize, u8),
}

const SUBSCRIBERS: usize = 3;

async fn any_order_of_writes_and_visits_tells_all_once(database: TestDatabase) {
    let world = World::begin(database, 512).await;
    let mut runner = TestRunner::new(ProptestConfig { cases: 1, ..ProptestConfig::default() });
    let step = prop_oneof![
        (1..7_u8).prop_map(Step::Write),
        (0..SUBSCRIBERS, 0..4_u8).prop_map(|(who, messages)| Step::Visit(who, messages))
    ];
    let steps = vec(step, 40..80);
    for _ in 0..8 {
        let steps = steps.new_tree(&mut runner).unwrap().current();
        play(&world, &steps).await;
    }
}

async fn play(world: &World, steps: &[Step]) {
    let start = world.engine_head().await;
    let mut visitors: Vec<Visitor> = (0..SUBSCRIBERS).map(|_| Visitor::new(&start)).collect();
    let mut written = 0;
    for step in steps {
        match step {
            Step::Write(count) => {
                let from = written + 1;
                written += i64::from(*count);
                world.write(from..=written).await;
            }
            Step::Visit(who, messages) => visitors[*who].visit(world, usize::from(*messages), written).await,
        }
    }
    for visitor in &mut visitors {
        visitor.visit(world, usize::MAX, written).await;
        assert_eq!(visitor.heard, named(1..=written), "{steps:?}");
    }
}

/// A subscriber that comes and goes. Even ones keep their subscription open between their visits.
struct Visitor {
    cursor: String,
    heard: Vec<String>,
    open: Option<Listener>,
}

impl Visitor {
    fn new(cursor: &str) -> Self {
        Self { cursor: cursor.to_owned(), heard: Vec::new(), open: None }
    }

    async fn visit(&mut self, world: &World, messages: usize, written: i64) {
        let mut listener = match self.open.take() {
            Some(listener) => listener,
            None => world.subscribe(json!({ "after": self.cursor, "size": 4 })).await,
        };
        for _ in 0..messages {
            if self.heard.len() == usize::try_from(written).unwrap() {
                break;
            }
            let batch = listener.next().await;
            self.heard.extend(ocids(&batch));
            batch["cursor"].as_str().unwrap().clone_into(&mut self.cursor);
        }
        // Some stay, some go, as the number of what they heard falls.
        self.open = Some(listener).filter(|_| self.heard.len().is_multiple_of(2));
    }
}

impl World {
    /// The end of the log.
    async fn engine_head(&self) -> String {
        let answer = self.refused("{ changes(first: 0) { headCursor } }", json!({})).await;
        answer["data"]["changes"]["headCursor"].as_str().unwrap().to_owned()
    }
}

async fn a_shutdown_tells_what_was_gathered_and_ends(database: TestDatabase) {
    let world = World::begin(database, 8).await;
    let mut listener = world.subscribe(json!({ "delay": 60_000 })).await;
    world.write([1, 2]).await;
    world.until_gathered(2).await;
    world.engine.close_subscriptions();
    assert_eq!(ocids(&listener.next().await), named([1, 2]));
    assert!(listener.ends().await);
    assert!(world.subscribe(json!({})).await.ends().await, "none begins any more");
}

impl World {
    /// Waits until a subscription that gathers for a while has so many changes: another one that does not wait has
    /// been told them, and what reads them is awake.
    async fn until_gathered(&self, changes: usize) {
        let mut other = self.subscribe(json!({ "after": self.first_cursor().await, "size": 1 })).await;
        other.changes(changes).await;
    }

    async fn first_cursor(&self) -> String {
        let answer = self.refused("{ changes(first: 0) { pageInfo { endCursor } } }", json!({})).await;
        answer["data"]["changes"]["pageInfo"]["endCursor"].as_str().unwrap().to_owned()
    }
}
