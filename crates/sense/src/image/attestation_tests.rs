//! Attestations in every wrapping, and what is none.

use proptest::prelude::*;
use serde_json::json;

use super::*;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

fn digits() -> String {
    "a".repeat(64)
}

fn statement(kind: &str, predicate: &Value) -> Value {
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "web", "digest": {"sha256": digits()}}, {"digest": {"sha512": "x"}}],
        "predicateType": kind,
        "predicate": predicate,
    })
}

fn provenance() -> Value {
    statement(
        "https://slsa.dev/provenance/v1",
        &json!({"buildDefinition": {"resolvedDependencies": [
            {"uri": "pkg:docker/base@12", "digest": {"sha1": COMMIT}},
            {"uri": "git+https://forge.example/acme/shop@refs/heads/main",
             "digest": {"gitCommit": COMMIT.to_uppercase()}},
        ]}}),
    )
}

fn envelope(payload: &Value, signature: &[u8]) -> Value {
    json!({
        "payloadType": PAYLOAD,
        "payload": STANDARD.encode(payload.to_string()),
        "signatures": [{"keyid": "", "sig": STANDARD.encode(signature)}],
    })
}

fn all(text: &str) -> Vec<Attestation> {
    let (attestations, problems) = read("a.json", text.as_bytes());
    assert_eq!(problems, [], "{text}");
    attestations
}

fn built(value: &Value) -> (Option<String>, Option<String>) {
    match all(&value.to_string()).remove(0).predicate {
        Predicate::Provenance(one) => (one.source, one.revision),
        other => panic!("{other:?}"),
    }
}

#[test]
fn both_forms_of_provenance_name_repository_and_commit() {
    let wanted = (Some("https://forge.example/acme/shop".to_owned()), Some(COMMIT.to_owned()));
    assert_eq!(built(&provenance()), wanted);
    let old = "https://slsa.dev/provenance/v0.2";
    let source =
        json!({"uri": "git+https://forge.example/acme/shop#main", "digest": {"sha1": COMMIT}});
    assert_eq!(built(&statement(old, &json!({"materials": [{"uri": "pkg:x/y"}, source]}))), wanted);
    let entry = json!({"invocation": {"configSource": source}, "materials": [
        {"uri": "https://other.example/x", "digest": {"sha1": "f".repeat(40)}}]});
    assert_eq!(built(&statement(old, &entry)), wanted);
    let kit = json!({"metadata": {"https://mobyproject.org/buildkit@v1#metadata": {"vcs":
        {"source": "https://forge.example/acme/shop", "revision": COMMIT}}}});
    assert_eq!(built(&statement(old, &kit)), wanted);
    assert_eq!(built(&statement(old, &json!({"materials": 3}))), (None, None));
    let short = json!({"materials": [{"uri": "https://f.example/x", "digest": {"sha1": "abc"}}]});
    assert_eq!(built(&statement(old, &short)), (None, None));
    let path = "ssh://git@forge.example/acme/shop";
    assert_eq!((repository(path), repository(&format!("{path}@v1"))), (path.into(), path.into()));
}

#[test]
fn an_envelope_says_what_is_signed() {
    let signed = envelope(&provenance(), b"signature");
    let bundle = json!({"mediaType": "x", "dsseEnvelope": signed});
    let (bare, signed, bundle) =
        (all(&provenance().to_string()), all(&signed.to_string()), all(&bundle.to_string()));
    assert_eq!(bare[0].signed, None);
    assert_eq!(signed, bundle);
    assert_eq!(
        (&bare[0].subjects, &bare[0].predicate),
        (&signed[0].subjects, &signed[0].predicate)
    );
    assert_eq!(signed[0].subjects, [format!("sha256:{}", digits())]);
    let of = signed[0].signed.as_ref().unwrap();
    assert_eq!(of.signatures, [b"signature"]);
    let payload = provenance().to_string();
    let head = format!("DSSEv1 28 {PAYLOAD} {} ", payload.len());
    assert_eq!(of.bytes, [head.as_bytes(), payload.as_bytes()].concat());
}

