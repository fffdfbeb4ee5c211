//! Fixes that stay honest: what was written is proven, what could not be refreshed is said, what
//! changed in between is refused, and everything can be taken back to the byte.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test ends where something is not as it should be"
)]

#[path = "mend/all.rs"]
mod all;
#[path = "mend/asked.rs"]
mod asked;
#[path = "mend/host.rs"]
mod host;
#[path = "mend/images.rs"]
mod images;
#[path = "mend/lines.rs"]
mod lines;
#[path = "mend/managers.rs"]
mod managers;
mod support;
#[path = "mend/taken_back.rs"]
mod taken_back;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use holdfast_engine::Failure;
use holdfast_engine::fix::{Fixed, Options, fix, undo};
use holdfast_world::{
    Files, Listed, Lock, LockError, Mapped, Metadata, Output, ReadError, RecordedCommand, Stat,
    World, WriteError,
};
use support::{SHOP, TILLER, bytes, cargo_lock, package_lock, recorded, world};

static INDEX: LazyLock<Vec<u8>> = LazyLock::new(support::index);

fn data() -> &'static Path {
    Path::new("/data")
}

fn options(apply: bool) -> Options {
    Options {
        path: PathBuf::from("."),
        names: vec![TILLER.to_owned()],
        apply,
        ..Options::default()
    }
}

fn apply(world: &World) -> Fixed {
    fix(world, data(), &options(true)).unwrap()
}

#[track_caller]
fn refused(result: Result<Fixed, Failure>, message: &str) {
    match result.unwrap_err() {
        Failure::Usage(told) => {
            assert!(told.iter().any(|one| one.message.contains(message)), "{told:?}");
            assert!(told.iter().all(|one| !one.help.is_empty()), "{told:?}");
        }
        Failure::NotDone(problem) | Failure::Ours(problem) => panic!("{problem}"),
    }
}

const REQUIREMENTS: &[u8] =
    "# the till \u{fc}ber alles\r\ntiller==1.0.0  # keep in step\r\nfloating>=1\r\n".as_bytes();

#[test]
fn a_requirement_is_lifted_proven_and_taken_back_to_the_byte() {
    let world = world(data(), &INDEX, &[("requirements.txt", REQUIREMENTS)]);
    let shown = fix(&world, data(), &options(false)).unwrap();
    assert!(!shown.applied);
    assert!(
        shown.diff.contains("-tiller==1.0.0") && shown.diff.contains("+tiller==1.0.3"),
        "{shown:?}"
    );
    assert_eq!(shown.findings[0].mended, None);
    assert_eq!(bytes(&world, "requirements.txt").unwrap(), REQUIREMENTS, "nothing was written");

    let fixed = apply(&world);
    assert!(fixed.applied);
    assert_eq!(fixed.findings.len(), 1);
    assert_eq!(fixed.findings[0].mended, Some(true));
    assert_eq!(fixed.commands, [] as [String; 0]);
    let after = String::from_utf8(bytes(&world, "requirements.txt").unwrap()).unwrap();
    let before = String::from_utf8(REQUIREMENTS.to_vec()).unwrap();
    assert_eq!(after, before.replace("1.0.0", "1.0.3"), "nothing else changed");

    refused(fix(&world, data(), &options(true)), TILLER);
    assert_eq!(undo(&world, data()).unwrap(), ["requirements.txt"]);
    assert_eq!(bytes(&world, "requirements.txt").unwrap(), REQUIREMENTS);
    assert!(undo(&world, data()).is_err(), "once is enough");
}

#[test]
fn what_was_changed_by_hand_since_is_not_taken_back() {
    let world = world(data(), &INDEX, &[("requirements.txt", REQUIREMENTS)]);
    apply(&world);
    let mine = b"tiller==1.0.9\n";
    world.files.write_atomic(Path::new(SHOP), Path::new("requirements.txt"), mine).unwrap();
    let Err(Failure::Usage(told)) = undo(&world, data()) else { panic!("it was taken back") };
    assert!(told[0].message.contains("was changed since"), "{}", told[0]);
    assert_eq!(bytes(&world, "requirements.txt").unwrap(), mine);
}

