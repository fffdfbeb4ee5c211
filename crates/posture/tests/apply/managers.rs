//! Updates of packages on hosts without apt: where a package is installed and too old it is lifted,
//! once; where it is not installed, or recent enough, nothing is done. The undo brings the former version
//! back.
//!
//! The order of versions is the real rpm's. What brings packages stands in: a script in place of
//! dnf, and one in place of apk.

use std::collections::BTreeMap;

use holdfast_model::{Aspect, Desired, Reading, Resource, Setting, Trait, TraitValue};
use holdfast_posture::{NOT_ON_OFFER, Rendered, Seen, render_to};

use crate::skip::skip;
use crate::{control, difference, has, play, runners, tool};

/// Lets the namespace have programs of its own.
const OVERLAY: &str = r"
set -eu
mkdir -p /run/programs /run/work /etc/security /etc/ssh
mount -t overlay overlay -o lowerdir=/usr/bin,upperdir=/run/programs,workdir=/run/work /usr/bin
printf 'a\n' >/etc/ssh/sshd_config; printf 'a\n' >/etc/login.defs; printf 'a\n' >/etc/sysctl.conf
";

/// Packages of RPM in two versions, and what brings the later one.
const RPM: &str = r#"
mkdir -p /run/rpms /var/lib/rpm /etc/rpm
# Debian's own keeps it in the home of whoever asks.
echo '%_dbpath /var/lib/rpm' >/etc/rpm/macros
for release in 3.el9 12.el9; do
    cat >/run/held.spec <<END
Name: held
Epoch: 1
Version: 3.0.7
Release: $release
Summary: stands in
License: none
BuildArch: noarch
%description
%files
END
    rpmbuild --quiet -bb --define '_topdir /run/build' --define '_rpmdir /run/rpms' /run/held.spec >/dev/null 2>&1
done
cat >/usr/bin/dnf <<'END'
#!/bin/sh
echo "$*" >>/etc/said
case $1 in
    makecache) ;;
    repoquery) printf 'held-1:3.0.7-%s.el9.noarch\n' 3 12 ;;
    upgrade) rpm -U --force-debian --nodeps /run/rpms/noarch/held-3.0.7-12.el9.noarch.rpm ;;
    downgrade)
        rpm -U --oldpackage --force-debian --nodeps /run/rpms/noarch/held-3.0.7-3.el9.noarch.rpm
        ;;
    *) exit 1 ;;
esac
END
chmod 0755 /usr/bin/dnf
"#;

const RPM_INSTALLED: &str =
    "rpm -i --force-debian --nodeps /run/rpms/noarch/held-3.0.7-3.el9.noarch.rpm\n";

/// As much of apk as is asked; what is installed stands in a file.
const APK: &str = r#"
cat >/usr/bin/apk <<'END'
#!/bin/sh
case $1 in
    info)
        [ -e /etc/held ] || exit 1
        case $3 in -v) echo "held-$(cat /etc/held)" ;; *) echo held ;; esac
        ;;
    version)
        if [ "$3" = "$4" ]; then echo =
        elif [ "$(printf '%s\n%s\n' "$3" "$4" | sort -V | head -n 1)" = "$3" ]; then echo '<'
        else echo '>'
        fi
        ;;
    update) echo "$*" >>/etc/said ;;
    policy)
        echo 'held policy:'
        printf '  %s:\n    https://apk.example/main\n' 3.1.4-r5 3.1.12-r0
        ;;
    add)
        echo "$*" >>/etc/said
        shift
        upgrade=no
        for one in "$@"; do
            case $one in
                --upgrade) upgrade=yes; continue ;;
                *=*) echo "${one##*=}" >/etc/held ;;
                *) if [ "$upgrade" = yes ]; then echo 3.1.12-r0 >/etc/held; fi ;;
            esac
            # What was asked for by name stands there from now on.
            if [ ! -e /etc/apk/world ]; then continue; fi
            grep -v '^held' /etc/apk/world >/etc/apk/new
            echo "$one" >>/etc/apk/new
            mv /etc/apk/new /etc/apk/world
        done
        ;;
esac
END
chmod 0755 /usr/bin/apk
"#;

const APK_INSTALLED: &str = "echo 3.1.4-r5 >/etc/held\n";

