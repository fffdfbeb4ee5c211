//! Every problem code of this room, with what it means.

/// Codes are stable: people search for them, and acceptances may name them.
pub const CODES: &[(&str, &str)] = &[
    ("advisory-problems-cut", "the feeds hold more problems than are listed"),
    ("comparison-problems-cut", "a list of comparisons holds more problems than are listed"),
    ("comparison-unreadable", "a part of a list is no comparison of versions"),
    ("cvss-unreadable", "an advisory carries a score that is no CVSS vector"),
    ("epss-line", "a line of the chances of exploitation cannot be read"),
    ("epss-too-large", "the chances of exploitation are more than are read"),
    ("epss-unreadable", "the chances of exploitation cannot be read"),
    ("export-entry-too-large", "a file inside an export unpacks to more than an advisory may"),
    ("export-entry-unreadable", "a file inside an export cannot be unpacked"),
    ("export-too-large", "an export holds more than is read"),
    ("export-unreadable", "an export is no whole zip file"),
    ("feed-file-too-large", "a file of a feed is larger than it may be"),
    ("feed-list-line", "a line of the list of changes names no record"),
    ("feeds-too-large", "the feeds together hold more text than an index can"),
    ("index-unreadable", "the advisory index is damaged"),
    ("index-version", "the advisory index was made by another version of Holdfast"),
    ("kev-entry-unreadable", "an entry of the catalogue of exploited weaknesses has no name"),
    ("kev-too-large", "the catalogue of exploited weaknesses is larger than it may be"),
    ("kev-unreadable", "the catalogue of exploited weaknesses cannot be read"),
    ("lifecycle-line", "a line of the list of ends is none"),
    ("range-type-unknown", "an advisory has a range of a type that nobody defined"),
    ("range-version-unreadable", "an advisory's range names what is no version"),
    ("range-without-introduced", "an advisory's range has no beginning"),
    ("record-package-unreadable", "an advisory names a package without ecosystem or name"),
    ("record-too-large", "an advisory is larger than it may be"),
    ("record-unreadable", "an advisory is no JSON object in OSV form"),
    ("record-without-id", "an advisory has an empty name"),
    ("rule-test-missing", "a rule lacks a test that it owes"),
    ("rustsec-unreadable", "an advisory of RustSec, or a part of it, cannot be read"),
    ("secdb-entry-unreadable", "an entry of Alpine's secdb cannot be read"),
    ("secdb-unreadable", "a repository of Alpine's secdb cannot be read"),
    ("tracker-entry-unreadable", "an entry of Debian's security tracker cannot be read"),
    ("tracker-release-unknown", "Debian's security tracker names a release without known number"),
    ("tracker-unreadable", "Debian's security tracker cannot be read"),
    ("version-order-unknown", "an ecosystem has no version order"),
    ("version-unreadable", "a text is no version of its ecosystem"),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The sources that make problems; a new one belongs here.
    const SOURCES: [&str; 15] = [
        include_str!("compile/entry.rs"),
        include_str!("compile/mod.rs"),
        include_str!("epss.rs"),
        include_str!("export.rs"),
        include_str!("feed/debian.rs"),
        include_str!("feed/rustsec.rs"),
        include_str!("feed/secdb.rs"),
        include_str!("index/mod.rs"),
        include_str!("kev.rs"),
        include_str!("lifecycle.rs"),
        include_str!("modified.rs"),
        include_str!("osv.rs"),
        include_str!("starter.rs"),
        include_str!("version/compare.rs"),
        include_str!("lift/mod.rs"),
    ];

    #[test]
    fn codes_are_sorted_unique_and_used() {
        assert!(CODES.is_sorted_by(|a, b| a.0 < b.0));
        for (code, _) in CODES {
            let quoted = format!("\"{code}\"");
            assert!(SOURCES.iter().any(|source| source.contains(&quoted)), "{code}");
        }
    }

    #[test]
    fn every_code_in_the_sources_is_listed() {
        let starts = [
            "record-",
            "range-",
            "epss-",
            "export-",
            "kev-",
            "lifecycle-",
            "index-",
            "feed-file-",
            "feeds-",
            "rustsec-",
            "secdb-",
            "tracker-",
            "comparison-",
            "version-",
            "cvss-",
            "advisory-",
        ];
        for word in SOURCES.iter().flat_map(|source| source.split('"')) {
            let code = word.len() < 40
                && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
                && starts.iter().any(|start| word.starts_with(start) && word.len() > start.len());
            assert!(!code || CODES.iter().any(|(known, _)| *known == word), "{word}");
        }
    }
}
