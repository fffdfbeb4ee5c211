//! rpm's database of installed packages, in each of its three forms.
//!
//! Knows where rpm keeps it and what rpm itself can be asked; knows nothing of advisories.

mod berkeley;
mod header;
mod ndb;
mod package;
mod sqlite;

use std::sync::Arc;

use holdfast_model::{About, Fact, Place, Problem};

use super::os_release::{self, Manager};
use super::root_of;
use crate::text::Report;
use crate::{Answer, Claim, Need, Reader, Scope, Sources};
use header::tag;
use package::{Package, Row};

/// The reader.
pub struct RpmDatabase;

static ABOUT: About = About {
    id: "rpm-database",
    title: "Packages installed by rpm",
    text: "Reads `rpmdb.sqlite`, `Packages.db` and the older `Packages` (a hash of Berkeley DB) \
        below `usr/lib/sysimage/rpm` or `var/lib/rpm`, without rpm, SQLite or Berkeley DB: name, \
        epoch, version, release, source package and module stream. What stands in the log beside \
        an SQLite database counts too. On a running machine `rpm -qa` is asked of a `Packages` of \
        any other form. Imported keys are no packages. The file name of a source package has no \
        epoch: it is that of an installed package of the same source, version and release, of that \
        which is called like the source if it is there. Where there is none, or several differ, the \
        source is *not assessed*. The release comes from `os-release` under the same root.",
    file: file!(),
};

/// The forms of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sqlite,
    Ndb,
    Berkeley,
}

/// From the newest place and form to the oldest: where there are several, the first one counts.
const NAMES: [(&str, Kind); 6] = [
    ("usr/lib/sysimage/rpm/rpmdb.sqlite", Kind::Sqlite),
    ("usr/lib/sysimage/rpm/Packages.db", Kind::Ndb),
    ("usr/lib/sysimage/rpm/Packages", Kind::Berkeley),
    ("var/lib/rpm/rpmdb.sqlite", Kind::Sqlite),
    ("var/lib/rpm/Packages.db", Kind::Ndb),
    ("var/lib/rpm/Packages", Kind::Berkeley),
];

/// What rpm is asked, and what an rpm is asked that does not know modules (before 4.15).
const FORMATS: [&str; 2] = [
    "%{NAME}\\t%{VERSION}\\t%{RELEASE}\\t%{EPOCH}\\t%{SOURCERPM}\\t%{MODULARITYLABEL}\\n",
    "%{NAME}\\t%{VERSION}\\t%{RELEASE}\\t%{EPOCH}\\t%{SOURCERPM}\\n",
];

/// The most packages that one database may have.
const MOST: usize = 100_000;

const HELP: &str = "run `rpm --rebuilddb`, or bring the database back from a copy of the system";

/// The paths below the root at which rpm's database stands; the first that is there counts.
pub fn places() -> impl Iterator<Item = &'static str> {
    NAMES.iter().map(|(name, _)| *name)
}

