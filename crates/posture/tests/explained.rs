//! What the page of a control is made of: every control that comes along says what it checks, and
//! what mends it or why no tool does.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may end loudly"
)]

use holdfast_model::Tool;
use holdfast_posture::explain::Explained;
use holdfast_posture::{Control, built_in, explain, is_manual, read};

fn controls() -> Vec<(Control, Explained)> {
    let one = |path: &str, text: &str| {
        let (control, problems) = read(&path.into(), text);
        assert_eq!(problems, [], "{path}");
        let control = control.unwrap();
        let explained = explain(&control);
        (control, explained)
    };
    let judged = built_in().iter().filter(|control| !is_manual(control.text));
    judged.map(|control| one(control.path, control.text)).collect()
}

fn explained(id: &str) -> Explained {
    let found = controls().into_iter().find(|(control, _)| &*control.id == id);
    found.unwrap_or_else(|| panic!("no control is called `{id}`")).1
}

#[test]
fn every_control_has_a_fix_in_every_tool_or_says_why_not() {
    let mut by_tools = 0;
    for (control, explained) in controls() {
        let id = &control.id;
        let mended = explained.mended.unwrap_or_else(|| panic!("no example of {id} fails"));
        assert!(!mended.wrong.is_empty(), "{id}");
        assert!(control.examples.iter().any(|example| example.place == mended.example), "{id}");
        let tools: Vec<Tool> = mended.with.iter().map(|(tool, _)| *tool).collect();
        if tools.is_empty() {
            assert!(!explained.by_hand.is_empty(), "{id} has neither a fix nor a reason");
        } else {
            by_tools += 1;
            assert_eq!(tools, Tool::ALL, "{id}");
        }
        for (tool, code) in &mended.with {
            assert!(code.contains(&**id), "{id}: {}", tool.word());
        }
        for line in &explained.by_hand {
            assert!(!line.trim().is_empty() && !line.contains('\n'), "{id}: {line}");
        }
    }
    assert!(by_tools >= 80, "only {by_tools} have a fix");
}

#[test]
fn every_line_is_checked_and_every_field_and_setting_says_something() {
    for (control, explained) in controls() {
        let id = &control.id;
        assert_eq!(explained.checks.len(), control.ensure.len(), "{id}");
        for check in &explained.checks {
            assert!(!check.subject.is_empty() && !check.wanted.is_empty(), "{id}: {check:?}");
        }
        let asks: Vec<&str> = explained.asks.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(asks, control.asks(), "{id}");
        for one in explained.asks.iter().chain(&explained.settings) {
            assert!(!one.says.is_empty(), "{id}: {}", one.name);
        }
    }
}

/// What was checked, and the words for it, of one control of each sort.
#[test]
fn words_are_those_of_the_control() {
    let login = explained("root-login");
    let check = &login.checks[0];
    assert_eq!((check.subject.as_str(), check.wanted.as_str()), ("sshd PermitRootLogin", "no"));
    assert_eq!(check.also, "for everybody and in each `Match` block");
    let mended = login.mended.unwrap();
    assert_eq!(mended.wrong.len(), 1, "{:?}", mended.wrong);
    assert!(mended.wrong[0].starts_with("`sshd PermitRootLogin`: "), "{:?}", mended.wrong);
    assert!(mended.is_prechecked);
    let shell = &mended.with[0].1;
    assert!(shell.starts_with("id=root-login\n"), "{shell}");
    assert!(shell.contains("write_file /etc/ssh/sshd_config.d/"), "{shell}");
    assert!(login.asks.is_empty() && login.settings.is_empty() && login.by_hand.is_empty());

    let fixed = explained("fixed-modules");
    let of = |all: &[holdfast_posture::explain::Named]| -> Vec<String> {
        all.iter().map(|one| format!("{}: {}", one.name, one.says)).collect()
    };
    let asks = of(&fixed.asks);
    assert_eq!(asks.len(), 2, "{asks:?}");
    assert_eq!(asks[0], "host.container: it is a container");
    let settings = of(&fixed.settings);
    assert!(settings[0].starts_with("fixed_modules: it is declared "), "{settings:?}");

    let group = explained("docker-group");
    assert_eq!(
        of(&group.settings),
        ["docker_users: a list of more accounts that may control Docker, and so everything here"]
    );
    assert!(group.mended.unwrap().with.is_empty());
    assert!(group.by_hand[0].contains("`gpasswd -d NAME docker`"), "{:?}", group.by_hand);
}

#[test]
fn the_same_file_gives_the_same_words() {
    for ((_, once), (control, again)) in controls().into_iter().zip(controls()) {
        assert_eq!(once, again, "{}", control.id);
    }
}
