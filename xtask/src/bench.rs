//! `cargo xtask bench`: CPU time and memory, compared in one interleaved run.
//!
//! This file measures whole processes. Every case runs once a round, so that a busy minute of the
//! machine falls on all of them. CPU time is user and system time of the process and its
//! children; it is what the project promises, since wall time depends on the machine's other
//! work. Each process is started by a process of its own (`measure`), because the system reports
//! the largest memory of all children so far, not of the last.
//!
//! What is measured stands in `cases`; the table in `figures`. Nothing here fails a build: a
//! figure that misses its target is shown as such, and a person decides.

mod audit;
mod cases;
mod check;
mod data;
mod events;
mod figures;
mod fleet;
mod hosts;
mod image;
mod kernels;
mod pages;
mod reports;
mod ssh;
mod sync;
mod walk;

use std::path::PathBuf;
use std::process::{Command, Stdio};

use nix::sys::resource::{Usage, UsageWho, getrusage};

use crate::tools::{self, Done};

pub(crate) use cases::run;

/// The hidden chore that starts one process and tells what it used.
pub(crate) const MEASURE: &str = "measure-one-process";

/// A process to measure.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// For messages.
    pub(crate) name: String,
    /// The program and its arguments.
    pub(crate) command: Vec<String>,
    /// Exit codes that count as done; a gate that blocks ends with 1.
    pub(crate) codes: Vec<i32>,
    /// Where it runs; here where nothing is said.
    pub(crate) folder: Option<PathBuf>,
}

/// What one run used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sample {
    /// User and system time, in microseconds.
    pub(crate) cpu_us: u64,
    /// The largest resident memory, in kibibytes.
    pub(crate) memory_kib: u64,
}

/// All runs of a case.
#[derive(Debug, Clone)]
pub(crate) struct Measured {
    pub(crate) name: String,
    pub(crate) samples: Vec<Sample>,
}

impl Measured {
    /// The least CPU time: what the work costs when nothing disturbs it.
    pub(crate) fn least_us(&self) -> u64 {
        self.samples.iter().map(|sample| sample.cpu_us).min().unwrap_or_default()
    }

    /// The middle CPU time; of an even number the lower one.
    pub(crate) fn median_us(&self) -> u64 {
        let mut all: Vec<u64> = self.samples.iter().map(|sample| sample.cpu_us).collect();
        all.sort_unstable();
        all.get(all.len().saturating_sub(1) / 2).copied().unwrap_or_default()
    }

    /// The most memory of any run.
    pub(crate) fn memory_kib(&self) -> u64 {
        self.samples.iter().map(|sample| sample.memory_kib).max().unwrap_or_default()
    }
}

/// Runs every case once a round, after one round that only warms the caches.
pub(crate) fn interleaved(
    cases: &[Case],
    rounds: usize,
    once: impl Fn(&Case) -> Result<Sample, String>,
) -> Result<Vec<Measured>, String> {
    let mut measured: Vec<Measured> = cases
        .iter()
        .map(|case| Measured { name: case.name.clone(), samples: Vec::new() })
        .collect();
    for round in 0..=rounds {
        for (case, measured) in cases.iter().zip(&mut measured) {
            let sample = once(case).map_err(|error| format!("{}: {error}", case.name))?;
            if round > 0 {
                measured.samples.push(sample);
            }
        }
    }
    Ok(measured)
}

#[expect(clippy::cast_precision_loss, reason = "microseconds and kibibytes stay below 2^53")]
fn number(value: u64) -> f64 {
    value as f64
}

/// Where cargo put a program of the release build, wherever it was told to build.
fn built(program: &str) -> Result<String, String> {
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned());
    let path = format!("{target}/release/{program}");
    let built = std::path::Path::new(&path).is_file();
    if built { Ok(path) } else { Err(format!("`{path}` is not built")) }
}

/// Measures a case in a process of its own.
pub(crate) fn apart(case: &Case) -> Result<Sample, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let codes: Vec<String> = case.codes.iter().map(ToString::to_string).collect();
    let mut command = Command::new(own);
    command.arg(MEASURE).arg(codes.join(",")).args(&case.command);
    if let Some(folder) = &case.folder {
        command.current_dir(folder);
    }
    parse(&tools::output(command)?)
}

/// The hidden chore: `CODES PROGRAM ARGS…`.
pub(crate) fn measure(args: &[String]) -> Done {
    let [codes, command @ ..] = args else {
        return Err("exit codes and a program are needed".to_owned());
    };
    let codes = codes.split(',').filter_map(|code| code.parse().ok()).collect();
    let case = Case { name: String::new(), command: command.to_vec(), codes, folder: None };
    let sample = here(&case)?;
    tools::say(&format!("{} {}", sample.cpu_us, sample.memory_kib));
    Ok(())
}

