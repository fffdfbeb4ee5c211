//! Segments give the same index, and damaged ones nothing.

use holdfast_model::{Place, Problem, Timestamp};
use proptest::prelude::*;

use super::super::Origin;
use super::*;
use crate::index::tests::record;
use crate::{Compiled, osv};

const ONE: &str = r#"{"introduced": "0"}, {"fixed": "1.0.0"}"#;

fn texts() -> Vec<(&'static str, String)> {
    let score = r#""severity": [{"type": "CVSS_V3", "score": "no vector"}],"#;
    let grave = r#""severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}], "aliases": ["CVE-2020-0009"], "related": ["CVE-2020-0010"],"#;
    let limits = r#"{"introduced": "1.0.0"}, {"last_affected": "1.5.0"}, {"introduced": "2.0.0"}"#;
    let module = r#"{"introduced": "0"}, {"fixed": "1-1.module_el9"}"#;
    let title = r#""summary": "Low: door:16 security update","#;
    let gone = r#""withdrawn": "2024-05-06T00:00:00Z","#;
    let zero = r#"{"introduced": "0"}, {"fixed": "0"}"#;
    vec![
        ("npm", record("A-1", grave, "npm", "door", ONE)),
        ("npm", record("MAL-1", score, "npm", "gate", limits)),
        ("npm", record("A-2", gone, "npm", "door", ONE)),
        ("npm", record("A-3", "", "npm", "door", r#"{"introduced": "soon"}"#)),
        ("Debian", record("D-1", "", "Debian:12", "door", zero)),
        ("AlmaLinux:9", record("ALSA-1", title, "AlmaLinux:9", "door", module)),
        ("Nowhere", record("N-1", "", "Nowhere:1", "door", ONE)),
    ]
}

fn finished(add: impl FnOnce(&mut Compiler)) -> Compiled {
    let mut compiler = Compiler::new();
    let starter = record("HF-1", "", "Debian:12", "door", ONE);
    compiler.add("starter", &osv::parse("s", starter.as_bytes()).unwrap(), Origin::Starter);
    add(&mut compiler);
    compiler.finish(Timestamp(5))
}

fn read(compiler: &mut Compiler, texts: &[(&'static str, String)]) {
    for (feed, text) in texts {
        compiler.add(feed, &osv::parse("r", text.as_bytes()).unwrap(), Origin::Feed);
    }
}

fn segment() -> Vec<u8> {
    let mut compiler = Compiler::new();
    // What was added before is no part of it.
    let other = record("B-1", "", "npm", "window", ONE);
    compiler.add("npm", &osv::parse("r", other.as_bytes()).unwrap(), Origin::Feed);
    let mark = compiler.mark();
    read(&mut compiler, &texts());
    compiler.as_of("Nowhere", Timestamp(9_000_000_000_000));
    compiler.segment(mark)
}

#[test]
fn a_source_lends_no_other_its_time() {
    let (new, old) = (Timestamp(9_000_000_000_000), Timestamp(8_000_000_000_000));
    let text = |id: &str| record(id, "", "Nowhere", "gate", ONE);
    let source = |compiler: &mut Compiler, id: &str, time| {
        let mark = compiler.mark();
        compiler.add("Nowhere", &osv::parse("r", text(id).as_bytes()).unwrap(), Origin::Feed);
        compiler.as_of("Nowhere", time);
        compiler.segment(mark)
    };
    let time = |compiler: &dyn Fn(&mut Compiler)| {
        let done = finished(|one| compiler(one));
        done.feeds.iter().find(|feed| feed.name == "Nowhere").unwrap().newest_modified
    };
    let mut both = Compiler::new();
    let (fresh, stale) = (source(&mut both, "N-1", new), source(&mut both, "N-2", old));
    // Of both the newest counts, in whichever order they are taken; of one its own.
    for segments in [[&fresh, &stale], [&stale, &fresh]] {
        let taken = time(&|compiler| {
            for one in segments {
                compiler.add_segment(one, &|_| false).unwrap();
            }
        });
        assert_eq!(taken, new);
    }
    let alone = |compiler: &mut Compiler| {
        compiler.add_segment(&stale, &|_| false).unwrap();
    };
    assert_eq!(time(&alone), old);
    // What is taken back said nothing.
    assert_eq!(
        time(&|compiler| {
            alone(compiler);
            let mark = compiler.mark();
            source(compiler, "N-1", new);
            compiler.take_back(mark);
        }),
        old
    );
}

#[test]
fn a_segment_gives_the_same_index_to_the_byte() {
    let all = texts();
    let later = Timestamp(9_000_000_000_000);
    let straight = finished(|compiler| {
        read(compiler, &all);
        compiler.as_of("Nowhere", later);
    });
    let dated = straight.feeds.iter().filter(|feed| feed.newest_modified == later);
    assert_eq!(dated.count(), 1);
    let taken = finished(|compiler| {
        assert_eq!(compiler.add_segment(&segment(), &|_| false), Some(all.len()));
    });
    assert_eq!(straight, taken);
    assert_eq!(straight.problems.len(), 2);
    // Some are passed over and read anew, together with what was wrong with them.
    let mixed = finished(|compiler| {
        let count = compiler.add_segment(&segment(), &|id| id == "A-3" || id == "MAL-1");
        assert_eq!(count, Some(all.len() - 2));
        let again = all.iter().filter(|(_, text)| text.contains("A-3") || text.contains("MAL-1"));
        read(compiler, &again.cloned().collect::<Vec<_>>());
    });
    assert_eq!(straight, mixed);
}

#[test]
fn what_cannot_be_read_is_told_again_until_its_record_is_read() {
    let place = Place { path: "/osv/npm/all.zip!A-9.json".into(), line: 3, column: 7 };
    let broken = Problem::at("record-unreadable", place, "this is no record")
        .help("nothing of it counts")
        .excerpt("{\"id\": ", 2);
    let mut compiler = Compiler::new();
    let mark = compiler.mark();
    read(&mut compiler, &texts());
    compiler.unreadable(broken.clone());
    let segment = compiler.segment(mark);
    let told = |pass: &'static str| {
        let taken = finished(|compiler| {
            assert!(compiler.add_segment(&segment, &|id| id == pass).is_some());
        });
        taken.problems
    };
    assert_eq!(told("").len(), 3);
    assert!(told("").contains(&broken), "{:?}", told(""));
    // Another state of the record is read instead.
    assert!(!told("A-9").contains(&broken));
    // What was added since a mark is gone with its problems, and the index is as it was before.
    assert_eq!(compiler.added(mark), texts().len());
    let taken = finished(|compiler| {
        let mark = compiler.mark();
        assert!(compiler.add_segment(&segment, &|_| false).is_some());
        assert!(compiler.take_back(mark).contains(&broken));
        assert_eq!(compiler.added(mark), 0);
    });
    assert_eq!(taken, finished(|_| {}));
}

proptest! {
    #[test]
    fn a_damaged_segment_is_refused_as_a_whole(
        at in any::<proptest::sample::Index>(),
        value in any::<u8>(),
        cut in proptest::option::of(any::<proptest::sample::Index>()),
    ) {
        let whole = segment();
        let mut bytes = whole.clone();
        let at = at.index(bytes.len());
        bytes[at] = value;
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let mut compiler = Compiler::new();
        let taken = compiler.add_segment(&bytes, &|_| false);
        prop_assert_eq!(taken.is_some(), bytes == whole);
        prop_assert!(taken.is_some() || compiler.records.is_empty());
    }

    /// Whatever the digest says, nothing is believed.
    #[test]
    fn any_content_is_refused_or_taken(content in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(fit().0);
        bytes.extend(Digest::of(&content).0);
        bytes.extend(content);
        let mut compiler = Compiler::new();
        let _ = compiler.add_segment(&bytes, &|_| false);
        let _ = compiler.finish(Timestamp(0));
    }
}
