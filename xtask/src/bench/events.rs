//! `holdfast detect` and `holdfast history` as whole processes: what a record of a log costs beside
//! a mere validation and beside another implementation of the same rules, and what the past of a
//! repository costs.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::data::{self, Scratch};
use super::figures::{Figure, Target, short};
use super::kernels::example;
use super::{Case, Measured, apart, built, interleaved, number};
use crate::tools;

/// How often each process runs.
const ROUNDS: usize = 5;
/// How long the log is, in megabytes.
const MEGABYTES: usize = 60;
/// How many records are generated where there are no real ones.
const RECORDS: usize = 40_000;
/// Of the generated records, one of so many is spoken of by a rule of ours.
const SPOKEN_OF: usize = 1_000;
/// Records a CPU second.
const TARGET: f64 = 150_000.0;
/// Of this project's own past, in seconds.
const HISTORY_TARGET_S: f64 = 2.0;

/// A log, and rules that are not ours.
struct Log {
    path: PathBuf,
    rules: Option<PathBuf>,
    records: u64,
    about: String,
}

/// Rules over events.
pub(super) fn detect() -> Result<Vec<Figure>, String> {
    let (program, speed) = (holdfast()?, example("holdfast-events", "speed")?);
    let scratch = Scratch::new()?;
    let log = log(&scratch, &speed)?;
    let (path, data) = (shown(&log.path), shown(scratch.path("data")));
    let case = |name: &str, command: &[&str]| Case {
        name: name.to_owned(),
        command: command.iter().map(|word| (*word).to_owned()).collect(),
        codes: vec![0],
        folder: None,
    };
    let mut cases = vec![
        case("`detect`, our rules", &[&program, "detect", &path, "--data", &data]),
        case("`serde_json`, validation alone", &[&speed, "validate", "", &path]),
    ];
    if let Some(rules) = log.rules.as_deref().map(shown) {
        let given = ["--rules", &rules, "--only-given-rules"];
        let detect = [&program, "detect", &path, "--data", &data];
        let detect: Vec<&str> = detect.into_iter().chain(given).collect();
        cases.push(case("`detect`, SigmaHQ's rules", &detect));
        cases.push(case("`rsigma-eval`, SigmaHQ's rules", &[&speed, "rsigma", &rules, &path]));
    } else {
        tools::complain("no rules of SigmaHQ and no real records beside the project");
    }
    let measured = interleaved(&cases, ROUNDS, apart)?;
    let base = format!("{}; median of {ROUNDS} runs", log.about);
    let mut figures: Vec<Figure> =
        measured.iter().map(|measured| rate(measured, log.records, &base)).collect();
    let times = |of: &Measured, to: &Measured| Figure {
        what: format!("{} to {}, CPU", of.name, to.name),
        value: number(of.median_us()) / number(to.median_us().max(1)),
        unit: "times",
        target: Target::None,
        base: "medians of the same run".to_owned(),
    };
    match measured.as_slice() {
        [_, validation, detect, other] => {
            figures.extend([times(detect, validation), times(detect, other)]);
        }
        [ours, validation] => figures.push(times(ours, validation)),
        _ => {}
    }
    figures.extend(measured.iter().filter(|one| one.name.contains("detect")).map(memory));
    Ok(figures)
}

/// The past of this project's own repository.
pub(super) fn history() -> Result<Vec<Figure>, String> {
    let program = holdfast()?;
    let scratch = Scratch::new()?;
    let mut git = Command::new("git");
    git.args(["rev-list", "--count", "HEAD"]);
    let commits = tools::output(git)?;
    let commits = commits.trim();
    let data = shown(scratch.path("data"));
    let command = [&*program, "history", ".", "--data", &data].map(str::to_owned).to_vec();
    let name = "`history`".to_owned();
    let case = Case { name, command, codes: vec![0], folder: None };
    let measured = interleaved(&[case], ROUNDS, apart)?;
    let figures = measured.iter().flat_map(|measured| {
        let figure = |which: &str, us: u64| Figure {
            what: format!("{}, CPU, {which}", measured.name),
            value: number(us) / 1e6,
            unit: "s",
            target: Target::AtMost(HISTORY_TARGET_S),
            base: format!("this project's own {commits} commits, git included, {ROUNDS} runs"),
        };
        [
            figure("least", measured.least_us()),
            figure("median", measured.median_us()),
            memory(measured),
        ]
    });
    Ok(figures.collect())
}

