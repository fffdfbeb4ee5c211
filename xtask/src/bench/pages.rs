//! Every page of the console over many findings: what it costs the server.

use std::process::Command;

use super::figures::{Figure, Target, short};
use super::kernels::{Told, example, get, told};
use crate::tools;

/// How many findings the console has.
const FINDINGS: &str = "10000";
/// CPU milliseconds of one page.
const TARGET_MS: f64 = 50.0;
/// Pages as the example names them, and in words.
const PAGES: &[(&str, &str)] = &[
    ("today", "Today"),
    ("findings", "Findings"),
    ("findings-last", "Findings, of every state, last page"),
    ("findings-filtered", "Findings, four filters"),
    ("findings-searched", "Findings, of every state, two words searched"),
    ("findings-not-found", "Findings, of every state, a word that is nowhere"),
    ("finding", "one finding"),
    ("assets", "Assets"),
    ("asset", "one asset"),
    ("asset-packages", "one asset, its packages"),
    ("asset-controls", "one asset, its controls"),
    ("plans", "Plans"),
    ("plan", "one plan"),
    ("rules", "Our rules for acting"),
    ("record", "Record"),
    ("entry", "one entry"),
    ("health", "health"),
];

/// The median of each page, with its least and its size beside it.
pub(super) fn all() -> Result<Vec<Figure>, String> {
    let mut command = Command::new(example("holdfast-server", "pages")?);
    command.arg(FINDINGS);
    figures(&told(&tools::output(command)?)?)
}

fn figures(told: &Told) -> Result<Vec<Figure>, String> {
    let page = |(name, words): &(&str, &str)| {
        let value = |what: &str| get(told, &format!("{name}-{what}"));
        Ok(Figure {
            what: format!("{words}, CPU, median"),
            value: value("median")?,
            unit: "ms",
            target: Target::AtMost(TARGET_MS),
            base: format!(
                "{} bytes, least {} ms; {} findings, {} runs",
                short(value("size")?),
                short(value("least")?),
                short(get(told, "findings")?),
                short(get(told, "rounds")?),
            ),
        })
    };
    PAGES.iter().map(page).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text() -> String {
        let mut text = "findings 10000 findings\nrounds 31 rounds\n".to_owned();
        for (name, _) in PAGES {
            for told in ["least 1.5 ms", "median 2.5 ms", "size 9000 bytes"] {
                text.extend([name, "-", told, "\n"]);
            }
        }
        text
    }

    #[test]
    fn each_page_has_its_figure() {
        let figures = figures(&told(&text()).unwrap()).unwrap();
        assert_eq!(figures.len(), PAGES.len());
        let first = figures.first().unwrap();
        assert_eq!(first.what, "Today, CPU, median");
        assert!((first.value - 2.5).abs() < 1e-9);
        assert_eq!(first.base, "9,000 bytes, least 1.5 ms; 10,000 findings, 31 runs");
    }

    #[test]
    fn a_page_that_was_not_measured_is_told() {
        let text = text().replace("record-median 2.5 ms\n", "");
        let refused = figures(&told(&text).unwrap()).unwrap_err();
        assert!(refused.contains("`record-median`"), "{refused}");
    }
}
