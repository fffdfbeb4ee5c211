//! What `docker.service` tells dockerd by flags, dockerd(8). dockerd does not start where a flag and
//! its file say the same option, so that a flag counts where the file says nothing.
//!
//! Knows flags; must not know which values are good.

use std::collections::BTreeMap;

use super::tree::DOCKER;
use super::{Family, Held, command};
use crate::host::look::{Got, Look};

const UNIT: &str = "docker.service";
/// What docker has where it is a snap: it is told things by another file then.
const SNAP: &str = "/var/snap/docker/current";

/// Flags that need no value.
const SWITCHES: &[&str] = &[
    "debug",
    "experimental",
    "icc",
    "init",
    "ip-forward",
    "ip-masq",
    "ip6tables",
    "iptables",
    "ipv6",
    "live-restore",
    "no-new-privileges",
    "raw-logs",
    "selinux-enabled",
    "tls",
    "tlsverify",
    "userland-proxy",
];

/// Flags that are called otherwise in the file, where they are lists.
const LISTS: &[(&str, &str)] = &[
    ("authorization-plugin", "authorization-plugins"),
    ("dns", "dns"),
    ("dns-opt", "dns-opts"),
    ("dns-search", "dns-search"),
    ("exec-opt", "exec-opts"),
    ("host", "hosts"),
    ("insecure-registry", "insecure-registries"),
    ("label", "labels"),
    ("registry-mirror", "registry-mirrors"),
    ("storage-opt", "storage-opts"),
];

/// Flags of one letter.
const LETTERS: &[(&str, &str)] = &[
    ("-D", "debug"),
    ("-G", "group"),
    ("-H", "host"),
    ("-b", "bridge"),
    ("-g", "data-root"),
    ("-l", "log-level"),
    ("-s", "storage-driver"),
];

/// The options that the unit's command sets, by the names that they have in the file.
pub(super) fn flags(family: &mut Family<'_>) -> BTreeMap<String, Held> {
    let words = command::words(family, UNIT, "dockerd");
    // What is not said is said at the place of docker's own file, not at that of its unit.
    if family.start.take().is_some() {
        family.installed = Some(true);
    }
    let flags = options(&words.unwrap_or_default());
    if let Some(held) = flags.get("config-file").filter(|held| held.value != DOCKER) {
        let reason =
            format!("dockerd is started with another file, `{}` ({})", held.value, held.place);
        family.hide(reason, &format!("its options in `{DOCKER}`, and no flag `--config-file`"));
    }
    match Look::new(family.answers).stat(SNAP) {
        Got::Here(_) => {
            let reason = format!("docker is a snap, which reads `{SNAP}/config/daemon.json`");
            family.hide(reason, "look at that file by hand");
        }
        Got::Missing => {}
        Got::Hidden(gap) => family.hide(gap.reason, &gap.closes_with),
    }
    flags
}

/// Adds them to what docker's own file says. With one that both say dockerd does not start.
pub(super) fn add(family: &mut Family<'_>, flags: BTreeMap<String, Held>) {
    for (key, held) in flags {
        if family.values.contains_key(&key) && family.broken.is_none() {
            let reason = format!(
                "dockerd does not start: `{key}` is set by a flag of {UNIT} and by its file"
            );
            family.broken = Some((reason, held.place));
        } else {
            family.values.insert(key, held);
        }
    }
}

fn options(words: &[Held]) -> BTreeMap<String, Held> {
    let mut out: BTreeMap<String, Held> = BTreeMap::new();
    let mut words = words.iter();
    while let Some(Held { value: word, place }) = words.next() {
        let (flag, said) = match word.split_once('=') {
            Some((flag, value)) => (flag, Some(value.to_owned())),
            None => (word.as_str(), None),
        };
        let letter = LETTERS.iter().find(|(letter, _)| *letter == flag).map(|(_, name)| *name);
        let Some(name) = letter.or_else(|| flag.strip_prefix("--")) else { continue };
        let value = match said {
            Some(value) => value,
            None if SWITCHES.contains(&name) => "true".to_owned(),
            None => words.next().map(|next| next.value.clone()).unwrap_or_default(),
        };
        let place = place.clone();
        if let Some((_, list)) = LISTS.iter().find(|(flag, _)| *flag == name) {
            let held =
                out.entry((*list).to_owned()).or_insert(Held { value: String::new(), place });
            let comma = if held.value.is_empty() { "" } else { "," };
            held.value = format!("{}{comma}{value}", held.value);
        } else if name == "log-opt" {
            let (key, value) = value.split_once('=').unwrap_or((value.as_str(), ""));
            out.insert(format!("log-opts.{key}"), Held { value: value.to_owned(), place });
        } else {
            out.insert(name.to_owned(), Held { value, place });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use holdfast_model::Place;

    use super::*;

    #[test]
    fn flags_have_the_names_of_the_file() {
        let line = "-H fd:// --host=tcp://a:1 --icc=false --live-restore -D --log-opt max-size=1m \
                    --log-driver journald stray --containerd";
        let held = |word: &str| Held { value: word.to_owned(), place: Place::start_of("u") };
        let all = options(&line.split_whitespace().map(held).collect::<Vec<_>>());
        let said: Vec<String> =
            all.into_iter().map(|(key, held)| format!("{key}={}", held.value)).collect();
        assert_eq!(
            said,
            [
                "containerd=",
                "debug=true",
                "hosts=fd://,tcp://a:1",
                "icc=false",
                "live-restore=true",
                "log-driver=journald",
                "log-opts.max-size=1m",
            ]
        );
    }
}
