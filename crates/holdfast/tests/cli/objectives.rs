//! Goals on the command line: those of the folder, judged by the record, as on the page.

use serde_json::Value;

use crate::support::{Stage, TILLER, cargo_lock, rows, text};

const GOAL: &str = "id: a-week\ntitle: Half of everything is mended within 7 days\nshare: half\n\
                    within: 7 days\nby: 2026-12-31\n";

#[test]
fn goals_are_judged_by_the_record() {
    let stage = Stage::synced();
    stage.write("Cargo.lock", cargo_lock(&[("tiller", "1.0.0")]));
    stage.write(".holdfast/objectives/a-week.yaml", GOAL);
    let before = stage.json(0, &["objective"]);
    assert_eq!(text(&before, "/schema"), "holdfast/objectives/1");
    assert_eq!(before["found"], 0);
    let said = stage.run(&["objective"]).exits(0).out.clone();
    assert!(said.contains("Nothing is recorded yet. Look: holdfast up --once"), "{said}");

    stage.run(&["up", "--once"]).exits(0);
    assert_eq!(text(&stage.json(0, &["findings", TILLER]), "/findings/0/weakness"), TILLER);
    // A day later: what was just found has no age.
    let later = |arguments: &[&str]| {
        let mut command = stage.command(arguments);
        let output = command.env("HOLDFAST_NOW", "2026-11-22T09:00:00Z").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let after: Value = serde_json::from_str(&later(&["objective", "--format", "json"])).unwrap();
    assert!(after["found"].as_u64().unwrap() > 0, "{after:#}");
    let [goal] = rows(&after, "objectives") else { panic!("{after:#}") };
    assert_eq!(text(goal, "/id"), "a-week");
    assert_eq!(text(goal, "/verdict"), "not enough data");
    let said = later(&["objective"]);
    assert!(said.starts_with("not enough data  Half of everything is mended"), "{said}");
    assert!(said.contains("still open, with time left"), "{said}");
    assert!(said.ends_with("What is open: holdfast findings\n"), "{said}");
}

#[test]
fn a_goal_that_cannot_be_read_is_told_and_hides_no_other() {
    let stage = Stage::new();
    let none = stage.run(&["objective"]).exits(0).out.clone();
    assert!(none.starts_with("No goal is set."), "{none}");
    assert!(none.contains("by: 2027-05-20"), "{none}");
    // What is shown there is a goal.
    let goal = none.lines().filter_map(|line| line.strip_prefix("  ")).collect::<Vec<_>>();
    stage.write(".holdfast/objectives/urgent-in-a-week.yaml", goal.join("\n") + "\n");
    stage.write(".holdfast/objectives/wrong.yaml", GOAL.replace("share: half", "share: most"));
    let read = stage.json(0, &["objective"]);
    let [one] = rows(&read, "objectives") else { panic!("{read:#}") };
    assert_eq!(text(one, "/id"), "urgent-in-a-week");
    let [problem] = rows(&read, "problems") else { panic!("{read:#}") };
    assert_eq!(text(problem, "/place/path"), ".holdfast/objectives/wrong.yaml");
    assert_eq!(problem["place"]["line"], 3, "{problem:#}");
    let said = stage.run(&["objective"]).exits(0).out.clone();
    assert!(said.contains("wrong.yaml:3"), "{said}");
    stage.run(&["objective", "not-there"]).refuses(2, "not-there");
}

#[test]
fn a_goal_is_a_rule_like_any_other() {
    let stage = Stage::new();
    let path = ".holdfast/objectives/a-week.yaml";
    stage.write(path, GOAL);
    let listed = stage.json(0, &["rules", "list", "--kind", "objective"]);
    let ids: Vec<&str> = rows(&listed, "rules").iter().map(|rule| text(rule, "/id")).collect();
    assert_eq!(ids, ["a-week", "urgent-in-a-week"]);
    let said = stage.run(&["rules", "list", "--kind", "objective"]).exits(0).out.clone();
    let line = format!("{:<16}  objective Half of everything", "a-week");
    assert!(said.contains(&line), "{said}");
    let explained = stage.json(0, &["explain", "a-week"]);
    assert_eq!(text(&explained, "/topics/0/kind"), "objective");
    assert_eq!(text(&explained, "/topics/0/file"), path);
    let example = stage.json(0, &["explain", "urgent-in-a-week"]);
    let says = text(&example, "/topics/0/text");
    assert!(says.contains("by which nothing is judged"), "{says}");
    stage.run(&["rules", "test", path]).exits(0);
    stage.write(path, GOAL.replace("share: half", "share: most"));
    let tested = stage.json(1, &["rules", "test", path]);
    assert_eq!(text(&tested, "/failed/0/code"), "goal-share");
    assert_eq!(tested["failed"][0]["place"]["line"], 3, "{tested:#}");
    stage.run(&["rules", "list", "--kind", "goal"]).refuses(2, "there are no rules of kind `goal`");
}
