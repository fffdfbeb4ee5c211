use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};

use tempfile::TempDir;

use super::*;
use crate::skip::skip;
use crate::{RealRun, Recorded, World};

fn ssh(address: &str, script: &str) -> Ssh {
    Ssh {
        address: SshAddress::parse(address).unwrap(),
        config: None,
        sudo: false,
        script: script.to_owned(),
        behind: None,
        timeout: Duration::from_secs(20),
        limit: 1 << 20,
    }
}

#[test]
fn the_address_stands_where_nothing_is_an_option() {
    let command = ssh("ssh://ana@web1:2222", "echo").command();
    let words: Vec<&str> = command.args.iter().map(String::as_str).collect();
    assert!(words.ends_with(&["-l", "ana", "-p", "2222", "--", "web1", "exec sh"]), "{words:?}");
    for option in ["BatchMode=yes", "StrictHostKeyChecking=yes", "ControlMaster=no"] {
        let at = words.iter().position(|word| *word == option).unwrap();
        assert_eq!(words[at - 1], "-o");
    }
    assert_eq!(command.stdin.as_deref(), Some(b"echo".as_slice()));
    // Nothing of the script is seen by others in the list of processes.
    assert!(!words.contains(&"echo"));
}

#[test]
fn what_stands_behind_a_script_is_left_to_it() {
    let behind: Arc<[u8]> = [b"}\n\0\xFF'".as_slice(), &vec![b'\n'; 100_000]].concat().into();
    let script = "{\nprintf '%s|' \"it's\"\nwc -c\nexit 0\n}\n";
    for sudo in [false, true] {
        let asked = Ssh { sudo, behind: Some(Arc::clone(&behind)), ..ssh("ssh://web1", script) };
        let mut command = asked.command();
        let told = command.args.pop().unwrap();
        assert_eq!(command.stdin.as_ref().unwrap().len(), script.len() + behind.len());
        // The shell of a user over there gets one word, whichever shell it is.
        for shell in ["dash", "bash", "busybox"] {
            let words: &[&str] = if shell == "busybox" { &["sh", "-c"] } else { &["-c"] };
            let mut run = Command::new(shell, "/").args(words.iter().copied()).args([told.clone()]);
            run.stdin.clone_from(&command.stdin);
            let Ok(output) = RealRun::new(Some(crate::SYSTEM_PATH)).run(&run) else {
                println!("not tested: `{shell}` is not installed");
                continue;
            };
            let said = String::from_utf8_lossy(&output.stdout).replace(' ', "");
            assert_eq!(said, format!("it's|{}\n", behind.len()), "{shell}, {sudo}");
        }
    }
}

#[test]
fn a_complaint_becomes_a_reason() {
    let told = |status, stderr: &str, stdout: &str| {
        let output = Output {
            status: Some(status),
            stdout: stdout.as_bytes().to_vec(),
            stderr: stderr.as_bytes().to_vec(),
            ..Output::default()
        };
        let world = World::recorded(Recorded::new().command("ssh", ["-T"], output));
        ssh("ssh://web1", "").run(world.run.as_ref())
    };
    let of = |stderr: &str| told(255, stderr, "").unwrap_err();
    assert_eq!(of("Host key verification failed.\r\n"), SshError::HostKey);
    assert_eq!(of("ana@web1: Permission denied (publickey).\n"), SshError::Refused);
    assert_eq!(of("ssh: Could not resolve hostname web1: x\n"), SshError::Unknown);
    let refused = "ssh: connect to host web1 port 22: Connection refused";
    assert_eq!(of(refused), SshError::Unreachable(refused.to_owned()));
    assert_eq!(of("\n"), SshError::Unreachable("the connection was closed".to_owned()));
    // What came before the connection broke is kept; another status is the script's own.
    assert_eq!(told(255, "Connection closed", "some"), Ok(b"some".to_vec()));
    assert_eq!(told(1, "", ""), Ok(Vec::new()));
    let world = World::recorded(Recorded::new());
    let error = ssh("ssh://web1", "").run(world.run.as_ref()).unwrap_err();
    assert_eq!(error, SshError::NotInstalled);
    assert!(error.help(&SshAddress::parse("ssh://web1").unwrap()).contains("install"));
}

/// A server of our own, and a configuration that leads to it.
struct Server {
    folder: TempDir,
    child: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn keygen(path: &Path) {
    let mut command = std::process::Command::new("ssh-keygen");
    command.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path);
    assert!(command.status().unwrap().success());
}

