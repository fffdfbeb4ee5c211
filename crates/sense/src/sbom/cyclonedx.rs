//! CycloneDX 1.2 to 1.7 (ECMA-424) as an inventory.
//!
//! Knows which members list what is there. The notation is [`crate::report::bom`]'s.

use crate::report::bom::{Component, Composition, Dependency, Metadata};
use crate::report::cursor::At;
use crate::report::cyclonedx::{namespace_version, spec_version};
use crate::report::json::{self, Take};
use crate::report::node::Node;
use crate::report::say::{Say, Wrong};
use crate::report::{item, purl, sentence, xml};

use super::inventory::{Entry, Found, Inventory, Wants, Where, artifact};

/// Where some tools write the path of a component's file, besides `evidence`.
const LOCATIONS: [&str; 3] = ["syft:location:0:path", "aquasecurity:trivy:FilePath", "SrcFile"];

fn select_json(path: &str) -> Take {
    match path {
        "components" | "dependencies" | "compositions" => Take::Into,
        "bomFormat" | "specVersion" | "metadata" | "components[]" | "dependencies[]"
        | "compositions[]" => Take::Item,
        _ => Take::Skip,
    }
}

fn select_xml(path: &str) -> Take {
    const PASSED: [&str; 13] = [
        "licenses",
        "externalReferences",
        "pedigree",
        "supplier",
        "releaseNotes",
        "modelCard",
        "data",
        "tools",
        "copyright",
        "identity",
        "callstack",
        "vulnerabilities",
        "signature",
    ];
    match path {
        "bom/components" | "bom/dependencies" | "bom/compositions" => return Take::Into,
        _ => {}
    }
    let inside = path.strip_prefix("bom/").unwrap_or_default();
    let wanted = ["components/component", "dependencies/dependency", "compositions/", "metadata"]
        .iter()
        .any(|begin| inside.starts_with(begin));
    let last = path.rsplit('/').next().unwrap_or_default();
    if wanted && !PASSED.contains(&last) { Take::Item } else { Take::Skip }
}

#[derive(Default)]
struct Reading {
    inventory: Inventory,
    /// The document says what it is.
    called: bool,
    incomplete: bool,
}

