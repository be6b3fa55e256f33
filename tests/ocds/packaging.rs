//! Every packaging is read, and what is broken costs itself only.

use std::io::{self, Read, Write};

use farol::ocds::issue::IssueKind;
use farol::ocds::reader::{MAX_PIECE, Piece, PieceKind, Reader};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::{pieces, releases};

/// The ocids of the releases of an input.
fn ocids(input: impl Into<Vec<u8>>) -> Vec<String> {
    releases(input).0.into_iter().map(|release| release.ocid).collect()
}

/// Lines on which something was broken.
fn broken(input: impl Into<Vec<u8>>) -> Vec<u64> {
    pieces(input).1.into_iter().map(|issue| issue.line).collect()
}

fn texts(pieces: &[Piece]) -> Vec<(PieceKind, &str)> {
    pieces.iter().map(|piece| (piece.kind, std::str::from_utf8(&piece.bytes).expect("UTF-8"))).collect()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).expect("memory");
    encoder.finish().expect("memory")
}

#[test]
fn json_lines_are_releases_with_their_lines() {
    let (pieces, issues) = pieces("{\"ocid\":\"a\"}\n\n{\"ocid\":\"b\"}\r\n{\"ocid\":\"c\"}");
    assert_eq!(issues, []);
    let places: Vec<_> = pieces.iter().map(|piece| (piece.line, piece.offset)).collect();
    assert_eq!(places, [(1, 0), (3, 14), (4, 28)]);
    assert_eq!(pieces[1].bytes, b"{\"ocid\":\"b\"}");
}

