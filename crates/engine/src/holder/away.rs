//! Changes of hosts far away: what runs where, and when an undo that is armed there is asked about.
//!
//! A plan for such a host is carried out as any other: what it runs goes there over ssh, is streamed
//! back and proven by a new look. Only Ansible is made to reach over by itself, and is run from here
//! where it is installed.

use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use holdfast_model::{Digest, Problem, SshAddress, Target, Timestamp, Tool};
use holdfast_world::{Away, Command, Output, Run, Ssh, World};
use serde_json::json;

use super::tool::runner;
use super::{Holder, run};
use crate::desk::{PlanState, PlanView};
use crate::remote;

/// How long it may take to say who we are over there.
const ASK_TIME: Duration = Duration::from_secs(30);
/// An undo far away is asked about at most so often, in milliseconds: each time takes a connection. So is
/// one here that could not be run.
const ASK_AGAIN_MS: i64 = 60_000;
/// The same once its plan is over: a host that has not answered for that long may never do.
const ASK_LATE_MS: i64 = 60 * ASK_AGAIN_MS;

/// Plays a playbook on the host of an inventory; both go away again. Connections are neither shared
/// nor left open. Of Ansible's settings only those count that come as further arguments: one from the
/// shell of whoever started us could let any host pass for this one.
const PLAY: &str = r#"set -eu
umask 077
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
printf '%s' "$1" >"$folder/play.yml"
printf '%s' "$2" >"$folder/hosts.json"
shift 2
printf '[defaults]\nhost_key_checking = True\nlocal_tmp = %s\n' "$folder/tmp" >"$folder/ansible.cfg"
for name in $(env | sed -n 's/^\(ANSIBLE_[A-Za-z0-9_]*\)=.*/\1/p'); do unset "$name"; done
env "$@" ANSIBLE_CONFIG="$folder/ansible.cfg" \
    ansible-playbook -i "$folder/hosts.json" "$folder/play.yml"
"#;

/// What is never left to a configuration, as for every other connection. Of an option that is given
/// twice ssh takes the first, so these come before all that Ansible adds by itself.
const OPTIONS: &str = "-o BatchMode=yes -o StrictHostKeyChecking=yes -o ForwardAgent=no \
                       -o ForwardX11=no -o ClearAllForwardings=yes -o Tunnel=no \
                       -o PermitLocalCommand=no -o UpdateHostKeys=no -o RemoteCommand=none \
                       -o ControlMaster=no -o ControlPath=none -o ServerAliveInterval=10";

/// What runs programs on a target.
pub(super) fn run_on(world: &World, target: &Target) -> Arc<dyn Run> {
    match target {
        Target::Local | Target::Root(_) | Target::Facts(_) => Arc::clone(&world.run),
        Target::Ssh(address) => {
            let config = remote::ssh_config(world);
            Arc::new(Away::new(Arc::clone(&world.run), address, config))
        }
    }
}

/// Whether a tool runs here and reaches over to the target by itself.
pub(super) fn reaches_over(world: &World, target: &Target, tool: Tool) -> bool {
    let ansible = matches!(target, Target::Ssh(_)) && tool == Tool::Ansible;
    ansible && world.run.installed("ansible-playbook")
}

/// What has Ansible change a host from here; `None` where that is not how it is done.
///
/// # Errors
///
/// Where the host does not answer.
pub(super) fn ansible(
    world: &World,
    target: &Target,
    tool: Tool,
    code: &str,
) -> Result<Option<Command>, Problem> {
    let Target::Ssh(address) = target else { return Ok(None) };
    if !reaches_over(world, target, tool) {
        return Ok(None);
    }
    let address = SshAddress::parse(address).map_err(|why| Problem::new("cannot-run", why))?;
    let inventory = inventory(world, &address, !is_root(world, &address)?);
    let mut command = Command::new("/bin/sh", "/").args(["-c", PLAY, "holdfast", code]);
    let settings = runner(Tool::Ansible).environment.iter();
    command = command.args([inventory.to_string()]);
    command = command.args(settings.map(|(name, value)| format!("{name}={value}")));
    command.environment = vec![("LC_ALL".to_owned(), "C.UTF-8".to_owned())];
    command.timeout = run::CHANGE_TIME;
    Ok(Some(command))
}

