//! The readers against dpkg and apt themselves, where those are installed, and against shared
//! files that others collected.

#![expect(clippy::disallowed_methods, reason = "tests run the tools that are the oracles")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use holdfast_sense::packages::pending_updates;

use crate::drive::{Files, components, facts, offers, problems, unknown};
use crate::skip::{NO_DATA, skip};

const STATUS: &str = "/var/lib/dpkg/status";
const RELEASE: &str = "/etc/os-release";

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).env("LC_ALL", "C").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then_some(text)
}

#[test]
fn dpkg_query_says_the_same_of_this_machine() {
    let format =
        "-f=${Package}\t${Version}\t${source:Package}\t${source:Version}\t${db:Status-Status}\n";
    let (Some(listed), Ok(status)) = (output("dpkg-query", &["-W", format]), std::fs::read(STATUS))
    else {
        return skip("no dpkg-query");
    };
    let absent = ["config-files", "not-installed"];
    let mut wanted: Vec<String> = listed
        .lines()
        .filter_map(|line| line.rsplit_once('\t'))
        .filter(|(_, state)| !absent.contains(state))
        .map(|(row, _)| row.to_owned())
        // What was never unpacked has no version.
        .filter(|row| !row.contains("\t\t"))
        .collect();
    wanted.sort();
    let mut files = Files::from([(STATUS.to_owned(), status)]);
    files.extend(std::fs::read(RELEASE).ok().map(|bytes| (RELEASE.to_owned(), bytes)));
    let mut rows: Vec<String> = components(&facts(&files, STATUS))
        .into_iter()
        .map(|c| {
            let source = c.source.unwrap();
            format!("{}\t{}\t{}\t{}", c.name, c.version.unwrap(), source.name, source.version)
        })
        .collect();
    rows.sort();
    assert_eq!(rows, wanted);
}

/// The shared data folder: `HOLDFAST_SHARED`, else beside the project.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let root = std::env::var_os("HOLDFAST_SHARED").map_or_else(beside, PathBuf::from);
    let path = root.join(path);
    if !path.exists() {
        skip(NO_DATA);
        return None;
    }
    Some(path)
}

#[test]
fn shared_dpkg_files_are_read() {
    let Some(folder) = shared("packages/dpkg/testdata/dpkg") else { return };
    let release = b"ID=debian\nVERSION_ID=12\n".to_vec();
    // File, names of the components (or how many), names that cannot be judged, whether there
    // are problems.
    let cases: [(&str, &[&str], &[&str], bool); 7] = [
        ("empty", &[], &[], false),
        ("invalid", &[], &[], true),
        ("nopackage", &["foo", "bar"], &[], true),
        ("noversion", &["foo", "bar"], &["acl"], true),
        ("trailingnewlines", &["acl"], &[], false),
        ("transitional", &["iceweasel"], &[], false),
        ("transitional_dummy", &["git-core"], &[], false),
    ];
    for (name, wanted, wanted_unknown, wrong) in cases {
        let Ok(bytes) = std::fs::read(folder.join(name)) else {
            skip(NO_DATA);
            continue;
        };
        let files =
            Files::from([(STATUS.to_owned(), bytes), (RELEASE.to_owned(), release.clone())]);
        let facts = facts(&files, STATUS);
        let names: Vec<String> = components(&facts).iter().map(|c| c.name.to_string()).collect();
        assert_eq!(names, wanted, "{name}");
        assert_eq!(unknown(&facts), wanted_unknown, "{name}");
        assert_eq!(!problems(&facts).is_empty(), wrong, "{name}: {:?}", problems(&facts));
    }
}

/// A system with a few packages, a plain suite and a security suite, on disk for apt.
struct System {
    root: tempfile::TempDir,
    files: Files,
}

const LISTS: &str = "/var/lib/apt/lists";
const PLAIN: &str = "deb.example_debian_dists_bookworm";
const SECURITY: &str = "sec.example_debian-security_dists_bookworm-security";

