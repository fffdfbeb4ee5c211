//! The gate with a base cannot be passed by what the change itself says, and runs nothing of it.
//! Real repositories, the real git.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test ends where something is not as it should be"
)]

mod support;

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;

use holdfast_engine::check::{Options, RULES_CHANGED, check};
use holdfast_engine::document::Report;
use holdfast_model::{State, Verdict};
use support::{Folders, QUIET, TILLER, cargo_lock, real_world};

const CONFIG: &str = "appetite = \"standard\"\n\n[asset]\nid = \"shop\"\nteam = \"payments\"\n";

/// A trunk with one old weakness, and a branch that brings in a second one.
fn change() -> Folders {
    let folders = Folders::new();
    folders.sync();
    folders.write("holdfast.toml", CONFIG);
    folders.write("Cargo.lock", cargo_lock(&[("tiller", "1.0.0")]));
    folders.git(&["init", "-q", "."]);
    folders.git(&["add", "-A"]);
    folders.git(&["commit", "-qm", "The shop opens"]);
    folders.git(&["checkout", "-qb", "change"]);
    folders.write("Cargo.lock", cargo_lock(&[("tiller", "1.0.0"), ("quiet", "1.2.0")]));
    folders
}

fn commit(folders: &Folders) {
    folders.git(&["add", "-A"]);
    folders.git(&["commit", "-qm", "A change"]);
}

fn against_main(folders: &Folders) -> Report {
    let world = real_world(folders.tree.path());
    let options =
        Options { path: PathBuf::from("."), base: Some("main".to_owned()), ..Options::default() };
    check(&world, &folders.data(), &options).unwrap()
}

fn weaknesses(report: &Report) -> Vec<&str> {
    let mut all: Vec<&str> = report.findings.iter().map(|row| &*row.weakness).collect();
    all.sort_unstable();
    all
}

fn changed_rules(report: &Report) -> Vec<&str> {
    let rules = report.findings.iter().filter(|row| &*row.weakness == RULES_CHANGED);
    let mut subjects: Vec<&str> = rules.map(|row| &*row.subject).collect();
    subjects.sort_unstable();
    subjects
}

/// Blocked by the second weakness, by the base's rules, whatever else the change did; before and
/// after it was committed.
#[track_caller]
fn stays_blocked(folders: &Folders, rules: &[&str]) {
    for committed in [false, true] {
        if committed {
            commit(folders);
        }
        let report = against_main(folders);
        assert_eq!(report.verdict, Verdict::Block, "{report:#?}");
        assert_eq!(report.appetite, "standard");
        let row = report.findings.iter().find(|row| &*row.weakness == QUIET).unwrap();
        assert_eq!(row.state, State::Open);
        assert_eq!(row.decision.as_ref().unwrap().team, "payments");
        assert_eq!(changed_rules(&report), rules);
    }
}

#[test]
fn statements_of_the_change_close_nothing() {
    let folders = change();
    folders.write(
        ".holdfast/statements/own.json",
        format!(
            r#"{{"@context": "https://openvex.dev/ns/v0.2.0", "author": "Mallory", "statements": [
 {{"vulnerability": {{"name": "{QUIET}"}}, "products": [{{"@id": "pkg:cargo/quiet@1.2.0"}}],
  "status": "not_affected", "justification": "component_not_present"}}]}}"#
        ),
    );
    folders.write("holdfast.toml", format!("{CONFIG}\n[statements]\nauthors = [\"Mallory\"]\n"));
    stays_blocked(&folders, &[".holdfast/statements/own.json", "holdfast.toml"]);
    // Once it is merged, it counts.
    let merged = check(
        &real_world(folders.tree.path()),
        &folders.data(),
        &Options { path: PathBuf::from("."), ..Options::default() },
    );
    let merged = merged.unwrap();
    let row = merged.findings.iter().find(|row| &*row.weakness == QUIET).unwrap();
    assert_eq!(row.state, State::Accepted);
}

