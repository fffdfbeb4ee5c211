use std::sync::Arc;

use holdfast_model::Place;
use proptest::prelude::*;

use super::value::{Field, FieldValue, Kind, Schema, Truth};
use super::{Clause, Condition, Expr, MAX_DEPTH, MAX_LENGTH, Test, Want};
use crate::{Decoder, Source, yaml};

const URGENCY: &[&str] = &["when you can", "soon", "now"];
const KINDS: &[&str] = &["host", "repository", "none"];

const SCHEMA: Schema<'static> = Schema {
    fields: &[
        Field::new("f.exploited", Kind::Bool, "known to be exploited"),
        Field::new("f.severity", Kind::Ordered(URGENCY), "the urgency"),
        Field::new("f.kind", Kind::Enum(KINDS), "the kind"),
        Field::new("f.tier", Kind::Number, "the tier"),
        Field::new("f.name", Kind::Text, "the name"),
        Field::new("f.labels", Kind::Texts, "the list of labels"),
    ],
};

fn good(text: &str) -> Condition {
    Condition::parse(&SCHEMA, text, &Place::start_of("x")).unwrap()
}

fn holds(text: &str) -> Truth {
    good(text).holds(&|field| {
        Some(match field {
            "f.exploited" => FieldValue::Bool(true),
            "f.severity" => FieldValue::text("soon"),
            "f.kind" => FieldValue::text("host"),
            "f.tier" => FieldValue::Number(2.0),
            "f.name" => FieldValue::text("shop/api"),
            "f.labels" => FieldValue::Texts(vec!["pci".into(), "web".into()]),
            _ => return None,
        })
    })
}

#[test]
fn each_verb() {
    for yes in [
        "f.exploited",
        "not not f.exploited",
        "f.severity is soon",
        "f.severity is not when you can",
        "f.severity at least when you can and f.exploited",
        "f.severity at most now",
        "f.severity is one of (now, soon)",
        "f.severity is not one of (now, when you can)",
        "f.kind is \"host\"",
        "f.tier is 2",
        "f.tier at least 2 and f.tier at most 2.0",
        "f.tier is one of (1, 2)",
        "f.name contains op/a",
        "f.name starts with shop",
        "f.name matches sh?p/*",
        "f.labels contains pci",
        "f.name is 'shop/api'",
        "f.exploited or f.kind is none and f.kind is none",
        "not f.kind is none and f.exploited",
        "not (f.kind is none or f.tier is 9)",
    ] {
        assert_eq!(holds(yes), Truth::Yes, "{yes}");
        assert_eq!(holds(&format!("not ({yes})")), Truth::No, "{yes}");
    }
    for no in ["f.labels contains pc", "f.name matches shop", "f.severity at least now"] {
        assert_eq!(holds(no), Truth::No, "{no}");
    }
}

/// The problems of a condition inside a YAML file, with the underlined words.
fn wrong(yaml: &str) -> Vec<String> {
    let path = Arc::from("rule.yaml");
    let (node, problems) = yaml::parse(&path, yaml);
    assert!(problems.is_empty(), "{problems:?}");
    let node = node.unwrap();
    let source = Source::new(&path, yaml);
    let problems = Condition::read(&SCHEMA, &source, node.get("when").unwrap()).unwrap_err();
    problems.iter().map(crate::decode::tests::shown).collect()
}

#[test]
fn an_unknown_field() {
    assert_eq!(
        wrong("id: ä\nwhen: f.exploited and f.serverity is now\n"),
        ["condition-field 2:23 `f.serverity` the field `f.serverity` is not known | \
          did you mean `f.severity`?"]
    );
}

#[test]
fn a_wrong_type() {
    assert_eq!(
        wrong("when: f.kind at least host\n"),
        [
            "condition-type 1:14 `at least` `f.kind` is one of some words; `at least` does not fit it | \
          write `f.kind is host` or `is one of (…)`"
        ]
    );
    assert_eq!(
        wrong("when: f.exploited is true\n"),
        ["condition-type 1:19 `is` `f.exploited` is either true or not; `is` does not fit it | \
          write `f.exploited` alone, or `not f.exploited`"]
    );
    assert_eq!(
        wrong("when: f.tier\n"),
        ["condition-type 1:7 `f.tier` `f.tier` is a number; standing alone does not fit it | \
          write `f.tier at least 3`, `at most` or `is`"]
    );
}

