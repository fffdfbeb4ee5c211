//! `package-lock.json` and `npm-shrinkwrap.json`: what npm chose.
//!
//! Knows the two shapes (`packages` since format 2, nested `dependencies` before) and hands both
//! over as entries to the graph.

use holdfast_model::{About, Fact, Span};

use super::notices::deprecated;
use super::npm_graph::{Entry, Graph, Source, Wish, Wishes};
use super::npm_spec::{Spec, spec};
use super::shape::Shape;
use crate::text::encoding::decode;
use crate::text::json::{Kind, Member, Value, parse};
use crate::text::{Document, Mistake, Report, file_name};
use crate::{Claim, Need, Reader, Sources};

/// Reads npm's lockfiles.
#[derive(Debug)]
pub struct PackageLock;

static ABOUT: About = About {
    id: "package-lock",
    title: "npm lockfile (package-lock.json, npm-shrinkwrap.json)",
    text: "Every installed copy of every package and every dependency with its range, for the \
           formats 1 to 3, resolved as node resolves them. `packages` is preferred where a file \
           holds both shapes. Links and folders of the workspace belong to the tree. `dev` is for \
           development; `devOptional` is not, because it may be installed in production as an \
           optional package. What is bundled with another package has no checksum of its own. \
           Format 1 does not say what is direct: `package.json` beside it does. What publishers \
           say against a release (`deprecated`) is told as a notice.",
    file: file!(),
};

impl Reader for PackageLock {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        match file_name(path) {
            "package-lock.json" | "npm-shrinkwrap.json" => Claim::ByName,
            _ => Claim::No,
        }
    }

    fn needs(&self, so_far: &Sources<'_>) -> Vec<Need> {
        // Only format 1 leaves open what is direct.
        if decode(so_far.bytes()).text.contains("\"packages\"") {
            return Vec::new();
        }
        let manifest = so_far.beside("package.json").map(Need::File);
        manifest.into_iter().filter(|need| so_far.answer(need).is_none()).collect()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let document = Document::open(sources.path(), sources.bytes());
        let mut report = Report::new(out);
        report.open(&document);
        if document.readable() {
            let (root, mistakes) = parse(document.text());
            for mistake in &mistakes {
                report.mistake(&document, mistake);
            }
            lock(&document, &root, sources, &mut report);
        }
        report.finish();
    }
}

const HELP: &str =
    "restore the file from version control, or run `npm install --package-lock-only`";

fn lock(document: &Document<'_>, root: &Value<'_>, sources: &Sources<'_>, report: &mut Report<'_>) {
    let shape = Shape { document, tool: "npm", help: HELP };
    if !shape.is_lockfile(root, report) {
        return;
    }
    if let Some(version) = root.get("lockfileVersion")
        && !matches!(version.kind, Kind::Null | Kind::Number("1" | "2" | "3"))
    {
        shape.unknown_version(version.span, "formats 1 to 3 are", report);
    }
    let packages = shape.object(root, "packages", report);
    let dependencies = shape.object(root, "dependencies", report);
    let holds = |key: &str| root.get(key).is_some_and(|value| value.as_object().is_some());
    let mut graph = Graph::new(document);
    if !packages.is_empty() || holds("packages") && !holds("dependencies") {
        for member in packages {
            package(shape, member, &mut graph, report);
        }
        graph.say(report);
        return;
    }
    for member in dependencies {
        nested(shape, member, None, &mut graph, report);
    }
    let path = sources.beside("package.json");
    let manifest = path.as_ref().and_then(|path| {
        let bytes = sources.file(path)?;
        Some(Document::open(path, bytes))
    });
    graph.unknown_roots();
    if let Some(manifest) = &manifest {
        let (value, _) = parse(manifest.text());
        if value.as_object().is_some() {
            graph.roots_of(manifest, &value);
        }
        graph.say(report);
    } else {
        graph.say(report);
    }
}

