//! `holdfast audit` as a whole process: all controls of this machine, with the facts that they
//! ask for.
//!
//! A running machine is also asked through its own programs, which cost whatever they cost; so
//! the same machine is judged as the root of a system that does not run, and `sshd -T` is measured
//! alone. Nobody walks through all files here: see `walk`.

use std::collections::BTreeSet;
use std::path::Path;

use super::data::Scratch;
use super::figures::{Figure, Target};
use super::{Case, Measured, apart, built, interleaved, number};
use crate::tools;

/// How often each process runs.
const ROUNDS: usize = 31;
/// CPU milliseconds of all controls with their facts.
const TARGET_MS: f64 = 15.0;
/// And their memory, in megabytes of 1,000,000 bytes.
const TARGET_MB: f64 = 15.0;
/// The ssh server, where it is installed: the one program that costs more than all the rest.
pub(super) const SSHD: &str = "/usr/sbin/sshd";
/// How a resource begins that only a walk through all files finds.
const WALKED: &str = "files ";

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
    let judged = judged(&program, &data, &folder)?;
    let audit = |target: &str, only: &[&str]| {
        let args = [["audit", target, "--data", &*data].as_slice(), only].concat();
        case(&format!("audit {target}"), &program, &args, &[0, 1])
    };
    // A running machine is walked through only where its settings say so, a root always.
    let mut cases = vec![
        case("--version", &program, &["--version"], &[0]),
        audit("local", &[]),
        audit("root:/", &["--only", &judged.still]),
    ];
    if Path::new(SSHD).is_file() {
        // It refuses with 255 where it could not serve, after all of its work.
        cases.push(case("sshd -T", SSHD, &["-T"], &[0, 255]));
    }
    figures(&interleaved(&cases, ROUNDS, apart)?, &judged.about)
}

/// How much there is to judge.
#[derive(Debug)]
struct Judged {
    /// The resources of this machine, and how many of them have a result, in words.
    about: String,
    /// The controls that need no walk through all files, as `--only` takes them.
    still: String,
}

fn judged(program: &str, data: &str, folder: &Path) -> Result<Judged, String> {
    let mut command = std::process::Command::new(program);
    command.args(["audit", "local", "--format", "json", "--data", data]).current_dir(folder);
    let output = command.output().map_err(|error| format!("`{program}`: {error}"))?;
    let told: serde_json::Value =
        serde_json::from_slice(&output.stdout).map_err(|error| format!("audit: {error}"))?;
    let rows = told.get("results").and_then(serde_json::Value::as_array);
    Ok(judged_of(rows.ok_or("the audit told no results")?))
}

fn judged_of(rows: &[serde_json::Value]) -> Judged {
    let text = |row: &serde_json::Value, name: &str| {
        row.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
    };
    let of = |walked: bool| -> BTreeSet<String> {
        let rows = rows.iter().filter(|row| text(row, "resource").starts_with(WALKED) == walked);
        rows.map(|row| text(row, "control")).collect()
    };
    let (walked, others) = (of(true), of(false));
    let still: Vec<&str> = others.difference(&walked).map(String::as_str).collect();
    let away = rows.iter().filter(|row| text(row, "result") == "not applicable").count();
    let about = format!(
        "{} controls on {} resources of this machine, {away} of them not applicable",
        walked.union(&others).count(),
        rows.len(),
    );
    Judged { about, still: still.join(",") }
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
    let rest = format!(
        "{base}; the same root as one that does not run: no program is asked, and no control that \
         walks through all files"
    );
    let mut figures = Vec::new();
    let target = Target::AtMost(TARGET_MS);
    for (of, base) in [(local, &asked), (root, &rest)] {
        let mut row = |which: &str, us| {
            let what = format!("`{}`, CPU, {which}", of.name);
            figures.push(figure(what, number(us), target, base));
        };
        row("least (aim 5)", of.least_us());
        row("median", of.median_us());
        figures.push(Figure {
            what: format!("`{}`, peak memory", of.name),
            value: number(of.memory_kib()) * 1024.0 / 1e6,
            unit: "MB",
            target: Target::AtMost(TARGET_MB),
            base: base.clone(),
        });
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

    fn judgement(control: &str, resource: &str, result: &str) -> serde_json::Value {
        serde_json::json!({ "control": control, "resource": resource, "result": result })
    }

    #[test]
    fn the_program_that_is_asked_is_told_apart() {
        let mut measured = vec![
            row("--version", [1400, 1300, 1500]),
            row("audit local", [16_000, 15_000, 17_000]),
            row("audit root:/", [5000, 4000, 6000]),
        ];
        let without = figures(&measured, "14 controls").unwrap();
        assert_eq!(without.len(), 7);
        let memory = without.iter().find(|one| one.unit == "MB").unwrap();
        assert!((memory.value - 0.001_024).abs() < 1e-9, "{memory:?}");
        measured.push(row("sshd -T", [11_000, 10_000, 12_000]));
        let figures = figures(&measured, "14 controls").unwrap();
        let own = figures.iter().find(|one| one.what.contains("less")).unwrap();
        assert!((own.value - 5.0).abs() < 1e-9);
        assert_eq!(own.what, "`audit local` less `sshd -T`, CPU, median");
        assert_eq!(figures.len(), 9);
    }

    #[test]
    fn controls_that_walk_are_told_from_the_others() {
        let judged = judged_of(&[
            judgement("open-files", "files world-writable", "not assessed"),
            judgement("root-login", "sshd PermitRootLogin", "fail"),
            // One that asks for both needs the walk, too.
            judgement("trust", "file /etc/hosts.equiv", "pass"),
            judgement("trust", "files named .rhosts", "not applicable"),
            judgement("address-layout", "sysctl kernel.randomize_va_space", "pass"),
        ]);
        assert_eq!(judged.still, "address-layout,root-login");
        let about = "4 controls on 5 resources of this machine, 1 of them not applicable";
        assert_eq!(judged.about, about);
    }

    #[test]
    fn a_process_that_was_not_measured_is_told() {
        assert!(figures(&[row("--version", [1, 2, 3])], "").is_err());
    }
}
