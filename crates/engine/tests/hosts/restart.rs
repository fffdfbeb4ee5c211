//! What waits for a restart: a control says it of the host, and a look of each package by itself.

use holdfast_engine::fix::{Options, fix};

use super::{STANDARD, audited, row};
use crate::machine::{Bench, debian, of, open};

fn machine() -> holdfast_world::Recorded {
    debian()
        .file("/run/reboot-required", "")
        .file("/proc/sys/kernel/osrelease", "6.1.0-18-amd64\n")
        .file("/proc/sys/kernel/version", "#1 SMP Debian 6.1.76-1 (2024-02-01)\n")
}

/// The same with the newer kernel that asks for the restart.
fn newer() -> holdfast_world::Recorded {
    let kernel = |release: &str, version: &str| {
        format!(
            "Package: linux-image-{release}-amd64\nStatus: install ok installed\n\
             Architecture: amd64\nSource: linux\nVersion: {version}\n\n"
        )
    };
    let status = [kernel("6.1.0-18", "6.1.76-1"), kernel("6.1.0-21", "6.1.90-1")].concat();
    machine().file("/var/lib/dpkg/status", status)
}

/// It is one finding and not two: that of the look, which knows the package.
#[tokio::test]
async fn what_a_look_says_of_each_package_is_no_finding_of_the_control() {
    let audit = audited(newer(), STANDARD);
    let one = row(&audit, "old-kernel", "restart host");
    assert_eq!(one.result, "fail", "{one:#?}");
    assert!(one.reason.contains("`/run/reboot-required:1`"), "{}", one.reason);
    assert_eq!(one.key, None, "no other command would know it");
    let bench = Bench::new(newer(), STANDARD);
    let view = bench.look().await;
    assert_eq!(of(&view, "old-kernel").len(), 0);
    assert_eq!(of(&view, "running:old-kernel").len(), 1);
}

/// Other packages than kernels leave the mark too: then no package says it, and the control does.
#[tokio::test]
async fn a_mark_that_no_kernel_explains_is_a_finding_of_the_control() {
    let view = Bench::new(machine(), STANDARD).look().await;
    assert_eq!(of(&view, "running:old-kernel").len(), 0);
    assert!(open(&view, "old-kernel").row.title.contains("waits for a restart"));
}

/// Who asks for its fix hears what waits and who mends it, and not that there is no such thing.
#[test]
fn a_fix_of_it_says_that_a_person_has_to() {
    let bench = Bench::new(newer(), STANDARD);
    let names = vec!["old-kernel".to_owned()];
    let asked = Options { names, of_host: true, ..Options::default() };
    let failure = fix(&bench.world, &bench.data(), &asked).unwrap_err();
    let [problem] = failure.problems() else { panic!("{failure:?}") };
    assert_eq!(problem.code, "manual-only");
    assert!(problem.message.starts_with("no tool mends `old-kernel` on `local`: "), "{problem}");
    assert!(problem.message.contains("`/run/reboot-required:1`"), "{problem}");
    assert!(problem.help.contains("systemctl reboot"), "{}", problem.help);
}
