//! Names of releases, kernels, streams and epochs.

use super::*;

#[test]
fn a_release_has_one_name() {
    for (written, name) in [
        ("Debian:12", "Debian:12"),
        ("Debian:12.5", "Debian:12"),
        ("Debian:testing", "Debian:testing"),
        ("Debian", "Debian"),
        ("Ubuntu:22.04", "Ubuntu:22.04:LTS"),
        ("Ubuntu:22.04:LTS", "Ubuntu:22.04:LTS"),
        ("Ubuntu:23.04", "Ubuntu:23.04"),
        ("Ubuntu:23.10", "Ubuntu:23.10"),
        ("Ubuntu:Pro:18.04:LTS", "Ubuntu:Pro:18.04:LTS"),
        ("Ubuntu:Pro:18.04", "Ubuntu:Pro:18.04:LTS"),
        ("Ubuntu:Pro:FIPS:18.04:LTS", "Ubuntu:Pro:FIPS:18.04:LTS"),
        ("Alpine:v3.19", "Alpine:v3.19"),
        ("Alpine:3.19.1", "Alpine:v3.19"),
        ("Alpine:v3.19 community", "Alpine:v3.19"),
        ("Alpine:edge", "Alpine:edge"),
        ("Alpine:edge community", "Alpine:edge"),
        ("Rocky Linux:9", "Rocky Linux:9"),
        ("Rocky Linux:9.3", "Rocky Linux:9"),
        ("AlmaLinux:8.10", "AlmaLinux:8"),
        ("Red Hat:9.2", "Red Hat:enterprise_linux:9"),
        ("Red Hat:enterprise_linux:9", "Red Hat:enterprise_linux:9"),
        ("Red Hat:enterprise_linux:9::baseos", "Red Hat:enterprise_linux:9"),
        ("Red Hat:enterprise_linux:9::appstream", "Red Hat:enterprise_linux:9"),
        ("Red Hat:rhel_eus:9.2::baseos", "Red Hat:rhel_eus:9.2"),
        ("Red Hat:rhel_aus:8.4::appstream", "Red Hat:rhel_aus:8.4"),
        ("Red Hat:openshift:4.12::el8", "Red Hat:openshift:4.12"),
        ("openSUSE:15.5", "openSUSE:Leap 15.5"),
        ("openSUSE:Leap 15.5", "openSUSE:Leap 15.5"),
        ("openSUSE:20261101", "openSUSE:Tumbleweed"),
        ("SUSE:15.5", "SUSE:Linux Enterprise Server 15 SP5"),
        ("SUSE:15", "SUSE:Linux Enterprise Server 15"),
        ("SUSE:Linux Enterprise Server 15 SP5", "SUSE:Linux Enterprise Server 15 SP5"),
        ("SUSE:Linux Enterprise Desktop 15 SP5", "SUSE:Linux Enterprise Server 15 SP5"),
        (
            "SUSE:Linux Enterprise Module for Basesystem 15 SP5",
            "SUSE:Linux Enterprise Server 15 SP5",
        ),
        ("SUSE:Linux Enterprise Server 15 SP3-LTSS", "SUSE:Linux Enterprise Server 15 SP3-LTSS"),
        (
            "SUSE:Linux Enterprise Server for SAP Applications 12 SP5",
            "SUSE:Linux Enterprise Server 12 SP5-LTSS",
        ),
        ("SUSE:Linux Enterprise Micro 5.3", "SUSE:Linux Enterprise Micro 5.3"),
        ("npm", "npm"),
        ("nowhere:1:2", "nowhere:1:2"),
    ] {
        assert_eq!(canonical(written), name, "{written}");
        assert_eq!(canonical(&canonical(written)), name, "{written}: once is enough");
    }
}

#[test]
fn what_has_to_be_paid_for_stands_beside_its_release() {
    assert_eq!(extended("Ubuntu:22.04:LTS").as_deref(), Some("Ubuntu:Pro:22.04:LTS"));
    assert_eq!(entitled("Ubuntu:Pro:22.04:LTS").as_deref(), Some("Ubuntu:22.04:LTS"));
    let server = "SUSE:Linux Enterprise Server 15 SP3";
    let long = "SUSE:Linux Enterprise Server 15 SP3-LTSS";
    assert_eq!(extended(server).as_deref(), Some(long));
    assert_eq!(entitled(long).as_deref(), Some(server));
    let seven = "Red Hat:enterprise_linux:7";
    assert_eq!(extended(seven).as_deref(), Some("Red Hat:rhel_els:7"));
    assert_eq!(entitled("Red Hat:rhel_els:7").as_deref(), Some(seven));
    for none in ["Ubuntu:Pro:22.04:LTS", long, "Debian:12", "Red Hat:enterprise_linux:9", "npm"] {
        assert_eq!(extended(none), None, "{none}");
    }
    assert_eq!(entitled("Debian:12"), None);
    let streams = minor_streams("Red Hat:enterprise_linux:9", "1:3.0.1-47.el9_2.1");
    assert!(streams.contains(&"Red Hat:rhel_eus:9.2".to_owned()), "{streams:?}");
    assert_eq!(minor_streams("Red Hat:enterprise_linux:9", "1:3.0.1-47.el9"), [""; 0]);
    assert_eq!(minor_streams("Rocky Linux:9", "1:3.0.1-47.el9_2"), [""; 0]);
}