/// What is installed, of RPM and of apk.
const FORMER_RPM: &str = "1:3.0.7-3.el9";
const FORMER_APK: &str = "3.1.4-r5";

fn update(os: &str, version: &str, runner: &str, exactly: &[String]) -> Rendered {
    let wanted = Desired::PackageAtLeast { name: "held".into(), version: version.into() };
    let control = control("package-updates", vec![wanted]);
    let former = if os == "alpine" { FORMER_APK } else { FORMER_RPM };
    let os = Trait {
        name: "os".into(),
        value: Some(TraitValue::Text(os.into())),
        because: String::new(),
    };
    let former = Setting {
        resource: Resource::Package { name: "held".into() },
        aspect: Aspect::Version,
        scope: None,
        reading: Reading::Is(former.into()),
        place: None,
        default: false,
    };
    let seen = Seen::new(vec![former], vec![os], BTreeMap::new());
    render_to(&control, &[0], &seen, tool(runner), exactly)
}

/// Lifts once and not again; leaves what is recent enough, and what is not installed.
fn check(os: &str, seed: &str, installed: &str, versions: [&str; 3], runner: &'static str) {
    for exactly in [&[][..], &["held".to_owned()]] {
        check_one(os, (seed, installed), versions, runner, exactly);
    }
}

fn check_one(
    os: &str,
    (seed, installed): (&str, &str),
    versions: [&str; 3],
    runner: &'static str,
    exactly: &[String],
) {
    let [wanted, recent, never] = versions;
    let seed = format!("{OVERLAY}{seed}");
    let Rendered { code, undo, .. } = update(os, wanted, runner, exactly);
    let (text, back) = ((runner, code.as_str()), (runner, undo.as_str()));
    let (before, runs) = play(&format!("{seed}{installed}"), &[text, text]);
    assert!(runs.iter().all(|run| run.ok), "{runner}: {}{}", runs[0].out, runs[0].err);
    assert!(difference(&before, &runs[0].state).contains("/etc/said"), "{runner}: {}", runs[0].out);
    assert_eq!(difference(&runs[0].state, &runs[1].state), "", "{runner}: lifted again");

    let (before, runs) = play(&format!("{seed}{installed}"), &[text, back, back]);
    assert!(runs.iter().all(|run| run.ok), "{runner}: {}{}", runs[1].out, runs[1].err);
    let asked = difference(&runs[0].state, &runs[1].state);
    assert!(asked.contains("/etc/said"), "{runner}: {}{}", runs[1].out, runs[1].err);
    assert!(!difference(&before, &runs[1].state).contains("/etc/held"), "{runner}: not taken back");
    assert_eq!(difference(&runs[1].state, &runs[2].state), "", "{runner}: taken back again");

    let enough = update(os, recent, runner, exactly).code;
    let (before, runs) = play(&format!("{seed}{installed}"), &[(runner, &enough)]);
    assert!(runs[0].ok, "{runner}: {}{}", runs[0].out, runs[0].err);
    assert_eq!(difference(&before, &runs[0].state), "", "{runner}: recent enough");

    let (before, runs) = play(&seed, &[text]);
    assert!(runs[0].ok, "{runner}: {}{}", runs[0].out, runs[0].err);
    assert_eq!(difference(&before, &runs[0].state), "", "{runner}: not installed");

    // What nobody offers is a failure, not a success.
    let none = update(os, never, runner, exactly).code;
    let (_, runs) = play(&format!("{seed}{installed}"), &[(runner, &none)]);
    assert!(!runs[0].ok, "{runner}: {}", runs[0].out);
    let said = format!("{}{}", runs[0].out, runs[0].err);
    // Others may write it their own way.
    if ["dash", "busybox"].contains(&runner) {
        assert_eq!(said.contains(NOT_ON_OFFER), !exactly.is_empty(), "{runner}: {said}");
    }
}

fn check_rpm(runner: &'static str) {
    let versions = ["1:3.0.7-12.el9", "3.0.9-1.el9", "1:3.0.7-12.el9_4"];
    check("rocky", RPM, RPM_INSTALLED, versions, runner);
}

