//! CycloneDX 1.2 to 1.7 (ECMA-424), JSON and XML: components and vulnerabilities.
//!
//! Knows bom-refs and analysis states; must not know any tool, but for how two of them write the
//! source package. Each affected component is an instance. Components are kept by their bom-ref
//! while the document is read, because vulnerabilities name them by it; vulnerabilities that stand
//! before the components wait for them.

use std::collections::HashMap;
use std::sync::Arc;

use holdfast_model::{
    About, Coverage, Covered, Ecosystem, Fact, Foreign, ForeignLocus, Named, Origin, Report,
    Severity, Timestamp,
};

use super::bom::{Affected, Analysis, Component, Composition, Metadata, Vulnerability};
use super::cursor::At;
use super::json::{Item, Take};
use super::names::names;
use super::node::{Attributes, Node};
use super::say::{Say, Wrong};
use super::severity::{of_score, of_word};
use super::stream::{Input, Parse};
use super::{Stream, StreamReader, claim, holds, item, json, purl, sentence, unpacked, xml};
use crate::Claim;

/// Reads CycloneDX.
pub(super) struct CycloneDx;

static ABOUT: About = About {
    id: "cyclonedx",
    title: "CycloneDX 1.2–1.7 (JSON, XML)",
    text: "Components with their package URLs, and vulnerabilities by affected component. What its \
           analysis calls not affected, a false positive or resolved is kept as dismissed. \
           Dependencies, services, licences and the declarations of 1.6 are left out.",
    file: file!(),
};

const ENDINGS: [&str; 5] = ["bom.json", "bom.xml", ".cdx.json", ".cdx.xml", ".cdx"];

impl StreamReader for CycloneDx {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, head: &[u8]) -> Claim {
        let head = unpacked(head);
        let json = head.starts_with(b"{") && holds(&head, "\"bomFormat\"")
            || holds(&head, "cyclonedx.org/schema/bom-");
        let xml = head.starts_with(b"<") && holds(&head, "cyclonedx.org/schema/bom/");
        claim(path, json || xml, &ENDINGS)
    }

    fn start(&self, path: &Arc<str>) -> Box<dyn Stream> {
        Input::start(Parser { form: Form::Unknown, reader: Reader::default() }, path)
    }
}

fn select_json(path: &str) -> Take {
    match path {
        "components" | "vulnerabilities" | "compositions" => Take::Into,
        "bomFormat" | "specVersion" | "metadata" | "components[]" | "vulnerabilities[]"
        | "compositions[]" => Take::Item,
        _ => Take::Skip,
    }
}

fn select_xml(path: &str) -> Take {
    const PASSED: [&str; 12] = [
        "licenses",
        "hashes",
        "externalReferences",
        "evidence",
        "pedigree",
        "supplier",
        "credits",
        "releaseNotes",
        "modelCard",
        "data",
        "tools",
        "cwes",
    ];
    match path {
        "bom/components" | "bom/vulnerabilities" | "bom/compositions" => return Take::Into,
        _ => {}
    }
    let Some(inside) = path.strip_prefix("bom/") else { return Take::Skip };
    let wanted = inside.starts_with("components/component")
        || inside.starts_with("vulnerabilities/vulnerability")
        || inside.starts_with("compositions/composition")
        || inside.starts_with("metadata");
    let last = path.rsplit('/').next().unwrap_or_default();
    if wanted && !PASSED.contains(&last) { Take::Item } else { Take::Skip }
}

/// So many bytes of components and waiting vulnerabilities are kept at most.
const KEPT: usize = 64 << 20;

enum Form {
    Unknown,
    Json(json::Splitter),
    Xml(xml::Splitter),
}

struct Parser {
    form: Form,
    reader: Reader,
}

impl Parse for Parser {
    fn push(&mut self, bytes: &[u8], say: &mut Say<'_>) {
        let reader = &mut self.reader;
        if matches!(self.form, Form::Unknown) {
            // White space and marks before the first bracket belong to either notation.
            let mark = |byte: &&u8| !byte.is_ascii_whitespace() && **byte < 0x80;
            self.form = match bytes.iter().find(mark) {
                Some(b'<') => Form::Xml(xml::Splitter::new(select_xml)),
                Some(_) => Form::Json(json::Splitter::new(select_json)),
                None => return,
            };
        }
        match &mut self.form {
            Form::Json(json) => json.push(bytes, &mut |event| reader.json(event, say)),
            Form::Xml(xml) => xml.push(bytes, &mut |event| reader.xml(event, say)),
            Form::Unknown => {}
        }
    }

