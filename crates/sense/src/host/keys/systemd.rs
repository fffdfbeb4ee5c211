//! The configuration of systemd's own services, journald.conf(5) and its like: one main file, and
//! drop-ins of five folders that are read after it by their names.
//!
//! Knows sections and folders; must not know which keys there are.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_model::Span;

use super::{Family, Held, shown};
use crate::text::{Document, Mistake, extension, file_name};

/// In order of precedence: a drop-in takes the place of every later one of its name.
const FOLDERS: [&str; 5] =
    ["/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd", "/lib/systemd"];

/// What adds up over several lines, of all that units are asked for, systemd.exec(5) and
/// systemd.socket(5).
const LISTS: [&str; 5] =
    ["Environment", "EnvironmentFile", "ListenStream", "PassEnvironment", "UnsetEnvironment"];

/// Reads the first main file that is there, and then each drop-in; a later line replaces an earlier
/// one, and an empty value takes back what was said before.
pub(super) fn read(family: &mut Family<'_>, name: &str, section: &str) {
    let main = FOLDERS.map(|folder| format!("{folder}/{name}.conf"));
    all(family, &main, section);
}

/// Reads the same of a unit, systemd.unit(5).
pub(super) fn unit(family: &mut Family<'_>, name: &str, section: &str) {
    let main = FOLDERS.map(|folder| format!("{folder}/system/{name}"));
    all(family, &main, section);
}

/// Reads what stands at the first of these paths, and the drop-ins of all of them.
fn all(family: &mut Family<'_>, mains: &[String], section: &str) {
    let mut files: Vec<Arc<str>> = Vec::new();
    for main in mains {
        let (file, there) = family.end_of(main);
        files.extend(file);
        if there {
            break;
        }
    }
    let folders: Vec<String> = mains.iter().map(|main| format!("{main}.d")).collect();
    let mut names: BTreeSet<String> = BTreeSet::new();
    for folder in &folders {
        let takes = |name: &str| !name.starts_with('.') && extension(name) == Some("conf");
        let found = family.folder(folder, takes);
        names.extend(found.iter().map(|path| file_name(path).to_owned()));
    }
    for name in names {
        // A list of a folder may leave out links that lead to no file, so each folder is asked.
        for folder in &folders {
            let (file, there) = family.end_of(&format!("{folder}/{name}"));
            files.extend(file);
            if there {
                break;
            }
        }
    }
    for file in files {
        one(family, &file, section);
    }
}

fn one(family: &mut Family<'_>, path: &Arc<str>, section: &str) {
    // The section that is being read, and a line that goes on in the next.
    let mut inside: Option<bool> = None;
    let mut begun: Option<(String, usize)> = None;
    family.each_line(path, |family, document, line, at| {
        let body = line.trim();
        if body.starts_with(['#', ';']) || (body.is_empty() && begun.is_none()) {
            return;
        }
        let start = at + (line.len() - line.trim_start().len());
        let (mut whole, start) = match begun.take() {
            Some((before, start)) => (format!("{before} {body}"), start),
            None => (body.to_owned(), start),
        };
        // At the end of the file there is nothing to go on with.
        let last = at + line.len() + 1 >= document.text().len();
        if whole.ends_with('\\') {
            whole.pop();
        }
        if line.trim_end().ends_with('\\') && !last {
            begun = Some((whole.trim_end().to_owned(), start));
            return;
        }
        if let Some(name) = whole.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            inside = Some(name == section);
            return;
        }
        let span = Span { start, end: at + line.trim_end().len() };
        assignment(family, document, &whole, span, inside);
    });
}

fn assignment(
    family: &mut Family<'_>,
    document: &Document<'_>,
    line: &str,
    span: Span,
    inside: Option<bool>,
) {
    let Some((key, value)) = line.split_once('=') else {
        let message = format!("systemd passes over `{}`", shown(line));
        let mistake = Mistake::slip("conf-line", span, message);
        return family.tell(document, &mistake.help("write `Key=value`, or a section in brackets"));
    };
    match inside {
        Some(true) => {
            let (key, value) = (key.trim().to_owned(), value.trim().to_owned());
            if LISTS.contains(&key.as_str()) {
                let list = family.lists.entry(key).or_default();
                if value.is_empty() {
                    list.clear();
                } else {
                    list.push(Held { value, place: document.place(span.start) });
                }
            } else if value.is_empty() {
                family.values.remove(&key);
            } else {
                family.hold(key, value, document.place(span.start));
            }
        }
        Some(false) => {}
        None => {
            let message = "systemd passes over what stands before the first section";
            let mistake = Mistake::slip("conf-outside-section", span, message);
            family.tell(document, &mistake.help("write the section above, such as `[Journal]`"));
        }
    }
}