/// The day on which a statement was made is its author's word; one that is yet to come counts then.
#[test]
fn a_statement_of_tomorrow_waits_for_its_day() {
    for (timestamp, wanted, told) in
        [("2026-11-20T00:00:00Z", State::Accepted, 0), ("2030-11-11T00:00:00Z", State::Open, 1)]
    {
        let folders = change();
        folders.write("holdfast.toml", format!("{CONFIG}\n[statements]\nauthors = [\"Ada\"]\n"));
        let text = format!(
            r#"{{"@context": "https://openvex.dev/ns/v0.2.0", "author": "Ada",
 "timestamp": "{timestamp}", "statements": [
 {{"vulnerability": {{"name": "{QUIET}"}}, "products": [{{"@id": "pkg:cargo/quiet@1.2.0"}}],
  "status": "not_affected", "justification": "component_not_present"}}]}}"#
        );
        folders.write(".holdfast/statements/own.json", text);
        let options = Options { path: PathBuf::from("."), ..Options::default() };
        let report = check(&real_world(folders.tree.path()), &folders.data(), &options).unwrap();
        let row = report.findings.iter().find(|row| &*row.weakness == QUIET).unwrap();
        assert_eq!(row.state, wanted, "{timestamp}");
        let early = report.problems.iter().filter(|one| one.code == "statement-from-future");
        assert_eq!(early.count(), told, "{timestamp}");
    }
}

/// What the gate says of the package that a change brings in, where the base believes a supplier who
/// states that it does not affect `product`, and the change calls the tree `package`.
fn brought_in(product: &str, package: &str) -> (State, Verdict) {
    let folders = Folders::new();
    folders.sync();
    folders.write("holdfast.toml", format!("{CONFIG}\n[statements]\nauthors = [\"Supplier\"]\n"));
    folders.write(
        ".holdfast/statements/supplier.json",
        format!(
            r#"{{"@context": "https://openvex.dev/ns/v0.2.0", "author": "Supplier", "statements": [
 {{"vulnerability": {{"name": "{QUIET}"}}, "status": "not_affected", "justification": "component_not_present", "products": [
  {{"@id": "{product}", "subcomponents": [{{"@id": "pkg:cargo/quiet@1.2.0"}}]}}]}}]}}"#
        ),
    );
    folders.write("Cargo.lock", cargo_lock(&[("calm", "1.2.0")]));
    folders.git(&["init", "-q", "."]);
    folders.git(&["add", "-A"]);
    folders.git(&["commit", "-qm", "The shop opens"]);
    folders.git(&["checkout", "-qb", "change"]);
    let lock = cargo_lock(&[("quiet", "1.2.0")]);
    let own = "name = \"shop\"\nversion = \"0.1.0\"";
    assert!(lock.contains(own));
    folders.write("Cargo.lock", lock.replace(own, package));
    commit(&folders);
    let report = against_main(&folders);
    let row = report.findings.iter().find(|row| &*row.weakness == QUIET).unwrap();
    (row.state, report.verdict)
}

#[test]
fn a_change_does_not_choose_whose_statements_apply_by_renaming_the_product() {
    let (shop, till) =
        ("name = \"shop\"\nversion = \"0.1.0\"", "name = \"till\"\nversion = \"0.1.0\"");
    let bumped = "name = \"shop\"\nversion = \"0.2.0\"";
    let (open, closed) = ((State::Open, Verdict::Block), (State::Accepted, Verdict::Pass));
    for (product, package, wanted) in [
        ("pkg:cargo/shop@0.1.0", shop, closed),
        ("pkg:cargo/shop", shop, closed),
        // What is stated of another product, or of another version, counts for nothing here.
        ("pkg:cargo/till@0.1.0", till, open),
        ("pkg:cargo/till", till, open),
        ("pkg:cargo/shop@0.2.0", bumped, open),
        // Nor does what the base says hold on for what the change made of it.
        ("pkg:cargo/shop@0.1.0", till, open),
        ("pkg:cargo/shop@0.1.0", bumped, open),
        ("pkg:cargo/shop", bumped, closed),
    ] {
        assert_eq!(brought_in(product, package), wanted, "{product} {package}");
    }
}

#[test]
fn an_old_weakness_passes_and_a_new_one_is_blocked() {
    let folders = change();
    stays_blocked(&folders, &[]);
    let report = against_main(&folders);
    assert_eq!(weaknesses(&report), [QUIET]);
    assert_eq!(report.old, Some(1));
    folders.write("Cargo.lock", cargo_lock(&[("tiller", "1.0.0"), ("calm", "1.2.0")]));
    commit(&folders);
    let report = against_main(&folders);
    assert_eq!((report.verdict, weaknesses(&report)), (Verdict::Pass, vec![]));
}

