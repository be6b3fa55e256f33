//! What publishers write is read as they meant it, and what cannot be is told with its path.

use farol::ocds::codelist::{AwardStatus, ProcurementMethod, TenderStatus};
use farol::ocds::issue::{Issue, IssueKind};
use farol::ocds::json::Value;
use farol::ocds::model::DocumentStage;
use farol::ocds::normalise::normalise;
use proptest::prelude::*;

use super::{normalised, told};

#[test]
fn a_plain_release_is_read_without_an_issue() {
    let (process, issues) = normalised(
        r#"{"ocid":"o","date":"2020-01-01T00:00:00Z","initiationType":"tender","language":"en",
            "tender":{"id":"t","title":" Roads ","status":"active","procurementMethod":"open",
                "value":{"amount":100.10,"currency":"usd"},"numberOfTenderers":3,
                "tenderPeriod":{"startDate":"2020-01-01","durationInDays":10},
                "items":[{"id":"1","classification":{"scheme":"CPV","id":"45000000"},"quantity":2.5,
                    "unit":{"name":"km","value":{"amount":1}}}],
                "lots":[{"id":"1"}],"submissionMethod":["written"]},
            "planning":{"rationale":"r","documents":[{"id":"p"}]},
            "contracts":[{"id":"c","implementation":{"documents":[{"id":"i"}],"milestones":[{"id":"m"}]},
                "milestones":[{"id":"n"}]}],
            "relatedProcesses":[{"id":"1"}],"customField":{"any":1}}"#,
    );
    assert_eq!(issues, []);
    let tender = &process.tender;
    assert_eq!(tender.title.as_deref(), Some("Roads"));
    assert_eq!(tender.status.as_ref().map(|status| status.code), Some(TenderStatus::Active));
    let value = tender.value.as_ref().expect("a value");
    assert_eq!(
        (value.amount.map(|amount| amount.to_string()), value.currency.as_deref()),
        (Some("100.1".into()), Some("USD"))
    );
    assert_eq!(tender.items[0].quantity.map(|quantity| quantity.to_string()).as_deref(), Some("2.5"));
    assert_eq!(tender.lots.as_deref(), Some(r#"[{"id":"1"}]"#));
    assert_eq!(process.planning.as_deref(), Some(r#"{"rationale":"r"}"#));
    assert_eq!(process.documents[0].stage, DocumentStage::Planning);
    assert_eq!(process.contracts[0].documents[0].stage, DocumentStage::Implementation);
    assert_eq!(process.contracts[0].milestones.as_deref(), Some(r#"[{"id":"n"},{"id":"m"}]"#));
}

#[test]
fn a_scalar_is_a_list_of_one_and_the_reverse() {
    let (process, issues) = normalised(
        r#"{"ocid":["o"],"tag":"compiled","tender":[{"id":7,"title":["A","B"],"status":["active"],
                "items":{"id":1},"submissionMethod":"written","numberOfTenderers":"3","value":"1,000.50",
                "tenderers":"Acme"}],
            "awards":{"id":1.0,"suppliers":{"id":2,"name":"Acme"},"value":1500,"relatedBid":9},
            "contracts":{"0":{"id":"a"},"2":{"id":"b"}}}"#,
    );
    assert_eq!(issues, []);
    assert_eq!((&*process.ocid, process.tender.local_id.as_deref()), ("o", Some("7")));
    assert_eq!(process.tender.title.as_deref(), Some("A; B"));
    assert_eq!((process.tender.items.len(), process.tender.number_of_tenderers), (1, Some(3)));
    assert_eq!(process.tender.submission_methods, ["written"]);
    assert_eq!(
        process.tender.value.and_then(|value| value.amount).map(|amount| amount.to_string()).as_deref(),
        Some("1000.5")
    );
    assert_eq!((process.awards[0].suppliers.len(), process.tender.tenderers.len()), (1, 1));
    assert_eq!(process.awards[0].related_bids, ["9"]);
    assert_eq!(process.contracts.len(), 2);
}

#[test]
fn nothing_published_is_no_issue() {
    let (process, issues) = normalised(
        r#"{"ocid":"o","date":"","tender":{"status":null,"value":{"amount":"","currency":" "},"items":[null,{}],
            "documents":[],"tenderPeriod":{}},"awards":null,"buyer":{"name":""},"bids":{}}"#,
    );
    assert_eq!(issues, []);
    assert_eq!(process.tender, farol::ocds::model::Tender::default());
    assert_eq!((process.buyer, process.parties.len()), (None, 0));
}

