//! Compose files: the images of services.
//!
//! Knows `services` and `image` (Compose specification); must not know how they are run.

use holdfast_model::{About, Ecosystem, Fact, Span};
use holdfast_rulefile::{Node, Value};

use super::image::{Substituted, say, substitute};
use super::whole::{cut, whole};
use crate::text::{Document, Mistake, Report, file_name, yaml};
use crate::{Claim, Need, Reader, Sources};

/// Reads Compose files.
#[derive(Debug)]
pub struct Compose;

static ABOUT: About = About {
    id: "compose",
    title: "Compose file (compose.yaml, docker-compose.yml)",
    text: "The image of every service, with its tag as version, or its digest where there is no \
           tag. Variables are put in with their defaults; the environment and files of it are \
           not looked at, because they may hold secrets. A service that is built names no image \
           of others: its Dockerfile does.",
    file: file!(),
};

impl Reader for Compose {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        let name = file_name(path);
        let stem = name.strip_suffix(".yml").or_else(|| name.strip_suffix(".yaml"));
        let mine = stem.is_some_and(|stem| {
            ["docker-compose", "compose"].iter().any(|word| {
                stem.strip_prefix(word)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
            })
        });
        if mine { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        whole(sources, out, |document, report| {
            let (root, mistakes) = yaml::parse(document);
            for mistake in &mistakes {
                report.mistake(document, mistake);
            }
            let Some(root) = root else { return };
            for (key, value) in yaml::pairs(&root) {
                match key.as_text() {
                    Some("services") => {
                        if !matches!(value.value, Value::Map(_) | Value::Null) {
                            wrong(document, value, "`services`", "a table", report);
                        }
                        for (_, one) in yaml::pairs(value) {
                            service(document, one, report);
                        }
                    }
                    // What services merge in stands under keys of this kind.
                    Some(name) if name.starts_with("x-") => service(document, value, report),
                    _ => {}
                }
            }
        });
    }
}

fn wrong(document: &Document<'_>, node: &Node, what: &str, wanted: &str, report: &mut Report<'_>) {
    let message = format!("{what} is {} here, and should be {wanted}", node.what());
    let end = node.span.end.min(node.span.start + 80);
    let span = Span { end: document.text().floor_char_boundary(end), ..node.span };
    let mistake = Mistake::loss("wrong-type", span, message);
    report.mistake(document, &mistake.help(format!("write {wanted}")));
}

fn service(document: &Document<'_>, service: &Node, report: &mut Report<'_>) {
    let built = service.get("build").is_some();
    let Some(node) = service.get("image").filter(|_| !built) else { return };
    let Some(text) = node.as_text() else {
        if node.value != Value::Null {
            wrong(document, node, "`image`", "a text", report);
        }
        return;
    };
    match substitute(text, &|_| None) {
        Substituted::Text(image) => say(&image, node.place.clone(), report),
        Substituted::Unknown(name) => report.fact(Fact::Unknown {
            ecosystem: Ecosystem::new(Ecosystem::DOCKER),
            name: cut(text).into(),
            reason: format!("the environment decides on `{}`", cut(&name)),
            place: node.place.clone(),
        }),
    }
}
