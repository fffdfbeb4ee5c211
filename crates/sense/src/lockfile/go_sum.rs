//! `go.sum` on its own: its modules where no `go.mod` stands beside it.
//!
//! Knows hashes' lines; where there is a `go.mod`, its reader says what is used.

use holdfast_model::{About, Component, Ecosystem, Fact, Origin};

use super::go_sum_lines::parse;
use crate::text::{Document, Report, file_name};
use crate::{Answer, Claim, Need, Reader, Sources};

/// Reads `go.sum`.
#[derive(Debug)]
pub struct GoSum;

static ABOUT: About = About {
    id: "go-sum",
    title: "Go checksums (go.sum)",
    text: "The modules whose content was hashed, where no go.mod stands beside the file; with \
           one, its reader says what is used. Lines that are no `module version hash` are told \
           in either case. A file may name versions that are not used any more.",
    file: file!(),
};

impl Reader for GoSum {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if file_name(path) == "go.sum" { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, so_far: &Sources<'_>) -> Vec<Need> {
        let beside = so_far.beside("go.mod").map(Need::File);
        beside.into_iter().filter(|need| so_far.answer(need).is_none()).collect()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let document = Document::open(sources.path(), sources.bytes());
        let mut report = Report::new(out);
        report.open(&document);
        if document.readable() {
            let (sums, mistakes) = parse(document.text());
            let answer = sources.beside("go.mod").map(Need::File);
            let answer = answer.and_then(|need| sources.answer(&need));
            let alone = matches!(answer, None | Some(Answer::Missing));
            let golang = Ecosystem::new(Ecosystem::GOLANG);
            for sum in sums.iter().filter(|_| alone) {
                report.component(Component {
                    ecosystem: golang.clone(),
                    name: sum.path.into(),
                    version: Some(sum.version.into()),
                    place: document.place(sum.at),
                    direct: None,
                    dev: false,
                    origin: Origin::Feed(None),
                    source: None,
                    module: None,
                    integrity: Some(true),
                });
            }
            for mistake in &mistakes {
                report.mistake(&document, mistake);
            }
        }
        report.finish();
    }
}
