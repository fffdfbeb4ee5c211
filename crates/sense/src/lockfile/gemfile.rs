//! `Gemfile` and gemspecs: what a Ruby project asks for, as far as it is written in words.
//!
//! Knows requirements; both files are programs, and what they work out is said to be unread.

use holdfast_model::{About, Component, Ecosystem, Fact, Origin, Requirement, Span};

use super::gem_lines::{Call, Gem, calls};
use super::notices::own;
use crate::feed;
use crate::feed::bundler::{self, GemSources};
use crate::text::{Document, Mistake, Report, file_name};
use crate::{Claim, Need, Reader, Sources};

/// Reads `Gemfile` and `gems.rb`.
#[derive(Debug)]
pub struct Gemfile;

static GEMFILE: About = About {
    id: "gemfile",
    title: "Bundler manifest (Gemfile, gems.rb, *.gemfile)",
    text: "Every `gem` line whose name is written as a word, with its requirement and its groups. \
           The file is a program: a name or version that is worked out is said to be unread. \
           Several requirements of one gem are told together, and lifted where they stand on one \
           line. Several sources for every gem are told; a source of a block, or of a gem, is asked \
           for nothing else.",
    file: file!(),
};

impl Reader for Gemfile {
    fn about(&self) -> &'static About {
        &GEMFILE
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        let name = file_name(path);
        // Appraisal writes a manifest for each set of gems.
        let named = name.strip_suffix(".gemfile").is_some_and(|name| !name.is_empty());
        if named || matches!(name, "Gemfile" | "gems.rb") { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let document = Document::open(sources.path(), sources.bytes());
        let mut report = Report::new(out);
        report.open(&document);
        if document.readable() {
            let calls = calls(document.text());
            for call in &calls {
                asked(&document, call, &mut report);
            }
            let (sources, mistakes) = sources_of(&calls);
            for feed in bundler::of_sources(&document, &sources) {
                report.fact(Fact::Feed(feed));
            }
            feed::tell_beside(&document, &mistakes, &mut report);
        }
        report.finish();
    }
}

/// The sources that a manifest names, and what is worked out of them.
pub(super) fn sources_of<'t>(calls: &[Call<'t>]) -> (GemSources<'t>, Vec<Mistake>) {
    let (mut sources, mut mistakes) = (GemSources::default(), Vec::new());
    for call in calls {
        match call {
            Call::Source(one) => match one.address {
                Some((address, span)) if one.block => sources.bound.push((address, span, None)),
                Some((address, span)) => sources.global.push((Some(address), span)),
                None if one.default => sources.global.push((None, one.span)),
                None => mistakes
                    .push(feed::dynamic(one.span, "this source is worked out when it is run")),
            },
            Call::Gem(gem) => {
                let bound = gem.source.map(|(address, span)| (address, span, Some(gem.name.0)));
                sources.bound.extend(bound);
            }
            _ => {}
        }
    }
    (sources, mistakes)
}

/// Reads gemspecs.
#[derive(Debug)]
pub struct Gemspec;

static GEMSPEC: About = About {
    id: "gemspec",
    title: "Ruby gem specification (*.gemspec)",
    text: "The gem itself and every dependency that is written in words. The gem belongs to the \
           tree, unless RubyGems wrote the file when it installed the gem. A version that is \
           worked out, mostly from a constant, is left out.",
    file: file!(),
};

impl Reader for Gemspec {
    fn about(&self) -> &'static About {
        &GEMSPEC
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        let named = file_name(path).strip_suffix(".gemspec").is_some_and(|name| !name.is_empty());
        if named { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let document = Document::open(sources.path(), sources.bytes());
        let mut report = Report::new(out);
        report.open(&document);
        if document.readable() {
            if document.text().trim().is_empty() {
                let start = Span { start: 0, end: 0 };
                let empty = Mistake::loss("empty-file", start, "this file is empty")
                    .help("restore it from version control, or remove it");
                report.mistake(&document, &empty);
            }
            let calls = calls(document.text());
            itself(&document, &calls, &mut report);
            for call in &calls {
                asked(&document, call, &mut report);
            }
        }
        report.finish();
    }
}

