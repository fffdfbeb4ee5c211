//! Every comparison that anybody wrote down: our own lists, and those of the data folder.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use holdfast_advisories::version::{ORDERS, compare_lines};
use holdfast_model::Ecosystem;

use crate::common;

/// How many comparisons our own lists hold at least, all together.
const OWN: u64 = 35_000;

/// Lines of the data folder's lists that no order can have, or that the tool itself denies.
struct Denied {
    list: &'static str,
    why: &'static str,
    /// The lines, and what we say.
    lines: &'static [(&'static str, char)],
}

const DENIED: &[Denied] = &[
    Denied {
        list: "maven-versions-generated.half.txt",
        why: "made by a Maven that put `.word` before `-word`. Since 3.8.7 they are the same \
              (`ComparableVersion` of 3.8.7 says of each of these lines what we say), and of three \
              of them no order could agree: `2.9.0-1 < 2.9.0.RC1 < 2.9.0 < 2.9.0-1`",
        lines: &[
            ("1.0.0-gradle-rework-beta3 < 1.0.0.RC7-3", '>'),
            ("2.9.0-1 < 2.9.0.RC1", '>'),
            ("1.1.34.sec10 < 1.1.34_noneautotype", '>'),
            ("1.1.46.sec10 < 1.1.46_noneautotype", '>'),
            ("1.2.8.sec10_noneautotype < 1.2.8_noneautotype", '>'),
            ("1.2.48.sec10 < 1.2.48_noneautotype", '>'),
            ("1.2.50.sec10 < 1.2.50_noneautotype", '>'),
            ("1.2.54.sec10 < 1.2.54_noneautotype", '>'),
            ("1.2.57.sec10 < 1.2.57_noneautotype", '>'),
            ("1.2.60.sec10 < 1.2.60_noneautotype", '>'),
            ("1.5.9.RC1 < 1.5.9-RC0", '>'),
            ("1.1.0-01-glassfish < 1.1.0.Beta1", '>'),
        ],
    },
    Denied {
        list: "maven-versions-generated.half.txt",
        why: "no order could agree: Maven 3.8.7 has the line, and `3.5.0.Beta-1 < 3.5.0 < 3.5.0-1 < \
              3.5.0.Beta-1` as well, because it takes `.word` for `-word` only at the end of a \
              version; its specification does so everywhere",
        lines: &[("3.5.0-CR-2 < 3.5.0.Beta-1", '>')],
    },
    Denied {
        list: "packagist-versions-generated.half.txt",
        why: "PHP's bare `version_compare`; Composer compares normal forms, in which `v3.0` is \
              `3.0.0.0` and `BETA` is `beta`",
        lines: &[
            ("v3.0 < v3.0.0-beta", '>'),
            ("v3.4 < v3.4.0-alpha", '>'),
            ("v4-beta4 < v4.0-alpha", '>'),
            ("v1.9.0-BETA.1 < v1.9.0-ALPHA.2", '>'),
            ("v4.4 < v4.4.0-beta", '>'),
        ],
    },
    Denied {
        list: "packagist-versions.txt",
        why: "as above: Composer's normal form of both is `1.0.0.0`",
        lines: &[("1.0.0 > 1.0", '=')],
    },
    Denied {
        list: "packagist-versions.txt",
        why: "PHP has `#` equal to every number, which is no order (the same list has `1.2.3.# = \
              1.2.3`); Composer refuses such versions",
        lines: &[("1.2.3.# = 1.2.3.1", '<')],
    },
];

/// The lines of the data folder's lists that are denied, each with what we say.
fn denied(list: &str) -> Vec<(String, char)> {
    let lines = DENIED.iter().filter(|denied| denied.list == list).flat_map(|denied| denied.lines);
    lines.map(|(line, found)| ((*line).to_owned(), *found)).collect()
}

struct Counts<'a> {
    order: &'a str,
    own: u64,
    shared: u64,
    ecosystem: Ecosystem,
    lists: Vec<&'a str>,
}

fn counts(text: &str) -> Vec<Counts<'_>> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let [numbers, ecosystem, lists] = line.split('|').collect::<Vec<_>>()[..] else {
                panic!("{line}");
            };
            let [order, own, shared] = numbers.split_whitespace().collect::<Vec<_>>()[..] else {
                panic!("{line}");
            };
            Counts {
                order,
                own: own.parse().unwrap(),
                shared: shared.parse().unwrap(),
                ecosystem: Ecosystem::new(ecosystem.trim()),
                lists: lists.split_whitespace().collect(),
            }
        })
        .collect()
}

fn folder() -> std::path::PathBuf {
    std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/versions")
}

fn text(path: &std::path::Path) -> String {
    String::from_utf8(common::read(path)).unwrap()
}

#[test]
fn every_order_passes_its_own_list() {
    let table = text(&folder().join("counts.txt"));
    let table = counts(&table);
    let counted: Vec<&str> = table.iter().map(|row| row.order).collect();
    for order in ORDERS {
        assert!(counted.contains(&order.about.id), "{} is not counted", order.about.id);
    }
    assert_eq!(counted.len(), ORDERS.len());
    assert!(table.iter().map(|row| row.own).sum::<u64>() >= OWN);
    for row in table {
        let list = format!("{}.txt", row.order);
        let out = compare_lines(&row.ecosystem, &list, &text(&folder().join(&list)));
        assert_eq!(out.wrong, [], "{list}");
        assert_eq!(out.problems, [], "{list}");
        assert_eq!(out.compared, row.own, "{list}: the numbers in `counts.txt` only grow");
    }
}

#[test]
fn every_line_of_the_data_is_right() {
    let Some(data) = common::data() else { return };
    let table = text(&folder().join("counts.txt"));
    for row in counts(&table) {
        let mut compared = 0;
        for list in &row.lists {
            let out = compare_lines(&row.ecosystem, list, &text(&data.join("versions").join(list)));
            let wrong: Vec<_> = out.wrong.iter().map(|w| (w.text.clone(), w.found)).collect();
            let mut known = denied(list);
            known.sort_by_key(|(line, _)| out.wrong.iter().position(|w| w.text == *line));
            assert_eq!(wrong, known, "{list}");
            assert_eq!(out.problems, [], "{list}");
            compared += out.compared;
        }
        assert_eq!(compared, row.shared, "{}: the numbers only grow", row.order);
    }
    assert!(DENIED.iter().all(|denied| !denied.why.is_empty()));
}