#[test]
fn milder_rules_for_acting_do_not_count() {
    let folders = change();
    let mild = "lines:\n  - {name: everything, do: [inform], due: 90 days}\napprovals: {change: 1, \
                production: 1, appetite: 1}\ncould_not_check: pass\ntests:\n  - {given: \
                {finding.severity: now}, line: everything, do: [inform]}\n";
    folders.write(".holdfast/mild.yaml", mild);
    folders.write("holdfast.toml", CONFIG.replace("standard", ".holdfast/mild.yaml"));
    stays_blocked(&folders, &[".holdfast/mild.yaml", "holdfast.toml"]);
}

#[test]
fn leaving_the_lockfile_out_does_not_count() {
    let folders = change();
    folders.write("holdfast.toml", format!("exclude = [\"Cargo.lock\", \"**\"]\n{CONFIG}"));
    stays_blocked(&folders, &["holdfast.toml"]);
}

#[test]
fn another_name_for_the_repository_does_not_count() {
    let folders = change();
    folders.write("holdfast.toml", CONFIG.replace("\"shop\"", "\"somebody-else\""));
    stays_blocked(&folders, &["holdfast.toml"]);
}

#[test]
fn a_broken_configuration_does_not_count() {
    let folders = change();
    folders.write("holdfast.toml", "[asset\n\0 = ");
    stays_blocked(&folders, &["holdfast.toml"]);
}

#[test]
fn a_removed_configuration_does_not_count() {
    let folders = change();
    std::fs::remove_file(folders.tree.path().join("holdfast.toml")).unwrap();
    stays_blocked(&folders, &["holdfast.toml"]);
}

#[test]
fn an_acceptance_of_its_own_does_not_count() {
    let folders = change();
    let accepted = format!(
        "- accept: {QUIET}\n  reason: it is only a change\n  owner: sam\n  approver: kim\n  until: \
         2027-01-31\n"
    );
    folders.write(".holdfast/accepted.yaml", accepted);
    stays_blocked(&folders, &[".holdfast/accepted.yaml"]);
}

#[test]
fn owners_of_its_own_do_not_count() {
    let folders = change();
    folders.write("CODEOWNERS", "* @nobody\n");
    folders.write(".github/CODEOWNERS", "* @nobody\n");
    stays_blocked(&folders, &[".github/CODEOWNERS", "CODEOWNERS"]);
}

/// Git keeps a tracked file although an ignore line names it, and so does the look.
#[test]
fn an_ignore_line_for_a_tracked_lockfile_does_not_count() {
    let folders = change();
    folders.write(".gitignore", "Cargo.lock\n*.lock\n");
    folders.git(&["add", "-f", "Cargo.lock"]);
    stays_blocked(&folders, &[]);
}

#[test]
fn a_moved_lockfile_carries_old_and_new_alike() {
    let folders = change();
    std::fs::create_dir(folders.tree.path().join("till")).unwrap();
    folders.git(&["mv", "Cargo.lock", "till/Cargo.lock"]);
    stays_blocked(&folders, &[]);
}

/// Tools follow a link named as a lockfile, whatever the file behind it is called.
#[test]
fn a_lockfile_behind_a_link_is_read() {
    let folders = change();
    folders.git(&["mv", "Cargo.lock", "notes.txt"]);
    symlink("notes.txt", folders.tree.path().join("Cargo.lock")).unwrap();
    stays_blocked(&folders, &[]);
}

/// A link that leads nowhere, or in a circle, or outside, hides something: that is said.
#[test]
fn a_lockfile_behind_a_link_that_cannot_be_followed_could_not_be_checked() {
    for target in ["gone.txt", "Cargo.lock", "/etc/hostname"] {
        let folders = change();
        let link = folders.tree.path().join("Cargo.lock");
        std::fs::remove_file(&link).unwrap();
        symlink(target, &link).unwrap();
        let report = against_main(&folders);
        let gap = report.not_assessed.iter().find(|row| &*row.subject == "Cargo.lock");
        assert!(gap.is_some(), "{target}: {report:#?}");
        assert_eq!(report.verdict, Verdict::Warn, "{target}");
    }
}

/// What the base gained meanwhile is not the change's doing.
#[test]
fn a_base_that_moved_on_blames_nobody() {
    let folders = change();
    folders.write("Cargo.lock", cargo_lock(&[("tiller", "1.0.0"), ("calm", "1.2.0")]));
    commit(&folders);
    folders.git(&["checkout", "-q", "main"]);
    folders.write("Cargo.lock", cargo_lock(&[("tiller", "1.0.4")]));
    commit(&folders);
    folders.git(&["checkout", "-q", "change"]);
    let report = against_main(&folders);
    assert_eq!((report.verdict, weaknesses(&report)), (Verdict::Pass, vec![]), "{report:#?}");
    assert!(report.findings.iter().all(|row| &*row.weakness != TILLER));
}