fn itself(document: &Document<'_>, calls: &[Call<'_>], report: &mut Report<'_>) {
    let name = calls.iter().find_map(|call| match call {
        Call::Name(name) => Some(*name),
        _ => None,
    });
    let Some((name, span)) = name else { return };
    let version = calls.iter().find_map(|call| match call {
        Call::Version(version) => *version,
        _ => None,
    });
    let installed = calls.iter().any(|call| matches!(call, Call::Installed));
    let gem = Ecosystem::new(Ecosystem::GEM);
    if !installed {
        own(document, &gem, name, span, report);
    }
    let version = version.map(|(version, _)| version.into());
    let mut component = Component::new(gem, name, version, document.place(span.start));
    component.origin = if installed { Origin::Feed(None) } else { Origin::Tree };
    component.direct = (!installed).then_some(true);
    report.component(component);
}

fn asked(document: &Document<'_>, call: &Call<'_>, report: &mut Report<'_>) {
    match call {
        Call::Gem(gem) => requirement(document, gem, report),
        Call::Dynamic(span) => {
            dynamic(document, *span, "this is worked out when it is run", report);
        }
        Call::Source(_) | Call::Name(_) | Call::Version(_) | Call::Installed => {}
    }
}

fn dynamic(document: &Document<'_>, span: Span, message: &str, report: &mut Report<'_>) {
    let end = document.text().floor_char_boundary(span.end.min(span.start + 400));
    let text = document.text().get(span.start..end).unwrap_or_default().trim_end();
    let span = Span { start: span.start, end: span.start + text.len() };
    let mistake = Mistake::slip("requirement-dynamic", span, message)
        .help("write name and version as words, or keep a lockfile beside this file");
    report.mistake(document, &mistake);
}

fn requirement(document: &Document<'_>, gem: &Gem<'_>, report: &mut Report<'_>) {
    if let Some(span) = gem.open {
        dynamic(document, span, "this version is worked out when it is run", report);
    }
    let (name, at) = gem.name;
    // Without a requirement there is nothing between quotes: the place is the name's own.
    let nowhere = Span { start: at.end, end: at.end };
    let (range, span) = match gem.ranges.as_slice() {
        [] => (String::new(), nowhere),
        [(range, span)] => ((*range).to_owned(), *span),
        [(_, first), .., (_, last)] => {
            let whole = Span { start: first.start, end: last.end };
            (several(document.text(), &gem.ranges, whole), whole)
        }
    };
    // What is worked out is no range, and nobody can say what it lets in.
    let range = match gem.open.and_then(|open| open.of(document.text())) {
        Some(open) => unread(&gem.ranges, open),
        None => range,
    };
    // Several are liftable where they stand as they are told, with their inner quotes.
    let told = !gem.ranges.is_empty() && span.of(document.text()) == Some(&*range);
    report.requirement(
        document,
        Requirement {
            ecosystem: Ecosystem::new(Ecosystem::GEM),
            name: name.into(),
            liftable: told && !gem.elsewhere && gem.open.is_none(),
            range: range.into(),
            span: document.span(span),
            place: document.place(span.start),
            dev: gem.is_for_development(),
        },
    );
}

/// What is written of requirements of which one is worked out.
fn unread(ranges: &[(&str, Span)], open: &str) -> String {
    let open = open.split_whitespace().collect::<Vec<_>>().join(" ");
    let all: Vec<&str> = ranges.iter().map(|(range, _)| *range).chain([&*open]).collect();
    all.join(", ").chars().take(80).collect()
}

/// Several requirements as they are written, where one line and nothing but quotes and commas lie
/// between them; else joined by commas.
fn several(text: &str, ranges: &[(&str, Span)], whole: Span) -> String {
    let mut between = ranges.windows(2).filter_map(|pair| match pair {
        [(_, before), (_, after)] => text.get(before.end..after.start),
        _ => None,
    });
    let plain = between.all(|gap| gap.chars().all(|c| matches!(c, '"' | '\'' | ',' | ' ')));
    match whole.of(text).filter(|_| plain) {
        Some(written) => written.to_owned(),
        None => ranges.iter().map(|(range, _)| *range).collect::<Vec<_>>().join(", "),
    }
}
