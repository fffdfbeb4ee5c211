//! Trivy's JSON: one artifact (scheme 2, and the bare list of scheme 1) and whole clusters.
//!
//! Knows vulnerabilities, misconfigurations and secrets by target; what a secret or its
//! surroundings say is never kept. A finding waits for the name of its target where that stands
//! behind it.

use std::sync::Arc;

use holdfast_model::{
    About, Coverage, Covered, Fact, Foreign, ForeignLocus, Named, Report, Severity, Timestamp,
};

use super::cursor::At;
use super::items::{Items, ReadItems};
use super::json::{Event, Item, Take};
use super::names::names;
use super::say::{Say, Wrong};
use super::severity::of_word;
use super::stream::Input;
use super::trivy_item::{Misconfiguration, Scanner, Secret, Vulnerability};
use super::{Stream, StreamReader, claim, holds, item, normal, purl, sentence, unpacked};
use crate::Claim;

/// Reads Trivy's JSON.
pub(super) struct Trivy;

static ABOUT: About = About {
    id: "trivy",
    title: "Trivy (JSON)",
    text: "Vulnerabilities by package, misconfigurations and secrets by file, of an image, a file \
           system, a repository or a cluster. Checks that passed are passed over, exceptions and \
           packages that are not affected are kept as dismissed. Licences, packages without \
           findings and reports of the Trivy operator are left out.",
    file: file!(),
};

impl StreamReader for Trivy {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, head: &[u8]) -> Claim {
        let head = unpacked(head);
        let has = |key: &str| holds(&head, key);
        let one = has("\"SchemaVersion\"")
            && (has("\"ArtifactName\"") || has("\"ArtifactType\"") || has("\"Results\""));
        let cluster = has("\"ClusterName\"")
            && ["\"Resources\"", "\"Vulnerabilities\"", "\"Misconfigurations\"", "\"Findings\""]
                .into_iter()
                .any(has);
        let list = head.starts_with(b"[")
            && has("\"Target\"")
            && (has("\"Vulnerabilities\"") || has("\"Type\"") || has("\"Class\""));
        let json = head.starts_with(b"{");
        claim(path, json && (one || cluster) || list, &["trivy.json", "trivy-report.json"])
    }

    fn start(&self, path: &Arc<str>) -> Box<dyn Stream> {
        Input::start(Items::new(select, Reader::default()), path)
    }
}

const RESOURCES: [&str; 4] = ["Resources", "Vulnerabilities", "Misconfigurations", "Findings"];

/// What a path is, seen from the object that holds results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part<'p> {
    /// The document or a resource of a cluster: its member.
    Subject(&'p str),
    /// A result.
    Result,
    /// A member of a result.
    Member(&'p str),
    Other,
}

/// Whether the path lies in a resource of a cluster, and what it is there.
fn part(path: &str) -> (bool, Part<'_>) {
    let result = |rest| match rest {
        "" => Part::Result,
        other => other.strip_prefix('.').map_or(Part::Other, Part::Member),
    };
    if let Some(rest) = path.strip_prefix("[]") {
        return (false, result(rest));
    }
    if let Some(rest) = path.strip_prefix("Results[]") {
        return (false, result(rest));
    }
    let resource = RESOURCES.iter().find_map(|list| path.strip_prefix(list)?.strip_prefix("[]"));
    let Some(inside) = resource else { return (false, Part::Subject(path)) };
    match inside.strip_prefix(".Results[]") {
        Some(rest) => (true, result(rest)),
        None => (true, Part::Subject(inside.strip_prefix('.').unwrap_or(inside))),
    }
}

fn select(path: &str) -> Take {
    const LISTS: [&str; 3] = ["Vulnerabilities", "Misconfigurations", "Secrets"];
    const OWN: [&str; 3] = ["Target", "Class", "Type"];
    let row = |member: &str| member.strip_suffix("[]").is_some_and(|list| LISTS.contains(&list));
    match part(path) {
        (false, Part::Subject(list)) if RESOURCES.contains(&list) => Take::Into,
        (_, Part::Result | Part::Subject("Results")) | (true, Part::Subject("")) => Take::Into,
        (_, Part::Member(list)) if LISTS.contains(&list) => Take::Into,
        (_, Part::Member(member)) if OWN.contains(&member) || row(member) => Take::Item,
        (
            false,
            Part::Subject("SchemaVersion" | "CreatedAt" | "ArtifactName" | "ClusterName" | "Trivy"),
        )
        | (true, Part::Subject("Namespace" | "Kind" | "Name")) => Take::Item,
        _ => Take::Skip,
    }
}

/// So many bytes of findings wait for the name of their target at most.
const WAITING: usize = 16 << 20;

#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one thing that the report has said or not"
)]
struct Reader {
    reported: bool,
    /// The document says what it is.
    called: bool,
    version: String,
    at: Option<Timestamp>,
    cluster: String,
    artifact: String,
    /// Whether the artifact was told under the name of the document.
    named: bool,
    /// Resources were read, so the document itself is no asset.
    resources: bool,
    resource: Resource,
    result: Target,
    waiting: Vec<Draft>,
    waiting_size: usize,
    too_many: bool,
    assets: Vec<Arc<str>>,
}

