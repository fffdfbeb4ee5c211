//! The same rows in every form: terminal, JSON, SARIF, Markdown, and those of other tools.
//!
//! Renderers get documents and return text; only `main` prints.

pub mod alerts;
pub mod audited;
pub mod hosts;
pub mod html;
pub mod human;
pub mod inspec;
pub mod junit;
pub mod markdown;
pub mod oscal;
#[cfg(test)]
mod outward;
pub mod problem;
pub mod sarif;
pub mod sheet;
pub mod style;
#[cfg(test)]
mod surfaces;
pub mod topic;

use holdfast_engine::document::Report;
use holdfast_model::Verdict;
pub use holdfast_model::quoted;

use crate::args::Format;
use sheet::Sheet;
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
        Format::JUnit | Format::InSpec | Format::Oscal | Format::Html => {
            outward(&Sheet::of_report(report), format).unwrap_or_default()
        }
    }
}

/// A sheet in a form of another tool; `None` where it is none of them.
pub fn outward(sheet: &Sheet<'_>, format: Format) -> Option<String> {
    Some(match format {
        Format::Sarif => sarif::sheet(sheet),
        Format::JUnit => junit::report(sheet),
        Format::InSpec => inspec::report(sheet),
        Format::Oscal => oscal::report(sheet),
        Format::Html => html::report(sheet),
        _ => return None,
    })
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
