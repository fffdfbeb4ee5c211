//! What a bill of materials says of its own subject: which image it lists the contents of, and what
//! that was built from.
//!
//! Knows the main component of CycloneDX and the package that SPDX describes, each in both notations.
//! It is a claim of whoever wrote the bill.

use holdfast_model::Digest;
use packageurl::PackageUrl;
use serde::Deserialize;
use serde_json::Value;

use crate::image::attestation::{described, items, provenance, text};
use crate::image::manifest::repository;
use crate::report::json::Take;
use crate::report::node::Node;
use crate::report::xml::{Event, Splitter};

use super::spdx_tags;

/// Of a larger document of SPDX in JSON, in bytes, nothing is told here: its subject stands among all
/// packages, which would have to be kept at once.
const LARGEST: usize = 2 << 20;
/// The most digests of one image.
const MOST: usize = 16;

/// What a bill says of its subject.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Made {
    /// The address of the repository that it was built from, as written, without branch or tag.
    pub source: Option<String>,
    /// The commit.
    pub revision: Option<String>,
    /// Where it is an image: its digests, `sha256:…`; without any its name and tag.
    pub images: Vec<String>,
}

/// The only member of CycloneDX that is kept.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Head {
    metadata: Value,
}

/// Reads it; nothing where the document is of none of these notations.
pub fn made(bill: &[u8]) -> Made {
    let bill = bill.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bill);
    let value = match bill.trim_ascii_start().first() {
        Some(b'<') => of_xml(bill),
        Some(b'{' | b'[') => of_json(bill),
        _ => spdx_tags::subject(bill),
    };
    let built = provenance(&value);
    let images = described(&value).map(images).unwrap_or_default();
    Made { source: built.source, revision: built.revision, images }
}

fn of_json(bill: &[u8]) -> Value {
    let head = serde_json::from_slice::<Head>(bill).unwrap_or_default();
    if head.metadata.is_null() && bill.len() <= LARGEST {
        return serde_json::from_slice::<Value>(bill).unwrap_or_default();
    }
    object([("metadata", head.metadata)])
}

/// The main component of CycloneDX in XML, as its JSON has it.
fn of_xml(bill: &[u8]) -> Value {
    fn select(path: &str) -> Take {
        let wanted = path == "bom/metadata" || path.starts_with("bom/metadata/component");
        // What it is put together from.
        let parts = path.starts_with("bom/metadata/component/components");
        if wanted && !parts { Take::Item } else { Take::Skip }
    }
    let mut component = Value::Null;
    let mut take = |event: Event<'_>| {
        if let Event::Item(_, metadata, _) = event
            && let Some(found) = metadata.child("component")
        {
            component = as_json(found);
        }
    };
    let mut xml = Splitter::new(select);
    xml.push(bill, &mut take);
    xml.end(&mut take);
    object([("metadata", object([("component", component)]))])
}

fn as_json(component: &Node) -> Value {
    let said = |node: &Node, name: &str| Value::from(node.text_of(name));
    let hashes = component.list("hashes", "hash").map(|one| {
        object([("alg", one.attributes.get("alg").into()), ("content", one.text.trim().into())])
    });
    let references = component.list("externalReferences", "reference").map(|one| {
        object([("type", one.attributes.get("type").into()), ("url", said(one, "url"))])
    });
    let pedigree = component.child("pedigree").into_iter();
    let commits = pedigree.flat_map(|node| node.list("commits", "commit"));
    let commits = commits.map(|one| object([("uid", said(one, "uid"))]));
    object([
        ("type", component.attributes.get("type").into()),
        ("name", said(component, "name")),
        ("version", said(component, "version")),
        ("purl", said(component, "purl")),
        ("hashes", hashes.collect()),
        ("externalReferences", references.collect()),
        ("pedigree", object([("commits", commits.collect())])),
    ])
}

/// An object of these members.
pub(super) fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
    Value::Object(members.collect())
}

