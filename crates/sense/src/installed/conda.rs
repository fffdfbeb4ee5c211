//! Environments of conda, whose packages belong to no ecosystem that is known here.
//!
//! Knows which file every environment has, and reads none of it.

use holdfast_model::{About, Ecosystem, Fact, Place};

use crate::{Claim, Need, Reader, Scope, Sources};

/// The reader.
pub struct CondaInstalled;

static ABOUT: About = About {
    id: "conda-installed",
    title: "Environments of conda",
    text: "Each `conda-meta/history` is told as not assessed: it stands for the packages of its \
        environment, which no reader reads. Python packages among them are read as such.",
    file: file!(),
};

impl Reader for CondaInstalled {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn scope(&self) -> Scope {
        Scope::System
    }

    fn alone(&self) -> bool {
        true
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if path.ends_with("/conda-meta/history") { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        out(Fact::Unknown {
            ecosystem: Ecosystem::new("conda"),
            name: "environment".into(),
            reason: "no reader knows what conda installs yet; its packages are not assessed"
                .to_owned(),
            place: Place::start_of(sources.path().clone()),
        });
    }
}
