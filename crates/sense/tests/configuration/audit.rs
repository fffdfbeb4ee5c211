//! Rules of auditd that take back what others record.

use holdfast_model::{Dialect, Reading};

use crate::support::Tree;

/// What is said of a watch of `/etc/a` where these are the rules: what is recorded, `nothing`, or
/// `open`.
fn recorded(path: &str, rules: &str) -> String {
    let tree = Tree::default().key(Dialect::AuditRules, "/etc/a").file(path, rules);
    let settings = tree.settings("host-keys");
    let [setting] = settings.as_slice() else { panic!("{settings:?}") };
    match &setting.reading {
        Reading::Is(value) => value.to_string(),
        Reading::Absent => "nothing".to_owned(),
        Reading::Unknown { reason, .. } => {
            assert!(reason.contains(path), "{reason}");
            "open".to_owned()
        }
        Reading::Broken { reason } => panic!("{reason}"),
    }
}

#[test]
fn a_rule_that_records_nothing_ends_the_matter_for_those_behind_it() {
    for (other, wanted) in [
        ("-a never,exit -S all", "nothing"),
        ("-a never,exit", "nothing"),
        ("-a exit,never -F arch=b64 -S all", "nothing"),
        ("-a always,exclude -F msgtype=SYSCALL", "nothing"),
        ("-a exclude,always -F msgtype=1300", "nothing"),
        // Of a part: whether a watch is in it depends on who comes.
        ("-a never,exit -F uid=0", "open"),
        ("-a never,exit -S openat,unlink", "open"),
        ("-a never,exit -F perm=x", "open"),
        ("-a always,exclude -F uid=0", "open"),
        ("-a always,exclude -F msgtype=SYSCALL -F uid=0", "open"),
        ("-a always,exclude -F msgtype>=1300", "open"),
        ("-a always,exclude -F msgtype=path", "open"),
        // Of something else.
        ("-a never,exit -F arch=b64 -S adjtimex,clock_settime -F uid=chrony", "wa"),
        ("-a never,exit -F dir=/dev/shm", "wa"),
        ("-a never,user -F uid=0", "wa"),
        ("-a always,exclude -F msgtype=CWD", "wa"),
        ("-a always,exclude -F msgtype=CWD -F uid=0", "wa"),
    ] {
        let rules = format!("{other}\n-w /etc/a -p wa\n");
        assert_eq!(recorded("/etc/audit/rules.d/a.rules", &rules), wanted, "{other}");
    }
    // Behind the watch it takes back nothing; put in front it does.
    let last = "-w /etc/a -p wa\n-a never,exit -F uid=0\n-a never,exit -S all\n";
    assert_eq!(recorded("/etc/audit/rules.d/a.rules", last), "wa");
    let first = "-w /etc/a -p wa\n-A never,exit -S all\n";
    assert_eq!(recorded("/etc/audit/rules.d/a.rules", first), "nothing");
    // A watch that is taken out takes no other rule along.
    let out = "-a never,exit -S all\n-W /\n-w /etc/a\n";
    assert_eq!(recorded("/etc/audit/rules.d/a.rules", out), "nothing");
    // Where nothing is watched, nothing is left open.
    assert_eq!(recorded("/etc/audit/rules.d/a.rules", "-a always,exclude -F uid=0\n"), "nothing");
}

#[test]
fn rules_of_every_call_are_watches() {
    let one = "-a always,exit -S all -F path=/etc/a -F perm=wa -F key=docker\n";
    assert_eq!(recorded("/etc/audit/rules.d/a.rules", one), "wa");
    let part = "-a always,exit -S open -F path=/etc/a -F perm=wa\n";
    assert_eq!(recorded("/etc/audit/rules.d/a.rules", part), "nothing");
}

#[test]
fn what_stands_behind_the_lock_is_not_loaded() {
    let rules = "-D\n-w /etc/a -p r\n-e 2\n-w /etc/a -p wa\n";
    assert_eq!(recorded("/etc/audit/audit.rules", rules), "r");
    // What augenrules joins is locked last, wherever the line stands.
    assert_eq!(recorded("/etc/audit/rules.d/a.rules", rules), "rwa");
    let unlocked = rules.replace("-e 2", "-e 1");
    assert_eq!(recorded("/etc/audit/audit.rules", &unlocked), "rwa");
}
