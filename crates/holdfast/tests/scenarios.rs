//! Runs the literate scenarios in `scenarios/`: prose around files to write and commands to run.
//!
//! - A block ```` ```file PATH ```` writes a file.
//! - A block ```` ```console ```` runs its `$ ` lines with `sh -e` in the scenario's folder, with
//!   `holdfast` on the path. The lines below a command must appear in its output, in this order;
//!   `…` stands for any text within a line. `? N` expects that exit code instead of 0.
//! - A command that ends in `| json POINTER` prints the values at a path of the JSON it wrote:
//!   `findings.0.state`, or `findings.*.weakness` for all of them, one a line, sorted.
//!
//! Each file is one test with a folder, data folder and clock of its own.
#![expect(clippy::disallowed_methods, reason = "the runner writes files and starts programs")]
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

#[path = "support/real.rs"]
mod real;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

enum Block {
    File { path: String, text: String },
    Console { line: usize, text: String },
}

fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = markdown.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let text: String = lines
            .by_ref()
            .map(|(_, line)| line)
            .take_while(|line| *line != "```")
            .fold(String::new(), |text, line| text + line + "\n");
        if let Some(path) = info.strip_prefix("file ") {
            blocks.push(Block::File { path: path.trim().to_owned(), text });
        } else if info.trim() == "console" {
            blocks.push(Block::Console { line: number + 2, text });
        } else {
            assert!(info.trim().starts_with("text"), "line {}: unknown block `{info}`", number + 1);
        }
    }
    blocks
}

struct Step {
    line: usize,
    command: String,
    exit: i32,
    expected: Vec<String>,
}

fn steps(first: usize, text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for (offset, line) in text.lines().enumerate() {
        if let Some(command) = line.strip_prefix("$ ") {
            let command = command.to_owned();
            steps.push(Step { line: first + offset, command, exit: 0, expected: Vec::new() });
            continue;
        }
        let step = steps.last_mut().expect("a console block begins with `$ `");
        match line.strip_prefix("? ") {
            Some(code) => step.exit = code.trim().parse().expect("an exit code"),
            None if line.trim().is_empty() => {}
            None => step.expected.push(line.trim_end().to_owned()),
        }
    }
    steps
}

/// Whether `pattern`, in which `…` stands for any text, occurs in `line`.
fn occurs(pattern: &str, line: &str) -> bool {
    let mut rest = line;
    pattern.trim().split('…').all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

fn select(value: &serde_json::Value, path: &str) -> Vec<String> {
    let mut values = vec![value];
    for part in path.split('.') {
        values = values
            .into_iter()
            .flat_map(|value| match (part, value) {
                ("*", serde_json::Value::Array(items)) => items.iter().collect(),
                (index, serde_json::Value::Array(items)) => {
                    index.parse::<usize>().ok().and_then(|at| items.get(at)).into_iter().collect()
                }
                (key, value) => value.get(key).into_iter().collect::<Vec<_>>(),
            })
            .collect();
    }
    let mut out: Vec<String> = values
        .into_iter()
        .map(|value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned))
        .collect();
    out.sort();
    out
}

