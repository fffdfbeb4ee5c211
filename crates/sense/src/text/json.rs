//! JSON (RFC 8259) with places, borrowed from its text, recovering from mistakes.
//!
//! Knows JSON; must not know any file written in it.

use std::borrow::Cow;

use holdfast_model::Span;

use super::json_parser::Parser;
use super::report::Mistake;

/// How deep objects and arrays may lie in one another.
pub const MAX_DEPTH: usize = 128;
/// How many values one document may hold.
pub const MAX_VALUES: usize = 4_000_000;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Value<'a> {
    /// The bytes of the value; of a string, the bytes inside its quotes.
    pub span: Span,
    /// What it is.
    pub kind: Kind<'a>,
}

/// The kinds of values.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as written.
    Number(&'a str),
    /// A string, with its escapes resolved.
    String(Cow<'a, str>),
    /// A list.
    Array(Vec<Value<'a>>),
    /// An object, in the order of the text; of two members with one key the last one counts.
    Object(Vec<Member<'a>>),
    /// Something that could not be read; a mistake tells of it.
    Broken,
}

/// A member of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Member<'a> {
    /// The key, with its escapes resolved.
    pub key: Cow<'a, str>,
    /// The bytes of the key inside its quotes.
    pub key_span: Span,
    /// The value.
    pub value: Value<'a>,
}

/// Reads what can be read of a text.
pub fn parse(text: &str) -> (Value<'_>, Vec<Mistake>) {
    Parser::new(text).document()
}

impl<'a> Value<'a> {
    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }

    /// The members of an object.
    pub fn as_object(&self) -> Option<&[Member<'a>]> {
        match &self.kind {
            Kind::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The values of a list.
    pub fn as_array(&self) -> Option<&[Value<'a>]> {
        match &self.kind {
            Kind::Array(values) => Some(values),
            _ => None,
        }
    }

    /// `true` and nothing else.
    pub fn is_true(&self) -> bool {
        self.kind == Kind::Bool(true)
    }

    /// A member of an object; one scan, so not for objects with many members.
    pub fn get(&self, key: &str) -> Option<&Value<'a>> {
        Some(&self.member(key)?.value)
    }

    /// A member of an object with its key.
    pub fn member(&self, key: &str) -> Option<&Member<'a>> {
        self.as_object()?.iter().rev().find(|member| member.key == key)
    }

    /// What it is, with its article, for messages.
    pub fn word(&self) -> &'static str {
        match self.kind {
            Kind::Null => "null",
            Kind::Bool(_) => "a boolean",
            Kind::Number(_) => "a number",
            Kind::String(_) => "a string",
            Kind::Array(_) => "a list",
            Kind::Object(_) => "an object",
            Kind::Broken => "something broken",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use proptest::prelude::*;

    fn codes(text: &str) -> Vec<&'static str> {
        parse(text).1.iter().map(|mistake| mistake.code).collect()
    }

    #[test]
    fn good_json_has_places_inside_the_quotes() {
        let text = r#"{"a": [1, -2.5e3, true, null], "b\u0021": "x\ny \ud83e\udd80"}"#;
        let (value, mistakes) = parse(text);
        assert!(mistakes.is_empty(), "{mistakes:?}");
        let member = value.member("b!").unwrap();
        assert_eq!(member.key_span.of(text), Some("b\\u0021"));
        assert_eq!(member.value.as_str(), Some("x\ny 🦀"));
        assert_eq!(member.value.span.of(text), Some("x\\ny \\ud83e\\udd80"));
        assert_eq!(value.get("a").unwrap().as_array().unwrap().len(), 4);
    }

    #[test]
    fn a_mistake_loses_no_neighbour() {
        let text =
            "{\"a\": 1 \"b\": 2, c: 3, \"d\": , \"e\": [1, @, 3], \"f\" 6, \"g\": tru, \"h\": 8}";
        let (value, mistakes) = parse(text);
        assert_eq!(mistakes.len(), 6, "{mistakes:?}");
        for key in ["a", "b", "d", "e", "f", "g", "h"] {
            assert!(value.get(key).is_some(), "{key}");
        }
        assert_eq!(value.get("h").unwrap().kind, Kind::Number("8"));
        assert_eq!(value.get("e").unwrap().as_array().unwrap().len(), 2);
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(codes("{\"a\": 1,}"), ["json-trailing-comma"]);
        assert_eq!(codes("[1, 2,]"), ["json-trailing-comma"]);
        assert_eq!(codes("{\"a\": 1, \"a\": 2}"), ["json-duplicate-key"]);
        assert_eq!(codes("// x\n{} /* y */"), ["json-comment", "json-comment"]);
        assert_eq!(codes("{\"a\": {\"b\": [1"), ["json-cut-off"]);
        assert_eq!(codes("{\"a\": \"x\n}"), ["json-syntax"]);
        assert_eq!(codes(""), ["json-cut-off"]);
        assert_eq!(codes("{} x"), ["json-syntax"]);
        assert_eq!(codes("{\"a\": [1, 2}"), ["json-syntax"]);
        assert_eq!(codes("\"\\q\\ud800\""), ["json-syntax", "json-syntax"]);
        assert_eq!(codes("01a"), ["json-syntax"]);
    }

    #[test]
    fn hostile_nesting_is_cut_off_once() {
        for piece in ["[", "{\"a\":", "[{\"a\":"] {
            let text = piece.repeat(1_000_000 / piece.len());
            let (_, mistakes) = parse(&text);
            let codes: Vec<_> = mistakes.iter().map(|mistake| mistake.code).collect();
            assert_eq!(codes, ["json-too-deep", "json-cut-off"], "{piece}");
        }
        let closed = "[".repeat(200) + &"]".repeat(200);
        assert_eq!(codes(&closed), ["json-too-deep"]);
    }

    #[test]
    fn a_hundred_thousand_members_take_one_pass() {
        let mut text = String::from("{");
        for n in 0..100_000 {
            writeln!(text, "\"k{n}\": {{\"v\": \"{n}\"}},").unwrap();
        }
        text += "\"k7\": 1}";
        let (value, mistakes) = parse(&text);
        assert_eq!(value.as_object().unwrap().len(), 100_001);
        assert_eq!(mistakes.len(), 1);
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<String>().prop_map(Into::into),
        ];
        leaf.prop_recursive(5, 60, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                proptest::collection::vec((any::<String>(), inner), 0..6)
                    .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            ]
        })
    }

    fn same(ours: &Value<'_>, theirs: &serde_json::Value) -> bool {
        use serde_json::Value as V;
        match (&ours.kind, theirs) {
            (Kind::Null, V::Null) => true,
            (Kind::Bool(a), V::Bool(b)) => a == b,
            (Kind::Number(a), V::Number(b)) => **a == b.to_string(),
            (Kind::String(a), V::String(b)) => a == b,
            (Kind::Array(a), V::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
            }
            (Kind::Object(a), V::Object(b)) => {
                a.len() == b.len()
                    && a.iter().all(|a| b.get(&*a.key).is_some_and(|b| same(&a.value, b)))
            }
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json(value in json()) {
            for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
                let (ours, mistakes) = parse(&text);
                prop_assert!(mistakes.is_empty(), "{:?}", mistakes);
                prop_assert!(same(&ours, &value));
            }
        }

        #[test]
        fn refuses_what_serde_json_refuses(text in "[\\[\\]{}:,\"a1\\\\ e.\\-+tn/*]{0,40}") {
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            let (_, mistakes) = parse(&text);
            // Numbers too large for serde are not told apart here; duplicate keys are.
            let refused = mistakes.iter().any(|mistake| mistake.code != "json-duplicate-key");
            let too_large = theirs.as_ref().is_err_and(|e| e.to_string().contains("out of range"));
            prop_assert!(too_large || theirs.is_err() == refused, "{} {:?}", text, mistakes);
        }

        #[test]
        fn any_text_gives_places_inside_it(text in "\\PC{0,200}") {
            let (_, mistakes) = parse(&text);
            for mistake in mistakes {
                prop_assert!(mistake.span.of(&text).is_some());
            }
        }
    }
}