#[test]
fn a_package_hands_out_its_releases_and_then_what_it_says_of_itself() {
    let package = r#"{ "publisher": {"name": "P"}, "releases": [
        {"ocid": "a"}, {"ocid": "b"}
    ], "license": "CC0" }"#;
    let (pieces, issues) = pieces(package);
    assert_eq!(issues, []);
    assert_eq!(
        texts(&pieces),
        [
            (PieceKind::Release, r#"{"ocid": "a"}"#),
            (PieceKind::Release, r#"{"ocid": "b"}"#),
            (PieceKind::Package, r#"{"publisher": {"name": "P"},"license": "CC0"}"#),
        ]
    );
    assert_eq!(pieces[1].line, 2);
}

#[test]
fn every_other_packaging_is_read() {
    let (a, b) = (r#"{"ocid":"a"}"#, r#"{"ocid":"b"}"#);
    let cases = [
        (
            "a bare release, pretty-printed",
            "{\n  \"ocid\": \"a\",\n  \"tender\": {\n    \"id\": 1\n  }\n}\n".into(),
            "a",
        ),
        ("a byte-order mark", format!("\u{feff}{a}"), "a"),
        ("an array", format!("[{a},\n{b}]"), "a b"),
        ("a record package", format!(r#"{{"records":[{{"ocid":"a","releases":[{a},{a}]}}]}}"#), "a a"),
        ("a bare record, its releases first", format!(r#"{{"releases":[{a}],"ocid":"a"}}"#), "a"),
        ("several packages", format!(r#"{{"releases":[{a}]}}{{"releases":[{b}]}}"#), "a b"),
        ("packages, one a line", format!("{{\"releases\":[{a}]}}\n{{\"releases\":[{b},{a}]}}\n"), "a b a"),
        (
            "an array of packages",
            format!(r#"[{{"releases":[{a}]}},{{"records":[{{"releases":[{b}]}}]}}]"#),
            "a b",
        ),
        (
            "pretty documents one after the other",
            "{\n\"ocid\":\n\"a\"}\n{\n\"ocid\":\"b\"\n}".to_owned(),
            "a b",
        ),
        ("a line, then a pretty document", format!("{a}\n{{\n \"ocid\":\n\"b\"\n}}\n"), "a b"),
        ("one release where a list belongs", format!(r#"{{"releases":{a}}}"#), "a"),
        ("lines that end with a comma", format!("{a},\n{b},\n"), "a b"),
    ];
    for (what, input, expected) in cases {
        assert_eq!(broken(input.clone()), [] as [u64; 0], "{what}");
        assert_eq!(ocids(input).join(" "), expected, "{what}");
    }
}

#[test]
fn a_record_has_its_embedded_releases_or_else_its_compiled_one() {
    let linked = r#"{"url":"https://example.org/1","date":"2020-01-01","tag":["tender"]}"#;
    let (found, issues) = releases(format!(
        r#"{{"records":[
            {{"ocid":"a","releases":[{{"ocid":"a","id":"1"}}],"compiledRelease":{{"ocid":"a","id":"all"}}}},
            {{"ocid":"b","releases":[{linked}],"compiledRelease":{{"id":"all"}}}},
            {{"ocid":"c","releases":[{linked}],"versionedRelease":{{"ocid":"c"}}}},
            {{"ocid":"d","releases":[{linked}],"compiledRelease":{{}}}}
        ]}}"#
    ));
    let found: Vec<_> =
        found.iter().map(|release| (&*release.ocid, release.id.as_deref(), release.compiled)).collect();
    assert_eq!(found, [("a", Some("1"), false), ("b", Some("all"), true)]);
    let kinds: Vec<_> = issues.iter().map(|issue| (issue.kind, &*issue.value)).collect();
    assert_eq!(kinds, [(IssueKind::VersionedOnly, "c"), (IssueKind::LinkedRelease, "d")]);
}

#[test]
fn a_release_keeps_its_bytes_and_what_it_says_of_itself() {
    let json = r#"{"ocid": "a",  "id": 7, "tag": "compiled", "date": "2020-02-01T01:00:00+01:00"}"#;
    let (found, _) = releases(format!(r#"{{"records":[{{"releases":[ {json} ]}}]}}"#));
    assert_eq!(found[0].json, json.as_bytes());
    assert_eq!(found[0].id.as_deref(), Some("7"));
    assert_eq!(found[0].date.map(|date| date.to_rfc3339()).as_deref(), Some("2020-02-01T00:00:00+00:00"));
    assert!(found[0].compiled);
}

#[test]
fn what_is_no_release_is_told() {
    let kinds = |input: &str| releases(input).1.iter().map(|issue| issue.kind).collect::<Vec<_>>();
    assert_eq!(kinds(r#"{"tender":{"id":"1"}}"#), [IssueKind::MissingOcid]);
    assert_eq!(kinds(r#"{"error":"no such file"}"#), [IssueKind::NotOcds]);
    assert_eq!(kinds("[1]"), [IssueKind::NotOcds]);
    assert_eq!(kinds("{\"ocid\":\"a\",\"title\":\"\u{e9}\"}"), []);
    assert_eq!(releases(b"{\"ocid\":\"a\",\"title\":\"\xe9\"}").1[0].kind, IssueKind::NotUtf8);
}

#[test]
fn what_is_not_quite_json_does_not_cost_a_release() {
    let cases: [(&str, &str); 4] = [
        (r#""cut \ud83d","b":"\ud83d\ude00 \\ud83d""#, r#""cut \ufffd","b":"\ud83d\ude00 \\ud83d""#),
        ("\"a\tb\"", r#""a\u0009b""#),
        (r#"NaN,"b":[-Infinity,"NaN \" NaN"]"#, r#"null,"b":[null,"NaN \" NaN"]"#),
        (r#"-1,"b":Infinity"#, r#"-1,"b":null"#),
    ];
    for (published, mended) in cases {
        let (found, issues) = releases(format!(r#"{{"ocid":"a","a":{published}}}"#));
        assert_eq!(
            issues.iter().map(|issue| issue.kind).collect::<Vec<_>>(),
            [IssueKind::InvalidJson],
            "{published}"
        );
        assert_eq!(String::from_utf8_lossy(&found[0].json), format!(r#"{{"ocid":"a","a":{mended}}}"#));
    }
    assert_eq!(ocids("{\"releases\":[{\"ocid\":\"a\",\"b\":\"two\nlines\"}]}"), ["a"]);
}

#[test]
fn a_broken_line_costs_itself() {
    let good = |ocid: &str| format!("{{\"ocid\":\"{ocid}\"}}\n");
    let cases = [
        ("a missing bracket", "{\"ocid\":\"x\",\"tender\":{\"id\":1}\n"),
        ("cut off in a text", "{\"ocid\":\"x\",\"title\":\"abc\n"),
        ("cut off after a colon", "{\"ocid\":\"x\",\"tender\":{\"id\":\n"),
        ("cut off after a comma", "{\"ocid\":\"x\",\n"),
        ("a wrong bracket", "{\"ocid\":\"x\",\"a\":[1}}\n"),
        ("not JSON", "<html>\n"),
        ("an unknown word", "{\"ocid\":nil}\n"),
    ];
    for (what, line) in cases {
        for input in [
            format!("{}{line}{}", good("a"), good("b")),
            format!("{line}{}{}", good("a"), good("b")),
            format!("{}{}{line}", good("a"), good("b")),
        ] {
            let at = input.lines().position(|known| known == line.trim_end()).expect("the line") as u64 + 1;
            assert_eq!(ocids(input.clone()), ["a", "b"], "{what}: {input}");
            let told =
                broken(input.clone()).into_iter().chain(releases(input.clone()).1.into_iter().map(|_| at));
            assert_eq!(told.collect::<Vec<_>>(), [at], "{what}: {input}");
        }
    }
}

#[test]
fn a_broken_element_costs_itself() {
    for element in [r#"{"ocid":"x" "id":1}"#, r#"{"ocid":"x",}"#, r#"{"ocid":}"#, "nul", "{,}"] {
        let input = format!(r#"{{"releases":[{{"ocid":"a"}},{element},{{"ocid":"b"}}],"license":"CC0"}}"#);
        assert_eq!(ocids(input.clone()), ["a", "b"], "{element}");
        assert_eq!(releases(input.clone()).1.len(), 1, "{element}");
        assert_eq!(pieces(input).0.last().map(|piece| piece.kind), Some(PieceKind::Package), "{element}");
    }
}

#[test]
fn what_is_not_json_is_one_issue_with_its_place() {
    let html = "\n<!DOCTYPE html>\n<html>\n{ not: json }\n</html>\n";
    let (pieces, issues) = pieces(html);
    assert_eq!(pieces, []);
    assert_eq!(issues.len(), 1, "{issues:?}");
    assert_eq!((issues[0].kind, issues[0].line, issues[0].offset), (IssueKind::InvalidJson, 2, 1));
    assert!(issues[0].to_string().starts_with("input, line 2, byte 1: "), "{}", issues[0]);
}

#[test]
fn an_empty_input_and_utf_16_are_told() {
    assert_eq!(pieces("").1[0].kind, IssueKind::InvalidJson);
    assert_eq!(pieces(" \n").1.len(), 1);
    let utf16: Vec<u8> = "\u{feff}{\"ocid\":\"a\"}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (pieces, issues) = pieces(utf16);
    assert_eq!((pieces.len(), issues.len(), issues[0].kind), (0, 1, IssueKind::NotUtf8));
}

#[test]
fn gzip_is_known_by_its_first_bytes() {
    assert_eq!(ocids(gzip("{\"ocid\":\"a\"}\n")), ["a"]);
    assert_eq!(ocids([gzip("{\"ocid\":\"a\"}\n"), gzip("{\"ocid\":\"b\"}\n")].concat()), ["a", "b"]);
}

#[test]
fn a_damaged_gzip_stream_keeps_what_came_before() {
    let lines: Vec<String> = (0..20_000).map(|n| format!("{{\"ocid\":\"{}\"}}", n * 7919 % 20_011)).collect();
    let mut whole = gzip(&lines.join("\n"));
    whole.truncate(whole.len() / 2);
    let (pieces, issues) = pieces(whole);
    assert!(pieces.len() > 1000, "{}", pieces.len());
    assert_eq!(issues[0].kind, IssueKind::UnreadableInput);
    assert!(issues.len() <= 2, "{issues:?}");
}

#[test]
fn a_release_beyond_the_limit_is_told_and_not_held() {
    let before = "{\"ocid\":\"a\"}\n{\"ocid\":\"large\",\"text\":\"";
    let large = io::repeat(b'x').take(MAX_PIECE + 1);
    let after = "\"}\n{\"ocid\":\"b\"}\n";
    let input = before.as_bytes().chain(large).chain(after.as_bytes());
    let (mut lines, mut issues) = (Vec::new(), Vec::new());
    for piece in Reader::new("input", input) {
        match piece {
            Ok(piece) => lines.push(piece.line),
            Err(issue) => issues.push((issue.kind, issue.line)),
        }
    }
    assert_eq!((lines, issues), (vec![1, 3], vec![(IssueKind::TooLarge, 2)]));
}

#[test]
fn a_large_package_is_handed_out_while_it_is_read() {
    let element = format!(r#"{{"ocid":"a","text":"{}"}},"#, "x".repeat(10_000));
    let elements = element.repeat(1000);
    let endless = [br#"{"uri":"u","releases":["#.as_slice(), elements.as_bytes()].concat();
    let mut reader = Reader::new("input", endless.chain_never_ends());
    for _ in 0..500 {
        assert_eq!(reader.next_piece().expect("a piece").expect("a release").kind, PieceKind::Release);
    }
}

/// Bytes, and after them an error: whoever reads to the end first fails.
trait ChainNeverEnds {
    fn chain_never_ends(self) -> Box<dyn Read + Send>;
}

impl ChainNeverEnds for Vec<u8> {
    fn chain_never_ends(self) -> Box<dyn Read + Send> {
        struct Never;
        impl Read for Never {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                panic!("the whole input was read before its first pieces were handed out")
            }
        }
        Box::new(io::Cursor::new(self).chain(Never))
    }
}

/// Hands out as many bytes at a time as it is told.
struct Dribble(Vec<u8>, usize);

impl Read for Dribble {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.1.min(self.0.len()).min(buffer.len());
        buffer[..count].copy_from_slice(&self.0[..count]);
        self.0.drain(..count);
        Ok(count)
    }
}

fn everything(input: Vec<u8>, chunk: usize) -> Vec<String> {
    Reader::new("input", Dribble(input, chunk)).map(|piece| format!("{piece:?}")).collect()
}

/// Bytes with a liking for what JSON is made of.
fn json_like() -> impl Strategy<Value = Vec<u8>> {
    let bits = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\n",
        " ",
        "1",
        "null",
        "{\"ocid\":\"a\"}",
        "{\"",
        "\"releases\":[",
        "\"records\":[",
        "\"ocid\":",
        "\u{feff}",
        "\u{e9}",
        "\0",
        "{\"ocid\":\"b\",\n\"x\":[]}\n",
        "<",
    ]);
    prop::collection::vec(bits, 0..60).prop_map(|bits| bits.concat().into_bytes())
}

proptest! {
    #[test]
    fn pieces_do_not_depend_on_how_the_bytes_arrive(input in json_like(), chunk in 1_usize..20) {
        prop_assert_eq!(everything(input.clone(), chunk), everything(input, usize::MAX));
    }

    #[test]
    fn no_bytes_make_the_reader_panic(input in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = releases(input);
    }

    #[test]
    fn a_package_cut_off_anywhere_keeps_its_complete_releases(cut in 0_usize..400) {
        let elements: Vec<String> = (0..10).map(|n| format!("  {{\"ocid\": \"{n}\", \"x\": [{{}}]}}")).collect();
        let whole = format!("{{\"uri\": \"u\",\n\"releases\": [\n{}\n]}}", elements.join(",\n"));
        let cut = cut.min(whole.len());
        let complete = (0..10).filter(|n| {
            let element = &elements[*n];
            whole.find(element.as_str()).expect("it is there") + element.len() <= cut
        });
        prop_assert_eq!(ocids(&whole.as_bytes()[..cut]), complete.map(|n| n.to_string()).collect::<Vec<_>>());
    }

    #[test]
    fn a_broken_line_among_good_ones_costs_itself(broken in json_like(), good in 1_u64..5) {
        let broken: Vec<u8> = broken.into_iter().filter(|byte| !matches!(byte, b'\n' | 0xEF | 0xBB | 0xBF)).collect();
        let lines: Vec<String> = (0..good).map(|n| format!("{{\"ocid\":\"good-{n}\"}}")).collect();
        let lines = lines.join("\n");
        let input = [lines.as_bytes(), b"\n", &broken, b"\n", lines.as_bytes()].concat();
        let found = ocids(input).into_iter().filter(|ocid| ocid.starts_with("good-")).count();
        prop_assert_eq!(found as u64, 2 * good);
    }
}
