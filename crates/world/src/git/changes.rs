//! Which commits of a branch changed files of some names.
//!
//! Knows `git log --raw -z`, see git-log(1) and git-diff(1), "raw output format".

use std::path::Path;

use holdfast_model::{Problem, Timestamp};

use super::real::{failed, is_object, object};
use super::{Change, ChangedFile, Changes, RealGit};

/// What stands before each commit of the answer; no path and no header of git begins so.
const MARK: u8 = 1;

impl RealGit {
    pub(super) fn log(
        &self,
        root: &Path,
        tip: &str,
        names: &[&str],
        most: usize,
    ) -> Result<Changes, Problem> {
        let count = format!("--max-count={}", most.saturating_add(1));
        let mut args = vec![
            "log",
            // What a merge brought counts once, where it was merged.
            "--first-parent",
            "-m",
            "--raw",
            "-z",
            "--no-abbrev",
            "--no-renames",
            "--no-ext-diff",
            // Would ask gpg.
            "--no-show-signature",
            "--no-notes",
            "--format=%x01%H %ct",
            count.as_str(),
            object(tip)?,
            "--",
        ];
        let paths: Vec<String> = names.iter().map(|name| format!(":(top,glob)**/{name}")).collect();
        args.extend(paths.iter().map(String::as_str));
        let output = self.ask(root, &[], &args)?;
        if !output.succeeded() {
            return Err(failed(&output));
        }
        let mut list = parse(&output.stdout);
        let cut = list.len() > most;
        list.truncate(most);
        Ok(Changes { list, cut })
    }
}

/// `\x01 commit SP seconds NUL`, then for each file `LF : modes objects status NUL path NUL`.
fn parse(answer: &[u8]) -> Vec<Change> {
    let mut list: Vec<Change> = Vec::new();
    let mut fields = answer.split(|byte| *byte == 0);
    while let Some(field) = fields.next() {
        let text = String::from_utf8_lossy(field.trim_ascii_start());
        if field.first() == Some(&MARK) {
            let head = text.trim_start_matches('\u{1}');
            let Some((commit, seconds)) = head.split_once(' ') else { continue };
            let seconds: i64 = seconds.trim().parse().unwrap_or_default();
            let at = Timestamp(seconds.saturating_mul(1000));
            list.push(Change { commit: commit.into(), at, files: Vec::new() });
            continue;
        }
        let Some(entry) = text.strip_prefix(':') else { continue };
        let path = fields.next().map(std::str::from_utf8);
        let mut words = entry.split(' ').skip(1);
        let (mode, new) = (words.next(), words.nth(1));
        let (Some(change), Some(Ok(path)), Some(mode), Some(new)) =
            (list.last_mut(), path, mode, new)
        else {
            continue;
        };
        // Links and submodules have no content of their own here.
        let file = mode.starts_with("100") && is_object(new);
        change.files.push(ChangedFile { path: path.into(), oid: file.then(|| new.into()) });
    }
    list.retain(|change| !change.files.is_empty());
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_taken_apart() {
        let (one, two) = ("a".repeat(40), "b".repeat(40));
        let none = "0".repeat(40);
        let answer = format!(
            "\u{1}{one} 1700000000\0\n:100644 100644 {one} {two} M\0Cargo.lock\0:100644 000000 \
             {two} {none} D\0a/Cargo.lock\0\u{1}{two} 1600000000\0\n:000000 100644 {none} {one} A\0\
             Cargo.lock\0"
        );
        let list = parse(answer.as_bytes());
        assert_eq!(list.len(), 2);
        assert_eq!((&*list[0].commit, list[0].at), (&*one, Timestamp(1_700_000_000_000)));
        let files: Vec<_> =
            list[0].files.iter().map(|file| (&*file.path, file.oid.as_deref())).collect();
        assert_eq!(files, [("Cargo.lock", Some(two.as_str())), ("a/Cargo.lock", None)]);
        assert_eq!(list[1].files[0].oid.as_deref(), Some(one.as_str()));
        assert_eq!(parse(b"anything else"), []);
    }
}
