//! A look at a host over ssh, beside the bare connection: both ends of it are on this machine.
//!
//! Each of the two has a server of its own, which the kernel asks for what its children used: only
//! so are the sessions of one told from those of the other.

use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::audit::SSHD;
use super::data::Scratch;
use super::figures::{Figure, Target};
use super::{Case, Measured, apart, built, interleaved, number};
use crate::tools::{self, Done};

/// How often each process runs.
const ROUNDS: usize = 15;
/// The look to the bare connection, by CPU.
const TARGET: f64 = 1.2;
/// Connections of one look.
const CONNECTIONS: f64 = 1.0;
/// Where sshd goes for what has no rights, as root; some systems make it only with the service.
const RUN: &str = "/run/sshd";
/// What the kernel counts time of processes in for others to read (proc(5)), in microseconds.
const TICK_US: u64 = 10_000;
/// How long something may take that is waited for, and how often it is looked at meanwhile.
const PATIENCE: u32 = 200;
const MOMENT: Duration = Duration::from_millis(50);
/// Starts what follows where only it sees the folder.
const ROOM: &str = "mount -t tmpfs none /run && mkdir -m 755 /run/sshd && exec \"$@\"";

/// What was measured of one of the two.
struct Side {
    /// What ran here.
    client: Measured,
    /// What ran on the host for each of them on average, in microseconds.
    server_us: f64,
    /// Connections for each of them.
    connections: f64,
}

impl Side {
    fn whole_us(&self) -> f64 {
        number(self.client.median_us()) + self.server_us
    }
}

/// A look over ssh.
pub(super) fn look() -> Result<Vec<Figure>, String> {
    if let Some(missing) = missing() {
        tools::complain(&format!("{missing} is not there: no host is looked at over ssh"));
        return Ok(Vec::new());
    }
    tools::run(tools::cargo(&["build", "--quiet", "--release", "--package", "holdfast"]))?;
    let built = built("holdfast")?;
    let program = Path::new(&built).canonicalize().map_err(|error| format!("{built}: {error}"))?;
    let program = program.display().to_string();
    let scratch = Scratch::new()?;
    for name in ["host", "user"] {
        keygen(&scratch.path(name))?;
    }
    let (bare, look) = (Server::start(&scratch, "bare")?, Server::start(&scratch, "look")?);
    let config = scratch.path("ssh_config");
    write(&config, &[bare.client(&scratch)?, look.client(&scratch)?].concat())?;
    let (config, data) = (config.display().to_string(), scratch.path("data").display().to_string());
    let empty = scratch.path("empty");
    std::fs::create_dir(&empty).map_err(|error| format!("{}: {error}", empty.display()))?;
    let case = |name: &str, command: &[&str], codes: &[i32]| Case {
        name: name.to_owned(),
        command: command.iter().map(|word| (*word).to_owned()).collect(),
        codes: codes.to_vec(),
        folder: Some(empty.clone()),
    };
    let variable = format!("HOLDFAST_SSH_CONFIG={config}");
    // What `env` costs is the look's: without it the user's own configuration would count.
    let audit = ["env", &*variable, &*program, "audit", "ssh://look", "--data", &*data];
    let cases = [
        case("ssh HOST true", &["ssh", "-T", "-F", &*config, "bare", "true"], &[0]),
        case("audit ssh://HOST", &audit, &[0, 1]),
    ];
    let measured = interleaved(&cases, ROUNDS, apart)?;
    let side = |(client, server): (Measured, &Server)| -> Result<Side, String> {
        // The round that warms is work of the server, too.
        let runs = number(ROUNDS as u64 + 1);
        let (server_us, connections) = (number(server.used_us()?), number(server.connections()?));
        Ok(Side { client, server_us: server_us / runs, connections: connections / runs })
    };
    let sides = measured.into_iter().zip([&bare, &look]).map(side);
    figures(&sides.collect::<Result<Vec<_>, _>>()?)
}

/// The first thing that is needed and not there.
fn missing() -> Option<String> {
    if !Path::new(SSHD).is_file() {
        return Some(format!("`{SSHD}`"));
    }
    let programs = ["ssh", "ssh-keygen", "unshare"].into_iter();
    let mut programs = programs.filter(|program| *program != "unshare" || needs_room());
    programs.find(|program| !tools::installed(program)).map(|program| format!("`{program}`"))
}

