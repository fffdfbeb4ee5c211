//! `holdfast check` as a whole process: what it costs, and how much memory it takes.

use super::data::{self, Scratch};
use super::figures::{Figure, Target};
use super::{Case, Measured, apart, built, interleaved, number};
use crate::tools;

/// How often each process runs.
const ROUNDS: usize = 31;
/// Memory differs little from run to run.
const MEMORY_ROUNDS: usize = 5;
/// CPU seconds that another tool needs for the same lockfile.
const CPU_TARGET_S: f64 = 0.045;
/// In megabytes of 1,000,000 bytes.
const MEMORY_TARGET_MB: f64 = 50.0;

/// The processes of one interleaved run.
struct Runs {
    start: Measured,
    human: Measured,
    json: Measured,
    sarif: Measured,
    about: String,
}

/// Everything about time.
pub(super) fn lockfile() -> Result<Vec<Figure>, String> {
    let runs = runs(ROUNDS)?;
    let about = format!("{}, {ROUNDS} runs", runs.about);
    let figure = |measured: &Measured, which: &str, us: u64, target| Figure {
        what: format!("`{}`, CPU, {which}", measured.name),
        value: number(us) / 1e6,
        unit: "s",
        target,
        base: about.clone(),
    };
    let median =
        |measured: &Measured, target| figure(measured, "median", measured.median_us(), target);
    let (target, free) = (Target::AtMost(CPU_TARGET_S), Target::None);
    let ratio = number(runs.human.median_us()) / number(runs.start.median_us());
    Ok(vec![
        figure(&runs.human, "least (aim 0.005)", runs.human.least_us(), target),
        median(&runs.human, target),
        median(&runs.json, target),
        median(&runs.sarif, free),
        median(&runs.start, free),
        Figure {
            what: format!("`{}` to `{}`", runs.human.name, runs.start.name),
            value: ratio,
            unit: "times",
            target: free,
            base: "medians of the same run".to_owned(),
        },
        memory_of(&runs.human, &about),
    ])
}

/// Everything about memory.
pub(super) fn memory() -> Result<Vec<Figure>, String> {
    let runs = runs(MEMORY_ROUNDS)?;
    let about = format!("{}, most of {MEMORY_ROUNDS} runs", runs.about);
    let start = memory_of(&runs.start, "what every start costs");
    Ok(vec![
        memory_of(&runs.human, &about),
        memory_of(&runs.json, &about),
        memory_of(&runs.sarif, &about),
        Figure { target: Target::None, ..start },
    ])
}

fn memory_of(measured: &Measured, base: &str) -> Figure {
    Figure {
        what: format!("`{}`, peak memory", measured.name),
        value: number(measured.memory_kib()) * 1024.0 / 1e6,
        unit: "MB",
        target: Target::AtMost(MEMORY_TARGET_MB),
        base: base.to_owned(),
    }
}

fn runs(rounds: usize) -> Result<Runs, String> {
    tools::run(tools::cargo(&["build", "--quiet", "--release", "--package", "holdfast"]))?;
    let program = built("holdfast")?;
    let scratch = Scratch::new()?;
    let tree = data::tree(&scratch, data::shared().as_deref())?;
    let (folder, feeds) = (tree.folder.display().to_string(), tree.feeds.display().to_string());
    let data = scratch.path("data").display().to_string();
    let mut sync = std::process::Command::new(&program);
    sync.args(["advisories", "sync", "--from", &feeds, "--data", &data]);
    tools::output(sync)?;

    let process = |name: &str, args: &[&str]| {
        let command = std::iter::once(program.as_str()).chain(args.iter().copied());
        // A gate that blocks ends with 1, and has done its work.
        Case {
            name: name.to_owned(),
            command: command.map(str::to_owned).collect(),
            codes: vec![0, 1],
            folder: None,
        }
    };
    let check = ["check", &folder, "--data", &data, "--format"];
    let form = |name: &str, form: &str| process(name, &[check.as_slice(), &[form]].concat());
    let cases = [
        process("--version", &["--version"]),
        form("check", "human"),
        form("check --format json", "json"),
        form("check --format sarif", "sarif"),
    ];
    let measured = interleaved(&cases, rounds, apart)?;
    match <[Measured; 4]>::try_from(measured) {
        Ok([start, human, json, sarif]) => {
            Ok(Runs { start, human, json, sarif, about: tree.about })
        }
        Err(_) => Err("some processes were not measured".to_owned()),
    }
}