#[test]
fn a_value_that_can_never_be() {
    assert_eq!(
        wrong("when: 'f.severity is sooon'\n"),
        ["condition-value 1:22 `sooon` `f.severity` can never be `sooon` | did you mean `soon`?"]
    );
    assert_eq!(
        wrong("when: f.tier at least high\n"),
        ["condition-value 1:23 `high` `f.tier` is a number, and `high` is none | \
          write a number such as `3` or `7.5`, without quotes"]
    );
}

#[test]
fn several_mistakes_at_once_and_in_folded_text() {
    let problems = wrong("when: >\n  f.exploitd\n  and f.kind is hots\n");
    assert_eq!(
        problems,
        [
            "condition-field 2:3 `f.exploitd` the field `f.exploitd` is not known | \
             did you mean `f.exploited`?",
            "condition-value 3:17 `hots` `f.kind` can never be `hots` | did you mean `host`?",
        ]
    );
}

#[test]
fn grammar() {
    let cases = [
        (
            "f.tier >= 3",
            "1:14 `>=` `f.tier` should be followed by a verb, not `>=` | write `at least`",
        ),
        (
            "f.kind == host",
            "1:14 `==` `f.kind` should be followed by a verb, not `==` | write `is`",
        ),
        (
            "(f.exploited and f.exploited",
            "1:7 `(` this parenthesis is never closed | add the closing `)`",
        ),
        (
            "f.name is big shop",
            "1:21 `shop` the condition should end or go on with `and` or `or`, not `shop` | \
             put a value of several words in quotes",
        ),
        (
            "f.name is not",
            "1:17 `not` a value is wanted here, not the end | write a word, or a text in quotes",
        ),
        (
            "f.kind is one of host, none",
            "1:24 `host` `is one of` should be followed by `(`, not `host` | \
             write `is one of (one, two)`",
        ),
        (
            "and",
            "1:7 `and` a field is wanted here, not `and` | write a field such as `f.exploited`",
        ),
    ];
    for (text, wanted) in cases {
        assert_eq!(wrong(&format!("when: {text}\n")), [format!("condition-syntax {wanted}")]);
    }
    assert_eq!(
        wrong("when: f.name is 'shop\n"),
        ["condition-syntax 1:17 `'` this quote is never closed | add the closing `'`"]
    );
}

#[test]
fn size_and_depth_are_bounded() {
    let place = Place::start_of("x");
    let deep = format!("{}f.exploited", "not ".repeat(MAX_DEPTH + 1));
    let problems = Condition::parse(&SCHEMA, &deep, &place).unwrap_err();
    assert_eq!(problems[0].code, "condition-size");
    let fine = format!("{}f.exploited", "not ".repeat(MAX_DEPTH));
    assert!(Condition::parse(&SCHEMA, &fine, &place).is_ok());
    let long = "(".repeat(MAX_LENGTH + 1);
    let problems = Condition::parse(&SCHEMA, &long, &place).unwrap_err();
    assert_eq!(problems[0].code, "condition-size");
    assert!(Condition::parse(&SCHEMA, &"(".repeat(MAX_LENGTH), &place).is_err());
}

#[test]
fn unknown_is_never_silently_no() {
    let nothing = |_: &str| None;
    assert_eq!(good("f.exploited").holds(&nothing), Truth::Unknown);
    assert_eq!(good("not f.exploited").holds(&nothing), Truth::Unknown);
    let tier = |name: &str| (name == "f.tier").then_some(FieldValue::Number(1.0));
    assert_eq!(good("f.exploited and f.tier is 2").holds(&tier), Truth::No);
    assert_eq!(good("f.exploited or f.tier is 1").holds(&tier), Truth::Yes);
    assert_eq!(good("f.exploited and f.tier is 1").holds(&tier), Truth::Unknown);
    let strange = |_: &str| Some(FieldValue::text("tomorrow"));
    assert_eq!(good("f.severity is not now").holds(&strange), Truth::Unknown);
    assert_eq!(
        good("f.tier is not 1").holds(&|_| Some(FieldValue::Number(f64::NAN))),
        Truth::Unknown
    );
}

