use std::sync::Arc;

use holdfast_model::Problem;
use proptest::prelude::*;

use super::record::{record, recorded};
use super::{MAX_BYTES, parse, parse_recorded};
use crate::{Node, Value};

fn read(text: &str) -> (Option<Node>, Vec<Problem>) {
    parse(&Arc::from("a.yaml"), text)
}

/// The only problem, as code, line:column, underlined letters, message and help.
fn shown(text: &str) -> String {
    let (_, problems) = read(text);
    let [problem] = problems.as_slice() else { panic!("{problems:?}") };
    crate::decode::tests::shown(problem)
}

#[test]
fn values_keep_their_places_and_their_writing() {
    let (node, problems) = read("# ä\nname: \"ü x\"\nlist: [0640, ~, 'a: b']\n");
    assert!(problems.is_empty(), "{problems:?}");
    let node = node.unwrap();
    let name = node.get("name").unwrap();
    assert_eq!(name.value, Value::Text { text: "ü x".into(), quoted: true });
    assert_eq!((name.place.line, name.place.column), (2, 7));
    let Value::Seq(items) = &node.get("list").unwrap().value else { panic!() };
    assert_eq!(items[0].value, Value::Text { text: "0640".into(), quoted: false });
    assert_eq!(items[1].value, Value::Null);
    assert_eq!((items[2].place.line, items[2].place.column), (3, 17));
    assert_eq!(items[2].as_text(), Some("a: b"));
}

#[test]
fn spans_are_bytes_of_the_file_even_behind_a_byte_order_mark() {
    let text = format!("\u{feff}{}key: wörd\n", "# é\n".repeat(300));
    let (node, problems) = read(&text);
    assert!(problems.is_empty(), "{problems:?}");
    let node = node.unwrap();
    let value = node.get("key").unwrap();
    assert_eq!(value.span.of(&text), Some("wörd"));
    assert_eq!((value.place.line, value.place.column), (301, 6));
}

#[test]
fn a_key_that_stands_twice() {
    assert_eq!(
        shown("id: a\ntitle: x\nid: b\n"),
        "rule-duplicate-key 3:1 `id` the key `id` stands twice | \
         keep one of the two; the first one is used until then"
    );
    let (node, _) = read("id: a\nid: b\n");
    assert_eq!(node.unwrap().get("id").and_then(Node::as_text), Some("a"));
}

#[test]
fn an_unfinished_merge() {
    let text = "id: a\n<<<<<<< ours\ntitle: x\n=======\ntitle: y\n>>>>>>> theirs\n";
    assert_eq!(
        shown(text),
        "rule-merge-conflict 2:1 `<<<<<<<` the file holds an unfinished merge | \
         choose one side, and delete the lines `<<<<<<<`, `=======`, `>>>>>>>`"
    );
}

#[test]
fn an_unterminated_quote() {
    assert_eq!(
        shown("id: a\ntitle: \"never\nwhy: x\n"),
        "rule-syntax 2:8 `\"never` this quote is not closed, or the text's further lines are not \
         indented | add the closing quote, or indent the further lines"
    );
    assert_eq!(
        shown("title: \"never"),
        "rule-syntax 1:8 `\"never` this quote is never closed | add the closing quote"
    );
}

#[test]
fn tabs() {
    assert_eq!(
        shown("refs:\n\ta: b\n"),
        "rule-syntax 2:1 `\t` a tab stands where YAML wants spaces | indent with spaces"
    );
}

#[test]
fn a_colon_inside_a_bare_value() {
    assert_eq!(
        shown("title: what: why\n"),
        "rule-syntax 1:12 `:` a `:` stands where no key can be | \
         put the value in quotes if the colon belongs to it; check the indentation if not"
    );
}

#[test]
fn deep_nesting_is_bounded() {
    let deep = "rule-depth 1:65 `[` lists and tables nest deeper than 64 levels here | \
                write it flatter, or check that this is the right file";
    assert_eq!(shown(&"[".repeat(100)), deep);
    assert_eq!(
        shown(&"[".repeat(1 << 20)),
        "rule-depth 1:256 `[` lists and tables nest far too deep here | \
         write it flatter, or check that this is the right file"
    );
    let blocks: Vec<String> = (0..100).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
    let blocks = blocks.concat();
    assert!(shown(&blocks).starts_with("rule-depth 65:65"), "{}", shown(&blocks));
    let fine = format!("{}{}", "[".repeat(64), "]".repeat(64));
    assert!(read(&fine).1.is_empty());
}

