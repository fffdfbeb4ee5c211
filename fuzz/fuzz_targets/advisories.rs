//! Advisories: records, catalogues, exports, damaged indexes, lists of ends, of comparisons and of
//! changes, versions. The first byte chooses.

#![no_main]

use holdfast_advisories::lifecycle::Lifecycle;
use holdfast_advisories::{
    Compiler, Index, Origin, epss, export, feed, kev, modified, osv, version,
};
use holdfast_model::{Ecosystem, Timestamp};
use libfuzzer_sys::fuzz_target;

fn record(bytes: &[u8]) {
    let Ok(record) = osv::parse("record.json", bytes) else { return };
    let mut compiler = Compiler::new();
    compiler.add("fuzz", &record, Origin::Feed);
    let compiled = compiler.finish(Timestamp(0));
    assert!(Index::open(&compiled.bytes).is_ok_and(|index| index.verify().is_ok()));
}

fn versions(choice: u8, bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (a, b) = text.split_once('\n').unwrap_or((text, text));
    let order = version::ORDERS[usize::from(choice) % version::ORDERS.len()];
    let name = order.about.id;
    let forth = order.compare(a, b);
    let back = order.compare(b, a);
    assert_eq!(forth, back.map(std::cmp::Ordering::reverse), "{name}: `{a}` and `{b}`");
    let (mut left, mut right) = (Vec::new(), Vec::new());
    if order.key(a, &mut left) && order.key(b, &mut right) {
        assert!(left == right || !left.starts_with(&right), "{name}: `{a}` and `{b}`");
        assert_eq!(order.split_epoch(&left).is_some(), order.epochs, "{name}: `{a}`");
    }
    let _ = order.epoch_in_doubt(a, b);
}

fuzz_target!(|data: &[u8]| {
    let [first, bytes @ ..] = data else { return };
    match first % 10 {
        0 => record(bytes),
        1 => drop(kev::parse("kev.json", bytes)),
        2 => {
            let limits = export::Limits { entry: 1 << 16, entries: 64, total: 1 << 20 };
            let _ = export::records("all.zip", bytes, limits, &mut |_| {});
        }
        3 => drop(Index::open(bytes).and_then(|index| index.verify())),
        4 => drop(epss::parse("epss.csv", bytes)),
        5 => {
            if let Some(form) = feed::form_of(bytes) {
                let made = feed::records(form, "feed", bytes, &mut |one| {
                    one.ok().iter().for_each(|made| record(made.json));
                });
                drop(made);
            }
        }
        6 => drop(Lifecycle::read("ends.txt", &String::from_utf8_lossy(bytes))),
        7 => {
            let text = String::from_utf8_lossy(bytes);
            drop(version::compare_lines(&Ecosystem::new(Ecosystem::PYPI), "lines.txt", &text));
        }
        8 => {
            let listed = modified::read("modified_id.csv", bytes);
            assert!(listed.records.keys().all(|id| modified::is_id(id)));
            assert_eq!(listed.compared(&listed.records), modified::Difference::default());
        }
        _ => versions(first / 10, bytes),
    }
});