struct Stage {
    folder: tempfile::TempDir,
    data: tempfile::TempDir,
    binary: PathBuf,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = tempfile::tempdir().unwrap();
        Self { folder, data, binary: PathBuf::from(env!("CARGO_BIN_EXE_holdfast")) }
    }

    fn run(&self, command: &str) -> (i32, String) {
        let (command, pointer) = match command.rsplit_once("| json ") {
            Some((command, pointer)) => (command, Some(pointer.trim())),
            None => (command, None),
        };
        let folder = self.binary.parent().unwrap();
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
        let output = Command::new("sh")
            .args(["-e", "-c", command])
            .current_dir(self.folder.path())
            .env("PATH", path)
            .env("HOLDFAST_DATA", self.data.path().join("holdfast"))
            .env("HOLDFAST_NOW", std::fs::read_to_string(self.data.path().join("now")).unwrap())
            .env("GIT_CONFIG_GLOBAL", self.data.path().join("gitconfig"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("CARGO_NET_OFFLINE", "true")
            .env("NO_COLOR", "1")
            .env_remove("RUSTC_WRAPPER")
            .output()
            .unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let text = match pointer {
            Some(pointer) => match serde_json::from_str(&stdout) {
                Ok(value) => select(&value, pointer).join("\n"),
                Err(error) => format!("no JSON: {error}\n{stdout}\n{stderr}"),
            },
            None => stdout + &stderr,
        };
        (output.status.code().unwrap_or(-1), text)
    }

    /// Sets the clock that the commands see.
    fn set_clock(&self, time: &str) {
        std::fs::write(self.data.path().join("now"), time).unwrap();
    }
}

fn check(step: &Step, exit: i32, output: &str) -> Result<(), String> {
    let mut lines = output.lines();
    let mut missing = None;
    for pattern in &step.expected {
        if !lines.by_ref().any(|line| occurs(pattern, line)) {
            missing = Some(pattern);
            break;
        }
    }
    if exit == step.exit && missing.is_none() {
        return Ok(());
    }
    let mut message = format!("line {}: $ {}\n", step.line, step.command);
    if exit != step.exit {
        let _ = writeln!(message, "exit code {exit}, expected {}", step.exit);
    }
    if let Some(pattern) = missing {
        let _ = writeln!(message, "this line did not come (in its order): {pattern}");
    }
    Err(message + "--- output ---\n" + output)
}

fn play(file: &Path, system: Option<&Path>) {
    let markdown = std::fs::read_to_string(file).unwrap();
    let stage = Stage::new();
    if let Some(system) = system {
        real::copy(system, &stage.folder.path().join("root"));
    }
    stage.set_clock("2026-11-21T09:00:00Z");
    let git = "[user]\nname = Sam\nemail = sam@shop.example\n[init]\ndefaultBranch = main\n[commit]\ngpgsign = false\n";
    std::fs::write(stage.data.path().join("gitconfig"), git).unwrap();
    let mut commands = 0;
    for block in blocks(&markdown) {
        match block {
            Block::File { path, text } => {
                let path = stage.folder.path().join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
            Block::Console { line, text } => {
                for step in steps(line, &text) {
                    commands += 1;
                    if let Some(time) = step.command.strip_prefix("clock ") {
                        stage.set_clock(time.trim());
                        continue;
                    }
                    let (exit, output) = stage.run(&step.command);
                    if let Err(message) = check(&step, exit, &output) {
                        panic!("{}: {message}", file.display());
                    }
                }
            }
        }
    }
    assert!(commands > 0, "{} runs nothing", file.display());
}

fn scenario(name: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    play(&root.join(name), None);
}

/// The same with a small Debian system of its own in `root`; skipped where there is none.
fn scenario_in_a_system(name: &str) {
    let Some(system) = real::system(name) else { return };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    play(&root.join(name), Some(&system));
}

#[test]
fn package_journey() {
    scenario("package-journey.md");
}

#[test]
fn fixes() {
    scenario("fixes.md");
}

#[test]
fn accepted() {
    scenario("accepted.md");
}

#[test]
fn statement() {
    scenario("statement.md");
}

#[test]
fn pull_request() {
    scenario("pull-request.md");
}

#[test]
fn outcomes() {
    scenario("outcomes.md");
}

#[test]
fn announced_server() {
    scenario("announced-server.md");
}

#[test]
fn morning_feed() {
    scenario("morning-feed.md");
}

#[test]
fn image_lineage() {
    scenario("image-lineage.md");
}

#[test]
fn scanner_report() {
    scenario("scanner-report.md");
}

#[test]
fn hosts_over_ssh() {
    scenario("hosts-over-ssh.md");
}

#[test]
fn control_journey() {
    scenario_in_a_system("control-journey.md");
}

#[test]
fn running_and_on_disk() {
    scenario_in_a_system("running-and-on-disk.md");
}

#[test]
fn stock_root() {
    scenario_in_a_system("stock-root.md");
}

#[test]
fn every_scenario_has_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let list = include_str!("scenarios.rs");
    for entry in std::fs::read_dir(root).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if Path::new(&name).extension().is_some_and(|ending| ending == "md") && name != "README.md"
        {
            assert!(list.contains(&format!("\"{name}\"")), "{name} has no test here");
        }
    }
}

#[test]
fn the_runner_can_fail() {
    let step =
        Step {
            line: 1, command: "x".into(), exit: 0, expected: vec!["a … c".into(), "b".into()]
        };
    assert!(check(&step, 0, "a b c\nb\n").is_ok());
    assert!(check(&step, 0, "b\na b c\n").is_err());
    assert!(check(&step, 1, "a b c\nb\n").is_err());
    assert_eq!(select(&serde_json::json!({"a": [{"b": "z"}, {"b": "y"}]}), "a.*.b"), ["y", "z"]);
}
