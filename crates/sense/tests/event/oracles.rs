//! Real logs that others recorded, and the journal's own tool.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use flate2::read::MultiGzDecoder;
use holdfast_sense::event::log_readers;

use super::drive::{Row, chunks, reader, whole};
use super::skip::{NO_DATA, skip};

/// The shared data folder: `HOLDFAST_SHARED`, else beside the project.
fn shared(path: &str) -> Option<Vec<u8>> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let root = std::env::var_os("HOLDFAST_SHARED").map_or_else(beside, PathBuf::from);
    let path = root.join(path);
    let bytes = std::fs::read(&path).ok();
    if bytes.is_none() {
        skip(NO_DATA);
    }
    bytes
}

/// Records, refused records, and records that make no event; and how many people, services and
/// failures there are among the events.
fn counts(rows: &[Row]) -> [usize; 5] {
    let mut counts = [0; 5];
    for row in rows {
        let Row::Record(record) = row else {
            counts[1] += 1;
            continue;
        };
        counts[0] += 1;
        match record.normal("trail.json") {
            Ok(event) => {
                assert!(!event.actor.key.is_empty() && &*event.actor.key != "unknown");
                let theirs: serde_json::Value = serde_json::from_slice(&record.json).unwrap();
                assert_eq!(theirs["eventID"], *event.id);
                let action = format!(
                    "{}:{}",
                    theirs["eventSource"].as_str().unwrap(),
                    theirs["eventName"].as_str().unwrap()
                );
                assert_eq!(*event.action, *action);
                counts[3] += usize::from(event.actor.person);
                counts[4] += usize::from(event.went != holdfast_model::Went::Done);
            }
            Err(problem) => {
                assert!(problem.place.is_some(), "{problem}");
                counts[2] += 1;
            }
        }
    }
    counts
}

#[test]
fn every_record_of_two_exercises_makes_an_event() {
    for (path, wanted) in [
        ("cloudtrail/invictus.ndjson.gz", [2900, 0, 0, 2477, 300]),
        ("cloudtrail/stratus.ndjson.gz", [310, 0, 0, 246, 52]),
    ] {
        let Some(packed) = shared(path) else { return };
        let rows = chunks(log_readers()[0], packed.chunks(64 << 10));
        assert_eq!(counts(&rows), wanted, "{path}");
        // The same records in a list, over many lines, without packing.
        let mut text = String::new();
        MultiGzDecoder::new(&*packed).read_to_string(&mut text).unwrap();
        let list = format!("{{\"Records\":[{}]}}", text.lines().collect::<Vec<_>>().join(","));
        assert_eq!(counts(&whole("trail.json", list.as_bytes())), wanted, "{path}");
        let value: serde_json::Value = serde_json::from_str(&list).unwrap();
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        let rows = chunks(reader("trail.json", pretty.as_bytes()), pretty.as_bytes().chunks(999));
        assert_eq!(counts(&rows), wanted, "{path}");
    }
}

/// Debian's folder, and that of systems with one `/usr`.
const REMOTE: [&str; 2] =
    ["/lib/systemd/systemd-journal-remote", "/usr/lib/systemd/systemd-journal-remote"];

/// Where the journal's tools are: on this machine, or in the small system of the tests.
struct Tools {
    root: Option<PathBuf>,
    remote: &'static str,
}

impl Tools {
    fn find() -> Option<Self> {
        let small = std::env::var_os("HOLDFAST_TEST_ROOT").map(PathBuf::from);
        let in_root = |root: Option<PathBuf>| {
            let at = |path: &str| match &root {
                Some(root) => root.join(path.trim_start_matches('/')).exists(),
                None => Path::new(path).exists(),
            };
            let remote = REMOTE.into_iter().find(|path| at(path))?;
            at("/usr/bin/journalctl").then_some(Self { root, remote })
        };
        in_root(None).or_else(|| small.and_then(|root| in_root(Some(root))))
    }

    fn command(&self, program: &str) -> Command {
        let Some(root) = &self.root else { return Command::new(program) };
        // Newer ones do not begin without `/proc`; it is seen there by this command alone.
        let inside = r#"mount --bind /proc "$0/proc" && exec chroot "$0" "$@""#;
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", inside]).arg(root).arg(program);
        command
    }

    /// A folder that goes away, and its path for the tools.
    fn folder(&self) -> (tempfile::TempDir, PathBuf) {
        let Some(root) = &self.root else {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().to_owned();
            return (folder, path);
        };
        let folder = tempfile::tempdir_in(root.join("tmp")).unwrap();
        let path = Path::new("/").join(folder.path().strip_prefix(root).unwrap());
        (folder, path)
    }
}

