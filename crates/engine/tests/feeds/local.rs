//! An export in a folder, for networks without internet: of one that changed, what changed is read.

use std::path::{Path, PathBuf};

use holdfast_engine::sync::{self, Request, Source, Sources, SyncReport};
use holdfast_model::Problem;
use holdfast_world::{Reach, Recorded, World};

use super::mirror::{self, Mirror, record, synced};
use super::{Records, change, codes, records, remove_all};

const EXPORT: &str = "/osv/PyPI/all.zip";

fn write(world: &World, bytes: &[u8]) {
    world.files.write_atomic(Path::new("/"), Path::new(EXPORT), bytes).unwrap();
}

/// A world in which these were written, as all that follows.
fn world(bytes: &[u8]) -> World {
    let (_, world) = Mirror::new(Recorded::new().folder("/osv/PyPI"));
    write(&world, bytes);
    world
}

#[track_caller]
fn again(world: &World) -> SyncReport {
    synced(world, &["/osv"], None).unwrap()
}

/// The index and what is told of it, after a first sync of these bytes into another folder.
#[track_caller]
fn anew(world: &World, bytes: &[u8]) -> (Option<String>, Vec<Problem>) {
    let before = world.files.read(Path::new("/"), Path::new(EXPORT), 1 << 20).unwrap();
    write(world, bytes);
    let first = elsewhere(world, "/osv");
    write(world, &before);
    first
}

/// The same of a folder as it is.
#[track_caller]
fn elsewhere(world: &World, from: &str) -> (Option<String>, Vec<Problem>) {
    let data = Path::new("/elsewhere");
    remove_all(world, data);
    let sources = Sources { from: vec![Source::Path(from.into())], kev: None, epss: None };
    let request = Request { sources, reach: Reach::default(), offline: true };
    let first = sync::sync(world, data, &request, &|_| {}).unwrap();
    (first.digest, first.details)
}

#[test]
fn an_export_that_changed_leads_to_the_same_index_as_a_first_sync() {
    // Of a larger one what changed is kept beside the rest.
    for most in [6, 200] {
        changes_lead_to_the_same(records(most));
    }
}

#[track_caller]
fn changes_lead_to_the_same(mut all: Records) {
    let world = world(&mirror::zipped(&all));
    again(&world);
    let mut steps: Vec<(&str, Records)> = Vec::new();
    change(&mut all, "A-1", 60, false);
    steps.push(("changed", all.clone()));
    change(&mut all, "A-2", 61, true);
    all.insert("B-1".to_owned(), record("B-1", "PyPI", 4, 62, false));
    steps.push(("withdrawn and new", all.clone()));
    all.remove("A-3");
    steps.push(("gone", all.clone()));
    all.insert("A-4".to_owned(), "{\"id\": 7}".to_owned());
    steps.push(("broken", all.clone()));
    change(&mut all, "A-0", 63, false);
    steps.push(("broken still", all.clone()));
    change(&mut all, "A-4", 64, false);
    steps.push(("mended", all.clone()));
    // Of another name than its file: it is not known again by that, and everything is read.
    all.insert("C-1".to_owned(), record("A-5", "PyPI", 9, 65, false));
    steps.push(("misnamed", all.clone()));
    all.remove("C-1");
    steps.push(("misnamed no more", all.clone()));
    change(&mut all, "A-5", 66, false);
    steps.push(("as before", all.clone()));
    for (what, records) in steps {
        let bytes = mirror::zipped(&records);
        write(&world, &bytes);
        let report = again(&world);
        assert_eq!((report.digest, report.details), anew(&world, &bytes), "{what}");
        let same = again(&world);
        assert_eq!((same.digest, same.details), anew(&world, &bytes), "{what}");
    }
}

#[test]
fn single_records_that_changed_lead_to_the_same_index_as_a_first_sync() {
    let (_, world) = Mirror::new(Recorded::new().folder("/records"));
    let path = |id: &str| PathBuf::from(format!("/records/{id}.json"));
    let put = |id: &str, text: &str| {
        world.files.write_atomic(Path::new("/"), &path(id), text.as_bytes()).unwrap();
    };
    let same = |what: &str| {
        let report = synced(&world, &["/records"], None).unwrap();
        let digest = report.digest.clone();
        assert_eq!((report.digest, report.details), elsewhere(&world, "/records"), "{what}");
        digest
    };
    for (id, text) in &records(64) {
        put(id, text);
    }
    same("first");
    // What changed is kept beside the rest while it is little, and with it when it is more.
    for round in 1..=6 {
        put("A-1", &record("A-1", "PyPI", 3, round, false));
        put(&format!("B-{round}"), &record(&format!("B-{round}"), "PyPI", 4, round, round == 3));
        world.files.remove(Path::new("/"), &path(&format!("A-{}", 10 + round))).unwrap();
        let digest = same(&format!("round {round}"));
        assert_eq!(same(&format!("after round {round}")), digest);
    }
    // One that broke counts as it was last.
    let before = same("whole");
    put("A-1", "{\"id\": 7}");
    for _ in 0..2 {
        let report = synced(&world, &["/records"], None).unwrap();
        assert_eq!((report.digest, report.details.len()), (before.clone(), 1));
    }
}

/// The files of the segments of which each is longer than so many bytes, and what is in them.
fn segments(world: &World, longer: u64) -> Vec<(String, Vec<u8>)> {
    let long = super::kept(world).into_iter().filter(|(_, size)| *size > longer);
    let segments = long.map(|(path, _)| path).filter(|path| path.contains("=segments"));
    let read = |path: String| {
        let bytes = world.files.read(Path::new("/"), Path::new(&path), 1 << 20).unwrap();
        (path, bytes)
    };
    segments.map(read).collect()
}

