//! What gives a mount its options: the line of fstab(5) or a drop-in of its unit, whichever decides,
//! and a remount.
//!
//! The modules and resources of the tools for mounts are not used: they want to know device and type,
//! write the whole line anew, and leave nothing by which it could be taken back.
//!
//! Knows fstab, units and mount(8). Must not know how any tool says it.

use std::sync::Arc;

use holdfast_model::{Aspect, Desired, Reading, Resource, Setting, mount_unit};

use super::acts::Act;
use super::deeds::{self, Deed, Program};
use super::holds::{absent, found, value};
use super::plan::Plan;
use super::quote::one_line;
use super::resources::Value;
use super::steps::{Edit, Step};
use crate::Seen;
use crate::judge::lacking;

const FSTAB: &str = "/etc/fstab";

/// The line of a point has some options.
const LINE: Program = Program { name: "fstab", text: include_str!("awk/fstab.awk") };
/// What that kept comes back.
const BACK: Program = Program { name: "fstab_back", text: include_str!("awk/fstab_restore.awk") };
/// Whether a mount has some options.
const MOUNTED: Program = Program { name: "mounted", text: include_str!("awk/mounted.awk") };

/// What is mounted at `POINT` has `OPTIONS`, beside the flags that it has; nothing is done where
/// nothing is mounted. `FIELD` is the point as the kernel writes it.
const REMOUNT: Deed = Deed {
    name: "remount",
    act: r#"set -e
flags=$(SHOW=1 awk "$PROGRAM" /proc/self/mountinfo)
mount -o "remount,$flags,$OPTIONS" "$POINT"
awk "$PROGRAM" /proc/self/mountinfo || { echo "$POINT does not take $OPTIONS" >&2; exit 1; }
"#,
    done: r#"awk "$PROGRAM" /proc/self/mountinfo
"#,
};

