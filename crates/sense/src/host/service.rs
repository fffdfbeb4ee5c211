//! Services, timers and other units: what becomes of them at boot, and whether they run.
//!
//! Knows what `systemctl show` prints (systemctl(1)); files of units are the business of
//! `unit_file`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_model::{About, Aspect, Fact, Reading, Resource};

use super::look::{Gap, Got, Look, setting};
use super::unit_file::{Seen, boot, is_template, is_unit};
use super::{Answers, Asked, Collector};
use crate::{Answer, Need};

/// The collector.
pub(super) struct Service;

static ABOUT: About = About {
    id: "host-service",
    title: "Units of systemd, at boot and now",
    text: "At boot: unit files and links in the folders of systemd.unit(5), so that it can be \
        told of a system that does not run; a unit counts as `enabled` by a link in `*.wants`, \
        `*.requires` or `*.upholds` of `/etc/systemd/system`, or by another name there that leads \
        to it, and what stands in `/run` does not outlive a boot. A unit without an `[Install]` \
        section is `static`, and only a running system tells whether something starts it; one that \
        is only another name is what the unit behind is. Of a timer it is told too where what it \
        starts is masked. Now: one `systemctl show` for all units together. Init scripts without a \
        unit, presets, generators and `[Install]` sections of drop-in files are not judged.",
    file: file!(),
};

/// Where systemd runs there is this folder (sd_booted(3)).
const BOOTED: &str = "/run/systemd/system";
const PROPERTIES: &str = "--property=Id,LoadState,ActiveState,UnitFileState";

fn unit_of(resource: &Resource) -> Option<&str> {
    match resource {
        Resource::Service { unit } => Some(unit),
        _ => None,
    }
}

impl Collector for Service {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn read(&self, asked: &Asked<'_>, answers: &Answers<'_>, out: &mut dyn FnMut(Fact)) {
        let look = Look::new(answers);
        let states = states(&look, asked);
        for (resource, unit) in asked.each(unit_of) {
            let (running, (boot, place)) = if is_unit(unit) {
                (now(&states, unit), at_boot(&look, asked, &states, unit))
            } else {
                let reason = format!("`{}` is no name of a unit", unit.escape_debug());
                let gap = Gap::new(reason, "correct the name in the control");
                (gap.clone().reading(), (gap.reading(), None))
            };
            out(setting(resource, Aspect::Running, running, None));
            out(setting(resource, Aspect::Boot, boot, place));
        }
    }
}

/// What the files say and, where they say nothing, who else might start something of that name.
fn at_boot(look: &Look<'_>, asked: &Asked<'_>, states: &Result<States, Gap>, unit: &str) -> Seen {
    let (reading, place) = boot(look, unit);
    if reading != Reading::Absent {
        return (reading, place);
    }
    if let Some(gap) = init_script(look, unit) {
        return (gap.reading(), None);
    }
    let state = match states {
        Ok(states) => states.get(unit),
        // Where systemd runs and does not tell, nobody knows what it has from elsewhere.
        Err(gap) if asked.running && look.stat(BOOTED) != Got::Missing => {
            return (gap.clone().reading(), None);
        }
        Err(_) => None,
    };
    match state {
        Some(state) if !state.file.is_empty() && state.load == "loaded" => {
            let reason = format!("systemd has it from elsewhere than unit files: `{}`", state.file);
            (Gap::new(reason, format!("systemctl cat {unit}")).reading(), None)
        }
        _ => (reading, place),
    }
}

/// A service that an init script starts has no file of a unit: systemd makes one at each boot.
fn init_script(look: &Look<'_>, unit: &str) -> Option<Gap> {
    let path = format!("/etc/init.d/{}", unit.strip_suffix(".service")?);
    let reason = format!("it is started by the init script `{path}`, which is not judged");
    match look.stat(&path) {
        Got::Here(_) => Some(Gap::new(reason, format!("systemctl is-enabled {unit}"))),
        Got::Missing => None,
        Got::Hidden(gap) => Some(gap),
    }
}

/// What systemd says of a unit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct State {
    load: String,
    active: String,
    file: String,
}

type States = BTreeMap<Arc<str>, State>;

fn now(states: &Result<States, Gap>, unit: &str) -> Reading {
    let states = match states {
        Ok(states) => states,
        Err(gap) => return gap.clone().reading(),
    };
    let Some(state) = states.get(unit) else {
        // A template cannot run; its instances have names of their own.
        return Reading::Absent;
    };
    match state.active.as_str() {
        "active" | "reloading" | "refreshing" => Reading::Is("active".into()),
        "inactive" | "failed" if state.load == "not-found" => Reading::Absent,
        "inactive" | "failed" => Reading::Is("inactive".into()),
        other => {
            let reason = format!("it is in between: `{}`", other.escape_debug());
            Gap::new(reason, "look again in a minute").reading()
        }
    }
}

