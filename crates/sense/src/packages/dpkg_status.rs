//! dpkg's database of installed packages (`/var/lib/dpkg/status`, deb-control(5), dpkg(1)).
//!
//! Knows what dpkg writes; knows nothing of advisories. Versions are kept to the letter, epochs
//! included.

use std::sync::Arc;

use holdfast_model::{About, Component, Ecosystem, Fact, Origin, Place, Problem, SourcePackage};

use super::deb822::{Paragraph, Paragraphs, shown};
use super::os_release::{self, Manager};
use super::{file_in, root_of};
use crate::text::Report;
use crate::{Claim, Need, Reader, Scope, Sources};

/// The reader.
pub struct DpkgStatus;

static ABOUT: About = About {
    id: "dpkg-status",
    title: "Packages installed by dpkg",
    text: "Reads `var/lib/dpkg/status` and the files of `var/lib/dpkg/status.d` (images without \
        a package manager). Packages whose configuration alone is left are passed over; a \
        package that is half installed counts as installed, with a problem. The release comes \
        from `os-release` under the same root; without one the ecosystem is `Debian` without a \
        release, which is compared with nothing. A package's source name and version come from \
        `Source`, else they are its own. Packages made from the kernel's source but without its \
        code (`linux-libc-dev`, kernel headers) keep that source: whether the kernel's weaknesses \
        count for them is not decided here. Architectures are not kept.",
    file: file!(),
};

const STATUS: &str = "var/lib/dpkg/status";
const STATUS_FOLDER: &str = "var/lib/dpkg/status.d/";

const FIELDS: [&str; 4] = ["Package", "Status", "Version", "Source"];

const HELP: &str = "dpkg keeps copies of this file in `/var/backups`: compare it with \
    `dpkg.status.0`";

impl Reader for DpkgStatus {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn scope(&self) -> Scope {
        Scope::Anywhere
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if document(path).is_some() { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, so_far: &Sources<'_>) -> Vec<Need> {
        let (root, _) = document(so_far.path()).unwrap_or_default();
        os_release::needs(root, so_far)
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let path = sources.path();
        let (root, kind) = document(path).unwrap_or_default();
        let mut report = Report::new(out);
        let ecosystem = os_release::ecosystem_under(root, sources, &mut report, Manager::Dpkg);
        let mut stanza = Stanza { path, kind, ecosystem, report: &mut report };
        for paragraph in Paragraphs::new(sources.bytes(), FIELDS) {
            stanza.read(&paragraph);
        }
        report.finish();
    }
}

/// Which of dpkg's two forms a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Kind {
    /// All packages, each with its state.
    #[default]
    Database,
    /// One file for each package, all of them installed.
    Folder,
}

/// The root and the form of a file that is dpkg's.
fn document(path: &str) -> Option<(&str, Kind)> {
    if let Some(root) = root_of(path, STATUS) {
        return Some((root, Kind::Database));
    }
    let (root, name) = file_in(path, STATUS_FOLDER)?;
    (!name.ends_with(".md5sums")).then_some((root, Kind::Folder))
}

/// Whether a path is a file of dpkg's, whatever stands below its folder.
pub(super) fn is_database(path: &str) -> bool {
    path.starts_with("/var/lib/dpkg/") || document(path).is_some()
}

/// Whether a file lists the files of a package: `info/*.list`, or the digests beside a file of
/// `status.d`.
pub(super) fn is_file_list(path: &str) -> bool {
    let in_info = file_in(path, "var/lib/dpkg/info/");
    let ends = |name: &str, ending| name.rsplit_once('.').is_some_and(|(_, end)| end == ending);
    in_info.is_some_and(|(_, name)| ends(name, "list"))
        || file_in(path, STATUS_FOLDER).is_some_and(|(_, name)| name.ends_with(".md5sums"))
}

/// What the third word of `Status` means for us (dpkg(1), "Package states").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// All of it is there.
    Installed,
    /// Some of it is there.
    Half,
    /// Nothing but its configuration, if that.
    Absent,
    /// Nothing that dpkg writes.
    Strange,
}

