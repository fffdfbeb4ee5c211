//! Installed PHP packages: the list that Composer keeps of what it put into `vendor`
//! (`Composer\Repository\FilesystemRepository`).
//!
//! Knows name, version and origin of a package that lies there; what asked for it is the lockfile's.

use holdfast_model::{About, Component, Ecosystem, Fact, Origin, Span};

use super::object::{self, Read};
use crate::text::json::{Kind, Value};
use crate::text::{Document, Mistake, Report};
use crate::{Claim, Need, Reader, Scope, Sources};

/// The reader.
pub struct ComposerInstalled;

static ABOUT: About = About {
    id: "composer-installed",
    title: "Installed PHP packages",
    text: "Reads `composer/installed.json` in the folder of installed packages, as Composer 1 and \
        2 write it: name and version of each package, and whether it is there for development \
        only. A `composer.lock` without it says nothing of what is installed.",
    file: file!(),
};

const HELP: &str = "install the packages again: `composer install`";

impl Reader for ComposerInstalled {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn scope(&self) -> Scope {
        Scope::System
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if path.ends_with("/composer/installed.json") { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        object::read(sources, out, |document, read, report| {
            let root = &read.root;
            // Composer 1 writes the list alone.
            let list =
                if matches!(root.kind, Kind::Array(_)) { Some(root) } else { root.get("packages") };
            match list.and_then(Value::as_array) {
                Some(packages) => {
                    for value in packages {
                        package(document, read, value, report);
                    }
                }
                None if read.is_cut() || root.kind == Kind::Broken => {}
                None => {
                    let message = "there is no list of `packages` here";
                    let span = Span { start: 0, end: 0 };
                    let mistake = Mistake::loss("wrong-type", span, message);
                    report.mistake(document, &mistake.help(HELP));
                }
            }
        });
    }
}

/// Says one package of the list.
fn package(document: &Document<'_>, read: &Read<'_>, value: &Value<'_>, report: &mut Report<'_>) {
    let text = |key| {
        let value = value.get(key).filter(|value| read.holds(value.span))?;
        value.as_str().filter(|text| !text.is_empty()).map(|text| (text, value.span.start))
    };
    let Some((name, at)) = text("name") else {
        let start = value.span.start;
        let message = "nothing here says which package this is: `name` is missing";
        let mistake = Mistake::loss("installed-no-name", Span { start, end: start }, message);
        return report.mistake(document, &mistake.help(HELP));
    };
    let ecosystem = Ecosystem::new(Ecosystem::COMPOSER);
    let (normal, place) = (ecosystem.normal_name(name), document.place(at));
    let Some((version, _)) = text("version") else {
        return report.fact(Fact::Unknown {
            ecosystem,
            name: normal.into(),
            reason: "its `version` is missing".to_owned(),
            place,
        });
    };
    let dev = read.root.get("dev-package-names").and_then(Value::as_array).unwrap_or_default();
    let of = |part: &str, key: &str| value.get(part).and_then(|part| part.get(key)?.as_str());
    let mut component = Component::new(ecosystem, normal, Some(version.into()), place);
    component.dev = dev.iter().any(|one| one.as_str() == Some(name));
    // What a feed brought says whom to tell of it.
    component.origin = match (of("dist", "type"), text("notification-url"), of("source", "url")) {
        (Some("path"), ..) => Origin::Tree,
        (_, None, Some(address)) => Origin::Git(address.into()),
        _ => Origin::Feed(None),
    };
    report.component(component);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<String> {
        let path = "/srv/vendor/composer/installed.json";
        let mut out = Vec::new();
        ComposerInstalled.read(&Sources::new(path, text.as_bytes()), &mut |fact| {
            out.push(match fact {
                Fact::Component(one) => {
                    let dev = if one.dev { " dev" } else { "" };
                    let tree = if one.origin == Origin::Tree { " tree" } else { "" };
                    format!("{} {}{dev}{tree}", one.name, one.version.as_deref().unwrap_or("-"))
                }
                Fact::Unknown { name, .. } => format!("? {name}"),
                Fact::Problem(problem) => problem.code,
                Fact::Partial => "partial".to_owned(),
                other => panic!("{other:?}"),
            });
        });
        out
    }

    #[test]
    fn both_forms_of_the_list_are_read() {
        let list = r#"[{"name": "Acme/till", "version": "v1.2.0", "notification-url": "x"},
            {"name": "acme/own", "version": "dev-main", "dist": {"type": "path"}},
            {"name": "acme/test", "version": "2.0.0"}, {"name": "acme/none"}]"#;
        let wanted =
            ["acme/till v1.2.0", "acme/own dev-main tree", "acme/test 2.0.0", "? acme/none"];
        assert_eq!(said(list), wanted);
        let newer = format!(r#"{{"packages": {list}, "dev-package-names": ["acme/test"]}}"#);
        let wanted =
            ["acme/till v1.2.0", "acme/own dev-main tree", "acme/test 2.0.0 dev", "? acme/none"];
        assert_eq!(said(&newer), wanted);
        assert_eq!(said(r#"{"packages": []}"#), [""; 0]);
    }

    #[test]
    fn what_is_not_whole_is_told() {
        assert_eq!(said(r#"{"package": 1}"#), ["wrong-type", "partial"]);
        assert_eq!(said(r#"[{"version": "1.0.0"}]"#), ["installed-no-name", "partial"]);
        let cut = said(r#"[{"name": "acme/till", "version": "1."#);
        assert_eq!(cut, ["json-cut-off", "? acme/till", "partial"]);
    }

    #[test]
    fn only_the_list_of_composer_is_its_own() {
        let claims = |path: &str| ComposerInstalled.claims(path, b"") == Claim::ByName;
        assert!(claims("/srv/vendor/composer/installed.json"));
        assert!(!claims("/srv/vendor/other/installed.json"));
        assert!(!claims("/srv/composer.lock"));
    }
}
