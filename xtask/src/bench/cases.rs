//! The benchmarks by name. Each measures and returns figures; this file runs those that were
//! asked for and shows one table.

use super::figures::{Figure, table};
use super::{
    audit, check, data, events, fleet, hosts, image, kernels, pages, reports, ssh, sync, walk,
};
use crate::tools::{self, Done};

/// A benchmark: its name, and how it is measured.
struct Benchmark {
    name: &'static str,
    measure: fn() -> Result<Vec<Figure>, String>,
}

const BENCHMARKS: &[Benchmark] = &[
    Benchmark { name: "check-lockfile", measure: check::lockfile },
    Benchmark { name: "check-1000", measure: check::thousand },
    Benchmark { name: "match-100k", measure: kernels::matching },
    Benchmark { name: "compile", measure: kernels::compile },
    Benchmark { name: "delta-sync", measure: sync::delta },
    Benchmark { name: "version-keys", measure: kernels::keys },
    Benchmark { name: "store-import", measure: kernels::store },
    Benchmark { name: "fleet", measure: fleet::affected },
    Benchmark { name: "memory", measure: check::memory },
    Benchmark { name: "image", measure: image::large },
    Benchmark { name: "audit", measure: audit::controls },
    Benchmark { name: "walk", measure: walk::root },
    Benchmark { name: "ssh", measure: ssh::look },
    Benchmark { name: "hosts", measure: hosts::controls },
    Benchmark { name: "pages", measure: pages::all },
    Benchmark { name: "detect", measure: events::detect },
    Benchmark { name: "history", measure: events::history },
    Benchmark { name: "import", measure: reports::import },
];

/// Runs the benchmarks that are named, or all. What cannot be measured is told behind the table.
pub(crate) fn run(names: &[String]) -> Done {
    let wanted = wanted(names)?;
    match data::shared() {
        Some(folder) => tools::complain(&format!("real data: {}", folder.display())),
        None => tools::complain(
            "no real data beside the project: all lockfiles and advisories are generated\n\
             help: set HOLDFAST_SHARED to the data folder",
        ),
    }
    let (mut figures, mut failed) = (Vec::new(), Vec::new());
    for benchmark in wanted {
        tools::complain(&format!("measuring {}", benchmark.name));
        match (benchmark.measure)() {
            Ok(measured) => figures.push((benchmark.name, measured)),
            Err(message) => failed.push(format!("{}: {message}", benchmark.name)),
        }
    }
    if !figures.is_empty() {
        tools::say(&table(&figures));
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}

fn wanted(names: &[String]) -> Result<Vec<&'static Benchmark>, String> {
    if names.is_empty() {
        return Ok(BENCHMARKS.iter().collect());
    }
    let find = |name: &String| {
        BENCHMARKS.iter().find(|benchmark| benchmark.name == name).ok_or_else(|| {
            let all: Vec<&str> = BENCHMARKS.iter().map(|benchmark| benchmark.name).collect();
            format!("there is no benchmark `{name}`; help: {}", all.join(", "))
        })
    };
    names.iter().map(find).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn benchmarks_are_called_by_name() {
        let names = |asked: &[&str]| {
            let asked: Vec<String> = asked.iter().map(|name| (*name).to_owned()).collect();
            wanted(&asked).map(|found| found.iter().map(|one| one.name).collect::<Vec<_>>())
        };
        assert_eq!(names(&["memory", "compile"]), Ok(vec!["memory", "compile"]));
        assert_eq!(names(&[]).map(|all| all.len()), Ok(BENCHMARKS.len()));
        let refused = names(&["memory", "nothing"]).unwrap_err();
        assert!(refused.contains("`nothing`") && refused.contains("match-100k"), "{refused}");
    }
}
