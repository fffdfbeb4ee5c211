//! What a package is, wherever it stands: everything by which it is judged, as one text beside each
//! place. Who asks for packages of a name gets each different one once, whole, and judges it as a look
//! would; so that it does not matter under which of its names an advisory speaks of it.
//!
//! Knows the names that a package goes by. Must not know which of them its publisher uses.

use std::sync::Arc;

use holdfast_model::{Component, Digest, Ecosystem, Place, SourcePackage};

use crate::error::StoreError;
use crate::rows::ComponentRow;
use crate::segment::Segment;
use crate::sql;
use crate::tx::{Got, Tx};

/// Ecosystem, name, version, name and version of the source package, module stream.
type Parts<T, E> = (E, T, Option<T>, Option<(T, T)>, Option<T>);

/// The names that a package goes by, as its ecosystem compares them: that of its source package,
/// where there is one, and its own, where that is another one.
pub(crate) fn names(component: &Component) -> (String, String) {
    let normal = |name: &str| component.ecosystem.normal_name(name);
    let own = normal(&component.name);
    match &component.source {
        None => (own, String::new()),
        Some(source) => {
            let source = normal(&source.name);
            let own = if own == source { String::new() } else { own };
            (source, own)
        }
    }
}

/// What a component is, as one text; where it stands is no part of it.
pub(crate) fn text(component: &Component) -> String {
    let source = component.source.as_ref().map(|source| (&*source.name, &*source.version));
    let parts: Parts<&str, &str> = (
        component.ecosystem.as_str(),
        &*component.name,
        component.version.as_deref(),
        source,
        component.module.as_deref(),
    );
    // Texts and nothing else: there is nothing in it that JSON could refuse.
    serde_json::to_string(&parts).unwrap_or_default()
}

/// The component of a text, at no place.
fn component(text: &str) -> Option<Component> {
    let parts: Parts<Arc<str>, Ecosystem> = serde_json::from_str(text).ok()?;
    let (ecosystem, name, version, source, module) = parts;
    let source = source.map(|(name, version)| SourcePackage { name, version });
    Some(Component {
        source,
        module,
        ..Component::new(ecosystem, name, version, Place::start_of(""))
    })
}

/// The packages that somebody has under a name, each different one once.
pub(crate) async fn named(tx: &mut Tx<'_>, name: &str) -> Result<Vec<Component>, StoreError> {
    let name = name.to_owned();
    let rows = tx.rows(&sql::COMPONENT_PACKAGES, |q| q.bind(name)).await?;
    let read = |row: &Got| {
        let text = row.text("package")?;
        component(&text).ok_or_else(|| tx.corrupt("a package cannot be read"))
    };
    rows.iter().map(read).collect()
}

/// Writes what each package is, after the step that made room for it.
pub(crate) async fn fill(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    for row in tx.rows(&sql::COMPONENT_SET_LIST, |q| q).await? {
        let number = row.int("number")?;
        let rows = brought_forward(tx, number, row.digest("digest")?).await?;
        tx.run(&sql::COMPONENT_DROP, |q| q.bind(number)).await?;
        tx.bulk(&sql::COMPONENT_PUT, &rows, |q| q.bind(number)).await?;
    }
    Ok(())
}

/// The rows of a set as an older form keeps them, with what each package is: from the segment that
/// they were made of. A row that is not as that form made it stays as it is, and so does one whose
/// segment is gone: it is known by its columns alone.
pub(crate) async fn brought_forward(
    tx: &mut Tx<'_>,
    number: i64,
    digest: Digest,
) -> Result<Vec<ComponentRow>, StoreError> {
    let rows = tx.rows(&sql::COMPONENT_LIST_ALONE, |q| q.bind(number)).await?;
    let alone = rows.iter().map(alone).collect::<Result<Vec<_>, _>>()?;
    let segment = tx.row(&sql::SEGMENT_GET, |q| q.bind(digest.0.to_vec())).await?;
    let components = match segment {
        Some(row) => Segment::unpack(digest, &row.bytes("bytes")?)
            .and_then(|segment| segment.components())
            .unwrap_or_default(),
        None => Vec::new(),
    };
    let forward = |row: ComponentRow| {
        let at = usize::try_from(row.position).unwrap_or(usize::MAX);
        match components.get(at) {
            Some(component) if as_before(at, component) == row => ComponentRow::of(at, component),
            _ => row,
        }
    };
    Ok(alone.into_iter().map(forward).collect())
}

/// A row as an older form keeps it, and what can be told of its package.
fn alone(row: &Got) -> Result<ComponentRow, StoreError> {
    let (ecosystem, name) = (row.text("ecosystem")?, row.text("name")?);
    let version = row.maybe_text("version")?;
    let known = Component::new(
        Ecosystem::new(&ecosystem),
        &*name,
        version.as_deref().map(Into::into),
        Place::start_of(""),
    );
    Ok(ComponentRow {
        position: row.int("position")?,
        package: text(&known),
        ecosystem,
        name,
        version,
        own_name: String::new(),
        path: row.text("path")?,
        line: row.int("line")?,
        col: row.int("col")?,
    })
}

/// The row that an older form made of a component, as [`alone`] reads it again.
fn as_before(position: usize, component: &Component) -> ComponentRow {
    let row = ComponentRow::of(position, component);
    let source = component.source.as_ref();
    let name = source.map_or(&component.name, |source| &source.name);
    let version = row.version.as_deref().map(Into::into);
    let known = Component::new(component.ecosystem.clone(), &**name, version, Place::start_of(""));
    ComponentRow { name: name.to_string(), own_name: String::new(), package: text(&known), ..row }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(ecosystem: &str, name: &str) -> Component {
        let ecosystem = Ecosystem::new(ecosystem);
        Component::new(ecosystem, name, Some("1:2.0-3".into()), Place::start_of("a"))
    }

    #[test]
    fn a_package_is_read_as_it_was_written_but_for_its_place() {
        let source = SourcePackage { name: "xz\"\u{1f}".into(), version: "5.2".into() };
        let module = Some("nodejs:18".into());
        let one = Component { source: Some(source), module, ..of("Red Hat:9", "xz-libs") };
        for known in [one.clone(), Component { version: None, ..one }, of("npm", "@a/b")] {
            let read = component(&text(&known)).unwrap();
            assert_eq!(read, Component { place: Place::start_of(""), ..known });
        }
        assert_eq!(component(""), None);
        assert_eq!(component("[1]"), None);
    }

    #[test]
    fn a_package_goes_by_the_names_that_its_ecosystem_compares() {
        let pair = |own: &str, source: &str| (own.to_owned(), source.to_owned());
        assert_eq!(names(&of("PyPI", "Zope.Interface")), pair("zope-interface", ""));
        assert_eq!(names(&of("npm", "JSONStream")), pair("JSONStream", ""));
        let with = |name: &str, version: &str| {
            let source = SourcePackage { name: name.into(), version: version.into() };
            Component { source: Some(source), ..of("AlmaLinux:9", "xz-libs") }
        };
        assert_eq!(names(&with("xz", "5.2")), pair("xz", "xz-libs"));
        assert_eq!(names(&with("xz-libs", "5.2")), pair("xz-libs", ""));
    }
}
