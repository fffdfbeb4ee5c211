//! What many hosts told over the network, judged in one place by every control.

use std::process::Command;

use super::figures::{Figure, Target, short};
use super::kernels::{Told, example, get, told};
use crate::tools;

/// How many hosts there are.
const HOSTS: &str = "1000";
/// CPU milliseconds of all of them.
const TARGET_MS: f64 = 2_000.0;
/// What is done for each host, as the example names it, and in words.
const PARTS: [(&str, &str); 3] =
    [("read", "reading what they told"), ("sort", "facts of it"), ("judge", "verdicts of facts")];

/// From what each host told to its verdicts.
pub(super) fn controls() -> Result<Vec<Figure>, String> {
    let mut command = Command::new(example("holdfast-engine", "controls")?);
    command.arg(HOSTS);
    figures(&told(&tools::output(command)?)?)
}

fn figures(told: &Told) -> Result<Vec<Figure>, String> {
    let hosts = get(told, "hosts")?;
    let base = format!(
        "{} hosts, {} of them different; {} bytes, {} controls and {} verdicts each, of which {} \
         not applicable",
        short(hosts),
        short(get(told, "hosts-different")?),
        short(get(told, "bytes")?),
        short(get(told, "controls")?),
        short(get(told, "verdicts")? / hosts),
        short(get(told, "not-applicable")? / hosts),
    );
    let figure = |what: String, value: f64, target| Figure {
        what,
        value,
        unit: "ms",
        target,
        base: base.clone(),
    };
    let parts = PARTS.map(|(name, words)| get(told, name).map(|value| (words, value)));
    let parts = parts.into_iter().collect::<Result<Vec<_>, _>>()?;
    let whole: f64 = parts.iter().map(|(_, value)| value).sum();
    let target = Target::AtMost(TARGET_MS);
    let mut out = vec![
        figure("all hosts, CPU".to_owned(), whole, target),
        figure("one host, CPU".to_owned(), whole / hosts, Target::None),
    ];
    out.extend(parts.into_iter().map(|(words, value)| {
        figure(format!("all hosts, {words} alone, CPU"), value, Target::None)
    }));
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "hosts 1000 hosts\nhosts-different 998 hosts\ncontrols 130 controls\n\
        verdicts 350000 verdicts\nnot-applicable 20000 verdicts\nbytes 300000 bytes\n\
        read 100.5 ms\nsort 1100 ms\njudge 300 ms\n";

    #[test]
    fn the_whole_is_the_sum_of_its_parts() {
        let figures = figures(&told(TEXT).unwrap()).unwrap();
        let values: Vec<f64> = figures.iter().map(|one| one.value).collect();
        let wanted = [1_500.5, 1.5005, 100.5, 1_100.0, 300.0];
        assert_eq!(values.len(), wanted.len());
        let near = |(value, wanted): (&f64, f64)| (value - wanted).abs() < 1e-9;
        assert!(values.iter().zip(wanted).all(near), "{values:?}");
        let base = "1,000 hosts, 998 of them different; 300,000 bytes, 130 controls and 350 verdicts \
                    each, of which 20 not applicable";
        assert!(figures.iter().all(|one| one.base == base), "{figures:?}");
    }

    #[test]
    fn a_part_that_was_not_measured_is_told() {
        let refused = figures(&told(&TEXT.replace("judge 300 ms\n", "")).unwrap()).unwrap_err();
        assert!(refused.contains("`judge`"), "{refused}");
    }
}