/// Reads a whole document.
pub(super) fn read(bytes: &[u8], say: &mut Say<'_>) -> Inventory {
    let mut reading = Reading::default();
    let mark = |byte: &&u8| !byte.is_ascii_whitespace() && **byte < 0x80;
    match bytes.iter().find(mark) {
        None => {
            let wrong = Wrong::loss("empty-file", At::START, "this bill of materials is empty");
            say.wrong(wrong.help("let its tool write it again"));
            return reading.inventory;
        }
        Some(b'<') => {
            let mut xml = xml::Splitter::new(select_xml);
            xml.push(bytes, &mut |event| reading.xml(event, say));
            xml.end(&mut |event| reading.xml(event, say));
        }
        Some(_) => {
            let mut json = json::Splitter::new(select_json);
            json.push(bytes, &mut |event| reading.json(event, say));
            json.end(&mut |event| reading.json(event, say));
        }
    }
    if !reading.called {
        let message = "this document does not say its version of CycloneDX";
        let wrong = Wrong::loss("report-version-unknown", At::START, message);
        say.wrong(wrong.help("let its tool write it again"));
    }
    if reading.incomplete {
        let message = "this document calls itself incomplete";
        let wrong = Wrong::loss("sbom-incomplete", At::START, message);
        say.wrong(wrong.help("what it does not list may be there all the same"));
    }
    reading.inventory
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
            "specVersion" => {
                self.called = true;
                spec_version(&item::scalar(&item), item.at, say);
            }
            "bomFormat" if &*item::scalar(&item) != "CycloneDX" => {
                let format = sentence(&item::scalar(&item));
                let message = format!("`{format}` is no format that is read here");
                let wrong = Wrong::loss("report-version-unknown", item.at, message);
                say.wrong(wrong.help("what could be understood was read"));
            }
            "metadata" => {
                if let Some(metadata) = item::read::<Metadata<'static>>(&item, &mut spare, say) {
                    self.subject(&metadata.component);
                }
            }
            "components[]" => {
                if let Some(component) = item::read::<Component<'static>>(&item, &mut spare, say) {
                    self.component(&component, item.at);
                }
            }
            "dependencies[]" => {
                if let Some(one) = item::read::<Dependency<'static>>(&item, &mut spare, say) {
                    self.dependency(&one, item.at);
                }
            }
            "compositions[]" => {
                let one = item::read::<Composition<'static>>(&item, &mut spare, say);
                self.incomplete |= one.is_some_and(|one| one.aggregate.starts_with("incomplete"));
            }
            _ => {}
        }
    }

    fn xml(&mut self, event: xml::Event<'_>, say: &mut Say<'_>) {
        match event {
            xml::Event::Open("bom", attributes) => {
                self.called = true;
                spec_version(namespace_version(attributes), At::START, say);
            }
            xml::Event::Open(path, _) if !path.contains('/') => {
                self.called = true;
                let message = format!("`{path}` is no document of CycloneDX");
                let wrong = Wrong::loss("report-version-unknown", At::START, message);
                say.wrong(wrong.help("let its tool write it again"));
            }
            xml::Event::Open(..) | xml::Event::Close(..) => {}
            xml::Event::Item(path, node, at) => self.xml_item(path, &node, at),
            xml::Event::Wrong(wrong) => say.wrong(wrong),
        }
    }

    fn xml_item(&mut self, path: &str, node: &Node, at: At) {
        match path {
            "bom/metadata" => {
                self.subject(&node.child("component").map(Component::of).unwrap_or_default());
            }
            "bom/components/component" => self.component(&Component::of(node), at),
            "bom/dependencies/dependency" => self.dependency(&Dependency::of(node), at),
            "bom/compositions/composition" => {
                self.incomplete |= node.text_of("aggregate").starts_with("incomplete");
            }
            _ => {}
        }
    }

    fn subject(&mut self, component: &Component<'_>) {
        reference(component).clone_into(&mut self.inventory.subject);
        self.inventory.artifact = artifact(&full_name(component));
    }

    /// A component and those in it, without recursion: they may lie deep.
    fn component(&mut self, component: &Component<'_>, at: At) {
        let mut rest = vec![component];
        while let Some(component) = rest.pop() {
            rest.extend(component.components.iter().rev());
            let read = purl::read(&component.purl);
            self.inventory.entries.push(Entry {
                reference: reference(component).to_owned(),
                name: full_name(component),
                version: component.version.to_string(),
                cpe: !component.cpe.is_empty(),
                package: matches!(
                    &*component.kind,
                    "" | "library" | "framework" | "application" | "container" | "platform"
                ),
                system: &*component.kind == "operating-system",
                excluded: &*component.scope == "excluded",
                hashed: component.hashes.iter().any(|hash| !hash.content.is_empty()),
                found: found(component),
                source: read.and_then(|purl| component.source(&purl)),
                purl: component.purl.to_string(),
                also: Vec::new(),
                at: Where(at),
            });
        }
    }

    fn dependency(&mut self, dependency: &Dependency<'_>, at: At) {
        for child in &dependency.depends_on {
            self.inventory.wants.push(Wants {
                parent: dependency.reference.to_string(),
                child: child.to_string(),
                dev: false,
                at,
            });
        }
    }
}

/// What a document calls a component; older ones call it by its package URL.
fn reference<'c>(component: &'c Component<'_>) -> &'c str {
    if component.bom_ref.is_empty() { &component.purl } else { &component.bom_ref }
}

/// Group and name, as the ecosystems of packages that have groups join them.
fn full_name(component: &Component<'_>) -> String {
    match &*component.group {
        "" => component.name.to_string(),
        group => format!("{group}/{}", &*component.name),
    }
}

fn found(component: &Component<'_>) -> Vec<Found> {
    let occurrences = component.evidence.occurrences.iter();
    let line = |text: &str| text.parse().unwrap_or(1);
    let found: Vec<Found> =
        occurrences.filter_map(|one| Found::at(&one.location, line(&one.line))).collect();
    if !found.is_empty() {
        return found;
    }
    let property = LOCATIONS.iter().find_map(|name| component.property(name));
    // Relative to the root of what was looked at, which these tools write as `/`.
    property.and_then(|path| Found::at(path.trim_start_matches('/'), 1)).into_iter().collect()
}
