//! What lasts from sync to sync: what could not be read is told until it can be, what is broken counts
//! as it was, and nothing is read twice that did not change.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use holdfast_engine::sync::{self, Request, Source, Sources, SyncReport};
use holdfast_world::{
    Files, Listed, Lock, LockError, Mapped, Metadata, Reach, ReadError, Recorded, Stat, World,
    WriteError,
};

use super::mirror::{self, DATA, Mirror, Wrong, not_done, record, synced};
use super::{PYPI, Records, change, codes, kept, records, serving};

fn status(world: &World) -> SyncReport {
    sync::status(world, Path::new(DATA))
}

fn write(world: &World, path: &str, bytes: &[u8]) {
    world.files.write_atomic(Path::new("/"), Path::new(path), bytes).unwrap();
}

#[test]
fn what_cannot_be_read_is_told_at_each_sync_and_in_between() {
    let mut all = records(5);
    let (mirror, world) = serving(&all);
    let mut inside = all.clone();
    inside.insert("A-9".to_owned(), "{\"id\": 7}".to_owned());
    mirror.put("PyPI/all.zip", mirror::zipped(&inside));
    let first = synced(&world, &[PYPI], None).unwrap();
    assert_eq!(codes(&first), ["record-unreadable"]);
    // Nothing changed: nothing is read, and the same is told.
    let again = synced(&world, &[PYPI], None).unwrap();
    assert_eq!((again.details, again.digest), (first.details.clone(), first.digest.clone()));
    assert_eq!(status(&world).details, first.details);
    // One record changed: the broken one still stands in the export.
    change(&mut all, "A-1", 60, false);
    mirror.list("PyPI", &all);
    assert_eq!(synced(&world, &[PYPI], None).unwrap().details, first.details);
    assert_eq!(status(&world).details, first.details);
    // It is published rightly.
    all.insert("A-9".to_owned(), record("A-9", "PyPI", 2, 61, false));
    mirror.list("PyPI", &all);
    assert_eq!(codes(&synced(&world, &[PYPI], None).unwrap()), [""; 0]);
    assert_eq!(codes(&status(&world)), [""; 0]);
    // What a server does not hand over is told until it does.
    let go = "https://mirror.example/osv/Go";
    mirror.goes("Go/ecosystems.txt", Some(Wrong::Never));
    let lost = synced(&world, &[PYPI, go], None).unwrap();
    assert_eq!((codes(&lost), codes(&status(&world))), (vec!["http-lost"], vec!["http-lost"]));
}

/// Files of forms that are no export, each with what it is broken into.
fn forms() -> Vec<(&'static str, String, Vec<String>)> {
    let secdb = r#"{"distroversion": "v3.19", "reponame": "main", "packages": [{"pkg": {
        "name": "door", "secfixes": {"1.2.3-r4": ["CVE-2026-0003"]}}}]}"#;
    let tracker = r#"{"door": {"CVE-2026-0001": {"releases": {"bookworm": {"status": "resolved",
        "repositories": {"bookworm": "1.0-1"}, "fixed_version": "1.0-2", "urgency": "low"}}}}}"#;
    let rustsec = "```toml\n[advisory]\nid = \"RUSTSEC-2026-0001\"\npackage = \"door\"\n\
        date = \"2026-01-02\"\n\n[versions]\npatched = [\">= 1.2.3\"]\n```\n# A hole\n";
    let osv = record("A-1", "PyPI", 2, 0, false);
    let half = |text: &str| text[..text.len() / 2].to_owned();
    let forms = [
        ("/feeds/main.json", secdb),
        ("/feeds/tracker.json", tracker),
        ("/feeds/crates/door/RUSTSEC-2026-0001.md", rustsec),
        ("/feeds/A-1.json", osv.as_str()),
    ];
    let broken = |text: &str| vec![half(text), String::new(), "{}".to_owned(), "# Words\n".into()];
    forms.map(|(path, text)| (path, text.to_owned(), broken(text))).to_vec()
}