const GO_MOD: &str =
    "module shop.example\n\ngo 1.22\n\nrequire forge.example/tiller v1.0.0 // why\n";
const GO_SUM: &str = "forge.example/tiller v1.0.0 h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\
                      forge.example/tiller v1.0.0/go.mod h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";

/// `go.mod` itself says which versions are built, so its edit mends; `go.sum` is told of.
#[test]
fn a_go_mod_is_edited_without_go_and_the_note_says_what_is_left() {
    let files: [(&str, &[u8]); 2] = [("go.mod", GO_MOD.as_bytes()), ("go.sum", GO_SUM.as_bytes())];
    let world = world(data(), &INDEX, &files);
    let fixed = apply(&world);
    let after = String::from_utf8(bytes(&world, "go.mod").unwrap()).unwrap();
    assert_eq!(after, GO_MOD.replace("v1.0.0", "v1.0.3"));
    assert_eq!(fixed.findings[0].mended, Some(true), "{fixed:?}");
    assert!(fixed.notes.iter().any(|note| note.contains("go is not installed")), "{fixed:?}");
    assert_eq!(fixed.commands, [] as [String; 0], "nothing ran");
    assert_eq!(bytes(&world, "go.sum").unwrap(), GO_SUM.as_bytes());
    undo(&world, data()).unwrap();
    assert_eq!(bytes(&world, "go.mod").unwrap(), GO_MOD.as_bytes());
}

const PACKAGE: &str = "{\n  \"name\": \"shop\",\n  \"version\": \"0.1.0\",\n  \"dependencies\": {\n    \
                       \"tiller\": \"^1.0.0\"\n  }\n}\n";

/// The lockfile decides what is installed; without its tool it stays as it is, and so does the row.
#[test]
fn without_npm_the_manifest_alone_mends_nothing() {
    let lock = package_lock(&[("tiller", "1.0.0")]);
    let files: [(&str, &[u8]); 2] =
        [("package.json", PACKAGE.as_bytes()), ("package-lock.json", lock.as_bytes())];
    let world = world(data(), &INDEX, &files);
    let fixed = apply(&world);
    assert_eq!(fixed.findings[0].mended, Some(false), "{fixed:?}");
    assert!(fixed.notes.iter().any(|note| note.contains("npm is not installed")), "{fixed:?}");
    assert_eq!(fixed.commands, [] as [String; 0], "nothing ran");
    assert_eq!(bytes(&world, "package-lock.json").unwrap(), lock.as_bytes());
    undo(&world, data()).unwrap();
    assert_eq!(bytes(&world, "package.json").unwrap(), PACKAGE.as_bytes());
}

fn npm(output: Output, lock: Option<&str>) -> World {
    let old = package_lock(&[("tiller", "1.0.0")]);
    let files: [(&str, &[u8]); 2] =
        [("package.json", PACKAGE.as_bytes()), ("package-lock.json", old.as_bytes())];
    let path = Path::new(SHOP).join("package-lock.json");
    let writes = lock.map(|lock| (path, lock.as_bytes().to_vec())).into_iter().collect();
    let answer = RecordedCommand { program: "npm".to_owned(), args: Vec::new(), output, writes };
    World::recorded(recorded(data(), &INDEX, &files).answer(answer))
}

fn done(status: i32) -> Output {
    Output { status: Some(status), ..Output::default() }
}

#[test]
fn with_npm_the_lockfile_is_refreshed_and_proven() {
    let new = package_lock(&[("tiller", "1.0.3")]);
    let world = npm(done(0), Some(&new));
    let fixed = apply(&world);
    assert_eq!(fixed.findings[0].mended, Some(true), "{fixed:?}");
    assert!(fixed.commands.iter().all(|command| command.contains("--ignore-scripts")), "{fixed:?}");
    undo(&world, data()).unwrap();
    assert_eq!(
        bytes(&world, "package-lock.json").unwrap(),
        package_lock(&[("tiller", "1.0.0")]).as_bytes()
    );
    assert_eq!(bytes(&world, "package.json").unwrap(), PACKAGE.as_bytes());
}

