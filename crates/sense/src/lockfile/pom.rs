//! `pom.xml`: what a Java project asks Maven for.
//!
//! Knows which dependencies become packages; files and properties are put together in
//! [`super::pom_family`] and [`super::pom_effective`].

use std::collections::HashSet;
use std::sync::Arc;

use holdfast_model::{About, Component, Ecosystem, Edge, Fact, Origin, Place, Requirement, Span};

use super::notices::own_release;
use super::pom_effective::{Effective, Managed, Member, Resolved, View};
use super::pom_family::{Family, root};
use super::pom_model::{Coordinates, Dependency, Pom as Model, Profile};
use super::whole::{cut, xml_file};
use crate::feed::maven_settings::repositories;
use crate::text::xml::Text;
use crate::text::{Document, Mistake, Report, file_name};
use crate::{Claim, Need, Reader, Sources};

/// So many profiles may decide on versions.
const MOST_PROFILES: usize = 64;

/// Reads Maven's project files.
#[derive(Debug)]
pub struct Pom;

static ABOUT: About = About {
    id: "maven-pom",
    title: "Maven project (pom.xml)",
    text: "Every dependency whose version can be told: properties, the parent, \
           `dependencyManagement` and imported platforms are put in as far as their files are in \
           the tree, in the version that is named; properties of `.mvn/maven.config` go before \
           all others. What hangs on a parent, platform, profile or range outside of the tree is \
           not assessed, and the reason says on which. Dependencies of profiles, and versions \
           that they choose, are told whether a build switches them on or not. Scope `test` is \
           for development; `provided` is not, because a container brings it along. What another \
           project of the tree declares belongs to the tree, if both are of the same version. What \
           dependencies bring in stands in no file of Maven's, and plugins are left out.",
    file: file!(),
};

impl Reader for Pom {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        let name = file_name(path);
        let named = matches!(name.rsplit_once('.'), Some((_, "pom")));
        if name == "pom.xml" || named { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, so_far: &Sources<'_>) -> Vec<Need> {
        Family::of(so_far).needs
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let family = Family::of(sources);
        let documents: Vec<Document<'_>> = family
            .paths
            .iter()
            .map(|path| {
                let own = path == sources.path();
                let bytes = if own { Some(sources.bytes()) } else { sources.file(path) };
                Document::open(path, bytes.unwrap_or_default())
            })
            .collect();
        let roots: Vec<_> = documents.iter().map(root).collect();
        let members = documents.iter().zip(&roots).map(|(document, root)| {
            let pom = Model::of(root.as_ref()?);
            Some(Member { document, pom })
        });
        let effective = Effective::new(members.collect(), &family);
        // The document is opened once more, for what is wrong with it as a file.
        xml_file(sources, out, "project", |document, root, report| {
            repositories(document, std::iter::once(root), report);
            let maven = Ecosystem::new(Ecosystem::MAVEN);
            Saying { effective: &effective, report, maven, told: HashSet::new() }.project();
        });
    }
}

struct Saying<'s, 'o, 'e, 'a> {
    effective: &'s Effective<'e, 'a>,
    report: &'s mut Report<'o>,
    maven: Ecosystem,
    /// The requirements that were said: the file, where their text stands in it, and the package.
    told: HashSet<(usize, Span, String)>,
}

