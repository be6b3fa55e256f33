//! The protocol message by message, and random orders of them against a model of a few lines.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::ServerError;
use proptest::prelude::{Just, Strategy, prop_assert, prop_assert_eq, prop_oneof, proptest};
use serde_json::{Value, json};

use super::{Action, Protocol, Serial};
use crate::http::ws::message::Close;

const INIT: &str = r#"{"type":"connection_init"}"#;

fn subscribe(id: &str) -> String {
    json!({ "type": "subscribe", "id": id, "payload": { "query": "{x}" } }).to_string()
}

fn complete(id: &str) -> String {
    json!({ "type": "complete", "id": id }).to_string()
}

/// A connection that the client was let in to.
fn acknowledged(max_operations: usize) -> Protocol {
    let mut protocol = Protocol::new(max_operations);
    assert!(matches!(protocol.text(INIT.as_bytes()), Action::Judge(None)));
    assert_eq!(protocol.acknowledge(), br#"{"type":"connection_ack"}"#);
    protocol
}

#[expect(clippy::needless_pass_by_value, reason = "what a protocol says is read once")]
fn started(action: Action) -> Serial {
    let Action::Start(serial, _) = action else { panic!("not started") };
    serial
}

fn sent(action: Action) -> Value {
    let Action::Send(message) = action else { panic!("nothing sent") };
    serde_json::from_slice(&message).unwrap()
}

#[track_caller]
fn assert_closes(action: Action, code: u16) {
    let Action::Close(close) = action else { panic!("not closed") };
    assert_eq!(close.code, code, "{}", close.reason);
}

#[test]
fn every_breach_has_its_code() {
    assert_closes(Protocol::new(1).text(b"{nope"), 4400);
    assert_closes(Protocol::new(1).binary(), 4400);
    assert_closes(Protocol::new(1).text(subscribe("1").as_bytes()), 4401);
    assert_closes(Protocol::new(1).init_is_late(), 4408);
    assert_closes(acknowledged(1).text(INIT.as_bytes()), 4429);

    let mut judged = Protocol::new(1);
    let action = judged.text(br#"{"type":"connection_init","payload":{"authorization":"Bearer x"}}"#);
    let Action::Judge(Some(payload)) = action else { panic!("not judged") };
    assert_eq!(payload.get(), r#"{"authorization":"Bearer x"}"#);
    assert!(matches!(judged.init_is_late(), Action::None));
    assert_closes(judged.close(Close::forbidden("no")), 4403);

    let mut unsure = Protocol::new(1);
    unsure.text(INIT.as_bytes());
    assert_closes(unsure.text(subscribe("1").as_bytes()), 4401);
    let mut twice = Protocol::new(1);
    twice.text(INIT.as_bytes());
    assert_closes(twice.text(INIT.as_bytes()), 4429);

    let mut protocol = acknowledged(2);
    started(protocol.text(subscribe("a\"b").as_bytes()));
    let Action::Close(close) = protocol.text(subscribe("a\"b").as_bytes()) else { panic!("not closed") };
    let reason = r#"Subscriber for "a\"b" already exists"#.to_owned();
    assert_eq!(close, Close { code: 4409, reason });
}

#[test]
fn pings_are_answered_with_their_payload_at_any_time() {
    let mut protocol = Protocol::new(1);
    assert_eq!(sent(protocol.text(br#"{"type":"ping"}"#)), json!({ "type": "pong" }));
    let ping = br#"{"type":"ping","payload":{"a":[1,{"b":null}]}}"#;
    assert_eq!(sent(protocol.text(ping)), json!({ "type": "pong", "payload": { "a": [1, { "b": null }] } }));
    assert!(matches!(protocol.text(br#"{"type":"pong","payload":{}}"#), Action::None));
    assert!(matches!(protocol.text(complete("nobody").as_bytes()), Action::None));
}

#[test]
fn an_id_is_free_again_when_its_operation_is_over() {
    let mut protocol = acknowledged(1);
    let id = "\u{1F600}\n";
    let first = started(protocol.text(subscribe(id).as_bytes()));
    let head = protocol.next(first).unwrap();
    let message: Value = serde_json::from_slice(&[head, br#"{"data":1}}"#].concat()).unwrap();
    assert_eq!(message, json!({ "id": id, "type": "next", "payload": { "data": 1 } }));
    let message: Value = serde_json::from_slice(&protocol.complete(first).unwrap()).unwrap();
    assert_eq!(message, json!({ "id": id, "type": "complete" }));
    assert_eq!(protocol.complete(first), None);

    let second = started(protocol.text(subscribe(id).as_bytes()));
    let errors = [ServerError::new("no", None)];
    let message: Value = serde_json::from_slice(&protocol.error(second, &errors).unwrap()).unwrap();
    assert_eq!(message, json!({ "id": id, "type": "error", "payload": [{ "message": "no" }] }));
    assert_eq!(protocol.next(second), None);

    let third = started(protocol.text(subscribe(id).as_bytes()));
    let Action::Stop(stopped) = protocol.text(complete(id).as_bytes()) else { panic!("not stopped") };
    assert_eq!(stopped, third);
    assert_eq!(protocol.next(third), None);
    started(protocol.text(subscribe(id).as_bytes()));
}

#[test]
fn an_operation_above_the_limit_is_an_error_of_its_own() {
    let mut protocol = acknowledged(1);
    let first = started(protocol.text(subscribe("1").as_bytes()));
    let message = sent(protocol.text(subscribe("2").as_bytes()));
    assert_eq!((&message["id"], &message["type"]), (&json!("2"), &json!("error")));
    assert_eq!(message["payload"][0]["extensions"], json!({ "code": "TOO_MANY_OPERATIONS", "limit": 1 }));
    assert!(protocol.next(first).is_some());
    protocol.forget(first);
    started(protocol.text(subscribe("2").as_bytes()));
}

/// What happens, in the random orders. Operations are told of by the place in which they were started.
#[derive(Clone, Debug)]
enum Step {
    Init,
    Acknowledge,
    Late,
    Subscribe(usize),
    Complete(usize),
    Ping,
    Garbage,
    Next(usize),
    Finish(usize),
    Fail(usize),
}

const IDS: [&str; 4] = ["a", "b", "", "\"\\\u{7f}é"];
const MOST: usize = 2;

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => Just(Step::Init),
        4 => Just(Step::Acknowledge),
        1 => Just(Step::Late),
        12 => (0..IDS.len()).prop_map(Step::Subscribe),
        8 => (0..IDS.len()).prop_map(Step::Complete),
        2 => Just(Step::Ping),
        1 => Just(Step::Garbage),
        12 => (0..9_usize).prop_map(Step::Next),
        4 => (0..9_usize).prop_map(Step::Finish),
        4 => (0..9_usize).prop_map(Step::Fail),
    ]
}

/// What a connection should be in, kept in the plainest way.
#[derive(Default)]
struct Model {
    inits: usize,
    acknowledged: bool,
    closed: Option<u16>,
    open: BTreeMap<&'static str, Serial>,
    started: Vec<Serial>,
}

impl Model {
    /// The code with which a step has to close, if it has to.
    fn breach(&self, step: &Step) -> Option<u16> {
        match step {
            Step::Garbage => Some(4400),
            Step::Init if self.inits > 0 => Some(4429),
            Step::Late if self.inits == 0 => Some(4408),
            Step::Subscribe(id) | Step::Complete(id) if IDS[*id].is_empty() => Some(4400),
            Step::Subscribe(_) if !self.acknowledged => Some(4401),
            Step::Subscribe(id) if self.open.contains_key(IDS[*id]) => Some(4409),
            _ => None,
        }
    }

    /// An operation that was started, and whether it should still be open.
    fn operation(&self, place: usize) -> Option<(Serial, Option<&'static str>)> {
        let serial = *self.started.get(place)?;
        let id = self.open.iter().find(|(_, open)| **open == serial).map(|(id, _)| *id);
        Some((serial, id))
    }

    fn close(&mut self, code: u16) {
        self.closed = Some(code);
        self.open.clear();
    }
}

proptest! {
    #[test]
    fn random_orders_do_what_the_model_says(
        polite in proptest::bool::weighted(0.8),
        steps in proptest::collection::vec(step(), 0..60),
    ) {
        let (mut protocol, mut model) = (Protocol::new(MOST), Model::default());
        let greeting = if polite { vec![Step::Init, Step::Acknowledge] } else { Vec::new() };
        for step in greeting.into_iter().chain(steps) {
            let breach = model.closed.is_none().then(|| model.breach(&step)).flatten();
            let action = match &step {
                Step::Init => protocol.text(INIT.as_bytes()),
                Step::Acknowledge => {
                    if model.inits > 0 && model.closed.is_none() {
                        protocol.acknowledge();
                        model.acknowledged = true;
                    }
                    continue;
                }
                Step::Late => protocol.init_is_late(),
                Step::Subscribe(id) => protocol.text(subscribe(IDS[*id]).as_bytes()),
                Step::Complete(id) => protocol.text(complete(IDS[*id]).as_bytes()),
                Step::Ping => protocol.text(br#"{"type":"ping"}"#),
                Step::Garbage => protocol.text(b"?"),
                Step::Next(place) => {
                    let Some((serial, id)) = model.operation(*place) else { continue };
                    prop_assert_eq!(protocol.next(serial).is_some(), id.is_some());
                    continue;
                }
                Step::Finish(place) | Step::Fail(place) => {
                    let Some((serial, id)) = model.operation(*place) else { continue };
                    let message = match step {
                        Step::Finish(_) => protocol.complete(serial),
                        _ => protocol.error(serial, &[]),
                    };
                    let told = message.map(|message| serde_json::from_slice::<Value>(&message).unwrap());
                    prop_assert_eq!(told.map(|told| told["id"].clone()), id.map(Value::from));
                    if let Some(id) = id {
                        model.open.remove(id);
                    }
                    continue;
                }
            };
            match (action, &step) {
                (Action::Close(close), _) => {
                    prop_assert_eq!(Some(close.code), breach, "{:?}", &step);
                    model.close(close.code);
                }
                (_, _) if breach.is_some() => prop_assert!(false, "{:?} was let pass", &step),
                (Action::None, _) if model.closed.is_some() => {}
                (Action::Judge(None), Step::Init) => model.inits += 1,
                (Action::None, Step::Late) => prop_assert!(model.inits > 0),
                (Action::Send(_), Step::Ping) => {}
                (Action::Send(_), Step::Subscribe(_)) => prop_assert_eq!(model.open.len(), MOST),
                (Action::Start(serial, _), Step::Subscribe(id)) => {
                    prop_assert!(model.open.len() < MOST);
                    model.started.push(serial);
                    model.open.insert(IDS[*id], serial);
                }
                (Action::Stop(serial), Step::Complete(id)) => {
                    prop_assert_eq!(model.open.remove(IDS[*id]), Some(serial));
                }
                (Action::None, Step::Complete(id)) => prop_assert!(!model.open.contains_key(IDS[*id])),
                (_, step) => prop_assert!(false, "{:?} has another outcome", step),
            }
            prop_assert_eq!(protocol.open(), model.open.len());
        }
        let serials: BTreeSet<_> = model.started.iter().collect();
        prop_assert_eq!(serials.len(), model.started.len(), "no serial is used twice");
    }
}
