//! `cargo xtask dist`: a static binary as an archive and as a Debian package.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tools::{self, Done};

/// Linked against musl, the binary needs nothing of the system that it runs on.
const TARGET: &str = "x86_64-unknown-linux-musl";
/// Debian's word for the same machines.
const ARCHITECTURE: &str = "amd64";
/// Where the results are put.
const DIST: &str = "target/dist";

/// The unit that keeps `holdfast up` running. Only the process itself is ended, so that an armed
/// undo outlives it (systemd.kill(5)).
const UNIT: &str = "\
[Unit]
Description=Holdfast: the next thing to mend, and the proof that it was mended
After=network.target

[Service]
ExecStart=/usr/bin/holdfast up --data /var/lib/holdfast/data
WorkingDirectory=/var/lib/holdfast
StateDirectory=holdfast
StateDirectoryMode=0700
KillMode=process
Restart=on-failure

[Install]
WantedBy=multi-user.target
";

/// Builds both.
pub(crate) fn run() -> Done {
    let binary = build()?;
    let version = version()?;
    let dist = PathBuf::from(DIST);
    let _ = std::fs::remove_dir_all(&dist);
    let archive = archive(&dist, &binary, &version)?;
    let package = package(&dist, &binary, &version)?;
    for made in [&archive, &package] {
        let size = std::fs::metadata(made).map_or(0, |found| found.len());
        tools::say(&format!("{} ({} KiB)", made.display(), size / 1024));
    }
    Ok(())
}

fn build() -> Result<PathBuf, String> {
    let mut command = tools::cargo(&[
        "build",
        "--release",
        "--locked",
        "--package",
        "holdfast",
        "--target",
        TARGET,
    ]);
    // SQLite is C, and has to be compiled for the same library.
    if !tools::installed("musl-gcc") {
        return Err(
            "the static build needs `musl-gcc`\nhelp: sudo apt-get install musl-tools".to_owned()
        );
    }
    command.env("CC_x86_64_unknown_linux_musl", "musl-gcc");
    tools::run(command).map_err(|error| format!("{error}\nhelp: rustup target add {TARGET}"))?;
    Ok(Path::new("target").join(TARGET).join("release/holdfast"))
}

fn version() -> Result<String, String> {
    let manifest = std::fs::read_to_string("Cargo.toml").map_err(|error| error.to_string())?;
    let line = manifest.lines().find_map(|line| line.strip_prefix("version = \""));
    let version = line.and_then(|rest| rest.split('"').next());
    version.map(ToOwned::to_owned).ok_or_else(|| "Cargo.toml names no version".to_owned())
}

/// Copies a file and sets its mode.
fn place(from: &Path, to: &Path, mode: u32) -> Done {
    use std::os::unix::fs::PermissionsExt as _;
    let failed = |error: std::io::Error| format!("`{}`: {error}", to.display());
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::copy(from, to).map_err(failed)?;
    std::fs::set_permissions(to, std::fs::Permissions::from_mode(mode)).map_err(failed)
}

/// What comes along with the binary.
const TEXTS: [&str; 4] = ["README.md", "LICENSE", "ARCHITECTURE.md", "SECURITY.md"];

fn archive(dist: &Path, binary: &Path, version: &str) -> Result<PathBuf, String> {
    let name = format!("holdfast-{version}-{TARGET}");
    let folder = dist.join(&name);
    place(binary, &folder.join("holdfast"), 0o755)?;
    for text in TEXTS.iter().map(Path::new).filter(|text| text.is_file()) {
        place(text, &folder.join(text), 0o644)?;
    }
    let made = dist.join(format!("{name}.tar.gz"));
    let mut tar = Command::new("tar");
    // The same input gives the same bytes, whoever builds.
    tar.args(["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0"]);
    tar.arg("--use-compress-program=gzip -n").arg("-cf").arg(&made).arg("-C").arg(dist).arg(&name);
    tools::output(tar)?;
    Ok(made)
}

fn package(dist: &Path, binary: &Path, version: &str) -> Result<PathBuf, String> {
    let folder = dist.join("deb");
    place(binary, &folder.join("usr/bin/holdfast"), 0o755)?;
    for text in TEXTS.iter().map(Path::new).filter(|text| text.is_file()) {
        place(text, &folder.join("usr/share/doc/holdfast").join(text), 0o644)?;
    }
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        let failed = |error: std::io::Error| format!("`{}`: {error}", path.display());
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        std::fs::write(&path, text).map_err(failed)
    };
    write("lib/systemd/system/holdfast.service", UNIT)?;
    let size = std::fs::metadata(binary).map_or(0, |found| found.len()) / 1024;
    write(
        "DEBIAN/control",
        &format!(
            "Package: holdfast\nVersion: {version}\nArchitecture: {ARCHITECTURE}\n\
             Maintainer: The Holdfast developers <holdfast@holdfast.example>\n\
             Installed-Size: {size}\nSection: admin\nPriority: optional\nSuggests: git\n\
             Description: tells the right person the next thing to mend\n \
             Looks at this machine and at source trees for known problems and drifted\n \
             settings, offers each fix, and proves that it was mended. The service is\n \
             installed and not started.\n"
        ),
    )?;
    let made = dist.join(format!("holdfast_{version}_{ARCHITECTURE}.deb"));
    let mut build = Command::new("dpkg-deb");
    build.args(["--root-owner-group", "--build"]).arg(&folder).arg(&made);
    build.env("SOURCE_DATE_EPOCH", "0");
    tools::output(build)?;
    Ok(made)
}
