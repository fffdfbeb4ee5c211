//! SPDX 2.2 and 2.3 (ISO/IEC 5962) as an inventory: the JSON notation, and what both notations mean.
//!
//! Knows packages and relationships; licences, files and snippets are left out.

use std::collections::HashSet;

use holdfast_model::SourcePackage;
use serde::Deserialize;

use crate::report::cursor::At;
use crate::report::item::{Shape, Text, or_default};
use crate::report::json::{self, Item, Take};
use crate::report::say::{Say, Wrong};
use crate::report::{item, purl, sentence};

use super::inventory::{Entry, Found, Inventory, Wants, Where, artifact};
use super::spdx_tags;

/// How our own writer, and those of others, begin the text that says where a package was found.
pub(super) const READ_FROM: &str = "read from ";

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Package<'a> {
    #[serde(borrow, rename = "SPDXID")]
    pub(super) id: Text<'a>,
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    #[serde(borrow, rename = "versionInfo")]
    pub(super) version: Text<'a>,
    #[serde(borrow, rename = "sourceInfo")]
    pub(super) source_info: Text<'a>,
    #[serde(borrow, rename = "primaryPackagePurpose")]
    pub(super) purpose: Text<'a>,
    #[serde(borrow, rename = "externalRefs", deserialize_with = "or_default")]
    pub(super) references: Vec<Reference<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) checksums: Vec<Checksum<'a>>,
}

impl Shape for Package<'static> {
    type Of<'a> = Package<'a>;
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Reference<'a> {
    #[serde(borrow, rename = "referenceType")]
    pub(super) kind: Text<'a>,
    #[serde(borrow, rename = "referenceLocator")]
    pub(super) locator: Text<'a>,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Checksum<'a> {
    #[serde(borrow, rename = "checksumValue")]
    pub(super) value: Text<'a>,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Relationship<'a> {
    #[serde(borrow, rename = "spdxElementId")]
    pub(super) from: Text<'a>,
    #[serde(borrow, rename = "relationshipType")]
    pub(super) kind: Text<'a>,
    #[serde(borrow, rename = "relatedSpdxElement")]
    pub(super) to: Text<'a>,
}

impl Shape for Relationship<'static> {
    type Of<'a> = Relationship<'a>;
}

fn select(path: &str) -> Take {
    match path {
        "packages" | "relationships" => Take::Into,
        "spdxVersion" | "name" | "documentDescribes" | "packages[]" | "relationships[]" => {
            Take::Item
        }
        _ => Take::Skip,
    }
}

/// What a document has said so far.
#[derive(Default)]
pub(super) struct Reading {
    inventory: Inventory,
    called: bool,
    name: String,
    described: Vec<String>,
}

/// Reads a whole document.
pub(super) fn read(bytes: &[u8], say: &mut Say<'_>) -> Inventory {
    let mut reading = Reading::default();
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start();
    if text.is_empty() {
        let wrong = Wrong::loss("empty-file", At::START, "this bill of materials is empty");
        say.wrong(wrong.help("let its tool write it again"));
        return reading.inventory;
    }
    if text.starts_with(b"{") || text.starts_with(b"[") {
        let mut json = json::Splitter::new(select);
        json.push(bytes, &mut |event| reading.json(event, say));
        json.end(&mut |event| reading.json(event, say));
    } else {
        spdx_tags::read(bytes, &mut reading, say);
    }
    if !reading.called {
        let message = "this document does not say its version of SPDX, or not as 2.2 and 2.3 do";
        let wrong = Wrong::loss("report-version-unknown", At::START, message);
        say.wrong(wrong.help("what could be understood was read; write it as SPDX 2.3"));
    }
    reading.finish()
}