#[test]
fn a_broken_file_of_any_form_counts_as_it_was_and_is_told() {
    for (path, good, all_broken) in forms() {
        let beside = record("Z-1", "npm", 2, 0, false);
        let recorded = Recorded::new().file(path, good.as_str()).file("/feeds/z.json", beside);
        let (_, world) = Mirror::new(recorded);
        let first = synced(&world, &["/feeds"], None).unwrap();
        assert_eq!((first.feeds.len(), codes(&first)), (2, vec![]), "{path}");
        for broken in all_broken {
            write(&world, path, broken.as_bytes());
            // Each time, not only the first one.
            for _ in 0..2 {
                let report = synced(&world, &["/feeds"], None).unwrap();
                assert_eq!(report.digest, first.digest, "{path} {broken:?}");
                let [told] = report.details.as_slice() else { panic!("{:?}", report.details) };
                assert!(told.help.starts_with("what was there stays"), "{path} {told}");
                assert!(told.place.as_ref().unwrap().path.starts_with(path), "{told}");
                assert_eq!(status(&world).details, report.details);
            }
        }
        // Neighbours are brought in all the same.
        write(&world, "/feeds/z.json", record("Z-1", "npm", 3, 9, false).as_bytes());
        let news = synced(&world, &["/feeds"], None).unwrap();
        assert_eq!((news.changes.unwrap().changed, news.details.len()), (1, 1), "{path}");
        write(&world, path, good.as_bytes());
        let mended = synced(&world, &["/feeds"], None).unwrap();
        assert_eq!((&mended.digest, codes(&mended)), (&news.digest, vec![]), "{path}");
        // One that is gone is gone.
        world.files.remove(Path::new("/"), Path::new(path)).unwrap();
        assert_eq!(synced(&world, &["/feeds"], None).unwrap().feeds.len(), 1, "{path}");
    }
}

#[test]
fn a_source_that_is_not_there_counts_as_it_was() {
    let all = records(3);
    let advisory = record("Z-1", "npm", 2, 0, false);
    let recorded = Recorded::new()
        .file("/mnt/PyPI/all.zip", mirror::zipped(&all))
        .file("/mnt/z.json", advisory)
        .file("/here/y.json", record("Y-1", "Go", 2, 0, false));
    let (_, world) = Mirror::new(recorded);
    let sources = ["/mnt", "/here"];
    let first = synced(&world, &sources, None).unwrap();
    assert_eq!((first.feeds.len(), codes(&first)), (3, vec![]));
    for path in ["/mnt/PyPI/all.zip", "/mnt/z.json"] {
        world.files.remove(Path::new("/"), Path::new(path)).unwrap();
    }
    for _ in 0..2 {
        let report = synced(&world, &sources, None).unwrap();
        assert_eq!((report.details.len(), &report.digest), (1, &first.digest));
        assert!(report.details[0].help.starts_with("what was there stays"), "{:?}", report.details);
    }
    // Where it is all there is, nothing is written.
    assert!(synced(&world, &["/mnt"], None).is_err());
    assert_eq!(status(&world).digest, first.digest);
    write(&world, "/mnt/z.json", record("Z-1", "npm", 3, 9, false).as_bytes());
    let back = synced(&world, &sources, None).unwrap();
    assert_eq!((back.feeds.len(), codes(&back)), (2, vec![]), "what is there is all there is");
}

