use super::*;

const HEAD: &str = "title: t\nlogsource: {product: aws, service: cloudtrail}\n";

fn problems(text: &str) -> Vec<String> {
    let (rule, problems) = read(&Arc::from("rules/x.yml"), text);
    assert_eq!(rule.is_some(), problems.is_empty());
    problems
        .iter()
        .map(|problem| {
            let place = problem.place.as_ref().unwrap();
            let meant = problem.excerpt.as_ref().map_or_else(String::new, |excerpt| {
                let column = place.column as usize - 1;
                excerpt.line.chars().skip(column).take(excerpt.length as usize).collect()
            });
            let (line, column) = (place.line, place.column);
            format!(
                "{} {line}:{column} `{meant}`: {} ({})",
                problem.code, problem.message, problem.help
            )
        })
        .collect()
}

/// The one problem of a detection, whose first line is the third of its file.
fn problem(detection: &str) -> String {
    let all = problems(&format!("{HEAD}{detection}"));
    let [only] = all.as_slice() else { panic!("{all:?}") };
    only.clone()
}

#[test]
fn a_rule_of_the_standard_reads() {
    let text = format!(
        "{HEAD}id: 5af1\ndescription: |\n  one\n  two\nlevel: high\nauthor: somebody\n\
         detection: {{s: {{eventName: X}}, condition: s}}\nfalsepositives: [Rare]\n"
    );
    let (rule, problems) = read(&Arc::from("x.yml"), &text);
    assert_eq!(problems, []);
    let rule = rule.unwrap();
    assert_eq!((&*rule.id, &*rule.family), ("5af1", "5af1"));
    assert_eq!(rule.description, "one two");
    assert_eq!(rule.severity, holdfast_model::Severity::Soon);
    assert_eq!(rule.marks.len(), 1);
    assert!(rule.examples.is_empty());
}

#[test]
fn a_rule_without_an_id_has_the_name_of_its_file() {
    let text = format!("{HEAD}detection: {{s: {{a: X}}, condition: s}}\n");
    let (rule, _) = read(&Arc::from("/etc/rules/odd.name.yml"), &text);
    assert_eq!(&*rule.unwrap().id, "odd.name");
}

#[test]
fn unknown_modifiers_are_shown_with_the_nearest() {
    assert_eq!(
        problem("detection:\n  s:\n    a|contain|all: [x, y]\n  condition: s\n"),
        "event-modifier 5:7 `contain`: the modifier `contain` is not known \
         (did you mean `contains`?)"
    );
    assert_eq!(
        problem("detection:\n  s:\n    a|not: x\n  condition: s\n"),
        "event-modifier 5:7 `not`: the modifier `not` is not known \
         (write `not` in the condition)"
    );
    assert!(problem("detection:\n  s:\n    a|all: x\n  condition: s\n").contains("a single value"));
    assert!(problem("detection:\n  s:\n    a|re|cidr: x\n  condition: s\n").contains("contradict"));
}

#[test]
fn conditions_are_shown_where_they_go_wrong() {
    let with = |condition: &str| {
        problem(&format!("detection:\n  sel_a: {{a: x}}\n  condition: {condition}\n"))
    };
    assert_eq!(
        with("sel_a and sel_b"),
        "event-condition 5:24 `sel_b`: there is no detection `sel_b` (did you mean `sel_a`?)"
    );
    assert_eq!(
        with("sel_a and not 1 of filter_*"),
        "event-condition 5:33 `filter_*`: no detection is called `filter_*` \
         (this part could never hold: correct the name, or remove it)"
    );
    assert!(with("sel_a and").starts_with("event-condition 5:"));
    assert!(with("(sel_a").starts_with("event-condition 5:"));
    assert!(with("sel_a | count() > 5").contains("old Sigma"));
    assert!(with("[]").contains("this list is empty"));
    let deep = format!("{}sel_a{}", "(".repeat(500), ")".repeat(500));
    assert!(with(&deep).starts_with("event-condition"));
}

#[test]
fn log_sources_that_nobody_knows_are_refused() {
    let with = |source: &str| {
        problems(&format!(
            "title: t\nlogsource: {source}\ndetection: {{s: {{a: x}}, condition: s}}\n"
        ))
    };
    assert_eq!(
        with("{product: aws, service: cloudtrial}"),
        ["event-source 2:36 `cloudtrial`: the service `cloudtrial` is not known \
          (did you mean `cloudtrail`?)"]
    );
    assert!(with("{product: linuxx}")[0].contains("did you mean `linux`?"));
    assert!(with("{definition: x}")[0].contains("does not say which log"));
    assert!(with("{product: windows, service: security}").is_empty());
    assert!(with("{category: process_creation, product: linux}").is_empty());
}

