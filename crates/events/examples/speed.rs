//! How many records of CloudTrail a second of CPU takes.
//!
//! - `speed RULES-FOLDER LOG…` measures all of it within one process, over about 100 MB in memory:
//!   our evaluator; reading the records without asking anything; validation by `serde_json` alone;
//!   and `rsigma-eval`.
//! - `speed validate|rsigma RULES-FOLDER LOG…` does one of the last two once, for whoever measures
//!   whole processes.
//! - `speed unpack OUT MEGABYTES LOG…` writes the logs one after the other, again and again, until
//!   they are that long.
//!
//! Logs hold a record in each line; they may be packed with gzip.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a tool for whoever works on this crate"
)]

use std::hint::black_box;
use std::io::Read as _;
use std::sync::Arc;
use std::time::Instant;

use holdfast_events::Rules;
use holdfast_model::{LogSource, Record};
use rsigma_eval::{Engine, JsonEvent};

const SOURCE: LogSource = LogSource { product: "aws", service: "cloudtrail", category: "" };

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["unpack", out, megabytes, logs @ ..] => {
            let long = megabytes.parse::<usize>().unwrap() * 1_000_000;
            std::fs::write(out, repeated(&unpacked(logs), long)).unwrap();
        }
        ["validate", _, logs @ ..] => println!("{} valid", validate(&lines(&unpacked(logs)))),
        ["rsigma", folder, logs @ ..] => {
            println!("{} found", rsigma(&rules(folder), &lines(&unpacked(logs))));
        }
        [folder, logs @ ..] => everything(folder, logs),
        [] => panic!("name a folder of rules, and logs"),
    }
}

/// Path and text of every rule in a folder, by path.
fn rules(folder: &str) -> Vec<(Arc<str>, String)> {
    let mut files: Vec<(Arc<str>, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.display().to_string().into(), std::fs::read_to_string(path).unwrap()))
        .collect();
    files.sort();
    files
}

fn unpacked(logs: &[&str]) -> String {
    let mut text = String::new();
    for path in logs {
        let bytes = std::fs::read(path).unwrap();
        if bytes.starts_with(&[0x1F, 0x8B]) {
            let mut packed = flate2::read::MultiGzDecoder::new(bytes.as_slice());
            packed.read_to_string(&mut text).unwrap();
        } else {
            text.push_str(&String::from_utf8(bytes).unwrap());
        }
    }
    text
}

fn repeated(log: &str, long: usize) -> String {
    log.repeat(long / log.len().max(1) + 1)
}

fn lines(log: &str) -> Vec<&str> {
    log.lines().filter(|line| !line.trim().is_empty()).collect()
}

fn validate(lines: &[&str]) -> usize {
    lines.iter().filter(|l| serde_json::from_str::<serde::de::IgnoredAny>(l).is_ok()).count()
}

fn rsigma(files: &[(Arc<str>, String)], lines: &[&str]) -> usize {
    let mut engine = Engine::new();
    for (_, text) in files {
        engine.add_collection(&rsigma_parser::parse_sigma_yaml(text).unwrap()).unwrap();
    }
    let of = |line: &&str| {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        engine.evaluate(&JsonEvent::borrow(&value)).len()
    };
    lines.iter().map(of).sum()
}

fn everything(folder: &str, logs: &[&str]) {
    let files = rules(folder);
    let log = repeated(&unpacked(logs), 100_000_000);
    let lines = lines(&log);
    let texts: Vec<(Arc<str>, &str)> =
        files.iter().map(|(path, text)| (Arc::clone(path), text.as_str())).collect();
    let (rules, problems) = Rules::read(&texts);
    assert_eq!(problems, []);
    println!("{} rules, {} records, {} MB", rules.len(), lines.len(), log.len() / 1_000_000);

    measure("these rules", &lines, || evaluate(&rules, &lines, true));
    measure("these rules, no index", &lines, || evaluate(&rules, &lines, false));
    let none = Rules::default();
    measure("no rules", &lines, || evaluate(&none, &lines, true));
    measure("serde_json, validation", &lines, || validate(&lines));
    let part = lines.get(..lines.len() / 4).unwrap();
    measure("rsigma-eval", part, || rsigma(&files, part));
}

fn evaluate(rules: &Rules, lines: &[&str], index: bool) -> usize {
    let mut evaluator = rules.evaluator();
    if !index {
        evaluator = evaluator.without_index();
    }
    let mut hits = Vec::new();
    let mut count = 0;
    for line in lines {
        let record = Record { json: line.as_bytes(), source: SOURCE, line: 1, column: 1 };
        evaluator.evaluate(&record, &mut hits).unwrap();
        count += hits.len();
    }
    count
}

/// One thread that does nothing but this: wall time is CPU time on a quiet machine. The best of
/// three rounds.
fn measure(what: &str, lines: &[&str], mut work: impl FnMut() -> usize) {
    let mut best = f64::MAX;
    let mut found = 0;
    for _ in 0..3 {
        let start = cpu();
        found = black_box(work());
        best = best.min(cpu() - start);
    }
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let rate = lines.len() as f64 / best;
    println!("{what:24} {rate:>12.0} records/s  {found} found");
}

/// User and system time of this process in seconds: fields 14 and 15 of `/proc/self/stat`
/// (proc(5)), in hundredths; elsewhere the time that passes.
fn cpu() -> f64 {
    use std::sync::OnceLock;
    static START: OnceLock<Instant> = OnceLock::new();
    let start = START.get_or_init(Instant::now);
    let Ok(stat) = std::fs::read_to_string("/proc/self/stat") else {
        return start.elapsed().as_secs_f64();
    };
    let behind = stat.rsplit_once(')').map(|(_, rest)| rest).unwrap();
    let ticks: Vec<f64> =
        behind.split_whitespace().skip(11).take(2).map(|n| n.parse().unwrap()).collect();
    ticks.iter().sum::<f64>() / 100.0
}