#[test]
fn what_was_fetched_and_is_lost_counts_as_it_was_until_it_is_fetched_anew() {
    let go = "https://mirror.example/osv/Go";
    let mut all = records(4);
    let (mirror, world) = serving(&all);
    let others = Records::from([("G-1".to_owned(), record("G-1", "Go", 2, 0, false))]);
    mirror.list("Go", &others);
    mirror.export("Go", &others);
    synced(&world, &[PYPI, go], None).unwrap();
    change(&mut all, "A-1", 60, false);
    mirror.list("PyPI", &all);
    let first = synced(&world, &[PYPI, go], None).unwrap();
    // Whatever of it is gone while nobody can be asked.
    let mine = |name: &str| {
        let found = kept(&world).into_iter().map(|(path, _)| path);
        let found: Vec<String> = found.filter(|path| path.contains("/PyPI/")).collect();
        found.into_iter().find(|path| path.contains(name)).unwrap()
    };
    for name in ["records/A-1.json", "whole-", "state.json"] {
        mirror.goes("PyPI/modified_id.csv", Some(Wrong::Never));
        world.files.remove(Path::new("/"), Path::new(&mine(name))).unwrap();
        for _ in 0..2 {
            let report = synced(&world, &[PYPI, go], None).unwrap();
            assert_eq!(
                (codes(&report), &report.digest),
                (vec!["http-lost"], &first.digest),
                "{name}"
            );
        }
        assert_eq!(not_done(synced(&world, &[PYPI], None)).code, "http-lost");
        mirror.goes("PyPI/modified_id.csv", None);
        let anew = synced(&world, &[PYPI, go], None).unwrap();
        assert_eq!((codes(&anew), &anew.digest), (vec![], &first.digest), "{name}");
    }
    // Without a segment there is nothing that could count; nobody else loses anything.
    for name in ["whole-", "=segments"] {
        let all = kept(&world).into_iter().filter(|(path, _)| path.contains(name));
        for (path, size) in all.filter(|(path, _)| !path.contains("/Go/")) {
            write(&world, &path, &vec![b'x'; usize::try_from(size).unwrap()]);
        }
    }
    let lost = synced(&world, &[PYPI, go], None).unwrap();
    let feeds: Vec<&str> = lost.feeds.iter().map(|feed| feed.ecosystem.as_str()).collect();
    assert_eq!((codes(&lost), feeds), (vec!["cannot-read"], vec!["Go"]));
    assert_eq!(synced(&world, &[PYPI, go], None).unwrap().digest, first.digest);
}

/// Files of which is noted what is read.
#[derive(Debug)]
struct Counting {
    inner: Arc<dyn Files>,
    read: Mutex<Vec<String>>,
}

impl Files for Counting {
    fn folder(&self, folder: &Path) -> Result<PathBuf, ReadError> {
        self.inner.folder(folder)
    }

    fn read(&self, root: &Path, path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
        self.read.lock().unwrap().push(path.display().to_string());
        self.inner.read(root, path, limit)
    }

    fn head(&self, root: &Path, path: &Path, length: usize) -> Result<Vec<u8>, ReadError> {
        self.inner.head(root, path, length)
    }

    fn map(&self, root: &Path, path: &Path) -> Result<Mapped, ReadError> {
        self.inner.map(root, path)
    }

    fn metadata(&self, root: &Path, path: &Path) -> Result<Metadata, ReadError> {
        self.inner.metadata(root, path)
    }

    fn stat(&self, root: &Path, path: &Path) -> Result<Stat, ReadError> {
        self.inner.stat(root, path)
    }

    fn system(&self, folder: &Path) -> Result<Arc<dyn Files>, ReadError> {
        self.inner.system(folder)
    }

    fn list(&self, root: &Path, folder: &Path) -> Result<Vec<Listed>, ReadError> {
        self.inner.list(root, folder)
    }

    fn write_new(&self, root: &Path, path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
        self.inner.write_new(root, path, bytes)
    }

    fn write_atomic(&self, root: &Path, path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
        self.inner.write_atomic(root, path, bytes)
    }

    fn remove(&self, root: &Path, path: &Path) -> Result<(), WriteError> {
        self.inner.remove(root, path)
    }

    fn make_folder(&self, folder: &Path) -> Result<(), WriteError> {
        self.inner.make_folder(folder)
    }

    fn lock(&self, file: &Path, note: &str) -> Result<Lock, LockError> {
        self.inner.lock(file, note)
    }
}

