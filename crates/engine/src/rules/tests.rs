use std::sync::Arc;

use super::*;
use crate::gather::Unread;

/// A folder in memory.
struct Files(Vec<(&'static str, &'static str)>);

impl Tree for Files {
    fn glob(&self, pattern: &str) -> Vec<Arc<str>> {
        let below = pattern.trim_end_matches("**");
        let inside = self.0.iter().filter(|(path, _)| path.starts_with(below));
        inside.map(|(path, _)| (*path).into()).collect()
    }

    fn read(&self, path: &str) -> Result<Arc<[u8]>, Unread> {
        let found = self.0.iter().find(|(known, _)| *known == path).ok_or(Unread::Missing)?;
        Ok(found.1.as_bytes().into())
    }
}

const DELETED: &str = "title: Somebody deleted a bucket
logsource: {product: aws, service: cloudtrail}
detection:
  deleted: {eventName: DeleteBucket}
  condition: deleted
";

const TESTS: &str = "holdfast:
  tests:
    match: [{record: {eventName: DeleteBucket}}]
    no_match: [{record: {eventName: CreateBucket}}]
";

fn leaked(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

#[test]
fn every_rule_passes_its_own_tests() {
    let tested = test_all(None);
    assert!(tested.failed.is_empty(), "{:#?}", tested.failed);
    assert!(tested.untested.is_empty(), "{:#?}", tested.untested);
    assert!(tested.rules >= 30 && tested.tests > tested.rules);
}

#[test]
fn ids_are_unique_and_equal_to_file_names() {
    let (rules, problems) = list(None);
    assert_eq!(problems, []);
    let mut ids: Vec<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
    ids.sort_unstable();
    let all = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), all);
    for rule in rules.iter().filter(|rule| rule.file.starts_with("rules/")) {
        assert!(rule.file.ends_with(&format!("/{}.yaml", rule.id.to_lowercase())), "{}", rule.file);
        assert!(!rule.title.is_empty(), "{}", rule.file);
    }
    let kinds: std::collections::BTreeSet<&str> = rules.iter().map(|rule| rule.kind).collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), KINDS);
}

#[test]
fn rules_of_a_folder_are_listed_and_tested_with_the_others() {
    let tree = Files(vec![
        (".holdfast/rules/event/mine.yaml", leaked(format!("{DELETED}{TESTS}"))),
        (".holdfast/rules/event/theirs.yml", leaked(format!("id: theirs\n{DELETED}"))),
        (".holdfast/rules/event/notes.txt", "no rule"),
        (".holdfast/rules/event/broken.yaml", "title: Nothing more\n"),
    ]);
    let (before, _) = list(None);
    let (rules, problems) = list(Some(&tree));
    assert_eq!(rules.len(), before.len() + 2);
    let mine = rules.iter().find(|rule| rule.id == "mine").unwrap();
    assert_eq!((mine.kind, mine.severity), ("event", Some(Severity::WhenYouCan)));
    assert_eq!(mine.file, ".holdfast/rules/event/mine.yaml");
    assert!(problems.iter().all(|problem| {
        problem.place.as_ref().is_some_and(|place| place.path.ends_with("broken.yaml"))
    }));
    assert!(!problems.is_empty());
    let (came_along, tested) = (test_all(None), test_all(Some(&tree)));
    assert_eq!((tested.rules, tested.tests), (came_along.rules + 2, came_along.tests + 2));
    assert_eq!(tested.failed, problems);
    let told: Vec<&str> = tested.untested.iter().map(|told| told.message.as_str()).collect();
    assert_eq!(told, ["no record tests the rule `theirs`"]);
}

#[test]
fn a_rule_over_events_is_known_by_what_it_holds() {
    let passes = test_file("mine.yaml", &format!("{DELETED}{TESTS}"), None);
    assert_eq!((passes.rules, passes.tests), (1, 2));
    assert!(passes.failed.is_empty() && passes.untested.is_empty());
    // Of a rule of ours that lacks one kind nothing is used, as of a control.
    let half = TESTS.replace("    no_match: [{record: {eventName: CreateBucket}}]\n", "");
    let refused = test_file("mine.yaml", &format!("{DELETED}{half}"), None);
    assert_eq!(refused.failed[0].code, "event-untested");
    let wrong = TESTS.replace("{eventName: CreateBucket}", "{eventName: DeleteBucket}");
    let failed = test_file("mine.yaml", &format!("{DELETED}{wrong}"), None);
    assert_eq!(failed.failed[0].message, "the rule matches this record, and must not");
    let foreign = test_file("theirs.yml", DELETED, None);
    assert_eq!((foreign.failed.len(), foreign.untested.len()), (0, 1));
}