#[derive(Default)]
struct Resource {
    open: bool,
    namespace: String,
    kind: String,
    name: String,
}

#[derive(Default)]
struct Target {
    path: Option<String>,
    class: Option<String>,
    kind: Option<String>,
}

/// A finding before the names of its target and its asset are known.
struct Draft {
    foreign: Foreign,
    what: What,
    /// The file of a package; of a file the text that is meant.
    detail: String,
    in_resource: bool,
}

enum What {
    /// A package: its package URL, else its name.
    Package {
        purl: String,
        name: String,
    },
    File,
}

/// The name of the artifact in the facts.
const ARTIFACT: &str = "artifact";

impl ReadItems for Reader {
    fn take(&mut self, event: Event<'_>, say: &mut Say<'_>) {
        match event {
            Event::Open(path) => match part(path) {
                (_, Part::Result) => {
                    self.called |= path == "[]";
                    self.result = Target::default();
                }
                (true, Part::Subject("")) => {
                    self.resources = true;
                    self.resource = Resource { open: true, ..Resource::default() };
                }
                _ => {}
            },
            Event::Close(path) => match part(path) {
                (false, Part::Result) => self.flush(say),
                (true, Part::Result) => self.settle(),
                (true, Part::Subject("")) => {
                    self.name_resource(say);
                    self.flush(say);
                    self.resource = Resource::default();
                }
                _ => {}
            },
            Event::Item(path, item) => match part(path) {
                (false, Part::Subject(member)) => self.document(member, &item, say),
                (true, Part::Subject(member)) => self.member(member, &item),
                (_, Part::Member("Target")) => self.result.path = Some(text(&item)),
                (_, Part::Member("Class")) => self.result.class = Some(text(&item)),
                (_, Part::Member("Type")) => self.result.kind = Some(text(&item)),
                (_, Part::Member(list)) => self.finding(list, &item, say),
                _ => {}
            },
            Event::Wrong(wrong) => say.wrong(wrong),
        }
    }

    fn end(&mut self, say: &mut Say<'_>) {
        if !self.called {
            let message = "this document does not say that Trivy wrote it";
            let wrong = Wrong::loss("report-version-unknown", At::START, message);
            say.wrong(wrong.help("let Trivy write it again, with `--format json`"));
        }
        self.report(say);
        self.flush(say);
        if !self.resources {
            self.name_artifact(say);
            self.assets.push(ARTIFACT.into());
        }
        let whole = !say.told.partial;
        let coverage = if whole { Coverage::Full } else { Coverage::Partial };
        let because = if whole {
            "the report lists all that was found"
        } else {
            "the report could not be read whole"
        };
        for asset in std::mem::take(&mut self.assets) {
            let because = because.to_owned();
            say.fact(Fact::Covered(Covered { asset, coverage, because, at: self.at }));
        }
    }
}

