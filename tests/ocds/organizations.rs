//! Who an organisation is: its register entry, else its name, and never the id of one release.

use farol::ocds::codelist::PartyRole;
use farol::ocds::model::Process;
use farol::ocds::party::{folded, identity};

use super::normalised;

fn keys(process: &Process) -> Vec<&str> {
    process.parties.iter().map(|party| party.key.as_str()).collect()
}

fn read(release: &str) -> Process {
    let (process, issues) = normalised(release);
    assert_eq!(issues, []);
    process
}

#[test]
fn parties_are_built_from_mentions_where_they_are_missing() {
    let process = read(
        r#"{"ocid":"o","buyer":{"name":"Town"},"tender":{"procuringEntity":{"name":"TOWN."},"tenderers":[{"name":"A"},{"name":"B"}]},
            "awards":[{"suppliers":[{"name":"a"}]}]}"#,
    );
    assert_eq!(keys(&process), ["name:town", "name:a", "name:b"]);
    assert_eq!(process.parties[0].roles, [PartyRole::Buyer, PartyRole::ProcuringEntity]);
    assert_eq!(process.parties[1].roles, [PartyRole::Supplier, PartyRole::Tenderer]);
    assert_eq!((process.buyer, process.tender.procuring_entity), (Some(0), Some(0)));
    assert_eq!(
        (process.tender.tenderers.as_slice(), process.awards[0].suppliers.as_slice()),
        (&[1, 2][..], &[1][..])
    );
}

#[test]
fn an_id_refers_to_the_list_of_parties_whatever_the_mention_calls_it() {
    let process = read(
        r#"{"ocid":"o","buyer":{"id":1,"name":"Min. of Health"},
            "parties":[{"id":"1","name":"Ministry of Health","identifier":{"scheme":"GB-GOR","id":"D 12"},"roles":["buyer","funder"]}]}"#,
    );
    assert_eq!(keys(&process), ["id:gb-gor|d 12"]);
    assert_eq!(process.parties[0].name.as_deref(), Some("Ministry of Health"));
    assert_eq!(process.parties[0].roles, [PartyRole::Buyer, PartyRole::Funder]);
}

#[test]
fn organisations_with_one_local_id_are_told_apart() {
    let process = read(
        r#"{"ocid":"o","parties":[{"id":"1","name":"Town","roles":"buyer"},{"id":"1","name":"Acme","roles":"supplier"}],
            "buyer":{"id":"1"},"awards":[{"suppliers":[{"id":"1","name":"Acme"}]},{"suppliers":[{"id":"1"}]}]}"#,
    );
    assert_eq!(keys(&process), ["name:town", "name:acme"]);
    assert_eq!(process.buyer, Some(0));
    assert_eq!((process.awards[0].suppliers[0], process.awards[1].suppliers[0]), (1, 1));
}

#[test]
fn a_nameless_party_takes_the_name_of_its_first_mention_only() {
    let process = read(
        r#"{"ocid":"o","parties":[{"id":"P"}],"buyer":{"id":"P","name":"Works"},"tender":{"procuringEntity":{"id":"P","name":"Engineer"}}}"#,
    );
    assert_eq!(keys(&process), ["name:works", "name:engineer"]);
    assert_ne!(process.buyer, process.tender.procuring_entity);
}

#[test]
fn two_entries_of_one_organisation_become_one() {
    let process = read(
        r#"{"ocid":"o","parties":[{"id":"1","name":"Acme Ltd","roles":["tenderer"]},
                {"id":"2","name":"ACME  LTD.","roles":["supplier"],"address":{"locality":"Lisbon"}}],
            "tender":{"tenderers":[{"id":"1"},{"id":"2"}]}}"#,
    );
    assert_eq!(keys(&process), ["name:acme ltd"]);
    assert_eq!(process.parties[0].roles, [PartyRole::Supplier, PartyRole::Tenderer]);
    assert!(process.parties[0].address.is_some());
    assert_eq!(process.tender.tenderers, [0], "each once");
}

#[test]
fn without_register_and_name_an_organisation_is_of_its_process() {
    let process = read(
        r#"{"ocid":"o","parties":[{"id":"1"},{"roles":["buyer"]}],"awards":[{"suppliers":[{"id":"7"}]}]}"#,
    );
    assert_eq!(keys(&process), ["local:o|1", "local:o|#1", "local:o|7"]);
}

#[test]
fn a_legal_name_stands_in_for_a_name() {
    let process = read(
        r#"{"ocid":"o","parties":[{"id":"1","identifier":{"id":"3.82","legalName":"新北市政府"}}],"buyer":{"id":"1","name":""}}"#,
    );
    assert_eq!(keys(&process), ["name:新北市政府"]);
    assert_eq!(process.buyer, Some(0));
}

#[test]
fn names_are_compared_without_what_does_not_count() {
    assert_eq!(folded("  ＡＣＭＥ,  “Peças” & Cia. "), Some("acme peças cia".into()));
    assert_eq!(folded("असम सरकार"), Some("असम सरकार".into()));
    assert_eq!(folded("--- "), None);
    assert_eq!(identity(None, Some("-")), None);
}
