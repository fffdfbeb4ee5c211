//! Unified diffs that `patch` and `git apply` accept (POSIX `diff -u`, git's quoting of paths).
//!
//! Knows two texts and a path. Must not know what changed them.

use std::fmt::Write as _;

use similar::{Algorithm, ChangeTag, DiffOp, capture_diff_slices, group_diff_ops};

/// Lines of context round each change.
const CONTEXT: usize = 3;

/// The unified diff of a file, with `a/` and `b/` before its path; empty where nothing changed.
///
/// A line ends with `\n` and with nothing else, as for git; a carriage return is part of it.
pub fn diff(path: &str, before: &str, after: &str) -> String {
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let ops = capture_diff_slices(Algorithm::Myers, &old, &new);
    let mut out = String::new();
    for hunk in group_diff_ops(ops, CONTEXT) {
        if out.is_empty() {
            header(&mut out, path);
        }
        // Writing to a string cannot fail.
        let _ = writeln!(out, "@@ -{} +{} @@", range(&hunk, true), range(&hunk, false));
        for op in &hunk {
            for change in op.iter_changes(&old, &new) {
                let sign = match change.tag() {
                    ChangeTag::Delete => '-',
                    ChangeTag::Insert => '+',
                    ChangeTag::Equal => ' ',
                };
                let line = change.value();
                let _ = write!(out, "{sign}{line}");
                if !line.ends_with('\n') {
                    out.push_str("\n\\ No newline at end of file\n");
                }
            }
        }
    }
    out
}

fn header(out: &mut String, path: &str) {
    let [old, new] = ["a", "b"].map(|side| quoted(&format!("{side}/{path}")));
    // Without this line, git takes an empty side for a file that comes or goes.
    let _ = writeln!(out, "diff --git {old} {new}");
    for (sign, name) in [("---", old), ("+++", new)] {
        // A name with a blank ends with a tab, since `patch` takes what follows for a date.
        let tab = if !name.starts_with('"') && name.contains(' ') { "\t" } else { "" };
        let _ = writeln!(out, "{sign} {name}{tab}");
    }
}

/// The first line and the count of a hunk; an empty range names the line before it.
fn range(hunk: &[DiffOp], old: bool) -> String {
    let of = |op: &DiffOp| if old { op.old_range() } else { op.new_range() };
    let start = hunk.first().map_or(0, |op| of(op).start);
    let end = hunk.last().map_or(0, |op| of(op).end);
    match end.saturating_sub(start) {
        0 => format!("{start},0"),
        1 => (start + 1).to_string(),
        count => format!("{},{count}", start + 1),
    }
}

/// A path as git writes it: in quotes with C escapes where it holds quotes, backslashes, controls
/// or anything beyond ASCII.
fn quoted(path: &str) -> String {
    let plain = |byte: u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    if path.bytes().all(plain) {
        return path.to_owned();
    }
    let mut out = String::from("\"");
    for byte in path.bytes() {
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\t' => out.push_str("\\t"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            byte if plain(byte) => out.push(char::from(byte)),
            byte => {
                let _ = write!(out, "\\{byte:03o}");
            }
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_line_with_its_neighbours() {
        let before = "a\nb\nc\nd\ne\nf\ng\nh\n";
        let after = before.replace("e\n", "E\n");
        assert_eq!(
            diff("Cargo.toml", before, &after),
            "diff --git a/Cargo.toml b/Cargo.toml\n--- a/Cargo.toml\n+++ b/Cargo.toml\n@@ -2,7 +2,7 @@\n b\n c\n d\n-e\n+E\n f\n g\n h\n"
        );
    }

    #[test]
    fn nothing_changed_is_nothing() {
        assert_eq!(diff("x", "a\n", "a\n"), "");
    }

    #[test]
    fn a_last_line_without_an_end_is_marked_on_each_side() {
        assert_eq!(
            diff("x", "a", "b\n"),
            "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n"
        );
    }

    #[test]
    fn an_empty_side_names_line_zero() {
        assert_eq!(
            diff("x", "", "b\n"),
            "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+b\n"
        );
    }

    #[test]
    fn odd_paths_are_written_as_git_writes_them() {
        assert!(diff("my file", "a\n", "b\n").contains("\n--- a/my file\t\n+++ b/my file\t\n"));
        assert_eq!(quoted("a/ä\"\t"), "\"a/\\303\\244\\\"\\t\"");
    }
}