/// Whether a play that failed has ended over there for certain. ansible-playbook says 2 where a task
/// failed, 1 and 5 where it could not go on or begin; 126 and 127 are a shell's. With 4 a connection was
/// lost, and whoever ran out of time or was killed said nothing: a task goes on without any of them.
pub(super) fn play_ended(output: &Output) -> bool {
    !output.timed_out && matches!(output.status, Some(1 | 2 | 5 | 126 | 127))
}

/// Whether we are root over there, so that nobody has to become it.
fn is_root(world: &World, address: &SshAddress) -> Result<bool, Problem> {
    let ssh = Ssh {
        address: address.clone(),
        config: remote::ssh_config(world),
        sudo: false,
        script: "id -u\n".to_owned(),
        behind: None,
        timeout: ASK_TIME,
        limit: 100,
    };
    match ssh.run(world.run.as_ref()) {
        Ok(said) => Ok(said.trim_ascii() == b"0"),
        Err(error) => {
            let message = format!("`{}` cannot be changed: {error}", address.host());
            Err(Problem::new("cannot-run", message).help(error.help(address)))
        }
    }
}

/// An inventory of one host.
fn inventory(world: &World, address: &SshAddress, become_root: bool) -> serde_json::Value {
    let mut options = OPTIONS.to_owned();
    if let Some(config) = remote::ssh_config(world) {
        let path = config.display().to_string();
        options = format!("-F '{}' {options}", path.replace('\'', "'\\''"));
    }
    let mut host = json!({
        "ansible_connection": "ssh",
        "ansible_host": address.host(),
        "ansible_become": become_root,
        "ansible_become_method": "sudo",
        // Nothing is left over there, and no terminal is asked for.
        "ansible_pipelining": true,
        "ansible_ssh_use_tty": false,
        "ansible_host_key_checking": true,
        "ansible_ssh_args": options,
    });
    if let (Some(user), Some(fields)) = (address.user(), host.as_object_mut()) {
        fields.insert("ansible_user".to_owned(), json!(user));
    }
    if let (Some(port), Some(fields)) = (address.port(), host.as_object_mut()) {
        fields.insert("ansible_port".to_owned(), json!(port));
    }
    json!({ "all": { "hosts": { "target": host } } })
}

/// How often an undo far away is asked about, in milliseconds, by when its plan expires.
fn asked_every(expires: Timestamp, now: Timestamp) -> i64 {
    if now < expires { ASK_AGAIN_MS } else { ASK_LATE_MS }
}

impl Holder {
    /// Whether it is time to ask what became of an armed undo. Here that costs nothing, unless it was
    /// lost and could not be run; far away it takes a connection, and nothing fires before its time is
    /// over.
    pub(super) fn is_turn(&self, plan: &PlanView) -> bool {
        let far = matches!(plan.target, Target::Ssh(_));
        let now = self.world.clock.now();
        let early = plan.confirm_by.is_some_and(|until| now < until);
        let over = plan.state == PlanState::Unknown && now >= plan.expires;
        if far && (early || over) {
            return false;
        }
        let last = self.asked().get(&plan.id).copied();
        let every = asked_every(plan.expires, now);
        let due = last.is_none_or(|last| now.0.saturating_sub(last.0) >= every);
        if due && far {
            self.asked().insert(plan.id, now);
        }
        due
    }

    /// Notes that an armed undo was lost and could not be run just now.
    pub(super) fn was_in_vain(&self, plan: Digest) {
        self.asked().insert(plan, self.world.clock.now());
    }

    fn asked(&self) -> MutexGuard<'_, BTreeMap<Digest, Timestamp>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use holdfast_world::{RealRun, Recorded};

    use super::*;

