//! Hosts of other families than Debian's, and their bills: the same findings and the same gaps, for
//! each form of package database, by source package and by binary, with epochs and module streams.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use holdfast_advisories::{Compiler, Origin, osv};
use holdfast_engine::assess::Assessment;
use holdfast_engine::bill::{Notation, write};
use holdfast_engine::controls::Controls;
use holdfast_engine::host;
use holdfast_engine::look::Look;
use holdfast_model::{Target, Timestamp};
use holdfast_rulefile::Config;

use super::bills::{BOTH, gaps, rows};
use crate::support::{self, NOW, judged, record, world};

const ALPINE: &str = "P:busybox-binsh\nV:1.37.0-r18\nA:x86_64\no:busybox\n\n\
                      P:libstdc++\nV:14.2.0-r6\nA:x86_64\no:gcc\n\n\
                      P:musl\nV:1.2.5-r10\nA:x86_64\no:musl\n\n";

/// A host, what feeds say of it, and what is to be found: weakness and source package.
struct Host {
    os: &'static str,
    /// Path below the root, and a fixture of the readers or the text itself.
    database: &'static [(&'static str, Database)],
    /// Ecosystem, package, fixed version and, for a module, its stream.
    records: &'static [(&'static str, &'static str, &'static str, &'static str)],
    found: &'static [(&'static str, &'static str)],
    /// How many gaps there are.
    gaps: usize,
}

