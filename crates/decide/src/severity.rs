//! Severity in context: how soon a known problem should be mended here, and how it came to that.
//!
//! The rule, in this order: made to do harm is `now`, wherever it is used; exploited is `now`; the
//! end of a release is `soon`, and whatever else only informs `when you can`. Then the word of the
//! distribution counts, where there is one: it knows how it builds the package, which the score of
//! the weakness cannot (`critical` is `now`, `low` is `when you can`, everything between is `soon`).
//! Else the score: at least 9 is `now`, at least 4 or none at all is `soon`, less is `when you can`.
//! Then a chance of at least one half of being exploited within 30 days lifts by one. Last, use only
//! while developing, or an asset that nobody outside can reach, lowers by one, and both together by no
//! more. On an asset of tier 1 it counts for nothing that nobody outside can reach it: whoever is
//! inside comes for that one.
//!
//! What only another package brings in is as weak as what is asked for directly, so that its severity
//! stays; of the same severity it comes after, since whoever asks for a package can lift it alone.

use std::cmp::Ordering;

use holdfast_model::{Asset, Exposure, Informational, Severity, SeverityStep, Weakness};

#[cfg(test)]
mod tests;

/// CVSS base scores from here are `now`; the "critical" of CVSS v3.1, section 5.
const NOW_FROM: f64 = 9.0;
/// CVSS base scores from here are `soon`; the "medium" of CVSS v3.1, section 5.
const SOON_FROM: f64 = 4.0;
/// EPSS probabilities from here lift by one.
const LIKELY_FROM: f64 = 0.5;
/// Assets of this tier are as urgent inside as outside.
const FIRST_TIER: u8 = 1;

/// Where something weak is used, as far as that changes how soon it should be mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// Only while developing.
    pub dev: bool,
    /// Who can reach the asset; unknown counts as internet.
    pub exposure: Exposure,
    /// The tier of the asset: 1 is the most important.
    pub tier: u8,
}

impl Context {
    /// On this asset.
    pub fn of(asset: &Asset, dev: bool) -> Self {
        Self { dev, exposure: asset.exposure, tier: asset.tier }
    }

    /// On no asset that is known.
    fn of_nothing(dev: bool) -> Self {
        Self { dev, exposure: Exposure::Unknown, tier: 2 }
    }
}

/// The severity and its steps where no asset is known, or nothing about it counts; see [`rated`].
pub fn in_context(weakness: &Weakness, dev: bool) -> (Severity, Vec<SeverityStep>) {
    rated(weakness, None, Context::of_nothing(dev))
}

/// What a distribution says of a weakness in its own package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word<'a> {
    /// Who says it, e.g. `Ubuntu`.
    pub by: &'a str,
    /// Its own word, e.g. `negligible`.
    pub word: &'a str,
}

/// The severity and its steps: the first is the weakness' own, or the word of a distribution on the
/// matter; each further one changed it, or says why what would have changed it did not. A word that
/// nobody knows, such as `untriaged`, says nothing.
pub fn rated(
    weakness: &Weakness,
    word: Option<Word<'_>>,
    context: Context,
) -> (Severity, Vec<SeverityStep>) {
    if weakness.malicious {
        let because = "the package was made to do harm".to_owned();
        return (Severity::Now, vec![SeverityStep { severity: Severity::Now, because }]);
    }
    let (mut severity, because) = own(weakness, word);
    let mut steps = vec![SeverityStep { severity, because }];
    let chance = weakness.epss.filter(|chance| *chance >= LIKELY_FROM && *chance <= 1.0);
    if let Some(chance) = chance {
        let as_of = weakness.epss_at.map(|at| format!(", as of {}", at.date())).unwrap_or_default();
        let percent = chance * 100.0;
        let because =
            format!("likely to be exploited within 30 days ({percent:.0} %{as_of}): raised");
        step(&mut severity, Severity::raised, &because, &mut steps);
    }
    let inside = context.exposure == Exposure::Internal;
    let kept = inside && context.tier <= FIRST_TIER;
    let because = match (context.dev, inside && !kept) {
        (true, true) => Some("used only while developing, and reached from inside only: lowered"),
        (true, false) => Some("used only while developing: lowered"),
        (false, true) => Some("reached from inside only: lowered"),
        (false, false) => None,
    };
    if let Some(because) = because {
        step(&mut severity, Severity::lowered, because, &mut steps);
    } else if kept && severity.lowered() != severity {
        let word = severity.word();
        let because =
            format!("reached from inside only, but of tier {}: stays {word}", context.tier);
        steps.push(SeverityStep { severity, because });
    }
    (severity, steps)
}