/// The state of a package by its `Status`.
pub(crate) fn state(status: &str) -> State {
    let mut words = status.split_ascii_whitespace();
    match (words.nth(2), words.next()) {
        (Some("installed" | "triggers-awaited" | "triggers-pending"), None) => State::Installed,
        (Some("half-installed" | "unpacked" | "half-configured"), None) => State::Half,
        (Some("not-installed" | "config-files"), None) => State::Absent,
        _ => State::Strange,
    }
}

struct Stanza<'s, 'o> {
    path: &'s Arc<str>,
    kind: Kind,
    ecosystem: Ecosystem,
    report: &'s mut Report<'o>,
}

impl Stanza<'_, '_> {
    fn read(&mut self, paragraph: &Paragraph<'_, 4>) {
        let [package, status, ..] = paragraph.fields;
        let start = Place { path: Arc::clone(self.path), line: paragraph.line, column: 1 };
        let place = package.map_or(start, |package| package.place(self.path));
        let broken_off = self.broken_off(paragraph);
        let name =
            package.and_then(|package| package.word()).filter(|_| broken_off != Some("Package"));
        if let Some(trouble) = &paragraph.trouble {
            self.lose(trouble.problem(self.path, HELP));
            return self.unknown(name, place, "its paragraph cannot be read");
        }
        let state = match (self.kind, status) {
            (_, Some(status)) => state(status.text().unwrap_or_default()),
            (Kind::Folder, None) => State::Installed,
            (Kind::Database, None) => {
                let message = "nothing says whether this package is installed: `Status` is missing";
                self.lose(Problem::at("dpkg-no-status", place.clone(), message));
                return self.unknown(name, place, "its `Status` is missing");
            }
        };
        let Some(name) = name else {
            let message = match package {
                Some(value) => format!("`{}` is no name of a package", shown(value.bytes)),
                None => "this paragraph has no `Package`".to_owned(),
            };
            if state != State::Absent {
                self.lose(Problem::at("dpkg-no-package", place, message));
            }
            return;
        };
        match state {
            State::Absent => {}
            State::Strange => {
                let text = status.map(|status| shown(status.bytes)).unwrap_or_default();
                let message = format!("`{text}` is no state of a package");
                let at = status.map_or_else(|| place.clone(), |status| status.place(self.path));
                self.lose(Problem::at("dpkg-state", at, message));
                self.unknown(Some(name), place, "nobody can tell whether it is installed");
            }
            State::Half => {
                let message = format!("`{name}` is only half installed");
                let help =
                    format!("finish it with `dpkg --configure -a` or `apt-get install -f {name}`");
                let problem = Problem::at("dpkg-half-installed", place.clone(), message);
                self.report.problem(problem.help(help), false);
                self.installed(name, place, paragraph, broken_off);
            }
            State::Installed => self.installed(name, place, paragraph, broken_off),
        }
    }

