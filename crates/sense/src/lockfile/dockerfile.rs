//! `Dockerfile` and `Containerfile`: the images that an image is built from.
//!
//! Knows stages, global arguments and where images are named (Dockerfile reference); lines are
//! joined in [`super::dockerfile_lines`].

use std::collections::{BTreeSet, HashMap};
use std::ops::Bound::{Included, Unbounded};

use holdfast_model::{About, Ecosystem, Fact, Span};

use super::dockerfile_lines::{Instruction, Word, instructions};
use super::image::{Substituted, say, substitute};
use super::whole::{cut, whole};
use crate::feed::environment::{Variable, of_build};
use crate::feed::tell_beside;
use crate::text::{Document, Mistake, Report, file_name};
use crate::{Claim, Need, Reader, Sources};

/// Reads Dockerfiles.
#[derive(Debug)]
pub struct Dockerfile;

static ABOUT: About = About {
    id: "dockerfile",
    title: "Container build (Dockerfile, Containerfile)",
    text: "Every image that `FROM`, `COPY --from` and `RUN --mount` name, with its tag as version, \
           or its digest where there is no tag. Arguments before the first `FROM` are put in with \
           their defaults; an image that depends on an argument without default is not known. \
           Names of stages are no images. No advisories speak of images as such: what is in one \
           is found by looking at the image. Variables that say where packages come from are read \
           as the environment of tools is.",
    file: file!(),
};

impl Reader for Dockerfile {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        let name = file_name(path).to_ascii_lowercase();
        let mine = ["dockerfile", "containerfile"].iter().any(|word| {
            name == *word
                || name.strip_prefix(word).is_some_and(|rest| rest.starts_with('.'))
                || name.strip_suffix(word).is_some_and(|rest| rest.ends_with('.'))
        });
        let other = [".dockerignore", ".containerignore", ".md", ".tmpl", ".j2", ".rs"];
        let other = other.iter().any(|end| name.ends_with(end));
        if mine && !other { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        whole(sources, out, |document, report| {
            let (instructions, mistakes) = instructions(document.text());
            for mistake in &mistakes {
                report.mistake(document, mistake);
            }
            let mut build = Build {
                document,
                report,
                arguments: HashMap::new(),
                stages: BTreeSet::new(),
                begun: false,
            };
            for instruction in &instructions {
                build.take(instruction);
            }
            let variables = variables(document.text(), &instructions);
            let (feeds, mistakes) = of_build(document, &variables);
            for feed in feeds {
                build.report.fact(Fact::Feed(feed));
            }
            tell_beside(document, &mistakes, build.report);
            if !build.begun {
                let span = Span { start: 0, end: 0 };
                let none = Mistake::loss("dockerfile-from", span, "no `FROM` stands in this file")
                    .help("begin with the image to build from");
                report.mistake(document, &none);
            }
        });
    }
}

