//! What one `pom.xml` says, as it is written.
//!
//! Knows elements (Maven's model 4.0.0); must not know other files, nor what properties mean.

use std::collections::HashMap;

use crate::text::xml::{Element, Text};

/// One file.
pub(super) struct Pom<'e, 'a> {
    pub(super) own: Coordinates<'e, 'a>,
    pub(super) parent: Option<Parent<'e, 'a>>,
    /// What stands in the project itself.
    pub(super) main: Section<'e, 'a>,
    pub(super) profiles: Vec<Profile<'e, 'a>>,
    /// Folders or files of the projects that belong to it.
    pub(super) modules: Vec<&'e str>,
}

/// Group, artifact and version, as far as they are written.
#[derive(Clone, Copy)]
pub(super) struct Coordinates<'e, 'a> {
    pub(super) group: Option<&'e Text<'a>>,
    pub(super) artifact: Option<&'e Text<'a>>,
    pub(super) version: Option<&'e Text<'a>>,
}

/// The parent of a project.
pub(super) struct Parent<'e, 'a> {
    pub(super) is: Coordinates<'e, 'a>,
    /// Where it lies; empty for a parent that is not in the tree.
    pub(super) relative: &'e str,
}

/// What the project and each of its profiles may hold.
pub(super) struct Section<'e, 'a> {
    /// Of two of one name the last counts.
    properties: HashMap<&'e str, &'e Text<'a>>,
    pub(super) managed: Vec<Dependency<'e, 'a>>,
    pub(super) dependencies: Vec<Dependency<'e, 'a>>,
}

/// A part of a project that a build may switch on.
pub(super) struct Profile<'e, 'a> {
    pub(super) id: &'e str,
    pub(super) by_default: bool,
    pub(super) section: Section<'e, 'a>,
}

/// A dependency, or the management of one.
#[derive(Clone, Copy)]
pub(super) struct Dependency<'e, 'a> {
    pub(super) is: Coordinates<'e, 'a>,
    pub(super) at: usize,
    pub(super) kind: &'e str,
    pub(super) classifier: &'e str,
    pub(super) scope: &'e str,
    pub(super) system_path: &'e str,
}

fn text<'e>(element: &'e Element<'_>, name: &str) -> &'e str {
    element.text_of(name).map(|text| &*text.text).unwrap_or_default()
}

impl<'e, 'a> Coordinates<'e, 'a> {
    fn of(element: &'e Element<'a>) -> Self {
        Self {
            group: element.text_of("groupId"),
            artifact: element.text_of("artifactId"),
            version: element.text_of("version"),
        }
    }
}

impl<'e, 'a> Pom<'e, 'a> {
    /// Of a `project` element.
    pub(super) fn of(project: &'e Element<'a>) -> Self {
        let parent = project.child("parent").map(|parent| Parent {
            is: Coordinates::of(parent),
            relative: parent
                .child("relativePath")
                .map_or("../pom.xml", |relative| &*relative.text.text),
        });
        let profiles = project.all("profiles").flat_map(|list| list.all("profile"));
        let profiles = profiles.map(|profile| Profile {
            id: text(profile, "id"),
            by_default: profile
                .child("activation")
                .is_some_and(|activation| text(activation, "activeByDefault") == "true"),
            section: Section::of(profile),
        });
        let modules = project.all("modules").flat_map(|list| list.all("module"));
        Self {
            own: Coordinates::of(project),
            parent,
            main: Section::of(project),
            profiles: profiles.collect(),
            modules: modules.map(|module| &*module.text.text).collect(),
        }
    }

    /// The group, or that of the parent.
    pub(super) fn group(&self) -> Option<&'e Text<'a>> {
        self.own.group.or_else(|| self.parent.as_ref().and_then(|parent| parent.is.group))
    }

    /// The version, or that of the parent.
    pub(super) fn version(&self) -> Option<&'e Text<'a>> {
        self.own.version.or_else(|| self.parent.as_ref().and_then(|parent| parent.is.version))
    }

    /// The project itself, and what is on by default.
    pub(super) fn sections(&self) -> impl Iterator<Item = &Section<'e, 'a>> {
        let on = self.profiles.iter().filter(|profile| profile.by_default);
        on.map(|profile| &profile.section).chain(std::iter::once(&self.main))
    }
}

impl<'e, 'a> Section<'e, 'a> {
    fn of(holder: &'e Element<'a>) -> Self {
        let listed = |holder: Option<&'e Element<'a>>| {
            let lists = holder.into_iter().flat_map(|holder| holder.all("dependencies"));
            lists.flat_map(|list| list.all("dependency")).map(Dependency::of).collect()
        };
        Self {
            properties: holder
                .child("properties")
                .into_iter()
                .flat_map(|properties| &properties.children)
                .map(|one| (one.name, &one.text))
                .collect(),
            managed: listed(holder.child("dependencyManagement")),
            dependencies: listed(Some(holder)),
        }
    }

    /// Whether it sets any property.
    pub(super) fn has_properties(&self) -> bool {
        !self.properties.is_empty()
    }

    /// The text of a property.
    pub(super) fn property(&self, name: &str) -> Option<&'e Text<'a>> {
        self.properties.get(name).copied()
    }
}

impl<'e, 'a> Dependency<'e, 'a> {
    fn of(element: &'e Element<'a>) -> Self {
        let kind = text(element, "type");
        Self {
            is: Coordinates::of(element),
            at: element.at,
            kind: if kind.is_empty() { "jar" } else { kind },
            classifier: text(element, "classifier"),
            scope: text(element, "scope"),
            system_path: text(element, "systemPath"),
        }
    }

    /// Whether what is managed is the same file of the artifact: of its type and classifier. What a
    /// property says may be either.
    pub(super) fn is_of(&self, managed: &Self) -> bool {
        let same =
            |own: &str, other: &str| own == other || own.contains("${") || other.contains("${");
        same(self.kind, managed.kind) && same(self.classifier, managed.classifier)
    }

    /// Whether it brings the management of another file in.
    pub(super) fn is_import(&self) -> bool {
        self.scope == "import" && self.kind == "pom"
    }
}
