//! Whatever is taken changes the print, however it comes in; and what is carried on is what would be
//! linked.

use std::collections::BTreeMap;

use holdfast_model::{Place, Problem};
use proptest::prelude::*;

use super::*;
use crate::index::tests::record;
use crate::{epss, kev, osv};

const ONE: &str = r#"{"introduced": "0"}, {"fixed": "1.0.0"}"#;
const MADE_BY: &str = "these rules";

fn add(compiler: &mut Compiler, feed: &str, text: &str, origin: Origin) {
    compiler.add(feed, &osv::parse("r", text.as_bytes()).unwrap(), origin);
}

fn door(more: &str) -> String {
    record("A-1", more, "npm", "door", ONE)
}

/// A compiler that holds what every sync begins with.
fn begun() -> Compiler {
    let mut compiler = Compiler::new();
    let starter = record("HF-1", "", "Debian:12", "door", ONE);
    add(&mut compiler, "starter", &starter, Origin::Starter);
    compiler
}

fn segment_of(texts: &[&str]) -> Vec<u8> {
    let mut compiler = Compiler::new();
    let mark = compiler.mark();
    for text in texts {
        add(&mut compiler, "npm", text, Origin::Feed);
    }
    compiler.segment(mark)
}

fn catalogue(entry: &str, released: &str) -> kev::Catalogue {
    let text = format!(
        r#"{{"dateReleased": "{released}", "vulnerabilities": [{{"cveID": "CVE-2026-1", {entry}
            "knownRansomwareCampaignUse": "Unknown"}}]}}"#
    );
    kev::parse("kev", text.as_bytes()).unwrap()
}

fn scores(model: &str, day: &str, line: &str) -> epss::Scores {
    let text = format!(
        "#model_version:{model},score_date:{day}\ncve,epss,percentile\nCVE-2026-1,{line}\n\
         CVE-2026-3,0.5,0.5\n"
    );
    epss::parse("epss", text.as_bytes()).unwrap()
}

/// Compilers, each of which took something else.
#[derive(Default)]
struct Ways(BTreeMap<String, Compiler>);

impl Ways {
    fn way(&mut self, name: &str, take: &dyn Fn(&mut Compiler)) {
        let mut compiler = begun();
        take(&mut compiler);
        assert!(self.0.insert(name.to_owned(), compiler).is_none(), "{name}");
    }

