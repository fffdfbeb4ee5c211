//! `mix.lock`: what Mix chose for an Elixir or Erlang project.
//!
//! Knows what stands in a locked entry; its notation is in [`super::mix_term`]. What is asked for is
//! in the projects, see [`super::mix_exs`].

use std::sync::Arc;

use holdfast_model::{About, Component, Ecosystem, Fact, Origin, Span};

use super::keyed_graph::Graph;
use super::mix_exs;
use super::mix_term::{Entry, Kind, Term, entries};
use super::whole::{AGAIN, cut, whole};
use crate::text::{Document, Mistake, Report, file_name};
use crate::{Answer, Claim, Need, Reader, Sources};

/// Reads Mix's lockfiles.
#[derive(Debug)]
pub struct MixLock;

static ABOUT: About = About {
    id: "mix-lock",
    title: "Elixir lockfile (mix.lock)",
    text: "Every package of Hex with the repository it comes from, its checksum and what it needs, \
           with the range. What comes from a git address has a version only where a tag says one. \
           What is direct and what is for development (`only:` without `:prod`) is read from \
           `mix.exs` beside it and from `apps/*/mix.exs`, where dependencies are written out; what \
           is computed there counts as not for development.",
    file: file!(),
};

impl Reader for MixLock {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if file_name(path) == "mix.lock" { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, so_far: &Sources<'_>) -> Vec<Need> {
        let mut wanted = projects(so_far);
        wanted.retain(|need| so_far.answer(need).is_none());
        wanted
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        whole(sources, out, |document, report| lock(document, sources, report));
    }
}

/// How many projects of one lockfile are read.
const MOST: usize = 500;

/// The project of a lockfile, and those below its umbrella.
fn projects(sources: &Sources<'_>) -> Vec<Need> {
    let own = sources.beside("mix.exs").map(Need::File);
    let inner = sources.beside("apps/*/mix.exs").map(Need::Glob);
    let found = inner.as_ref().and_then(|need| match sources.answer(need)? {
        Answer::Paths(paths) => Some(paths.iter().take(MOST).cloned().map(Need::File)),
        _ => None,
    });
    let found: Vec<Need> = found.into_iter().flatten().collect();
    own.into_iter().chain(inner).chain(found).collect()
}

/// Notes which packages the projects ask for.
fn ask(sources: &Sources<'_>, graph: &mut Graph<'_>) {
    for need in projects(sources) {
        let Need::File(path) = need else { continue };
        let Some(bytes) = sources.file(&path) else { continue };
        let project = Document::open(&path, bytes);
        for asked in mix_exs::asked(project.text()) {
            if let Some(at) = graph.find(&asked.name) {
                graph.ask(at, asked.dev, project.place(asked.at));
            }
        }
    }
}

fn lock(document: &Document<'_>, sources: &Sources<'_>, report: &mut Report<'_>) {
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
    ask(sources, &mut graph);
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
        let range = need_parts.get(1).and_then(Term::text);
        graph.wish(Some(at), name, range, need.span, required);
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

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "%{\n\
        \"phoenix\": {:hex, :phoenix, \"1.6.0\", \"a\", [:mix], [{:plug, \"~> 1.10\", [hex: :plug, optional: false]}], \"hexpm\", \"b\"},\n\
        \"plug\": {:hex, :plug, \"1.10.0\", \"a\", [:mix], [], \"hexpm\", \"b\"},\n\
        \"credo\": {:hex, :credo, \"1.0.0\", \"a\", [:mix], [{:bunt, \"~> 0.2\", [hex: :bunt, optional: false]}, {:plug, \"~> 1.0\", [hex: :plug, optional: false]}], \"hexpm\", \"b\"},\n\
        \"bunt\": {:hex, :bunt, \"0.2.0\", \"a\", [:mix], [], \"hexpm\", \"b\"},\n\
        \"ecto\": {:hex, :ecto, \"3.0.0\", \"a\", [:mix], [], \"hexpm\", \"b\"},\n}\n";

    /// Name, direct and for development of each package, and the places at which it is asked for.
    fn read(projects: &[(&str, &str)]) -> Vec<(String, Option<bool>, bool, Vec<String>)> {
        let mut sources = Sources::new("shop/mix.lock", LOCK.as_bytes());
        for _ in 0..3 {
            for need in MixLock.needs(&sources) {
                let file = |path: &str| projects.iter().find(|(name, _)| *name == path);
                let answer = match &need {
                    Need::File(path) => file(path)
                        .map_or(Answer::Missing, |(_, text)| Answer::Bytes(text.as_bytes().into())),
                    Need::Glob(_) => Answer::Paths(
                        projects
                            .iter()
                            .filter(|(path, _)| path.starts_with("shop/apps/"))
                            .map(|(path, _)| (*path).into())
                            .collect(),
                    ),
                    other => panic!("{other:?}"),
                };
                sources.give(need, answer);
            }
        }
        let (mut out, mut roots) = (Vec::new(), Vec::new());
        MixLock.read(&sources, &mut |fact| match fact {
            Fact::Component(one) => {
                out.push((one.name.to_string(), one.direct, one.dev, Vec::new()));
            }
            Fact::Edge(edge) if edge.parent.is_none() => {
                roots.push((edge.child as usize, edge.place.to_string()));
            }
            Fact::Edge(_) => {}
            other => panic!("{other:?}"),
        });
        for (child, place) in roots {
            out[child].3.push(place);
        }
        out
    }

    fn said(one: (&str, Option<bool>, bool, &[&str])) -> (String, Option<bool>, bool, Vec<String>) {
        (one.0.to_owned(), one.1, one.2, one.3.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_project_says_what_is_direct_and_what_is_for_development() {
        let own = "[{:phoenix, \"~> 1.6\"},\n {:credo, \"~> 1.0\", only: :dev}]\n";
        let app = "[{:ecto, \"~> 3.0\"}, {:phoenix, \"~> 1.6\", only: :test}]\n";
        let wanted: [(&str, Option<bool>, bool, &[&str]); 5] = [
            ("phoenix", Some(true), false, &["shop/mix.exs:1:2"]),
            ("plug", Some(false), false, &[]),
            ("credo", Some(true), true, &["shop/mix.exs:2:2"]),
            ("bunt", Some(false), true, &[]),
            ("ecto", Some(true), false, &["shop/apps/a/mix.exs:1:2"]),
        ];
        let found = read(&[("shop/mix.exs", own), ("shop/apps/a/mix.exs", app)]);
        assert_eq!(found, wanted.map(said));
    }

    #[test]
    fn what_nobody_is_known_to_ask_for_stays_open() {
        // `ecto` is asked for by something that was not understood.
        let own = "[{:phoenix, \"~> 1.6\"}, {:credo, \"~> 1.0\", only: :dev}] ++ more()\n";
        let found = read(&[("shop/mix.exs", own)]);
        let short: Vec<_> =
            found.iter().map(|(name, direct, dev, _)| (&**name, *direct, *dev)).collect();
        let wanted = [
            ("phoenix", Some(true), false),
            ("plug", None, false),
            ("credo", Some(true), true),
            ("bunt", None, true),
            ("ecto", None, false),
        ];
        assert_eq!(short, wanted);
        assert!(
            read(&[])
                .iter()
                .all(|(_, direct, dev, at)| (*direct, *dev) == (None, false) && at.is_empty())
        );
    }
}