/// A tool that ends well and does nothing, or something else, mends nothing.
#[test]
fn success_of_a_tool_is_no_proof() {
    let other = package_lock(&[("tiller", "1.0.2")]);
    for lock in [None, Some(other.as_str())] {
        let fixed = apply(&npm(done(0), lock));
        assert!(fixed.applied);
        assert_eq!(fixed.findings[0].mended, Some(false), "{lock:?}: {fixed:?}");
    }
    // One that leaves the lockfile unreadable proves nothing either.
    let fixed = apply(&npm(done(0), Some("{\"packages\": {")));
    assert_eq!(fixed.findings[0].mended, Some(false), "{fixed:?}");
}

#[test]
fn a_tool_that_fails_leaves_everything_as_it_was() {
    let new = package_lock(&[("tiller", "1.0.3")]);
    let world = npm(done(1), Some(&new));
    let Err(Failure::NotDone(told)) = fix(&world, data(), &options(true)) else { panic!("done") };
    assert!(told.message.contains("every file was put back") && !told.help.is_empty(), "{told}");
    assert_eq!(bytes(&world, "package.json").unwrap(), PACKAGE.as_bytes());
    assert_eq!(
        bytes(&world, "package-lock.json").unwrap(),
        package_lock(&[("tiller", "1.0.0")]).as_bytes()
    );
    assert!(undo(&world, data()).is_err(), "nothing was applied");
}

#[test]
fn a_name_that_means_nothing_is_refused() {
    let lock = cargo_lock(&[("tiller", "1.0.0")]);
    let world = world(data(), &INDEX, &[("Cargo.lock", lock.as_bytes())]);
    for name in ["CVE-1999-0001", "ZZZZZZZZ", "", "../Cargo.lock"] {
        let asked = Options { names: vec![name.to_owned()], ..options(true) };
        refused(fix(&world, data(), &asked), "nothing here is called");
    }
    assert_eq!(bytes(&world, "Cargo.lock").unwrap(), lock.as_bytes());
}

/// Files in which somebody else writes between two of our reads, or keeps us from writing one.
#[derive(Debug)]
struct Meddling {
    inner: Arc<dyn Files>,
    at: u64,
    reads: AtomicU64,
    kept: Option<&'static str>,
}

const MEDDLED: &[u8] = b"# somebody else was here\ntiller==1.0.0\n";

impl Files for Meddling {
    fn folder(&self, folder: &Path) -> Result<PathBuf, ReadError> {
        self.inner.folder(folder)
    }

    fn read(&self, root: &Path, path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
        if path == Path::new("requirements.txt") {
            let read = self.reads.fetch_add(1, Ordering::SeqCst) + 1;
            if read == self.at {
                self.inner.write_atomic(root, path, MEDDLED).unwrap();
            }
        }
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
        if self.kept.is_some_and(|kept| path == Path::new(kept)) {
            return Err(WriteError::Denied);
        }
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

/// Whenever somebody else writes while a fix is made, their words survive: it is refused, or it is
/// made of what they wrote.
#[test]
fn a_file_that_changes_in_between_is_never_overwritten() {
    let (mut refusals, mut made) = (0, 0);
    for at in 1..=6 {
        let mut world = world(data(), &INDEX, &[("requirements.txt", REQUIREMENTS)]);
        let inner = Arc::clone(&world.files);
        world.files = Arc::new(Meddling { inner, at, reads: AtomicU64::new(0), kept: None });
        let result = fix(&world, data(), &options(true));
        let Ok(after) = String::from_utf8(bytes(&world, "requirements.txt").unwrap()) else {
            panic!("not text")
        };
        match result {
            Err(Failure::Usage(told)) => {
                refusals += 1;
                assert!(told.iter().all(|one| !one.help.is_empty()), "{told:?}");
                assert_eq!(after.as_bytes(), MEDDLED, "read {at}");
            }
            Err(Failure::NotDone(problem) | Failure::Ours(problem)) => panic!("{problem}"),
            Ok(fixed) => {
                made += 1;
                let theirs = after.starts_with("# somebody else was here");
                let read_again = fixed.findings[0].mended == Some(!after.contains("1.0.0"));
                assert!(theirs || at > 5, "read {at}: {after}");
                assert!(read_again, "read {at}: {fixed:?} {after}");
            }
        }
    }
    assert!(refusals >= 2 && made >= 1, "{refusals} refused, {made} made");
}
