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
           is found by looking at the image.",
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
            if !build.begun {
                let span = Span { start: 0, end: 0 };
                let none = Mistake::loss("dockerfile-from", span, "no `FROM` stands in this file")
                    .help("begin with the image to build from");
                report.mistake(document, &none);
            }
        });
    }
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
