//! Where nothing changed nothing is linked, and only ages are new; whatever changed is linked, and so
//! is what is damaged.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;

use holdfast_advisories::Index;
use holdfast_engine::index_file;
use holdfast_engine::sync::{self, Request, Source, Sources};
use holdfast_model::Timestamp;
use holdfast_world::{FixedClock, Reach, Recorded, World};

use super::mirror::{self, DATA, Mirror, NOW, record};
use super::support::HOUR;
use super::{PYPI, Records, change, index, records, remove_all};

/// What the index was linked from.
const PRINT: &str = "/data/advisories.print";

fn write(world: &World, path: &str, bytes: impl AsRef<[u8]>) {
    world.files.write_atomic(Path::new("/"), Path::new(path), bytes.as_ref()).unwrap();
}

fn read(world: &World, path: &str) -> Vec<u8> {
    world.files.read(Path::new("/"), Path::new(path), 1 << 30).unwrap()
}

fn exploited(cve: &str, released: &str) -> String {
    format!(r#"{{"dateReleased": "{released}", "vulnerabilities": [{{"cveID": "{cve}"}}]}}"#)
}

fn likely(model: &str, chance: &str) -> String {
    format!(
        "#model_version:{model},score_date:2026-11-20T00:00:00Z\ncve,epss,percentile\n\
         CVE-2026-1,{chance},0.5\n"
    )
}

/// Sources of every kind: an address, a folder with an export and single files, and catalogues.
fn everything(all: &Records) -> (Arc<Mirror>, World, Sources) {
    let advisory = "```toml\n[advisory]\nid = \"RUSTSEC-2026-0001\"\npackage = \"door\"\n\
        date = \"2026-01-02\"\naliases = [\"CVE-2026-1\"]\n\n[versions]\n\
        patched = [\">= 1.2.3\"]\n```\n# A hole\n";
    let recorded = Recorded::new()
        .file("/here/RUSTSEC-2026-0001.md", advisory)
        .file("/here/y.json", record("Y-1", "Go", 2, 0, false))
        .file("/here/npm/all.zip", mirror::zipped(&npm(2)))
        .file("/kev.json", exploited("CVE-2026-1", "2026-11-19T00:00:00Z"))
        .file("/epss.csv", likely("v1", "0.1"));
    let (mirror, world) = Mirror::new(recorded);
    mirror.list("PyPI", all);
    mirror.export("PyPI", all);
    let source = |text: &str| Source::read(text, Path::new("/")).unwrap();
    let sources = Sources {
        from: vec![source(PYPI), source("/here")],
        kev: Some(source("/kev.json")),
        epss: Some(source("/epss.csv")),
    };
    (mirror, world, sources)
}

/// Two records of an export, of which the first one is mended in this version.
fn npm(fixed: u32) -> Records {
    let second = fixed * 60;
    let one = ("N-1".to_owned(), record("N-1", "npm", fixed, second, false));
    Records::from([one, ("N-2".to_owned(), record("N-2", "npm", 2, 0, false))])
}

/// Syncs into a folder. Whether anything was linked, and the digest of the index.
#[track_caller]
fn synced_into(world: &World, data: &str, sources: &Sources) -> (bool, String) {
    let linked = Cell::new(false);
    let say = |what: &str| linked.set(linked.get() || what == "compiling");
    let request = Request { sources: sources.clone(), reach: Reach::default(), offline: false };
    let report = sync::sync(world, Path::new(data), &request, &say).unwrap();
    assert_eq!(report.details, []);
    (linked.get(), report.digest.unwrap())
}

#[track_caller]
fn synced(world: &World, sources: &Sources) -> (bool, String) {
    synced_into(world, DATA, sources)
}

#[test]
fn where_nothing_changed_nothing_is_linked_and_ages_are_renewed() {
    let (_, mut world, sources) = everything(&records(5));
    let (linked, digest) = synced(&world, &sources);
    assert!(linked);
    let first = index(&world);
    assert_eq!(synced(&world, &sources), (false, digest.clone()));
    assert!(index(&world) == first, "by a clock that stands still");
    for hours in [5, 6] {
        let now = Timestamp(NOW + hours * HOUR);
        world.clock = Arc::new(FixedClock::at(now));
        assert_eq!(synced(&world, &sources), (false, digest.clone()));
        let carried = index(&world);
        let opened = Index::open(&carried).unwrap();
        opened.verify().unwrap();
        assert_eq!(opened.built(), now);
        let asked = |name: &str| {
            let feeds = opened.feeds();
            feeds.into_iter().find(|feed| feed.name == name).unwrap().asked
        };
        // What lies in a folder is as old as it is, however often it is read.
        assert_eq!((asked("PyPI"), asked("Go")), (Some(now), None));
        // It is what linking makes.
        world.files.remove(Path::new("/"), Path::new(PRINT)).unwrap();
        assert_eq!(synced(&world, &sources), (true, digest.clone()));
        assert!(index(&world) == carried, "{hours}");
    }
}

/// A sync after something changed, and another one after which nothing did.
#[track_caller]
fn follows(world: &World, sources: &Sources, what: &str) {
    let (linked, digest) = synced(world, sources);
    assert!(linked, "{what}");
    remove_all(world, Path::new("/elsewhere"));
    assert_eq!(synced_into(world, "/elsewhere", sources), (true, digest.clone()), "{what}");
    let good = index(world);
    assert_eq!(synced(world, sources), (false, digest), "{what}");
    assert!(index(world) == good, "{what}");
}

#[test]
fn whatever_changes_is_linked() {
    // So many that what changes is kept beside the rest.
    let mut all = records(120);
    let (mirror, world, mut sources) = everything(&all);
    follows(&world, &sources, "first");
    change(&mut all, "A-1", 60, false);
    mirror.list("PyPI", &all);
    follows(&world, &sources, "a record behind an address");
    change(&mut all, "A-2", 61, true);
    change(&mut all, "B-1", 62, false);
    mirror.list("PyPI", &all);
    follows(&world, &sources, "one withdrawn and a new one");
    all.remove("A-3");
    mirror.list("PyPI", &all);
    mirror.export("PyPI", &all);
    follows(&world, &sources, "one gone from the whole export");

    write(&world, "/here/y.json", record("Y-1", "Go", 3, 60, false));
    follows(&world, &sources, "a file");
    write(&world, "/here/z.json", record("Z-1", "Go", 3, 60, false));
    follows(&world, &sources, "a new file");
    world.files.remove(Path::new("/"), Path::new("/here/y.json")).unwrap();
    follows(&world, &sources, "a file that is gone");
    let advisory = String::from_utf8(read(&world, "/here/RUSTSEC-2026-0001.md")).unwrap();
    write(&world, "/here/RUSTSEC-2026-0001.md", advisory.replace("1.2.3", "1.2.4"));
    follows(&world, &sources, "a file of another form");
    write(&world, "/here/npm/all.zip", mirror::zipped(&npm(3)));
    follows(&world, &sources, "a record in an export");
    let mut fewer = npm(3);
    fewer.remove("N-2");
    write(&world, "/here/npm/all.zip", mirror::zipped(&fewer));
    follows(&world, &sources, "a record gone from an export");

    write(&world, "/kev.json", exploited("CVE-2026-2", "2026-11-19T00:00:00Z"));
    follows(&world, &sources, "what is exploited");
    write(&world, "/kev.json", exploited("CVE-2026-2", "2026-11-20T00:00:00Z"));
    follows(&world, &sources, "as of when that is known");
    write(&world, "/here/kev.json", exploited("CVE-2026-1", "2026-11-18T00:00:00Z"));
    follows(&world, &sources, "a catalogue in a folder");
    write(&world, "/epss.csv", likely("v1", "0.2"));
    follows(&world, &sources, "a chance");
    write(&world, "/epss.csv", likely("v2", "0.2"));
    follows(&world, &sources, "who says it");

    sources.epss = None;
    follows(&world, &sources, "chances are named no more");
    sources.kev = None;
    follows(&world, &sources, "nor a catalogue");
    sources.from.pop();
    follows(&world, &sources, "nor a folder");
}

#[test]
fn an_index_that_is_not_as_it_was_written_is_linked() {
    let mut all = records(3);
    let (mirror, world, sources) = everything(&all);
    synced(&world, &sources);
    let before = (index(&world), read(&world, PRINT));
    change(&mut all, "A-1", 60, false);
    mirror.list("PyPI", &all);
    let (_, digest) = synced(&world, &sources);
    let good = index(&world);
    let path = index_file::path(Path::new(DATA)).display().to_string();
    // Another one that is whole, or half of this one, or none.
    write(&world, &path, &before.0);
    assert_eq!(synced(&world, &sources), (true, digest.clone()));
    write(&world, &path, &good[..good.len() / 2]);
    assert_eq!(synced(&world, &sources), (true, digest.clone()));
    world.files.remove(Path::new("/"), Path::new(&path)).unwrap();
    assert_eq!(synced(&world, &sources), (true, digest.clone()));
    assert!(index(&world) == good);
    // What stands in front tells where the rest is, and when it was asked stands behind it: both are
    // written anew, if nothing is linked.
    let (front, behind) = (184, 12);
    for at in (0..front).step_by(12).chain((front..good.len() - behind).step_by(good.len() / 9)) {
        let mut bytes = good.clone();
        bytes[at] ^= 0x10;
        write(&world, &path, &bytes);
        let (linked, again) = synced(&world, &sources);
        assert!(linked || at < front, "{at}");
        assert_eq!(again, digest, "{at}");
        assert!(index(&world) == good, "{at}");
    }
    // What it was linked from is another one's, damaged, or not there.
    let print = read(&world, PRINT);
    assert_ne!(print, before.1);
    for other in [&before.1[..], &print[..print.len() / 2], b"", b"{}"] {
        write(&world, PRINT, other);
        assert_eq!(synced(&world, &sources), (true, digest.clone()), "{other:?}");
        assert!(read(&world, PRINT) == print);
        assert_eq!(synced(&world, &sources), (false, digest.clone()), "{other:?}");
    }
    assert!(index(&world) == good);
}
