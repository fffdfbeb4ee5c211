//! The fix of a host as people take it along: code that can be redirected, and a role, a module, a
//! cookbook or scripts in a folder that a team commits.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::support::{Stage, rows, text};

const TOOLS: [(&str, &str); 4] = [
    ("shell", "apply.sh"),
    ("ansible", "tasks/main.yml"),
    ("puppet", "manifests/init.pp"),
    ("chef", "recipes/default.rb"),
];

const BASELINE: &str = "id: notes
title: Notes are nobody else's
why: Whoever writes them decides what others read.
controls: [note-left, note-right]
";

fn control(id: &str) -> String {
    format!(
        "id: {id}
title: The file {id} is for its owner alone
wrong: everybody may write {id}
why: Whoever writes it decides what others read.
severity: soon
refs: {{nist-800-53: [AC-6]}}
ensure:
  - file /etc/{id}: {{mode: {{at_most: \"0640\"}}}}
risk: {{breaks: [], lockout: false, reboot: false, interruption: none}}
tests:
  pass: [{{file: {{/etc/{id}: {{mode: \"0640\"}}}}}}]
  fail: [{{file: {{/etc/{id}: {{mode: \"0644\"}}}}}}]
"
    )
}

/// A tree with a baseline of two controls, and the root of a system in which both fail.
fn stage() -> (Stage, String) {
    let stage = Stage::new();
    stage.write(".holdfast/rules/baseline/notes.yaml", BASELINE);
    let root = stage.outer.path().join("root");
    std::fs::create_dir_all(root.join("etc")).unwrap();
    for id in ["note-left", "note-right"] {
        stage.write(format!(".holdfast/rules/control/{id}.yaml"), control(id));
        let file = root.join("etc").join(id);
        std::fs::write(&file, "hello\n").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).unwrap();
    }
    (stage, format!("root:{}", root.display()))
}

/// Everything that the baseline wants of the host, with more options.
fn all<'a>(target: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["fix", "--all", "--baseline", "notes", "--target", target];
    arguments.extend(more);
    arguments
}

/// Every file of a folder with its content.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
    found
}

#[test]
fn code_stands_alone_on_standard_output() {
    let (stage, target) = stage();
    for (tool, _) in TOOLS {
        let ran = stage.run(&["fix", "note-left", "note-right", "--target", &target, "--as", tool]);
        let (out, err) = (&ran.exits(0).out, &ran.err);
        for said in ["everybody may write note-left", "file /etc/note-left", "Nothing was changed"]
        {
            assert!(err.contains(said), "{tool}: {said}: {err}");
            assert!(!out.lines().any(|line| line == said), "{tool}: {said}: {out}");
        }
        assert!(err.contains(&format!("--target {target} --apply")), "{err}");
        assert!(out.contains("\n# restart: none\n"), "{tool}: {out}");
        match tool {
            "shell" => {
                stage.write("fix.sh", out);
                let script = stage.tree.path().join("fix.sh");
                let read = std::process::Command::new("sh").arg("-n").arg(script).status().unwrap();
                assert!(read.success(), "{out}");
            }
            // Two plays of one document; whatever else begins a line is a comment or part of one.
            "ansible" => {
                assert_eq!(out.lines().filter(|line| *line == "---").count(), 1, "{out}");
                assert_eq!(out.lines().filter(|line| line.starts_with("- name: ")).count(), 2);
                let known = |line: &str| line.starts_with(['#', '-', ' ']) || line.is_empty();
                assert!(out.lines().all(known), "{out}");
            }
            _ => {}
        }
    }
}

#[test]
fn everything_of_a_host_is_asked_for_at_once() {
    let (stage, target) = stage();
    let fixed = stage.json(0, &all(&target, &["--as", "puppet"]));
    let forms = rows(&fixed, "forms");
    let controls: Vec<&str> = forms.iter().map(|form| text(form, "/control")).collect();
    assert_eq!(controls, ["note-left", "note-right"]);
    let keys: Vec<&str> = forms.iter().map(|form| text(form, "/keys/0")).collect();
    let rows = rows(&fixed, "findings");
    assert!(rows.iter().all(|row| keys.contains(&text(row, "/key"))), "{fixed:#}");
    let left = rows.iter().find(|row| text(row, "/weakness") == "note-left").unwrap();
    assert_eq!(text(left, "/resource"), "file /etc/note-left");
    // Without the baseline it is what every control says, and a tool is enough to mean a host.
    let fixed = stage.json(0, &["fix", "--all", "--target", &target]);
    let every = fixed["forms"].as_array().unwrap();
    assert!(every.len() >= 2 && every.iter().any(|form| text(form, "/control") == "note-left"));
    // The folder has nothing to mend, as before.
    let folder = stage.run(&["fix", "--all"]);
    assert!(folder.exits(0).out.contains("nothing here that an edit would mend"), "{folder:#?}");
    let unknown = ["fix", "--all", "--baseline", "note", "--target", &target];
    stage.run(&unknown).refuses(2, "no baseline called `note`");
}

#[test]
fn a_folder_for_each_tool_is_the_same_each_time() {
    let (stage, target) = stage();
    for (tool, first) in TOOLS {
        let folder = format!("{tool}/hardening");
        let more = ["--as", tool, "--into", &folder];
        let done = stage.run(&all(&target, &more));
        let out = &done.exits(0).out;
        assert!(out.contains(" `hardening` of 2 controls") && out.contains(first), "{out}");
        let path = stage.tree.path().join(&folder);
        let made = files(&path);
        assert!(made.contains_key(&path.join(first)), "{made:#?}");
        let page = String::from_utf8_lossy(&made[&path.join("README.md")]).into_owned();
        assert!(
            page.contains("### note-left: The file note-left is for its owner alone"),
            "{page}"
        );

        let again = stage.json(0, &all(&target, &more));
        assert_eq!(rows(&again["written"], "written").len(), 0, "{again:#}");
        assert_eq!(files(&path), made, "{tool}: a second run wrote something else");
        let other = format!("{tool}/other/hardening");
        stage.run(&all(&target, &["--as", tool, "--into", &other])).exits(0);
        let names = |files: &BTreeMap<PathBuf, Vec<u8>>, below: &Path| -> Vec<(PathBuf, Vec<u8>)> {
            let own = files.iter();
            own.map(|(at, text)| (at.strip_prefix(below).unwrap().into(), text.clone())).collect()
        };
        let other = stage.tree.path().join(&other);
        assert_eq!(names(&files(&other), &other), names(&made, &path), "{tool}");
    }
}

#[test]
fn what_a_team_wrote_stays_the_teams() {
    let (stage, target) = stage();
    let more = ["--as", "ansible", "--into", "hardening"];
    stage.run(&all(&target, &more)).exits(0);
    // Fewer controls: a file goes, and others are written anew.
    let one = ["fix", "note-left", "--target", &target, "--as", "ansible", "--into", "hardening"];
    stage.write("hardening/LICENCE", "ours");
    stage.write("hardening/meta/main.yml", "dependencies: [base]\n");
    let done = stage.json(0, &one);
    assert_eq!(rows(&done["written"], "removed"), ["tasks/note-right.yml"]);
    assert_eq!(rows(&done["written"], "left"), ["meta/main.yml"]);
    assert_eq!(stage.read("hardening/LICENCE"), b"ours");
    assert_eq!(stage.read("hardening/meta/main.yml"), b"dependencies: [base]\n");

    stage.write("hardening/tasks/note-left.yml", "# by hand\n");
    stage.run(&all(&target, &more)).refuses(2, "was changed since it was written");
    assert_eq!(stage.read("hardening/tasks/note-left.yml"), b"# by hand\n");
    stage.write("full/site.yml", "- hosts: all\n");
    let full = ["--as", "ansible", "--into", "full"];
    stage.run(&all(&target, &full)).refuses(2, "`full` is not empty");
    stage
        .run(&all(&target, &["--as", "puppet", "--into", "my-site"]))
        .refuses(2, "no name for puppet");
    let outside = stage.outer.path().join("outside");
    std::fs::create_dir(&outside).unwrap();
    stage.write("linked/holdfast.sha256", "");
    std::os::unix::fs::symlink(&outside, stage.tree.path().join("linked/tasks")).unwrap();
    let linked = ["--as", "ansible", "--into", "linked"];
    stage.run(&all(&target, &linked)).refuses(2, "is a symbolic link");
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0, "something was written outside");
    let both = stage.run(&all(&target, &["--into", "x", "--apply"]));
    assert_eq!(both.code, 2, "{both:#?}");
}

/// What holds already is in there too: nothing goes because it was mended.
#[test]
fn a_host_that_is_well_changes_no_folder() {
    let (stage, target) = stage();
    let more = ["--as", "chef", "--into", "hardening"];
    stage.run(&all(&target, &more)).exits(0);
    let folder = stage.tree.path().join("hardening");
    let made = files(&folder);
    for id in ["note-left", "note-right"] {
        close(&stage, id);
        let ran = stage.run(&all(&target, &more));
        assert!(ran.exits(0).out.contains("`hardening` of 2 controls"), "{ran:#?}");
        assert_eq!(files(&folder), made, "{id}");
    }
    // Without a folder it is what fails there now.
    let ran = stage.run(&all(&target, &[]));
    assert!(ran.exits(0).out.contains("nothing that a tool would mend"), "{ran:#?}");
}

/// Makes a file as its control wants it.
fn close(stage: &Stage, id: &str) {
    let file = stage.outer.path().join("root/etc").join(id);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
}

const ASKED: &str = "id: note-asked
title: Somebody reads the notes
wrong: nobody says that somebody reads the notes
why: What nobody reads helps nobody.
severity: when you can
refs: {nist-800-53: [AC-6]}
ask: Does somebody read what is written there?
days: 90
";

/// What is asked is more than what a tool sets, and the page says why.
#[test]
fn all_that_is_asked_is_in_there_or_said_with_the_reason() {
    let (stage, target) = stage();
    let write =
        |id: &str, text: &str| stage.write(format!(".holdfast/rules/control/{id}.yaml"), text);
    write("note-asked", ASKED);
    write("note-gone", &control("note-gone"));
    let routed = control("note-routed").replace("ensure:", "when: not setting.router\nensure:");
    let away = "  not_applicable: [{setting: {router: true}, file: {/etc/note-routed: {mode: \
                \"0644\"}}}]\n";
    write("note-routed", &(routed + away));
    let open = control("note-open").replace("ensure:", "when: not setting.jump_host\nensure:");
    let away = "  not_applicable: [{setting: {jump_host: true}, file: {/etc/note-open: {mode: \
                \"0644\"}}}]\n";
    write("note-open", &(open + away));
    let asks = "controls: [note-asked, note-gone, note-left, note-open, note-right, note-routed]
drop:
  note-gone: {because: nobody reads it, for: role web}
";
    let baseline = BASELINE.replace("controls: [note-left, note-right]\n", asks);
    stage.write(".holdfast/rules/baseline/notes.yaml", baseline);
    let settings = "[host]\nlabels = [\"role:web\"]\n\n[host.settings]\nrouter = true\n";
    stage.write("holdfast.toml", settings);
    std::fs::write(stage.outer.path().join("root/etc/note-open"), "hello\n").unwrap();
    close(&stage, "note-open");
    close(&stage, "note-left");

    // A baseline means all of it.
    let more = ["--target", &target, "--as", "ansible", "--into", "hardening"];
    let fixed = stage.json(0, &[&["fix", "--baseline", "notes"][..], &more].concat());
    let forms = rows(&fixed, "forms");
    let mended =
        |form: &serde_json::Value| (text(form, "/control").to_owned(), rows(form, "keys").len());
    let of = |id: &str, keys: usize| (id.to_owned(), keys);
    assert_eq!(
        forms.iter().map(mended).collect::<Vec<_>>(),
        [of("note-left", 0), of("note-open", 0), of("note-right", 1)]
    );
    let page = String::from_utf8(stage.read("hardening/README.md")).unwrap();
    for said in [
        "the baseline `notes` asks of `",
        "- only where: not setting.jump_host\n",
        "\n## Not in here\n",
        "- `note-asked`: manual: only a person can tell: Does somebody read",
        "- `note-gone`: not applicable: the baseline `notes` drops it: nobody reads it\n",
        "- `note-routed`: not applicable: ",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(!page.contains("To be done by hand") && !page.contains("### note-routed"), "{page}");
    let ran = stage.run(&all(&target, &["--as", "ansible", "--into", "hardening"]));
    assert!(ran.exits(0).out.contains("3 more asked for and not in there"), "{ran:#?}");
    let both = stage.run(&["fix", "note-left", "--baseline", "notes", "--target", &target]);
    assert_eq!(both.code, 2, "{both:#?}");
}

/// A line of which not everybody could be judged stays out, and what it would mend is not counted.
#[test]
fn a_line_that_stays_out_mends_nothing() {
    let (stage, target) = stage();
    let asked = control("note-left")
        .replace("risk:", "  - users people: {max_days: {at_most: 365}}\nrisk:")
        .replace("}}}]", "}}, users: {people: {ann: {password: set, max_days: 90}}}}]");
    stage.write(".holdfast/rules/control/note-left.yaml", asked);
    let etc = stage.outer.path().join("root/etc");
    let accounts = "ann:x:1000:1000::/home/ann:/bin/sh\nbob:x:1001:1001::/home/bob:/bin/sh\n";
    std::fs::write(etc.join("passwd"), accounts).unwrap();
    let hash = format!("$6$salt${}", "a".repeat(86));
    let days =
        |bob: &str| format!("ann:{hash}:19000:0:99999:7:::\nbob:{hash}:19000:0:{bob}:7:::\n");
    let more = ["--as", "ansible", "--into", "hardening"];
    for (bob, mended, left) in [("90", 2, ""), ("many", 1, "No tool mends 1 finding more; see why")]
    {
        std::fs::write(etc.join("shadow"), days(bob)).unwrap();
        let fixed = stage.json(0, &all(&target, &more));
        let forms = rows(&fixed, "forms");
        let form = forms.iter().find(|form| text(form, "/control") == "note-left").unwrap();
        assert_eq!(rows(form, "keys").len(), mended, "{bob}: {fixed:#}");
        let about = rows(&fixed, "findings").iter();
        let of = about.filter(|row| text(row, "/weakness") == "note-left").count();
        assert_eq!(of, 2, "{bob}: {fixed:#}");
        let ran = stage.run(&all(&target, &more));
        assert_eq!(ran.exits(0).out.contains("No tool mends"), !left.is_empty(), "{ran:#?}");
        assert!(ran.out.contains(left), "{ran:#?}");
    }
}
