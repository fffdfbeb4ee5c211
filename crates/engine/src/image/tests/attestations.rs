//! What attestations in an image and beside it add to a look, and what they do not.

use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};

use super::*;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or_default());
        let bits = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        for at in 0..4 {
            let six = (bits >> (18 - 6 * at)) & 63;
            text.push(if at > chunk.len() { '=' } else { char::from(BASE64[six as usize]) });
        }
    }
    text
}

/// The digest of the manifest in [`layout`].
fn manifest_of(files: &[(String, Vec<u8>)]) -> String {
    let index: Value = serde_json::from_slice(&files[1].1).unwrap();
    index["manifests"][0]["digest"].as_str().unwrap().to_owned()
}

fn statement(subject: &str, kind: &str, predicate: &Value) -> String {
    json!({
        "_type": "https://in-toto.io/Statement/v0.1",
        "subject": [{"digest": {"sha256": subject.trim_start_matches("sha256:")}}],
        "predicateType": kind,
        "predicate": predicate,
    })
    .to_string()
}

fn provenance(subject: &str) -> String {
    let source = json!({"uri": "git+https://forge.example/acme/till@refs/heads/main",
        "digest": {"sha1": COMMIT}});
    let predicate = json!({"invocation": {"configSource": source}});
    statement(subject, "https://slsa.dev/provenance/v0.2", &predicate)
}

fn envelope(payload: &str, pair: &Ed25519KeyPair) -> Vec<u8> {
    let kind = "application/vnd.in-toto+json";
    let signed = format!("DSSEv1 {} {kind} {} {payload}", kind.len(), payload.len());
    let signature = base64(pair.sign(signed.as_bytes()).as_ref());
    json!({"payloadType": kind, "payload": base64(payload.as_bytes()),
        "signatures": [{"sig": "AAAA"}, {"sig": signature}]})
    .to_string()
    .into_bytes()
}

fn pem(pair: &Ed25519KeyPair) -> Vec<u8> {
    let head = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00];
    let text = base64(&[&head[..], pair.public_key().as_ref()].concat());
    format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n").into_bytes()
}

fn pair(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

/// The layout with a manifest of attestations beside that of the image.
fn with_attestations(statements: &[String], annotate: bool) -> Vec<(String, Vec<u8>)> {
    let mut files = layout();
    let about = manifest_of(&files);
    let mut put = |bytes: Vec<u8>| {
        let digest = digest(&bytes);
        files.push((format!("blobs/sha256/{digest}"), bytes));
        format!("sha256:{digest}")
    };
    let layers: Vec<Value> = statements
        .iter()
        .map(|one| {
            json!({"mediaType": "application/vnd.in-toto+json",
                "digest": put(one.clone().into_bytes())})
        })
        .collect();
    let config = put(b"{}".to_vec());
    let mut manifest = json!({"config": {"digest": config}, "layers": layers});
    let mut descriptor = json!({});
    if annotate {
        descriptor["annotations"] = json!({"vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": about});
    } else {
        manifest["subject"] = json!({"digest": about});
    }
    descriptor["digest"] = json!(put(manifest.to_string().into_bytes()));
    let mut index: Value = serde_json::from_slice(&files[1].1).unwrap();
    // Whatever stands first, the image is what is looked at.
    index["manifests"].as_array_mut().unwrap().insert(0, descriptor);
    files[1].1 = index.to_string().into_bytes();
    files
}

#[test]
fn attestations_in_a_layout_name_the_source_and_add_what_they_list() {
    let about = manifest_of(&layout());
    let package = |purl: &str| {
        json!({"SPDXID": format!("SPDXRef-{}", purl.len()), "name": "x", "versionInfo": "1.0.0",
            "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                "referenceLocator": purl}]})
    };
    let bill = json!({"spdxVersion": "SPDX-2.3", "name": "web",
        "packages": [package("pkg:npm/left@1.0.0"), package("pkg:npm/hidden@1.0.0")]});
    let statements = [provenance(&about), statement(&about, "https://spdx.dev/Document", &bill)];
    for annotate in [true, false] {
        let files = with_attestations(&statements, annotate);
        let world = world(&[("/i.tar", archive_of(&files))]);
        let look = look(&world, "/i.tar").unwrap();
        assert_eq!(look.problems, []);
        assert_eq!(look.coverage, Coverage::Full);
        let image = look.image.as_ref().unwrap();
        assert_eq!(image.source(), Some("forge.example/acme/till"), "before its label");
        assert_eq!((image.revision(), image.word().as_deref()), (Some(COMMIT), Some("unsigned")));
        let mut wanted: Vec<&str> = WANTED.to_vec();
        wanted.push("npm hidden 1.0.0 attested.spdx.json");
        assert_eq!(packages(&look), wanted, "the image's own word counts for `left`");
    }
}

#[test]
fn an_attestation_beside_an_image_is_verified_by_the_keys_of_the_configuration() {
    let files = layout();
    let look_with = |key: Option<Vec<u8>>, about: &str| {
        let config = b"[attestations]\nkeys = [\".holdfast/keys/build.pem\"]\n".to_vec();
        let beside = envelope(&provenance(about), &pair(7));
        let mut all = vec![("/i.tar", archive_of(&files)), ("/i.tar.intoto.jsonl", beside)];
        if let Some(key) = key {
            all.extend([("/here/holdfast.toml", config), ("/here/.holdfast/keys/build.pem", key)]);
        }
        look(&world(&all), "/i.tar").unwrap()
    };
    let word = |look: &Look| look.image.as_ref().unwrap().word();
    let about = manifest_of(&files);
    let signed = look_with(Some(pem(&pair(7))), &about);
    assert_eq!(word(&signed).as_deref(), Some("key build.pem"));
    assert_eq!(signed.problems, []);
    assert!(signed.asset.labels.contains(&"by:key build.pem".to_owned()));
    let of_another = look_with(Some(pem(&pair(8))), &about);
    assert_eq!(word(&of_another).as_deref(), Some("unverified"));
    assert_eq!(word(&look_with(None, &about)).as_deref(), Some("unverified"));
    let broken = look_with(Some(b"no key".to_vec()), &about);
    assert_eq!(word(&broken).as_deref(), Some("unverified"));
    assert_eq!(broken.problems[0].code, "attestation-key");
    let other = look_with(Some(pem(&pair(7))), &format!("sha256:{}", "a".repeat(64)));
    assert_eq!(word(&other).as_deref(), Some("label"), "it is about another image");
    assert_eq!(other.problems[0].code, "attestation-unusable");
}

#[test]
fn a_damaged_attestation_loses_nothing_else() {
    let about = manifest_of(&layout());
    let mut files = with_attestations(&["no statement".to_owned(), provenance(&about)], true);
    let first = files.iter().position(|(_, bytes)| bytes == b"no statement").unwrap();
    let world_of = |files: &[(String, Vec<u8>)]| world(&[("/i.tar", archive_of(files))]);
    let codes =
        |look: &Look| -> Vec<String> { look.problems.iter().map(|one| one.code.clone()).collect() };
    let with_text = look(&world_of(&files), "/i.tar").unwrap();
    assert_eq!(codes(&with_text), ["attestation-unusable"]);
    assert_eq!(with_text.image.as_ref().unwrap().revision(), Some(COMMIT));
    files[first].1 = b"{\"another\": 1}".to_vec();
    let other = look(&world_of(&files), "/i.tar").unwrap();
    assert_eq!(codes(&other), ["attestation-unusable"], "it is not what its digest says");
    assert_eq!(
        (packages(&other).as_slice(), other.coverage),
        (&WANTED.map(String::from)[..], Coverage::Full)
    );
}
