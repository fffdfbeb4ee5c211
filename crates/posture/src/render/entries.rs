//! Steps for keys in files of no family: a drop-in of ours where a folder of them is read last, else
//! a line in its place.
//!
//! Knows how each style writes a key. Must not know which program reads the files, nor how any tool
//! says it.

use std::fmt::Write as _;
use std::sync::Arc;

use holdfast_model::{Aspect, Desired, Reading, Resource, Setting, Style, Wanted};

use super::change::{Change, ENTRY, ENTRY_BACK, ENTRY_SET, ENTRY_UNSET};
use super::deeds::Program;
use super::files::Family;
use super::holds::{found, suits, value};
use super::plan::{Plan, keep_or_set};
use super::quote::{one_line, shell};
use super::steps::{Edit, Step};
use crate::Seen;

/// The permission bits of our files.
const MODE: u32 = 0o644;

/// A key with what is wanted of it; `None` where it is to have no value.
type Entry = (Arc<str>, Option<Wanted>);

/// Keys of the same files, which are written alike.
struct Group<'d> {
    files: &'d Arc<str>,
    style: Style,
}

/// Adds the steps for the keys of such files among some states.
pub(super) fn plan(plan: &mut Plan, todo: &[&Desired], all: &[&Desired], seen: &Seen) {
    let mut done: Vec<(&Arc<str>, Style)> = Vec::new();
    for desired in todo {
        let Desired::Entry { files, style, .. } = desired else { continue };
        if !done.contains(&(files, *style)) {
            done.push((files, *style));
            Group { files, style: *style }.plan(plan, todo, all, seen);
        }
    }
}

impl Group<'_> {
    fn entry(&self, desired: &Desired) -> Option<Entry> {
        match desired {
            Desired::Entry { files, style, key, value }
                if files == self.files && *style == self.style =>
            {
                Some((Arc::clone(key), value.clone()))
            }
            _ => None,
        }
    }

    fn resource(&self, key: &Arc<str>) -> Resource {
        let (files, key) = (Arc::clone(self.files), Arc::clone(key));
        Resource::Entry { files, style: self.style, key }
    }

    fn to_set(&self, key: &Arc<str>, wanted: &Wanted, seen: &Seen) -> String {
        let resource = self.resource(key);
        keep_or_set(&resource, wanted, [found(seen, &resource, Aspect::Value)])
    }

    fn plan(&self, plan: &mut Plan, todo: &[&Desired], all: &[&Desired], seen: &Seen) {
        let asked: Vec<Entry> = todo.iter().filter_map(|one| self.entry(one)).collect();
        let ours = drop_in(self.files, &plan.id);
        if let Some(path) = ours.as_ref().filter(|_| asked.iter().any(|(_, value)| value.is_some()))
        {
            let said = all.iter().filter_map(|one| self.entry(one));
            let settings: Vec<(String, String)> = said
                .filter_map(|(key, wanted)| {
                    let value = self.to_set(&key, &wanted?, seen);
                    Some((key.to_string(), value))
                })
                .collect();
            let content = content(self.style, &plan.id, &settings);
            plan.steps.push(Step::Edit(Edit::Write { path: path.clone(), content, mode: MODE }));
        }
        for (key, wanted) in &asked {
            let resource = self.resource(key);
            let setting = seen.of(&resource, Aspect::Value).next();
            match (wanted, &ours) {
                (None, _) => self.unset(plan, key, setting),
                (Some(wanted), Some(path)) => beaten(plan, key, (&resource, wanted), path, setting),
                (Some(wanted), None) => {
                    let value = self.to_set(key, wanted, seen);
                    self.set(plan, key, &value, setting);
                }
            }
        }
    }

    /// A line in its place: in the file that decides, or where nothing does, in the one that is there.
    fn set(&self, plan: &mut Plan, key: &str, value: &str, setting: Option<&Setting>) {
        let place = setting.and_then(|setting| setting.place.as_ref());
        let last = Style::sources(self.files).last().unwrap_or_default();
        let path = place.map_or(last, |place| &*place.path);
        if let (Some(Reading::Unknown { reason, .. }), Some(_)) =
            (setting.map(|setting| &setting.reading), place)
        {
            let value =
                if value.is_empty() { "an empty value".to_owned() } else { format!("`{value}`") };
            plan.manual.push(format!("set `{key}` to {value} in {path}: {reason}"));
            return;
        }
        let (section, name) = Style::parts(key);
        let line = line(self.style, name, value);
        let under = if section.is_empty() { String::new() } else { format!(" under [{section}]") };
        let says = format!("say {line}{under} in {path}");
        let forward =
            self.change(&plan.id, (path, key), (value, &line), (&[&ENTRY, &ENTRY_SET], says));
        plan.steps.push(Step::Edit(Edit::Change(forward)));
    }

    /// Lines that give the key a value become comments.
    fn unset(&self, plan: &mut Plan, key: &str, setting: Option<&Setting>) {
        let place = setting.and_then(|setting| setting.place.as_ref());
        match (setting.map(|setting| &setting.reading), place) {
            (Some(Reading::Is(_)), Some(place)) => {
                let path = &*place.path;
                let says =
                    format!("turn the lines of {path} that give {key} a value into comments");
                let programs: &'static [&'static Program] = &[&ENTRY, &ENTRY_UNSET];
                let forward = self.change(&plan.id, (path, key), ("", ""), (programs, says));
                plan.steps.push(Step::Edit(Edit::Change(forward)));
            }
            (Some(Reading::Absent), _) => {}
            _ => plan.manual.push(format!("take `{key}` out of {}", self.files)),
        }
    }

    /// A change with the way back.
    fn change(
        &self,
        id: &str,
        (path, key): (&str, &str),
        (value, line): (&str, &str),
        (programs, says): (&'static [&'static Program], String),
    ) -> Change {
        let (section, name) = Style::parts(key);
        let variables = vec![
            ("MARK", format!("#holdfast {id}")),
            ("STYLE", self.style.word().to_owned()),
            ("SECTION", section.to_owned()),
            ("KEY", name.to_owned()),
            ("VALUE", value.to_owned()),
            ("LINE", line.to_owned()),
        ];
        let back = Change {
            path: path.to_owned(),
            programs: &[&ENTRY, &ENTRY_BACK],
            variables: variables.clone(),
            says: format!("bring back what {path} said of {key}"),
            back: None,
        };
        Change { path: path.to_owned(), programs, variables, says, back: Some(Box::new(back)) }
    }
}

