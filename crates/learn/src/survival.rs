//! Survival analysis: how long things take, where some of them are not over yet.
//!
//! Knows times without a unit and nothing of findings; what is not over is *censored*, a word of
//! this room that people never read. The estimator is Kaplan and Meier's product limit (J. Am.
//! Stat. Assoc. 53, 1958) with delayed entry, Greenwood's variance, and log–log intervals
//! (Kalbfleisch and Prentice, *The Statistical Analysis of Failure Time Data*, 1.4). Results agree
//! with R's `survfit(…, conf.type = "log-log")` where that is defined; what differs is said where
//! it does.

mod curve;
mod distribution;
mod log_rank;

pub use curve::{Curve, Estimate, Quantile, RestrictedMean, Step};
pub use distribution::chi_square_tail;
pub use log_rank::{LogRank, log_rank, stratified_log_rank};

/// The confidence that every interval has.
pub const CONFIDENCE: f64 = 0.95;

/// The 97.5 % point of the normal distribution, for two-sided intervals of [`CONFIDENCE`].
pub(crate) const Z: f64 = 1.959_963_984_540_054;

/// One watched thing: from when to when it was watched, and whether it was over at the end.
///
/// Times count from where its own clock starts, in any one unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Time {
    /// When watching began; above 0 for what was already running then (delayed entry, also called
    /// left truncation). Such a thing says nothing about the time before.
    pub entry: f64,
    /// When watching ended.
    pub exit: f64,
    /// Whether it was over then; else it is censored.
    pub event: bool,
}

impl Time {
    /// One that was watched from its start.
    pub fn new(exit: f64, event: bool) -> Self {
        Self { entry: 0.0, exit, event }
    }

    /// One that was already running for `entry` when watching began.
    pub fn late(entry: f64, exit: f64, event: bool) -> Self {
        Self { entry, exit, event }
    }

    /// Whether it says anything: its times are finite and it was watched at all.
    fn counts(&self) -> bool {
        let finite = self.entry.is_finite() && self.exit.is_finite();
        finite && self.exit >= 0.0 && (self.entry <= 0.0 || self.entry < self.exit)
    }
}

/// A count as a number.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn float(count: usize) -> f64 {
    count as f64
}