#[test]
fn what_cannot_be_read_is_left_out_and_told_with_its_path() {
    let (process, issues) = normalised(
        r#"{"ocid":"o","date":"soon","tender":{"status":"abierto","procurementMethod":"OPEN",
                "value":{"amount":"-","currency":"MNX"},"numberOfTenderers":2.5,"title":{"en":"Roads"}},
            "awards":[{"id":"1"},{"id":"2","date":"0216-01-01","value":{"amount":"1,444","currency":"EUR"},
                "contractPeriod":{"durationInDays":"x"}},5]}"#,
    );
    let expected = [
        (IssueKind::WrongType, "tender.title"),
        (IssueKind::UnknownCode, "tender.status"),
        (IssueKind::UnreadableAmount, "tender.value.amount"),
        (IssueKind::UnknownCode, "tender.value.currency"),
        (IssueKind::UnreadableNumber, "tender.numberOfTenderers"),
        (IssueKind::UnreadableDate, "awards[1].date"),
        (IssueKind::UnreadableAmount, "awards[1].value.amount"),
        (IssueKind::UnreadableNumber, "awards[1].contractPeriod.durationInDays"),
        (IssueKind::WrongType, "awards[2]"),
        (IssueKind::UnreadableDate, "date"),
    ];
    assert_eq!(told(&issues), expected);
    assert_eq!(issues[1].value, "abierto");
    let status = process.tender.status.expect("a status");
    assert_eq!((status.code, &*status.text), (TenderStatus::Other, "abierto"));
    assert_eq!(process.tender.method.map(|method| method.code), Some(ProcurementMethod::Open));
    assert_eq!(process.tender.value.and_then(|value| value.currency).as_deref(), Some("MNX"));
    let value = process.awards[1].value.as_ref().expect("its currency was read");
    assert_eq!((value.amount, value.currency.as_deref()), (None, Some("EUR")));
}

#[test]
fn amounts_of_zero_and_less_are_kept() {
    let (process, issues) =
        normalised(r#"{"ocid":"o","awards":[{"value":{"amount":0}},{"value":{"amount":-5.50}}]}"#);
    assert_eq!(issues, []);
    let amounts: Vec<_> =
        process.awards.iter().map(|award| award.value.as_ref().and_then(|value| value.amount)).collect();
    assert_eq!(amounts, [Some(rust_decimal::Decimal::ZERO), Some(rust_decimal::Decimal::new(-55, 1))]);
}

#[test]
fn names_of_1_0_are_read() {
    let (process, issues) = normalised(
        r#"{"ocid":"o","tender":{"amendment":{"rationale":"r"}},
            "contracts":[{"id":"c","awardID":"a","suppliers":[{"name":"Acme"}],"implementation":{"transactions":[{"id":"t",
                "amount":{"amount":5,"currency":"EUR"},
                "providerOrganization":{"scheme":"GB","id":"1","legalName":"Payer"},
                "receiverOrganization":{"legalName":"Acme"}}]}}],
            "awards":[{"id":"a","status":"active"}]}"#,
    );
    assert_eq!(issues, []);
    assert_eq!(process.tender.amendments.as_deref(), Some(r#"[{"rationale":"r"}]"#));
    let transaction = &process.contracts[0].transactions[0];
    let payer = &process.parties[transaction.payer.expect("a payer")];
    assert_eq!((payer.key.as_str(), payer.name.as_deref()), ("id:gb|1", Some("Payer")));
    assert!(transaction.value.is_some());
    // The supplier of the contract stands for those the award does not name; it is who was paid.
    assert_eq!(process.awards[0].suppliers, [transaction.payee.expect("a payee")]);
    assert_eq!(process.awards[0].status.as_ref().map(|status| status.code), Some(AwardStatus::Active));
}

#[test]
fn misspelt_keys_are_told_and_read_where_nothing_else_is_there() {
    let (process, issues) = normalised(
        r#"{"ocid":"o","award":{"id":"dropped"},"awards":[{"id":"1"}],"contract":[{"id":"c"}],
            "tender":{"tederPeriod":{"startDate":"2020-01-01"},"Procurement_Method":"open"," documentAvailability":1,
                "title_en":"ignored","participationFee":[]}}"#,
    );
    let expected = [
        (IssueKind::UnknownField, "award"),
        (IssueKind::UnknownField, "contract"),
        (IssueKind::UnknownField, "tender.tederPeriod"),
        (IssueKind::UnknownField, "tender.Procurement_Method"),
        (IssueKind::UnknownField, "tender. documentAvailability"),
    ];
    assert_eq!(told(&issues), expected);
    assert_eq!(process.awards[0].local_id.as_deref(), Some("1"));
    assert_eq!(process.contracts[0].local_id.as_deref(), Some("c"));
    assert!(process.tender.tender_period.is_some());
    assert!(process.tender.method.is_some());
}

#[test]
fn contracts_are_tied_to_the_first_award_of_their_id() {
    let (process, issues) = normalised(
        r#"{"ocid":"o","awards":[{"id":"1"},{"id":"2"},{"id":"2"}],
            "contracts":[{"id":"a","awardID":2},{"id":"b","awardID":"9"},{"id":"a"}]}"#,
    );
    let ties: Vec<_> = process.contracts.iter().map(|contract| contract.award).collect();
    assert_eq!(ties, [Some(1), None, None]);
    assert_eq!(process.contracts[1].award_local_id.as_deref(), Some("9"));
    let expected = [
        (IssueKind::DanglingAward, "contracts[1].awardID"),
        (IssueKind::DuplicateId, "awards[2].id"),
        (IssueKind::DuplicateId, "contracts[2].id"),
    ];
    assert_eq!(told(&issues), expected);
}