/// Whether sshd lacks its folder.
fn needs_room() -> bool {
    // Whatever tells of a process belongs to its user.
    let root = std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    root && !Path::new(RUN).exists()
}

fn keygen(path: &Path) -> Done {
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path);
    tools::output(command).map(drop)
}

fn write(path: &Path, text: &str) -> Done {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// An ssh server of our own on the loopback.
struct Server {
    name: &'static str,
    child: Child,
    port: u16,
    /// What it says.
    log: PathBuf,
    /// What its children had used before anything was measured.
    before_us: u64,
}

impl Drop for Server {
    fn drop(&mut self) {
        // What has ended by itself needs no end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn start(scratch: &Scratch, name: &'static str) -> Result<Self, String> {
        let cannot = |error: std::io::Error| format!("the ssh server: {error}");
        let probe = TcpListener::bind("127.0.0.1:0").map_err(cannot)?;
        let port = probe.local_addr().map_err(cannot)?.port();
        drop(probe);
        let at = |name: &str| scratch.path(name).display().to_string();
        let settings = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\n\
             PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n\
             PermitRootLogin yes\n",
            at("host"),
            at("user.pub"),
        );
        let config = scratch.path(&format!("{name}-sshd_config"));
        write(&config, &settings)?;
        let log = scratch.path(&format!("{name}-log"));
        let mut command = if needs_room() {
            let mut command = Command::new("unshare");
            command.args(["--mount", "sh", "-c", ROOM, "sh", SSHD]);
            command
        } else {
            Command::new(SSHD)
        };
        command.args(["-D", "-e", "-f"]).arg(&config).stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(File::create(&log).map_err(cannot)?);
        let child = command.spawn().map_err(cannot)?;
        let mut server = Self { name, child, port, log, before_us: 0 };
        server.wait_for()?;
        server.before_us = server.settled_us()?;
        Ok(server)
    }

    /// Waits until it answers.
    fn wait_for(&mut self) -> Done {
        for _ in 0..PATIENCE {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return Ok(());
            }
            if self.child.try_wait().is_ok_and(|ended| ended.is_some()) {
                break;
            }
            std::thread::sleep(MOMENT);
        }
        let said = std::fs::read_to_string(&self.log).unwrap_or_default();
        Err(format!("the ssh server does not start: {}", said.trim()))
    }

    /// What leads `ssh` to it.
    fn client(&self, scratch: &Scratch) -> Result<String, String> {
        let public = scratch.path("host.pub");
        let public = std::fs::read_to_string(&public)
            .map_err(|error| format!("{}: {error}", public.display()))?;
        let (port, known) = (self.port, scratch.path(&format!("{}-known", self.name)));
        write(&known, &format!("[127.0.0.1]:{port} {public}"))?;
        Ok(format!(
            "Host {}\nHostName 127.0.0.1\nPort {port}\nIdentityFile {}\nIdentitiesOnly yes\n\
             IdentityAgent none\nUserKnownHostsFile {}\nGlobalKnownHostsFile none\n\n",
            self.name,
            scratch.path("user").display(),
            known.display(),
        ))
    }

    /// What its sessions used since it was started.
    fn used_us(&self) -> Result<u64, String> {
        Ok(self.settled_us()?.saturating_sub(self.before_us))
    }

    /// The same since ever, when no session ends any more: the server counts what has ended.
    fn settled_us(&self) -> Result<u64, String> {
        let path = format!("/proc/{}/stat", self.child.id());
        let read = || {
            let text =
                std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
            children_us(&text).ok_or_else(|| format!("{path}: `{}`", text.trim()))
        };
        let (mut last, mut same) = (read()?, 0);
        for _ in 0..PATIENCE {
            std::thread::sleep(MOMENT);
            let now = read()?;
            same = if now == last { same + 1 } else { 0 };
            last = now;
            if same == 10 {
                break;
            }
        }
        Ok(last)
    }

    /// How many connections were let in.
    fn connections(&self) -> Result<u64, String> {
        let said = std::fs::read_to_string(&self.log)
            .map_err(|error| format!("{}: {error}", self.log.display()))?;
        Ok(let_in(&said))
    }
}

fn let_in(log: &str) -> u64 {
    log.lines().filter(|line| line.starts_with("Accepted publickey for ")).count() as u64
}

