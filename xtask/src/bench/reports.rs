//! `holdfast import` as a whole process: what a report of many findings costs, new, again, and a day
//! later with the same findings.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use super::data::Scratch;
use super::figures::{Figure, Target, short};
use super::{Case, Measured, Sample, apart, built, number};
use crate::tools;

/// How many findings the report holds.
const FINDINGS: usize = 100_000;
/// How many hosts they are of.
const HOSTS: usize = 100;
/// Each is a whole new record.
const ROUNDS: usize = 3;
/// When the first report was made, in seconds since 1970; the second one a day later.
const MADE: i64 = 1_760_000_000;
const DAY: i64 = 86_400;
/// Findings a CPU second.
const NEW: f64 = 20_000.0;
const UNCHANGED: f64 = 150_000.0;

/// Importing a report into a new record, again, and the one of the next day.
pub(super) fn import() -> Result<Vec<Figure>, String> {
    tools::run(tools::cargo(&["build", "--quiet", "--release", "--package", "holdfast"]))?;
    let program = built("holdfast")?;
    let program = Path::new(&program).canonicalize().map_err(|error| error.to_string())?;
    let scratch = Scratch::new()?;
    let folder = scratch.path("reports");
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let mut bytes = 0;
    // Reports of two days hardly ever have the same length, and only then is the second one hashed
    // to see whether it is the first.
    let days = [("first.nessus", "weekly", MADE), ("second.nessus", "a day later", MADE + DAY)];
    for (name, title, made) in days {
        let text = report(FINDINGS, HOSTS, title, made);
        bytes = text.len();
        std::fs::write(folder.join(name), text).map_err(|error| error.to_string())?;
    }
    let steps = [
        ("new report", vec!["first.nessus"]),
        ("the same report again", vec!["first.nessus"]),
        ("the next day's, which finds the same", vec!["second.nessus"]),
        ("dry run into an empty record", vec!["first.nessus", "--dry-run"]),
    ];
    let mut all: Vec<Measured> = steps
        .iter()
        .map(|(name, _)| Measured { name: (*name).to_owned(), samples: Vec::new() })
        .collect();
    let mut clock: Vec<Vec<Duration>> = vec![Vec::new(); steps.len()];
    for round in 0..ROUNDS {
        for (((name, args), measured), clock) in steps.iter().zip(&mut all).zip(&mut clock) {
            // A report that the record knows is recognised by its bytes, and not read.
            let kind = if args.contains(&"--dry-run") { "empty" } else { "record" };
            let data = scratch.path(&format!("{kind}-{round}")).display().to_string();
            let fixed = [&*program.display().to_string(), "import", "--data", &data];
            let command = fixed.iter().chain(args).map(|word| (*word).to_owned()).collect();
            let name = (*name).to_owned();
            let case = Case { name, command, codes: vec![0], folder: Some(folder.clone()) };
            let started = Instant::now();
            let sample: Sample =
                apart(&case).map_err(|error| format!("{}: {error}", measured.name))?;
            clock.push(started.elapsed());
            measured.samples.push(sample);
        }
    }
    let megabytes = short(number(bytes as u64) / 1e6);
    let base = format!(
        "{} findings of {HOSTS} hosts, {megabytes} MB, median of {ROUNDS} new records",
        short(number(FINDINGS as u64))
    );
    let unchanged = Target::AtLeast(UNCHANGED);
    let targets = [Target::AtLeast(NEW), unchanged, unchanged, Target::None];
    let mut figures: Vec<Figure> =
        all.iter().zip(targets).map(|(measured, target)| rate(measured, target, &base)).collect();
    figures.extend(all.iter().zip(clock).map(|(measured, clock)| by_clock(measured, clock, &base)));
    figures.extend(all.iter().map(memory));
    Ok(figures)
}

/// The middle of what a clock on the wall said.
fn by_clock(measured: &Measured, mut clock: Vec<Duration>, base: &str) -> Figure {
    clock.sort_unstable();
    let middle = clock.get(clock.len() / 2).copied().unwrap_or_default();
    Figure {
        what: format!("{}, by the clock", measured.name),
        value: number(FINDINGS as u64) / middle.as_secs_f64().max(1e-6),
        unit: "findings/s",
        target: Target::None,
        base: base.to_owned(),
    }
}

fn rate(measured: &Measured, target: Target, base: &str) -> Figure {
    Figure {
        what: format!("{}, by CPU", measured.name),
        value: number(FINDINGS as u64) * 1e6 / number(measured.median_us().max(1)),
        unit: "findings/s",
        target,
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

/// A report as Nessus writes it: `findings` plugins over `hosts` hosts, each with its CVE and the
/// words that a plugin has.
fn report(findings: usize, hosts: usize, name: &str, made: i64) -> String {
    let words = "Words that a scanner writes about a plugin, the same on every host. ".repeat(4);
    let mut text =
        format!("<?xml version=\"1.0\" ?>\n<NessusClientData_v2>\n<Report name=\"{name}\">\n");
    for host in 0..hosts {
        let _ = write!(
            text,
            "<ReportHost name=\"10.0.{}.{}\"><HostProperties>\n\
             <tag name=\"HOST_END_TIMESTAMP\">{made}</tag>\n\
             <tag name=\"Credentialed_Scan\">true</tag>\n\
             <tag name=\"bios-uuid\">generated-{host:08}</tag>\n</HostProperties>\n",
            host / 256,
            host % 256
        );
        for plugin in (0..findings).skip(host).step_by(hosts.max(1)) {
            let plugin = plugin / hosts.max(1);
            let _ = write!(
                text,
                "<ReportItem port=\"{}\" svc_name=\"www\" protocol=\"tcp\" severity=\"{}\" \
                 pluginID=\"{}\" pluginName=\"Plugin number {plugin} of many\" \
                 pluginFamily=\"General\">\n<cve>CVE-2020-{}</cve>\n<description>{words}\
                 </description>\n<risk_factor>High</risk_factor>\n</ReportItem>\n",
                plugin % 1000 + 1,
                plugin % 4 + 1,
                100_000 + plugin,
                10_000 + plugin
            );
        }
        text.push_str("</ReportHost>\n");
    }
    text.push_str("</Report>\n</NessusClientData_v2>\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generated_report_is_whole() {
        for (findings, hosts) in [(10, 3), (7, 7), (5, 1), (0, 2)] {
            let text = report(findings, hosts, "weekly", MADE);
            assert_eq!(text.matches("<ReportItem ").count(), findings);
            assert_eq!(text.matches("</ReportItem>").count(), findings);
            assert_eq!(text.matches("<ReportHost ").count(), hosts);
            assert!(text.ends_with("</NessusClientData_v2>\n"), "{text}");
        }
        assert!(report(FINDINGS, HOSTS, "weekly", MADE).len() > 400 * FINDINGS);
    }

    #[test]
    fn a_rate_is_of_the_median() {
        let sample = |cpu_us| Sample { cpu_us, memory_kib: 1 };
        let samples = [4_000_000, 1_000_000, 2_000_000].map(sample).to_vec();
        let measured = Measured { name: "x".to_owned(), samples };
        assert!((rate(&measured, Target::None, "").value - 50_000.0).abs() < 1e-6);
    }
}