    fn end(&mut self, say: &mut Say<'_>) {
        let reader = &mut self.reader;
        match &mut self.form {
            Form::Json(json) => json.end(&mut |event| reader.json(event, say)),
            Form::Xml(xml) => xml.end(&mut |event| reader.xml(event, say)),
            Form::Unknown => {
                say.wrong(Wrong::loss("report-item", At::START, "this report holds nothing"));
            }
        }
        reader.end(say);
    }
}

/// What vulnerabilities need of a component.
#[derive(Clone)]
struct Known {
    package: Arc<str>,
    version: Arc<str>,
}

#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one thing that the report has said or not"
)]
struct Reader {
    known: HashMap<Box<str>, Known>,
    waiting: Vec<(String, Foreign)>,
    kept: usize,
    too_many: bool,
    components_over: bool,
    reported: bool,
    /// The document says what it is.
    called: bool,
    at: Option<Timestamp>,
    artifact: String,
    vulnerabilities: bool,
    incomplete: bool,
}

/// The name that the document's subject has in its facts.
const ASSET: &str = "document";

impl Reader {
    fn json(&mut self, event: json::Event<'_>, say: &mut Say<'_>) {
        match event {
            json::Event::Open("vulnerabilities") => self.vulnerabilities = true,
            json::Event::Close("components") => self.components_end(say),
            json::Event::Open(_) | json::Event::Close(_) => {}
            json::Event::Item(path, item) => self.json_item(path, &item, say),
            json::Event::Wrong(wrong) => say.wrong(wrong),
        }
    }

