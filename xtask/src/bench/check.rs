//! `holdfast check` as a whole process: what it costs, and how much memory it takes.

use super::data::{self, Scratch};
use super::figures::{Figure, Target};
use super::{Case, Measured, apart, built, interleaved, number};
use crate::tools;

/// How often each process runs.
const ROUNDS: usize = 31;
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
    let about = format!("{}, {} runs", runs.about, runs.human.samples.len());
    let seconds = |us: u64| number(us) / 1e6;
    let figure = |what: &str, value, target| Figure {
        what: what.to_owned(),
        value,
        unit: "s",
        target,
        base: about.clone(),
    };
    let target = Target::AtMost(CPU_TARGET_S);
    let ratio = number(runs.human.median_us()) / number(runs.start.median_us());
    Ok(vec![
        figure("`check`, CPU, least", seconds(runs.human.least_us()), target),
        figure("`check`, CPU, median (aim 0.005)", seconds(runs.human.median_us()), target),
        figure("`check --format json`, CPU, median", seconds(runs.json.median_us()), target),
        figure(
            "`check --format sarif`, CPU, median",
            seconds(runs.sarif.median_us()),
            Target::None,
        ),
        figure("`--version`, CPU, median", seconds(runs.start.median_us()), Target::None),
        Figure {
            what: "`check` to `--version`".to_owned(),
            value: ratio,
            unit: "times",
            target: Target::None,
            base: "medians of the same run".to_owned(),
        },
        memory_of("`check`, peak memory", &runs.human, &about),
    ])
}

/// Everything about memory.
pub(super) fn memory() -> Result<Vec<Figure>, String> {
    let runs = runs(5)?;
    let about = format!("{}, most of {} runs", runs.about, runs.human.samples.len());
    let floor = Figure {
        target: Target::None,
        ..memory_of("`--version`, peak memory", &runs.start, "what every start costs")
    };
    Ok(vec![
        memory_of("`check`, peak memory", &runs.human, &about),
        memory_of("`check --format json`, peak memory", &runs.json, &about),
        memory_of("`check --format sarif`, peak memory", &runs.sarif, &about),
        floor,
    ])
}

fn memory_of(what: &str, measured: &Measured, base: &str) -> Figure {
    Figure {
        what: what.to_owned(),
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
        }
    };
    let check = ["check", &folder, "--data", &data, "--format"];
    let form = |form: &str| process(form, &[check.as_slice(), &[form]].concat());
    let cases = [process("--version", &["--version"]), form("human"), form("json"), form("sarif")];
    let measured = interleaved(&cases, rounds, apart)?;
    match <[Measured; 4]>::try_from(measured) {
        Ok([start, human, json, sarif]) => {
            Ok(Runs { start, human, json, sarif, about: tree.about })
        }
        Err(_) => Err("some processes were not measured".to_owned()),
    }
}
