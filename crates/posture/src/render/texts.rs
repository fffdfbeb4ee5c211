//! Steps for files that have no folder of drop-ins: a key, a line or the whole text in its place.
//!
//! Knows how each file writes a value. Must not know how any tool says it.

use std::fmt::Write as _;
use std::sync::Arc;

use holdfast_model::{Aspect, Dialect, Reading, Resource, Setting, Wanted};

use super::acts::Act;
use super::change::{BACK, Change, DROP, HAVE, JSON, LINES, TEXT};
use super::deeds::{Deed, Program};
use super::holds::value;
use super::plan::Plan;
use super::quote::one_line;
use super::resources::Value;
use super::steps::{Edit, Step};
use crate::Seen;

/// A key, what is wanted of it, and the value that a fix sets.
type ToSet = ((Arc<str>, Wanted), String);

/// Options of dockerd that are lists, dockerd(8): one value alone is a list as well.
const LISTS: &[&str] = &[
    "allow-nondistributable-artifacts",
    "authorization-plugins",
    "default-address-pools",
    "dns",
    "dns-opts",
    "dns-search",
    "exec-opts",
    "hosts",
    "insecure-registries",
    "labels",
    "registry-mirrors",
    "storage-opts",
];

/// Options of dockerd whose members are texts, whatever they look like.
const TEXTS: &[&str] = &["log-opts.", "cluster-store-opts."];

/// `FILE` is there; where it was not, it says `BEGINS`.
const BEGIN_FILE: Deed = Deed {
    name: "begin_file",
    act: r#"umask 022 && mkdir -p "${FILE%/*}" && printf '%s' "$BEGINS" >"$FILE"
"#,
    done: r#"[ -e "$FILE" ]
"#,
};

impl Plan {
    /// Keys of a file that has no folder of drop-ins.
    pub(super) fn in_place(&mut self, dialect: Dialect, asked: &[ToSet], seen: &Seen) {
        let path = dialect.file();
        let sign = match dialect {
            Dialect::LoginDefs => "",
            Dialect::Auditd => " =",
            Dialect::Useradd => "=",
            Dialect::Docker => return self.json(asked, seen),
            _ => {
                for ((key, wanted), _) in asked {
                    self.manual.push(by_hand(dialect, key, wanted));
                }
                return;
            }
        };
        for ((key, _), value) in asked {
            if let Some(shipped) = shipped(dialect, key, seen) {
                self.manual.push(format!(
                    "set `{key}` to `{value}` in a file of /etc/login.defs.d whose name ends in \
                     .defs: {shipped} counts here, and a {path} would take the place of it"
                ));
                continue;
            }
            let key = format!("{}{sign}", one_line(key));
            let line = Edit::Line { path: path.to_owned(), key, value: value.clone() };
            self.steps.push(Step::Edit(line));
        }
    }

    /// A key is taken out.
    pub(super) fn unset(&mut self, dialect: Dialect, key: &Arc<str>, seen: &Seen) {
        if dialect == Dialect::Docker && missing(seen, [docker(key)]) {
            // Nothing is said of it where there is no file.
            return;
        }
        if dialect == Dialect::Docker && flag(seen, key).is_none() {
            self.member(key, None, seen);
        } else if let Some(unit) = flag(seen, key).filter(|_| dialect == Dialect::Docker) {
            self.manual.push(format!("take the flag for `{key}` out of {unit}"));
        } else {
            let file = dialect.file();
            self.manual.push(format!("take `{key}` out of {file} and what belongs to it"));
        }
    }

