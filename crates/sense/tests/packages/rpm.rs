//! The reader of rpm's database against rpm itself, where it is installed.

#![expect(clippy::disallowed_methods, reason = "tests run the tools that are the oracles")]

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use crate::drive::{Files, components, facts, problems};
use crate::skip::skip;

const DATABASE: &str = "/var/lib/rpm/rpmdb.sqlite";
const HASH: &str = "/var/lib/rpm/Packages";
const FORMAT: &str = "%{NAME} %|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE} %{SOURCERPM}\\n";

fn run(program: &str, folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("LC_ALL", "C")
        .env("HOME", folder)
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then_some(text)
}

/// A source with many packages, of which some have versions and epochs of their own.
fn specification() -> String {
    let head = "Version: 3.4\nRelease: 5.el9\nSummary: x\nLicense: x\nBuildArch: noarch\n";
    let mut text = format!("Name: many\nEpoch: 7\n{head}%description\nx\n%files\n");
    for number in 0..40 {
        let own = match number % 4 {
            0 => String::new(),
            1 => format!("Version: 1.{number}\n"),
            2 => format!("Epoch: {number}\nVersion: {number}~rc1\n"),
            _ => "Epoch: 0\nVersion: 0.9^git1\n".to_owned(),
        };
        let name = format!("-n part{number}");
        let long = "y".repeat(number * 97);
        write!(
            text,
            "%package {name}\n{own}Summary: {long}x\n%description {name}\n{long}\n%files {name}\n"
        )
        .unwrap();
    }
    text
}

/// Builds and installs the packages into `db/rpmdb.sqlite`; gives what rpm lists of them.
fn installed(at: &Path) -> Option<String> {
    std::fs::write(at.join("many.spec"), specification()).unwrap();
    let top = format!("_topdir {}", at.display());
    run("rpmbuild", at, &["--quiet", "--define", &top, "-bb", "many.spec"])?;
    std::fs::create_dir(at.join("db")).unwrap();
    let packages: Vec<String> = std::fs::read_dir(at.join("RPMS/noarch"))
        .map(|entries| {
            entries.map(|entry| entry.unwrap().path().to_str().unwrap().to_owned()).collect()
        })
        .unwrap_or_default();
    let options = ["--nodeps", "--noscripts", "--justdb", "--force-debian", "-i"];
    let packages = packages.iter().map(String::as_str);
    rpm(at, "db", "sqlite", &options.into_iter().chain(packages).collect::<Vec<_>>())?;
    rpm(at, "db", "sqlite", &LIST)
}

const LIST: [&str; 3] = ["-qa", "--qf", FORMAT];

/// Asks rpm of the database in a folder, which has this form.
fn rpm(at: &Path, folder: &str, form: &str, arguments: &[&str]) -> Option<String> {
    let (folder, form) = (at.join(folder), format!("_db_backend {form}"));
    let common = ["--dbpath", folder.to_str().unwrap(), "--define", &form];
    run("rpm", at, &[&common[..], arguments].concat())
}

/// Reads what `rpmdb --exportdb` wrote: each header with eight bytes before it.
const INTO_HASH: &str = r"
use strict; use DB_File; use Fcntl;
my ($from, $to) = @ARGV;
tie(my %db, 'DB_File', $to, O_CREAT | O_RDWR, 0644, $DB_HASH) or die $!;
open(my $in, '<:raw', $from) or die $!;
my $number = 0;
while (read($in, my $head, 16) == 16) {
    my ($entries, $size) = unpack('x8NN', $head);
    read($in, my $rest, 16 * $entries + $size);
    $db{pack('L', ++$number)} = substr($head, 8) . $rest;
}
$db{pack('L', 0)} = pack('L', $number);
";

