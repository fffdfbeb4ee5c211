//! Rules and records of our own: each trap once, and where the engines differ by design.

use std::sync::Arc;

use super::Both;

/// A detection with its condition, a record, and whether it matches.
type Case = (&'static str, &'static str, bool);

const SAME: &[Case] = &[
    // `null` means an absent field, and one that holds nothing.
    ("{s: {a: null}, condition: s}", r#"{"b":1}"#, true),
    ("{s: {a: null}, condition: s}", r#"{"a":null}"#, true),
    ("{s: {a: null}, condition: s}", r#"{"a":""}"#, false),
    ("{s: {a: null, b: x}, condition: s}", r#"{"b":"x"}"#, true),
    // Of a list any element.
    ("{s: {a: x}, condition: s}", r#"{"a":["y","x"]}"#, true),
    ("{s: {a: x}, condition: s}", r#"{"a":[["y"],["x"]]}"#, true),
    ("{s: {a: x}, condition: s}", r#"{"a":[]}"#, false),
    ("{s: {a.b: x}, condition: s}", r#"{"a":[{"b":"y"},{"b":"x"}]}"#, true),
    ("{s: {a.b.c: x}, condition: s}", r#"{"a":[{"b":[{"c":"y"},{"c":"x"}]}]}"#, true),
    (
        "{s: {a.items.tags.key: K}, condition: s}",
        r#"{"a":{"items":[{"tags":[{"key":"k"}]}]}}"#,
        true,
    ),
    ("{s: {'a|contains|all': [x, y]}, condition: s}", r#"{"a":["xa","ya"]}"#, true),
    // Letter case.
    ("{s: {a: FOO}, condition: s}", r#"{"a":"foo"}"#, true),
    ("{s: {a|cased: FOO}, condition: s}", r#"{"a":"foo"}"#, false),
    ("{s: {a|cased: FOO}, condition: s}", r#"{"a":"FOO"}"#, true),
    ("{s: {a|re: 'F.O'}, condition: s}", r#"{"a":"foo"}"#, false),
    ("{s: {a|re|i: 'F.O'}, condition: s}", r#"{"a":"xfoox"}"#, true),
    ("{s: {a|re|m: '^b$'}, condition: s}", r#"{"a":"a\nb\nc"}"#, true),
    ("{s: {a|re: '^b$'}, condition: s}", r#"{"a":"a\nb\nc"}"#, false),
    ("{s: {a|re|s: 'a.b'}, condition: s}", r#"{"a":"a\nb"}"#, true),
    ("{s: {a: ÄÖ}, condition: s}", r#"{"a":"äö"}"#, true),
    // Dots.
    ("{s: {a.b: x}, condition: s}", r#"{"a.b":"x"}"#, true),
    ("{s: {a.b: x}, condition: s}", r#"{"a":{"b":"x"}}"#, true),
    // Numbers and truth values as texts.
    ("{s: {a: 7}, condition: s}", r#"{"a":7}"#, true),
    ("{s: {a: 7}, condition: s}", r#"{"a":"7"}"#, true),
    ("{s: {a: '7'}, condition: s}", r#"{"a":7}"#, true),
    ("{s: {a: 7}, condition: s}", r#"{"a":7.0}"#, true),
    ("{s: {a: true}, condition: s}", r#"{"a":true}"#, true),
    ("{s: {a: true}, condition: s}", r#"{"a":"True"}"#, true),
    ("{s: {a: 'true'}, condition: s}", r#"{"a":true}"#, true),
    ("{s: {a: false}, condition: s}", r#"{"a":true}"#, false),
    ("{s: {a|contains: 44}, condition: s}", r#"{"a":"port 4444"}"#, true),
    // Wildcards and backslashes.
    ("{s: {a: 'a*z'}, condition: s}", r#"{"a":"abcz"}"#, true),
    ("{s: {a: 'a?z'}, condition: s}", r#"{"a":"abz"}"#, true),
    ("{s: {a: 'a\\*z'}, condition: s}", r#"{"a":"abz"}"#, false),
    ("{s: {a: 'a\\*z'}, condition: s}", r#"{"a":"a*z"}"#, true),
    ("{s: {a: 'C:\\Windows\\*'}, condition: s}", r#"{"a":"C:\\Windows\\x"}"#, false),
    ("{s: {a: 'C:\\Windows\\\\*'}, condition: s}", r#"{"a":"C:\\Windows\\x"}"#, true),
    ("{s: {a|endswith: '\\bash'}, condition: s}", r#"{"a":"c:\\bash"}"#, true),
    ("{s: {a|startswith: ab}, condition: s}", r#"{"a":"ABC"}"#, true),
    ("{s: {a: ''}, condition: s}", r#"{"a":""}"#, true),
    ("{s: {a: ''}, condition: s}", r#"{"b":""}"#, false),
    ("{s: {a|windash|contains: ' -x'}, condition: s}", r#"{"a":"c /x"}"#, true),
    ("{s: {a|windash|contains: ' -x'}, condition: s}", r#"{"a":"c ―x"}"#, true),
    // Presence.
    ("{s: {a|exists: true}, condition: s}", r#"{"a":0}"#, true),
    ("{s: {a|exists: true}, condition: s}", r#"{"a":null}"#, false),
    ("{s: {a|exists: false}, condition: s}", r#"{"b":0}"#, true),
    // Numbers.
    ("{s: {a|gt: 5}, condition: s}", r#"{"a":5}"#, false),
    ("{s: {a|gte: 5}, condition: s}", r#"{"a":"5"}"#, true),
    ("{s: {a|lt: 5}, condition: s}", r#"{"a":4.9}"#, true),
    ("{s: {a|lte: 5}, condition: s}", r#"{"a":"x"}"#, false),
    ("{s: {a|neq: x}, condition: s}", r#"{"a":"y"}"#, true),
    ("{s: {a|neq: [x, y]}, condition: s}", r#"{"a":"y"}"#, false),
    ("{s: {a|neq: x}, condition: s}", r#"{"b":"y"}"#, false),
    // Networks.
    ("{s: {a|cidr: 10.0.0.0/8}, condition: s}", r#"{"a":"10.9.8.7"}"#, true),
    ("{s: {a|cidr: 10.0.0.0/8}, condition: s}", r#"{"a":"11.0.0.0"}"#, false),
    ("{s: {a|cidr: '2001:db8::/32'}, condition: s}", r#"{"a":"2001:db8:1::1"}"#, true),
    ("{s: {a|cidr: 0.0.0.0/0}, condition: s}", r#"{"a":"1.2.3.4"}"#, true),
    ("{s: {a|cidr: 0.0.0.0/0}, condition: s}", r#"{"a":"AWS Internal"}"#, false),
    // Other fields.
    ("{s: {a|fieldref: b}, condition: s}", r#"{"a":"x","b":"X"}"#, true),
    ("{s: {a|fieldref: b}, condition: s}", r#"{"a":"x","b":"y"}"#, false),
    ("{s: {a|fieldref: b}, condition: s}", r#"{"a":"x"}"#, false),
    ("{s: {a|fieldref|neq: b}, condition: s}", r#"{"a":"x"}"#, true),
    ("{s: {a|fieldref|neq: b}, condition: s}", r#"{"a":"x","b":"x"}"#, false),
    ("{s: {a|fieldref|endswith: b}, condition: s}", r#"{"a":"xy","b":"Y"}"#, true),
    // Encodings.
    ("{s: {a|base64: foobar}, condition: s}", r#"{"a":"Zm9vYmFy"}"#, true),
    (
        "{s: {a|base64offset|contains: /bin/bash}, condition: s}",
        r#"{"a":"c2ggLWMgL2Jpbi9iYXNo"}"#,
        true,
    ),
    // Times.
    ("{s: {a|hour: 3}, condition: s}", r#"{"a":"2026-11-21T03:12:00Z"}"#, true),
    ("{s: {a|hour: 3}, condition: s}", r#"{"a":"2026-11-21T05:12:00+02:00"}"#, true),
    ("{s: {a|minute: 12}, condition: s}", r#"{"a":"2026-11-21T03:12:00Z"}"#, true),
    ("{s: {a|day: 21}, condition: s}", r#"{"a":"2026-11-21T03:12:00Z"}"#, true),
    ("{s: {a|week: 47}, condition: s}", r#"{"a":"2026-11-21T03:12:00Z"}"#, true),
    ("{s: {a|month: 12}, condition: s}", r#"{"a":"2026-11-21T03:12:00Z"}"#, false),
    ("{s: {a|year: 2026}, condition: s}", r#"{"a":1795230720}"#, true),
    // Conditions.
    ("{s: {a: x}, f: {b: y}, condition: s and not f}", r#"{"a":"x","b":"z"}"#, true),
    ("{s: {a: x}, f: {b: y}, condition: s and not f}", r#"{"a":"x","b":"y"}"#, false),
    ("{s1: {a: x}, s2: {b: y}, condition: 1 of s*}", r#"{"b":"y"}"#, true),
    ("{s1: {a: x}, s2: {b: y}, condition: all of s*}", r#"{"b":"y"}"#, false),
    ("{s1: {a: x}, s2: {b: y}, s3: {c: z}, condition: 2 of s*}", r#"{"b":"y","c":"z"}"#, true),
    ("{s1: {a: x}, s2: {b: y}, condition: all of them}", r#"{"a":"x","b":"y"}"#, true),
    ("{s: {a: x}, t: {b: y}, u: {c: z}, condition: s or t and u}", r#"{"a":"x"}"#, true),
    ("{s: {a: x}, t: {b: y}, u: {c: z}, condition: (s or t) and u}", r#"{"a":"x"}"#, false),
    ("{s: {a: x}, t: {b: y}, condition: [s, t]}", r#"{"b":"y"}"#, true),
    ("{s: [{a: x}, {b: y}], condition: s}", r#"{"b":"y"}"#, true),
    ("{s: {a: [x, y], b: z}, condition: s}", r#"{"a":"y","b":"z"}"#, true),
    ("{s: {a: [x, y], b: z}, condition: s}", r#"{"a":"y"}"#, false),
    // Keywords stand anywhere in the record.
    ("{s: [foo], condition: s}", r#"{"a":"a food"}"#, true),
    ("{s: [foo, bar], condition: s}", r#"{"a":{"b":["BAR"]}}"#, true),
    ("{s: [0], condition: s}", r#"{"a":"init 10"}"#, false),
    ("{s: ['*foo*'], condition: s}", r#"{"a":"a food"}"#, true),
    ("{s: {'|all': ['*foo*', '*bar*']}, condition: s}", r#"{"a":"a foo bar"}"#, true),
    ("{s: {'|all': ['*foo*', '*bar*']}, condition: s}", r#"{"a":"a foo"}"#, false),
];

/// Where `rsigma-eval` says otherwise, and why ours is right.
const DIFFERENT: &[(&str, &str, bool, &str)] = &[
    (
        "{s: {'|all': [foo, bar]}, condition: s}",
        r#"{"a":"a food bar"}"#,
        true,
        "keywords with `all` stand anywhere in a value, as those without it do",
    ),
    (
        "{s: {'|all': ['*foo*', '*bar*']}, condition: s}",
        r#"{"a":"a foo","b":"bars"}"#,
        true,
        "keywords search the whole record: each of them may stand in another value",
    ),
    (
        "{s: [0], condition: s}",
        r#"{"a":"init 0"}"#,
        true,
        "a number among keywords is a word of the text; the oracle never finds it in one",
    ),
    (
        "{s: {a|wide|base64offset|contains: ping}, condition: s}",
        r#"{"a":"xxcABpAG4AZwxx"}"#,
        true,
        "the last letter of a base64 text is decided by what follows, too, and cannot be asked",
    ),
    (
        "{s: {a: [null, x]}, condition: s}",
        r#"{"b":1}"#,
        true,
        "`null` means an absent field in a list of values too (trap 1)",
    ),
    (
        "{s: {a: 7}, condition: s}",
        r#"{"a":"07"}"#,
        false,
        "numbers meet texts as they are written (trap 5)",
    ),
    (
        "{s: {a: true}, condition: s}",
        r#"{"a":"yes"}"#,
        false,
        "truth values meet texts as they are written (trap 5)",
    ),
    (
        "{s: {a.b.c: x}, condition: s}",
        r#"{"a":{"b.c":"x"}}"#,
        true,
        "a key may hold a dot at every level (trap 4)",
    ),
    (
        "{s: {a|neq: x}, condition: s}",
        r#"{"a":null}"#,
        false,
        "a field without a value has none that differs",
    ),
];

fn rule(at: usize, detection: &str) -> (Arc<str>, String) {
    let text = format!(
        "title: t\nid: fixture-{at}\nlogsource: {{category: application}}\ndetection: {detection}\n"
    );
    (format!("fixture-{at}.yml").into(), text)
}

#[test]
fn every_trap_comes_out_the_same() {
    let mut wrong = Vec::new();
    for (at, (detection, record, wanted)) in SAME.iter().enumerate() {
        let both = Both::new(&[rule(at, detection)]);
        let (agreed, differ) = both.compare(&[(*record).to_owned()]);
        if !differ.is_empty() || agreed.is_empty() == *wanted {
            wrong.push(format!("{detection} on {record}: {differ:?}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn where_the_oracle_differs_it_is_known_why() {
    let mut same = Vec::new();
    for (at, (detection, record, wanted, why)) in DIFFERENT.iter().enumerate() {
        let both = Both::new(&[rule(at, detection)]);
        let (_, differ) = both.compare(&[(*record).to_owned()]);
        let side = if *wanted { "only ours" } else { "only theirs" };
        if !differ.first().is_some_and(|line| line.contains(side)) {
            same.push(format!("{detection} on {record}: {why}"));
        }
    }
    assert_eq!(same, Vec::<String>::new(), "no longer different");
}