#[test]
fn only_what_can_be_started_is_a_kernel() {
    for (binary, source) in [
        ("linux-image-6.1.0-18-amd64", "linux"),
        ("linux-image-6.1.0-18-amd64", "linux-signed-amd64"),
        ("linux-modules-5.15.0-91-generic", "linux"),
        ("linux-image-aws", "linux-meta-aws"),
        ("kernel-core", "kernel"),
        ("kernel", "kernel"),
        ("kernel-default", "kernel-default"),
        ("kernel-rt-core", "kernel-rt"),
        ("linux-lts", "linux-lts"),
    ] {
        assert!(!holds_no_kernel(binary, Some(source)), "{binary}");
    }
    for (binary, source) in [
        ("linux-libc-dev", "linux"),
        ("linux-headers-6.1.0-18-amd64", "linux"),
        ("linux-headers-6.1.0-18-common", "linux"),
        ("linux-doc", "linux"),
        ("linux-doc-6.1", "linux"),
        ("linux-source-6.1", "linux"),
        ("linux-kbuild-6.1", "linux"),
        ("linux-perf", "linux"),
        ("linux-tools-5.15.0-91", "linux"),
        ("linux-image-6.1.0-18-amd64-dbg", "linux"),
        ("bpftool", "linux"),
        ("libcpupower1", "linux"),
        ("kernel-headers", "kernel"),
        ("kernel-devel", "kernel"),
        ("kernel-doc", "kernel"),
        ("kernel-tools-libs", "kernel"),
        ("python3-perf", "kernel"),
        ("linux-lts-dev", "linux-lts"),
    ] {
        assert!(holds_no_kernel(binary, Some(source)), "{binary}");
    }
    // An AlmaLinux record names the binary; there is no other name to go by.
    assert!(holds_no_kernel("kernel-headers", None));
    for (binary, source) in [
        ("libpam-modules", "pam"),
        ("linux-base", "linux-base"),
        ("linuxptp", "linuxptp"),
        ("libc6-dev", "glibc"),
        ("firmware-linux", "linux-firmware"),
    ] {
        assert!(!holds_no_kernel(binary, Some(source)), "{binary}");
    }
}

#[test]
fn whose_kernels_a_source_signs() {
    for (source, kernel) in [
        ("linux-signed-amd64", Some("linux")),
        ("linux-signed-6.1-arm64", Some("linux-6.1")),
        ("linux-signed", Some("linux")),
        ("linux-signed-aws-5.15", Some("linux-aws-5.15")),
        ("linux", None),
        ("linux-signedness", None),
        ("grub-efi-amd64-signed", None),
    ] {
        assert_eq!(signs(source).as_deref(), kernel, "{source}");
    }
}

#[test]
fn a_title_names_the_streams_it_is_about() {
    for (title, streams) in [
        ("Important: nodejs:18 security, bug fix, and enhancement update", Some("nodejs:18")),
        ("virt:rhel and virt-devel:rhel security update", Some("virt-devel:rhel virt:rhel")),
        ("Moderate: perl-App-cpanminus:1.7044 update", Some("perl-App-cpanminus:1.7044")),
        ("Important: xz security update", None),
        ("Moderate: 389-ds:1.4 security update", Some("389-ds:1.4")),
        ("Low: a note: see https://vendor.example/x", None),
        ("ALSA-2026:11", None),
        ("RHSA-2026:0016 nodejs security update", None),
        ("Node.js 20 (as of 10:30 UTC)", None),
    ] {
        assert_eq!(streams_of(title).as_deref(), streams, "{title}");
    }
    assert!(is_module_build("1:18.9.1-1.module_el9.1.0+27+3c1e1f2a"));
    assert!(is_module_build("0:16.17.1-1.module+el8.6.0+1038+e795ee4b"));
    assert!(!is_module_build("1.0-1.modules1.el9"));
}