#[test]
fn the_explanation_names_what_decided() {
    let lookup = |name: &str| match name {
        "f.exploited" => Some(FieldValue::Bool(false)),
        "f.severity" => Some(FieldValue::text("soon")),
        "f.tier" => Some(FieldValue::Number(2.0)),
        _ => None,
    };
    let why = |text: &str| good(text).explain(&lookup).sentence();
    assert_eq!(why("f.exploited and f.severity is soon"), "it is not known to be exploited");
    assert_eq!(
        why("f.exploited or f.severity at least now"),
        "it is not known to be exploited; the urgency is soon, less than now"
    );
    assert_eq!(why("not f.exploited or f.tier at least 3"), "it is not known to be exploited");
    assert_eq!(why("f.tier at most 2"), "the tier is 2, at most 2");
    assert_eq!(why("f.name is a and f.severity is soon"), "the name is not known");
    assert_eq!(
        why("f.severity is not one of (now, when you can)"),
        "the urgency is soon, none of now, when you can"
    );
    assert_eq!(good("f.tier at least 3 and f.exploited").fields(), ["f.exploited", "f.tier"]);
}

#[test]
fn mutants_lack_one_clause_each() {
    let mutants = good("f.exploited and not (f.tier is 1 or f.kind is none)").mutants();
    let texts: Vec<String> = mutants
        .iter()
        .map(|(gone, left)| {
            format!("-{gone}: {}", left.as_ref().map_or("always".into(), ToString::to_string))
        })
        .collect();
    assert_eq!(
        texts,
        [
            "-f.exploited: not (f.tier is 1 or f.kind is none)",
            "-f.tier is 1: f.exploited and not f.kind is none",
            "-f.kind is none: f.exploited and not f.tier is 1",
        ]
    );
    assert_eq!(good("f.exploited").mutants(), [("f.exploited".to_owned(), None)]);
}

#[test]
fn examples_read_values_by_type() {
    let text = "given: {f.exploited: yes, f.tier: 3, f.severity: soon, f.labls: [a], f.name: x}\n";
    let path = Arc::from("rule.yaml");
    let node = yaml::parse(&path, text).0.unwrap();
    let mut decoder = Decoder::new(&path, text);
    let given = crate::rule_tests::Given::read(&SCHEMA, &mut decoder, node.get("given").unwrap());
    assert_eq!(given.get("f.tier"), Some(&FieldValue::Number(3.0)));
    assert_eq!(given.get("f.severity"), Some(&FieldValue::text("soon")));
    assert_eq!(given.get("f.exploited"), None);
    let problems: Vec<String> = decoder.finish().iter().map(crate::decode::tests::shown).collect();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].contains("not a bare `yes` | write `true`"), "{problems:?}");
    assert!(problems[1].contains("did you mean `f.labels`?"), "{problems:?}");
}

fn words(known: &'static [&'static str]) -> impl Strategy<Value = Want> {
    proptest::sample::select(known).prop_map(|word| Want::Word(word.to_owned()))
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z*?/.-]{1,6}",
        "[a-z (),'\"\\\\é]{0,8}",
        proptest::sample::select(super::lex::RESERVED).prop_map(str::to_owned),
        Just("one".to_owned()),
        Just("of".to_owned()),
    ]
}

fn tests_of(
    want: impl Strategy<Value = Want> + Clone + 'static,
    ordered: bool,
) -> BoxedStrategy<Test> {
    let several = proptest::collection::vec(want.clone(), 1..4);
    let both = prop_oneof![
        want.clone().prop_map(Test::Is),
        want.clone().prop_map(Test::IsNot),
        several.clone().prop_map(Test::OneOf),
        several.prop_map(Test::NoneOf),
    ];
    if !ordered {
        return both.boxed();
    }
    prop_oneof![both, want.clone().prop_map(Test::AtLeast), want.prop_map(Test::AtMost)].boxed()
}

fn clause() -> impl Strategy<Value = Expr> {
    let open = || text().prop_map(Want::Word).boxed();
    let number = || {
        prop_oneof![-9.0..9.0_f64, (0..5_i32).prop_map(f64::from)].prop_map(Want::Number).boxed()
    };
    let test = move |n: usize| match n {
        0 => Just(Test::Holds).boxed(),
        1 => tests_of(words(URGENCY).boxed(), true),
        2 => tests_of(words(KINDS).boxed(), false),
        3 => tests_of(number(), true),
        4 => prop_oneof![
            tests_of(open(), false),
            text().prop_map(Test::Contains),
            text().prop_map(Test::StartsWith),
            text().prop_map(Test::Matches),
        ]
        .boxed(),
        _ => text().prop_map(Test::Contains).boxed(),
    };
    (0..SCHEMA.fields.len()).prop_flat_map(move |n| {
        test(n).prop_map(move |test| Expr::Clause(Clause { field: SCHEMA.fields[n].clone(), test }))
    })
}

