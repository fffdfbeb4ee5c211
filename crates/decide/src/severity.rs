//! Severity in context: how soon a known problem should be mended here, and how it came to that.
//!
//! The rule, in this order: exploited or scored at least 9 is `now`; scored at least 4, or not
//! scored at all, is `soon`; everything else, and whatever only informs, is `when you can`. Then a
//! chance of at least one half of being exploited within 30 days lifts by one, and use only while
//! developing lowers by one.

use holdfast_model::{Informational, Severity, SeverityStep, Weakness};

#[cfg(test)]
mod tests;

/// CVSS base scores from here are `now`; the "critical" of CVSS v3.1, section 5.
const NOW_FROM: f64 = 9.0;
/// CVSS base scores from here are `soon`; the "medium" of CVSS v3.1, section 5.
const SOON_FROM: f64 = 4.0;
/// EPSS probabilities from here lift by one.
const LIKELY_FROM: f64 = 0.5;

/// The severity and its steps; the first step is the weakness' own, each further one changed it.
pub fn in_context(weakness: &Weakness, dev: bool) -> (Severity, Vec<SeverityStep>) {
    let (mut severity, because) = own(weakness);
    let mut steps = vec![SeverityStep { severity, because }];
    let chance = weakness.epss.filter(|chance| *chance >= LIKELY_FROM && *chance <= 1.0);
    if let Some(chance) = chance {
        let because =
            format!("likely to be exploited within 30 days ({:.0} %): raised", chance * 100.0);
        step(&mut severity, Severity::raised, &because, &mut steps);
    }
    if dev {
        let because = "used only while developing: lowered";
        step(&mut severity, Severity::lowered, because, &mut steps);
    }
    (severity, steps)
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

fn own(weakness: &Weakness) -> (Severity, String) {
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
        None => {}
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
