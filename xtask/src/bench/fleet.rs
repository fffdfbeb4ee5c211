//! Who is affected by one new advisory, in a fleet of a million assets.
//!
//! The fleet is made in bulk by an example of the store; the question is asked in one process by an
//! example of the engine, once and many times over the same open record, and the difference counts.

use std::process::Command;

use super::data::Scratch;
use super::figures::{Figure, Target, short};
use super::kernels::{example, get, told};
use super::{Case, Measured, apart, built, interleaved, number};
use crate::tools;

/// CPU milliseconds of the question.
const TARGET_MS: f64 = 10.0;
/// How often each process runs.
const ROUNDS: usize = 5;
/// How often the question is asked in the second process, beyond the first time, which warms.
const TIMES: u64 = 40;
/// The one new advisory: 1.0.0 is meant, which the rare sets have.
const RECORD: &str = r#"{"id": "DSA-9001-1", "modified": "2026-11-21T05:00:00Z",
 "aliases": ["CVE-2026-90001"], "summary": "Rounding reads past the end of the price list",
 "affected": [{"package": {"ecosystem": "Debian:12", "name": "tiller"},
   "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.2.0"}]}]}]}"#;

/// The fleet, and what one question costs.
pub(super) fn affected() -> Result<Vec<Figure>, String> {
    tools::run(tools::cargo(&["build", "--quiet", "--release", "--package", "holdfast"]))?;
    let program = built("holdfast")?;
    let (fleet, affected) =
        (example("holdfast-store", "fleet")?, example("holdfast-engine", "affected")?);
    let scratch = Scratch::new()?;
    let data = scratch.path("data").display().to_string();
    let mut make = Command::new(fleet);
    make.arg(&data);
    let made = told(&tools::output(make)?)?;
    let feed = scratch.path("feed");
    let cannot = |error: std::io::Error| format!("{}: {error}", feed.display());
    std::fs::create_dir_all(&feed).map_err(cannot)?;
    std::fs::write(feed.join("DSA-9001-1.json"), RECORD).map_err(cannot)?;
    let mut sync = Command::new(&program);
    sync.args(["advisories", "sync", "--data", &data, "--from"]).arg(&feed);
    tools::output(sync)?;

    let ask = |times: u64| {
        let times = times.to_string();
        let command = [affected.as_str(), data.as_str(), "CVE-2026-90001", times.as_str()];
        Case {
            name: format!("{times} times"),
            command: command.map(str::to_owned).to_vec(),
            codes: vec![0],
            folder: None,
        }
    };
    let data_of = data.as_str();
    let whole = ["advisories", "affected", "CVE-2026-90001", "--data", data_of, "--format", "json"];
    let whole = Case {
        name: "advisories affected --format json".to_owned(),
        command: std::iter::once(program.as_str()).chain(whole).map(str::to_owned).collect(),
        codes: vec![0],
        folder: None,
    };
    let mut once = Command::new(&affected);
    once.args([data.as_str(), "CVE-2026-90001", "1"]);
    let rows = get(&told(&tools::output(once)?)?, "rows")?;
    let measured = interleaved(&[ask(1), ask(TIMES + 1), whole], ROUNDS, apart)?;
    figures(&measured, rows, get(&made, "bytes")?, get(&made, "made")?)
}

fn figures(measured: &[Measured], rows: f64, bytes: f64, made: f64) -> Result<Vec<Figure>, String> {
    let [one, many, whole] = measured else {
        return Err("some processes were not measured".to_owned());
    };
    let base = format!(
        "1,000,000 assets with 500 components each in 4,000 sets; {} copies named; {ROUNDS} runs of \
         {TIMES} questions",
        short(rows)
    );
    let each = |one: u64, many: u64| number(many.saturating_sub(one)) / number(TIMES) / 1e3;
    let figure = |what: &str, value: f64, unit, target, base: &str| Figure {
        what: what.to_owned(),
        value,
        unit,
        target,
        base: base.to_owned(),
    };
    let target = Target::AtMost(TARGET_MS);
    let free = Target::None;
    let least = each(one.least_us(), many.least_us());
    let median = each(one.median_us(), many.median_us());
    let start = "opening record and index included, 10,000 rows written as JSON";
    let memory = number(whole.memory_kib()) * 1024.0 / 1e6;
    Ok(vec![
        figure("who is affected, CPU, least", least, "ms", target, &base),
        figure("who is affected, CPU, median", median, "ms", target, &base),
        figure(
            &format!("`{}`, CPU, median", whole.name),
            number(whole.median_us()) / 1e3,
            "ms",
            free,
            start,
        ),
        figure(&format!("`{}`, peak memory", whole.name), memory, "MB", free, start),
        figure("the record", bytes / 1e6, "MB", Target::AtMost(2_000.0), "made in bulk"),
        figure("to make it", made, "s", free, "by the clock"),
    ])
}
