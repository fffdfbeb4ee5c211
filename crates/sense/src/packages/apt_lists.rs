//! apt's lists of what a system's package sources offer (`/var/lib/apt/lists`).
//!
//! Knows how apt names its lists and what a Release file says of a suite; knows nothing of what
//! is installed. A suite is a security suite by its Release file, never by the host it came from.

use std::borrow::Cow;
use std::sync::Arc;

use holdfast_model::{About, Fact, Offer, Place, Problem};

use super::deb822::{Paragraph, Paragraphs, clear_text};
use super::dpkg_status::parse_source;
use super::file_in;
use super::unpack::{Fault, Packing, unpack};
use crate::text::Report;
use crate::{Answer, Claim, Need, Reader, Scope, Sources};

/// The reader.
pub struct AptLists;

static ABOUT: About = About {
    id: "apt-lists",
    title: "Versions that apt's security suites offer",
    text: "Reads the lists that `apt-get update` leaves in `var/lib/apt/lists`, plain or \
        compressed with gzip, LZ4, xz or Zstandard (bzip2 is reported). The Release file beside \
        a list says which suite it is: a security suite has the label `Debian-Security`, or a \
        suite or codename that ends in `-security` or `/updates`. Only security suites are read; \
        lists of others are not even unpacked. Signatures are not verified: apt did that.",
    file: file!(),
};

const FOLDER: &str = "var/lib/apt/lists/";
const RELEASES: [&str; 2] = ["_InRelease", "_Release"];
const HELP: &str = "run `apt-get update` as root to fetch the lists again";

impl Reader for AptLists {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn scope(&self) -> Scope {
        Scope::Anywhere
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if List::of(path).is_some() { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, so_far: &Sources<'_>) -> Vec<Need> {
        let Some(list) = List::of(so_far.path()) else { return Vec::new() };
        let globs = list.globs().filter(|need| so_far.answer(need).is_none());
        let globs: Vec<Need> = globs.collect();
        if !globs.is_empty() {
            return globs;
        }
        for path in list.releases(so_far) {
            let need = Need::File(path);
            match so_far.answer(&need) {
                None => return vec![need],
                Some(Answer::Bytes(_)) => break,
                Some(_) => {}
            }
        }
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let mut report = Report::new(out);
        if let Some(list) = List::of(sources.path()) {
            match list.suite(sources) {
                Ok(Suite { security: false, .. }) => {}
                Ok(suite) => offers(sources, list.packing, &suite.name, &mut report),
                Err(why) => {
                    let place = Place::start_of(Arc::clone(sources.path()));
                    let message = format!("nothing tells whether this is a security suite: {why}");
                    report.problem(Problem::at("apt-no-release", place, message).help(HELP), true);
                }
            }
        }
        report.finish();
    }
}

/// The name of a list, taken apart.
struct List<'p> {
    /// The folder with its final `/`.
    folder: &'p str,
    /// The file name up to `_Packages`.
    stem: &'p str,
    packing: Packing,
}

impl<'p> List<'p> {
    fn of(path: &'p str) -> Option<Self> {
        let (_, name) = file_in(path, FOLDER)?;
        let (plain, packing) = Packing::of(name);
        let stem = plain.strip_suffix("_Packages").filter(|stem| !stem.is_empty())?;
        Some(Self { folder: path.strip_suffix(name)?, stem, packing })
    }

    fn globs(&self) -> impl Iterator<Item = Need> {
        RELEASES.into_iter().map(|ending| Need::Glob(format!("{}*{ending}", self.folder).into()))
    }