impl<'s, 'e, 'a> Saying<'s, '_, 'e, 'a> {
    fn project(&mut self) {
        let Some(member) = self.effective.member(0) else { return };
        let main = View { file: 0, profile: None };
        let is = Coordinates { group: member.pom.group(), ..member.pom.own };
        if let (Some(artifact), Ok((group, name))) = (is.artifact, self.effective.name(main, is, 0))
        {
            let own_name = format!("{group}:{name}");
            let version = member.pom.version();
            let version = version.and_then(|text| self.effective.resolve(main, text, 0).ok());
            let version = version.as_ref().and_then(|version| exact(&version.text).ok());
            own_release(
                member.document,
                &self.maven,
                &own_name,
                version,
                artifact.span,
                self.report,
            );
        }
        self.round(member);
        self.section(&member.pom.main.managed, &member.pom.main.dependencies, main);
        for profile in &member.pom.profiles {
            let view = View { file: 0, profile: Some((profile, 0)) };
            self.section(&profile.section.managed, &profile.section.dependencies, view);
        }
    }

    /// Says at its `parent` that the project inherits from itself.
    fn round(&mut self, member: &Member<'e, 'a>) {
        let Some(circle) = self.effective.circle_of_itself() else { return };
        let Some(parent) = &member.pom.parent else { return };
        let Some(artifact) = parent.is.artifact else { return };
        let message = format!("the parents of this project are {circle}");
        let mistake = Mistake::loss("maven-parent-circle", artifact.span, message)
            .help("let one of them have no `parent`, or one that has other parents");
        self.report.mistake(member.document, &mistake);
    }

    fn section(
        &mut self,
        managed: &'s [Dependency<'e, 'a>],
        dependencies: &'s [Dependency<'e, 'a>],
        view: View<'s, 'e, 'a>,
    ) {
        for one in managed.iter().filter(|one| !one.is_import()) {
            let name = self.effective.name(view, one.is, 0);
            let version = one.is.version.map(|text| self.effective.resolve(view, text, 0));
            if let (Ok((group, artifact)), Some(Ok(version))) = (name, version) {
                self.requirement(&format!("{group}:{artifact}"), &version, one.scope == "test");
            }
        }
        for one in dependencies {
            self.dependency(one, view);
        }
    }

    fn dependency(&mut self, one: &Dependency<'e, 'a>, view: View<'s, 'e, 'a>) {
        let place = self.place(one);
        let effective = self.effective;
        let name = match effective.name(view, one.is, 0) {
            Ok(name) => name,
            Err(reason) => {
                self.nameless(one, reason);
                return;
            }
        };
        let shown = format!("{}:{}", name.0, name.1);
        let Version { text: found, scope, before } = self.version(one, view, &name);
        // A profile may choose another version for what the project asks for without it.
        let mut others: Vec<Resolved> = Vec::new();
        if view.profile.is_none() {
            for view in self.deciding() {
                let Ok(version) = self.version(one, view, &name).text else { continue };
                let is_new = |known: &Resolved| known.text != version.text;
                if found.as_ref().map_or(true, is_new) && others.iter().all(is_new) {
                    others.push(version);
                }
            }
        }
        match found {
            Ok(version) => self.package(one, &shown, &version, scope),
            Err(reason) => self.unknown(&shown, reason, place.clone()),
        }
        if let Some(file) = before {
            let reason = format!(
                "{file} is not in the tree, and a version that it manages goes before the one here"
            );
            self.unknown(&shown, reason, place);
        }
        for version in &others {
            self.package(one, &shown, version, scope);
        }
    }

    /// The views of profiles that may decide on versions of the project's own dependencies.
    fn deciding(&self) -> Vec<View<'s, 'e, 'a>> {
        let decides = |(profile, _): &(&Profile<'e, 'a>, usize)| {
            !profile.section.managed.is_empty() || profile.section.has_properties()
        };
        let all = self.effective.profiles(0).filter(decides).take(MOST_PROFILES);
        all.map(|profile| View { file: 0, profile: Some(profile) }).collect()
    }

    /// The version of a dependency in a view, and its scope.
    fn version(
        &self,
        one: &Dependency<'e, 'a>,
        view: View<'s, 'e, 'a>,
        name: &(String, String),
    ) -> Version<'e> {
        let effective = self.effective;
        let (mut scope, mut first) = (one.scope, None);
        let found = match one.is.version {
            Some(text) => effective.resolve(view, text, 0),
            None => match of_profile(view, effective, one, name)
                .unwrap_or_else(|| effective.managed(view, one, name))
            {
                Managed::Found { dependency, view, file, before } => match dependency.is.version {
                    Some(text) => {
                        first = before;
                        scope = if scope.is_empty() { dependency.scope } else { scope };
                        effective.resolve(view, text, file)
                    }
                    None => Err("no version is managed for it".to_owned()),
                },
                Managed::Elsewhere(file) => {
                    Err(format!("its version is managed by {file}, which is not in the tree"))
                }
                Managed::Round(circle) => {
                    Err(format!("it has no version here, and the parents are {circle}"))
                }
                Managed::Nowhere => {
                    Err("it has no version here, and none is managed for it".to_owned())
                }
            },
        };
        Version { text: found, scope, before: first }
    }

    /// Says a dependency in a version.
    fn package(&mut self, one: &Dependency<'e, 'a>, name: &str, version: &Resolved, scope: &str) {
        self.requirement(name, version, scope == "test");
        let place = self.place(one);
        // Whether another project of the tree is meant, none of these files says.
        let origin = match scope {
            "system" => Origin::Archive(one.system_path.into()),
            _ => Origin::Feed(None),
        };
        match exact(&version.text) {
            Ok(exact) => {
                let version = Some(Arc::from(exact));
                let child = self.report.component(Component {
                    direct: Some(true),
                    dev: scope == "test",
                    origin,
                    ..Component::new(self.maven.clone(), name, version, place.clone())
                });
                self.report.edge(Edge::new(None, child, place));
            }
            Err(reason) => self.unknown(name, reason, place),
        }
    }

    fn place(&self, one: &Dependency<'e, 'a>) -> Place {
        let at = one.is.artifact.map_or(one.at, |artifact| artifact.span.start);
        match self.effective.member(0) {
            Some(member) => member.document.place(at),
            None => Place::start_of(""),
        }
    }

    fn unknown(&mut self, name: &str, reason: String, place: Place) {
        self.report.fact(Fact::Unknown {
            ecosystem: self.maven.clone(),
            name: cut(name).into(),
            reason,
            place,
        });
    }

    /// A dependency whose group or artifact cannot be told.
    fn nameless(&mut self, one: &Dependency<'e, 'a>, reason: String) {
        let text = |part: Option<&Text<'a>>| part.map(|text| cut(&text.text));
        let (group, artifact) = (text(one.is.group), text(one.is.artifact));
        if let (Some(group), Some(artifact)) = (&group, &artifact) {
            self.unknown(&format!("{group}:{artifact}"), reason, self.place(one));
            return;
        }
        let Some(member) = self.effective.member(0) else { return };
        let span = Span { start: one.at, end: one.at + "<dependency".len() };
        let mistake =
            Mistake::loss("requirement-syntax", span, reason.replacen("it", "this dependency", 1))
                .help("write its `groupId` and its `artifactId`");
        self.report.mistake(member.document, &mistake);
    }

    fn requirement(&mut self, name: &str, version: &Resolved, dev: bool) {
        // What a build is given has no line in a project.
        let Some(member) = self.effective.member(version.file) else { return };
        let document = member.document;
        // What is managed in this very file was said with its management.
        if !self.told.insert((version.file, version.span, name.to_owned())) {
            return;
        }
        self.report.requirement(
            document,
            Requirement {
                ecosystem: self.maven.clone(),
                name: name.into(),
                range: version.text.as_str().into(),
                span: document.span(version.span),
                place: document.place(version.span.start),
                dev,
                liftable: version.literal,
            },
        );
    }
}

