//! The program goes along to a host over ssh: it looks there and says what the script says, the script
//! does where it cannot be run, and nothing is left behind.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::{Far, chmod, system};
use crate::support::{Ran, Stage, rows, text};

/// The folders in which it may be kept, in the host; nothing in them may be run.
const NOTHING_RUNS: &str = "for f in tmp var/tmp dev/shm run; do mkdir -p \"$1/$f\" && \
                            mount -t tmpfs -o noexec,mode=1777 none \"$1/$f\" || exit 1; done; ";

/// The program as it goes along: outside of every tree, and as small as it gets.
fn program(stage: &Stage) -> PathBuf {
    let path = stage.outer.path().join("holdfast");
    std::fs::copy(env!("CARGO_BIN_EXE_holdfast"), &path).unwrap();
    chmod(&path, 0o755);
    // Where it cannot be made smaller it goes along as it is.
    let _ = Command::new("strip").arg(&path).status();
    path
}

impl Far {
    /// Writes down each connection from now on.
    fn count(&mut self) {
        let folder = self.stage.outer.path().join("bin");
        std::fs::create_dir(&folder).unwrap();
        let log = self.calls();
        let script =
            format!("#!/bin/sh\necho once >>'{}'\nexec /usr/bin/ssh \"$@\"\n", log.display());
        std::fs::write(folder.join("ssh"), script).unwrap();
        chmod(&folder.join("ssh"), 0o755);
        let path = std::env::var("PATH").unwrap_or_default();
        self.stage.path = Some(format!("{}:{path}", folder.display()));
    }

    fn calls(&self) -> PathBuf {
        self.stage.outer.path().join("connections")
    }

    /// How many connections were asked for since this was asked last.
    fn called(&self) -> usize {
        let text = std::fs::read_to_string(self.calls()).unwrap_or_default();
        std::fs::write(self.calls(), "").unwrap();
        text.lines().count()
    }

    /// What the controls say, and with how many connections.
    fn audit(&self, more: &[&str]) -> (Value, usize) {
        self.called();
        let args = ["audit", "ssh://far", "--format", "json"];
        let ran = self.run(&[&args[..], more].concat());
        let audit =
            serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:#?}"));
        (audit, self.called())
    }

    /// The names in the folders in which something of ours may have been.
    fn left(&self) -> String {
        let config = self.stage.outer.path().join("ssh_config");
        let mut command = Command::new("/usr/bin/ssh");
        command.arg("-F").arg(config).args(["far", "ls -A /tmp /var/tmp /dev/shm /run"]);
        let output = command.output().unwrap();
        let listed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(listed.contains("/var/tmp:"), "{output:?}");
        listed
    }

    #[track_caller]
    fn left_nothing(&self) {
        let listed = self.left();
        assert!(!listed.contains("holdfast."), "{listed}");
    }
}

/// Why the program did not look itself; nothing where it did.
fn notes(audit: &Value) -> Vec<&str> {
    let notes = audit.get("notes").and_then(Value::as_array);
    notes.into_iter().flatten().filter_map(Value::as_str).collect()
}

#[test]
fn the_program_says_over_there_what_the_script_says_and_leaves_nothing() {
    let test = "the_program_says_over_there_what_the_script_says_and_leaves_nothing";
    let Some(system) = system(test) else { return };
    let mut far = Far::new(&system, 300);
    far.count();
    let program = program(&far.stage);
    let with = ["--with-binary", program.to_str().unwrap()];
    let (script, asked) = far.audit(&[]);
    assert!(rows(&script, "results").len() > 50 && asked > 0, "{script:#}");
    let (carried, connections) = far.audit(&with);
    assert_eq!(notes(&carried), Vec::<&str>::new(), "it did not look itself");
    assert_eq!(carried["results"], script["results"]);
    assert_eq!(connections, asked, "it took another connection");
    far.left_nothing();
    let (one, connections) = far.audit(&[&with[..], &["--only", "far-note"]].concat());
    assert_eq!((text(&one, "/results/0/result"), connections), ("fail", 1), "{one:#}");
    assert!(notes(&one).is_empty(), "{one:#}");

    // One that is no use there: the script looks, over the same connection.
    let silent = far.stage.outer.path().join("silent");
    std::fs::copy("/bin/true", &silent).unwrap();
    chmod(&silent, 0o755);
    let broken = far.stage.outer.path().join("broken");
    let bytes = std::fs::read(&program).unwrap();
    std::fs::write(&broken, &bytes[..4096]).unwrap();
    chmod(&broken, 0o755);
    let mut other = bytes[..4096].to_vec();
    // `e_machine` of some other processor.
    other[18] ^= 0x40;
    let stranger = far.stage.outer.path().join("stranger");
    std::fs::write(&stranger, other).unwrap();
    chmod(&stranger, 0o755);
    let ended = "did not end well";
    for (path, why) in [(&silent, ended), (&broken, ended), (&stranger, "another kind of machine")]
    {
        let only = ["--with-binary", path.to_str().unwrap(), "--only", "far-note"];
        let (fell_back, connections) = far.audit(&only);
        assert_eq!((&fell_back["results"], connections), (&one["results"], 1), "{fell_back:#}");
        let [note] = notes(&fell_back)[..] else { panic!("{fell_back:#}") };
        assert!(note.contains("the script did") && note.contains(why), "{note}");
        far.left_nothing();
    }
}

