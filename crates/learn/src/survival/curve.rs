//! The product-limit curve, its interval, quantiles and restricted mean.

use super::{CONFIDENCE, Time, Z, float};

/// How near two shares count as equal: products of fractions miss 1/2 by some rounding.
const SAME: f64 = 1e-10;

/// The curve after one time at which something ended or stopped being watched.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// When.
    pub time: f64,
    /// How many were watched just before: entered earlier, and had not left.
    pub at_risk: usize,
    /// How many were over at this time.
    pub events: usize,
    /// How many stopped being watched at this time without being over.
    pub censored: usize,
    /// The share that is not over after this time, with its interval.
    pub left: Estimate,
    /// Greenwood's sum Σ d/(n(n-d)) up to here; infinite once nothing is left.
    greenwood: f64,
}

/// A share from 0 to 1 with its interval; the interval contains it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The estimate.
    pub share: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Estimate {
    /// The share of the others.
    #[must_use]
    pub fn rest(self) -> Self {
        Self { share: 1.0 - self.share, low: 1.0 - self.high, high: 1.0 - self.low }
    }
}

/// A quantile with its interval; `None` is "not reached" (or, for `low`, "not known").
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Quantile {
    /// The first time at which at least so large a share is over.
    pub time: Option<f64>,
    /// The lower end.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
}

/// The mean of the time that passes until it is over, or until `until`, whichever comes first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RestrictedMean {
    /// Where it is cut.
    pub until: f64,
    /// The area under the curve up to there.
    pub mean: f64,
    /// Its standard error.
    pub error: f64,
    /// The lower end of the normal interval, at least 0.
    pub low: f64,
    /// The upper end, at most `until`.
    pub high: f64,
    /// Whether anything was watched that long, or nothing was left before. Where not, the curve is
    /// drawn on level from the longest time that was watched, so that the mean is too high rather
    /// than too low.
    pub followed: bool,
}

/// A Kaplan–Meier curve.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Curve {
    steps: Vec<Step>,
    /// Entries above 0, sorted.
    late: Vec<f64>,
    /// Exits, sorted.
    exits: Vec<f64>,
    events: usize,
}

impl Curve {
    /// Estimates it; the order of the input does not matter. Times that are not finite, that lie
    /// before 0, or that end before they begin say nothing and are left out.
    ///
    /// With delayed entry few may be watched early on; if all of those few are over, the curve
    /// falls to 0 and stays there. Its interval is then wide, and says so.
    pub fn of(times: impl IntoIterator<Item = Time>) -> Self {
        let mut all: Vec<Time> = times.into_iter().filter(Time::counts).collect();
        all.sort_by(|a, b| a.exit.total_cmp(&b.exit));
        let mut late: Vec<f64> =
            all.iter().map(|time| time.entry).filter(|entry| *entry > 0.0).collect();
        late.sort_by(f64::total_cmp);
        let mut curve = Self {
            steps: Vec::new(),
            exits: all.iter().map(|time| time.exit).collect(),
            events: all.iter().filter(|time| time.event).count(),
            late,
        };
        let (mut share, mut greenwood, mut ceiling) = (1.0, 0.0, 1.0);
        for same in all.chunk_by(|a, b| a.exit.total_cmp(&b.exit).is_eq()) {
            let Some(time) = same.first().map(|first| first.exit) else { continue };
            let events = same.iter().filter(|one| one.event).count();
            let at_risk = curve.at_risk(time);
            if events > 0 {
                let (n, d) = (float(at_risk), float(events));
                // Exactly 0 where all end: (n - d) / n is, and the sum becomes infinite.
                share *= (n - d) / n;
                greenwood += d / (n * (n - d));
            }
            let left = interval(share, greenwood, at_risk, ceiling);
            if share < 1.0 {
                ceiling = left.high;
            }
            let censored = same.len() - events;
            curve.steps.push(Step { time, at_risk, events, censored, left, greenwood });
        }
        curve
    }

    /// Every time at which something ended or stopped being watched, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// How many it is estimated from.
    pub fn count(&self) -> usize {
        self.exits.len()
    }

    /// How many of them are over.
    pub fn events(&self) -> usize {
        self.events
    }

