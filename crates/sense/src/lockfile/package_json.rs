//! `package.json`: what a JavaScript package asks for.
//!
//! Knows requirements; versions that were chosen stand in the lockfile.

use holdfast_model::{About, Ecosystem, Fact, Requirement, Span};

use super::notices::own;
use super::npm_spec::{Spec, spec};
use crate::text::json::{Kind, Member, Value, parse};
use crate::text::{Document, Mistake, Report, file_name};
use crate::{Claim, Need, Reader, Sources};

/// Reads `package.json`.
#[derive(Debug)]
pub struct PackageJson;

static ABOUT: About = About {
    id: "package-json",
    title: "npm manifest (package.json)",
    text: "Every requirement of `dependencies`, `devDependencies`, `optionalDependencies`, \
           `peerDependencies`, and of what npm, yarn and pnpm call `overrides`, `resolutions` and \
           `pnpm.overrides`. An alias is told under the package's own name. \
           Peers say what a package works with and install nothing, and an override speaks for \
           packages further down: neither is lifted. Addresses, folders and tags are no ranges \
           and are not lifted either. Unity's manifests share the name and are left out.",
    file: file!(),
};

impl Reader for PackageJson {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if file_name(path) == "package.json" { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
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
            manifest(&document, &root, &mut report);
        }
        report.finish();
    }
}

/// The fields that ask for packages: whether for development, whether a lift may touch them.
const FIELDS: [(&str, bool, bool); 4] = [
    ("dependencies", false, true),
    ("devDependencies", true, true),
    ("optionalDependencies", false, true),
    ("peerDependencies", false, false),
];

fn manifest(document: &Document<'_>, root: &Value<'_>, report: &mut Report<'_>) {
    let Some(members) = root.as_object() else {
        if root.kind != Kind::Broken {
            report.mistake(document, &wrong(root, "this manifest", "an object"));
        }
        return;
    };
    // Unity's package manager reads files of this name whose packages are not npm's.
    if root.get("unity").is_some_and(|unity| unity.as_str().is_some()) {
        return;
    }
    let npm = Ecosystem::new(Ecosystem::NPM);
    // npm refuses to publish what says so.
    if let Some(name) =
        root.get("name").filter(|_| !root.get("private").is_some_and(Value::is_true))
    {
        own(document, &npm, name.as_str().unwrap_or_default(), name.span, report);
    }
    for field in members {
        match &*field.key {
            "overrides" | "resolutions" => overrides(document, &npm, "", field, report),
            "pnpm" => {
                if let Some(member) = field.value.member("overrides") {
                    overrides(document, &npm, "", member, report);
                }
            }
            _ => {}
        }
        let Some((key, dev, liftable)) = FIELDS.iter().find(|(key, ..)| *key == field.key) else {
            continue;
        };
        match &field.value.kind {
            Kind::Object(wishes) => {
                for wish in wishes {
                    requirement(document, &npm, wish, (*dev, *liftable), report);
                }
            }
            Kind::Null | Kind::Broken => {}
            // npm accepts an empty list, which old tools wrote.
            Kind::Array(list) if list.is_empty() => {}
            _ => report.mistake(document, &wrong(&field.value, &format!("`{key}`"), "an object")),
        }
    }
}

fn wrong(value: &Value<'_>, what: &str, wanted: &str) -> Mistake {
    Mistake::loss(
        "wrong-type",
        value.span,
        format!("{what} is {} here, where npm reads {wanted}", value.word()),
    )
    .help(format!("write {wanted}"))
}

fn requirement(
    document: &Document<'_>,
    npm: &Ecosystem,
    wish: &Member<'_>,
    (dev, may_lift): (bool, bool),
    report: &mut Report<'_>,
) {
    let Some(text) = wish.value.as_str() else {
        if !matches!(wish.value.kind, Kind::Null | Kind::Broken) {
            let key: String = wish.key.chars().take(80).collect();
            report.mistake(document, &wrong(&wish.value, &format!("`{key}`"), "a string"));
        }
        return;
    };
    say(document, npm, &wish.key, (text, wish.value.span), (dev, may_lift), report);
}