/// Says of what only other packages bring in why that changes nothing about its severity. `direct` is
/// whether the project asks for it itself; where nobody knows, nothing is said.
pub fn say_transitive(direct: Option<bool>, severity: Severity, steps: &mut Vec<SeverityStep>) {
    if direct == Some(false) {
        let word = severity.word();
        let because = format!(
            "brought in by another package: stays {word}, after what is asked for directly"
        );
        steps.push(SeverityStep { severity, because });
    }
}

/// What comes first: the more urgent, and of the same severity what is not only brought in by other
/// packages. Each side is a severity, and whether the project asks for the package itself.
pub fn order(a: (Severity, Option<bool>), b: (Severity, Option<bool>)) -> Ordering {
    let transitive = |direct: Option<bool>| direct == Some(false);
    b.0.cmp(&a.0).then_with(|| transitive(a.1).cmp(&transitive(b.1)))
}

fn step(
    severity: &mut Severity,
    change: fn(Severity) -> Severity,
    because: &str,
    steps: &mut Vec<SeverityStep>,
) {
    let changed = change(*severity);
    if changed != *severity {
        *severity = changed;
        steps.push(SeverityStep {
            severity: changed,
            because: format!("{because} to {}", changed.word()),
        });
    }
}

/// The words of distributions (ubuntu.com/security/cves/about, security-tracker.debian.org,
/// access.redhat.com/security/updates/classification): how soon each wants to be mended.
fn of_word(word: &str) -> Option<Severity> {
    match word {
        "critical" => Some(Severity::Now),
        "high" | "important" | "medium" | "moderate" => Some(Severity::Soon),
        "low" | "negligible" => Some(Severity::WhenYouCan),
        _ => None,
    }
}

fn own(weakness: &Weakness, word: Option<Word<'_>>) -> (Severity, String) {
    if weakness.exploited {
        return (Severity::Now, "known to be exploited".to_owned());
    }
    match weakness.informational {
        Some(Informational::Unmaintained) => {
            return (Severity::WhenYouCan, "a notice: nobody maintains it any more".to_owned());
        }
        Some(Informational::Unsound) => {
            let because = "a notice: its interface permits undefined behaviour";
            return (Severity::WhenYouCan, because.to_owned());
        }
        Some(Informational::Notice) => {
            return (Severity::WhenYouCan, "a notice, no known hole".to_owned());
        }
        Some(Informational::EndOfLife) => {
            return (Severity::Soon, "nobody mends this release any more".to_owned());
        }
        Some(Informational::Yanked) => {
            return (Severity::WhenYouCan, "a notice: its publisher took it back".to_owned());
        }
        Some(Informational::Deprecated) => {
            let because = "a notice: its publisher advises against it";
            return (Severity::WhenYouCan, because.to_owned());
        }
        None => {}
    }
    if let Some((word, severity)) = word.and_then(|word| Some((word, of_word(word.word)?))) {
        return (severity, format!("{} calls it `{}`", word.by, word.word));
    }
    match weakness.cvss.filter(|score| score.is_finite()) {
        None => (Severity::Soon, "nobody has scored it yet, so it is treated as soon".to_owned()),
        Some(score) => {
            let severity = match score {
                score if score >= NOW_FROM => Severity::Now,
                score if score >= SOON_FROM => Severity::Soon,
                _ => Severity::WhenYouCan,
            };
            (severity, format!("scored {score:.1} of 10 by its publisher"))
        }
    }
}