    /// The longest time that anything was watched.
    pub fn followed(&self) -> f64 {
        self.exits.last().copied().unwrap_or_default()
    }

    /// How many are watched just before a time.
    pub fn at_risk(&self, time: f64) -> usize {
        let gone = self.exits.partition_point(|exit| *exit < time);
        let entered = self.late.partition_point(|entry| *entry < time);
        self.exits.len().saturating_sub(gone + self.late.len() - entered)
    }

    /// The share that is not over after a time. Past the last time it stays where it is.
    pub fn left_after(&self, time: f64) -> Estimate {
        let before = self.steps.partition_point(|step| step.time <= time);
        let last = before.checked_sub(1).and_then(|at| self.steps.get(at));
        match last {
            Some(step) if step.left.share < 1.0 => step.left,
            // Nothing is over yet: how sure that is depends on how many are watched right then.
            _ => interval(1.0, 0.0, self.at_risk(time), 1.0),
        }
    }

    /// The first time at which at least `share` (0 to 1) is over.
    ///
    /// Where the curve is level exactly at that share, this is where the level begins, since it
    /// answers "within which time"; R's `quantile` gives the middle of the level instead. The
    /// interval inverts the curve's (Brookmeyer and Crowley, Biometrics 38, 1982), using only
    /// times where something but not all is over, as R does.
    pub fn quantile(&self, share: f64) -> Quantile {
        let goal = 1.0 - share + SAME;
        let inner = || self.steps.iter().filter(|step| step.left.share > 0.0);
        let inner = || inner().filter(|step| step.left.share < 1.0);
        let first = |found: Option<&Step>| found.map(|step| step.time);
        Quantile {
            time: first(self.steps.iter().find(|step| step.left.share <= goal)),
            low: first(inner().find(|step| step.left.low <= goal)),
            high: first(inner().find(|step| step.left.high <= goal)),
        }
    }

    /// The time within which half is over.
    pub fn median(&self) -> Quantile {
        self.quantile(0.5)
    }

    /// The mean up to `until`, with the standard error of Klein and Moeschberger (*Survival
    /// Analysis*, 4.5.2), which is R's: Σ A² d/(n(n-d)), where A is the area that is still to come.
    pub fn restricted_mean(&self, until: f64) -> RestrictedMean {
        let until = until.max(0.0);
        // From right to left, so that the area behind each time is known when it is met.
        let within = self.steps.partition_point(|step| step.time <= until);
        let mut area = 0.0;
        let mut variance = 0.0;
        let mut right = until;
        for step in self.steps.iter().take(within).rev() {
            area += (right - step.time) * step.left.share;
            right = step.time;
            let (n, d) = (float(step.at_risk), float(step.events));
            if step.events > 0 && n > d {
                variance += area * area * d / (n * (n - d));
            }
        }
        let mean = (area + right).clamp(0.0, until);
        let error = variance.sqrt();
        let last = self.steps.last();
        RestrictedMean {
            until,
            mean,
            error,
            low: Z.mul_add(-error, mean).max(0.0),
            high: Z.mul_add(error, mean).min(until),
            followed: last.is_some_and(|step| step.time >= until || step.left.share <= 0.0),
        }
    }
}

/// The log–log interval of a share, exp(-exp(ln(-ln S) ± z √G / |ln S|)).
///
/// It is not defined where nothing or all is over. There this room gives the exact binomial bound
/// of so many that are watched (Clopper and Pearson, Biometrika 26, 1934), where R gives none; an
/// upper end never rises above the one before, `ceiling`.
fn interval(share: f64, greenwood: f64, at_risk: usize, ceiling: f64) -> Estimate {
    let exact = match at_risk {
        0 => 0.0,
        n => ((1.0 - CONFIDENCE) / 2.0).powf(1.0 / float(n)),
    };
    if share >= 1.0 {
        return Estimate { share: 1.0, low: exact, high: 1.0 };
    }
    if share <= 0.0 {
        return Estimate { share: 0.0, low: 0.0, high: (1.0 - exact).min(ceiling) };
    }
    let log = share.ln();
    let spread = Z * greenwood.sqrt() / log.abs();
    let bound = |spread: f64| share.powf(spread.exp());
    Estimate { share, low: bound(spread).min(share), high: bound(-spread).max(share) }
}
