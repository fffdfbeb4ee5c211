//! What was measured, beside what is wanted, as one Markdown table.

/// One measured value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Figure {
    /// Of what.
    pub(super) what: String,
    /// In `unit`.
    pub(super) value: f64,
    pub(super) unit: &'static str,
    /// What is wanted, in the same unit.
    pub(super) target: Target,
    /// What it was measured on and compared with, so that the value can be judged.
    pub(super) base: String,
}

/// What the project asks of a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Target {
    /// Nothing; it is there to compare with.
    None,
    AtMost(f64),
    AtLeast(f64),
}

impl Target {
    /// Whether a value does; nothing where nothing is asked.
    fn met(self, value: f64) -> Option<bool> {
        match self {
            Self::None => None,
            Self::AtMost(most) => Some(value <= most),
            Self::AtLeast(least) => Some(value >= least),
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::None => f.write_str("–"),
            Self::AtMost(most) => write!(f, "at most {}", short(*most)),
            Self::AtLeast(least) => write!(f, "at least {}", short(*least)),
        }
    }
}

/// The table of all cases that ran.
pub(super) fn table(cases: &[(&str, Vec<Figure>)]) -> String {
    let mut text = String::from(
        "| case | figure | measured | unit | target | met | base |\n\
         |---|---|--:|---|--:|---|---|\n",
    );
    for (case, figures) in cases {
        for figure in figures {
            let met = match figure.target.met(figure.value) {
                None => "–",
                Some(true) => "yes",
                Some(false) => "no",
            };
            let target = figure.target.to_string();
            let value = match short(figure.value) {
                // Rounding must not make a miss look like a hit.
                value if met == "no" && target.ends_with(&format!(" {value}")) => {
                    format!("{:.6}", figure.value)
                }
                value => value,
            };
            let cells: [&str; 7] =
                [case, &figure.what, &value, figure.unit, &target, met, &figure.base];
            for cell in cells {
                text.extend(["| ", cell, " "]);
            }
            text.push_str("|\n");
        }
    }
    text
}

/// Three digits that count, or all of a large number, in groups.
pub(super) fn short(value: f64) -> String {
    let size = value.abs();
    if size >= 1000.0 {
        return grouped(value);
    }
    let text = match size {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        1.0.. => format!("{value:.2}"),
        0.1.. => format!("{value:.3}"),
        _ => format!("{value:.4}"),
    };
    if text.contains('.') {
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    text
}

fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        let left = digits.len() - index;
        if index > 0 && left.is_multiple_of(3) && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_stands_beside_the_figure() {
        let figure = |value, target| Figure {
            what: "CPU, median".to_owned(),
            value,
            unit: "s",
            target,
            base: "15 runs".to_owned(),
        };
        let figures = vec![
            figure(0.045, Target::AtMost(0.045)),
            figure(0.0451, Target::AtMost(0.045)),
            figure(20_000.0, Target::AtLeast(20_000.0)),
            figure(19_999.0, Target::AtLeast(20_000.0)),
            figure(2.5, Target::None),
            figure(3.001, Target::AtMost(3.0)),
        ];
        let text = table(&[("check-lockfile", figures)]);
        let rows: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(
            rows,
            [
                "| check-lockfile | CPU, median | 0.045 | s | at most 0.045 | yes | 15 runs |",
                "| check-lockfile | CPU, median | 0.0451 | s | at most 0.045 | no | 15 runs |",
                "| check-lockfile | CPU, median | 20,000 | s | at least 20,000 | yes | 15 runs |",
                "| check-lockfile | CPU, median | 19,999 | s | at least 20,000 | no | 15 runs |",
                "| check-lockfile | CPU, median | 2.5 | s | – | – | 15 runs |",
                "| check-lockfile | CPU, median | 3.001000 | s | at most 3 | no | 15 runs |",
            ]
        );
        let columns = |line: &str| line.matches('|').count();
        assert!(text.lines().all(|line| columns(line) == 8), "{text}");
    }

    #[test]
    fn a_value_that_is_no_number_meets_nothing() {
        assert_eq!(Target::AtMost(1.0).met(f64::NAN), Some(false));
        assert_eq!(Target::AtLeast(1.0).met(f64::NAN), Some(false));
    }

    #[test]
    fn numbers_are_as_long_as_they_say_something() {
        let shown = [0.0, 0.012_34, 0.5, 1.0, 2.046, 45.67, 432.1, 999.6, 1234.5, 1_234_567.0];
        let shown: Vec<String> = shown.into_iter().map(short).collect();
        let wanted =
            ["0", "0.0123", "0.5", "1", "2.05", "45.7", "432", "1000", "1,234", "1,234,567"];
        assert_eq!(shown, wanted);
    }
}