/// User and system time of all children that were waited for, by `/proc/PID/stat` (proc(5)).
fn children_us(stat: &str) -> Option<u64> {
    // The name of the program stands in brackets, and may hold some itself.
    let (_, behind) = stat.rsplit_once(") ")?;
    let mut ticks = behind.split(' ').skip(13).map(str::parse::<u64>);
    let (user, system) = (ticks.next()?.ok()?, ticks.next()?.ok()?);
    Some((user + system) * TICK_US)
}

fn figures(sides: &[Side]) -> Result<Vec<Figure>, String> {
    let [bare, look] = sides else {
        return Err("some processes were not measured".to_owned());
    };
    let base = format!("sshd on the loopback, {ROUNDS} runs");
    let figure = |what: String, value: f64, unit: &'static str, target, base: &str| Figure {
        what,
        value,
        unit,
        target,
        base: base.to_owned(),
    };
    let both = format!("{base}; the median of what runs here and the mean of what runs there");
    let to = |whole: &str| format!("`{}` to `{}`, CPU {whole}", look.client.name, bare.client.name);
    let here = number(look.client.median_us()) / number(bare.client.median_us().max(1));
    let target = Target::AtMost(TARGET);
    let mut out = vec![
        figure(to("of both ends"), look.whole_us() / bare.whole_us(), "times", target, &both),
        figure(to("here, median"), here, "times", target, &base),
        figure(
            format!("connections of one `{}`", look.client.name),
            look.connections,
            "connections",
            Target::AtMost(CONNECTIONS),
            &base,
        ),
    ];
    for Side { client, server_us, .. } in sides {
        let (here, free) = (number(client.median_us()), Target::None);
        let name = &client.name;
        out.push(figure(format!("`{name}`, CPU here, median"), here / 1e3, "ms", free, &base));
        out.push(figure(format!("`{name}`, CPU there, mean"), server_us / 1e3, "ms", free, &base));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::super::Sample;
    use super::*;

    fn side(name: &str, times: [u64; 3], server_us: f64, connections: f64) -> Side {
        let samples = times.map(|cpu_us| Sample { cpu_us, memory_kib: 1 }).to_vec();
        let client = Measured { name: name.to_owned(), samples };
        Side { client, server_us, connections }
    }

    #[test]
    fn the_look_is_compared_at_both_ends_and_at_each() {
        let sides = [
            side("ssh HOST true", [20_000, 18_000, 30_000], 80_000.0, 1.0),
            side("audit ssh://HOST", [30_000, 29_000, 40_000], 270_000.0, 2.0),
        ];
        let figures = figures(&sides).unwrap();
        let near = |what: &str, wanted: f64| {
            let found = figures.iter().find(|one| one.what == what).unwrap();
            assert!((found.value - wanted).abs() < 1e-9, "{found:?}");
        };
        near("`audit ssh://HOST` to `ssh HOST true`, CPU of both ends", 3.0);
        near("`audit ssh://HOST` to `ssh HOST true`, CPU here, median", 1.5);
        near("connections of one `audit ssh://HOST`", 2.0);
        near("`ssh HOST true`, CPU there, mean", 80.0);
        assert_eq!(figures.len(), 7);
        assert!(super::figures(&sides[1..]).is_err());
    }

    #[test]
    fn what_children_used_is_read_behind_the_name() {
        let stat =
            "23112 (ss) hd) S 23110 23096 7174 0 -1 4194560 739 42903 3 10 1 0 37 5 20 0 1\n";
        assert_eq!(children_us(stat), Some(420_000));
        for bad in ["", "1 (sshd) S 1 2 3", "1 (sshd) S 0 0 0 0 0 0 0 0 0 0 0 0 a 5 20"] {
            assert_eq!(children_us(bad), None, "{bad}");
        }
    }

    #[test]
    fn connections_are_those_that_were_let_in() {
        let log = "Server listening on 127.0.0.1 port 42422.\n\
                   Connection closed by 127.0.0.1 port 36752 [preauth]\n\
                   Accepted publickey for root from 127.0.0.1 port 36754 ssh2: ED25519 SHA256:x\n\
                   Received disconnect from 127.0.0.1 port 36754:11: disconnected by user\n\
                   Accepted publickey for root from 127.0.0.1 port 36760 ssh2: ED25519 SHA256:x\n";
        assert_eq!(let_in(log), 2);
        assert_eq!(let_in(""), 0);
    }
}