const OURS: &str = "id: ours
title: How our servers are set up
why: What our machines are there for.
extends: [team]
drop:
  ssh-banner: {because: nobody reads it}
";

const TEAM: &str = "id: team
title: What all of us ask
why: It is the least.
controls: [root-login, ssh-banner]
";

const OURS_AT: &str = ".holdfast/rules/baseline/ours.yaml";

fn shown(problems: &[Problem]) -> Vec<String> {
    let place = |one: &Problem| one.place.as_ref().map_or(0, |place| place.line);
    problems.iter().map(|one| format!("{}:{}", one.code, place(one))).collect()
}

#[test]
fn a_baseline_is_tested_by_what_it_speaks_of() {
    let with = |ours: &'static str| {
        Files(vec![(".holdfast/rules/baseline/team.yaml", TEAM), (OURS_AT, ours)])
    };
    let good = with(OURS);
    assert_eq!(shown(&test_all(Some(&good)).failed), [] as [&str; 0]);
    assert_eq!(test_all(Some(&good)).rules, test_all(None).rules + 2);
    for path in [OURS_AT, "./.holdfast/rules/baseline/ours.yaml", "/shop/ours.yaml"] {
        let tested = test_file(path, OURS, Some(&good));
        assert_eq!((shown(&tested.failed), tested.rules), (Vec::new(), 1), "{path}");
    }
    // What it extends is not there, or it names a control that is none: each at its line.
    let alone = test_file(OURS_AT, OURS, None);
    assert!(alone.failed.iter().any(|one| one.message.contains("`team`")), "{:#?}", alone.failed);
    let broken = leaked(OURS.replace("ssh-banner", "ssh-baner"));
    let failed = test_file(OURS_AT, broken, Some(&good)).failed;
    assert!(failed.iter().any(|one| one.message.contains("`ssh-baner`")), "{failed:#?}");
    assert_eq!(shown(&test_all(Some(&with(broken))).failed), shown(&failed));
}

const GOAL: &str = "id: a-week
title: Half of everything is mended within 7 days
share: half
within: 7 days
by: 2026-12-31
";

#[test]
fn goals_of_a_folder_are_listed_and_read_with_the_others() {
    let path = ".holdfast/objectives/a-week.yaml";
    let broken = leaked(GOAL.replace("share: half", "share: most"));
    let tree = Files(vec![
        (path, GOAL),
        (".holdfast/objectives/notes.txt", "no goal"),
        (".holdfast/objectives/wrong.yaml", broken),
    ]);
    let of = |tree: &Files| {
        let (rules, problems) = list(Some(tree));
        let goals = rules.into_iter().filter(|rule| rule.kind == "objective");
        (goals.map(|rule| (rule.id, rule.file, rule.more)).collect::<Vec<_>>(), problems)
    };
    let (goals, problems) = of(&tree);
    let [(id, file, more), (example, _, says)] = goals.as_slice() else { panic!("{goals:?}") };
    assert_eq!((id.as_str(), file.as_str()), ("a-week", path));
    assert_eq!(*more, ["Of all findings, 50 % are mended within 7 days, until 2026-12-31."]);
    assert_eq!((example.as_str(), says.len()), ("urgent-in-a-week", 2));
    assert_eq!(shown(&problems), ["goal-share:3"]);
    let (came_along, tested) = (test_all(None), test_all(Some(&tree)));
    assert_eq!((tested.rules, tested.tests), (came_along.rules + 2, came_along.tests));
    assert_eq!(tested.failed, problems);

    // A folder that took the example over has one goal of that name: its own.
    let taken = leaked(GOAL.replace("a-week", "urgent-in-a-week"));
    let (goals, _) = of(&Files(vec![(path, taken)]));
    let [(id, file, more)] = goals.as_slice() else { panic!("{goals:?}") };
    assert_eq!((id.as_str(), file.as_str(), more.len()), ("urgent-in-a-week", path, 1));

    let one = test_file("mine.yaml", GOAL, None);
    assert_eq!((one.rules, one.tests, shown(&one.failed)), (1, 0, Vec::new()));
    assert_eq!(shown(&test_file("mine.yaml", broken, None).failed), ["goal-share:3"]);
}
