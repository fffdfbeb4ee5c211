//! Every reader: the first byte chooses the path, and with it the reader; the rest is the file.

#![no_main]

use libfuzzer_sys::fuzz_target;

const PATHS: [&str; 16] = [
    "Cargo.lock",
    "Cargo.toml",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "package.json",
    "requirements.txt",
    "go.mod",
    "go.sum",
    "var/lib/dpkg/status",
    "var/lib/dpkg/status.d/base",
    "etc/os-release",
    "var/lib/apt/lists/h_dists_s_main_binary-amd64_Packages",
    "var/lib/apt/lists/h_dists_s_main_binary-amd64_Packages.gz",
    "var/lib/apt/lists/h_dists_s_main_binary-amd64_Packages.lz4",
    "requirements/dev.txt",
    "unnamed",
];

fuzz_target!(|data: &[u8]| {
    let Some((first, bytes)) = data.split_first() else { return };
    let path = PATHS[usize::from(*first) % PATHS.len()];
    let _ = holdfast_sense::read_anything(path, bytes);
});
