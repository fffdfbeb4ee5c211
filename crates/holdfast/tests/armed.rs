//! The armed undo from one end to the other: in a small Debian system, the program makes a change
//! that may lock people out and is killed. Nobody confirms, so the change is gone again although
//! nothing of Holdfast runs; whoever starts it next is told so. What was confirmed stays.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test ends where something is not as it should be"
)]

#[path = "support/real.rs"]
mod real;
mod support;

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use serde_json::Value;
use support::{Ran, Stage, rows, text};

/// How long anything may take that is waited for.
const PATIENCE: Duration = Duration::from_mins(1);
/// What the change writes.
const DROP_IN: &str = "etc/ssh/sshd_config.d/00-holdfast-root-login.conf";
/// What is wrong: an image left it, and it wins over the main file.
const DRIFT: &str = "PermitRootLogin yes\n";
/// Somebody else who can log in and become root; without one the precheck refuses.
const ANA: &str = "useradd --create-home --groups sudo --shell /bin/bash ana && \
    mkdir -m 0700 /home/ana/.ssh && \
    echo 'ssh-ed25519 AAAAC3Nz ana' > /home/ana/.ssh/authorized_keys && \
    chmod 0600 /home/ana/.ssh/authorized_keys && chown -R ana: /home/ana/.ssh";

/// `holdfast up`, for as long as this value lives.
struct Up {
    process: Child,
    said: PathBuf,
}

impl Up {
    /// Starts it at the head of a process group of its own, and waits until it takes commands.
    fn start(stage: &Stage) -> Self {
        let said = stage.outer.path().join("up.txt");
        let out = std::fs::File::create(&said).unwrap();
        let process = now(stage.command(&["up", "--listen", "127.0.0.1:0"]))
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .process_group(0)
            .spawn()
            .unwrap();
        let mut up = Self { process, said };
        let socket = stage.data().join("control.sock");
        up.until("it does not take commands", || socket.exists().then_some(()));
        up
    }

    /// Waits for something while it runs.
    fn until<T>(&mut self, what: &str, mut found: impl FnMut() -> Option<T>) -> T {
        let Self { process, said } = self;
        let said = || std::fs::read_to_string(&*said).unwrap();
        until(|| {
            let ended = process.try_wait().unwrap();
            assert!(ended.is_none(), "`up` ended with {ended:?}: {}", said());
            found()
        })
        .unwrap_or_else(|| panic!("{what}: {}", said()))
    }