/// What `ENV` sets, and what arguments are set to by default, which commands find there as well.
fn variables<'t>(text: &'t str, instructions: &[Instruction<'t>]) -> Vec<Variable<'t>> {
    let mut out = Vec::new();
    for instruction in instructions {
        let env = instruction.name.eq_ignore_ascii_case("ENV");
        if !env && !instruction.name.eq_ignore_ascii_case("ARG") {
            continue;
        }
        // The older form: `ENV NAME value`.
        if let [name, value] = instruction.words.as_slice()
            && env
            && !name.text.contains('=')
        {
            out.push(variable(name.text, value.text, value.at));
            continue;
        }
        let mut words = instruction.words.iter();
        while let Some(word) = words.next() {
            let Some((name, value)) = word.text.split_once('=') else { continue };
            let start = word.at + name.len() + 1;
            let mut end = start + value.len();
            // A value in quotes may hold blanks.
            let quote = value.chars().next().filter(|sign| matches!(sign, '"' | '\''));
            if let Some(quote) = quote.filter(|quote| value.len() < 2 || !value.ends_with(*quote)) {
                for more in words.by_ref() {
                    end = more.at + more.text.len();
                    if more.text.ends_with(quote) {
                        break;
                    }
                }
            }
            out.push(variable(name, text.get(start..end).unwrap_or_default(), start));
        }
    }
    out
}

fn variable<'t>(name: &'t str, written: &'t str, at: usize) -> Variable<'t> {
    let value = unquoted(written);
    let start = at + usize::from(value.len() < written.len());
    Variable { name, value, span: Span { start, end: start + value.len() } }
}

struct Build<'s, 'o> {
    document: &'s Document<'s>,
    report: &'s mut Report<'o>,
    /// Arguments before the first `FROM`, with their defaults.
    arguments: HashMap<String, Option<String>>,
    /// Names of stages, in small letters.
    stages: BTreeSet<String>,
    begun: bool,
}

impl Build<'_, '_> {
    fn take(&mut self, instruction: &Instruction<'_>) {
        match instruction.name.to_ascii_uppercase().as_str() {
            "ARG" if !self.begun => self.arguments(&instruction.words),
            "FROM" => self.from(instruction),
            "COPY" | "ADD" => {
                for word in &instruction.words {
                    if let Some(from) = word.text.strip_prefix("--from=") {
                        let start = word.at + (word.text.len() - from.len());
                        self.other(from, start);
                    }
                }
            }
            "RUN" => {
                let mounts = instruction.words.iter().filter(|w| w.text.starts_with("--mount="));
                for word in mounts {
                    let mut at = word.at;
                    for part in word.text.split(',') {
                        let part_at = at;
                        at += part.len() + 1;
                        let option = part.strip_prefix("--mount=").unwrap_or(part);
                        if let Some(from) = option.strip_prefix("from=") {
                            self.other(from, part_at + (part.len() - from.len()));
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn arguments(&mut self, words: &[Word<'_>]) {
        for word in words {
            let (name, value) = match word.text.split_once('=') {
                Some((name, value)) => (name, self.value(unquoted(value))),
                None => (word.text, None),
            };
            self.arguments.insert(name.to_owned(), value);
        }
    }

    fn substituted(&self, text: &str) -> Substituted {
        substitute(text, &|name| self.arguments.get(name).cloned().flatten())
    }

    fn value(&self, text: &str) -> Option<String> {
        match self.substituted(text) {
            Substituted::Text(text) => Some(text),
            Substituted::Unknown(_) => None,
        }
    }

    fn from(&mut self, instruction: &Instruction<'_>) {
        self.begun = true;
        let mut words = instruction.words.iter().filter(|word| !word.text.starts_with("--"));
        let Some(image) = words.next() else {
            let span = Span { start: instruction.at, end: instruction.at + instruction.name.len() };
            let none = Mistake::loss("dockerfile-from", span, "this `FROM` names no image")
                .help("write the image to build from behind it");
            self.report.mistake(self.document, &none);
            return;
        };
        self.image(unquoted(image.text), image.at);
        let named = words.next().filter(|word| word.text.eq_ignore_ascii_case("as"));
        if let (Some(_), Some(name)) = (named, words.next()) {
            self.stages.insert(name.text.to_ascii_lowercase());
        }
    }

    /// An image that is not built from: a number counts stages.
    fn other(&mut self, text: &str, at: usize) {
        let text = unquoted(text);
        if text.is_empty() || text.bytes().all(|byte| byte.is_ascii_digit()) {
            return;
        }
        self.image(text, at);
    }

    fn image(&mut self, text: &str, at: usize) {
        let lower = text.to_ascii_lowercase();
        if lower == "scratch" || self.stages.contains(&lower) {
            return;
        }
        let place = self.document.place(at);
        match self.substituted(text) {
            Substituted::Text(image) => {
                let lower = image.to_ascii_lowercase();
                if lower != "scratch" && !self.stages.contains(&lower) {
                    say(&image, place, self.report);
                }
            }
            Substituted::Unknown(name) => {
                // The builder's own arguments, such as the processor, choose among stages.
                let fixed = lower.split('$').next().unwrap_or_default();
                let next = self.stages.range::<str, _>((Included(fixed), Unbounded)).next();
                if !fixed.is_empty() && next.is_some_and(|stage| stage.starts_with(fixed)) {
                    return;
                }
                let reason = format!(
                    "`{}` has no default here, so that whoever builds decides on the image",
                    cut(&name)
                );
                let ecosystem = Ecosystem::new(Ecosystem::DOCKER);
                self.report.fact(Fact::Unknown {
                    ecosystem,
                    name: cut(text).into(),
                    reason,
                    place,
                });
            }
        }
    }
}

fn unquoted(text: &str) -> &str {
    for quote in ['"', '\''] {
        let inner = text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
        if let Some(inner) = inner {
            return inner;
        }
    }
    text
}