    /// Each thing in which records may differ.
    fn records(&mut self) {
        let severity = r#""severity": [{"type": "CVSS_V3", "score":
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],"#;
        let texts = [
            door(""),
            record("A-2", "", "npm", "door", ONE),
            record("A-1", "", "npm", "gate", ONE),
            record("A-1", "", "PyPI", "door", ONE),
            record("A-1", "", "npm", "door", r#"{"introduced": "0"}, {"fixed": "1.0.1"}"#),
            record("A-1", "", "npm", "door", r#"{"introduced": "0"}, {"last_affected": "1.0.0"}"#),
            door("").replace("2024-01-02", "2024-01-03"),
            door(r#""published": "2023-01-02T03:04:05Z","#),
            door(r#""withdrawn": "2024-05-06T00:00:00Z","#),
            door(r#""summary": "A hole","#),
            door(r#""aliases": ["CVE-2026-1"],"#),
            door(r#""related": ["CVE-2026-1"],"#),
            door(severity),
            door(r#""database_specific": {"informational": "unsound"},"#),
        ];
        for text in &texts {
            self.way(text, &|compiler| add(compiler, "npm", text, Origin::Feed));
        }
        let text = door("");
        self.way("another feed", &|compiler| add(compiler, "other", &text, Origin::Feed));
        self.way("of our own", &|compiler| add(compiler, "npm", &text, Origin::Starter));
        self.way("twice", &|compiler| {
            add(compiler, "npm", &text, Origin::Feed);
            add(compiler, "npm", &text, Origin::Feed);
        });
    }

    fn segments(&mut self) {
        let texts = ["A-1", "A-2", "A-3"].map(|id| record(id, "", "npm", "door", ONE));
        let [first, second, third] = texts.each_ref().map(String::as_str);
        let take = |compiler: &mut Compiler, texts: &[&str], pass: &str| {
            let taken = compiler.add_segment(&segment_of(texts), &|id| id == pass);
            assert!(taken.is_some());
        };
        self.way("a segment", &|compiler| take(compiler, &[third], ""));
        self.way("a larger segment", &|compiler| take(compiler, &[second, third], ""));
        self.way("but for one", &|compiler| take(compiler, &[second, third, first], "A-1"));
        self.way("two segments", &|compiler| {
            take(compiler, &[second], "");
            take(compiler, &[third], "");
        });
        self.way("what became a segment", &|compiler| {
            let mark = compiler.mark();
            add(compiler, "npm", second, Origin::Feed);
            drop(compiler.segment(mark));
            add(compiler, "npm", third, Origin::Feed);
        });
    }

    fn catalogues(&mut self) {
        let day = "2026-11-20T00:00:00Z";
        for entry in ["", r#""dateAdded": "2026-01-02","#, r#""dueDate": "2026-01-02","#] {
            let name = format!("exploited: {entry}");
            self.way(&name, &|compiler| compiler.kev(&catalogue(entry, day)));
        }
        let other = "2026-11-21T00:00:00Z";
        self.way("of another day", &|compiler| compiler.kev(&catalogue("", other)));
        self.way("for ransom", &|compiler| {
            let mut known = catalogue("", day);
            known.entries.values_mut().for_each(|entry| entry.ransomware = true);
            compiler.kev(&known);
        });
        self.way("another name", &|compiler| {
            let mut known = catalogue("", day);
            let entry = known.entries["CVE-2026-1"];
            known.entries = [("CVE-2026-2".to_owned(), entry)].into();
            compiler.kev(&known);
        });
        for (model, day, line) in [
            ("v1", day, "0.1,0.2"),
            ("v2", day, "0.1,0.2"),
            ("v1", other, "0.1,0.2"),
            ("v1", day, "0.100001,0.2"),
            ("v1", day, "0.1,0.200001"),
            ("v1", day, "0.1,0.2\nCVE-2026-2,0.1,0.2"),
        ] {
            let name = format!("likely: {model} {day} {line}");
            self.way(&name, &|compiler| compiler.epss(scores(model, day, line)));
        }
        for (feed, time) in [("npm", 1), ("npm", 2), ("other", 1)] {
            let name = format!("{feed} as of {time}");
            self.way(&name, &|compiler| compiler.as_of(feed, Timestamp(time)));
        }
    }
}

#[test]
fn whatever_comes_in_changes_the_print() {
    let mut ways = Ways::default();
    ways.way("nothing", &|_| {});
    ways.records();
    ways.segments();
    ways.catalogues();
    let mut prints = BTreeMap::new();
    for (name, compiler) in &ways.0 {
        let print = compiler.print(MADE_BY);
        assert_eq!(compiler.print(MADE_BY), print, "{name}");
        assert_ne!(compiler.print("other rules"), print, "{name}");
        assert_eq!(prints.insert(print, name), None, "{name}");
    }
}

#[test]
fn when_feeds_were_asked_and_what_could_not_be_read_is_no_part_of_it() {
    let mut compiler = begun();
    let mark = compiler.mark();
    add(&mut compiler, "npm", &door(""), Origin::Feed);
    let print = compiler.print(MADE_BY);
    compiler.asked(mark, &|_| Some(Timestamp(7)));
    let place = Place::start_of("/osv/A-9.json");
    compiler.unreadable(Problem::at("record-unreadable", place, "this is no record"));
    assert_eq!(compiler.print(MADE_BY), print);
}

#[test]
fn what_was_read_and_what_its_segment_says_have_one_print() {
    let [first, second] = ["A-1", "A-2"].map(|id| record(id, "", "npm", "door", ONE));
    let mut read = begun();
    let mark = read.mark();
    add(&mut read, "npm", &first, Origin::Feed);
    let middle = read.mark();
    add(&mut read, "npm", &second, Origin::Feed);
    let segment = read.segment(mark);
    let mut taken = begun();
    assert_eq!(taken.add_segment(&segment, &|_| false), Some(2));
    let print = taken.print(MADE_BY);
    assert_eq!(read.print(MADE_BY), print);
    // What is taken back leaves nothing behind.
    let mark = taken.mark();
    assert_eq!(taken.add_segment(&segment_of(&[&first]), &|_| false), Some(1));
    assert_ne!(taken.print(MADE_BY), print);
    assert!(taken.take_back(mark).is_empty());
    assert_eq!(taken.print(MADE_BY), print);
    // Half of a segment is not that segment, whatever comes in the place of the rest.
    assert!(read.take_back(middle).is_empty());
    let mut half = begun();
    add(&mut half, "npm", &first, Origin::Feed);
    assert_eq!(read.print(MADE_BY), half.print(MADE_BY));
    let third = record("A-3", "", "npm", "door", ONE);
    for compiler in [&mut read, &mut half] {
        add(compiler, "npm", &third, Origin::Feed);
    }
    assert_eq!(read.print(MADE_BY), half.print(MADE_BY));
    assert_ne!(read.print(MADE_BY), print);
}

/// Everything that an index holds; one feed was asked, the other one never.
fn everything(asked: Option<i64>) -> Compiler {
    let mut compiler = begun();
    let mark = compiler.mark();
    add(&mut compiler, "npm", &door(r#""aliases": ["CVE-2026-1"],"#), Origin::Feed);
    let lasting = record("D-1", "", "Debian:12", "gate", ONE);
    add(&mut compiler, "Debian", &lasting, Origin::Feed);
    compiler.kev(&catalogue("", "2026-11-20T00:00:00Z"));
    compiler.epss(scores("v1", "2026-11-20T00:00:00Z", "0.1,0.2"));
    compiler.as_of("Debian", Timestamp(9_000_000_000_000));
    compiler.asked(mark, &|feed| asked.filter(|_| feed == "npm").map(Timestamp));
    compiler.unreadable(Problem::new("record-unreadable", "this is no record"));
    compiler
}

#[test]
fn what_is_carried_on_is_what_would_be_linked() {
    for before in [None, Some(5)] {
        let there = everything(before).finish(Timestamp(10));
        let index = Index::open(&there.bytes).unwrap();
        for asked in [None, Some(5), Some(99)] {
            assert_eq!(everything(asked).print(MADE_BY), everything(before).print(MADE_BY));
            let linked = everything(asked).finish(Timestamp(20));
            let known = linked.feeds.iter().filter(|feed| feed.asked.is_some()).count();
            assert_eq!(known, usize::from(asked.is_some()));
            assert_eq!(everything(asked).renew(&index, Timestamp(20)), linked);
        }
    }
}

/// Takes records one by one, each in one of some ways.
fn taken(steps: &[(usize, u8)]) -> Compiler {
    let newer = door(r#""aliases": ["CVE-2026-1"],"#).replace("2024-01-02", "2024-01-03");
    let texts = [
        door(""),
        newer,
        record("A-2", r#""aliases": ["A-1"],"#, "npm", "gate", ONE),
        record("A-3", "", "npm", "door", ONE),
    ];
    let mut compiler = begun();
    for (which, how) in steps {
        let text = texts[*which].as_str();
        let mark = compiler.mark();
        match *how {
            0 => add(&mut compiler, "npm", text, Origin::Feed),
            1 => {
                add(&mut compiler, "npm", text, Origin::Feed);
                drop(compiler.segment(mark));
            }
            2 => assert!(compiler.add_segment(&segment_of(&[text]), &|_| false).is_some()),
            3 => {
                let both = segment_of(&[text, &texts[2]]);
                assert!(compiler.add_segment(&both, &|id| id == "A-2").is_some());
            }
            _ => {
                add(&mut compiler, "npm", text, Origin::Feed);
                drop(compiler.take_back(mark));
            }
        }
    }
    compiler
}

proptest! {
    #[test]
    fn one_print_is_one_index(
        one in proptest::collection::vec((0..4_usize, 0..5_u8), 0..5),
        other in proptest::option::of(proptest::collection::vec((0..4_usize, 0..5_u8), 0..3)),
        behind in proptest::option::of((0..4_usize, 0..5_u8)),
    ) {
        // Often the same, or the same and one more.
        let mut other = other.unwrap_or_else(|| one.clone());
        other.extend(behind);
        let (one, other) = (taken(&one), taken(&other));
        if one.print(MADE_BY) == other.print(MADE_BY) {
            let (one, again) = (one.finish(Timestamp(5)), other.finish(Timestamp(5)));
            prop_assert_eq!(one, again);
        }
    }
}
