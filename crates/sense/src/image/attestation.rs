//! Build attestations: in-toto statements (v0.1, v1) about an image, bare or in DSSE envelopes, with
//! SLSA provenance (v0.2, v1) or a bill of materials as predicate.
//!
//! Knows these documents and what of them is signed; verifies nothing and trusts nobody: whether a
//! signature holds, and whose keys count, is said elsewhere.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use holdfast_model::{Digest, Place, Problem};
use serde_json::Value;

/// More attestations in one file are not read.
const MOST: usize = 1000;
/// More subjects, materials or signatures are not looked at.
const MOST_ITEMS: usize = 10_000;
/// The payload type of an in-toto statement in an envelope (in-toto attestation framework, "Envelope
/// layer").
const PAYLOAD: &str = "application/vnd.in-toto+json";

/// An attestation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attestation {
    /// The SHA-256 digests of what it is about, `sha256:…`.
    pub subjects: Vec<String>,
    /// What it says.
    pub predicate: Predicate,
    /// What its signatures are over, and they; without an envelope there are none.
    pub signed: Option<Signed>,
}

/// What an attestation says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Predicate {
    /// What it was built from.
    Provenance(Provenance),
    /// What is in it: a document of CycloneDX or SPDX.
    Bill {
        /// `cdx` or `spdx`.
        notation: &'static str,
        /// The document.
        bytes: Vec<u8>,
    },
    /// Something else, by its type.
    Other(String),
}

/// What something was built from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Provenance {
    /// The address of its repository, without branch or tag.
    pub source: Option<String>,
    /// The commit.
    pub revision: Option<String>,
}

/// Signatures and what they are over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The bytes that are signed (DSSE 1.0, "Pre-authentication encoding").
    pub bytes: Vec<u8>,
    /// Each signature.
    pub signatures: Vec<Vec<u8>>,
}

/// Reads a file of attestations: one statement, envelope or bundle, or one on each line. What is none
/// is a problem, and loses no other.
pub fn read(path: &str, bytes: &[u8]) -> (Vec<Attestation>, Vec<Problem>) {
    let (mut attestations, mut problems) = (Vec::new(), Vec::new());
    let mut take = |line: u32, value: Result<Value, String>| {
        let place = Place { path: path.into(), line, column: 1 };
        match value.and_then(|value| one(&value)) {
            Ok(attestation) => attestations.push(attestation),
            Err(why) => problems.push(
                Problem::at("image-attestation", place, format!("this is no attestation: {why}"))
                    .help("let the tool that wrote it write it again"),
            ),
        }
    };
    let parse = |bytes: &[u8]| {
        serde_json::from_slice::<Value>(bytes).map_err(|_| "it is no JSON".to_owned())
    };
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if let whole @ Ok(_) = parse(bytes) {
        take(1, whole);
        return (attestations, problems);
    }
    let lines = bytes.split(|byte| *byte == b'\n').zip(1_u32..);
    let full = lines.filter(|(line, _)| !line.trim_ascii().is_empty());
    for (line, number) in full.take(MOST) {
        take(number, parse(line));
    }
    (attestations, problems)
}

pub(crate) fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty())
}

pub(crate) fn items<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten().take(MOST_ITEMS)
}

/// A value down a path of members.
fn at<'v>(value: &'v Value, path: &[&str]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, name| value.get(name))
}

/// One attestation; the error says why it is none.
fn one(value: &Value) -> Result<Attestation, String> {
    // A bundle of Sigstore holds an envelope.
    let value = value.get("dsseEnvelope").unwrap_or(value);
    let Some(payload) = value.get("payload") else { return statement(value, None) };
    let kind = text(value, "payloadType").ok_or("its envelope says no type")?;
    if kind != PAYLOAD {
        return Err(format!("its envelope holds `{}`", shown(kind)));
    }
    let payload = payload.as_str().and_then(decoded).ok_or("its payload is no base64")?;
    let inner = serde_json::from_slice(&payload).map_err(|_| "its payload is no JSON")?;
    let signatures: Vec<Vec<u8>> = items(value, "signatures")
        .filter_map(|signature| decoded(text(signature, "sig")?))
        .collect();
    let signed =
        (!signatures.is_empty()).then(|| Signed { bytes: pae(kind, &payload), signatures });
    statement(&inner, signed)
}

/// Base64, standard or for addresses: DSSE takes both.
fn decoded(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()
}

