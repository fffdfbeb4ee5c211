//! Which files belong to installed packages: what a package manager put there is judged as its
//! package, and not a second time as what its language calls it.
//!
//! Knows the lists that dpkg, apk and rpm keep; knows nothing of what is in the files.

use super::{apk, dpkg_status, rpm};

/// Whether a file of a system tells which files belong to packages.
pub fn lists_files(path: &str) -> bool {
    dpkg_status::is_file_list(path)
        || apk::places().any(|name| super::root_of(path, name).is_some())
        || rpm::places().any(|name| super::root_of(path, name).is_some())
}

/// Hands over the absolute path of each file of a package, as the package names it: links among
/// its folders are not followed. `beside` is the log beside a database, where it has one.
pub fn files_of(path: &str, bytes: &[u8], beside: Option<&[u8]>, each: &mut dyn FnMut(&str)) {
    if dpkg_status::is_file_list(path) {
        let digests = path.ends_with(".md5sums");
        for line in String::from_utf8_lossy(bytes).lines() {
            // Lists of digests name their files relative to the root.
            match line.split_once("  ").filter(|_| digests) {
                Some((_, file)) => each(&format!("/{}", file.trim_start_matches('/'))),
                None => each(line),
            }
        }
    } else if apk::places().any(|name| super::root_of(path, name).is_some()) {
        let text = String::from_utf8_lossy(bytes);
        let mut folder = "";
        for line in text.lines() {
            match line.split_once(':') {
                Some(("F", value)) => folder = value,
                Some(("R", value)) if folder.is_empty() => each(&format!("/{value}")),
                Some(("R", value)) => each(&format!("/{folder}/{value}")),
                _ => {}
            }
        }
    } else {
        rpm::files(path, bytes, beside, each);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(path: &str, bytes: &[u8]) -> Vec<String> {
        let mut out = Vec::new();
        assert!(lists_files(path), "{path}");
        files_of(path, bytes, None, &mut |file| out.push(file.to_owned()));
        out
    }

    #[test]
    fn each_manager_lists_its_files() {
        let dpkg = files("/var/lib/dpkg/info/a:amd64.list", b"/.\n/usr/bin/a\n");
        assert_eq!(dpkg, ["/.", "/usr/bin/a"]);
        let distroless = files("/var/lib/dpkg/status.d/a.md5sums", b"00ff  usr/bin/a\n");
        assert_eq!(distroless, ["/usr/bin/a"]);
        let apk = files("/lib/apk/db/installed", b"P:a\nF:\nR:x\nF:usr/bin\nR:a\nZ:Q1\nR:b\n");
        assert_eq!(apk, ["/x", "/usr/bin/a", "/usr/bin/b"]);
        assert!(!lists_files("/var/lib/dpkg/info/a.postinst"));
    }
}
