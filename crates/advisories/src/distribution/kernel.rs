//! Packages that are built from a kernel's source and hold none of its code, and those that hold a kernel
//! of another source.
//!
//! Headers, documentation and tools carry the kernel's version and source name, so that they
//! inherit thousands of its weaknesses by name. What a kernel does wrong, only a kernel that can be
//! started does.

/// Whether a binary package holds no kernel although its source is one. `source` is the source
/// package's name, where the binary has one.
pub fn holds_no_kernel(binary: &str, source: Option<&str>) -> bool {
    let kernel = match source {
        Some(source) => is_kernel(source),
        None => matches!(binary.split('-').next(), Some("linux" | "kernel")),
    };
    kernel && !is_bootable(binary)
}

/// The source of the kernels that this one of Debian or Ubuntu signs, and whose name alone advisories
/// have: `linux` of `linux-signed-amd64`, `linux-6.1` of `linux-signed-6.1-arm64`, `linux-hwe-5.15` of
/// `linux-signed-hwe-5.15`.
pub(crate) fn signs(source: &str) -> Option<String> {
    let rest = source.strip_prefix("linux-signed")?;
    if !rest.is_empty() && !rest.starts_with('-') {
        return None;
    }
    let machine = ["-amd64", "-arm64", "-armhf", "-i386"];
    let kernel = machine.iter().find_map(|machine| rest.strip_suffix(machine)).unwrap_or(rest);
    Some(format!("linux{kernel}"))
}

/// Debian's and Ubuntu's `linux`, `linux-aws`, `linux-signed-amd64`, `linux-meta-hwe-6.8`, …; the
/// `kernel` and `kernel-rt` of RPM's families and SUSE's `kernel-default`; Alpine's `linux-lts`.
fn is_kernel(source: &str) -> bool {
    // A list that is too short takes headers for kernels, one that is too long hides what is none.
    const FLAVOURS: [&str; 44] = [
        "64k",
        "allwinner",
        "amd64",
        "arm64",
        "aws",
        "azure",
        "bluefield",
        "cloud",
        "core",
        "debug",
        "default",
        "edge",
        "fde",
        "gcp",
        "gke",
        "gkeop",
        "hardened",
        "hwe",
        "i386",
        "ibm",
        "image",
        "intel",
        "iotg",
        "kvm",
        "laptop",
        "latest",
        "lowlatency",
        "lts",
        "meta",
        "modules",
        "nvidia",
        "oem",
        "oracle",
        "raspi",
        "realtime",
        "riscv",
        "rpi",
        "rt",
        "signed",
        "starfive",
        "tegra",
        "unsigned",
        "virt",
        "xilinx",
    ];
    let flavour = |word: &str| {
        FLAVOURS.contains(&word) || word.starts_with(|first: char| first.is_ascii_digit())
    };
    let mut words = source.split('-');
    matches!(words.next(), Some("linux" | "kernel")) && words.all(flavour)
}

fn is_bootable(binary: &str) -> bool {
    const PARTS: [&str; 10] =
        ["headers", "devel", "doc", "docs", "source", "tools", "libc", "dev", "kbuild", "macros"];
    let words = || binary.split('-');
    let whole = |name: &str| words().any(|word| word == name);
    // `linux-image-6.1.0-18-amd64-dbg` and its like are debugging symbols.
    let symbols = whole("dbg") || whole("dbgsym") || whole("debuginfo");
    match words().next() {
        Some("linux" | "kernel") => {
            !symbols
                && !PARTS.iter().any(|part| whole(part))
                && !["abi", "buildinfo", "config", "support", "perf", "compiler", "cpupower"]
                    .iter()
                    .any(|part| whole(part))
        }
        // `perf`, `bpftool`, `libcpupower1`, `usbip`, `hyperv-daemons`, `python3-perf`.
        _ => false,
    }
}