    /// The part of a Release file's path that its lists begin with, where this list does: apt
    /// names both after their addresses, `/` written as `_`.
    fn base_of<'r>(&self, release: &'r str) -> Option<&'r str> {
        let name = release.strip_prefix(self.folder)?;
        let base = RELEASES.into_iter().find_map(|ending| name.strip_suffix(ending))?;
        let rest = self.stem.strip_prefix(base)?;
        (!base.is_empty() && (rest.is_empty() || rest.starts_with('_'))).then_some(base)
    }

    /// The Release files this list may belong to: of those with the longest name in common, the
    /// signed one first.
    fn releases(&self, sources: &Sources<'_>) -> Vec<Arc<str>> {
        let mut found: Vec<(usize, Arc<str>)> = Vec::new();
        for need in self.globs() {
            let Some(Answer::Paths(paths)) = sources.answer(&need) else { continue };
            let length = |path: &Arc<str>| Some((self.base_of(path)?.len(), Arc::clone(path)));
            found.extend(paths.iter().filter_map(length));
        }
        let longest = found.iter().map(|(length, _)| *length).max().unwrap_or_default();
        found.retain(|(length, _)| *length == longest);
        found.into_iter().map(|(_, path)| path).collect()
    }

    fn suite(&self, sources: &Sources<'_>) -> Result<Suite, String> {
        let candidates = self.releases(sources);
        let Some(first) = candidates.first() else {
            return Err("its Release file is missing".to_owned());
        };
        let read = candidates.iter().find_map(|path| Some((path, sources.file(path)?)));
        let Some((path, bytes)) = read else {
            return Err(format!("`{first}` could not be read"));
        };
        let base = self.base_of(path).unwrap_or_default();
        let component = self.stem.strip_prefix(base).unwrap_or_default();
        Suite::of(&clear_text(bytes), component).map_err(|why| format!("`{path}` {why}"))
    }
}

/// What a Release file says of its suite.
#[derive(Debug, PartialEq, Eq)]
struct Suite {
    name: Arc<str>,
    security: bool,
}

impl Suite {
    /// `rest` is what follows the Release file's base in the list's name:
    /// `_COMPONENT_binary-ARCHITECTURE`, or nothing in a flat repository.
    fn of(release: &[u8], rest: &str) -> Result<Self, &'static str> {
        let wanted = ["Label", "Suite", "Codename", "Components"];
        let Some(paragraph) = Paragraphs::new(release, wanted).next() else {
            return Err("is empty");
        };
        let [label, suite, codename, components] =
            paragraph.fields.map(|field| field.and_then(|field| field.text()));
        if !components.is_none_or(|components| has_component(components, rest)) {
            return Err("belongs to another suite, and no other does");
        }
        let names = [codename, suite];
        let named = names.into_iter().flatten().find(|name| is_security_name(name));
        let any = names.into_iter().flatten().find(|name| !name.is_empty());
        if let Some(name) = named {
            return Ok(Self { name: name.into(), security: true });
        }
        if label == Some("Debian-Security") {
            return Ok(Self { name: any.unwrap_or("security").into(), security: true });
        }
        // That a suite is none is only believed of a file that says so to the end.
        let whole = paragraph.trouble.is_none() && paragraph.cut.is_none();
        let both = codename.is_some() && suite.is_some() && paragraph.last_field.is_none();
        match any {
            _ if !whole && !both => Err("is damaged"),
            Some(name) => Ok(Self { name: name.into(), security: false }),
            None => Err("names neither suite nor codename"),
        }
    }
}

/// `bookworm-security`, `jammy-security`, `jammy-infra-security`; once `stretch/updates`.
fn is_security_name(name: &str) -> bool {
    name.ends_with("-security") || name.ends_with("/updates")
}

/// Whether a list's component is one of the Release file's. Debian's security suites write
/// `updates/main` where apt asks for `main`.
fn has_component(components: &str, rest: &str) -> bool {
    let Some((component, _)) = rest.rsplit_once("_binary-") else { return true };
    let component = decoded(component.strip_prefix('_').unwrap_or(component));
    components.split_ascii_whitespace().any(|known| {
        let head = known.strip_suffix(&*component);
        head.is_some_and(|head| head.is_empty() || head.ends_with('/'))
    })
}

/// Undoes apt's way of writing an address as a file name.
fn decoded(name: &str) -> Cow<'_, str> {
    if !name.contains(['_', '%']) {
        return name.into();
    }
    let mut parts = name.split('%');
    let mut out = parts.next().unwrap_or_default().replace('_', "/").into_bytes();
    for part in parts {
        let code = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let rest = if let Some(code) = code {
            out.push(code);
            part.get(2..).unwrap_or_default()
        } else {
            out.push(b'%');
            part
        };
        out.extend(rest.replace('_', "/").bytes());
    }
    String::from_utf8_lossy(&out).into_owned().into()
}

