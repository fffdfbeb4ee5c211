//! Times and shares in words. Rounding never promises too much: what is "within" a time is rounded
//! up.

/// Parts of a unit that are rounding and no time.
const NOISE: f64 = 1e-9;

/// Days, rounded up: `5 hours`, `1 day`, `2.5 days`, `42 days`.
pub fn within(days: f64) -> String {
    let up = |value: f64| (value - NOISE).ceil();
    told(days, up)
}

/// Days, rounded to the nearest.
pub fn about(days: f64) -> String {
    told(days, f64::round)
}

fn told(days: f64, round: impl Fn(f64) -> f64) -> String {
    let days = if days.is_finite() { days.max(0.0) } else { 0.0 };
    let (value, unit) = match days {
        _ if round(days * 24.0) < 24.0 => (round(days * 24.0).max(1.0), "hour"),
        _ if round(days * 10.0) < 100.0 => (round(days * 10.0) / 10.0, "day"),
        _ => (round(days), "day"),
    };
    let plural = if (value - 1.0).abs() < NOISE { "" } else { "s" };
    format!("{value} {unit}{plural}")
}

/// A share in whole percent; only none is 0 and only all is 100.
pub fn percent(share: f64) -> String {
    let whole = match (share * 100.0).clamp(0.0, 100.0) {
        few if few <= NOISE => 0.0,
        most if most >= 100.0 - NOISE => 100.0,
        between => between.round().clamp(1.0, 99.0),
    };
    format!("{whole} %")
}

/// A count with its noun: `1 finding`, `3 findings`.
pub fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn within_is_rounded_up_and_about_to_the_nearest() {
        for (days, up, near) in [
            (0.0, "1 hour", "1 hour"),
            (0.2, "5 hours", "5 hours"),
            (0.999, "1 day", "1 day"),
            (1.0, "1 day", "1 day"),
            (2.44, "2.5 days", "2.4 days"),
            (9.96, "10 days", "10 days"),
            (41.2, "42 days", "41 days"),
            (7.0 + 1e-12, "7 days", "7 days"),
            (f64::NAN, "1 hour", "1 hour"),
        ] {
            assert_eq!((within(days).as_str(), about(days).as_str()), (up, near), "{days}");
        }
    }

    #[test]
    fn shares() {
        for (share, text) in
            [(0.0, "0 %"), (0.001, "1 %"), (0.5, "50 %"), (0.999, "99 %"), (1.0, "100 %")]
        {
            assert_eq!(percent(share), text);
        }
    }
}