/// `None` where none can be had: the test is skipped.
fn server() -> Option<Server> {
    const SSHD: &str = "/usr/sbin/sshd";
    if !Path::new(SSHD).exists() {
        skip("no sshd");
        return None;
    }
    let root = rustix::process::geteuid().is_root();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for name in ["host", "user", "stranger"] {
        keygen(&path(name));
    }
    fs::copy(path("user.pub"), path("authorized")).unwrap();
    let probe = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = probe.local_addr().unwrap().port();
    drop(probe);
    let at = |name: &str| path(name).display().to_string();
    let settings = format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\n\
         StrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin yes\n",
        at("host"),
        at("authorized"),
    );
    fs::write(path("sshd_config"), settings).unwrap();
    let public = fs::read_to_string(path("host.pub")).unwrap();
    fs::write(path("known"), format!("[127.0.0.1]:{port} {public}")).unwrap();
    let mut config = String::new();
    for (name, key, known) in
        [("good", "user", "known"), ("bad-key", "stranger", "known"), ("bad-host", "user", "none")]
    {
        write!(
            config,
            "Host {name}\nHostName 127.0.0.1\nPort {port}\nIdentityFile {}\nIdentitiesOnly yes\n\
             IdentityAgent none\nUserKnownHostsFile {}\nGlobalKnownHostsFile none\n\
             RequestTTY force\nRemoteCommand false\nControlMaster auto\nControlPath {}\n\n",
            at(key),
            at(known),
            at("control"),
        )
        .unwrap();
    }
    config += "Host nobody\nHostName 127.0.0.1\nPort 1\n";
    fs::write(path("ssh_config"), config).unwrap();
    // As root sshd wants a folder of the system, which is made where only it sees it.
    let start = format!(
        "mount -t tmpfs none /run && mkdir -m 755 /run/sshd && exec {SSHD} -D -e -f {}",
        at("sshd_config")
    );
    let mut command = if root && !Path::new("/run/sshd").exists() {
        let mut command = std::process::Command::new("unshare");
        command.args(["--mount", "sh", "-c", &start]);
        command
    } else {
        let mut command = std::process::Command::new(SSHD);
        command.args(["-D", "-e", "-f", &at("sshd_config")]);
        command
    };
    let child = command.stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let server = Server { folder, child };
    for _ in 0..200 {
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Some(server);
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    skip("no sshd that starts here");
    None
}

#[test]
fn a_real_server_is_asked_and_its_refusals_are_told_apart() {
    let Some(server) = server() else { return };
    let run = RealRun::new(Some(crate::SYSTEM_PATH));
    let ask = |host: &str, script: &str| {
        let config = Some(server.folder.path().join("ssh_config"));
        Ssh { config, ..ssh(&format!("ssh://{host}"), script) }
    };
    let script = "printf 'a\\0b\\r\\n'; [ -t 0 ] || echo plain; cat </dev/null; exit 7\n";
    assert_eq!(ask("good", script).run(&run).unwrap(), b"a\0b\r\nplain\n");
    // No connection is left to be shared.
    assert!(!server.folder.path().join("control").exists());
    assert_eq!(ask("bad-key", "echo").run(&run), Err(SshError::Refused));
    assert_eq!(ask("bad-host", "echo").run(&run), Err(SshError::HostKey));
    assert!(matches!(ask("nobody", "echo").run(&run), Err(SshError::Unreachable(_))));
    // With or without sudo over there, the script runs once.
    let asked = Ssh { sudo: true, ..ask("good", "echo once\n") };
    assert_eq!(asked.run(&run).unwrap(), b"once\n");
    let behind = Some(Arc::from(vec![0; 3 << 20]));
    let carries = Ssh { sudo: true, behind, ..ask("good", "{\nwc -c\nexit 0\n}\n") };
    assert_eq!(carries.run(&run).unwrap().trim_ascii(), b"3145728");
    // One that leaves what stands behind it has said what it had to say.
    let leaves = Ssh { script: "echo left\n".to_owned(), ..carries };
    assert_eq!(leaves.run(&run).unwrap(), b"left\n");
    let slow = Ssh { timeout: Duration::from_millis(1500), ..ask("good", "sleep 30\n") };
    assert_eq!(slow.run(&run), Err(SshError::Timeout(slow.timeout)));
    let cut = Ssh { limit: 100, ..ask("good", "yes | head -c 100000\n") };
    assert_eq!(cut.run(&run).unwrap().len(), 100);
}
