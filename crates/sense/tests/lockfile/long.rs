//! A line of 100 MB in each notation: it costs one pass and little more memory than the file itself,
//! and loses nobody who stands beside it.

use std::process::Command;

use holdfast_sense::read_anything;

use super::support::{components, problems};

/// In bytes.
const LINE: usize = 100 << 20;
/// What a reader may take beside the file, in KiB: some keep a value until they know that nobody
/// wants it, and what reads JSON lets the buffer in which it grows double.
const MORE: usize = 2 * (LINE >> 10) + (LINE >> 11);

/// The path, what stands before and behind the long part of the line, and the name of the package
/// behind it.
const FILES: [[&str; 4]; 11] = [
    [
        "package-lock.json",
        "{\"lockfileVersion\":3,\"packages\":{\"\":{\"dependencies\":{\"b\":\"1\"}},\"node_modules/a\":\
         {\"version\":\"1.0.0\",\"license\":\"",
        "\"},\"node_modules/b\":{\"version\":\"1.0.0\"}}}\n",
        "b",
    ],
    [
        "Cargo.lock",
        "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nchecksum = \"",
        "\"\n\n[[package]]\nname = \"b\"\nversion = \"1.0.0\"\nsource = \"registry+https://index.example/c\"\n",
        "b",
    ],
    [
        "pnpm-lock.yaml",
        "lockfileVersion: '9.0'\npackages:\n  a@1.0.0:\n    resolution: {integrity: ",
        "}\n  b@1.0.0:\n    resolution: {integrity: sha512-x}\nsnapshots:\n  a@1.0.0: {}\n  b@1.0.0: {}\n",
        "b",
    ],
    [
        "yarn.lock",
        "# yarn lockfile v1\n\na@^1:\n  version \"1.0.0\"\n  integrity ",
        "\n\nb@^1:\n  version \"1.0.0\"\n",
        "b",
    ],
    ["requirements.txt", "a==1.0.0 # ", "\nb==1.0.0\n", "b"],
    [
        "go.mod",
        "module m.example/m\n\ngo 1.22\n\n// ",
        "\nrequire m.example/b v1.0.0\n",
        "m.example/b",
    ],
    [
        "Gemfile.lock",
        "PLATFORMS\n  ",
        "\n\nGEM\n  remote: https://feed.example/\n  specs:\n    b (1.0.0)\n",
        "b",
    ],
    [
        "bom.json",
        "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"components\":[{\"name\":\"a\",\
         \"purl\":\"pkg:npm/a@1.0.0\",\"description\":\"",
        "\"},{\"name\":\"b\",\"purl\":\"pkg:npm/b@1.0.0\"}]}\n",
        "b",
    ],
    [
        "a.spdx",
        "SPDXVersion: SPDX-2.3\nPackageName: a\nSPDXID: SPDXRef-a\nPackageComment: ",
        "\n\nPackageName: b\nSPDXID: SPDXRef-b\nExternalRef: PACKAGE-MANAGER purl pkg:npm/b@1.0.0\n",
        "b",
    ],
    [
        "/var/lib/dpkg/status",
        "Package: a\nStatus: install ok installed\nVersion: 1.0\nDescription: ",
        "\n\nPackage: b\nStatus: install ok installed\nVersion: 1.0\nArchitecture: all\n\n",
        "b",
    ],
    ["/lib/apk/db/installed", "P:a\nV:1.0-r0\nT:", "\n\nP:b\nV:1.0-r0\n\n", "b"],
];

/// The greatest resident size of this process so far, in KiB (proc(5)).
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}

/// Not a test of its own: another one runs it for each file in a process of its own, whose memory
/// nobody else takes.
#[test]
#[ignore = "another test runs it in a process of its own"]
fn one_file() {
    let Ok(only) = std::env::var("LONG_LINE") else { return };
    let [path, before, behind, name] = FILES.into_iter().find(|[path, ..]| *path == only).unwrap();
    let mut bytes = Vec::with_capacity(before.len() + LINE + behind.len());
    bytes.extend_from_slice(before.as_bytes());
    bytes.resize(before.len() + LINE, b'x');
    bytes.extend_from_slice(behind.as_bytes());
    let own = peak();
    let facts = read_anything(path, &bytes);
    let more = peak() - own;
    assert!(components(&facts).any(|one| *one.name == *name), "{path}: `{name}` is lost");
    assert!(facts.len() < 100, "{path}: {} facts", facts.len());
    for problem in problems(&facts) {
        let shown = problem.excerpt.as_ref().map_or(0, |excerpt| excerpt.line.len());
        assert!(problem.message.len() + shown < 4096, "{path}: {}", problem.code);
    }
    assert!(more < MORE, "{path}: {more} KiB more than the file");
}

#[test]
fn a_line_of_a_hundred_megabytes_takes_little_and_loses_no_neighbour() {
    for [path, ..] in FILES {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "long::one_file", "--ignored", "--nocapture"])
            .env("LONG_LINE", path)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && said.contains(" 1 passed"), "{path}: {said}{why}");
    }
}
