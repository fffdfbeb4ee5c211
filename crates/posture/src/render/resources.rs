//! Steps as resources, for tools that describe a host by resources: files, packages, services, and
//! commands with a guard where there is no resource of that kind.
//!
//! Knows what is a resource of which kind. Must not know how any tool writes one.

use std::fmt::Write as _;

use super::accounts;
use super::deeds::{self, Deed, Program};
use super::quote::{one_line, shell};
use super::ssh_unit::SshUnit;
use super::steps::{Bits, Edit, Step};

/// One resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Resource {
    /// Its name: the control, and what it does in plain words.
    pub(super) title: String,
    /// What it is.
    pub(super) body: Body,
    /// The title of the resource that is told when this one changes something.
    pub(super) tells: Option<String>,
}

/// The kinds of resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Body {
    /// A folder; its mode is left where it is not said.
    Folder { path: String, mode: Option<u32> },
    /// A whole file of ours, which a program has to accept first.
    File { path: String, content: String, mode: u32, accepted_by: Option<Judge> },
    /// A file of ours that goes.
    Gone { path: String },
    /// Owner, group and mode of what is there.
    Meta { path: String, owner: Option<String>, group: Option<String>, bits: Option<Bits> },
    /// A package, in whatever version.
    Package { name: String, present: bool },
    /// A unit, where systemd runs.
    Service { unit: String, on: bool },
    /// What only the shell can do.
    Command { deed: &'static Deed, environment: Vec<(&'static str, Value)> },
    /// The way back, and a failure, unless sshd accepts its configuration.
    TakeBack { script: String, environment: Vec<(&'static str, Value)> },
    /// The ssh server reads its files anew if it is told so and runs.
    Reload { unit: SshUnit },
}

/// Who judges a file before it is put in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judge {
    /// visudo(8).
    Visudo,
    /// sshd(8).
    Sshd,
}

impl Judge {
    /// Its command, with the file's name in place of `file`.
    pub(super) fn command(self, file: &str) -> String {
        match self {
            Self::Visudo => format!("/usr/sbin/visudo -cqf {file}"),
            Self::Sshd => format!("/usr/sbin/sshd -t -f {file}"),
        }
    }
}

/// The value of a variable of the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// Just this.
    Text(String),
    /// These programs, one behind the other.
    Programs(&'static [&'static Program]),
    /// What a deed does.
    Act(&'static Deed),
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// A package and a version of it.
fn versioned(name: &str, version: &str) -> Vec<(&'static str, Value)> {
    vec![("PACKAGE", text(name)), ("VERSION", text(version))]
}

/// The resources of some steps, in order. No two have the same title.
pub(super) fn resources(id: &str, steps: &[Step]) -> Vec<Resource> {
    let maker = Maker { id };
    let mut all: Vec<Resource> = Vec::new();
    for resource in steps.iter().flat_map(|step| maker.step(step)) {
        if !all.contains(&resource) {
            all.push(unique(resource, &all));
        }
    }
    all
}

/// The same under a title that none of the others has.
fn unique(mut resource: Resource, others: &[Resource]) -> Resource {
    let taken = |title: &str| others.iter().any(|other| other.title == title);
    if taken(&resource.title) {
        let mut titles = (2..=others.len() + 2).map(|n| format!("{} ({n})", resource.title));
        if let Some(title) = titles.find(|title| !taken(title)) {
            resource.title = title;
        }
    }
    resource
}

pub(super) struct Maker<'a> {
    id: &'a str,
}