enum Database {
    Fixture(&'static str),
    Text(&'static str),
}

const SQLITE: &str = "usr/lib/sysimage/rpm/rpmdb.sqlite";
const SQLITE_LOG: &str = "usr/lib/sysimage/rpm/rpmdb.sqlite-wal";

const HOSTS: [Host; 7] = [
    Host {
        os: "ID=\"almalinux\"\nVERSION_ID=\"9.4\"\n",
        database: &[(SQLITE, Database::Fixture("plain/rpmdb.sqlite"))],
        records: &[
            ("AlmaLinux:9", "sub-tool", "1.0-1.el9", ""),
            ("AlmaLinux:9", "withepoch", "2:5.0-2.el9", ""),
            // Nobody can tell: the installed version has no epoch.
            ("AlmaLinux:9", "plainlib", "1:1.2.3-1.el9", ""),
            ("AlmaLinux:9", "modular", "1:16.14.0-1.module_el8", "nodejs:16"),
            ("AlmaLinux:9", "modular", "1:18.14.0-1.module_el8", "nodejs:18"),
        ],
        found: &[
            ("CVE-2026-91000", "pkg:rpm/almalinux/withepoch"),
            ("CVE-2026-91001", "pkg:rpm/almalinux/withepoch"),
            ("CVE-2026-91003", "pkg:rpm/almalinux/modular"),
        ],
        gaps: 1,
    },
    Host {
        os: "ID=\"rhel\"\nVERSION_ID=\"9.4\"\n",
        database: &[(SQLITE, Database::Fixture("plain/rpmdb.sqlite"))],
        records: &[
            ("Red Hat:enterprise_linux:9::baseos", "withepoch", "2:5.0-2.el9", ""),
            ("Red Hat:enterprise_linux:9::baseos", "sub-tool", "9.0-1.el9", ""),
        ],
        found: &[("CVE-2026-91000", "pkg:rpm/redhat/withepoch")],
        gaps: 0,
    },
    Host {
        os: "ID=\"rocky\"\nVERSION_ID=\"9.4\"\n",
        database: &[
            (SQLITE, Database::Fixture("log/rpmdb.sqlite")),
            (SQLITE_LOG, Database::Fixture("log/rpmdb.sqlite-wal")),
        ],
        records: &[
            ("Rocky Linux:9", "zlib", "0:1.2.11-41.el9", ""),
            ("Rocky Linux:9", "bash", "0:5.1.8-9.el9", ""),
        ],
        found: &[("CVE-2026-91000", "pkg:rpm/rocky-linux/zlib")],
        gaps: 0,
    },
    Host {
        os: "ID=\"rocky\"\nVERSION_ID=\"8.9\"\n",
        database: &[("var/lib/rpm/Packages", Database::Fixture("hash/Packages"))],
        records: &[("Rocky Linux:8", "parts", "3.1-5.el8", "")],
        found: &[("CVE-2026-91000", "pkg:rpm/rocky-linux/parts")],
        // One part has an epoch of its own; and nothing says that of the source.
        gaps: 2,
    },
    Host {
        os: "ID=\"sles\"\nVERSION_ID=\"15.7\"\n",
        database: &[("var/lib/rpm/Packages.db", Database::Fixture("slots/Packages.db"))],
        records: &[
            ("SUSE:Linux Enterprise Server 15 SP7", "perl", "5.38-2", ""),
            ("SUSE:Linux Enterprise Server 15 SP7", "libzypp", "17.31-1.2", ""),
        ],
        found: &[
            ("CVE-2026-91000", "pkg:rpm/suse/perl"),
            ("CVE-2026-91001", "pkg:rpm/suse/libzypp"),
        ],
        gaps: 1,
    },
    Host {
        os: "ID=alpine\nVERSION_ID=3.22.1\n",
        database: &[("lib/apk/db/installed", Database::Text(ALPINE))],
        records: &[
            ("Alpine:v3.22", "busybox", "1.37.0-r19", ""),
            ("Alpine:v3.22", "gcc", "14.2.0-r7", ""),
            ("Alpine:v3.21", "musl", "9.0.0-r0", ""),
        ],
        found: &[
            ("CVE-2026-91000", "pkg:apk/alpine/busybox"),
            ("CVE-2026-91001", "pkg:apk/alpine/gcc"),
        ],
        gaps: 0,
    },
    Host {
        // Nobody mends it any more.
        os: "ID=alpine\nVERSION_ID=3.19.1\n",
        database: &[("lib/apk/db/installed", Database::Text(ALPINE))],
        records: &[("Alpine:v3.19", "busybox", "1.37.0-r19", "")],
        found: &[
            ("CVE-2026-91000", "pkg:apk/alpine/busybox"),
            ("eol:alpine:3.19", "alpine:3.19.1"),
        ],
        gaps: 0,
    },
];

fn index(host: &Host) -> Vec<u8> {
    let mut compiler = Compiler::new();
    for (at, (ecosystem, name, fixed, stream)) in host.records.iter().enumerate() {
        let (id, alias) = (format!("ALSA-2026:{at}"), format!("CVE-2026-{}", 91_000 + at));
        let text = record(&id, &alias, ecosystem, name, fixed);
        let summary = format!("Important: {stream} security update");
        let text = text.replace("Rounding reads past the end of the price list", &summary);
        let parsed = osv::parse("feed.json", text.as_bytes()).unwrap();
        let family = ecosystem.split(':').next().unwrap();
        compiler.add(family, &parsed, Origin::Feed);
    }
    let compiled = compiler.finish(Timestamp(NOW));
    assert_eq!(compiled.problems, []);
    compiled.bytes
}

fn looked_at(host: &Host, index: &[u8]) -> (Look, Assessment) {
    let folders = support::Folders::new();
    folders.write("etc/os-release", host.os);
    for (path, database) in host.database {
        let bytes = match database {
            Database::Text(text) => text.as_bytes().to_vec(),
            Database::Fixture(name) => {
                let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sense/fixtures");
                std::fs::read(fixtures.join("rpm-database").join(name)).unwrap()
            }
        };
        folders.write(path, bytes);
    }
    let root: Arc<str> = folders.tree.path().to_str().unwrap().into();
    let here = tempfile::tempdir().unwrap();
    let world = support::real_world(here.path());
    let controls = Arc::new(Controls::default());
    let look = host::look_at(&world, &Target::Root(root), &controls, &Config::default()).unwrap();
    let (_, settings) = support::look(&world);
    let assessment = judged(&look, &settings, index);
    (look, assessment)
}

fn of_bill(look: &Look, notation: Notation, name: &str, index: &[u8]) -> Assessment {
    let text = write(look, Timestamp(NOW), notation);
    let world = world(Path::new("/data"), index, &[(name, text.as_bytes())]);
    let (look, settings) = support::look(&world);
    judged(&look, &settings, index)
}

/// What could not be judged; why it could not may be said in other words.
fn subjects(assessment: &Assessment) -> BTreeSet<String> {
    gaps(assessment).into_iter().map(|(subject, _)| subject).collect()
}

#[test]
fn hosts_of_other_families_and_their_bills_show_the_same() {
    for host in &HOSTS {
        let index = index(host);
        let (look, before) = looked_at(host, &index);
        let found: Vec<(String, String)> =
            rows(&before).into_iter().map(|(id, _, subject, _)| (id, subject)).collect();
        let found: Vec<(&str, &str)> =
            found.iter().map(|(id, subject)| (id.as_str(), subject.as_str())).collect();
        assert_eq!(found, host.found, "{}", host.os);
        assert_eq!(gaps(&before).len(), host.gaps, "{}: {:?}", host.os, gaps(&before));
        for (notation, name) in BOTH {
            let after = of_bill(&look, notation, name, &index);
            assert_eq!(rows(&after), rows(&before), "{} {name}", host.os);
            assert_eq!(subjects(&after), subjects(&before), "{} {name}", host.os);
        }
    }
}
