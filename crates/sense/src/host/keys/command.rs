//! The command that a unit of systemd runs, systemd.service(5), with what files of variables put
//! into it.
//!
//! Knows words; must not know what they mean to the program.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Family, Held, systemd};

/// The words behind the program, each with its place, or that of the variable it comes from. `None`
/// where there is no such unit, or it runs nothing.
pub(super) fn words(family: &mut Family<'_>, unit: &str) -> Option<Vec<Held>> {
    systemd::unit(family, unit, "Service");
    let said = std::mem::take(&mut family.values);
    let start = family.start.clone();
    let mut variables = BTreeMap::new();
    let files = said.get("EnvironmentFile").map_or("", |held| held.value.as_str());
    for path in files.lines() {
        variables.extend(environment(family, path));
    }
    // What is not said is said at the place of the unit, not at that of its variables.
    family.start = start;
    let command = said.get("ExecStart")?;
    let mut words: Vec<Held> = Vec::new();
    for word in command.value.split_whitespace().skip(1) {
        match word.strip_prefix('$') {
            Some(name) => {
                let said = variables.get(name.trim_matches(['{', '}']));
                words.extend(said.into_iter().flat_map(split));
            }
            None => words.push(Held { value: bare(word), place: command.place.clone() }),
        }
    }
    Some(words)
}

/// The words of a variable of a file of assignments, where that is read without systemd.
pub(super) fn variable(family: &mut Family<'_>, path: &str, name: &str) -> Vec<Held> {
    environment(family, path).get(name).map(split).unwrap_or_default()
}

fn split(held: &Held) -> Vec<Held> {
    let words = held.value.split_whitespace();
    words.map(|word| Held { value: bare(word), place: held.place.clone() }).collect()
}

/// A word without the quotes around it.
fn bare(word: &str) -> String {
    word.trim_matches(['"', '\'']).to_owned()
}

/// The variables of a file of assignments, systemd.exec(5); one that is not there says nothing.
fn environment(family: &mut Family<'_>, path: &str) -> BTreeMap<String, Held> {
    let path: Arc<str> = path.trim_start_matches('-').into();
    let mut out = BTreeMap::new();
    family.each_line(&path, |_, document, line, at| {
        let text = line.trim();
        if let Some((name, value)) = text.split_once('=').filter(|_| !text.starts_with(['#', ';']))
        {
            let place = document.place(at + (line.len() - line.trim_start().len()));
            out.insert(name.trim().to_owned(), Held { value: bare(value.trim()), place });
        }
    });
    out
}
