//! The variables that stand in folders beside an inventory of Ansible: `group_vars/NAME` and
//! `host_vars/NAME`, each a file of YAML or JSON, or a folder of such ones.

use std::sync::Arc;

use holdfast_model::{Problem, Span};

use super::build::{Builder, Vars};
use super::{problems, tree};
use crate::text::report::MAX_PROBLEMS;
use crate::text::{Document, extension, file_name, json, yaml};

/// The folder that says something of groups.
pub const GROUP_VARS: &str = "group_vars";
/// The folder that says something of hosts.
pub const HOST_VARS: &str = "host_vars";
/// How a file begins that Ansible encrypted.
const ENCRYPTED: &[u8] = b"$ANSIBLE_VAULT";

/// A file of variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VarsFile {
    /// As people would name it.
    pub path: String,
    /// What stands in it.
    pub bytes: Vec<u8>,
}

/// Gives the files of a folder, which is [`GROUP_VARS`] or [`HOST_VARS`], that are for a name: what
/// a later one says counts.
pub type Beside<'b> = dyn FnMut(&str, &str) -> Vec<VarsFile> + 'b;

/// Takes what they say of every group and host that is known, and tells what could not be taken.
pub(super) fn take(builder: &mut Builder, beside: &mut Beside<'_>) -> Vec<Problem> {
    let mut told = Vec::new();
    for (name, span) in builder.all_groups() {
        for file in beside(GROUP_VARS, &name) {
            builder.files_of_group(&name, &variables(&file, span, &mut told));
        }
    }
    for (name, span) in builder.all_hosts() {
        for file in beside(HOST_VARS, &name) {
            builder.files_of_host(&name, &variables(&file, span, &mut told));
        }
    }
    if told.len() > MAX_PROBLEMS {
        told.truncate(MAX_PROBLEMS);
        let message =
            format!("there are more than {MAX_PROBLEMS} problems; the others are not told");
        let more = Problem::new("too-many-problems", message);
        told.push(more.help("mend the first ones, and read it again"));
    }
    told
}

/// The variables of a file for what is named at a place of the inventory.
fn variables(file: &VarsFile, span: Span, told: &mut Vec<Problem>) -> Vars {
    let mut vars = Vars::default();
    let path: Arc<str> = file.path.as_str().into();
    let document = Document::open(&path, &file.bytes);
    if file.bytes.starts_with(ENCRYPTED) {
        let message =
            "this file is encrypted: what it says of addresses, ports and users is not known";
        let help = "write ansible_host, ansible_port and ansible_user into a file that is not";
        told.push(Problem::at("inventory-line", document.place(0), message).help(help));
        return vars;
    }
    let mut mistakes = document.mistakes(false);
    if document.readable() {
        let (values, wrong) = if extension(file_name(&path)) == Some("json") {
            let (value, wrong) = json::parse(document.text());
            (vec![value], wrong)
        } else {
            yaml::parse(document.text(), yaml::Dialect::Hand)
        };
        mistakes.extend(wrong);
        for value in &values {
            mistakes.extend(tree::variables(value, &path, span, &mut vars));
        }
    }
    mistakes.sort_by_key(|mistake| mistake.span.start);
    told.extend(problems(&document, &mistakes));
    vars
}
