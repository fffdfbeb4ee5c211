//! Everything people write: YAML and TOML with places, one decoder over both, the sentence
//! conditions, and the pieces of tests that stand inside rules.
//!
//! Knows how files are written; knows nothing of what the rules decide. Nothing here reads a
//! file: callers hand over text.

pub mod channels;
pub mod config;
pub mod decode;
pub mod rule_tests;
pub mod sentence;
pub mod services;
pub mod yaml;

mod node;
mod source;
mod suggest;
mod toml_tree;

pub use config::Config;
pub use decode::{Decoder, Table};
pub use node::{Node, Value};
pub use sentence::{Condition, Field, FieldValue, Kind, Schema, Truth};
pub use source::{Source, Spot};
pub use suggest::suggest;
pub use toml_tree::parse as parse_toml;

/// Every problem code of this crate, with what it means; codes are stable.
pub const CODES: &[(&str, &str)] = &[
    ("rule-binary", "the file holds bytes that are no text"),
    ("rule-merge-conflict", "the file holds the markers of an unfinished merge"),
    ("rule-size", "the file is larger than a file that people write may be"),
    ("rule-depth", "the file nests deeper than a file that people write may"),
    ("rule-syntax", "the file is not valid YAML or TOML"),
    ("rule-duplicate-key", "a key stands twice in the same table"),
    ("rule-alias", "the file uses anchors or aliases, which are not read"),
    ("rule-tag", "the file uses type tags, which are not read"),
    ("rule-documents", "the file holds more than one document"),
    ("rule-empty", "the file holds nothing"),
    ("rule-unknown-key", "a key is not known"),
    ("rule-missing-key", "a key that must be there is not"),
    ("rule-type", "a value is of another type than wanted"),
    ("rule-value", "a value is none of those that are allowed"),
    ("condition-syntax", "a condition does not follow the sentence language"),
    ("condition-field", "a condition names an unknown field"),
    ("condition-type", "a condition asks a field what its type cannot answer"),
    ("condition-value", "a condition compares a field with a value that it can never have"),
    ("condition-size", "a condition is longer or deeper than a sentence may be"),
    ("rule-test", "an example inside a rule does not come out as it says"),
];

#[cfg(test)]
mod tests {
    #[test]
    fn codes_are_unique_and_in_kebab_case() {
        let mut codes: Vec<&str> = super::CODES.iter().map(|(code, _)| *code).collect();
        assert!(codes.iter().all(|code| code.chars().all(|c| c.is_ascii_lowercase() || c == '-')));
        codes.sort_unstable();
        let count = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), count);
    }

    /// A code that is used and not listed would have no page.
    #[test]
    fn every_code_in_the_source_is_listed() {
        let mut used = 0;
        let sources = [
            include_str!("config.rs"),
            include_str!("config/settings.rs"),
            include_str!("decode.rs"),
            include_str!("rule_tests.rs"),
            include_str!("toml_tree.rs"),
            include_str!("yaml.rs"),
            include_str!("sentence.rs"),
            include_str!("sentence/lex.rs"),
            include_str!("sentence/parse.rs"),
        ];
        for code in sources.iter().flat_map(|text| text.split('"')) {
            let ours = ["rule-", "condition-"].iter().any(|prefix| code.starts_with(prefix));
            let kebab = code.chars().all(|c| c.is_ascii_lowercase() || c == '-');
            if ours && kebab {
                used += 1;
                assert!(super::CODES.iter().any(|(known, _)| *known == code), "`{code}`");
            }
        }
        assert!(used >= super::CODES.len() / 2, "only {used} uses were found");
    }
}