/// `DSSEv1 LENGTH TYPE LENGTH PAYLOAD`.
fn pae(kind: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

fn statement(value: &Value, signed: Option<Signed>) -> Result<Attestation, String> {
    let kind = text(value, "_type").unwrap_or_default();
    if !kind.starts_with("https://in-toto.io/Statement/") {
        return Err("it is no statement of in-toto".to_owned());
    }
    let subjects = items(value, "subject").filter_map(|subject| {
        let digits = text(subject.get("digest")?, "sha256")?;
        Digest::parse(digits).map(|digest| format!("sha256:{digest}"))
    });
    let subjects = subjects.collect();
    let said = value.get("predicate").unwrap_or(&Value::Null);
    let kind = text(value, "predicateType").ok_or("it does not say what kind it is of")?;
    let bill = |notation| {
        // CycloneDX also travels as the only member of an object (in-toto, "Cyclone DX predicate").
        let inner = said.get("Data").unwrap_or(said);
        let bytes = serde_json::to_vec(inner).unwrap_or_default();
        Predicate::Bill { notation, bytes }
    };
    let predicate = match kind {
        "https://slsa.dev/provenance/v1" => Predicate::Provenance(newer(said)),
        "https://slsa.dev/provenance/v0.2" | "https://slsa.dev/provenance/v0.1" => {
            Predicate::Provenance(older(said))
        }
        _ if kind.starts_with("https://cyclonedx.org/bom") => bill("cdx"),
        _ if kind.starts_with("https://spdx.dev/Document") => bill("spdx"),
        other => Predicate::Other(shown(other)),
    };
    Ok(Attestation { subjects, predicate, signed })
}

/// SLSA provenance v1: `buildDefinition.resolvedDependencies`.
fn newer(said: &Value) -> Provenance {
    let definition = said.get("buildDefinition").unwrap_or(&Value::Null);
    let found = items(definition, "resolvedDependencies").find_map(material);
    let kit = at(said, &["runDetails", "metadata", "buildkit_metadata", "vcs"]);
    found.unwrap_or_default().or(kit)
}

/// SLSA provenance v0.2: the entry point's material, else the first from a repository.
fn older(said: &Value) -> Provenance {
    let entry = at(said, &["invocation", "configSource"]).and_then(material);
    let found = entry.or_else(|| items(said, "materials").find_map(material));
    let kit = at(said, &["metadata", "https://mobyproject.org/buildkit@v1#metadata", "vcs"]);
    found.unwrap_or_default().or(kit)
}

impl Provenance {
    /// With what BuildKit says of the repository that it was called in, for what is not known.
    fn or(self, kit: Option<&Value>) -> Self {
        let of = |name| kit.and_then(|kit| text(kit, name)).map(ToOwned::to_owned);
        Self {
            source: self.source.or_else(|| of("source").map(|address| repository(&address))),
            revision: self.revision.or_else(|| of("revision")),
        }
    }
}

/// What was built from, where it is a commit of a repository.
fn material(value: &Value) -> Option<Provenance> {
    let digest = value.get("digest")?;
    let commit = text(digest, "gitCommit").or_else(|| text(digest, "sha1"))?;
    let hex = matches!(commit.len(), 40 | 64) && commit.bytes().all(|b| b.is_ascii_hexdigit());
    let address = text(value, "uri").filter(|uri| !uri.starts_with("pkg:"))?;
    hex.then(|| Provenance {
        source: Some(repository(address)),
        revision: Some(commit.to_ascii_lowercase()),
    })
}

/// The address of a repository without how it is fetched and without branch or tag:
/// `git+https://forge.example/acme/shop@refs/heads/main`, or with `#main` behind it (SPDX 2.3,
/// "Package download location field").
fn repository(uri: &str) -> String {
    let uri = uri.strip_prefix("git+").unwrap_or(uri);
    let uri = uri.split('#').next().unwrap_or(uri);
    // An `@` before the path belongs to whoever signs in.
    let path =
        uri.find("://").and_then(|at| uri.get(at + 3..)?.find('/').map(|slash| at + 3 + slash));
    let end = path.and_then(|path| uri.get(path..)?.find('@').map(|at| path + at));
    uri.get(..end.unwrap_or(uri.len())).unwrap_or(uri).to_owned()
}

/// What a bill of materials says its artifact was built from: CycloneDX in the references and commits
/// of its main component, SPDX in the download location of what it describes.
pub fn built_from(bill: &[u8]) -> Provenance {
    serde_json::from_slice::<Value>(bill).map(|bill| provenance(&bill)).unwrap_or_default()
}

/// The same of a document that was read.
pub(crate) fn provenance(bill: &Value) -> Provenance {
    if let Some(component) = at(bill, &["metadata", "component"]) {
        let mut references = items(component, "externalReferences");
        let address = references.find(|one| text(one, "type") == Some("vcs"));
        let commits = component.get("pedigree").unwrap_or(&Value::Null);
        let commit = items(commits, "commits").find_map(|commit| text(commit, "uid"));
        return Provenance {
            source: address.and_then(|one| text(one, "url")).map(repository),
            revision: commit.map(ToOwned::to_owned),
        };
    }
    let location = described(bill).and_then(|package| text(package, "downloadLocation"));
    let Some(location) = location.filter(|location| location.starts_with("git+")) else {
        return Provenance::default();
    };
    let source = repository(location);
    let behind = location.split('#').next().and_then(|bare| bare.strip_prefix("git+"));
    let revision = behind.and_then(|bare| bare.strip_prefix(source.as_str())?.strip_prefix('@'));
    Provenance { revision: revision.map(ToOwned::to_owned), source: Some(source) }
}

/// What a bill is about: the main component of CycloneDX, or the first package that SPDX describes.
pub(crate) fn described(bill: &Value) -> Option<&Value> {
    if let Some(component) = at(bill, &["metadata", "component"]) {
        return Some(component);
    }
    let listed = || items(bill, "documentDescribes").find_map(Value::as_str);
    let related = || {
        let is = |one: &&Value| text(one, "relationshipType") == Some("DESCRIBES");
        items(bill, "relationships").find(is).and_then(|one| text(one, "relatedSpdxElement"))
    };
    let described = listed().or_else(related)?;
    items(bill, "packages").find(|package| text(package, "SPDXID") == Some(described))
}

fn shown(text: &str) -> String {
    text.chars().take(200).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
#[path = "attestation_tests.rs"]
mod tests;