/// Copies the packages into `hash/Packages` by Berkeley DB itself, which Perl brings along; gives
/// what rpm lists of that.
fn copied(at: &Path) -> Option<String> {
    let (from, to) = (at.join("exported"), at.join("hash/Packages"));
    let output = Command::new("rpmdb")
        .args(["--define", "_db_backend sqlite", "--exportdb", "--dbpath"])
        .arg(at.join("db"))
        .env("HOME", at)
        .output()
        .ok()?;
    std::fs::write(&from, output.stdout).unwrap();
    std::fs::create_dir(at.join("hash")).unwrap();
    run("perl", at, &["-e", INTO_HASH, from.to_str().unwrap(), to.to_str().unwrap()])?;
    rpm(at, "hash", "bdb_ro", &LIST)
}

/// Each package with its source, of which rpm says the first half.
fn wanted(listed: &str) -> Vec<String> {
    let mut wanted: Vec<String> = listed
        .lines()
        .map(|line| {
            let (package, source) = line.rsplit_once(' ').unwrap();
            assert_eq!(source, "many-3.4-5.el9.src.rpm");
            // All of them come from one source, whose epoch is 7; an epoch of 0 is not written.
            format!("{} many 7:3.4-5.el9", package.replace(" 0:", " "))
        })
        .collect();
    assert!(wanted.len() > 40, "{listed}");
    wanted.sort();
    wanted
}

/// Each package with its source, of which our reader says both.
fn said(mut files: Files, database: &str) -> Vec<String> {
    let release = b"ID=\"rocky\"\nVERSION_ID=\"9.4\"\n".to_vec();
    files.insert("/etc/os-release".to_owned(), release);
    let facts = facts(&files, database);
    assert_eq!(problems(&facts), []);
    let mut rows: Vec<String> = components(&facts)
        .into_iter()
        .map(|one| {
            let source = one.source.unwrap();
            let version = one.version.unwrap();
            assert_eq!(one.ecosystem.as_str(), "Rocky Linux:9");
            format!("{} {version} {} {}", one.name, source.name, source.version)
        })
        .collect();
    rows.sort();
    rows
}

#[test]
fn rpm_says_the_same_of_its_databases() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let Some(listed) = installed(at) else {
        return skip("no rpm that can build and install packages");
    };
    let mut files = Files::new();
    for ending in ["", "-wal"] {
        let path = at.join(format!("db/rpmdb.sqlite{ending}"));
        files.extend(std::fs::read(path).ok().map(|b| (format!("{DATABASE}{ending}"), b)));
    }
    assert_eq!(said(files, DATABASE), wanted(&listed));
    let Some(listed) = copied(at) else {
        return skip("no Berkeley DB for Perl, or no rpm that reads one");
    };
    let bytes = std::fs::read(at.join("hash/Packages")).unwrap();
    assert_eq!(said(Files::from([(HASH.to_owned(), bytes)]), HASH), wanted(&listed));
}

#[test]
fn shared_apk_and_rpm_files_are_read() {
    let Some(folder) = crate::oracles::shared("packages") else { return };
    let alpine = ("/etc/os-release".to_owned(), b"ID=alpine\nVERSION_ID=3.19.1\n".to_vec());
    let path = "/lib/apk/db/installed";
    for (name, whole) in [("different-arch", true), ("invalid", false)] {
        let Ok(bytes) = std::fs::read(folder.join("apk/testdata").join(name)) else { continue };
        let text = String::from_utf8(bytes.clone()).unwrap();
        let wanted: Vec<&str> = text
            .split("\n\n")
            .filter(|stanza| stanza.lines().any(|line| line.starts_with("V:")))
            .filter_map(|stanza| stanza.lines().find_map(|line| line.strip_prefix("P:")))
            .collect();
        let files = Files::from([(path.to_owned(), bytes), alpine.clone()]);
        let facts = facts(&files, path);
        let names: Vec<String> = components(&facts).iter().map(|c| c.name.to_string()).collect();
        assert_eq!(names, wanted, "{name}");
        assert_eq!(problems(&facts).is_empty(), whole, "{name}: {:?}", problems(&facts));
    }
    let Ok(bytes) = std::fs::read(folder.join("rpm/testdata/invalid")) else { return };
    let files = Files::from([(DATABASE.to_owned(), bytes)]);
    assert_eq!(problems(&facts(&files, DATABASE)).len(), 1);
}