/// Asks systemd for all units at once: a process costs more than everything else here.
fn states(look: &Look<'_>, asked: &Asked<'_>) -> Result<States, Gap> {
    if !asked.running {
        return Err(Gap::at_rest());
    }
    let names = asked.each(unit_of).map(|(_, unit)| unit);
    // One bad name makes systemctl say nothing of the others.
    let units: BTreeSet<Arc<str>> =
        names.filter(|unit| is_unit(unit) && !is_template(unit)).map(Arc::from).collect();
    if units.is_empty() {
        return Ok(States::new());
    }
    match look.stat(BOOTED) {
        Got::Here(_) => {}
        Got::Missing => {
            return Err(Gap::new("systemd does not run here", "look where systemd runs"));
        }
        Got::Hidden(gap) => return Err(gap),
    }
    let mut words: Vec<Arc<str>> = ["systemctl", "show", PROPERTIES, "--"].map(Arc::from).into();
    words.extend(units.iter().cloned());
    let help = "systemctl show";
    match look.ask(Need::Command(words)) {
        Answer::Output { stdout, stderr, .. } => parse(stdout, &units).ok_or_else(|| {
            let first = stderr.split(|byte| *byte == b'\n').next().unwrap_or_default();
            let said = crate::packages::deb822::shown(first);
            Gap::new(format!("`systemctl show` does not tell: `{said}`"), help)
        }),
        Answer::Missing => {
            Err(Gap::new("`systemctl` is not installed", "install the package `systemd`"))
        }
        Answer::Denied => Err(Gap::new("`systemctl` may not be run", "root")),
        Answer::Unreadable(why) => {
            Err(Gap::new(format!("`systemctl` could not be asked: {why}"), help))
        }
        _ => Err(Gap::new("`systemctl` was not asked", "look again")),
    }
}

/// Paragraphs of `Name=value` lines, one for each unit, in the order in which they were asked.
/// `Id` cannot tell them apart: of another name it is the unit behind.
fn parse(stdout: &[u8], units: &BTreeSet<Arc<str>>) -> Option<States> {
    let text = String::from_utf8_lossy(stdout);
    let mut states: Vec<State> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        let Some((name, value)) = line.trim_end().split_once('=') else {
            inside = false;
            continue;
        };
        if !inside {
            states.push(State::default());
            inside = true;
        }
        let Some(state) = states.last_mut() else { continue };
        let slot = match name {
            "LoadState" => &mut state.load,
            "ActiveState" => &mut state.active,
            "UnitFileState" => &mut state.file,
            _ => continue,
        };
        value.clone_into(slot);
    }
    let sound = states.len() == units.len() && states.iter().all(|state| !state.active.is_empty());
    sound.then(|| units.iter().cloned().zip(states).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_belong_to_units_by_their_order() {
        let units = BTreeSet::from(["sshd.service".into(), "no.service".into()]);
        let text = b"UnitFileState=\nId=no.service\nLoadState=not-found\nActiveState=inactive\n\n\
            Id=ssh.service\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\n";
        let states = Ok(parse(text, &units).unwrap());
        assert_eq!(now(&states, "sshd.service"), Reading::Is("active".into()));
        assert_eq!(now(&states, "no.service"), Reading::Absent);
        assert_eq!(now(&states, "getty@.service"), Reading::Absent);
        assert!(parse(&text[..40], &units).is_none());
        assert!(parse(b"", &units).is_none());
    }

    #[test]
    fn what_is_neither_running_nor_stopped_is_left_open() {
        for (active, load, wanted) in [
            ("reloading", "loaded", Some("active")),
            ("failed", "loaded", Some("inactive")),
            ("inactive", "masked", Some("inactive")),
            // Deleted while it runs.
            ("active", "not-found", Some("active")),
            ("activating", "loaded", None),
            ("deactivating", "loaded", None),
        ] {
            let text = format!("LoadState={load}\nActiveState={active}\n");
            let states = Ok(parse(text.as_bytes(), &BTreeSet::from(["a.service".into()])).unwrap());
            match (now(&states, "a.service"), wanted) {
                (Reading::Is(word), Some(wanted)) => assert_eq!(&*word, wanted, "{active}"),
                (Reading::Unknown { .. }, None) => {}
                (other, _) => panic!("{active}: {other:?}"),
            }
        }
    }
}
