//! Hosts over ssh from one end to the other: a small Debian system with an ssh server of its own is
//! taken from an inventory, looked at, changed and put back; one that does not answer is not assessed;
//! and what may lock people out is taken back over there although nobody reaches it any more.

#[path = "carried.rs"]
mod carried;

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::real;
use crate::support::{Ran, Stage, rows, text};

/// How long anything may take that is waited for.
const PATIENCE: Duration = Duration::from_mins(1);
/// What a control of our own is about: nothing that this machine has.
const NOTE: &str = "etc/far-note";
/// The same, where the change counts as one that may lock people out.
const DOOR: &str = "etc/far-door";

/// A control that wants a file to be for its owner and group alone.
fn control(id: &str, lockout: bool) -> String {
    format!(
        "id: {id}
title: The file {id} is for its owner alone
wrong: everybody may write {id}
why: Whoever writes it decides what others read.
severity: soon
refs: {{nist-800-53: [AC-6]}}
ensure:
  - file /etc/{id}: {{owner: root, group: root, mode: {{at_most: \"0640\"}}}}
risk: {{breaks: [], lockout: {lockout}, reboot: false, interruption: none}}
tests:
  pass: [{{file: {{/etc/{id}: {{owner: root, group: root, mode: \"0640\"}}}}}}]
  fail: [{{file: {{/etc/{id}: {{owner: root, group: root, mode: \"0644\"}}}}}}]
"
    )
}

/// A folder to care for hosts from, and a host with its ssh server.
struct Far {
    stage: Stage,
    host: PathBuf,
    port: u16,
    server: Option<Child>,
}

impl Drop for Far {
    fn drop(&mut self) {
        self.hang_up();
    }
}

impl Far {
    fn new(system: &Path, confirm_seconds: u32) -> Self {
        let stage = Stage::new();
        let settings =
            format!("appetite = \"solo\"\n\n[host]\nconfirm_seconds = {confirm_seconds}\n");
        stage.write("holdfast.toml", settings);
        for (id, lockout) in [("far-note", false), ("far-door", true)] {
            stage.write(format!(".holdfast/rules/control/{id}.yaml"), control(id, lockout));
        }
        let outer = stage.outer.path().to_owned();
        let host = outer.join("host");
        real::copy(system, &host);
        for path in [NOTE, DOOR] {
            std::fs::write(host.join(path), "hello\n").unwrap();
            chmod(&host.join(path), 0o666);
        }
        let probe = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = probe.local_addr().unwrap().port();
        drop(probe);
        std::fs::create_dir(host.join("far")).unwrap();
        keygen(&host.join("far/key"));
        keygen(&outer.join("user"));
        std::fs::copy(outer.join("user.pub"), host.join("far/authorized")).unwrap();
        let settings = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey /far/key\n\
             AuthorizedKeysFile /far/authorized\nPidFile none\nStrictModes no\nUsePAM no\n\
             PasswordAuthentication no\nPermitRootLogin yes\n"
        );
        std::fs::write(host.join("far/sshd_config"), settings).unwrap();
        let public = std::fs::read_to_string(host.join("far/key.pub")).unwrap();
        std::fs::write(outer.join("known"), format!("[127.0.0.1]:{port} {public}")).unwrap();
        let mut config = String::new();
        for (name, port) in [("far", port), ("gone", 1)] {
            write!(
                config,
                "Host {name}\nHostName 127.0.0.1\nPort {port}\nUser root\nIdentityFile {}\n\
                 IdentitiesOnly yes\nIdentityAgent none\nUserKnownHostsFile {}\n\
                 GlobalKnownHostsFile none\n\n",
                outer.join("user").display(),
                outer.join("known").display(),
            )
            .unwrap();
        }
        std::fs::write(outer.join("ssh_config"), config).unwrap();
        let mut far = Self { stage, host, port, server: None };
        far.serve();
        far
    }

    /// Starts the ssh server of the host, where only it sees what it needs of the system.
    fn serve(&mut self) {
        self.serve_with("");
    }

    /// The same, where something is done in the host before, as the shell says it.
    fn serve_with(&mut self, before: &str) {
        let start = format!(
            "{before}mount -t proc proc \"$1/proc\" && mkdir -p -m 755 \"$1/run/sshd\" && \
             exec chroot \"$1\" /usr/sbin/sshd -D -e -f /far/sshd_config"
        );
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.log()).unwrap();
        let child = Command::new("unshare")
            .args(["--mount", "sh", "-c", &start, "sh"])
            .arg(&self.host)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .stdin(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.server = Some(child);
        let port = self.port;
        let answers =
            until(|| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok().then_some(()));
        assert!(answers.is_some(), "the ssh server does not start");
    }

    /// How many connections the host let in.
    fn connections(&self) -> usize {
        let said = std::fs::read_to_string(self.log()).unwrap();
        said.lines().filter(|line| line.starts_with("Accepted publickey for ")).count()
    }

    /// Where the server of the host says what it does.
    fn log(&self) -> PathBuf {
        self.stage.outer.path().join("server-log")
    }

    /// Nobody gets to the host any more.
    fn hang_up(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let output = self
            .stage
            .command(arguments)
            .env_remove("HOLDFAST_NOW")
            .env_remove("HOLDFAST_TOKEN")
            .env("HOLDFAST_SSH_CONFIG", self.stage.outer.path().join("ssh_config"))
            .output()
            .unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    #[track_caller]
    fn json(&self, code: i32, arguments: &[&str]) -> Value {
        let all: Vec<&str> = arguments.iter().copied().chain(["--format", "json"]).collect();
        self.run(&all).json(code)
    }

    /// The row of a host in the list.
    #[track_caller]
    fn host(&self, name: &str) -> Value {
        let listed = self.json(0, &["hosts"]);
        let row = rows(&listed, "hosts").iter().find(|row| text(row, "/name") == name);
        row.unwrap_or_else(|| panic!("{name} is not in {listed:#}")).clone()
    }

    /// How the finding of a control stands.
    #[track_caller]
    fn state(&self, control: &str) -> String {
        let all = self.json(0, &["findings", "--all"]);
        let row = rows(&all, "findings").iter().find(|row| text(row, "/weakness") == control);
        text(row.unwrap_or_else(|| panic!("no {control} in {all:#}")), "/state").to_owned()
    }

    /// The only plan of the record.
    #[track_caller]
    fn plan(&self) -> Value {
        let listed = self.json(0, &["plan", "list"]);
        let plans = rows(&listed, "plans");
        assert_eq!(plans.len(), 1, "{listed:#}");
        plans[0].clone()
    }

    fn mode(&self, path: &str) -> u32 {
        std::fs::metadata(self.host.join(path)).unwrap().permissions().mode() & 0o7777
    }
}

fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn keygen(path: &Path) {
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path);
    assert!(command.status().unwrap().success());
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

/// The small Debian system, where it has an ssh server and this machine what reaches it.
fn system(test: &str) -> Option<PathBuf> {
    let system = real::system(test)?;
    let here = |program: &&str| Path::new("/usr/bin").join(program).exists();
    if system.join("usr/sbin/sshd").exists() && ["ssh", "ssh-keygen", "unshare"].iter().all(here) {
        return Some(system);
    }
    real::skip(test, "no ssh server in the small Debian system, or no ssh here");
    None
}

#[test]
fn hosts_of_an_inventory_are_looked_at_mended_and_put_back() {
    let Some(system) = system("hosts_of_an_inventory_are_looked_at_mended_and_put_back") else {
        return;
    };
    let mut far = Far::new(&system, 300);
    far.stage
        .write("hosts", "[web]\nfar\n  gone\n-oProxyCommand=id\n[web:vars]\nansible_user=root\n");
    let because = ["--because", "ours since today"];
    let add = ["add", "--inventory", "hosts", "--team", "payments", "--label", "service=shop"];
    let added = far.json(1, &[&add[..], &because].concat());
    assert_eq!((text(&added, "/schema"), rows(&added, "hosts").len()), ("holdfast/add/1", 2));
    assert_eq!(added["problems"][0]["place"]["line"], 4, "{added:#}");
    assert_eq!(text(&added, "/problems/0/code"), "inventory-host");
    assert_eq!(text(&far.host("far"), "/result"), "not looked at yet");

    let report = far.json(0, &["up", "--once", "--at-once", "2"]);
    let names: Vec<&str> = rows(&report, "assets").iter().map(|row| text(row, "/name")).collect();
    assert!(names.contains(&"far") && names.contains(&"gone"), "{report:#}");
    let seen = far.host("far");
    assert_eq!((text(&seen, "/result"), text(&seen, "/team")), ("fail", "payments"));
    assert_eq!((text(&seen, "/groups/0"), text(&seen, "/labels/0")), ("web", "service:shop"));
    let gone = far.host("gone");
    let counts = |name: &str| seen["controls"][name].as_u64().unwrap();
    assert!(counts("passed") > 0 && counts("failed") > 1, "{seen:#}");
    let all = counts("passed") + counts("failed") + counts("not_assessed");
    let listed = far.run(&["hosts"]);
    let line =
        format!(": {} of {all} controls pass, {} fail, ", counts("passed"), counts("failed"));
    assert!(listed.exits(0).out.contains(&line), "{line}: {listed:#?}");
    assert_eq!(text(&gone, "/result"), "not assessed");
    assert!(gone["controls"].is_null() && !listed.out.contains(": 0 of "), "{listed:#?}");
    assert!(text(&gone, "/reason").contains("cannot be reached"), "{gone:#}");
    assert_eq!(gone["open"], 0);

    let found = far.json(0, &["findings", "far-note"]);
    assert_eq!(text(&found, "/findings/0/asset"), "far");
    assert_eq!(text(&found, "/findings/0/asset_id"), "ssh://root@far");
    let listed = far.run(&["findings"]);
    let line = "on far · file /etc/far-note";
    assert!(listed.exits(0).out.contains(line), "{listed:#?}");
    let again = far.run(&["up", "--once"]);
    assert!(again.exits(0).out.starts_with("Looked at this machine ("), "{again:#?}");
    assert_eq!(again.out.matches("this machine (").count(), 1, "{again:#?}");

    // The finding says by itself where it is; under `solo` one person plans, approves and does it.
    let done = far.run(&["fix", "far-note", "--as", "shell", "--apply"]);
    assert!(done.exits(0).out.starts_with("Done, and proven by a new look."), "{done:#?}");
    assert_eq!((far.mode(NOTE), far.state("far-note").as_str()), (0o640, "fixed"));
    assert!(!far.host.join("var/lib/holdfast/armed").exists(), "something was left there");
    let plan = far.plan();
    assert_eq!(text(&plan, "/target"), "ssh://root@far");
    far.run(&["plan", "undo", text(&plan, "/id")]).exits(0);
    assert_eq!((far.mode(NOTE), far.state("far-note").as_str()), (0o666, "open"));

    // Nobody answers: nothing is assessed, and nothing is mended by silence.
    far.hang_up();
    let refused = far.run(&["fix", "far-note", "--apply"]);
    assert_ne!(refused.code, 0);
    assert!(refused.err.contains("cannot be reached"), "{refused:#?}");
    far.json(0, &["up", "--once"]);
    let silent = far.host("far");
    assert_eq!(
        (text(&silent, "/result"), far.state("far-note").as_str()),
        ("not assessed", "open")
    );
    assert!(silent["open"].as_u64().unwrap() > 0 && silent["controls"].is_null(), "{silent:#}");

    far.run(&["remove", "nobody"]).refuses(2, "no host here is `nobody`");
    let removed = far.json(0, &["remove", "gone", "--because", "it is gone"]);
    assert_eq!(text(&removed, "/host/address"), "ssh://root@gone");
    assert_eq!(rows(&far.json(0, &["hosts"]), "hosts").len(), 1);
    let ledger = far.run(&["ledger", "export"]).exits(0).out.clone();
    for words in ["ours since today", "it is gone"] {
        assert!(ledger.contains(words), "the record does not say `{words}`");
    }
    far.run(&["ledger", "verify"]).exits(0);
}

/// A connection costs more than everything that is asked over it.
#[test]
fn a_look_is_one_connection() {
    let Some(system) = system("a_look_is_one_connection") else { return };
    let far = Far::new(&system, 300);
    let audit = far.run(&["audit", "ssh://far", "--format", "json"]);
    assert!(matches!(audit.code, 0 | 1), "{audit:#?}");
    assert!(!audit.out.contains("did not tell over the network"), "{audit:#?}");
    assert_eq!(far.connections(), 1, "{audit:#?}");
}

#[test]
fn what_may_lock_people_out_is_taken_back_there_when_the_connection_is_lost() {
    let test = "what_may_lock_people_out_is_taken_back_there_when_the_connection_is_lost";
    let Some(system) = system(test) else { return };
    // Time enough to carry it out, to look again and to hang up, on a busy machine too.
    let mut far = Far::new(&system, 20);
    far.run(&["add", "ssh://far"]).exits(0);
    let fix = ["fix", "far-door", "--as", "shell", "--target", "ssh://far", "--apply"];
    let done = far.run(&fix);
    assert!(done.exits(0).out.contains("holdfast plan confirm"), "{done:#?}");
    assert_eq!(far.mode(DOOR), 0o640);
    far.hang_up();
    let plan = far.plan();
    let unheard = far.run(&["plan", "confirm", text(&plan, "/id")]);
    unheard.exits(1);
    assert!(unheard.err.contains("cannot be reached"), "{unheard:#?}");
    let back = until(|| (far.mode(DOOR) == 0o666).then_some(()));
    assert!(back.is_some(), "the armed undo did not fire over there");
    far.serve();
    let late = far.run(&["plan", "confirm", text(&plan, "/id")]);
    late.exits(1);
    assert!(late.err.contains("taken back already"), "{late:#?}");
    assert_eq!(text(&far.plan(), "/state"), "undone");
    assert_eq!(far.state("far-door"), "open");
}

#[test]
fn what_was_confirmed_over_ssh_stays_with_every_tool() {
    let Some(system) = system("what_was_confirmed_over_ssh_stays_with_every_tool") else { return };
    let far = Far::new(&system, 300);
    // Ansible runs from here where it is installed, and over there elsewhere.
    for tool in ["shell", "ansible"] {
        chmod(&far.host.join(DOOR), 0o666);
        let fix = ["fix", "far-door", "--as", tool, "--target", "ssh://far", "--apply"];
        let done = far.run(&fix);
        assert!(done.exits(0).out.starts_with("Done, and proven by a new look."), "{done:#?}");
        let listed = far.json(0, &["plan", "list"]);
        let plan = rows(&listed, "plans")[0].clone();
        far.run(&["plan", "confirm", text(&plan, "/id")]).exits(0);
        assert_eq!(far.mode(DOOR), 0o640, "{tool}");
        assert!(!far.host.join("root/.ansible").exists(), "{tool} left something there");
        far.run(&["plan", "undo", text(&plan, "/id")]).exits(0);
        assert_eq!(far.mode(DOOR), 0o666, "{tool}");
    }
}

#[test]
fn a_host_of_the_list_is_named_as_the_list_names_it() {
    let stage = Stage::new();
    let config = stage.outer.path().join("ssh_config");
    // Nobody is asked: the connection ends before it begins.
    std::fs::write(&config, "Host *\nProxyCommand false\n").unwrap();
    for address in ["ssh://ana@web1.example:2222", "ssh://ana@db.example", "ssh://ben@db.example"] {
        stage.run(&["add", address]).exits(0);
    }
    let said = |arguments: &[&str]| {
        let mut command = stage.command(arguments);
        let output = command.env("HOLDFAST_SSH_CONFIG", &config).output().unwrap();
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    for arguments in
        [&["audit", "web1.example"][..], &["fix", "root-login", "--target", "web1.example"]]
    {
        let said = said(arguments);
        assert!(said.contains("`ssh://ana@web1.example:2222` was not looked at"), "{said}");
    }
    // An address is an address, and a name that several have is nobody's.
    let other = said(&["audit", "ssh://web1.example"]);
    assert!(other.contains("`ssh://web1.example` was not looked at"), "{other}");
    let several = said(&["audit", "db.example"]);
    assert!(several.contains("several hosts are `db.example`"), "{several}");
}

#[test]
fn the_list_of_hosts_keeps_its_keys_and_refuses_what_is_no_host() {
    let stage = Stage::new();
    let args = ["add", "ssh://ana@web1:2222", "--label", "service=shop", "--team", "payments"];
    let added = stage.json(0, &args);
    assert_eq!(text(&added, "/schema"), "holdfast/add/1");
    assert_eq!(text(&added, "/hosts/0/address"), "ssh://ana@web1:2222");
    assert_eq!((rows(&added, "messages").len(), rows(&added, "problems").len()), (1, 0));
    let listed = stage.json(0, &["hosts"]);
    assert_eq!(text(&listed, "/schema"), "holdfast/hosts/1");
    let keys = "name address team groups labels added looked result reason closes_with open \
                not_assessed controls";
    for key in keys.split_whitespace() {
        assert!(listed["hosts"][0].get(key).is_some(), "`{key}` is missing in {listed:#}");
    }
    for wrong in ["web1", "ssh://-oProxyCommand=id", "ssh://web 1", "ssh://ana:secret@web1"] {
        stage.run(&["add", wrong]).refuses(2, "is no address of a host");
    }
    for (name, why) in [("web9", "is no host that can be looked at"), ("root:web1", "is no host")] {
        stage.run(&["audit", name]).refuses(2, why);
        let fix = stage.run(&["fix", "root-login", "--target", name]);
        fix.refuses(2, why);
        assert!(fix.err.contains("in this list: holdfast hosts"), "{fix:#?}");
    }
    stage.run(&["add"]).exits(2);
    stage.run(&["add", "--inventory", "nowhere"]).refuses(2, "`nowhere` cannot be read");
    stage.run(&["add", "ssh://web2", "--label", " "]).refuses(2, "is no label");
    stage.run(&["up", "--once", "--at-once", "0"]).exits(2);
    stage.run(&["remove", "web9"]).refuses(2, "no host here is `web9`");
    let removed = stage.json(0, &["remove", "web1"]);
    assert_eq!(text(&removed, "/schema"), "holdfast/remove/1");
    let nobody = stage.run(&["hosts"]);
    assert!(nobody.exits(0).out.starts_with("No host is looked at by schedule."), "{nobody:#?}");
}
