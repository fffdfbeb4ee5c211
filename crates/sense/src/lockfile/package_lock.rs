//! `package-lock.json` and `npm-shrinkwrap.json`: what npm chose.
//!
//! Knows the two shapes (`packages` since format 2, nested `dependencies` before) and hands both
//! over as entries to the graph.

use holdfast_model::{About, Fact, Span};

use super::npm_graph::{Entry, Graph, Source, Wish, Wishes};
use super::npm_spec::{Spec, spec};
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
    text: "Every installed copy of every package and every dependency, for the formats 1 to 3, \
           resolved as node resolves them. `packages` is preferred where a file holds both \
           shapes. Links and folders of the workspace belong to the tree. `dev` is for \
           development; `devOptional` is not, because it may be installed in production as an \
           optional package. Format 1 does not say what is direct: `package.json` beside it does.",
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

fn lock(document: &Document<'_>, root: &Value<'_>, sources: &Sources<'_>, report: &mut Report<'_>) {
    if root.as_object().is_none() {
        if root.kind != Kind::Broken {
            report.mistake(document, &wrong(root, "this lockfile", "an object"));
        }
        return;
    }
    format(document, root, report);
    let packages = object(document, root, "packages", report);
    let dependencies = object(document, root, "dependencies", report);
    let mut graph = Graph::new(document);
    if let Some(packages) = packages.filter(|members| !members.is_empty() || dependencies.is_none())
    {
        for member in packages {
            package(document, member, &mut graph, report);
        }
        graph.say(report);
        return;
    }
    for (folder, member) in dependencies.into_iter().flatten().map(|one| (None, one)) {
        nested(document, member, folder, &mut graph, report);
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

fn format(document: &Document<'_>, root: &Value<'_>, report: &mut Report<'_>) {
    let Some(version) = root.get("lockfileVersion") else { return };
    if matches!(version.kind, Kind::Null | Kind::Number("1" | "2" | "3")) {
        return;
    }
    let written: String =
        version.span.of(document.text()).unwrap_or_default().chars().take(40).collect();
    report.mistake(
        document,
        &Mistake::loss(
            "lock-version-unknown",
            version.span,
            format!("the lockfile format `{written}` is not known here; formats 1 to 3 are"),
        )
        .help("what could be read was read; update Holdfast"),
    );
}

/// An object or nothing; `null` is nothing, anything else is told.
fn object<'v, 'a>(
    document: &Document<'_>,
    value: &'v Value<'a>,
    key: &str,
    report: &mut Report<'_>,
) -> Option<&'v [Member<'a>]> {
    let value = value.get(key)?;
    match &value.kind {
        Kind::Object(members) => Some(members),
        Kind::Null | Kind::Broken => None,
        _ => {
            report.mistake(document, &wrong(value, &format!("`{key}`"), "an object"));
            None
        }
    }
}

fn wrong(value: &Value<'_>, what: &str, wanted: &str) -> Mistake {
    Mistake::loss(
        "wrong-type",
        value.span,
        format!("{what} is {} here, where npm writes {wanted}", value.word()),
    )
    .help("restore the file from version control, or run `npm install --package-lock-only`")
}

/// The text of a member; `null` is nothing, anything else is told.
fn text<'v>(
    document: &Document<'_>,
    value: &'v Value<'_>,
    key: &str,
    report: &mut Report<'_>,
) -> Option<&'v str> {
    let value = value.get(key)?;
    match &value.kind {
        Kind::String(text) => Some(text),
        Kind::Null | Kind::Broken => None,
        _ => {
            report.mistake(document, &wrong(value, &format!("`{key}`"), "a string"));
            None
        }
    }
}

/// One member of `packages`.
fn package<'v>(
    document: &Document<'_>,
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
            report.mistake(document, &wrong(value, &what, "an object"));
            return;
        }
    }
    if member.key.is_empty() {
        graph.root_wishes(&wishes(document, value, true, report));
        return;
    }
    let (folder, installed) = graph.folders.of_key(&member.key);
    if folder.is_none() {
        let at =
            Span { end: member.key_span.end.min(member.key_span.start + 80), ..member.key_span };
        let message = "this package lies more than 64 folders deep; its dependencies were left out";
        report.mistake(
            document,
            &Mistake::loss("lock-path-too-deep", at, message).help(
                "restore the file from version control, or run `npm install --package-lock-only`",
            ),
        );
    }
    let name = text(document, value, "name", report);
    let linked = value.get("link").is_some_and(Value::is_true);
    let resolved = text(document, value, "resolved", report);
    let in_tree = installed.is_none();
    let own = installed.unwrap_or_else(|| file_name(&member.key));
    let entry = Entry {
        key: member.key_span,
        name: name.unwrap_or(own),
        version: text(document, value, "version", report),
        source: match (in_tree, linked) {
            (true, _) => Source::Tree,
            (false, true) => Source::Resolved(None),
            (false, false) => Source::Resolved(resolved),
        },
        links_to: if linked { Some(resolved.unwrap_or_default()) } else { None },
        dev: value.get("dev").is_some_and(Value::is_true),
        may_lack: in_tree
            || ["optional", "devOptional", "inBundle"]
                .iter()
                .any(|key| value.get(key).is_some_and(Value::is_true)),
        folder,
        nested: false,
    };
    graph.add(entry, &wishes(document, value, in_tree, report));
}

/// What an entry asks for; `development` too where it belongs to the tree.
fn wishes<'v>(
    document: &Document<'_>,
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
        let members = if read { object(document, value, key, report) } else { None };
        out.extend(members.into_iter().flatten().filter_map(|member| {
            let spec = member.value.as_str()?;
            Some(Wish { name: &member.key, spec, at: member.key_span, required })
        }));
    }
    out
}

/// One member of a nested `dependencies`, and those inside it. Nesting is bounded by the parser.
fn nested<'v>(
    document: &Document<'_>,
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
            report.mistake(document, &wrong(value, &format!("`{key}`"), "an object"));
            return;
        }
    }
    let folder = graph.folders.package(inside.unwrap_or_default(), &member.key);
    let written = text(document, value, "version", report);
    let resolved = text(document, value, "resolved", report);
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
        Some(Kind::Object(_)) => object(document, value, "requires", report),
        _ => None,
    };
    // `requires` names optional packages too, which need not be there.
    let wishes: Wishes<'v> = requires
        .into_iter()
        .flatten()
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
        may_lack: true,
        folder,
        nested: inside.is_some(),
    };
    graph.add(entry, &wishes);
    let inner = object(document, value, "dependencies", report);
    if let Some(folder) = folder {
        for member in inner.into_iter().flatten() {
            nested(document, member, Some(folder), graph, report);
        }
    }
}
