//! The page of a control: what its file says, what is checked in words, and what each tool does
//! where one of its examples fails.
//!
//! Knows what a page holds, in the few marks that topics use. Must not know how it is shown.

use std::sync::Arc;

use holdfast_model::Tool;
use holdfast_posture::explain::{Check, Explained, Mended, Named};
use holdfast_posture::render::TOOLS;
use holdfast_posture::{
    BuiltIn, Control, Manual, Settings, built_in, is_manual, read_manual_with, read_with,
};

use super::{Topic, code};
use crate::gather::Tree;
use crate::{baselines, controls};

/// Every control that came along with its whole page, by its file.
pub fn control_pages() -> Vec<Topic> {
    let none = Settings::default();
    let page = |control: &BuiltIn| page(&control.path.into(), control.text, &none);
    built_in().iter().filter_map(page).collect()
}

/// Puts the whole page of a control in place of its first words.
pub(super) fn in_full(topics: &mut [Topic], id: &str, tree: &dyn Tree) {
    for topic in topics.iter_mut().filter(|topic| topic.kind == "control" && topic.id == id) {
        let path: Arc<str> = topic.file.as_str().into();
        let came_along = built_in().iter().find(|control| *control.path == *path);
        let whole = if let Some(control) = came_along {
            page(&path, control.text, &Settings::default())
        } else {
            let settings = baselines::settings_of(&baselines::files(Some(tree), None));
            let own = controls::own(tree).files;
            let found = own.iter().find(|(known, _)| *known == path);
            found.and_then(|(_, text)| page(&path, text, &settings))
        };
        if let Some(whole) = whole {
            *topic = whole;
        }
    }
}

/// The page of a control that its file holds; `None` where that cannot be used.
fn page(path: &Arc<str>, text: &str, settings: &Settings) -> Option<Topic> {
    let (control, question) = if is_manual(text) {
        let manual = read_manual_with(path, text, settings).0?;
        let question = asked(&manual);
        (manual.control, Some(question))
    } else {
        (read_with(path, text, settings).0?, None)
    };
    let explained = holdfast_posture::explain(&control);
    let mut paragraphs = vec![control.title.clone(), control.why.clone(), facts(&control)];
    paragraphs.extend(applies(&control, &explained));
    paragraphs.extend(question.unwrap_or_else(|| judged(&control, &explained, text)));
    Some(Topic {
        kind: "control",
        id: control.id.to_string(),
        text: paragraphs.join("\n\n"),
        file: path.to_string(),
    })
}

/// How soon, and its numbers elsewhere.
fn facts(control: &Control) -> String {
    let refs = control.refs.iter().map(|(list, ids)| format!("- {list}: {}", ids.join(", ")));
    let soon = format!("- how soon: {}", control.severity.word());
    std::iter::once(soon).chain(refs).collect::<Vec<_>>().join("\n")
}

fn applies(control: &Control, explained: &Explained) -> Vec<String> {
    let mut parts = vec!["## Where it applies".to_owned()];
    if let Some(when) = &control.when {
        parts.push(format!("Where `{when}`:"));
        parts.push(list(&explained.asks));
    } else {
        parts.push("Everywhere.".to_owned());
    }
    if !explained.settings.is_empty() {
        parts.push("Settings that it knows, in `[host.settings]` of `holdfast.toml`:".to_owned());
        parts.push(list(&explained.settings));
    }
    parts
}

fn list(all: &[Named]) -> String {
    let lines = all.iter().map(|one| format!("- `{}`: {}", one.name, one.says));
    lines.collect::<Vec<_>>().join("\n")
}

/// Of a control that only a person can answer.
fn asked(manual: &Manual) -> Vec<String> {
    let id = &manual.control.id;
    vec![
        "## What is asked".to_owned(),
        manual.ask.clone(),
        format!("Only a person can tell. An answer counts for at most {} days:", manual.days),
        code("text", &format!("holdfast attest {id} --for HOST --until DATE --because TEXT")),
    ]
}

/// Of a control that is judged by what is seen.
fn judged(control: &Control, explained: &Explained, text: &str) -> Vec<String> {
    let checks = explained.checks.iter().map(check).collect::<Vec<_>>().join("\n");
    let mut parts = vec!["## What is checked".to_owned(), checks];
    parts.extend(part(text, "ensure").map(|part| code("yaml", &part)));
    parts.extend(risk(control, explained.mended.as_ref()));
    parts.extend(fix(control, explained));
    if let Some(examples) = part(text, "tests") {
        parts.push("## Examples".to_owned());
        parts.push(code("yaml", &examples));
    }
    parts
}

fn check(check: &Check) -> String {
    let Check { subject, wanted, also } = check;
    // Values stand as files have them, unless something in them is quoted by itself.
    let wanted = if wanted.contains('`') { wanted.clone() } else { format!("`{wanted}`") };
    let also = if also.is_empty() { String::new() } else { format!(", {also}") };
    format!("- `{subject}`: {wanted}{also}")
}