/// The version of a dependency, or in words why there is none.
struct Version<'e> {
    text: Result<Resolved, String>,
    scope: &'e str,
    /// A file that is not in the tree and that may manage another version, which would count first.
    before: Option<String>,
}

/// What the profile itself manages, which goes before all else for its own dependencies.
fn of_profile<'m, 'e, 'a>(
    view: View<'m, 'e, 'a>,
    effective: &Effective<'e, 'a>,
    wanted: &Dependency<'e, 'a>,
    name: &(String, String),
) -> Option<Managed<'m, 'e, 'a>> {
    let (profile, at) = view.profile?;
    let fits = |one: &&Dependency<'e, 'a>| {
        one.is.version.is_some()
            && !one.is_import()
            && wanted.is_of(one)
            && effective.name(view, one.is, at).as_ref() == Ok(name)
    };
    let dependency = *profile.section.managed.iter().find(fits)?;
    Some(Managed::Found { dependency, view, file: at, before: None })
}

/// The one version that a text admits, or in words why there is none (Maven, "Version Range
/// Specification").
fn exact(text: &str) -> Result<&str, String> {
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    match inner {
        Some(inner) if !inner.is_empty() && !inner.contains([',', '[', '(']) => {
            return Ok(inner.trim());
        }
        _ => {}
    }
    if text.starts_with(['[', '(']) {
        return Err(format!(
            "`{}` is a range; Maven decides on the version when it builds",
            cut(text)
        ));
    }
    if matches!(text, "LATEST" | "RELEASE") {
        return Err(format!("`{text}` is whatever is newest when it builds"));
    }
    if text.is_empty() || text.contains(char::is_whitespace) || text.contains("${") {
        return Err(format!("`{}` is no version", cut(text)));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_version_is_exact() {
        assert_eq!(exact("1.0"), Ok("1.0"));
        assert_eq!(exact("[1.0]"), Ok("1.0"));
        for other in ["[1,2)", "(,1]", "[1],[2]", "LATEST", "", "[]", "a b", "${x}"] {
            assert!(exact(other).is_err(), "{other}");
        }
    }
}
