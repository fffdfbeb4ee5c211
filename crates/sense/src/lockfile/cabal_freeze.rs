//! `cabal.project.freeze`: what Cabal chose for a Haskell project.
//!
//! Knows `constraints` fields (Cabal User Guide, "cabal.project Reference"); must not know version
//! orders.

use std::sync::Arc;

use holdfast_model::{About, Component, Ecosystem, Fact, Span};

use super::whole::{AGAIN, cut, whole};
use crate::text::{Document, Mistake, Report, file_name};
use crate::{Claim, Need, Reader, Sources};

/// Reads Cabal's freeze files.
#[derive(Debug)]
pub struct CabalFreeze;

static ABOUT: About = About {
    id: "cabal-freeze",
    title: "Haskell freeze file (cabal.project.freeze)",
    text: "Every constraint that fixes a version; flags are passed over. What only Setup scripts \
           use is for development. A package that is `installed` with the compiler has no version \
           here. The file keeps neither edges nor checksums, and does not say what is direct.",
    file: file!(),
};

impl Reader for CabalFreeze {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if file_name(path).ends_with(".project.freeze") { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        whole(sources, out, freeze);
    }
}

fn freeze(document: &Document<'_>, report: &mut Report<'_>) {
    let mut field = "";
    let mut at = 0;
    for line in document.text().split_inclusive('\n') {
        let start = at;
        at += line.len();
        let text = line.trim_end();
        let visible = text.trim_start();
        if visible.is_empty() || visible.starts_with("--") {
            continue;
        }
        let mut body = visible;
        if visible.len() == text.len() {
            let Some((name, rest)) = text.split_once(':').filter(|(name, _)| is_field(name)) else {
                field = "";
                let span = Span { start, end: start + text.len() };
                let message = format!("`{}` is neither a field nor indented", cut(text));
                let mistake = Mistake::loss("lock-line-unknown", span, message).help(AGAIN);
                report.mistake(document, &mistake);
                continue;
            };
            field = name;
            body = rest;
        }
        if field.eq_ignore_ascii_case("constraints") {
            let mut offset = start + (text.len() - body.len());
            for part in body.split(',') {
                let skipped = part.len() - part.trim_start().len();
                constraint(document, part.trim(), offset + skipped, report);
                offset += part.len() + 1;
            }
        }
    }
}

fn is_field(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// `any.name ==1.0`, `name +flag`, `name installed`.
fn constraint(document: &Document<'_>, text: &str, at: usize, report: &mut Report<'_>) {
    if text.is_empty() {
        return;
    }
    let length = text.find(|c: char| c.is_whitespace() || matches!(c, '=' | '<' | '>' | '^'));
    let (name, rest) = text.split_at(length.unwrap_or(text.len()));
    let rest = rest.trim();
    let (dev, name) = match name.rsplit_once('.') {
        Some((qualifier, name)) => (qualifier.split([':', '.']).any(|q| q == "setup"), name),
        None => (false, name.rsplit_once(':').map_or(name, |(_, name)| name)),
    };
    let place = document.place(at);
    let hackage = Ecosystem::new(Ecosystem::HACKAGE);
    // Flags and stanzas say nothing of versions.
    if rest.starts_with(['+', '-', '*']) || matches!(rest, "test" | "bench" | "source") {
        return;
    }
    let version = rest.strip_prefix("==").map(str::trim);
    let exact = version.filter(|version| {
        !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    });
    if let Some(version) = exact.filter(|_| !name.is_empty()) {
        let version = Some(Arc::from(version));
        report.component(Component { dev, ..Component::new(hackage, name, version, place) });
    } else if name.is_empty() || rest.is_empty() {
        let span = Span { start: at, end: at + text.len() };
        let message = format!("`{}` is no constraint such as `any.name ==1.0`", cut(text));
        report.mistake(document, &Mistake::loss("lock-line-unknown", span, message).help(AGAIN));
    } else {
        let reason = format!("`{}` fixes no version", cut(rest));
        report.fact(Fact::Unknown { ecosystem: hackage, name: name.into(), reason, place });
    }
}