    /// Members of docker's JSON; where there is no file, all of them are written as one.
    fn json(&mut self, asked: &[ToSet], seen: &Seen) {
        // An option that a flag and the file say is one with which dockerd does not start.
        let (flags, asked): (Vec<&ToSet>, Vec<&ToSet>) =
            asked.iter().partition(|((key, _), _)| flag(seen, key).is_some());
        for ((key, wanted), _) in flags {
            let unit = flag(seen, key).unwrap_or_default();
            self.manual.push(format!(
                "take the flag for `{key}` out of {unit}, and set it to {wanted} in {}: with both \
                 dockerd does not start",
                Dialect::Docker.file()
            ));
        }
        if asked.is_empty() {
            return;
        }
        let nowhere = missing(seen, asked.iter().map(|((key, _), _)| docker(key)));
        if self.whole {
            self.have_file(Dialect::Docker.file(), "{}", nowhere);
        } else if nowhere {
            let mut members = Vec::new();
            for ((key, _), value) in asked.into_iter().filter(|(_, value)| !value.is_empty()) {
                members.push((key.to_string(), json_of(key, value)));
            }
            let content = object(&members, 1) + "\n";
            let path = Dialect::Docker.file().to_owned();
            self.steps.push(Step::Edit(Edit::Write { path, content, mode: 0o644 }));
            return;
        }
        for ((key, _), value) in asked {
            self.member(key, (!value.is_empty()).then_some(value), seen);
        }
    }

    fn member(&mut self, key: &Arc<str>, to: Option<&String>, seen: &Seen) {
        let path = Dialect::Docker.file();
        let change = |value: String, says: String| Change {
            path: path.to_owned(),
            programs: &[&JSON],
            variables: vec![("KEY", key.to_string()), ("VALUE", value)],
            says,
            back: None,
        };
        let of = docker(key);
        let before = match seen.of(&of, Aspect::Value).next() {
            Some(Setting { default: true, .. } | Setting { reading: Reading::Absent, .. }) => {
                let says = format!("take {key} out of {path} again");
                Some(change(String::new(), says))
            }
            // What is shown of an object may be a part of it.
            Some(setting) => value(setting).filter(|value| !value.starts_with('{')).map(|value| {
                change(json_of(key, value), format!("bring back what {path} said of {key}"))
            }),
            None => None,
        };
        let forward = match to {
            Some(value) => change(json_of(key, value), format!("say {key} {value} in {path}")),
            None => change(String::new(), format!("take {key} out of {path}")),
        };
        let back = before.map(Box::new);
        self.steps.push(Step::Edit(Edit::Change(Change { back, ..forward })));
    }

    /// A line that is to be there, or not.
    pub(super) fn line(&mut self, there: bool, path: &Arc<str>, line: &Arc<str>, seen: &Seen) {
        let of = Resource::Line { path: Arc::clone(path), line: Arc::clone(line) };
        let nowhere = missing(seen, [of]);
        if nowhere && !there {
            return;
        }
        if nowhere && !self.whole {
            return self.begin_file(path, &format!("{line}\n"));
        }
        if self.whole && there {
            self.have_file(path, "", nowhere);
        }
        let mut variables =
            vec![("MARK", format!("#holdfast {}", self.id)), ("LINE", line.to_string())];
        if is_script(path) {
            variables.push(("SCRIPT", "yes".to_owned()));
        }
        let change = |programs: &'static [&'static Program], says: String| Change {
            path: path.to_string(),
            programs,
            variables: variables.clone(),
            says,
            back: None,
        };
        let says = format!("bring back what {path} said of the line {line}");
        let back = Some(Box::new(change(&[&LINES, &BACK], says)));
        let forward = if there {
            change(&[&LINES, &HAVE], format!("have the line {line} in {path}"))
        } else {
            change(&[&LINES, &DROP], format!("turn the line {line} of {path} into a comment"))
        };
        self.steps.push(Step::Edit(Edit::Change(Change { back, ..forward })));
    }

    /// A file that is not there begins with this, behind what other lines of the control put there.
    fn begin_file(&mut self, path: &Arc<str>, text: &str) {
        let begun = self.steps.iter_mut().find_map(|step| match step {
            Step::Edit(Edit::Write { path: its, content, .. }) if **its == **path => Some(content),
            _ => None,
        });
        if let Some(content) = begun {
            content.push_str(text);
            return;
        }
        let (path, content) = (path.to_string(), text.to_owned());
        self.steps.push(Step::Edit(Edit::Write { path, content, mode: 0o644 }));
    }

    /// A file is made where it is not there, however many controls say something in it: once it was
    /// made here, another host may still lack it.
    fn have_file(&mut self, path: &str, begins: &str, nowhere: bool) {
        let texts = [("FILE", path), ("BEGINS", begins)];
        let environment = texts.map(|(name, text)| (name, Value::Text(text.to_owned()))).to_vec();
        let act = Act::new(format!("have the file {path}"), &BEGIN_FILE, environment);
        let stays = nowhere.then(|| format!("the undo leaves {path}"));
        let step = Step::Deed(Act { stays, ..act });
        if !self.steps.contains(&step) {
            self.steps.push(step);
        }
    }

    /// A file that says just this.
    pub(super) fn text(&mut self, path: &Arc<str>, text: &Arc<str>, seen: &Seen) {
        let of = Resource::Text { path: Arc::clone(path) };
        if missing(seen, [of.clone()]) {
            return self.begin_file(path, text);
        }
        if self.whole {
            self.have_file(path, "", false);
        }
        let change = |text: &str, says| Change {
            path: path.to_string(),
            programs: &[&TEXT],
            variables: vec![("TEXT", text.to_owned())],
            says,
            back: None,
        };
        let before = seen.of(&of, Aspect::Value).find_map(value);
        let back = before.map(|text| change(text, format!("bring back what {path} said")));
        let forward = change(text, format!("write the whole text of {path}"));
        let back = back.map(Box::new);
        self.steps.push(Step::Edit(Edit::Change(Change { back, ..forward })));
    }
}