#[test]
fn where_nothing_may_be_run_the_script_looks_over_the_same_connection() {
    let test = "where_nothing_may_be_run_the_script_looks_over_the_same_connection";
    let Some(system) = system(test) else { return };
    let mut far = Far::new(&system, 300);
    far.count();
    let program = program(&far.stage);
    far.hang_up();
    far.serve_with(NOTHING_RUNS);
    // By the settings, as a look by schedule has it.
    let settings = format!("appetite = \"solo\"\n\n[hosts]\nbinary = \"{}\"\n", program.display());
    far.stage.write("holdfast.toml", settings);
    let (audit, connections) = far.audit(&["--only", "far-note"]);
    assert_eq!((text(&audit, "/results/0/result"), connections), ("fail", 1), "{audit:#}");
    let [note] = notes(&audit)[..] else { panic!("{audit:#}") };
    assert!(note.contains("no folder in which it may be run"), "{note}");
    // A note is no gap.
    assert!(!audit["problems"].to_string().contains("binary"), "{audit:#}");
    far.left_nothing();
    let said = far.run(&["audit", "ssh://far", "--only", "far-note"]);
    assert!(said.out.contains("note: `ssh://far`: the binary did not look there"), "{said:#?}");
}

#[test]
fn a_program_that_a_tree_brings_or_others_may_write_does_not_go_along() {
    let stage = Stage::new();
    let refused = |path: &str, why: &str| {
        let ran: Ran = stage.run(&["audit", "ssh://nobody.example", "--with-binary", path]);
        ran.refuses(2, why);
    };
    let outer = |name: &str| stage.outer.path().join(name).display().to_string();
    refused(&outer("nowhere"), "does not go along: it is not there");
    std::fs::write(outer("script"), "#!/bin/sh\nid\n").unwrap();
    chmod(outer("script").as_ref(), 0o755);
    refused(&outer("script"), "it is no program of Linux");
    chmod(outer("script").as_ref(), 0o777);
    refused(&outer("script"), "others may write it");
    std::fs::create_dir(outer("open")).unwrap();
    chmod(outer("open").as_ref(), 0o777);
    std::fs::copy(outer("script"), outer("open/script")).unwrap();
    chmod(outer("open/script").as_ref(), 0o755);
    refused(&outer("open/script"), "others may put another in its place, in `");
    std::os::unix::fs::symlink(outer("script"), outer("link")).unwrap();
    refused(&outer("link"), "it is no file");
    stage.write("holdfast.toml", "appetite = \"solo\"\n");
    stage.write("bin/holdfast", "#!/bin/sh\nid\n");
    chmod(&stage.tree.path().join("bin/holdfast"), 0o755);
    refused("bin/holdfast", "it stands in a tree");
    stage.write("holdfast.toml", "[hosts]\nbinary = \"bin/holdfast\"\n");
    let ran = stage.run(&["audit", "ssh://nobody.example"]);
    ran.refuses(2, "`bin/holdfast` does not say where the program is");
}

#[test]
fn the_program_needs_nothing_but_what_it_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let orders = folder.path().join("orders");
    let question = r#"{"path":{"path":"/","file":false,"stat":true,"read":false}}"#;
    let text = format!(
        "{{\"schema\":\"holdfast/collect/1\",\"mark\":\"m4rk\",\"questions\":[{question}]}}\n"
    );
    std::fs::write(&orders, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
    command.arg("collect").env_clear().current_dir("/");
    command.stdin(std::fs::File::open(&orders).unwrap());
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    assert!(said.starts_with("\nm4rk begin 1 ") && said.ends_with("\nm4rk end\n"), "{said}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
    let output = command.arg("collect").env_clear().output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot be read"), "{output:?}");
}
