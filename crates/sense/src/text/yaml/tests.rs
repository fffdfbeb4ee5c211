use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

fn one(text: &str) -> Value<'_> {
    let (documents, mistakes) = parse(text, Dialect::Tool);
    assert!(mistakes.is_empty(), "{mistakes:?}");
    documents.into_iter().next().unwrap()
}

#[test]
fn blocks_brackets_and_texts_have_places() {
    let text = "a: 1.10\n'b c': {d: \"x\\u0021\", e: [f, 'g''h'], i: {}}\nlist:\n- one\n- k: v\n  w: true\nnothing:\n/p@1.0.0(q@2):\n    long: >-\n      some text\n      more\n    next: https://h.example/x # why\n? \"far\"\n: near\n";
    let root = one(text);
    assert_eq!(root.get("a").unwrap().as_str(), Some("1.10"));
    let b = root.member("b c").unwrap();
    assert_eq!(b.key_span.of(text), Some("b c"));
    assert_eq!(b.value.get("d").unwrap().as_str(), Some("x!"));
    assert_eq!(b.value.get("e").unwrap().as_array().unwrap()[1].as_str(), Some("g'h"));
    let list = root.get("list").unwrap().as_array().unwrap();
    assert_eq!((list[0].as_str(), list[1].get("w").unwrap().is_true()), (Some("one"), true));
    assert_eq!(root.get("nothing").unwrap().kind, Kind::Null);
    let p = root.get("/p@1.0.0(q@2)").unwrap();
    assert!(p.get("long").unwrap().as_str().unwrap().starts_with("some text"));
    let next = p.get("next").unwrap();
    assert_eq!(next.span.of(text), Some("https://h.example/x"));
    assert_eq!(root.get("far").unwrap().as_str(), Some("near"));
}

#[test]
fn yarn_writes_keys_without_colons() {
    let text = "# c\n\na@^1, \"b@x y\":\n  version \"1.0.0\"\n  integrity sha512-x==\n  dependencies:\n    \"@s/c\" \"^2\"\n    d e/f\n";
    let (documents, mistakes) = parse(text, Dialect::Yarn);
    assert!(mistakes.is_empty(), "{mistakes:?}");
    let entry = documents[0].get("a@^1, \"b@x y\"").unwrap();
    assert_eq!(entry.get("version").unwrap().as_str(), Some("1.0.0"));
    assert_eq!(entry.get("integrity").unwrap().as_str(), Some("sha512-x=="));
    let needs = entry.get("dependencies").unwrap();
    assert_eq!(needs.get("@s/c").unwrap().as_str(), Some("^2"));
    assert_eq!(needs.get("d").unwrap().as_str(), Some("e/f"));
}

#[test]
fn a_mistake_loses_no_neighbour() {
    let text = "a: 1\n    stray: 2\n- item\nno key\nb: {c: d\ne: \"f\ng: *h\ni: 3\ni: 4\n";
    let (documents, mistakes) = parse(text, Dialect::Tool);
    let codes: Vec<_> = mistakes.iter().map(|mistake| mistake.code).collect();
    assert_eq!(codes.len(), 7, "{mistakes:?}");
    assert_eq!(codes.last(), Some(&"yaml-duplicate-key"));
    assert_eq!(documents[0].get("i").unwrap().as_str(), Some("4"));
    assert_eq!(documents[0].get("b").unwrap().get("c").unwrap().as_str(), Some("d"));
}

#[test]
fn people_write_what_no_tool_does() {
    let text = "--- # the first\nimage: &img !!str x:1 # here\nagain: *img\nsteps: &steps\n  - uses: a\nsame: *steps\nlist: [ # why, oh why\n  a, # b\n  'c',\n]\n\"quoted\":\n  \"text\"\nplain:\n  a long\n  text\nkeys:\n- \"x+y (1)\":\n  - z\n- w # not: a key\nempty:\n  { a: b }\n";
    let (documents, mistakes) = parse(text, Dialect::Hand);
    assert!(mistakes.is_empty(), "{mistakes:?}");
    let [root] = documents.as_slice() else { panic!("{documents:?}") };
    let text_of = |key: &str| root.get(key).and_then(Value::as_str);
    assert_eq!((text_of("image"), text_of("again")), (Some("x:1"), Some("x:1")));
    assert_eq!(root.get("steps").unwrap().as_array().unwrap().len(), 1);
    assert_eq!(root.get("same").unwrap().kind, Kind::Null);
    let list = root.get("list").unwrap().as_array().unwrap();
    assert_eq!(list.iter().filter_map(Value::as_str).collect::<Vec<_>>(), ["a", "c"]);
    assert_eq!(text_of("quoted"), Some("text"));
    assert_eq!(text_of("plain"), Some("a long\n  text"));
    let keys = root.get("keys").unwrap().as_array().unwrap();
    assert_eq!(keys[0].get("x+y (1)").unwrap().as_array().unwrap()[0].as_str(), Some("z"));
    assert_eq!(keys[1].as_str(), Some("w"));
    assert_eq!(root.get("empty").unwrap().get("a").unwrap().as_str(), Some("b"));
    let (documents, mistakes) = parse("{\"a\": [1,\n2\n],\n\"b\": 2}\n", Dialect::Hand);
    assert!(mistakes.is_empty(), "{mistakes:?}");
    assert_eq!(documents[0].get("b").unwrap().as_str(), Some("2"));
}

#[test]
fn many_anchors_below_one_another_end() {
    let (_, mistakes) = parse(&format!("a:\n{}", " &a\n".repeat(100_000)), Dialect::Hand);
    assert!(mistakes.len() < 100, "{}", mistakes.len());
    let mut text = String::from("a:");
    for level in 1..1000 {
        write!(text, "\n{}&a", " ".repeat(level)).unwrap();
    }
    let (_, mistakes) = parse(&text, Dialect::Hand);
    assert_eq!(mistakes.iter().map(|one| one.code).collect::<Vec<_>>(), ["yaml-too-deep"]);
}

#[test]
fn several_documents_and_deep_ones() {
    let (documents, _) = parse("---\na: 1\n---\nb: 2\n", Dialect::Tool);
    assert_eq!(documents.len(), 2);
    let mut deep = String::new();
    for level in 0..100 {
        writeln!(deep, "{}a:", " ".repeat(level)).unwrap();
    }
    let (_, mistakes) = parse(&deep, Dialect::Tool);
    assert_eq!(mistakes.iter().map(|one| one.code).collect::<Vec<_>>(), ["yaml-too-deep"]);
    let (_, mistakes) = parse(&format!("a: {}", "[".repeat(100_000)), Dialect::Tool);
    assert_eq!(mistakes.len(), 1);
}

proptest! {
    #[test]
    fn any_text_gives_places_inside_it(text in "[a-c:,'\"{}\\[\\]\\-?#|>&*!é \\n\\\\]{0,120}", which in 0..3_usize) {
        let dialect = [Dialect::Tool, Dialect::Hand, Dialect::Yarn][which];
        let (documents, mistakes) = parse(&text, dialect);
        for mistake in mistakes {
            prop_assert!(mistake.span.of(&text).is_some());
        }
        let mut queue: Vec<&Value<'_>> = documents.iter().collect();
        while let Some(value) = queue.pop() {
            prop_assert!(value.span.of(&text).is_some());
            queue.extend(value.as_array().into_iter().flatten());
            for member in value.as_object().into_iter().flatten() {
                prop_assert!(member.key_span.of(&text).is_some());
                queue.push(&member.value);
            }
        }
    }
}