/// One member of `packages`.
fn package<'v>(
    shape: Shape<'_>,
    member: &'v Member<'_>,
    graph: &mut Graph<'v>,
    report: &mut Report<'_>,
) {
    let value = &member.value;
    match value.kind {
        Kind::Object(_) => {}
        Kind::Null | Kind::Broken => return,
        _ => {
            let key: String = member.key.chars().take(80).collect();
            let what = if key.is_empty() { "the root package".into() } else { format!("`{key}`") };
            shape.wrong(value, &what, "an object", report);
            return;
        }
    }
    if member.key.is_empty() {
        graph.root_wishes(&wishes(shape, value, true, report));
        return;
    }
    let (folder, installed) = graph.folders.of_key(&member.key);
    if folder.is_none() {
        let at =
            Span { end: member.key_span.end.min(member.key_span.start + 80), ..member.key_span };
        let message = "this package lies more than 64 folders deep; its dependencies were left out";
        let mistake = Mistake::loss("lock-path-too-deep", at, message).help(HELP);
        report.mistake(shape.document, &mistake);
    }
    let name = shape.text(value, "name", report);
    let linked = value.get("link").is_some_and(Value::is_true);
    let resolved = shape.text(value, "resolved", report);
    let in_tree = installed.is_none();
    let own = installed.unwrap_or_else(|| file_name(&member.key));
    let version = shape.text(value, "version", report);
    if let (false, Some(version)) = (in_tree || linked, version) {
        deprecated(shape, value, name.unwrap_or(own), version, report);
    }
    let entry = Entry {
        key: member.key_span,
        name: name.unwrap_or(own),
        version,
        source: match (in_tree, linked) {
            (true, _) => Source::Tree,
            (false, true) => Source::Resolved(None),
            (false, false) => Source::Resolved(resolved),
        },
        links_to: if linked { Some(resolved.unwrap_or_default()) } else { None },
        dev: value.get("dev").is_some_and(Value::is_true),
        integrity: integrity(value, "inBundle"),
        may_lack: in_tree
            || ["optional", "devOptional", "inBundle"]
                .iter()
                .any(|key| value.get(key).is_some_and(Value::is_true)),
        folder,
        nested: false,
    };
    graph.add(entry, &wishes(shape, value, in_tree, report));
}

/// Whether a checksum stands with an entry; what comes along in another package has none.
fn integrity(value: &Value<'_>, bundled: &str) -> Option<bool> {
    let sum = value.get("integrity").is_some_and(|sum| sum.as_str().is_some());
    (sum || !value.get(bundled).is_some_and(Value::is_true)).then_some(sum)
}

/// What an entry asks for; `development` too where it belongs to the tree.
fn wishes<'v>(
    shape: Shape<'_>,
    value: &'v Value<'_>,
    development: bool,
    report: &mut Report<'_>,
) -> Wishes<'v> {
    let mut out = Vec::new();
    let fields = [
        ("dependencies", true, true),
        ("devDependencies", development, development),
        ("optionalDependencies", true, false),
        ("peerDependencies", true, false),
    ];
    for (key, read, required) in fields {
        let members = if read { shape.object(value, key, report) } else { &[] };
        out.extend(members.iter().filter_map(|member| {
            let spec = member.value.as_str()?;
            Some(Wish { name: &member.key, spec, at: member.key_span, required })
        }));
    }
    out
}

/// One member of a nested `dependencies`, and those inside it. Nesting is bounded by the parser.
fn nested<'v>(
    shape: Shape<'_>,
    member: &'v Member<'_>,
    inside: Option<usize>,
    graph: &mut Graph<'v>,
    report: &mut Report<'_>,
) {
    let value = &member.value;
    match value.kind {
        Kind::Object(_) => {}
        Kind::Null | Kind::Broken => return,
        _ => {
            let key: String = member.key.chars().take(80).collect();
            shape.wrong(value, &format!("`{key}`"), "an object", report);
            return;
        }
    }
    let folder = graph.folders.package(inside.unwrap_or_default(), &member.key);
    let written = shape.text(value, "version", report);
    let resolved = shape.text(value, "resolved", report);
    let feed = Source::Resolved(resolved);
    // Format 1 writes addresses where a version should be.
    let (name, version, source) = match written.map(|text| (text, spec(text))) {
        None => (&*member.key, None, feed),
        Some((_, Spec::Alias { name, range })) => {
            (name, Some(range).filter(|range| !range.is_empty()), feed)
        }
        Some((address, Spec::Git)) => (&*member.key, None, Source::Resolved(Some(address))),
        Some((address, Spec::Archive)) => (&*member.key, None, Source::Archive(address)),
        Some((_, Spec::Tree)) => (&*member.key, None, Source::Tree),
        Some((version, Spec::Range | Spec::Tag)) => (&*member.key, Some(version), feed),
    };
    let requires = match value.get("requires").map(|requires| &requires.kind) {
        Some(Kind::Object(_)) => shape.object(value, "requires", report),
        _ => &[],
    };
    // `requires` names optional packages too, which need not be there.
    let wishes: Wishes<'v> = requires
        .iter()
        .filter_map(|one| {
            let spec = one.value.as_str()?;
            Some(Wish { name: &one.key, spec, at: one.key_span, required: false })
        })
        .collect();
    let entry = Entry {
        key: member.key_span,
        name,
        version,
        source,
        links_to: None,
        dev: value.get("dev").is_some_and(Value::is_true),
        integrity: integrity(value, "bundled"),
        may_lack: true,
        folder,
        nested: inside.is_some(),
    };
    graph.add(entry, &wishes);
    let inner = shape.object(value, "dependencies", report);
    if let Some(folder) = folder {
        for member in inner {
            nested(shape, member, Some(folder), graph, report);
        }
    }
}