/// Says what asks for a package under a name: by a range, an alias or an address.
fn say(
    document: &Document<'_>,
    npm: &Ecosystem,
    key: &str,
    (text, whole): (&str, Span),
    (dev, may_lift): (bool, bool),
    report: &mut Report<'_>,
) {
    // With escapes the text in the file differs from what it means.
    let as_written = whole.of(document.text()) == Some(text)
        // A string that was cut off may be half a range.
        && document.text().get(whole.end..).is_some_and(|rest| rest.starts_with('"'));
    let (name, range, span, sound) = match spec(text) {
        Spec::Range => (key, text, whole, true),
        Spec::Alias { name, range } if as_written => {
            let start = whole.end.saturating_sub(range.len()).max(whole.start);
            let sound = !range.is_empty() && spec(range) == Spec::Range;
            (name, range, Span { start, end: whole.end }, sound)
        }
        Spec::Alias { name, range } => (name, range, whole, false),
        Spec::Git | Spec::Archive | Spec::Tree | Spec::Tag => (key, text, whole, false),
    };
    report.requirement(
        document,
        Requirement {
            ecosystem: npm.clone(),
            name: name.into(),
            range: range.into(),
            span: document.span(span),
            place: document.place(span.start),
            dev,
            liftable: sound && may_lift && as_written,
        },
    );
}

/// The package that an override speaks of: the last name of npm's `a@^1`, yarn's `**/b/a` and
/// pnpm's `b@1>a@^1`.
pub(super) fn override_name(key: &str) -> &str {
    // Ranges hold `>` as well: a parent is followed by a name.
    let mut parents = key.match_indices('>').filter(|(at, _)| {
        let after = key.get(at + 1..).unwrap_or_default();
        *at > 0 && after.starts_with(|c: char| c.is_ascii_alphabetic() || c == '@')
    });
    let key = parents.next_back().and_then(|(at, _)| key.get(at + 1..)).unwrap_or(key);
    // An `@` behind a `/` begins a scope, any other one a range.
    let range = key.char_indices().find(|(at, c)| {
        *c == '@' && *at > 0 && !key.get(..*at).is_some_and(|before| before.ends_with('/'))
    });
    let name = range.and_then(|(at, _)| key.get(..at)).unwrap_or(key);
    match name.rsplit_once('/') {
        None => name,
        Some((before, own)) => {
            let scope = before.rsplit('/').next().filter(|scope| scope.starts_with('@'));
            let length = scope.map_or(own.len(), |scope| scope.len() + 1 + own.len());
            name.get(name.len() - length..).unwrap_or(name)
        }
    }
}

/// `overrides` may nest: `{"a": {".": "1", "b@^2": "2.1"}}`. Nesting is bounded by the parser.
fn overrides(
    document: &Document<'_>,
    npm: &Ecosystem,
    parent: &str,
    field: &Member<'_>,
    report: &mut Report<'_>,
) {
    let members = match &field.value.kind {
        Kind::Object(members) => members,
        Kind::Null | Kind::Broken => return,
        _ => {
            let key: String = field.key.chars().take(80).collect();
            report.mistake(document, &wrong(&field.value, &format!("`{key}`"), "an object"));
            return;
        }
    };
    for member in members {
        let name = if member.key == "." { parent } else { override_name(&member.key) };
        let Some(text) = member.value.as_str() else {
            overrides(document, npm, name, member, report);
            continue;
        };
        // What is pinned here holds a fix back, and is lifted like any other line.
        say(document, npm, name, (text, member.value.span), (false, true), report);
    }
}

#[cfg(test)]
mod tests {
    use super::override_name;

    #[test]
    fn overrides_name_a_package_in_three_notations() {
        for (key, name) in [
            ("a", "a"),
            ("@s/a@^1", "@s/a"),
            ("**/a", "a"),
            ("b/**/@s/a", "@s/a"),
            ("@t/b/a", "a"),
            ("b@1>a@>=2", "a"),
            ("@t/b>@s/a", "@s/a"),
            ("a@>=1 <2", "a"),
            ("", ""),
        ] {
            assert_eq!(override_name(key), name, "{key}");
        }
    }
}