fn expr() -> impl Strategy<Value = Expr> {
    clause().prop_recursive(4, 24, 3, |inner| {
        let several = proptest::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            several.clone().prop_map(|parts| Expr::all(parts).unwrap()),
            several.prop_map(|parts| Expr::any(parts).unwrap()),
            inner.prop_map(|inner| Expr::Not(Box::new(inner))),
        ]
    })
}

type Values = [Option<FieldValue<'static>>; 6];

fn values() -> impl Strategy<Value = Values> {
    let word =
        |known: &'static [&'static str]| proptest::sample::select(known).prop_map(FieldValue::text);
    let label = || text().prop_map(std::borrow::Cow::Owned);
    let some = proptest::option::of::<BoxedStrategy<FieldValue<'static>>>;
    (
        some(any::<bool>().prop_map(FieldValue::Bool).boxed()),
        some(word(URGENCY).boxed()),
        some(word(KINDS).boxed()),
        some((0..5_i32).prop_map(|n| FieldValue::Number(f64::from(n))).boxed()),
        some(text().prop_map(FieldValue::text).boxed()),
        some(proptest::collection::vec(label(), 0..3).prop_map(FieldValue::Texts).boxed()),
    )
        .prop_map(|(a, b, c, d, e, f)| [a, b, c, d, e, f])
}

fn ask(values: &Values) -> impl Fn(&str) -> Option<FieldValue<'static>> + '_ {
    |name| {
        let at = SCHEMA.fields.iter().position(|field| field.name == name)?;
        values[at].clone()
    }
}

proptest! {
    #[test]
    fn what_is_printed_reads_back(expr in expr()) {
        let condition = Condition { expr };
        let text = condition.to_string();
        prop_assume!(text.len() <= MAX_LENGTH);
        let again = Condition::parse(&SCHEMA, &text, &Place::start_of("x"));
        prop_assert_eq!(again, Ok(condition), "{}", text);
    }

    #[test]
    fn de_morgan(a in expr(), b in expr(), values in values()) {
        let lookup = ask(&values);
        let not = |expr: &Expr| Expr::Not(Box::new(expr.clone()));
        let both = Expr::all(vec![a.clone(), b.clone()]).unwrap();
        let one = Expr::any(vec![a.clone(), b.clone()]).unwrap();
        let neither = Expr::all(vec![not(&a), not(&b)]).unwrap();
        let not_both = Expr::any(vec![not(&a), not(&b)]).unwrap();
        prop_assert_eq!(not(&both).holds(&lookup), not_both.holds(&lookup));
        prop_assert_eq!(not(&one).holds(&lookup), neither.holds(&lookup));
    }

    /// Whatever becomes known later, a definite answer stays.
    #[test]
    fn knowing_more_never_turns_an_answer(expr in expr(), values in values(), hidden in 0_usize..6) {
        let full = expr.holds(&ask(&values));
        let mut less = values;
        less[hidden] = None;
        let before = expr.holds(&ask(&less));
        prop_assert!(before == Truth::Unknown || before == full);
    }

    #[test]
    fn an_explanation_always_has_a_reason_that_fits(expr in expr(), values in values()) {
        let condition = Condition { expr };
        let lookup = ask(&values);
        let answer = condition.explain(&lookup);
        prop_assert_eq!(answer.truth, condition.holds(&lookup));
        prop_assert!(!answer.reasons.is_empty());
        for reason in answer.reasons {
            prop_assert_eq!(reason.truth == Truth::Unknown, answer.truth == Truth::Unknown);
        }
    }

    #[test]
    fn never_panics(text in "\\PC{0,120}") {
        let _ = Condition::parse(&SCHEMA, &text, &Place::start_of("x"));
    }

    #[test]
    fn never_panics_on_its_own_words(words in proptest::collection::vec(
        proptest::sample::select(&["f.tier", "f.kind", "f.exploited", "is", "not", "one", "of", "(",
            ")", ",", "and", "or", "at", "least", "3", "host", "'", "\"", "é", "contains"][..]), 0..20))
    {
        let text = words.join(" ");
        if let Err(problems) = Condition::parse(&SCHEMA, &text, &Place::start_of("x")) {
            prop_assert!(!problems.is_empty());
        }
    }
}
