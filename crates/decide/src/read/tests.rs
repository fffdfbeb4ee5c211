use std::sync::Arc;

use holdfast_model::Problem;
use proptest::prelude::*;

use crate::{Appetite, Due, run_tests};

fn shown(problem: &Problem) -> String {
    let place = problem.place.as_ref().unwrap();
    let meant = problem.excerpt.as_ref().map_or(String::new(), |excerpt| {
        let column = usize::try_from(place.column).unwrap() - 1;
        excerpt.line.chars().skip(column).take(usize::try_from(excerpt.length).unwrap()).collect()
    });
    let (line, column) = (place.line, place.column);
    format!("{} {line}:{column} `{meant}` {} | {}", problem.code, problem.message, problem.help)
}

fn wrong(text: &str) -> Vec<String> {
    let (appetite, problems) = Appetite::read(&Arc::from(".holdfast/appetite.yaml"), text);
    assert!(appetite.is_none(), "a file with problems is not used");
    problems.iter().map(shown).collect()
}

const REST: &str = "  - {name: the rest, do: [inform]}\n";

#[test]
fn conditions_are_checked_in_place() {
    assert_eq!(
        wrong(&format!(
            "lines:\n  - {{name: a, when: finding.sevrity is now, do: [block]}}\n{REST}"
        )),
        ["condition-field 2:21 `finding.sevrity` the field `finding.sevrity` is not known | \
          did you mean `finding.severity`?"]
    );
    assert_eq!(
        wrong(&format!(
            "lines:\n  - {{name: a, when: finding.severity is urgent, do: [block]}}\n{REST}"
        )),
        ["condition-value 2:41 `urgent` `finding.severity` can never be `urgent` | \
          known here: `when you can`, `soon`, `now`"]
    );
}

#[test]
fn something_has_to_decide_about_everything() {
    assert_eq!(
        wrong("lines:\n  - {name: a, when: finding.exploited, do: [block]}\n"),
        ["appetite-open 2:5 `{` nothing decides about what no line matches | \
          end with a line without `when`, such as `- {name: the rest, do: [inform]}`"]
    );
    assert_eq!(
        wrong(&format!("lines:\n{REST}  - {{name: late, when: finding.exploited, do: [block]}}\n")),
        ["appetite-line 3:5 `{` the line `late` can never decide | \
          `the rest` before it has no `when` and takes everything; move it"]
    );
    assert!(wrong(&format!("lines:\n{REST}{REST}")).len() == 2, "twice the name, never decides");
    assert!(wrong("lines: []\n")[0].starts_with("appetite-open 1:8"));
}

#[test]
fn an_empty_condition_is_not_always() {
    let text =
        "lines:\n  - name: a\n    when:\n    do: [fix]\n  - {name: the rest, do: [inform]}\n";
    assert_eq!(
        wrong(text),
        ["rule-value 3:5 `when` `when` has no condition | \
          write a condition, or remove `when` for the last line"]
    );
}

#[test]
fn due_times() {
    for (text, wanted) in [
        ("1 day", "1 day"),
        ("7 days", "7 days"),
        ("12 hours", "12 hours"),
        ("1 hour", "1 hour"),
        ("48 hours", "2 days"),
    ] {
        assert_eq!(Due::parse(text).map(|due| due.to_string()).as_deref(), Some(wanted));
    }
    let due = |text: &str| wrong(&format!("lines:\n  - {{name: r, do: [inform], due: {text}}}\n"));
    assert_eq!(
        due("7"),
        ["appetite-due 2:34 `7` `7` is no due time | write `7 days` or `7 hours`"]
    );
    assert_eq!(
        due("2 weeks"),
        ["appetite-due 2:34 `2 weeks` `2 weeks` is no due time | write `14 days`"]
    );
    for text in
        ["-1 days", "0 days", "1.5 days", "tomorrow", "99999999999 days", "3651 days", "1 day ago"]
    {
        assert_eq!(due(text).len(), 1, "{text}");
    }
}

#[test]
fn every_mistake_at_once() {
    let text = "\
lines:
  - {name: a, when: finding.exploited, do: [blok, page, page], due: 1 day, team: x}
  - {name: the rest, do: []}
approvals: {change: 2, production: no}
could_not_check: shout
one_person: true
line: 1
";
    let problems = wrong(text);
    let codes: Vec<&str> = problems
        .iter()
        .map(|text| text.split(": ").next().unwrap())
        .map(|text| text.split(" `").next().unwrap())
        .collect();
    assert_eq!(
        codes,
        [
            "rule-value 2:45",
            "rule-value 2:57",
            "rule-unknown-key 2:76",
            "rule-value 3:26",
            "appetite-approvals 4:12",
            "rule-type 4:36",
            "rule-value 5:18",
            "rule-unknown-key 7:1",
        ]
    );
    assert!(problems[0].ends_with("did you mean `block`?"), "{problems:?}");
}

#[test]
fn unreadable_files_are_problems() {
    assert_eq!(
        wrong("")[0],
        "rule-empty 1:1 `` the file holds no rules for acting | begin with `lines:`"
    );
    assert!(wrong("lines: [\n")[0].starts_with("rule-syntax"));
    assert!(wrong("- a\n")[0].starts_with("rule-type 1:1"));
}

#[test]
fn examples_are_obligatory_and_run() {
    let read = |tests: &str| {
        let text = format!(
            "lines:\n  - {{name: bad, when: finding.exploited, do: [page]}}\n{REST}{tests}"
        );
        Appetite::read(&Arc::from("a.yaml"), &text)
    };
    let without = read("").0.unwrap();
    assert_eq!(run_tests(&without)[0].code, "appetite-untested");
    let wrong =
        read("tests:\n  - {given: {finding.exploited: true}, line: the rest, do: [inform]}\n");
    let problems = run_tests(&wrong.0.unwrap());
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].message, "the line `bad` decides about this example, not `the rest`");
    assert_eq!(problems[0].place.as_ref().unwrap().line, 5);
    let deeds = read("tests:\n  - {given: {finding.exploited: true}, line: bad, do: [block]}\n");
    assert_eq!(
        run_tests(&deeds.0.unwrap())[0].message,
        "the line does [page], and the example says [block]"
    );
    let (none, problems) =
        read("tests:\n  - {given: {finding.exploited: true}, line: bda, do: [page]}\n");
    assert!(none.is_none());
    assert_eq!(problems[0].help, "did you mean `bad`?");
}

proptest! {
    #[test]
    fn never_panics(text in "(lines:\n)?[-a-z: \\[\\]{},.\n0-9'\"é]{0,160}") {
        let (appetite, problems) = Appetite::read(&Arc::from("a.yaml"), &text);
        prop_assert!(appetite.is_some() == problems.is_empty());
    }
}