/// What a main component, or a described package, is known by, where it is an image.
fn images(subject: &Value) -> Vec<String> {
    let references = items(subject, "externalRefs");
    let reference = references
        .filter(|one| text(one, "referenceType") == Some("purl"))
        .find_map(|one| text(one, "referenceLocator"));
    let purl = text(subject, "purl").or(reference);
    let purl = purl.and_then(|purl| purl.parse::<PackageUrl<'_>>().ok());
    let purl = purl.filter(|purl| matches!(purl.ty(), "oci" | "docker"));
    let container = text(subject, "type") == Some("container")
        || text(subject, "primaryPackagePurpose") == Some("CONTAINER");
    if !container && purl.is_none() {
        return Vec::new();
    }
    let name = text(subject, "name").unwrap_or_default();
    let (bare, behind) = name.split_once('@').unwrap_or((name, ""));
    let version = text(subject, "version").or_else(|| text(subject, "versionInfo"));
    let version = version.unwrap_or_default();
    let of = |list: &str, algorithm: &str, value: &str| -> Vec<String> {
        let is = |one: &&Value| matches!(text(one, algorithm), Some("SHA-256" | "SHA256"));
        let hashes = items(subject, list).filter(is);
        hashes.filter_map(|one| text(one, value)).take(MOST).map(ToOwned::to_owned).collect()
    };
    let mut known = of("hashes", "alg", "content");
    known.extend(of("checksums", "algorithm", "checksumValue"));
    known.extend([behind, version].map(ToOwned::to_owned));
    known.extend(purl.as_ref().and_then(PackageUrl::version).map(ToOwned::to_owned));
    let mut digests: Vec<String> = known.iter().filter_map(|text| digest(text)).collect();
    digests.sort();
    digests.dedup();
    if !digests.is_empty() {
        return digests;
    }
    let tagged = bare.rsplit('/').next().is_some_and(|last| last.contains(':'));
    let named =
        if tagged || version.is_empty() { bare.to_owned() } else { format!("{bare}:{version}") };
    let whole = named.rsplit('/').next().is_some_and(|last| last.contains(':'));
    if whole && repository(&named).is_some() { vec![named] } else { Vec::new() }
}

/// A digest as images are known by it.
fn digest(text: &str) -> Option<String> {
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    Digest::parse(digits).map(|digest| format!("sha256:{digest}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(bill: &Value) -> (String, String, Vec<String>) {
        let made = made(bill.to_string().as_bytes());
        (made.source.unwrap_or_default(), made.revision.unwrap_or_default(), made.images)
    }

    fn images_of(component: &Value) -> Vec<String> {
        of(&json!({"bomFormat": "CycloneDX", "metadata": {"component": component}})).2
    }

    #[test]
    fn a_main_component_says_which_image_it_is_and_what_it_was_built_from() {
        let (one, two) = ("1".repeat(64), "2".repeat(64));
        let (first, second) = (format!("sha256:{one}"), format!("sha256:{two}"));
        let component = json!({"type": "container", "name": "registry.example/shop/web:1.2",
            "version": first, "hashes": [{"alg": "SHA-256", "content": two},
                {"alg": "SHA-512", "content": one}],
            "externalReferences": [{"type": "build-meta", "url": "https://ci.example/7"},
                {"type": "vcs", "url": "git+https://forge.example/acme/shop.git@main"}],
            "pedigree": {"commits": [{"uid": "abc123"}]}});
        let bill = json!({"components": [{"name": "x"}], "metadata": {"component": component}});
        let source = "https://forge.example/acme/shop.git".to_owned();
        assert_eq!(of(&bill), (source, "abc123".to_owned(), vec![first.clone(), second]));
        let purl = format!("pkg:oci/web@sha256%3A{one}?repository_url=registry.example/shop/web");
        let by_purl = json!({"type": "application", "name": "web", "purl": purl});
        assert_eq!(images_of(&by_purl), [first.as_str()]);
        let short = json!({"type": "container", "name": "shop/web:1.2@sha256:1111"});
        assert_eq!(images_of(&short), ["shop/web:1.2"]);
        let apart = json!({"type": "container", "name": "shop/web", "version": "1.2"});
        assert_eq!(images_of(&apart), ["shop/web:1.2"]);
        for none in [
            json!({"type": "container", "name": "shop/web"}),
            json!({"type": "container", "name": "latest"}),
            json!({"type": "container"}),
            json!({"type": "application", "name": "shop/web:1.2", "version": sha256(&two)}),
            json!([3]),
        ] {
            assert_eq!(images_of(&none), [""; 0], "{none}");
        }
    }

    fn sha256(digits: &str) -> String {
        format!("sha256:{digits}")
    }

    #[test]
    fn a_described_package_says_the_same() {
        let one = "1".repeat(64);
        let package = json!({"SPDXID": "SPDXRef-1", "name": "registry.example/shop/web",
            "versionInfo": "1.2", "primaryPackagePurpose": "CONTAINER",
            "downloadLocation": "git+https://forge.example/acme/shop@abc123#web"});
        let other =
            json!({"SPDXID": "SPDXRef-0", "name": "x:1", "primaryPackagePurpose": "CONTAINER"});
        let source = "https://forge.example/acme/shop".to_owned();
        let wanted =
            (source, "abc123".to_owned(), vec!["registry.example/shop/web:1.2".to_owned()]);
        let bill = json!({"spdxVersion": "SPDX-2.3", "documentDescribes": ["SPDXRef-1"],
            "packages": [other, package]});
        assert_eq!(of(&bill), wanted);
        let related = json!({"spdxVersion": "SPDX-2.3", "packages": [other, package],
            "relationships": [{"spdxElementId": "SPDXRef-1", "relationshipType": "DEPENDS_ON",
                "relatedSpdxElement": "SPDXRef-0"},
                {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES",
                "relatedSpdxElement": "SPDXRef-1"}]});
        assert_eq!(of(&related), wanted);
        let summed = json!({"SPDXID": "SPDXRef-1", "name": "web", "checksums":
            [{"algorithm": "SHA256", "checksumValue": one}], "externalRefs":
            [{"referenceType": "purl", "referenceLocator": "pkg:oci/web"}]});
        let bill = json!({"documentDescribes": ["SPDXRef-1"], "packages": [summed]});
        assert_eq!(of(&bill).2, [sha256(&one)]);
    }

    #[test]
    fn both_notations_of_spdx_say_the_same() {
        let (one, two) = ("1".repeat(64), "2".repeat(64));
        let package = json!({"SPDXID": "SPDXRef-1", "name": "registry.example/shop/web",
            "versionInfo": "1.2", "primaryPackagePurpose": "CONTAINER", "checksums":
                [{"algorithm": "SHA1", "checksumValue": "3"},
                {"algorithm": "SHA256", "checksumValue": one}],
            "externalRefs": [{"referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:a:b"},
                {"referenceType": "purl", "referenceLocator": format!("pkg:oci/web@sha256%3A{two}")}],
            "downloadLocation": "git+https://forge.example/acme/shop@abc123#web"});
        let bill = json!({"documentDescribes": ["SPDXRef-1"], "packages": [package]});
        let tags = format!(
            "\u{feff}SPDXVersion: SPDX-2.3\r\nSPDXID: SPDXRef-DOCUMENT\r\nDocumentName: web\r\n\r\n\
             PackageName: x:1\r\nSPDXID: SPDXRef-0\r\nPrimaryPackagePurpose: CONTAINER\r\n\
             PackageName: registry.example/shop/web\r\nSPDXID: SPDXRef-1\r\nPackageVersion: 1.2\r\n\
             PackageDescription: <text>What it sells:\r\nPackageVersion: 9\r\n</text>\r\n\
             PackageDownloadLocation: git+https://forge.example/acme/shop@abc123#web\r\n\
             PrimaryPackagePurpose: CONTAINER\r\nPackageChecksum: SHA1: 3\r\n\
             PackageChecksum: SHA256: {one}\r\nExternalRef: SECURITY cpe23Type cpe:2.3:a:b\r\n\
             ExternalRef: PACKAGE-MANAGER purl pkg:oci/web@sha256%3A{two}\r\n\
             FileName: ./web\r\nSPDXID: SPDXRef-2\r\nFileChecksum: SHA256: {two}\r\n\
             Relationship: SPDXRef-1 CONTAINS SPDXRef-2\r\n\
             Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-1\r\n"
        );
        let read = made(tags.as_bytes());
        assert_eq!(read.images, [sha256(&one), sha256(&two)]);
        assert_eq!(read.source.as_deref(), Some("https://forge.example/acme/shop"));
        assert_eq!(read, made(bill.to_string().as_bytes()));
        let turned = tags
            .replace("SPDXRef-DOCUMENT DESCRIBES SPDXRef-1", "SPDXRef-1 described_by SPDXRef-D");
        assert_eq!(made(turned.as_bytes()), read);
        let last = tags.replace("FileName: ./web\r\nSPDXID: SPDXRef-2\r\n", "");
        assert_eq!(made(last.as_bytes()), read, "the last package ends with the document");
        for other in ["SPDXRef-2", "SPDXRef-9", "NONE"] {
            let about = tags.replace("DESCRIBES SPDXRef-1", &format!("DESCRIBES {other}"));
            assert_eq!(made(about.as_bytes()), Made::default(), "{other} is no package");
        }
    }

    #[test]
    fn both_notations_of_cyclonedx_say_the_same() {
        let one = "1".repeat(64);
        let xml = format!(
            "\u{feff}<?xml version=\"1.0\"?>\n<bom xmlns=\"http://cyclonedx.org/schema/bom/1.6\">\
             <metadata><tools><tool><name>t</name></tool></tools><component type=\"container\">\
             <name>registry.example/shop/web:1.2</name><hashes><hash alg=\"SHA-1\">2</hash>\
             <hash alg=\"SHA-256\">{one}</hash></hashes><externalReferences><reference \
             type=\"vcs\"><url>https://forge.example/acme/shop</url></reference>\
             </externalReferences><pedigree><commits><commit><uid>abc</uid></commit></commits>\
             </pedigree><components><component type=\"library\"><name>y</name></component>\
             </components></component></metadata><components><component type=\"library\">\
             <name>x</name></component></components></bom>"
        );
        let read = made(xml.as_bytes());
        assert_eq!(read.source.as_deref(), Some("https://forge.example/acme/shop"));
        assert_eq!((read.revision.as_deref(), read.images), (Some("abc"), vec![sha256(&one)]));
        let cut = xml.split("<pedigree>").next().unwrap();
        assert_eq!(made(cut.as_bytes()), Made::default(), "half a subject is none");
    }

    #[test]
    fn what_is_no_json_or_says_nothing_is_nothing() {
        for bill in [
            "",
            "{",
            "<bom/>",
            "SPDXVersion: SPDX-2.3",
            "Relationship: a DESCRIBES",
            "[]",
            "{}",
            "{\"metadata\": 3}",
        ] {
            assert_eq!(made(bill.as_bytes()), Made::default(), "{bill}");
        }
        // The subject of a large document of CycloneDX stands apart from its components.
        let filler = "x".repeat(LARGEST);
        let bill = format!(
            "\u{feff}{{\"components\": [{{\"name\": \"{filler}\"}}], \"metadata\": {{\"component\": \
             {{\"type\": \"container\", \"name\": \"shop/web:1\"}}}}}}"
        );
        assert_eq!(made(bill.as_bytes()).images, ["shop/web:1"]);
    }
}