/// The file with the flag that sets an option of dockerd, where one does.
fn flag<'s>(seen: &'s Seen, key: &Arc<str>) -> Option<&'s str> {
    let of = docker(key);
    let all: Vec<&Setting> = seen.of(&of, Aspect::Value).collect();
    let place = all.into_iter().find_map(|setting| setting.place.as_ref())?;
    (*place.path != *Dialect::Docker.file()).then_some(&*place.path)
}

fn docker(key: &Arc<str>) -> Resource {
    Resource::Key { dialect: Dialect::Docker, key: Arc::clone(key) }
}

/// Whether it was seen that a file is not there: nothing of it has a place.
fn missing(seen: &Seen, resources: impl IntoIterator<Item = Resource>) -> bool {
    let mut looked = false;
    for resource in resources {
        for setting in seen.of(&resource, Aspect::Value) {
            let nowhere = setting.place.is_none();
            let nothing = setting.default || setting.reading == Reading::Absent;
            if !(nowhere && nothing) {
                return false;
            }
            looked = true;
        }
    }
    looked
}

/// Where a key of login.defs(5) stands or would stand, where that is not the file in `/etc`.
fn shipped(dialect: Dialect, key: &Arc<str>, seen: &Seen) -> Option<Arc<str>> {
    if dialect != Dialect::LoginDefs {
        return None;
    }
    let resource = Resource::Key { dialect, key: Arc::clone(key) };
    let mut paths = seen
        .of(&resource, Aspect::Value)
        .filter_map(|setting| setting.place.as_ref())
        .map(|place| &place.path);
    paths.find(|path| ***path != *dialect.file()).cloned()
}

/// Whether a comment may stand behind the words of a line.
fn is_script(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.rsplit_once('.').is_some_and(|(_, end)| end == "sh")
        || ["profile", "bash.bashrc", "bashrc"].contains(&name)
}

/// Why only a person can do it.
pub(super) fn by_hand(dialect: Dialect, key: &str, wanted: &Wanted) -> String {
    let file = dialect.file();
    match dialect {
        Dialect::Profile => format!(
            "make `{key}` {wanted} in /etc/environment and in the scripts that shells read at login: \
             only a person can change a script"
        ),
        Dialect::Cpuinfo => {
            format!("see that the processor has `{key}`, and its firmware does not switch it off")
        }
        Dialect::CpuFlaws => "update the kernel and the microcode, and take `mitigations=off` off \
                              the kernel's command line"
            .to_owned(),
        _ => format!("set `{key}` to {wanted} in {file}: only its owner knows what else it takes"),
    }
}

