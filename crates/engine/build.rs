//! Lists the starter advisories, so that adding one is adding a file; and marks the sources that say
//! what records mean, so that what was made by others is made anew.
#![expect(clippy::disallowed_methods, reason = "a build script reads the files it embeds")]

#[path = "build/sources.rs"]
mod sources;

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let manifest = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let root = Path::new(&manifest).join("../..").canonicalize()?;
    mark(&root)?;
    let folder = root.join("rules/advisory");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<_> = fs::read_dir(&folder)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
        .collect();
    files.sort();
    let mut list = String::from("&[\n");
    for path in files {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = format!("rules/advisory/{}", name.unwrap_or_default());
        let _ = writeln!(list, "    ({name:?}, include_str!({:?})),", path.display().to_string());
    }
    list.push(']');
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out).join("starter.rs"), list)
}

fn mark(root: &Path) -> io::Result<()> {
    let mut files = Vec::new();
    for shaping in sources::SHAPING {
        let path = root.join(shaping);
        // Of a folder every file is watched, and its own time changes when one comes or goes.
        println!("cargo::rerun-if-changed={}", path.display());
        sources::files(&path, &mut files)?;
    }
    println!("cargo::rustc-env=HOLDFAST_SHAPED_BY={}", sources::mark(root, &files)?);
    Ok(())
}