/// The release program, by a path that holds wherever it runs.
fn holdfast() -> Result<String, String> {
    tools::run(tools::cargo(&["build", "--quiet", "--release", "--package", "holdfast"]))?;
    let program = built("holdfast")?;
    Path::new(&program).canonicalize().map(|path| shown(&path)).map_err(|error| error.to_string())
}

fn shown(path: impl AsRef<Path>) -> String {
    path.as_ref().display().to_string()
}

/// The real records again and again, else generated ones.
fn log(scratch: &Scratch, speed: &str) -> Result<Log, String> {
    let folder = scratch.path("log");
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let path = folder.join("trail.ndjson");
    let real = data::shared().and_then(|shared| {
        let rules = shared.join("sigma/cloud/aws/cloudtrail");
        let logs =
            ["invictus", "stratus"].map(|name| shared.join(format!("cloudtrail/{name}.ndjson.gz")));
        let there = rules.is_dir() && logs.iter().all(|log| log.is_file());
        there.then_some((rules, logs))
    });
    let which = if let Some((_, logs)) = &real {
        let mut command = Command::new(speed);
        command.arg("unpack").arg(&path).arg(MEGABYTES.to_string()).args(logs);
        tools::output(command)?;
        "real"
    } else {
        std::fs::write(&path, generated(RECORDS)).map_err(|error| error.to_string())?;
        "generated"
    };
    let text = std::fs::read(&path).map_err(|error| error.to_string())?;
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count();
    let (records, megabytes) = (lines as u64, short(number(text.len() as u64) / 1e6));
    let about = format!("{} {which} records of CloudTrail, {megabytes} MB", short(number(records)));
    Ok(Log { path, rules: real.map(|(rules, _)| rules), records, about })
}

/// Records as CloudTrail writes them, one a line.
fn generated(records: usize) -> String {
    let mut text = String::new();
    for number in 0..records {
        let (source, name) = if number % SPOKEN_OF == 0 {
            ("cloudtrail.amazonaws.com", "StopLogging".to_owned())
        } else {
            ("s3.amazonaws.com", format!("Operation{}", number % 97))
        };
        let (minute, second) = (number / 60 % 60, number % 60);
        let _ = writeln!(
            text,
            "{{\"eventVersion\":\"1.09\",\"userIdentity\":{{\"type\":\"AssumedRole\",\
             \"arn\":\"arn:aws:sts::111122223333:assumed-role/role-{role}/session-{number}\",\
             \"accountId\":\"111122223333\"}},\"eventTime\":\"2026-11-20T09:{minute:02}:{second:02}Z\",\
             \"eventSource\":\"{source}\",\"eventName\":\"{name}\",\"awsRegion\":\"eu-west-1\",\
             \"sourceIPAddress\":\"192.0.2.{address}\",\"userAgent\":\"{agent}\",\
             \"requestParameters\":{{\"name\":\"thing-{number}\",\"tags\":[{{\"key\":\"a\",\
             \"value\":\"b\"}}]}},\"responseElements\":null,\"eventID\":\"event-{number}\",\
             \"readOnly\":false,\"eventType\":\"AwsApiCall\",\"managementEvent\":true,\
             \"recipientAccountId\":\"111122223333\"}}",
            role = number % 13,
            address = number % 250,
            agent = "a program that says much about itself ".repeat(8),
        );
    }
    text
}

fn rate(measured: &Measured, records: u64, base: &str) -> Figure {
    let asked = measured.name.contains("detect");
    Figure {
        what: format!("{}, by CPU", measured.name),
        value: number(records) * 1e6 / number(measured.median_us().max(1)),
        unit: "records/s",
        target: if asked { Target::AtLeast(TARGET) } else { Target::None },
        base: base.to_owned(),
    }
}

fn memory(measured: &Measured) -> Figure {
    Figure {
        what: format!("{}, peak memory", measured.name),
        value: number(measured.memory_kib()) * 1024.0 / 1e6,
        unit: "MB",
        target: Target::None,
        base: format!("most of {ROUNDS} runs"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_records_are_records_of_which_some_are_spoken_of() {
        let text = generated(SPOKEN_OF * 2 + 1);
        let records: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(records.len(), SPOKEN_OF * 2 + 1);
        let stopped = records.iter().filter(|record| record["eventName"] == "StopLogging");
        assert_eq!(stopped.count(), 3);
        assert!(records.iter().all(|record| record["userIdentity"]["arn"].is_string()));
    }
}