/// Entries in the journal's export format; text that is no line of UTF-8 stands behind its length.
fn export(entries: &[&[(&str, &[u8])]]) -> Vec<u8> {
    let mut out = Vec::new();
    for (n, entry) in entries.iter().enumerate() {
        let time = 1_794_312_676_000_000 + 1_000_000 * n;
        let head = format!(
            "__REALTIME_TIMESTAMP={time}\n__MONOTONIC_TIMESTAMP={}\n_BOOT_ID={}\n",
            100 + n,
            "1".repeat(32)
        );
        out.extend_from_slice(head.as_bytes());
        for (name, value) in *entry {
            out.extend_from_slice(name.as_bytes());
            if value.contains(&b'\n') || std::str::from_utf8(value).is_err() {
                out.push(b'\n');
                out.extend_from_slice(&(value.len() as u64).to_le_bytes());
            } else {
                out.push(b'=');
            }
            out.extend_from_slice(value);
            out.push(b'\n');
        }
        out.push(b'\n');
    }
    out
}

/// What journalctl prints of some entries; `None` where the tools are missing.
fn journalctl(entries: &[&[(&str, &[u8])]]) -> Option<Vec<u8>> {
    let Some(tools) = Tools::find() else {
        skip("no systemd-journal-remote and journalctl");
        return None;
    };
    let (_folder, path) = tools.folder();
    let file = path.join("test.journal");
    let mut child = tools
        .command(tools.remote)
        .arg(format!("--output={}", file.display()))
        .arg("-")
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&export(entries)).unwrap();
    assert!(child.wait().unwrap().success(), "the journal cannot be made");
    let output = tools
        .command("journalctl")
        .arg("--file")
        .arg(&file)
        .args(["--output=json", "--no-pager"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(output.stdout)
}

#[test]
fn a_real_journal_is_read_as_it_was_written() {
    let host: (&str, &[u8]) = ("_HOSTNAME", b"web-1");
    let latin: &[u8] = b"caf\xe9 \x1b[1m";
    let Some(printed) = journalctl(&[
        &[
            host,
            ("SYSLOG_IDENTIFIER", b"sshd"),
            ("_PID", b"2271"),
            ("MESSAGE", b"Accepted password for ana from 192.0.2.7 port 52314 ssh2"),
        ],
        &[host, ("SYSLOG_IDENTIFIER", b"named"), ("MESSAGE", latin)],
        &[host, ("SYSLOG_IDENTIFIER", b"shop"), ("MESSAGE", b"one\n{\"two\": 2}")],
        &[host, ("SYSLOG_IDENTIFIER", b"shop"), ("TAG", b"a"), ("TAG", b"b"), ("MESSAGE", b"x")],
        &[
            host,
            ("_COMM", b"usermod"),
            ("_SOURCE_REALTIME_TIMESTAMP", b"1794312600000000"),
            ("MESSAGE", b"add 'ben' to group 'sudo'"),
        ],
    ]) else {
        return;
    };
    let rows = whole("journal", &printed);
    let records: Vec<BTreeMap<String, serde_json::Value>> = rows
        .iter()
        .map(|row| match row {
            Row::Record(record) => serde_json::from_slice(&record.json).unwrap(),
            other => panic!("{other:?}"),
        })
        .collect();
    let messages: Vec<&str> =
        records.iter().map(|record| record["message"].as_str().unwrap()).collect();
    assert_eq!(
        messages,
        [
            "Accepted password for ana from 192.0.2.7 port 52314 ssh2",
            "caf\u{fffd} \u{1b}[1m",
            "one\n{\"two\": 2}",
            "x",
            "add 'ben' to group 'sudo'",
        ]
    );
    assert_eq!(records[1]["MESSAGE"], "caf\u{fffd} \u{1b}[1m");
    assert_eq!(records[3]["TAG"], serde_json::json!(["a", "b"]));
    assert_eq!(records[4]["time"], "2026-11-10T12:10:00Z");
    let events: Vec<_> = rows
        .iter()
        .map(|row| match row {
            Row::Record(record) => record.normal("journal").unwrap(),
            other => panic!("{other:?}"),
        })
        .collect();
    let (login, group) = (&events[0], &events[4]);
    assert_eq!((&*login.action, &*login.actor.key), ("login", "ana@web-1"));
    assert_eq!((&*login.log, &*login.from), ("linux/sshd", "192.0.2.7"));
    assert_eq!(login.at.to_string(), "2026-11-10T12:11:16Z");
    assert!(login.actor.person && login.id.starts_with("s="));
    assert_eq!((&*group.action, &*group.log), ("group-member-add", "linux/auth"));
    assert_eq!(group.targets.iter().map(|target| &**target).collect::<Vec<_>>(), ["ben", "sudo"]);
}