fn parse(told: &str) -> Result<Sample, String> {
    let mut numbers = told.split_whitespace().map(str::parse::<u64>);
    match (numbers.next(), numbers.next(), numbers.next()) {
        (Some(Ok(cpu_us)), Some(Ok(memory_kib)), None) => Ok(Sample { cpu_us, memory_kib }),
        _ => Err(format!("the measuring process told `{}`", told.trim())),
    }
}

/// Starts the process, waits, and asks the system what our children used.
fn here(case: &Case) -> Result<Sample, String> {
    let [program, args @ ..] = case.command.as_slice() else {
        return Err("there is no program to measure".to_owned());
    };
    let before = children()?;
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status().map_err(|error| format!("`{program}`: {error}"))?;
    let after = children()?;
    if !status.code().is_some_and(|code| case.codes.contains(&code)) {
        return Err(format!("`{program}` ended with {status}"));
    }
    Ok(Sample {
        cpu_us: cpu_us(&after).saturating_sub(cpu_us(&before)),
        memory_kib: u64::try_from(after.max_rss()).unwrap_or_default(),
    })
}

fn children() -> Result<Usage, String> {
    getrusage(UsageWho::RUSAGE_CHILDREN).map_err(|error| format!("getrusage: {error}"))
}

fn cpu_us(usage: &Usage) -> u64 {
    let micros = |seconds: i64, rest: i64| {
        u64::try_from(seconds.saturating_mul(1_000_000).saturating_add(rest)).unwrap_or_default()
    };
    let (user, system) = (usage.user_time(), usage.system_time());
    micros(user.tv_sec(), user.tv_usec()) + micros(system.tv_sec(), system.tv_usec())
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    fn case(name: &str, script: &str) -> Case {
        let command = ["sh", "-c", script].map(str::to_owned).to_vec();
        Case { name: name.to_owned(), command, codes: vec![0], folder: None }
    }

    #[test]
    fn work_costs_more_than_none_and_sleep_costs_nothing() {
        let busy = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done";
        let busy = here(&case("busy", busy)).unwrap();
        let sleep = here(&case("sleep", "sleep 0.3")).unwrap();
        assert!(busy.cpu_us > 3 * sleep.cpu_us, "{busy:?} {sleep:?}");
        assert!(sleep.cpu_us < 150_000, "sleeping is no work: {sleep:?}");
        assert!(busy.memory_kib > 100);
    }

    #[test]
    fn an_exit_code_that_was_not_expected_is_no_measurement() {
        assert!(here(&case("fails", "exit 1")).is_err());
        let blocks = Case { codes: vec![0, 1], ..case("blocks", "exit 1") };
        assert!(here(&blocks).is_ok());
        let absent = Case { command: vec!["no-such-program-1".to_owned()], ..blocks };
        assert!(here(&absent).is_err());
    }

    #[test]
    fn rounds_are_interleaved_and_the_first_is_not_counted() {
        let order = RefCell::new(String::new());
        let cases = [case("a", ""), case("b", "")];
        let measured = interleaved(&cases, 2, |case| {
            order.borrow_mut().push_str(&case.name);
            let cpu_us = order.borrow().len() as u64;
            Ok(Sample { cpu_us, memory_kib: 1 })
        });
        let measured = measured.unwrap();
        assert_eq!(order.into_inner(), "ababab");
        let times = |index: usize| {
            measured[index].samples.iter().map(|sample| sample.cpu_us).collect::<Vec<_>>()
        };
        assert_eq!((times(0), times(1)), (vec![3, 5], vec![4, 6]));
    }

    #[test]
    fn the_middle_of_several_runs_is_one_of_them() {
        let row = |times: &[u64]| Measured {
            name: String::new(),
            samples: times.iter().map(|us| Sample { cpu_us: *us, memory_kib: us / 2 }).collect(),
        };
        let three = row(&[4000, 2000, 90_000]);
        assert_eq!((three.least_us(), three.median_us(), three.memory_kib()), (2000, 4000, 45_000));
        assert_eq!(row(&[9000, 8000]).median_us(), 8000);
        assert_eq!(row(&[]).median_us(), 0);
    }

    #[test]
    fn what_the_measuring_process_tells_is_read_strictly() {
        assert_eq!(parse("12 34\n"), Ok(Sample { cpu_us: 12, memory_kib: 34 }));
        for bad in ["", "12", "12 34 56", "a b"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
