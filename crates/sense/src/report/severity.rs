//! The scales of scanners, brought to ours; the table stands in [`super`].

use holdfast_model::Severity;

/// A CVSS base score or one on its scale, 0 to 10.
pub(super) fn of_score(score: f64) -> Severity {
    if score >= 9.0 {
        Severity::Now
    } else if score >= 4.0 {
        Severity::Soon
    } else {
        Severity::WhenYouCan
    }
}

/// A word of CVSS's qualitative scale, in any case, as CycloneDX and Trivy use it; one that is
/// not known is unscored, which is soon.
pub(super) fn of_word(word: &str) -> Severity {
    const LITTLE: [&str; 6] = ["low", "info", "informational", "none", "negligible", "note"];
    if word.eq_ignore_ascii_case("critical") {
        Severity::Now
    } else if LITTLE.iter().any(|little| word.eq_ignore_ascii_case(little)) {
        Severity::WhenYouCan
    } else {
        Severity::Soon
    }
}

/// SARIF's `level` (SARIF 2.1.0, section 3.27.10).
pub(super) fn of_level(level: &str) -> Severity {
    match level {
        "note" | "none" => Severity::WhenYouCan,
        _ => Severity::Soon,
    }
}

/// Nessus' `severity`: 0 informational, 1 low, 2 medium, 3 high, 4 critical.
pub(super) fn of_nessus(number: &str) -> Option<Severity> {
    match number.trim() {
        "4" => Some(Severity::Now),
        "2" | "3" => Some(Severity::Soon),
        "0" | "1" => Some(Severity::WhenYouCan),
        _ => None,
    }
}
