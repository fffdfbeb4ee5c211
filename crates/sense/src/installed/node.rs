//! Installed JavaScript packages: the `package.json` of each folder in `node_modules`.
//!
//! Knows name and version of a package that lies there; what it asks for is the manifest reader's.

use holdfast_model::{About, Component, Ecosystem, Fact};

use super::object;
use crate::{Claim, Need, Reader, Scope, Sources};

/// The reader.
pub struct NodeInstalled;

static ABOUT: About = About {
    id: "node-installed",
    title: "Installed JavaScript packages",
    text: "Reads `package.json` of each folder that stands directly in a `node_modules` folder, or \
        in a scope in one: name and version. Files of that name further down are parts of a \
        package and are left out. One without name and version is no package.",
    file: file!(),
};

impl Reader for NodeInstalled {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn scope(&self) -> Scope {
        Scope::System
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if is_package(path) { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        object::read(sources, out, |document, read, report| {
            let text = |key| {
                let value = read.root.get(key).filter(|value| read.holds(value.span))?;
                Some((value.as_str()?, value.span.start))
            };
            let ecosystem = Ecosystem::new(Ecosystem::NPM);
            match (text("name"), text("version")) {
                (Some((name, at)), Some((version, _))) if !name.is_empty() => {
                    let place = document.place(at);
                    let version = Some(version.into());
                    report.component(Component::new(ecosystem, name, version, place));
                }
                (Some((name, at)), None) if !name.is_empty() => report.fact(Fact::Unknown {
                    ecosystem,
                    name: name.into(),
                    reason: "its `version` is missing".to_owned(),
                    place: document.place(at),
                }),
                _ => {}
            }
        });
    }
}

/// Whether this is the manifest of a package: `node_modules/NAME/package.json`, or with a scope.
fn is_package(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    if parts.next() != Some("package.json") {
        return false;
    }
    let name = parts.next().unwrap_or_default();
    let mut above = parts.next();
    if above.is_some_and(|scope| scope.starts_with('@')) {
        above = parts.next();
    }
    !name.is_empty() && !name.starts_with(['.', '@']) && above == Some("node_modules")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_top_of_a_package_is_one() {
        for (path, wanted) in [
            ("/usr/lib/node_modules/npm/package.json", true),
            ("/app/node_modules/@a/b/package.json", true),
            ("/app/node_modules/a/node_modules/b/package.json", true),
            ("/app/node_modules/a/dist/package.json", false),
            ("/app/node_modules/package.json", false),
            ("/app/node_modules/@a/package.json", false),
            ("/app/node_modules/.cache/package.json", false),
            ("/app/package.json", false),
        ] {
            assert_eq!(is_package(path), wanted, "{path}");
        }
    }
}