    fn json_item(&mut self, path: &str, item: &Item<'_>, say: &mut Say<'_>) {
        let mut spare = String::new();
        match path {
            "specVersion" => {
                self.called = true;
                spec_version(&item::scalar(item), item.at, say);
            }
            "bomFormat" => {
                let format = item::scalar(item);
                if &*format != "CycloneDX" {
                    let message = format!("`{}` is no format that is read here", sentence(&format));
                    say.wrong(Wrong::loss("report-version-unknown", item.at, message));
                }
            }
            "metadata" => {
                if let Some(metadata) = item::read::<Metadata<'static>>(item, &mut spare, say) {
                    self.metadata(&metadata, item.at, say);
                }
            }
            "components[]" => {
                if let Some(component) = item::read::<Component<'static>>(item, &mut spare, say) {
                    self.component(&component, item.at, say);
                }
            }
            "vulnerabilities[]" => {
                if let Some(one) = item::read::<Vulnerability<'static>>(item, &mut spare, say) {
                    self.vulnerability(&one, item.at, say);
                }
            }
            "compositions[]" => {
                let composition = item::read::<Composition<'static>>(item, &mut spare, say);
                self.composition(composition.as_ref().map_or("", |one| &*one.aggregate));
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
            xml::Event::Open("bom/vulnerabilities", _) => self.vulnerabilities = true,
            xml::Event::Open(path, _) if !path.contains('/') => {
                let message = format!("`{path}` is no document of CycloneDX");
                say.wrong(Wrong::loss("report-version-unknown", At::START, message));
            }
            xml::Event::Close("bom/components", _) => self.components_end(say),
            xml::Event::Open(..) | xml::Event::Close(..) => {}
            xml::Event::Item(path, node, at) => self.xml_item(path, &node, at, say),
            xml::Event::Wrong(wrong) => say.wrong(wrong),
        }
    }

    fn xml_item(&mut self, path: &str, node: &Node, at: At, say: &mut Say<'_>) {
        match path {
            "bom/metadata" => {
                let component = node.child("component").map(Component::of).unwrap_or_default();
                let timestamp = item::Text(node.text_of("timestamp").to_owned().into());
                self.metadata(&Metadata { timestamp, component }, at, say);
            }
            "bom/components/component" => self.component(&Component::of(node), at, say),
            "bom/vulnerabilities/vulnerability" => {
                self.vulnerability(&Vulnerability::of(node), at, say);
            }
            "bom/compositions/composition" => self.composition(node.text_of("aggregate")),
            _ => {}
        }
    }

    fn metadata(&mut self, metadata: &Metadata<'_>, at: At, say: &mut Say<'_>) {
        self.at = Timestamp::parse(&metadata.timestamp);
        let component = &metadata.component;
        self.artifact = if component.version.is_empty() {
            sentence(&component.name)
        } else {
            sentence(&format!("{}:{}", &*component.name, &*component.version))
        };
        self.report(say);
        self.know(component, at, say);
    }

    fn report(&mut self, say: &mut Say<'_>) {
        if !std::mem::replace(&mut self.reported, true) {
            let (scanner, version) = ("cyclonedx".into(), "".into());
            say.fact(Fact::Report(Report { scanner, version, at: self.at }));
        }
    }

    fn composition(&mut self, aggregate: &str) {
        self.incomplete |= aggregate.starts_with("incomplete");
    }

    /// A component and those in it, without recursion: they may lie deep.
    fn component(&mut self, component: &Component<'_>, at: At, say: &mut Say<'_>) {
        let mut rest = vec![component];
        while let Some(component) = rest.pop() {
            rest.extend(component.components.iter().rev());
            self.know(component, at, say);
            say_component(component, at, say);
            for vulnerability in &component.vulnerabilities {
                self.vulnerability(vulnerability, at, say);
            }
        }
    }

    fn know(&mut self, component: &Component<'_>, at: At, say: &mut Say<'_>) {
        let refs = [&component.bom_ref, &component.purl];
        let Some(reference) = refs.into_iter().find(|text| !text.is_empty()) else { return };
        let read = purl::read(&component.purl);
        // What a package URL says of itself need not be kept.
        if **reference == *component.purl && read.is_some() {
            return;
        }
        let name = || match &*component.group {
            "" => component.name.to_string(),
            group => format!("{group}/{}", &*component.name),
        };
        let package: Arc<str> = read.map_or_else(name, |purl| purl.bare).into();
        let version: Arc<str> = (*component.version).into();
        let size = 64 + reference.len() + package.len() + version.len();
        if self.room(size, at, say) {
            self.known.insert((**reference).into(), Known { package, version });
        }
    }

    fn room(&mut self, size: usize, at: At, say: &mut Say<'_>) -> bool {
        self.kept = self.kept.saturating_add(size);
        let room = self.kept <= KEPT;
        if !room && !std::mem::replace(&mut self.too_many, true) {
            let message = "this document holds more than can be kept to join its parts";
            let wrong = Wrong::loss("report-too-many", at, message);
            say.wrong(
                wrong.help("split it; packages behind this place keep the name of their bom-ref"),
            );
        }
        room
    }

    fn vulnerability(&mut self, one: &Vulnerability<'_>, at: At, say: &mut Say<'_>) {
        self.vulnerabilities = true;
        self.report(say);
        let whole = [Affected::default()];
        let affects = if one.affects.is_empty() { &whole[..] } else { &one.affects };
        let ids = std::iter::once(&*one.id).chain(one.references.iter().map(|r| &*r.id));
        let names = names(ids);
        for affected in affects {
            let seen = affected.versions.iter().find(|v| &*v.status != "unaffected");
            let dismissed = match dismissed(&one.analysis) {
                none if none.is_empty() && seen.is_none() && !affected.versions.is_empty() => {
                    "every version is called unaffected".to_owned()
                }
                other => other,
            };
            let foreign = Foreign {
                asset: ASSET.into(),
                plugin: (*one.id).into(),
                names: names.clone(),
                title: if one.description.is_empty() {
                    one.id.to_string()
                } else {
                    sentence(&one.description)
                },
                severity: severity(one),
                locus: ForeignLocus::Whole,
                version: seen.map(|seen| (*seen.version).into()).unwrap_or_default(),
                fixed_in: "".into(),
                dismissed,
                place: say.place(at),
            };
            let reference = affected.reference.to_string();
            let here = self.known.contains_key(reference.as_str());
            let waits = !here && !self.components_over && purl::read(&reference).is_none();
            if waits
                && self.room(size_of::<Foreign>() + reference.len() + foreign.title.len(), at, say)
            {
                self.waiting.push((reference, foreign));
            } else {
                self.finish(&reference, foreign, say);
            }
        }
    }

    fn finish(&self, reference: &str, mut foreign: Foreign, say: &mut Say<'_>) {
        // BOM-Link names a component of another document (`urn:cdx:serial/version#bom-ref`).
        let inner = reference.rsplit_once('#').map_or(reference, |(_, inner)| inner);
        let known = self.known.get(reference).or_else(|| self.known.get(inner)).cloned();
        let read = || {
            let purl = purl::read(reference).or_else(|| purl::read(inner))?;
            Some(Known { package: purl.bare.into(), version: purl.version.into() })
        };
        if let Some(Known { package, version }) = known.or_else(read) {
            if !version.is_empty() {
                foreign.version = version;
            }
            foreign.locus = ForeignLocus::Package { package, path: "".into() };
        } else if !reference.is_empty() {
            foreign.locus = ForeignLocus::Package { package: reference.into(), path: "".into() };
        }
        say.fact(Fact::Foreign(foreign));
    }

    fn components_end(&mut self, say: &mut Say<'_>) {
        self.components_over = true;
        for (reference, foreign) in std::mem::take(&mut self.waiting) {
            self.finish(&reference, foreign, say);
        }
    }

    fn end(&mut self, say: &mut Say<'_>) {
        if !self.called {
            let wrong = Wrong::loss(
                "report-version-unknown",
                At::START,
                "this document does not say its version of CycloneDX",
            );
            say.wrong(wrong.help("let its tool write it again"));
        }
        self.report(say);
        self.components_end(say);
        let (name, artifact) = (Arc::from(ASSET), self.artifact.as_str().into());
        say.fact(Fact::Named(Named { name, artifact, ..Named::default() }));
        let why_not = match (say.told.partial, self.vulnerabilities, self.incomplete) {
            (true, _, _) => Some("the report could not be read whole"),
            (_, false, _) => Some("the document has no list of vulnerabilities"),
            (_, _, true) => Some("the document calls itself incomplete"),
            _ => None,
        };
        let coverage = if why_not.is_some() { Coverage::Partial } else { Coverage::Full };
        let because = why_not.unwrap_or("the list of vulnerabilities is complete").to_owned();
        say.fact(Fact::Covered(Covered { asset: ASSET.into(), coverage, because, at: self.at }));
    }
}