    /// The wanted field in which a database breaks off, or nothing in particular. dpkg ends every
    /// line, so one that stops in the middle of a line was not written whole.
    fn broken_off(&mut self, paragraph: &Paragraph<'_, 4>) -> Option<&'static str> {
        let line = paragraph.cut.filter(|_| self.kind == Kind::Database)?;
        let end = Place { path: Arc::clone(self.path), line, column: 1 };
        self.lose(Problem::at("dpkg-cut", end, "the file ends in the middle of this line"));
        paragraph.last_field
    }

    fn installed(
        &mut self,
        name: &str,
        place: Place,
        paragraph: &Paragraph<'_, 4>,
        broken_off: Option<&'static str>,
    ) {
        let [_, _, version, source] = paragraph.fields;
        if broken_off == Some("Version") {
            return self.unknown(Some(name), place, "its version breaks off");
        }
        let Some(version) = version.and_then(|version| version.word()) else {
            let message = match version {
                Some(value) => format!("`{}` is no version", shown(value.bytes)),
                None => format!("`{name}` has no `Version`"),
            };
            let at = version.map_or_else(|| place.clone(), |version| version.place(self.path));
            self.lose(Problem::at("dpkg-no-version", at, message));
            return self.unknown(Some(name), place, "its version is missing");
        };
        let (name, version): (Arc<str>, Arc<str>) = (name.into(), version.into());
        let source = self.source(source.map(|s| (s.place(self.path), s.text())), &name, &version);
        self.report.component(Component {
            ecosystem: self.ecosystem.clone(),
            name,
            version: Some(version),
            place,
            direct: None,
            dev: false,
            origin: Origin::Feed(None),
            source: Some(source),
            module: None,
            integrity: None,
        });
    }

    /// `name` or `name (version)`; what is missing is the binary package's own.
    fn source(
        &mut self,
        field: Option<(Place, Option<&str>)>,
        name: &Arc<str>,
        version: &Arc<str>,
    ) -> SourcePackage {
        let own = SourcePackage { name: Arc::clone(name), version: Arc::clone(version) };
        let Some((place, text)) = field else { return own };
        let read = text.and_then(parse_source);
        let Some((source, its_version)) = read else {
            let message = format!("the source of `{name}` is not of the form `name (version)`");
            self.report.problem(Problem::at("dpkg-source", place, message).help(HELP), false);
            return own;
        };
        SourcePackage {
            // Most packages are called like their source; they share one name.
            name: if source == &**name { Arc::clone(name) } else { source.into() },
            version: its_version.map_or(own.version, Into::into),
        }
    }

    fn unknown(&mut self, name: Option<&str>, place: Place, reason: &str) {
        let Some(name) = name else { return };
        self.report.fact(Fact::Unknown {
            ecosystem: self.ecosystem.clone(),
            name: name.into(),
            reason: reason.to_owned(),
            place,
        });
    }

    fn lose(&mut self, problem: Problem) {
        let problem = if problem.help.is_empty() { problem.help(HELP) } else { problem };
        self.report.problem(problem, true);
    }
}

/// The name and, in parentheses, the version of a source package.
pub(super) fn parse_source(text: &str) -> Option<(&str, Option<&str>)> {
    let word = |text: &str| {
        !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control())
    };
    let (name, version) = match text.split_once('(') {
        Some((name, rest)) => (name.trim_end(), Some(rest.strip_suffix(')')?.trim())),
        None => (text, None),
    };
    (word(name) && version.is_none_or(word)).then_some((name, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_those_of_dpkg() {
        assert_eq!(state("install ok installed"), State::Installed);
        assert_eq!(state("hold reinstreq triggers-pending"), State::Installed);
        assert_eq!(state("install reinstreq half-installed"), State::Half);
        assert_eq!(state("deinstall ok config-files"), State::Absent);
        assert_eq!(state("installed"), State::Strange);
        assert_eq!(state("install ok installed twice"), State::Strange);
        assert_eq!(state(""), State::Strange);
    }

    #[test]
    fn sources_may_carry_their_own_version() {
        assert_eq!(parse_source("gcc-12 (12.2.0-14)"), Some(("gcc-12", Some("12.2.0-14"))));
        assert_eq!(parse_source("openssl"), Some(("openssl", None)));
        assert_eq!(parse_source("a (1"), None);
        assert_eq!(parse_source("a ()"), None);
        assert_eq!(parse_source("a b"), None);
        assert_eq!(parse_source(""), None);
    }

    #[test]
    fn documents_are_known_by_where_they_stand() {
        assert_eq!(document("/var/lib/dpkg/status"), Some(("/", Kind::Database)));
        assert_eq!(document("a/var/lib/dpkg/status"), Some(("a/", Kind::Database)));
        assert_eq!(document("var/lib/dpkg/status.d/tzdata"), Some(("", Kind::Folder)));
        assert_eq!(document("var/lib/dpkg/status.d/tzdata.md5sums"), None);
        assert_eq!(document("var/lib/dpkg/status.d/"), None);
        assert_eq!(document("var/lib/dpkg/status-old"), None);
        assert_eq!(document("status"), None);
    }
}
