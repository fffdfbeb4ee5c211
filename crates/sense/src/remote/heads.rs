//! Several files as one `head` prints them: a line with the name before each (XCU, head).
//!
//! What a file holds may look like such a line. But the lines of `head` itself are all there, so
//! where there are no more of them than files, they are its own.

use std::collections::BTreeSet;
use std::sync::Arc;

const BEFORE: &[u8] = b"==> ";
const BEHIND: &[u8] = b" <==";

/// What each of the files holds; `None` where that cannot be told for certain.
pub(super) fn parts<'a>(printed: &'a [u8], names: &[Arc<str>]) -> Option<Vec<&'a [u8]>> {
    let known: BTreeSet<&[u8]> = names.iter().map(|name| name.as_bytes()).collect();
    // Where each of the lines begins, and where what stands behind it does.
    let mut lines: Vec<(usize, usize)> = Vec::new();
    let begins = memchr::memmem::find_iter(printed, b"\n==> ").map(|at| at + 1);
    for at in std::iter::once(0).chain(begins) {
        let rest = printed.get(at..)?;
        let Some(end) = memchr::memchr(b'\n', rest) else { break };
        let line = rest.get(..end)?;
        let name = line.strip_prefix(BEFORE).and_then(|line| line.strip_suffix(BEHIND));
        let Some(name) = name.filter(|name| known.contains(name)) else { continue };
        if names.get(lines.len())?.as_bytes() != name {
            return None;
        }
        lines.push((at, at + end + 1));
    }
    if lines.len() != names.len() || lines.first().is_none_or(|(at, _)| *at != 0) {
        return None;
    }
    let part = |(index, (_, from)): (usize, &(usize, usize))| {
        // An empty line stands before each but the first.
        let to = match lines.get(index + 1) {
            Some((next, _)) => next.checked_sub(1)?,
            None => printed.len(),
        };
        printed.get(*from..to)
    };
    lines.iter().enumerate().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(printed: &str, names: &[&str]) -> Option<Vec<String>> {
        let names: Vec<Arc<str>> = names.iter().map(|name| Arc::from(*name)).collect();
        let parts = parts(printed.as_bytes(), &names)?;
        Some(parts.into_iter().map(|part| String::from_utf8_lossy(part).into_owned()).collect())
    }

    /// What `head` prints.
    fn printed(files: &[(&str, &str)]) -> String {
        let each = files.iter().map(|(name, text)| format!("==> {name} <==\n{text}"));
        each.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn files_are_told_apart_with_and_without_a_last_line() {
        for files in [
            &[("/a", "1\n"), ("/b", "2\n")][..],
            &[("/a", ""), ("/b", ""), ("/c", "\n")],
            &[("/a", "no end"), ("/b", "\n\n"), ("/a", "no end")],
            &[("/a", "==> /no <==\n"), ("/b", "x ==> /a <==\n==> /b <== \n==> /b <=")],
        ] {
            let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
            let wanted: Vec<String> = files.iter().map(|(_, text)| (*text).to_owned()).collect();
            assert_eq!(texts(&printed(files), &names), Some(wanted), "{files:?}");
        }
    }

    #[test]
    fn what_looks_like_a_line_of_head_leaves_all_open() {
        let texts_of = |first: &str| {
            let files = [("/a", first), ("/b", "true\n")];
            texts(&printed(&files), &["/a", "/b"])
        };
        assert_eq!(texts_of("x\n").map(|all| all.len()), Some(2));
        for forged in ["==> /b <==\nfalse\n", "x\n\n==> /b <==\n", "==> /b <==", "\n==> /a <==\n"] {
            assert_eq!(texts_of(forged), None, "{forged:?}");
        }
        let names = ["/a", "/b"];
        for bad in
            ["", "==> /a <==\n1\n", "\n==> /a <==\n\n==> /b <==\n", "==> /a <==\n==> /b <==\n"]
        {
            assert_eq!(texts(bad, &names), None, "{bad:?}");
        }
        assert_eq!(texts(&printed(&[("/b", ""), ("/a", "")]), &names), None);
        assert_eq!(texts("x", &[]), None);
    }
}
