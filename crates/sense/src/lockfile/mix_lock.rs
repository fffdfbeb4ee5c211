//! `mix.lock`: what Mix chose for an Elixir or Erlang project.
//!
//! Knows what stands in a locked entry; its notation is in [`super::mix_term`].

use std::sync::Arc;

use holdfast_model::{About, Component, Ecosystem, Fact, Origin, Span};

use super::keyed_graph::Graph;
use super::mix_term::{Entry, Kind, Term, entries};
use super::whole::{AGAIN, cut, whole};
use crate::text::{Document, Mistake, Report, file_name};
use crate::{Claim, Need, Reader, Sources};

/// Reads Mix's lockfiles.
#[derive(Debug)]
pub struct MixLock;

static ABOUT: About = About {
    id: "mix-lock",
    title: "Elixir lockfile (mix.lock)",
    text: "Every package of Hex with the repository it comes from, its checksum and what it needs. \
           What comes from a git address has a version only where a tag says one. Mix does not \
           say here what is direct, nor what is for development.",
    file: file!(),
};

impl Reader for MixLock {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if file_name(path) == "mix.lock" { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        whole(sources, out, lock);
    }
}

fn lock(document: &Document<'_>, report: &mut Report<'_>) {
    let hex = Ecosystem::new(Ecosystem::HEX);
    let mut graph = Graph::new(document);
    let (entries, wrong) = entries(document.text());
    if wrong.is_empty() && !closed(document.text()) {
        let end = document.text().trim_end().len();
        let message = "the file ends before its list of packages does";
        let mistake = Mistake::loss(
            "lock-cut",
            Span { start: document.text().floor_char_boundary(end.saturating_sub(1)), end },
            message,
        );
        report.mistake(document, &mistake.help(AGAIN));
    }
    for span in wrong {
        let message = "this is not an entry of a lockfile";
        report.mistake(document, &Mistake::loss("lock-line-unknown", span, message).help(AGAIN));
    }
    for entry in &entries {
        let said = match &entry.term.kind {
            Kind::Tuple(parts) => match parts.first().and_then(Term::atom) {
                Some("hex") => package(document, &hex, entry, parts, &mut graph),
                Some("git") => git(document, &hex, entry, parts, &mut graph, report),
                Some("path") => Some(()),
                _ => None,
            },
            _ => None,
        };
        if said.is_none() {
            let message = format!("`{}` is locked in a way that is not known", cut(&entry.name));
            let mistake = Mistake::loss("lock-package-incomplete", entry.span, message);
            report.mistake(document, &mistake.help(AGAIN));
        }
    }
    graph.say(report);
}

/// Whether the bracket around all entries is closed: Mix writes it on a line of its own, unless
/// there are none.
fn closed(text: &str) -> bool {
    let text = text.trim_end();
    let last = text.rsplit('\n').next().unwrap_or_default().trim();
    last == "}" || (last.starts_with("%{") && last.ends_with('}'))
}

/// `{:hex, :name, "version", "checksum", managers, needs, "repository", "outer checksum"}`, of
/// which older versions of Hex write less.
fn package(
    document: &Document<'_>,
    hex: &Ecosystem,
    entry: &Entry<'_>,
    parts: &[Term<'_>],
    graph: &mut Graph<'_>,
) -> Option<()> {
    let name = parts.get(1)?.name()?;
    let version = parts.get(2)?.text()?;
    let repository = parts.get(6).and_then(Term::text);
    let checksum =
        |at: usize| parts.get(at).and_then(Term::text).is_some_and(|sum| !sum.is_empty());
    let component = Component {
        origin: Origin::Feed(repository.map(Arc::from)),
        integrity: Some(checksum(3) || checksum(7)),
        ..Component::new(
            hex.clone(),
            name,
            Some(Arc::from(version)),
            document.place(entry.span.start),
        )
    };
    let at = graph.add(&entry.name, component);
    let Some(Kind::List(needs)) = parts.get(5).map(|needs| &needs.kind) else { return Some(()) };
    for need in needs {
        let Kind::Tuple(need_parts) = &need.kind else { continue };
        let Some(name) = need_parts.first().and_then(Term::name) else { continue };
        let optional = need_parts.last().and_then(|last| last.option("optional"));
        let required = optional.and_then(Term::atom) != Some("true");
        graph.wish(Some(at), name, need.span, required);
    }
    Some(())
}

/// `{:git, "address", "commit", options}`.
fn git(
    document: &Document<'_>,
    hex: &Ecosystem,
    entry: &Entry<'_>,
    parts: &[Term<'_>],
    graph: &mut Graph<'_>,
    report: &mut Report<'_>,
) -> Option<()> {
    let address = parts.get(1)?.text()?;
    let place = document.place(entry.span.start);
    let tag = parts.get(3).and_then(|options| options.option("tag")).and_then(Term::text);
    let version = tag.map(|tag| tag.strip_prefix('v').unwrap_or(tag));
    if let Some(version) = version.filter(|text| text.starts_with(|c: char| c.is_ascii_digit())) {
        let version = Some(Arc::from(version));
        let component = Component {
            origin: Origin::Git(address.into()),
            integrity: Some(true),
            ..Component::new(hex.clone(), &*entry.name, version, place)
        };
        graph.add(&entry.name, component);
        return Some(());
    }
    report.fact(Fact::Unknown {
        ecosystem: hex.clone(),
        name: (&*entry.name).into(),
        reason: "it comes from a git address at a commit, which says no version".to_owned(),
        place,
    });
    Some(())
}