impl System {
    fn new(installed: &[(&str, &str)], plain: &[(&str, &str)], security: &[(&str, &str)]) -> Self {
        let mut files = Files::new();
        let stanza = |(name, version): &(&str, &str), more: &str| {
            format!(
                "Package: {name}\n{more}Maintainer: A <a@lists.example>\nArchitecture: amd64\n\
                 Version: {version}\nDescription: x\n\n"
            )
        };
        let status = |package: &(&str, &str)| stanza(package, "Status: install ok installed\n");
        let offer = |package: &(&str, &str)| {
            let more = format!(
                "Filename: pool/{0}_{1}.deb\nSize: 9\nSHA256: {2:064}\n",
                package.0, package.1, 1
            );
            stanza(package, &more)
        };
        let release = |label: &str, suite: &str, codename: &str, component: &str| {
            format!(
                "Origin: Debian\nLabel: {label}\nSuite: {suite}\nCodename: {codename}\n\
                 Date: Wed, 20 May 2026 16:28:12 UTC\nArchitectures: amd64\n\
                 Components: {component}\n"
            )
        };
        let mut add = |path: String, text: String| files.insert(path, text.into_bytes());
        add(STATUS.to_owned(), installed.iter().map(status).collect());
        add(RELEASE.to_owned(), "ID=debian\nVERSION_ID=12\n".to_owned());
        add(format!("{LISTS}/{PLAIN}_Release"), release("Debian", "stable", "bookworm", "main"));
        add(
            format!("{LISTS}/{SECURITY}_Release"),
            release("Debian-Security", "stable-security", "bookworm-security", "updates/main"),
        );
        let list = |stem: &str| format!("{LISTS}/{stem}_main_binary-amd64_Packages");
        add(list(PLAIN), plain.iter().map(offer).collect());
        add(list(SECURITY), security.iter().map(offer).collect());
        add(
            "/etc/apt/sources.list".to_owned(),
            "deb [trusted=yes] http://deb.example/debian bookworm main\n\
             deb [trusted=yes] http://sec.example/debian-security bookworm-security main\n"
                .to_owned(),
        );
        let root = tempfile::tempdir().unwrap();
        for folder in [
            "etc/apt/apt.conf.d",
            "etc/apt/preferences.d",
            "etc/apt/sources.list.d",
            "var/lib/apt/lists/partial",
            "var/cache/apt/archives/partial",
            "var/log/apt",
            "var/lib/dpkg",
        ] {
            std::fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        for (path, bytes) in &files {
            std::fs::write(root.path().join(path.trim_start_matches('/')), bytes).unwrap();
        }
        Self { root, files }
    }

    /// What apt would upgrade from the security suite: package, installed, offered.
    fn apt(&self) -> Option<BTreeSet<[String; 3]>> {
        let root = self.root.path().to_str().unwrap();
        let text = output(
            "apt-get",
            &[
                "-s",
                "-o",
                &format!("Dir={root}"),
                "-o",
                &format!("Dir::State::status={root}{STATUS}"),
                "-o",
                "APT::Architecture=amd64",
                "-o",
                "APT::Architectures::=amd64",
                "-o",
                "Debug::NoLocking=1",
                "dist-upgrade",
            ],
        )?;
        // Inst liba [1.0-1] (1.0-1+deb12u1 Debian-Security:stable-security [amd64])
        let row = |line: &str| {
            let mut words = line.strip_prefix("Inst ")?.split(' ');
            let name = words.next()?.to_owned();
            let installed = words.next()?.trim_matches(['[', ']']).to_owned();
            let offered = words.next()?.trim_start_matches('(').to_owned();
            words
                .any(|word| word.starts_with("Debian-Security:"))
                .then_some([name, installed, offered])
        };
        Some(text.lines().filter_map(row).collect())
    }

    fn ours(&self) -> BTreeSet<[String; 3]> {
        let components = components(&facts(&self.files, STATUS));
        let lists = self.files.keys().filter(|path| path.ends_with("_Packages"));
        let offers: Vec<_> = lists.flat_map(|path| offers(&facts(&self.files, path))).collect();
        let newer = |a: &str, b: &str| {
            let compared = Command::new("dpkg").args(["--compare-versions", a, "gt", b]).status();
            compared.unwrap().success()
        };
        let row = |p: holdfast_sense::packages::Pending| {
            [&p.binary, &p.installed, &p.offered].map(ToString::to_string)
        };
        pending_updates(&components, &offers, &newer).into_iter().map(row).collect()
    }
}

#[test]
fn apt_would_upgrade_the_same_packages() {
    let system = System::new(
        &[
            ("older", "1.0-1"),
            ("epoch", "1:2.0-1"),
            ("rebuilt", "3.0-1+b1"),
            ("candidate", "4.0~rc1-1"),
            ("equal", "5.0-1"),
            ("plain-only", "6.0-1"),
            ("digits", "1.9-1"),
            ("twice", "1-1"),
            ("nowhere", "1"),
        ],
        &[("older", "1.0-1"), ("plain-only", "6.1-1"), ("equal", "5.0-1")],
        &[
            ("older", "1.0-1+deb12u1"),
            ("epoch", "2.1-1"),
            ("rebuilt", "3.0-1"),
            ("candidate", "4.0-1"),
            ("equal", "5.0-1"),
            ("digits", "1.10-1"),
            ("twice", "1-1+deb12u2"),
            ("twice", "1-1+deb12u1"),
            ("not-installed", "9"),
        ],
    );
    let Some(apt) = system.apt() else {
        return skip("no apt-get");
    };
    let names: Vec<&str> = apt.iter().map(|[name, ..]| name.as_str()).collect();
    assert_eq!(names, ["candidate", "digits", "older", "twice"], "apt itself changed its mind");
    assert_eq!(system.ours(), apt);
}

/// Apt's own lists of this machine: what a security suite offers is read without a problem, and
/// everything that apt would upgrade to a version of a security suite is found.
#[test]
fn lists_of_this_machine_hold_what_apt_would_upgrade() {
    let Ok(entries) = std::fs::read_dir(LISTS) else {
        return skip("no lists of apt (apt-get update makes them)");
    };
    let paths = entries.filter_map(|entry| entry.ok()?.path().to_str().map(str::to_owned));
    let wanted = |path: &String| path.contains("Release") || path.contains("_Packages");
    let read = |path: String| Some((path.clone(), std::fs::read(path).ok()?));
    let mut files: Files = paths.filter(wanted).filter_map(read).collect();
    let lists: Vec<String> =
        files.keys().filter(|path| path.contains("_Packages")).cloned().collect();
    let (Ok(status), Some(plan)) = (
        std::fs::read(STATUS),
        output("apt-get", &["-s", "-o", "Debug::NoLocking=1", "dist-upgrade"]),
    ) else {
        return skip("no apt-get");
    };
    files.insert(STATUS.to_owned(), status);
    let mut offered = BTreeSet::new();
    for path in &lists {
        let facts = facts(&files, path);
        // A machine may have lists without a Release file; anything else would be our mistake.
        for problem in problems(&facts) {
            assert!(["apt-no-release", "apt-not-read"].contains(&&*problem.code), "{problem}");
        }
        offered.extend(
            offers(&facts).into_iter().map(|o| (o.name.to_string(), o.version.to_string())),
        );
    }
    for line in plan.lines().filter(|line| line.starts_with("Inst ")) {
        if !line.contains("-Security:") && !line.contains("-security") {
            continue;
        }
        let name = line.split(' ').nth(1).unwrap().split(':').next().unwrap();
        let version = line.split_once('(').unwrap().1.split(' ').next().unwrap();
        assert!(offered.contains(&(name.to_owned(), version.to_owned())), "{line}");
    }
}
