//! Compose files: the images of services.
//!
//! Knows `services` and `image` (Compose specification); must not know how they are run.

use holdfast_model::{About, Ecosystem, Fact};

use super::image::{Substituted, say, substitute};
use super::whole::{Fields, cut, yaml_file};
use crate::text::file_name;
use crate::text::json::{Kind, Value};
use crate::text::yaml::Dialect;
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
        yaml_file(sources, out, Dialect::Hand, |root, fields| {
            for member in root.as_object().unwrap_or_default() {
                if member.key == "services" {
                    for one in fields.members(&member.value, "services") {
                        service(&one.value, fields);
                    }
                } else if member.key.starts_with("x-") {
                    // What services merge in stands under keys of this kind.
                    service(&member.value, fields);
                }
            }
        });
    }
}

fn service(service: &Value<'_>, fields: &mut Fields<'_, '_>) {
    let built = service.get("build").is_some();
    let Some(image) = service.get("image").filter(|_| !built) else { return };
    let text = match &image.kind {
        Kind::String(text) => text,
        Kind::Null | Kind::Broken => return,
        _ => return fields.wrong(image, "`image`", "a string"),
    };
    let place = fields.place(image);
    match substitute(text, &|_| None) {
        Substituted::Text(image) => say(&image, place, fields.report),
        Substituted::Unknown(name) => fields.report.fact(Fact::Unknown {
            ecosystem: Ecosystem::new(Ecosystem::DOCKER),
            name: cut(text).into(),
            reason: format!("the environment decides on `{}`", cut(&name)),
            place,
        }),
    }
}