#[test]
fn binary_and_huge_files() {
    assert_eq!(
        shown("id: a\u{0}b\n"),
        "rule-binary 1:6 `\u{0}` this is no text: character U+0000 | \
         remove the character, or check that this is the right file"
    );
    let (node, problems) = read(&" ".repeat(MAX_BYTES + 1));
    assert!(node.is_none());
    assert_eq!(problems[0].code, "rule-size");
}

#[test]
fn anchors_aliases_tags_and_second_documents_are_refused_with_help() {
    let (node, problems) = read("a: &x 1\nb: *x\nc: !!int 3\n");
    let codes: Vec<&str> = problems.iter().map(|problem| problem.code.as_str()).collect();
    assert_eq!(codes, ["rule-alias", "rule-alias", "rule-tag"]);
    assert!(problems.iter().all(|problem| !problem.help.is_empty()));
    assert_eq!(node.unwrap().get("a").and_then(Node::as_text), Some("1"), "neighbours stay");
    assert!(shown("a: 1\n---\nb: 2\n").starts_with("rule-documents 2:1"));
}

#[test]
fn thousands_of_problems_are_bounded() {
    let text = "a: 1\n".repeat(10_000);
    let (node, problems) = read(&text);
    assert!(node.is_some());
    assert_eq!(problems.len(), super::MAX_PROBLEMS);
}

#[test]
fn an_empty_file_is_no_node() {
    assert_eq!(read(""), (None, vec![]));
    assert_eq!(read("# nothing\n"), (None, vec![]));
}

/// Texts with everything that is kept in its own way.
const KEPT: &[&str] = &[
    "",
    "a: 1\nb: [x, \"y z\", 'it''s', ~, \"\\t\"]\nc: {d: e}\n",
    "# ä\nname: \"ü x\"\nfolded: >-\n  one\n  twö\n\nkept: |\n  a\n  b\n",
    "key: a value\n  that goes on\nlong: [a,\n  b]\ntwice: 1\ntwice: 2\n",
];

#[test]
fn what_was_recorded_reads_as_the_text_does() {
    let path = Arc::from("a.yaml");
    for text in KEPT {
        if let Some(kept) = record(text) {
            assert!(recorded(text, &kept).is_some());
            assert_eq!(parse_recorded(&path, text, &kept), parse(&path, text), "{text}");
        }
    }
    assert!(KEPT.iter().filter_map(|text| record(text)).count() == KEPT.len());
    // What is not recorded is parsed, and said to be wrong by whoever parses.
    for text in ["a: [1\n", "a: &x 1\n", "a: *x\n", "a: !t 1\n", "--- a\n--- b\n", "\u{feff}a: 1\n"]
    {
        assert_eq!(record(text), None, "{text}");
        assert_eq!(parse_recorded(&path, text, b"?"), parse(&path, text), "{text}");
    }
}

proptest! {
    #[test]
    fn never_panics(text in "\\PC{0,200}") {
        let _ = read(&text);
    }

    #[test]
    fn never_panics_on_yaml_like_text(text in "[-a: \\[\\]{},&*!|>'\"%@`#?\n\t0é]{0,120}") {
        let (node, problems) = read(&text);
        for problem in &problems {
            prop_assert!(problem.place.is_some() && !problem.message.is_empty());
        }
        if let Some(node) = node {
            every_span_lies_inside(&node, &text);
        }
    }
}

fn every_span_lies_inside(node: &Node, text: &str) {
    assert!(node.span.start <= node.span.end && node.span.of(text).is_some(), "{node:?}");
    match &node.value {
        Value::Seq(items) => items.iter().for_each(|item| every_span_lies_inside(item, text)),
        Value::Map(pairs) => pairs.iter().for_each(|(key, value)| {
            every_span_lies_inside(key, text);
            every_span_lies_inside(value, text);
        }),
        Value::Null | Value::Text { .. } => {}
    }
}

proptest! {
    #[test]
    fn recording_changes_nothing(text in "[a-c:,{}\\[\\]\"'\n >|~ä-]{0,40}") {
        let path = Arc::from("a.yaml");
        if let Some(kept) = record(&text) {
            prop_assert_eq!(parse_recorded(&path, &text, &kept), parse(&path, &text));
        }
    }

    /// Bytes from elsewhere are refused or read as something; they bring nothing down.
    #[test]
    fn no_bytes_panic(at in 0_usize..200, byte: u8, cut in 0_usize..200) {
        let path = Arc::from("a.yaml");
        let text = KEPT[1];
        let mut kept = record(text).unwrap();
        let (at, cut) = (at % kept.len(), cut % kept.len());
        kept[at] = byte;
        let _ = parse_recorded(&path, text, &kept);
        kept.truncate(cut);
        let _ = parse_recorded(&path, text, &kept);
    }
}