    /// Kills it with its whole process group, as the kernel does that is out of memory.
    fn kill(mut self) {
        let group = format!("-{}", self.process.id());
        assert!(Command::new("kill").args(["-KILL", "--", &group]).status().unwrap().success());
        assert_eq!(self.process.wait().unwrap().code(), None, "it was not killed");
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        // Also where the test failed: nothing that was started here stays.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The other system and the folder from which it is cared for.
struct House {
    stage: Stage,
    host: PathBuf,
}

impl House {
    fn new(system: &Path, confirm_seconds: u32) -> Self {
        let stage = Stage::new();
        stage.write(
            "holdfast.toml",
            format!("appetite = \"solo\"\n\n[host]\nconfirm_seconds = {confirm_seconds}\n"),
        );
        let host = stage.outer.path().join("host");
        real::copy(system, &host);
        std::fs::write(host.join("etc/ssh/sshd_config.d/50-cloud.conf"), DRIFT).unwrap();
        let added = Command::new("chroot").arg(&host).args(["/bin/sh", "-ec", ANA]).status();
        assert!(added.unwrap().success());
        Self { stage, host }
    }

    fn target(&self) -> String {
        format!("root:{}", self.host.display())
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let output = now(self.stage.command(arguments)).output().unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Plans, approves and carries out what keeps root from logging in; under `solo` one person
    /// does it all.
    fn apply(&self) {
        let target = self.target();
        let fix = ["fix", "root-login", "--as", "shell", "--target", &target, "--apply"];
        let ran = self.run(&fix);
        ran.exits(0);
        assert!(ran.out.starts_with("Done, and proven by a new look."), "{ran:#?}");
        assert!(ran.out.contains("holdfast plan confirm"), "{ran:#?}");
    }

    /// The only plan of the record.
    fn plan(&self) -> Value {
        let document = self.run(&["plan", "list", "--format", "json"]).json(0);
        let plans = rows(&document, "plans");
        assert_eq!(plans.len(), 1, "{document:#}");
        plans[0].clone()
    }

    /// What root may do over ssh, by the control that found it.
    fn verdict(&self) -> String {
        let only = ["audit", &self.target(), "--only", "root-login", "--format", "json"];
        let document: Value = serde_json::from_str(&self.run(&only).out).unwrap();
        text(&document, "/results/0/result").to_owned()
    }

    /// The folder of the only undo that was armed, as the other system sees it and as we do.
    fn armed(&self) -> (String, PathBuf) {
        let all = self.host.join("var/lib/holdfast/armed");
        let armed: Vec<_> = std::fs::read_dir(&all).unwrap().map(Result::unwrap).collect();
        assert_eq!(armed.len(), 1, "{armed:?}");
        let own = armed[0].path();
        (format!("/{}", own.strip_prefix(&self.host).unwrap().display()), own)
    }

    /// Whether a file of it is there: `waiting`, `fired`, `disarmed`, `status`.
    fn is(&self, name: &str) -> bool {
        self.armed().1.join(name).exists()
    }

    /// Whether a process waits for its time, or runs what takes the change back.
    fn is_guarded(&self) -> bool {
        let (inside, _) = self.armed();
        std::fs::read_dir("/proc").unwrap().any(|entry| {
            let line = std::fs::read(entry.unwrap().path().join("cmdline")).unwrap_or_default();
            line.split(|byte| *byte == 0).any(|word| word == inside.as_bytes())
        })
    }

    fn has_drop_in(&self) -> bool {
        self.host.join(DROP_IN).exists()
    }
}

/// By this machine's clock: the time to confirm passes for real.
fn now(mut command: Command) -> Command {
    command.env_remove("HOLDFAST_NOW").env_remove("HOLDFAST_TOKEN");
    command
}

/// Asks until there is an answer, for as long as patience lasts.
fn until<T>(mut found: impl FnMut() -> Option<T>) -> Option<T> {
    let begun = Instant::now();
    loop {
        if let Some(found) = found() {
            return Some(found);
        }
        if begun.elapsed() > PATIENCE {
            return None;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_nobody_confirmed_is_taken_back_with_holdfast_dead() {
    let test = "what_nobody_confirmed_is_taken_back_with_holdfast_dead";
    let Some(system) = real::system(test) else { return };
    // Time enough to carry it out and to kill whoever did, on a busy machine too.
    let house = House::new(&system, 8);
    assert_eq!(house.verdict(), "fail");
    let up = Up::start(&house.stage);
    house.apply();
    up.kill();
    assert!(house.has_drop_in() && house.is("waiting"), "it fired while Holdfast lived");
    assert!(house.is_guarded());
    let fired = until(|| house.is("status").then_some(()));
    assert!(fired.is_some(), "the armed undo did not fire");
    assert_eq!(std::fs::read_to_string(house.armed().1.join("status")).unwrap(), "0\n");
    assert!(!house.has_drop_in(), "it fired and took nothing back");
    assert_eq!(house.verdict(), "fail");
    // Who would have noted it is dead.
    assert_eq!(text(&house.plan(), "/state"), "to confirm");

    let mut up = Up::start(&house.stage);
    let undone = || Some(house.plan()).filter(|plan| text(plan, "/state") == "undone");
    let told = up.until("it does not note what became of the plan", undone);
    let why = "nobody confirmed in time, so the armed undo took it back";
    assert!(house.run(&["ledger", "export"]).exits(0).out.contains(why), "the record is silent");
    let late = house.run(&["plan", "confirm", text(&told, "/id")]);
    late.refuses(2, "nothing-to-confirm");
    let findings = house.run(&["findings", "root-login", "--format", "json"]).json(0);
    let ours = |row: &&Value| text(row, "/key") == text(&told, "/findings/0");
    let row = rows(&findings, "findings").iter().find(ours).unwrap();
    assert_eq!(text(row, "/state"), "open", "{row:#}");
    house.run(&["ledger", "verify"]).exits(0);
}

#[test]
fn what_was_confirmed_in_time_stays() {
    let Some(system) = real::system("what_was_confirmed_in_time_stays") else { return };
    // What waits looks each second whether it was called off: its time need not be waited for.
    let house = House::new(&system, 600);
    let up = Up::start(&house.stage);
    house.apply();
    assert!(house.is("waiting") && house.is_guarded());
    let confirmed = house.run(&["plan", "confirm", text(&house.plan(), "/id")]);
    assert_eq!(confirmed.exits(0).out, "Confirmed. It stays.\n");
    up.kill();
    let ended = until(|| (!house.is_guarded()).then_some(()));
    assert!(ended.is_some(), "somebody still waits to take it back");
    assert!(house.is("disarmed") && !house.is("status"));
    assert!(house.has_drop_in());
    assert_eq!(house.verdict(), "pass");
    assert_eq!(text(&house.plan(), "/state"), "done");
}
