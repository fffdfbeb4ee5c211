//! Bills of materials: what somebody else's tool found in an artifact, and what we write of ours.
//!
//! Knows CycloneDX and SPDX, of which it reads about ten fields; the notation of CycloneDX is that
//! of [`crate::report`], which reads the same documents for their vulnerabilities. Must not know
//! what else the tree holds: whether a lockfile knows better is not decided here.

mod cyclonedx;
mod inventory;
mod made;
mod spdx;
mod spdx_tags;
pub mod write;

use holdfast_model::{About, Component, Fact, Lines, Place, Problem};

use crate::report::purl;
use crate::report::say::{Say, Told};
use crate::report::{holds, unpacked};
use crate::text::{Document, file_name};
use crate::{Claim, Need, Reader, Sources};

use inventory::Inventory;

pub use made::{Made, made};

/// The component that a package URL names, as the bills that are read name theirs; `None` where the
/// text is no package URL.
pub fn component_of(package_url: &str) -> Option<Component> {
    Some(purl::read(package_url)?.component(Place::start_of("")))
}

/// Reads CycloneDX as an inventory.
#[derive(Debug)]
pub struct CycloneDxSbom;

static CYCLONEDX: About = About {
    id: "sbom-cyclonedx",
    title: "Bill of materials: CycloneDX 1.2–1.7 (JSON, XML)",
    text: "Components by their package URLs, with the place where they were found if the document \
           gives it, what needs what, and checksums. `scope: excluded` is for development. \
           A component without a package URL cannot be judged, and neither can one that only a CPE \
           names. The component that the document is about is not judged itself: it is what \
           somebody makes, not what they use. A component that is an operating system says whose \
           release may have come to its end. Vulnerabilities in the document belong to `import` \
           and to statements.",
    file: file!(),
};

/// Reads SPDX as an inventory.
#[derive(Debug)]
pub struct Spdx;

static SPDX: About = About {
    id: "sbom-spdx",
    title: "Bill of materials: SPDX 2.2 and 2.3 (JSON, tag-value)",
    text: "Packages by the package URLs of their external references, relationships of dependency \
           in both directions, and checksums. Where a package was found, and which source package \
           it was built from, is taken from `sourceInfo` in the words of those tools that write it \
           there. A package without a package URL cannot be judged, and neither can one that only a \
           CPE names. One that is an operating system says whose release may have come to its end. \
           The only package that a document describes is what the document is about, if it has \
           others.",
    file: file!(),
};

/// The reader id of a document begins so if it is a bill of materials.
pub const READER: &str = "sbom-";

/// Of so many mistakes of a file as a file it is told: unfinished merges may be many.
const MISTAKES: usize = 10;

/// The two specifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Specification {
    CycloneDx,
    Spdx,
}

impl Reader for CycloneDxSbom {
    fn about(&self) -> &'static About {
        &CYCLONEDX
    }

    fn claims(&self, path: &str, head: &[u8]) -> Claim {
        let name = file_name(path).to_ascii_lowercase();
        let own = [".cdx.json", ".cdx.xml", ".bom.json"];
        if own.iter().any(|end| name.ends_with(end)) || anybodys(&name) {
            return Claim::ByName;
        }
        by_content(head, Specification::CycloneDx)
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        read(sources, Specification::CycloneDx, out);
    }
}

impl Reader for Spdx {
    fn about(&self) -> &'static About {
        &SPDX
    }

    fn claims(&self, path: &str, head: &[u8]) -> Claim {
        let name = file_name(path).to_ascii_lowercase();
        if [".spdx", ".spdx.json"].iter().any(|end| name.ends_with(end)) {
            return Claim::ByName;
        }
        by_content(head, Specification::Spdx)
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        read(sources, Specification::Spdx, out);
    }
}

/// Names under which people keep either; `bom.json` is what CycloneDX proposes. Not `x-bom.json`:
/// files so called have a byte order mark.
fn anybodys(name: &str) -> bool {
    let Some(stem) = name.strip_suffix(".json").or_else(|| name.strip_suffix(".xml")) else {
        return false;
    };
    let last = |word: &str| {
        let before = stem.strip_suffix(word);
        before.is_some_and(|before| before.is_empty() || before.ends_with(['.', '-', '_']))
    };
    stem == "bom" || stem.starts_with("sbom") || last("sbom") || last("cyclonedx")
}

fn by_content(head: &[u8], wanted: Specification) -> Claim {
    if specification(head) == Some(wanted) { Claim::ByContent } else { Claim::No }
}

