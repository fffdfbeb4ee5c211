//! Other hosts, by the system's own `ssh`: one script in, one stream out.
//!
//! Users, keys, ports, jump hosts and known hosts are as ssh_config(5) says for whoever runs this.
//! Nobody is asked for a password, no unknown host is trusted, nothing is forwarded, no connection
//! is shared or left behind. Knows nothing of what the script does.

mod away;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use holdfast_model::SshAddress;

use crate::{Command, Output, Run, RunError};

pub use away::Away;

/// How long a host may take until it answers at all, in seconds.
const CONNECT_SECONDS: u32 = 10;

/// What is never left to a configuration. The first value of an option counts (ssh_config(5)), and
/// those of the command line come first.
const OPTIONS: [&str; 21] = [
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "PasswordAuthentication=no",
    "KbdInteractiveAuthentication=no",
    "NumberOfPasswordPrompts=0",
    "ControlMaster=no",
    "ControlPath=none",
    "ControlPersist=no",
    "ForwardAgent=no",
    "ForwardX11=no",
    "ClearAllForwardings=yes",
    "Tunnel=no",
    "PermitLocalCommand=no",
    "RemoteCommand=none",
    "RequestTTY=no",
    "StdinNull=no",
    "ForkAfterAuthentication=no",
    "EscapeChar=none",
    "UpdateHostKeys=no",
    "ServerAliveInterval=10",
    "LogLevel=ERROR",
];

/// One script for one host.
#[derive(Debug, Clone)]
pub struct Ssh {
    /// The host.
    pub address: SshAddress,
    /// A configuration to use in place of the user's and the system's.
    pub config: Option<PathBuf>,
    /// Whether it may be run as root, by `sudo` without a password. It is tried once; where it is
    /// refused the script runs as the user.
    pub sudo: bool,
    /// What `sh` reads over there.
    pub script: String,
    /// What stands behind the script: it is the standard input of what the script runs.
    pub behind: Option<Arc<[u8]>>,
    /// After this everything is ended.
    pub timeout: Duration,
    /// How many bytes of the answer are kept.
    pub limit: usize,
}

/// Why a host did not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SshError {
    /// There is no `ssh` here.
    NotInstalled,
    /// It could not be started, in the system's words.
    NotStarted(String),
    /// It took longer than this.
    Timeout(Duration),
    /// The host is not known, or its key is another one than before.
    HostKey,
    /// It does not let us in.
    Refused,
    /// Its name means nothing here.
    Unknown,
    /// Nothing answers there, in the words of `ssh`.
    Unreachable(String),
}

impl SshError {
    /// What would close the gap, where `host` stands for the host.
    pub fn help(&self, host: &SshAddress) -> String {
        let host = host.host();
        match self {
            Self::NotInstalled => "install `openssh-client`".to_owned(),
            Self::NotStarted(_) => "see whether `ssh` runs here".to_owned(),
            Self::Timeout(_) => format!("see what `ssh {host} true` waits for"),
            Self::HostKey => {
                format!("compare the key of the host with its console, then: ssh {host} true")
            }
            Self::Refused => format!("let the key of this user in: ssh-copy-id {host}"),
            Self::Unknown => format!("give `{host}` an address in ~/.ssh/config or in DNS"),
            Self::Unreachable(_) => format!("see whether it is up: ssh {host} true"),
        }
    }
}

impl fmt::Display for SshError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInstalled => f.write_str("`ssh` is not installed here"),
            Self::NotStarted(why) => write!(f, "`ssh` could not be run: {why}"),
            Self::Timeout(time) => write!(f, "it did not answer within {} seconds", time.as_secs()),
            Self::HostKey => f.write_str("its host key is not known here, or has changed"),
            Self::Refused => f.write_str("it does not let this user in"),
            Self::Unknown => f.write_str("its name leads nowhere"),
            Self::Unreachable(why) => write!(f, "it cannot be reached: {why}"),
        }
    }
}

impl Ssh {
    /// The command of this machine.
    fn command(&self) -> Command {
        self.command_for(&self.remote())
    }

