//! Mounts: with which options a file system is mounted at a point, now and after the next start.
//!
//! Knows which source answers which question; their formats are the business of `mount_table`,
//! `fstab` and `mount_units`.

use holdfast_model::{About, Aspect, Fact, Reading, Resource, Setting};

use super::look::{End, Gap, Look, setting};
use super::mount_table::{Mounts, mounts};
use super::mount_units::{AtStart, at_start, fstab_of};
use super::{Answers, Asked, Collector};
use crate::FileType;
use crate::text::Report;

/// The collector.
pub(super) struct Mount;

static ABOUT: About = About {
    id: "host-mount",
    title: "Mounts and their options, now and after the next start",
    text: "Now: the kernel's table, of the first process where root looks (what a service manager \
        hides from a program is not the host's), else of the program itself; what lies under \
        a later mount does not count. After the next start: units of `/etc/systemd/system`, then \
        `/etc/fstab`, then units of packages, each with the drop-ins of its name; without systemd \
        `/etc/fstab` alone. A unit that nothing starts mounts nothing, nor does `noauto`, nor \
        a unit that has a condition on a path which does not hold; other conditions leave it open. \
        `/dev/shm`, `/proc`, `/run` and `/sys` are mounted by systemd itself where no file says \
        how. Of options that contradict each other the later counts, and `user` brings `nosuid`, \
        `nodev` and `noexec`. Not seen: automounters, the initial file system in memory, and \
        generators other than that of `/etc/fstab`.",
    file: file!(),
};

fn point_of(resource: &Resource) -> Option<&str> {
    match resource {
        Resource::Mount { point } => Some(point),
        _ => None,
    }
}

impl Collector for Mount {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn read(&self, asked: &Asked<'_>, answers: &Answers<'_>, out: &mut dyn FnMut(Fact)) {
        let mut points = asked.each(point_of).peekable();
        if points.peek().is_none() {
            return;
        }
        let look = Look::new(answers);
        let mut report = Report::new(out);
        let table = if asked.running { mounts(&look) } else { Err(Gap::at_rest()) };
        let fstab = fstab_of(&look, &mut report);
        for (resource, point) in points {
            let AtStart { reading, place, default } = at_start(&look, point, &fstab);
            report.fact(setting(resource, Aspect::Running, now(&table, point), None));
            report.fact(Fact::Setting(Setting {
                resource: resource.clone(),
                aspect: Aspect::Boot,
                scope: None,
                reading,
                place,
                default,
            }));
            report.fact(setting(resource, Aspect::Type, kind(&look, point), None));
        }
    }
}

fn now(table: &Result<Mounts, Gap>, point: &str) -> Reading {
    match table {
        Ok(table) => table.at(point).map_or(Reading::Absent, |options| Reading::Is(options.into())),
        Err(gap) => gap.clone().reading(),
    }
}

/// What is at the point: where nothing is, nothing can be mounted, nor has to be.
fn kind(look: &Look<'_>, point: &str) -> Reading {
    match look.follow(point) {
        End::At(_, stat) => Reading::Is(
            match stat.kind {
                FileType::Folder => "folder",
                FileType::File => "file",
                FileType::Link => "link",
                FileType::Other => "other",
            }
            .into(),
        ),
        End::Null => Reading::Is("other".into()),
        End::Nowhere => Reading::Absent,
        End::Circle => {
            Reading::Broken { reason: "its links lead in a circle, or through too many".to_owned() }
        }
        End::Hidden(gap) => gap.reading(),
    }
}
