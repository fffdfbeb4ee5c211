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
/// The packages of a lockfile of a usual size, and what its check may cost in CPU milliseconds: as a
/// whole process, and what one aims at beyond a bare start.
const PACKAGES: usize = 1_000;
const THOUSAND_TARGET_MS: f64 = 5.0;
const BEYOND_AIM_MS: f64 = 1.0;
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

/// A lockfile of 1,000 packages, as a whole process, beside one that only starts.
pub(super) fn thousand() -> Result<Vec<Figure>, String> {
    tools::run(tools::cargo(&["build", "--quiet", "--release", "--package", "holdfast"]))?;
    let program = built("holdfast")?;
    let scratch = Scratch::new()?;
    let tree = data::tree(&scratch, data::shared().as_deref())?;
    let folder = data::generated(&scratch, PACKAGES)?.display().to_string();
    let data = synced(&program, &scratch, &tree)?;
    let case = |name: &str, args: &[&str]| Case {
        name: name.to_owned(),
        command: std::iter::once(program.as_str())
            .chain(args.iter().copied())
            .map(str::to_owned)
            .collect(),
        codes: vec![0, 1],
        folder: None,
    };
    let cases = [
        case("--version", &["--version"]),
        case("check", &["check", &folder, "--data", &data, "--format", "json"]),
    ];
    let measured = interleaved(&cases, ROUNDS, apart)?;
    let [start, check] = measured.as_slice() else {
        return Err("some processes were not measured".to_owned());
    };
    let about =
        format!("generated lockfile of {PACKAGES} packages, index of all feeds, {ROUNDS} runs");
    let figure = |what: &str, us: u64, target| Figure {
        what: what.to_owned(),
        value: number(us) / 1e3,
        unit: "ms",
        target: Target::AtMost(target),
        base: about.clone(),
    };
    let beyond = |check: u64, start: u64| check.saturating_sub(start);
    Ok(vec![
        figure("`check`, CPU, least", check.least_us(), THOUSAND_TARGET_MS),
        figure("`check`, CPU, median", check.median_us(), THOUSAND_TARGET_MS),
        figure(
            "`check` beyond a bare start, CPU, least (an aim)",
            beyond(check.least_us(), start.least_us()),
            BEYOND_AIM_MS,
        ),
        memory_of(check, &about),
    ])
}

/// Brings the feeds of a tree in; the data folder.
fn synced(program: &str, scratch: &Scratch, tree: &data::Tree) -> Result<String, String> {
    let data = scratch.path("data").display().to_string();
    let mut sync = std::process::Command::new(program);
    sync.args(["advisories", "sync", "--data", &data, "--from"]).arg(&tree.feeds);
    tools::output(sync)?;
    Ok(data)
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
    let folder = tree.folder.display().to_string();
    let data = synced(&program, &scratch, &tree)?;

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
