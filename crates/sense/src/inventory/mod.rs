//! Inventories of hosts: those of Ansible (INI, YAML, and the JSON of `ansible-inventory`), nodes of
//! Puppet (a manifest, or a list as JSON), and plain files with one host on each line.
//!
//! Knows how each names hosts, groups, addresses, ports and users. Must not know whether a host is
//! there, nor what becomes of it. What cannot be read is told, and the rest is taken.

mod beside;
mod build;
mod ini;
mod puppet;
mod range;
#[cfg(test)]
mod tests;
mod tree;
mod vars;

use std::sync::Arc;

use holdfast_model::{ManagedHost, Place, Problem, Span};

use crate::text::report::MAX_PROBLEMS;
use crate::text::{Document, Mistake, extension, file_name, json, yaml};
pub use beside::{Beside, GROUP_VARS, HOST_VARS, VarsFile};
use build::Builder;

/// The largest inventory, in bytes.
pub const LARGEST: usize = 4 << 20;

/// A host of an inventory, and where it stands first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The host.
    pub host: ManagedHost,
    /// Where it is named.
    pub place: Place,
}

/// Which notation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Lines,
    Yaml,
    Json,
    Manifest,
}

/// Reads an inventory that stands alone: its hosts by name, and what could not be taken.
pub fn read(path: &str, bytes: &[u8]) -> (Vec<Listed>, Vec<Problem>) {
    read_beside(path, bytes, &mut |_, _| Vec::new())
}

/// The same, with the variables that files beside it say, where Ansible reads such ones.
pub fn read_beside(
    path: &str,
    bytes: &[u8],
    beside: &mut Beside<'_>,
) -> (Vec<Listed>, Vec<Problem>) {
    let path: Arc<str> = path.into();
    if bytes.len() > LARGEST {
        let message = format!("the inventory has more than {} MiB", LARGEST >> 20);
        let problem = Problem::at("inventory-too-many", Place::start_of(path), message);
        return (Vec::new(), vec![problem.help("divide it into several files")]);
    }
    let document = Document::open(&path, bytes);
    let mut builder = Builder::new(document.mistakes(false));
    let mut files = Vec::new();
    if document.readable() {
        let form = form(&path, document.text());
        match form {
            Form::Lines => ini::read(document.text(), &mut builder),
            Form::Manifest => puppet::read(document.text(), &mut builder),
            Form::Yaml => {
                let (documents, mistakes) = yaml::parse(document.text(), yaml::Dialect::Hand);
                builder.mistakes.extend(mistakes);
                for one in &documents {
                    tree::yaml(one, &mut builder);
                }
            }
            Form::Json => {
                let (value, mistakes) = json::parse(document.text());
                builder.mistakes.extend(mistakes);
                tree::json(&value, &mut builder);
            }
        }
        // What `ansible-inventory` lists has them already, and Puppet knows none.
        if matches!(form, Form::Lines | Form::Yaml) {
            files = beside::take(&mut builder, beside);
        }
    }
    let (hosts, mut mistakes) = builder.finish();
    mistakes.sort_by_key(|mistake| mistake.span.start);
    let hosts = hosts
        .into_iter()
        .map(|(host, span)| Listed { host, place: document.place(span.start) })
        .collect();
    let mut all = problems(&document, &mistakes);
    all.extend(files);
    (hosts, all)
}

/// The first of what is written wrongly, and whether there is more.
fn problems(document: &Document<'_>, mistakes: &[Mistake]) -> Vec<Problem> {
    let mut problems: Vec<Problem> =
        mistakes.iter().take(MAX_PROBLEMS).map(|mistake| told(document, mistake)).collect();
    if let Some(next) = mistakes.get(MAX_PROBLEMS) {
        let message =
            format!("there are more than {MAX_PROBLEMS} problems; the others are not told");
        let more = Mistake::loss("too-many-problems", next.span, message);
        problems.push(told(document, &more.help("mend the first ones, and read it again")));
    }
    problems
}

/// A problem with its place, and without the line itself: passwords stand in inventories.
fn told(document: &Document<'_>, mistake: &Mistake) -> Problem {
    Problem { excerpt: None, ..document.problem(mistake) }
}

/// By its name; where that says nothing, by how it begins.
fn form(path: &str, text: &str) -> Form {
    match extension(file_name(path)) {
        Some("yml" | "yaml") => return Form::Yaml,
        Some("json") => return Form::Json,
        Some("pp") => return Form::Manifest,
        Some("ini" | "txt") => return Form::Lines,
        _ => {}
    }
    let mut lines = text.lines().map(str::trim);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with(['#', ';']));
    let first = first.unwrap_or_default();
    let list = first.strip_prefix('[').map(str::trim_start);
    if first.starts_with('{')
        || list.is_some_and(|rest| rest.is_empty() || rest.starts_with(['"', '{']))
    {
        Form::Json
    } else if first == "---" || first.ends_with(':') {
        Form::Yaml
    } else if first.starts_with("node ") && first.contains(['\'', '"', '/', '{']) {
        Form::Manifest
    } else {
        Form::Lines
    }
}

/// The bytes of a part of a text, which must lie in it.
fn span_of(start: usize, part: &str) -> Span {
    Span { start, end: start + part.len() }
}