fn runners_with_rpm(wanted: &[&'static str]) -> Vec<&'static str> {
    if has("rpmbuild") {
        return runners(wanted);
    }
    skip("no rpmbuild");
    Vec::new()
}

fn check_apk(runner: &'static str) {
    check("alpine", APK, APK_INSTALLED, ["3.1.12-r0", "3.1.4-r5", "3.2.0-r0"], runner);
}

#[test]
fn packages_of_rpm_by_the_shell() {
    runners_with_rpm(&["dash", "busybox"]).into_iter().for_each(check_rpm);
}

#[test]
fn packages_of_rpm_by_ansible() {
    runners_with_rpm(&["yml"]).into_iter().for_each(check_rpm);
}

#[test]
fn packages_of_rpm_by_puppet_and_chef() {
    runners_with_rpm(&["pp", "rb"]).into_iter().for_each(check_rpm);
}

#[test]
fn packages_of_apk_by_the_shell() {
    runners(&["dash", "busybox"]).into_iter().for_each(check_apk);
}

#[test]
fn packages_of_apk_by_ansible() {
    runners(&["yml"]).into_iter().for_each(check_apk);
}

#[test]
fn packages_of_apk_by_puppet_and_chef() {
    runners(&["pp", "rb"]).into_iter().for_each(check_apk);
}

/// What apk is asked for by name stays what somebody asked for, with the repository it comes from, and
/// what they hold at a version is theirs.
fn check_world(runner: &'static str) {
    for exactly in [&[][..], &["held".to_owned()]] {
        let Rendered { code, undo, .. } = update("alpine", "3.1.12-r0", runner, exactly);
        let (text, back) = ((runner, code.as_str()), (runner, undo.as_str()));
        let seed = |world: &str| {
            let world = format!("mkdir -p /etc/apk\nprintf '%s\\n' {world} >/etc/apk/world\n");
            format!("{OVERLAY}{APK}{APK_INSTALLED}{world}")
        };
        let told = ("dash", "cat /etc/said\n");
        for (world, upgraded, exact) in [
            ("base", "held", "held"),
            ("base held@edge zlib", "held@edge", "held@edge"),
            // Later versions would not be admitted, and apk alone knows which it brings.
            ("'held~3.1' 'other=1'", "held~3.1", "held"),
        ] {
            let (before, runs) = play(&seed(world), &[text, back, told]);
            assert!(runs.iter().all(|run| run.ok), "{runner}: {}{}", runs[0].out, runs[0].err);
            let lifted = difference(&before, &runs[0].state);
            assert!(lifted.contains("/etc/held"), "{runner}, {world}: {lifted}");
            assert!(!lifted.contains("/etc/apk"), "{runner}, {world}: {lifted}");
            let after = difference(&before, &runs[1].state);
            assert!(!after.contains("/etc/held"), "{runner}, {world}: {after}");
            assert!(!after.contains("/etc/apk"), "{runner}, {world}: {after}");
            let asked = if exactly.is_empty() {
                format!("add --upgrade {upgraded}")
            } else {
                format!("add {exact}=3.1.12-r0")
            };
            let said = runs[2].out.lines().any(|line| line == asked);
            assert!(said, "{runner}, {world}: {asked}: {}", runs[2].out);
        }
        for world in ["held=3.1.4-r5", "'held@edge<3.1.5'", "'held~3.1.4'"] {
            let (before, runs) = play(&seed(world), &[text]);
            assert!(!runs[0].ok, "{runner}, {world}: {}", runs[0].out);
            let changed = difference(&before, &runs[0].state);
            let held = changed.contains("/etc/held") || changed.contains("/etc/apk");
            assert!(!held, "{runner}, {world}: {changed}");
            if ["dash", "busybox"].contains(&runner) {
                let said = &runs[0].err;
                assert!(said.contains("/etc/apk/world says held"), "{runner}, {world}: {said}");
            }
        }
    }
}

#[test]
fn what_apk_was_asked_for_by_name_stays_by_the_shell() {
    runners(&["dash", "busybox"]).into_iter().for_each(check_world);
}

#[test]
fn what_apk_was_asked_for_by_name_stays_by_other_tools() {
    runners(&["yml", "pp", "rb"]).into_iter().for_each(check_world);
}