#[test]
fn bills_come_as_they_are_written() {
    for (kind, notation) in [
        ("https://cyclonedx.org/bom", "cdx"),
        ("https://cyclonedx.org/bom/v1.6", "cdx"),
        ("https://spdx.dev/Document", "spdx"),
        ("https://spdx.dev/Document/v2.3", "spdx"),
    ] {
        let document = json!({"name": "x"});
        let wanted = Predicate::Bill { notation, bytes: document.to_string().into_bytes() };
        assert_eq!(all(&statement(kind, &document).to_string())[0].predicate, wanted);
        let wrapped = json!({"Data": document});
        assert_eq!(all(&statement(kind, &wrapped).to_string())[0].predicate, wanted);
    }
    let other = all(&statement("https://example.example/x", &json!({})).to_string());
    assert_eq!(other[0].predicate, Predicate::Other("https://example.example/x".to_owned()));
}

#[test]
fn a_bill_may_say_what_its_artifact_was_built_from() {
    let of = |bill: Value| {
        let one = built_from(bill.to_string().as_bytes());
        (one.source.unwrap_or_default(), one.revision.unwrap_or_default())
    };
    let wanted = ("https://forge.example/acme/shop".to_owned(), COMMIT.to_owned());
    let references = json!([{"type": "website", "url": "https://shop.example"},
        {"type": "vcs", "url": "https://forge.example/acme/shop"}]);
    let component = json!({"externalReferences": references,
        "pedigree": {"commits": [{"uid": COMMIT}]}});
    assert_eq!(of(json!({"metadata": {"component": component}})), wanted);
    let location = format!("git+https://forge.example/acme/shop@{COMMIT}#src");
    let spdx = json!({"documentDescribes": ["SPDXRef-1"], "packages": [
        {"SPDXID": "SPDXRef-0", "downloadLocation": "git+https://other.example/x@1"},
        {"SPDXID": "SPDXRef-1", "downloadLocation": location}]});
    assert_eq!(of(spdx), wanted);
    for nothing in [json!({}), json!([]), json!({"documentDescribes": ["x"], "packages": 3})] {
        assert_eq!(of(nothing), (String::new(), String::new()));
    }
}

#[test]
fn one_that_is_none_loses_no_other() {
    let good = envelope(&provenance(), b"s").to_string();
    let wrong = [
        "{\"payload\": \"!\", \"payloadType\": \"application/vnd.in-toto+json\"}",
        "{\"payload\": \"e30=\", \"payloadType\": \"text/plain\"}",
        "{\"payload\": \"e30=\"}",
        "{\"payload\": \"eA==\", \"payloadType\": \"application/vnd.in-toto+json\"}",
        "[1, 2]",
        "{\"_type\": \"https://in-toto.io/Statement/v1\"}",
        "{\"_type\": 3}",
        "<<<<<<< ours",
    ];
    let text = format!("\u{feff}{good}\r\n\n{}\n{good}\n", wrong.join("\n"));
    let (attestations, problems) = read("a.jsonl", text.as_bytes());
    assert_eq!((attestations.len(), problems.len()), (2, wrong.len()));
    let lines: Vec<u32> = problems.iter().map(|one| one.place.as_ref().unwrap().line).collect();
    assert_eq!(lines, (3..11).collect::<Vec<u32>>());
    assert!(problems.iter().all(|one| one.code == "image-attestation" && !one.help.is_empty()));
    assert_eq!(read("a.json", b"").1, [], "an empty file says nothing");
}

proptest! {
    #[test]
    fn any_damage_is_read_without_a_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        end in any::<prop::sample::Index>(),
    ) {
        let mut bytes = format!("{}\n{}", envelope(&provenance(), b"s"), provenance()).into_bytes();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(end.index(bytes.len()) + 1);
        let (attestations, problems) = read("a.jsonl", &bytes);
        prop_assert!(attestations.len() + problems.len() <= bytes.len());
    }
}