    fn world(uid: &str) -> World {
        let output = Output { status: Some(0), stdout: uid.into(), ..Output::default() };
        let here = Output { status: Some(0), ..Output::default() };
        let known = Recorded::new().command("ssh", ["-T"], output);
        World::recorded(known.command("ansible-playbook", ["--version"], here))
    }

    #[test]
    fn ansible_reaches_over_by_itself_and_other_tools_run_there() {
        let target = Target::Ssh("ssh://ana@web1:2222".into());
        let world = world("1000\n");
        for tool in [Tool::Shell, Tool::Puppet, Tool::Chef] {
            assert!(ansible(&world, &target, tool, "code").unwrap().is_none());
        }
        assert!(ansible(&world, &Target::Local, Tool::Ansible, "code").unwrap().is_none());
        let command = ansible(&world, &target, Tool::Ansible, "code").unwrap().unwrap();
        let inventory: serde_json::Value = serde_json::from_str(&command.args[4]).unwrap();
        let host = &inventory["all"]["hosts"]["target"];
        assert_eq!((&host["ansible_host"], &host["ansible_user"]), (&json!("web1"), &json!("ana")));
        assert_eq!((&host["ansible_port"], &host["ansible_become"]), (&json!(2222), &json!(true)));
        // What Ansible puts in front of these would count in their place.
        let options = host["ansible_ssh_args"].as_str().unwrap();
        assert!(options.contains("-o StrictHostKeyChecking=yes"), "{options}");
        assert_eq!(host["ansible_host_key_checking"], json!(true));
    }

    #[test]
    fn no_setting_of_ansible_comes_from_the_shell_of_a_user() {
        let folder = tempfile::tempdir().unwrap();
        let path = format!("{}:{}", folder.path().display(), holdfast_world::SYSTEM_PATH);
        let run = RealRun::new(Some(&path));
        let stand_in = "printf '#!/bin/sh\nenv\ncat \"$2\"\n' >ansible-playbook\n\
                        chmod 755 ansible-playbook";
        let made = run.run(&Command::new("/bin/sh", folder.path()).args(["-c", stand_in]));
        assert!(made.unwrap().succeeded());
        let target = Target::Ssh("ssh://web1".into());
        let mut command =
            ansible(&world("0\n"), &target, Tool::Ansible, "- hosts: all").unwrap().unwrap();
        let theirs = [
            ("PATH", path.as_str()),
            ("ANSIBLE_HOST_KEY_CHECKING", "False"),
            ("ANSIBLE_LIBRARY", "/home/ana/modules"),
            ("ANSIBLE_NOCOLOR", "0"),
        ];
        let theirs = theirs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        command.environment.extend(theirs);
        let output = run.run(&command).unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.succeeded(), "{output:?}");
        for none in ["ANSIBLE_HOST_KEY_CHECKING", "ANSIBLE_LIBRARY", "ANSIBLE_NOCOLOR=0"] {
            assert!(!said.contains(none), "{none} in {said}");
        }
        for ours in ["ANSIBLE_NOCOLOR=1\n", "/ansible.cfg\n", "\"ansible_host\":\"web1\""] {
            assert!(said.contains(ours), "{ours} is not in {said}");
        }
    }

    #[test]
    fn a_host_that_never_answers_is_asked_less_often() {
        let (expires, before) = (Timestamp(1_000), Timestamp(999));
        assert_eq!(asked_every(expires, before), 60_000);
        assert_eq!(asked_every(expires, expires), 3_600_000);
    }

    #[test]
    fn who_is_root_becomes_nobody() {
        let address = SshAddress::parse("ssh://web1").unwrap();
        assert!(is_root(&world("0\n"), &address).unwrap());
        assert!(!is_root(&world("1000\n"), &address).unwrap());
        let nobody = World::recorded(Recorded::new());
        let problem = is_root(&nobody, &address).unwrap_err();
        assert!(problem.message.contains("`ssh` is not installed"), "{problem}");
    }
}