#[test]
fn bids_are_read_with_and_without_their_section() {
    let (process, issues) = normalised(
        r#"{"ocid":"o","bids":{"statistics":[{"id":"1","value":2}],"details":[{"id":"1","status":"valid"}]}}"#,
    );
    assert_eq!(
        (process.bids.len(), process.bid_statistics.as_deref()),
        (1, Some(r#"[{"id":"1","value":2}]"#))
    );
    assert_eq!(issues, []);
    for bids in [r#"[{"id":"1"},{"id":"2"}]"#, r#"[{"details":[{"id":"1"},{"id":"2"}]}]"#] {
        let (process, issues) = normalised(&format!(r#"{{"ocid":"o","bids":{bids}}}"#));
        assert_eq!((process.bids.len(), issues.len()), (2, 0), "{bids}");
    }
}

#[test]
fn a_text_without_its_nul_is_kept() {
    let (process, _) = normalised(r#"{"ocid":"o","tender":{"title":"a\u0000b","description":"\u0000"}}"#);
    assert_eq!((process.tender.title.as_deref(), process.tender.description), (Some("ab"), None));
}

#[test]
fn an_issue_shows_where_and_what() {
    let issue = Issue::new(IssueKind::UnreadableDate, "awards[3].date", &"9".repeat(100), "not a date");
    assert_eq!(
        issue.to_string(),
        format!("unreadable_date: awards[3].date: not a date ({}…)", "9".repeat(80))
    );
}

/// Releases of every shape: known keys over values of any type.
fn any_release() -> impl Strategy<Value = String> {
    let scalar = prop::sample::select(vec![
        "null",
        "true",
        "0",
        "-1.5",
        "1e400",
        "\"\"",
        "\"open\"",
        "\"2020-01-01\"",
        "\"1\"",
        "\"x\\u0000\"",
        "[]",
        "{}",
    ])
    .prop_map(str::to_owned);
    let key = prop::sample::select(vec![
        "ocid",
        "date",
        "tender",
        "awards",
        "contracts",
        "award",
        "parties",
        "buyer",
        "id",
        "name",
        "identifier",
        "items",
        "value",
        "amount",
        "bids",
        "details",
        "implementation",
        "transactions",
        "payer",
        "planning",
        "documents",
        "roles",
        "status",
        "scheme",
        "suppliers",
        "awardID",
        "contractPeriod",
        "0",
    ]);
    scalar.prop_recursive(6, 100, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|elements| format!("[{}]", elements.join(","))),
            prop::collection::vec((key.clone(), inner), 0..8).prop_map(|members| {
                let members: Vec<String> =
                    members.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn no_release_makes_the_normaliser_panic(release in any_release()) {
        let value = Value::parse(release.as_bytes()).expect("JSON");
        let process = normalise(&value, &mut Vec::new());
        let known = process.parties.len();
        prop_assert!(process.tender.tenderers.iter().chain(&process.buyer).all(|party| *party < known));
    }

    #[test]
    fn json_is_written_as_it_was_read(release in any_release()) {
        let value = Value::parse(release.as_bytes()).expect("JSON");
        prop_assert_eq!(value.to_string(), release);
    }
}