#[test]
fn of_an_export_what_changed_is_kept_beside_the_rest() {
    let mut all = records(200);
    let world = world(&mirror::zipped(&all));
    again(&world);
    let all_files = segments(&world, 0);
    // The list of what is inside is written anew each time, and is shorter.
    let whole = segments(&world, 16_000);
    assert_eq!(whole.len(), 1);
    let mut second = 60;
    let mut changed = |all: &mut Records, ids: &[&str]| {
        for id in ids {
            second += 1;
            change(all, id, second, false);
        }
        let bytes = mirror::zipped(all);
        write(&world, &bytes);
        let report = again(&world);
        assert_eq!((report.digest, report.details), anew(&world, &bytes), "{ids:?}");
        segments(&world, 16_000)
    };
    assert!(changed(&mut all, &["A-1"]) == whole);
    assert_eq!(segments(&world, 0).len(), all_files.len() + 1);
    assert!(changed(&mut all, &["A-1", "A-2", "B-1"]) == whole, "again, another, and a new one");
    all.remove("A-3");
    all.remove("B-1");
    assert!(changed(&mut all, &[]) == whole, "two are gone");
    all.insert("A-3".to_owned(), record("A-3", "PyPI", 9, 1, false));
    assert!(changed(&mut all, &["A-2"]) == whole, "one is there again");
    // One that breaks counts as it was last, with what came since; another source can be read.
    let neighbour = record("Z-1", "npm", 2, 0, false);
    let path = Path::new("/osv/z.json");
    world.files.write_atomic(Path::new("/"), path, neighbour.as_bytes()).unwrap();
    let last = again(&world).digest;
    write(&world, b"PK and no more");
    for _ in 0..2 {
        let report = again(&world);
        assert_eq!((codes(&report), &report.digest), (vec!["export-unreadable"], &last));
    }
    // Without what came since, nothing of it is taken over.
    let beside = segments(&world, 0)
        .into_iter()
        .find(|(path, _)| all_files.iter().all(|(known, _)| known != path));
    let (path, bytes) = beside.unwrap();
    let damaged = &bytes[..bytes.len() - 1];
    world.files.write_atomic(Path::new("/"), Path::new(&path), damaged).unwrap();
    let bytes = mirror::zipped(&all);
    write(&world, &bytes);
    let report = again(&world);
    assert_eq!((report.digest, report.details), anew(&world, &bytes));
    assert_eq!(segments(&world, 0).len(), all_files.len());
}

#[test]
fn of_an_export_in_which_much_changed_all_is_written() {
    let mut all = records(200);
    let world = world(&mirror::zipped(&all));
    again(&world);
    let first = segments(&world, 0);
    for round in 0..5 {
        // Each time few, and together many.
        for number in 0..6 {
            change(&mut all, &format!("A-{}", round * 6 + number), 60, false);
        }
        let bytes = mirror::zipped(&all);
        write(&world, &bytes);
        let report = again(&world);
        assert_eq!((report.digest, report.details), anew(&world, &bytes), "{round}");
        let beside = segments(&world, 0).len() - first.len();
        assert_eq!(beside, usize::from(round % 2 == 0), "{round}");
    }
}

/// Makes what is packed of a record unreadable, and leaves what the list of entries says of it.
fn damaged(bytes: &[u8], id: &str) -> Vec<u8> {
    let name = format!("{id}.json");
    let mut bytes = bytes.to_vec();
    let at = bytes.windows(name.len()).position(|window| window == name.as_bytes()).unwrap();
    for byte in &mut bytes[at + name.len()..at + name.len() + 20] {
        *byte = !*byte;
    }
    bytes
}

#[test]
fn what_did_not_change_in_an_export_is_not_unpacked() {
    let mut all = records(4);
    let world = world(&mirror::zipped(&all));
    again(&world);
    change(&mut all, "A-1", 60, false);
    let whole = mirror::zipped(&all);
    // Whoever reads this one tells of it.
    let bytes = damaged(&whole, "A-3");
    assert_eq!(anew(&world, &bytes).1.len(), 1);
    write(&world, &bytes);
    let report = again(&world);
    assert_eq!((&report.digest, codes(&report)), (&anew(&world, &whole).0, vec![]));
    // One that changed and cannot be unpacked is told, as long as it stands there.
    change(&mut all, "A-2", 61, false);
    let bytes = damaged(&mirror::zipped(&all), "A-2");
    write(&world, &bytes);
    for _ in 0..2 {
        let report = again(&world);
        assert_eq!((report.digest, report.details), anew(&world, &bytes));
    }
    write(&world, &mirror::zipped(&all));
    let report = again(&world);
    assert_eq!((report.digest, report.details), anew(&world, &mirror::zipped(&all)));
}

#[test]
fn what_was_noted_of_an_export_and_is_damaged_costs_time_and_nothing_else() {
    let mut all = records(4);
    let world = world(&mirror::zipped(&all));
    again(&world);
    let files = super::kept(&world);
    assert!(files.len() > 1, "{files:?}");
    for (second, (path, _)) in (60..).zip(files) {
        let path = Path::new(&path);
        let mut bytes = world.files.read(Path::new("/"), path, 1 << 20).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        world.files.write_atomic(Path::new("/"), path, &bytes).unwrap();
        change(&mut all, "A-1", second, false);
        let bytes = mirror::zipped(&all);
        write(&world, &bytes);
        let report = again(&world);
        assert_eq!((report.digest, report.details), anew(&world, &bytes), "{}", path.display());
    }
}
