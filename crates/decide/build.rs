//! Scans the YAML of the presets, so that starting does not.
#![expect(clippy::disallowed_methods, reason = "a build script reads the files it embeds")]

#[path = "../rulefile/src/yaml/record.rs"]
#[expect(dead_code, unreachable_pub, reason = "what reads the record again is for the program")]
mod record;

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let manifest = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let folder = Path::new(&manifest).join("../../rules/appetite");
    println!("cargo::rerun-if-changed={}", folder.display());
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(name) = path.file_stem().filter(|_| path.extension().is_some_and(|e| e == "yaml"))
        else {
            continue;
        };
        let text = fs::read_to_string(&path)?;
        // One that cannot be recorded is parsed at the start, which says what is wrong.
        let kept = Path::new(&out).join(name).with_extension("yaml-events");
        fs::write(kept, record::record(&text).unwrap_or_default())?;
    }
    Ok(())
}
