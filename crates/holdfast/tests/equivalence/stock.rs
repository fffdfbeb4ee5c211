//! A Debian system as it comes: what every control says of it is known, and each tool takes it to where
//! nothing fails any more that is urgent.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::{MANUAL, System, real};

/// Each control, and the worst that it says of the stock system.
const KNOWN: &str = include_str!("stock.txt");

/// The worst first.
const WORST: [&str; 6] = ["fail", "error", "not assessed", "manual", "pass", "not applicable"];

/// An account that anybody gets in with, and copies of account files that anybody may read: mending the
/// one writes the others anew.
const EMPTY: &str = r"
useradd --create-home --shell /bin/bash eve
passwd --quiet --delete eve
chmod 0666 /etc/passwd- /etc/shadow- /etc/group- 2>/dev/null || :
mkdir -p /etc/ssh/sshd_config.d
echo 'HostbasedAuthentication yes' >/etc/ssh/sshd_config.d/50-old.conf
";

/// What every control says of the system, row by row.
fn rows(system: &System) -> Vec<Value> {
    let target = format!("root:{}", system.root().display());
    let audit = system.holdfast(&["audit", &target]);
    assert_eq!(audit["problems"], serde_json::json!([]), "{}", audit["problems"]);
    audit["results"].as_array().unwrap().clone()
}

fn text<'r>(row: &'r Value, name: &str) -> &'r str {
    row[name].as_str().unwrap()
}

/// Every resource that fails, of controls that are urgent or of all.
fn failing(rows: &[Value], urgent: bool) -> Vec<String> {
    let fails = rows
        .iter()
        .filter(|row| text(row, "result") == "fail" && (!urgent || text(row, "severity") == "now"));
    fails.map(|row| format!("{}: {}", text(row, "control"), text(row, "resource"))).collect()
}

#[test]
fn a_stock_system_has_the_verdicts_that_are_known() {
    let Some(small) = real::system("a_stock_system_has_the_verdicts_that_are_known") else {
        return;
    };
    let rows = rows(&System::stock(&small, "shell"));
    let mut worst: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &rows {
        let result = text(row, "result");
        let at = WORST.iter().position(|one| *one == result).unwrap_or_else(|| panic!("{result}"));
        let known = worst.entry(text(row, "control")).or_insert(at);
        *known = at.min(*known);
    }
    let found: Vec<String> =
        worst.iter().map(|(control, at)| format!("{control} {}", WORST[*at])).collect();
    let known: Vec<&str> = KNOWN.lines().collect();
    let differing: Vec<String> = found
        .iter()
        .filter(|line| !known.contains(&line.as_str()))
        .map(|line| format!("+{line}"))
        .chain(
            known
                .iter()
                .filter(|line| !found.iter().any(|one| one == *line))
                .map(|l| format!("-{l}")),
        )
        .collect();
    assert!(differing.is_empty(), "stock.txt says otherwise:\n{}", differing.join("\n"));
}

/// One round of one tool, out of what fails on a stock system and on one with an open account.
fn hardened(small: &Path, tool: &'static str) {
    let system = System::stock(small, tool);
    assert_eq!(
        failing(&rows(&system), true),
        Vec::<String>::new(),
        "nothing is urgent as it comes"
    );
    system.equip();
    system.run(EMPTY);
    let urgent = failing(&rows(&system), true);
    for control in ["empty-passwords: ", "ssh-trusted-hosts: "] {
        assert!(urgent.iter().any(|one| one.starts_with(control)), "{control}{urgent:#?}");
    }

    let forms = system.forms();
    let code: Vec<&str> = forms.iter().map(|(code, _)| code.as_str()).collect();
    assert!(system.play(&code) > 20, "{tool}");
    let rows = rows(&system);
    assert_eq!(
        failing(&rows, true),
        Vec::<String>::new(),
        "{tool}: this is urgent and still fails"
    );
    let left = failing(&rows, false);
    let unknown: Vec<&String> = left.iter().filter(|one| !MANUAL.contains(&one.as_str())).collect();
    assert!(unknown.is_empty(), "{tool}: one round is not enough: {unknown:#?}");
}

#[test]
fn each_tool_takes_a_stock_system_to_nothing_urgent_in_one_round() {
    let test = "each_tool_takes_a_stock_system_to_nothing_urgent_in_one_round";
    let Some(small) = real::system(test) else { return };
    let mut tools = vec!["shell", "ansible"];
    if real::has_puppet(&small, test) {
        tools.extend(["puppet", "chef"]);
    }
    for tool in tools {
        hardened(&small, tool);
    }
}
