//! The traps of the field, one test each: what peers got wrong, and what a matcher must not.
//!
//! Records are written here, in the shape in which their publishers write them.

mod distributions;
mod entitlement;
mod names;
mod records;
mod rpm;

use holdfast_model::{Component, Ecosystem, Place, SourcePackage};

use crate::index::tests::compile;
use crate::{Asked, Compiled, Index, Judged, Question, Said, Scratch};

/// A record with what stands behind `"affected"` of its only package.
fn record(id: &str, more: &str, ecosystem: &str, name: &str, affected: &str) -> String {
    format!(
        r#"{{"id": "{id}", "modified": "2026-01-02T03:04:05Z", {more} "affected": [{{
            "package": {{"ecosystem": "{ecosystem}", "name": "{name}"}}, {affected}}}]}}"#
    )
}

/// One range of the type `ECOSYSTEM`.
fn range(events: &str) -> String {
    format!(r#""ranges": [{{"type": "ECOSYSTEM", "events": [{events}]}}]"#)
}

fn fixed(version: &str) -> String {
    range(&format!(r#"{{"introduced": "0"}}, {{"fixed": "{version}"}}"#))
}

/// What the index says of a component: `!ID` for what it has, `?ID reason` for what nobody can
/// tell, and one word where nothing could be asked.
fn said(compiled: &Compiled, component: &Component) -> Vec<String> {
    let index = Index::open(&compiled.bytes).unwrap();
    let question = match Question::of(component) {
        Asked::One(question) => question,
        Asked::NoVersion => return vec!["no version".to_owned()],
        Asked::Nothing => return vec!["nothing to ask".to_owned()],
    };
    let mut out = Vec::new();
    let mut unjudged = 0;
    let judged = index.ask(&question, &mut Scratch::default(), &mut |said| match said {
        Said::Hit(hit) => out.push(format!("!{}", index.weakness(hit.weakness).unwrap().id)),
        Said::Unjudged { entry, why } => {
            unjudged += 1;
            let unjudged = index.unjudged_by(entry, why).unwrap();
            out.push(format!("?{} {}", unjudged.weakness, unjudged.reason));
        }
    });
    match judged {
        Judged::Known { unjudged: counted } => assert_eq!(counted, unjudged),
        Judged::Nothing => {}
        other => out.push(format!("{other:?}")),
    }
    out
}

fn component(ecosystem: &str, name: &str, version: &str) -> Component {
    let place = Place::start_of("var/lib/packages");
    Component::new(Ecosystem::new(ecosystem), name, Some(version.into()), place)
}

/// A binary package of a source package.
fn binary(ecosystem: &str, binary: (&str, &str), source: (&str, &str)) -> Component {
    let source = SourcePackage { name: source.0.into(), version: source.1.into() };
    Component { source: Some(source), ..component(ecosystem, binary.0, binary.1) }
}

/// What feeds of these records say of a version of a package.
#[track_caller]
fn of(records: &[(&str, &str)], ecosystem: &str, name: &str, version: &str) -> Vec<String> {
    said(&compile(records), &component(ecosystem, name, version))
}