/// Syncs, and tells which of the files that hold records were read, and what was taken up anew.
fn counted(world: &mut World, from: &str) -> (Vec<String>, Vec<String>) {
    let inner = Arc::clone(&world.files);
    let counting = Arc::new(Counting { inner: Arc::clone(&inner), read: Mutex::default() });
    world.files = Arc::<Counting>::clone(&counting);
    let from = vec![Source::read(from, Path::new("/")).unwrap()];
    let sources = Sources { from, kev: None, epss: None };
    let request = Request { sources, reach: Reach::default(), offline: false };
    let said = RefCell::new(Vec::new());
    let say = |what: &str| said.borrow_mut().push(what.to_owned());
    sync::sync(world, Path::new(DATA), &request, &say).unwrap();
    world.files = inner;
    let read = counting.read.lock().unwrap();
    let name = |path: &String| {
        let name = path.rsplit('/').next().unwrap_or_default();
        (path.contains("/records/") || name.starts_with("whole-")).then(|| name.to_owned())
    };
    let mut said = said.into_inner();
    said.retain(|what: &String| what.starts_with("reading "));
    (read.iter().filter_map(name).collect(), said)
}

#[test]
fn a_delta_of_one_record_reads_that_record_and_no_other() {
    let mut all = records(50);
    let (mirror, mut world) = serving(&all);
    let (read, said) = counted(&mut world, PYPI);
    assert!(!read.is_empty() && read.iter().all(|name| name == "whole-0"), "{read:?}");
    assert_eq!(said.len(), 1);
    for (second, id) in (60..).zip(["A-7", "A-8", "B-1", "A-7"]) {
        change(&mut all, id, second, false);
        mirror.list("PyPI", &all);
        mirror.asked();
        assert_eq!(counted(&mut world, PYPI), (vec![format!("{id}.json")], vec![]), "{second}");
        let asked = mirror.asked();
        let singly = asked.iter().filter(|path| path.contains(".json") || path.contains(".zip"));
        assert_eq!(singly.collect::<Vec<_>>(), [&format!("PyPI/{id}.json")], "{second}");
    }
    // Where nothing changed, nothing is read.
    assert_eq!(counted(&mut world, PYPI), (vec![], vec![]));
    // And it is the same as if everything had been read.
    let last = synced(&world, &[PYPI], None).unwrap().digest;
    mirror.export("PyPI", &all);
    assert_eq!(last, super::anew(&mirror, PYPI));
}

#[test]
fn of_a_folder_of_files_the_changed_one_is_taken_up_anew() {
    let advisory = |number: u32, patched: &str| {
        format!(
            "```toml\n[advisory]\nid = \"RUSTSEC-2026-000{number}\"\npackage = \"door\"\n\
             date = \"2026-01-02\"\n\n[versions]\npatched = [\">= {patched}\"]\n```\n# A hole\n"
        )
    };
    let path = |number: u32| format!("/feeds/crates/door/RUSTSEC-2026-000{number}.md");
    let mut recorded = Recorded::new();
    for number in 1..4 {
        recorded = recorded.file(path(number), advisory(number, "1.0.0"));
    }
    let (_, mut world) = Mirror::new(recorded);
    assert_eq!(counted(&mut world, "/feeds").1.len(), 3);
    assert_eq!(counted(&mut world, "/feeds").1, [""; 0]);
    write(&world, &path(2), advisory(2, "1.5.0").as_bytes());
    assert_eq!(counted(&mut world, "/feeds").1, [format!("reading {}", path(2))]);
    let known = holdfast_engine::ask::show(&world, Path::new(DATA), "pkg:cargo/door@1.2.0");
    assert_eq!(known.unwrap().weaknesses.len(), 1);
}

#[test]
fn an_export_that_lost_all_its_records_counts_as_it_was() {
    let recorded = Recorded::new()
        .file("/feeds/PyPI/all.zip", mirror::zipped(&records(3)))
        .file("/feeds/z.json", record("Z-1", "npm", 2, 0, false));
    let (_, world) = Mirror::new(recorded);
    let first = synced(&world, &["/feeds"], None).unwrap();
    write(&world, "/feeds/PyPI/all.zip", &mirror::zipped(&std::collections::BTreeMap::new()));
    for _ in 0..2 {
        let report = synced(&world, &["/feeds"], None).unwrap();
        let [told] = report.details.as_slice() else { panic!("{:?}", report.details) };
        assert!(told.message.starts_with("there are no advisories in"), "{told}");
        assert!(told.help.starts_with("what was there stays"), "{told}");
        assert_eq!(report.digest, first.digest);
    }
}
