//! The names and values of what stands in files: keys of further families, lines, whole texts.

use std::sync::Arc;

use holdfast_model::{Dialect, Resource};
use holdfast_rulefile::{Decoder, Node, Value};

use super::ensure::short;
use super::names;

/// So long may a wanted text be, in bytes.
const TEXT: usize = 8 << 10;

/// Files that are shown to people as they are, so that nothing in them is a comment.
const SHOWN_WHOLE: &[&str] = &["/etc/issue", "/etc/issue.net", "/etc/motd"];

/// A key as its family of files writes it.
pub(super) fn key(dialect: Dialect, name: &str) -> Result<(), &'static str> {
    let all = |good: fn(char) -> bool| !name.is_empty() && name.chars().all(good);
    let (good, help) = match dialect {
        Dialect::Auditd | Dialect::Pwquality => (
            all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'),
            "write it in lower case, such as `max_log_file_action` or `minlen`",
        ),
        Dialect::AuditRules => (
            names::path(name).is_ok() && !name.contains(char::is_whitespace),
            "write the path that is watched, such as `/usr/bin/dockerd`",
        ),
        Dialect::Journald | Dialect::Coredump | Dialect::Resolved => (
            name.starts_with(|c: char| c.is_ascii_uppercase())
                && all(|c| c.is_ascii_alphanumeric()),
            "write it as its manual does, such as `Storage`",
        ),
        Dialect::Useradd => (
            all(|c| c.is_ascii_uppercase() || c == '_'),
            "write it in upper case, such as `INACTIVE`",
        ),
        Dialect::Docker | Dialect::Kubelet => (
            all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
                && name.split('.').all(|part| !part.is_empty()),
            "write the names of its members with dots between them, such as `log-opts.max-size`",
        ),
        Dialect::Profile => (
            name.starts_with(|c: char| !c.is_ascii_digit())
                && all(|c| c.is_ascii_alphanumeric() || c == '_'),
            "write a variable, such as `PATH`, or `umask`",
        ),
        Dialect::Cpuinfo => (
            all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'),
            "write a flag of processors, such as `nx`",
        ),
        Dialect::CpuFlaws => (name == "*", "write `*`, which means each flaw"),
        _ => (true, ""),
    };
    if good { Ok(()) } else { Err(help) }
}

/// `LINE in /etc/cron.allow`: the words of a line, and the file.
pub(super) fn line(name: &str) -> Result<Resource, (String, String)> {
    let Some((line, path)) = name.rsplit_once(" in ") else {
        let message = format!("`{}` does not say in which file", short(name));
        return Err((message, "write `line LINE in /etc/cron.allow`".to_owned()));
    };
    let path = path.trim();
    if let Err(help) = names::path(path) {
        return Err((format!("`{}` is no absolute path", short(path)), help.to_owned()));
    }
    if SHOWN_WHOLE.contains(&path) {
        let message = format!("all of `{path}` is shown, also what looks like a comment");
        return Err((message, format!("write `text {path}`")));
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    let line = words.join(" ");
    if line.is_empty() || line.starts_with(['#', ';']) || line.chars().any(char::is_control) {
        let message = format!("`{}` is no line that anything reads", short(&line));
        return Err((message, "write the line as it stands in the file".to_owned()));
    }
    Ok(Resource::Line { path: path.into(), line: line.into() })
}

/// Whether a key is wanted to have no value.
pub(super) fn is_absent(node: &Node) -> bool {
    matches!(&node.value, Value::Text { text, .. } if text == "absent")
}

/// Whether somebody wrote down nothing, in quotes.
pub(super) fn is_nothing(node: &Node) -> bool {
    matches!(&node.value, Value::Text { text, quoted: true } if text.is_empty())
}

/// A whole text, in lines that all end.
pub(crate) fn text(decoder: &mut Decoder<'_>, node: &Node) -> Option<Arc<str>> {
    if is_nothing(node) {
        return Some("".into());
    }
    let text = decoder.text(node)?;
    let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if text.chars().any(odd) || text.len() > TEXT {
        let help = "write at most 8 KiB of text, in lines";
        decoder.refuse("control-value", node, "this is no text of a file", help);
        return None;
    }
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    Some(format!("{text}{end}").into())
}
