//! `holdfast audit` as a whole process: all controls of this machine, with the facts that they
//! ask for.
//!
//! A running machine is also asked through its own programs, which cost whatever they cost; so
//! the same machine is judged as the root of a system that does not run, and `sshd -T` is measured
//! alone.

use std::path::Path;

use super::data::Scratch;
use super::figures::{Figure, Target};
use super::{Case, Measured, apart, built, interleaved, number};
use crate::tools;

/// How often each process runs.
const ROUNDS: usize = 31;
/// CPU milliseconds of all controls with their facts.
const TARGET_MS: f64 = 10.0;
/// The ssh server, where it is installed: the one program that costs more than all the rest.
const SSHD: &str = "/usr/sbin/sshd";

/// All controls, beside a mere start and the program that is asked.
pub(super) fn controls() -> Result<Vec<Figure>, String> {
    tools::run(tools::cargo(&["build", "--quiet", "--release", "--package", "holdfast"]))?;
    let built = built("holdfast")?;
    let program = Path::new(&built).canonicalize().map_err(|error| format!("{built}: {error}"))?;
    let program = program.display().to_string();
    let scratch = Scratch::new()?;
    // There is nothing in it: the folder that somebody stands in has no part in the figures.
    let folder = scratch.path("");
    let data = scratch.path("data").display().to_string();
    let case = |name: &str, program: &str, args: &[&str], codes: &[i32]| {
        let command = std::iter::once(program).chain(args.iter().copied());
        Case {
            name: name.to_owned(),
            command: command.map(str::to_owned).collect(),
            codes: codes.to_vec(),
            folder: Some(folder.clone()),
        }
    };
    let audit = |target: &str| {
        case(&format!("audit {target}"), &program, &["audit", target, "--data", &data], &[0, 1])
    };
    let mut cases =
        vec![case("--version", &program, &["--version"], &[0]), audit("local"), audit("root:/")];
    if Path::new(SSHD).is_file() {
        // It refuses with 255 where it could not serve, after all of its work.
        cases.push(case("sshd -T", SSHD, &["-T"], &[0, 255]));
    }
    let judged = judged(&program, &data, &folder)?;
    figures(&interleaved(&cases, ROUNDS, apart)?, &judged)
}

/// How much there is to judge: the resources of this machine, and how many of them have a result.
fn judged(program: &str, data: &str, folder: &Path) -> Result<String, String> {
    let mut command = std::process::Command::new(program);
    command.args(["audit", "local", "--format", "json", "--data", data]).current_dir(folder);
    let output = command.output().map_err(|error| format!("`{program}`: {error}"))?;
    let told: serde_json::Value =
        serde_json::from_slice(&output.stdout).map_err(|error| format!("audit: {error}"))?;
    let rows = told.get("results").and_then(serde_json::Value::as_array);
    let rows = rows.ok_or("the audit told no results")?;
    let controls: std::collections::BTreeSet<_> =
        rows.iter().filter_map(|row| row.get("control")?.as_str()).collect();
    let away = rows
        .iter()
        .filter(|row| row.get("result").is_some_and(|result| result == "not applicable"))
        .count();
    Ok(format!(
        "{} controls on {} resources of this machine, {away} of them not applicable",
        controls.len(),
        rows.len(),
    ))
}

fn figures(measured: &[Measured], judged: &str) -> Result<Vec<Figure>, String> {
    let [start, local, root, programs @ ..] = measured else {
        return Err("some processes were not measured".to_owned());
    };
    let figure = |what: String, us: f64, target, base: &str| Figure {
        what,
        value: us / 1e3,
        unit: "ms",
        target,
        base: base.to_owned(),
    };
    let base = format!("{judged}; {ROUNDS} runs");
    let asked = format!("{base}; with the programs that are asked");
    let rest = format!("{base}; the same root as one that does not run: no program is asked");
    let mut figures = Vec::new();
    let target = Target::AtMost(TARGET_MS);
    for (of, base) in [(local, &asked), (root, &rest)] {
        let mut row = |which: &str, us| {
            let what = format!("`{}`, CPU, {which}", of.name);
            figures.push(figure(what, number(us), target, base));
        };
        row("least", of.least_us());
        row("median", of.median_us());
    }
    for program in programs {
        let what = format!("`{}` alone, CPU, median", program.name);
        let median = number(program.median_us());
        figures.push(figure(what, median, Target::None, "a program that `audit local` asks"));
        let own = number(local.median_us()) - median;
        let what = format!("`{}` less `{}`, CPU, median", local.name, program.name);
        figures.push(figure(what, own, target, "medians of the same run"));
    }
    let what = format!("`{}`, CPU, median", start.name);
    figures.push(figure(what, number(start.median_us()), Target::None, "what every start costs"));
    Ok(figures)
}

#[cfg(test)]
mod tests {
    use super::super::Sample;
    use super::*;

    fn row(name: &str, times: [u64; 3]) -> Measured {
        let samples = times.map(|cpu_us| Sample { cpu_us, memory_kib: 1 }).to_vec();
        Measured { name: name.to_owned(), samples }
    }

    #[test]
    fn the_program_that_is_asked_is_told_apart() {
        let mut measured = vec![
            row("--version", [1400, 1300, 1500]),
            row("audit local", [16_000, 15_000, 17_000]),
            row("audit root:/", [5000, 4000, 6000]),
        ];
        let without = figures(&measured, "14 controls").unwrap();
        assert_eq!(without.len(), 5);
        measured.push(row("sshd -T", [11_000, 10_000, 12_000]));
        let figures = figures(&measured, "14 controls").unwrap();
        let own = figures.iter().find(|one| one.what.contains("less")).unwrap();
        assert!((own.value - 5.0).abs() < 1e-9);
        assert_eq!(own.what, "`audit local` less `sshd -T`, CPU, median");
        assert_eq!(figures.len(), 7);
    }

    #[test]
    fn a_process_that_was_not_measured_is_told() {
        assert!(figures(&[row("--version", [1, 2, 3])], "").is_err());
    }
}
