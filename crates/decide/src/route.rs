//! Who a path belongs to, by CODEOWNERS.
//!
//! The syntax is GitHub's ("About code owners", section CODEOWNERS syntax): gitignore patterns
//! without `!` and `[ ]`; the last line that matches a path counts; a line without owners says that
//! nobody owns it; `dir/*` covers the files of a folder and not those of its subfolders. Section
//! headers of GitLab (`[Name]`, `^[Name][2] @owner`) are skipped, the lines under them count.

use std::sync::Arc;

use holdfast_model::{Problem, Span};
use holdfast_rulefile::Source;
use holdfast_rulefile::sentence::glob_matches;

#[cfg(test)]
mod tests;

/// GitHub does not read larger files.
const MAX_BYTES: usize = 3 << 20;
/// Longer patterns name no real path.
const MAX_PATTERN: usize = 4096;

/// The lines of a CODEOWNERS file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Codeowners {
    lines: Vec<Owned>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Owned {
    /// Parts of the path; `**` stands for any number of them.
    parts: Vec<String>,
    owners: Vec<String>,
}

impl Codeowners {
    /// Reads the file; a line that its format does not know is reported and skipped, as the forge
    /// skips it.
    pub fn read(path: &Arc<str>, text: &str) -> (Self, Vec<Problem>) {
        let source = Source::new(path, text);
        if text.len() > MAX_BYTES {
            let message =
                format!("the file has {} bytes; at most {MAX_BYTES} are read", text.len());
            let help = "merge lines by using patterns";
            return (
                Self::default(),
                vec![Problem::at("rule-size", source.place(0), message).help(help)],
            );
        }
        let (mut lines, mut problems) = (Vec::new(), Vec::new());
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let before = line.len() - line.trim_start().len();
            let words = words(line);
            if let Some((pattern, owners)) = words.split_first() {
                let end = start
                    + before
                    + line.trim().split(char::is_whitespace).next().map_or(0, str::len);
                let span = Span { start: start + before, end };
                match parts(pattern) {
                    Ok(Some(parts)) => lines.push(Owned { parts, owners: owners.to_vec() }),
                    Ok(None) => {}
                    Err((message, help)) => problems
                        .push(source.problem("codeowners-pattern", span, message).help(help)),
                }
            }
            start += line.len();
        }
        (Self { lines }, problems)
    }

    /// The owners of a root-relative path as they are written; empty where nobody owns it.
    pub fn owners(&self, path: &str) -> &[String] {
        let path: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let found = self.lines.iter().rev().find(|line| covers(&line.parts, &path));
        found.map_or(&[], |line| line.owners.as_slice())
    }

    /// The first owner of a root-relative path, without `@`: `acme/payments`.
    pub fn team_for(&self, path: &str) -> Option<&str> {
        self.owners(path).first().map(|owner| owner.strip_prefix('@').unwrap_or(owner))
    }
}

/// The words of a line up to a comment; `\` keeps the space or `#` behind it in the word.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => word.extend(letters.next()),
            '#' if word.is_empty() => break,
            letter if letter.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            letter => word.push(letter),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

type Refused = (String, &'static str);

/// A pattern as parts of a path; `None` for section headers.
fn parts(pattern: &str) -> Result<Option<Vec<String>>, Refused> {
    if pattern.starts_with('[') || pattern.starts_with("^[") {
        return Ok(None);
    }
    if pattern.starts_with('!') {
        return Err(("a pattern cannot begin with `!`".to_owned(), "name what is owned instead"));
    }
    if pattern.contains('[') {
        return Err(("a pattern cannot hold `[ ]`".to_owned(), "use `*` or `?`, or several lines"));
    }
    if pattern.len() > MAX_PATTERN {
        let message = format!("a pattern is longer than {MAX_PATTERN} bytes");
        return Err((message, "use `*` to shorten it"));
    }
    let folder = pattern.ends_with('/');
    let body = pattern.trim_end_matches('/');
    let anchored = body.contains('/') || (folder && pattern.starts_with('/'));
    let mut parts: Vec<String> = Vec::new();
    if !anchored {
        parts.push("**".to_owned());
    }
    parts.extend(body.split('/').filter(|part| !part.is_empty()).map(str::to_owned));
    let files_only = body.contains('/') && parts.last().is_some_and(|last| last == "*");
    if folder {
        parts.push("*".to_owned());
    }
    if folder || !files_only {
        parts.push("**".to_owned());
    }
    Ok(Some(parts))
}

/// Whether a pattern covers a path, both in parts. As with the letters of a glob, only the last
/// `**` is ever taken back, so the time is at most the product of the lengths.
fn covers(pattern: &[String], path: &[&str]) -> bool {
    let (mut at, mut seen) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    loop {
        match (pattern.get(at).map(String::as_str), path.get(seen)) {
            (Some("**"), _) => {
                back = Some((at, seen));
                at += 1;
                continue;
            }
            (Some(part), Some(name)) if glob_matches(part, name) => {
                at += 1;
                seen += 1;
                continue;
            }
            (None, None) => return true,
            _ => {}
        }
        let Some((star, from)) = back else { return false };
        if from >= path.len() {
            return false;
        }
        back = Some((star, from + 1));
        at = star + 1;
        seen = from + 1;
    }
}
