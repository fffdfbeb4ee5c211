//! Lists the controls, so that adding one is adding a file, and scans their YAML, so that starting
//! does not.
#![expect(clippy::disallowed_methods, reason = "a build script reads the files it embeds")]

#[path = "../rulefile/src/yaml/record.rs"]
#[expect(dead_code, unreachable_pub, reason = "what reads the record again is for the program")]
mod record;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let manifest = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let root = Path::new(&manifest).join("../..").canonicalize()?;
    let folder = root.join("rules/control");
    let mut files = Vec::new();
    find(&folder, &mut files)?;
    files.sort();
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    let out = Path::new(&out);
    let mut list = String::from("&[\n");
    for (number, path) in files.iter().enumerate() {
        let name = path.strip_prefix(&root).map_err(io::Error::other)?.display().to_string();
        let text = fs::read_to_string(path)?;
        // A control that cannot be recorded is parsed at the start, which says what is wrong.
        let kept = out.join(format!("{number}.yaml-events"));
        fs::write(&kept, record::record(head(&text)).unwrap_or_default())?;
        let (path, kept) = (path.display().to_string(), kept.display().to_string());
        let _ = writeln!(
            list,
            "    BuiltIn {{ path: {name:?}, text: include_str!({path:?}), kept: include_bytes!({kept:?}) }},"
        );
    }
    list.push(']');
    fs::write(out.join("controls.rs"), list)
}

/// All but the examples, as `BuiltIn::head` has it.
fn head(text: &str) -> &str {
    text.find("\ntests:\n").and_then(|at| text.get(..=at)).unwrap_or(text)
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    // A folder's own time changes when a file comes or goes.
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, files)?;
        } else if path.extension().is_some_and(|ending| ending == "yaml") {
            files.push(path);
        }
    }
    Ok(())
}
