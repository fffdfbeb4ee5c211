//! `holdfast check` on images as a whole process: what a large program in one costs, and a large
//! archive of Java.

use std::io::{Cursor, Write as _};
use std::path::Path;
use std::process::Command;

use zip::CompressionMethod::{self, Deflated, Stored};
use zip::write::SimpleFileOptions;

use super::data::Scratch;
use super::figures::{Figure, Target, short};
use super::{Case, apart, built, interleaved, number};
use crate::tools::{self, Done};

/// What stands in the program before and behind what it says of its build, in bytes each.
const HALF: usize = 50_000_000;
/// How many libraries stand in the archive, and how large each is, in bytes.
const LIBRARIES: usize = 41;
const LIBRARY: usize = 700_000;
/// One of them is so large, and packed: to be read it has to be unpacked.
const LARGE: usize = 12_000_000;
/// The classes in them, in bytes each.
const CLASS: usize = 20_000;
const ROUNDS: usize = 3;
/// In megabytes of 1,000,000 bytes.
const MEMORY_TARGET_MB: f64 = 50.0;

/// CPU and memory of a look at an image of one program, and at one of one archive.
pub(super) fn large() -> Result<Vec<Figure>, String> {
    tools::run(tools::cargo(&["build", "--quiet", "--release", "--package", "holdfast"]))?;
    let program = built("holdfast")?;
    let scratch = Scratch::new()?;
    let folder = scratch.path("images");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let data = scratch.path("data").display().to_string();
    let case = |name: &str, path: &str, content: &[u8]| -> Result<Case, String> {
        let image = folder.join(name);
        save(&image, path, content)?;
        let image = image.display().to_string();
        let command = [&*program, "check", &*image, "--data", &*data];
        Ok(Case {
            name: format!("check {name}"),
            command: command.map(str::to_owned).to_vec(),
            codes: vec![0, 1],
            folder: None,
        })
    };
    let jar = jar(LIBRARIES, LIBRARY, LARGE)?;
    let cases = [
        case("program.tar", "usr/local/bin/tool", &go_program(HALF))?,
        case("archive.tar", "srv/shop.jar", &jar)?,
    ];
    let [_, archive] = &cases;
    let seen = packages(archive)?;
    if seen != 1 + LIBRARIES as u64 {
        return Err(format!("`{}` saw {seen} packages of {}", archive.name, 1 + LIBRARIES));
    }
    let measured = interleaved(&cases, ROUNDS, apart)?;
    let megabytes = |bytes: usize| short(number(bytes as u64) / 1e6);
    let bases = [
        format!("one Go program of {} MB, not packed", megabytes(2 * HALF)),
        format!(
            "one archive of Java of {} MB, {LIBRARIES} archives in it, every other one packed, the \
             largest of {} MB",
            megabytes(jar.len()),
            megabytes(LARGE)
        ),
    ];
    let mut figures = Vec::new();
    for (one, base) in measured.iter().zip(bases) {
        let figure = |what: &str, value, unit, target| Figure {
            what: format!("`{}`, {what}", one.name),
            value,
            unit,
            target,
            base: format!("an image of {base}; {ROUNDS} runs"),
        };
        let memory = number(one.memory_kib()) * 1024.0 / 1e6;
        figures.push(figure("CPU, median", number(one.median_us()) / 1e6, "s", Target::None));
        figures.push(figure("peak memory", memory, "MB", Target::AtMost(MEMORY_TARGET_MB)));
    }
    Ok(figures)
}

/// How many packages a look sees: what was not read costs little.
fn packages(case: &Case) -> Result<u64, String> {
    let [program, args @ ..] = case.command.as_slice() else {
        return Err("there is no program to ask".to_owned());
    };
    let asked = Command::new(program).args(args).args(["--format", "json"]).output();
    let answer = asked.map_err(|error| format!("`{}`: {error}", case.name))?;
    let report: serde_json::Value = serde_json::from_slice(&answer.stdout)
        .map_err(|error| format!("`{}` told no report: {error}", case.name))?;
    let packages = report.pointer("/assets/0/packages").and_then(serde_json::Value::as_u64);
    packages.ok_or_else(|| format!("`{}` told of no packages", case.name))
}