#[test]
fn what_is_not_supported_is_said_where_it_stands() {
    let correlation = "title: t\ncorrelation:\n  type: event_count\n  rules: [a]\n";
    assert!(problems(correlation)[0].starts_with("event-unsupported 2:1 `correlation`"));
    let filter = "title: t\nlogsource: {product: aws}\nfilter: {rules: [a]}\n";
    assert!(problems(filter)[0].starts_with("event-unsupported 3:1 `filter`"));
    let timeframe = problem("detection: {s: {a: x}, timeframe: 5m, condition: s}\n");
    assert!(timeframe.starts_with("event-unsupported 3:35 `5m`"), "{timeframe}");
    let version = format!("sigma-version: 3\n{HEAD}detection: {{s: {{a: x}}, condition: s}}\n");
    assert!(problems(&version)[0].starts_with("event-unsupported 1:16 `3`"));
    let several = format!("{HEAD}---\n{HEAD}");
    assert!(problems(&several)[0].starts_with("rule-documents"));
}

#[test]
fn values_that_can_never_be_are_refused() {
    let with = |item: &str| problem(&format!("detection:\n  s: {{{item}}}\n  condition: s\n"));
    assert!(with("'a|expand': '%users%'").starts_with("event-placeholder"));
    assert!(with("'a|re': '('").starts_with("event-regex"));
    assert!(with("'a|re': 'a(?=b)'").contains("look-around"));
    assert!(with("'a|re': '(a{1000}){1000}'").contains("too large"));
    assert!(with("'a|cidr': '10.0.0.0/33'").contains("no network"));
    assert!(with("'a|gt': many").contains("a number is wanted"));
    assert!(with("'a|hour': noon").contains("is a number"));
    assert!(with("'a|exists': maybe").starts_with("rule-type"));
    assert!(with("'a|base64': 'x*y'").contains("wildcard"));
    assert!(with("a: {b: c}").contains("outer.inner"));
    assert!(with("a: []").contains("empty"));
    assert!(with("'a|contains': ''").contains("empty text"));
    assert!(problem("detection:\n  s: {}\n  condition: s\n").starts_with("event-detection"));
}

#[test]
fn neighbours_of_a_problem_are_reported_too() {
    let text = "title: t\nlogsource: {product: awss}\nlevel: hig\ndetection:\n  s: {a|foo: x, b|bar: y}\n  condition: t\n";
    let codes: Vec<String> = problems(text)
        .iter()
        .map(|line| line.split(' ').next().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(
        codes,
        ["event-source", "rule-value", "event-modifier", "event-modifier", "event-condition"]
    );
}

#[test]
fn rules_of_ours_bring_records_of_both_kinds_and_what_to_do() {
    let with = |ours: &str| {
        problems(&format!(
            "{HEAD}detection: {{s: {{a: x}}, condition: s}}\nlevel: critical\nholdfast:\n{ours}"
        ))
    };
    let tests = "  tests: {match: [{record: {a: x}}], no_match: [{record: {a: y}}]}\n";
    assert!(with(&format!("  severity: soon\n{tests}")).is_empty());
    assert!(with(tests)[0].starts_with("event-runbook"));
    assert!(with(&format!("  runbook: call them\n{tests}")).is_empty());
    assert!(with("  severity: soon\n")[0].starts_with("rule-missing-key"));
    let half = "  severity: soon\n  tests: {match: [{record: {a: x}}]}\n";
    assert!(with(half)[0].starts_with("event-untested"));
    assert!(with(&format!("  severity: soon\n  familiy: x\n{tests}"))[0].contains("`family`"));
    assert!(with(&format!("  severity: soon\n  family: A b\n{tests}"))[0].contains("no name"));
    let hours = format!("  severity: soon\n  hours: {{from: '25:00', until: '06:00'}}\n{tests}");
    assert!(with(&hours).iter().any(|line| line.starts_with("event-hours")));
    let zone = "  severity: soon\n  hours: {from: '22:00', until: '06:00', zone: Europe/Berlim}\n  \
                tests:\n    match: [{record: {a: x}, at: '2026-11-21T23:00:00Z'}]\n    \
                no_match: [{record: {a: y}, at: '2026-11-21T23:00:00Z'}]\n";
    assert!(with(zone)[0].contains("did you mean `Europe/Berlin`?"));
}

#[test]
fn records_that_come_out_otherwise_are_shown() {
    let text = format!(
        "{HEAD}detection: {{s: {{a: x}}, condition: s}}\nholdfast:\n  tests:\n    match:\n      \
         - record: {{a: y}}\n    no_match:\n      - record: {{a: X}}\n"
    );
    let (rule, problems) = read(&Arc::from("x.yml"), &text);
    assert_eq!(problems, []);
    let told: Vec<(u32, String)> = crate::run_tests(&rule.unwrap())
        .into_iter()
        .map(|problem| (problem.place.unwrap().line, problem.message))
        .collect();
    assert_eq!(
        told,
        [
            (7, "the rule does not match this record".to_owned()),
            (9, "the rule matches this record, and must not".to_owned()),
        ]
    );
}

#[test]
fn texts_that_are_no_rule_are_refused() {
    for text in ["", "- a\n", "x", "title: [", "title: t\n", "\u{0}", "detection: 7\n"] {
        assert!(!problems(text).is_empty(), "{text:?}");
    }
}