impl Maker<'_> {
    fn named(&self, says: &str, body: Body) -> Resource {
        Resource { title: format!("{}: {}", self.id, one_line(says)), body, tells: None }
    }

    pub(super) fn command(
        &self,
        says: &str,
        deed: &'static Deed,
        environment: Vec<(&'static str, Value)>,
    ) -> Resource {
        self.named(says, Body::Command { deed, environment })
    }

    fn step(&self, step: &Step) -> Vec<Resource> {
        let says = step.says();
        match step {
            Step::Edit(edit) => self.edit(edit, None, &deeds::EDIT),
            Step::Sudoers(edit) => self.edit(edit, Some(Judge::Visudo), &deeds::EDIT),
            Step::Sshd { edits, back, reload } => self.sshd(edits, back, *reload),
            Step::Kernel { key, value } => {
                let file = super::proc_file(key);
                let environment = vec![("FILE", Value::Text(file)), ("VALUE", text(value))];
                vec![self.command(&says, &deeds::SET_KERNEL, environment)]
            }
            Step::Account { name, what } => vec![accounts::resource(self, &says, name, what)],
            Step::Meta { path, owner, group, bits } => {
                let body = Body::Meta {
                    path: path.clone(),
                    owner: owner.clone(),
                    group: group.clone(),
                    bits: *bits,
                };
                let no_link = format!("follow no link at {path}");
                let file = vec![("FILE", text(path))];
                vec![self.command(&no_link, &deeds::NO_LINK, file), self.named(&says, body)]
            }
            Step::TakeAway { path, store } => vec![self.carry(&says, path, store)],
            Step::BringBack { path, store } => vec![self.carry(&says, store, path)],
            Step::Install { .. }
            | Step::Uninstall { .. }
            | Step::Upgrade { .. }
            | Step::UpgradeTo { .. }
            | Step::Downgrade { .. } => self.package(step),
            Step::Boot { unit, boot } => {
                let deed = deeds::boot(*boot);
                vec![self.command(&says, deed, vec![("UNIT", text(unit))])]
            }
            Step::Deed(act) => vec![self.command(&says, act.deed, act.environment.clone())],
            Step::Run { unit, on } => {
                vec![self.named(&says, Body::Service { unit: unit.clone(), on: *on })]
            }
        }
    }

    fn package(&self, step: &Step) -> Vec<Resource> {
        let says = step.says();
        match step {
            Step::Install { name } => {
                let fetch = format!("have the package {name} at hand");
                let present = Body::Package { name: name.clone(), present: true };
                let package = vec![("PACKAGE", text(name))];
                vec![self.command(&fetch, &deeds::FETCH, package), self.named(&says, present)]
            }
            Step::Uninstall { name, with } => {
                let alone = format!("see that nothing else goes with {name}");
                let mut agreed = with.clone();
                if !agreed.contains(name) {
                    agreed.push(name.clone());
                }
                let environment =
                    vec![("PACKAGE", text(name)), ("AGREED", Value::Text(agreed.join(" ")))];
                let absent = Body::Package { name: name.clone(), present: false };
                vec![self.command(&alone, &deeds::ALONE, environment), self.named(&says, absent)]
            }
            Step::Upgrade { manager, name, version } => {
                let environment = versioned(name, version);
                vec![self.command(&says, deeds::upgrade(*manager), environment)]
            }
            Step::UpgradeTo { manager, name, version, with } => {
                let mut environment = versioned(name, version);
                environment.push(("WITH", Value::Text(with.join(" "))));
                vec![self.command(&says, deeds::upgrade_to(*manager), environment)]
            }
            Step::Downgrade { manager, name, version, with } => {
                let mut environment = versioned(name, version);
                environment.push(("WITH", Value::Text(with.join(" "))));
                vec![self.command(&says, deeds::downgrade(*manager), environment)]
            }
            _ => Vec::new(),
        }
    }

    fn carry(&self, says: &str, from: &str, to: &str) -> Resource {
        self.command(says, &deeds::MOVE, vec![("FROM", text(from)), ("TO", text(to))])
    }

    fn edit(&self, edit: &Edit, accepted_by: Option<Judge>, deed: &'static Deed) -> Vec<Resource> {
        let says = edit.says();
        match edit {
            Edit::Write { path, content, mode } => {
                let folder = path.rsplit_once('/').map_or("/", |(folder, _)| folder);
                let file = Body::File {
                    path: path.clone(),
                    content: content.clone(),
                    mode: *mode,
                    accepted_by,
                };
                let folder_says = format!("have the folder {folder}");
                let folder = Body::Folder { path: folder.to_owned(), mode: None };
                vec![self.named(&folder_says, folder), self.named(&says, file)]
            }
            Edit::Delete { path } => vec![self.named(&says, Body::Gone { path: path.clone() })],
            _ => vec![self.command(&says, deed, self.environment(edit))],
        }
    }

    /// What the deed of an edit of lines reads.
    fn environment(&self, edit: &Edit) -> Vec<(&'static str, Value)> {
        let file = ("FILE", text(edit.path()));
        let programs = |all: &'static [&'static Program]| ("PROGRAM", Value::Programs(all));
        let mark = || ("MARK", Value::Text(format!("#holdfast {}", self.id)));
        let says = |key: &str, value: &str| [("KEY", text(key)), ("VALUE", text(value))];
        let mut all = match edit {
            Edit::Write { .. } | Edit::Delete { .. } => Vec::new(),
            Edit::Top { lines, .. } => {
                let block = ("BLOCK", Value::Text(lines.join("\n")));
                vec![programs(&[&deeds::TOP]), ("ID", text(self.id)), block]
            }
            Edit::NoTop { .. } => vec![programs(&[&deeds::TOP]), ("ID", text(self.id))],
            Edit::Line { key, value, .. } => {
                let [key, value] = says(key, value);
                vec![programs(&[&deeds::WORDS, &deeds::LINE]), mark(), key, value]
            }
            Edit::Change(change) => {
                let mut all = vec![programs(change.programs)];
                let of = |(name, value): &(&'static str, String)| (*name, text(value));
                all.extend(change.variables.iter().map(of));
                all
            }
            Edit::Silence { key, value, .. } => {
                let [key, value] = says(key, value);
                vec![programs(&[&deeds::WORDS, &deeds::SILENCE]), mark(), key, value]
            }
            Edit::Match { criteria, option, value, .. } => {
                let [key, value] = says(option, value);
                let criteria = ("CRITERIA", text(criteria));
                vec![programs(&[&deeds::WORDS, &deeds::MATCH]), mark(), key, value, criteria]
            }
            Edit::Restore { key, .. } => {
                vec![programs(&[&deeds::WORDS, &deeds::RESTORE]), mark(), ("KEY", text(key))]
            }
        };
        all.insert(0, file);
        all
    }

    /// All edits, each judged by sshd before it is put in place; then its opinion of all of them.
    fn sshd(&self, edits: &[Edit], back: &[Edit], reload: Option<SshUnit>) -> Vec<Resource> {
        let folder = Body::Folder { path: "/run/sshd".to_owned(), mode: Some(0o755) };
        let mut all = vec![self.named("have the folder without which sshd judges nothing", folder)];
        let told = reload
            .map(|unit| self.named(&format!("reload {}", unit.named()), Body::Reload { unit }));
        for edit in edits {
            let made = self.edit(edit, Some(Judge::Sshd), &deeds::EDIT_SSHD);
            all.extend(made.into_iter().map(|resource| Resource {
                tells: told.as_ref().map(|told| told.title.clone()),
                ..resource
            }));
        }
        all.push(self.take_back(back));
        all.extend(told);
        all
    }

    /// Each edit that takes one back is a line; the texts that they need come by the environment.
    fn take_back(&self, back: &[Edit]) -> Resource {
        let mut script = String::from("set -e\n");
        let mut environment: Vec<(&'static str, Value)> = Vec::new();
        for edit in back {
            match edit {
                Edit::Write { path, content, mode } => {
                    let (path, content) = (shell(path), shell(content));
                    let _ =
                        writeln!(script, "printf '%s' {content} >{path}\nchmod {mode:04o} {path}");
                }
                Edit::Delete { path } => {
                    let _ = writeln!(script, "rm -f {}", shell(path));
                }
                _ => {
                    let of_edit = self.environment(edit);
                    let words: Vec<String> = of_edit
                        .iter()
                        .filter_map(|(name, value)| match value {
                            Value::Text(text) => Some(format!("{name}={}", shell(text))),
                            Value::Programs(programs) => {
                                let variable = variable(programs);
                                let known = (variable, value.clone());
                                if !environment.contains(&known) {
                                    environment.push(known);
                                }
                                Some(format!("{name}=\"${variable}\""))
                            }
                            Value::Act(_) => None,
                        })
                        .collect();
                    let _ = writeln!(script, "{} sh -c \"$EDIT\"", words.join(" "));
                }
            }
        }
        if !environment.is_empty() {
            environment.insert(0, ("EDIT", Value::Act(&deeds::EDIT)));
        }
        script.push_str("echo 'sshd refuses its options; its files are as before' >&2\nexit 1\n");
        let says = "take it back where sshd refuses all of it together";
        self.named(says, Body::TakeBack { script, environment })
    }
}

/// The variable in which a way back finds some programs.
fn variable(programs: &[&Program]) -> &'static str {
    match programs.last().map(|program| program.name) {
        Some("line") => "LINE",
        Some("silence") => "SILENCE",
        Some("match") => "MATCH",
        Some("restore") => "RESTORE",
        _ => "TOP",
    }
}

/// The programs and deeds that some resources read, each once, in the order of their first use.
pub(super) fn used(resources: &[Resource]) -> (Vec<&'static Program>, Vec<(&'static Deed, bool)>) {
    let mut programs: Vec<&'static Program> = Vec::new();
    let mut deeds: Vec<(&'static Deed, bool)> = Vec::new();
    let mut deed = |its: &'static Deed, with_done: bool| match deeds
        .iter_mut()
        .find(|(known, _)| known.name == its.name)
    {
        Some((_, done)) => *done |= with_done,
        None => deeds.push((its, with_done)),
    };
    for resource in resources {
        let environment = match &resource.body {
            Body::Command { deed: its, environment } => {
                deed(its, true);
                environment
            }
            Body::TakeBack { environment, .. } => environment,
            _ => continue,
        };
        for (_, value) in environment {
            match value {
                Value::Text(_) => {}
                Value::Act(its) => deed(its, false),
                Value::Programs(all) => {
                    for program in *all {
                        if !programs.contains(program) {
                            programs.push(*program);
                        }
                    }
                }
            }
        }
    }
    (programs, deeds)
}
