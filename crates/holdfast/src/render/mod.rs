//! The same rows in every form: terminal, JSON, SARIF, Markdown.
//!
//! Renderers get documents and return text; only `main` prints.

pub mod human;
pub mod markdown;
pub mod problem;
pub mod sarif;
pub mod style;

use holdfast_engine::document::Report;

use crate::args::Format;
use style::Style;

/// A report in the form that was asked for, with its final line end.
pub fn report(report: &Report, format: Format, style: &Style) -> String {
    match format {
        Format::Human => human::report(report, style),
        Format::Json => json(report),
        Format::Sarif => sarif::report(report),
        Format::Markdown => markdown::report(report),
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