/// A value of docker's as JSON writes it.
fn json_of(key: &str, value: &str) -> String {
    if LISTS.contains(&key) {
        let all: Vec<String> = value.split(',').map(json_text).collect();
        return format!("[{}]", all.join(", "));
    }
    let number = value.parse::<i64>().is_ok_and(|number| number.to_string() == value);
    let bare = number || matches!(value, "true" | "false");
    if bare && !TEXTS.iter().any(|texts| key.starts_with(texts)) {
        return value.to_owned();
    }
    json_text(value)
}

/// RFC 8259, section 7.
fn json_text(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Members by their paths as an object; members of one object stand together.
fn object(members: &[(String, String)], depth: usize) -> String {
    let pad = "  ".repeat(depth);
    let mut lines: Vec<String> = Vec::new();
    let mut known: Vec<&str> = Vec::new();
    for (key, value) in members {
        let Some((first, _)) = key.split_once('.') else {
            lines.push(format!("{pad}{}: {value}", json_text(key)));
            continue;
        };
        if known.contains(&first) {
            continue;
        }
        known.push(first);
        let below: Vec<(String, String)> = members
            .iter()
            .filter_map(|(key, value)| {
                let (its, rest) = key.split_once('.')?;
                (its == first).then(|| (rest.to_owned(), value.clone()))
            })
            .collect();
        lines.push(format!("{pad}{}: {}", json_text(first), object(&below, depth + 1)));
    }
    format!("{{\n{}\n{}}}", lines.join(",\n"), "  ".repeat(depth.saturating_sub(1)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use holdfast_model::Place;

    use super::*;

    #[test]
    fn values_are_written_as_dockerd_takes_them() {
        let cases = [
            ("icc", "false", "false"),
            ("max-concurrent-downloads", "3", "3"),
            ("log-level", "info", "\"info\""),
            ("log-opts.max-file", "3", "\"3\""),
            ("hosts", "fd://,unix:///a", "[\"fd://\", \"unix:///a\"]"),
            ("userns-remap", "a\"\\b", "\"a\\\"\\\\b\""),
            ("oom-score-adjust", "007", "\"007\""),
        ];
        for (key, value, wanted) in cases {
            assert_eq!(json_of(key, value), wanted, "{key}");
        }
    }

    #[test]
    fn members_of_one_object_stand_together() {
        let of = |key: &str| (key.to_owned(), "1".to_owned());
        assert_eq!(
            object(&[of("a.b"), of("c"), of("a.d.e")], 1),
            "{\n  \"a\": {\n    \"b\": 1,\n    \"d\": {\n      \"e\": 1\n    }\n  },\n  \"c\": 1\n}"
        );
    }

    /// What is done about `PASS_MAX_DAYS`, which stands there: the files that change, and what is left
    /// to people.
    fn done(path: Option<&str>) -> (usize, Vec<String>) {
        let dialect = Dialect::LoginDefs;
        let setting = Setting {
            resource: Resource::Key { dialect, key: "PASS_MAX_DAYS".into() },
            aspect: Aspect::Value,
            scope: None,
            reading: if path.is_some() { Reading::Is("99999".into()) } else { Reading::Absent },
            place: path.map(Place::start_of),
            default: false,
        };
        let seen = Seen::new(vec![setting], Vec::new(), BTreeMap::new());
        let mut plan = Plan { id: "age".to_owned(), ..Plan::default() };
        let wanted = ("PASS_MAX_DAYS".into(), Wanted::AtMost(365));
        plan.in_place(dialect, &[(wanted, "365".to_owned())], &seen);
        (plan.steps.len(), plan.manual)
    }

    #[test]
    fn no_file_takes_the_place_of_a_shipped_one() {
        for path in [Some("/etc/login.defs"), None] {
            assert_eq!(done(path), (1, Vec::new()), "{path:?}");
        }
        for path in ["/usr/etc/login.defs", "/usr/etc/login.defs.d/70-more.defs"] {
            let (steps, manual) = done(Some(path));
            assert_eq!((steps, manual.len()), (0, 1), "{path}");
            assert!(manual[0].contains("in a file of /etc/login.defs.d"), "{manual:?}");
            assert!(manual[0].contains(&format!("{path} counts here")), "{manual:?}");
        }
    }
}