const FIELDS: [&str; 4] = ["Package", "Version", "Architecture", "Source"];

fn offers(sources: &Sources<'_>, packing: Packing, suite: &Arc<str>, report: &mut Report<'_>) {
    let path = sources.path();
    let unpacked = match packing {
        Packing::Plain => None,
        packing => Some(unpack(packing, sources.bytes())),
    };
    let (bytes, fault) = match &unpacked {
        Some(unpacked) => (&*unpacked.bytes, unpacked.fault),
        None => (sources.bytes(), None),
    };
    if let Some(fault) = fault {
        report.problem(unpack_problem(path, packing, fault), true);
    }
    for paragraph in Paragraphs::new(bytes, FIELDS) {
        // What follows the last blank line of a list that broke off may be half a package.
        if fault.is_some() && !paragraph.closed {
            break;
        }
        if let Some(line) = paragraph.cut {
            let place = Place { path: Arc::clone(path), line, column: 1 };
            let message = "the list ends in the middle of this line";
            report.problem(Problem::at("apt-cut", place, message).help(HELP), true);
            // The last word of a value may be half of it.
            if paragraph.last_field.is_some() {
                break;
            }
        }
        if let Some(offer) = offer(path, suite, &paragraph, report) {
            report.fact(Fact::Offer(offer));
        }
    }
}

fn offer(
    path: &Arc<str>,
    suite: &Arc<str>,
    paragraph: &Paragraph<'_, 4>,
    report: &mut Report<'_>,
) -> Option<Offer> {
    let start = Place { path: Arc::clone(path), line: paragraph.line, column: 1 };
    if let Some(trouble) = &paragraph.trouble {
        report.problem(trouble.problem(path, HELP), true);
        return None;
    }
    let [package, version, architecture, source] = paragraph.fields;
    let place = package.map_or(start, |package| package.place(path));
    let words = [package, version, architecture].map(|field| field.and_then(|field| field.word()));
    let [Some(name), Some(version), Some(architecture)] = words else {
        let missing = FIELDS.into_iter().zip(words).find(|(_, word)| word.is_none());
        let message = format!("`{}` is missing or no word", missing.unwrap_or_default().0);
        report.problem(Problem::at("apt-bad-stanza", place, message).help(HELP), true);
        return None;
    };
    let source = source.and_then(|source| parse_source(source.text()?));
    let name: Arc<str> = name.into();
    Some(Offer {
        architecture: architecture.into(),
        version: version.into(),
        source: source.map_or_else(|| Arc::clone(&name), |(source, _)| source.into()),
        name,
        security: true,
        suite: Arc::clone(suite),
        place,
    })
}