/// `FILE` is what `PROGRAM` makes of it. One that is not there begins with a line that says so.
const EDIT_TABLE: Deed = Deed {
    name: "edit_table",
    act: r#"set -e
[ -e "$FILE" ] || (umask 022 && printf '%s began this file\n' "$MARK" >"$FILE")
target=$(readlink -f "$FILE")
aside=${target%/*}/.holdfast.$$
trap 'rm -f "$aside"' EXIT
cp -p "$target" "$aside"
LC_ALL=C awk "$PROGRAM" "$target" >"$aside"
mv -f "$aside" "$target"
"#,
    done: deeds::EDIT.done,
};

/// The way back: a file that says no more than that it was begun goes.
const RESTORE_TABLE: Deed = Deed {
    name: "restore_table",
    act: r#"set -e
target=$(readlink -f "$FILE")
aside=${target%/*}/.holdfast.$$
trap 'rm -f "$aside"' EXIT
cp -p "$target" "$aside"
LC_ALL=C awk "$PROGRAM" "$target" >"$aside"
if [ "$(cat "$aside")" = "$MARK began this file" ]; then
    rm -f "$target"
else
    mv -f "$aside" "$target"
fi
"#,
    done: r#"[ ! -e "$FILE" ] || {
    [ "$(cat "$FILE")" != "$MARK began this file" ] &&
        LC_ALL=C awk "$PROGRAM" "$FILE" 2>/dev/null | cmp -s - "$FILE"
}
"#,
};

/// systemd, where it runs, knows `UNIT` as the files say.
const READ_UNITS: Deed = Deed {
    name: "read_units",
    act: r"systemctl daemon-reload
",
    done: r#"[ ! -d /run/systemd/system ] ||
    [ "$(systemctl show --property=NeedDaemonReload "$UNIT")" != NeedDaemonReload=yes ]
"#,
};

/// What systemd mounts by itself, with device and type: what fstab says of these points it applies to
/// them, systemd-remount-fs.service(8).
const BY_ITSELF: [(&str, &str); 5] = [
    ("/dev", "devtmpfs"),
    ("/dev/shm", "tmpfs"),
    ("/proc", "proc"),
    ("/run", "tmpfs"),
    ("/sys", "sysfs"),
];

/// Adds the steps for the mounts among some states.
pub(super) fn plan(plan: &mut Plan, todo: &[&Desired], seen: &Seen) {
    for desired in todo {
        if let Desired::Mounted { point, options } = desired {
            One { point, options, of: Resource::Mount { point: Arc::clone(point) }, seen }
                .plan(plan);
        }
    }
}

/// One mount that lacks something, or of which the text is to say what keeps it so.
struct One<'a> {
    point: &'a Arc<str>,
    options: &'a [Arc<str>],
    of: Resource,
    seen: &'a Seen,
}

impl One<'_> {
    fn plan(&self, plan: &mut Plan) {
        let point = self.point;
        let now = found(self.seen, &self.of, Aspect::Running);
        let boot = self.seen.of(&self.of, Aspect::Boot).next();
        let by_itself = BY_ITSELF.iter().find(|(its, _)| **its == **point);
        let mounted = now.is_some() || boot.and_then(value).is_some();
        if self.options.is_empty() || !mounted {
            plan.manual.push(format!(
                "make {point} a file system of its own: only you know on which device, and what lies \
                 there has to move"
            ));
            return;
        }
        // What is right on one side is left, but where nothing is missing all is said.
        let all = self.options.join(",");
        let whole = |found: Option<&Arc<str>>| {
            found.is_some_and(|found| lacking(found, self.options).is_empty())
        };
        let lasts = whole(boot.and_then(value));
        let runs = self.seen.is_at_rest() || whole(now);
        if plan.whole || !lasts || runs {
            match (boot, by_itself) {
                (Some(setting), _) if line_of_fstab(setting) => self.line(plan, &all, ""),
                (Some(Setting { reading: Reading::Is(had), place: Some(_), .. }), _) => {
                    self.drop_in(plan, had, boot);
                }
                (
                    Some(Setting {
                        reading: Reading::Is(_) | Reading::Absent, place: None, ..
                    }),
                    Some(known),
                ) => {
                    let had = boot.and_then(value).or(now).map_or("rw", |found| &**found);
                    let (point, kind) = (escaped(point), known.1);
                    let options = with(&flags(had), self.options);
                    self.line(plan, &all, &format!("{kind} {point} {kind} {options} 0 0"));
                }
                _ => plan.manual.push(format!(
                    "say in {FSTAB} what is mounted at {point}, with {all} among its options: \
                     nothing that was seen mounts it at the next start"
                )),
            }
        }
        if self.seen.is_at_rest() || runs && !lasts && !plan.whole {
            return;
        }
        if now.is_some() {
            plan.steps.push(Step::Deed(self.remount(&all, now)));
        } else if absent(self.seen, &self.of, Aspect::Running) {
            plan.manual.push(format!("mount {point}: it is not mounted now"));
        }
    }

    /// The line of fstab gets the options; `add` is the line where there is none.
    fn line(&self, plan: &mut Plan, all: &str, add: &str) {
        let text = |text: &str| Value::Text(text.to_owned());
        let environment = |program: &'static [&'static Program]| {
            vec![
                ("FILE", text(FSTAB)),
                ("PROGRAM", Value::Programs(program)),
                ("MARK", Value::Text(format!("#holdfast {}", plan.id))),
                ("FIELD", Value::Text(escaped(self.point))),
            ]
        };
        let mut forward = environment(&[&LINE]);
        forward.extend([("OPTIONS", text(all)), ("ADD", text(add))]);
        let says = format!("mount {} with {all} in {FSTAB}", self.point);
        let back_says = format!("bring back what {FSTAB} said of {}", self.point);
        // Only a line that is to be added can be one of a file that is not there.
        let (edit, restore): (&'static Deed, &'static Deed) = if add.is_empty() {
            (&deeds::EDIT, &deeds::EDIT)
        } else {
            (&EDIT_TABLE, &RESTORE_TABLE)
        };
        let back = Act::new(back_says, restore, environment(&[&BACK]));
        plan.steps.push(Step::Deed(Act::new(says, edit, forward).back(back)));
        self.read_units(plan);
    }

    /// A drop-in of the unit says all options, since the last `Options=` counts alone.
    fn drop_in(&self, plan: &mut Plan, had: &str, boot: Option<&Setting>) {
        let path = drop_in_path(self.point, &plan.id);
        let content = drop_in_content(&plan.id, &with(had, self.options));
        if let Some(place) = boot.and_then(|setting| setting.place.as_ref()) {
            let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
            if place.path.contains(".mount.d/") && name(&place.path) > name(&path) {
                plan.manual.push(format!(
                    "take `Options=` out of {} (line {}): it is read after our file and wins",
                    place.path, place.line
                ));
            }
        }
        plan.steps.push(Step::Edit(Edit::Write { path, content, mode: 0o644 }));
        self.read_units(plan);
    }

    fn read_units(&self, plan: &mut Plan) {
        if self.seen.is_at_rest() {
            return;
        }
        let unit = mount_unit(self.point);
        let says = format!("let systemd read {unit} anew");
        let act = Act::new(says, &READ_UNITS, vec![("UNIT", Value::Text(unit))]);
        let back = Act { last: true, ..act.clone() };
        plan.steps.push(Step::Deed(act.back(back)));
    }

    fn remount(&self, all: &str, now: Option<&Arc<str>>) -> Act {
        let act = |says: String, options: &str| {
            let environment = vec![
                ("PROGRAM", Value::Programs(&[&MOUNTED])),
                ("POINT", Value::Text(one_line(self.point))),
                ("FIELD", Value::Text(escaped(self.point))),
                ("OPTIONS", Value::Text(options.to_owned())),
            ];
            Act::new(says, &REMOUNT, environment)
        };
        let forward = act(format!("give the mount {} {all} now", self.point), all);
        let had: &str = now.map_or("", |now| &**now);
        let (back, stay) = undone(&lacking(had, self.options), had);
        let stays = (!stay.is_empty()).then(|| {
            format!("the undo leaves {} of {} until the next start", stay.join(", "), self.point)
        });
        let forward = Act { stays, ..forward };
        if back.is_empty() {
            return forward;
        }
        let says = format!("give the mount {} back what it had", self.point);
        forward.back(act(says, &back.join(",")))
    }
}

/// What takes options of a running mount back, and which cannot be taken back.
fn undone(added: &[&Arc<str>], had: &str) -> (Vec<String>, Vec<String>) {
    let (mut back, mut stay) = (Vec::new(), Vec::new());
    for option in added {
        let key = option.split_once('=').map(|(key, _)| format!("{key}="));
        let before = key.and_then(|key| had.split(',').find(|word| word.starts_with(&key)));
        match (&***option, before) {
            ("nodev" | "nosuid" | "noexec", _) => back.push(option.replacen("no", "", 1)),
            ("ro", _) => back.push("rw".to_owned()),
            (_, Some(before)) => back.push(before.to_owned()),
            _ => stay.push(option.to_string()),
        }
    }
    (back, stay)
}

fn line_of_fstab(setting: &Setting) -> bool {
    let place = setting.place.as_ref();
    value(setting).is_some() && place.is_some_and(|place| *place.path == *FSTAB)
}

/// Options and more of them, none of which takes another back.
fn with(had: &str, more: &[Arc<str>]) -> String {
    let key = |word: &str| match word {
        "ro" | "rw" => "rw".to_owned(),
        word => word.split('=').next().unwrap_or_default().to_owned(),
    };
    let mut all: Vec<&str> = had
        .split(',')
        .filter(|word| !word.is_empty())
        .filter(|word| !more.iter().any(|option| key(option) == key(word) && **option != **word))
        .collect();
    for option in more {
        if !all.contains(&&**option) {
            all.push(option);
        }
    }
    all.join(",")
}

/// Of the options of a running mount those that are the mount's own.
fn flags(options: &str) -> String {
    let own = ["rw", "ro", "nosuid", "nodev", "noexec"];
    options.split(',').filter(|word| own.contains(word)).collect::<Vec<_>>().join(",")
}

/// A point as fstab(5) and the kernel write it.
fn escaped(point: &str) -> String {
    point.replace('\\', "\\134").replace(' ', "\\040").replace('\t', "\\011").replace('\n', "\\012")
}

fn drop_in_path(point: &str, id: &str) -> String {
    format!("/etc/systemd/system/{}.d/zz-holdfast-{id}.conf", mount_unit(point))
}

fn drop_in_content(id: &str, options: &str) -> String {
    // systemd.unit(5): a percent sign begins a specifier.
    let options = options.replace('%', "%%");
    format!("# Written by Holdfast for the control {id}.\n[Mount]\nOptions={options}\n")
}

/// What our drop-in of a unit said when it was seen.
pub(super) fn before(path: &str, id: &str, seen: &Seen) -> Option<(String, u32)> {
    seen.settings().iter().find_map(|setting| {
        let Resource::Mount { point } = &setting.resource else { return None };
        let here = setting.place.as_ref().is_some_and(|place| *place.path == *path);
        let options = value(setting).filter(|_| here && drop_in_path(point, id) == path)?;
        Some((drop_in_content(id, options), 0o644))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_added_where_they_are_missing() {
        let more: [Arc<str>; 2] = ["nodev".into(), "hidepid=2".into()];
        assert_eq!(with("rw,relatime", &more), "rw,relatime,nodev,hidepid=2");
        assert_eq!(with("nodev,hidepid=0,size=1%", &more), "nodev,size=1%,hidepid=2");
        assert_eq!(with("", &["ro".into()]), "ro");
        assert_eq!(with("rw,nodev", &["ro".into()]), "nodev,ro");
    }

    #[test]
    fn what_was_added_is_taken_back_where_it_can_be() {
        let added: [Arc<str>; 4] =
            ["nodev".into(), "ro".into(), "hidepid=2".into(), "nosymfollow".into()];
        let (back, stay) = undone(&added.iter().collect::<Vec<_>>(), "rw,hidepid=0");
        assert_eq!(back, ["dev", "rw", "hidepid=0"]);
        assert_eq!(stay, ["nosymfollow"]);
    }
}
