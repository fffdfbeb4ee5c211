//! `holdfast check` on an image as a whole process: what a large program in it costs.

use std::path::Path;

use super::data::Scratch;
use super::figures::{Figure, Target, short};
use super::{Case, apart, built, interleaved, number};
use crate::tools::{self, Done};

/// What stands in the program before and behind what it says of its build, in bytes each.
const HALF: usize = 50_000_000;
const ROUNDS: usize = 3;
/// In megabytes of 1,000,000 bytes.
const MEMORY_TARGET_MB: f64 = 50.0;

/// CPU and memory of a look at an image of one program.
pub(super) fn program() -> Result<Vec<Figure>, String> {
    tools::run(tools::cargo(&["build", "--quiet", "--release", "--package", "holdfast"]))?;
    let program = built("holdfast")?;
    let scratch = Scratch::new()?;
    let folder = scratch.path("image");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let path = folder.join("image.tar");
    save(&path)?;
    let data = scratch.path("data").display().to_string();
    let image = path.display().to_string();
    let command = [&*program, "check", &*image, "--data", &*data];
    let case = Case {
        name: "check image.tar".to_owned(),
        command: command.map(str::to_owned).to_vec(),
        codes: vec![0, 1],
        folder: None,
    };
    let measured = interleaved(&[case], ROUNDS, apart)?;
    let [check] = measured.as_slice() else {
        return Err("the process was not measured".to_owned());
    };
    let megabytes = short(number(2 * HALF as u64) / 1e6);
    let base = format!("an image of one Go program of {megabytes} MB, not packed; {ROUNDS} runs");
    let figure = |what: &str, value, unit, target| Figure {
        what: format!("`{}`, {what}", check.name),
        value,
        unit,
        target,
        base: base.clone(),
    };
    let memory = number(check.memory_kib()) * 1024.0 / 1e6;
    Ok(vec![
        figure("CPU, median", number(check.median_us()) / 1e6, "s", Target::None),
        figure("peak memory", memory, "MB", Target::AtMost(MEMORY_TARGET_MB)),
    ])
}

/// Writes an image as `docker save` does.
fn save(path: &Path) -> Done {
    let layer = archive(&[("usr/local/bin/tool", &go_program(HALF))]);
    let manifest = br#"[{"Config":"c.json","RepoTags":["shop/tool:1"],"Layers":["layer.tar"]}]"#;
    let config = br#"{"architecture":"amd64","os":"linux","config":{},"rootfs":{"diff_ids":[]}}"#;
    let files: [(&str, &[u8]); 3] =
        [("layer.tar", &layer), ("c.json", config), ("manifest.json", manifest)];
    std::fs::write(path, archive(&files)).map_err(|error| format!("{}: {error}", path.display()))
}

/// A program of Go's with its build in the middle, without segments, its table of sections at the end
/// (System V ABI, "Sections").
fn go_program(half: usize) -> Vec<u8> {
    let mut info = b"\xFF Go buildinf:\x08\x02".to_vec();
    info.resize(32, 0);
    info.push(8);
    info.extend(b"go1.21.5\0");
    let names = b"\0.go.buildinfo\0.shstrtab\0";
    let mut bytes = vec![0_u8; 64];
    bytes.resize((bytes.len() + half).next_multiple_of(16), 0);
    let build = section(1, bytes.len(), info.len());
    bytes.extend(info);
    bytes.resize(bytes.len() + half, 0);
    let own = section(15, bytes.len(), names.len());
    bytes.extend(names);
    let table = bytes.len() as u64;
    bytes.extend([[0_u8; 64], build, own].concat());
    put(&mut bytes, 0, b"\x7FELF\x02\x01");
    put(&mut bytes, 40, &table.to_le_bytes());
    put(&mut bytes, 58, &[64, 0, 3, 0, 2, 0]);
    bytes
}

fn section(name: u8, offset: usize, size: usize) -> [u8; 64] {
    let mut entry = [0_u8; 64];
    put(&mut entry, 0, &[name, 0, 0, 0, 1]);
    put(&mut entry, 24, &(offset as u64).to_le_bytes());
    put(&mut entry, 32, &(size as u64).to_le_bytes());
    entry
}

/// An archive of programs and documents, all of which may be run.
fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (path, content) in files {
        let mut block = [0_u8; 512];
        put(&mut block, 0, path.as_bytes());
        put(&mut block, 100, b"0000755\0");
        put(&mut block, 124, format!("{:011o}\0", content.len()).as_bytes());
        put(&mut block, 148, b"        0");
        put(&mut block, 257, b"ustar\x0000");
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        put(&mut block, 148, format!("{sum:06o}\0 ").as_bytes());
        out.extend(block);
        out.extend(*content);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

fn put(bytes: &mut [u8], at: usize, text: &[u8]) {
    for (slot, byte) in bytes.iter_mut().skip(at).zip(text) {
        *slot = *byte;
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// `tar` reads the archive, and `readelf`, where it is installed, the program in it.
    #[test]
    fn the_image_is_one() {
        let scratch = Scratch::new().unwrap();
        let path = scratch.path("small.tar");
        let program = go_program(1000);
        let files: [(&str, &[u8]); 2] = [("bin/tool", &program), ("a", b"b")];
        std::fs::create_dir_all(scratch.path("out")).unwrap();
        std::fs::write(&path, archive(&files)).unwrap();
        let mut unpack = Command::new("tar");
        unpack.arg("-xf").arg(&path).arg("-C").arg(scratch.path("out"));
        tools::output(unpack).unwrap();
        let tool = scratch.path("out/bin/tool");
        assert_eq!(std::fs::read(&tool).unwrap(), program);
        assert_eq!(std::fs::read(scratch.path("out/a")).unwrap(), b"b");
        if tools::installed("readelf") {
            let mut sections = Command::new("readelf");
            sections.arg("-SW").arg(&tool);
            let told = tools::output(sections).unwrap();
            assert!(told.contains(".go.buildinfo") && told.contains(".shstrtab"), "{told}");
        }
    }
}