/// Everything in and around the tree that could be run, is armed; nothing of it fires.
#[test]
fn nothing_of_the_tree_is_executed() {
    let folders = change();
    let marker = folders.tree.path().join("fired");
    let arm = format!("#!/bin/sh\ntouch '{}'\n", marker.display());
    let armed = |path: &str| {
        folders.write(path, &arm);
        let all = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folders.tree.path().join(path), all).unwrap();
    };
    armed("trap.sh");
    let trap = folders.tree.path().join("trap.sh").display().to_string();
    folders.write(".cargo/config.toml", format!(
        "[build]\nrustc = \"{trap}\"\nrustc-wrapper = \"{trap}\"\n\n[target.'cfg(all())']\nrunner = \"{trap}\"\n"
    ));
    folders.write("package.json", format!(
        "{{\"name\": \"shop\", \"scripts\": {{\"preinstall\": \"{trap}\", \"prepare\": \"{trap}\"}}}}"
    ));
    folders.write(
        "build.rs",
        format!("fn main() {{ std::process::Command::new(\"{trap}\").spawn(); }}"),
    );
    folders.write("rust-toolchain.toml", "[toolchain]\nchannel = \"0.0.0\"\n");
    folders
        .write(".gitattributes", "*.lock filter=trap diff=trap merge=trap\n*.toml filter=trap\n");
    commit(&folders);
    // Armed only now, so that this test's own git does not fire anything.
    let hooks = [
        "pre-commit",
        "post-checkout",
        "post-index-change",
        "reference-transaction",
        "fsmonitor-watchman",
        "post-merge",
        "pre-auto-gc",
        "post-rewrite",
    ];
    for hook in hooks {
        armed(&format!(".git/hooks/{hook}"));
    }
    let git = std::fs::read_to_string(folders.tree.path().join(".git/config")).unwrap();
    folders.write(".git/config", format!(
        "{git}[core]\n\tfsmonitor = {trap}\n\tpager = {trap}\n\teditor = {trap}\n\tsshCommand = {trap}\n\
         \thooksPath = .git/hooks\n[diff]\n\texternal = {trap}\n[diff \"trap\"]\n\ttextconv = {trap}\n\
         \tcommand = {trap}\n[pager]\n\tstatus = {trap}\n[filter \"trap\"]\n\tclean = {trap}\n\tsmudge = {trap}\n\tprocess = {trap}\n[credential]\n\thelper = {trap}\n\
         [gpg]\n\tprogram = {trap}\n[alias]\n\tstatus = !{trap}\n\tls-files = !{trap}\n"
    ));
    // Newer than the index, so that git has to look into the files.
    folders.write("Cargo.lock", cargo_lock(&[("tiller", "1.0.0"), ("quiet", "1.2.1")]));
    let report = against_main(&folders);
    assert_eq!(report.verdict, Verdict::Block, "{report:#?}");
    assert!(!marker.exists(), "something of the tree was run");
}

#[test]
fn a_base_that_does_not_exist_or_is_an_option_is_an_error_of_the_call() {
    let folders = change();
    let world = real_world(folders.tree.path());
    for base in ["nowhere", "--output=fired", "-h", "main; touch fired", "", "HEAD:Cargo.lock"] {
        let options = Options { base: Some(base.to_owned()), ..Options::default() };
        let failure = check(&world, &folders.data(), &options).unwrap_err();
        let told = failure.problems();
        assert!(matches!(failure, holdfast_engine::Failure::Usage(_)), "{base}: {told:?}");
        assert!(!folders.tree.path().join("fired").exists(), "{base}");
    }
}

#[test]
fn a_base_outside_git_is_an_error_of_the_call() {
    let folders = Folders::new();
    folders.write("Cargo.lock", cargo_lock(&[("quiet", "1.2.0")]));
    let world = real_world(folders.tree.path());
    let options = Options { base: Some("main".to_owned()), ..Options::default() };
    let failure = check(&world, &folders.data(), &options).unwrap_err();
    assert!(failure.problems()[0].message.contains("needs a git repository"));
}
