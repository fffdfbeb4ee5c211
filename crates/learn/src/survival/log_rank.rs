//! The log-rank test: do groups differ in how long things take?

use std::cmp::Ordering;

use super::{Time, chi_square_tail, float};

/// The result of a log-rank test.
#[derive(Debug, Clone, PartialEq)]
pub struct LogRank {
    /// The statistic.
    pub chi_square: f64,
    /// Its degrees of freedom: one less than the groups that could have had an event.
    pub degrees: u32,
    /// The chance of one so large where the groups do not differ. It holds for independent times:
    /// things of one team are not, and teams must be compared by permuting whole teams.
    pub p: f64,
    /// What was seen and what was expected, by group.
    pub events: Vec<(usize, f64)>,
}

/// Compares groups (Mantel, Cancer Chemother. Rep. 50, 1966), with delayed entry. `None` where
/// fewer than two groups were ever watched together at an event.
pub fn log_rank(groups: &[Vec<Time>]) -> Option<LogRank> {
    stratified_log_rank(&[groups])
}

/// Compares groups within strata, and adds up: each stratum holds the same groups in the same
/// order.
pub fn stratified_log_rank(strata: &[&[Vec<Time>]]) -> Option<LogRank> {
    let groups = strata.iter().map(|groups| groups.len()).max()?;
    let mut sums = Sums {
        seen: vec![0; groups],
        expected: vec![0.0; groups],
        covariance: vec![vec![0.0; groups]; groups],
    };
    for stratum in strata {
        sums.add(stratum);
    }
    // The differences add up to 0, so that one group says nothing new; one without variance was
    // never at risk together with another.
    let varies = |group: &usize| {
        sums.covariance.get(*group).and_then(|row| row.get(*group)).is_some_and(|v| *v > 0.0)
    };
    let free: Vec<usize> = (0..groups).filter(varies).skip(1).collect();
    let difference = |group: usize| {
        let seen = float(sums.seen.get(group).copied().unwrap_or_default());
        seen - sums.expected.get(group).copied().unwrap_or_default()
    };
    let mut system: Vec<Vec<f64>> = Vec::with_capacity(free.len());
    for group in &free {
        let row = sums.covariance.get(*group)?;
        let mut line: Vec<f64> = free.iter().filter_map(|other| row.get(*other)).copied().collect();
        line.push(difference(*group));
        system.push(line);
    }
    let solved = solve(system)?;
    let chi_square: f64 =
        free.iter().zip(&solved).map(|(group, weight)| difference(*group) * weight).sum();
    let degrees = u32::try_from(free.len()).ok().filter(|degrees| *degrees > 0)?;
    let p = chi_square_tail(chi_square, degrees);
    let events = sums.seen.into_iter().zip(sums.expected).collect();
    Some(LogRank { chi_square, degrees, p, events })
}

/// What is added up over event times and strata.
struct Sums {
    seen: Vec<usize>,
    expected: Vec<f64>,
    /// The covariance of the differences, hypergeometric at each event time.
    covariance: Vec<Vec<f64>>,
}

impl Sums {
    fn add(&mut self, groups: &[Vec<Time>]) {
        let sides: Vec<Side> = groups.iter().map(|times| Side::of(times)).collect();
        let mut times: Vec<f64> = sides.iter().flat_map(|side| &side.events).copied().collect();
        times.sort_by(f64::total_cmp);
        times.dedup();
        for time in times {
            let at_risk: Vec<usize> = sides.iter().map(|side| side.at_risk(time)).collect();
            let seen: Vec<usize> = sides.iter().map(|side| side.events_at(time)).collect();
            let (all, over) = (at_risk.iter().sum(), seen.iter().sum());
            self.add_time(&at_risk, &seen, all, over);
        }
    }

    fn add_time(&mut self, at_risk: &[usize], seen: &[usize], all: usize, over: usize) {
        let (n, d) = (float(all), float(over));
        for (sum, here) in self.seen.iter_mut().zip(seen) {
            *sum += here;
        }
        for (sum, here) in self.expected.iter_mut().zip(at_risk) {
            *sum += d * float(*here) / n;
        }
        if all < 2 {
            return;
        }
        let scale = d * (n - d) / (n - 1.0) / (n * n);
        for (g, (row, here)) in self.covariance.iter_mut().zip(at_risk).enumerate() {
            for (h, (cell, there)) in row.iter_mut().zip(at_risk).enumerate() {
                let own = if g == h { n } else { 0.0 };
                *cell += scale * float(*here) * (own - float(*there));
            }
        }
    }
}

/// One group, sorted.
struct Side {
    late: Vec<f64>,
    exits: Vec<f64>,
    events: Vec<f64>,
}

impl Side {
    fn of(times: &[Time]) -> Self {
        let sorted = |pick: &dyn Fn(&Time) -> Option<f64>| {
            let mut out: Vec<f64> =
                times.iter().filter(|time| time.counts()).filter_map(pick).collect();
            out.sort_by(f64::total_cmp);
            out
        };
        Self {
            late: sorted(&|time| (time.entry > 0.0).then_some(time.entry)),
            exits: sorted(&|time| Some(time.exit)),
            events: sorted(&|time| time.event.then_some(time.exit)),
        }
    }

    fn at_risk(&self, time: f64) -> usize {
        let gone = self.exits.partition_point(|exit| *exit < time);
        let entered = self.late.partition_point(|entry| *entry < time);
        self.exits.len().saturating_sub(gone + self.late.len() - entered)
    }

    fn events_at(&self, time: f64) -> usize {
        let below = self.events.partition_point(|event| *event < time);
        self.events.partition_point(|event| *event <= time) - below
    }
}

/// Solves linear equations, the right side in the last column, by elimination with the largest
/// pivot; `None` where they have no single solution.
fn solve(mut rows: Vec<Vec<f64>>) -> Option<Vec<f64>> {
    let size = rows.len();
    let largest = rows.iter().flatten().fold(0.0_f64, |most, cell| most.max(cell.abs()));
    for column in 0..size {
        let value = |row: &Vec<f64>| row.get(column).copied().unwrap_or_default().abs();
        let (pivot, _) =
            rows.iter().enumerate().skip(column).max_by(|(_, a), (_, b)| {
                value(a).partial_cmp(&value(b)).unwrap_or(Ordering::Equal)
            })?;
        rows.swap(column, pivot);
        let lead = rows.get(column)?.clone();
        let top = *lead.get(column)?;
        if top.abs() <= largest * 1e-12 {
            return None;
        }
        for (_, row) in rows.iter_mut().enumerate().filter(|(at, _)| *at != column) {
            let factor = row.get(column).copied().unwrap_or_default() / top;
            for (cell, from) in row.iter_mut().zip(&lead) {
                *cell -= factor * from;
            }
        }
    }
    let at = |row: usize, column: usize| rows.get(row)?.get(column).copied();
    (0..size).map(|row| Some(at(row, size)? / at(row, row)?)).collect()
}