/// Writes an image of one file as `docker save` does.
fn save(image: &Path, path: &str, content: &[u8]) -> Done {
    let layer = archive(&[(path, content)]);
    let manifest = br#"[{"Config":"c.json","RepoTags":["shop/tool:1"],"Layers":["layer.tar"]}]"#;
    let config = br#"{"architecture":"amd64","os":"linux","config":{},"rootfs":{"diff_ids":[]}}"#;
    let files: [(&str, &[u8]); 3] =
        [("layer.tar", &layer), ("c.json", config), ("manifest.json", manifest)];
    std::fs::write(image, archive(&files)).map_err(|error| format!("{}: {error}", image.display()))
}

/// A file in an archive of Java: its path, its content, and how it stands there.
type Zipped = (String, Vec<u8>, CompressionMethod);

/// An archive of Java as builds of one archive leave it: its own classes, and its libraries, every
/// other one packed. The first one is large.
fn jar(libraries: usize, size: usize, large: usize) -> Result<Vec<u8>, String> {
    let mut files = vec![properties("shop")];
    files.extend((0..20).map(|class| noise(&format!("BOOT-INF/classes/{class}.class"), 4_000)));
    for number in 0..libraries {
        let name = format!("library-{number}");
        let length = if number == 0 { large } else { size };
        let mut inside = vec![properties(&name)];
        inside.extend(
            (0..length / CLASS).map(|class| noise(&format!("{name}/{class}.class"), CLASS)),
        );
        let how = if number.is_multiple_of(2) { Deflated } else { Stored };
        files.push((format!("BOOT-INF/lib/{name}.jar"), zipped(&inside)?, how));
    }
    zipped(&files)
}

/// What Maven leaves of an artifact.
fn properties(artifact: &str) -> Zipped {
    let path = format!("META-INF/maven/org.example/{artifact}/pom.properties");
    let text = format!("groupId=org.example\nartifactId={artifact}\nversion=1.0\n");
    (path, text.into_bytes(), Deflated)
}

/// A packed file that does not become smaller by it (xorshift64, Marsaglia 2003), the same each time.
fn noise(path: &str, length: usize) -> Zipped {
    let seed = path.bytes().fold(0x9E37_79B9_7F4A_7C15_u64, |seed, byte| {
        (seed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    });
    let mut state = seed | 1;
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    (path.to_owned(), words.flatten().take(length).collect(), Deflated)
}

fn zipped(files: &[Zipped]) -> Result<Vec<u8>, String> {
    let failed = |error: zip::result::ZipError| format!("an archive of Java: {error}");
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (path, content, how) in files {
        let options = SimpleFileOptions::default().compression_method(*how);
        writer.start_file(path.as_str(), options).map_err(failed)?;
        writer.write_all(content).map_err(|error| failed(error.into()))?;
    }
    Ok(writer.finish().map_err(failed)?.into_inner())
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
    use std::io::Read as _;

    use zip::ZipArchive;

    use super::*;

    #[test]
    fn every_other_library_is_packed_and_each_says_what_it_is() {
        let jar = jar(3, 40_000, 100_000).unwrap();
        let mut outer = ZipArchive::new(Cursor::new(jar)).unwrap();
        for (number, how, size) in
            [(0, Deflated, 100_000), (1, Stored, 40_000), (2, Deflated, 40_000)]
        {
            let mut entry = outer.by_name(&format!("BOOT-INF/lib/library-{number}.jar")).unwrap();
            assert_eq!(entry.compression(), how);
            assert!(entry.compressed_size() > size, "noise stays as long as it is");
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            let mut inner = ZipArchive::new(Cursor::new(bytes)).unwrap();
            let path = format!("META-INF/maven/org.example/library-{number}/pom.properties");
            let mut text = String::new();
            inner.by_name(&path).unwrap().read_to_string(&mut text).unwrap();
            assert!(text.contains(&format!("artifactId=library-{number}\n")), "{text}");
        }
    }

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