    /// The same, where the shell of the user over there is told something else.
    fn command_for(&self, remote: &str) -> Command {
        let mut args: Vec<String> = vec!["-T".into(), "-x".into(), "-a".into()];
        if let Some(config) = &self.config {
            args.extend(["-F".into(), config.display().to_string()]);
        }
        for option in OPTIONS {
            args.extend(["-o".into(), option.into()]);
        }
        args.extend(["-o".into(), format!("ConnectTimeout={CONNECT_SECONDS}")]);
        if let Some(user) = self.address.user() {
            args.extend(["-l".into(), user.into()]);
        }
        if let Some(port) = self.address.port() {
            args.extend(["-p".into(), port.to_string()]);
        }
        // Behind `--` nothing is an option, whatever it looks like.
        args.extend(["--".into(), self.address.host().into(), remote.into()]);
        let mut command = Command::new("ssh", "/").args(args);
        command.environment = vec![("LC_ALL".to_owned(), "C".to_owned())];
        command.timeout = self.timeout;
        let behind = self.behind.as_deref().unwrap_or_default();
        command.stdin = Some([self.script.as_bytes(), behind].concat());
        command.output_limit = self.limit;
        command
    }

    /// What the shell of the user over there is told, whichever it is. Where `sudo` refuses, it has
    /// read nothing of the script yet.
    fn remote(&self) -> String {
        if self.behind.is_some() {
            return self.remote_exact();
        }
        let told = if self.sudo { "sh -c 'sudo -n sh 2>/dev/null || exec sh'" } else { "exec sh" };
        told.to_owned()
    }

    /// The same where something stands behind the script. A shell may read more of its input than it
    /// needs, so that the script is read by its length, byte by byte. Whether `sudo` lets us is asked
    /// beforehand: nobody but the script may ever read what stands behind it.
    fn remote_exact(&self) -> String {
        let length = self.script.len();
        if self.sudo {
            return format!(
                "sh -c 'R=\"eval \\\"\\$(dd bs=1 count={length} 2>/dev/null)\\\"\"; \
                 if sudo -n sh -c : </dev/null >/dev/null 2>&1; \
                 then exec sudo -n sh -c \"$R\" 2>/dev/null; fi; exec sh -c \"$R\"'"
            );
        }
        format!("exec sh -c 'eval \"$(dd bs=1 count={length} 2>/dev/null)\"'")
    }

    /// Runs it: what came back, as far as it came. Whether that is all of it, it must say itself.
    ///
    /// # Errors
    ///
    /// Why nothing came back.
    pub fn run(&self, run: &dyn Run) -> Result<Vec<u8>, SshError> {
        let output = run.run(&self.command()).map_err(|error| match error {
            RunError::NotInstalled => SshError::NotInstalled,
            other => SshError::NotStarted(other.to_string()),
        })?;
        match refused(&output) {
            // What came before the end of time or of the connection is still true.
            Some(error) if output.stdout.is_empty() => Err(match error {
                SshError::Timeout(_) => SshError::Timeout(self.timeout),
                other => other,
            }),
            _ => Ok(output.stdout),
        }
    }
}

/// The status with which `ssh` says that the error is its own (ssh(1)).
const OWN_ERROR: i32 = 255;

/// Why `ssh` got no further, by its complaint.
fn refused(output: &Output) -> Option<SshError> {
    if output.timed_out {
        return Some(SshError::Timeout(Duration::ZERO));
    }
    if output.status != Some(OWN_ERROR) {
        return None;
    }
    let complaint = output.complaint();
    let says = |words: &str| complaint.contains(words);
    Some(if says("Host key verification failed") || says("HOST IDENTIFICATION HAS CHANGED") {
        SshError::HostKey
    } else if says("Permission denied") || says("Too many authentication failures") {
        SshError::Refused
    } else if says("Could not resolve hostname") {
        SshError::Unknown
    } else if says("timed out") {
        SshError::Timeout(Duration::ZERO)
    } else {
        // The last line says it; what it names is not worth repeating.
        let line = complaint.lines().rev().find(|line| !line.trim().is_empty());
        let line = line.unwrap_or("the connection was closed").trim();
        let shown: String = line.chars().filter(|c| !c.is_control()).take(200).collect();
        SshError::Unreachable(shown)
    })
}