/// What the first bytes say.
fn specification(head: &[u8]) -> Option<Specification> {
    let head = unpacked(head);
    let json = head.starts_with(b"{");
    let cyclonedx = json && (holds(&head, "\"bomFormat\"") || holds(&head, "schema/bom-"))
        || head.starts_with(b"<") && holds(&head, "cyclonedx.org/schema/bom/");
    let spdx = json && holds(&head, "\"spdxVersion\"") || head.starts_with(b"SPDXVersion:");
    match (cyclonedx, spdx) {
        (true, _) => Some(Specification::CycloneDx),
        (false, true) => Some(Specification::Spdx),
        (false, false) => None,
    }
}

/// Reads a document as what it says it is, else as what its name says.
fn read(sources: &Sources<'_>, named: Specification, out: &mut dyn FnMut(Fact)) {
    let document = Document::open(sources.path(), sources.bytes());
    let bytes = document.text().as_bytes();
    let mut told = Told::new(sources.path());
    let mistakes = document.mistakes(false);
    told.partial = mistakes.iter().any(|mistake| mistake.loses);
    for mistake in mistakes.iter().take(MISTAKES) {
        out(Fact::Problem(document.problem(mistake)));
    }
    if document.readable() {
        let mut lines = None;
        let mut shown = |fact: Fact| match fact {
            Fact::Problem(problem) => {
                let lines = lines.get_or_insert_with(|| Lines::new(bytes));
                out(Fact::Problem(in_words(problem, lines)));
            }
            other => out(other),
        };
        let mut say = Say { out: &mut shown, told: &mut told };
        // A head is enough to tell, and a whole document may be large.
        let head = bytes.get(..64 << 10).unwrap_or(bytes);
        let inventory: Inventory = match specification(head).unwrap_or(named) {
            Specification::CycloneDx => cyclonedx::read(bytes, &mut say),
            Specification::Spdx => spdx::read(bytes, &mut say),
        };
        inventory.tell(&mut say);
    }
    if told.partial {
        out(Fact::Partial);
    }
}

/// A problem with its line. What reads the notations reads scanners' reports too, and says so.
pub(crate) fn in_words(mut problem: Problem, lines: &Lines<'_>) -> Problem {
    for text in [&mut problem.message, &mut problem.help] {
        *text = text.replace("the scanner", "its tool").replace("report", "document");
    }
    let line = problem.place.as_ref().map_or(1, |place| place.line);
    let line: String = lines.text(line).chars().take(400).collect();
    problem.excerpt(&line, 1)
}

#[cfg(test)]
mod tests {
    use crate::reader_for;

    #[test]
    fn names_and_contents_claim() {
        let id = |path: &str, head: &str| {
            reader_for(path, head.as_bytes()).map(|reader| reader.about().id)
        };
        for path in
            ["a/x.cdx.json", "bom.json", "BOM.xml", "sbom.json", "sbom-api.json", "x.cdx.xml"]
        {
            assert_eq!(id(path, ""), Some("sbom-cyclonedx"), "{path}");
        }
        for path in ["x.cyclonedx.json", "x-1.0-cyclonedx.xml", "app-sbom.json", "x.SBOM.json"] {
            assert_eq!(id(path, ""), Some("sbom-cyclonedx"), "{path}");
        }
        assert_eq!(id("app-sbom.json", "{\"spdxVersion\": 1"), Some("sbom-cyclonedx"));
        for path in ["x.spdx.yaml", "x.spdx.yml", "x.spdx.rdf", "x.spdx.rdf.xml", "x.spdx.xml"] {
            assert_eq!(id(path, ""), Some("unread-lockfile"), "{path}");
        }
        for path in ["x.spdx.json", "a/.spdx.python.spdx.json", "x.spdx", "sbom.spdx"] {
            assert_eq!(id(path, ""), Some("sbom-spdx"), "{path}");
        }
        for path in ["sbom.md", "sbom", "xbom.json", "utf8-bom.json", "spdx.json"] {
            assert_eq!(id(path, ""), None, "{path}");
        }
        assert_eq!(id("x.json", "{\"spdxVersion\": \"SPDX-2.3\""), Some("sbom-spdx"));
        assert_eq!(id("x.txt", "SPDXVersion: SPDX-2.3"), Some("sbom-spdx"));
        assert_eq!(id("x.json", "{\"bomFormat\": \"CycloneDX\""), Some("sbom-cyclonedx"));
    }
}