impl Reader for RpmDatabase {
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
        let Some((root, kind)) = document(so_far.path()) else { return Vec::new() };
        let mut needs = os_release::needs(root, so_far);
        match kind {
            Kind::Sqlite => needs.push(log_of(so_far.path())),
            Kind::Berkeley if berkeley::Database::open(so_far.bytes()).is_err() => {
                needs.extend(question(so_far));
            }
            Kind::Ndb | Kind::Berkeley => {}
        }
        needs.retain(|need| so_far.answer(need).is_none());
        needs
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let Some((root, kind)) = document(sources.path()) else { return };
        let mut report = Report::new(out);
        let place = Place::start_of(Arc::clone(sources.path()));
        let mut installed = Installed::default();
        match kind {
            Kind::Sqlite => sqlite_rows(sources, &mut installed),
            Kind::Ndb => {
                let faults =
                    ndb::blobs(sources.bytes(), &mut |blob| installed.take(Row::of_header(blob)));
                installed.faults.extend(faults);
            }
            Kind::Berkeley => hash_rows(sources, &mut installed),
        }
        for fault in &installed.faults {
            let problem = Problem::at(
                "rpm-database",
                place.clone(),
                format!("this database cannot be read whole: {fault}"),
            );
            report.problem(problem.help(HELP), true);
        }
        if let Some(why) = installed.unread {
            let message = format!("only rpm reads this database: {why}");
            let help =
                "look at the running machine as root, or bring the database back from a copy";
            report.problem(Problem::at("rpm-not-read", place.clone(), message).help(help), true);
        }
        if installed.packages.is_empty() && installed.broken.is_empty() {
            // Whose packages they are is no question where there are none, as on a Debian with
            // an `rpm` of its own.
            return report.finish();
        }
        let ecosystem = os_release::ecosystem_under(root, sources, &mut report, Manager::Rpm);
        for name in installed.broken {
            let reason = "its entry in the database is damaged".to_owned();
            let (ecosystem, place) = (ecosystem.clone(), place.clone());
            report.fact(Fact::Unknown { ecosystem, name: name.into(), reason, place });
        }
        package::say(&installed.packages, &ecosystem, &place, &mut report);
        report.finish();
    }
}

/// Hands over the files of all packages; `log` stands beside an SQLite database.
pub(super) fn files(path: &str, bytes: &[u8], log: Option<&[u8]>, each: &mut dyn FnMut(&str)) {
    headers(path, bytes, log, &mut |header| header.files().for_each(|file| each(&file)));
}

/// Version and release of the first package of one of these names, where the database can be read
/// without rpm; `log` stands beside an SQLite database.
pub(crate) fn version(
    path: &str,
    bytes: &[u8],
    log: Option<&[u8]>,
    names: &[&str],
) -> Option<String> {
    let mut found = None;
    headers(path, bytes, log, &mut |header| {
        if found.is_none() && header.text(tag::NAME).is_some_and(|name| names.contains(&name)) {
            let both = header.text(tag::VERSION).zip(header.text(tag::RELEASE));
            found = both.map(|(version, release)| format!("{version}-{release}"));
        }
    });
    found
}

