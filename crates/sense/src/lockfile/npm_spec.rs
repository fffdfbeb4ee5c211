//! What stands behind a name in npm's manifests: a range, an alias, or an address.
//!
//! Knows npm's notation (npm-package-arg, node-semver ranges); must not know files.

/// How a specification is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spec<'a> {
    /// A version range.
    Range,
    /// `npm:name@range`; `range` is the end of the text.
    Alias {
        /// The package's own name.
        name: &'a str,
        /// Empty where none is written.
        range: &'a str,
    },
    /// A git address.
    Git,
    /// An archive at an address, or a file.
    Archive,
    /// A folder, or another package of the workspace.
    Tree,
    /// A tag such as `latest`, or something else that names no version.
    Tag,
}

/// Schemes by which npm and its kin reach into the tree.
const TREE: [&str; 5] = ["link:", "portal:", "workspace:", "./", "../"];
/// Schemes of version control.
const GIT: [&str; 8] =
    ["git+", "git:", "git@", "ssh:", "github:", "gitlab:", "bitbucket:", "gist:"];

/// Reads a specification.
pub(super) fn spec(text: &str) -> Spec<'_> {
    if let Some(alias) = text.strip_prefix("npm:") {
        let (name, range) = split_name(alias);
        return Spec::Alias { name, range };
    }
    if GIT.iter().any(|scheme| text.starts_with(scheme)) {
        return Spec::Git;
    }
    if let Some(path) = text.strip_prefix("file:") {
        return if is_archive(path) { Spec::Archive } else { Spec::Tree };
    }
    if TREE.iter().any(|scheme| text.starts_with(scheme))
        || text.starts_with(['/', '~']) && text.contains('/')
    {
        return if is_archive(text) { Spec::Archive } else { Spec::Tree };
    }
    if text.starts_with("http:") || text.starts_with("https:") {
        let path = text.split(['#', '?']).next().unwrap_or(text);
        return if has_extension(path, "git") { Spec::Git } else { Spec::Archive };
    }
    if is_range(text) {
        return Spec::Range;
    }
    // `owner/repository` is short for a git address.
    if text.contains('/') && !text.contains(':') { Spec::Git } else { Spec::Tag }
}

/// The range that a specification asks for, an alias too; `None` where it names no versions.
pub(super) fn range_in(text: &str) -> Option<&str> {
    match spec(text) {
        Spec::Range => Some(text),
        Spec::Alias { range, .. } => is_range(range).then_some(range),
        Spec::Git | Spec::Archive | Spec::Tree | Spec::Tag => None,
    }
}

/// The same as yarn 2 and later write it: `npm:` stands before ranges and tags too.
pub(super) fn range_in_yarn(text: &str) -> Option<&str> {
    let Some(rest) = text.strip_prefix("npm:") else { return range_in(text) };
    if is_range(rest) {
        return Some(rest);
    }
    let (_, range) = split_name(rest);
    (!range.is_empty() && is_range(range)).then_some(range)
}

/// `name@rest` at the `@` that does not begin a scope.
pub(super) fn split_name(text: &str) -> (&str, &str) {
    let from = usize::from(text.starts_with('@'));
    match text.get(from..).and_then(|rest| rest.split_once('@')) {
        Some((name, rest)) => (text.get(..from + name.len()).unwrap_or(text), rest),
        None => (text, ""),
    }
}

fn is_archive(path: &str) -> bool {
    has_extension(path, "tgz") || has_extension(path, "tar") || has_extension(path, "gz")
}

fn has_extension(path: &str, extension: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, end)| end.eq_ignore_ascii_case(extension))
}

/// Whether node-semver would read it as a range: comparators, hyphens, `||`, `x` and `*`.
fn is_range(text: &str) -> bool {
    text.split("||").all(|part| {
        part.split_whitespace().all(|token| {
            if token == "-" {
                return true;
            }
            let version = token.trim_start_matches(['<', '>', '=', '^', '~']);
            let version = version.strip_prefix(['v', 'V']).unwrap_or(version);
            let mut bytes = version.bytes();
            match bytes.next() {
                None => version.len() < token.len(),
                Some(b'0'..=b'9') => {
                    bytes.all(|b| b.is_ascii_alphanumeric() || b"*.+-".contains(&b))
                }
                Some(b'x' | b'X' | b'*') => bytes.all(|b| b".xX*".contains(&b)),
                Some(_) => false,
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_told_from_tags_and_addresses() {
        for text in [
            "1.0.0",
            ">2.0.0",
            "~3.1",
            "^0.4.2",
            "5.x",
            ">=1.0.0 <2.0.0",
            "",
            "*",
            "x",
            "1 - 2 || >= 3",
            "v1.2.3-rc.1+b",
        ] {
            assert_eq!(spec(text), Spec::Range, "{text}");
        }
        for (text, wanted) in [
            ("latest", Spec::Tag),
            ("next-11", Spec::Tag),
            ("xyz", Spec::Tag),
            ("invalid", Spec::Tag),
            ("catalog:", Spec::Tag),
            ("owner/repo#v1", Spec::Git),
            ("git+ssh://git@host.example/a.git", Spec::Git),
            ("ssh://host.example/a.git#v1", Spec::Git),
            ("https://host.example/a.git#v1", Spec::Git),
            ("https://host.example/a-1.0.0.tgz", Spec::Archive),
            ("file:../a", Spec::Tree),
            ("file:a-1.0.0.tgz", Spec::Archive),
            ("workspace:^1.0.0", Spec::Tree),
            ("~/a", Spec::Tree),
            ("npm:@a/b@^1.0.0", Spec::Alias { name: "@a/b", range: "^1.0.0" }),
            ("npm:b", Spec::Alias { name: "b", range: "" }),
        ] {
            assert_eq!(spec(text), wanted, "{text}");
        }
    }

    #[test]
    fn ranges_stand_alone_or_in_an_alias() {
        for (text, wanted, of_yarn) in [
            ("^1.0.0 || 2.x", Some("^1.0.0 || 2.x"), Some("^1.0.0 || 2.x")),
            ("", Some(""), Some("")),
            ("npm:@a/b@^1.0.0", Some("^1.0.0"), Some("^1.0.0")),
            ("npm:b@latest", None, None),
            ("latest", None, None),
            ("workspace:^1.0.0", None, None),
            ("file:../a", None, None),
            ("owner/repo#semver:^1", None, None),
            ("https://host.example/a-1.0.0.tgz", None, None),
            ("patch:a@npm%3A1.0.0#~/a.patch", None, None),
            // Where one writes the name of another package, the other writes a range or a tag.
            ("npm:b", Some(""), None),
            ("npm:^1.0.0", Some(""), Some("^1.0.0")),
        ] {
            assert_eq!((range_in(text), range_in_yarn(text)), (wanted, of_yarn), "{text}");
        }
    }

    #[test]
    fn names_keep_their_scope() {
        assert_eq!(split_name("@a/b@1"), ("@a/b", "1"));
        assert_eq!(split_name("b@^1||@"), ("b", "^1||@"));
        assert_eq!(split_name("@a"), ("@a", ""));
    }
}
