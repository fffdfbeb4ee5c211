//! `go.work`: a workspace of Go modules.
//!
//! Knows the release that builds the workspace, and its replacements; what each module requires
//! stands in its own `go.mod`.

use holdfast_model::{About, Ecosystem, Fact, Span};

use super::go_mod::Saying;
use super::go_mod_lines::parse;
use crate::text::{Document, Mistake, Report, file_name};
use crate::{Claim, Need, Reader, Sources};

/// Reads `go.work`.
#[derive(Debug)]
pub struct GoWork;

static ABOUT: About = About {
    id: "go-work",
    title: "Go workspace (go.work)",
    text: "The standard library and the tools of the release that builds a workspace, as `stdlib` \
           and `toolchain`, and the versions that it puts in place of others. The modules that it \
           uses are read by themselves, with these replacements and with what the others require.",
    file: file!(),
};

impl Reader for GoWork {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if file_name(path) == "go.work" { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let document = Document::open(sources.path(), sources.bytes());
        let mut report = Report::new(out);
        report.open(&document);
        if document.readable() {
            let file = parse(document.text());
            if document.text().trim().is_empty() {
                let start = Span { start: 0, end: 0 };
                let empty = Mistake::loss("empty-file", start, "this file is empty")
                    .help("restore it from version control, or run `go work init`");
                report.mistake(&document, &empty);
            }
            for mistake in &file.mistakes {
                report.mistake(&document, mistake);
            }
            let mut saying = Saying {
                sums: None,
                document: &document,
                golang: Ecosystem::new(Ecosystem::GOLANG),
                report: &mut report,
            };
            saying.release(&file);
            for one in &file.replaced {
                if let Some(version) = one.new_version {
                    saying.requirement(&document, one.new.text, version, true);
                }
            }
        }
        report.finish();
    }
}
