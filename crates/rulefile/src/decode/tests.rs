use std::sync::Arc;

use holdfast_model::Problem;

use super::Decoder;
use crate::{Node, yaml};

/// A problem as code, line:column, the underlined letters, message and help.
pub(crate) fn shown(problem: &Problem) -> String {
    let place = problem.place.as_ref().unwrap();
    let excerpt = problem.excerpt.as_ref().unwrap();
    let column = usize::try_from(place.column).unwrap() - 1;
    let length = usize::try_from(excerpt.length).unwrap();
    let meant: String = excerpt.line.chars().skip(column).take(length).collect();
    let (line, column) = (place.line, place.column);
    format!("{} {line}:{column} `{meant}` {} | {}", problem.code, problem.message, problem.help)
}

fn decode(text: &str, read: impl Fn(&mut Decoder<'_>, &Node)) -> Vec<String> {
    let path = Arc::from("rule.yaml");
    let (node, problems) = yaml::parse(&path, text);
    assert!(problems.is_empty(), "{problems:?}");
    let mut decoder = Decoder::new(&path, text);
    read(&mut decoder, &node.unwrap());
    decoder.finish().iter().map(shown).collect()
}

fn one(text: &str, read: impl Fn(&mut Decoder<'_>, &Node)) -> String {
    let problems = decode(text, |decoder, node| read(decoder, node.get("key").unwrap()));
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems.concat()
}

fn boolean(decoder: &mut Decoder<'_>, node: &Node) {
    assert_eq!(decoder.boolean(node), None);
}

#[test]
fn an_unknown_key() {
    let problems = decode("title: x\nseverty: now\nbanana: 1\n", |decoder, node| {
        let mut table = decoder.map(node).unwrap();
        assert_eq!(table.text(decoder, "title").as_deref(), Some("x"));
        assert_eq!(table.text(decoder, "severity"), None);
        table.finish(decoder);
    });
    assert_eq!(
        problems,
        [
            "rule-unknown-key 2:1 `severty` the key `severty` is not known | \
             did you mean `severity`?",
            "rule-unknown-key 3:1 `banana` the key `banana` is not known | \
             known here: `title`, `severity`",
        ]
    );
}

#[test]
fn a_bare_no_where_a_boolean_is_wanted() {
    assert_eq!(
        one("key: no\n", boolean),
        "rule-type 1:6 `no` `true` or `false` is wanted here, not a bare `no` | \
         write `false`, without quotes"
    );
    assert_eq!(
        one("key: \"true\"\n", boolean),
        "rule-type 1:6 `\"true\"` `true` or `false` is wanted here, not a quoted `true` | \
         write `true`, without quotes"
    );
    assert_eq!(
        one("key: maybe\n", boolean),
        "rule-type 1:6 `maybe` `true` or `false` is wanted here, not `maybe` | write one of the two"
    );
}

#[test]
fn a_bare_mode() {
    assert_eq!(
        one("key: 0640\n", |decoder, node| assert_eq!(decoder.text(node), None)),
        "rule-type 1:6 `0640` a bare `0640` is a number to some tools and a text to others | \
         write \"0640\" in quotes"
    );
    assert_eq!(
        one("key: 0640\n", |decoder, node| assert_eq!(decoder.integer(node, 0..=9999), None)),
        "rule-type 1:6 `0640` a bare `0640` is octal to some tools and decimal to others | \
         write the number without leading zeros, or in quotes where a mode is meant"
    );
}

#[test]
fn a_bare_true_is_no_text() {
    assert_eq!(
        one("key: true\n", |decoder, node| assert_eq!(decoder.text(node), None)),
        "rule-type 1:6 `true` a text is wanted here, and a bare `true` is a truth value | \
         write \"true\" in quotes"
    );
}

#[test]
fn numbers_in_range() {
    assert_eq!(
        one("key: 9\n", |decoder, node| assert_eq!(decoder.integer(node, 1..=5), None)),
        "rule-value 1:6 `9` `9` is out of range | write a whole number from 1 to 5, without quotes"
    );
    assert_eq!(
        one("key: [1]\n", |decoder, node| assert_eq!(decoder.integer(node, 1..=5), None)),
        "rule-type 1:6 `[` a whole number is wanted here, not a list | \
         write a whole number from 1 to 5, without quotes"
    );
}

#[test]
fn everything_wrong_is_reported_and_everything_right_is_read() {
    let problems = decode("a: no\nb: 7\nc: [x, {}, y]\n", |decoder, node| {
        let mut table = decoder.map(node).unwrap();
        assert_eq!(table.optional("a").and_then(|node| decoder.boolean(node)), None);
        assert_eq!(table.optional("b").and_then(|node| decoder.integer(node, 0..=9)), Some(7));
        assert_eq!(table.texts(decoder, "c"), ["x", "y"]);
        assert_eq!(table.required(decoder, "d"), None);
        table.finish(decoder);
    });
    let codes: Vec<&str> = problems.iter().map(|text| text.split(' ').next().unwrap()).collect();
    assert_eq!(codes, ["rule-missing-key", "rule-type", "rule-type"]);
}
