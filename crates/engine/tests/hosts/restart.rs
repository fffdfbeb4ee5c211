//! What waits for a restart: a control says it of the host, and a look of each package by itself.

use super::{STANDARD, audited, row};
use crate::machine::{Bench, debian, of};

fn machine() -> holdfast_world::Recorded {
    debian()
        .file("/run/reboot-required", "")
        .file("/proc/sys/kernel/osrelease", "6.1.0-18-amd64\n")
        .file("/proc/sys/kernel/version", "#1 SMP Debian 6.1.76-1 (2024-02-01)\n")
}

/// It is one finding and not two: that of the look, which knows the package.
#[tokio::test]
async fn what_a_look_says_of_each_package_is_no_finding_of_the_control() {
    let audit = audited(machine(), STANDARD);
    let one = row(&audit, "old-kernel", "restart host");
    assert_eq!(one.result, "fail", "{one:#?}");
    assert!(one.reason.contains("`/run/reboot-required:1`"), "{}", one.reason);
    let bench = Bench::new(machine(), STANDARD);
    assert_eq!(of(&*bench.look().await, "old-kernel").len(), 0);
}