/// The version that the namespace of a document in XML ends with, whatever its prefix.
pub(crate) fn namespace_version(attributes: &Attributes) -> &str {
    const BEGINS: [&str; 2] =
        ["http://cyclonedx.org/schema/bom/", "https://cyclonedx.org/schema/bom/"];
    let space = match attributes.beginning(&BEGINS) {
        // What names another namespace alone is told as it stands.
        "" => attributes.get("xmlns"),
        // The place of a schema stands behind the namespace that it is of.
        space => space.split_whitespace().next().unwrap_or_default(),
    };
    space.rsplit('/').next().unwrap_or_default()
}

pub(crate) fn spec_version(version: &str, at: At, say: &mut Say<'_>) {
    const KNOWN: [&str; 6] = ["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"];
    if !KNOWN.contains(&version) {
        let message = format!("version `{}` of CycloneDX is not known", sentence(version));
        let wrong = Wrong::loss("report-version-unknown", at, message);
        say.wrong(wrong.help("what could be understood was read; 1.2 to 1.7 are known"));
    }
}

fn say_component(component: &Component<'_>, at: At, say: &mut Say<'_>) {
    let package = matches!(&*component.kind, "" | "library" | "framework" | "application");
    let Some(purl) = purl::read(&component.purl) else {
        // Systems, files, devices and data have no feed to compare with.
        if package && !component.name.is_empty() {
            say.fact(Fact::Unknown {
                ecosystem: Ecosystem::new("unknown"),
                name: (*component.name).into(),
                reason: "its document gives no package URL".to_owned(),
                place: say.place(at),
            });
        }
        return;
    };
    let version = if purl.version.is_empty() { &*component.version } else { &purl.version };
    let source = component.source(&purl);
    say.fact(Fact::Component(holdfast_model::Component {
        ecosystem: purl.ecosystem,
        name: purl.name.as_str().into(),
        version: Some(version).filter(|version| !version.is_empty()).map(Into::into),
        place: say.place(at),
        direct: None,
        dev: &*component.scope == "excluded",
        origin: Origin::Feed(None),
        source,
        module: purl.module.map(Into::into),
        integrity: None,
    }));
}

/// The greatest of all ratings, as ours is the greatest of an alias group; unscored is soon.
/// OWASP's and others' own scales count by their word only.
fn severity(one: &Vulnerability<'_>) -> Severity {
    let rated = one.ratings.iter().filter_map(|rating| {
        let cvss = rating.method.starts_with("CVSS");
        let score = rating.score.trim().parse::<f64>().ok().filter(|_| cvss).map(of_score);
        let word = Some(&*rating.severity).filter(|word| !word.is_empty()).map(of_word);
        score.max(word)
    });
    rated.max().unwrap_or(Severity::Soon)
}

/// The states that call a vulnerability no problem here.
fn dismissed(analysis: &Analysis<'_>) -> String {
    let state = match &*analysis.state {
        "not_affected" => "not affected",
        "false_positive" => "false positive",
        "resolved" => "resolved",
        "resolved_with_pedigree" => "resolved with pedigree",
        _ => return String::new(),
    };
    let why = [analysis.justification.replace('_', " "), sentence(&analysis.detail)];
    let why: Vec<String> = why.into_iter().filter(|text| !text.is_empty()).collect();
    if why.is_empty() { state.to_owned() } else { format!("{state}: {}", why.join("; ")) }
}
