//! What is measured: each benchmark builds its cases, the first of which the others are
//! compared with.

use super::{Case, apart, interleaved, table};
use crate::tools::{self, Done};

/// How often each case runs.
const ROUNDS: usize = 15;

/// A benchmark: a name, what its figures mean, and how to build what it measures.
struct Benchmark {
    name: &'static str,
    text: &'static str,
    cases: fn() -> Result<Vec<Case>, String>,
}

const BENCHMARKS: &[Benchmark] = &[Benchmark {
    name: "start",
    text: "what it costs to start the program and do nothing, beside the smallest process",
    cases: start,
}];

/// Runs the benchmarks that are named, or all.
pub(crate) fn run(names: &[String]) -> Done {
    let known = |name: &&String| BENCHMARKS.iter().all(|benchmark| benchmark.name != name.as_str());
    if let Some(unknown) = names.iter().find(known) {
        let all: Vec<&str> = BENCHMARKS.iter().map(|benchmark| benchmark.name).collect();
        return Err(format!("there is no benchmark `{unknown}`; help: {}", all.join(", ")));
    }
    tools::run(tools::cargo(&["build", "--quiet", "--release", "--package", "holdfast"]))?;
    let wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| wanted == name);
    for benchmark in BENCHMARKS.iter().filter(|benchmark| wanted(benchmark.name)) {
        let measured = interleaved(&(benchmark.cases)()?, ROUNDS, apart)?;
        tools::say(&format!("## {}\n\n{}\n\n{}", benchmark.name, benchmark.text, table(&measured)));
    }
    Ok(())
}

/// The release binary, wherever cargo was told to build.
fn binary() -> Result<String, String> {
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned());
    let path = format!("{target}/release/holdfast");
    let built = std::path::Path::new(&path).is_file();
    if built { Ok(path) } else { Err(format!("`{path}` is not built")) }
}

fn case(name: &str, command: &[&str]) -> Case {
    Case {
        name: name.to_owned(),
        command: command.iter().map(|part| (*part).to_owned()).collect(),
        codes: vec![0],
    }
}

fn start() -> Result<Vec<Case>, String> {
    Ok(vec![case("true", &["true"]), case("holdfast --version", &[&binary()?, "--version"])])
}
