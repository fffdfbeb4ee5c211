//! A host without a connection: the script is printed, run, and the file that it leaves is judged.

use std::process::Command;

use serde_json::Value;

use crate::support::{Stage, rows, text};

/// Fails wherever there is a kernel, in a container too.
const FEW: &str = "id: few-processes
title: Hardly anything runs here
wrong: much runs here
why: Each process is one more.
severity: soon
ensure:
  - sysctl kernel.pid_max: 1
risk: {breaks: [], lockout: false, reboot: false, interruption: none}
tests:
  pass: [{sysctl: {kernel.pid_max: 1}}]
  fail: [{sysctl: {kernel.pid_max: 2}}]
";
const CONTROLS: &str = "few-processes,kernel-pointers,net-forwarding,password-ageing";

/// A folder with a control of its own, and what the script says of this machine.
fn stage() -> Stage {
    let stage = Stage::new();
    stage.write("holdfast.toml", "appetite = \"standard\"\n");
    stage.write(".holdfast/rules/control/few-processes.yaml", FEW);
    let printed = stage.run(&["collector"]);
    printed.exits(0);
    stage.write("collect.sh", &printed.out);
    let output = Command::new("sh")
        .arg("collect.sh")
        .current_dir(stage.tree.path())
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    stage.write("web1.facts", output.stdout);
    stage
}

fn audited(stage: &Stage, target: &str) -> Value {
    let ran = stage.run(&["audit", target, "--only", CONTROLS, "--format", "json"]);
    assert!(ran.code == 0 || ran.code == 1, "{ran:#?}");
    ran.json(ran.code)
}

#[test]
fn what_the_script_leaves_is_judged_as_this_machine_is() {
    let stage = stage();
    let (here, there) = (audited(&stage, "local"), audited(&stage, "web1.facts"));
    let said = |audit: &Value| -> Vec<[String; 4]> {
        let one = |row: &Value| {
            ["/control", "/resource", "/result", "/reason"].map(|key| text(row, key).to_owned())
        };
        rows(audit, "results").iter().map(one).collect()
    };
    assert_eq!(said(&there), said(&here));
    assert!(said(&there).iter().any(|row| row[0] == "few-processes" && row[2] == "fail"));
    assert_eq!(text(&there, "/hosts/0/target"), "web1.facts");
    assert_eq!(there["hosts"][0]["name"], here["hosts"][0]["name"]);
    let note = text(&there, "/notes/0");
    assert!(note.starts_with("`web1.facts`: collected "), "{note}");

    let explained = stage.json(0, &["explain", "few-processes", "--for", "web1.facts"]);
    assert_eq!(explained["for_host"]["host"], there["hosts"][0]["name"]);

    let fix = ["fix", "few-processes", "--target", "web1.facts"];
    let shown = stage.run(&fix);
    assert!(shown.exits(0).out.contains("kernel.pid_max"), "{shown:#?}");
    assert!(!shown.err.contains("--apply"), "there is nothing to apply it to: {shown:#?}");
    let apply: Vec<&str> = fix.into_iter().chain(["--apply"]).collect();
    stage.run(&apply).refuses(2, "nothing can be changed there");
}

#[test]
fn a_file_of_something_else_is_refused() {
    let stage = Stage::new();
    stage.write("empty.facts", "");
    stage.write("binary", b"\x7fELF\0\xff\n");
    stage.write("other.facts", "holdfast facts 7 m4rk -\n{}\n");
    stage.write("folder/file", "");
    let huge = std::fs::File::create(stage.tree.path().join("huge.facts")).unwrap();
    huge.set_len((128 << 20) + 1).unwrap();
    for (name, why) in [
        ("empty.facts", "it is empty"),
        ("binary", "it does not begin as what the script says"),
        ("other.facts", "it is of version `7`, and `1` can be read"),
        ("folder", "it is not of the kind that was expected"),
        ("huge.facts", "it is too large (134217729 bytes)"),
        ("gone.facts", "is no host that can be looked at"),
    ] {
        stage.run(&["audit", name]).refuses(2, why);
    }
    stage.run(&["collector", "--format", "json"]).refuses(2, "--format");
}