impl Reader {
    fn document(&mut self, member: &str, item: &Item<'_>, say: &mut Say<'_>) {
        match member {
            "SchemaVersion" => {
                self.called = true;
                let version = text(item);
                if version != "2" && version != "1" {
                    let message = format!("scheme `{version}` of Trivy is not known");
                    let wrong = Wrong::loss("report-version-unknown", item.at, message);
                    say.wrong(wrong.help("what could be understood was read; 1 and 2 are known"));
                }
            }
            "CreatedAt" => self.at = Timestamp::parse(&text(item)),
            "ArtifactName" => self.artifact = text(item),
            "ClusterName" => {
                self.called = true;
                self.cluster = text(item);
            }
            "Trivy" => {
                let mut spare = String::new();
                if let Some(scanner) = item::read::<Scanner<'static>>(item, &mut spare, say) {
                    self.version = sentence(&scanner.version);
                }
            }
            _ => {}
        }
    }

    fn member(&mut self, member: &str, item: &Item<'_>) {
        match member {
            "Namespace" => self.resource.namespace = text(item),
            "Kind" => self.resource.kind = text(item),
            "Name" => self.resource.name = text(item),
            _ => {}
        }
    }

    fn report(&mut self, say: &mut Say<'_>) {
        if !std::mem::replace(&mut self.reported, true) {
            let (scanner, version) = ("trivy".into(), self.version.as_str().into());
            say.fact(Fact::Report(Report { scanner, version, at: self.at }));
        }
    }

    fn finding(&mut self, list: &str, item: &Item<'_>, say: &mut Say<'_>) {
        self.report(say);
        if !self.resource.open && !self.artifact.is_empty() {
            self.name_artifact(say);
        }
        let draft = match list {
            "Vulnerabilities[]" => vulnerability(item, say),
            "Misconfigurations[]" => misconfiguration(item, say),
            _ => secret(item, say),
        };
        let Some(mut draft) = draft else { return };
        draft.in_resource = self.resource.open;
        let told = self.result.path.is_some() && self.result.class.is_some();
        let told = told && self.result.kind.is_some();
        let named =
            !self.resource.open || !self.resource.name.is_empty() && !self.resource.kind.is_empty();
        if told && named && (!self.resource.open || !self.resource.namespace.is_empty()) {
            self.place(&mut draft);
            self.finish(draft, say);
            return;
        }
        self.waiting_size = self.waiting_size.saturating_add(size_of::<Draft>() + 200);
        self.waiting.push(draft);
        if self.waiting_size > WAITING {
            if !std::mem::replace(&mut self.too_many, true) {
                let message =
                    "more findings than can be kept stand before the name of their target";
                say.wrong(Wrong::loss("report-too-many", item.at, message));
            }
            self.settle();
            self.flush(say);
        }
    }

    /// Gives waiting findings of this result their place, which later results cannot.
    fn settle(&mut self) {
        let mut waiting = std::mem::take(&mut self.waiting);
        for draft in &mut waiting {
            self.place(draft);
        }
        self.waiting = waiting;
    }

    fn flush(&mut self, say: &mut Say<'_>) {
        self.settle();
        self.waiting_size = 0;
        for draft in std::mem::take(&mut self.waiting) {
            self.finish(draft, say);
        }
    }

    fn place(&self, draft: &mut Draft) {
        if draft.foreign.locus != ForeignLocus::Whole {
            return;
        }
        let target = self.result.path.as_deref().unwrap_or_default();
        match &draft.what {
            What::Package { purl, name } if purl.is_empty() && name.is_empty() => {}
            What::Package { purl, name } => {
                let kind = self.result.kind.as_deref().unwrap_or_default();
                let package = purl::read(purl).map(|purl| purl.bare);
                let package = package.unwrap_or_else(|| purl::of_kind(kind, name));
                // The packages of a system belong to no file.
                let path = match self.result.class.as_deref() {
                    Some("os-pkgs") => "",
                    _ if !draft.detail.is_empty() => &draft.detail,
                    _ => target,
                };
                draft.foreign.locus =
                    ForeignLocus::Package { package: package.into(), path: path.into() };
            }
            What::File => {
                draft.foreign.locus = ForeignLocus::File {
                    path: target.into(),
                    context: draft.detail.as_str().into(),
                    fingerprint: "".into(),
                };
            }
        }
    }

    fn finish(&mut self, mut draft: Draft, say: &mut Say<'_>) {
        draft.foreign.asset = if draft.in_resource {
            self.name_resource(say);
            self.resource.asset()
        } else {
            ARTIFACT.into()
        };
        say.fact(Fact::Foreign(draft.foreign));
    }

    fn name_artifact(&mut self, say: &mut Say<'_>) {
        if !std::mem::replace(&mut self.named, true) {
            let artifact = self.artifact.as_str().into();
            let name = ARTIFACT.into();
            say.fact(Fact::Named(Named { name, artifact, ..Named::default() }));
        }
    }

    /// Says which resource is meant, once; a cluster names each in two lists.
    fn name_resource(&mut self, say: &mut Say<'_>) {
        let name = self.resource.asset();
        if let Err(at) = self.assets.binary_search(&name) {
            self.assets.insert(at, Arc::clone(&name));
            let artifact = match self.cluster.as_str() {
                "" => Arc::clone(&name),
                cluster => format!("{cluster}/{name}").into(),
            };
            say.fact(Fact::Named(Named { name, artifact, ..Named::default() }));
        }
    }
}