impl Reading {
    fn json(&mut self, event: json::Event<'_>, say: &mut Say<'_>) {
        let (path, item) = match event {
            json::Event::Item(path, item) => (path, item),
            json::Event::Wrong(wrong) => return say.wrong(wrong),
            json::Event::Open(_) | json::Event::Close(_) => return,
        };
        let mut spare = String::new();
        match path {
            "spdxVersion" => self.version(&item::scalar(&item), item.at, say),
            "name" => self.name(&item::scalar(&item)),
            "documentDescribes" => self.describes(&item, say),
            "packages[]" => {
                if let Some(package) = item::read::<Package<'static>>(&item, &mut spare, say) {
                    self.package(&package, item.at);
                }
            }
            "relationships[]" => {
                if let Some(one) = item::read::<Relationship<'static>>(&item, &mut spare, say) {
                    self.relationship(&one, item.at);
                }
            }
            _ => {}
        }
    }

    fn describes(&mut self, item: &Item<'_>, say: &mut Say<'_>) {
        if let Ok(list) = serde_json::from_slice::<Vec<Text<'_>>>(item.bytes) {
            self.described.extend(list.iter().map(ToString::to_string));
        } else {
            let message = "`documentDescribes` is no list of references";
            let wrong = Wrong::slip("report-item", item.at, message);
            say.wrong(wrong.help("let its tool write this document again"));
        }
    }

    pub(super) fn version(&mut self, version: &str, at: At, say: &mut Say<'_>) {
        self.called = true;
        if !matches!(version, "SPDX-2.2" | "SPDX-2.3") {
            let message = format!("version `{}` of SPDX is not known", sentence(version));
            let wrong = Wrong::loss("report-version-unknown", at, message);
            say.wrong(wrong.help("what could be understood was read; 2.2 and 2.3 are known"));
        }
    }

    pub(super) fn name(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    pub(super) fn package(&mut self, package: &Package<'_>, at: At) {
        let mut purls = purls(&package.references).into_iter();
        let cpe = |one: &Reference<'_>| matches!(&*one.kind, "cpe23Type" | "cpe22Type");
        let purpose = package.purpose.to_ascii_uppercase().replace('_', "-");
        self.inventory.entries.push(Entry {
            reference: package.id.to_string(),
            name: package.name.to_string(),
            version: match &*package.version {
                "NOASSERTION" | "NONE" => String::new(),
                version => version.to_owned(),
            },
            purl: purls.next().unwrap_or_default(),
            also: purls.collect(),
            cpe: package.references.iter().any(cpe),
            package: !matches!(
                purpose.as_str(),
                "OPERATING-SYSTEM" | "FILE" | "DEVICE" | "FIRMWARE"
            ),
            system: purpose == "OPERATING-SYSTEM",
            excluded: false,
            hashed: package.checksums.iter().any(|one| !one.value.is_empty()),
            found: locations(&package.source_info),
            source: built_from(&package.source_info),
            at: Where(at),
        });
    }

    /// Relationships by which one package needs another (SPDX 2.3, section 11.1); the others say
    /// nothing about needs.
    pub(super) fn relationship(&mut self, one: &Relationship<'_>, at: At) {
        let (from, to) = (one.from.to_string(), one.to.to_string());
        let (parent, child, dev) = match &*one.kind.to_ascii_uppercase() {
            "DESCRIBES" => return self.described.push(to),
            "DESCRIBED_BY" => return self.described.push(from),
            "DEPENDS_ON" => (from, to, false),
            "DEPENDENCY_OF"
            | "RUNTIME_DEPENDENCY_OF"
            | "OPTIONAL_DEPENDENCY_OF"
            | "PROVIDED_DEPENDENCY_OF" => (to, from, false),
            "DEV_DEPENDENCY_OF"
            | "TEST_DEPENDENCY_OF"
            | "BUILD_DEPENDENCY_OF"
            | "DEV_TOOL_OF"
            | "TEST_TOOL_OF"
            | "BUILD_TOOL_OF" => (to, from, true),
            _ => return,
        };
        if !matches!(&*child, "NONE" | "NOASSERTION") {
            self.inventory.wants.push(Wants { parent, child, dev, at });
        }
    }

    fn finish(mut self) -> Inventory {
        let described: HashSet<&str> = self.described.iter().map(String::as_str).collect();
        let mut only = described.iter();
        let inventory = &mut self.inventory;
        if let (Some(subject), None, true) = (only.next(), only.next(), inventory.entries.len() > 1)
        {
            (*subject).clone_into(&mut inventory.subject);
            let at = inventory.entries.iter().position(|entry| entry.reference == *subject);
            if let Some(at) = at {
                inventory.artifact = artifact(&inventory.entries.remove(at).name);
            }
        }
        if inventory.artifact.is_empty() {
            inventory.artifact = artifact(&self.name);
        }
        self.inventory
    }
}

/// The package URLs of a package, which may have several: one for each package that they name.
fn purls(references: &[Reference<'_>]) -> Vec<String> {
    let all = references.iter().filter(|one| &*one.kind == "purl");
    let mut all: Vec<String> = all.map(|one| one.locator.to_string()).collect();
    if all.len() > 1 {
        let mut seen = HashSet::new();
        all.retain(|text| {
            let read = purl::read(text);
            seen.insert(read.map(|purl| (purl.ecosystem, purl.name, purl.version)))
        });
    }
    all
}

/// The source package that a package of a distribution was built from, in the words of one tool.
fn built_from(text: &str) -> Option<SourcePackage> {
    let mut words = text.trim().strip_prefix("built package from:")?.split_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some(name), Some(version), None) => {
            Some(SourcePackage { name: name.into(), version: version.into() })
        }
        _ => None,
    }
}

/// Where a package was found, in the words of the tools that say so.
fn locations(text: &str) -> Vec<Found> {
    let text = text.trim();
    if let Some(own) = text.strip_prefix(READ_FROM) {
        let line = own.rsplit_once(':').and_then(|(path, line)| Some((path, line.parse().ok()?)));
        let (path, line) = line.unwrap_or((own, 1));
        return Found::at(path, line).into_iter().collect();
    }
    let listed = text
        .split_once("from the following paths: ")
        .or_else(|| text.split_once(" extractor from "))
        .map(|(_, list)| list);
    let listed = listed.into_iter().flat_map(|list| list.split(", "));
    listed.filter_map(|path| Found::at(path.trim().trim_start_matches('/'), 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_say_in_words_where_they_found_a_package() {
        let one = |path: &str, line| vec![Found::at(path, line).unwrap()];
        assert_eq!(locations("read from a/Cargo.lock:7"), one("a/Cargo.lock", 7));
        assert_eq!(locations("read from C:x"), one("C:x", 1));
        let two = "acquired package info from the following paths: /a/Cargo.lock, /b/go.mod";
        assert_eq!(locations(two), [one("a/Cargo.lock", 1), one("b/go.mod", 1)].concat());
        let third = "Identified by the python/wheelegg extractor from lib/x/METADATA";
        assert_eq!(locations(third), one("lib/x/METADATA", 1));
        assert_eq!(locations("built on a Tuesday"), []);
    }
}