/// Says which line people have to take out, where it is read after our file.
fn beaten(
    plan: &mut Plan,
    key: &str,
    (resource, wanted): (&Resource, &Wanted),
    ours: &str,
    setting: Option<&Setting>,
) {
    let bad = setting.and_then(value).is_some_and(|found| !suits(resource, wanted, found));
    let place = setting.and_then(|setting| setting.place.as_ref()).filter(|_| bad);
    let folder = |path: &str| path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
    let Some(place) = place.filter(|place| folder(&place.path) == folder(ours)) else { return };
    if *place.path > *ours {
        plan.manual.push(format!(
            "take `{key}` out of {} (line {}): it is read after our file and wins",
            place.path, place.line
        ));
    }
}

/// Our drop-in of a control, where a folder of them is read last. Its name makes it the last there.
fn drop_in(files: &str, id: &str) -> Option<String> {
    let (folder, ending) = Style::sources(files).last()?.rsplit_once("/*")?;
    Some(format!("{folder}/zz-holdfast-{id}{ending}"))
}

/// Whether a file is a drop-in of ours in a folder of no family.
pub(super) fn is_ours(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let of_a_unit = path.starts_with("/etc/systemd/system/");
    name.starts_with("zz-holdfast-") && !of_a_unit && !Family::owns(path)
}

/// What a drop-in of ours said when it was seen; `None` where there was none.
pub(super) fn before(path: &str, id: &str, seen: &Seen) -> Option<(String, u32)> {
    let mut found: Option<Style> = None;
    let mut lines: Vec<(u32, String, String)> = Vec::new();
    for setting in seen.settings() {
        let Resource::Entry { files, style, key } = &setting.resource else { continue };
        let Some(place) = setting.place.as_ref().filter(|place| *place.path == *path) else {
            continue;
        };
        if let Some(value) = value(setting).filter(|_| drop_in(files, id).as_deref() == Some(path))
        {
            found = Some(*style);
            lines.push((place.line, key.to_string(), value.to_string()));
        }
    }
    lines.sort();
    let settings: Vec<(String, String)> =
        lines.into_iter().map(|(_, key, value)| (key, value)).collect();
    found.map(|style| (content(style, id, &settings), MODE))
}

/// One key as a style writes it.
fn line(style: Style, name: &str, value: &str) -> String {
    let value = one_line(value);
    match style {
        Style::Ini => format!("{name}={value}"),
        Style::Equals => format!("{name} = {value}"),
        Style::Blanks => format!("{name} {value}"),
        Style::Shell => format!("{name}={}", shell(&value)),
    }
}

/// A whole file: what belongs to no section first, then each section once.
fn content(style: Style, id: &str, settings: &[(String, String)]) -> String {
    let mut sections: Vec<&str> = Vec::new();
    for (key, _) in settings {
        let (section, _) = Style::parts(key);
        if !sections.contains(&section) {
            sections.push(section);
        }
    }
    sections.sort_by_key(|section| !section.is_empty());
    let mut out = format!("# Written by Holdfast for the control {id}.\n");
    for section in sections {
        if !section.is_empty() {
            let _ = writeln!(out, "[{section}]");
        }
        for (key, value) in settings {
            let (its, name) = Style::parts(key);
            if its == section {
                let _ = writeln!(out, "{}", line(style, name, value));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_stand_together_and_behind_what_has_none() {
        let of = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let settings = [of("[b] x", "1"), of("[a] y", "2"), of("z", "3"), of("[b] w", "4 5")];
        assert_eq!(
            content(Style::Ini, "c", &settings),
            "# Written by Holdfast for the control c.\nz=3\n[b]\nx=1\nw=4 5\n[a]\ny=2\n"
        );
        assert_eq!(line(Style::Shell, "A", "it's b"), "A='it'\\''s b'");
        assert_eq!(line(Style::Equals, "a", "b"), "a = b");
    }

    #[test]
    fn our_drop_in_stands_in_the_folder_that_is_read_last() {
        let both = "/etc/own.conf and /etc/own.conf.d/*.conf";
        assert_eq!(drop_in(both, "c").as_deref(), Some("/etc/own.conf.d/zz-holdfast-c.conf"));
        assert_eq!(drop_in("/etc/own.conf.d/*.conf and /etc/own.conf", "c"), None);
        assert!(is_ours("/etc/own.conf.d/zz-holdfast-c.conf"));
        for others in [
            "/etc/sysctl.d/zz-holdfast-c.conf",
            "/etc/systemd/system/tmp.mount.d/zz-holdfast-c.conf",
            "/etc/own.conf.d/zz.conf",
        ] {
            assert!(!is_ours(others), "{others}");
        }
    }
}
