use proptest::prelude::*;
use serde_json::Value as Json;

use super::*;

fn fault(json: &[u8]) -> Fault {
    Tree::read(json, &mut Vec::new()).expect_err("this is no record")
}

/// The tree as `serde_json` has it.
fn json(tree: &Tree<'_>, id: Id) -> Json {
    match tree.kind(id) {
        Kind::Null => Json::Null,
        Kind::Truth | Kind::Number => serde_json::from_str(&tree.text(id)).unwrap(),
        Kind::Text => Json::String(tree.text(id).into_owned()),
        Kind::List => tree.children(id).map(|child| json(tree, child)).collect(),
        Kind::Object => Json::Object(
            tree.children(id)
                .map(|child| {
                    let key = tree.decoded(tree.node(child).unwrap().key).into_owned();
                    (key, json(tree, child))
                })
                .collect(),
        ),
    }
}

#[test]
fn texts_are_borrowed_and_escapes_are_read() {
    let record = r#" {"a":"x","b\u0041":"\u00e9\ud83d\ude00\n\"\/","c":[1,{"d":null}],"e":true} "#;
    let mut nodes = Vec::new();
    let tree = Tree::read(record.as_bytes(), &mut nodes).unwrap();
    let a = tree.member(Tree::ROOT, "a").unwrap();
    assert!(matches!(tree.text(a), Cow::Borrowed("x")));
    let b = tree.member(Tree::ROOT, "bA").unwrap();
    assert_eq!(tree.text(b), "é😀\n\"/");
    assert_eq!(json(&tree, Tree::ROOT), serde_json::from_str::<Json>(record).unwrap());
}

#[test]
fn the_last_of_two_keys_counts() {
    let mut nodes = Vec::new();
    let tree = Tree::read(br#"{"a":1,"b":0,"\u0061":{"c":2}}"#, &mut nodes).unwrap();
    let a = tree.member(Tree::ROOT, "a").unwrap();
    assert_eq!(tree.kind(a), Kind::Object);
}

#[test]
fn half_a_pair_of_surrogates_loses_no_record() {
    let record = br#"{"a":"x\ud800y","b":"\udc00","c":"\ud800A"}"#;
    let mut nodes = Vec::new();
    let tree = Tree::read(record, &mut nodes).unwrap();
    let text = |key| tree.text(tree.member(Tree::ROOT, key).unwrap()).into_owned();
    assert_eq!([text("a"), text("b"), text("c")], ["x\u{fffd}y", "\u{fffd}", "\u{fffd}A"]);
}

#[test]
fn what_is_no_record_is_refused_where_it_goes_wrong() {
    for (record, at) in [
        ("", 0),
        ("[]", 0),
        ("7", 0),
        ("{", 1),
        (r#"{"a""#, 4),
        (r#"{"a" 1}"#, 5),
        (r#"{"a":1,}"#, 7),
        (r#"{"a":1 "b":2}"#, 7),
        (r#"{"a":01}"#, 6),
        (r#"{"a":1.}"#, 7),
        (r#"{"a":-}"#, 6),
        (r#"{"a":tru}"#, 5),
        (r#"{"a":"\x"}"#, 6),
        (r#"{"a":"\u12"}"#, 6),
        ("{\"a\":\"\n\"}", 6),
        (r#"{"a":[1}"#, 7),
        (r#"{"a":1]"#, 6),
        (r#"{"a":1} {"#, 8),
        (r#"{"a":"#, 5),
        (r#"{"a":"x"#, 7),
    ] {
        let fault = fault(record.as_bytes());
        assert_eq!((fault.code, fault.at), ("event-json", at), "{record}");
        assert!(serde_json::from_str::<Json>(record).map_or(true, |json| !json.is_object()));
    }
    assert_eq!(fault(b"{\"a\":\"\xFF\"}").code, "event-utf8");
    assert_eq!(fault(b"{\"a\":\"\xFF\"}").at, 6);
}

#[test]
fn depth_and_size_are_bounded() {
    let deep = |levels: usize| {
        format!("{}1{}", r#"{"a":"#.repeat(levels), "}".repeat(levels)).into_bytes()
    };
    assert!(Tree::read(&deep(MAX_DEPTH), &mut Vec::new()).is_ok());
    assert_eq!(fault(&deep(MAX_DEPTH + 1)).code, "event-depth");
    assert_eq!(fault(&"[".repeat(1 << 20).into_bytes()).code, "event-json");
    let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(MAX_BYTES));
    assert_eq!(fault(large.as_bytes()).code, "event-size");
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_filter("JSON has no others", |n| n.is_finite()).prop_map(Json::from),
        any::<String>().prop_map(Json::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Json::from),
            proptest::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_serde_writes_is_read_as_serde_reads_it(value in any_json(), pretty in any::<bool>()) {
        let value = serde_json::json!({ "it": value });
        let text = if pretty {
            serde_json::to_string_pretty(&value).unwrap()
        } else {
            value.to_string()
        };
        let mut nodes = Vec::new();
        let tree = Tree::read(text.as_bytes(), &mut nodes).unwrap();
        prop_assert_eq!(json(&tree, Tree::ROOT), serde_json::from_str::<Json>(&text).unwrap());
    }

    /// Of any bytes both say the same, but for half surrogates.
    #[test]
    fn what_is_taken_is_what_serde_takes(mut text in r#"[\[\]{}",:0-9a-e\\u.tru -]{0,24}"#) {
        text.insert(0, '{');
        let ours = Tree::read(text.as_bytes(), &mut Vec::new()).is_ok();
        let theirs = serde_json::from_str::<Json>(&text);
        let surrogate = theirs.as_ref().is_err_and(|error| error.to_string().contains("surrogate"));
        prop_assume!(!surrogate);
        // Numbers that no double can hold are JSON all the same.
        let range = theirs.as_ref().is_err_and(|error| error.to_string().contains("range"));
        prop_assert_eq!(ours, theirs.is_ok() || range, "{}", text);
    }

    #[test]
    fn a_cut_record_is_refused(value in any_json(), cut in any::<prop::sample::Index>()) {
        let text = serde_json::json!({ "it": value }).to_string();
        let cut = cut.index(text.len());
        prop_assert!(Tree::read(&text.as_bytes()[..cut], &mut Vec::new()).is_err());
    }
}
