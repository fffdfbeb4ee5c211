//! The names of Python's archives.
//!
//! Knows what a name says; opens none.

use crate::text::file_name;

/// What the name of a wheel says (PEP 427): distribution, version, perhaps the number of a build, and
/// three tags.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wheel<'t> {
    pub(super) file: &'t str,
    pub(super) version: String,
}

impl<'t> Wheel<'t> {
    /// The wheel at an address or a path; `None` where it is something else.
    pub(super) fn of(address: &'t str) -> Option<Self> {
        let file = file_name(plain(address));
        let parts: Vec<&str> = file.strip_suffix(".whl")?.split('-').collect();
        let ([_, version, _, _, _] | [_, version, _, _, _, _]) = parts.as_slice() else {
            return None;
        };
        // The `+` of a local version, as addresses carry it.
        let version = version.replace("%2B", "+").replace("%2b", "+");
        let known = |c: char| c.is_ascii_alphanumeric() || "._+!".contains(c);
        let first = version.starts_with(|c: char| c.is_ascii_digit());
        (first && version.chars().all(known)).then_some(Self { file, version })
    }
}

/// Whether an address or a path leads to an archive.
pub(super) fn is_archive(path: &str) -> bool {
    let path = plain(path);
    [".whl", ".tar.gz", ".zip", ".tar.bz2", ".tgz"].iter().any(|end| path.ends_with(end))
}

/// An address without fragment and query, and without what stands behind it in its line.
fn plain(address: &str) -> &str {
    address.split(['#', '?', ' ', ';']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wheels_say_their_version() {
        for (address, version) in [
            ("https://files.example/a_b-1.0-py3-none-any.whl", Some("1.0")),
            ("./wheels/a-2.1rc1-1-cp311-cp311-linux_x86_64.whl#sha256=00", Some("2.1rc1")),
            (
                "https://f.example/a-1.13.0%2Bcu117-cp39-cp39-win.whl ; x == 'y'",
                Some("1.13.0+cu117"),
            ),
            ("https://user:word@f.example/a-1.0-py3-none-any.whl?x=1", Some("1.0")),
            ("https://f.example/a-1.0.tar.gz", None),
            ("https://f.example/a-1.0.whl", None),
            ("https://f.example/a-$V-py3-none-any.whl", None),
            ("https://f.example/a-b-c-d-e-f-g.whl", None),
            ("a.whl", None),
        ] {
            let found = Wheel::of(address).map(|wheel| wheel.version);
            assert_eq!(found.as_deref(), version, "{address}");
        }
        // Whoever signs in there is not part of it.
        let signed = Wheel::of("https://user:word@f.example/a-1.0-py3-none-any.whl").unwrap();
        assert_eq!(signed.file, "a-1.0-py3-none-any.whl");
    }
}
