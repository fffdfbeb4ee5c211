//! What only a walk through all files finds, asked for and not asked for.

use super::{STANDARD, audited, row, rows};
use crate::machine::debian;

const WALK: &str = "[host]\nwalk = true\n";
const TOOL: &str = "[host.settings]\nsetuid_programs = [\"/opt/own/tool\"]\n";

fn machine() -> holdfast_world::Recorded {
    debian()
        .file("/usr/bin/su", "")
        .owned("/usr/bin/su", 0, 0, 0o4755)
        .file("/opt/own/tool", "")
        .owned("/opt/own/tool", 0, 0, 0o2755)
        .file("/var/lib/docker/overlay2/x/su", "")
        .owned("/var/lib/docker/overlay2/x/su", 0, 0, 0o4755)
        .file("/home/gone/note", "")
        .owned("/home/gone/note", 4711, 1000, 0o600)
}

#[test]
fn nobody_walks_through_a_machine_unasked() {
    let audit = audited(machine(), STANDARD);
    let one = row(&audit, "setuid-programs", "setuid");
    assert_eq!(one.result, "not assessed", "{one:#?}");
    assert!(one.reason.contains("walk = true"), "{}", one.reason);
}

#[test]
fn a_walk_finds_what_nobody_named() {
    let audit = audited(machine(), &format!("{STANDARD}{WALK}"));
    let failed = |control: &str| -> Vec<String> {
        let rows = rows(&audit, control).into_iter().filter(|row| row.result == "fail");
        rows.map(|row| row.reason.clone()).collect()
    };
    let setuid = failed("setuid-programs");
    let [tool] = setuid.as_slice() else { panic!("{setuid:#?}") };
    assert!(tool.contains("`/opt/own/tool` (mode `2755`)"), "{tool}");
    let nobodys = failed("files-of-nobody");
    assert!(nobodys.iter().any(|reason| reason.contains("user 4711")), "{nobodys:#?}");

    let named = audited(machine(), &format!("{STANDARD}{WALK}{TOOL}"));
    let rows = rows(&named, "setuid-programs");
    assert!(rows.iter().all(|row| row.result == "pass"), "{rows:#?}");
}

#[test]
fn a_closed_folder_leaves_a_gap() {
    let machine = machine().denied_folder("/root/closed");
    let audit = audited(machine, &format!("{STANDARD}{WALK}{TOOL}"));
    let one = row(&audit, "setuid-programs", "setuid");
    assert_eq!(one.result, "not assessed", "{one:#?}");
    assert!(one.reason.contains("`/root/closed` could not be entered"), "{}", one.reason);
}