impl Resource {
    /// `namespace/kind/name`.
    fn asset(&self) -> Arc<str> {
        let parts = [&self.namespace, &self.kind, &self.name];
        let parts: Vec<&str> =
            parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        parts.join("/").into()
    }
}

fn text(item: &Item<'_>) -> String {
    sentence(&item::scalar(item))
}

fn draft(item: &Item<'_>, plugin: &str, severity: &str, say: &Say<'_>) -> Foreign {
    Foreign {
        asset: "".into(),
        plugin: plugin.into(),
        names: names([plugin]),
        title: plugin.to_owned(),
        severity: if severity.is_empty() { Severity::Soon } else { of_word(severity) },
        locus: ForeignLocus::Whole,
        version: "".into(),
        fixed_in: "".into(),
        dismissed: String::new(),
        place: say.place(item.at),
    }
}

fn first(texts: [&str; 2], otherwise: &str) -> String {
    let texts = texts.into_iter().map(sentence).find(|text| !text.is_empty());
    texts.unwrap_or_else(|| otherwise.to_owned())
}

fn vulnerability(item: &Item<'_>, say: &mut Say<'_>) -> Option<Draft> {
    let mut spare = String::new();
    let found = item::read::<Vulnerability<'static>>(item, &mut spare, say)?;
    let mut foreign = draft(item, &found.id, &found.severity, say);
    let ids = found.vendor_ids.iter().map(|id| &**id);
    foreign.names = names(std::iter::once(&*found.id).chain(ids));
    foreign.title = first([&found.title, &found.description], &found.id);
    foreign.version = (*found.installed_version).into();
    foreign.fixed_in = (*found.fixed_version).into();
    if &*found.status == "not_affected" {
        "not affected".clone_into(&mut foreign.dismissed);
    }
    let purl = found.pkg_identifier.purl.to_string();
    let what = What::Package { purl, name: found.pkg_name.to_string() };
    Some(Draft { foreign, what, detail: found.pkg_path.to_string(), in_resource: false })
}

fn misconfiguration(item: &Item<'_>, say: &mut Say<'_>) -> Option<Draft> {
    let mut spare = String::new();
    let found = item::read::<Misconfiguration<'static>>(item, &mut spare, say)?;
    if &*found.status == "PASS" {
        return None;
    }
    let plugin = if found.id.is_empty() { &found.avd_id } else { &found.id };
    let mut foreign = draft(item, plugin, &found.severity, say);
    foreign.title = first([&found.title, &found.message], plugin);
    if &*found.status == "EXCEPTION" {
        "excepted from this check".clone_into(&mut foreign.dismissed);
    }
    let lines = &found.cause_metadata.code.lines;
    let cause = lines.iter().find(|line| line.is_cause == Some(true));
    let context = match &*found.cause_metadata.resource {
        "" => cause.map(|line| normal(&line.content)).unwrap_or_default(),
        resource => normal(resource),
    };
    Some(Draft { foreign, what: What::File, detail: context, in_resource: false })
}

fn secret(item: &Item<'_>, say: &mut Say<'_>) -> Option<Draft> {
    let mut spare = String::new();
    let found = item::read::<Secret<'static>>(item, &mut spare, say)?;
    let mut foreign = draft(item, &found.rule_id, &found.severity, say);
    foreign.title = first([&found.title, ""], &found.rule_id);
    let detail = String::new();
    Some(Draft { foreign, what: What::File, detail, in_resource: false })
}
