//! Kernel parameters: their values now, and the ones that files give them at boot.
//!
//! Knows `/proc/sys` (sysctl(8)); which file counts at boot is the business of `sysctl_files`.

use holdfast_model::{About, Aspect, Fact, PerInterface, Place, Reading, Resource, Setting};

use super::look::{End, Gap, Got, Look, setting};
use super::sysctl_files::{Boot, Table, path_of, sources, spaced};
use super::sysctl_pattern::is_pattern;
use super::{Answers, Asked, Collector};
use crate::text::Report;

/// The collector.
pub(super) struct Sysctl;

static ABOUT: About = About {
    id: "host-sysctl",
    title: "Kernel parameters, now and after the next boot",
    text: "Now: `/proc/sys`. After the next boot: the files of `sysctl.d` in `/etc`, `/run`, \
        `/usr/local/lib`, `/usr/lib` and `/lib` as systemd-sysctl reads them (a file takes the \
        place of later ones of its name, `/dev/null` switches them off, then all are read by \
        name and the later assignment wins; patterns and exclusions as sysctl.d(5) says). \
        `/etc/sysctl.conf` counts where a link in `sysctl.d` leads to it, as on Debian up to 12; \
        where none does nobody reads it at boot if systemd-sysctl is installed, else it is read \
        last, as sysctl(8) of procps does. Where `systemd-sysctl.service` is masked, or OpenRC has \
        `sysctl` in no runlevel, nobody reads any of them. Where the kernel joins what `all` and an \
        interface say (the greater counts, or that of the interface alone), what files say of single \
        interfaces is told too, up to 128 of them, but for `lo`. Not seen: what single interfaces say \
        now, the kernel's command line, udev rules, firewalls that bring files of their own, and \
        parameters that are another name of the same switch.",
    file: file!(),
};

const PROC: &str = "/proc/sys";
/// Who reads the files at boot: systemd, where this is no link to `/dev/null`.
const SERVICE: &str = "/etc/systemd/system/systemd-sysctl.service";
/// Else OpenRC, where one of its levels has the script.
const OPENRC: [&str; 2] = ["/sbin/openrc", "/etc/init.d/sysctl"];
const LEVELS: [&str; 3] = ["sysinit", "boot", "default"];

fn key_of(resource: &Resource) -> Option<&str> {
    match resource {
        Resource::Sysctl { key } => Some(key),
        _ => None,
    }
}

impl Collector for Sysctl {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn read(&self, asked: &Asked<'_>, answers: &Answers<'_>, out: &mut dyn FnMut(Fact)) {
        let mut keys = asked.each(key_of).peekable();
        if keys.peek().is_none() {
            return;
        }
        let look = Look::new(answers);
        let mut report = Report::new(out);
        let table = Table::read(&sources(&look), &mut report);
        let unread = unread(&look);
        for (resource, key) in keys {
            let (now, (boot, place)) = if let Some(path) = parameter(key) {
                (running(&look, asked, &path), boot(&table, &path, unread.as_ref()))
            } else {
                let reason = format!("`{}` names no kernel parameter", key.escape_debug());
                let gap = Gap::new(reason, "correct the name in the control");
                (gap.clone().reading(), (gap.reading(), None))
            };
            let known = !matches!(boot, Reading::Unknown { .. });
            report.fact(setting(resource, Aspect::Running, now, None));
            report.fact(setting(resource, Aspect::Boot, boot, place));
            if let Some(of) = PerInterface::of(key).filter(|_| known) {
                for (interface, given) in table.interfaces(of) {
                    let (reading, place) = reading(given);
                    report.fact(Fact::Setting(Setting {
                        resource: resource.clone(),
                        aspect: Aspect::Boot,
                        scope: Some(interface.into()),
                        reading,
                        place,
                        default: false,
                    }));
                }
            }
        }
    }
}

/// The path of a single parameter.
fn parameter(key: &str) -> Option<String> {
    path_of(key).filter(|path| !is_pattern(path))
}

fn running(look: &Look<'_>, asked: &Asked<'_>, path: &str) -> Reading {
    if !asked.running {
        return Gap::at_rest().reading();
    }
    let mounted = look.stat(PROC);
    match (look.file(&format!("{PROC}/{path}")), mounted) {
        (Got::Here(bytes), _) => Reading::Is(spaced(&String::from_utf8_lossy(bytes)).into()),
        (Got::Missing, Got::Missing) => {
            Gap::new(format!("`{PROC}` is not there"), "mount -t proc proc /proc").reading()
        }
        (Got::Missing, Got::Here(_)) => Reading::Absent,
        (Got::Missing, Got::Hidden(gap)) | (Got::Hidden(gap), _) => gap.reading(),
    }
}

/// Why nobody reads the files at boot, where that can be told.
fn unread(look: &Look<'_>) -> Option<Gap> {
    let service = look.follow(SERVICE);
    // All of them are asked for, so that it is asked far away at once.
    let openrc = OPENRC.map(|path| look.stat(path));
    let levels = LEVELS.map(|level| look.stat(&format!("/etc/runlevels/{level}/sysctl")));
    match service {
        End::Null => {
            let reason =
                "`systemd-sysctl.service` is masked, so that nobody reads the files at boot";
            return Some(Gap::new(reason, "systemctl unmask systemd-sysctl.service"));
        }
        End::Hidden(gap) => return Some(gap),
        End::At(..) | End::Nowhere | End::Circle => {}
    }
    let has_openrc = !openrc.contains(&Got::Missing);
    let in_level = levels.iter().any(|level| matches!(level, Got::Here(_)));
    if !has_openrc || in_level {
        return None;
    }
    let hidden = openrc.iter().chain(&levels).find_map(|part| match part {
        Got::Hidden(gap) => Some(gap.clone()),
        Got::Here(_) | Got::Missing => None,
    });
    Some(hidden.unwrap_or_else(|| {
        let reason = "`sysctl` is in no runlevel, so that nobody reads the files at boot";
        Gap::new(reason, "rc-update add sysctl boot")
    }))
}

fn boot(table: &Table, path: &str, unread: Option<&Gap>) -> (Reading, Option<Place>) {
    let (given, place) = reading(table.boot(path));
    match unread {
        Some(gap) if matches!(given, Reading::Is(_)) => (gap.clone().reading(), place),
        _ => (given, place),
    }
}

fn reading(boot: Boot) -> (Reading, Option<Place>) {
    match boot {
        Boot::Value(value, place) => (Reading::Is(value.into()), Some(place)),
        Boot::TooLong(place) => {
            let reason = "its value is longer than the 4096 bytes that the kernel takes".to_owned();
            (Reading::Broken { reason }, Some(place))
        }
        Boot::Nothing(place) => (Reading::Absent, place),
        Boot::Hidden(gap) => (gap.reading(), None),
    }
}
