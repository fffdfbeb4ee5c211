//! The page of a noun: when a line of it holds, who mends it, what each tool does for a control that is
//! made of such lines, and which controls speak of it.
//!
//! Knows what a page holds, in the few marks that topics use. Must not know how it is shown.

use holdfast_posture::{Noun, built_in, is_manual};

use super::controls::{part, tools};
use super::{Topic, code};

/// A built-in control, as far as nouns are concerned.
struct Speaking {
    id: String,
    title: String,
    path: &'static str,
    text: &'static str,
    /// The nouns of its lines, those within `any of` too.
    nouns: Vec<&'static str>,
}

/// Every noun with its whole page.
pub fn noun_pages() -> Vec<Topic> {
    let controls = speaking();
    holdfast_posture::NOUNS.iter().map(|noun| page(noun, &controls)).collect()
}

/// Puts the whole page of a noun in place of its first words.
pub(super) fn in_full(topics: &mut [Topic], id: &str) {
    for topic in topics.iter_mut().filter(|topic| topic.kind == "noun" && topic.id == id) {
        if let Some(noun) = holdfast_posture::NOUNS.iter().find(|noun| noun.word == id) {
            *topic = page(noun, &speaking());
        }
    }
}

/// A noun in its first words: when a line of it holds, one line, and how it is fixed.
pub(super) fn short(noun: &Noun) -> Topic {
    topic(noun, format!("{}\n\nA line: `- {}`\n\n{}", noun.says, noun.example, noun.fix))
}

fn topic(noun: &Noun, text: String) -> Topic {
    let file = "rules/control/README.md".to_owned();
    Topic { kind: "noun", id: noun.word.to_owned(), text, file }
}

fn page(noun: &Noun, controls: &[Speaking]) -> Topic {
    let speak: Vec<&Speaking> =
        controls.iter().filter(|control| control.nouns.contains(&noun.word)).collect();
    let mut parts = vec![
        noun.says.to_owned(),
        code("yaml", &format!("ensure:\n  - {}", noun.example)),
        "## What mends it".to_owned(),
        noun.fix.to_owned(),
    ];
    let alone = |control: &&&Speaking| control.nouns.iter().all(|word| *word == noun.word);
    parts.extend(
        speak.iter().filter(alone).find_map(|control| mended(control)).into_iter().flatten(),
    );
    parts.push("## Controls that speak of it".to_owned());
    if speak.is_empty() {
        parts.push("None that came along: it is there for yours.".to_owned());
    } else {
        let lines = speak.iter().map(|control| format!("- `{}`: {}", control.id, control.title));
        parts.push(lines.collect::<Vec<_>>().join("\n"));
    }
    topic(noun, parts.join("\n\n"))
}

/// What each tool does where an example of a control fails; `None` where no tool does anything.
fn mended(control: &Speaking) -> Option<Vec<String>> {
    let (read, _) = holdfast_posture::read(&control.path.into(), control.text);
    let explained = holdfast_posture::explain(&read?);
    let mended = explained.mended.filter(|mended| !mended.with.is_empty())?;
    let mut parts = vec![format!(
        "Where an example of `{}` fails ({}), for instance:",
        control.id,
        mended.wrong.join("; ")
    )];
    parts.extend(tools(&mended));
    Some(parts)
}

/// The built-in controls that are judged by what is seen, with their nouns.
fn speaking() -> Vec<Speaking> {
    built_in().iter().filter(|control| !is_manual(control.text)).filter_map(speaks).collect()
}

fn speaks(control: &holdfast_posture::BuiltIn) -> Option<Speaking> {
    let (read, _) = holdfast_posture::read_built_in(control);
    let read = read?;
    let ensure = part(control.text, "ensure")?;
    let words = holdfast_posture::NOUNS.iter().map(|noun| noun.word);
    let begins = |line: &str, word: &str| {
        let line = line.trim_start_matches(|c: char| c.is_whitespace() || "-[{".contains(c));
        line.strip_prefix(word).is_some_and(|rest| rest.starts_with(' '))
    };
    // A line within `any of` stands behind its brackets.
    let speaks_of = |word: &&'static str| {
        let lines = ensure.lines().filter(|line| !line.trim_start().starts_with('#'));
        lines.flat_map(|line| line.split(['[', ',', '{'])).any(|line| begins(line, word))
    };
    Some(Speaking {
        id: read.id.to_string(),
        title: read.title,
        path: control.path,
        text: control.text,
        nouns: words.filter(speaks_of).collect(),
    })
}
