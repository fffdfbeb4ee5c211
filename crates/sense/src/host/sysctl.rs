//! Kernel parameters: their values now, and the ones that files give them at boot.
//!
//! Knows `/proc/sys` (sysctl(8)); which file counts at boot is the business of `sysctl_files`.

use holdfast_model::{About, Aspect, Fact, Reading, Resource};

use super::look::{Gap, Got, Look, setting};
use super::sysctl_files::{Boot, Table, is_pattern, path_of, sources, spaced};
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
        last, as sysctl(8) of procps does. Not seen: the kernel's command line, udev rules, firewalls that \
        bring files of their own, and parameters that are another name of the same switch.",
    file: file!(),
};

const PROC: &str = "/proc/sys";

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
        for (resource, key) in keys {
            let (now, (boot, place)) = if let Some(path) = parameter(key) {
                (running(&look, asked, &path), boot(&table, &path))
            } else {
                let reason = format!("`{}` names no kernel parameter", key.escape_debug());
                let gap = Gap::new(reason, "correct the name in the control");
                (gap.clone().reading(), (gap.reading(), None))
            };
            report.fact(setting(resource, Aspect::Running, now, None));
            report.fact(setting(resource, Aspect::Boot, boot, place));
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

fn boot(table: &Table, path: &str) -> (Reading, Option<holdfast_model::Place>) {
    match table.boot(path) {
        Boot::Value(value, place) => (Reading::Is(value.into()), Some(place)),
        Boot::TooLong(place) => {
            let reason = "its value is longer than the 4096 bytes that the kernel takes".to_owned();
            (Reading::Broken { reason }, Some(place))
        }
        Boot::Nothing => (Reading::Absent, None),
        Boot::Hidden(gap) => (gap.reading(), None),
    }
}