fn unpack_problem(path: &Arc<str>, packing: Packing, fault: Fault) -> Problem {
    let packing = packing.name();
    let (code, message, help) = match fault {
        Fault::Cut => ("apt-unpack", format!("this {packing} file ends before its time"), HELP),
        Fault::Broken => ("apt-unpack", format!("this is no sound {packing} file"), HELP),
        Fault::TooLarge(limit) => {
            let message = format!("this list unpacks to more than {} MiB", limit >> 20);
            ("apt-too-large", message, HELP)
        }
        Fault::NotRead => (
            "apt-not-read",
            format!("this list is compressed with {packing}, which is not read"),
            "set `Acquire::GzipIndexes \"false\"` in apt's configuration, so that it keeps its lists \
                unpacked, then run `apt-get update`",
        ),
    };
    Problem::at(code, Place::start_of(Arc::clone(path)), message).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suite(release: &str) -> Result<(String, bool), &'static str> {
        let suite = Suite::of(release.as_bytes(), "_main_binary-amd64")?;
        Ok((suite.name.to_string(), suite.security))
    }

    #[test]
    fn a_suite_is_known_by_label_and_names() {
        let cases = [
            (
                "Label: Debian-Security\nSuite: stable-security\nCodename: bookworm-security\n",
                "bookworm-security",
                true,
            ),
            ("Label: Debian-Security\nSuite: oldstable\nCodename: buster\n", "buster", true),
            ("Label: Mirror\nCodename: bookworm-security\n", "bookworm-security", true),
            ("Label: Debian\nCodename: stretch/updates\n", "stretch/updates", true),
            ("Label: Ubuntu\nSuite: jammy-security\nCodename: jammy\n", "jammy-security", true),
            (
                "Label: UbuntuESM\nSuite: jammy-infra-security\nCodename: jammy\n",
                "jammy-infra-security",
                true,
            ),
            ("Label: UbuntuESM\nSuite: jammy-infra-updates\nCodename: jammy\n", "jammy", false),
            (
                "Label: Debian\nSuite: stable-updates\nCodename: bookworm-updates\n",
                "bookworm-updates",
                false,
            ),
            ("Label: Debian\nSuite: stable\nCodename: bookworm\n", "bookworm", false),
            ("Label: security.example\nCodename: stable\n", "stable", false),
        ];
        for (release, name, security) in cases {
            assert_eq!(suite(release), Ok((name.to_owned(), security)), "{release}");
        }
        assert!(suite("").is_err());
        assert!(suite("Label: x\n").is_err());
        assert!(suite("Codename: bookworm\n<<<<<<< ours\n").is_err());
        assert!(suite("Codename: bookworm").is_err(), "cut: `-security` may have followed");
    }

    #[test]
    fn components_tell_suites_of_one_prefix_apart() {
        assert!(has_component("updates/main updates/contrib", "_main_binary-amd64"));
        assert!(has_component("main non-free-firmware", "_non-free-firmware_binary-arm64"));
        assert!(!has_component("main contrib", "_updates_main_binary-amd64"));
        assert!(has_component("a_b", "_a%5fb_binary-amd64"));
        assert!(has_component("main", ""), "flat repositories have no components");
    }

    #[test]
    fn names_are_decoded() {
        assert_eq!(decoded("main"), "main");
        assert_eq!(decoded("updates_ma%5fin%"), "updates/ma_in%");
        assert_eq!(decoded("%zz%é"), "%zz%é");
    }

    #[test]
    fn the_longest_release_name_wins() {
        let path = "/var/lib/apt/lists/m.example_dists_b_updates_main_binary-amd64_Packages.lz4";
        let list = List::of(path).unwrap();
        let mut sources = Sources::new(path, b"");
        let paths = |names: &[&str]| {
            let path = |name: &&str| Arc::from(format!("/var/lib/apt/lists/{name}"));
            Answer::Paths(names.iter().map(path).collect())
        };
        let [signed, plain] = [list.globs().next().unwrap(), list.globs().nth(1).unwrap()];
        assert_eq!(signed, Need::Glob("/var/lib/apt/lists/*_InRelease".into()));
        sources.give(
            signed,
            paths(&["m.example_dists_b_InRelease", "m.example_dists_b_up_InRelease"]),
        );
        let best = "m.example_dists_b_updates_Release";
        sources.give(plain, paths(&[best, "n.example_dists_b_updates_Release"]));
        assert_eq!(list.releases(&sources), [format!("/var/lib/apt/lists/{best}").into()]);
        assert_eq!(AptLists.needs(&sources).len(), 1);
    }

    #[test]
    fn lists_are_known_by_folder_and_name() {
        for path in [
            "/var/lib/apt/lists/h_dists_s_main_binary-amd64_Packages",
            "var/lib/apt/lists/h_dists_s_main_binary-amd64_Packages.zst",
            "image/var/lib/apt/lists/h_._Packages.bz2",
        ] {
            assert_eq!(AptLists.claims(path, b""), Claim::ByName, "{path}");
        }
        for path in [
            "/var/lib/apt/lists/partial/h_Packages",
            "/var/lib/apt/lists/h_InRelease",
            "/var/lib/apt/lists/h_Packages.diff_Index",
            "/var/lib/apt/lists/_Packages",
            "h_Packages",
        ] {
            assert_eq!(AptLists.claims(path, b""), Claim::No, "{path}");
        }
    }
}
