//! The ssh client's options by every tool: in a drop-in where it wins, and at the top where a block
//! stands above.

use holdfast_model::{Aspect, Desired, Resource, Setting};
use holdfast_posture::Control;

use crate::{SEED, control, is, play, rendered, round_trip, runners, setting};

const MAIN: &str = "/etc/ssh/ssh_config";

fn of(option: &str) -> Resource {
    Resource::Ssh { option: option.into() }
}

/// What the main file says: with a block above its `Include`, or all of it behind.
fn seed(block_above: bool) -> String {
    let block = if block_above { "Host a.example\\n  ForwardAgent yes\\n" } else { "" };
    format!(
        "{SEED}rm -rf /etc/ssh/ssh_config.d\nmkdir -p /etc/ssh/ssh_config.d\n\
         printf '{block}Match all\\nInclude /etc/ssh/ssh_config.d/*.conf\\nHost *\\n  ForwardAgent yes\\n' \
         >{MAIN}\n"
    )
}

fn all(block_above: bool) -> (Control, Vec<Setting>) {
    let option = |name: &str, value| Desired::Ssh { option: name.into(), value: is(value) };
    let ensure = vec![option("ForwardAgent", "no"), option("StrictHostKeyChecking", "ask")];
    let first = if block_above { 4 } else { 2 };
    let mut settings = vec![
        setting(of("ForwardAgent"), Aspect::Value, "yes", Some((MAIN, first + 2))),
        setting(of("Include"), Aspect::Value, "/etc/ssh/ssh_config.d/*.conf", Some((MAIN, first))),
    ];
    if block_above {
        let block = setting(of("ForwardAgent"), Aspect::Value, "yes", Some((MAIN, 2)));
        settings.push(Setting { scope: Some("Host a.example".into()), ..block });
    }
    (control("client", ensure), settings)
}

/// What the client itself makes of it, for a host with a block and for another one.
const ASKED: &str = r#"
ours=/etc/ssh/ssh_config.d/00-holdfast-client.conf
if [ "$BLOCK" = above ]; then [ ! -e "$ours" ]; else [ -e "$ours" ]; fi
command -v ssh >/dev/null || exit 0
for host in a.example b.example; do
    said=$(ssh -F /etc/ssh/ssh_config -G "$host")
    printf '%s\n' "$said" | grep -qx 'forwardagent no' || { echo "$host: $said"; exit 1; }
    printf '%s\n' "$said" | grep -qx 'stricthostkeychecking ask' || { echo "$host: $said"; exit 1; }
done
"#;

fn check(runner: &'static str) {
    for block_above in [false, true] {
        let (control, settings) = all(block_above);
        let seed = seed(block_above);
        round_trip(&control, &settings, &seed, runner);
        let text = rendered(&control, &settings, runner);
        let block = if block_above { "above" } else { "below" };
        let asked = format!("set -e\nBLOCK={block}\n{ASKED}");
        let (_, runs) = play(&seed, &[(runner, &text.code), ("dash", &asked)]);
        assert!(runs[1].ok, "{runner}, {block}: {}{}", runs[1].out, runs[1].err);
    }
}

#[test]
fn the_client_by_the_shell() {
    runners(&["dash", "busybox"]).into_iter().for_each(check);
}

#[test]
fn the_client_by_ansible() {
    runners(&["yml"]).into_iter().for_each(check);
}

#[test]
fn the_client_by_puppet() {
    runners(&["pp"]).into_iter().for_each(check);
}

#[test]
fn the_client_by_chef() {
    runners(&["rb"]).into_iter().for_each(check);
}
