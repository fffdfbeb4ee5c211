use super::*;

const CLOUDTRAIL: LogSource = LogSource { product: "aws", service: "cloudtrail", category: "" };

fn rules(detections: &[&str]) -> Rules {
    let texts: Vec<(Arc<str>, String)> = detections
        .iter()
        .enumerate()
        .map(|(at, detection)| {
            let head = "title: t\nlogsource: {product: aws, service: cloudtrail}\n";
            (format!("{at}.yml").into(), format!("{head}detection: {detection}\n"))
        })
        .collect();
    let texts: Vec<(Arc<str>, &str)> =
        texts.iter().map(|(path, text)| (Arc::clone(path), text.as_str())).collect();
    let (rules, problems) = Rules::read(&texts);
    assert_eq!(problems, []);
    rules
}

fn hits(rules: &Rules, source: LogSource, json: &str) -> Vec<String> {
    let record = Record { json: json.as_bytes(), source, line: 1, column: 1 };
    let mut hits = vec![RuleIndex(99)];
    rules.evaluator().evaluate(&record, &mut hits).unwrap();
    hits.iter().map(|hit| rules.get(*hit).unwrap().id.to_string()).collect()
}

#[test]
fn only_rules_of_the_log_are_asked() {
    let rules = rules(&["{s: {eventName: X}, condition: s}"]);
    assert_eq!(hits(&rules, CLOUDTRAIL, r#"{"eventName":"x"}"#), ["0"]);
    let other = LogSource { product: "aws", service: "waf", category: "" };
    assert!(hits(&rules, other, r#"{"eventName":"x"}"#).is_empty());
}

#[test]
fn hits_come_once_each_and_in_order() {
    let rules = rules(&[
        "{s: {b: Y}, condition: s}",
        "{s: {eventName: [X, Y]}, condition: s}",
        "{s: {b|contains: y}, condition: s}",
        "{s: {eventName: X}, t: {b: nothing}, condition: s or t}",
        "{s: {eventName: X}, condition: not s}",
    ]);
    let record = r#"{"eventName":["x","Y"],"b":"y"}"#;
    assert_eq!(hits(&rules, CLOUDTRAIL, record), ["0", "1", "2", "3"]);
    assert_eq!(hits(&rules, CLOUDTRAIL, "{}"), ["4"]);
}

/// An index over what is not needed for a match would lose hits.
#[test]
fn marks_are_only_what_every_match_has() {
    let marks = |detection: &str| -> Vec<String> {
        let rules = rules(&[detection]);
        let marks = &rules.rules[0].marks;
        marks.iter().map(|mark| format!("{}={}", mark.path, mark.texts.join("|"))).collect()
    };
    assert_eq!(marks("{s: {a: X, b|contains: Y}, condition: s}"), ["a=x"]);
    assert_eq!(marks("{s: {a: X}, t: {a: Z, b: Y}, condition: s or t}"), ["a=x|z"]);
    assert_eq!(marks("{s: [{a: X}, {a: [Y, Z]}], condition: s}"), ["a=x|y|z"]);
    assert_eq!(marks("{s1: {a: X}, s2: {b: Y}, condition: all of s*}"), ["a=x", "b=y"]);
    for none in [
        "{s: {a: X}, condition: not s}",
        "{s: {a: X}, t: {b: Y}, condition: s or t}",
        "{s: {a: [X, null]}, condition: s}",
        "{s: {a: 'X*'}, condition: s}",
        "{s: {a: 7}, condition: s}",
        "{s: {a|neq: X}, condition: s}",
        "{s: [X], condition: s}",
        "{s: {a: X}, condition: 0 of s*}",
    ] {
        assert_eq!(marks(none), Vec::<String>::new(), "{none}");
    }
}

#[test]
fn rules_that_cannot_be_read_do_not_stop_the_others() {
    let good = "title: t\nid: a\nlogsource: {product: aws}\ndetection: {s: {a: x}, condition: s}\n";
    let files: Vec<(Arc<str>, &str)> = vec![
        ("bad.yml".into(), "title: t\n"),
        ("good.yml".into(), good),
        ("again.yml".into(), good),
    ];
    let (rules, problems) = Rules::read(&files);
    assert_eq!(rules.len(), 1);
    let codes: Vec<&str> = problems.iter().map(|problem| problem.code.as_str()).collect();
    assert_eq!(codes, ["rule-missing-key", "rule-missing-key", "event-rule-twice"]);
}

#[test]
fn refused_records_have_their_place() {
    let rules = rules(&["{s: {a: x}, condition: s}"]);
    let mut evaluator = rules.evaluator();
    let mut place = |json: &[u8], line, column| {
        let record = Record { json, source: CLOUDTRAIL, line, column };
        let problem = evaluator.evaluate(&record, &mut Vec::new()).unwrap_err();
        let place = problem.place.unwrap();
        (problem.code, place.line, place.column)
    };
    assert_eq!(place(b"{\"a\":x}", 7, 1), ("event-json".to_owned(), 7, 6));
    assert_eq!(place(b"{\"a\":x}", 7, 11), ("event-json".to_owned(), 7, 16));
    assert_eq!(place(b"{\n \"a\":x}", 7, 11), ("event-json".to_owned(), 8, 6));
    assert_eq!(place(b"{\"\xC3\xA9\":\"\xFF\"}", 1, 1), ("event-utf8".to_owned(), 1, 7));
}

#[test]
fn log_sources_take_what_they_name() {
    let source = |product: &str, service: &str| crate::Source {
        product: (!product.is_empty()).then(|| product.to_owned()),
        service: (!service.is_empty()).then(|| service.to_owned()),
        category: None,
    };
    assert!(source("aws", "").takes(CLOUDTRAIL));
    assert!(source("", "CloudTrail").takes(CLOUDTRAIL));
    assert!(!source("linux", "").takes(CLOUDTRAIL));
}