fn risk(control: &Control, mended: Option<&Mended>) -> Vec<String> {
    let risk = &control.risk;
    let breaks = match risk.breaks.as_slice() {
        [] => "nothing that is known".to_owned(),
        all => all.join("; "),
    };
    let lockout = match (risk.lockout, mended.is_some_and(|mended| mended.is_prechecked)) {
        (true, true) => {
            "yes; somebody else has to be able to get in first, and an undo waits on the host \
             until it is confirmed"
        }
        (true, false) => "yes; an undo waits on the host until it is confirmed",
        (false, _) => "no",
    };
    let reboot = if risk.reboot { "yes" } else { "no" };
    let restart = mended.filter(|mended| !mended.with.is_empty()).map(|mended| &mended.restart);
    let mut lines = vec![
        format!("- may break: {breaks}"),
        format!("- people may lock themselves out: {lockout}"),
        format!("- takes effect only after a restart of the host: {reboot}"),
        format!("- interrupted meanwhile: {}", risk.interruption),
        format!("- slower from then on: {}", risk.slowdown),
    ];
    lines.extend(restart.map(|restart| format!("- restarted or read anew below: {restart}")));
    vec!["## What mending it may cost".to_owned(), lines.join("\n")]
}

/// What each tool does where an example fails, or why none does.
fn fix(control: &Control, explained: &Explained) -> Vec<String> {
    let mut parts = vec!["## What mends it".to_owned()];
    let by_tools = explained.mended.as_ref().filter(|mended| !mended.with.is_empty());
    if let Some(mended) = by_tools {
        parts.push(format!(
            "Where the example on line {} fails ({}). `holdfast fix {} --as TOOL` writes it for a \
             host as it is found there, with `--apply` as a plan that also holds what takes it back.",
            mended.example.line,
            mended.wrong.join("; "),
            control.id
        ));
    } else {
        parts.push("No tool does: it is for people to do.".to_owned());
    }
    parts.extend(by_tools.map(tools).into_iter().flatten());
    if !explained.by_hand.is_empty() {
        if by_tools.is_some() {
            parts.push("### By hand".to_owned());
        }
        let lines = explained.by_hand.iter().map(|line| format!("- {line}"));
        parts.push(lines.collect::<Vec<_>>().join("\n"));
    }
    parts
}

/// What each tool is given.
pub(super) fn tools(mended: &Mended) -> Vec<String> {
    let mut parts = Vec::new();
    for (tool, text) in &mended.with {
        let (title, language) = written(*tool);
        parts.push(format!("### {title}"));
        if *tool == Tool::Shell {
            parts.push("The functions that it calls stand above this in the script.".to_owned());
        }
        parts.push(code(language, text));
    }
    parts
}

/// What a tool is given, and the language of that as Markdown names it.
fn written(tool: Tool) -> (&'static str, &'static str) {
    let title = TOOLS.iter().find(|about| about.id == tool.word()).map_or("", |about| about.title);
    let language = match tool {
        Tool::Shell => "sh",
        Tool::Ansible => "yaml",
        Tool::Puppet => "puppet",
        Tool::Chef => "ruby",
    };
    (title, language)
}

/// What stands in a file under a key of its first level, with the key, as it is written there; `None`
/// where the key is not written plainly.
pub(super) fn part(text: &str, key: &str) -> Option<String> {
    let is_key = |line: &&str| line.strip_prefix(key).is_some_and(|rest| rest.starts_with(':'));
    let next = |line: &&str| {
        line.starts_with(|first: char| first.is_alphanumeric() || matches!(first, '"' | '\''))
    };
    let mut lines = text.lines().skip_while(|line| !is_key(line));
    let first = lines.next()?;
    let mut part: Vec<&str> = vec![first];
    part.extend(lines.take_while(|line| !next(line)));
    // What is said above the next key is about that one.
    while part.last().is_some_and(|line| line.trim().is_empty() || line.starts_with('#')) {
        part.pop();
    }
    Some(part.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_ends_where_the_next_begins() {
        let text = "id: a\nensure:\n  - sysctl a: 1\n\n  # why\n  - sysctl b: 2\n# of the next\n\
                    risk: {}\nfix:\n- x\ntests:\n  pass:\n    - a\n\n";
        let ensure = "ensure:\n  - sysctl a: 1\n\n  # why\n  - sysctl b: 2";
        assert_eq!(part(text, "ensure").as_deref(), Some(ensure));
        assert_eq!(part(text, "fix").as_deref(), Some("fix:\n- x"));
        assert_eq!(part(text, "tests").as_deref(), Some("tests:\n  pass:\n    - a"));
        assert_eq!(part(text, "test"), None);
        assert_eq!(part("", "tests"), None);
    }
}
