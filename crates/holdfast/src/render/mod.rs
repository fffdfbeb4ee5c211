//! The same rows in every form: terminal, JSON, SARIF, Markdown.
//!
//! Renderers get documents and return text; only `main` prints.

pub mod alerts;
pub mod human;
pub mod markdown;
pub mod problem;
pub mod sarif;
pub mod style;
#[cfg(test)]
mod surfaces;

use holdfast_engine::document::Report;
use holdfast_model::Verdict;

use crate::args::Format;
use style::Style;

/// A report in the form that was asked for, with its final line end.
pub fn report(report: &Report, format: Format, style: &Style) -> String {
    match format {
        // Commands refuse forms that they have not.
        Format::Human | Format::CycloneDx | Format::Spdx | Format::OpenVex => {
            human::report(report, style)
        }
        Format::Json => json(report),
        Format::Sarif => sarif::report(report),
        Format::Markdown => markdown::report(report),
    }
}

/// A word of a command as a POSIX shell reads it (POSIX.1-2024, XCU 2.2): in quotes where anything
/// in it could mean more than itself.
pub fn quoted(word: &str) -> std::borrow::Cow<'_, str> {
    let plain = |letter: char| letter.is_alphanumeric() || "/._-+:@%,=".contains(letter);
    if !word.is_empty() && !word.starts_with('-') && word.chars().all(plain) {
        return word.into();
    }
    format!("'{}'", word.replace('\'', "'\\''")).into()
}

/// The exit code of a verdict.
pub fn exit_of(verdict: Verdict, strict: bool) -> u8 {
    match verdict {
        Verdict::Block => 1,
        Verdict::Warn => u8::from(strict),
        Verdict::Pass => 0,
    }
}

/// A document as JSON.
pub fn json<T: serde::Serialize>(document: &T) -> String {
    match serde_json::to_string_pretty(document) {
        Ok(text) => text + "\n",
        // Documents are plain structures with string keys, which always serialise.
        Err(error) => format!("{{\"error\":\"{error}\"}}\n"),
    }
}