/// Hands over what each package says of itself.
fn headers(
    path: &str,
    bytes: &[u8],
    log: Option<&[u8]>,
    each: &mut dyn FnMut(&header::Header<'_>),
) {
    let mut take = |blob: &[u8]| {
        if let Some(header) = header::Header::open(blob) {
            each(&header);
        }
    };
    match document(path) {
        Some((_, Kind::Sqlite)) => {
            if let Ok(database) = sqlite::Database::open(bytes, log) {
                database.column("Packages", 1, &mut take);
            }
        }
        Some((_, Kind::Ndb)) => drop(ndb::blobs(bytes, &mut take)),
        Some((_, Kind::Berkeley)) => {
            // What rpm would have to be asked is not asked for this.
            if let Ok(database) = berkeley::Database::open(bytes) {
                database.blobs(&mut take);
            }
        }
        None => {}
    }
}

/// The root and the form of a database of rpm's.
fn document(path: &str) -> Option<(&str, Kind)> {
    NAMES.iter().find_map(|(name, kind)| Some((root_of(path, name)?, *kind)))
}

/// What is read of a database.
#[derive(Default)]
struct Installed {
    packages: Vec<Package>,
    /// Names of packages of which nothing else is sure.
    broken: Vec<String>,
    /// What is wrong, as the end of a sentence.
    faults: Vec<String>,
    /// Why nothing could be read at all.
    unread: Option<String>,
    full: bool,
}

impl Installed {
    fn take(&mut self, row: Row) {
        if self.packages.len() >= MOST {
            if !self.full {
                self.full = true;
                self.faults.push(format!("only the first {MOST} packages were read"));
            }
            return;
        }
        match row {
            Row::Package(package) => self.packages.push(package),
            Row::Key => {}
            Row::Broken(Some(name)) => {
                self.faults.push(format!("the entry of `{name}` is damaged"));
                self.broken.push(name);
            }
            Row::Broken(None) => self.faults.push("an entry is damaged".to_owned()),
        }
    }
}

/// The log beside an SQLite database.
fn log_of(path: &str) -> Need {
    Need::File(format!("{path}-wal").into())
}

fn sqlite_rows(sources: &Sources<'_>, installed: &mut Installed) {
    let log = match sources.answer(&log_of(sources.path())) {
        Some(Answer::Bytes(bytes)) => Some(&**bytes),
        Some(Answer::Denied | Answer::Unreadable(_)) => {
            installed.faults.push("the log beside it cannot be read".to_owned());
            None
        }
        _ => None,
    };
    match sqlite::Database::open(sources.bytes(), log) {
        Ok(database) => {
            let faults =
                database.column("Packages", 1, &mut |blob| installed.take(Row::of_header(blob)));
            installed.faults.extend(faults);
        }
        Err(fault) => installed.faults.push(fault),
    }
}

fn hash_rows(sources: &Sources<'_>, installed: &mut Installed) {
    match berkeley::Database::open(sources.bytes()) {
        Ok(database) => {
            let faults = database.blobs(&mut |blob| installed.take(Row::of_header(blob)));
            installed.faults.extend(faults);
        }
        Err(fault) => asked_rows(sources, &fault, installed),
    }
}

fn asking(format: &str) -> Need {
    Need::Command(["rpm", "-qa", "--qf", format].map(Arc::from).to_vec())
}

/// The next question to rpm: with modules, and without where it does not know them.
fn question(so_far: &Sources<'_>) -> Option<Need> {
    for need in FORMATS.map(asking) {
        match so_far.answer(&need) {
            None => return Some(need),
            Some(Answer::Output { status: Some(0), .. }) => return None,
            Some(Answer::Output { .. }) => {}
            Some(_) => return None,
        }
    }
    None
}

/// What rpm says of a database that we cannot open because of `fault`.
fn asked_rows(sources: &Sources<'_>, fault: &str, installed: &mut Installed) {
    let mut why = "it was not asked".to_owned();
    for need in FORMATS.map(asking) {
        match sources.answer(&need) {
            Some(Answer::Output { status: Some(0), stdout, .. }) => {
                let text = String::from_utf8_lossy(stdout);
                let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
                if !text.is_empty() && !text.ends_with('\n') {
                    installed.faults.push("what rpm says of it was cut off".to_owned());
                }
                for line in whole.lines() {
                    installed.take(Row::of_line(line));
                }
                return;
            }
            Some(Answer::Output { stderr, .. }) => {
                let said = String::from_utf8_lossy(stderr);
                let said: String =
                    said.lines().next().unwrap_or("it failed").chars().take(200).collect();
                why = format!("it says `{said}`");
            }
            Some(Answer::Missing) => "it is not here".clone_into(&mut why),
            Some(Answer::Denied) => "it may not be run".clone_into(&mut why),
            Some(Answer::Unreadable(words)) => why = words.to_string(),
            _ => {}
        }
    }
    installed.unread = Some(format!("{fault}; rpm cannot be asked of it: {why}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "/var/lib/rpm/Packages";

    fn output(status: i32, stdout: &str, stderr: &str) -> Answer {
        let (stdout, stderr) = (stdout.as_bytes().into(), stderr.as_bytes().into());
        Answer::Output { status: Some(status), stdout, stderr }
    }

    fn read(answers: &[Answer]) -> Vec<Fact> {
        let mut sources = Sources::new(PATH, b"");
        let release = b"ID=centos\nVERSION_ID=7\n".as_slice();
        sources.give(Need::File("/etc/os-release".into()), Answer::Bytes(release.into()));
        for answer in answers {
            let needs = RpmDatabase.needs(&sources);
            assert_eq!(needs.len(), 1, "{needs:?}");
            sources.give(needs.into_iter().next().unwrap(), answer.clone());
        }
        assert_eq!(RpmDatabase.needs(&sources), []);
        let mut facts = Vec::new();
        RpmDatabase.read(&sources, &mut |fact| facts.push(fact));
        facts
    }

    fn names(facts: &[Fact]) -> Vec<String> {
        let name = |fact: &Fact| match fact {
            Fact::Component(one) => Some(format!("{} {}", one.name, one.version.as_deref()?)),
            Fact::Problem(problem) => Some(problem.code.clone()),
            Fact::Partial => Some("partial".to_owned()),
            _ => None,
        };
        facts.iter().filter_map(name).collect()
    }

    #[test]
    fn one_package_is_found_without_the_others() {
        const PLAIN: &[u8] = include_bytes!("../../../fixtures/rpm-database/plain/rpmdb.sqlite");
        let path = "/usr/lib/sysimage/rpm/rpmdb.sqlite";
        let of = |names: &[&str]| version(path, PLAIN, None, names);
        assert_eq!(of(&["nothing", "sub-tool"]).as_deref(), Some("0.9-1.el9"));
        assert_eq!(of(&["nothing"]), None);
        assert_eq!(version("/etc/passwd", PLAIN, None, &["sub-tool"]), None);
    }

    #[test]
    fn a_database_of_no_known_form_is_asked_of_rpm() {
        let line = "bash\t4.2.46\t34.el7\t(none)\tbash-4.2.46-34.el7.src.rpm";
        let old = [output(1, "", "error: unknown tag"), output(0, &format!("{line}\n"), "")];
        assert_eq!(names(&read(&old)), ["bash 4.2.46-34.el7"]);
        let new = [output(0, &format!("{line}\t(none)\n{line}"), "")];
        assert_eq!(names(&read(&new)), ["rpm-database", "bash 4.2.46-34.el7", "partial"]);
    }

    #[test]
    fn a_database_that_nobody_reads_is_not_clean() {
        assert_eq!(names(&read(&[Answer::Missing])), ["rpm-not-read", "partial"]);
        let failed = [output(1, "", "x"), output(1, "", "error: cannot open")];
        let facts = read(&failed);
        let Some(Fact::Problem(problem)) = facts.first() else { panic!("{facts:?}") };
        assert!(problem.message.contains("`error: cannot open`"), "{problem}");
    }

    #[test]
    fn what_is_read_without_rpm_is_not_asked_of_it() {
        let bytes = include_bytes!("../../../fixtures/rpm-database/hash/Packages");
        let sources = Sources::new(PATH, bytes);
        let commands = |need: &Need| matches!(need, Need::Command(_));
        assert!(!RpmDatabase.needs(&sources).iter().any(commands));
        let mut owned = Vec::new();
        files(PATH, bytes, None, &mut |file| owned.push(file.to_owned()));
        assert!(owned.contains(&"/usr/bin/tool-3-0".to_owned()), "{owned:?}");
    }

    #[test]
    fn packages_of_another_manager_are_of_no_release() {
        let mut sources = Sources::new("var/lib/rpm/Packages", b"");
        let release = b"ID=debian\nVERSION_ID=12\n".as_slice();
        sources.give(Need::File("etc/os-release".into()), Answer::Bytes(release.into()));
        sources.give(asking(FORMATS[0]), output(0, "a\t1\t1\t(none)\t(none)\t(none)\n", ""));
        let mut facts = Vec::new();
        RpmDatabase.read(&sources, &mut |fact| facts.push(fact));
        assert_eq!(names(&facts), ["os-release-unknown", "a 1-1"]);
        sources.give(asking(FORMATS[0]), output(0, "", ""));
        facts.clear();
        RpmDatabase.read(&sources, &mut |fact| facts.push(fact));
        assert_eq!(names(&facts), [""; 0], "nobody asks whose packages none are");
    }
}
